/*
 * ptd_log: the samples of a log that SPEC PTDaemon has written, and the spans that its marks make of them.
 */
#ifndef JOULERIG_CAMPAIGN_PTD_LOG_H
#define JOULERIG_CAMPAIGN_PTD_LOG_H

#include "error.h"
#include "meters/ptdaemon_reply.h"

struct ptd_log {
	struct ptdaemon_sample *samples; /* in order of time */
	size_t n;
	size_t others;   /* lines that are no samples: messages, warnings */
	int64_t period;  /* ns: the median from one to the next */
};

/* Samples with the same mark that follow each other; [first, end). Those without a mark, or with "notset", are in none. */
struct ptd_span {
	size_t first, end;
};

/* ERROR_CONFIG: a line that begins as a sample and is none, or a time that goes back, by line; too few samples. Free it also after a
 * failure. */
int ptd_log_read(const char *path, struct ptd_log *log, struct error *error);
void ptd_log_free(struct ptd_log *log);

/* The next span from sample `from` on; false: there is none. */
bool ptd_log_span(const struct ptd_log *log, size_t from, struct ptd_span *span);

#endif
