/*
 * A run file that is valid HDF5 and hostile content: the input is a list of edits that the library itself makes to a sound run
 * file, of objects, types, shapes, lengths, links, JSON texts, values and checksums. An input of zeros edits nothing.
 */
#include <hdf5.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "crc32c.h"
#include "fuzz.h"
#include "sound.h"

#define EDITS_MAX 12
#define TEXT_MAX ((size_t)1 << 16)

/* ---- the input, read as choices ---- */

struct choices {
	const uint8_t *at;
	size_t left;
};

static unsigned choose(struct choices *choices, unsigned n)
{
	if (choices->left == 0)
		return 0;
	choices->left--;
	return *choices->at++ % n;
}

static int64_t choose_number(struct choices *choices)
{
	static const int64_t numbers[] = {
		0, 1, -1, 2, 7, 100, 65535, 65536, INT32_MAX, UINT32_MAX, INT64_MAX, INT64_MIN, INT64_C(1) << 59, NS_PER_S,
		1002 * NS_PER_S, 1003 * NS_PER_S, 1004 * NS_PER_S + 1, NS_PER_MS, -NS_PER_MS, INT64_C(1) << 50,
	};
	unsigned i = choose(choices, sizeof numbers / sizeof *numbers + 1);
	if (i < sizeof numbers / sizeof *numbers)
		return numbers[i];
	int64_t number = 0;
	for (int k = 0; k < 8; k++)
		number = (int64_t)((uint64_t)number << 8 | choose(choices, 256));
	return number;
}

static double choose_real(struct choices *choices)
{
	static const double reals[] = { 0, 1, -1, NAN, INFINITY, -INFINITY, 1e308, 5e-324, 9.91e37, 1e-6, 60, 200, 1e12 };
	return reals[choose(choices, sizeof reals / sizeof *reals)];
}

#define ENTRY "/entry"
#define WALL ENTRY "/instrument/wall/power"
#define RAPL ENTRY "/instrument/rapl/package-0"
#define RIG ENTRY "/instrument/rig/power"
static const char *const objects[] = {
	ENTRY "/raw_log/header", ENTRY "/raw_log/notes", WALL "/value", WALL "/t", WALL "/u_t", WALL "/flags", WALL "/seq", RAPL "/value",
	RAPL "/t", RAPL "/u_t", RAPL "/flags", RAPL "/seq", RAPL "/gaps/from", RAPL "/gaps/to", RAPL "/gaps/reason", RIG "/value", RIG "/t",
	RIG "/n", RIG "/flags", ENTRY "/instrument/trigger/edges/t", ENTRY "/instrument/trigger/edges/u_t",
	ENTRY "/instrument/trigger/edges/what", ENTRY "/instrument/trigger/edges/received", ENTRY "/instrument/trigger/edges/name",
	ENTRY "/clock/monotonic", ENTRY "/clock/raw", ENTRY "/clock/boottime", ENTRY "/clock/realtime", ENTRY "/clock/tai",
	ENTRY "/clock/width", ENTRY "/clock/status", ENTRY "/ranges/t", ENTRY "/ranges/channel", ENTRY "/ranges/changed",
	/* groups: */ WALL, RAPL, RAPL "/gaps", RIG, ENTRY "/instrument/wall", ENTRY "/instrument", ENTRY "/instrument/trigger/edges",
	ENTRY "/clock", ENTRY "/ranges", ENTRY "/raw_log", ENTRY,
};
#define OBJECTS (sizeof objects / sizeof *objects)

static const char *choose_object(struct choices *choices)
{
	return objects[choose(choices, OBJECTS)];
}

static const char *choose_name(struct choices *choices)
{
	static const char *const names[] = { "crc32c", "layout", "layout_version", "journal_damage", "units", "x", "\xff\xfe\n", "..", "a b" };
	return names[choose(choices, sizeof names / sizeof *names)];
}

