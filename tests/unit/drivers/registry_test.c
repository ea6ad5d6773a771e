/* The tables themselves, and what device.c offers to drivers. */
#include <stdio.h>

#include "collect.h"

static void test_drivers(void **state)
{
	(void)state;
	int n = 0;
	for (const struct driver *const *d = drivers; *d; d++, n++) {
		const struct driver *driver = *d;
		assert_ptr_equal(driver_find(driver->name), driver); /* so names are unique */
		assert_true(strlen(driver->name) < sizeof ((struct device_config *)0)->driver);
		assert_true(driver->summary && driver->summary[0]);
		assert_true(driver->gives && driver->gives[0]);
		assert_true(driver->maturity <= MATURITY_EXPERIMENTAL);
		assert_true(driver->open && driver->channels && driver->identity);
		assert_true(driver->start && driver->step && driver->stop && driver->close);
		assert_non_null(driver->schemes);
		for (const char *const *scheme = driver->schemes; *scheme; scheme++)
			assert_true(driver->own_access || strcmp(*scheme, "file") == 0 || link_ops_find(*scheme) != NULL);
		assert_true(driver->trigger == NULL || driver->trigger->source);
	}
	assert_true(n >= 3);
	assert_null(driver_find("nothing"));
}

/* ---- the documents ---- */

/* The first cell of a row of drivers/README.md's first table, and those that are compared. */
enum { CELL_NAME, CELL_INSTRUMENTS, CELL_LINKS, CELL_CHANNELS, CELL_MATURITY, CELL_SOURCES, CELLS };

/* Cuts "| a | b |" into its cells, in place; how many there are. */
static int cut_row(char *row, char *cells[CELLS])
{
	int n = 0;
	char *rest = row + strspn(row, "| ");
	while (n < CELLS && *rest && *rest != '\n') {
		char *end = strstr(rest, " |");
		if (end == NULL)
			break;
		cells[n++] = rest;
		*end = '\0';
		rest = end + 2;
		rest += strspn(rest, " ");
	}
	return n;
}

/* `row` gets the driver's row. */
static bool find_row(const char *driver, char *row, size_t size)
{
	char start[64];
	bool found = false;
	FILE *file = fopen(TEST_SOURCE_DIR "/drivers/README.md", "r");
	assert_non_null(file);
	snprintf(start, sizeof start, "| `%s` |", driver);
	while (!found && fgets(row, (int)size, file))
		found = strncmp(row, start, strlen(start)) == 0;
	fclose(file);
	return found;
}

static void assert_named(const char *driver, const char *cell, const char *name, size_t length)
{
	char quoted[64];
	snprintf(quoted, sizeof quoted, "`%.*s`", (int)length, name);
	if (strstr(cell, quoted) == NULL)
		fail_msg("drivers/README.md: the row of %s has no %s: %s", driver, quoted, cell);
}

/* "a, b with x; c": every name that is not behind a "with" or "as". "none", and "those of …", name nothing. */
static void assert_channels(const struct driver *driver, const char *cell)
{
	if (strcmp(driver->gives, "none") == 0 || strncmp(driver->gives, "those ", 6) == 0)
		return;
	for (const char *name = driver->gives; *name;) {
		size_t length = strcspn(name, " ,;");
		assert_true(length > 0);
		assert_named(driver->name, cell, name, length);
		name += strcspn(name, ",;");
		name += strspn(name, ",; ");
	}
}

static void assert_links(const struct driver *driver, const char *cell)
{
	for (const char *const *scheme = driver->schemes; *scheme; scheme++)
		assert_named(driver->name, cell, *scheme, strlen(*scheme));
}

/* Its row in drivers/README.md says of a driver what its descriptor says. */
static void test_documents(void **state)
{
	(void)state;
	for (const struct driver *const *d = drivers; *d; d++) {
		char row[4096], *cells[CELLS];
		const char *maturity = maturity_name((*d)->maturity);
		if (!find_row((*d)->name, row, sizeof row))
			fail_msg("drivers/README.md has no row of %s", (*d)->name);
		assert_int_equal(cut_row(row, cells), CELLS);
		assert_links(*d, cells[CELL_LINKS]);
		assert_channels(*d, cells[CELL_CHANNELS]);
		if (strncmp(cells[CELL_MATURITY], maturity, strlen(maturity)) != 0)
			fail_msg("drivers/README.md: the maturity of %s is %s, not %s", (*d)->name, maturity, cells[CELL_MATURITY]);
	}
}

/* Each fallback is valid text of its own option's type. */
static void test_options(void **state)
{
	(void)state;
	for (const struct driver *const *driver = drivers; *driver; driver++) {
		for (const struct option_spec *spec = (*driver)->options; spec && spec->name; spec++) {
			double number;
			long long integer;
			assert_true(spec->summary && spec->summary[0]);
			assert_true(strlen(spec->name) < sizeof ((struct option_value *)0)->name);
			if (spec->fallback == NULL)
				continue;
			if (spec->type == OPTION_QUANTITY)
				assert_int_equal(quantity_parse(spec->fallback, spec->dimension, &number), 0);
			if (spec->type == OPTION_INTEGER)
				assert_int_equal(integer_parse(spec->fallback, &integer), 0);
			if (spec->type == OPTION_BOOLEAN)
				assert_true(strcmp(spec->fallback, "true") == 0 || strcmp(spec->fallback, "false") == 0);
		}
	}
}

