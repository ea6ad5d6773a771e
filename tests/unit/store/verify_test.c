/* What verify finds: in files that are as they should be, nothing; in each of those damaged below, the one thing that is wrong. */
#include "verify.h"

#include <unistd.h>

#include "crc32c.h"
#include "pack.h"
#include "sample_whole.h"

/* libhdf5 1.10 itself loses memory when it gives up on a damaged file; that we close all we open is tested instead. */
const char *__lsan_default_suppressions(void);
const char *__lsan_default_suppressions(void)
{
	return "leak:libhdf5";
}

static char directory[64];

static const char *path_of(const char *name)
{
	static char path[256];
	return sample_path(directory, name, path);
}

/* ---- findings ---- */

struct findings {
	size_t n;
	struct {
		enum finding_kind kind;
		char file[256], object[256], what[512];
	} list[20];
	struct verify_counts counts;
};

static void take(void *context, const struct finding *finding)
{
	struct findings *findings = context;
	if (findings->n == 20)
		return;
	findings->list[findings->n].kind = finding->kind;
	snprintf(findings->list[findings->n].file, 256, "%s", finding->file);
	snprintf(findings->list[findings->n].object, 256, "%s", finding->object);
	snprintf(findings->list[findings->n++].what, 512, "%s", finding->what);
}

static void look(const char *path, struct findings *findings)
{
	struct error error = ERROR_INIT;
	memset(findings, 0, sizeof *findings);
	assert_int_equal(verify_path(path, take, findings, &findings->counts, &error), 0);
	assert_int_equal(H5Fget_obj_count((hid_t)H5F_OBJ_ALL, H5F_OBJ_ALL), 0);
	size_t all = findings->counts.problems + findings->counts.notes;
	assert_int_equal(findings->n, all < 20 ? all : 20);
}

static void show(const struct findings *findings)
{
	for (size_t i = 0; i < findings->n; i++)
		print_message("    %s: %s: %s\n", findings->list[i].file, findings->list[i].object, findings->list[i].what);
}

/* Exactly one finding, which names the object and says what. */
static void expect_one(const char *path, enum finding_kind kind, const char *object, const char *what)
{
	struct findings found;
	look(path, &found);
	if (found.n == 1 && found.list[0].kind == kind && strcmp(found.list[0].object, object) == 0 &&
	    strstr(found.list[0].what, what))
		return;
	show(&found);
	fail_msg("%s: not the one finding expected: %s: %s", path, object, what);
}

static void expect_none(const char *path, size_t runs)
{
	struct findings found;
	look(path, &found);
	show(&found);
	assert_int_equal(found.n, 0);
	assert_int_equal(found.counts.runs, runs);
}

/* ---- what a run says ---- */

static struct run_channel *wall(struct run *run) { return &run->channels[SAMPLE_WALL]; }
static struct run_channel *package(struct run *run) { return &run->channels[SAMPLE_PACKAGE]; }
static struct run_channel *current(struct run *run) { return &run->channels[SAMPLE_CURRENT]; }
static struct run_edge *edge(struct run *run, enum edge_what what) { return &run->edges[run_edge(run, what, NULL) - run->edges]; }

static void time_back(struct run *run) { wall(run)->t[5] = wall(run)->t[4] - 1; }
static void blocks_overlap(struct run *run)
{
	for (size_t i = 500; i < 600; i++)
		current(run)->t[i] -= NS_PER_MS + 2001; /* the half-widths are 1000 each */
}
static void half_width(struct run *run) { wall(run)->u_t[3] = -1; }
static void flag(struct run *run) { wall(run)->flags[3] |= 64; }
static void seq_back(struct run *run) { wall(run)->seq[wall(run)->n - 1] = 2; }
static void lost_record(struct run *run)
{
	for (size_t i = 7; i < wall(run)->n; i++)
		wall(run)->seq[i]++;
}
/* The channel has gaps at the start edge: one hole there is accounted for by each, but none elsewhere. */
static void more_lost_than_gaps(struct run *run)
{
	for (size_t i = 10; i < package(run)->n; i++)
		package(run)->seq[i] += 5;
}
static void lost_away_from_gaps(struct run *run)
{
	for (size_t i = 15; i < package(run)->n; i++)
		package(run)->seq[i]++;
}
static void wrap(struct run *run) { package(run)->values.u64[2] = package(run)->channel.wrap; }
static void infinite(struct run *run) { wall(run)->values.f64[2] = INFINITY; }
static void product_of_none(struct run *run)
{
	current(run)->channel.factor[0] = 0;
	current(run)->channel.factor[1] = 1;
	json_array_set_new(json_object_get(run->header, "channels"), SAMPLE_CURRENT, channel_to_json(&current(run)->channel, "rig"));
}
static void gap_reason(struct run *run) { package(run)->gaps[1].reason = GAP_REASONS; }
static void gap_values(struct run *run) { package(run)->gaps[1].values = 0; }
static void gap_backwards(struct run *run) { package(run)->gaps[1].to = package(run)->gaps[1].from - 1; }
static void gap_outside(struct run *run) { package(run)->gaps[2].from = package(run)->gaps[2].to = SAMPLE_T0 + 60 * NS_PER_S; }
static void gap_before(struct run *run) { package(run)->gaps[0].from = package(run)->gaps[0].to = SAMPLE_T0 - 60 * NS_PER_S; }
static void edge_kind(struct run *run) { edge(run, EDGE_BEGIN)->edge.what = EDGE_WHATS; }
static void edge_source_unknown(struct run *run) { edge(run, EDGE_BEGIN)->edge.source = 0; }
static void edge_half_width(struct run *run) { edge(run, EDGE_BEGIN)->u_t = -1; }
static void two_starts(struct run *run) { edge(run, EDGE_BEGIN)->edge.what = EDGE_START; }
static void stop_first(struct run *run)
{
	edge(run, EDGE_STOP)->t = SAMPLE_T0 - 2001;
	edge(run, EDGE_BEGIN)->edge.what = EDGE_GO; /* else it would be outside, too */
}
static void no_start(struct run *run) { edge(run, EDGE_START)->edge.what = EDGE_GO; }
static void idle_late(struct run *run)
{
	struct run_edge *mark = edge(run, EDGE_BEGIN);
	mark->edge.what = EDGE_MARK;
	memcpy(mark->edge.name, "idle-end", sizeof "idle-end");
}
static void mark_outside(struct run *run) { edge(run, EDGE_BEGIN)->t = SAMPLE_T0 - NS_PER_S; }
static void anchor_back(struct run *run) { run->anchors[1].monotonic = run->anchors[0].monotonic - 1; }
static void anchor_width(struct run *run) { run->anchors[1].width = -1; }
static void range_of_none(struct run *run) { run->ranges[0].channel = 9; }
static void range_below_zero(struct run *run) { run->ranges[0].range.voltage = -300; }
static void sync_of_none(struct run *run) { run->syncs[1].channel = 9; }
static void sync_of_another(struct run *run) { run->syncs[1].channel = SAMPLE_WALL; }
static void sync_back(struct run *run) { run->syncs[1].sync.received = run->syncs[1].sync.sent - 1; }
static void range_neither(struct run *run) { run->ranges[0].range.changed = 2; }
static void no_header(struct run *run) { json_object_del(run->header, "joulerig"); }
static void no_number(struct run *run) { json_object_del(run->header, "run"); }
static void other_number(struct run *run) { json_object_set_new(run->header, "run", json_integer(3)); }
static void not_called_simulated(struct run *run) { json_object_set_new(run->header, "simulated", json_false()); }
static void device_not_simulated(struct run *run)
{
	json_t *devices = json_object_get(json_object_get(run->header, "bench"), "devices");
	json_object_set_new(json_array_get(devices, 0), "simulated", json_false());
}
static void no_status(struct run *run) { json_object_del(run->notes, "status"); }
static void unknown_status(struct run *run) { json_object_set_new(run->notes, "status", json_string("fine")); }
static void damaged_and_ok(struct run *run)
{
	json_object_set_new(run->notes, "status", json_string("ok"));
	run->damage = 48;
}
static void ok_without_stop(struct run *run)
{
	json_object_set_new(run->notes, "status", json_string("ok"));
	edge(run, EDGE_STOP)->edge.what = EDGE_GO;
}

