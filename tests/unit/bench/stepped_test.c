/* A bench without threads: its consumer steps the devices, and time passes only as the timebase says. */
#include <stdio.h>
#include <stdlib.h>

#include "bench.h"
#include "unit.h"

/* ---- time that stands still but for what waits and steps take ---- */

static struct {
	struct timebase timebase;
	int64_t now;
	int asked_for, opened; /* own timebases; devices */
	bool impatient;        /* waits end early */
} lab;

static int64_t lab_now(struct timebase *timebase)
{
	(void)timebase;
	return lab.now;
}

static void lab_wait_until(struct timebase *timebase, int64_t deadline)
{
	(void)timebase;
	if (deadline > lab.now)
		lab.now = lab.impatient ? lab.now + (deadline - lab.now + 1) / 2 : deadline;
}

/* ---- a device that notes when it is stepped ---- */

#define STEPS_MAX 4096
static struct step {
	int who;
	int64_t at;
	bool sampled;
} steps[STEPS_MAX];
static int n_steps;

struct metronome {
	struct channel channel;
	struct identity identity;
	int who;
	int64_t next, interval, takes; /* ns */
	bool silent;
	struct link *link;
	struct timebase *timebase;
};

static const struct option_spec metronome_options[] = { { .name = NULL } };

static struct link the_link;

/* device name: "INTERVAL TAKES" in ms, "s" behind it: emits nothing. */
static void *metronome_open(const struct device_config *config, struct link *link, struct timebase *timebase, struct error *error)
{
	(void)error;
	struct metronome *m = calloc(1, sizeof *m);
	char silent = 0;
	int interval = 0, takes = 0;
	assert_non_null(m);
	assert_true(sscanf(config->name, "%d %d %c", &interval, &takes, &silent) >= 2);
	m->who = lab.opened++;
	m->interval = interval * NS_PER_MS;
	m->takes = takes * NS_PER_MS;
	m->silent = silent == 's';
	m->link = link;
	m->timebase = timebase;
	m->channel = (struct channel){ .kind = CHANNEL_COUNTER, .number = NUMBER_U64, .scale = 1 };
	return m;
}

static const struct channel *metronome_channels(const void *device, int *count)
{
	*count = 1;
	return &((const struct metronome *)device)->channel;
}

static const struct identity *metronome_identity(const void *device)
{
	return &((const struct metronome *)device)->identity;
}

static int metronome_start(void *device, struct sink *sink, struct error *error)
{
	(void)sink;
	(void)error;
	((struct metronome *)device)->next = lab.now;
	return 0;
}

static void note(struct metronome *m, bool sampled, struct sink *sink)
{
	assert_in_range(n_steps, 0, STEPS_MAX - 1);
	steps[n_steps++] = (struct step){ .who = m->who, .at = lab.now, .sampled = sampled };
	lab.now += m->takes;
	if (!m->silent || sampled)
		sink_count(sink, 0, lab.now, 0, sampled ? FLAG_REQUESTED : 0, 1);
}

static int64_t metronome_step(void *device, int64_t now, struct sink *sink)
{
	struct metronome *m = device;
	assert_int_equal(now, lab.now);
	assert_true(now >= m->next);
	note(m, false, sink);
	return m->next += m->interval;
}

static void metronome_sample(void *device, struct sink *sink)
{
	note(device, true, sink);
}

static int metronome_stop(void *device, struct error *error)
{
	(void)device;
	(void)error;
	return 0;
}

static void metronome_close(void *device)
{
	struct metronome *m = device;
	if (m->link)
		assert_ptr_equal(m->link, &the_link);
	free(m);
}

static const struct driver driver_metronome = {
	.name = "metronome", .summary = "beats", .maturity = MATURITY_PROVEN, .schemes = (const char *const[]){ "unix", NULL },
	.options = metronome_options, .open = metronome_open, .channels = metronome_channels, .identity = metronome_identity,
	.start = metronome_start, .step = metronome_step, .sample = metronome_sample, .stop = metronome_stop,
	.close = metronome_close,
};

const struct driver *const drivers[] = { &driver_metronome, NULL };
const struct link_ops *const link_kinds[] = { NULL };

const struct driver *driver_find(const char *name)
{
	return strcmp(name, driver_metronome.name) == 0 ? &driver_metronome : NULL;
}