static hid_t choose_type(struct choices *choices)
{
	hid_t type;
	switch (choose(choices, 16)) {
	case 0: return H5Tcopy(H5T_STD_I64LE);
	case 1: return H5Tcopy(H5T_STD_U32LE);
	case 2: return H5Tcopy(H5T_IEEE_F64LE);
	case 3: return H5Tcopy(H5T_STD_I64BE);
	case 4: return H5Tcopy(H5T_STD_U8LE);
	case 5: return H5Tcopy(H5T_IEEE_F32LE);
	case 6: type = H5Tcopy(H5T_C_S1); H5Tset_size(type, 1 + choose(choices, 256)); return type;
	case 7: type = H5Tcopy(H5T_C_S1); H5Tset_size(type, H5T_VARIABLE); return type;
	case 8: type = H5Tcreate(H5T_COMPOUND, 16); H5Tinsert(type, "a", 0, H5T_STD_I64LE); return type;
	case 9: type = H5Tenum_create(H5T_STD_U32LE); H5Tenum_insert(type, "a", &(uint32_t){ 1 }); return type;
	case 10: return H5Tcreate(H5T_OPAQUE, 8);
	case 11: return H5Tarray_create2(H5T_STD_I64LE, 1, &(hsize_t){ 2 });
	case 12: return H5Tvlen_create(H5T_STD_I64LE);
	case 13: return H5Tcopy(H5T_STD_REF_OBJ);
	case 14: type = H5Tcopy(H5T_STD_I64LE); H5Tset_precision(type, 1 + choose(choices, 64)); return type;
	default: type = H5Tcreate(H5T_COMPOUND, 8); H5Tinsert(type, "a", 0, H5T_STD_I64LE); return type;
	}
}

static hid_t choose_space(struct choices *choices)
{
	hsize_t n[3] = { 1 + choose(choices, 80), 2, 2 };
	switch (choose(choices, 7)) {
	case 0: return H5Screate_simple(1, n, NULL);
	case 1: return H5Screate(H5S_SCALAR);
	case 2: return H5Screate(H5S_NULL);
	case 3: return H5Screate_simple(2, n, NULL);
	case 4: n[0] = (hsize_t)choose_number(choices) & INT64_MAX; return H5Screate_simple(1, n, NULL);
	case 5: n[0] = 0; return H5Screate_simple(1, n, NULL);
	default: return H5Screate_simple(3, n, NULL);
	}
}

static hid_t choose_layout(struct choices *choices)
{
	hid_t properties = H5Pcreate(H5P_DATASET_CREATE);
	switch (choose(choices, 8)) {
	case 1: H5Pset_layout(properties, H5D_COMPACT); break;
	case 2: H5Pset_chunk(properties, 1, &(hsize_t){ 4 }); break;
	case 3: H5Pset_chunk(properties, 1, &(hsize_t){ 4 }); H5Pset_deflate(properties, 1); break;
	case 4: H5Pset_external(properties, "/dev/zero", 0, H5F_UNLIMITED); break;
	case 5: H5Pset_virtual(properties, H5Screate_simple(1, &(hsize_t){ 4 }, NULL), "/dev/zero", "x", H5Screate_simple(1, &(hsize_t){ 4 }, NULL)); break;
	case 6: H5Pset_fill_value(properties, H5T_STD_I64LE, &(int64_t){ 7 }); break;
	default: break;
	}
	return properties;
}

/* ---- datasets ---- */

/* All of a dataset, at most 64 KiB, as it is stored. NULL for anything else. */
static unsigned char *load(hid_t file, const char *path, hid_t *type, hsize_t *n, size_t *size)
{
	hid_t set = H5Dopen2(file, path, H5P_DEFAULT);
	if (set < 0)
		return NULL;
	hid_t space = H5Dget_space(set);
	unsigned char *bytes = NULL;
	*type = H5Dget_type(set);
	*size = H5Tget_size(*type);
	hssize_t points = H5Sget_simple_extent_npoints(space);
	bool flat = H5Tget_class(*type) != H5T_VLEN && !H5Tis_variable_str(*type);
	if (flat && points >= 0 && (size_t)points <= TEXT_MAX / *size)
		bytes = calloc((size_t)points * *size + 1, 1);
	if (bytes != NULL && points > 0 && H5Dread(set, *type, H5S_ALL, H5S_ALL, H5P_DEFAULT, bytes) < 0) {
		free(bytes);
		bytes = NULL;
	}
	*n = points > 0 ? (hsize_t)points : 0;
	if (bytes == NULL)
		H5Tclose(*type);
	H5Sclose(space);
	H5Dclose(set);
	return bytes;
}

