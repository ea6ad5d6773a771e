/*
 * verify_model: what the files of verify share.
 */
#ifndef JOULERIG_STORE_VERIFY_MODEL_H
#define JOULERIG_STORE_VERIFY_MODEL_H

#include <stdbool.h>
#include <stdint.h>

#include "campaign_file.h"
#include "h5.h"
#include "run.h"
#include "verify.h"

#define SHA256_HEX 65

/* What every run of a campaign says it was made from. */
struct verify_origin {
	char uuid[64]; /* "" if not known */
	char plan_sha256[SHA256_HEX], bench_sha256[SHA256_HEX];
	bool plan_told, bench_told; /* a difference is told once, not for each run */
};

struct verify {
	verify_take *take;
	void *context;
	struct verify_counts *counts;
	const char *file;             /* that is being held */
	const char *entry;            /* in a pack: the run that is being held stands here; else NULL */
	struct verify_origin *origin; /* NULL while it is not known */
	bool unsound;                 /* a checksum did not hold, which has been told: contents are not compared */
};

/* verify.c. `object` may be NULL. */
void verify_say(struct verify *verify, enum finding_kind kind, const char *object, const char *format, ...)
	__attribute__((format(printf, 4, 5)));
void verify_file(struct verify *verify, const char *path);

/* verify_directory.c: a campaign's directory. */
void verify_directory(struct verify *verify, const char *directory);

/* verify_objects.c: whether every dataset below `object` has a checksum that holds. */
bool verify_arrays(struct verify *verify, const struct h5 *h5, const char *object);
/* Every object below `composed` must be below `stored`, with its attributes and content; `path` is theirs in messages. Ids of
 * groups. Others may be there, too. */
void verify_same(struct verify *verify, hid_t composed, hid_t stored, const char *path);
void verify_same_attributes(struct verify *verify, hid_t composed, hid_t stored, const char *path);
/* No object may be below `stored` that is not below `composed`. */
void verify_no_others(struct verify *verify, hid_t composed, hid_t stored, const char *path, const char *what);

/* verify_run.c: the file, or the group h5->entry, of run `number` (0: any). */
void verify_run(struct verify *verify, const struct h5 *h5, uint32_t number);
/* verify_samples.c, verify_events.c, verify_identity.c: one run's columns, its events, its header and notes. */
void verify_samples(struct verify *verify, const struct run *run);
void verify_events(struct verify *verify, const struct run *run);
void verify_identity(struct verify *verify, const struct run *run, uint32_t number);
void verify_origin_of(struct verify *verify, const json_t *header);

/* verify_campaign.c. `directory`: of the run files; NULL for a pack, whose runs are inside. */
void verify_campaign(struct verify *verify, const struct h5 *h5, const char *directory);
void verify_pack(struct verify *verify, const struct h5 *h5);

#endif
