/* The link `http` against a web server on a thread that answers by script, on real sockets and real time. */
#include <arpa/inet.h>
#include <dlfcn.h>
#include <netdb.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "link.h"
#include "log.h"
#include "unit.h"

#define OK "HTTP/1.1 200 OK\r\n"

/* What the server does with its next requests: sends `reply` (with %s replaced by the request's number), then maybe hangs up. */
struct behaviour {
	const char *path, *reply;
	int64_t late;      /* ns */
	bool hangs_up, floods; /* after the reply; with a body that does not end */
};

static struct server {
	int listener, port;
	pthread_t thread;
	atomic_bool over;
	atomic_int connections, requests, client;
	bool strays; /* the next reply on this connection comes behind one that nobody asked for */
	const struct behaviour *behaviours;
	char seen[4096]; /* the last request */
} server;

static int64_t now(void)
{
	return clock_now(CLOCK_ID_MONOTONIC);
}

static int64_t soon(void)
{
	return now() + 5 * NS_PER_S;
}

static bool say(int fd, const char *text)
{
	return send(fd, text, strlen(text), MSG_NOSIGNAL) == (ssize_t)strlen(text);
}

/* A whole request, with its body. */
static bool hear(int fd)
{
	char in[sizeof server.seen];
	size_t size = 0, wanted = 1;
	while (size < wanted && size < sizeof in - 1) {
		ssize_t n = read(fd, in + size, sizeof in - 1 - size);
		if (n <= 0)
			return false;
		size += (size_t)n;
		in[size] = '\0';
		const char *body = strstr(in, "\r\n\r\n"), *length = strstr(in, "Content-Length: ");
		wanted = body ? (size_t)(body - in) + 4 + (length ? strtoul(length + 16, NULL, 10) : 0) : size + 1;
	}
	memcpy(server.seen, in, size + 1);
	return true;
}

static bool flood(int fd)
{
	static char much[65536];
	memset(much, 'x', sizeof much - 1);
	for (int i = 0; i < 10000; i++)
		if (!say(fd, much))
			return false;
	return true;
}

/* False: the connection is over. */
static bool answer(int fd)
{
	const char *path = strchr(server.seen, ' ') + 1;
	int number = ++server.requests;
	char body[32], reply[128];
	if (server.strays && !say(fd, OK "Content-Length: 5\r\n\r\nstray"))
		return false;
	server.strays = strstr(path, "/strays") == path;
	for (const struct behaviour *b = server.behaviours; b && b->path; b++) {
		if (strncmp(path, b->path, strlen(b->path)) != 0 || path[strlen(b->path)] != ' ')
			continue;
		usleep((useconds_t)(b->late / 1000));
		return say(fd, b->reply) && !(b->floods && !flood(fd)) && !b->hangs_up;
	}
	snprintf(body, sizeof body, "{\"n\": %d}", number);
	snprintf(reply, sizeof reply, OK "Content-Length: %zu\r\n\r\n%s", strlen(body), body);
	return say(fd, reply);
}

static void *serve(void *unused)
{
	struct pollfd set = { .fd = server.listener, .events = POLLIN };
	(void)unused;
	while (!server.over) {
		if (poll(&set, 1, 20) <= 0)
			continue;
		int fd = accept(server.listener, NULL, NULL);
		server.client = fd;
		server.strays = false;
		bool asked = hear(fd);
		server.connections += asked;
		while (asked && answer(fd))
			asked = hear(fd);
		server.client = -1;
		close(fd);
	}
	return NULL;
}

static char logged[300];
static int n_logged;

static void keep_log(enum log_level level, const char *line)
{
	assert_int_equal(level, LOG_LEVEL_WARNING);
	snprintf(logged, sizeof logged, "%s", line);
	n_logged++;
}

static int begin(void **state)
{
	(void)state;
	struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr = { htonl(INADDR_LOOPBACK) } };
	socklen_t size = sizeof address;
	memset(&server, 0, sizeof server);
	server.client = -1;
	server.listener = socket(AF_INET, SOCK_STREAM, 0);
	n_logged = 0;
	log_set_sink(keep_log);
	if (bind(server.listener, (struct sockaddr *)&address, size) != 0 || listen(server.listener, 8) != 0 ||
	    getsockname(server.listener, (struct sockaddr *)&address, &size) != 0)
		return -1;
	server.port = ntohs(address.sin_port);
	return pthread_create(&server.thread, NULL, serve, NULL);
}

static void stop(void)
{
	server.over = true;
	if (server.client >= 0)
		shutdown(server.client, SHUT_RDWR);
	pthread_join(server.thread, NULL);
	close(server.listener);
}

static int end(void **state)
{
	(void)state;
	if (!server.over)
		stop();
	log_set_sink(NULL);
	return 0;
}