const struct link_ops *link_ops_find(const char *scheme)
{
	(void)scheme;
	return NULL;
}

/* ---- surroundings ---- */

static void close_nothing(struct link *link)
{
	(void)link;
}

static struct link *open_link(struct surroundings *self, const struct device_config *config, struct timebase *timebase,
			      int64_t deadline, struct error *error)
{
	static const struct link_ops ops = { .scheme = "none", .close = close_nothing };
	(void)self;
	(void)config;
	(void)error;
	assert_ptr_equal(timebase, &lab.timebase);
	assert_true(deadline > lab.now);
	the_link = (struct link){ .ops = &ops, .timebase = timebase };
	return &the_link;
}

static struct timebase *timebase_of(struct surroundings *self, const struct device_config *config)
{
	(void)config;
	lab.asked_for++;
	return self->timebase;
}

static struct surroundings around = {
	.timebase = &lab.timebase, .stepped = true, .open_link = open_link, .timebase_of = timebase_of,
};

static struct bench_config config;

static struct bench *open_started(const char *const *names, int n)
{
	struct error error = ERROR_INIT;
	lab.timebase = (struct timebase){ .now = lab_now, .wait_until = lab_wait_until };
	lab.now = 0;
	lab.asked_for = lab.opened = n_steps = 0;
	lab.impatient = false;
	config = (struct bench_config){ .n_devices = n };
	for (int i = 0; i < n; i++) {
		snprintf(config.devices[i].name, sizeof config.devices[i].name, "%s", names[i]);
		snprintf(config.devices[i].driver, sizeof config.devices[i].driver, "metronome");
		snprintf(config.devices[i].endpoint.scheme, sizeof config.devices[i].endpoint.scheme, "unix");
	}
	struct bench *bench = bench_open(&config, &around, &error);
	assert_non_null(bench);
	assert_int_equal(bench_start(bench, &error), 0);
	return bench;
}

static int count_record(void *context, const struct record *record, const void *payload, uint32_t size, struct error *error)
{
	(void)record;
	(void)payload;
	(void)size;
	(void)error;
	++*(int *)context;
	return 0;
}

static int drained(struct bench *bench)
{
	int n = 0;
	assert_int_equal(bench_drain(bench, count_record, &n, NULL), 0);
	return n;
}

static int steps_of(int who)
{
	int n = 0;
	for (int i = 0; i < n_steps; i++)
		n += steps[i].who == who;
	return n;
}

/* ---- tests ---- */

static void devices_are_reached_as_the_surroundings_say(void **state)
{
	(void)state;
	struct bench *bench = open_started((const char *const[]){ "10 0", "10 0" }, 2);
	assert_int_equal(lab.asked_for, 2);
	assert_true(bench_stepped(bench));
	assert_ptr_equal(bench_timebase(bench), &lab.timebase);
	bench_close(bench);
}

static void time_passes_in_waiting_alone(void **state)
{
	(void)state;
	struct bench *bench = open_started((const char *const[]){ "10 0 s" }, 1);
	assert_int_equal(n_steps, 0);
	bench_wait(bench, 0, NULL, 0);
	assert_int_equal(n_steps, 0);
	bench_wait(bench, 35 * NS_PER_MS, NULL, 0);
	assert_int_equal(lab.now, 35 * NS_PER_MS);
	assert_int_equal(n_steps, 4); /* at 0, 10, 20, 30 ms */
	bench_wait(bench, 30 * NS_PER_MS, NULL, 0);
	assert_int_equal(lab.now, 35 * NS_PER_MS);
	assert_int_equal(n_steps, 4);
	bench_close(bench);
}

static void steps_come_in_order_of_time(void **state)
{
	(void)state;
	struct bench *bench = open_started((const char *const[]){ "7 0 s", "3 0 s", "5 0 s" }, 3);
	bench_wait(bench, 105 * NS_PER_MS, NULL, 0);
	assert_int_equal(n_steps, 15 + 35 + 21);
	for (int i = 1; i < n_steps; i++)
		assert_true(steps[i - 1].at < steps[i].at || (steps[i - 1].at == steps[i].at && steps[i - 1].who < steps[i].who));
	bench_close(bench);
}

