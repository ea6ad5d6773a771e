/* Instruments of the modelled bench: framing, replies in time, faults of replies, a slow line, the analogue side. By families that are only here. */
#include "bench_file.h"
#include "echo.h"
#include "rig.h"

/* A model, a script, and one instrument beside them. */
struct table {
	struct rig *rig;
	struct instrument_config config;
	struct faults faults;
	struct fault script[4];
	struct instrument *instrument;
	struct echo *echo;
};

static struct table *table_open(const struct instrument_family *family, int baud, const char *faults)
{
	struct table *t = calloc(1, sizeof *t);
	struct error error = ERROR_INIT;
	struct text text = TEXT_INIT;
	text_addf(&text, "meter: {}\nload: {source: script, steps: [{at: 0 s, cores: 1}]}\n%s", faults);
	t->rig = rig_open(text_string(&text));
	text_free(&text);
	t->config = (struct instrument_config){
		.name = "echo", .model = "ECHO 1", .response = 5e-3, .baud = baud,
		.front = { .quantity = QUANTITY_WALL, .share = 1, .voltage = 230, .frequency = 50, .crest = 1.5 },
	};
	for (size_t i = 0; i < t->rig->config.n_faults; i++) /* whose name no schema knows */
		strcpy(t->rig->config.faults[i].device, "echo");
	faults_init_for(&t->faults, "echo", false, t->rig->config.faults, t->rig->config.n_faults, t->script, t->rig->start);
	t->instrument = instrument_new_of(family, &t->config, t->rig->twin.model, &t->faults, 7, t->rig->now, &error);
	t->echo = (struct echo *)t->instrument;
	assert_non_null(t->instrument);
	return t;
}

static void table_close(struct table *t)
{
	instrument_free(t->instrument);
	rig_close(t->rig);
	free(t);
}

static void wait(struct table *t, double seconds)
{
	rig_wait(t->rig, seconds);
	instrument_advance(t->instrument, t->rig->now);
}

static void feed(struct table *t, const char *text)
{
	instrument_feed(t->instrument, t->rig->now, text, strlen(text));
}

/* What comes within `seconds`; stays valid until the next call. */
static size_t n_taken;
static const char *take(struct table *t, double seconds)
{
	static char all[8192];
	n_taken = 0;
	for (int64_t end = t->rig->now + (int64_t)(seconds * 1e9); t->rig->now < end; wait(t, 0.1e-3))
		n_taken += instrument_take(t->instrument, t->rig->now, all + n_taken, sizeof all - 1 - n_taken);
	all[n_taken] = '\0';
	return all;
}

static void lines_and_their_time(void **state)
{
	(void)state;
	struct table *t = table_open(&echo_lines, 0, "");
	feed(t, "*ID");
	assert_int_equal(instrument_next(t->instrument), NEVER);
	feed(t, "N?\r\nnext\n");
	assert_int_equal(instrument_next(t->instrument), t->rig->now + 5 * NS_PER_MS);
	assert_string_equal(take(t, 4.9e-3), "");
	assert_string_equal(take(t, 1e-3), "*IDN?\r\nnext\r\n");
	for (int i = 0; i < INSTRUMENT_LINE; i++)
		feed(t, "x");
	feed(t, "yz\nshort\n");
	assert_string_equal(take(t, 10e-3), "short\r\n");
	assert_int_equal(t->echo->heard, 3);
	feed(t, "dropped\nhalf");
	instrument_reset(t->instrument);
	feed(t, "whole\n");
	assert_string_equal(take(t, 10e-3), "whole\r\n");
	assert_int_equal(t->echo->hung_up, 1);
	table_close(t);
}