static struct link *opened(const char *host, const char *base)
{
	char uri[200];
	struct endpoint endpoint;
	struct error error = ERROR_INIT;
	snprintf(uri, sizeof uri, "http://%s:%d%s", host, server.port, base);
	assert_int_equal(endpoint_parse(uri, &endpoint, NULL), 0);
	struct link *link = link_open(&endpoint, &timebase_real, soon(), &error);
	if (link == NULL)
		fail_msg("%s: %s", error.on, error.what);
	return link;
}

static void expect_answer(struct link *link, const char *request)
{
	char reply[64], expected[64];
	assert_int_equal(link_query(link, request, reply, sizeof reply, soon()), IO_OK);
	snprintf(expected, sizeof expected, "{\"n\": %d}", server.requests);
	assert_string_equal(reply, expected);
}

/* ---- what goes well ---- */

static void test_get(void **state)
{
	(void)state;
	setenv("http_proxy", "http://127.0.0.1:1", 1); /* is not asked */
	struct link *link = opened("127.0.0.1", "/base/");
	for (int i = 0; i < 20; i++)
		expect_answer(link, "/rpc/Switch.GetStatus?id=0");
	assert_memory_equal(server.seen, "GET /base/rpc/Switch.GetStatus?id=0 HTTP/1.1\r\n", 45);
	expect_answer(link, "/a/../b");
	assert_memory_equal(server.seen, "GET /base/a/../b HTTP/1.1\r\n", 26);
	link_close(link);
	unsetenv("http_proxy");
}

/* Over a connection that is kept a reply may come that nobody asked for, just as a request is sent. */
static void test_stray_reply(void **state)
{
	(void)state;
	struct link *link = opened("127.0.0.1", "");
	for (int i = 0; i < 5; i++) {
		expect_answer(link, "/strays");
		expect_answer(link, "/x");
	}
	assert_int_equal(server.connections, server.requests);
	link_close(link);
}

/* In place of the C library's, for libcurl as well: a name that this test alone knows, and how often somebody asked for it. */
static atomic_int look_ups;

int getaddrinfo(const char *node, const char *service, const struct addrinfo *hints, struct addrinfo **found)
{
	int (*real)(const char *, const char *, const struct addrinfo *, struct addrinfo **);
	bool ours = node && strcmp(node, "plug.invalid") == 0;
	*(void **)&real = dlsym(RTLD_NEXT, "getaddrinfo");
	look_ups += ours;
	return real(ours ? "127.0.0.1" : node, service, hints, found);
}

static void test_host_name(void **state)
{
	(void)state;
	char host[64];
	struct link *link = opened("plug.invalid", "");
	for (int i = 0; i < 3; i++) {
		expect_answer(link, "/x");
		assert_int_equal(link_reopen(link, soon()), IO_OK);
	}
	snprintf(host, sizeof host, "Host: plug.invalid:%d\r\n", server.port);
	assert_non_null(strstr(server.seen, host)); /* the name, although its address was kept */
	assert_int_equal(look_ups, 1);
	link_close(link);
}

static void test_post(void **state)
{
	(void)state;
	static const char request[] = "POST /rpc\n{\"method\": \"Switch.GetStatus\"}";
	char bytes[64];
	size_t got;
	bool last;
	struct link *link = opened("127.0.0.1", "");
	assert_int_equal(link_send(link, request, strlen(request), soon()), IO_OK);
	assert_int_equal(link_recv(link, bytes, sizeof bytes, &got, &last, soon()), IO_OK);
	assert_true(last && got == 8 && memcmp(bytes, "{\"n\": 1}", 8) == 0);
	assert_memory_equal(server.seen, "POST /rpc HTTP/1.1\r\n", 20);
	assert_non_null(strstr(server.seen, "\r\nContent-Type: application/json\r\n"));
	assert_non_null(strstr(server.seen, "\r\n\r\n{\"method\": \"Switch.GetStatus\"}"));
	expect_answer(link, "/x");
	assert_memory_equal(server.seen, "GET /x ", 7);
	link_close(link);
}

/* A body that is longer than the reader's buffer: `end` comes with its last byte. */
static void test_pieces(void **state)
{
	(void)state;
	static const struct behaviour list[] = {
		{ "/chunks", OK "Transfer-Encoding: chunked\r\n\r\n5\r\nabcde\r\n3\r\nfgh\r\n0\r\n\r\n", 0, false, false },
		{ "/closes", "HTTP/1.0 200 OK\r\n\r\nabcdefgh", 0, true, false }, { NULL, NULL, 0, false, false } };
	server.behaviours = list;
	char bytes[16];
	size_t got;
	bool last;
	struct link *link = opened("127.0.0.1", "");
	for (int i = 0; i < 2; i++) {
		assert_int_equal(link_send(link, list[i].path, strlen(list[i].path), soon()), IO_OK);
		assert_int_equal(link_recv(link, bytes, 3, &got, &last, soon()), IO_OK);
		assert_true(got == 3 && !last && memcmp(bytes, "abc", 3) == 0);
		assert_int_equal(link_recv(link, bytes, 3, &got, &last, soon()), IO_OK);
		assert_true(got == 3 && !last && memcmp(bytes, "def", 3) == 0);
		assert_int_equal(link_recv(link, bytes, 3, &got, &last, soon()), IO_OK);
		assert_true(got == 2 && last && memcmp(bytes, "gh", 2) == 0);
		assert_int_equal(link_recv(link, bytes, 3, &got, &last, now()), IO_TIMEOUT); /* nothing was asked */
	}
	expect_answer(link, "/x");
	link_close(link);
}

