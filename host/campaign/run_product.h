/*
 * run_product: a channel that is the product of two others of its device (channel.factor), such as power of sampled voltage and current. The
 * run file holds the two, as they were sampled; their product is made here.
 */
#ifndef JOULERIG_CAMPAIGN_RUN_PRODUCT_H
#define JOULERIG_CAMPAIGN_RUN_PRODUCT_H

#include "run.h"

bool run_is_product(const struct run_channel *channel);

/* `product` becomes `channel` with a value for every instant that both factors have; flags of either hold. Gaps stay the first factor's.
 * Free it with run_product_free. ERROR_CORRUPT when a factor is no channel of the device. */
int run_product_make(const struct run *run, const struct run_channel *channel, struct run_channel *product, struct error *error);
void run_product_free(struct run_channel *product);

#endif
