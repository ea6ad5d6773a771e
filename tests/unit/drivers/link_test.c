/* The links on real descriptors and real time: a small instrument on a thread at the other end. */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "link.h"
#include "unit.h"

static int64_t now(void)
{
	return clock_now(CLOCK_ID_MONOTONIC);
}

static int64_t soon(void)
{
	return now() + 5 * NS_PER_S;
}

/* What the other end does with a line. */
static void answer(int fd, const char *line)
{
	static const char noise[] = "late\nlater\nlatest";
	char flood[5000];
	if (strcmp(line, "ECHO") == 0 && write(fd, "echo\r\n", 6) != 6)
		return;
	if (strcmp(line, "TWO") == 0 && write(fd, "one\ntwo\n", 8) != 8)
		return;
	if (strcmp(line, "LATER") == 0 && (write(fd, "now\n", 4) != 4 || usleep(20000) != 0 || write(fd, "later\n", 6) != 6))
		return;
	if (strcmp(line, "NUL") == 0 && write(fd, "a\0b\n", 4) != 4)
		return;
	if (strcmp(line, "NOISE") == 0 && write(fd, noise, sizeof noise - 1) < 0)
		return;
	if (strcmp(line, "FLOOD") == 0) {
		memset(flood, 'x', sizeof flood);
		if (write(fd, flood, sizeof flood) < 0)
			return;
	}
	if (strcmp(line, "SLOW") == 0) {
		for (const char *c = "slow\n"; *c; c++) {
			usleep(10000);
			if (write(fd, c, 1) != 1)
				return;
		}
	}
}

static void serve(int fd)
{
	char line[64];
	size_t size = 0;
	char c;
	while (read(fd, &c, 1) == 1) {
		if (c != '\n') {
			if (size < sizeof line - 1)
				line[size++] = c;
			continue;
		}
		line[size] = '\0';
		size = 0;
		bool breaks = strcmp(line, "BREAK") == 0 && write(fd, "bro", 3) == 3;
		if (breaks || strcmp(line, "QUIT") == 0)
			return;
		answer(fd, line);
	}
}

struct server {
	int listener, rounds;
	pthread_t thread;
};

static void *serve_all(void *argument)
{
	struct server *server = argument;
	for (int i = 0; i < server->rounds; i++) {
		int fd = accept(server->listener, NULL, NULL);
		if (fd < 0)
			break;
		serve(fd);
		close(fd);
	}
	return NULL;
}

static void server_start(struct server *server, int rounds)
{
	server->rounds = rounds;
	assert_int_equal(listen(server->listener, 4), 0);
	assert_int_equal(pthread_create(&server->thread, NULL, serve_all, server), 0);
}

static char directory[] = "/tmp/joulerig-link-XXXXXX";

static int make_directory(void **state)
{
	(void)state;
	return mkdtemp(directory) ? 0 : -1;
}

static int remove_directory(void **state)
{
	(void)state;
	return rmdir(directory);
}

static struct endpoint unix_server(struct server *server, int rounds)
{
	char uri[128];
	struct endpoint endpoint;
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	snprintf(address.sun_path, sizeof address.sun_path, "%s/s", directory);
	snprintf(uri, sizeof uri, "unix://%s/s", directory);
	assert_int_equal(endpoint_parse(uri, &endpoint, NULL), 0);
	server->listener = socket(AF_UNIX, SOCK_STREAM, 0);
	assert_int_equal(bind(server->listener, (struct sockaddr *)&address, sizeof address), 0);
	server_start(server, rounds);
	return endpoint;
}

static struct endpoint tcp_server(struct server *server, int rounds, const char *host)
{
	char uri[128];
	struct endpoint endpoint;
	struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr = { htonl(INADDR_LOOPBACK) } };
	socklen_t size = sizeof address;
	server->listener = socket(AF_INET, SOCK_STREAM, 0);
	assert_int_equal(bind(server->listener, (struct sockaddr *)&address, sizeof address), 0);
	assert_int_equal(getsockname(server->listener, (struct sockaddr *)&address, &size), 0);
	snprintf(uri, sizeof uri, "tcp://%s:%d", host, ntohs(address.sin_port));
	assert_int_equal(endpoint_parse(uri, &endpoint, NULL), 0);
	server_start(server, rounds);
	return endpoint;
}

