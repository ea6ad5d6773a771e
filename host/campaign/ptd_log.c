#include "ptd_log.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"

#define SAMPLES_MIN 4
#define BLOCK 1024

static int add(struct ptd_log *log, const struct ptdaemon_sample *sample)
{
	if (log->n % BLOCK == 0) {
		struct ptdaemon_sample *grown = realloc(log->samples, (log->n + BLOCK) * sizeof *grown);
		if (grown == NULL)
			return -1;
		log->samples = grown;
	}
	log->samples[log->n++] = *sample;
	return 0;
}

static int take_line(struct ptd_log *log, const char *path, size_t number, char *line, struct error *error)
{
	struct ptdaemon_sample sample;
	line[strcspn(line, "\r\n")] = '\0';
	if (strncmp(line, "Time,", 5) != 0) {
		log->others += line[0] != '\0';
		return 0;
	}
	if (ptdaemon_sample_decode(line, &sample) != 0)
		return error_set(error, ERROR_CONFIG, path, "take the line out if it is damaged", "line %zu is no sample: %.60s", number, line);
	if (log->n > 0 && sample.wall <= log->samples[log->n - 1].wall)
		return error_set(error, ERROR_CONFIG, path, "cut the log there: its clock was set, or left summer time",
				 "in line %zu time goes back", number);
	return add(log, &sample) == 0 ? 0 : error_set(error, ERROR_INTERNAL, path, NULL, "out of memory");
}

static int compare(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
	return x < y ? -1 : x > y;
}

static int find_period(struct ptd_log *log, const char *path, struct error *error)
{
	if (log->n < SAMPLES_MIN)
		return error_set(error, ERROR_CONFIG, path, "name a log of PTDaemon's", "it has %zu samples: too few", log->n);
	int64_t *steps = malloc((log->n - 1) * sizeof *steps);
	if (steps == NULL)
		return error_set(error, ERROR_INTERNAL, path, NULL, "out of memory");
	for (size_t i = 1; i < log->n; i++)
		steps[i - 1] = log->samples[i].wall - log->samples[i - 1].wall;
	qsort(steps, log->n - 1, sizeof *steps, compare);
	log->period = steps[(log->n - 1) / 2] * NS_PER_MS;
	free(steps);
	return 0;
}

int ptd_log_read(const char *path, struct ptd_log *log, struct error *error)
{
	char *line = NULL;
	size_t capacity = 0, number = 0;
	int result = 0;
	memset(log, 0, sizeof *log);
	FILE *file = fopen(path, "re");
	if (file == NULL)
		return error_errno(error, errno, path, NULL, "cannot open the log");
	while (result == 0 && getline(&line, &capacity, file) > 0)
		result = take_line(log, path, ++number, line, error);
	if (result == 0 && ferror(file))
		result = error_errno(error, errno, path, NULL, "cannot read the log");
	free(line);
	fclose(file);
	return result == 0 ? find_period(log, path, error) : -1;
}

void ptd_log_free(struct ptd_log *log)
{
	free(log->samples);
	memset(log, 0, sizeof *log);
}

static bool is_marked(const struct ptdaemon_sample *sample)
{
	return sample->mark[0] != '\0' && strcmp(sample->mark, "notset") != 0;
}

bool ptd_log_span(const struct ptd_log *log, size_t from, struct ptd_span *span)
{
	while (from < log->n && !is_marked(&log->samples[from]))
		from++;
	if (from >= log->n)
		return false;
	span->first = span->end = from;
	while (span->end < log->n && strcmp(log->samples[span->end].mark, log->samples[from].mark) == 0)
		span->end++;
	return true;
}
