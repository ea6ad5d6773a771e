/* The life of a polled device, against a scripted one in each of the three modes: where its values are put in time, what is missing, and
 * the way back. */
#include <math.h>
#include <stdlib.h>

#include "collect.h"
#include "meters/polled.h"

#define PERIOD (100 * NS_PER_MS)
#define FOREVER INT64_MAX
#define MESSAGES 1000

enum { POWER, VOLTAGE, COUNT, CHANNELS };

/* Its kth update, at `phase` + k PERIOD, has the power 100 + k. */
static struct script {
	struct link link;
	struct fake_time *time;
	struct polled polled;
	int64_t phase, response;
	int64_t frozen_from, frozen_to, silent_from, silent_to, gone_from, gone_to;
	bool broken, garbage, nonsense, other, absent, ranges_left, no_sense;
	uint32_t status, flags;
	int lost, skip_from, skip_to; /* messages that it never sends */
	double power;                 /* in place of the true one; 0: none */
	int64_t late_set_up;          /* the host is elsewhere, once it is told to send */
	int64_t set_up_takes;
	int64_t waited;               /* for messages that did not come */
	int64_t delay_from, delay_to, delay; /* of messages that come in between */
	int next_message, asked, set_ups, meets, clears, reopens, statuses;
} s;
static struct fake_time time;
static struct collect *collect;
static const struct channel channels[CHANNELS] = {
	{ .kind = CHANNEL_MEAN, .number = NUMBER_F64, .scale = 1, .power_max = 5000 },
	{ .kind = CHANNEL_OBSERVE, .number = NUMBER_F64, .scale = 1, .power_max = 100 }, /* of no meaning there */
	{ .kind = CHANNEL_COUNTER, .number = NUMBER_U64, .scale = 1, .power_max = 5000 },
};

static bool within(int64_t from, int64_t to)
{
	return time.now >= from && time.now < to;
}

static int64_t updates(void)
{
	int64_t at = within(s.frozen_from, s.frozen_to) ? s.frozen_from : time.now;
	return (at - s.phase) / PERIOD;
}

static void fill(struct polled_reading *reading, int64_t k)
{
	reading->of[POWER] = (struct polled_value){ .value = s.power != 0 ? s.power : 100 + (double)k };
	reading->of[VOLTAGE] = (struct polled_value){ .value = 230, .absent = s.absent };
	reading->of[COUNT] = (struct polled_value){ .count = (uint64_t)k };
	reading->flags = s.flags;
	reading->lost = (uint32_t)s.lost;
	reading->mark = polled_mark(&k, sizeof k);
	s.lost = 0;
}

static enum io ask(int64_t deadline)
{
	s.asked++;
	if (within(s.gone_from, s.gone_to))
		s.broken = true;
	if (s.broken)
		return IO_GONE;
	if (within(s.silent_from, s.silent_to) || time.now + s.response > deadline) {
		fake_wait(&time.timebase, deadline);
		return IO_TIMEOUT;
	}
	time.now += s.response / 2;
	return IO_OK;
}

static enum io script_read(void *device, struct polled_reading *reading, int64_t deadline)
{
	assert_ptr_equal(device, &s);
	enum io io = ask(deadline);
	if (io != IO_OK)
		return io;
	fill(reading, updates());
	time.now += s.response - s.response / 2;
	io = s.garbage || s.nonsense ? IO_GARBLED : IO_OK;
	s.garbage = false;
	return io;
}

static int64_t message_at(int k)
{
	int64_t at = s.phase + k * PERIOD;
	return at + (at >= s.delay_from && at < s.delay_to ? s.delay : 0);
}

static enum io script_listen(void *device, struct polled_reading *reading, int64_t deadline)
{
	assert_ptr_equal(device, &s);
	if (within(s.gone_from, s.gone_to))
		s.broken = true;
	if (s.broken)
		return IO_GONE;
	while (s.next_message >= s.skip_from && s.next_message < s.skip_to)
		s.next_message++;
	int64_t at = message_at(s.next_message);
	if (at > deadline || within(s.silent_from, s.silent_to)) {
		s.waited += deadline - time.now;
		fake_wait(&time.timebase, deadline);
		return IO_TIMEOUT;
	}
	fake_wait(&time.timebase, at);
	fill(reading, s.next_message++);
	return IO_OK;
}

static enum io script_meet(void *device, bool *same, int64_t deadline)
{
	(void)device;
	s.meets++;
	enum io io = ask(deadline);
	*same = !s.other;
	return io == IO_OK && s.no_sense ? IO_GARBLED : io;
}

static enum io script_set_up(void *device, int64_t deadline)
{
	(void)device;
	s.set_ups++;
	s.next_message = (int)((time.now - s.phase) / PERIOD) + 1;
	s.polled.told = time.now;
	time.now += s.late_set_up;
	if (time.now + s.set_up_takes > deadline) {
		fake_wait(&time.timebase, deadline);
		return IO_TIMEOUT;
	}
	time.now += s.set_up_takes;
	return ask(deadline);
}

