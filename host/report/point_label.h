/* point_label: reading the labels of points, "threads=8 scale=0.1" (plan_point_label), as claims ask for them. */
#ifndef JOULERIG_REPORT_POINT_LABEL_H
#define JOULERIG_REPORT_POINT_LABEL_H

#include <stdbool.h>

#include "claims_file.h"

/* Whether a point has all variables of a selection, each at one of its values. Numbers are compared as such: 0.10 is 0.1. */
bool point_label_matches(const char *label, const struct claim_selection *selection);
/* Whether a point has this variable at this value. */
bool point_label_has(const char *label, const char *name, const char *value);
/* Whether `other` has the variables of `label`, all at the same values but for those of `differing`, which it has at theirs. */
bool point_label_differs_by(const char *label, const char *other, const struct claim_selection *differing);

#endif
