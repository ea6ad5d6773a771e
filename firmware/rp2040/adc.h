/* SPDX-License-Identifier: Apache-2.0 */
/* The ADC (datasheet 4.9). */
#ifndef RP2040_ADC_H
#define RP2040_ADC_H

#include "rp2040/register.h"

struct rp_adc {
	reg32 cs, result, fcs, fifo, div, intr, inte, intf, ints;
};
AT(rp_adc, fifo, 0x0c);
AT(rp_adc, ints, 0x20);
#define ADC ((struct rp_adc *)0x4004c000u)
#define ADC_EN BIT(0)
#define ADC_TEMPERATURE BIT(1)
#define ADC_START_ONE BIT(2)
#define ADC_START_MANY BIT(3)
#define ADC_READY BIT(8)
#define ADC_ERR BIT(9)
#define ADC_ERR_STICKY BIT(10)
#define ADC_INPUT(n) ((uint32_t)(n) << 12)
#define ADC_ROUND_ROBIN(mask) ((uint32_t)(mask) << 16)
#define ADC_FIFO_EN BIT(0)
#define ADC_FIFO_ERR_BIT BIT(2) /* bit 15 of each sample is the conversion's ERR */
#define ADC_FIFO_DREQ BIT(3)
#define ADC_FIFO_EMPTY BIT(8)
#define ADC_FIFO_UNDER BIT(10)
#define ADC_FIFO_OVER BIT(11)
#define ADC_FIFO_THRESHOLD(n) ((uint32_t)(n) << 24)
#define ADC_SENSOR 4u /* the input at which the temperature sensor is */
#define ADC_FIRST_GPIO 26u

#endif
