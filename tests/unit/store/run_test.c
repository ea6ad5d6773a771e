/* Journal -> run -> run file -> run: nothing is lost, and nothing that was changed is taken for what was written. */
#include "run.h"

#include <hdf5.h>
#include <signal.h>
#include <sys/resource.h>

#include "crc32c.h"
#include "run_model.h"
#include "sample.h"
#include "unit.h"

#define TICKS 60

/* libhdf5 1.10 itself loses memory when it gives up on a damaged file; that we close all we open is tested instead. */
const char *__lsan_default_suppressions(void);
const char *__lsan_default_suppressions(void)
{
	return "leak:libhdf5";
}

static void assert_all_closed(void)
{
	assert_int_equal(H5Fget_obj_count((hid_t)H5F_OBJ_ALL, H5F_OBJ_ALL), 0);
}

static char directory[64];

static const char *path_of(const char *name)
{
	static char paths[4][256];
	static unsigned next;
	return sample_path(directory, name, paths[next++ % 4]);
}

static void make_run(struct run *run)
{
	struct error error = ERROR_INIT;
	unlink(path_of("a.journal"));
	assert_int_equal(sample_journal(path_of("a.journal"), TICKS, &error), 0);
	assert_int_equal(run_from_journal(path_of("a.journal"), run, &error), 0);
}

static void write_run(const struct run *run, const char *path)
{
	struct error error = ERROR_INIT;
	unlink(path);
	if (run_write(run, path, &error) != 0)
		fail_msg("%s: %s", error.on, error.what);
}

static void records_become_a_run(void **state)
{
	(void)state;
	struct run run;
	make_run(&run);
	assert_int_equal(run.damage, 0);
	assert_int_equal(run.n_channels, 4);
	assert_string_equal(run.channels[SAMPLE_PACKAGE].device, "rapl");
	assert_string_equal(run.channels[SAMPLE_PACKAGE].channel.name, "package-0.energy");
	assert_int_equal(run.channels[SAMPLE_WALL].n, TICKS);
	assert_int_equal(run.channels[SAMPLE_CURRENT].n, 100 * TICKS);
	for (int i = 0; i < TICKS; i++) {
		const struct run_channel *wall = &run.channels[SAMPLE_WALL], *current = &run.channels[SAMPLE_CURRENT];
		assert_int_equal(wall->t[i], SAMPLE_T0 - NS_PER_S + i * 100 * NS_PER_MS);
		assert_int_equal(wall->u_t[i], 1000);
		assert_int_equal(wall->seq[i], i);
		assert_int_equal(wall->flags[i], i % 10 == 9 ? FLAG_NO_DATA : 0);
		assert_true(i % 10 == 9 ? isnan(wall->values.f64[i]) : wall->values.f64[i] == 100 + i + 1.0 / 3);
		assert_int_equal(run.channels[SAMPLE_FREQUENCY].values.i64[i], -i);
		for (int k = 0; k < 100; k++) {
			assert_int_equal(current->t[100 * i + k], wall->t[i] + k * NS_PER_MS);
			assert_int_equal(current->values.i64[100 * i + k], k * 300 - 15000 + i);
			assert_int_equal(current->seq[100 * i + k], i);
		}
	}
	assert_int_equal(run.channels[SAMPLE_PACKAGE].n_gaps, 9);
	assert_int_equal(run.channels[SAMPLE_PACKAGE].gaps[8].reason, GAP_TIMEOUT);
	assert_int_equal(run.n_anchors, 2);
	assert_int_equal(run.anchors[1].tai_offset_s, 37);
	assert_int_equal(run.n_ranges, 1);
	assert_true(run.ranges[0].range.voltage == 300 && run.ranges[0].channel == SAMPLE_WALL);
	assert_int_equal(run.n_syncs, 3);
	assert_int_equal(run.syncs[2].channel, SAMPLE_CURRENT);
	assert_int_equal(run.syncs[2].sync.answered, SAMPLE_T0 + 130000);
	assert_int_equal(run_edge(&run, EDGE_START, NULL)->t, SAMPLE_T0);
	assert_int_equal(run_edge(&run, EDGE_BEGIN, "measured")->t, SAMPLE_T0 + NS_PER_S);
	assert_null(run_edge(&run, EDGE_BEGIN, "other"));
	run_free(&run);
	assert_null(run.channels);
}

