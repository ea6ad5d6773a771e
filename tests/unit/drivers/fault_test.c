/* Faults on a link, faults of values, and the driver that plants both, in front of a scripted WT310E: whatever goes wrong on the way, what
 * is taken for a value is one that it said for that time, or the damage is told. */
#include "fault/fault_link.h"
#include "fault/fault_values.h"

#include "fake_wt.h"
#include "options.h"

static struct fake_time now;

/* ---- a link that answers question n with "answer n", a millisecond later, in two pieces ---- */

struct echo {
	struct link link;
	int questions, reopens;
	char out[256];
	size_t n_out;
	int64_t at;
};

static enum io echo_send(struct link *link, const void *bytes, size_t size, int64_t deadline)
{
	struct echo *echo = (struct echo *)link;
	(void)deadline;
	assert_true(size > 0 && ((const char *)bytes)[size - 1] == '\n');
	echo->n_out += (size_t)snprintf(echo->out + echo->n_out, sizeof echo->out - echo->n_out, "answer %d\n", ++echo->questions);
	echo->at = now.now + NS_PER_MS;
	return IO_OK;
}

static enum io echo_recv(struct link *link, void *bytes, size_t size, size_t *got, bool *end, int64_t deadline)
{
	struct echo *echo = (struct echo *)link;
	*end = false;
	*got = 0;
	fake_wait(&now.timebase, echo->n_out && echo->at < deadline ? echo->at : deadline);
	if (echo->n_out == 0 || echo->at > deadline)
		return IO_TIMEOUT;
	*got = echo->n_out > 6 ? 6 : echo->n_out;
	assert_true(size >= *got);
	memcpy(bytes, echo->out, *got);
	echo->n_out -= *got;
	memmove(echo->out, echo->out + *got, echo->n_out);
	return IO_OK;
}

static enum io echo_clear(struct link *link, int64_t deadline)
{
	(void)deadline;
	now.now += 20 * NS_PER_MS;
	((struct echo *)link)->n_out = 0;
	return IO_OK;
}

static enum io echo_reopen(struct link *link, int64_t deadline)
{
	(void)deadline;
	((struct echo *)link)->n_out = 0;
	((struct echo *)link)->reopens++;
	return IO_OK;
}

static bool echo_unread(struct link *link)
{
	return ((struct echo *)link)->n_out > 0;
}

static int echo_descriptor(const struct link *link)
{
	(void)link;
	return 7;
}

static void echo_close(struct link *link)
{
	(void)link;
	fail();
}

static const struct link_ops echo_ops = {
	.scheme = "echo", .summary = "", .reopen = echo_reopen, .send = echo_send, .recv = echo_recv, .clear = echo_clear,
	.close = echo_close, .unread = echo_unread, .descriptor = echo_descriptor,
};

struct line {
	struct echo echo;
	struct fault_script script;
	struct fault_link fault;
	char reply[64];
};

static void begin(struct line *line, const char *script)
{
	struct error error = ERROR_INIT;
	now = (struct fake_time)FAKE_TIME_INIT;
	*line = (struct line){ .echo = { .link = { .ops = &echo_ops, .timebase = &now.timebase } } };
	if (fault_script_parse(script, 3, "line", &line->script, &error) != 0)
		fail_msg("%s", error.what);
	fault_link_begin(&line->fault, &line->echo.link, &line->script, 5);
	line->fault.on = true;
	line->fault.began = now.now;
}

/* One question of 100 ms. No answer takes longer. */
static enum io ask(struct line *line)
{
	int64_t deadline = now.now + 100 * NS_PER_MS;
	enum io io = link_query(&line->fault.link, "?", line->reply, sizeof line->reply, deadline);
	assert_true(now.now <= deadline);
	return io;
}

static void assert_answer(struct line *line, int number)
{
	char expected[32];
	snprintf(expected, sizeof expected, "answer %d", number);
	assert_int_equal(ask(line), IO_OK);
	assert_string_equal(line->reply, expected);
}

static enum io clear(struct line *line)
{
	return link_clear(&line->fault.link, now.now + 100 * NS_PER_MS);
}

