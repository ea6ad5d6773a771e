/* A meter's driver at the twin of its instrument, in simulated time and without a campaign. */
#include <string.h>

#include "device.h"
#include "lab.h"
#include "meter_link.h"

struct bench_top {
	struct twin_config *twin;
	struct plant plant;
	struct link *link;
	struct error error;
};

static void set_up(struct bench_top *top, const char *text)
{
	*top = (struct bench_top){ .twin = lab_twin(text) };
	struct simulation_config config = { .twin = top->twin, .seed = 1 };
	assert_int_equal(plant_open(&top->plant, &config, &top->error), 0);
	top->link = meter_link_open(&top->plant, 1, 50 * NS_PER_US, 300 * NS_PER_US, &top->error);
	assert_non_null(top->link);
}

static void take_down(struct bench_top *top)
{
	link_close(top->link);
	plant_close(&top->plant);
	simulation_twin_free(top->twin);
}

static const char *ask(struct bench_top *top, const char *line)
{
	static char reply[200];
	assert_int_equal(link_query(top->link, line, reply, sizeof reply, top->plant.now + 2 * NS_PER_S), IO_OK);
	return reply;
}

/* Straight after power-on it answers with headers, spelled out. What detect finds it to be it can be opened as. */
static void probe_reads_any_form_of_reply(void **state)
{
	(void)state;
	static const char *const forms[] = { "", ":COMM:VERB OFF", ":COMM:HEAD OFF", ":COMM:HEAD OFF;VERB OFF" };
	const struct driver *driver = driver_find("yokogawa_wt");
	for (size_t i = 0; i < sizeof forms / sizeof *forms; i++) {
		struct bench_top top;
		struct identity identity;
		struct device_config config = { .name = "wall", .endpoint = { .text = "twin" }, .line_frequency = 50 };
		set_up(&top, "load: {source: script}\nmeter: {}\n");
		char line[200];
		snprintf(line, sizeof line, "%s\n", forms[i]);
		link_send(top.link, line, strlen(line), top.plant.now + NS_PER_S);
		snprintf(line, sizeof line, "%s", ask(&top, ":COMM:HEAD?;:INP:MODE?;:INP:CURR:AUTO?"));
		assert_int_equal(driver->probe(top.link, &top.plant.timebase, &config, &identity, &top.error), 0);
		assert_string_equal(config.serial, "SIM000001");
		assert_near(config.voltage_range, 300, 300); /* automatic: whatever is in force */
		assert_true(config.voltage_range > 0 && config.current_range > 0);
		assert_near(config.update, 0.25, 0);
		assert_true(identity.simulated);
		assert_string_equal(ask(&top, ":COMM:HEAD?;:INP:MODE?;:INP:CURR:AUTO?"), line);
		config.latency = config.u_latency = 0;
		void *device = driver->open(&config, top.link, &top.plant.timebase, &top.error);
		assert_non_null(device);
		driver->close(device);
		take_down(&top);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(probe_reads_any_form_of_reply),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
