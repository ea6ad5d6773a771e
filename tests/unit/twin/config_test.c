#include "rig.h"

#include <unistd.h>

#include "bench_file.h"
#include "cpu_use.h"
#include "truth.h"

/* The demo's own file is free of mistakes and says what it should. */
static void demo(void **state)
{
	(void)state;
	struct twin_config c;
	struct problems problems = { .n = 0 };
	struct error error = ERROR_INIT;
	assert_int_equal(twin_config_load(TEST_SOURCE_DIR "/scripts/demo-twin.yaml", &c, &problems, &error), 0);
	assert_true(c.has_meter && c.has_powercap && c.real_load && !c.tcp && !c.pty);
	assert_near(c.model.per_core, 25, 0);
	assert_near(c.meter.errors.noise, 0.2, 1e-15);
	assert_true(isnan(c.meter.errors.gain));
	assert_string_equal(c.meter.serial, "SIM000002");
	twin_config_seed(&c, 1234567);
	assert_string_equal(c.meter.serial, "SIM234567");
	twin_config_free(&c);
	problems_free(&problems);
}

static void mistakes(void **state)
{
	(void)state;
	static const char text[] = "joulerig: twin 1\nload: {steps: [{at: 2 s, cores: 1}, {at: 1 s}]}\n"
				   "meter: {links: {bench: tcp}}\n";
	static const char *const no_service[] = { "joulerig: twin 1\nmeter: {links: {bench: vxi11}}\n",
						  "joulerig: twin 1\nmeter: {links: {portmapper: 1111}}\n" };
	static const char *const instruments[][2] = {
		{ "instruments: {a: {model: Abacus}}\n", "no instrument of the twin is called \"Abacus\"" },
		{ "instruments: {}\nfaults: [{what: nan, device: b}]\n", "no instrument is called b" },
		{ "meter: {}\ninstruments: {wall: {model: Abacus}}\n", "another device called wall" },
	};
	static const char schema_mistakes[] = "joulerig: twin 1\nmeter: {noise: 3}\nfaults: [{what: fire}]\nload: {sauce: cpu}\n";
	struct twin_config c;
	struct problems problems = { .n = 0 };
	struct error error = ERROR_INIT;
	assert_int_equal(twin_config_parse("t", text, sizeof text - 1, &c, &problems, &error), -1);
	assert_int_equal(error.code, ERROR_CONFIG);
	assert_int_equal(problems.n, 2);
	assert_int_equal(problems.list[0].line, 2);
	assert_int_equal(problems.list[1].line, 3);
	problems_free(&problems);
	for (int i = 0; i < 2; i++) {
		error = (struct error)ERROR_INIT;
		problems = (struct problems){ .n = 0 };
		assert_int_equal(twin_config_parse("t", no_service[i], strlen(no_service[i]), &c, &problems, &error), -1);
		assert_int_equal(problems.n, 1);
		assert_non_null(strstr(problems.list[0].text, "vxi11: PORT"));
		problems_free(&problems);
	}
	for (int i = 0; i < 3; i++) {
		problems = (struct problems){ .n = 0 };
		char whole[200];
		int length = snprintf(whole, sizeof whole, "joulerig: twin 1\n%s", instruments[i][0]);
		assert_int_equal(twin_config_parse("t", whole, (size_t)length, &c, &problems, NULL), -1);
		bool told = false;
		for (size_t j = 0; j < problems.n; j++)
			told = told || strstr(problems.list[j].text, instruments[i][1]);
		assert_true(told);
		problems_free(&problems);
	}
	error = (struct error)ERROR_INIT;
	problems = (struct problems){ .n = 0 };
	assert_int_equal(twin_config_parse("t", schema_mistakes, sizeof schema_mistakes - 1, &c, &problems, &error), -1);
	assert_int_equal(problems.n, 3);
	problems_free(&problems);
}

