/*
 * text_file: a small text as a whole.
 */
#ifndef JOULERIG_STORE_TEXT_FILE_H
#define JOULERIG_STORE_TEXT_FILE_H

#include "error.h"

/* malloc'ed, NUL-terminated; NULL on failure: ERROR_NOT_FOUND if there is no such file, ERROR_CORRUPT if there is a NUL in it
 * or it is longer than TEXT_FILE_MAX bytes. */
#define TEXT_FILE_MAX (64 << 20)
char *text_file_read(const char *path, struct error *error);

#endif