/* ---- what is refused ---- */

static void test_bad_replies(void **state)
{
	(void)state;
	static const struct behaviour list[] = {
		{ "/404", "HTTP/1.1 404 Not Found\r\nContent-Length: 2\r\n\r\nno", 0, false, false },
		{ "/301", "HTTP/1.1 301 Moved\r\nLocation: /elsewhere\r\nContent-Length: 2\r\n\r\nno", 0, false, false },
		{ "/empty", OK "Content-Length: 0\r\n\r\n", 0, false, false },
		{ "/noise", "\x01\x02 what is this?\r\n\r\n", 0, true, false },
		{ "/0.9", "{\"power\": 0}", 0, true, false },
		{ "/long", OK "\r\n", 0, true, true },
		{ "/declared", OK "Content-Length: 99999999\r\n\r\n", 0, true, true },
		{ NULL, NULL, 0, false, false } };
	char reply[64];
	struct link *link = opened("127.0.0.1", "");
	server.behaviours = list;
	for (const struct behaviour *b = list; b->path; b++) {
		int64_t before = now();
		enum io io = link_query(link, b->path, reply, sizeof reply, soon());
		if (io != IO_GARBLED)
			fail_msg("%s: %s", b->path, io_name(io));
		assert_true(now() - before < 2 * NS_PER_S);
		assert_string_equal(reply, "");
		expect_answer(link, "/x");
	}
	link_close(link);
}

static void test_broken_replies(void **state)
{
	(void)state;
	static const struct behaviour list[] = {
		{ "/hangs-up", "", 0, true, false },
		{ "/within", OK "Content-Length: 100\r\n\r\n{\"power\": 1", 0, true, false },
		{ "/head", "HTTP/1.1 200", 0, true, false },
		{ "/chunk", OK "Transfer-Encoding: chunked\r\n\r\n5\r\nab", 0, true, false },
		{ NULL, NULL, 0, false, false } };
	char reply[64];
	struct link *link = opened("127.0.0.1", "");
	server.behaviours = list;
	for (const struct behaviour *b = list; b->path; b++) {
		enum io io = link_query(link, b->path, reply, sizeof reply, soon());
		if (io != IO_GONE && !(io == IO_GARBLED && strcmp(b->path, "/head") == 0))
			fail_msg("%s: %s", b->path, io_name(io));
		assert_string_equal(reply, "");
		assert_int_equal(link_reopen(link, soon()), IO_OK);
		expect_answer(link, "/x");
	}
	link_close(link);
}

/* The status is told once, for each status. */
static void test_status_is_logged(void **state)
{
	(void)state;
	static const struct behaviour list[] = {
		{ "/401", "HTTP/1.1 401 No\r\nContent-Length: 2\r\n\r\nno", 0, false, false },
		{ "/500", "HTTP/1.1 500 No\r\nContent-Length: 2\r\n\r\nno", 0, false, false }, { NULL, NULL, 0, false, false } };
	char reply[64];
	struct link *link = opened("127.0.0.1", "");
	server.behaviours = list;
	for (int i = 0; i < 3; i++)
		assert_int_equal(link_query(link, "/401", reply, sizeof reply, soon()), IO_GARBLED);
	assert_int_equal(n_logged, 1);
	assert_non_null(strstr(logged, "status 401 in answer to /401"));
	assert_int_equal(link_query(link, "/500", reply, sizeof reply, soon()), IO_GARBLED);
	assert_int_equal(n_logged, 2);
	link_close(link);
}

static void test_bad_requests(void **state)
{
	(void)state;
	static const char *const requests[] = { "x", "", "GET /x", "/a b", "/a\r\nHost: elsewhere", "POST", "POST x\n{}", "/a\x7f" };
	static char much[3000];
	char reply[64];
	struct link *link = opened("127.0.0.1", "");
	for (size_t i = 0; i < sizeof requests / sizeof *requests; i++)
		if (link_query(link, requests[i], reply, sizeof reply, soon()) != IO_GARBLED)
			fail_msg("'%s' was sent", requests[i]);
	memset(much, '/', sizeof much);
	assert_int_equal(link_send(link, much, sizeof much, soon()), IO_GARBLED);
	assert_int_equal(link_send(link, "/a\0b", 4, soon()), IO_GARBLED);
	assert_int_equal(server.requests, 0);
	expect_answer(link, "/x");
	link_close(link);
}

