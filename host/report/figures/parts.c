#include "parts.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "view.h"

size_t parts_arm(const struct summary *summary, const char *arm)
{
	size_t place = 0;
	for (size_t i = 0; i < summary->n_groups; i++) {
		bool seen = false;
		for (size_t j = 0; j < i && !seen; j++)
			seen = strcmp(summary->groups[i].arm, summary->groups[j].arm) == 0;
		if (strcmp(summary->groups[i].arm, arm) == 0)
			return place;
		place += !seen;
	}
	return 0;
}

const char *parts_arm_name(const char *arm)
{
	return arm[0] ? arm : "command";
}

const struct mean_energy *parts_energy(const struct summary *summary, const struct summary_group *group)
{
	return summary->has_wall ? &group->wall_gross : &group->rapl_gross;
}

const char *parts_energy_name(const struct summary *summary)
{
	return summary->has_wall ? "energy at the wall" : "energy by RAPL";
}

/* ---- families ---- */

static bool read_threads(const char *word, size_t length, double *threads)
{
	static const char key[] = "threads=";
	size_t skip = sizeof key - 1;
	char *end, value[24];
	if (length <= skip || length - skip >= sizeof value || strncmp(word, key, skip) != 0)
		return false;
	memcpy(value, word + skip, length - skip);
	value[length - skip] = '\0';
	*threads = strtod(value, &end);
	return *end == '\0' && *threads > 0 && isfinite(*threads);
}

struct family parts_family(const char *point)
{
	struct family family = { .threads = NAN };
	size_t used = 0;
	for (const char *word = point; *word;) {
		size_t length = strcspn(word, " ");
		if (!read_threads(word, length, &family.threads))
			used += (size_t)snprintf(family.rest + used, sizeof family.rest - used, "%s%.*s", used ? " " : "", (int)length, word);
		used = used < sizeof family.rest ? used : sizeof family.rest - 1;
		word += length + (word[length] == ' ');
	}
	return family;
}

bool parts_same_family(const struct summary_group *a, const struct summary_group *b)
{
	struct family one = parts_family(a->point), other = parts_family(b->point);
	return strcmp(a->workload, b->workload) == 0 && strcmp(one.rest, other.rest) == 0 && isnan(one.threads) == isnan(other.threads);
}

struct unit_scale parts_joules(double most)
{
	if (most >= 5e6)
		return (struct unit_scale){ 1e6, "MJ" };
	return most >= 5e3 ? (struct unit_scale){ 1e3, "kJ" } : (struct unit_scale){ 1, "J" };
}

/* ---- rows ---- */

#define ROWS_LEFT 10 /* px from the edge of the canvas */
#define ROWS_INDENT 14

static bool same_point(const struct summary_group *a, const struct summary_group *b)
{
	return strcmp(a->workload, b->workload) == 0 && strcmp(a->point, b->point) == 0;
}

/* Lines that the workload which begins with group `first` wants, its heading with them. */
static size_t lines_of(const struct summary *summary, bool (*wanted)(const struct summary *, const struct summary_group *), size_t first)
{
	size_t n = 0;
	for (size_t i = first; i < summary->n_groups && strcmp(summary->groups[i].workload, summary->groups[first].workload) == 0; i++)
		n += wanted(summary, &summary->groups[i]);
	return n + 1;
}

static void take(struct rows *rows, const struct summary_group *group, bool new_workload)
{
	const struct row *before = rows->n ? &rows->list[rows->n - 1] : NULL;
	bool new_point = before == NULL || before->group == NULL || !same_point(before->group, group);
	if (new_workload)
		rows->list[rows->n++] = (struct row){ .heading = group->workload };
	rows->list[rows->n++] = (struct row){ .group = group, .first_of_point = new_point || new_workload };
}

void rows_take(const struct summary *summary, bool (*wanted)(const struct summary *, const struct summary_group *), size_t *next,
	       struct rows *rows)
{
	const struct summary_group *last = NULL;
	rows->summary = summary;
	rows->n = 0;
	for (; *next < summary->n_groups; (*next)++) {
		const struct summary_group *group = &summary->groups[*next];
		if (!wanted(summary, group))
			continue;
		bool new_workload = last == NULL || strcmp(last->workload, group->workload) != 0;
		size_t asks = new_workload ? lines_of(summary, wanted, *next) : 1;
		bool stays_whole = new_workload && rows->n > 0 && asks <= ROWS_MAX;
		if (rows->n + (stays_whole ? asks : 1u + new_workload) > ROWS_MAX)
			return;
		take(rows, group, new_workload);
		last = group;
	}
}