static void notes_are_merged(void **state)
{
	(void)state;
	struct run run;
	make_run(&run);
	json_t *expected = json_pack("{s:s, s:{s:f, s:f}, s:i}", "status", "failed", "rusage", "user_s", 1.5, "system_s", 0.2,
				     "exit_code", 1);
	assert_true(json_equal(run.notes, expected));
	json_decref(expected);
	run_free(&run);
}

static void long_notes_come_back(void **state)
{
	(void)state;
	struct error error = ERROR_INIT;
	struct run run;
	json_t *note = json_pack("{s:s, s:{}, s:n}", "status", "ok", "empty", "nothing"), *facts = json_object();
	char key[24], value[RECORD_PAYLOAD_MAX + 1];
	memset(value, 'x', sizeof value);
	value[sizeof value - 1] = '\0';
	for (int i = 0; i < 500; i++) {
		snprintf(key, sizeof key, "fact-%d", i);
		json_object_set_new(facts, key, json_stringn(value, (size_t)i * 6));
	}
	json_object_set_new(note, "facts", facts);
	unlink(path_of("notes.journal"));
	struct journal *journal = journal_create(path_of("notes.journal"), "{\"channels\": []}", &error);
	assert_int_equal(run_note(journal, 1, note, &error), 0);
	json_t *longer = json_pack("{s:s}", "too", value);
	assert_int_equal(run_note(journal, 2, longer, &error), -1);
	assert_int_equal(error.code, ERROR_INTERNAL);
	error.code = ERROR_NONE;
	assert_int_equal(journal_close(journal, &error), 0);
	assert_int_equal(run_from_journal(path_of("notes.journal"), &run, &error), 0);
	assert_true(json_equal(run.notes, note));
	json_decref(longer);
	json_decref(note);
	run_free(&run);
}

/* Records that cannot be are left out and counted; the rest is kept. */
static void nonsense_is_damage(void **state)
{
	(void)state;
	struct error error = ERROR_INIT;
	struct run run;
	double values[2] = { 1, 2 };
	char *header = sample_header();
	unlink(path_of("b.journal"));
	struct journal *journal = journal_create(path_of("b.journal"), header, &error);
	sample_put(journal, RECORD_BLOCK, SAMPLE_WALL, 0, 0, 1, 5, values, 8, &error);
	sample_put(journal, RECORD_BLOCK, 4, 0, 0, 1, 5, values, 8, &error);             /* no such channel */
	sample_put(journal, RECORD_BLOCK, SAMPLE_WALL, 0, 0, 1, 5, values, 16, &error);  /* a value too many */
	sample_put(journal, RECORD_BLOCK, SAMPLE_WALL, 0, 0, 2, 5, values, 8, &error);   /* one too few */
	sample_put(journal, RECORD_NOTE, 0, 0, 0, 8, 5, "not json", 8, &error);
	sample_put(journal, RECORD_BLOCK, SAMPLE_WALL, 1, 0, 1, 6, values + 1, 8, &error);
	assert_int_equal(journal_close(journal, &error), 0);
	assert_int_equal(run_from_journal(path_of("b.journal"), &run, &error), 0);
	assert_int_equal(run.channels[SAMPLE_WALL].n, 2);
	assert_true(run.channels[SAMPLE_WALL].values.f64[1] == 2);
	assert_int_equal(run.damage, (32 + 8) + (32 + 16) + (32 + 8) + (32 + 8));
	write_run(&run, path_of("b.h5"));
	run_free(&run);
	free(header);
}

