/*
 * endpoint: an instrument's address, as a URI
 *
 *   scheme "://" [ host [ ":" port ] ] [ "/" path ] [ "?" query ]
 *
 *   host    a name, an IPv4 address, an IPv6 address in brackets; usbtmc: VID:PID in hex; gpio: a label
 *   path    with its leading slash; a device node, a socket, or (usbtmc) the serial number
 *   query   line settings; no percent-encoding anywhere
 */
#include <stdio.h>
#include <string.h>

#include "link.h"
#include "units.h"

/* What each scheme asks for. */
enum part { ABSENT, OPTIONAL, REQUIRED }; /* a host that is optional stands for the path: one of them */
static const struct shape {
	const char *scheme, *example;
	enum part host, port, path;
} shapes[] = {
	{ "tcp", "tcp://10.0.0.7:5025", REQUIRED, REQUIRED, ABSENT },
	{ "unix", "unix:///run/meter.sock", ABSENT, ABSENT, REQUIRED },
	{ "pty", "pty:///dev/pts/4", ABSENT, ABSENT, REQUIRED },
	{ "serial", "serial:///dev/ttyUSB0?baud=9600", ABSENT, ABSENT, REQUIRED },
	{ "usbtmc", "usbtmc://0b21:0025/SERIAL", REQUIRED, ABSENT, OPTIONAL },
	{ "vxi11", "vxi11://10.0.0.7", REQUIRED, OPTIONAL, OPTIONAL },
	{ "http", "http://plug.local", REQUIRED, OPTIONAL, OPTIONAL },
	{ "file", "file:///sys/class/powercap", ABSENT, ABSENT, REQUIRED },
	{ "gpio", "gpio:///dev/gpiochip0 or gpio://LABEL", OPTIONAL, ABSENT, OPTIONAL },
};
#define SHAPES (sizeof shapes / sizeof *shapes)

struct parse {
	const struct shape *shape;
	const char *uri;
	struct error *error;
};

static int refuse(const struct parse *parse, const char *why)
{
	char remedy[160] = "write it as tcp://HOST:PORT, unix:///PATH, pty:///PATH or file:///PATH";
	if (parse->shape)
		snprintf(remedy, sizeof remedy, "write it as in %s", parse->shape->example);
	return error_set(parse->error, ERROR_CONFIG, parse->uri, remedy, "not an endpoint: %s", why);
}

static int copy(const struct parse *parse, const char *what, char *to, size_t size, const char *from, size_t length)
{
	if (length >= size) {
		char why[64];
		snprintf(why, sizeof why, "its %s is longer than %zu characters", what, size - 1);
		return refuse(parse, why);
	}
	memcpy(to, from, length);
	to[length] = '\0';
	return 0;
}

static int parse_scheme(struct parse *parse, struct endpoint *endpoint, const char **rest)
{
	const char *colon = strstr(parse->uri, "://");
	if (colon == NULL || colon == parse->uri)
		return refuse(parse, "it has no 'scheme://'");
	if (copy(parse, "scheme", endpoint->scheme, sizeof endpoint->scheme, parse->uri, (size_t)(colon - parse->uri)) < 0)
		return -1;
	for (size_t i = 0; i < SHAPES && parse->shape == NULL; i++)
		if (strcmp(shapes[i].scheme, endpoint->scheme) == 0)
			parse->shape = &shapes[i];
	*rest = colon + 3;
	return parse->shape ? 0 : refuse(parse, "its scheme is unknown");
}

/* The colon before the port, within [host, end); NULL when there is none. usbtmc's VID:PID has a colon of its own. */
static const char *port_colon(const struct parse *parse, const char *host, const char *end)
{
	if (parse->shape->port == ABSENT)
		return NULL;
	const char *from = host;
	if (*host == '[' && (from = memchr(host, ']', (size_t)(end - host))) == NULL)
		return NULL;
	return memchr(from, ':', (size_t)(end - from));
}

static int parse_port(const struct parse *parse, struct endpoint *endpoint, const char *from, const char *end)
{
	char text[8];
	long long port = 0;
	size_t length = (size_t)(end - from);
	if (length == 0 || length >= sizeof text)
		return refuse(parse, "its port is not a number from 1 to 65535");
	memcpy(text, from, length);
	text[length] = '\0';
	if (text[0] < '0' || text[0] > '9' || integer_parse(text, &port) < 0 || port < 1 || port > 65535)
		return refuse(parse, "its port is not a number from 1 to 65535");
	endpoint->port = (int)port;
	return 0;
}

static int parse_host(const struct parse *parse, struct endpoint *endpoint, const char *host, const char *end)
{
	const char *colon = port_colon(parse, host, end);
	const char *host_end = colon ? colon : end;
	if (colon && parse_port(parse, endpoint, colon + 1, end) < 0)
		return -1;
	if (*host == '[') {
		if (host_end - host < 3 || host_end[-1] != ']')
			return refuse(parse, "its IPv6 address has no closing ']'");
		host++;
		host_end--;
	}
	return copy(parse, "host", endpoint->host, sizeof endpoint->host, host, (size_t)(host_end - host));
}

static int check_part(const struct parse *parse, enum part part, bool present, const char *missing, const char *extra)
{
	if (part == REQUIRED && !present)
		return refuse(parse, missing);
	if (part == ABSENT && present)
		return refuse(parse, extra);
	return 0;
}

static int check_parts(const struct parse *parse, const struct endpoint *endpoint)
{
	const struct shape *shape = parse->shape;
	if (check_part(parse, shape->host, endpoint->host[0], "its host is missing", "it names a host where a path must begin: "
		       "three slashes follow the scheme's colon") < 0 ||
	    check_part(parse, shape->port, endpoint->port >= 0, "its port is missing", "it takes no port") < 0)
		return -1;
	bool has_path = endpoint->path[0] && endpoint->path[1];
	if (shape->host == OPTIONAL && !endpoint->host[0] == !has_path)
		return refuse(parse, has_path ? "it names a host and a path" : "its path is missing");
	return check_part(parse, shape->path, has_path, "its path is missing", "it takes no path");
}

int endpoint_parse(const char *uri, struct endpoint *endpoint, struct error *error)
{
	struct parse parse = { .uri = uri, .error = error };
	const char *host = NULL;
	memset(endpoint, 0, sizeof *endpoint);
	endpoint->port = -1;
	for (const char *c = uri; *c; c++)
		if ((unsigned char)*c <= ' ' || *c == 0x7f)
			return refuse(&parse, "it has a space or a control character in it");
	if (copy(&parse, "text", endpoint->text, sizeof endpoint->text, uri, strlen(uri)) < 0 ||
	    parse_scheme(&parse, endpoint, &host) < 0)
		return -1;
	const char *path = host + strcspn(host, "/?");
	const char *query = path + strcspn(path, "?");
	if (parse_host(&parse, endpoint, host, path) < 0 ||
	    copy(&parse, "path", endpoint->path, sizeof endpoint->path, path, (size_t)(query - path)) < 0)
		return -1;
	if (*query == '?' && copy(&parse, "query", endpoint->query, sizeof endpoint->query, query + 1, strlen(query + 1)) < 0)
		return -1;
	return check_parts(&parse, endpoint);
}