static void what_is_not_struck_passes(void **state)
{
	(void)state;
	struct line line;
	begin(&line, "");
	for (int i = 1; i < 100; i++)
		assert_answer(&line, i);
	assert_int_equal(line.fault.link.ops->descriptor(&line.fault.link), 7);
	assert_int_equal(link_reopen(&line.fault.link, now.now), IO_OK);
	assert_int_equal(line.echo.reopens, 1);
	begin(&line, "drop every 1");
	line.fault.on = false;
	assert_answer(&line, 1);
	link_close(&line.fault.link); /* the real one is its caller's */
}

static void a_message_is_dropped_as_a_whole(void **state)
{
	(void)state;
	struct line line;
	begin(&line, "drop at 50 ms");
	assert_answer(&line, 1);
	now.now += 60 * NS_PER_MS;
	assert_int_equal(ask(&line), IO_TIMEOUT);
	assert_int_equal(clear(&line), IO_OK);
	assert_answer(&line, 3);
}

static void a_late_one_is_no_answer_to_the_next_question(void **state)
{
	(void)state;
	struct line line;
	begin(&line, "delay by 300 ms at 0 s");
	assert_int_equal(ask(&line), IO_TIMEOUT);
	assert_int_equal(clear(&line), IO_OK); /* still on its way */
	int64_t asked = now.now;
	assert_int_equal(link_send(&line.fault.link, "?\n", 2, asked + NS_PER_S), IO_OK);
	assert_int_equal(link_line(&line.fault.link, line.reply, sizeof line.reply, asked + NS_PER_S), IO_OK);
	assert_string_equal(line.reply, "answer 1"); /* as links warn: who asks must choose a question that tells */
	assert_true(now.now >= line.fault.began + 300 * NS_PER_MS);
	assert_int_equal(ask(&line), IO_GARBLED); /* bytes that nobody asked for */
	assert_int_equal(clear(&line), IO_OK);
	assert_answer(&line, 3);
	begin(&line, "delay by 50 ms at 0 s");
	assert_answer(&line, 1);
	assert_true(now.now >= line.fault.began + 50 * NS_PER_MS);
	assert_answer(&line, 2);
}

static void garbled_bytes_are_no_text(void **state)
{
	(void)state;
	struct line line;
	begin(&line, "garble every 1");
	for (int i = 1; i < 200; i++) {
		int noise = 0;
		enum io io = ask(&line);
		for (const char *c = line.reply; *c; c++)
			noise += (*c & 0x80) != 0;
		assert_true(io != IO_OK || noise > 0);
		if (io != IO_OK)
			assert_int_equal(clear(&line), IO_OK);
	}
}

static void truncated_ones_have_no_end(void **state)
{
	(void)state;
	struct line line;
	begin(&line, "truncate every 2");
	int cut = 0;
	for (int i = 1; i < 200; i++) {
		enum io io = ask(&line);
		cut += io == IO_TIMEOUT;
		assert_true(io == IO_OK || io == IO_TIMEOUT);
		char expected[32];
		snprintf(expected, sizeof expected, "answer %d", i);
		if (io == IO_OK)
			assert_string_equal(line.reply, expected);
		else
			assert_int_equal(clear(&line), IO_OK);
	}
	assert_in_range(cut, 60, 140);
}

static void repeated_ones_come_before_the_next(void **state)
{
	(void)state;
	struct line line;
	begin(&line, "repeat at 0 s");
	assert_answer(&line, 1);
	assert_true(line.fault.link.ops->unread(&line.fault.link));
	assert_int_equal(ask(&line), IO_GARBLED);
	assert_int_equal(line.echo.questions, 1);
	assert_int_equal(clear(&line), IO_OK);
	assert_false(line.fault.link.ops->unread(&line.fault.link));
	assert_answer(&line, 2);

	begin(&line, "repeat at 0 s"); /* who does not look */
	assert_answer(&line, 1);
	link_send(&line.fault.link, "?\n", 2, now.now);
	for (int i = 1; i <= 2; i++) {
		char expected[32];
		snprintf(expected, sizeof expected, "answer %d", i);
		assert_int_equal(link_line(&line.fault.link, line.reply, sizeof line.reply, now.now + NS_PER_S), IO_OK);
		assert_string_equal(line.reply, expected);
	}
}

