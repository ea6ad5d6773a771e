#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "crc32c.h"
#include "durable.h"
#include "h5.h"

#define GROW_BY ((size_t)1 << 20)

/* HDF5 keeps the file in memory that we hand it, and gives that up when it closes the file: here it is kept instead. (Its own
 * H5Fget_file_image of 1.10 returns a superblock whose checksum is wrong.) */
static void *image_malloc(size_t size, H5FD_file_image_op_t op, void *context)
{
	(void)op, (void)context;
	return malloc(size);
}

static void *image_realloc(void *bytes, size_t size, H5FD_file_image_op_t op, void *context)
{
	(void)op, (void)context;
	return realloc(bytes, size);
}

static herr_t image_free(void *bytes, H5FD_file_image_op_t op, void *context)
{
	struct h5 *h5 = context;
	if (op == H5FD_FILE_IMAGE_OP_FILE_CLOSE)
		h5->image = bytes;
	else
		free(bytes);
	return 0;
}

static void *context_copy(void *context)
{
	return context;
}

static herr_t context_free(void *context)
{
	(void)context;
	return 0;
}

/* Formats of HDF5 1.8 to 1.10: every reader of today knows them, and their metadata carries checksums. */
static hid_t memory_access(struct h5 *h5)
{
	H5FD_file_image_callbacks_t callbacks = { image_malloc, NULL, image_realloc, image_free, context_copy, context_free, h5 };
	hid_t access = H5Pcreate(H5P_FILE_ACCESS);
	if (H5Pset_fapl_core(access, GROW_BY, false) < 0 || H5Pset_file_image_callbacks(access, &callbacks) < 0 ||
	    H5Pset_libver_bounds(access, H5F_LIBVER_V18, H5F_LIBVER_V110) < 0) {
		H5Pclose(access);
		return -1;
	}
	return access;
}

/* Without times of its own, so that the same content gives the same bytes; all that belongs to an object in its header, never in
 * a heap, so that h5_vet can follow it. */
static hid_t creation(hid_t class)
{
	hid_t properties = H5Pcreate(class);
	H5Pset_obj_track_times(properties, false);
	H5Pset_attr_phase_change(properties, H5_IN_HEADER_MAX, H5_IN_HEADER_MAX - 1);
	if (class != H5P_DATASET_CREATE)
		H5Pset_link_phase_change(properties, H5_IN_HEADER_MAX, H5_IN_HEADER_MAX - 1);
	return properties;
}

int h5_create(struct h5 *h5, const char *path, struct error *error)
{
	*h5 = (struct h5){ .file = -1, .path = path, .error = error };
	H5Eset_auto2(H5E_DEFAULT, NULL, NULL);
	hid_t access = memory_access(h5), properties = creation(H5P_FILE_CREATE);
	h5->file = H5Fcreate(path, H5F_ACC_TRUNC, properties, access);
	if (h5->file < 0)
		h5_fail_library(h5, "compose", "a file");
	H5Pclose(properties);
	H5Pclose(access);
	return h5->failed ? -1 : 0;
}

/* The memory is larger than the file in it, which ends where its superblock (version 2: HDF5 1.8's) says. 0 if it is none. */
static size_t image_size(const unsigned char *image)
{
	/* Signature, version, sizes of addresses and of lengths. */
	static const unsigned char superblock[] = "\x89HDF\r\n\x1a\n\x02\x08\x08";
	uint64_t end;
	if (memcmp(image, superblock, sizeof superblock - 1) != 0)
		return 0;
	memcpy(&end, image + 28, sizeof end);
	return end;
}

void h5_discard(struct h5 *h5)
{
	h5_close(h5);
	free(h5->image);
	h5->image = NULL;
}

int h5_save(struct h5 *h5, const char *path)
{
	h5_close(h5);
	size_t size = h5->image != NULL ? image_size(h5->image) : 0;
	if (!h5->failed && size == 0)
		h5_fail(h5, ERROR_INTERNAL, "HDF5 did not finish the file it composed");
	if (!h5->failed && durable_write_file(path, h5->image, size, h5->error) != 0)
		h5->failed = true;
	free(h5->image);
	h5->image = NULL;
	return h5->failed ? -1 : 0;
}