static void headers_that_cannot_be(void **state)
{
	(void)state;
	static const char *const headers[] = {
		"", "[]", "{}", "{\"channels\": 3}", "{\"channels\": [3]}", "{\"channels\": [], \"channels\": []}"};
	struct run run;
	for (size_t i = 0; i < sizeof headers / sizeof *headers; i++) {
		struct error error = ERROR_INIT;
		unlink(path_of("c.journal"));
		journal_close(journal_create(path_of("c.journal"), headers[i], &error), &error);
		assert_int_equal(run_from_journal(path_of("c.journal"), &run, &error), -1);
		assert_int_equal(error.code, ERROR_CORRUPT);
	}
	json_t *twice = json_pack("{s:o}", "channels", sample_channels());
	json_array_append(json_object_get(twice, "channels"), json_array_get(json_object_get(twice, "channels"), 0));
	char *text = json_dumps(twice, 0);
	struct error error = ERROR_INIT;
	unlink(path_of("c.journal"));
	journal_close(journal_create(path_of("c.journal"), text, &error), &error);
	assert_int_equal(run_from_journal(path_of("c.journal"), &run, &error), -1);
	assert_non_null(strstr(error.what, "wall.power"));
	json_decref(twice);
	free(text);
}

static void the_file_holds_it_all(void **state)
{
	(void)state;
	struct error error = ERROR_INIT;
	struct run run, back;
	size_t size, again;
	make_run(&run);
	run.damage = 12345;
	write_run(&run, path_of("a.h5"));
	assert_int_not_equal(access(path_of("a.h5.part"), F_OK), 0);
	assert_int_equal(run_read(path_of("a.h5"), &back, &error), 0);
	assert_null(run_difference(&run, &back));
	assert_int_equal(back.damage, 12345);
	unsigned char *one = sample_load(path_of("a.h5"), &size);
	write_run(&back, path_of("b.h5")); /* the same run gives the same bytes */
	unsigned char *two = sample_load(path_of("b.h5"), &again);
	assert_int_equal(size, again);
	assert_memory_equal(one, two, size);
	free(one);
	free(two);
	run_free(&back);
	run_free(&run);
}

/* Blocks of an affine axis are found again from the values: a change in any column begins a new one. */
static void uneven_blocks_come_back(void **state)
{
	(void)state;
	struct error error = ERROR_INIT;
	struct run run, back;
	make_run(&run);
	struct run_channel *current = &run.channels[SAMPLE_CURRENT];
	current->u_t[150] += 1;
	current->flags[250] = FLAG_OVER_RANGE;
	current->seq[350] ^= 1;
	current->t[450] = INT64_MIN;
	current->t[current->n - 1] = INT64_MAX;
	write_run(&run, path_of("uneven.h5"));
	assert_int_equal(run_read(path_of("uneven.h5"), &back, &error), 0);
	assert_null(run_difference(&run, &back));
	run_free(&back);
	run_free(&run);
}

/* The header is the truth about channels: what was changed is said there, too. */
static void describe_channels_anew(struct run *run)
{
	json_t *list = json_array();
	for (size_t i = 0; i < run->n_channels; i++)
		json_array_append_new(list, channel_to_json(&run->channels[i].channel, run->channels[i].device));
	json_object_set_new(run->header, "channels", list);
}

/* Of the file's plot of a counter. */
static void read_plot(const char *path, double shown[TICKS])
{
	hid_t file = H5Fopen(path, H5F_ACC_RDONLY, H5P_DEFAULT), set = H5Dopen2(file, "/entry/data/energy", H5P_DEFAULT);
	assert_true(H5Dread(set, H5T_NATIVE_DOUBLE, H5S_ALL, H5S_ALL, H5P_DEFAULT, shown) >= 0);
	H5Dclose(set);
	H5Fclose(file);
}

