#include "claims_file.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "document.h"
#include "schemas.h"

struct loading {
	const struct document *document;
	struct problems *problems;
	const char *source, *published_python; /* of the file, for claims that do not say their own */
};

static const char *const metrics[CLAIM_METRICS] = { "energy", "power", "elasticity", "time", "speed_up", "cpu_time", "peak_rss", "peak_vms",
						    "vms_over_rss" };
static const char *const quantities[CLAIM_QUANTITIES] = { "gross", "net", "caused", "rapl" };

const char *claim_metric_name(enum claim_metric metric)
{
	return (unsigned)metric < CLAIM_METRICS ? metrics[metric] : "unknown";
}

const char *claim_quantity_name(enum claim_quantity quantity)
{
	return (unsigned)quantity < CLAIM_QUANTITIES ? quantities[quantity] : "unknown";
}

bool claim_metric_has_quantities(enum claim_metric metric)
{
	return metric == CLAIM_ENERGY || metric == CLAIM_POWER || metric == CLAIM_ELASTICITY;
}

/* The schema has held the word against the list. */
static int index_of(const char *word, const char *const *words, int n)
{
	for (int i = 0; i < n; i++)
		if (strcmp(word, words[i]) == 0)
			return i;
	return 0;
}

/* ---- points ---- */

static void load_variable(const struct loading *l, const struct node *key, const struct node *node, struct claim_variable *variable)
{
	variable->name = node_text(key, "");
	if (!node_is_list(node)) {
		variable->values[0] = node_text(node, "");
		variable->n = strcmp(variable->values[0], "all") == 0 ? 0 : 1;
		return;
	}
	for (size_t i = 0; i < node_count(l->document, node) && variable->n < CLAIM_VALUES_MAX; i++)
		variable->values[variable->n++] = node_text(node_item(l->document, node, i), "");
}

static void load_variables(const struct loading *l, const struct node *map, struct claim_selection *selection)
{
	for (size_t i = 0; i < node_count(l->document, map) && selection->n_variables < CLAIM_VARIABLES_MAX; i++) {
		const struct node *key, *node = node_pair(l->document, map, i, &key);
		load_variable(l, key, node, &selection->variables[selection->n_variables++]);
	}
}

static int load_points(const struct loading *l, const struct node *node, struct claim *claim)
{
	size_t n = node_is_list(node) ? node_count(l->document, node) : 1; /* else it is "all" */
	claim->selections = calloc(n + 1, sizeof *claim->selections);
	if (claim->selections == NULL)
		return -1;
	for (claim->n_selections = 0; claim->n_selections < n; claim->n_selections++) {
		const struct node *item = node_is_list(node) ? node_item(l->document, node, claim->n_selections) : NULL;
		struct claim_selection *selection = &claim->selections[claim->n_selections];
		selection->workload = node_text(node_get(l->document, item, "workload"), NULL);
		load_variables(l, node_get(l->document, item, "at"), selection);
	}
	return 0;
}

/* ---- what is contrasted ---- */

static void check_against(const struct loading *l, const struct node *node, const struct claim *claim)
{
	for (size_t i = 0; node && i < claim->n_selections; i++)
		if (claim->selections[i].workload && strcmp(claim->selections[i].workload, claim->against) == 0)
			problems_add(l->problems, l->document, node, "against: %s would be divided by itself", claim->against);
}

static void load_contrast(const struct loading *l, const struct node *node, struct claim *claim)
{
	const struct node *baseline = node_get(l->document, node, "baseline"), *against = node_get(l->document, node, "against");
	claim->arm_node = node_get(l->document, node, "arm");
	claim->over_node = node_get(l->document, node, "over");
	claim->arm = node_text(claim->arm_node, "");
	claim->over = node_text(claim->over_node, "");
	claim->against = node_text(against, NULL);
	load_variables(l, baseline, &claim->baseline);
	if (strcmp(claim->arm, claim->over) == 0 && baseline == NULL)
		problems_add(l->problems, l->document, claim->over_node, "over: arm \"%s\" would be contrasted with itself", claim->over);
	check_against(l, against, claim);
}

/* ---- the interval ---- */

/* An end of it; `open` where it is not there. */
static double load_end(const struct loading *l, const struct claim *claim, const struct node *node, double open)
{
	double end = strcmp(node_text(node, "open"), "open") == 0 ? open : node_number(node, NAN);
	if (end < 0 && claim->metric != CLAIM_ELASTICITY)
		problems_add(l->problems, l->document, node, "interval: %s: a ratio is never negative", node_text(node, ""));
	else if (isnan(end) || (isinf(end) && end != open))
		problems_add(l->problems, l->document, node, "interval: %s is no number", node_text(node, ""));
	return end;
}

