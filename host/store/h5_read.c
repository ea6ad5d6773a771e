/* Reading is strict: exactly the type the layout says, stored plainly, no larger than its file, with the CRC it was given. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "crc32c.h"
#include "h5.h"

/* Notes the file's size, and refuses what the library should not see. */
static void vet(struct h5 *h5)
{
	struct stat status;
	struct h5_fault fault;
	int fd = open(h5->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK); /* a pipe without a writer is no reason to wait */
	h5->failed = true;
	if (fd < 0 || fstat(fd, &status) != 0) {
		error_errno(h5->error, errno, h5->path, NULL, "cannot open it");
	} else if (!S_ISREG(status.st_mode)) {
		h5_fail(h5, ERROR_CORRUPT, "it is not a file");
	} else if (!h5_vet(fd, (uint64_t)status.st_size, &fault)) {
		h5_fail(h5, ERROR_CORRUPT, "%s%s%s", fault.object, fault.object[0] ? ": " : "", fault.what);
	} else {
		h5->failed = false;
		h5->file_size = (uint64_t)status.st_size;
	}
	if (fd >= 0)
		close(fd);
}

int h5_open(struct h5 *h5, const char *path, struct error *error)
{
	*h5 = (struct h5){ .file = -1, .path = path, .error = error };
	vet(h5);
	if (h5->failed)
		return -1;
	H5Eset_auto2(H5E_DEFAULT, NULL, NULL);
	h5->file = H5Fopen(path, H5F_ACC_RDONLY, H5P_DEFAULT);
	if (h5->file < 0)
		h5_fail_library(h5, "open", "it as an HDF5 file");
	return h5->failed ? -1 : 0;
}

/* A path of the layout as a path in this file, where a group may stand for /entry. */
static const char *located(const struct h5 *h5, const char *path, char found[H5_PATH_SIZE])
{
	static const char entry[] = "/entry";
	if (h5->entry == NULL)
		return path;
	snprintf(found, H5_PATH_SIZE, "%s%s", h5->entry, strncmp(path, entry, strlen(entry)) == 0 ? path + strlen(entry) : "");
	return found;
}

bool h5_has(struct h5 *h5, const char *group, const char *name)
{
	char path[H5_PATH_SIZE], place[H5_PATH_SIZE];
	htri_t found = h5->failed ? 0 : H5Lexists(h5->file, located(h5, h5_join(group, name, path), place), H5P_DEFAULT);
	if (found < 0)
		h5_fail_library(h5, "look for", path);
	return found > 0;
}

static void read_attribute(struct h5 *h5, hid_t object, const char *name, enum stored stored, size_t size, void *value)
{
	if (h5->failed)
		return;
	hid_t attribute = H5Aopen(object, name, H5P_DEFAULT);
	hid_t type = attribute >= 0 ? H5Aget_type(attribute) : -1, space = attribute >= 0 ? H5Aget_space(attribute) : -1;
	hid_t wanted = h5_type(stored, size);
	if (attribute < 0 || H5Tequal(type, wanted) <= 0 || H5Sget_simple_extent_npoints(space) != 1 ||
	    H5Aread(attribute, wanted, value) < 0)
		h5_fail(h5, ERROR_CORRUPT, "attribute %s is missing or not what the layout says", name);
	H5Tclose(wanted);
	if (space >= 0)
		H5Sclose(space);
	if (type >= 0)
		H5Tclose(type);
	if (attribute >= 0)
		H5Aclose(attribute);
}

int64_t h5_read_i64(struct h5 *h5, const char *object, const char *name)
{
	int64_t value = 0;
	char place[H5_PATH_SIZE];
	hid_t opened = h5->failed ? -1 : H5Oopen(h5->file, located(h5, object, place), H5P_DEFAULT);
	if (!h5->failed && opened < 0)
		h5_fail(h5, ERROR_CORRUPT, "%s is missing", object);
	read_attribute(h5, opened, name, STORED_I64, sizeof value, &value);
	if (opened >= 0)
		H5Oclose(opened);
	return value;
}

/* The length of a fixed-length text is part of its type. 0 if it is no such text. */
static size_t text_size(hid_t type)
{
	return type >= 0 && H5Tget_class(type) == H5T_STRING && H5Tis_variable_str(type) == 0 ? H5Tget_size(type) : 0;
}

