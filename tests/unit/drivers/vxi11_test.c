/* The link `vxi11` against an instrument on a thread, on real sockets and real time. */
#include "fake_vxi11.h"

static struct fake_vxi11 fake;
static enum mischief next_mischief; /* of the calls of `at`, from its `from`th on, `times` times */
static uint32_t at;
static int from, times;

static int64_t now(void)
{
	return clock_now(CLOCK_ID_MONOTONIC);
}

static int64_t soon(void)
{
	return now() + 5 * NS_PER_S;
}

static enum mischief scripted(struct fake_vxi11 *self, uint32_t procedure)
{
	int call = self->calls[procedure] - 1;
	return procedure == at && call >= from && call < from + times ? next_mischief : BEHAVE;
}

/* From the next call of `procedure` on, `count` times. */
static void script(enum mischief mischief, uint32_t procedure, int count)
{
	pthread_mutex_lock(&fake.busy);
	next_mischief = mischief;
	at = procedure;
	from = fake.calls[procedure];
	times = count;
	fake.misbehave = scripted;
	pthread_mutex_unlock(&fake.busy);
}

static struct endpoint endpoint_of(const char *uri_to_port, int port)
{
	char uri[100];
	struct endpoint endpoint;
	struct error error = ERROR_INIT;
	snprintf(uri, sizeof uri, "%s%d", uri_to_port, port);
	if (endpoint_parse(uri, &endpoint, &error) < 0)
		fail_msg("%s", error.what);
	return endpoint;
}

static struct link *opened(void)
{
	struct error error = ERROR_INIT;
	struct endpoint endpoint = endpoint_of("vxi11://127.0.0.1:", fake.core_port);
	struct link *link = link_open(&endpoint, &timebase_real, soon(), &error);
	if (link == NULL)
		fail_msg("%s: %s", error.on, error.what);
	return link;
}

static struct error refused(const char *uri_to_port, int port, int64_t patience)
{
	struct error error = ERROR_INIT;
	struct endpoint endpoint = endpoint_of(uri_to_port, port);
	if (link_open(&endpoint, &timebase_real, now() + patience, &error) != NULL)
		fail_msg("opened: mischief %d (error %u) in procedure %u, call %d of %d", next_mischief, fake.error, at, fake.calls[at], from);
	assert_true(error.remedy[0] != '\0');
	assert_string_equal(error.on, endpoint.text);
	return error;
}

static void expect_echo(struct link *link, int number)
{
	char command[32], reply[64];
	snprintf(command, sizeof command, "ECHO %d", number);
	assert_int_equal(link_query(link, command, reply, sizeof reply, soon()), IO_OK);
	assert_string_equal(reply, command + 5);
}

static int begin(void **state)
{
	(void)state;
	fake_begin(&fake);
	return 0;
}

static int end(void **state)
{
	(void)state;
	fake_end(&fake);
	return 0;
}

/* ---- what goes well ---- */

static void test_conversation(void **state)
{
	(void)state;
	struct link *link = opened();
	assert_string_equal(fake.device, "inst0");
	for (int i = 0; i < 50; i++)
		expect_echo(link, i);
	assert_int_equal(fake.writes, 50);
	assert_int_equal(fake.ends, 50);
	assert_int_equal(link_reopen(link, soon()), IO_OK);
	assert_int_equal(fake.calls[DESTROY_LINK], 1);
	expect_echo(link, 51);
	link_close(link);
	assert_int_equal(fake.calls[DESTROY_LINK], 2);
	assert_int_equal(fake.calls[GETPORT], 0);
}

static void test_portmapper_and_device(void **state)
{
	(void)state;
	struct error error = ERROR_INIT;
	struct endpoint endpoint = endpoint_of("vxi11://localhost/gpib0,5?portmapper=", fake.portmapper_port);
	struct link *link = link_open(&endpoint, &timebase_real, soon(), &error);
	assert_non_null(link);
	assert_string_equal(fake.device, "gpib0,5");
	expect_echo(link, 1);
	assert_int_equal(link_reopen(link, soon()), IO_OK); /* it may have another port by now */
	assert_int_equal(fake.calls[GETPORT], 2);
	expect_echo(link, 2);
	link_close(link);
}

