/*
 * The link `http`: instruments with a web interface, http://HOST[:PORT][/BASE].
 *
 * A message sent is a request, a message received is the body of its reply:
 *
 *   /PATH[?QUERY]               GET of BASE/PATH             "/rpc/Switch.GetStatus?id=0"
 *   POST /PATH newline BODY     POST of BODY, as JSON
 *
 * One request at a time. A newline at the end of a GET is dropped, so that link_query works. libcurl does the talking, through its
 * multi interface, which blocks nowhere: all waiting is here, up to the deadline. It allocates as it likes. Each request has its
 * own connection, since replies do not tell which request they answer: none can be taken for another one's.
 *
 * Any status but 200 is IO_GARBLED, and logged. Redirections are not followed, proxies not asked. The endpoint's query is left to
 * drivers.
 */
#include <errno.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <curl/curl.h>

#include "dial.h"
#include "log.h"

#define BODY ((size_t)64 * 1024) /* longest reply */
#define REQUEST 2048             /* longest request */
#define LOOK_AGAIN NS_PER_S      /* libcurl has timers of its own */

struct http_link {
	struct link link;
	struct place place; /* the address that answered at open */
	char endpoint[sizeof ((struct endpoint *)0)->text];
	char base[400];           /* http://HOST:PORT/BASE, without a slash at its end */
	char request[REQUEST];    /* libcurl reads a POST's body from it */
	CURL *easy;
	CURLM *multi;
	struct curl_slist *address, *headers;
	bool under_way, complete; /* begun and not ended; its body is all there */
	long logged;              /* the last status but 200 */
	size_t size, taken;       /* of the body: what came, what was handed on */
	char body[BODY];
};

/* ---- one request ---- */

/* A reply that does not fit ends here. */
static size_t take_body(char *bytes, size_t one, size_t size, void *context)
{
	struct http_link *link = context;
	(void)one;
	if (size > sizeof link->body - link->size)
		return 0;
	memcpy(link->body + link->size, bytes, size);
	link->size += size;
	return size;
}

static void abandon(struct http_link *link)
{
	if (link->under_way)
		curl_multi_remove_handle(link->multi, link->easy);
	link->under_way = link->complete = false;
	link->size = link->taken = 0;
}

/* False if it has more in it than a path and a query. */
static bool set_url(struct http_link *link, const char *path)
{
	char url[sizeof link->base + sizeof link->request];
	for (const char *c = path; *c; c++)
		if ((unsigned char)*c <= ' ' || *c == 0x7f)
			return false;
	snprintf(url, sizeof url, "%s%s", link->base, path);
	return path[0] == '/' && curl_easy_setopt(link->easy, CURLOPT_URL, url) == CURLE_OK;
}

static bool set_request(struct http_link *link)
{
	static const char post[] = "POST ";
	char *path = link->request, *body = strchr(path, '\n');
	if (body)
		*body++ = '\0';
	if (strncmp(path, post, strlen(post)) != 0) {
		curl_easy_setopt(link->easy, CURLOPT_HTTPGET, 1L);
		return (body == NULL || *body == '\0') && set_url(link, path);
	}
	curl_easy_setopt(link->easy, CURLOPT_POST, 1L);
	curl_easy_setopt(link->easy, CURLOPT_POSTFIELDS, body ? body : "");
	curl_easy_setopt(link->easy, CURLOPT_POSTFIELDSIZE, (long)(body ? strlen(body) : 0));
	return set_url(link, path + strlen(post));
}

static enum io http_send(struct link *base, const void *bytes, size_t size, int64_t deadline)
{
	struct http_link *link = (struct http_link *)base;
	int running;
	(void)deadline; /* what cannot be sent at once is sent while waiting for the reply */
	abandon(link);
	if (size >= sizeof link->request || memchr(bytes, '\0', size))
		return IO_GARBLED;
	memcpy(link->request, bytes, size);
	link->request[size] = '\0';
	if (!set_request(link))
		return IO_GARBLED;
	if (curl_multi_add_handle(link->multi, link->easy) != CURLM_OK)
		return IO_GONE;
	link->under_way = true;
	return curl_multi_perform(link->multi, &running) == CURLM_OK ? IO_OK : IO_GONE;
}

