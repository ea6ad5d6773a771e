/* SPDX-License-Identifier: Apache-2.0 */
/* The I2C bus of the INA228, 400 kHz: transfers for logic/power.h. The controller's FIFO holds one whole; an alarm looks when it should be over. */
#ifndef RIG_BUS_H
#define RIG_BUS_H

#include "logic/power.h"

void bus_open(void);
/* As struct i2c_ops says. */
void bus_begin(void *self, struct i2c_transfer *transfer);
void bus_abandon(void *self);

#endif
