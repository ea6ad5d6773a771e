/* What HDF5 can hold and we never write is refused before the library reads it; each case is valid HDF5, made by the library. */
#include <hdf5.h>

#include "run_model.h"
#include "sample.h"
#include "unit.h"

/* libhdf5 1.10 itself loses memory when it gives up on a damaged file. */
const char *__lsan_default_suppressions(void);
const char *__lsan_default_suppressions(void)
{
	return "leak:libhdf5";
}

static char directory[64], path[256];

static void write_sound(void)
{
	struct error error = ERROR_INIT;
	struct run run;
	char journal[256];
	unlink(path);
	sample_path(directory, "a.journal", journal);
	unlink(journal);
	assert_int_equal(sample_journal(journal, 12, &error), 0);
	assert_int_equal(run_from_journal(journal, &run, &error), 0);
	assert_int_equal(run_write(&run, path, &error), 0);
	run_free(&run);
}

/* In the format of our own files, so that only what is done there is strange. */
static hid_t open_again(void)
{
	hid_t access = H5Pcreate(H5P_FILE_ACCESS);
	H5Pset_libver_bounds(access, H5F_LIBVER_V18, H5F_LIBVER_V110);
	hid_t file = H5Fopen(path, H5F_ACC_RDWR, access);
	H5Pclose(access);
	assert_true(file >= 0);
	return file;
}

static void put(hid_t file, const char *name, hid_t type, int rank, hsize_t n, hid_t properties)
{
	hid_t space = rank == 0 ? H5Screate(H5S_SCALAR) : H5Screate_simple(rank, (hsize_t[]){ n, n }, NULL);
	hid_t set = H5Dcreate2(file, name, type, space, H5P_DEFAULT, properties, H5P_DEFAULT);
	assert_true(set >= 0);
	H5Dclose(set);
	H5Sclose(space);
}

static void put_typed(hid_t file, hid_t type)
{
	put(file, "x", type, 1, 4, H5P_DEFAULT);
	H5Tclose(type);
}

static void make_group(hid_t at, const char *name)
{
	H5Gclose(H5Gcreate2(at, name, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT));
}

static void nothing_strange(hid_t file) { make_group(file, "more"); }
static void plain_dataset(hid_t file) { put(file, "more", H5T_STD_I32LE, 1, 0, H5P_DEFAULT); }
static void external_below_runs(hid_t file)
{
	make_group(file, "runs");
	H5Lcreate_external("/dev/zero", "/entry", file, "runs/000001", H5P_DEFAULT, H5P_DEFAULT);
}

