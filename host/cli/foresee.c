#include "foresee.h"

#include <stdlib.h>
#include <string.h>

#include "cli.h"
#include "prospect.h"

int foresee_read(const char *like, struct campaign_file *file, struct error *error)
{
	memset(file, 0, sizeof *file);
	return like ? campaign_file_read(like, file, error) : 0;
}

struct comparisons {
	struct prospect_comparison *list;
	char (*labels)[PLAN_LABEL_SIZE];
	size_t n;
};

static size_t count_points(const struct plan *plan)
{
	size_t n = 0;
	for (int w = 0; w < plan->n_workloads; w++)
		n += (size_t)plan_points(&plan->workloads[w]);
	return n;
}

static int list_comparisons(const struct plan *plan, struct comparisons *comparisons)
{
	size_t n_points = count_points(plan), i = 0;
	*comparisons = (struct comparisons){ .list = calloc(n_points * (size_t)plan->n_arms, sizeof *comparisons->list),
					     .labels = calloc(n_points, sizeof *comparisons->labels) };
	if (comparisons->list == NULL || comparisons->labels == NULL)
		return -1;
	for (int w = 0; w < plan->n_workloads; w++)
		for (int p = 0; p < plan_points(&plan->workloads[w]); p++, i++) {
			plan_point_label(&plan->workloads[w], p, comparisons->labels[i], PLAN_LABEL_SIZE);
			for (int a = 0; a < plan->n_arms; a++)
				if (a != plan->reference)
					comparisons->list[comparisons->n++] = (struct prospect_comparison){
						plan->workloads[w].name, comparisons->labels[i], plan->arms[a].name };
		}
	return 0;
}

void foresee_print(const struct foresight *foresight, const json_t *skipped, FILE *to, int columns)
{
	const struct plan *plan = foresight->plan;
	const struct table_options options = { .columns = columns, .unicode = cli_unicode() };
	struct comparisons comparisons;
	struct text text = TEXT_INIT;
	if (list_comparisons(plan, &comparisons) == 0) {
		const struct prospect prospect = {
			.repetitions = plan->repetitions, .at_least = plan->stop.half_width > 0 ? plan->stop.at_least : 0,
			.reference = plan->arms[plan->reference].name, .comparisons = comparisons.list, .n = comparisons.n, .skipped = skipped,
			.like = foresight->like ? foresight->file : NULL, .place = foresight->like,
		};
		report_skipped(skipped, &options, &text);
		if (report_prospect(&prospect, &options, &text) == 0)
			fputs(text_string(&text), to);
	}
	text_free(&text);
	free(comparisons.list);
	free(comparisons.labels);
}