static void a_broken_connection_is_back_when_it_may(void **state)
{
	(void)state;
	struct line line;
	begin(&line, "disconnect at 1 s for 2 s");
	assert_answer(&line, 1);
	now.now = line.fault.began + NS_PER_S;
	assert_int_equal(ask(&line), IO_GONE);
	assert_int_equal(clear(&line), IO_GONE);
	assert_int_equal(line.fault.link.ops->descriptor(&line.fault.link), -1);
	assert_int_equal(link_reopen(&line.fault.link, now.now), IO_GONE);
	now.now += 2 * NS_PER_S;
	assert_int_equal(ask(&line), IO_GONE); /* until it is reopened */
	assert_int_equal(link_reopen(&line.fault.link, now.now), IO_OK);
	assert_int_equal(line.echo.reopens, 1);
	assert_answer(&line, 2);

	begin(&line, "disconnect every 1"); /* within a message */
	assert_int_equal(ask(&line), IO_GONE);
	assert_int_equal(link_reopen(&line.fault.link, now.now), IO_OK);
}

static void a_renamed_one_does_not_come_back(void **state)
{
	(void)state;
	struct line line;
	begin(&line, "rename at 1 s");
	assert_answer(&line, 1);
	now.now += 3600 * NS_PER_S;
	assert_int_equal(ask(&line), IO_GONE);
	assert_int_equal(link_reopen(&line.fault.link, now.now), IO_GONE);
	line.fault.on = false;
	assert_int_equal(link_reopen(&line.fault.link, now.now), IO_GONE);
	assert_int_equal(line.echo.reopens, 0);
}

/* ---- values ---- */

static const struct channel kinds[] = {
	{ .name = "it.power", .kind = CHANNEL_MEAN, .number = NUMBER_F64, .scale = 1, .power_max = 500 },
	{ .name = "it.energy", .kind = CHANNEL_COUNTER, .number = NUMBER_U64, .scale = 1e-6, .wrap = 1000000 },
	{ .name = "it.volts", .kind = CHANNEL_OBSERVE, .number = NUMBER_F64, .scale = 1 },
	{ .name = "it.raw", .kind = CHANNEL_INSTANT, .number = NUMBER_I16, .scale = 0.01, .clock = CLOCK_ID_DEVICE },
};

struct values {
	struct fault_script script;
	struct fault_values fault;
	struct collect *collect;
};

static void begin_values(struct values *values, const char *script)
{
	struct error error = ERROR_INIT;
	now = (struct fake_time)FAKE_TIME_INIT;
	if (fault_script_parse(script, 3, "values", &values->script, &error) != 0)
		fail_msg("%s", error.what);
	fault_values_begin(&values->fault, &now.timebase, &values->script, kinds, 4);
	values->collect = collect_begin(&now.timebase);
	values->fault.real = &values->collect->sink;
	values->fault.on = true;
	values->fault.began = now.now;
}

/* Each second: 100 + i W, 100 i counts, 230 V, a block of samples i and 2 i. */
static void say(struct values *values, int seconds)
{
	for (int i = 0; i < seconds; i++, now.now += NS_PER_S) {
		int16_t raw[2] = { (int16_t)i, (int16_t)(2 * i) };
		struct record block = { .kind = RECORD_BLOCK, .channel = 3, .n = 2, .t = now.now };
		sink_value(&values->fault.sink, 0, now.now, 5, 0, 100 + i);
		sink_count(&values->fault.sink, 1, now.now, 5, 0, 100 * (uint64_t)i);
		sink_value(&values->fault.sink, 2, now.now, 5, 0, 230);
		values->fault.sink.emit(&values->fault.sink, &block, raw, sizeof raw);
	}
	assert_int_equal(values->collect->n, 4 * seconds);
}

static const struct collected *said(const struct values *values, unsigned channel, int nth)
{
	return collect_nth(values->collect, RECORD_BLOCK, channel, nth);
}

static void none_and_over_range_are_flagged(void **state)
{
	(void)state;
	static const struct {
		const char *script;
		uint32_t flag;
	} cases[] = { { "nan at 3 s for 1 s", FLAG_NO_DATA }, { "over at 3 s for 1 s", FLAG_OVER_RANGE } };
	for (size_t i = 0; i < 2; i++) {
		struct values values;
		begin_values(&values, cases[i].script);
		say(&values, 6);
		for (unsigned channel = 0; channel < 4; channel++)
			for (int k = 0; k < 6; k++)
				assert_int_equal(said(&values, channel, k)->record.flags, k == 3 ? cases[i].flag : 0);
		assert_true(isnan(said(&values, 0, 3)->value) && isnan(said(&values, 2, 3)->value));
		assert_int_equal(said(&values, 1, 3)->count, 0);
		assert_int_equal(said(&values, 3, 3)->samples[1], 0);
		assert_near(said(&values, 0, 4)->value, 104, 0);
	}
}