/* END goes with the last piece only, no piece is longer than the instrument takes, and what it takes in part is sent on. */
static void test_pieces(void **state)
{
	(void)state;
	static const struct {
		uint32_t largest;
		int pieces;
	} cases[] = { { 0, 2 }, { 100, 51 }, { 1024, 5 }, { 0xffffffff, 2 }, { 5106, 2 } };
	static char command[5106], reply[8000];
	memcpy(command, "ECHO ", 5);
	memset(command + 5, 'x', 5100);
	command[5105] = '\n';
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		size_t size = 0, got;
		bool last = false;
		fake.largest = cases[i].largest;
		fake.writes = fake.ends = 0;
		struct link *link = opened();
		assert_int_equal(link_send(link, command, sizeof command, soon()), IO_OK);
		assert_int_equal(fake.writes, cases[i].pieces + (cases[i].largest == 100));
		assert_int_equal(fake.ends, 1);
		while (!last) {
			assert_int_equal(link_recv(link, reply + size, 1500, &got, &last, soon()), IO_OK);
			assert_true(got > 0 && got <= 1500);
			size += got;
		}
		assert_int_equal(size, 5101);
		assert_memory_equal(reply, command + 5, 5101);
		link_close(link);
	}
}

static void test_odd_but_allowed(void **state)
{
	(void)state;
	static const struct {
		enum mischief mischief;
		uint32_t procedure;
	} cases[] = { { CRUMBLED, DEVICE_READ }, { HALF, DEVICE_READ }, { HALF, DEVICE_WRITE }, { NOTHING, DEVICE_READ },
		      { CRUMBLED, DEVICE_WRITE }, { TWICE, DEVICE_WRITE }, { TWICE, DEVICE_READ }, { LATE, DEVICE_READ } };
	struct link *link = opened();
	fake.late = 20 * NS_PER_MS;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		script(cases[i].mischief, cases[i].procedure, 1);
		expect_echo(link, 1000 + (int)i);
		expect_echo(link, 2000 + (int)i);
	}
	script(CRUMBLED, CREATE_LINK, 1);
	assert_int_equal(link_reopen(link, soon()), IO_OK);
	expect_echo(link, 1);
	link_close(link);
}

/* An end that comes alone ends the message; where it is not waited for, it does not answer the next question. */
static void test_end_alone(void **state)
{
	(void)state;
	char reply[64];
	struct link *link = opened();
	int clears = fake.calls[DEVICE_CLEAR];
	script(END_LATE, DEVICE_READ, 1);
	assert_int_equal(link_query(link, "WORD bare", reply, sizeof reply, soon()), IO_OK);
	assert_string_equal(reply, "bare");
	expect_echo(link, 1);
	assert_int_equal(fake.calls[DEVICE_CLEAR], clears);
	script(END_LATE, DEVICE_READ, 1);
	expect_echo(link, 2);
	expect_echo(link, 3);
	assert_int_equal(fake.calls[DEVICE_CLEAR], clears + 1);
	link_close(link);
}

/* ---- what is not allowed ---- */

static void test_malformed(void **state)
{
	(void)state;
	static const struct {
		enum mischief mischief;
		uint32_t error;
		enum io io;
	} cases[] = {
		{ OTHER_XID, 0, IO_GARBLED }, { CUT, 0, IO_GARBLED }, { CUT_HEADER, 0, IO_GARBLED }, { NO_WORDS, 0, IO_GARBLED },
		{ EMPTY_FRAGMENTS, 0, IO_GARBLED }, { LONG_FRAGMENT, 0, IO_GARBLED }, { LONG_RECORD, 0, IO_GARBLED },
		{ A_CALL, 0, IO_GARBLED }, { DENIED, 0, IO_GARBLED }, { UNAVAILABLE, 0, IO_GARBLED },
		{ LONG_VERIFIER, 0, IO_GARBLED }, { TOO_MUCH, 0, IO_GARBLED }, { DROP, 0, IO_GONE }, { DROP_WITHIN, 0, IO_GONE },
		{ ERROR, 4, IO_GONE }, { ERROR, 17, IO_GONE }, { ERROR, 6, IO_GONE }, { ERROR, 8, IO_GARBLED },
		{ ERROR, 0xffffffff, IO_GARBLED }, { TOO_LONG, 0, IO_GARBLED },
	};
	static const uint32_t procedures[] = { DEVICE_READ, DEVICE_WRITE };
	char reply[64];
	struct link *link = opened();
	for (size_t i = 0; i < 2 * sizeof cases / sizeof *cases - 1; i++) {
		uint32_t procedure = procedures[i % 2];
		enum mischief mischief = cases[i / 2].mischief;
		fake.error = cases[i / 2].error;
		script(mischief, procedure, 1);
		int64_t before = now();
		enum io io = link_query(link, "ECHO 1", reply, sizeof reply, soon());
		if (io != cases[i / 2].io)
			fail_msg("mischief %d (error %u) in procedure %u: %s", mischief, fake.error, procedure, io_name(io));
		assert_true(now() - before < 2 * NS_PER_S);
		assert_string_equal(reply, "");
		/* Nothing that comes over this connection is believed any more. */
		assert_int_equal(link_query(link, "ECHO 1", reply, sizeof reply, soon()), IO_GONE);
		assert_int_equal(link_clear(link, soon()), IO_GONE);
		assert_int_equal(link_reopen(link, soon()), IO_OK);
		expect_echo(link, (int)i);
	}
	link_close(link);
}