static enum io meaning(CURLcode result)
{
	switch (result) {
	case CURLE_OK: return IO_OK;
	case CURLE_OPERATION_TIMEDOUT: return IO_TIMEOUT;
	case CURLE_COULDNT_CONNECT:
	case CURLE_GOT_NOTHING:
	case CURLE_PARTIAL_FILE:
	case CURLE_SEND_ERROR:
	case CURLE_RECV_ERROR: return IO_GONE;
	default: return IO_GARBLED;
	}
}

/* The request has ended, with a reply or without. */
static enum io conclude(struct http_link *link, CURLcode result)
{
	long status = 0;
	curl_easy_getinfo(link->easy, CURLINFO_RESPONSE_CODE, &status);
	curl_multi_remove_handle(link->multi, link->easy);
	link->under_way = false;
	if (result == CURLE_OK && status != 200 && status != link->logged) {
		log_say(LOG_LEVEL_WARNING, "%s: status %ld in answer to %s", link->endpoint, status, link->request);
		link->logged = status;
	}
	if (result == CURLE_OK && (status != 200 || link->size == 0))
		return IO_GARBLED;
	link->complete = result == CURLE_OK;
	return meaning(result);
}

static bool ended(struct http_link *link, CURLcode *result)
{
	int left;
	CURLMsg *message = curl_multi_info_read(link->multi, &left);
	if (message == NULL || message->msg != CURLMSG_DONE)
		return false;
	*result = message->data.result;
	return true;
}

static enum io await_body(struct http_link *link, int64_t deadline)
{
	for (;;) {
		int running;
		CURLcode result;
		if (curl_multi_perform(link->multi, &running) != CURLM_OK)
			return IO_GONE;
		if (ended(link, &result))
			return conclude(link, result);
		int64_t left = deadline == NEVER ? LOOK_AGAIN : deadline - link->link.timebase->now(link->link.timebase);
		if (left <= 0)
			return IO_TIMEOUT;
		int64_t wait = left < LOOK_AGAIN ? left : LOOK_AGAIN;
		if (curl_multi_poll(link->multi, NULL, 0, (int)((wait + NS_PER_MS - 1) / NS_PER_MS), NULL) != CURLM_OK)
			return IO_GONE;
	}
}

static enum io http_recv(struct link *base, void *bytes, size_t size, size_t *got, bool *end, int64_t deadline)
{
	struct http_link *link = (struct http_link *)base;
	*got = 0;
	*end = false;
	enum io io = link->under_way ? await_body(link, deadline) : IO_OK;
	if (io != IO_OK)
		return io;
	if (!link->complete)
		return IO_TIMEOUT; /* nothing was asked */
	*got = link->size - link->taken < size ? link->size - link->taken : size;
	memcpy(bytes, link->body + link->taken, *got);
	link->taken += *got;
	*end = link->taken == link->size;
	link->complete = !*end;
	return IO_OK;
}

static enum io http_clear(struct link *base, int64_t deadline)
{
	(void)deadline;
	abandon((struct http_link *)base);
	return IO_OK;
}

/* ---- coming and going ---- */

static int compose_base(struct http_link *link, const struct endpoint *endpoint)
{
	size_t length = strlen(endpoint->path);
	while (length > 0 && endpoint->path[length - 1] == '/')
		length--;
	bool v6 = strchr(endpoint->host, ':') != NULL;
	int port = endpoint->port < 0 ? 80 : endpoint->port;
	snprintf(link->endpoint, sizeof link->endpoint, "%s", endpoint->text);
	snprintf(link->base, sizeof link->base, "http://%s%s%s:%d%.*s", v6 ? "[" : "", endpoint->host, v6 ? "]" : "", port, (int)length,
		 endpoint->path);
	return port;
}