#define CHANNEL "/entry/instrument/"
#define EDGES "/entry/instrument/trigger/edges"
static const struct run_case {
	void (*damage)(struct run *run);
	const char *object, *what;
	enum finding_kind kind;
} run_cases[] = {
	{ time_back, CHANNEL "wall/power/t", "time goes back: first at value 5, 1 times", FINDING_PROBLEM },
	{ blocks_overlap, CHANNEL "rig/current/t", "time goes back: first at value 500", FINDING_PROBLEM },
	{ half_width, CHANNEL "wall/power/u_t", "below zero", FINDING_PROBLEM },
	{ flag, CHANNEL "wall/power/flags", "no meaning", FINDING_PROBLEM },
	{ seq_back, CHANNEL "wall/power/seq", "records go back", FINDING_PROBLEM },
	{ lost_record, CHANNEL "wall/power/seq", "1 in all, first before value 7", FINDING_PROBLEM },
	{ more_lost_than_gaps, CHANNEL "rapl/package-0.energy/seq", "1 in all, first before value 10", FINDING_PROBLEM },
	{ lost_away_from_gaps, CHANNEL "rapl/package-0.energy/seq", "1 in all, first before value 15", FINDING_PROBLEM },
	{ wrap, CHANNEL "rapl/package-0.energy/value", "not below the wrap", FINDING_PROBLEM },
	{ infinite, CHANNEL "wall/power/value", "no number", FINDING_PROBLEM },
	{ product_of_none, CHANNEL "rig/current", "called a product: one of its factors is no channel", FINDING_PROBLEM },
	{ gap_reason, CHANNEL "rapl/package-0.energy/gaps/reason", "gap 1 has no known reason: 9", FINDING_PROBLEM },
	{ gap_values, CHANNEL "rapl/package-0.energy/gaps/values", "gap 1 has no values", FINDING_PROBLEM },
	{ gap_backwards, CHANNEL "rapl/package-0.energy/gaps/from", "gap 1 ends before", FINDING_PROBLEM },
	{ gap_outside, CHANNEL "rapl/package-0.energy/gaps/from", "gap 2 lies outside", FINDING_PROBLEM },
	{ gap_before, CHANNEL "rapl/package-0.energy/gaps/from", "gap 0 lies outside", FINDING_PROBLEM },
	{ edge_kind, EDGES "/what", "no known kind: 10", FINDING_PROBLEM },
	{ edge_source_unknown, EDGES "/source", "no known source: 0", FINDING_PROBLEM },
	{ edge_half_width, EDGES "/u_t", "below zero", FINDING_PROBLEM },
	{ two_starts, EDGES, "there are 2 start edges", FINDING_PROBLEM },
	{ stop_first, EDGES "/t", "start comes after stop", FINDING_PROBLEM },
	{ no_start, EDGES, "no start edge", FINDING_PROBLEM },
	{ idle_late, EDGES "/t", "idle-end comes after start", FINDING_PROBLEM },
	{ mark_outside, EDGES "/t", "begin measured lies outside", FINDING_NOTE },
	{ anchor_back, "/entry/clock/monotonic", "time goes back at anchor 1", FINDING_PROBLEM },
	{ anchor_width, "/entry/clock/width", "below zero", FINDING_PROBLEM },
	{ range_of_none, "/entry/ranges/channel", "channel 9", FINDING_PROBLEM },
	{ range_below_zero, "/entry/ranges", "is no range: -300 V", FINDING_PROBLEM },
	{ range_neither, "/entry/ranges", "neither yes nor no", FINDING_PROBLEM },
	{ sync_of_none, "/entry/syncs/channel", "channel 9", FINDING_PROBLEM },
	{ sync_of_another, "/entry/syncs/channel", "no clock of its own", FINDING_PROBLEM },
	{ sync_back, "/entry/syncs", "exchange 1 ends before", FINDING_PROBLEM },
	{ no_header, "/entry/raw_log/header", "no header of joulerig's", FINDING_PROBLEM },
	{ no_number, "/entry/raw_log/header", "which run", FINDING_PROBLEM },
	{ other_number, "/entry/raw_log/header", "this is run 3", FINDING_PROBLEM },
	{ not_called_simulated, "/entry/raw_log/header", "not called simulated", FINDING_PROBLEM },
	{ device_not_simulated, "/entry/raw_log/header", "wall.power is simulated, and its device is not", FINDING_PROBLEM },
	{ no_status, "/entry/raw_log/notes", "no status", FINDING_PROBLEM },
	{ unknown_status, "/entry/raw_log/notes", "no status of a run: fine", FINDING_PROBLEM },
	{ damaged_and_ok, "/entry/raw_log", "48 bytes", FINDING_PROBLEM },
	{ ok_without_stop, EDGES, "no start or stop", FINDING_PROBLEM },
};