static void bench_text(void **state)
{
	(void)state;
	struct rig *rig = rig_open("name: one\nmeter: {links: {tcp: 0, bench: tcp}}\npowercap: {}\n");
	struct endpoints at = { .unix_path = "/x/wt310e.sock", .tcp_port = 4711, .powercap = "/x/powercap" };
	struct text text = TEXT_INIT;
	bench_file_text(&rig->twin, &at, &text);
	static const char *const lines[] = {
		"joulerig: bench 1\n", "endpoint: \"tcp://127.0.0.1:4711\"\n", "ranges: {voltage: 300 V, current: 2 A}\n",
		"update: 100 ms\n", "    latency_uncertainty: 5 ms\n",
		"accuracy: {reading: 0.1 %, range: 0.05 %, power_factor: 0.1 %, timebase: 50 ppm}\n",
		"options: {root: \"/x/powercap\"}\n",
	};
	for (size_t i = 0; i < sizeof lines / sizeof *lines; i++)
		if (strstr(text_string(&text), lines[i]) == NULL)
			fail_msg("no \"%s\" in:\n%s", lines[i], text_string(&text));
	text_free(&text);
	rig_close(rig);
	rig = rig_open("meter: {links: {vxi11: 0, bench: vxi11}}\n");
	at = (struct endpoints){ .unix_path = "/x/wt310e.sock", .tcp_port = -1, .vxi11_port = 4712 };
	text = (struct text)TEXT_INIT;
	bench_file_text(&rig->twin, &at, &text);
	assert_non_null(strstr(text_string(&text), "endpoint: \"vxi11://127.0.0.1:4712\"\n"));
	text_free(&text);
	rig_close(rig);
	rig = rig_open("name: 'a \"b\" \\ c'\nmeter: {links: {tcp: 0, bench: tcp}}\npowercap: {}\n");
	at = (struct endpoints){ .unix_path = "/x", .tcp_port = 4711, .powercap = "/x/\"}\n" };
	text = (struct text)TEXT_INIT;
	bench_file_text(&rig->twin, &at, &text);
	assert_non_null(strstr(text_string(&text), "\nname: \"a \\\"b\\\" \\\\ c (simulated)\"\n"));
	assert_non_null(strstr(text_string(&text), "{root: \"/x/\\\"}\\x0a\"}\n"));
	text_free(&text);
	rig_close(rig);
}

static void cpu_line(void **state)
{
	(void)state;
	assert_near(cpu_use_parse("cpu  104365 1 12561 219452 4811 2 116 61 0 0\n", 100), 1170.45, 1e-9);
	assert_true(cpu_use_parse("intr 5", 100) < 0);
	assert_true(cpu_use_parse("cpu 1 2 3", 100) < 0);
}

struct row {
	int64_t kind, t, joules[5];
};

static double between(const struct row *a, const struct row *b, int quantity, int64_t t)
{
	double part = (double)(t - a->t) / (double)(b->t - a->t);
	return (double)a->joules[quantity] + (double)(b->joules[quantity] - a->joules[quantity]) * part;
}

/* What is interpolated from the log is the model's energy, everywhere. */
static void truth_log(void **state)
{
	(void)state;
	char path[] = "/tmp/twin-truth-XXXXXX", header[TRUTH_HEADER];
	close(mkstemp(path));
	struct error error = ERROR_INIT;
	struct rig *rig = rig_open("meter: {}\nload: {source: script, steps: [{at: 1.0003 s, cores: 1}, {at: 2 s}, "
				   "{at: 3 s, ramp: 1 s, power: 50 W}]}\n");
	assert_int_equal(twin_open_truth(&rig->twin, path, &error), 0);
	for (int i = 0; i < 500; i++)
		rig_wait(rig, 0.0117);
	twin_sync_truth(&rig->twin, rig->now, 77);
	assert_int_equal(truth_flush(rig->twin.truth, rig->twin.model, &error), 0);

	FILE *file = fopen(path, "rb");
	struct row a = { 0 }, b;
	int rows = 0, syncs = 0, counts = 0;
	assert_int_equal(fread(header, 1, sizeof header, file), sizeof header);
	assert_non_null(strstr(header, "\"row_bytes\": 56"));
	assert_non_null(strstr(header, "\"instruments\": [\"wall\"]"));
	while (fread(&b, sizeof b, 1, file) == 1) {
		syncs += b.kind == 1;
		counts += b.kind == 2 && b.joules[0] == 0 && b.joules[1] == rig->twin.meter.updates && b.joules[1] > 20;
		if (b.kind != 0)
			continue;
		for (int64_t t = a.t; rows > 0 && t < b.t; t += NS_PER_MS / 3)
			for (int q = 0; q < 5; q++)
				assert_near(between(&a, &b, q, t), (double)model_energy(rig->twin.model, q, t), 1e5);
		a = b;
		rows++;
	}
	assert_int_equal(syncs, 1);
	assert_int_equal(counts, 1);
	assert_int_equal(a.t, model_step_start(rig->twin.model));
	assert_true(rows > 100 && rows < 5000);
	fclose(file);
	unlink(path);
	truth_close(rig->twin.truth);
	rig_close(rig);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(demo), cmocka_unit_test(mistakes), cmocka_unit_test(bench_text), cmocka_unit_test(cpu_line),
		cmocka_unit_test(truth_log),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