/* Without power, the plot is of the counter: unwrapped, from zero, in joules. */
static void the_plot_of_a_counter(void **state)
{
	(void)state;
	struct run run;
	double shown[TICKS];
	make_run(&run);
	run.channels[SAMPLE_WALL].n = run.channels[SAMPLE_CURRENT].n = 0;
	struct run_channel *package = &run.channels[SAMPLE_PACKAGE];
	for (uint64_t i = 0; i < TICKS; i++) /* it wraps on the way */
		package->values.u64[i] = (UINT64_C(262143000000) + i * 20000000) % UINT64_C(262143328851);
	assert_true(package->values.u64[TICKS - 1] < package->values.u64[0]);
	package->flags[5] = FLAG_NO_DATA;
	write_run(&run, path_of("counter.h5"));
	read_plot(path_of("counter.h5"), shown);
	for (int i = 0; i < TICKS; i++)
		if (i == 5)
			assert_true(isnan(shown[i]));
		else
			assert_near(shown[i], 20.0 * i, 1e-6);
	run_free(&run);
}

/* What a counter that went back has counted nobody knows, and a turn nearly all round is no step forward. */
static void the_plot_of_a_counter_that_began_anew(void **state)
{
	(void)state;
	static const uint64_t wraps[] = { UINT64_C(262143328851), 0 };
	for (size_t w = 0; w < 2; w++) {
		struct run run;
		double shown[TICKS];
		make_run(&run);
		run.channels[SAMPLE_WALL].n = run.channels[SAMPLE_CURRENT].n = 0;
		struct run_channel *package = &run.channels[SAMPLE_PACKAGE];
		package->channel.wrap = wraps[w];
		describe_channels_anew(&run);
		for (uint64_t i = 0; i < TICKS; i++)
			package->values.u64[i] = (i < 30 ? 5000 + i : i - 30) * 1000000;
		write_run(&run, path_of(w ? "reset-without-wrap.h5" : "reset.h5"));
		read_plot(path_of(w ? "reset-without-wrap.h5" : "reset.h5"), shown);
		for (int i = 0; i < TICKS; i++)
			assert_true(i < 30 ? fabs(shown[i] - i) < 1e-9 : isnan(shown[i]));
		run_free(&run);
	}
}

static bool file_has(const char *path, const char *object)
{
	hid_t file = H5Fopen(path, H5F_ACC_RDONLY, H5P_DEFAULT);
	bool has = H5Lexists(file, object, H5P_DEFAULT) > 0;
	H5Fclose(file);
	return has;
}

/* Times of a device's own clock are not since the start edge, which is the host's: another channel is shown, or none. */
static void no_plot_of_a_devices_clock(void **state)
{
	(void)state;
	struct run run;
	make_run(&run);
	run.channels[SAMPLE_WALL].n = 0;
	struct run_channel *package = &run.channels[SAMPLE_PACKAGE], *current = &run.channels[SAMPLE_CURRENT];
	current->channel.role = ROLE_WALL; /* of the rig's */
	describe_channels_anew(&run);
	write_run(&run, path_of("other.h5"));
	assert_true(file_has(path_of("other.h5"), "/entry/data/energy"));
	package->channel.clock = CLOCK_ID_DEVICE;
	describe_channels_anew(&run);
	write_run(&run, path_of("none.h5"));
	assert_false(file_has(path_of("none.h5"), "/entry/data"));
	run_free(&run);
}

static void assert_clock(hid_t file, const char *path, const char *clock)
{
	char text[32] = "";
	if (clock == NULL) {
		assert_false(H5Aexists_by_name(file, path, "clock", H5P_DEFAULT) > 0);
		return;
	}
	hid_t attribute = H5Aopen_by_name(file, path, "clock", H5P_DEFAULT, H5P_DEFAULT), type = H5Aget_type(attribute);
	assert_true(attribute >= 0 && !H5Tis_variable_str(type) && H5Tget_size(type) < sizeof text);
	assert_true(H5Aread(attribute, type, text) >= 0);
	assert_string_equal(text, clock);
	H5Tclose(type);
	H5Aclose(attribute);
}