static void put(hid_t file, const char *path, hid_t type, hid_t space, hid_t properties, const void *bytes, size_t length, unsigned crc_wrong)
{
	uint32_t crc = crc32c(0, bytes, length) + crc_wrong;
	H5Ldelete(file, path, H5P_DEFAULT);
	hid_t set = H5Dcreate2(file, path, type, space, H5P_DEFAULT, properties, H5P_DEFAULT), scalar = H5Screate(H5S_SCALAR);
	if (set >= 0 && length > 0)
		H5Dwrite(set, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, bytes);
	hid_t attribute = set >= 0 ? H5Acreate2(set, "crc32c", H5T_STD_U32LE, scalar, H5P_DEFAULT, H5P_DEFAULT) : -1;
	if (attribute >= 0) {
		H5Awrite(attribute, H5T_STD_U32LE, &crc);
		H5Aclose(attribute);
	}
	H5Sclose(scalar);
	if (set >= 0)
		H5Dclose(set);
}

static void put_text(hid_t file, const char *path, const char *text, size_t length, unsigned crc_wrong)
{
	hid_t type = H5Tcopy(H5T_C_S1), space = H5Screate(H5S_SCALAR);
	H5Tset_size(type, length ? length : 1);
	H5Tset_cset(type, H5T_CSET_UTF8);
	H5Tset_strpad(type, H5T_STR_NULLPAD);
	put(file, path, type, space, H5P_DEFAULT, text, length, crc_wrong);
	H5Sclose(space);
	H5Tclose(type);
}

/* Another object of another type, shape and layout under this name, with a CRC that is right if it is of no data. */
static void replace(hid_t file, struct choices *choices)
{
	static unsigned char data[1 << 12];
	const char *path = choose_object(choices);
	hid_t type = choose_type(choices), space = choose_space(choices), properties = choose_layout(choices);
	hssize_t n = H5Sget_simple_extent_npoints(space);
	bool flat = H5Tget_class(type) != H5T_VLEN && H5Tget_class(type) != H5T_REFERENCE && !H5Tis_variable_str(type);
	size_t length = flat && n > 0 && (size_t)n <= sizeof data / H5Tget_size(type) ? (size_t)n * H5Tget_size(type) : 0;
	put(file, path, type, space, properties, data, length, 0);
	H5Pclose(properties);
	H5Sclose(space);
	H5Tclose(type);
}

static void put_value(struct choices *choices, hid_t type, unsigned char *at, size_t size)
{
	double real = choose_real(choices);
	int64_t number = choose_number(choices);
	if (H5Tget_class(type) == H5T_FLOAT)
		memcpy(at, &real, size < sizeof real ? size : sizeof real);
	else
		memcpy(at, &number, size < sizeof number ? size : sizeof number);
}

/* Some values, or the length, of a dataset become others; its CRC is right, mostly. */
static void change_values(hid_t file, struct choices *choices)
{
	hid_t type;
	hsize_t n;
	size_t size;
	const char *path = choose_object(choices);
	unsigned char *bytes = load(file, path, &type, &n, &size);
	if (bytes == NULL)
		return;
	for (unsigned i = 1 + choose(choices, 4); i > 0 && n > 0; i--)
		put_value(choices, type, bytes + choose(choices, 256) % n * size, size);
	hsize_t length = choose(choices, 4) ? n : choose(choices, 256) % (n + 1);
	hid_t space = H5Screate_simple(1, &length, NULL);
	put(file, path, type, space, H5P_DEFAULT, bytes, length * size, choose(choices, 16) == 15);
	H5Sclose(space);
	H5Tclose(type);
	free(bytes);
}

/* ---- JSON ---- */

