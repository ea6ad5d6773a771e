#include "figures.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "c_locale.h"
#include "facts.h"
#include "parts.h"

static int make_all(const struct figures_of *of, struct figures *figures, struct error *error)
{
	int failed = of->claims ? figures_claims(of, figures) : 0;
	if (!failed && of->summary)
		failed = figures_ratios(of, figures);
	if (!failed && of->set && of->check)
		failed = figures_rapl(of, figures);
	if (!failed && of->summary)
		failed = figures_threads(of, figures) || figures_pareto(of, figures) || figures_budget(of, figures);
	if (failed)
		return error_set(error, ERROR_INTERNAL, NULL, NULL, "out of memory");
	return of->place && of->file ? figures_traces(of, figures, error) : 0;
}

/* ---- what came from a twin says so, also when it stands alone ---- */

static int put_before(char **text, const char *before)
{
	size_t length = strlen(before), rest = strlen(*text) + 1;
	char *both = malloc(length + rest);
	if (both == NULL)
		return -1;
	memcpy(both, before, length);
	memcpy(both + length, *text, rest);
	free(*text);
	*text = both;
	return 0;
}

static int say_of(struct figure *figure)
{
	char label[120];
	snprintf(label, sizeof label, "set label 'SIMULATED' at screen 0.985,%.6f right textcolor rgb ink\n", 12.0 / figure->height);
	return put_before(&figure->script, label) != 0 || put_before(&figure->caption, "SIMULATED. ") != 0 ? -1 : 0;
}

static int say_simulated(struct figures *figures, struct error *error)
{
	for (size_t i = 0; i < figures->n; i++)
		if (say_of(&figures->list[i]) != 0)
			return error_set(error, ERROR_INTERNAL, NULL, NULL, "out of memory");
	return 0;
}

int figures_make(const struct figures_of *of, struct figures *figures, struct error *error)
{
	struct c_locale scope;
	*figures = (struct figures){ .n = 0 };
	c_locale_enter(&scope);
	int result = make_all(of, figures, error);
	if (result == 0 && of->file && facts_simulated(of->file) != SIMULATED_NONE)
		result = say_simulated(figures, error);
	c_locale_leave(&scope);
	if (result != 0)
		figures_free(figures);
	return result;
}

void figures_free(struct figures *figures)
{
	for (size_t i = 0; i < figures->n; i++) {
		free(figures->list[i].caption);
		free(figures->list[i].alternative);
		free(figures->list[i].script);
		free(figures->list[i].svg);
	}
	free(figures->list);
	*figures = (struct figures){ .n = 0 };
}