static void server_end(struct server *server)
{
	char path[64];
	pthread_join(server->thread, NULL);
	close(server->listener);
	snprintf(path, sizeof path, "%s/s", directory);
	unlink(path);
}

static struct link *opened(const struct endpoint *endpoint)
{
	struct error error = ERROR_INIT;
	struct link *link = link_open(endpoint, &timebase_real, soon(), &error);
	if (link == NULL)
		fail_msg("%s: %s", error.on, error.what);
	return link;
}

/* What was not asked for is never an answer, wherever it waits: read already, or not yet, or still to come in part. */
static void stay_in_step(struct link *link)
{
	char line[64];
	for (int i = 0; i < 4; i++) {
		assert_int_equal(link_query(link, i % 2 ? "TWO" : "LATER", line, sizeof line, soon()), IO_OK);
		assert_string_equal(line, i % 2 ? "one" : "now");
		usleep(100000);
		assert_int_equal(link_query(link, "ECHO", line, sizeof line, soon()), IO_GARBLED);
		assert_string_equal(line, "");
		assert_int_equal(link_query(link, "ECHO", line, sizeof line, soon()), IO_GARBLED);
		assert_int_equal(link_clear(link, soon()), IO_OK);
		assert_int_equal(link_query(link, "ECHO", line, sizeof line, soon()), IO_OK);
		assert_string_equal(line, "echo");
	}
	assert_int_equal(link_query(link, "SLOW", line, sizeof line, now() + 5 * NS_PER_MS), IO_TIMEOUT);
	for (int i = 0; i < 3; i++) {
		assert_int_equal(link_query(link, "ECHO", line, sizeof line, soon()), IO_GARBLED);
		usleep(40000);
	}
	usleep(100000);
	assert_int_equal(link_clear(link, soon()), IO_OK);
	assert_int_equal(link_query(link, "ECHO", line, sizeof line, soon()), IO_OK);
	assert_string_equal(line, "echo");
}

/* One round of conversation, the same over every link. */
static void converse(struct link *link)
{
	char line[64];
	assert_int_equal(link_query(link, "ECHO", line, sizeof line, soon()), IO_OK);
	assert_string_equal(line, "echo");
	assert_int_equal(link_query(link, "SLOW", line, sizeof line, soon()), IO_OK);
	assert_string_equal(line, "slow");
	assert_int_equal(link_query(link, "TWO", line, sizeof line, soon()), IO_OK);
	assert_string_equal(line, "one");
	assert_int_equal(link_line(link, line, sizeof line, now()), IO_OK);
	assert_string_equal(line, "two");
	assert_int_equal(link_query(link, "NUL", line, sizeof line, soon()), IO_GARBLED);
	assert_int_equal(link_query(link, "ECHO", line, 5, soon()), IO_OK);
	assert_int_equal(link_query(link, "ECHO", line, 4, soon()), IO_GARBLED);
	assert_string_equal(line, "");

	int64_t before = now();
	assert_int_equal(link_query(link, "NOTHING", line, sizeof line, now() + 50 * NS_PER_MS), IO_TIMEOUT);
	assert_in_range(now() - before, 50 * NS_PER_MS, 500 * NS_PER_MS);
	assert_int_equal(link_query(link, "ECHO", line, sizeof line, soon()), IO_GARBLED);
	assert_int_equal(link_send(link, "NOISE\n", 6, soon()), IO_OK);
	assert_int_equal(link_clear(link, soon()), IO_OK);
	assert_int_equal(link_query(link, "ECHO", line, sizeof line, soon()), IO_OK);
	assert_string_equal(line, "echo");
	assert_int_equal(link_query(link, "FLOOD", line, sizeof line, soon()), IO_GARBLED);
	assert_int_equal(link_clear(link, soon()), IO_OK);
	assert_int_equal(link_query(link, "ECHO", line, sizeof line, soon()), IO_OK);
	assert_string_equal(line, "echo");
	stay_in_step(link);
}

static void test_recv_takes_pending_first(void **state)
{
	(void)state;
	char line[64], bytes[3];
	size_t got;
	bool end;
	struct server server;
	struct endpoint endpoint = unix_server(&server, 1);
	struct link *link = opened(&endpoint);
	assert_int_equal(link_query(link, "TWO", line, sizeof line, soon()), IO_OK);
	assert_int_equal(link_recv(link, bytes, sizeof bytes, &got, &end, soon()), IO_OK);
	assert_memory_equal(bytes, "two", got);
	link_close(link);
	server_end(&server);
}