static enum io script_status(void *device, uint32_t *flags, int64_t deadline)
{
	(void)device;
	s.statuses++;
	*flags = s.status;
	return ask(deadline);
}

static enum io script_ranges_hold(void *device, bool *hold, int64_t deadline)
{
	(void)device;
	*hold = !s.ranges_left;
	return ask(deadline);
}

static enum io script_reopen(struct link *link, int64_t deadline)
{
	(void)link;
	(void)deadline;
	s.reopens++;
	s.broken = within(s.gone_from, s.gone_to);
	return s.broken ? IO_GONE : IO_OK;
}

static enum io script_clear(struct link *link, int64_t deadline)
{
	(void)link;
	(void)deadline;
	s.clears++;
	return s.broken ? IO_GONE : IO_OK;
}

static const struct link_ops link_kind = { .scheme = "script", .reopen = script_reopen, .clear = script_clear };
static const struct polled_ops asks = {
	.read = script_read, .meet = script_meet, .set_up = script_set_up, .status = script_status, .ranges_hold = script_ranges_hold,
};
static const struct polled_ops listens = { .read = script_listen, .meet = script_meet, .set_up = script_set_up };

static void begin(enum polled_mode mode)
{
	time = (struct fake_time)FAKE_TIME_INIT;
	collect = collect_begin(&time.timebase);
	s = (struct script){
		.link = { .ops = &link_kind, .timebase = &time.timebase }, .time = &time, .phase = time.now - 37 * NS_PER_MS, .response = 3 * NS_PER_MS,
		.next_message = 1,
	};
	s.polled = (struct polled){
		.ops = mode == POLLED_PUSHED ? &listens : &asks, .device = &s, .link = &s.link, .timebase = &time.timebase, .channels = channels,
		.n_channels = CHANNELS, .mode = mode, .period = PERIOD, .range_channel = POWER, .ranges = { .voltage = 300, .current = 2 },
	};
	if (mode == POLLED_PUSHED)
		s.polled.range_channel = -1;
	polled_start(&s.polled, &collect->sink);
}

static void run_for(double seconds)
{
	int64_t until = time.now + (int64_t)(seconds * 1e9), next = time.now;
	for (long steps = 0; next < until; steps++) {
		assert_true(steps < 1000000);
		fake_wait(&time.timebase, next);
		next = polled_step(&s.polled);
	}
	fake_wait(&time.timebase, until);
}

static int count_of(unsigned channel)
{
	return collect_count(collect, RECORD_BLOCK, channel);
}

static const struct collected *last(unsigned kind, unsigned channel)
{
	return collect_nth(collect, kind, channel, collect_count(collect, kind, channel) - 1);
}

/* Each value tells which update it is of: that one was within its stamp. */
static void assert_in_time(int64_t u_most)
{
	for (int i = 0; i < count_of(POWER); i++) {
		const struct collected *value = collect_nth(collect, RECORD_BLOCK, POWER, i);
		int64_t at = s.phase + llround(value->value - 100) * PERIOD;
		if (llabs(value->record.t - at) > value->record.u_t)
			fail_msg("update %g at %+.3f ms of its stamp, which is good to %.3f", value->value - 100, (double)(at - value->record.t) / 1e6,
				 (double)value->record.u_t / 1e6);
		assert_true(value->record.u_t <= u_most);
	}
}

static unsigned missing(void)
{
	unsigned sum = 0;
	for (unsigned reason = 1; reason < GAP_REASONS; reason++)
		sum += collect_missing(collect, POWER, reason);
	return sum;
}

/* Each update since then is a value or missing, but for what counting by time is off by at each end of a gap. */
static void assert_everything(int before, int64_t since)
{
	int64_t all = (time.now - since) / PERIOD;
	assert_in_range(count_of(POWER) - before + (int)missing(), all - 6, all + 6);
}

/* Which update a value is of. */
static int64_t update_of(int value)
{
	return llround(collect_nth(collect, RECORD_BLOCK, POWER, value)->value - 100);
}

/* Those between the first value and the last one are values or missing. After a late wake-up the one that is seen may be of either end of
 * what was not looked at: then one more, or less. */
static void assert_accounted(int off_most)
{
	int n = count_of(POWER);
	int64_t all = update_of(n - 1) - update_of(0) + 1;
	assert_in_range(n + (int)missing(), all - off_most, all + off_most);
}

/* ---- CHANGES ---- */

