#include "truth.h"

#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "text.h"

#define COLUMNS (2 + QUANTITIES)
#define BUFFERED 1024 /* rows */

struct truth {
	int fd, columns;
	int failed;       /* errno of the first write that failed */
	char path[256];
	int64_t at, rows; /* next step to look at; energy rows so far */
	int64_t row_at, power[QUANTITIES]; /* of the last row */
	int64_t buffer[BUFFERED * COLUMNS];
	size_t n; /* int64s in it */
};

static void write_out(struct truth *truth)
{
	const char *bytes = (const char *)truth->buffer;
	size_t left = truth->n * sizeof *truth->buffer;
	while (left > 0 && !truth->failed) {
		ssize_t written = write(truth->fd, bytes, left);
		if (written < 0 && errno != EINTR)
			truth->failed = errno;
		if (written > 0) {
			bytes += written;
			left -= (size_t)written;
		}
	}
	truth->n = 0;
}

static void add_row(struct truth *truth, int64_t kind, int64_t t, const int64_t *values, int n)
{
	if (truth->n + (size_t)truth->columns > sizeof truth->buffer / sizeof *truth->buffer)
		write_out(truth);
	int64_t *row = truth->buffer + truth->n;
	memset(row, 0, (size_t)truth->columns * sizeof *row);
	row[0] = (int64_t)htole64((uint64_t)kind);
	row[1] = (int64_t)htole64((uint64_t)t);
	for (int i = 0; i < n; i++)
		row[2 + i] = (int64_t)htole64((uint64_t)values[i]);
	truth->n += (size_t)truth->columns;
}

static int write_header(struct truth *truth, const char *const *instruments)
{
	char line[TRUTH_HEADER];
	struct text text = TEXT_INIT;
	text_addf(&text, "{\"format\": \"joulerig truth 1\", \"row_bytes\": %d, \"columns\": [\"kind\", \"t\"",
		  truth->columns * 8);
	for (int q = 0; q < truth->columns - 2; q++)
		text_addf(&text, ", \"%s\"", quantity_name(q));
	text_add(&text, "], \"instruments\": [");
	for (int i = 0; instruments[i]; i++)
		text_addf(&text, "%s\"%s\"", i > 0 ? ", " : "", instruments[i]);
	text_add(&text, "]}");
	memset(line, ' ', sizeof line); /* which has room for as many names as a twin can have */
	memcpy(line, text_string(&text), text.length < sizeof line ? text.length : sizeof line);
	line[sizeof line - 1] = '\n';
	text_free(&text);
	return write(truth->fd, line, sizeof line) == (ssize_t)sizeof line ? 0 : -1;
}

struct truth *truth_open(const char *path, int packages, const char *const *instruments, struct error *error)
{
	struct truth *truth = calloc(1, sizeof *truth);
	if (truth == NULL) {
		error_errno(error, ENOMEM, path, NULL, "no memory for the truth log");
		return NULL;
	}
	strncpy(truth->path, path, sizeof truth->path - 1);
	truth->columns = 2 + QUANTITY_PACKAGE + 3 * packages;
	truth->fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (truth->fd < 0) {
		error_errno(error, errno, path, "give --truth a path that can be written", "cannot create the truth log");
		goto free_truth;
	}
	if (fchmod(truth->fd, 0600) != 0 || write_header(truth, instruments) != 0) {
		error_errno(error, errno, path, NULL, "cannot write the truth log");
		goto close_file;
	}
	return truth;
close_file:
	close(truth->fd);
free_truth:
	free(truth);
	return NULL;
}

static void energy_row(struct truth *truth, const struct model *model, int64_t t, const int64_t *power)
{
	add_row(truth, 0, t, model_energies(model, t), truth->columns - 2);
	memcpy(truth->power, power, sizeof truth->power);
	truth->row_at = t;
	truth->rows++;
}

static bool moved(const struct truth *truth, const int64_t *power)
{
	for (int q = 0; q < truth->columns - 2; q++)
		if (llabs(power[q] - truth->power[q]) > TRUTH_POWER)
			return true;
	return false;
}

static void look(struct truth *truth, const struct model *model, int64_t t, bool always)
{
	int64_t power[QUANTITIES];
	bool current = t == model_step_start(model);
	for (int q = 0; q < QUANTITIES; q++)
		power[q] = current ? model_power(model, q) :
				     model_energies(model, t + MODEL_STEP)[q] - model_energies(model, t)[q];
	if (always || truth->rows == 0 || t - truth->row_at >= TRUTH_INTERVAL || moved(truth, power))
		energy_row(truth, model, t, power);
}

void truth_advance(struct truth *truth, const struct model *model)
{
	int64_t current = model_step_start(model);
	if (truth->at == 0)
		truth->at = current;
	for (; truth->at <= current; truth->at += MODEL_STEP)
		look(truth, model, truth->at, false);
}

void truth_sync(struct truth *truth, int64_t t, int64_t monotonic)
{
	add_row(truth, 1, t, &monotonic, 1);
}

void truth_count(struct truth *truth, int64_t t, int instrument, int64_t updates, int64_t queries)
{
	add_row(truth, 2, t, (int64_t[]){ instrument, updates, queries }, 3);
}

int truth_flush(struct truth *truth, const struct model *model, struct error *error)
{
	truth_advance(truth, model);
	if (truth->row_at != model_step_start(model))
		look(truth, model, model_step_start(model), true);
	write_out(truth);
	if (!truth->failed)
		return 0;
	return error_errno(error, truth->failed, truth->path, "free space, then start again: from here on the truth is unknown",
			   "cannot write the truth log");
}

void truth_close(struct truth *truth)
{
	if (truth == NULL)
		return;
	close(truth->fd);
	free(truth);
}