/* Beside a device's own times stand the host's: each says which it is. */
static void times_say_of_which_clock(void **state)
{
	(void)state;
	struct run run;
	make_run(&run);
	free(run.syncs);
	run.syncs = calloc(1, sizeof *run.syncs);
	assert_non_null(run.syncs);
	run.n_syncs = 1;
	run.syncs[0] = (struct run_sync){ .channel = SAMPLE_CURRENT, .sync = { SAMPLE_T0, SAMPLE_T0 + 9, 5, 7 } };
	write_run(&run, path_of("clocks.h5"));
	hid_t file = H5Fopen(path_of("clocks.h5"), H5F_ACC_RDONLY, H5P_DEFAULT);
	assert_clock(file, "/entry/instrument/rig/current/t", "device");
	assert_clock(file, "/entry/instrument/rig/current/gaps/from", "monotonic");
	assert_clock(file, "/entry/instrument/rig/current/gaps/to", "monotonic");
	assert_clock(file, "/entry/instrument/wall/power/gaps/from", NULL); /* as in files from before */
	assert_clock(file, "/entry/syncs/sent", "monotonic");
	assert_clock(file, "/entry/syncs/received", "monotonic");
	assert_clock(file, "/entry/syncs/arrived", "device");
	assert_clock(file, "/entry/syncs/answered", "device");
	H5Fclose(file);
	run_free(&run);
}

static void a_run_without_samples(void **state)
{
	(void)state;
	struct error error = ERROR_INIT;
	struct run run = { .header = json_pack("{s:[]}", "channels"), .notes = json_object() }, back;
	write_run(&run, path_of("empty.h5"));
	assert_int_equal(run_read(path_of("empty.h5"), &back, &error), 0);
	assert_null(run_difference(&run, &back));
	run_free(&back);
	run_free(&run);
}

static void a_finished_run_is_not_replaced(void **state)
{
	(void)state;
	struct error error = ERROR_INIT;
	struct run run;
	size_t size, after;
	make_run(&run);
	write_run(&run, path_of("a.h5"));
	unsigned char *before = sample_load(path_of("a.h5"), &size);
	run.damage = 1;
	assert_int_equal(run_write(&run, path_of("a.h5"), &error), -1);
	assert_int_equal(error.code, ERROR_EXISTS);
	assert_int_not_equal(access(path_of("a.h5.part"), F_OK), 0);
	unsigned char *now = sample_load(path_of("a.h5"), &after);
	assert_int_equal(size, after);
	assert_memory_equal(before, now, size);
	free(before);
	free(now);
	run_free(&run);
}

/* run_difference is what run_write trusts: it must see each change. */
#define SEES(change, undo)                                                                                                    \
	do {                                                                                                                  \
		change;                                                                                                       \
		assert_non_null(run_difference(&a, &b));                                                                      \
		undo;                                                                                                         \
		assert_null(run_difference(&a, &b));                                                                          \
	} while (0)
#define SEES_BIT(lvalue) SEES((lvalue) ^= 1, (lvalue) ^= 1)

static void differences_are_seen(void **state)
{
	(void)state;
	struct run a, b;
	make_run(&a);
	make_run(&b);
	assert_null(run_difference(&a, &b));
	struct run_channel *wall = &b.channels[SAMPLE_WALL];
	SEES_BIT(wall->t[TICKS - 1]);
	SEES_BIT(wall->u_t[3]);
	SEES_BIT(wall->flags[3]);
	SEES_BIT(wall->seq[3]);
	SEES_BIT(wall->values.u64[9]);
	SEES_BIT(wall->n);
	SEES_BIT(wall->channel.latency);
	SEES_BIT(wall->device[1]);
	SEES_BIT(b.channels[SAMPLE_PACKAGE].gaps[8].to);
	SEES_BIT(b.channels[SAMPLE_PACKAGE].n_gaps);
	SEES_BIT(b.edges[2].edge.received);
	SEES_BIT(b.edges[2].edge.name[0]);
	SEES_BIT(b.anchors[1].tai_offset_s);
	SEES_BIT(b.ranges[0].range.changed);
	SEES_BIT(b.ranges[0].channel);
	SEES_BIT(b.syncs[2].sync.arrived);
	SEES_BIT(b.syncs[0].channel);
	SEES_BIT(b.damage);
	SEES(json_object_set_new(b.notes, "more", json_null()), json_object_del(b.notes, "more"));
	SEES(json_object_set_new(b.header, "more", json_null()), json_object_del(b.header, "more"));
	run_free(&a);
	run_free(&b);
}

