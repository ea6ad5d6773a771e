#include "sides_text.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "c_locale.h"
#include "facts.h"
#include "number.h"
#include "plain.h"
#include "sides_cost.h"
#include "sides_differences.h"
#include "view.h"

/* One note: composed by the caller in `note`, laid out and emptied here. */
static void lay(struct text *out, const struct table_options *options, enum emphasis emphasis, struct text *note)
{
	layout_paragraph(out, options, emphasis, 2, text_string(note));
	out->failed |= note->failed;
	text_free(note);
}

/* ---- heading ---- */

static void say_simulated(const struct sides *sides, const struct table_options *options, struct text *out)
{
	size_t all = 0, some = 0;
	for (size_t i = 0; i < sides->n; i++) {
		all += facts_simulated(sides->list[i].file) == SIMULATED_ALL;
		some += facts_simulated(sides->list[i].file) != SIMULATED_NONE;
	}
	if (some > 0)
		layout_paragraph(out, options, EMPHASIS_ALARM, 0,
				 all == sides->n ? "SIMULATED: every energy below comes from a twin; a rehearsal, not evidence"
						 : "SIMULATED: some energies below come from a twin; a rehearsal, not evidence");
}

static void add_item(struct text *out, const char *before, const char *string)
{
	if (string && string[0]) {
		text_add(out, before);
		plain_add(out, string);
	}
}

static void add_interpreter(const struct side *side, struct text *out)
{
	const json_t *facts = json_object_get(facts_at(side->file, "interpreters"), side->arm);
	const json_t *gil = json_object_get(facts, "gil_enabled");
	add_item(out, ", arm ", side->arm);
	add_item(out, " = ", json_string_value(json_object_get(facts, "version")));
	if (json_is_boolean(gil))
		text_add(out, json_is_true(gil) ? ", GIL on" : ", GIL off");
}

static void say_side(const struct side *side, const struct table_options *options, struct text *out)
{
	struct text note = TEXT_INIT;
	const json_t *cores = facts_at(side->file, "machine.cpu.cores");
	text_addf(&note, "%c ", side->label);
	add_item(&note, "", facts_string(side->file, "bench.name"));
	add_item(&note, ": ", facts_string(side->file, "machine.cpu.model"));
	if (json_is_integer(cores))
		text_addf(&note, ", %" JSON_INTEGER_FORMAT " cores", json_integer_value(cores));
	add_interpreter(side, &note);
	add_item(&note, "; ", facts_string(side->file, "title"));
	add_item(&note, ", ", facts_string(side->file, "started"));
	add_item(&note, ", ", facts_string(side->file, "uuid"));
	if (facts_simulated(side->file) != SIMULATED_NONE)
		text_add(&note, " [simulated]");
	lay(out, options, EMPHASIS_NONE, &note);
}

/* ---- table ---- */

enum column { SIDE, N, TIME, ENERGY, PER_UNIT, POWER, EDP, RATIO_ENERGY, RATIO_TIME, RATIO_EDP, FRONT, COLUMNS };

static void add_columns(struct grid *grid, bool ratios)
{
	static const struct {
		const char *title;
		enum align align;
		int rank;
	} columns[COLUMNS] = {
		[SIDE] = { "", ALIGN_LEFT, 0 },		 [N] = { "n", ALIGN_RIGHT, 3 },
		[TIME] = { "time", ALIGN_RIGHT, 0 },	 [ENERGY] = { "energy (wall)", ALIGN_SIGN, 0 },
		[PER_UNIT] = { "a unit of work", ALIGN_SIGN, 2 }, [POWER] = { "power", ALIGN_RIGHT, 4 },
		[EDP] = { "energy x time", ALIGN_SIGN, 1 }, [RATIO_ENERGY] = { "energy ratio", ALIGN_LEFT, 0 },
		[RATIO_TIME] = { "time ratio", ALIGN_LEFT, 0 }, [RATIO_EDP] = { "E x T ratio", ALIGN_LEFT, 5 },
		[FRONT] = { "Pareto", ALIGN_LEFT, 0 },
	};
	for (int i = 0; i < COLUMNS; i++)
		grid_column(grid, columns[i].title, columns[i].align, !ratios && i >= RATIO_ENERGY ? 9 : columns[i].rank);
}

static void add_ratio(struct text *cell, const struct sides_point *point, size_t i, enum side_quantity quantity)
{
	if (i == point->baseline)
		text_add(cell, "1");
	else
		number_ratio(cell, &point->at[i].ratio[quantity]);
}

