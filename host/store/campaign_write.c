/* campaign.h5, made anew as a whole each time. */
#include "campaign_file.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "campaign_layout.h"
#include "durable.h"
#include "h5.h"

#define PATH_SIZE 4096

/* Rows of one table, packed one behind the other. */
struct rows {
	const struct field *fields;
	size_t n_fields, size, n, capacity;
	unsigned char *bytes;
	bool failed;
};

static struct rows rows_of(const struct field *fields, size_t n_fields)
{
	return (struct rows){ .fields = fields, .n_fields = n_fields, .size = field_row_size(fields, n_fields) };
}

static void add_row(struct rows *rows, const void *structure)
{
	if (rows->n == rows->capacity && !rows->failed) {
		size_t capacity = rows->capacity ? 2 * rows->capacity : 64;
		unsigned char *bytes = realloc(rows->bytes, capacity * rows->size);
		rows->failed = bytes == NULL;
		rows->bytes = bytes ? bytes : rows->bytes;
		rows->capacity = bytes ? capacity : rows->capacity;
	}
	if (!rows->failed)
		field_pack(rows->fields, rows->n_fields, structure, rows->bytes + rows->n++ * rows->size);
}

static void put_rows(struct h5 *h5, const char *group, const char *name, struct rows *rows)
{
	if (rows->failed)
		h5_fail(h5, ERROR_INTERNAL, "no memory for the table %s", name);
	h5_put_table(h5, group, name, rows->fields, rows->n_fields, rows->n, rows->bytes);
	free(rows->bytes);
}

static void put_summary(struct h5 *h5, const struct campaign_file *file)
{
	struct rows rows = rows_of(summary_fields, summary_n_fields);
	struct summary_row row;
	for (size_t i = 0; i < file->n_results; i++) {
		summary_row_make(&file->results[i], &row);
		add_row(&rows, &row);
	}
	put_rows(h5, "/", "summary", &rows);
}

static void put_runs(struct h5 *h5, const struct campaign_file *file)
{
	struct rows rows = rows_of(result_fields, result_n_fields);
	for (size_t i = 0; i < file->n_results; i++)
		add_row(&rows, &file->results[i]);
	put_rows(h5, "/results", "runs", &rows);
}

static void put_sources(struct h5 *h5, const struct campaign_file *file)
{
	struct rows rows = rows_of(source_fields, source_n_fields);
	struct source_row row;
	for (size_t i = 0; i < file->n_results; i++)
		for (int s = 0; s < file->results[i].n_sources; s++) {
			row = (struct source_row){ (uint32_t)i, (uint32_t)s, file->results[i].sources[s] };
			add_row(&rows, &row);
		}
	put_rows(h5, "/results", "sources", &rows);
}

static void add_terms(struct rows *rows, struct term_row *row, const struct budget *budget)
{
	for (row->term = 0; row->term < (uint32_t)budget->n; row->term++) {
		row->of = budget->terms[row->term];
		add_row(rows, row);
	}
}

static void put_terms(struct h5 *h5, const struct campaign_file *file)
{
	struct rows rows = rows_of(term_fields, term_n_fields);
	struct term_row row;
	for (row.result = 0; row.result < file->n_results; row.result++) {
		struct result *result = &file->results[row.result];
		for (row.source = 0; row.source < (uint32_t)result->n_sources; row.source++)
			for (row.quantity = 0; row.quantity < QUANTITIES; row.quantity++)
				add_terms(&rows, &row,
					  &quantity_of(&result->sources[row.source].energy, (enum quantity)row.quantity)->budget);
	}
	put_rows(h5, "/results", "terms", &rows);
}

/* Results of one run follow each other. */
static void link_runs(struct h5 *h5, const struct campaign_file *file)
{
	char name[16], target[32];
	for (size_t i = 0; i < file->n_results; i++) {
		snprintf(name, sizeof name, "%06u", file->results[i].run);
		snprintf(target, sizeof target, "runs/%s.h5", name);
		if (!h5_has(h5, "/runs", name))
			h5_link_outside(h5, "/runs", name, target, "/entry");
	}
}

/* The default plot: gross energy of each run with its standard uncertainty; a view, which joulerig does not read. */
struct plot {
	size_t n;
	double *run, *energy, *errors;
};

static void collect(const struct campaign_file *file, const char *source_name, struct plot *plot)
{
	plot->n = 0;
	for (size_t i = 0; i < file->n_results; i++) {
		const struct source_result *source = result_source(&file->results[i], source_name);
		if (file->results[i].phase[0] != '\0' || source == NULL || !isfinite(source->energy.gross.value))
			continue;
		plot->run[plot->n] = file->results[i].run;
		plot->energy[plot->n] = source->energy.gross.value;
		plot->errors[plot->n++] = source->energy.gross.expanded.u;
	}
}