static void changes_and_their_times(void **state)
{
	(void)state;
	begin(POLLED_CHANGES);
	run_for(20);
	assert_in_range(count_of(POWER), 198, 200);
	assert_int_equal(missing(), 0);
	assert_in_time(7 * NS_PER_MS);
	assert_true(s.asked < 5 * 200 + 200); /* it sleeps through most of a period */
	assert_int_equal(last(RECORD_BLOCK, COUNT)->count, (uint64_t)llround(last(RECORD_BLOCK, POWER)->value) - 100);
	assert_int_equal(count_of(VOLTAGE), count_of(POWER));
	const struct collected *range = collect_nth(collect, RECORD_RANGE, POWER, 0);
	assert_near(range->range.voltage, 300, 0);
	assert_int_equal(range->range.changed, 0);
	assert_int_equal(collect_count(collect, RECORD_RANGE, POWER), 1);
}

/* What was shown at first may have been shown for long. */
static void nothing_is_made_of_the_first_answer(void **state)
{
	(void)state;
	begin(POLLED_CHANGES);
	s.frozen_from = time.now;
	s.frozen_to = FOREVER;
	run_for(5);
	assert_int_equal(count_of(POWER), 0);
}

static void updates_that_are_missed(void **state)
{
	(void)state;
	begin(POLLED_CHANGES);
	run_for(2);
	int before = count_of(POWER);
	time.now += 540 * NS_PER_MS; /* the host was elsewhere */
	run_for(2);
	assert_in_range(collect_missing(collect, POWER, GAP_MISSED), 4, 5);
	assert_in_range(count_of(POWER) + (int)missing() - before, 24, 26);
	assert_in_time((PERIOD + s.response) / 2 + NS_PER_MS); /* it may have been there since it was asked for */
}

/* However long the answers are on their way, and whatever the host does: each update is within its stamp, and none is missing that is told. */
static void a_host_that_comes_and_goes(void **state)
{
	(void)state;
	static const int64_t responses[] = { 1, 3, 10, 20, 30 };
	for (size_t r = 0; r < sizeof responses / sizeof *responses; r++)
		for (unsigned k = 0; k < 50; k++) {
			uint64_t random = 1 + k;
			begin(POLLED_CHANGES);
			s.response = responses[r] * NS_PER_MS;
			s.phase -= k * 2 * NS_PER_MS;
			for (int i = 0; i < 10; i++) {
				random = random * 6364136223846793005u + 1442695040888963407u;
				run_for(0.5 + (double)(random >> 33 & 0x3ff) / 1000);
				time.now += (int64_t)(random >> 44 & 0x1ff) * NS_PER_MS;
			}
			run_for(1);
			assert_in_time((PERIOD + s.response) / 2 + NS_PER_MS);
			assert_accounted(2);
		}
}

/* Found again it shows the same for ever: that is no value, and missing. */
static void nothing_changes_after_a_failure(void **state)
{
	(void)state;
	begin(POLLED_CHANGES);
	run_for(2);
	int before = count_of(POWER);
	int64_t since = time.now;
	s.garbage = true;
	s.frozen_from = time.now;
	s.frozen_to = time.now + 20 * NS_PER_S;
	run_for(19.5);
	assert_int_equal(count_of(POWER), before);
	assert_in_range(missing(), 185, 195); /* ten at a time */
	assert_int_equal(polled_end(&s.polled, time.now + NS_PER_S), IO_OK);
	assert_everything(before, since);
	assert_in_range(missing(), 193, 195);
}

static void updates_that_change_nothing(void **state)
{
	(void)state;
	begin(POLLED_CHANGES);
	run_for(2);
	int before = count_of(POWER);
	s.frozen_from = time.now;
	s.frozen_to = time.now + 5 * PERIOD;
	run_for(0.5);
	assert_in_range(count_of(POWER) - before, 3, 5);
	assert_int_equal(last(RECORD_BLOCK, POWER)->record.u_t, PERIOD / 2);
	assert_int_equal(missing(), 0);
	s.frozen_from = time.now; /* for so long it is no chance */
	s.frozen_to = time.now + 30 * PERIOD;
	before = count_of(POWER);
	run_for(3);
	assert_in_range(count_of(POWER) - before, 9, 12);
	assert_in_range(collect_missing(collect, POWER, GAP_STALLED), 1, 20);
	before = count_of(POWER);
	run_for(2);
	assert_in_range(count_of(POWER) - before, 18, 21);
	assert_in_range(collect_missing(collect, POWER, GAP_STALLED), 18, 21); /* none of the thirty is unaccounted for */
}