static void a_stall_keeps_the_last_value(void **state)
{
	(void)state;
	struct values values;
	begin_values(&values, "stall at 3 s for 2 s");
	say(&values, 7);
	static const double powers[] = { 100, 101, 102, 102, 102, 105, 106 };
	for (int k = 0; k < 7; k++) {
		assert_near(said(&values, 0, k)->value, powers[k], 0);
		assert_int_equal(said(&values, 1, k)->count, 100 * (powers[k] - 100));
		assert_int_equal(said(&values, 3, k)->samples[1], 2 * (powers[k] - 100));
		assert_int_equal(said(&values, 3, k)->samples[0], powers[k] > 100 && k >= 3 && k < 5 ? 4 : k);
		assert_int_equal(said(&values, 0, k)->record.flags, 0);
	}
}

static void a_wrong_unit_is_plausible_or_flagged(void **state)
{
	(void)state;
	struct values values;
	begin_values(&values, "unit at 3 s for 1 s, unit by 0.001 at 4 s for 1 s");
	say(&values, 6);
	assert_near(said(&values, 0, 3)->value, 103000, 0);
	assert_int_equal(said(&values, 0, 3)->record.flags, FLAG_IMPLAUSIBLE);
	assert_near(said(&values, 0, 4)->value, 0.104, 1e-15);
	assert_int_equal(said(&values, 0, 4)->record.flags, 0); /* nobody can know */
	assert_int_equal(said(&values, 1, 3)->count, 300000);
	assert_near(said(&values, 2, 3)->value, 230, 0);
	assert_int_equal(said(&values, 3, 3)->samples[1], 6000);
	begin_values(&values, "unit by 1000000 every 1");
	say(&values, 6);
	assert_int_equal(said(&values, 1, 5)->count, 0); /* round its wrap */
	assert_int_equal(said(&values, 3, 5)->samples[1], INT16_MAX);
}

static void a_stepped_clock_stamps_what_follows(void **state)
{
	(void)state;
	struct values values;
	begin_values(&values, "step by -300 ms at 3 s for 2 s");
	int64_t first = now.now;
	say(&values, 6);
	for (int k = 0; k < 6; k++)
		for (unsigned channel = 0; channel < 4; channel++) /* the last one's alone is not the host's */
			assert_true(said(&values, channel, k)->record.t ==
				    first + k * NS_PER_S - (channel == 3 && (k == 3 || k == 4) ? 300 * NS_PER_MS : 0));
	begin_values(&values, "step by 1 s at 0 s");
	struct record_sync sync = { .sent = 10, .received = 40, .arrived = 20, .answered = 30 };
	sink_sync(&values.fault.sink, 3, &sync);
	sink_gap(&values.fault.sink, 3, GAP_TIMEOUT, 2, 100, 200);
	const struct collected *stamped = collect_nth(values.collect, RECORD_SYNC, 3, 0), *gap = collect_nth(values.collect, RECORD_GAP, 3, 0);
	assert_true(stamped->sync.sent == 10 && stamped->sync.received == 40 && stamped->record.t == 40);
	assert_true(stamped->sync.arrived == 20 + NS_PER_S && stamped->sync.answered == 30 + NS_PER_S);
	assert_true(gap->gap.from == 100 && gap->gap.to == 200 && gap->record.t == 150);
}

/* ---- the driver ---- */

struct rehearsal {
	struct fake_wt fake;
	struct device_config config;
	struct collect *collect;
	int64_t began;
};

static bool fake_has_unread(struct link *link)
{
	struct fake_wt *fake = (struct fake_wt *)link;
	return fake->out_size > 0 && fake->out_at <= fake->time->now;
}

static void prepare(struct rehearsal *rehearsal, const char *script, int seed)
{
	static struct link_ops ops;
	ops = fake_ops;
	ops.unread = fake_has_unread;
	now = (struct fake_time)FAKE_TIME_INIT;
	fake_begin(&rehearsal->fake, &now);
	rehearsal->fake.link.ops = &ops;
	rehearsal->config = fake_config();
	options_stand_in_front(&rehearsal->config, script, seed);
}

