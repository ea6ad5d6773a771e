/* The client of a PTDaemon in front of one of a few lines: what it makes of its analyzer's ranges and interval. */
#include <math.h>
#include <stdio.h>

#include "scripted.h"

static struct {
	struct scripted link;
	struct device_config config;
	const struct driver *driver;
	void *device;
	struct collect *collect;
	const char *ranges; /* what RR says, until they are set */
	int interval;
	const char *refuses; /* a command */
	bool somebodys;      /* a measurement is under way, with this mark: */
	const char *mark;
	char said[400];     /* orders that it has had */
	struct error error;
} t;

static const char *answer(void *context, int64_t now, const char *line)
{
	static char reply[200];
	(void)context;
	if (strncmp(line, "SR,", 3) == 0)
		snprintf(t.said + strlen(t.said), sizeof t.said - strlen(t.said), "%s ", line);
	if (strncmp(line, "Go,", 3) == 0 && t.somebodys)
		return "Error: a measurement is already in progress";
	if (strcmp(line, "Stop") == 0)
		strcat(t.said, "Stop ");
	if (strcmp(line, "RL") == 0 && t.mark) {
		snprintf(reply, sizeof reply, "Last 1 samples\nTime,28-12-2020 15:21:%02d.682,Watts,22.95,Volts,228.57,Amps,0.20643,PF,0.4864,Mark,%s",
			 (int)(now / NS_PER_S % 60), t.mark);
		return reply;
	}
	if (t.refuses && strcmp(line, t.refuses) == 0)
		return "Invalid parameter";
	if (strncmp(line, "SR,", 3) == 0) {
		snprintf(reply, sizeof reply, "Range %c changed", line[3]);
		t.ranges = "Ranges,0,2.000000,0,300.000000";
		return reply;
	}
	snprintf(reply, sizeof reply, "YokogawaWT310,%d,1,1,1,1,0,0,0,version=1.9.1,OS=SIM,mode=power,0,1,1,0,no_cal_date,na", t.interval);
	return strcmp(line, "Hello") == 0      ? "Hello, PTDaemon here!"
	       : strcmp(line, "Identify") == 0 ? reply
	       : strcmp(line, "RR") == 0       ? t.ranges
	       : strncmp(line, "Go,", 3) == 0  ? "Starting untimed measurement, maximum 500000 samples at 1000ms with 0 rampup samples"
	       : strcmp(line, "Stop") == 0     ? "Stopping untimed measurement"
					       : "No unread samples available";
}

static void begin(const char *ranges, bool given)
{
	memset(&t, 0, sizeof t);
	scripted_begin(&t.link, answer, NULL);
	t.driver = driver_find("ptdaemon");
	t.config = (struct device_config){ .name = "wall", .measures = ROLE_WALL, .accuracy_given = true, .accuracy = { .reading = 0.001 },
					   .voltage_range = given ? 300 : 0, .current_range = given ? 2 : 0, .power_max = 600, .latency = NAN,
					   .u_latency = NAN, .line_frequency = 50, .endpoint = { .scheme = "tcp", .text = "tcp://pc:8888" } };
	t.ranges = ranges;
	t.interval = 1000;
	t.collect = collect_begin(&t.link.time.timebase);
}

static void fixed_at_the_panel(void)
{
	struct option_value *option = &t.config.options[t.config.n_options++];
	*option = (struct option_value){ .name = "panel", .text = "true", .number = 1 };
}

static int start(void)
{
	t.error = (struct error)ERROR_INIT;
	t.device = t.driver->open(&t.config, &t.link.link, &t.link.time.timebase, &t.error);
	if (t.device == NULL)
		fail_msg("%s", t.error.what);
	return t.driver->start(t.device, &t.collect->sink, &t.error);
}

static int stop(void)
{
	int result = t.driver->stop(t.device, &t.error);
	t.driver->close(t.device);
	return result;
}

static void refused(const char *what)
{
	assert_int_equal(start(), -1);
	if (strstr(t.error.what, what) == NULL)
		fail_msg("%s", t.error.what);
	assert_null(strstr(t.said, "SR"));
	t.driver->close(t.device);
}

static void ranges_are_put_back(void **state)
{
	(void)state;
	begin("Ranges,0,1.000000,0,150.000000", true);
	assert_int_equal(start(), 0);
	assert_int_equal(stop(), 0);
	assert_string_equal(t.said, "Stop SR,V,300 SR,A,2 Stop SR,V,150 SR,A,1 ");
	begin("Ranges,1,-1.000000,1,-1.000000", true);
	assert_int_equal(start(), 0);
	assert_int_equal(stop(), 0);
	assert_string_equal(t.said, "Stop SR,V,300 SR,A,2 Stop SR,V,Auto SR,A,Auto ");
}