static void bytes_as_they_come(void **state)
{
	(void)state;
	struct table *t = table_open(&echo_bytes, 0, "");
	feed(t, "a\nb");
	assert_string_equal(t->echo->last, "a\nb");
	t->echo->beat = t->rig->now + NS_PER_MS / 2;
	assert_int_equal(instrument_next(t->instrument), t->echo->beat);
	assert_string_equal(take(t, 10e-3), "bbbbbbbbbb");
	t->echo->beat = NEVER;
	instrument_say(t->instrument, t->rig->now, t->rig->now + 2 * NS_PER_MS, "first", 5);
	instrument_say(t->instrument, t->rig->now, t->rig->now + NS_PER_MS, "second", 6);
	assert_string_equal(take(t, 1.9e-3), "");
	assert_string_equal(take(t, 1e-3), "firstsecond");
	t->echo->beat = t->rig->now;
	wait(t, 4); /* nobody reads: together, they are one */
	assert_int_equal(t->instrument->n_sayings, 1);
	wait(t, 80);
	assert_true(t->instrument->lost > 0);
	assert_int_equal(t->instrument->n_queue, INSTRUMENT_QUEUE);
	table_close(t);
}

/* 8N1 at 1200 baud: 120 bytes a second, each way. */
static void slow_line(void **state)
{
	(void)state;
	struct table *t = table_open(&echo_lines, 1200, "");
	feed(t, "012345678\n");
	wait(t, 9.9 / 120);
	assert_int_equal(t->echo->heard, 0);
	wait(t, 0.2 / 120);
	assert_int_equal(t->echo->heard, 1);
	take(t, 5e-3 + 10. / 120);
	assert_int_equal(n_taken, 9);
	take(t, 2. / 120);
	assert_int_equal(n_taken, 2);
	table_close(t);
}

static void requests(void **state)
{
	(void)state;
	struct table *t = table_open(&echo_http, 0, "");
	feed(t, "GET /rpc/Switch.GetStatus?id=0 HTTP/1.1\r\nHost: x\r\n");
	assert_int_equal(t->echo->heard, 0);
	feed(t, "\r\n");
	assert_string_equal(t->echo->last, "GET /rpc/Switch.GetStatus?id=0");
	assert_string_equal(take(t, 10e-3), "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 16\r\n"
					    "Connection: keep-alive\r\n\r\n{\"apower\": 12.5}");
	assert_false(instrument_hangs_up(t->instrument));
	feed(t, "POST /rpc HTTP/1.1\r\ncontent-length: 9\r\n\r\n{\"id\"");
	assert_int_equal(t->echo->heard, 1);
	feed(t, ": 1}");
	assert_string_equal(t->echo->last, "POST /rpc\n{\"id\": 1}");
	take(t, 10e-3);
	feed(t, "GET /none HTTP/1.1\r\nConnection: close\r\n\r\n");
	assert_false(instrument_hangs_up(t->instrument));
	assert_non_null(strstr(take(t, 10e-3), "HTTP/1.1 404 Not Found\r\n"));
	assert_true(instrument_hangs_up(t->instrument));
	instrument_reset(t->instrument);
	feed(t, "PUT / HTTP/1.1\r\n\r\n");
	assert_non_null(strstr(take(t, 10e-3), "HTTP/1.1 405 "));
	instrument_reset(t->instrument);
	feed(t, "nonsense\r\n\r\n");
	assert_non_null(strstr(take(t, 10e-3), "HTTP/1.1 400 "));
	instrument_reset(t->instrument);
	feed(t, "POST / HTTP/1.1\r\nContent-Length: 99999999\r\n\r\n");
	assert_non_null(strstr(take(t, 10e-3), "HTTP/1.1 413 "));
	instrument_reset(t->instrument);
	for (int i = 0; i < INSTRUMENT_LINE; i++)
		feed(t, "x");
	assert_non_null(strstr(take(t, 10e-3), "HTTP/1.1 413 "));
	assert_int_equal(t->echo->heard, 3);
	table_close(t);
}

static void faults_of_replies(void **state)
{
	(void)state;
	struct table *t = table_open(&echo_lines, 0, "faults: [{what: silent, at: 1 s, for: 1 s}, {what: garbage, at: 2 s, for: 1 s}, "
						"{what: cut, at: 3 s, for: 1 s}, {what: slow, at: 4 s, for: 1 s, by: 200 ms}]\n");
	feed(t, "0123456789\n");
	assert_string_equal(take(t, 1), "0123456789\r\n");
	wait(t, 1e-3);
	feed(t, "0123456789\n");
	assert_string_equal(take(t, 1), "");
	feed(t, "0123456789\n");
	assert_true(strcmp(take(t, 1), "0123456789\r\n") != 0);
	assert_true(n_taken >= 12 && n_taken <= 17);
	feed(t, "0123456789\n");
	assert_string_equal(take(t, 1), "012345");
	feed(t, "0123456789\n");
	assert_string_equal(take(t, 0.204), "");
	assert_string_equal(take(t, 0.01), "0123456789\r\n");
	assert_int_equal(t->echo->heard, 5);
	table_close(t);
}

