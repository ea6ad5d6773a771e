/*
 * run_product: a channel that is the product of two others of its device (channel.factor): power, of a voltage and a current that were
 * sampled at once. The run file holds the two as they were sampled, and of their product only what it is; its values are made here.
 *
 * What is known of them bounds what is known of it. With limits dI and dU of the factors' specifications (of the reading, and constant;
 * a step of the converter is a limit, too), P = U I is known to
 *
 *   of the reading   dI/I and dU/U, and dU of the constant part against the mean voltage: a rail's voltage is all but constant
 *   constant         dI of the constant part, times the mean voltage
 *
 * and whatever the product's own specification says. They are independent, so squares are added, which for rectangular limits of error
 * gives the limits that have the same standard uncertainty.
 */
#ifndef JOULERIG_CAMPAIGN_RUN_PRODUCT_H
#define JOULERIG_CAMPAIGN_RUN_PRODUCT_H

#include "run.h"

/* `product` becomes `channel` with a value for every instant that both factors have, the flags of either, the gaps of both, and the
 * accuracy that follows. Free it with run_product_free. ERROR_CORRUPT says why it cannot be one
 * (run_product_fault). Factors whose clock went back have no instant in common. */
int run_product_make(const struct run *run, const struct run_channel *channel, struct run_channel *product, struct error *error);
void run_product_free(struct run_channel *product); /* of a zeroed one, too */

#endif