static void flags_of_a_reading_and_of_a_status(void **state)
{
	(void)state;
	begin(POLLED_CHANGES);
	run_for(1);
	int before = count_of(POWER);
	s.status = FLAG_PEAK_OVER;
	run_for(0.3);
	s.status = 0;
	int after = count_of(POWER);
	run_for(0.3);
	for (int i = before; i < after + 1; i++) /* and the one after: the status may have been of that */
		assert_int_equal(collect_nth(collect, RECORD_BLOCK, POWER, i)->record.flags, FLAG_PEAK_OVER);
	assert_int_equal(collect_nth(collect, RECORD_BLOCK, COUNT, before)->record.flags, FLAG_PEAK_OVER);
	assert_int_equal(collect_nth(collect, RECORD_BLOCK, VOLTAGE, before)->record.flags, 0); /* only observed */
	assert_int_equal(collect_nth(collect, RECORD_BLOCK, POWER, after + 1)->record.flags, 0);
	s.status = FLAG_PEAK_OVER;
	run_for(0.3);
	s.status = 0;
	polled_start(&s.polled, &collect->sink); /* of another session */
	after = count_of(POWER);
	run_for(0.3);
	assert_int_equal(collect_nth(collect, RECORD_BLOCK, POWER, after)->record.flags, 0);
	s.flags = FLAG_OVER_RANGE;
	run_for(0.2);
	assert_int_equal(last(RECORD_BLOCK, VOLTAGE)->record.flags, FLAG_OVER_RANGE);
	s.flags = 0;
	s.absent = true;
	int volts = count_of(VOLTAGE);
	run_for(1);
	assert_int_equal(count_of(VOLTAGE), volts);
	assert_int_equal(missing(), 0);
}

static void values_that_cannot_be(void **state)
{
	(void)state;
	static const double values[] = { 5000.1, -5000.1, NAN, INFINITY };
	for (size_t i = 0; i < sizeof values / sizeof *values; i++) {
		begin(POLLED_ANEW);
		s.power = values[i];
		run_for(1);
		assert_int_equal(last(RECORD_BLOCK, POWER)->record.flags, FLAG_IMPLAUSIBLE);
		assert_int_equal(last(RECORD_BLOCK, VOLTAGE)->record.flags, 0);
	}
	begin(POLLED_ANEW);
	s.power = NAN;
	s.flags = FLAG_NO_DATA;
	run_for(1);
	assert_int_equal(last(RECORD_BLOCK, POWER)->record.flags, FLAG_NO_DATA);
	s.power = 5000;
	s.flags = 0;
	run_for(1);
	assert_int_equal(last(RECORD_BLOCK, POWER)->record.flags, 0);
}

static void ranges_that_are_left(void **state)
{
	(void)state;
	begin(POLLED_CHANGES);
	run_for(3);
	int64_t left = time.now;
	s.ranges_left = true;
	run_for(1.2);
	assert_int_equal(collect_count(collect, RECORD_RANGE, POWER), 2);
	const struct collected *range = last(RECORD_RANGE, POWER);
	assert_true(range->range.changed && range->range.voltage == 0 && range->range.current == 0);
	assert_true(llabs(range->record.t - left) <= range->record.u_t);
	assert_true(range->record.u_t < 600 * NS_PER_MS);
	assert_int_equal(last(RECORD_BLOCK, POWER)->record.flags, FLAG_RANGE_CHANGED);
	assert_int_equal(last(RECORD_BLOCK, COUNT)->record.flags, FLAG_RANGE_CHANGED);
	s.ranges_left = false;
	run_for(1.2);
	assert_int_equal(collect_count(collect, RECORD_RANGE, POWER), 3);
	assert_near(last(RECORD_RANGE, POWER)->range.current, 2, 0);
	assert_int_equal(last(RECORD_BLOCK, POWER)->record.flags, 0);
	s.ranges_left = true; /* found at the end, if not before */
	assert_int_equal(polled_end(&s.polled, time.now + NS_PER_S), IO_OK);
	assert_int_equal(collect_count(collect, RECORD_RANGE, POWER), 4);
}

/* ---- what goes wrong ---- */

static void a_silence(void **state)
{
	(void)state;
	for (int mode = POLLED_CHANGES; mode <= POLLED_ANEW; mode++) {
		begin((enum polled_mode)mode);
		run_for(2);
		int before = count_of(POWER);
		int64_t since = time.now;
		s.silent_from = time.now;
		s.silent_to = time.now + 5 * NS_PER_S;
		run_for(5);
		assert_in_range(count_of(POWER), before, before + 1);
		run_for(5);
		assert_true(collect_missing(collect, POWER, GAP_TIMEOUT) == missing() && missing() >= 45);
		assert_everything(before, since);
		assert_true(s.reopens >= 1 && s.set_ups >= 1);
		if (mode == POLLED_CHANGES)
			assert_in_time(PERIOD / 2);
	}
}

