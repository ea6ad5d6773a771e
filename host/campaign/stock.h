/*
 * stock: what of a schedule is done. A slot is done when some run of it has another status than `interrupted`; one that is not
 * is tried again as the next attempt. What failed is done: it is never retried into a good-looking number. What was skipped when the
 * campaign began is never tried, nor what is not needed since it has stopped by its plan's rule.
 */
#ifndef JOULERIG_CAMPAIGN_STOCK_H
#define JOULERIG_CAMPAIGN_STOCK_H

#include "campaign_file.h"
#include "schedule.h"

/* Sets `state` and `attempt` of each slot from the facts and the runs there are. ERROR_CORRUPT when a run is not of this schedule. */
int stock_take(const struct campaign_file *file, const struct plan *plan, struct slot *slots, size_t n_slots, struct error *error);
size_t stock_count(const struct slot *slots, size_t n_slots, enum slot_state state);
/* Of the runs in `file`, each but those that were interrupted and whose slot was done by another attempt is ok. */
bool stock_is_good(const struct campaign_file *file);

#endif
