/* A peer that never stops talking ends no driver's patience later than silence does: whoever asks has its answer by its deadline. */
#include <math.h>

#include "noise.h"
#include "powersensor3/ps3_talk.h"

static struct noise noise;
static struct device_config config;

static void begin(const char *reader, const char *bytes, size_t n)
{
	noise_begin(&noise, reader, bytes, n);
	config = (struct device_config){ .name = "meter", .measures = ROLE_CHECK, .accuracy_given = true, .accuracy = { .reading = 0.01 },
					 .voltage_range = 0, .latency = NAN, .u_latency = NAN, .line_frequency = 50, .power_max = 1000,
					 .endpoint = { .scheme = "tcp", .text = "tcp://noise" } };
}

#define SAYS(text) { text, sizeof text - 1 }
static const struct {
	const char *bytes;
	size_t n;
} noises[] = { SAYS("x"), SAYS("\n"), SAYS("x\r\n"), SAYS("#x;"), SAYS("#"), SAYS("\0"), SAYS("\xff"), SAYS("\x06\x05"), SAYS("1;2\n"), SAYS("a,b,c,d\n") };

static void nobody_is_found_in_noise(void **state)
{
	(void)state;
	static const char *const names[] = { "watts_up", "mcp39f511n", "powersensor3", "ptdaemon", "pzem004t", "zes_lmg", "chroma_662xx", "gwinstek_gpm",
					     "hioki_pw333x", "yokogawa_wt" };
	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		for (size_t k = 0; k < sizeof noises / sizeof *noises; k++) {
			const struct driver *driver = driver_find(names[i]);
			struct error error = ERROR_INIT;
			struct identity identity;
			begin(names[i], noises[k].bytes, noises[k].n);
			if (driver->open(&config, &noise.link, &noise.time.timebase, &error) != NULL)
				fail_msg("%s is found in '%s'", names[i], noises[k].bytes);
			assert_true(error.what[0]);
			if (driver->probe && driver->probe(&noise.link, &noise.time.timebase, &config, &identity, &error) == 0)
				fail_msg("%s is detected in '%s'", names[i], noises[k].bytes);
		}
}

/* While it is measured with: what has begun as a Watts Up? goes on as noise. */
static void noise_while_it_measures(void **state)
{
	(void)state;
	static const char version[] = "#v,-,8,1,0,7,1,4,41,20070928,0;", both[] = "#v,-,8,1,0,7,1,4,41,20070928,0;#d,-,18,1000,2300,400,1,0,0,0,0,0,0,0,0,0,0,0,0,0,0;";
	const struct driver *driver = driver_find("watts_up");
	for (size_t k = 0; k < sizeof noises / sizeof *noises; k++) {
		struct error error = ERROR_INIT;
		begin("watts_up", version, sizeof version - 1);
		void *device = driver->open(&config, &noise.link, &noise.time.timebase, &error);
		assert_non_null(device);
		struct collect *collect = collect_begin(&noise.time.timebase);
		noise_say(&noise, both, sizeof both - 1);
		assert_int_equal(driver->start(device, &collect->sink, &error), 0);
		noise_say(&noise, noises[k].bytes, noises[k].n);
		step_until(driver, device, collect, noise.time.now + 20 * NS_PER_S);
		assert_true(collect_missing(collect, 0, GAP_GARBLED) + collect_missing(collect, 0, GAP_TIMEOUT) >= 8);
		assert_in_range(collect_count(collect, RECORD_BLOCK, 0), 0, 8); /* of what it had read before */
		driver->stop(device, &error);
		driver->close(device);
	}
}

static void no_sets_in_noise(void **state)
{
	(void)state;
	for (size_t k = 0; k < sizeof noises / sizeof *noises; k++) {
		struct error error = ERROR_INIT;
		int64_t period;
		begin("powersensor3", noises[k].bytes, noises[k].n);
		static struct ps3_talk talk;
		talk = (struct ps3_talk){ .link = &noise.link, .timebase = &noise.time.timebase };
		assert_int_equal(ps3_measure_period(&talk, &period, "noise", &error), -1);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nobody_is_found_in_noise),
		cmocka_unit_test(noise_while_it_measures),
		cmocka_unit_test(no_sets_in_noise),
	};
	return cmocka_run_group_tests_name("noise", tests, NULL, NULL);
}