static size_t attribute_text_size(hid_t object, const char *name)
{
	hid_t attribute = H5Aopen(object, name, H5P_DEFAULT), type = attribute >= 0 ? H5Aget_type(attribute) : -1;
	size_t size = text_size(type);
	if (type >= 0)
		H5Tclose(type);
	if (attribute >= 0)
		H5Aclose(attribute);
	return size;
}

const char *h5_read_layout(struct h5 *h5, char layout[H5_LAYOUT_SIZE])
{
	char place[H5_PATH_SIZE];
	memset(layout, 0, H5_LAYOUT_SIZE);
	hid_t root = h5->failed ? -1 : H5Oopen(h5->file, located(h5, "/", place), H5P_DEFAULT);
	size_t size = root >= 0 ? attribute_text_size(root, "layout") : 0;
	if (!h5->failed && (size == 0 || size >= H5_LAYOUT_SIZE))
		h5_fail(h5, ERROR_CORRUPT, "it does not say what its layout is: no file of joulerig's");
	read_attribute(h5, root, "layout", STORED_TEXT, size, layout);
	if (root >= 0)
		H5Oclose(root);
	return layout;
}

void h5_expect_layout(struct h5 *h5, const char *layout, int64_t version)
{
	char found[H5_LAYOUT_SIZE];
	h5_read_layout(h5, found);
	if (!h5->failed && strcmp(found, layout) != 0)
		h5_fail(h5, ERROR_CORRUPT, "its layout is '%s', not '%s'", found, layout);
	int64_t stored = h5_read_i64(h5, "/", "layout_version");
	if (!h5->failed && stored != version)
		h5_fail(h5, ERROR_UNSUPPORTED, "layout version %lld; this program reads version %lld", (long long)stored,
			(long long)version);
}

/* Stored in one plain piece of this very file. */
static bool plain(hid_t set)
{
	hid_t properties = H5Dget_create_plist(set);
	bool is = properties >= 0 && H5Pget_layout(properties) == H5D_CONTIGUOUS && H5Pget_external_count(properties) == 0;
	if (properties >= 0)
		H5Pclose(properties);
	return is;
}

/* The number of values, or -1 with a failure noted. */
static hssize_t length_of(struct h5 *h5, hid_t set, const char *path, hid_t type, size_t size, int rank)
{
	hid_t stored = H5Dget_type(set), space = H5Dget_space(set);
	hssize_t n = H5Sget_simple_extent_npoints(space);
	if (H5Tequal(stored, type) <= 0 || H5Sget_simple_extent_ndims(space) != rank || !plain(set))
		n = -1;
	if (n < 0)
		h5_fail(h5, ERROR_CORRUPT, "%s has not the type or shape that the layout says", path);
	else if ((uint64_t)n > h5->file_size / size)
		h5_fail(h5, ERROR_CORRUPT, "%s claims to be longer than its file", path);
	H5Sclose(space);
	H5Tclose(stored);
	return h5->failed ? -1 : n;
}

/* One byte more than asked for, zero: texts need it, and an array of nothing is not NULL. */
static unsigned char *read_values(struct h5 *h5, hid_t set, const char *path, hid_t type, size_t bytes)
{
	unsigned char *data = calloc(1, bytes + 1);
	uint32_t crc = 0;
	if (data == NULL)
		h5_fail(h5, ERROR_INTERNAL, "no memory for the %zu bytes of %s", bytes, path);
	else if (bytes > 0 && H5Dread(set, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, data) < 0)
		h5_fail_library(h5, "read", path);
	read_attribute(h5, set, "crc32c", STORED_U32, sizeof crc, &crc);
	if (!h5->failed && crc != crc32c(0, data, bytes))
		h5_fail(h5, ERROR_CORRUPT, "%s was changed or damaged: its checksum is not %08x", path, crc);
	if (h5->failed) {
		free(data);
		return NULL;
	}
	return data;
}

static void *get(struct h5 *h5, const char *path, hid_t type, int rank, size_t *n)
{
	void *data = NULL;
	size_t size = H5Tget_size(type);
	char place[H5_PATH_SIZE];
	hid_t set = H5Dopen2(h5->file, located(h5, path, place), H5P_DEFAULT);
	if (set < 0) {
		h5_fail(h5, ERROR_CORRUPT, "%s is missing", path);
		return NULL;
	}
	hssize_t length = length_of(h5, set, path, type, size, rank);
	if (length >= 0)
		data = read_values(h5, set, path, type, (size_t)length * size);
	if (data != NULL)
		*n = (size_t)length;
	H5Dclose(set);
	return data;
}