static void nothing_is_stepped_too_early(void **state)
{
	(void)state;
	struct bench *bench = open_started((const char *const[]){ "10 0 s" }, 1);
	lab.impatient = true;
	while (lab.now < 35 * NS_PER_MS)
		bench_wait(bench, 35 * NS_PER_MS, NULL, 0);
	assert_int_equal(n_steps, 4); /* each of which checks the time */
	bench_close(bench);
}

/* A device that takes long makes others late, as one thread must; they are not forgotten, and it is counted. */
static void late_ones_are_stepped_late(void **state)
{
	(void)state;
	struct bench *bench = open_started((const char *const[]){ "40 20 s", "10 0 s" }, 2);
	bench_wait(bench, 100 * NS_PER_MS, NULL, 0);
	assert_int_equal(steps_of(1), 8); /* of 0 to 30 ms, and of 40 to 70 ms; the slow one ends its third step at 100 ms */
	assert_int_equal(bench_load(bench).late, 4);
	bench_wait(bench, 105 * NS_PER_MS, NULL, 0);
	assert_int_equal(steps_of(1), 11);
	assert_int_equal(bench_load(bench).late, 6);
	bench_close(bench);
}

static void waiting_ends_when_records_wait(void **state)
{
	(void)state;
	struct bench *bench = open_started((const char *const[]){ "10 0", "4 0 s" }, 2);
	bench_wait(bench, 100 * NS_PER_MS, NULL, 0);
	assert_int_equal(lab.now, 0);
	assert_int_equal(drained(bench), 1);
	bench_wait(bench, 100 * NS_PER_MS, NULL, 0);
	assert_int_equal(lab.now, 10 * NS_PER_MS);
	assert_int_equal(drained(bench), 1);
	bench_close(bench);
}

/* Also when nothing else would be due before the wait's end: with threads, the consumer wakes too. */
static void waiting_ends_when_the_last_record_waits(void **state)
{
	(void)state;
	struct bench *bench = open_started((const char *const[]){ "10 0" }, 1);
	bench_wait(bench, 5 * NS_PER_MS, NULL, 0);
	assert_int_equal(lab.now, 0);
	assert_int_equal(drained(bench), 1);
	bench_wait(bench, 5 * NS_PER_MS, NULL, 0);
	assert_int_equal(lab.now, 5 * NS_PER_MS);
	bench_close(bench);
}

static void sample_is_taken_at_once(void **state)
{
	(void)state;
	struct bench *bench = open_started((const char *const[]){ "10 1", "10 2" }, 2);
	lab.now = 5 * NS_PER_MS;
	assert_true(bench_sample(bench, NS_PER_MS));
	assert_int_equal(n_steps, 2);
	assert_true(steps[0].sampled && steps[1].sampled);
	assert_int_equal(lab.now, 8 * NS_PER_MS);
	assert_int_equal(drained(bench), 2);
	bench_close(bench);
}

static void nothing_is_stepped_after_the_stop(void **state)
{
	(void)state;
	struct bench *bench = open_started((const char *const[]){ "10 0 s" }, 1);
	struct error error = ERROR_INIT;
	bench_wait(bench, 15 * NS_PER_MS, NULL, 0);
	assert_int_equal(bench_stop(bench, &error), 0);
	bench_wait(bench, 100 * NS_PER_MS, NULL, 0);
	assert_int_equal(n_steps, 2);
	assert_int_equal(lab.now, 100 * NS_PER_MS);
	assert_int_equal(bench_start(bench, &error), 0);
	bench_wait(bench, 115 * NS_PER_MS, NULL, 0);
	assert_int_equal(n_steps, 4);
	bench_close(bench);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(devices_are_reached_as_the_surroundings_say),
		cmocka_unit_test(time_passes_in_waiting_alone),
		cmocka_unit_test(steps_come_in_order_of_time),
		cmocka_unit_test(nothing_is_stepped_too_early),
		cmocka_unit_test(late_ones_are_stepped_late),
		cmocka_unit_test(waiting_ends_when_records_wait),
		cmocka_unit_test(waiting_ends_when_the_last_record_waits),
		cmocka_unit_test(sample_is_taken_at_once),
		cmocka_unit_test(nothing_is_stepped_after_the_stop),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
