/* campaign.h5 back into memory, from the texts and the three result tables. */
#include "campaign_file.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "campaign_layout.h"
#include "h5.h"

#define PATH_SIZE 4096

/* Calls `take` with each row of a table, unpacked into `structure`; it says whether the row makes sense. */
typedef bool take_row(struct campaign_file *file, size_t i, const void *structure);

static void read_table(struct h5 *h5, struct campaign_file *file, const char *name, const struct field *fields, size_t n_fields,
		       void *structure, size_t size, take_row *take)
{
	size_t n = 0, row_size = field_row_size(fields, n_fields);
	unsigned char *rows = h5_get_table(h5, "/results", name, fields, n_fields, &n);
	for (size_t i = 0; !h5->failed && i < n; i++) {
		memset(structure, 0, size);
		field_unpack(fields, n_fields, rows + i * row_size, structure);
		if (!take(file, i, structure))
			h5_fail(h5, ERROR_CORRUPT, "row %zu of /results/%s makes no sense", i, name);
	}
	free(rows);
}

#define END_TEXT(text) ((text)[sizeof(text) - 1] = '\0')

static bool take_result(struct campaign_file *file, size_t i, const void *structure)
{
	struct result *result = &file->results[i];
	memcpy(result, structure, sizeof *result);
	END_TEXT(result->workload);
	END_TEXT(result->point);
	END_TEXT(result->arm);
	END_TEXT(result->phase);
	END_TEXT(result->reason);
	END_TEXT(result->checksum);
	return (unsigned)result->status < RUN_STATUSES;
}

static bool budgets_hold(struct energy *energy)
{
	for (int q = 0; q < QUANTITIES; q++) {
		int n = quantity_of(energy, (enum quantity)q)->budget.n;
		if (n < 0 || n > BUDGET_TERMS_MAX)
			return false;
	}
	return true;
}

static bool take_source(struct campaign_file *file, size_t i, const void *structure)
{
	const struct source_row *row = structure;
	(void)i;
	if (row->result >= file->n_results)
		return false;
	struct result *result = &file->results[row->result];
	if (row->source >= RESULT_SOURCES_MAX || row->source != (uint32_t)result->n_sources)
		return false;
	struct source_result *source = &result->sources[result->n_sources++];
	*source = row->of;
	END_TEXT(source->name);
	END_TEXT(source->energy.reason);
	return (unsigned)source->role < CHANNEL_ROLES && (unsigned)source->energy.status < ENERGY_STATUSES &&
	       budgets_hold(&source->energy);
}

static bool take_term(struct campaign_file *file, size_t i, const void *structure)
{
	const struct term_row *row = structure;
	(void)i;
	if (row->result >= file->n_results || row->source >= (uint32_t)file->results[row->result].n_sources ||
	    row->quantity >= QUANTITIES)
		return false;
	struct energy *energy = &file->results[row->result].sources[row->source].energy;
	struct budget *budget = &quantity_of(energy, (enum quantity)row->quantity)->budget;
	if (row->term >= (uint32_t)budget->n || (unsigned)row->of.share >= SHARES)
		return false;
	budget->terms[row->term] = row->of;
	END_TEXT(budget->terms[row->term].name);
	return true;
}

static void allocate_results(struct h5 *h5, struct campaign_file *file)
{
	size_t n = 0;
	free(h5_get_table(h5, "/results", "runs", result_fields, result_n_fields, &n));
	if (h5->failed)
		return;
	file->results = calloc(n + 1, sizeof *file->results);
	file->n_results = file->results ? n : 0;
	if (file->results == NULL)
		h5_fail(h5, ERROR_INTERNAL, "no memory for %zu results", n);
}

static void read_results(struct h5 *h5, struct campaign_file *file)
{
	struct result *result = malloc(sizeof *result);
	struct source_row source;
	struct term_row term;
	if (result == NULL)
		h5_fail(h5, ERROR_INTERNAL, "no memory for a result");
	allocate_results(h5, file);
	read_table(h5, file, "runs", result_fields, result_n_fields, result, sizeof *result, take_result);
	read_table(h5, file, "sources", source_fields, source_n_fields, &source, sizeof source, take_source);
	read_table(h5, file, "terms", term_fields, term_n_fields, &term, sizeof term, take_term);
	free(result);
}

static char *optional_document(struct h5 *h5, const char *name)
{
	return h5_has(h5, "/entry", name) ? h5_get_document(h5, "/entry", name) : NULL;
}

void campaign_read_from(struct h5 *h5, struct campaign_file *file)
{
	char layout[H5_LAYOUT_SIZE];
	bool packed = strcmp(h5_read_layout(h5, layout), PACK_LAYOUT) == 0;
	h5_expect_layout(h5, packed ? PACK_LAYOUT : CAMPAIGN_LAYOUT, CAMPAIGN_LAYOUT_VERSION);
	file->plan_text = optional_document(h5, "plan");
	file->bench_text = optional_document(h5, "bench");
	file->facts = h5_get_json(h5, "/entry", "facts");
	read_results(h5, file);
}

static bool is_file(const char *path)
{
	struct stat status;
	return stat(path, &status) == 0 && S_ISREG(status.st_mode);
}

int campaign_file_read(const char *place, struct campaign_file *file, struct error *error)
{
	struct h5 h5;
	char path[PATH_SIZE];
	memset(file, 0, sizeof *file);
	if (snprintf(path, sizeof path, "%s%s", place, is_file(place) ? "" : "/" CAMPAIGN_NAME) >= (int)sizeof path)
		return error_set(error, ERROR_USAGE, place, NULL, "the path is too long");
	if (h5_open(&h5, path, error) == 0)
		campaign_read_from(&h5, file);
	h5_close(&h5);
	if (h5.failed)
		campaign_file_free(file);
	return h5.failed ? -1 : 0;
}

void campaign_file_free(struct campaign_file *file)
{
	free(file->plan_text);
	free(file->bench_text);
	json_decref(file->facts);
	free(file->results);
	memset(file, 0, sizeof *file);
}