/* Whether it was given back, its user is told. */
static void one_that_is_not_put_back_is_told(void **state)
{
	(void)state;
	static const char *const which[] = { "SR,V,150", "SR,A,1" };
	for (int i = 0; i < 2; i++) {
		begin("Ranges,0,1.000000,0,150.000000", true);
		assert_int_equal(start(), 0);
		t.refuses = which[i];
		assert_int_equal(stop(), -1);
		assert_string_equal(t.said, "Stop SR,V,300 SR,A,2 Stop SR,V,150 SR,A,1 ");
		assert_non_null(strstr(t.error.what, i == 0 ? "150 V" : "1 A"));
	}
}

static void what_could_not_be_put_back_is_not_set(void **state)
{
	(void)state;
	static const char *const unknown[] = { "Ranges,-1,-1.000000,-1,-1.000000", "Ranges,0,1.000000,-1,150.000000", "Ranges,-1,1.000000,0,150.000000",
					       "Ranges,0,-1.000000,0,150.000000", "Ranges,0,1.000000,0,-1.000000" };
	for (size_t i = 0; i < sizeof unknown / sizeof *unknown; i++) {
		begin(unknown[i], true);
		refused("could not be put back");
		begin(unknown[i], true);
		fixed_at_the_panel();
		assert_int_equal(start(), i == 0 ? 0 : -1); /* of the others what is told is not what the bench file says */
		assert_null(strstr(t.said, "SR"));
		t.driver->close(t.device);
	}
}

static void ranges_that_may_be_automatic(void **state)
{
	(void)state;
	begin("Ranges,1,-1.000000,0,300.000000", false);
	refused("are automatic");
	begin("Ranges,-1,-1.000000,0,300.000000", false);
	refused("is not told");
	begin("Ranges,0,2.000000,-1,300.000000", false);
	refused("is not told");
	begin("Ranges,0,2.000000,0,300.000000", false);
	assert_int_equal(start(), 0);
	assert_int_equal(stop(), 0);
	begin("Ranges,-1,-1.000000,-1,-1.000000", true);
	fixed_at_the_panel();
	assert_int_equal(start(), 0);
	assert_int_equal(stop(), 0);
	assert_null(strstr(t.said, "SR"));
	begin("Ranges,1,-1.000000,1,-1.000000", true);
	fixed_at_the_panel();
	refused("are automatic");
	begin("Ranges,0,2.000000,0,150.000000", true);
	fixed_at_the_panel();
	refused("are 150 V and 2 A");
}

/* Of a second, an average of 250 ms has measured a quarter. */
static void an_interval_below_a_second(void **state)
{
	(void)state;
	static const struct {
		int interval, unmeasured; /* ms */
	} cases[] = { { 1000, 20 }, { 990, 20 }, { 500, 500 }, { 250, 750 }, { 50, 950 } };
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		int n;
		begin("Ranges,0,2.000000,0,300.000000", false);
		t.interval = cases[i].interval;
		assert_int_equal(start(), 0);
		const struct channel *power = t.driver->channels(t.device, &n);
		assert_int_equal(power->window, NS_PER_S);
		assert_int_equal(power->unmeasured, cases[i].unmeasured * NS_PER_MS);
		assert_int_equal(stop(), 0);
	}
}

/* Nothing of it is changed, and it is not ended. */
static void a_measurement_that_is_somebodys(void **state)
{
	(void)state;
	begin("Ranges,0,1.000000,0,150.000000", true);
	t.somebodys = true;
	refused("already in progress");
	assert_string_equal(t.said, "");
}

/* After a disconnection it measures: for us, or for another who came meanwhile. */
static void whose_it_is_behind_a_disconnection(void **state)
{
	(void)state;
	for (int ours = 0; ours < 2; ours++) {
		begin("Ranges,0,1.000000,0,150.000000", true);
		assert_int_equal(start(), 0);
		t.mark = "joulerig";
		step_until(t.driver, t.device, t.collect, t.link.time.now + 5 * NS_PER_S);
		int before = collect_count(t.collect, RECORD_BLOCK, 0);
		assert_true(before >= 3);
		t.said[0] = '\0';
		t.somebodys = true;
		t.link.gone = true;
		step_until(t.driver, t.device, t.collect, t.link.time.now + 2 * NS_PER_S);
		t.link.gone = false;
		t.mark = ours ? "joulerig" : "certified";
		step_until(t.driver, t.device, t.collect, t.link.time.now + 10 * NS_PER_S);
		assert_in_range(collect_count(t.collect, RECORD_BLOCK, 0) - before, ours ? 6 : 0, ours ? 11 : 0);
		assert_int_equal(stop(), ours ? 0 : -1);
		assert_string_equal(t.said, ours ? "Stop SR,V,150 SR,A,1 " : "");
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ranges_are_put_back),
		cmocka_unit_test(one_that_is_not_put_back_is_told),
		cmocka_unit_test(what_could_not_be_put_back_is_not_set),
		cmocka_unit_test(ranges_that_may_be_automatic),
		cmocka_unit_test(a_measurement_that_is_somebodys),
		cmocka_unit_test(whose_it_is_behind_a_disconnection),
		cmocka_unit_test(an_interval_below_a_second),
	};
	return cmocka_run_group_tests_name("ptdaemon", tests, NULL, NULL);
}
