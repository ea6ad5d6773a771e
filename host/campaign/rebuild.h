/*
 * rebuild: campaign.h5, from facts.json, plan.yaml, bench.yaml and the run files alone. The live campaign adds each run by the
 * same functions once its file is there, so that an analysis a year later gives the same file, byte for byte.
 */
#ifndef JOULERIG_CAMPAIGN_REBUILD_H
#define JOULERIG_CAMPAIGN_REBUILD_H

#include "campaign_file.h"
#include "run_certificates.h"

/* What a run alone says of itself, before it is compared with the others. */
struct rebuild_verdict {
	enum run_status status;
	char reason[160];
};
struct rebuild {
	const char *directory;
	struct campaign_file *file;       /* the caller's, who frees it; results in order of runs */
	struct rebuild_verdict *verdicts; /* one per result */
	json_t *ranges;                   /* what each run asked of each device's ranges */
	json_t *work;                     /* how much work each run told that it did */
	struct certificate_refusals refusals; /* of all runs so far */
	json_t *unreadable;               /* numbers of run files that were left out */
};

/* Reads the texts. The caller calls rebuild_end also after a failure, of this too. */
int rebuild_begin(struct rebuild *rebuild, const char *directory, struct campaign_file *file, struct error *error);
/* Adds the results of one run file. Where it refuses a certificate that was applied to those before it, these are evaluated anew. ERROR_CORRUPT: also when it is not of this campaign, or not of this number. */
int rebuild_add(struct rebuild *rebuild, uint32_t number, struct error *error);
/* Adds every run file there is. One that cannot be read is left out, named in the log, and told by rebuild_unreadable. */
int rebuild_add_all(struct rebuild *rebuild, struct error *error);
/* Works out what only the runs together tell, and writes campaign.h5. */
int rebuild_write(struct rebuild *rebuild, struct error *error);
/* -1 with ERROR_CORRUPT, naming them, when run files were left out; else 0. */
int rebuild_unreadable(const struct rebuild *rebuild, struct error *error);
void rebuild_end(struct rebuild *rebuild);

/* All of the above; the caller holds the directory's lock. `file` is filled also when run files had to be left out. */
int rebuild_locked(const char *directory, struct campaign_file *file, struct error *error);
/* joulerig analyse: the same, with the lock taken here. */
int rebuild_directory(const char *directory, struct campaign_file *file, struct error *error);

#endif