static void thrown_out(void **state)
{
	(void)state;
	struct table *t = table_open(&echo_lines, 0, "faults: [{what: disconnect, after_queries: 1, for: 1 s}, {what: nan, after_updates: 3, for: 1 s}]\n");
	feed(t, "one\n");
	wait(t, 1e-3);
	assert_true(instrument_shut(t->instrument, t->rig->now));
	feed(t, "two\n");
	assert_int_equal(t->echo->heard, 1);
	assert_false(instrument_fault(t->instrument, FAULT_NAN, t->rig->now));
	t->echo->beat = t->rig->now;
	wait(t, 3e-3);
	wait(t, 1e-3);
	assert_true(instrument_fault(t->instrument, FAULT_NAN, t->rig->now));
	assert_true(instrument_fault_once(t->instrument, FAULT_NAN, t->rig->now));
	assert_false(instrument_fault_once(t->instrument, FAULT_NAN, t->rig->now));
	wait(t, 1);
	assert_false(instrument_shut(t->instrument, t->rig->now));
	table_close(t);
}

static void cut_requests(void **state)
{
	(void)state;
	struct table *t = table_open(&echo_http, 0, "faults: [{what: cut}]\n");
	feed(t, "GET / HTTP/1.1\r\n\r\n");
	take(t, 10e-3);
	assert_true(n_taken > 20 && n_taken < 80);
	assert_true(instrument_hangs_up(t->instrument));
	table_close(t);
}

static void faults_have_owners(void **state)
{
	(void)state;
	struct fault all[] = { { .what = FAULT_NAN }, { .what = FAULT_INF, .device = "a" }, { .what = FAULT_CUT, .device = "b" } };
	struct fault list[3];
	struct faults faults;
	faults_init_for(&faults, "a", false, all, 3, list, 0);
	assert_true(faults.n == 1 && list[0].what == FAULT_INF);
	faults_init_for(&faults, "b", true, all, 3, list, 0);
	assert_true(faults.n == 2 && list[0].what == FAULT_NAN && list[1].what == FAULT_CUT);
	faults_init_for(&faults, "", true, all, 3, list, 0);
	assert_true(faults.n == 1 && list[0].what == FAULT_NAN);
}

static void stanzas(void **state)
{
	(void)state;
	struct table *t = table_open(&echo_lines, 0, "");
	struct text text = TEXT_INIT;
	bench_file_instrument(t->instrument, "tcp://127.0.0.1:7", &text);
	assert_string_equal(text_string(&text), "  echo:\n    driver: echo\n    endpoint: \"tcp://127.0.0.1:7\"\n    serial: SIM1\n"
						"    options: {element: 2}\n");
	text_free(&text);
	t->config.voltage_range = 300;
	t->config.current_range = 2;
	t->config.update = 50e-6;
	t->config.state_latency = t->config.state_accuracy = true;
	t->config.front.spec_reading = 0.001;
	strcpy(t->config.measures, "check");
	strcpy(t->config.options, "integrator: on");
	bench_file_instrument(t->instrument, "tcp://127.0.0.1:7", &text);
	assert_string_equal(text_string(&text), "  echo:\n    driver: echo\n    endpoint: \"tcp://127.0.0.1:7\"\n    measures: check\n"
						"    ranges: {voltage: 300 V, current: 2 A}\n    update: 50 us\n    latency: 0 ms\n"
						"    latency_uncertainty: 0 ms\n    accuracy: {reading: 0.1 %, range: 0 %}\n    serial: SIM1\n"
						"    options: {integrator: on, element: 2}\n");
	text_free(&text);
	table_close(t);
}

/* ---- the analogue side ---- */

static struct front front_of(const struct table *t, const struct front_config *config, uint64_t seed)
{
	struct front front;
	front_init(&front, config, t->rig->twin.model, seed, "front");
	return front;
}

