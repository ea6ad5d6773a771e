#include <math.h>
#include <string.h>

#include "number.h"
#include "plain.h"
#include "table_parts.h"
#include "view.h"

enum column { ARM, COUNT, TIME, ENERGY, NET, CAUSED, POWER, RATIO, TIME_RATIO, RAPL_RATIO, RAPL, SHARE, COLUMNS };

/* What the campaign can compare arms by: the wall, else RAPL, else time. */
static const struct interval *main_ratio(const struct summary *summary, const struct summary_group *group)
{
	return summary->has_wall ? &group->ratio_wall : summary->has_rapl ? &group->ratio_rapl : &group->ratio_time;
}

static const char *main_ratio_title(const struct summary *summary)
{
	return summary->has_wall ? "energy ratio" : summary->has_rapl ? "RAPL ratio" : "time ratio";
}

static void add_columns(const struct summary *summary, struct grid *grid)
{
	const struct grid_column columns[COLUMNS] = {
		[ARM] = { "arm", ALIGN_LEFT, 0 },
		[COUNT] = { "n", ALIGN_RIGHT, 2 },
		[TIME] = { "time", ALIGN_RIGHT, 0 },
		[ENERGY] = { "energy (wall)", ALIGN_SIGN, 0 },
		[NET] = { "net of idle", ALIGN_SIGN, 4 },
		[CAUSED] = { "caused", ALIGN_SIGN, 8 },
		[POWER] = { "power", ALIGN_RIGHT, 3 },
		[RATIO] = { main_ratio_title(summary), ALIGN_LEFT, 0 },
		[TIME_RATIO] = { "time ratio", ALIGN_LEFT, 6 },
		[RAPL_RATIO] = { "RAPL ratio", ALIGN_LEFT, 7 },
		[RAPL] = { "RAPL", ALIGN_SIGN, summary->has_wall ? 1 : 0 },
		[SHARE] = { "of wall", ALIGN_RIGHT, 5 },
	};
	for (int c = 0; c < COLUMNS; c++)
		grid_column(grid, columns[c].title, columns[c].align, columns[c].rank);
}

static void fill_count(struct text *cell, const struct summary_group *group)
{
	text_addf(cell, "%zu", group->n);
	if (group->n_excluded)
		text_addf(cell, "/%zu", group->n + group->n_excluded);
}

static void fill_ratio(struct text *cell, const struct summary_group *group, const struct interval *ratio)
{
	if (group->is_reference && isfinite(ratio->estimate))
		text_add(cell, "1");
	else
		number_ratio(cell, ratio);
}

static void fill_mean(struct text *cell, const struct mean_energy *mean)
{
	number_energy(cell, mean->mean, mean->expanded.U);
}

static void fill_power(struct text *cell, double power, const struct mean_energy *mean)
{
	number_power(cell, power, mean->expanded.U / fabs(mean->mean) * fabs(power));
}

static void fill_wall(struct grid *grid, const struct summary_group *group)
{
	fill_mean(grid_cell(grid, ENERGY), &group->wall_gross);
	fill_mean(grid_cell(grid, NET), &group->wall_net);
	fill_mean(grid_cell(grid, CAUSED), &group->wall_caused);
	fill_power(grid_cell(grid, POWER), group->wall_power, &group->wall_gross);
}

static void fill_rapl(const struct summary *summary, struct grid *grid, const struct summary_group *group)
{
	fill_mean(grid_cell(grid, RAPL), &group->rapl_gross);
	if (summary->has_wall) {
		number_percent(grid_cell(grid, SHARE), group->rapl_fraction);
		return;
	}
	fill_mean(grid_cell(grid, NET), &group->rapl_net);
	fill_power(grid_cell(grid, POWER), group->rapl_power, &group->rapl_gross);
}

static void fill_ratios(const struct summary *summary, struct grid *grid, const struct summary_group *group)
{
	if (!summary->compares)
		return;
	fill_ratio(grid_cell(grid, RATIO), group, main_ratio(summary, group));
	if (summary->has_wall || summary->has_rapl)
		fill_ratio(grid_cell(grid, TIME_RATIO), group, &group->ratio_time);
	if (summary->has_wall && summary->has_rapl)
		fill_ratio(grid_cell(grid, RAPL_RATIO), group, &group->ratio_rapl);
}

static void add_row(const struct summary *summary, struct grid *grid, const struct summary_group *group)
{
	grid_row(grid);
	plain_add(grid_cell(grid, ARM), group->arm[0] ? group->arm : "command");
	fill_count(grid_cell(grid, COUNT), group);
	number_time(grid_cell(grid, TIME), group->time.estimate);
	if (summary->has_wall)
		fill_wall(grid, group);
	if (summary->has_rapl)
		fill_rapl(summary, grid, group);
	fill_ratios(summary, grid, group);
}

static void add_block_heading(struct grid *grid, const struct summary_group *group)
{
	struct text heading = TEXT_INIT;
	view_title(&heading, group->workload, group->point);
	if (group->phase[0]) {
		text_add(&heading, ", phase ");
		plain_add(&heading, group->phase);
	}
	grid_heading(grid, text_string(&heading));
	grid->failed |= heading.failed;
	text_free(&heading);
}

static bool same_block(const struct summary_group *a, const struct summary_group *b)
{
	return strcmp(a->workload, b->workload) == 0 && strcmp(a->point, b->point) == 0;
}

static void say_left_out(const struct table_options *options, const struct text *left_out, struct text *out)
{
	if (left_out->length == 0)
		return;
	struct text line = TEXT_INIT;
	text_addf(&line, "left out at this width: %s", text_string(left_out));
	layout_paragraph(out, options, EMPHASIS_FAINT, 2, text_string(&line));
	out->failed |= line.failed;
	text_free(&line);
}

void table_rows(const struct summary *summary, const struct table_options *options, struct text *out)
{
	struct grid grid = GRID_INIT;
	struct text left_out = TEXT_INIT;
	add_columns(summary, &grid);
	for (size_t i = 0; i < summary->n_groups; i++) {
		const struct summary_group *group = &summary->groups[i];
		if (i == 0 || !same_block(group, group - 1))
			add_block_heading(&grid, group);
		add_row(summary, &grid, group);
	}
	grid_render(&grid, options, out, &left_out);
	say_left_out(options, &left_out, out);
	text_free(&left_out);
	grid_free(&grid);
}