static json_t *choose_json(struct choices *choices)
{
	static const char *const words[] = {
		"", "nan", "inf", "..", "/", "a/b", "wall.power", "measured", "mean", "counter", "instant", "observe", "wall", "dram", "J", "W", "1",
		"f64", "u64", "i16", "i32", "18446744073709551615", "99999999999999999999", "\xc3\xa4", "\n", "required", "ok", "failed", "required",
	};
	switch (choose(choices, 8)) {
	case 0: return json_integer(choose_number(choices));
	case 1: return json_real(isfinite(choose_real(choices)) ? choose_real(choices) : 1e300);
	case 2: return json_null();
	case 3: return json_boolean(choose(choices, 2));
	case 4: return json_array();
	case 5: return json_object();
	case 6: return json_pack("[[{s:[]}]]", "a");
	default: return json_string(words[choose(choices, sizeof words / sizeof *words)]);
	}
}

/* Walks down to some member and replaces, removes or doubles it. */
static void change_member(json_t *json, struct choices *choices)
{
	for (int depth = 0; depth < 6; depth++) {
		size_t n = json_is_array(json) ? json_array_size(json) : json_object_size(json);
		if (n == 0)
			return;
		size_t at = choose(choices, 256) % n;
		const char *key = "";
		json_t *member = json_is_array(json) ? json_array_get(json, at) : NULL;
		if (json_is_object(json)) {
			void *iterator = json_object_iter(json);
			while (at-- > 0)
				iterator = json_object_iter_next(json, iterator);
			key = json_object_iter_key(iterator);
			member = json_object_iter_value(iterator);
		}
		if ((json_is_array(member) || json_is_object(member)) && choose(choices, 8)) {
			json = member;
			continue;
		}
		switch (choose(choices, 4)) {
		case 0: json_is_array(json) ? json_array_remove(json, at) : json_object_del(json, key); return;
		case 1: json_is_array(json) ? json_array_append_new(json, json_deep_copy(member)) : json_object_set_new(json, "x", json_deep_copy(member)); return;
		default: json_is_array(json) ? json_array_set_new(json, at, choose_json(choices)) : json_object_set_new(json, key, choose_json(choices)); return;
		}
	}
}

static void change_json(hid_t file, struct choices *choices)
{
	hid_t type;
	hsize_t n;
	size_t size;
	const char *path = objects[choose(choices, 3) == 2];
	char *text = (char *)load(file, path, &type, &n, &size);
	if (text == NULL)
		return;
	H5Tclose(type);
	json_t *json = json_loads(text, 0, NULL);
	free(text);
	for (unsigned i = 1 + choose(choices, 3); json && i > 0; i--)
		change_member(json, choices);
	text = json ? json_dumps(json, JSON_COMPACT) : NULL;
	if (text != NULL)
		put_text(file, path, text, strlen(text), 0);
	free(text);
	json_decref(json);
}

/* Not the text of a sound program: cut, nested, or the input's own bytes. */
static void change_text(hid_t file, struct choices *choices)
{
	static char text[TEXT_MAX];
	const char *path = objects[choose(choices, 2)];
	size_t length = 0;
	switch (choose(choices, 4)) {
	case 0:
		length = 1 + choose(choices, 256) * 200u;
		memset(text, choose(choices, 2) ? '[' : ' ', length);
		break;
	case 1:
		length = (size_t)snprintf(text, sizeof text, "{\"channels\": [], \"a\": \"\\u0000\"}");
		break;
	default:
		length = choices->left < 300 ? choices->left : 300;
		memcpy(text, choices->at, length);
		choices->at += length;
		choices->left -= length;
	}
	put_text(file, path, text, length, 0);
}

/* ---- links, attributes, groups ---- */

static void change_link(hid_t file, struct choices *choices)
{
	const char *path = choose_object(choices), *other = choose_object(choices);
	switch (choose(choices, 7)) {
	case 1: H5Ldelete(file, path, H5P_DEFAULT); H5Lcreate_soft(other, file, path, H5P_DEFAULT, H5P_DEFAULT); break;
	case 2: H5Ldelete(file, path, H5P_DEFAULT); H5Lcreate_hard(file, other, file, path, H5P_DEFAULT, H5P_DEFAULT); break;
	case 3: H5Ldelete(file, path, H5P_DEFAULT); H5Lcreate_external("000001.h5", other, file, path, H5P_DEFAULT, H5P_DEFAULT); break;
	case 4: H5Lmove(file, path, file, other, H5P_DEFAULT, H5P_DEFAULT); break;
	case 5: H5Ldelete(file, path, H5P_DEFAULT); H5Gclose(H5Gcreate2(file, path, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT)); break;
	case 6: H5Ldelete(file, path, H5P_DEFAULT); H5Tcommit2(file, path, H5T_STD_I64LE, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT); break;
	default: H5Ldelete(file, path, H5P_DEFAULT);
	}
}