static void test_unix(void **state)
{
	(void)state;
	char line[64];
	struct server server;
	struct endpoint endpoint = unix_server(&server, 3);
	struct link *link = opened(&endpoint);
	converse(link);
	assert_int_equal(link_query(link, "QUIT", line, sizeof line, soon()), IO_GONE);
	assert_int_equal(link_query(link, "ECHO", line, sizeof line, soon()), IO_GONE);
	assert_int_equal(link_clear(link, soon()), IO_GONE);
	assert_int_equal(link_reopen(link, soon()), IO_OK);
	converse(link);
	/* Reopening ends a connection that is still there, and drops what had come. */
	assert_int_equal(link_query(link, "TWO", line, sizeof line, soon()), IO_OK);
	assert_int_equal(link_reopen(link, soon()), IO_OK);
	converse(link);
	link_close(link);
	server_end(&server);
}

static void test_tcp(void **state)
{
	(void)state;
	char line[64];
	struct server server;
	struct endpoint endpoint = tcp_server(&server, 2, "127.0.0.1");
	struct link *link = opened(&endpoint);
	converse(link);
	assert_int_equal(link_query(link, "BREAK", line, sizeof line, soon()), IO_GONE);
	assert_int_equal(link_query(link, "ECHO", line, sizeof line, soon()), IO_GONE);
	assert_int_equal(link_reopen(link, soon()), IO_OK);
	converse(link);
	link_close(link);
	server_end(&server);
	/* Nobody listens any more. */
	struct error error = ERROR_INIT;
	assert_null(link_open(&endpoint, &timebase_real, soon(), &error));
	assert_int_equal(error.code, ERROR_GONE);
	assert_non_null(strstr(error.remedy, "network is on"));
	assert_string_equal(error.on, endpoint.text);
}

static void test_reopen_fails_and_succeeds_later(void **state)
{
	(void)state;
	char line[64];
	struct server server;
	struct endpoint endpoint = unix_server(&server, 1);
	struct link *link = opened(&endpoint);
	assert_int_equal(link_query(link, "QUIT", line, sizeof line, soon()), IO_GONE);
	server_end(&server);
	assert_int_equal(link_reopen(link, soon()), IO_GONE);
	assert_int_equal(link_query(link, "ECHO", line, sizeof line, soon()), IO_GONE);
	unix_server(&server, 1);
	assert_int_equal(link_reopen(link, soon()), IO_OK);
	converse(link);
	link_close(link);
	server_end(&server);
}

/* A peer that takes nothing: sending ends at its deadline. */
static void test_send_deadline(void **state)
{
	(void)state;
	static char much[1 << 22];
	struct server server = { .rounds = 0 };
	struct endpoint endpoint = unix_server(&server, 0);
	struct link *link = opened(&endpoint);
	int64_t before = now();
	assert_int_equal(link_send(link, much, sizeof much, now() + 50 * NS_PER_MS), IO_TIMEOUT);
	assert_in_range(now() - before, 50 * NS_PER_MS, 500 * NS_PER_MS);
	link_close(link);
	server_end(&server);
}

/* An address that swallows packets, or refuses: one or the other within the deadline. */
static void test_connect_deadline(void **state)
{
	(void)state;
	struct endpoint endpoint;
	struct error error = ERROR_INIT;
	int64_t before = now();
	assert_int_equal(endpoint_parse("tcp://192.0.2.1:5025", &endpoint, NULL), 0);
	assert_null(link_open(&endpoint, &timebase_real, now() + 100 * NS_PER_MS, &error));
	assert_true(now() - before < NS_PER_S);
	assert_true(error.remedy[0] != '\0');
}

/* In place of the C library's: one more name, with two addresses. */
int getaddrinfo(const char *node, const char *service, const struct addrinfo *hints, struct addrinfo **found)
{
	int (*real)(const char *, const char *, const struct addrinfo *, struct addrinfo **);
	*(void **)&real = dlsym(RTLD_NEXT, "getaddrinfo");
	if (strcmp(node, "two.invalid") != 0)
		return real(node, service, hints, found);
	int failure = real("127.0.0.2", service, hints, found);
	return failure ? failure : real("127.0.0.1", service, hints, &(*found)->ai_next);
}