static void runs_that_cannot_be(void **state)
{
	(void)state;
	mkdir(path_of("one"), 0755);
	mkdir(path_of("one/runs"), 0755);
	for (size_t i = 0; i < sizeof run_cases / sizeof *run_cases; i++) {
		char path[256], one[256];
		struct run run;
		snprintf(one, sizeof one, "%s", path_of("one"));
		sample_whole_run(directory, 7, &run);
		run_cases[i].damage(&run);
		sample_whole_store(one, 7, &run);
		run_free(&run);
		sample_run_path(one, 7, path);
		expect_one(path, run_cases[i].kind, run_cases[i].object, run_cases[i].what);
		unlink(path);
	}
}

/* What looks odd and is right: a gap for each hole, a range in one, a sequence that turns over, a stepped REALTIME, damage that
 * is owned up to. */
static void runs_that_can_be(void **state)
{
	(void)state;
	char path[256];
	struct run run;
	sample_whole_run(directory, 8, &run);
	for (size_t i = 0; i < wall(&run)->n; i++)
		wall(&run)->seq[i] += UINT32_MAX - 9;
	for (size_t i = 1; i < wall(&run)->n; i++)
		wall(&run)->seq[i]++; /* the range at the beginning */
	for (size_t i = 10; i < package(&run)->n; i++)
		package(&run)->seq[i] += 3; /* three gaps at the start edge */
	for (size_t i = 500; i < 600; i++)
		current(&run)->t[i] -= NS_PER_MS + 1000;
	run.channels[SAMPLE_FREQUENCY].channel.clock = CLOCK_ID_REALTIME;
	run.channels[SAMPLE_FREQUENCY].t[5] = 0;
	json_array_set_new(json_object_get(run.header, "channels"), SAMPLE_FREQUENCY,
			   channel_to_json(&run.channels[SAMPLE_FREQUENCY].channel, "cpu"));
	package(&run)->values.u64[3] = UINT64_MAX;
	package(&run)->flags[3] = FLAG_IMPLAUSIBLE;
	run.damage = 100;
	mkdir(path_of("runs"), 0755);
	sample_whole_store(directory, 8, &run);
	run_free(&run);
	expect_none(sample_run_path(directory, 8, path), 1);
}

/* On a clock of its own: gaps are in another time than values, and a device that began anew did so at nought. */
static void runs_on_a_devices_clock(void **state)
{
	(void)state;
	char path[256];
	struct run run;
	sample_whole_run(directory, 9, &run);
	struct run_channel *counter = package(&run);
	for (size_t i = 0; i < counter->n; i++)
		counter->t[i] -= i < 10 ? 5000 * NS_PER_S : 5100 * NS_PER_S;
	for (size_t i = 10; i < counter->n; i++)
		counter->seq[i] += 3;
	counter->gaps[0].reason = GAP_RESET;
	counter->channel.clock = CLOCK_ID_DEVICE;
	json_array_set_new(json_object_get(run.header, "channels"), (size_t)(counter - run.channels), channel_to_json(&counter->channel, "rapl"));
	mkdir(path_of("runs"), 0755);
	sample_whole_store(directory, 9, &run);
	expect_none(sample_run_path(directory, 9, path), 1);
	counter->gaps[0].reason = GAP_GONE;
	unlink(path);
	sample_whole_store(directory, 9, &run);
	expect_one(sample_run_path(directory, 9, path), FINDING_PROBLEM, "/entry/instrument/rapl/package-0.energy/t", "time goes back");
	run_free(&run);
}

/* ---- what a file holds ---- */

/* For writing, in the format that joulerig writes. */
static hid_t open_file(const char *name)
{
	hid_t access = H5Pcreate(H5P_FILE_ACCESS);
	H5Pset_libver_bounds(access, H5F_LIBVER_V18, H5F_LIBVER_V110);
	hid_t file = H5Fopen(path_of(name), H5F_ACC_RDWR, access);
	H5Pclose(access);
	return file;
}