/* Measures for so many seconds. Its settings are put back. */
static void rehearse(struct rehearsal *rehearsal, const char *script, int seed, int seconds)
{
	struct error error = ERROR_INIT;
	const struct driver *driver = driver_find("fault");
	prepare(rehearsal, script, seed);
	rehearsal->collect = collect_begin(&now.timebase);
	void *device = driver->open(&rehearsal->config, &rehearsal->fake.link, &now.timebase, &error);
	if (device == NULL || driver->start(device, &rehearsal->collect->sink, &error) != 0)
		fail_msg("%s: %s", error.on, error.what);
	rehearsal->began = now.now;
	step_until(driver, device, rehearsal->collect, now.now + seconds * NS_PER_S);
	now.now += 10 * NS_PER_S; /* whatever is away is back */
	if (driver->stop(device, &error) != 0)
		fail_msg("%s: %s", error.on, error.what);
	driver->close(device);
	assert_string_equal(fake_get(&rehearsal->fake, ":RATE"), "2.500E-01");
	assert_int_equal(rehearsal->fake.closes, 0);
	rehearsal->fake.period = 100 * NS_PER_MS; /* as it was while it was measured */
}

/* The power of update k is 100 + k W: a value without a flag is that of an update within t +- u_t, whatever happened on its way; returns
 * how many there are. */
static int assert_said_for_their_time(const struct rehearsal *rehearsal, const char *script)
{
	int good = 0;
	for (int i = 0; i < rehearsal->collect->n; i++) {
		const struct collected *c = &rehearsal->collect->list[i];
		if (c->record.kind != RECORD_BLOCK || c->record.channel != 0 || c->record.flags & FLAG_INVALID)
			continue;
		int64_t at = fake_update_time(&rehearsal->fake, (int64_t)c->value - 100);
		if (c->value != floor(c->value) || at < c->record.t - c->record.u_t || at > c->record.t + c->record.u_t)
			fail_msg("%s: %g W, measured at %.6f s, is said of %.6f s +- %.6f s", script, c->value,
				 (double)(at - rehearsal->began) * 1e-9, (double)(c->record.t - rehearsal->began) * 1e-9,
				 (double)c->record.u_t * 1e-9);
		good++;
	}
	return good;
}

/* Values and what gaps say is missing are all updates, but for those of the ends. */
static void assert_all_accounted(const struct rehearsal *rehearsal, int seconds, const char *script)
{
	int there = collect_count(rehearsal->collect, RECORD_BLOCK, 0), missing = 0;
	for (int i = 0; i < rehearsal->collect->n; i++)
		if (rehearsal->collect->list[i].record.kind == RECORD_GAP && rehearsal->collect->list[i].record.channel == 0)
			missing += (int)rehearsal->collect->list[i].gap.values;
	if (there + missing < 10 * seconds - 12 || there + missing > 10 * seconds + 12)
		fail_msg("%s: %d values and %d missing of %d", script, there, missing, 10 * seconds);
}