static void garbage(void **state)
{
	(void)state;
	for (int mode = POLLED_CHANGES; mode <= POLLED_ANEW; mode++) {
		begin((enum polled_mode)mode);
		run_for(2);
		s.garbage = true;
		run_for(2);
		assert_int_equal(collect_missing(collect, POWER, GAP_GARBLED), 1);
		assert_int_equal(missing(), 1);
		assert_int_equal(collect_missing(collect, COUNT, GAP_GARBLED), 1);
		assert_true(s.clears == 1 && s.meets == 1 && s.set_ups == 1 && s.reopens == 0);
		s.garbage = s.no_sense = true; /* nothing sensible comes: it is made anew, and not more often than once a second */
		run_for(5);
		assert_in_range(s.reopens, 3, 6);
		assert_true(missing() >= 38);
		s.no_sense = false;
		run_for(2);
		assert_int_equal(last(RECORD_BLOCK, POWER)->record.flags, 0);
		assert_true(time.now - last(RECORD_BLOCK, POWER)->record.t < 2 * PERIOD);
	}
}

/* It says who it is, and otherwise nothing that makes sense: it is not asked without end. */
static void garbage_alone(void **state)
{
	(void)state;
	for (int mode = POLLED_CHANGES; mode <= POLLED_ANEW; mode++) {
		begin((enum polled_mode)mode);
		run_for(2);
		int before = count_of(POWER), asked = s.asked;
		int64_t since = time.now;
		s.nonsense = true;
		run_for(10);
		assert_in_range(s.asked - asked, 20, 80);
		assert_in_range(collect_count(collect, RECORD_GAP, POWER), 5, 12);
		s.nonsense = false;
		run_for(5);
		assert_everything(before, since);
		assert_true(time.now - last(RECORD_BLOCK, POWER)->record.t < 2 * PERIOD);
	}
}

/* What is known of its phase is not forgotten: few questions, a sharp stamp. Nothing is made of what it shows until it has changed. */
static void the_phase_outlives_a_failure(void **state)
{
	(void)state;
	for (int k = 0; k < 10; k++) {
		begin(POLLED_CHANGES);
		run_for(2 + 0.01 * k);
		s.garbage = true;
		int asked = s.asked, before = count_of(POWER);
		run_for(0.5);
		assert_in_range(s.asked - asked, 10, 29);
		assert_in_range(count_of(POWER) - before, 4, 5);
		assert_int_equal(missing(), 1);
		s.gone_from = time.now;
		s.gone_to = time.now + 3 * NS_PER_S;
		run_for(6);
		assert_in_time(13 * NS_PER_MS);
		s.frozen_from = time.now;
		s.frozen_to = time.now + 10 * NS_PER_S;
		s.garbage = true;
		run_for(0.05);
		before = count_of(POWER);
		run_for(3);
		assert_int_equal(count_of(POWER), before);
		s.frozen_to = time.now;
		run_for(1);
		before = count_of(POWER);
		s.frozen_from = time.now; /* found again, an update that changes nothing is one */
		s.frozen_to = time.now + NS_PER_S;
		run_for(0.5);
		assert_in_range(count_of(POWER) - before, 3, 5);
	}
}

static void gone_and_back(void **state)
{
	(void)state;
	for (int mode = POLLED_CHANGES; mode <= POLLED_PUSHED; mode++) {
		begin((enum polled_mode)mode);
		run_for(2);
		int before = count_of(POWER);
		int64_t since = time.now;
		s.gone_from = time.now;
		s.gone_to = time.now + 3 * NS_PER_S;
		run_for(8);
		assert_true(collect_missing(collect, POWER, GAP_GONE) == missing() && missing() >= 28);
		assert_everything(before, since);
		assert_in_range(s.reopens, 3, 5);
		if (mode != POLLED_ANEW)
			assert_in_time(PERIOD / 2);
	}
}

/* What has to be set again over a slow line takes longer than finding it. */
static void a_set_up_that_takes_long(void **state)
{
	(void)state;
	static const struct {
		int64_t patience, takes;
		bool back;
	} all[] = { { 0, 1900, true }, { 0, 2100, false }, { 8000, 7500, true }, { 8000, 8500, false } };
	for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
		begin(POLLED_CHANGES);
		s.polled.set_up_patience = all[i].patience * NS_PER_MS;
		run_for(2);
		s.response = NS_PER_S / 2;
		s.polled.patience = NS_PER_S;
		s.set_up_takes = all[i].takes * NS_PER_MS;
		s.garbage = true;
		int before = count_of(POWER);
		run_for(5);
		s.response = 3 * NS_PER_MS;
		run_for(20);
		assert_int_equal(count_of(POWER) > before + 20, all[i].back);
		assert_true(s.set_ups >= 1 && missing() > 15);
	}
}

static void another_one_at_its_place(void **state)
{
	(void)state;
	begin(POLLED_CHANGES);
	run_for(2);
	s.other = s.garbage = true;
	int before = count_of(POWER);
	run_for(5);
	assert_in_range(count_of(POWER), before, before + 1);
	assert_int_equal(s.set_ups, 0); /* nothing is set on it */
	assert_true(collect_missing(collect, POWER, GAP_GONE) >= 40);
	assert_int_equal(polled_end(&s.polled, time.now + NS_PER_S), IO_GONE);
	s.other = false;
	assert_int_equal(polled_end(&s.polled, time.now + NS_PER_S), IO_OK);
	run_for(3);
	assert_true(s.set_ups == 1 && count_of(POWER) > before + 15);
}