/* The bytes at `at` of a dataset of at most 64 KiB, and its checksum. */
static void rewrite(hid_t file, const char *path, size_t at, const void *bytes, size_t length)
{
	static unsigned char content[65536];
	hid_t set = H5Dopen2(file, path, H5P_DEFAULT), type = H5Dget_type(set), space = H5Dget_space(set);
	size_t size = H5Tget_size(type) * (size_t)H5Sget_simple_extent_npoints(space);
	assert_true(at + length <= size && size <= sizeof content);
	H5Dread(set, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, content);
	memcpy(content + at, bytes, length);
	H5Dwrite(set, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, content);
	hid_t crc = H5Aopen(set, "crc32c", H5P_DEFAULT);
	H5Awrite(crc, H5T_NATIVE_UINT32, &(uint32_t){ crc32c(0, content, size) });
	H5Aclose(crc);
	H5Sclose(space);
	H5Tclose(type);
	H5Dclose(set);
}

static void write_without_checksum(hid_t file, const char *path)
{
	int64_t zeros[64] = { 0 };
	hid_t set = H5Dopen2(file, path, H5P_DEFAULT);
	H5Dwrite(set, H5T_STD_I64LE, H5S_ALL, H5S_ALL, H5P_DEFAULT, zeros);
	H5Dclose(set);
}