static void change_attribute(hid_t file, struct choices *choices)
{
	static const unsigned char zeros[1 << 12];
	const char *path = choose(choices, 4) ? choose_object(choices) : "/", *name = choose_name(choices);
	H5Adelete_by_name(file, path, name, H5P_DEFAULT);
	if (choose(choices, 3) == 2)
		return;
	hid_t type = choose_type(choices), space = choose_space(choices);
	hssize_t n = H5Sget_simple_extent_npoints(space);
	bool small = n >= 0 && (size_t)n <= sizeof zeros / H5Tget_size(type) / 2; /* else it is the library that takes the memory */
	hid_t attribute = small ? H5Acreate_by_name(file, path, name, type, space, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT) : -1;
	if (attribute >= 0 && n > 0)
		H5Awrite(attribute, type, zeros);
	if (attribute >= 0)
		H5Aclose(attribute);
	H5Sclose(space);
	H5Tclose(type);
}

static void add_groups(hid_t file, struct choices *choices)
{
	hid_t at = H5Gopen2(file, "/", H5P_DEFAULT);
	char name[256];
	memset(name, 'n', sizeof name);
	name[1 + choose(choices, 255)] = '\0';
	for (unsigned i = choose(choices, 40), deep = choose(choices, 2); i > 0; i--) {
		hid_t below = H5Gcreate2(at, name, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
		name[0] = (char)('A' + i);
		if (deep && below >= 0) {
			H5Gclose(at);
			at = below;
		} else if (below >= 0) {
			H5Gclose(below);
		}
	}
	H5Gclose(at);
}

/* ---- one file ---- */

static void edit(const char *path, struct choices *choices)
{
	static void (*const edits[])(hid_t, struct choices *) = {
		NULL, change_values, change_values, change_values, change_json, change_json, change_json, change_text, replace, change_link,
		change_attribute, add_groups,
	};
	hid_t access = H5Pcreate(H5P_FILE_ACCESS);
	H5Pset_libver_bounds(access, H5F_LIBVER_V18, H5F_LIBVER_V110);
	hid_t file = H5Fopen(path, H5F_ACC_RDWR, access);
	if (file < 0)
		abort();
	for (int i = 0; i < EDITS_MAX && choices->left > 0; i++) {
		unsigned which = choose(choices, sizeof edits / sizeof *edits);
		if (edits[which] != NULL)
			edits[which](file, choices);
	}
	H5Fclose(file);
	H5Pclose(access);
}

static const char *sound_copy(void)
{
	static uint8_t bytes[1 << 17];
	static size_t size;
	if (size == 0) {
		struct error error = ERROR_INIT;
		char path[128];
		snprintf(path, sizeof path, "%s/sound.h5", fuzz_folder());
		FILE *file = sound_run_file(path, true, &error) == 0 ? fopen(path, "rb") : NULL;
		if (file == NULL || (size = fread(bytes, 1, sizeof bytes, file)) == sizeof bytes)
			abort();
		fclose(file);
	}
	return fuzz_store("000001.h5", bytes, size);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct error error = ERROR_INIT;
	struct run run;
	struct choices choices = { data, size };
	H5Eset_auto2(H5E_DEFAULT, NULL, NULL);
	const char *path = sound_copy();
	edit(path, &choices);
	int result = run_read(path, &run, &error);
	if (result == 0)
		fuzz_evaluate(&run);
	else
		fuzz_expect_reason(&error);
	if (H5Fget_obj_count((hid_t)H5F_OBJ_ALL, H5F_OBJ_FILE | H5F_OBJ_DATASET | H5F_OBJ_GROUP | H5F_OBJ_ATTR) != 0)
		abort(); /* the reader has left something open */
	run_free(&run);
	return 0;
}