static void test_open_refused(void **state)
{
	(void)state;
	char uri[64];
	struct endpoint endpoint;
	struct error error = ERROR_INIT;
	assert_int_equal(endpoint_parse("http://nowhere.invalid", &endpoint, NULL), 0);
	assert_null(link_open(&endpoint, &timebase_real, soon(), &error));
	assert_int_equal(error.code, ERROR_NOT_FOUND);
	struct link *link = opened("127.0.0.1", "");
	stop();
	error = (struct error)ERROR_INIT;
	snprintf(uri, sizeof uri, "http://127.0.0.1:%d", server.port);
	assert_int_equal(endpoint_parse(uri, &endpoint, NULL), 0);
	assert_null(link_open(&endpoint, &timebase_real, soon(), &error));
	assert_int_equal(error.code, ERROR_GONE);
	assert_string_equal(error.on, uri);
	assert_int_equal(link_query(link, "/x", uri, sizeof uri, soon()), IO_GONE);
	assert_int_equal(link_reopen(link, soon()), IO_GONE);
	link_close(link);
}

/* ---- deadlines ---- */

static void test_deadlines(void **state)
{
	(void)state;
	static const struct behaviour list[] = {
		{ "/silent", "", 0, false, false }, { "/head", OK, 0, false, false },
		{ "/part", OK "Content-Length: 100\r\n\r\n{\"power\"", 0, false, false }, { NULL, NULL, 0, false, false } };
	char reply[64];
	struct link *link = opened("127.0.0.1", "");
	server.behaviours = list;
	for (const struct behaviour *b = list; b->path; b++) {
		int64_t best = INT64_MAX; /* of three: the machine may be busy */
		for (int i = 0; i < 3; i++) {
			int64_t deadline = now() + 60 * NS_PER_MS;
			assert_int_equal(link_query(link, b->path, reply, sizeof reply, deadline), IO_TIMEOUT);
			int64_t over = now() - deadline;
			assert_true(over >= 0);
			best = over < best ? over : best;
			assert_int_equal(link_clear(link, soon()), IO_OK);
			expect_answer(link, "/x");
		}
		print_message("silent after %s: %lld us late\n", b->path, (long long)best / 1000);
		assert_true(best < 20 * NS_PER_MS);
	}
	link_close(link);
}

/* 200 queries, a late answer every 10th, a lost connection every 50th: no answer is ever taken for another one's. */
static void test_late_and_dropped(void **state)
{
	(void)state;
	static const struct behaviour list[] = {
		{ "/late", OK "Content-Length: 4\r\n\r\nlate", 400 * NS_PER_MS, false, false }, { "/drop", "", 0, true, false },
		{ NULL, NULL, 0, false, false } };
	char reply[64];
	struct link *link = opened("127.0.0.1", "");
	server.behaviours = list;
	for (int i = 1; i <= 200; i++) {
		if (i % 50 == 0)
			assert_int_equal(link_query(link, "/drop", reply, sizeof reply, soon()), IO_GONE);
		else if (i % 10 == 0)
			assert_int_equal(link_query(link, "/late", reply, sizeof reply, now() + 20 * NS_PER_MS), IO_TIMEOUT);
		else
			expect_answer(link, "/x");
		if (i % 50 == 0)
			assert_int_equal(link_reopen(link, soon()), IO_OK);
		else if (i % 20 == 0) /* and sometimes nobody clears */
			assert_int_equal(link_clear(link, soon()), IO_OK);
	}
	link_close(link);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_get, begin, end),
		cmocka_unit_test_setup_teardown(test_stray_reply, begin, end),
		cmocka_unit_test_setup_teardown(test_host_name, begin, end),
		cmocka_unit_test_setup_teardown(test_post, begin, end),
		cmocka_unit_test_setup_teardown(test_pieces, begin, end),
		cmocka_unit_test_setup_teardown(test_bad_replies, begin, end),
		cmocka_unit_test_setup_teardown(test_broken_replies, begin, end),
		cmocka_unit_test_setup_teardown(test_status_is_logged, begin, end),
		cmocka_unit_test_setup_teardown(test_bad_requests, begin, end),
		cmocka_unit_test_setup_teardown(test_open_refused, begin, end),
		cmocka_unit_test_setup_teardown(test_deadlines, begin, end),
		cmocka_unit_test_setup_teardown(test_late_and_dropped, begin, end),
	};
	return cmocka_run_group_tests_name("http", tests, NULL, NULL);
}
