/*
 * wt_model: what each model of Yokogawa's WT300 family can be set to, and how accurate it is. Pure tables.
 *
 * Its list is in A, ascending, and ends with 0: the ranges of crest factor 3; at 6 each is half. Voltages are numeric_driver.h's.
 */
#ifndef JOULERIG_DRIVERS_METERS_WT_MODEL_H
#define JOULERIG_DRIVERS_METERS_WT_MODEL_H

#include <stdbool.h>
#include <stddef.h>

struct wt_model {
	const char *prefix; /* of the identity's second field, lower case */
	unsigned elements; /* bit 0: element 1 */
	const double *currents;
	double reading, range; /* limits of error of active power, 45-66 Hz, power factor 1, relative */
};

#define WT_ELEMENTS_MAX 3

const struct wt_model *wt_model_find(const char *model); /* NULL: not of this family */
/* "2", "1+3", "sum" (all there are) as bits; 0: no such elements, or no such text. */
unsigned wt_elements_parse(const struct wt_model *model, const char *text);
int wt_elements_count(unsigned elements);
int wt_element(unsigned elements, int index); /* the number (from 1) of the one at `index` (from 0) */
void wt_elements_text(unsigned elements, char *text, size_t size); /* "1, 3" */
/* The elements whose powers make up what is wired so (":INP:WIR?": "P3W4"): P of SIGMA in the vendor's table. 0: any, for each is
 * a circuit of its own, or nothing is known of this wiring. */
unsigned wt_elements_of_wiring(const char *wiring);

#endif
