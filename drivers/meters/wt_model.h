/*
 * wt_model: what each model of Yokogawa's WT300 family can be set to, and how accurate it is. Pure tables.
 *
 * Lists are in V, A and s, ascending, and end with 0. Ranges are those of crest factor 3; at 6 each is half (`factor` 0.5).
 */
#ifndef JOULERIG_DRIVERS_METERS_WT_MODEL_H
#define JOULERIG_DRIVERS_METERS_WT_MODEL_H

#include <stdbool.h>
#include <stddef.h>

struct wt_model {
	const char *prefix; /* of the identity's second field, lower case */
	int elements;
	const double *currents;
	double reading, range; /* limits of error of active power, 45-66 Hz, power factor 1, relative */
};

extern const double wt_voltages[], wt_updates[];

const struct wt_model *wt_model_find(const char *model); /* NULL: not of this family */
bool wt_listed(const double *list, double factor, double wanted);
void wt_list_text(const double *list, double factor, const char *unit, char *text, size_t size); /* "15, 30 V" */

#endif
