#include "wt_model.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

const double wt_voltages[] = { 15, 30, 60, 150, 300, 600, 0 };
const double wt_updates[] = { 0.1, 0.25, 0.5, 1, 2, 5, 0 };
static const double small_currents[] = { 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 0 };
static const double large_currents[] = { 1, 2, 5, 10, 20, 40, 0 };
static const double three_phase_currents[] = { 0.5, 1, 2, 5, 10, 20, 0 };

/* A longer name stands before its own beginning. */
static const struct wt_model models[] = {
	{ "wt310eh", 1, large_currents, 0.001, 0.0005 },
	{ "wt310e", 1, small_currents, 0.001, 0.0005 },
	{ "wt310hc", 1, large_currents, 0.001, 0.001 },
	{ "wt310", 1, small_currents, 0.001, 0.001 },
	{ "wt332e", 2, three_phase_currents, 0.001, 0.0005 },
	{ "wt333e", 3, three_phase_currents, 0.001, 0.0005 },
	{ "wt332", 2, three_phase_currents, 0.001, 0.001 },
	{ "wt333", 3, three_phase_currents, 0.001, 0.001 },
};

const struct wt_model *wt_model_find(const char *model)
{
	for (size_t i = 0; i < sizeof models / sizeof *models; i++)
		if (strncasecmp(model, models[i].prefix, strlen(models[i].prefix)) == 0)
			return &models[i];
	return NULL;
}

bool wt_listed(const double *list, double factor, double wanted)
{
	for (; *list > 0; list++)
		if (fabs(wanted - *list * factor) <= 1e-6 * wanted)
			return true;
	return false;
}

void wt_list_text(const double *list, double factor, const char *unit, char *text, size_t size)
{
	size_t used = 0;
	text[0] = '\0';
	for (; *list > 0 && used < size; list++)
		used += (size_t)snprintf(text + used, size - used, "%g%s", *list * factor, list[1] > 0 ? ", " : unit);
}