/* An instrument that takes nothing of a command, and says that all is well, would be asked for ever. */
static void test_nothing_taken(void **state)
{
	(void)state;
	char reply[64];
	struct link *link = opened();
	script(NOTHING, DEVICE_WRITE, 1000);
	assert_int_equal(link_query(link, "ECHO 1", reply, sizeof reply, soon()), IO_GARBLED);
	assert_int_equal(fake.calls[DEVICE_WRITE], 1);
	/* One that has nothing to say, and does not wait until it has, is asked until the deadline. */
	assert_int_equal(link_reopen(link, soon()), IO_OK);
	script(NOTHING, DEVICE_READ, 1000000);
	assert_int_equal(link_query(link, "ECHO 1", reply, sizeof reply, now() + 50 * NS_PER_MS), IO_TIMEOUT);
	link_close(link);
}

/* Errors of the instrument that leave the link as it is. */
static void test_instrument_timeouts(void **state)
{
	(void)state;
	static const uint32_t errors[] = { 15, 11, 23 };
	char reply[64];
	struct link *link = opened();
	for (size_t i = 0; i < sizeof errors / sizeof *errors; i++) {
		fake.error = errors[i];
		script(ERROR, DEVICE_READ, 1);
		assert_int_equal(link_query(link, "ECHO 7", reply, sizeof reply, soon()), IO_TIMEOUT);
		assert_string_equal(reply, "");
		assert_int_equal(link_clear(link, soon()), IO_OK);
		expect_echo(link, (int)i);
	}
	/* A question it does not answer: it says so itself, before the deadline. One time in five will do on a busy machine. */
	bool in_time = false;
	for (int i = 0; i < 5 && !in_time; i++) {
		int64_t deadline = now() + 400 * NS_PER_MS;
		assert_int_equal(link_query(link, "NOTHING", reply, sizeof reply, deadline), IO_TIMEOUT);
		in_time = now() < deadline && fake.io_timeout >= 300 && fake.io_timeout <= 350;
		expect_echo(link, i);
	}
	assert_true(in_time);
	assert_int_equal(fake.calls[CREATE_LINK], 1);
	link_close(link);
}

/* ---- opening ---- */

static void test_open_refused(void **state)
{
	(void)state;
	static const struct {
		enum mischief mischief;
		uint32_t procedure, error;
		enum error_code code;
		const char *says;
	} cases[] = {
		{ ERROR, CREATE_LINK, 11, ERROR_TIMEOUT, "locked by another program while making a link" },
		{ ERROR, DEVICE_CLEAR, 11, ERROR_TIMEOUT, "locked by another program while clearing" },
		{ ERROR, CREATE_LINK, 9, ERROR_GONE, "out of resources" },
		{ ERROR, CREATE_LINK, 3, ERROR_GONE, "not accessible" },
		{ ERROR, CREATE_LINK, 99, ERROR_PROTOCOL, "unknown error" },
		{ UNAVAILABLE, CREATE_LINK, 0, ERROR_PROTOCOL, "the call was refused" },
		{ CUT, CREATE_LINK, 0, ERROR_PROTOCOL, "makes no sense while making a link" },
		{ DROP, CREATE_LINK, 0, ERROR_GONE, "broke while making a link" },
		{ SILENT, CREATE_LINK, 0, ERROR_TIMEOUT, "no answer while making a link" },
		{ NOTHING, GETPORT, 0, ERROR_GONE, "no VXI-11 service while asking its portmapper" },
		{ TOO_MUCH, GETPORT, 0, ERROR_PROTOCOL, "makes no sense while asking its portmapper" },
		{ CUT, GETPORT, 0, ERROR_PROTOCOL, "makes no sense while asking its portmapper" },
		{ DROP, GETPORT, 0, ERROR_GONE, "broke while asking its portmapper" },
		{ SILENT, GETPORT, 0, ERROR_TIMEOUT, "no answer while asking its portmapper" },
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		fake.error = cases[i].error;
		script(cases[i].mischief, cases[i].procedure, 1);
		struct error error = refused("vxi11://127.0.0.1?portmapper=", fake.portmapper_port,
					     cases[i].mischief == SILENT ? 100 * NS_PER_MS : 5 * NS_PER_S);
		if (error.code != cases[i].code || strstr(error.what, cases[i].says) == NULL)
			fail_msg("%s: %s", error_code_name(error.code), error.what);
	}
}