static void the_end_finds_a_link_that_was_lost(void **state)
{
	(void)state;
	begin(POLLED_ANEW);
	run_for(1);
	s.gone_from = time.now;
	s.gone_to = FOREVER;
	run_for(1);
	assert_int_equal(polled_end(&s.polled, time.now + NS_PER_S), IO_GONE);
	s.gone_to = time.now;
	int reopens = s.reopens;
	assert_int_equal(polled_end(&s.polled, time.now + NS_PER_S), IO_OK);
	assert_int_equal(s.reopens, reopens + 1);
}

static void what_fails_between_steps(void **state)
{
	(void)state;
	begin(POLLED_CHANGES);
	run_for(1);
	polled_failed(&s.polled, IO_TIMEOUT);
	assert_int_equal(collect_missing(collect, POWER, GAP_TIMEOUT), 1);
	run_for(1);
	assert_int_equal(s.meets, 1);
	assert_int_equal(missing(), 1);
}

static void without_a_link(void **state)
{
	(void)state;
	begin(POLLED_ANEW);
	s.polled.link = NULL;
	run_for(1);
	s.garbage = s.no_sense = true;
	run_for(3);
	assert_in_range(s.meets, 3, 5);
	assert_int_equal(s.clears + s.reopens, 0);
	s.no_sense = false;
	run_for(2);
	assert_true(time.now - last(RECORD_BLOCK, POWER)->record.t < 2 * PERIOD);
	assert_int_equal(polled_end(&s.polled, time.now + NS_PER_S), IO_OK);
}

/* ---- ANEW ---- */

static void read_when_asked(void **state)
{
	(void)state;
	begin(POLLED_ANEW);
	run_for(20);
	assert_int_equal(count_of(POWER), 200);
	assert_int_equal(missing(), 0);
	assert_int_equal(s.statuses, 0);
	for (int i = 0; i < 200; i++) {
		const struct collected *value = collect_nth(collect, RECORD_BLOCK, COUNT, i);
		int64_t asked = 1000 * NS_PER_S + i * PERIOD; /* the device looked 1.5 ms later, and the answer took as long */
		assert_int_equal(value->record.u_t, (s.response + 1) / 2);
		assert_true(value->record.t - value->record.u_t <= asked && value->record.t + value->record.u_t >= asked + s.response);
	}
}

/* It takes more than a period: what there is no time for is missing, and is not asked in a burst. */
static void a_question_that_takes_long(void **state)
{
	(void)state;
	begin(POLLED_ANEW);
	s.response = 250 * NS_PER_MS;
	run_for(30);
	assert_in_range(count_of(POWER), 80, 100);
	assert_in_range(count_of(POWER) + (int)collect_missing(collect, POWER, GAP_MISSED), 296, 300);
	assert_int_equal(missing(), collect_missing(collect, POWER, GAP_MISSED));
	assert_true(s.asked <= 130);
	assert_int_equal(last(RECORD_BLOCK, POWER)->record.u_t, s.response / 2);
	s.response = 3 * NS_PER_MS;
	run_for(1);
	int before = count_of(POWER);
	unsigned lost = missing();
	run_for(1);
	assert_in_range(count_of(POWER) - before, 9, 11);
	assert_int_equal(missing(), lost);
	time.now += 3 * PERIOD; /* the host was elsewhere */
	run_for(1);
	assert_in_range(missing() - lost, 2, 3);
}

static void what_it_says_was_lost(void **state)
{
	(void)state;
	begin(POLLED_ANEW);
	run_for(1);
	s.lost = 7;
	run_for(1);
	assert_int_equal(collect_missing(collect, POWER, GAP_MISSED), 7);
	assert_int_equal(missing(), 7);
}

static void samples_that_are_requested(void **state)
{
	(void)state;
	begin(POLLED_ANEW);
	run_for(1.05);
	int before = count_of(COUNT);
	assert_int_equal(polled_step(&s.polled), 1001 * NS_PER_S + PERIOD); /* it is not due */
	polled_sample(&s.polled);
	assert_int_equal(count_of(COUNT), before + 1);
	assert_int_equal(last(RECORD_BLOCK, COUNT)->record.flags, FLAG_REQUESTED);
	run_for(0.1);
	assert_int_equal(count_of(COUNT), before + 2); /* beside the schedule */
	assert_int_equal(missing(), 0);
	time.now += 3 * PERIOD;
	polled_sample(&s.polled);
	run_for(0.1);
	const struct collected *gap = last(RECORD_GAP, POWER); /* what the schedule missed, whatever was asked beside it */
	assert_true(gap->gap.to - gap->gap.from > 2 * PERIOD);
	before = count_of(COUNT) - 2;
	s.garbage = true;
	polled_sample(&s.polled);
	assert_int_equal(collect_missing(collect, POWER, GAP_GARBLED), 1);
	polled_sample(&s.polled); /* not before it is found again */
	assert_int_equal(count_of(COUNT), before + 2);
	begin(POLLED_CHANGES);
	int asked = s.asked;
	polled_sample(&s.polled);
	assert_int_equal(s.asked, asked);
}