/* The queue of a listener that accepts nobody is filled, so that nobody is answered any more. */
static void fall_silent(int port, int *sockets, int n)
{
	struct sockaddr_in address = { .sin_family = AF_INET, .sin_port = htons((uint16_t)port), .sin_addr = { htonl(INADDR_LOOPBACK + 1) } };
	for (int i = 0; i < n; i++) {
		sockets[i] = socket(AF_INET, SOCK_STREAM | (i ? SOCK_NONBLOCK : 0), 0);
		if (i == 0) {
			assert_int_equal(bind(sockets[0], (struct sockaddr *)&address, sizeof address), 0);
			assert_int_equal(listen(sockets[0], 0), 0);
		} else if (connect(sockets[i], (struct sockaddr *)&address, sizeof address) < 0) {
			assert_int_equal(errno, EINPROGRESS);
		}
	}
	usleep(20000);
}

static void test_silent_first_address(void **state)
{
	(void)state;
	int sockets[4];
	struct server server;
	struct endpoint endpoint = tcp_server(&server, 1, "two.invalid");
	fall_silent(endpoint.port, sockets, 4);
	int64_t before = now();
	struct error error = ERROR_INIT;
	struct link *link = link_open(&endpoint, &timebase_real, before + 2 * NS_PER_S, &error);
	if (link == NULL)
		fail_msg("%s", error.what);
	assert_in_range(now() - before, 900 * NS_PER_MS, 2 * NS_PER_S); /* the first was tried, and was silent */
	link_close(link);
	server_end(&server);
	for (int i = 0; i < 4; i++)
		close(sockets[i]);
}

static void test_unreachable(void **state)
{
	(void)state;
	struct endpoint endpoint;
	struct error error = ERROR_INIT;
	assert_int_equal(endpoint_parse("unix:///nowhere/at/all", &endpoint, NULL), 0);
	assert_null(link_open(&endpoint, &timebase_real, soon(), &error));
	assert_int_equal(error.code, ERROR_NOT_FOUND);
	assert_non_null(strstr(error.remedy, "joulerig-twin"));
	error = (struct error)ERROR_INIT;
	assert_int_equal(endpoint_parse("pty:///dev/null", &endpoint, NULL), 0);
	assert_null(link_open(&endpoint, &timebase_real, soon(), &error));
	assert_true(error.code != ERROR_NONE);
	error = (struct error)ERROR_INIT;
	assert_int_equal(endpoint_parse("pty:///dev/nothing", &endpoint, NULL), 0);
	assert_null(link_open(&endpoint, &timebase_real, soon(), &error));
	assert_int_equal(error.code, ERROR_NOT_FOUND);
	error = (struct error)ERROR_INIT;
	assert_int_equal(endpoint_parse("file:///sys/class/powercap", &endpoint, NULL), 0);
	assert_null(link_open(&endpoint, &timebase_real, soon(), &error));
	assert_int_equal(error.code, ERROR_UNSUPPORTED);
	error = (struct error)ERROR_INIT;
	endpoint = (struct endpoint){ .text = "unix:///long", .scheme = "unix" };
	memset(endpoint.path, 'x', sizeof endpoint.path - 1);
	assert_null(link_open(&endpoint, &timebase_real, soon(), &error));
	assert_non_null(strstr(error.what, "too long"));
	link_close(NULL);
}

/* ---- messages ---- */

/* What comes is written down: each string a piece, with '$' for the end of a message. */
struct script {
	struct link link;
	const char *const *pieces;
	int sent, cleared;
};

static enum io script_send(struct link *link, const void *bytes, size_t size, int64_t deadline)
{
	(void)bytes, (void)size, (void)deadline;
	((struct script *)link)->sent++;
	return IO_OK;
}

static enum io script_recv(struct link *link, void *bytes, size_t size, size_t *got, bool *end, int64_t deadline)
{
	struct script *script = (struct script *)link;
	const char *piece = *script->pieces;
	(void)deadline;
	if (piece == NULL)
		return IO_TIMEOUT;
	script->pieces++;
	*got = strcspn(piece, "$");
	*end = piece[*got] == '$';
	assert_true(*got <= size);
	memcpy(bytes, piece, *got);
	return IO_OK;
}