static void what_is_taken_for_a_value_was_said_for_that_time(void **state)
{
	(void)state;
	static const struct {
		const char *script;
		int least, most; /* of some 600 values */
	} cases[] = {
		{ "", 595, 601 },
		{ "drop every 100", 100, 590 },
		{ "delay by 300 ms every 60", 100, 601 },
		{ "delay by 1500 ms every 200", 100, 590 },
		{ "garble every 100", 300, 599 },
		{ "truncate every 100", 100, 595 },
		{ "repeat every 100", 300, 601 },
		{ "disconnect every 400", 300, 599 },
		{ "disconnect at 10 s for 5 s", 500, 560 },
		{ "nan every 9", 480, 580 },
		{ "over at 20 s for 10 s", 490, 505 },
		{ "unit every 50", 550, 599 },
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
		for (int seed = 1; seed <= 5; seed++) {
			struct rehearsal rehearsal;
			rehearse(&rehearsal, cases[i].script, seed, 60);
			int good = assert_said_for_their_time(&rehearsal, cases[i].script);
			if (good < cases[i].least || good > cases[i].most)
				fail_msg("%s: %d good values", cases[i].script, good);
			assert_all_accounted(&rehearsal, 60, cases[i].script);
		}
}

static void what_nobody_can_know_is_not_flagged(void **state)
{
	(void)state;
	struct rehearsal rehearsal;
	rehearse(&rehearsal, "unit by 0.001 at 5 s for 100 s", 1, 20);
	const struct collected *value = collect_nth(rehearsal.collect, RECORD_BLOCK, 0, 120);
	assert_true(value->value < 1 && value->record.flags == 0);
	rehearse(&rehearsal, "stall at 5 s for 100 s", 1, 20);
	assert_near(collect_nth(rehearsal.collect, RECORD_BLOCK, 0, 180)->value, collect_nth(rehearsal.collect, RECORD_BLOCK, 0, 80)->value, 0);
}

static void all_that_passes_is_simulated(void **state)
{
	(void)state;
	struct rehearsal rehearsal;
	struct error error = ERROR_INIT;
	const struct driver *driver = driver_find("fault");
	int count;
	prepare(&rehearsal, "", 1);
	snprintf(rehearsal.fake.idn, sizeof rehearsal.fake.idn, "YOKOGAWA,WT310E,C3TL08017E,F1.04");
	void *device = driver->open(&rehearsal.config, &rehearsal.fake.link, &now.timebase, &error);
	assert_non_null(device);
	assert_string_equal(driver->identity(device)->serial, "C3TL08017E");
	assert_true(driver->identity(device)->simulated);
	const struct channel *channels = driver->channels(device, &count);
	assert_string_equal(channels[0].name, "wall.power");
	assert_int_equal(channels[0].role, ROLE_WALL);
	for (int i = 0; i < count; i++)
		assert_true(channels[i].simulated);
	driver->close(device);
	assert_null(driver->probe);
	assert_null(driver->claims);
	struct range_offer offers[64];
	assert_true(driver->ranges("WT310E", &rehearsal.config, offers, 64) > 0);
}

static void assert_refused(const char *driver, const char *script, const char *what)
{
	struct rehearsal rehearsal;
	struct error error = ERROR_INIT;
	prepare(&rehearsal, script, 1);
	snprintf(rehearsal.config.options[0].text, sizeof rehearsal.config.options[0].text, "%s", driver);
	struct link *link = strcmp(driver, "powercap") == 0 ? NULL : &rehearsal.fake.link;
	assert_null(driver_find("fault")->open(&rehearsal.config, link, &now.timebase, &error));
	assert_int_equal(error.code, ERROR_CONFIG);
	if (strstr(error.what, what) == NULL)
		fail_msg("%s", error.what);
}

static void what_cannot_be_planted_is_refused(void **state)
{
	(void)state;
	assert_refused("yokogawa_wt", "garble evry 50", "at \"garble evry 50\": expected");
	assert_refused("powercap", "nan every 5, drop every 5", "driver powercap has no link, on which 'drop' could happen");
	assert_refused("fault", "", "no driver \"fault\" to wrap");
	assert_refused("meter", "", "no driver \"meter\" to wrap");
	assert_refused("yokogawa_wt", "step by 1 s at 5 s", "gives no times by a clock of its own");
	struct rehearsal rehearsal;
	struct error error = ERROR_INIT;
	prepare(&rehearsal, "repeat every 5", 1);
	rehearsal.fake.link.ops = &fake_ops; /* as one that knows messages */
	assert_null(driver_find("fault")->open(&rehearsal.config, &rehearsal.fake.link, &now.timebase, &error));
	assert_non_null(strstr(error.what, "repeats none"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_not_struck_passes),
		cmocka_unit_test(a_message_is_dropped_as_a_whole),
		cmocka_unit_test(a_late_one_is_no_answer_to_the_next_question),
		cmocka_unit_test(garbled_bytes_are_no_text),
		cmocka_unit_test(truncated_ones_have_no_end),
		cmocka_unit_test(repeated_ones_come_before_the_next),
		cmocka_unit_test(a_broken_connection_is_back_when_it_may),
		cmocka_unit_test(a_renamed_one_does_not_come_back),
		cmocka_unit_test(none_and_over_range_are_flagged),
		cmocka_unit_test(a_stall_keeps_the_last_value),
		cmocka_unit_test(a_wrong_unit_is_plausible_or_flagged),
		cmocka_unit_test(a_stepped_clock_stamps_what_follows),
		cmocka_unit_test(what_is_taken_for_a_value_was_said_for_that_time),
		cmocka_unit_test(what_nobody_can_know_is_not_flagged),
		cmocka_unit_test(all_that_passes_is_simulated),
		cmocka_unit_test(what_cannot_be_planted_is_refused),
	};
	return cmocka_run_group_tests_name("fault", tests, NULL, NULL);
}