void h5_make_group(struct h5 *h5, const char *path, const char *nx_class)
{
	if (h5->failed || H5Lexists(h5->file, path, H5P_DEFAULT) > 0)
		return;
	hid_t properties = creation(H5P_GROUP_CREATE);
	hid_t group = H5Gcreate2(h5->file, path, H5P_DEFAULT, properties, H5P_DEFAULT);
	H5Pclose(properties);
	if (group < 0)
		h5_fail_library(h5, "make group", path);
	else
		H5Gclose(group);
	h5_note_text(h5, path, "NX_class", nx_class);
}

static void note(struct h5 *h5, const char *object, const char *name, hid_t type, hid_t space, const void *value)
{
	if (h5->failed)
		return;
	hid_t attribute = H5Acreate_by_name(h5->file, object, name, type, space, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
	if (attribute < 0 || H5Awrite(attribute, type, value) < 0)
		h5_fail_library(h5, "write attribute", name);
	if (attribute >= 0)
		H5Aclose(attribute);
}

static void note_scalar(struct h5 *h5, const char *object, const char *name, enum stored stored, size_t size, const void *value)
{
	if (h5->failed)
		return;
	hid_t type = h5_type(stored, size), space = H5Screate(H5S_SCALAR);
	note(h5, object, name, type, space, value);
	H5Sclose(space);
	H5Tclose(type);
}

/* HDF5 has no string of size 0: an empty one is a NUL. */
void h5_note_text(struct h5 *h5, const char *object, const char *name, const char *text)
{
	size_t size = strlen(text);
	note_scalar(h5, object, name, STORED_TEXT, size ? size : 1, text);
}

void h5_note_i64(struct h5 *h5, const char *object, const char *name, int64_t value)
{
	note_scalar(h5, object, name, STORED_I64, sizeof value, &value);
}

void h5_note_f64(struct h5 *h5, const char *object, const char *name, double value)
{
	note_scalar(h5, object, name, STORED_F64, sizeof value, &value);
}

void h5_note_flag(struct h5 *h5, const char *object, const char *name)
{
	if (!h5->failed && H5Aexists_by_name(h5->file, object, name, H5P_DEFAULT) <= 0)
		note_scalar(h5, object, name, STORED_U8, 1, &(uint8_t){ 1 });
}

void h5_note_texts(struct h5 *h5, const char *object, const char *name, const char *const *texts, size_t n)
{
	size_t size = 1;
	for (size_t i = 0; i < n; i++)
		size = strlen(texts[i]) > size ? strlen(texts[i]) : size;
	char *packed = h5->failed ? NULL : calloc(n, size);
	if (packed == NULL)
		return;
	for (size_t i = 0; i < n; i++)
		memcpy(packed + i * size, texts[i], strlen(texts[i]));
	hid_t type = h5_type(STORED_TEXT, size), space = H5Screate_simple(1, &(hsize_t){ n }, NULL);
	note(h5, object, name, type, space, packed);
	H5Sclose(space);
	H5Tclose(type);
	free(packed);
}

static void note_json_value(struct h5 *h5, const char *object, const char *name, const json_t *value)
{
	switch (json_typeof(value)) {
	case JSON_STRING: h5_note_text(h5, object, name, json_string_value(value)); break;
	case JSON_INTEGER: h5_note_i64(h5, object, name, json_integer_value(value)); break;
	case JSON_REAL: h5_note_f64(h5, object, name, json_real_value(value)); break;
	case JSON_TRUE: h5_note_flag(h5, object, name); break;
	default: break; /* false is said by absence, as for every flag; arrays are found in the JSON document */
	}
}

void h5_note_json(struct h5 *h5, const char *object, const json_t *json)
{
	const char *key, *inner_key;
	json_t *value, *inner;
	char name[128];
	json_object_foreach((json_t *)(uintptr_t)json, key, value) {
		if (!json_is_object(value)) {
			note_json_value(h5, object, key, value);
			continue;
		}
		json_object_foreach(value, inner_key, inner) {
			snprintf(name, sizeof name, "%s_%s", key, inner_key);
			note_json_value(h5, object, name, inner);
		}
	}
}

/* A dataset with the CRC32C of its bytes; `type` is both the file's and memory's. */
static void put(struct h5 *h5, const char *path, hid_t type, hid_t space, const void *data, size_t bytes)
{
	if (h5->failed)
		return;
	hid_t properties = creation(H5P_DATASET_CREATE);
	hid_t set = H5Dcreate2(h5->file, path, type, space, H5P_DEFAULT, properties, H5P_DEFAULT);
	if (set < 0 || (bytes > 0 && H5Dwrite(set, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, data) < 0))
		h5_fail_library(h5, "write", path);
	if (set >= 0)
		H5Dclose(set);
	H5Pclose(properties);
	note_scalar(h5, path, "crc32c", STORED_U32, sizeof(uint32_t), &(uint32_t){ crc32c(0, data, bytes) });
}

void h5_put_array(struct h5 *h5, const char *group, const char *name, enum stored stored, size_t size, size_t n, const void *data,
		  const char *units)
{
	char path[H5_PATH_SIZE];
	if (h5->failed)
		return;
	hid_t type = h5_type(stored, size), space = H5Screate_simple(1, &(hsize_t){ n }, NULL);
	put(h5, h5_join(group, name, path), type, space, data, n * size);
	if (units != NULL)
		h5_note_text(h5, path, "units", units);
	H5Sclose(space);
	H5Tclose(type);
}

void h5_put_document(struct h5 *h5, const char *group, const char *name, const char *text)
{
	char path[H5_PATH_SIZE];
	size_t size = strlen(text) ? strlen(text) : 1;
	if (h5->failed)
		return;
	hid_t type = h5_type(STORED_TEXT, size), space = H5Screate(H5S_SCALAR);
	put(h5, h5_join(group, name, path), type, space, text, size);
	H5Sclose(space);
	H5Tclose(type);
}

void h5_put_columns(struct h5 *h5, const char *group, const struct field *fields, size_t n_fields, const void *structs,
		    size_t stride, size_t n)
{
	for (size_t i = 0; i < n_fields && !h5->failed; i++) {
		void *column = malloc(n * fields[i].size + 1);
		if (column == NULL) {
			h5_fail(h5, ERROR_INTERNAL, "no memory for column %s", fields[i].name);
			return;
		}
		field_gather(&fields[i], structs, stride, n, column);
		h5_put_array(h5, group, fields[i].name, fields[i].type, fields[i].size, n, column, fields[i].units);
		free(column);
	}
}

static void note_column_units(struct h5 *h5, const char *path, const struct field *fields, size_t n_fields)
{
	const char *units[H5_COLUMNS_MAX];
	for (size_t i = 0; i < n_fields; i++)
		units[i] = fields[i].units ? fields[i].units : "";
	h5_note_texts(h5, path, "column_units", units, n_fields);
}

void h5_put_table(struct h5 *h5, const char *group, const char *name, const struct field *fields, size_t n_fields, size_t n,
		  const void *rows)
{
	char path[H5_PATH_SIZE];
	if (n_fields > H5_COLUMNS_MAX)
		h5_fail(h5, ERROR_INTERNAL, "the table %s has too many columns", name);
	if (h5->failed)
		return;
	hid_t type = h5_row_type(fields, n_fields), space = H5Screate_simple(1, &(hsize_t){ n }, NULL);
	put(h5, h5_join(group, name, path), type, space, rows, n * field_row_size(fields, n_fields));
	note_column_units(h5, path, fields, n_fields);
	H5Sclose(space);
	H5Tclose(type);
}

void h5_link_outside(struct h5 *h5, const char *group, const char *name, const char *file, const char *object)
{
	char path[H5_PATH_SIZE];
	if (!h5->failed &&
	    H5Lcreate_external(file, object, h5->file, h5_join(group, name, path), H5P_DEFAULT, H5P_DEFAULT) < 0)
		h5_fail_library(h5, "link", path);
}

void h5_copy_from(struct h5 *h5, const char *path, const struct h5 *from, const char *object)
{
	if (!h5->failed && H5Ocopy(from->file, object, h5->file, path, H5P_DEFAULT, H5P_DEFAULT) < 0)
		h5_fail_library(h5, "copy", path);
}