static void load_interval(const struct loading *l, const struct node *list, struct claim *claim)
{
	const struct node *low = node_item(l->document, list, 0), *high = node_item(l->document, list, 1);
	double least = claim->metric == CLAIM_ELASTICITY ? -INFINITY : 0;
	claim->low = load_end(l, claim, low, least);
	claim->high = load_end(l, claim, high, INFINITY);
	claim->margin = NAN;
	if (claim->low >= claim->high)
		problems_add(l->problems, l->document, list, "interval: empty: nothing lies between %s and %s", node_text(low, ""), node_text(high, ""));
	else if (claim->low <= least && isinf(claim->high))
		problems_add(l->problems, l->document, list, "interval: says nothing: everything lies in it");
}

static void load_equivalence(const struct loading *l, const struct node *node, struct claim *claim)
{
	claim->margin = node_quantity(node, DIMENSION_RATIO, NAN);
	claim->low = 1 / (1 + claim->margin);
	claim->high = 1 + claim->margin;
	if (claim->metric == CLAIM_ELASTICITY)
		problems_add(l->problems, l->document, node, "equivalence: an elasticity is a slope: give an interval");
}

static void load_bounds(const struct loading *l, const struct node *key, const struct node *node, struct claim *claim)
{
	const struct node *interval = node_get(l->document, node, "interval"), *equivalence = node_get(l->document, node, "equivalence");
	if (interval && equivalence)
		problems_add(l->problems, l->document, equivalence, "equivalence: the claim says an interval already");
	else if (equivalence)
		load_equivalence(l, equivalence, claim);
	else if (interval)
		load_interval(l, interval, claim);
	else
		problems_add(l->problems, l->document, key, "%s says neither an interval nor an equivalence", claim->id);
}

/* ---- requires ---- */

static void load_needs(const struct loading *l, const struct node *arms, struct claim *claim)
{
	for (size_t i = 0; i < node_count(l->document, arms) && claim->n_needs < CLAIM_ARMS_MAX; i++) {
		const struct node *key, *node = node_pair(l->document, arms, i, &key), *gil = node_get(l->document, node, "gil");
		claim->needs_node[claim->n_needs] = key;
		claim->needs[claim->n_needs++] = (struct claim_arm_need){
			.arm = node_text(key, ""),
			.gil = gil ? node_boolean(gil, true) : -1,
			.python = node_text(node_get(l->document, node, "python"), NULL),
		};
	}
}

static void load_requires(const struct loading *l, const struct node *node, struct claim *claim)
{
	claim->min_cores = (int)node_integer(node_get(l->document, node, "cores"), 0);
	claim->min_memory = node_quantity(node_get(l->document, node, "memory"), DIMENSION_BYTES, 0);
	claim->needs_wall = node_get(l->document, node, "wall") != NULL;
	load_needs(l, node_get(l->document, node, "arms"), claim);
}

/* ---- claims ---- */

/* Points over one baseline, or over one workload's at equal points, err together: their mean is not as certain as that of independent ones. */
static void check_words(const struct loading *l, const struct node *node, const struct claim *claim)
{
	const struct node *quantity = node_get(l->document, node, "quantity"), *quantifier = node_get(l->document, node, "quantifier");
	const struct node *contrast = node_get(l->document, node, "contrast");
	const struct node *baseline = node_get(l->document, contrast, "baseline"), *against = node_get(l->document, contrast, "against");
	if (quantity && !claim_metric_has_quantities(claim->metric))
		problems_add(l->problems, l->document, quantity, "quantity: %s is one figure, it has no %s", claim_metric_name(claim->metric),
			     claim_quantity_name(claim->quantity));
	if (baseline && claim->quantifier == CLAIM_MEAN && claim->metric != CLAIM_ELASTICITY)
		problems_add(l->problems, l->document, quantifier, "quantifier: a mean of points that share a baseline: say each, or any");
	if (against && claim->quantifier == CLAIM_MEAN && claim->metric != CLAIM_ELASTICITY)
		problems_add(l->problems, l->document, quantifier, "quantifier: a mean of points that are divided by those of one workload: say each, or any");
	if (quantifier && claim->metric == CLAIM_ELASTICITY)
		problems_add(l->problems, l->document, quantifier, "quantifier: an elasticity is one figure of all points");
}

