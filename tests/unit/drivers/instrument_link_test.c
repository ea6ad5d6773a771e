/* The simulated link to the twin's instruments: bytes and their time, HTTP messages, deadlines, being thrown out, another node. */
#include "instrument_link.h"

#include <stdlib.h>

#include "echo.h"
#include "unit.h"

/* A clock that is the twin's as well, one instrument, and a script. */
struct place {
	struct timebase timebase;
	struct instrument_place place;
	struct load load;
	struct model *model;
	struct instrument_config config;
	struct fault script[1];
	struct faults faults;
	struct instrument *instrument;
	int64_t now;
	bool plugged;
	struct link *link;
};

static int64_t look(struct timebase *timebase)
{
	return ((struct place *)timebase)->now += 200;
}

static int64_t present(void *context)
{
	return ((struct place *)context)->now;
}

static void pass(void *context, int64_t t)
{
	struct place *p = context;
	p->now = t > p->now ? t : p->now;
}

static int64_t bring_up(void *context, int64_t t)
{
	struct place *p = context;
	model_advance(p->model, t);
	instrument_advance(p->instrument, t);
	return t;
}

static int64_t host_time(void *context, int64_t twin)
{
	(void)context;
	return twin;
}

static bool plugged(void *context)
{
	return ((struct place *)context)->plugged;
}

static struct place *place_open(const struct instrument_family *family, struct fault fault)
{
	struct place *p = calloc(1, sizeof *p);
	struct model_config machine = { .packages = 1, .cores = 1, .idle = 10 };
	struct error error = ERROR_INIT;
	p->now = 7 * NS_PER_S;
	p->plugged = true;
	p->timebase = (struct timebase){ .now = look };
	p->place = (struct instrument_place){ .timebase = &p->timebase, .present = present, .pass = pass, .bring_up = bring_up,
					      .host_time = host_time, .plugged = plugged, .context = p };
	load_init(&p->load, NULL, 0, p->now);
	p->model = model_new(&machine, &p->load, 1, p->now, &error);
	fault.after_updates = fault.after_queries = -1;
	p->config = (struct instrument_config){ .name = "echo", .model = "ECHO", .response = 5e-3 };
	faults_init_for(&p->faults, "echo", true, &fault, 1, p->script, p->now);
	p->instrument = instrument_new_of(family, &p->config, p->model, &p->faults, 1, p->now, &error);
	p->link = instrument_link_open(&p->place, p->instrument, 3, 100 * NS_PER_US, 100 * NS_PER_US, &error);
	assert_non_null(p->link);
	return p;
}

static void place_close(struct place *p)
{
	link_close(p->link);
	instrument_free(p->instrument);
	model_free(p->model);
	free(p);
}

static const struct fault none = { .what = FAULT_NAN, .at = -1 };

static void lines_take_their_time(void **state)
{
	(void)state;
	struct place *p = place_open(&echo_lines, none);
	char reply[64];
	int64_t began = p->now;
	assert_int_equal(link_query(p->link, "*IDN?", reply, sizeof reply, p->now + NS_PER_S), IO_OK);
	assert_string_equal(reply, "*IDN?");
	assert_near((double)(p->now - began), 5.2e6, 2e3);
	began = p->now;
	assert_int_equal(link_query(p->link, "late", reply, sizeof reply, p->now + 5 * NS_PER_MS), IO_TIMEOUT);
	assert_near((double)(p->now - began), 5e6, 2e3);
	assert_false(p->link->ops->unread(p->link));
	pass(p, p->now + NS_PER_MS);
	assert_true(p->link->ops->unread(p->link));
	assert_int_equal(link_query(p->link, "x", reply, sizeof reply, p->now + NS_PER_S), IO_GARBLED);
	assert_int_equal(link_clear(p->link, p->now + NS_PER_S), IO_OK);
	assert_int_equal(link_query(p->link, "again", reply, sizeof reply, p->now + NS_PER_S), IO_OK);
	assert_string_equal(reply, "again");
	place_close(p);
}

static void a_stream(void **state)
{
	(void)state;
	struct place *p = place_open(&echo_bytes, none);
	char bytes[16];
	size_t got, all = 0;
	bool end;
	((struct echo *)p->instrument)->beat = p->now;
	int64_t began = p->now;
	while (all < 100) {
		assert_int_equal(link_recv(p->link, bytes, sizeof bytes, &got, &end, p->now + NS_PER_S), IO_OK);
		all += got;
	}
	assert_near((double)(p->now - began), 99.1e6, 1e5);
	int64_t now = p->now;
	while (link_recv(p->link, bytes, sizeof bytes, &got, &end, now) == IO_OK)
		assert_int_equal(p->now, now); /* what waits costs no time */
	assert_int_equal(p->now, now);
	place_close(p);
}

