/* A table of wall and RAPL energies, read by libcsv (RFC 4180). */
#include <csv.h>
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "crosscheck_rows.h"
#include "units.h"

enum column { WALL, RAPL, TIME, U_WALL, U_RAPL, CLASS, POINT, ARM, COLUMNS };
#define NUMBERS CLASS /* those before it are */
#define FIELDS_MAX 256

static const char *const column_names[COLUMNS] = { "wall", "rapl", "time", "u_wall", "u_rapl", "class", "point", "arm" };

struct reader {
	const char *name;
	bool power;
	struct error *error;
	int column[FIELDS_MAX]; /* of a field, by the head line; -1: none of ours */
	bool present[COLUMNS];
	size_t field, line, fields; /* of the head line */
	bool failed, headed;
	double number[NUMBERS];
	char text[COLUMNS - NUMBERS][CROSSCHECK_LABEL];
	struct crosscheck_row *rows;
	size_t n, capacity;
};

static void refuse(struct reader *r, const char *remedy, const char *what)
{
	char where[256];
	if (!r->failed) {
		snprintf(where, sizeof where, "%s, line %zu, column %zu", r->name, r->line, r->field + 1);
		error_set(r->error, ERROR_CONFIG, where, remedy, "%s", what);
	}
	r->failed = true;
}

static void take_head(struct reader *r, const char *text)
{
	r->column[r->field] = -1;
	for (int c = 0; c < COLUMNS; c++) {
		if (strcmp(text, column_names[c]) != 0)
			continue;
		if (r->present[c])
			refuse(r, "rename one of them", "two columns have one name");
		r->column[r->field] = c;
		r->present[c] = true;
	}
}

static void take_number(struct reader *r, int column, const char *text)
{
	bool may_be_empty = column == U_WALL || column == U_RAPL;
	if (may_be_empty && text[0] == '\0')
		return;
	if (number_parse(text, &r->number[column]) != 0 || !(r->number[column] > 0) || !isfinite(r->number[column]))
		refuse(r, "it is a number greater than zero, with a point and no unit", "this is not a positive number");
}

static void take_field(void *bytes, size_t size, void *context)
{
	struct reader *r = context;
	char text[CROSSCHECK_LABEL];
	if (r->failed)
		return;
	if (r->field >= (r->headed ? r->fields : FIELDS_MAX)) {
		refuse(r, "name each column in the first line, 256 at most", "there are more fields than columns");
		return;
	}
	if (size >= sizeof text || memchr(bytes, 0, size)) {
		if (!r->headed || r->column[r->field] >= 0)
			refuse(r, "shorten it", "this field is too long, or has a NUL in it");
		r->field++;
		return;
	}
	memcpy(text, bytes, size);
	text[size] = '\0';
	if (!r->headed)
		take_head(r, text);
	else if (r->column[r->field] >= NUMBERS)
		memcpy(r->text[r->column[r->field] - NUMBERS], text, size + 1);
	else if (r->column[r->field] >= 0)
		take_number(r, r->column[r->field], text);
	r->field++;
}

static void begin_row(struct reader *r)
{
	r->field = 0;
	r->line++;
	for (int c = 0; c < NUMBERS; c++)
		r->number[c] = NAN;
	memset(r->text, 0, sizeof r->text);
}

static void check_head(struct reader *r)
{
	r->headed = true;
	r->fields = r->field;
	if (!r->present[WALL] || !r->present[RAPL])
		refuse(r, "its first line names the columns: wall,rapl,time,class", "there is no column wall, or none rapl");
	if (!r->present[TIME] && !r->power)
		refuse(r, "give a column time, or say --power if wall and rapl are in watts", "there is no column time");
}

static struct crosscheck_row *new_row(struct reader *r)
{
	if (r->n == r->capacity) {
		size_t capacity = r->capacity ? 2 * r->capacity : 256;
		struct crosscheck_row *rows = realloc(r->rows, capacity * sizeof *rows);
		if (rows == NULL) {
			refuse(r, NULL, "not enough memory");
			return NULL;
		}
		r->rows = rows;
		r->capacity = capacity;
	}
	return &r->rows[r->n++];
}

static void take_row(struct reader *r)
{
	bool complete = isfinite(r->number[WALL]) && isfinite(r->number[RAPL]) && (!r->present[TIME] || isfinite(r->number[TIME]));
	if (!complete) {
		refuse(r, "each line has as many fields as the first", "a number is missing");
		return;
	}
	struct crosscheck_row *row = new_row(r);
	if (row == NULL)
		return;
	double time = r->present[TIME] ? r->number[TIME] : 1, scale = r->power ? time : 1;
	*row = (struct crosscheck_row){ .point = { .wall = scale * r->number[WALL], .rapl = scale * r->number[RAPL], .time = time,
		.u_wall = scale * r->number[U_WALL], .u_rapl = scale * r->number[U_RAPL] } };
	memcpy(row->class, r->text[CLASS - NUMBERS], CROSSCHECK_LABEL);
	memcpy(row->spot, r->text[POINT - NUMBERS], CROSSCHECK_LABEL);
	memcpy(row->arm, r->text[ARM - NUMBERS], CROSSCHECK_LABEL);
}

static void end_row(int terminator, void *context)
{
	struct reader *r = context;
	(void)terminator;
	if (r->failed)
		return;
	if (!r->headed)
		check_head(r);
	else
		take_row(r);
	begin_row(r);
}

static int parse(struct reader *r, const char *text, size_t length)
{
	struct csv_parser parser;
	if (csv_init(&parser, CSV_STRICT | CSV_STRICT_FINI | CSV_APPEND_NULL) != 0)
		return error_errno(r->error, ENOMEM, r->name, NULL, "cannot read it");
	begin_row(r);
	size_t parsed = csv_parse(&parser, text, length, take_field, end_row, r);
	if (parsed != length || csv_fini(&parser, take_field, end_row, r) != 0)
		refuse(r, "quote fields that have quotes or line ends in them", "this is not a table in CSV (RFC 4180)");
	csv_free(&parser);
	return r->failed ? -1 : 0;
}

int crosscheck_set_csv(const char *name, const char *text, size_t length, bool power, const char *reference, struct crosscheck_set *set,
		       struct error *error)
{
	struct reader reader = { .name = name, .power = power, .error = error };
	*set = (struct crosscheck_set){ 0 };
	int status = parse(&reader, text, length);
	if (status == 0 && !reader.headed)
		status = error_set(error, ERROR_CONFIG, name, "its first line names the columns: wall,rapl,time,class", "it is empty");
	if (status == 0)
		status = crosscheck_set_of_rows(name, reader.rows, reader.n, reference ? reference : reader.n ? reader.rows[0].arm : "", set, error);
	free(reader.rows);
	if (status != 0)
		crosscheck_set_free(set);
	return status;
}