static void add_figures(char label, const struct side_at *at, struct grid *grid)
{
	const struct mean_energy *mean = at->mean;
	text_addf(grid_cell(grid, SIDE), "%c", label);
	text_addf(grid_cell(grid, N), "%zu", mean[SIDE_GROSS].n);
	number_time(grid_cell(grid, TIME), mean[SIDE_TIME].mean);
	number_energy(grid_cell(grid, ENERGY), mean[SIDE_GROSS].mean, mean[SIDE_GROSS].expanded.U);
	number_power(grid_cell(grid, POWER), at->power, NAN);
	number_quantity(grid_cell(grid, EDP), mean[SIDE_EDP].mean, mean[SIDE_EDP].expanded.U, "J s");
	if (at->per_unit.n > 0) {
		number_energy(grid_cell(grid, PER_UNIT), at->per_unit.mean, at->per_unit.expanded.U);
		add_item(grid_cell(grid, PER_UNIT), " / ", at->unit);
	}
}

static void add_point(const struct sides *sides, const struct sides_point *point, struct grid *grid)
{
	struct text title = TEXT_INIT;
	view_title(&title, point->workload, point->point);
	add_item(&title, ", phase ", point->phase);
	grid_heading(grid, text_string(&title));
	text_free(&title);
	for (size_t i = 0; i < sides->n; i++) {
		if (!side_is_compared(&point->at[i]))
			continue;
		grid_row(grid);
		add_figures(sides->list[i].label, &point->at[i], grid);
		if (point->n_compared < 2)
			continue;
		add_ratio(grid_cell(grid, RATIO_ENERGY), point, i, SIDE_GROSS);
		add_ratio(grid_cell(grid, RATIO_TIME), point, i, SIDE_TIME);
		add_ratio(grid_cell(grid, RATIO_EDP), point, i, SIDE_EDP);
		text_add(grid_cell(grid, FRONT), pareto_name(point->at[i].front));
	}
}

static void add_table(const struct sides *sides, const struct table_options *options, struct text *out)
{
	struct grid grid = GRID_INIT;
	struct text left_out = TEXT_INIT;
	add_columns(&grid, sides->n > 1);
	for (size_t i = 0; i < sides->n_points; i++)
		if (sides->points[i].n_compared > 0)
			add_point(sides, &sides->points[i], &grid);
	if (grid.n_rows == 0)
		layout_paragraph(out, options, EMPHASIS_CAUTION, 0, "no workload and point that two of them have done");
	else
		grid_render(&grid, options, out, &left_out);
	if (left_out.length)
		text_addf(out, "left out at this width: %s\n", text_string(&left_out));
	out->failed |= grid.failed || left_out.failed;
	text_free(&left_out);
	grid_free(&grid);
}

/* ---- notes: who is not there ---- */

static void say_refused(const struct sides *sides, const struct table_options *options, struct text *out)
{
	for (size_t p = 0; p < sides->n_points; p++)
		for (size_t i = 0; i < sides->n; i++) {
			const struct sides_point *point = &sides->points[p];
			if (point->at[i].group == NULL || side_is_compared(&point->at[i]))
				continue;
			struct text note = TEXT_INIT;
			text_addf(&note, "%c not compared: ", sides->list[i].label);
			view_title(&note, point->workload, point->point);
			add_item(&note, ": ", point->at[i].refused);
			lay(out, options, EMPHASIS_CAUTION, &note);
		}
}

static bool has_checksum(const struct side_at *at)
{
	for (size_t i = 0; i < at->group->n; i++)
		if (at->group->members[i]->checksum[0])
			return true;
	return false;
}

static void say_unchecked(const struct sides *sides, const struct table_options *options, struct text *out)
{
	struct text note = TEXT_INIT;
	size_t n = 0;
	for (size_t p = 0; p < sides->n_points; p++) {
		bool unchecked = false;
		for (size_t i = 0; i < sides->n; i++)
			unchecked |= side_is_compared(&sides->points[p].at[i]) && !has_checksum(&sides->points[p].at[i]);
		n += unchecked && sides->points[p].n_compared > 1;
	}
	text_addf(&note, "unchecked: at %zu of %zu points some campaign has no checksum: that the work was the same is the names' word alone", n,
		  sides->n_points);
	if (n > 0)
		lay(out, options, EMPHASIS_CAUTION, &note);
	text_free(&note);
}