unsigned rows_height(const struct rows *rows)
{
	return (unsigned)rows->n * DRAWING_LINE + DRAWING_LINE / 2;
}

static bool has_arms(const struct rows *rows)
{
	const char *arm = NULL;
	for (size_t i = 0; i < rows->n; i++) {
		if (rows->list[i].group == NULL)
			continue;
		if (arm && strcmp(arm, rows->list[i].group->arm) != 0)
			return true;
		arm = rows->list[i].group->arm;
	}
	return false;
}

static bool has_word(const char *point, const char *word, size_t length)
{
	for (const char *at = point; *at; at += strcspn(at, " "), at += *at == ' ')
		if (strcspn(at, " ") == length && strncmp(at, word, length) == 0)
			return true;
	return false;
}

static bool is_common(const struct summary *summary, const char *workload, const char *word, size_t length)
{
	for (size_t i = 0; i < summary->n_groups; i++)
		if (strcmp(summary->groups[i].workload, workload) == 0 && !has_word(summary->groups[i].point, word, length))
			return false;
	return true;
}

/* Of a point "threads=2 scale=0.25": what all points of its workload have (`common`), or the rest. */
static void add_words(const struct summary *summary, const struct summary_group *group, bool common, struct text *out)
{
	for (const char *word = group->point; *word;) {
		size_t length = strcspn(word, " ");
		if (is_common(summary, group->workload, word, length) == common) {
			text_add(out, out->length ? " " : "");
			text_add_bytes(out, word, length);
		}
		word += length + (word[length] == ' ');
	}
}

static void label(struct drawing *drawing, size_t i, double x, const char *string, double room)
{
	char place[64];
	snprintf(place, sizeof place, "screen %.6f, first %zu", x / FIGURE_WIDTH, i + 1);
	drawing_label(drawing, string, room > 3 * DRAWING_COLUMN ? (size_t)(room / DRAWING_COLUMN) : 3, place, "left textcolor rgb ink");
}

/* The point, once, and the arm at the axes where there are several. */
static void label_group(const struct rows *rows, struct drawing *drawing, size_t i, double left)
{
	const struct row *row = &rows->list[i];
	const char *arm = parts_arm_name(row->group->arm);
	struct text point = TEXT_INIT;
	double x = ROWS_LEFT + ROWS_INDENT, room = left - x - 6;
	if (has_arms(rows)) {
		char place[64];
		snprintf(place, sizeof place, "screen %.6f, first %zu", (left - 8) / FIGURE_WIDTH, i + 1);
		drawing_label(drawing, arm, 9, place, "right textcolor rgb ink");
		room -= 9 * DRAWING_COLUMN;
	}
	add_words(rows->summary, row->group, false, &point);
	if (point.length == 0 && !has_arms(rows))
		text_add(&point, arm);
	if (row->first_of_point && point.length > 0)
		label(drawing, i, x, text_string(&point), room);
	drawing->settings.failed |= point.failed;
	text_free(&point);
}

/* No data stand beside it: it may be as wide as the canvas. */
static void label_heading(const struct rows *rows, struct drawing *drawing, size_t i)
{
	struct text heading = TEXT_INIT;
	text_add(&heading, rows->list[i].heading[0] ? rows->list[i].heading : "(unnamed)");
	add_words(rows->summary, rows->list[i + 1].group, true, &heading);
	label(drawing, i, ROWS_LEFT, text_string(&heading), FIGURE_WIDTH - 2 * ROWS_LEFT);
	drawing->settings.failed |= heading.failed;
	text_free(&heading);
}

void rows_label(const struct rows *rows, struct drawing *drawing, double left)
{
	drawing_set(drawing, "yrange [%zu.75:0.25]", rows->n);
	drawing_set(drawing, "border 1 lw 0.8 lc rgb ink");
	text_add(&drawing->settings, "unset ytics\n");
	for (size_t i = 0; i < rows->n; i++)
		if (rows->list[i].group)
			label_group(rows, drawing, i, left);
		else
			label_heading(rows, drawing, i);
}

void rows_note(struct drawing *drawing, size_t i, const char *text, size_t columns)
{
	char place[64];
	snprintf(place, sizeof place, "screen %.6f, first %zu", 1 - 8.0 / FIGURE_WIDTH, i + 1);
	drawing_label(drawing, text, columns, place, "right textcolor rgb ink");
}