/* Whatever byte of a file is wrong: the reader refuses it, or what it reads does not depend on it. */
static void wrong_bytes_anywhere(void **state)
{
	(void)state;
	struct run run, back;
	size_t size;
	unsigned refused = 0, tried = 0;
	make_run(&run);
	write_run(&run, path_of("a.h5"));
	unsigned char *bytes = sample_load(path_of("a.h5"), &size);
	for (size_t at = 0; at < size; at += 61, tried++) {
		struct error error = ERROR_INIT;
		bytes[at] ^= (unsigned char)(1u << at % 8);
		sample_store(path_of("wrong.h5"), bytes, size);
		bytes[at] ^= (unsigned char)(1u << at % 8);
		if (run_read(path_of("wrong.h5"), &back, &error) == 0) {
			assert_null(run_difference(&run, &back));
			run_free(&back);
		} else {
			assert_int_not_equal(error.code, ERROR_NONE);
			refused++;
		}
		assert_all_closed();
	}
	print_message("%u of %u files with a wrong bit refused\n", refused, tried);
	assert_true(refused > tried / 2);
	free(bytes);
	run_free(&run);
}

static void files_cut_short(void **state)
{
	(void)state;
	struct run run, back;
	size_t size;
	make_run(&run);
	write_run(&run, path_of("a.h5"));
	unsigned char *bytes = sample_load(path_of("a.h5"), &size);
	for (size_t length = 0; length < size; length += 997) {
		struct error error = ERROR_INIT;
		sample_store(path_of("cut.h5"), bytes, length);
		assert_int_equal(run_read(path_of("cut.h5"), &back, &error), -1);
		assert_int_equal(error.code, ERROR_CORRUPT);
	}
	free(bytes);
	run_free(&run);
}

/* One thing of the layout taken away or replaced: refused, saying what. */
static void expect_refusal(const char *what)
{
	struct error error = ERROR_INIT;
	struct run back;
	assert_int_equal(run_read(path_of("edit.h5"), &back, &error), -1);
	assert_all_closed();
	if (strstr(error.what, what) == NULL)
		fail_msg("'%s' does not name %s", error.what, what);
}

static void edit(const struct run *run, const char *dataset, hsize_t n, hid_t type)
{
	write_run(run, path_of("edit.h5"));
	hid_t file = H5Fopen(path_of("edit.h5"), H5F_ACC_RDWR, H5P_DEFAULT), space = H5Screate_simple(1, &n, NULL);
	assert_true(H5Ldelete(file, dataset, H5P_DEFAULT) >= 0);
	if (n > 0)
		H5Dclose(H5Dcreate2(file, dataset, type, space, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT));
	H5Sclose(space);
	H5Fclose(file);
	expect_refusal(dataset);
}

static void other_layouts_are_refused(void **state)
{
	(void)state;
	static const char *const datasets[] = {
		"/entry/instrument/wall/power/t",
		"/entry/instrument/wall/power/u_t",
		"/entry/instrument/wall/power/value",
		"/entry/instrument/rapl/package-0.energy/flags",
		"/entry/instrument/rig/current/n",
		"/entry/instrument/rig/current/seq",
		"/entry/instrument/wall/power/gaps/from",
		"/entry/instrument/trigger/edges/name",
		"/entry/clock/raw",
		"/entry/ranges/voltage",
		"/entry/syncs/arrived",
		"/entry/raw_log/header",
		"/entry/raw_log/notes",
	};
	struct run run;
	make_run(&run);
	for (size_t i = 0; i < sizeof datasets / sizeof *datasets; i++) {
		edit(&run, datasets[i], 0, 0);
		edit(&run, datasets[i], 3, H5T_STD_I8LE);
		edit(&run, datasets[i], (hsize_t)1 << 50, H5T_STD_I64LE);
	}
	write_run(&run, path_of("edit.h5"));
	hid_t file = H5Fopen(path_of("edit.h5"), H5F_ACC_RDWR, H5P_DEFAULT),
	      version = H5Aopen(file, "layout_version", H5P_DEFAULT);
	H5Awrite(version, H5T_NATIVE_INT, &(int){ 2 });
	H5Aclose(version);
	H5Fclose(file);
	expect_refusal("layout version 2");
	sample_store(path_of("edit.h5"), "not HDF5 at all", 15);
	expect_refusal("not an HDF5 file");
	run_free(&run);
}

