/*
 * journal: what the instruments said, on disk within a second, whatever happens next.
 *
 * An append-only file of blocks, each with length, sequence number and CRC32C; a block holds whole records (core/record.h).
 * The first block holds the run's header as JSON text. The format is drawn in schemas/journal.md.
 * Appending copies into a buffer and at most calls write(2); syncing is a separate call, which a helper thread does each
 * second and the campaign does at edges. One thread appends.
 */
#ifndef JOULERIG_STORE_JOURNAL_H
#define JOULERIG_STORE_JOURNAL_H

#include <stdbool.h>
#include <stdint.h>

#include "error.h"
#include "record.h"

struct journal;

/* Creates `path` (which must not exist). `header` is JSON text: see schemas/layout.md, "run header". NULL on failure. */
struct journal *journal_create(const char *path, const char *header, struct error *error);

/* Buffers one record. A write error is remembered and reported here and by every later call. */
int journal_append(struct journal *journal, const struct record *record, const void *payload, uint32_t size, struct error *error);

/* A RECORD_NOTE of JSON text (at most RECORD_PAYLOAD_MAX bytes) stamped with MONOTONIC `t`. */
int journal_note(struct journal *journal, int64_t t, const char *json, struct error *error);

int journal_flush(struct journal *journal, struct error *error);     /* buffer -> file */
int journal_sync(struct journal *journal, struct error *error);      /* buffer -> file -> disk, and waits */
int journal_sync_soon(struct journal *journal, struct error *error); /* buffer -> file; disk by the helper thread */
int journal_close(struct journal *journal, struct error *error);     /* syncs; frees even on failure; NULL is fine */

/* Reading back: everything up to the first block that fails its checks. */
struct journal_reader;
struct journal_reader *journal_open(const char *path, struct error *error);
const char *journal_header(const struct journal_reader *reader); /* JSON text */
/* 1: a record, valid until the next call; 0: the end; -1: error (I/O). */
int journal_next(struct journal_reader *reader, const struct record **record, const void **payload, uint32_t *size,
		 struct error *error);
/* After the end: bytes after the last good block (0 for a journal that was closed properly). */
uint64_t journal_damage(const struct journal_reader *reader);
void journal_reader_close(struct journal_reader *reader);

#endif