/* ---- PUSHED ---- */

static void messages_that_come_by_themselves(void **state)
{
	(void)state;
	begin(POLLED_PUSHED);
	run_for(20);
	assert_in_range(count_of(POWER), 199, 200);
	assert_int_equal(missing(), 0);
	assert_true(s.waited < 3 * NS_PER_S); /* it sleeps through most of a period */
	assert_in_time(6 * NS_PER_MS);
	s.polled.push_most = 20 * NS_PER_MS; /* on its way for so long at most */
	s.phase -= 20 * NS_PER_MS;
	s.delay = 20 * NS_PER_MS;
	s.delay_to = FOREVER;
	collect->n = 0;
	run_for(5);
	assert_in_range(count_of(POWER), 49, 51);
	assert_in_time(16 * NS_PER_MS);
}

/* Several wait when the host comes back: none is lost, and none is better known than to half a period. */
static void a_late_wake_up(void **state)
{
	(void)state;
	begin(POLLED_PUSHED);
	run_for(3);
	int before = count_of(POWER);
	time.now += 1040 * NS_PER_MS;
	run_for(2);
	assert_int_equal(missing(), 0);
	assert_in_range(count_of(POWER) - before, 30, 31);
	assert_in_time(PERIOD * 2 / 3);
	for (int i = before + 1; i < before + 9; i++)
		assert_in_range(collect_nth(collect, RECORD_BLOCK, POWER, i)->record.u_t, PERIOD / 2 - 10 * NS_PER_MS, PERIOD * 2 / 3);
	assert_true(last(RECORD_BLOCK, POWER)->record.u_t < 6 * NS_PER_MS);
}

/* The host was elsewhere right after it had been told to send: what came meanwhile waits. */
static void messages_before_the_first_look(void **state)
{
	(void)state;
	begin(POLLED_PUSHED);
	s.polled.told = time.now;
	time.now += 180 * NS_PER_MS;
	polled_start(&s.polled, &collect->sink);
	run_for(2);
	assert_in_time(180 * NS_PER_MS);
	assert_int_equal(missing(), 0);
	begin(POLLED_PUSHED);
	s.late_set_up = 240 * NS_PER_MS;
	run_for(2);
	polled_failed(&s.polled, IO_GARBLED);
	run_for(2);
	assert_int_equal(s.set_ups, 1);
	assert_in_time(240 * NS_PER_MS);
}

/* The same before anything is known of its pace: as wide as it was not looked for. */
static void a_late_wake_up_at_first(void **state)
{
	(void)state;
	begin(POLLED_PUSHED);
	time.now += 250 * NS_PER_MS;
	run_for(1);
	assert_in_time(125 * NS_PER_MS);
	assert_int_equal(missing(), 0);
}

static void messages_that_are_lost(void **state)
{
	(void)state;
	begin(POLLED_PUSHED);
	run_for(2);
	s.skip_from = s.next_message + 1; /* in silence */
	s.skip_to = s.skip_from + 4;
	run_for(2);
	assert_int_equal(collect_missing(collect, POWER, GAP_MISSED), 4);
	s.skip_from = s.next_message + 1; /* it tells, and the host looks late */
	s.skip_to = s.skip_from + 3;
	run_for(0.1);
	s.lost = 3;
	time.now += 620 * NS_PER_MS;
	run_for(2);
	assert_int_equal(collect_missing(collect, POWER, GAP_MISSED), 7);
	assert_int_equal(missing(), 7);
	assert_in_time(PERIOD * 2 / 3);
}

/* None is lost on the way, so one that comes late, or early, was on its way for longer than it may be. */
static void messages_that_are_late(void **state)
{
	(void)state;
	begin(POLLED_PUSHED);
	s.polled.steady = true;
	run_for(2);
	s.delay_from = time.now + PERIOD;
	s.delay_to = s.delay_from + 10 * PERIOD;
	s.delay = 250 * NS_PER_MS;
	run_for(0.5);
	assert_int_equal(s.set_ups, 1);
	assert_int_equal(missing(), collect_missing(collect, POWER, GAP_TIMEOUT));
	int before = count_of(POWER);
	run_for(1.5);
	assert_int_equal(s.set_ups, 2); /* the next one came 250 ms before its time */
	assert_true(collect_missing(collect, POWER, GAP_GARBLED) >= 1 && count_of(POWER) > before);
	unsigned lost = missing();
	s.skip_from = s.next_message + 1;
	s.skip_to = s.skip_from + 3;
	run_for(0.1);
	s.lost = 3; /* that is an explanation, and a host that was away is another */
	run_for(1);
	time.now += 500 * NS_PER_MS;
	run_for(1);
	assert_int_equal(missing(), lost + 3);
	assert_int_equal(s.set_ups, 2);
}

