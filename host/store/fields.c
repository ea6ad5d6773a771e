#include "fields.h"

#include <string.h>

/* One member from file to memory: a file may hold bytes that would not be a bool. */
static void take(const struct field *field, const unsigned char *from, unsigned char *member)
{
	if (field->type == STORED_BOOL)
		*(bool *)member = *from != 0;
	else
		memcpy(member, from, field->size);
}

void field_gather(const struct field *field, const void *structs, size_t stride, size_t n, void *column)
{
	const unsigned char *from = structs; /* NULL when there are none */
	unsigned char *to = column;
	for (size_t i = 0; i < n; i++)
		memcpy(to + i * field->size, from + i * stride + field->offset, field->size);
}

void field_scatter(const struct field *field, const void *column, size_t n, void *structs, size_t stride)
{
	const unsigned char *from = column;
	unsigned char *to = (unsigned char *)structs + field->offset;
	for (size_t i = 0; i < n; i++)
		take(field, from + i * field->size, to + i * stride);
}

size_t field_row_size(const struct field *fields, size_t n_fields)
{
	size_t size = 0;
	for (size_t i = 0; i < n_fields; i++)
		size += fields[i].size;
	return size;
}

void field_pack(const struct field *fields, size_t n_fields, const void *structure, void *row)
{
	unsigned char *to = row;
	for (size_t i = 0; i < n_fields; to += fields[i].size, i++) {
		const char *from = (const char *)structure + fields[i].offset;
		size_t length = fields[i].type == STORED_TEXT ? strnlen(from, fields[i].size) : fields[i].size;
		memcpy(to, from, length);
		memset(to + length, 0, fields[i].size - length); /* what an earlier, longer text left behind its NUL */
	}
}

void field_unpack(const struct field *fields, size_t n_fields, const void *row, void *structure)
{
	const unsigned char *from = row;
	for (size_t i = 0; i < n_fields; from += fields[i].size, i++)
		take(&fields[i], from, (unsigned char *)structure + fields[i].offset);
}

bool field_equal(const struct field *fields, size_t n_fields, const void *a, const void *b, size_t stride, size_t n)
{
	for (size_t i = 0; i < n; i++)
		for (size_t f = 0; f < n_fields; f++) {
			size_t offset = i * stride + fields[f].offset;
			if (memcmp((const char *)a + offset, (const char *)b + offset, fields[f].size) != 0)
				return false;
		}
	return true;
}