/* A file whose checksums are right and whose block lengths are not. */
static void lengths_that_do_not_add_up(void **state)
{
	(void)state;
	static const struct {
		size_t at;
		uint32_t length;
	} wrong[] = { { 0, 101 }, { TICKS - 1, 99 }, { TICKS - 1, UINT32_MAX }, { 3, 0 } };
	uint32_t lengths[TICKS];
	struct run run;
	make_run(&run);
	for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
		write_run(&run, path_of("edit.h5"));
		hid_t file = H5Fopen(path_of("edit.h5"), H5F_ACC_RDWR, H5P_DEFAULT);
		hid_t set = H5Dopen2(file, "/entry/instrument/rig/current/n", H5P_DEFAULT),
		      crc = H5Aopen(set, "crc32c", H5P_DEFAULT);
		H5Dread(set, H5T_NATIVE_UINT32, H5S_ALL, H5S_ALL, H5P_DEFAULT, lengths);
		lengths[wrong[i].at] = wrong[i].length;
		H5Dwrite(set, H5T_NATIVE_UINT32, H5S_ALL, H5S_ALL, H5P_DEFAULT, lengths);
		H5Awrite(crc, H5T_NATIVE_UINT32, &(uint32_t){ crc32c(0, lengths, sizeof lengths) });
		H5Aclose(crc);
		H5Dclose(set);
		H5Fclose(file);
		expect_refusal("add up");
	}
	run_free(&run);
}

static void a_full_disk(void **state)
{
	(void)state;
	struct run run;
	struct rlimit before, limit;
	make_run(&run);
	getrlimit(RLIMIT_FSIZE, &before);
	signal(SIGXFSZ, SIG_IGN);
	for (rlim_t size = 0; size < 40000; size += 9999) {
		struct error error = ERROR_INIT;
		limit = before;
		limit.rlim_cur = size;
		setrlimit(RLIMIT_FSIZE, &limit);
		int result = run_write(&run, path_of("full.h5"), &error);
		setrlimit(RLIMIT_FSIZE, &before);
		assert_int_equal(result, -1);
		assert_int_equal(error.code, ERROR_NO_SPACE);
		assert_int_not_equal(access(path_of("full.h5"), F_OK), 0);
		assert_int_not_equal(access(path_of("full.h5.part"), F_OK), 0);
	}
	write_run(&run, path_of("full.h5"));
	run_free(&run);
}

static int make_directory(void **state)
{
	(void)state;
	return sample_directory(directory) ? 0 : -1;
}

static int remove_directory(void **state)
{
	(void)state;
	sample_remove(directory);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(records_become_a_run), cmocka_unit_test(notes_are_merged), cmocka_unit_test(nonsense_is_damage),
		cmocka_unit_test(long_notes_come_back),
		cmocka_unit_test(headers_that_cannot_be), cmocka_unit_test(the_file_holds_it_all),
		cmocka_unit_test(a_run_without_samples), cmocka_unit_test(a_finished_run_is_not_replaced),
		cmocka_unit_test(differences_are_seen), cmocka_unit_test(wrong_bytes_anywhere), cmocka_unit_test(files_cut_short),
		cmocka_unit_test(other_layouts_are_refused), cmocka_unit_test(lengths_that_do_not_add_up),
		cmocka_unit_test(uneven_blocks_come_back), cmocka_unit_test(the_plot_of_a_counter),
		cmocka_unit_test(the_plot_of_a_counter_that_began_anew), cmocka_unit_test(no_plot_of_a_devices_clock), cmocka_unit_test(times_say_of_which_clock),
		cmocka_unit_test(a_full_disk),
	};
	return cmocka_run_group_tests(tests, make_directory, remove_directory);
}