static void messages_that_stop(void **state)
{
	(void)state;
	begin(POLLED_PUSHED);
	run_for(2);
	int before = count_of(POWER);
	int64_t since = time.now;
	s.silent_from = time.now;
	s.silent_to = time.now + 3 * NS_PER_S;
	run_for(6);
	assert_true(collect_missing(collect, POWER, GAP_TIMEOUT) == missing() && missing() >= 20);
	assert_true(s.set_ups >= 1);
	assert_everything(before, since);
	assert_in_time(PERIOD / 2);
}

/* It is stopped, asked, and begins at another phase. */
static void a_look_at_what_sends(void **state)
{
	(void)state;
	static const struct polled_ops looked_at = { .read = script_listen, .meet = script_meet, .set_up = script_set_up, .ranges_hold = script_ranges_hold };
	begin(POLLED_PUSHED);
	s.polled.ops = &looked_at;
	s.polled.range_channel = POWER;
	run_for(3);
	assert_int_equal(s.asked, 0); /* only when told to */
	collect->n = 0;
	s.ranges_left = true;
	polled_look(&s.polled, time.now + NS_PER_S);
	s.phase += 61 * NS_PER_MS;
	assert_int_equal(s.asked, 1);
	assert_int_equal(collect_missing(collect, POWER, GAP_MISSED), 1);
	assert_true(last(RECORD_RANGE, POWER)->record.u_t > 1400 * NS_PER_MS);
	time.now += 240 * NS_PER_MS; /* so late that only the pace could tell, and it must not */
	run_for(2);
	assert_in_time(2 * PERIOD);
	assert_int_equal(last(RECORD_BLOCK, POWER)->record.flags, FLAG_RANGE_CHANGED);
	s.silent_from = time.now;
	s.silent_to = time.now + 2 * NS_PER_S;
	polled_look(&s.polled, time.now + NS_PER_S);
	assert_true(collect_missing(collect, POWER, GAP_TIMEOUT) >= 1);
	int asked = s.asked;
	polled_look(&s.polled, time.now + NS_PER_S); /* not before it is found again */
	assert_int_equal(s.asked, asked);
}

static void marks(void **state)
{
	(void)state;
	assert_true(polled_mark("P +1", 4) == polled_mark("P +1", 4));
	assert_true(polled_mark("P +1", 4) != polled_mark("P +2", 4));
	assert_true(polled_mark("P +1", 4) != polled_mark("P +1", 3));
	assert_true(polled_mark("", 0) == 0xcbf29ce484222325u);
	assert_true(polled_mark("a", 1) == 0xaf63dc4c8601ec8cu); /* as published with the algorithm */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(changes_and_their_times), cmocka_unit_test(nothing_is_made_of_the_first_answer), cmocka_unit_test(updates_that_are_missed),
		cmocka_unit_test(a_host_that_comes_and_goes), cmocka_unit_test(nothing_changes_after_a_failure),
		cmocka_unit_test(updates_that_change_nothing), cmocka_unit_test(flags_of_a_reading_and_of_a_status), cmocka_unit_test(values_that_cannot_be),
		cmocka_unit_test(ranges_that_are_left), cmocka_unit_test(a_silence), cmocka_unit_test(garbage), cmocka_unit_test(garbage_alone), cmocka_unit_test(the_phase_outlives_a_failure), cmocka_unit_test(gone_and_back),
		cmocka_unit_test(a_set_up_that_takes_long), cmocka_unit_test(another_one_at_its_place), cmocka_unit_test(the_end_finds_a_link_that_was_lost), cmocka_unit_test(what_fails_between_steps),
		cmocka_unit_test(without_a_link), cmocka_unit_test(read_when_asked), cmocka_unit_test(a_question_that_takes_long),
		cmocka_unit_test(what_it_says_was_lost), cmocka_unit_test(samples_that_are_requested), cmocka_unit_test(messages_that_come_by_themselves),
		cmocka_unit_test(a_late_wake_up), cmocka_unit_test(a_late_wake_up_at_first), cmocka_unit_test(messages_before_the_first_look), cmocka_unit_test(messages_that_are_lost),
		cmocka_unit_test(messages_that_stop), cmocka_unit_test(messages_that_are_late), cmocka_unit_test(a_look_at_what_sends),
		cmocka_unit_test(marks),
	};
	return cmocka_run_group_tests_name("polled", tests, NULL, NULL);
}