static void test_endpoints(void **state)
{
	(void)state;
	assert_int_equal(refused("vxi11://127.0.0.1?port=", 1, NS_PER_S).code, ERROR_CONFIG);
	assert_int_equal(refused("vxi11://127.0.0.1?portmapper=", 0, NS_PER_S).code, ERROR_CONFIG);
	assert_int_equal(refused("vxi11://127.0.0.1?portmapper=", 65536, NS_PER_S).code, ERROR_CONFIG);
	assert_int_equal(refused("vxi11://127.0.0.1?portmapper=x", 1, NS_PER_S).code, ERROR_CONFIG);
	assert_int_equal(refused("vxi11://127.0.0.1/aLongNameThatNoInstrumentEverHad", 1, NS_PER_S).code, ERROR_CONFIG);
	assert_int_equal(refused("vxi11://127.0.0.1:", 1, NS_PER_S).code, ERROR_GONE);
	assert_int_equal(refused("vxi11://nowhere.invalid:", 1, NS_PER_S).code, ERROR_NOT_FOUND);
}

/* ---- deadlines ---- */

/* How late the fastest of three tries is, of an instrument that falls silent in a call: the machine may be busy, but a link that
 * waits too long always does. */
static void expect_punctual(const char *what, uint32_t procedure, enum io (*try)(struct link *link, int64_t deadline), struct link *link)
{
	int64_t best = INT64_MAX;
	for (int i = 0; i < 3; i++) {
		script(SILENT, procedure, 1);
		int64_t deadline = now() + 60 * NS_PER_MS;
		enum io io = try(link, deadline);
		int64_t over = now() - deadline;
		if (io != IO_TIMEOUT || over < 0)
			fail_msg("%s: %s %lld us after the deadline", what, io_name(io), (long long)over / 1000);
		best = over < best ? over : best;
		if (link)
			assert_int_equal(link_reopen(link, soon()), IO_OK);
	}
	print_message("silent at %s: %lld us late\n", what, (long long)best / 1000);
	assert_true(best < 20 * NS_PER_MS);
}

static enum io try_query(struct link *link, int64_t deadline)
{
	char reply[64];
	return link_query(link, "ECHO 1", reply, sizeof reply, deadline);
}

static enum io opening(struct endpoint endpoint, int64_t deadline)
{
	struct error error = ERROR_INIT;
	assert_null(link_open(&endpoint, &timebase_real, deadline, &error));
	return error.code == ERROR_TIMEOUT ? IO_TIMEOUT : IO_GARBLED;
}

static enum io try_open(struct link *link, int64_t deadline)
{
	(void)link;
	return opening(endpoint_of("vxi11://127.0.0.1?portmapper=", fake.portmapper_port), deadline);
}

static int deaf_port;

static enum io try_deaf(struct link *link, int64_t deadline)
{
	(void)link;
	return opening(endpoint_of("vxi11://127.0.0.1:", deaf_port), deadline);
}

static void test_deadlines(void **state)
{
	(void)state;
	struct link *link = opened();
	expect_punctual("write", DEVICE_WRITE, try_query, link);
	expect_punctual("read", DEVICE_READ, try_query, link);
	expect_punctual("clear", DEVICE_CLEAR, link_clear, link);
	expect_punctual("create_link, again", CREATE_LINK, link_reopen, link);
	link_close(link);
	expect_punctual("portmap", GETPORT, try_open, NULL);
	expect_punctual("create_link", CREATE_LINK, try_open, NULL);
	expect_punctual("first clear", DEVICE_CLEAR, try_open, NULL);
}

