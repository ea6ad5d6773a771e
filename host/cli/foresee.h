/*
 * foresee: what is said of a plan before it is run: what its repetitions can find, and what is skipped.
 */
#ifndef JOULERIG_CLI_FORESEE_H
#define JOULERIG_CLI_FORESEE_H

#include <stdio.h>

#include "campaign_file.h"
#include "plan.h"

/* `like`: a campaign's directory or file, or NULL. Opens and reads it: the caller frees `file`. -1 with an error: it cannot be read. */
int foresee_read(const char *like, struct campaign_file *file, struct error *error);

struct foresight {
	const struct plan *plan;
	const char *like;                /* NULL: none */
	const struct campaign_file *file; /* of `like` */
};
void foresee_print(const struct foresight *foresight, const json_t *skipped, FILE *to, int columns);

#endif
