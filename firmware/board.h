/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The board: which GPIO of the RP2040 goes where. This is the one place: change a number, build, and the firmware uses the other pin.
 * Numbers are GPIOs, not pins of the Pico's header. hardware/README.md says what each is wired to.
 */
#ifndef RIG_BOARD_PINS_H
#define RIG_BOARD_PINS_H

#define RIG_BOARD_NAME "joulerig rig 1"

/* Trigger inputs, behind opto-couplers: any GPIO 0 to 29. A stamp is as good as lines.h says while all are in one bank (0 to 7, 8 to 15,
 * 16 to 23, 24 to 29), and 0.25 us less for each more that they are in; the rig says so to its host. */
#define PIN_IN1 2
#define PIN_IN2 3
#define PIN_IN3 4
#define PIN_IN4 5

/* Trigger outputs, to opto-couplers. */
#define PIN_OUT1 6
#define PIN_OUT2 7

/* Reads OUT1's pin back, through a resistor: the self-test's. */
#define PIN_SENSE 8

/* I2C0 of the INA228: SDA on 0, 4, 8, 12, 16, 20, 24 or 28, SCL on the one after an SDA. */
#define PIN_I2C_SDA 20
#define PIN_I2C_SCL 21

#define PIN_LED 25

/* Analog inputs: the ADC's channels are GPIO 26 to 29 in this order. */
#define PIN_ADC0 26
#define PIN_ADC1 27

#define RIG_CRYSTAL_HZ 12000000u
#define RIG_FLASH_BYTES (2u * 1024u * 1024u)
#define RIG_INA228_ADDRESS 0x40u /* A0 and A1 to ground */

_Static_assert(PIN_I2C_SDA % 4 == 0 && PIN_I2C_SCL % 4 == 1, "these GPIOs have I2C0");
_Static_assert(PIN_ADC0 >= 26 && PIN_ADC0 <= 29 && PIN_ADC1 >= 26 && PIN_ADC1 <= 29 && PIN_ADC0 < PIN_ADC1, "the ADC samples upwards");

#endif
