#include "h5.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "durable.h"

hid_t h5_type(enum stored type, size_t size)
{
	switch (type) {
	case STORED_U8: case STORED_BOOL: return H5Tcopy(H5T_STD_U8LE);
	case STORED_I16: return H5Tcopy(H5T_STD_I16LE);
	case STORED_U16: return H5Tcopy(H5T_STD_U16LE);
	case STORED_I32: return H5Tcopy(H5T_STD_I32LE);
	case STORED_U32: return H5Tcopy(H5T_STD_U32LE);
	case STORED_I64: return H5Tcopy(H5T_STD_I64LE);
	case STORED_U64: return H5Tcopy(H5T_STD_U64LE);
	case STORED_F64: return H5Tcopy(H5T_IEEE_F64LE);
	case STORED_TEXT: break;
	}
	hid_t text = H5Tcopy(H5T_C_S1);
	H5Tset_size(text, size);
	H5Tset_cset(text, H5T_CSET_UTF8);
	H5Tset_strpad(text, H5T_STR_NULLPAD);
	return text;
}

hid_t h5_row_type(const struct field *fields, size_t n_fields)
{
	hid_t row = H5Tcreate(H5T_COMPOUND, field_row_size(fields, n_fields));
	size_t offset = 0;
	for (size_t i = 0; i < n_fields; offset += fields[i].size, i++) {
		hid_t type = h5_type(fields[i].type, fields[i].size);
		H5Tinsert(row, fields[i].name, offset, type);
		H5Tclose(type);
	}
	return row;
}

const char *h5_join(const char *group, const char *name, char path[H5_PATH_SIZE])
{
	snprintf(path, H5_PATH_SIZE, "%s/%s", strcmp(group, "/") == 0 ? "" : group, name);
	return path;
}

void h5_fail(struct h5 *h5, enum error_code code, const char *format, ...)
{
	char what[200];
	va_list arguments;
	va_start(arguments, format);
	vsnprintf(what, sizeof what, format, arguments);
	va_end(arguments);
	h5->failed = true;
	error_set(h5->error, code, h5->path, NULL, "%s", what);
}

struct cause {
	int errno_value;
	char text[120];
};

/* The innermost message of the library's error stack says most; a failed read or write has "errno = N" in it. */
static herr_t look(unsigned n, const H5E_error2_t *entry, void *context)
{
	struct cause *cause = context;
	(void)n;
	const char *number = entry->desc ? strstr(entry->desc, "errno = ") : NULL;
	if (number != NULL)
		cause->errno_value = atoi(number + strlen("errno = "));
	if (cause->text[0] == '\0' && entry->desc != NULL)
		snprintf(cause->text, sizeof cause->text, "%s", entry->desc);
	return 0;
}

void h5_fail_library(struct h5 *h5, const char *doing, const char *name)
{
	struct cause cause = { .text = "" };
	if (h5->failed)
		return;
	h5->failed = true;
	H5Ewalk2(H5E_DEFAULT, H5E_WALK_UPWARD, look, &cause);
	if (cause.errno_value != 0)
		error_errno(h5->error, cause.errno_value, h5->path, durable_remedy(cause.errno_value),
			    "cannot %s %s", doing, name);
	else
		error_set(h5->error, ERROR_CORRUPT, h5->path, NULL, "cannot %s %s: %s", doing, name,
			  cause.text[0] ? cause.text : "HDF5 gives no reason");
}

void h5_close(struct h5 *h5)
{
	if (h5->file >= 0 && H5Fclose(h5->file) < 0)
		h5_fail_library(h5, "close", "the file");
	h5->file = -1;
}