/* A listener whose queue is full drops who comes. */
static void test_connect_deadline(void **state)
{
	(void)state;
	struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr = { htonl(INADDR_LOOPBACK) } };
	int listener = fake_listen(&deaf_port), guests[3];
	assert_int_equal(listen(listener, 0), 0);
	address.sin_port = htons((uint16_t)deaf_port);
	for (int i = 0; i < 3; i++) {
		guests[i] = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
		connect(guests[i], (struct sockaddr *)&address, sizeof address);
	}
	expect_punctual("connect", 0, try_deaf, NULL);
	for (int i = 0; i < 3; i++)
		close(guests[i]);
	close(listener);
}

/* The farewell of an instrument that does not answer any more is short. */
static void test_close_is_short(void **state)
{
	(void)state;
	struct link *link = opened();
	script(SILENT, DESTROY_LINK, 1);
	int64_t before = now();
	link_close(link);
	assert_true(now() - before < 500 * NS_PER_MS);
}

/* ---- the way back ---- */

/* As a driver does it: clear, and where that does not help, connect anew. */
static void recover(struct link *link)
{
	if (link_clear(link, soon()) != IO_OK)
		assert_int_equal(link_reopen(link, soon()), IO_OK);
}

/* Answers that come when nobody waits any more, to writes and to reads, and lost connections: never is one answer taken for
 * another, and the query after a recovery works. */
static void test_late_and_dropped(void **state)
{
	(void)state;
	int timeouts = 0, drops = 0, right = 0;
	char command[32], reply[64];
	struct link *link = opened();
	fake.late = 130 * NS_PER_MS;
	for (int i = 1; i <= 200; i++) {
		bool drop = i % 50 == 0, late = !drop && i % 10 == 0;
		script(drop ? DROP : LATE, i % 20 ? DEVICE_WRITE : DEVICE_READ, drop || late);
		snprintf(command, sizeof command, "ECHO %d", i);
		enum io io = link_query(link, command, reply, sizeof reply, late ? now() + 30 * NS_PER_MS : soon());
		assert_int_equal(io, drop ? IO_GONE : late ? IO_TIMEOUT : IO_OK);
		timeouts += late;
		drops += drop;
		right += io == IO_OK && strcmp(reply, command + 5) == 0;
		if (io != IO_OK)
			recover(link);
	}
	assert_int_equal(timeouts, 16);
	assert_int_equal(drops, 4);
	assert_int_equal(right, 180);
	assert_int_equal(fake.calls[CREATE_LINK], 1 + drops); /* a late answer costs no connection */
	link_close(link);
}

/* Without a clear between: the late answer is known by its number all the same, whole or in part. */
static void test_late_answer_is_not_the_next_one(void **state)
{
	(void)state;
	char reply[64];
	struct link *link = opened();
	fake.late = 130 * NS_PER_MS;
	for (int i = 0; i < 5; i++) {
		script(LATE, DEVICE_READ, 1);
		assert_int_equal(link_query(link, "ECHO old", reply, sizeof reply, now() + 30 * NS_PER_MS), IO_TIMEOUT);
		expect_echo(link, i);
	}
	assert_int_equal(fake.calls[CREATE_LINK], 1);
	link_close(link);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_conversation, begin, end),
		cmocka_unit_test_setup_teardown(test_portmapper_and_device, begin, end),
		cmocka_unit_test_setup_teardown(test_pieces, begin, end),
		cmocka_unit_test_setup_teardown(test_odd_but_allowed, begin, end),
		cmocka_unit_test_setup_teardown(test_end_alone, begin, end),
		cmocka_unit_test_setup_teardown(test_malformed, begin, end),
		cmocka_unit_test_setup_teardown(test_nothing_taken, begin, end),
		cmocka_unit_test_setup_teardown(test_instrument_timeouts, begin, end),
		cmocka_unit_test_setup_teardown(test_open_refused, begin, end),
		cmocka_unit_test_setup_teardown(test_endpoints, begin, end),
		cmocka_unit_test_setup_teardown(test_deadlines, begin, end),
		cmocka_unit_test_setup_teardown(test_connect_deadline, begin, end),
		cmocka_unit_test_setup_teardown(test_close_is_short, begin, end),
		cmocka_unit_test_setup_teardown(test_late_and_dropped, begin, end),
		cmocka_unit_test_setup_teardown(test_late_answer_is_not_the_next_one, begin, end),
	};
	return cmocka_run_group_tests_name("vxi11", tests, NULL, NULL);
}
