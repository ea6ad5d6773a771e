/*
 * h5: the little of HDF5 that the store uses: groups, attributes, 1-D arrays, texts; each array with its CRC32C.
 *
 * Files are composed in memory and written by durable.c, so that a full disk is an errno here and not a wreck inside the
 * library. A failure is remembered in the struct and makes every later call a no-op: check `failed` (or the last call's
 * result) once. Objects are named by the path of their group and their own name. One thread at a time.
 */
#ifndef JOULERIG_STORE_H5_H
#define JOULERIG_STORE_H5_H

#include <hdf5.h>
#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "error.h"
#include "fields.h"

/* Links of a group, or attributes of an object: as many as HDF5 keeps in the object's header, which is where we read them. */
#define H5_IN_HEADER_MAX 65535

struct h5 {
	hid_t file;
	const char *path; /* the caller's; for messages */
	struct error *error;
	bool failed;
	uint64_t file_size; /* reading: no array can be longer */
	const char *entry;  /* reading: the group that stands for /entry, and for the root's attributes; NULL for themselves */
	void *image;        /* composing: the file's bytes, once HDF5 has closed it */
};

/* h5.c */
/* Types, to be closed with H5Tclose: of one value, and of a packed row of values. */
hid_t h5_type(enum stored type, size_t size);
hid_t h5_row_type(const struct field *fields, size_t n_fields);
void h5_fail(struct h5 *h5, enum error_code code, const char *format, ...) __attribute__((format(printf, 3, 4)));
void h5_fail_library(struct h5 *h5, const char *doing, const char *name); /* the cause taken from HDF5's error stack */
void h5_close(struct h5 *h5);
#define H5_PATH_SIZE 320
const char *h5_join(const char *group, const char *name, char path[H5_PATH_SIZE]);

/* h5_write.c */
int h5_create(struct h5 *h5, const char *path, struct error *error);
/* Writes what was composed to `path`, synced, and closes. 0 or -1. */
int h5_save(struct h5 *h5, const char *path);
void h5_make_group(struct h5 *h5, const char *path, const char *nx_class); /* its parent must exist; existing is fine */
void h5_put_array(struct h5 *h5, const char *group, const char *name, enum stored type, size_t size, size_t n, const void *data,
		  const char *units);
/* A dataset of rows of `fields`, packed as field_pack does; its attribute `column_units` is in the order of the fields. */
void h5_put_table(struct h5 *h5, const char *group, const char *name, const struct field *fields, size_t n_fields, size_t n,
		  const void *rows);
void h5_put_document(struct h5 *h5, const char *group, const char *name, const char *text); /* a text as a dataset */
/* Every field of n structs as an array of its own. */
void h5_put_columns(struct h5 *h5, const char *group, const struct field *fields, size_t n_fields, const void *structs,
		    size_t stride, size_t n);
#define H5_COLUMNS_MAX 64 /* of a table */
/* Attributes, on a group or dataset. */
void h5_note_text(struct h5 *h5, const char *object, const char *name, const char *text);
void h5_note_texts(struct h5 *h5, const char *object, const char *name, const char *const *texts, size_t n);
void h5_note_i64(struct h5 *h5, const char *object, const char *name, int64_t value);
void h5_note_f64(struct h5 *h5, const char *object, const char *name, double value);
void h5_note_flag(struct h5 *h5, const char *object, const char *name); /* u8 1: present means true; again is fine */
/* The scalar members of a JSON object, one attribute each; those of objects in it with "member_" before their names. */
void h5_note_json(struct h5 *h5, const char *object, const json_t *json);
/* The object of that name in another file, with all that is below it, as `path` in this one. */
void h5_copy_from(struct h5 *h5, const char *path, const struct h5 *from, const char *object);
void h5_discard(struct h5 *h5); /* closes what was composed, and forgets it */
void h5_link_outside(struct h5 *h5, const char *group, const char *name, const char *file, const char *object);

/* h5_vet.c */
struct h5_fault {
	const char *what;           /* a literal */
	char object[H5_PATH_SIZE]; /* where; "" for the root or the file as a whole */
};
/* Is the file's metadata of the few kinds that we write, so that the library can be trusted with it? */
bool h5_vet(int fd, uint64_t size, struct h5_fault *fault);

/* h5_read.c */
int h5_open(struct h5 *h5, const char *path, struct error *error);
/* A malloc'ed array (never NULL unless failed) of exactly this type, whose CRC holds. */
void *h5_get_array(struct h5 *h5, const char *group, const char *name, enum stored type, size_t size, size_t *n);
void *h5_get_table(struct h5 *h5, const char *group, const char *name, const struct field *fields, size_t n_fields, size_t *n);
bool h5_has(struct h5 *h5, const char *group, const char *name);
char *h5_get_document(struct h5 *h5, const char *group, const char *name); /* malloc'ed; NULL when failed */
json_t *h5_get_json(struct h5 *h5, const char *group, const char *name);   /* an object; NULL when failed */
/* malloc'ed array of n structs, read column by column; all columns must have the same length. */
void *h5_get_columns(struct h5 *h5, const char *group, const struct field *fields, size_t n_fields, size_t stride, size_t *n);
int64_t h5_read_i64(struct h5 *h5, const char *object, const char *name); /* an attribute */
#define H5_LAYOUT_SIZE 32
/* What the file says it is: the root's attribute `layout`, or "" when failed. Returns `layout`. */
const char *h5_read_layout(struct h5 *h5, char layout[H5_LAYOUT_SIZE]);
/* Refuses a file that is not of this layout and version (root attributes `layout`, `layout_version`). */
void h5_expect_layout(struct h5 *h5, const char *layout, int64_t version);
/* Fails unless the dataset, whatever its type, is stored as every dataset is: plainly, and with a CRC that holds. */
void h5_check_array(struct h5 *h5, const char *path);

#endif