static void say_left_out(const struct sides *sides, const struct table_options *options, struct text *out)
{
	for (size_t i = 0; i < sides->n; i++) {
		struct text note = TEXT_INIT;
		size_t excluded = 0;
		for (size_t p = 0; p < sides->n_points; p++)
			excluded += side_is_compared(&sides->points[p].at[i]) ? sides->points[p].at[i].group->n_excluded : 0;
		text_addf(&note, "%c: %zu %s of these points did not enter (joulerig show says why)", sides->list[i].label, excluded,
			  excluded == 1 ? "run" : "runs");
		if (excluded > 0)
			lay(out, options, EMPHASIS_CAUTION, &note);
		text_free(&note);
	}
	if (sides->alone > 0) {
		struct text note = TEXT_INIT;
		text_addf(&note, "%zu more %s", sides->alone, sides->alone == 1 ? "point is in only one of them" : "points are each in only one of them");
		lay(out, options, EMPHASIS_FAINT, &note);
	}
}

/* A campaign that ended when its data said so: its scatter tends to look small. */
static void say_stopping(const struct sides *sides, const struct table_options *options, struct text *out)
{
	for (size_t i = 0; i < sides->n; i++) {
		struct text note = TEXT_INIT;
		if (!side_has_stopped(&sides->list[i]))
			continue;
		text_addf(&note, "%c ended by its plan's rule (stop), by what its runs said: of ratios within such a campaign a 95 %% interval holds in at "
				 "least %.1f %%; of those above no more is known",
			  sides->list[i].label, 100 * facts_number(sides->list[i].file, "stopping.coverage"));
		lay(out, options, EMPHASIS_CAUTION, &note);
	}
}

/* ---- notes: what cancels ---- */

#define DAYS_A_YEAR 365.25

static void add_meter(const struct between_meter *meter, struct text *out)
{
	struct text name = TEXT_INIT;
	add_item(&name, name.length ? " " : "", meter->maker);
	add_item(&name, name.length ? " " : "", meter->model);
	add_item(&name, " no. ", meter->serial);
	text_add(out, name.length ? text_string(&name) : "a meter of no name");
	if (isfinite(meter->voltage) || isfinite(meter->current))
		text_addf(out, " in %g V / %g A", meter->voltage, meter->current);
	out->failed |= name.failed;
	text_free(&name);
}

struct spread {
	double least, most;
};

static void see(struct spread *spread, double x)
{
	spread->least = fmin(spread->least, x);
	spread->most = fmax(spread->most, x);
}

static void add_spread(const struct spread *spread, struct text *out)
{
	number_percent(out, 2 * spread->least);
	if (spread->most > 1.05 * spread->least) {
		text_add(out, " to ");
		number_percent(out, 2 * spread->most);
	}
}

static bool same_reason(const char *a, const char *b)
{
	return a == b || (a && b && strcmp(a, b) == 0);
}

/* Points at which side i stands against one baseline for one reason: told at the first of them. */
struct kind {
	size_t first, n;
	struct spread meter, machine;
};

static bool is_of_kind(const struct sides_point *point, size_t i, size_t baseline, const char *difference)
{
	return side_is_compared(&point->at[i]) && point->baseline == baseline && baseline != i && same_reason(point->at[i].difference, difference);
}

static struct kind kind_of(const struct sides *sides, size_t p, size_t i)
{
	const struct sides_point *here = &sides->points[p];
	struct kind kind = { .first = SIZE_MAX, .meter = { INFINITY, 0 }, .machine = { INFINITY, 0 } };
	for (size_t k = 0; k < sides->n_points; k++) {
		const struct side_at *at = &sides->points[k].at[i];
		if (!is_of_kind(&sides->points[k], i, here->baseline, here->at[i].difference))
			continue;
		kind.first = kind.first == SIZE_MAX ? k : kind.first;
		kind.n++;
		see(&kind.meter, at->shared.meter);
		see(&kind.machine, at->shared.machine);
	}
	return kind;
}

static void add_kind(const struct sides_point *point, size_t i, struct text *note)
{
	const struct side_at *at = &point->at[i], *first = &point->at[point->baseline];
	if (at->difference == NULL) {
		text_add(note, "both were measured by ");
		add_meter(&at->meter, note);
		text_add(note, ": its gain cancels, and its offset as far as their powers are alike, but for what it may drift in ");
		text_addf(note, at->years > 2 / DAYS_A_YEAR ? "%.0f days" : "%.1f days", at->years * DAYS_A_YEAR);
		return;
	}
	add_meter(&at->meter, note);
	text_add(note, " against ");
	add_meter(&first->meter, note);
	text_addf(note, ": %s: nothing that their specifications leave open cancels", at->difference);
}