/* The address that answered, in libcurl's words "whatever host, whatever port: go there": no name is looked up any more. */
static bool keep_address(struct http_link *link)
{
	char host[128], port[16], text[160];
	if (getnameinfo((const struct sockaddr *)&link->place.address, link->place.size, host, sizeof host, port, sizeof port,
			NI_NUMERICHOST | NI_NUMERICSERV) != 0)
		return false;
	bool v6 = strchr(host, ':') != NULL;
	snprintf(text, sizeof text, "::%s%s%s:%s", v6 ? "[" : "", host, v6 ? "]" : "", port);
	link->address = curl_slist_append(NULL, text);
	return link->address != NULL;
}

static bool set_headers(struct http_link *link)
{
	struct curl_slist *more;
	link->headers = curl_slist_append(NULL, "Content-Type: application/json");
	if (link->headers == NULL || (more = curl_slist_append(link->headers, "Expect:")) == NULL)
		return false;
	link->headers = more;
	return true;
}

static bool set_options(struct http_link *link)
{
	CURL *easy = link->easy;
	return curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L) == CURLE_OK &&
	       curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http") == CURLE_OK &&
	       curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1) == CURLE_OK &&
	       curl_easy_setopt(easy, CURLOPT_PROXY, "") == CURLE_OK &&
	       curl_easy_setopt(easy, CURLOPT_PATH_AS_IS, 1L) == CURLE_OK &&
	       curl_easy_setopt(easy, CURLOPT_FORBID_REUSE, 1L) == CURLE_OK &&
	       curl_easy_setopt(easy, CURLOPT_HTTPHEADER, link->headers) == CURLE_OK &&
	       curl_easy_setopt(easy, CURLOPT_CONNECT_TO, link->address) == CURLE_OK &&
	       curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, take_body) == CURLE_OK &&
	       curl_easy_setopt(easy, CURLOPT_WRITEDATA, link) == CURLE_OK;
}

static void http_close(struct link *base)
{
	struct http_link *link = (struct http_link *)base;
	abandon(link);
	curl_easy_cleanup(link->easy);
	curl_multi_cleanup(link->multi);
	curl_slist_free_all(link->headers);
	curl_slist_free_all(link->address);
	curl_global_cleanup();
	free(link);
}

/* A connection for libcurl is libcurl's to make: one of ours tells in time, and in words, whether somebody is there. */
static int find_instrument(struct http_link *link, const struct endpoint *endpoint, struct timebase *timebase, int64_t deadline,
			   struct error *error)
{
	int fd = dial_host(endpoint, compose_base(link, endpoint), &link->place, timebase, deadline, error);
	if (fd < 0)
		return -1;
	close(fd);
	link->easy = curl_easy_init();
	link->multi = curl_multi_init();
	if (link->easy && link->multi && keep_address(link) && set_headers(link) && set_options(link))
		return 0;
	return error_set(error, ERROR_INTERNAL, endpoint->text, NULL, "cannot set up libcurl");
}

static struct link *http_open(const struct endpoint *endpoint, struct timebase *timebase, int64_t deadline, struct error *error)
{
	if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) {
		error_set(error, ERROR_INTERNAL, endpoint->text, NULL, "cannot start libcurl");
		return NULL;
	}
	struct http_link *link = calloc(1, sizeof *link);
	if (link == NULL) {
		error_errno(error, ENOMEM, endpoint->text, NULL, "cannot open a link");
		curl_global_cleanup();
		return NULL;
	}
	if (find_instrument(link, endpoint, timebase, deadline, error) == 0)
		return &link->link;
	http_close(&link->link);
	return NULL;
}

static enum io http_reopen(struct link *base, int64_t deadline)
{
	struct http_link *link = (struct http_link *)base;
	abandon(link);
	int fd = dial(&link->place, base->timebase, deadline);
	if (fd < 0)
		return dial_meaning(fd);
	close(fd);
	return IO_OK;
}

const struct link_ops link_http = {
	.scheme = "http",
	.summary = "an instrument's web interface: http://HOST",
	.open = http_open,
	.reopen = http_reopen,
	.send = http_send,
	.recv = http_recv,
	.clear = http_clear,
	.close = http_close,
};
