/*
 * fields: which member of a struct is which column of a file, said once for writing, reading and comparing.
 */
#ifndef JOULERIG_STORE_FIELDS_H
#define JOULERIG_STORE_FIELDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Types of stored numbers; all little-endian, as is every machine this is built for. */
enum stored {
	STORED_U8, STORED_I16, STORED_U16, STORED_I32, STORED_U32, STORED_I64, STORED_U64, STORED_F64,
	STORED_BOOL, /* u8 in a file, bool in a struct */
	STORED_TEXT, /* UTF-8 of fixed size, NUL-padded */
};
_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "files hold what memory holds");
_Static_assert(sizeof(bool) == 1, "a bool is stored as one byte");

struct field {
	const char *name, *units; /* units as udunits spells them; NULL where there is none */
	enum stored type;
	size_t offset, size;
};
#define FIELD(structure, member, field_name, stored_type, field_units)                                                       \
	{ field_name, field_units, stored_type, offsetof(structure, member), sizeof(((structure *)0)->member) }

/* Between n structs, `stride` bytes apart, and one packed column. What was no bool in a file becomes one. */
void field_gather(const struct field *field, const void *structs, size_t stride, size_t n, void *column);
void field_scatter(const struct field *field, const void *column, size_t n, void *structs, size_t stride);

/* Between one struct and one packed row of all its fields; field_row_size is the row's length. */
size_t field_row_size(const struct field *fields, size_t n_fields);
void field_pack(const struct field *fields, size_t n_fields, const void *structure, void *row);
void field_unpack(const struct field *fields, size_t n_fields, const void *row, void *structure);

/* The same bytes in every field of n structs. */
bool field_equal(const struct field *fields, size_t n_fields, const void *a, const void *b, size_t stride, size_t n);

#endif