static bool has_option(const struct driver *driver, const char *name)
{
	for (const struct option_spec *spec = driver->options; spec && spec->name; spec++)
		if (strcmp(spec->name, name) == 0)
			return true;
	return false;
}

/* Options of a driver and of the one that it stands in front of are told apart by their names, and all of them can be given. */
static void test_drivers_in_front(void **state)
{
	(void)state;
	for (const struct driver *const *front = drivers; *front; front++) {
		if ((*front)->wraps == NULL) {
			assert_ptr_equal(driver_behind(*front, NULL), *front);
			continue;
		}
		assert_true(has_option(*front, (*front)->wraps));
		assert_null(driver_behind(*front, (*front)->name));
		assert_null(driver_behind(*front, "nothing"));
		assert_null(driver_behind(*front, NULL));
		for (const struct driver *const *driver = drivers; *driver; driver++) {
			int n = 0;
			for (const struct option_spec *spec = (*driver)->options; spec && spec->name; spec++, n++)
				assert_true(*driver == *front || !has_option(*front, spec->name));
			for (const struct option_spec *spec = (*front)->options; spec->name; spec++)
				n++;
			assert_true(n <= DEVICE_OPTIONS_MAX);
			assert_true((*driver)->wraps || driver_behind(*front, (*driver)->name) == *driver);
		}
	}
}

static void test_links(void **state)
{
	(void)state;
	for (const struct link_ops *const *l = link_kinds; *l; l++) {
		const struct link_ops *ops = *l;
		assert_ptr_equal(link_ops_find(ops->scheme), ops);
		assert_true(ops->summary && ops->summary[0]);
		assert_true(ops->open && ops->reopen && ops->send && ops->recv && ops->clear && ops->close);
	}
	assert_null(link_ops_find("file"));
	assert_null(link_ops_find(""));
}

static void test_device_option(void **state)
{
	(void)state;
	static const struct option_spec specs[] = {
		{ "interval", "", OPTION_QUANTITY, DIMENSION_TIME, "100 ms" },
		{ "element", "", OPTION_INTEGER, DIMENSION_RATIO, "3" },
		{ "loud", "", OPTION_BOOLEAN, DIMENSION_RATIO, "true" },
		{ "mode", "", OPTION_TEXT, DIMENSION_RATIO, "RMS" },
		{ "port", "", OPTION_TEXT, DIMENSION_RATIO, NULL },
		{ .name = NULL },
	};
	struct device_config config = { .n_options = 2, .options = { { "element", "7", 7 }, { "extra", "x", 0 } } };
	double number = -1;
	assert_string_equal(device_option(&config, specs, "element", &number), "7");
	assert_near(number, 7, 0);
	assert_string_equal(device_option(&config, specs, "interval", &number), "100 ms");
	assert_near(number, 0.1, 0);
	assert_string_equal(device_option(&config, specs, "loud", &number), "true");
	assert_near(number, 1, 0);
	assert_string_equal(device_option(&config, specs, "mode", NULL), "RMS");
	assert_null(device_option(&config, specs, "port", &number));
	assert_null(device_option(&config, specs, "other", NULL));
	assert_null(device_option(&config, NULL, "interval", NULL));
	assert_string_equal(device_option(&config, NULL, "extra", NULL), "x");
}

static void test_sink_helpers(void **state)
{
	(void)state;
	struct fake_time time = FAKE_TIME_INIT;
	struct collect *collect = collect_begin(&time.timebase);
	sink_value(&collect->sink, 1, 10, 2, FLAG_NO_DATA, 1.5);
	sink_count(&collect->sink, 2, 20, 3, 0, UINT64_MAX);
	sink_gap(&collect->sink, 3, GAP_STALLED, 0, 100, 201);
	struct record_range range = { .voltage = 300, .current = 2, .changed = 1 };
	sink_range(&collect->sink, 4, 40, 5, &range);
	const struct collected *list = collect->list;
	assert_int_equal(collect->n, 4);
	for (int i = 0; i < 4; i++)
		assert_int_equal(list[i].record.channel, i + 1);
	assert_int_equal(list[0].record.kind, RECORD_BLOCK);
	assert_int_equal(list[0].record.n, 1);
	assert_int_equal(list[0].record.flags, FLAG_NO_DATA);
	assert_near(list[0].value, 1.5, 0);
	assert_true(list[1].count == UINT64_MAX && list[1].record.t == 20 && list[1].record.u_t == 3);
	assert_int_equal(list[2].record.kind, RECORD_GAP);
	assert_int_equal(list[2].gap.reason, GAP_STALLED);
	assert_int_equal(list[2].gap.values, 1); /* at least one */
	assert_int_equal(list[2].record.t, 150);
	assert_int_equal(list[2].record.u_t, 50);
	assert_int_equal(list[3].record.kind, RECORD_RANGE);
	assert_int_equal(list[3].range.changed, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_drivers),       cmocka_unit_test(test_options),      cmocka_unit_test(test_links),
		cmocka_unit_test(test_device_option), cmocka_unit_test(test_sink_helpers), cmocka_unit_test(test_documents),
		cmocka_unit_test(test_drivers_in_front),
	};
	return cmocka_run_group_tests_name("registry", tests, NULL, NULL);
}