static enum io script_clear(struct link *link, int64_t deadline)
{
	(void)deadline;
	((struct script *)link)->cleared++;
	return IO_OK;
}

static void test_messages(void **state)
{
	(void)state;
	static const struct link_ops ops = { .send = script_send, .recv = script_recv, .clear = script_clear };
	static const struct {
		const char *pieces[4];
		enum io io;
		const char *line;
	} cases[] = {
		{ { "1.0\n$" }, IO_OK, "1.0" }, { { "1.0\r\n$" }, IO_OK, "1.0" }, { { "1.0$" }, IO_OK, "1.0" },
		{ { "1", ".0", "\n$" }, IO_OK, "1.0" }, { { "1.0", "$" }, IO_OK, "1.0" }, { { "1.", "0\r", "$" }, IO_OK, "1.0" },
		{ { "$" }, IO_OK, "" }, { { "1.0\n" }, IO_OK, "1.0" }, { { "1.0" }, IO_TIMEOUT, "" },
		{ { "1.0\n2.0\n$" }, IO_GARBLED, "" }, { { "1.0\n2$" }, IO_GARBLED, "" }, { { "1.0\n\n$" }, IO_GARBLED, "" },
		{ { "1", ".0\n2.0$" }, IO_GARBLED, "" },
	};
	static const char *const next[] = { "5.0\n$", NULL };
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct script script = { .link.ops = &ops, .pieces = cases[i].pieces };
		char line[64] = "?";
		enum io io = link_query(&script.link, "X?", line, sizeof line, soon());
		if (io != cases[i].io || strcmp(line, cases[i].line) != 0)
			fail_msg("%zu: %s '%s'", i, io_name(io), line);
		script.pieces = next;
		assert_int_equal(link_query(&script.link, "X?", line, sizeof line, soon()), IO_OK);
		assert_string_equal(line, "5.0");
		assert_int_equal(script.cleared, io != IO_OK);
		assert_int_equal(script.sent, 2);
	}
}

struct pty_server {
	int fd;
	pthread_t thread;
};

static void *serve_pty(void *argument)
{
	struct pty_server *server = argument;
	serve(server->fd);
	return NULL;
}

static void test_pty(void **state)
{
	(void)state;
	char uri[128], line[64];
	struct endpoint endpoint;
	struct pty_server server = { .fd = posix_openpt(O_RDWR | O_NOCTTY) };
	assert_true(server.fd >= 0 && grantpt(server.fd) == 0 && unlockpt(server.fd) == 0);
	snprintf(uri, sizeof uri, "pty://%s", ptsname(server.fd));
	assert_int_equal(endpoint_parse(uri, &endpoint, NULL), 0);
	struct link *link = opened(&endpoint);
	assert_int_equal(pthread_create(&server.thread, NULL, serve_pty, &server), 0);
	converse(link);
	assert_int_equal(link_send(link, "QUIT\n", 5, soon()), IO_OK);
	pthread_join(server.thread, NULL);
	close(server.fd);
	assert_int_equal(link_query(link, "ECHO", line, sizeof line, soon()), IO_GONE);
	assert_int_equal(link_reopen(link, soon()), IO_GONE);
	assert_int_equal(link_query(link, "ECHO", line, sizeof line, soon()), IO_GONE);
	link_close(link);
}

static void test_names(void **state)
{
	(void)state;
	assert_string_equal(io_name(IO_OK), "ok");
	assert_string_equal(io_name(IO_GARBLED), "garbled");
	assert_string_equal(io_name((enum io)99), "unknown");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_recv_takes_pending_first),
		cmocka_unit_test(test_unix),
		cmocka_unit_test(test_tcp),
		cmocka_unit_test(test_reopen_fails_and_succeeds_later),
		cmocka_unit_test(test_send_deadline),
		cmocka_unit_test(test_connect_deadline),
		cmocka_unit_test(test_silent_first_address),
		cmocka_unit_test(test_unreachable),
		cmocka_unit_test(test_messages),
		cmocka_unit_test(test_pty),
		cmocka_unit_test(test_names),
	};
	return cmocka_run_group_tests_name("link", tests, make_directory, remove_directory);
}