static void say_kind(const struct sides *sides, size_t p, size_t i, const struct table_options *options, struct text *out)
{
	const struct sides_point *point = &sides->points[p];
	struct kind kind = kind_of(sides, p, i);
	struct text note = TEXT_INIT;
	if (kind.first != p)
		return;
	text_addf(&note, "%c / %c", sides->list[i].label, sides->list[point->baseline].label);
	if (kind.n < sides->n_points)
		text_addf(&note, " (%zu of %zu points)", kind.n, sides->n_points);
	text_add(&note, ": ");
	add_kind(point, i, &note);
	text_addf(&note, "; U (k = 2) of the energy ratio by %s ", point->at[i].difference ? "the meters" : "the meter");
	add_spread(&kind.meter, &note);
	text_add(&note, ", by supplies, edges and clocks ");
	add_spread(&kind.machine, &note);
	lay(out, options, EMPHASIS_NONE, &note);
}

static void say_meters(const struct sides *sides, const struct table_options *options, struct text *out)
{
	for (size_t i = 0; i < sides->n; i++)
		for (size_t p = 0; p < sides->n_points; p++)
			if (side_is_compared(&sides->points[p].at[i]) && sides->points[p].baseline != i)
				say_kind(sides, p, i, options, out);
}

/* ---- notes: how to read it ---- */

static void explain(const struct sides *sides, const struct table_options *options, struct text *out)
{
	struct text note = TEXT_INIT;
	text_add(&note, "± is U of the mean at 95 %: scatter of the runs, and what meter and machine add to all of them alike; energy is gross at the wall. "
			"Energy x time is formed run by run: the two go together.");
	lay(out, options, EMPHASIS_FAINT, &note);
	if (sides->n < 2)
		return;
	text_add(&note, "ratios are to the first campaign that has the point, with 95 % intervals (from two runs each on; Welch, on logarithms): scatter "
			"of both, and what they have not in common.");
	lay(out, options, EMPHASIS_FAINT, &note);
	text_addf(&note, "Pareto, of energy and time: front: shown to need less of one than each other; behind: another is shown to need less of one and not "
			 "above %g %% more of the other; undecided: neither is shown. That any of these is wrong has a probability of at most %g %% (Holm).",
		  100 * PARETO_MARGIN, 100 * PARETO_ERROR);
	lay(out, options, EMPHASIS_FAINT, &note);
}

static void say_differences(const struct sides *sides, const struct table_options *options, struct text *out)
{
	json_t *list = sides_differences(sides), *item, *value;
	const char *label;
	size_t i;
	out->failed |= list == NULL;
	if (sides->n > 1)
		text_add(out, "\nWhat else differs\n");
	json_array_foreach(list, i, item) {
		struct text note = TEXT_INIT;
		const char *before = ": ";
		plain_add(&note, json_string_value(json_object_get(item, "what")));
		json_object_foreach(json_object_get(item, "values"), label, value) {
			text_addf(&note, "%s%s ", before, label);
			plain_add(&note, json_string_value(value));
			before = "; ";
		}
		lay(out, options, EMPHASIS_NONE, &note);
	}
	json_decref(list);
}

static bool has_any(const struct sides *sides)
{
	for (size_t i = 0; i < sides->n_points; i++)
		if (sides->points[i].n_compared > 0)
			return true;
	return false;
}

static void compose(const struct sides *sides, const struct factors *factors, const struct table_options *options, struct text *out)
{
	say_simulated(sides, options, out);
	for (size_t i = 0; i < sides->n; i++)
		say_side(&sides->list[i], options, out);
	text_add(out, "\n");
	add_table(sides, options, out);
	text_add(out, "\n");
	say_refused(sides, options, out);
	say_unchecked(sides, options, out);
	say_left_out(sides, options, out);
	say_stopping(sides, options, out);
	if (!has_any(sides))
		return;
	say_meters(sides, options, out);
	explain(sides, options, out);
	say_differences(sides, options, out);
	if (factors)
		sides_cost_text(sides, factors, options, out);
}

int report_sides(const struct sides *sides, const struct factors *factors, const struct table_options *options, struct text *out)
{
	struct c_locale scope;
	c_locale_enter(&scope);
	compose(sides, factors, options, out);
	c_locale_leave(&scope);
	return text_failed(out) ? -1 : 0;
}
