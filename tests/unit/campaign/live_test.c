/* Watts as they come: by the host's clock or a device's, over wraps and resets. */
#include "live.h"
#include "unit.h"

static struct live_channel live;
static struct channel channel;

static void begin(enum channel_kind kind, enum clock_id clock)
{
	memset(&live, 0, sizeof live);
	steady_span(&live.steady, 10 * NS_PER_S);
	channel = (struct channel){ .kind = kind, .number = kind == CHANNEL_COUNTER ? NUMBER_U64 : NUMBER_F64, .clock = clock, .scale = 0.5,
				    .wrap = 1000 };
}

/* Stamped `t` by the channel's clock, here at `now`; s. */
static void count_at(double t, double now, uint64_t count)
{
	const struct record record = { .kind = RECORD_BLOCK, .n = 1, .t = llround(t * 1e9) };
	live_take(&live, &channel, &record, &count, llround(now * 1e9));
}

static double watts(double now)
{
	return steady_mean(&live.steady, llround(now * 1e9), 600 * NS_PER_MS);
}

static void a_counter(void **state)
{
	(void)state;
	begin(CHANNEL_COUNTER, CLOCK_ID_MONOTONIC);
	for (int i = 0; i < 50; i++)
		count_at(5 + 0.1 * i, 5 + 0.1 * i, (uint64_t)(900 + i * 20) % 1000); /* it turns over now and then */
	assert_near(watts(9.9), 100, 1e-9);
}

/* Two that came within milliseconds say nothing. */
static void counts_that_are_close(void **state)
{
	(void)state;
	begin(CHANNEL_COUNTER, CLOCK_ID_MONOTONIC);
	for (int i = 0; i < 20; i++) {
		count_at(5 + 0.1 * i, 5 + 0.1 * i, (uint64_t)(i * 20));
		count_at(5 + 0.1 * i + 0.001, 5 + 0.1 * i, (uint64_t)(i * 20 + 5));
	}
	assert_near(watts(6.9), 100, 1e-9);
}

/* A device's clock began hours before the host's: what it says is shown when it comes, over the time that it says. */
static void a_counter_by_its_own_clock(void **state)
{
	(void)state;
	begin(CHANNEL_COUNTER, CLOCK_ID_DEVICE);
	for (int i = 0; i < 20; i++)
		count_at(40000 + 0.1 * i, 5 + 0.1 * i + 0.04 * (i % 2), (uint64_t)(i * 20));
	assert_near(watts(6.95), 100, 1e-9);
}

static void a_mean_by_its_own_clock(void **state)
{
	(void)state;
	begin(CHANNEL_MEAN, CLOCK_ID_DEVICE);
	for (int i = 0; i < 20; i++) {
		const struct record record = { .kind = RECORD_BLOCK, .n = 1, .t = 40000 * NS_PER_S + i * 100 * NS_PER_MS };
		live_take(&live, &channel, &record, &(double){ 200 }, 5 * NS_PER_S + i * 100 * NS_PER_MS);
	}
	assert_near(watts(6.95), 100, 1e-9);
	assert_true(steady_settled(&live.steady, llround(6.95e9), NS_PER_S, 1, NAN));
}

/* Its clock and its counts begin anew: that is no turn, and no watts. */
static void a_device_that_began_anew(void **state)
{
	(void)state;
	for (int own = 0; own < 2; own++) {
		begin(CHANNEL_COUNTER, own ? CLOCK_ID_DEVICE : CLOCK_ID_MONOTONIC);
		for (int i = 0; i < 20; i++) {
			double now = 5 + 0.1 * i, t = own ? (i < 10 ? 40000 : 0) + 0.1 * i : now;
			count_at(t, now, (uint64_t)(i < 10 ? 100 + i * 20 : i * 20 - 200));
		}
		assert_near(steady_mean(&live.steady, llround(6.95e9), 3 * NS_PER_S), 100, 1e-9);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_counter), cmocka_unit_test(counts_that_are_close), cmocka_unit_test(a_counter_by_its_own_clock),
		cmocka_unit_test(a_mean_by_its_own_clock), cmocka_unit_test(a_device_that_began_anew),
	};
	return cmocka_run_group_tests_name("live", tests, NULL, NULL);
}