static void soft_link(hid_t file) { H5Lcreate_soft("/entry", file, "x", H5P_DEFAULT, H5P_DEFAULT); }
static void hard_link(hid_t file) { H5Lcreate_hard(file, "/entry", file, "/entry/x", H5P_DEFAULT, H5P_DEFAULT); }
static void many_ways(hid_t file) /* 8 to the 12th ways to the last of 12 groups */
{
	hid_t at = H5Gcreate2(file, "x", H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
	for (int i = 0; i < 12; i++) {
		hid_t below = H5Gcreate2(at, "a", H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
		for (char name[] = "b"; name[0] <= 'h'; name[0]++)
			H5Lcreate_hard(at, "a", at, name, H5P_DEFAULT, H5P_DEFAULT);
		H5Gclose(at);
		at = below;
	}
	H5Gclose(at);
}
static void external_link(hid_t file) { H5Lcreate_external("/dev/zero", "/", file, "x", H5P_DEFAULT, H5P_DEFAULT); }
static void external_deep(hid_t file)
{
	make_group(file, "runs");
	make_group(file, "runs/runs");
	H5Lcreate_external("/dev/zero", "/", file, "runs/runs/x", H5P_DEFAULT, H5P_DEFAULT);
}
static void many_links(hid_t file)
{
	make_group(file, "x");
	for (char name[] = "x/a"; name[2] < 'z'; name[2]++)
		make_group(file, name);
}
static void many_attributes(hid_t file)
{
	hid_t space = H5Screate(H5S_SCALAR), group = H5Gcreate2(file, "x", H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
	for (char name[] = "a"; name[0] < 'z'; name[0]++)
		H5Aclose(H5Acreate2(group, name, H5T_STD_U8LE, space, H5P_DEFAULT, H5P_DEFAULT));
	H5Gclose(group);
	H5Sclose(space);
}
static void nested(hid_t file)
{
	hid_t at = H5Gcreate2(file, "x", H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
	for (int i = 0; i < 40; i++) {
		hid_t below = H5Gcreate2(at, "x", H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
		H5Gclose(at);
		at = below;
	}
	H5Gclose(at);
}
static void named_type(hid_t file)
{
	hid_t type = H5Tcopy(H5T_STD_I32LE);
	H5Tcommit2(file, "x", type, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
	H5Tclose(type);
}
static void with_layout(hid_t file, H5D_layout_t layout, int deflate)
{
	hid_t properties = H5Pcreate(H5P_DATASET_CREATE);
	H5Pset_layout(properties, layout);
	if (layout == H5D_CHUNKED)
		H5Pset_chunk(properties, 1, &(hsize_t){ 2 });
	if (deflate)
		H5Pset_deflate(properties, 1);
	put(file, "x", H5T_STD_I32LE, 1, 4, properties);
	H5Pclose(properties);
}
static void compact(hid_t file) { with_layout(file, H5D_COMPACT, 0); }
static void chunked(hid_t file) { with_layout(file, H5D_CHUNKED, 0); }
static void filtered(hid_t file) { with_layout(file, H5D_CHUNKED, 1); }
static void stored_elsewhere(hid_t file)
{
	hid_t properties = H5Pcreate(H5P_DATASET_CREATE);
	H5Pset_external(properties, "/dev/zero", 0, 16);
	put(file, "x", H5T_STD_I32LE, 1, 4, properties);
	H5Pclose(properties);
}
static void filled(hid_t file)
{
	hid_t properties = H5Pcreate(H5P_DATASET_CREATE);
	H5Pset_fill_value(properties, H5T_STD_I32LE, &(int32_t){ 7 });
	put(file, "x", H5T_STD_I32LE, 1, 4, properties);
	H5Pclose(properties);
}
static void never_written(hid_t file) { put(file, "x", H5T_STD_I64LE, 1, (hsize_t)1 << 50, H5P_DEFAULT); }
static void two_dimensions(hid_t file) { put(file, "x", H5T_STD_I32LE, 2, 2, H5P_DEFAULT); }
static void of_any_length(hid_t file)
{
	hid_t type = H5Tcopy(H5T_C_S1);
	H5Tset_size(type, H5T_VARIABLE);
	put_typed(file, type);
}
static void of_arrays(hid_t file) { put_typed(file, H5Tarray_create2(H5T_STD_I32LE, 1, &(hsize_t){ 3 })); }
static void of_choices(hid_t file)
{
	hid_t type = H5Tenum_create(H5T_STD_I32LE);
	H5Tenum_insert(type, "a", &(int32_t){ 1 });
	put_typed(file, type);
}
static void of_references(hid_t file) { put_typed(file, H5Tcopy(H5T_STD_REF_OBJ)); }
static void of_bits(hid_t file) { put_typed(file, H5Tcopy(H5T_STD_B32LE)); }
static void the_other_way_round(hid_t file) { put_typed(file, H5Tcopy(H5T_STD_I32BE)); }
static void rows_with_holes(hid_t file)
{
	hid_t type = H5Tcreate(H5T_COMPOUND, 16);
	H5Tinsert(type, "a", 8, H5T_STD_I32LE);
	put_typed(file, type);
}
static void with_ordered_links(hid_t file)
{
	hid_t properties = H5Pcreate(H5P_GROUP_CREATE);
	H5Pset_link_creation_order(properties, H5P_CRT_ORDER_TRACKED);
	H5Gclose(H5Gcreate2(file, "x", H5P_DEFAULT, properties, H5P_DEFAULT));
	H5Pclose(properties);
}

static int read_back(struct error *error)
{
	struct run run;
	int result = run_read(path, &run, error);
	run_free(&run);
	assert_int_equal(H5Fget_obj_count((hid_t)H5F_OBJ_ALL, H5F_OBJ_ALL), 0);
	return result;
}

static void what_is_added_plainly_is_read_past(void **state)
{
	(void)state;
	void (*const additions[])(hid_t) = { nothing_strange, plain_dataset, external_below_runs };
	for (size_t i = 0; i < sizeof additions / sizeof *additions; i++) {
		struct error error = ERROR_INIT;
		write_sound();
		hid_t file = open_again();
		additions[i](file);
		H5Fclose(file);
		if (read_back(&error) != 0)
			fail_msg("addition %zu: %s", i, error.what);
	}
}

#define CASE(make, says) { make, #make, says }
static const struct {
	void (*make)(hid_t file);
	const char *name, *says;
} strange[] = {
	CASE(soft_link, "a link that is not a plain one"),
	CASE(external_link, "a link that is not a plain one"),
	CASE(external_deep, "/runs/runs: a link that is not a plain one"),
	CASE(hard_link, "/entry: metadata of a kind"), /* a cycle: the object counts its links */
	CASE(many_ways, "/x/"),
	CASE(many_links, "/x: links or attributes are kept in another way"),
	CASE(many_attributes, "/x: links or attributes are kept in another way"),
	CASE(nested, "nested too deeply"),
	CASE(named_type, "/x: neither a group nor a dataset"),
	CASE(compact, "/x: not stored in one plain piece"),
	CASE(chunked, "/x: "),
	CASE(filtered, "/x: "),
	CASE(stored_elsewhere, "/x: "),
	CASE(filled, "/x: values that nobody wrote"),
	CASE(never_written, "/x: "),
	CASE(two_dimensions, "/x: a shape of data"),
	CASE(of_any_length, "/x: a type of data"),
	CASE(of_arrays, "/x: a type of data"),
	CASE(of_choices, "/x: a type of data"),
	CASE(of_references, "/x: a type of data"),
	CASE(of_bits, "/x: a type of data"),
	CASE(the_other_way_round, "/x: a type of data"),
	CASE(rows_with_holes, "/x: a type of data"),
	CASE(with_ordered_links, "/x: "),
};

static void what_we_never_write_is_refused(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof strange / sizeof *strange; i++) {
		struct error error = ERROR_INIT;
		write_sound();
		hid_t file = open_again();
		strange[i].make(file);
		H5Fclose(file);
		if (read_back(&error) == 0 || error.code != ERROR_CORRUPT || strstr(error.what, strange[i].says) == NULL)
			fail_msg("%s: '%s' does not say '%s'", strange[i].name, error.what, strange[i].says);
	}
}

static void expect_refusal(const unsigned char *bytes, size_t size, const char *says)
{
	struct error error = ERROR_INIT;
	sample_store(path, bytes, size);
	if (read_back(&error) == 0 || strstr(error.what, says) == NULL)
		fail_msg("'%s' does not say '%s'", error.what, says);
}

static void other_superblocks(void **state)
{
	(void)state;
	size_t size;
	write_sound();
	unsigned char *bytes = sample_load(path, &size); /* has room for one byte more */
	bytes[size] = 0;
	expect_refusal(bytes, size + 1, "cut short, or something was added");
	expect_refusal(bytes, size - 1, "cut short, or something was added");
	expect_refusal(bytes, 47, "not an HDF5 file");
	for (size_t at = 8; at < 28; at++) { /* version, widths, flags, base and extension */
		bytes[at] ^= 1;
		expect_refusal(bytes, size, "not an HDF5 file of the kind that joulerig writes");
		bytes[at] ^= 1;
	}
	free(bytes);
}

static void put_u64(unsigned char *at, uint64_t value)
{
	for (int i = 0; i < 8; i++)
		at[i] = (unsigned char)(value >> 8 * i);
}

/* A long header that goes on in a piece which goes on in itself: as deep as the file is long, for who follows it by recursion. */
static void a_header_that_never_ends(void **state)
{
	enum { SIZE = 1 << 20, PIECE = SIZE - 28, HEAD = 48, MESSAGES = HEAD + 10 };
	static const unsigned char start[] = "\x89HDF\r\n\x1a\n\x02\x08\x08", head[] = "OHDR\2\2", message[] = { 16, 16, 0, 0 };
	unsigned char *bytes = calloc(1, SIZE);
	(void)state;
	memcpy(bytes, start, sizeof start - 1);
	memset(bytes + 20, 0xff, 8); /* no extension */
	put_u64(bytes + 28, SIZE);
	put_u64(bytes + 36, HEAD);
	memcpy(bytes + HEAD, head, sizeof head - 1);
	put_u64(bytes + HEAD + 6, PIECE - MESSAGES - 4); /* 4 bytes wide; the rest is nothing yet */
	memcpy(bytes + PIECE, "OCHK", 4);
	for (int i = 0; i < 2; i++) { /* from the head, and from the piece */
		unsigned char *at = bytes + (i ? PIECE + 4 : MESSAGES);
		memcpy(at, message, 4);
		put_u64(at + 4, PIECE);
		put_u64(at + 12, 28);
	}
	expect_refusal(bytes, SIZE, "overlap");
	free(bytes);
}

static void what_is_no_file(void **state)
{
	(void)state;
	struct error error = ERROR_INIT, other = ERROR_INIT;
	unlink(path);
	assert_int_equal(read_back(&error), -1);
	assert_int_equal(error.code, ERROR_NOT_FOUND);
	assert_int_equal(mkfifo(path, 0600), 0);
	assert_int_equal(read_back(&other), -1); /* and does not wait for a writer */
	assert_non_null(strstr(other.what, "not a file"));
	unlink(path);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_added_plainly_is_read_past),
		cmocka_unit_test(what_we_never_write_is_refused),
		cmocka_unit_test(other_superblocks),
		cmocka_unit_test(a_header_that_never_ends),
		cmocka_unit_test(what_is_no_file),
	};
	sample_directory(directory);
	sample_path(directory, "strange.h5", path);
	int result = cmocka_run_group_tests(tests, NULL, NULL);
	sample_remove(directory);
	return result;
}