static void add_dataset(hid_t file, const char *path, hid_t type)
{
	hid_t space = H5Screate(H5S_SCALAR);
	hid_t set = H5Dcreate2(file, path, type, space, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
	H5Dwrite(set, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, &(uint64_t){ 0 });
	hid_t crc = H5Acreate2(set, "crc32c", H5T_STD_U32LE, space, H5P_DEFAULT, H5P_DEFAULT);
	H5Awrite(crc, H5T_NATIVE_UINT32, &(uint32_t){ crc32c(0, (const unsigned char[8]){ 0 }, 8) });
	H5Aclose(crc);
	H5Dclose(set);
	H5Sclose(space);
}

static void add_group(hid_t file, const char *path)
{
	H5Gclose(H5Gcreate2(file, path, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT));
}

static void remove_attribute(hid_t file, const char *object, const char *name)
{
	assert_true(H5Adelete_by_name(file, object, name, H5P_DEFAULT) >= 0);
}

static void damaged_column(hid_t file) { write_without_checksum(file, CHANNEL "wall/power/t"); }
static void damaged_view(hid_t file) { write_without_checksum(file, "/entry/data/time"); }
static void no_checksum(hid_t file) { remove_attribute(file, CHANNEL "wall/power/t", "crc32c"); }
static void extra_without_checksum(hid_t file)
{
	add_dataset(file, "/entry/extra", H5T_STD_I64LE);
	remove_attribute(file, "/entry/extra", "crc32c");
}
static void no_column(hid_t file) { H5Ldelete(file, CHANNEL "wall/power/u_t", H5P_DEFAULT); }
static void no_title(hid_t file) { H5Ldelete(file, "/entry/title", H5P_DEFAULT); }
static void no_view(hid_t file) { H5Ldelete(file, "/entry/data", H5P_DEFAULT); }
static void no_units(hid_t file) { remove_attribute(file, CHANNEL "wall/power/t", "units"); }
static void no_simulated(hid_t file) { remove_attribute(file, "/", "simulated"); }
static void device_says_nothing(hid_t file) { remove_attribute(file, CHANNEL "wall", "simulated"); }
static void other_scale(hid_t file)
{
	hid_t set = H5Dopen2(file, CHANNEL "wall/power/value", H5P_DEFAULT), attribute = H5Aopen(set, "scale", H5P_DEFAULT);
	assert_true(H5Awrite(attribute, H5T_NATIVE_DOUBLE, &(double){ 2 }) >= 0);
	H5Aclose(attribute);
	H5Dclose(set);
}
static void other_view(hid_t file) { rewrite(file, "/entry/data/power", 0, &(double){ 1 }, sizeof(double)); }
static void uneven_columns(hid_t file)
{
	H5Ldelete(file, CHANNEL "wall/power/seq", H5P_DEFAULT);
	H5Ocopy(file, CHANNEL "wall/power/gaps/reason", file, CHANNEL "wall/power/seq", H5P_DEFAULT, H5P_DEFAULT);
}
static void sum_of_blocks(hid_t file) { rewrite(file, CHANNEL "rig/current/n", 0, &(uint32_t){ 99 }, sizeof(uint32_t)); }
static void empty_block(hid_t file)
{
	uint32_t lengths[] = { 0, 200 };
	rewrite(file, CHANNEL "rig/current/n", 0, lengths, sizeof lengths);
}
static void foreign_channel(hid_t file) { add_group(file, CHANNEL "wall/current"); }
static void foreign_device(hid_t file) { add_group(file, CHANNEL "other"); }
static void no_json(hid_t file) { rewrite(file, "/entry/raw_log/header", 0, "[", 1); }
static void linked_away(hid_t file)
{
	H5Ldelete(file, "/entry/ranges", H5P_DEFAULT);
	H5Lcreate_soft("/entry/clock", file, "/entry/ranges", H5P_DEFAULT, H5P_DEFAULT);
}
static void group_for_text(hid_t file)
{
	H5Ldelete(file, "/entry/title", H5P_DEFAULT);
	add_group(file, "/entry/title");
}
static void other_length(hid_t file)
{
	H5Ldelete(file, "/entry/data/time", H5P_DEFAULT);
	add_dataset(file, "/entry/data/time", H5T_IEEE_F64LE);
	hid_t space = H5Screate(H5S_SCALAR), text = H5Tcopy(H5T_C_S1);
	static const char *const names[] = { "units", "long_name" }, *const values[] = { "s", "time since the start edge (s)" };
	for (int i = 0; i < 2; i++) {
		H5Tset_size(text, strlen(values[i]));
		H5Tset_cset(text, H5T_CSET_UTF8);
		H5Tset_strpad(text, H5T_STR_NULLPAD);
		hid_t a = H5Acreate_by_name(file, "/entry/data/time", names[i], text, space, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
		H5Awrite(a, text, values[i]);
		H5Aclose(a);
	}
	H5Tclose(text);
	H5Sclose(space);
}
static void other_version(hid_t file)
{
	hid_t attribute = H5Aopen(file, "layout_version", H5P_DEFAULT);
	H5Awrite(attribute, H5T_NATIVE_INT, &(int){ 2 });
	H5Aclose(attribute);
}
static void no_layout(hid_t file) { remove_attribute(file, "/", "layout"); }

struct file_case {
	void (*damage)(hid_t file);
	const char *object, *what;
};
static const struct file_case file_cases[] = {
	{ damaged_column, CHANNEL "wall/power/t", "changed or damaged" },
	{ damaged_view, "/entry/data/time", "changed or damaged" },
	{ no_checksum, CHANNEL "wall/power/t", "crc32c" },
	{ extra_without_checksum, "/entry/extra", "crc32c" },
	{ no_column, "", CHANNEL "wall/power/u_t is missing" },
	{ no_title, "/entry/title", "is missing" },
	{ no_view, "/entry/data", "is missing" },
	{ no_units, CHANNEL "wall/power/t", "attribute units is missing" },
	{ no_simulated, "/", "attribute simulated is missing" },
	{ device_says_nothing, CHANNEL "wall", "attribute simulated is missing" },
	{ other_scale, CHANNEL "wall/power/value", "attribute scale is not" },
	{ other_view, "/entry/data/power", "is not what" },
	{ uneven_columns, "", CHANNEL "wall/power/seq has 0 values" },
	{ sum_of_blocks, "", CHANNEL "rig/current/n does not add up" },
	{ foreign_channel, CHANNEL "wall/current", "no channel" },
	{ foreign_device, CHANNEL "other", "no channel" },
	{ no_json, "", "is not a JSON object" },
	{ linked_away, "", "/entry" },
	{ group_for_text, "/entry/title", "is not a dataset" },
	{ other_length, "/entry/data/time", "type or length" },
	{ other_version, "", "layout version 2" },
	{ no_layout, "", "what its layout is" },
};

static void copy_file(const char *from, const char *to)
{
	char source[256];
	size_t size;
	snprintf(source, sizeof source, "%s", path_of(from));
	unsigned char *bytes = sample_load(source, &size);
	sample_store(path_of(to), bytes, size);
	free(bytes);
}

static void damage_file(const char *name, void (*damage)(hid_t file))
{
	hid_t file = open_file(name);
	damage(file);
	H5Fclose(file);
}

static void files_that_do_not_hold(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof file_cases / sizeof *file_cases; i++) {
		copy_file("whole/runs/000001.h5", "copy.h5");
		damage_file("copy.h5", file_cases[i].damage);
		expect_one(path_of("copy.h5"), FINDING_PROBLEM, file_cases[i].object, file_cases[i].what);
	}
}

/* A block of nothing beside one that is too long adds up, and every column is one too long. */
static void an_empty_block(void **state)
{
	(void)state;
	struct findings found;
	copy_file("whole/runs/000001.h5", "copy.h5");
	damage_file("copy.h5", empty_block);
	look(path_of("copy.h5"), &found);
	assert_true(found.counts.problems >= 5);
}

static void what_is_added_is_ignored(void **state)
{
	(void)state;
	copy_file("whole/runs/000001.h5", "copy.h5");
	hid_t file = open_file("copy.h5");
	add_dataset(file, "/entry/extra", H5T_STD_I64LE);
	add_group(file, "/entry/more");
	H5Fclose(file);
	expect_none(path_of("copy.h5"), 1);
}

static void files_of_others(void **state)
{
	(void)state;
	struct error error = ERROR_INIT;
	struct verify_counts counts = { .files = 0 };
	sample_store(path_of("copy.h5"), "not HDF5", 8);
	expect_one(path_of("copy.h5"), FINDING_PROBLEM, "", "HDF5 file");
	copy_file("whole/runs/000001.h5", "copy.h5");
	hid_t file = open_file("copy.h5"), layout = H5Aopen(file, "layout", H5P_DEFAULT);
	hid_t type = H5Aget_type(layout);
	H5Awrite(layout, type, "joulerig\x1b[r"); /* as long as before */
	H5Tclose(type);
	H5Aclose(layout);
	H5Fclose(file);
	expect_one(path_of("copy.h5"), FINDING_PROBLEM, "", "'joulerig?[r'");
	assert_int_equal(verify_path("/nonexistent", take, NULL, &counts, &error), -1);
	assert_int_equal(error.code, ERROR_NOT_FOUND);
}

/* ---- campaigns ---- */

static void summary_differs(hid_t file) { rewrite(file, "/summary", 4, &(uint32_t){ 77 }, sizeof(uint32_t)); }
static void row_of_no_result(hid_t file) { rewrite(file, "/results/sources", 0, &(uint32_t){ 77 }, sizeof(uint32_t)); }
static void link_leads_elsewhere(hid_t file)
{
	H5Ldelete(file, "/runs/000001", H5P_DEFAULT);
	H5Lcreate_external("runs/000002.h5", "/entry", file, "/runs/000001", H5P_DEFAULT, H5P_DEFAULT);
}
static void link_is_absolute(hid_t file)
{
	H5Ldelete(file, "/runs/000001", H5P_DEFAULT);
	H5Lcreate_external("/runs/000001.h5", "/entry", file, "/runs/000001", H5P_DEFAULT, H5P_DEFAULT);
}
static void no_link(hid_t file) { H5Ldelete(file, "/runs/000002", H5P_DEFAULT); }
static void link_is_group(hid_t file)
{
	H5Ldelete(file, "/runs/000002", H5P_DEFAULT);
	add_group(file, "/runs/000002");
}
static void link_of_no_result(hid_t file)
{
	H5Lcreate_external("runs/000009.h5", "/entry", file, "/runs/000009", H5P_DEFAULT, H5P_DEFAULT);
}
static void plot_differs(hid_t file) { rewrite(file, "/entry/data/energy", 0, &(double){ 1 }, sizeof(double)); }
static void other_plan(hid_t file) { rewrite(file, "/entry/plan", 0, "T", 1); }
static void other_bench(hid_t file) { rewrite(file, "/entry/bench", 0, "N", 1); }
static void damaged_table(hid_t file)
{
	hid_t set = H5Dopen2(file, "/results/terms", H5P_DEFAULT), type = H5Dget_type(set);
	static unsigned char content[1 << 20];
	H5Dread(set, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, content);
	content[100] ^= 1;
	H5Dwrite(set, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, content);
	H5Tclose(type);
	H5Dclose(set);
}

static const struct file_case campaign_cases[] = {
	{ summary_differs, "/summary", "is not what" },
	{ row_of_no_result, "", "row 0 of /results/sources" },
	{ link_leads_elsewhere, "/runs/000001", "elsewhere" },
	{ link_is_absolute, "/runs/000001", "elsewhere" },
	{ no_link, "/runs/000002", "is missing" },
	{ link_is_group, "/runs/000002", "no external link" },
	{ link_of_no_result, "/runs/000009", "no run that there are results of" },
	{ plot_differs, "/entry/data/energy", "is not what" },
	{ other_plan, "/entry/raw_log/header", "another plan" },
	{ other_bench, "/entry/raw_log/header", "another bench" },
	{ damaged_table, "/results/terms", "changed or damaged" },
};

static void campaigns_that_do_not_hold(void **state)
{
	(void)state;
	copy_file("whole/campaign.h5", "kept.h5");
	for (size_t i = 0; i < sizeof campaign_cases / sizeof *campaign_cases; i++) {
		damage_file("whole/campaign.h5", campaign_cases[i].damage);
		expect_one(path_of("whole/campaign.h5"), FINDING_PROBLEM, campaign_cases[i].object, campaign_cases[i].what);
		copy_file("kept.h5", "whole/campaign.h5");
	}
	expect_none(path_of("whole/campaign.h5"), 0);
}

/* One column of one result is not what its run says. */
static void rows_of_other_runs(void **state)
{
	(void)state;
	static const char *const columns[] = { "slot", "attempt", "repetition", "block", "order", "workload", "point", "arm", "simulated" };
	copy_file("whole/campaign.h5", "kept.h5");
	for (size_t i = 0; i < sizeof columns / sizeof *columns; i++) {
		struct campaign_file file;
		struct error error = ERROR_INIT;
		char whole[256], what[64];
		snprintf(whole, sizeof whole, "%s", path_of("whole"));
		sample_whole_campaign(&file, 3);
		struct result *result = &file.results[3];
		*(i == 0   ? &result->slot
		  : i == 1 ? &result->attempt
		  : i == 2 ? &result->repetition
		  : i == 3 ? &result->block
			   : &result->order) += i < 5;
		(i == 5 ? result->workload : i == 6 ? result->point : result->arm)[0] ^= i > 4 && i < 8;
		result->simulated ^= i == 8;
		assert_int_equal(campaign_file_write(whole, &file, &error), 0);
		campaign_file_free(&file);
		snprintf(what, sizeof what, "row 3: `%s`", columns[i]);
		expect_one(path_of("whole/campaign.h5"), FINDING_PROBLEM, "/results/runs", what);
	}
	copy_file("kept.h5", "whole/campaign.h5");
}

/* ---- directories ---- */

static void move(const char *from, const char *to)
{
	char source[256];
	snprintf(source, sizeof source, "%s", path_of(from));
	assert_int_equal(rename(source, path_of(to)), 0);
}

static void expect_of(const char *file, enum finding_kind kind, const char *object, const char *what)
{
	struct findings found;
	look(path_of("whole"), &found);
	for (size_t i = 0; i < found.n; i++)
		if (found.list[i].kind == kind && strcmp(found.list[i].file, path_of(file)) == 0 &&
		    strcmp(found.list[i].object, object) == 0 && strstr(found.list[i].what, what))
			return;
	show(&found);
	fail_msg("not found: %s: %s: %s", file, object, what);
}

static void expect_only(const char *file, enum finding_kind kind, const char *object, const char *what)
{
	expect_of(file, kind, object, what);
	expect_one(path_of("whole"), kind, object, what);
}

/* The second run's workload, under its arm, and others that are none of its business. */
static void a_run_of_what_was_skipped(void **state)
{
	(void)state;
	struct campaign_file file;
	struct error error = ERROR_INIT;
	char whole[256];
	snprintf(whole, sizeof whole, "%s", path_of("whole"));
	copy_file("whole/campaign.h5", "kept.h5");
	sample_whole_campaign(&file, 3);
	const char *workload = file.results[2].workload;
	json_object_set_new(file.facts, "skipped", json_pack("[{s:s, s:s, s:s}, {s:s, s:s}]", "workload", workload, "arm", "gil", "reason", "x",
							     "workload", "another", "arm", "ft"));
	assert_int_equal(campaign_file_write(whole, &file, &error), 0);
	expect_none(path_of("whole/campaign.h5"), 0);
	json_array_append_new(json_object_get(file.facts, "skipped"), json_pack("{s:s, s:s}", "workload", workload, "arm", "ft"));
	assert_int_equal(campaign_file_write(whole, &file, &error), 0);
	expect_of("whole/campaign.h5", FINDING_PROBLEM, "/results/runs", "row 2: run 2 is of a workload that the facts say was skipped");
	campaign_file_free(&file);
	copy_file("kept.h5", "whole/campaign.h5");
}

/* All three runs are of the first block. */
static void a_run_that_was_not_needed(void **state)
{
	(void)state;
	struct campaign_file file;
	struct error error = ERROR_INIT;
	char whole[256];
	snprintf(whole, sizeof whole, "%s", path_of("whole"));
	copy_file("whole/campaign.h5", "kept.h5");
	sample_whole_campaign(&file, 3);
	static const char *const answers[] = { "enough", "out-of-reach", "go-on" };
	for (int i = 0; i < 3; i++)
		for (int after = 0; after < 2; after++) {
			json_object_set_new(file.facts, "stopping", json_pack("{s:{s:s, s:i}}", "decision", "answer", answers[i], "after", after));
			assert_int_equal(campaign_file_write(whole, &file, &error), 0);
			if (i < 2 && after == 0)
				expect_of("whole/campaign.h5", FINDING_PROBLEM, "/results/runs", "row 4: run 3 is of a later block than");
			else
				expect_none(path_of("whole/campaign.h5"), 0);
		}
	campaign_file_free(&file);
	copy_file("kept.h5", "whole/campaign.h5");
}

static void texts_of_a_directory(void **state)
{
	(void)state;
	move("whole/facts.json", "facts");
	expect_only("whole/facts.json", FINDING_PROBLEM, "", "No such file");
	sample_store(path_of("whole/facts.json"), "[1]", 3);
	expect_only("whole/facts.json", FINDING_PROBLEM, "", "not a JSON object");
	sample_store(path_of("whole/facts.json"), "{}", 2);
	expect_only("whole/facts.json", FINDING_PROBLEM, "", "no uuid");
	sample_store(path_of("whole/facts.json"), "{\"uuid\": \"1\"}", 13);
	expect_of("whole/campaign.h5", FINDING_PROBLEM, "/entry/facts", "not that of facts.json");
	expect_of("whole/runs/000002.h5", FINDING_PROBLEM, "/entry/raw_log/header", "another campaign");
	move("facts", "whole/facts.json");

	move("whole/plan.yaml", "plan");
	expect_of("whole/plan.yaml", FINDING_PROBLEM, "", "there is no text that facts.json names");
	expect_of("whole/campaign.h5", FINDING_PROBLEM, "/entry/plan", "not the text of plan.yaml");
	expect_of("whole/campaign.h5", FINDING_PROBLEM, "/entry/raw_log/header", "another plan");
	sample_store(path_of("whole/plan.yaml"), "a\0b", 3);
	expect_of("whole/plan.yaml", FINDING_PROBLEM, "", "a NUL in it");
	sample_store(path_of("whole/plan.yaml"), "ab", 2);
	expect_of("whole/plan.yaml", FINDING_PROBLEM, "", "is not the text that facts.json names");
	move("plan", "whole/plan.yaml");
	move("whole/bench.yaml", "bench");
	expect_of("whole/campaign.h5", FINDING_PROBLEM, "/entry/bench", "not the text of bench.yaml");
	move("bench", "whole/bench.yaml");
	expect_none(path_of("whole"), 3);
}

static void files_of_a_directory(void **state)
{
	(void)state;
	move("whole/runs/000002.h5", "run");
	expect_only("whole/campaign.h5", FINDING_PROBLEM, "/results/runs", "run 2 cannot be read");
	move("run", "whole/runs/000002.h5");
	copy_file("whole/runs/000002.h5", "whole/runs/000009.h5");
	expect_of("whole/campaign.h5", FINDING_PROBLEM, "/results/runs", "no results of run 9");
	expect_of("whole/runs/000009.h5", FINDING_PROBLEM, "/entry/raw_log/header", "this is run 2");
	unlink(path_of("whole/runs/000009.h5"));
	copy_file("whole/runs/000001.h5", "run");
	copy_file("whole/runs/000002.h5", "whole/runs/000001.h5");
	expect_of("whole/campaign.h5", FINDING_PROBLEM, "/results/runs", "row 0: `run`");
	move("run", "whole/runs/000001.h5");
	move("whole/campaign.h5", "campaign");
	expect_only("whole/campaign.h5", FINDING_PROBLEM, "", "No such file");
	move("campaign", "whole/campaign.h5");
	move("whole/runs", "runs-away");
	expect_of("whole/runs", FINDING_PROBLEM, "", "cannot be listed");
	move("runs-away", "whole/runs");
}

static void what_a_crash_leaves(void **state)
{
	(void)state;
	static const struct {
		const char *name, *what;
	} left[] = {
		{ "whole/campaign.h5.part", "not finished" },
		{ "whole/runs/000004.journal", "joulerig recover" },
		{ "whole/runs/000003.h5.part", "not finished" },
		{ "whole/runs/000005.journal.unreadable", "set aside" },
		{ "whole/runs/notes.txt", "does not belong" },
	};
	for (size_t i = 0; i < sizeof left / sizeof *left; i++) {
		sample_store(path_of(left[i].name), "x", 1);
		expect_only(left[i].name, FINDING_NOTE, "", left[i].what);
		unlink(path_of(left[i].name));
	}
}

/* ---- packs ---- */

static void packed_damage(hid_t file) { write_without_checksum(file, "/runs/000002/instrument/wall/power/t"); }
static void packed_view(hid_t file) { rewrite(file, "/runs/000002/data/power", 0, &(double){ 1 }, sizeof(double)); }
static void packed_foreign(hid_t file) { add_group(file, "/runs/000002/instrument/wall/current"); }
static void packed_loss(hid_t file) { H5Ldelete(file, "/runs/000002", H5P_DEFAULT); }
static void packed_stranger(hid_t file) { add_group(file, "/runs/other"); }
static void packed_link(hid_t file)
{
	H5Lcreate_external("whole/runs/000002.h5", "/entry", file, "/runs/000009", H5P_DEFAULT, H5P_DEFAULT);
}
static void packed_without_facts(hid_t file) { H5Ldelete(file, "/facts.json", H5P_DEFAULT); }
static void packed_with_other_facts(hid_t file)
{
	char text[512] = "";
	hid_t set = H5Dopen2(file, "/facts.json", H5P_DEFAULT), type = H5Dget_type(set);
	H5Dread(set, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, text);
	H5Tclose(type);
	H5Dclose(set);
	rewrite(file, "/facts.json", (size_t)(strstr(text, "5c3e2f60") - text), "6", 1);
}
static void packed_summary(hid_t file) { summary_differs(file); }

static const struct file_case pack_cases[] = {
	{ packed_view, "/runs/000002/data/power", "is not what" },
	{ packed_foreign, "/runs/000002/instrument/wall/current", "no channel" },
	{ packed_loss, "/results/runs", "run 2 cannot be read" },
	{ packed_stranger, "/runs/other", "is no run" },
	{ packed_link, "/runs/000009", "is no run" },
	{ packed_without_facts, "/facts.json", "missing" },
	{ packed_with_other_facts, "/facts.json", "the uuid is not" },
	{ packed_summary, "/summary", "is not what" },
	{ packed_damage, "/runs/000002/instrument/wall/power/t", "changed or damaged" },
};

static void packs_that_do_not_hold(void **state)
{
	(void)state;
	char whole[256];
	struct error error = ERROR_INIT;
	snprintf(whole, sizeof whole, "%s", path_of("whole"));
	assert_int_equal(pack_write(whole, path_of("pack.h5"), &error), 0);
	expect_none(path_of("pack.h5"), 3);
	for (size_t i = 0; i < sizeof pack_cases / sizeof *pack_cases; i++) {
		copy_file("pack.h5", "copy.h5");
		damage_file("copy.h5", pack_cases[i].damage);
		expect_one(path_of("copy.h5"), FINDING_PROBLEM, pack_cases[i].object, pack_cases[i].what);
	}
	unlink(path_of("pack.h5"));
}

static void a_pack_without_runs(void **state)
{
	(void)state;
	char whole[256];
	struct findings found;
	struct error error = ERROR_INIT;
	snprintf(whole, sizeof whole, "%s", path_of("whole"));
	assert_int_equal(pack_write(whole, path_of("pack.h5"), &error), 0);
	hid_t file = open_file("pack.h5");
	H5Ldelete(file, "/runs", H5P_DEFAULT);
	H5Fclose(file);
	look(path_of("pack.h5"), &found);
	assert_int_equal(found.n, 1 + 3 + 1); /* the group, each run of the results, the list of what is there */
	assert_non_null(strstr(found.list[4].what, "cannot be listed"));
	unlink(path_of("pack.h5"));
}

static void a_packed_run_without_results(void **state)
{
	(void)state;
	char whole[256];
	struct findings found;
	struct error error = ERROR_INIT;
	snprintf(whole, sizeof whole, "%s", path_of("whole"));
	assert_int_equal(pack_write(whole, path_of("pack.h5"), &error), 0);
	hid_t file = open_file("pack.h5");
	H5Ocopy(file, "/runs/000001", file, "/runs/000009", H5P_DEFAULT, H5P_DEFAULT);
	H5Fclose(file);
	look(path_of("pack.h5"), &found);
	assert_int_equal(found.n, 2);
	assert_string_equal(found.list[0].object, "/runs/000009");
	assert_non_null(strstr(found.list[0].what, "no run that there are results of"));
	assert_string_equal(found.list[1].object, "/runs/000009/raw_log/header");
	assert_non_null(strstr(found.list[1].what, "this is run 1"));
	unlink(path_of("pack.h5"));
}

static void a_whole_campaign_holds(void **state)
{
	(void)state;
	expect_none(path_of("whole"), 3);
	expect_none(path_of("whole/runs/000003.h5"), 1);
	expect_none(path_of("whole/campaign.h5"), 0);
}

/* Whatever bit is wrong: found, or in nothing that anything is read from; never a crash, never an object left open. */
static void wrong_bits_anywhere(void **state)
{
	(void)state;
	size_t size, tried = 0, found_in = 0;
	unsigned char *bytes = sample_load(path_of("whole/runs/000001.h5"), &size);
	for (size_t at = 0; at < size; at += 211, tried++) {
		struct findings found;
		bytes[at] ^= (unsigned char)(1u << at % 8);
		sample_store(path_of("copy.h5"), bytes, size);
		bytes[at] ^= (unsigned char)(1u << at % 8);
		look(path_of("copy.h5"), &found);
		found_in += found.counts.problems > 0;
	}
	print_message("%zu of %zu wrong bits found\n", found_in, tried);
	assert_true(found_in > tried / 2);
	free(bytes);
}

static int set_up(void **state)
{
	(void)state;
	char whole[256];
	sample_directory(directory);
	snprintf(whole, sizeof whole, "%s", path_of("whole"));
	mkdir(whole, 0755);
	sample_whole(whole, 3);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	sample_remove(directory);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_whole_campaign_holds),
		cmocka_unit_test(runs_that_cannot_be),
		cmocka_unit_test(runs_that_can_be),
		cmocka_unit_test(runs_on_a_devices_clock),
		cmocka_unit_test(files_that_do_not_hold),
		cmocka_unit_test(an_empty_block),
		cmocka_unit_test(what_is_added_is_ignored),
		cmocka_unit_test(files_of_others),
		cmocka_unit_test(campaigns_that_do_not_hold),
		cmocka_unit_test(rows_of_other_runs),
		cmocka_unit_test(a_run_of_what_was_skipped), cmocka_unit_test(a_run_that_was_not_needed),
		cmocka_unit_test(texts_of_a_directory),
		cmocka_unit_test(files_of_a_directory),
		cmocka_unit_test(what_a_crash_leaves),
		cmocka_unit_test(packs_that_do_not_hold),
		cmocka_unit_test(a_pack_without_runs),
		cmocka_unit_test(a_packed_run_without_results),
		cmocka_unit_test(wrong_bits_anywhere),
	};
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
