/* Stamps of a clock that began anew, in the host's time: rather none than another life's. */
#include "planned_run.h"
#include "device_time.h"

#define EXCHANGES 80
#define EVERY (NS_PER_S / 4)

/* The device has run for 3 s at host time 0, begins anew at 10 s, and then, if `thrice`, at 15 s. */
static int64_t shown(int64_t host, bool thrice)
{
	return thrice && host >= SECONDS(15) ? host - SECONDS(15) : host >= SECONDS(10) ? host - SECONDS(10) : host + SECONDS(3);
}

static void make_clock(struct device_clock *clock, bool thrice)
{
	static struct record_sync exchanges[EXCHANGES];
	*clock = (struct device_clock){ .device = "rig", .exchanges = exchanges, .n = EXCHANGES };
	for (int i = 0; i < EXCHANGES; i++) {
		int64_t sent = i * EVERY + SECONDS(0.1), there = shown(sent + 10000, thrice);
		exchanges[i] = (struct record_sync){ sent, sent + 20000, there, there };
	}
	time_map_make(exchanges, EXCHANGES, &clock->map);
	assert_int_equal(clock->map.n_segments, thrice ? 3 : 2);
	assert_true(time_map_began_anew(&clock->map, 1));
}

#define STAMPS 190
struct stamped {
	int64_t truth[STAMPS], device[STAMPS], host[STAMPS], u[STAMPS];
	bool known[STAMPS];
	size_t n, right;
};

/* A stamp each 0.1 s of these lives. No stamp may be wrong, whatever is known. */
static struct stamped stamp(const struct device_clock *clock, bool thrice, int64_t from, int64_t to)
{
	struct stamped s = { .n = 0 };
	for (int64_t host = from; host < to; host += SECONDS(0.1)) {
		s.truth[s.n] = host;
		s.device[s.n++] = shown(host, thrice);
	}
	device_time_stamps(clock, s.device, s.n, s.host, s.u, s.known);
	for (size_t i = 0; i < s.n; i++) {
		if (s.known[i] && llabs(s.host[i] - s.truth[i]) > s.u[i] + 10)
			fail_msg("what was at %g s is said to be at %g s", (double)s.truth[i] / 1e9, (double)s.host[i] / 1e9);
		s.right += s.known[i];
	}
	return s;
}

static void each_life_at_its_place(void **state)
{
	(void)state;
	struct device_clock clock;
	make_clock(&clock, false);
	assert_in_range(stamp(&clock, false, SECONDS(1.05), SECONDS(19.05)).right, 175, 180);
	make_clock(&clock, true);
	assert_in_range(stamp(&clock, true, SECONDS(1.05), SECONDS(19.05)).right, 170, 180);
}

/* Nothing came of the second life: nobody knows which one those stamps are of that both may have shown. */
static void a_life_that_left_nothing(void **state)
{
	(void)state;
	struct device_clock clock;
	make_clock(&clock, false);
	struct stamped s = stamp(&clock, false, SECONDS(1.05), SECONDS(9.55));
	for (size_t i = 0; i < s.n; i++)
		assert_int_equal(s.known[i], s.device[i] > SECONDS(14.9)); /* the last exchange of the second shows 10 s, and 5 s more are believed */
}

/* Two lives that look like one: what was told after the reset is later than what was told before. */
static void a_reset_that_does_not_show(void **state)
{
	(void)state;
	struct device_clock clock;
	make_clock(&clock, false);
	struct stamped first = stamp(&clock, false, SECONDS(1.05), SECONDS(2.05)), second = stamp(&clock, false, SECONDS(16.05), SECONDS(19.05));
	struct stamped both = first;
	memcpy(both.device + first.n, second.device, second.n * sizeof *both.device);
	memcpy(both.truth + first.n, second.truth, second.n * sizeof *both.truth);
	both.n += second.n;
	memset(both.u, 0, sizeof both.u);
	device_time_stamps(&clock, both.device, both.n, both.host, both.u, both.known);
	for (size_t i = 0; i < both.n; i++)
		assert_true(!both.known[i] || llabs(both.host[i] - both.truth[i]) <= both.u[i] + 10);
}

/* More steps back than the exchanges show. */
static void a_life_without_exchanges(void **state)
{
	(void)state;
	struct device_clock clock;
	make_clock(&clock, false);
	int64_t device[6] = { SECONDS(4), SECONDS(5), SECONDS(1), SECONDS(2), SECONDS(1.5), SECONDS(2.5) }, host[6], u[6] = { 0 };
	bool known[6];
	device_time_stamps(&clock, device, 6, host, u, known);
	for (int i = 0; i < 6; i++)
		assert_false(known[i]);
}

/* A host that slept is no device that began anew: its stamps go on. */
static void a_host_that_slept(void **state)
{
	(void)state;
	struct device_clock clock;
	make_clock(&clock, false);
	for (size_t i = 0; i < clock.n; i++) { /* for 100 s, at 10 s of its clock */
		struct record_sync *sync = &clock.exchanges[i];
		sync->arrived = sync->answered = sync->sent + 10000 + (sync->sent > SECONDS(10) ? SECONDS(100) : 0);
	}
	time_map_make(clock.exchanges, clock.n, &clock.map);
	assert_int_equal(clock.map.n_segments, 2);
	assert_false(time_map_began_anew(&clock.map, 1));
	int64_t device[2] = { SECONDS(5), SECONDS(115) }, host[2], u[2] = { 0 };
	bool known[2];
	device_time_stamps(&clock, device, 2, host, u, known);
	assert_true(known[0] && known[1]);
	assert_near((double)host[0], 5e9, 100);
	assert_near((double)host[1], 15e9, 100);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_life_at_its_place), cmocka_unit_test(a_life_that_left_nothing), cmocka_unit_test(a_reset_that_does_not_show),
		cmocka_unit_test(a_life_without_exchanges), cmocka_unit_test(a_host_that_slept),
	};
	return cmocka_run_group_tests_name("device_time", tests, NULL, NULL);
}
