#include "edges.h"

#include <stdlib.h>
#include <string.h>

#include "clock.h"

static int ascending(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
	return (x > y) - (x < y);
}

static int64_t middle(const int64_t *sorted, int n)
{
	return n % 2 ? sorted[n / 2] : sorted[n / 2 - 1] + (sorted[n / 2] - sorted[n / 2 - 1]) / 2;
}

/* The smallest value that at least `percent` of n + 1 stand at or below. */
static int64_t quantile_up(const int64_t *sorted, int n, int percent)
{
	int rank = (percent * (n + 1) + 99) / 100;
	return sorted[(rank < n ? rank : n) - 1];
}

int edge_figure(const int64_t *lags, int n, struct edge_figure *figure, struct error *error)
{
	int64_t sorted[EDGES_LAGS_MAX];
	if (n < EDGES_LAGS_MIN || n > EDGES_LAGS_MAX)
		return error_set(error, ERROR_INTERNAL, "trigger", NULL, "%d lags were measured; %d to %d are of use", n, EDGES_LAGS_MIN,
				 EDGES_LAGS_MAX);
	memcpy(sorted, lags, (size_t)n * sizeof *lags);
	qsort(sorted, (size_t)n, sizeof *sorted, ascending);
	*figure = (struct edge_figure){ .lag = middle(sorted, n), .p99 = quantile_up(sorted, n, 99), .max = sorted[n - 1], .n = n };
	for (int i = 0; i < n; i++)
		sorted[i] = llabs(sorted[i] - figure->lag);
	qsort(sorted, (size_t)n, sizeof *sorted, ascending);
	figure->u = quantile_up(sorted, n, 95);
	figure->worst = sorted[n - 1];
	return 0;
}

struct edge_claim edge_claim_of(enum edge_source source, const struct edge_figure *figure, int64_t stamp)
{
	return (struct edge_claim){ .source = source, .t = stamp - figure->lag, .u = figure->u, .worst = figure->worst };
}

bool edge_claims_agree(const struct edge_claim *a, const struct edge_claim *b)
{
	return llabs(a->t - b->t) <= a->worst + b->worst + EDGES_APART / 2;
}

static bool is_better(const struct edge_claim *a, const struct edge_claim *than)
{
	return a->u != than->u ? a->u < than->u : a->source > than->source;
}

const struct edge_claim *edge_best(const struct edge_claim *claims, size_t n)
{
	const struct edge_claim *best = claims;
	for (size_t i = 1; i < n; i++)
		if (is_better(&claims[i], best))
			best = &claims[i];
	return best;
}