static void put_plot_arrays(struct h5 *h5, const struct plot *plot, const char *source)
{
	const char *label = strcmp(source, "wall") == 0 ? "gross energy at the wall (J)" : "gross RAPL energy (J)";
	h5_make_group(h5, "/entry/data", "NXdata");
	h5_note_text(h5, "/entry", "default", "data");
	h5_note_text(h5, "/entry/data", "signal", "energy");
	h5_note_texts(h5, "/entry/data", "axes", (const char *const[]){ "run" }, 1);
	h5_note_text(h5, "/entry/data", "view_of", "/summary");
	h5_put_array(h5, "/entry/data", "run", STORED_F64, sizeof(double), plot->n, plot->run, "1");
	h5_put_array(h5, "/entry/data", "energy", STORED_F64, sizeof(double), plot->n, plot->energy, "J");
	h5_note_text(h5, "/entry/data/energy", "long_name", label);
	h5_put_array(h5, "/entry/data", "energy_errors", STORED_F64, sizeof(double), plot->n, plot->errors, "J");
	h5_note_text(h5, "/entry/data/energy_errors", "long_name", "standard uncertainty, k = 1 (J)");
}

static void put_plot(struct h5 *h5, const struct campaign_file *file)
{
	const char *source = "wall";
	double *space = calloc(file->n_results + 1, 3 * sizeof *space);
	if (space == NULL) {
		h5_fail(h5, ERROR_INTERNAL, "no memory for the plot");
		return;
	}
	struct plot plot = { 0, space, space + file->n_results, space + 2 * file->n_results };
	collect(file, source, &plot);
	if (plot.n == 0)
		collect(file, source = "rapl", &plot);
	if (plot.n > 0)
		put_plot_arrays(h5, &plot, source);
	free(space);
}

static bool simulated(const struct campaign_file *file)
{
	for (size_t i = 0; i < file->n_results; i++)
		if (file->results[i].simulated)
			return true;
	return json_is_true(json_object_get(file->facts, "simulated"));
}

static void put_root(struct h5 *h5, const struct campaign_file *file, const char *layout)
{
	h5_note_text(h5, "/", "NX_class", "NXroot");
	h5_note_text(h5, "/", "default", "entry");
	h5_note_text(h5, "/", "creator", "joulerig");
	h5_note_text(h5, "/", "layout", layout);
	h5_note_i64(h5, "/", "layout_version", CAMPAIGN_LAYOUT_VERSION);
	h5_make_group(h5, "/entry", "NXentry");
	if (simulated(file)) {
		h5_note_flag(h5, "/", "simulated");
		h5_note_flag(h5, "/entry", "simulated");
	}
}

static void put_document(struct h5 *h5, const char *name, const char *text)
{
	if (text != NULL)
		h5_put_document(h5, "/entry", name, text);
}

static void put_entry(struct h5 *h5, const struct campaign_file *file)
{
	char *facts = json_dumps(file->facts, JSON_COMPACT);
	if (facts == NULL)
		h5_fail(h5, ERROR_INTERNAL, "no facts of the campaign, or no memory for their text");
	put_document(h5, "facts", facts);
	put_document(h5, "plan", file->plan_text);
	put_document(h5, "bench", file->bench_text);
	put_document(h5, "title", json_string_value(json_object_get(file->facts, "title")));
	put_document(h5, "entry_identifier_uuid", json_string_value(json_object_get(file->facts, "uuid")));
	put_document(h5, "program_name", "joulerig");
	put_document(h5, "definition_local", CAMPAIGN_LAYOUT);
	h5_note_text(h5, "/entry/definition_local", "version", "1");
	free(facts);
}

/* One more would be written, but never read again (h5_vet.c). */
static void check_runs(struct h5 *h5, const struct campaign_file *file)
{
	size_t runs = 0;
	for (size_t i = 0; i < file->n_results; i++)
		runs += i == 0 || file->results[i].run != file->results[i - 1].run;
	if (runs > H5_IN_HEADER_MAX)
		h5_fail(h5, ERROR_UNSUPPORTED, "a campaign's file holds %d runs, and these are %zu: the run files stay as they are", H5_IN_HEADER_MAX,
			runs);
}

void campaign_compose(struct h5 *h5, const struct campaign_file *file, const char *layout)
{
	check_runs(h5, file);
	if (h5->failed)
		return;
	put_root(h5, file, layout);
	put_entry(h5, file);
	put_summary(h5, file);
	h5_make_group(h5, "/results", "NXcollection");
	put_runs(h5, file);
	put_sources(h5, file);
	put_terms(h5, file);
	h5_make_group(h5, "/runs", "NXcollection");
	if (strcmp(layout, CAMPAIGN_LAYOUT) == 0)
		link_runs(h5, file);
	put_plot(h5, file);
}

int campaign_file_write(const char *directory, const struct campaign_file *file, struct error *error)
{
	struct h5 h5;
	char path[PATH_SIZE], part[PATH_SIZE];
	int length = snprintf(path, sizeof path, "%s/" CAMPAIGN_NAME, directory);
	if (length >= (int)sizeof path || snprintf(part, sizeof part, "%s.part", path) >= (int)sizeof part)
		return error_set(error, ERROR_USAGE, directory, NULL, "the path is too long");
	if (h5_create(&h5, part, error) == 0)
		campaign_compose(&h5, file, CAMPAIGN_LAYOUT);
	if (h5_save(&h5, part) != 0)
		return -1;
	if (durable_rename(part, path, true, error) != 0) {
		unlink(part);
		return -1;
	}
	return 0;
}
