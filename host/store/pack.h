/*
 * pack: a whole campaign as one file (schemas/layout.md, "Packed file"), to be archived or sent.
 */
#ifndef JOULERIG_STORE_PACK_H
#define JOULERIG_STORE_PACK_H

#include "error.h"

/* Composes the pack of the campaign in `directory` in memory (as large as all its run files), writes it to `path`.part, synced,
 * reads every run back from there, compares it with its run file, and gives the file its name. The same directory gives the same
 * bytes. ERROR_EXISTS if there is a `path`. The directory is taken as it is: verify it before. */
int pack_write(const char *directory, const char *path, struct error *error);

#endif
