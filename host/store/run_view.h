/*
 * run_view: the default plot of a run file, /entry/data: power over time. A view, made from the raw columns for eyes only;
 * nothing in joulerig reads it.
 */
#ifndef JOULERIG_STORE_RUN_VIEW_H
#define JOULERIG_STORE_RUN_VIEW_H

#include "h5.h"
#include "run.h"

void run_put_view(struct h5 *h5, const struct run *run);

#endif