static void true_to_the_model(void **state)
{
	(void)state;
	struct table *t = table_open(&echo_lines, 0, "");
	wait(t, 5);
	int64_t from = t->rig->now - 2 * NS_PER_S, to = t->rig->now;
	double joules = rig_energy(t->rig, QUANTITY_WALL, to) - rig_energy(t->rig, QUANTITY_WALL, from);
	struct front_config c = { .quantity = QUANTITY_WALL, .share = 0.5, .voltage = 230, .frequency = 50, .reactive = 60, .crest = 2 };
	struct front front = front_of(t, &c, 1);
	struct front_values v = front_over(&front, from, to);
	assert_near(v.joules, joules / 2, 1e-9);
	assert_near(v.watts, joules / 4, 1e-9);
	assert_near(v.volt_amperes, sqrt(v.watts * v.watts + 30 * 30), 1e-9);
	assert_near(v.vars, 30, 1e-9);
	assert_near(v.power_factor, v.watts / v.volt_amperes, 1e-12);
	assert_near(v.amperes_peak, 2 * v.amperes, 1e-12);
	assert_near(v.hertz, 50, 0);
	c = (struct front_config){ .quantity = QUANTITY_PLATFORM, .share = 1, .voltage = 12, .sag = 0.01, .crest = 1 };
	front = front_of(t, &c, 1);
	v = front_over(&front, from, to);
	assert_near(v.volts, 12 - 0.01 * v.amperes, 1e-12);
	assert_near(v.volts * v.amperes, v.watts, 1e-9);
	assert_true(v.hertz == 0 && v.power_factor == 1);
	table_close(t);
}

static void errors_within_their_limits(void **state)
{
	(void)state;
	struct table *t = table_open(&echo_lines, 0, "");
	struct front_config c = { .quantity = QUANTITY_WALL, .share = 1, .voltage = 230, .frequency = 50, .spec_reading = 0.01, .spec_range = 0.02,
				  .range_value = 600, .spec_timebase = 50e-6, .latency = 0.1, .spec_latency = 0.02, .latency_jitter = 1e-3,
				  .gain = NAN, .offset = NAN, .timebase = NAN, .latency_error = NAN, .noise = 2, .volts_gain = NAN,
				  .amperes_gain = NAN };
	double most = 0, sum = 0, squares = 0;
	wait(t, 1);
	for (uint64_t seed = 0; seed < 200; seed++) {
		struct front front = front_of(t, &c, seed);
		assert_true(fabs(front.gain) <= 0.01 && fabs(front.offset) <= 12 && fabs(front.timebase) <= 50e-6);
		assert_true(fabs(front.latency - 0.1) <= 0.02 && fabs(front.volts_gain) <= 0.005 && fabs(front.amperes_gain) <= 0.005);
		assert_near((double)front_latency(&front) * 1e-9, front.latency, 1.0001e-3);
		most = fmax(most, fabs(front.gain));
		sum += front.gain;
		double watts = front_noise(&front, 0.4);
		squares += watts * watts;
	}
	assert_true(most > 0.009);
	assert_near(sum / 200, 0, 0.002);
	assert_near(sqrt(squares / 200), 1, 0.2);
	c.gain = 0.005;
	c.offset = -0.01;
	c.timebase = 1e-3;
	struct front front = front_of(t, &c, 3);
	double joules = rig_energy(t->rig, QUANTITY_WALL, t->rig->now) - rig_energy(t->rig, QUANTITY_WALL, t->rig->now - NS_PER_S);
	assert_near(front_over(&front, t->rig->now - NS_PER_S, t->rig->now).watts, joules * 1.005 - 6, 1e-9);
	assert_int_equal(front_tick(&front, 5, 1001, 0.5), 5 + 500 * NS_PER_S);
	table_close(t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lines_and_their_time), cmocka_unit_test(bytes_as_they_come), cmocka_unit_test(slow_line),
		cmocka_unit_test(requests), cmocka_unit_test(faults_of_replies), cmocka_unit_test(thrown_out), cmocka_unit_test(cut_requests),
		cmocka_unit_test(faults_have_owners), cmocka_unit_test(stanzas), cmocka_unit_test(true_to_the_model),
		cmocka_unit_test(errors_within_their_limits),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