static int load_claim(const struct loading *l, const struct node *key, const struct node *node, struct claim *claim)
{
	static const char *const firmness[] = { "firm", "provisional" }, *const quantifiers[] = { "each", "any", "mean" };
	const char *quantifier = node_text(node_get(l->document, node, "quantifier"), "each");
	claim->id = node_text(key, "");
	claim->says = node_text(node_get(l->document, node, "says"), "");
	claim->source = node_text(node_get(l->document, node, "source"), l->source);
	claim->note = node_text(node_get(l->document, node, "note"), "");
	claim->firmness = index_of(node_text(node_get(l->document, node, "firmness"), ""), firmness, 2);
	claim->metric = index_of(node_text(node_get(l->document, node, "metric"), ""), metrics, CLAIM_METRICS);
	claim->quantity = index_of(node_text(node_get(l->document, node, "quantity"), "gross"), quantities, CLAIM_QUANTITIES);
	claim->quantifier = claim->metric == CLAIM_ELASTICITY ? CLAIM_MEAN : index_of(quantifier, quantifiers, CLAIM_QUANTIFIERS);
	claim->published_python = node_text(node_get(l->document, node_get(l->document, node, "published"), "python"), l->published_python);
	check_words(l, node, claim);
	load_requires(l, node_get(l->document, node, "requires"), claim);
	load_bounds(l, key, node, claim);
	if (load_points(l, node_get(l->document, node, "points"), claim) != 0)
		return -1;
	load_contrast(l, node_get(l->document, node, "contrast"), claim);
	return 0;
}

static int load_claims(const struct loading *l, const struct node *map, struct claims *claims)
{
	size_t n = node_count(l->document, map);
	claims->list = calloc(n + 1, sizeof *claims->list);
	if (claims->list == NULL)
		return -1;
	for (size_t i = 0; i < n; i++) {
		const struct node *key, *node = node_pair(l->document, map, i, &key);
		claims->n++;
		if (load_claim(l, key, node, &claims->list[i]) != 0)
			return -1;
	}
	return 0;
}

/* Takes the document over. */
static int load(struct document *document, struct claims *claims, struct problems *problems, struct error *error)
{
	const struct node *root = document_root(document), *published = node_get(document, root, "published");
	struct loading l = { .document = document, .problems = problems, .source = node_text(node_get(document, root, "source"), ""),
			     .published_python = node_text(node_get(document, published, "python"), "") };
	*claims = (struct claims){ .title = node_text(node_get(document, root, "title"), "untitled"), .source = l.source, .document = document };
	if (load_claims(&l, node_get(document, root, "claims"), claims) != 0)
		error_set(error, ERROR_INTERNAL, NULL, NULL, "out of memory");
	else if (problems_check(problems, error) == 0)
		return 0;
	claims_free(claims);
	return -1;
}

int claims_load(const char *path, struct claims *claims, struct problems *problems, struct error *error)
{
	*claims = (struct claims){ .n = 0 };
	struct document *document = document_load(path, schema_claims, problems, error);
	return document ? load(document, claims, problems, error) : -1;
}

int claims_parse(const char *name, const char *text, size_t length, struct claims *claims, struct problems *problems, struct error *error)
{
	*claims = (struct claims){ .n = 0 };
	struct document *document = document_parse(name, text, length, schema_claims, problems, error);
	return document ? load(document, claims, problems, error) : -1;
}

static bool is_among(const char *name, const char *const *names, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (strcmp(names[i], name) == 0)
			return true;
	return false;
}

int claims_check_arms(const struct claims *claims, const char *const *names, size_t n, struct problems *problems, struct error *error)
{
	for (size_t i = 0; i < claims->n; i++) {
		const struct claim *claim = &claims->list[i];
		if (!is_among(claim->arm, names, n))
			problems_add(problems, claims->document, claim->arm_node, "arm: the campaign has no arm \"%s\"", claim->arm);
		if (!is_among(claim->over, names, n))
			problems_add(problems, claims->document, claim->over_node, "over: the campaign has no arm \"%s\"", claim->over);
		for (size_t k = 0; k < claim->n_needs; k++)
			if (!is_among(claim->needs[k].arm, names, n))
				problems_add(problems, claims->document, claim->needs_node[k], "requires: the campaign has no arm \"%s\"",
					     claim->needs[k].arm);
	}
	return problems_check(problems, error);
}

void claims_free(struct claims *claims)
{
	for (size_t i = 0; i < claims->n; i++)
		free(claims->list[i].selections);
	free(claims->list);
	document_free(claims->document);
	*claims = (struct claims){ .n = 0 };
}