static enum io ask(struct place *p, const char *request, char *body, size_t size)
{
	size_t got = 0;
	bool end = false;
	assert_int_equal(link_send(p->link, request, strlen(request), p->now + NS_PER_S), IO_OK);
	enum io io = link_recv(p->link, body, size - 1, &got, &end, p->now + NS_PER_S);
	body[got] = '\0';
	assert_true(io != IO_OK || end);
	return io;
}

static void messages(void **state)
{
	(void)state;
	struct place *p = place_open(&echo_http, none);
	const struct echo *echo = (const struct echo *)p->instrument;
	char body[64];
	assert_int_equal(ask(p, "/rpc/Switch.GetStatus?id=0", body, sizeof body), IO_OK);
	assert_string_equal(echo->last, "GET /rpc/Switch.GetStatus?id=0");
	assert_string_equal(body, "{\"apower\": 12.5}");
	assert_int_equal(ask(p, "/cm?cmnd=Status\n", body, sizeof body), IO_OK);
	assert_string_equal(echo->last, "GET /cm?cmnd=Status");
	assert_int_equal(ask(p, "POST /rpc\n{\"id\": 1}", body, sizeof body), IO_OK);
	assert_string_equal(echo->last, "POST /rpc\n{\"id\": 1}");
	assert_int_equal(ask(p, "/none", body, sizeof body), IO_GARBLED);
	int64_t now = p->now;
	size_t got;
	bool end;
	assert_int_equal(link_recv(p->link, body, sizeof body, &got, &end, now + NS_PER_MS), IO_TIMEOUT);
	assert_int_equal(p->now, now + NS_PER_MS);
	place_close(p);
}

static void bad_messages(void **state)
{
	(void)state;
	static const struct {
		enum fault_what what;
		enum io io;
	} cases[] = { { FAULT_SILENT, IO_TIMEOUT }, { FAULT_GARBAGE, IO_GARBLED }, { FAULT_CUT, IO_GONE } };
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct place *p = place_open(&echo_http, (struct fault){ .what = cases[i].what, .at = NS_PER_S, .lasts = NS_PER_S });
		char body[64];
		assert_int_equal(ask(p, "/a", body, sizeof body), IO_OK);
		pass(p, 8 * NS_PER_S);
		assert_int_equal(ask(p, "/b", body, sizeof body), cases[i].io);
		pass(p, 9 * NS_PER_S);
		assert_int_equal(link_reopen(p->link, p->now + NS_PER_S), IO_OK);
		assert_int_equal(ask(p, "/c", body, sizeof body), IO_OK);
		place_close(p);
	}
}

static void thrown_out(void **state)
{
	(void)state;
	struct place *p = place_open(&echo_lines, (struct fault){ .what = FAULT_DISCONNECT, .at = NS_PER_S, .lasts = NS_PER_S });
	char reply[64];
	assert_int_equal(link_query(p->link, "a", reply, sizeof reply, p->now + NS_PER_S), IO_OK);
	pass(p, 8 * NS_PER_S);
	assert_int_equal(link_query(p->link, "a", reply, sizeof reply, p->now + NS_PER_S), IO_GONE);
	assert_int_equal(link_reopen(p->link, p->now + NS_PER_S), IO_GONE);
	pass(p, 9 * NS_PER_S);
	assert_int_equal(link_query(p->link, "a", reply, sizeof reply, p->now + NS_PER_S), IO_GONE);
	assert_int_equal(link_reopen(p->link, p->now + NS_PER_S), IO_OK);
	assert_int_equal(link_query(p->link, "b", reply, sizeof reply, p->now + NS_PER_S), IO_OK);
	instrument_link_break(p->link);
	assert_int_equal(link_query(p->link, "b", reply, sizeof reply, p->now + NS_PER_S), IO_GONE);
	p->plugged = false;
	assert_int_equal(link_reopen(p->link, p->now + NS_PER_S), IO_GONE);
	place_close(p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lines_take_their_time), cmocka_unit_test(a_stream), cmocka_unit_test(messages), cmocka_unit_test(bad_messages),
		cmocka_unit_test(thrown_out),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