void h5_check_array(struct h5 *h5, const char *path)
{
	size_t n;
	hid_t set = h5->failed ? -1 : H5Dopen2(h5->file, path, H5P_DEFAULT);
	if (set < 0) {
		h5_fail_library(h5, "open", path);
		return;
	}
	hid_t type = H5Dget_type(set), space = H5Dget_space(set);
	int rank = H5Sget_simple_extent_ndims(space);
	H5Sclose(space);
	H5Dclose(set);
	free(get(h5, path, type, rank, &n));
	H5Tclose(type);
}

void *h5_get_array(struct h5 *h5, const char *group, const char *name, enum stored stored, size_t size, size_t *n)
{
	char path[H5_PATH_SIZE];
	if (h5->failed)
		return NULL;
	hid_t type = h5_type(stored, size);
	void *data = get(h5, h5_join(group, name, path), type, 1, n);
	H5Tclose(type);
	return data;
}

void *h5_get_table(struct h5 *h5, const char *group, const char *name, const struct field *fields, size_t n_fields, size_t *n)
{
	char path[H5_PATH_SIZE];
	if (h5->failed)
		return NULL;
	hid_t type = h5_row_type(fields, n_fields);
	void *rows = get(h5, h5_join(group, name, path), type, 1, n);
	H5Tclose(type);
	return rows;
}

static hid_t text_type_of(struct h5 *h5, const char *path)
{
	char place[H5_PATH_SIZE];
	hid_t set = H5Dopen2(h5->file, located(h5, path, place), H5P_DEFAULT);
	hid_t type = set >= 0 ? H5Dget_type(set) : -1;
	size_t size = text_size(type);
	if (type >= 0)
		H5Tclose(type);
	if (set >= 0)
		H5Dclose(set);
	if (size == 0) {
		h5_fail(h5, ERROR_CORRUPT, "%s is missing or not a text", path);
		return -1;
	}
	return h5_type(STORED_TEXT, size);
}

char *h5_get_document(struct h5 *h5, const char *group, const char *name)
{
	char path[H5_PATH_SIZE];
	size_t n;
	hid_t type = h5->failed ? -1 : text_type_of(h5, h5_join(group, name, path));
	if (type < 0)
		return NULL;
	char *text = get(h5, path, type, 0, &n);
	H5Tclose(type);
	return text;
}

json_t *h5_get_json(struct h5 *h5, const char *group, const char *name)
{
	json_error_t wrong;
	char *text = h5_get_document(h5, group, name);
	if (text == NULL)
		return NULL;
	json_t *json = json_loads(text, JSON_REJECT_DUPLICATES, &wrong);
	free(text);
	if (!json_is_object(json)) {
		h5_fail(h5, ERROR_CORRUPT, "%s/%s is not a JSON object: %s", group, name, json ? "something else" : wrong.text);
		json_decref(json);
		return NULL;
	}
	return json;
}

static void get_column(struct h5 *h5, const char *group, const struct field *field, size_t stride, size_t *n, void **structs)
{
	size_t length;
	void *column = h5_get_array(h5, group, field->name, field->type, field->size, &length);
	if (column == NULL)
		return;
	if (*structs == NULL) {
		*n = length;
		*structs = calloc(length + 1, stride);
		if (*structs == NULL)
			h5_fail(h5, ERROR_INTERNAL, "no memory for %s", group);
	}
	if (!h5->failed && length != *n)
		h5_fail(h5, ERROR_CORRUPT, "%s/%s has %zu values where its neighbour has %zu", group, field->name, length, *n);
	if (!h5->failed)
		field_scatter(field, column, length, *structs, stride);
	free(column);
}

void *h5_get_columns(struct h5 *h5, const char *group, const struct field *fields, size_t n_fields, size_t stride, size_t *n)
{
	void *structs = NULL;
	for (size_t i = 0; i < n_fields && !h5->failed; i++)
		get_column(h5, group, &fields[i], stride, n, &structs);
	if (!h5->failed)
		return structs;
	free(structs);
	*n = 0;
	return NULL;
}
