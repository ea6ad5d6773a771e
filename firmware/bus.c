/* SPDX-License-Identifier: Apache-2.0 */
#include "bus.h"

#include "board.h"
#include "clocks.h"
#include "isr.h"
#include "rp2040/cortex.h"
#include "rp2040/gpio.h"
#include "rp2040/i2c.h"
#include "rp2040/system.h"
#include "wake.h"

#define PERIOD (CLK_SYS_HZ / 400000u)
#define HIGH_CYCLES (PERIOD * 2 / 5) /* 1 us: fast mode asks for 0.6 high and 1.3 low */
#define LOW_CYCLES (PERIOD - HIGH_CYCLES)
#define HOLD_CYCLES 38 /* 0.3 us: the INA228 asks for 10 ns, fast mode allows 0.9 us */

#define BITS_US(bytes) ((bytes) * 9u * 5u / 2u) /* with their acknowledges, at 400 kHz */
#define LOOK_US 10u /* again, while it goes on */
#define ALARM 1

static struct i2c_transfer *volatile under_way;

/* One half of a clock of 100 kHz; eighteen of them are the longest wait of the main loop, after a transfer that hung. */
static void half_clock(void)
{
	uint32_t begin = ticks_low();
	while (ticks_low() - begin < 5)
		;
}

/* A part that was interrupted while it sent a 0 holds SDA low until it has been clocked through its byte (I2C specification 3.1.16). */
static void bus_free(void)
{
	SIO->gpio_out_clr = BIT(PIN_I2C_SCL);
	IO_BANK0->gpio[PIN_I2C_SCL].ctrl = GPIO_FUNCTION_SIO;
	for (int clocks = 0; clocks < 9 && !(SIO->gpio_in & BIT(PIN_I2C_SDA)); clocks++) {
		SIO->gpio_oe_set = BIT(PIN_I2C_SCL);
		half_clock();
		SIO->gpio_oe_clr = BIT(PIN_I2C_SCL);
		half_clock();
	}
	IO_BANK0->gpio[PIN_I2C_SCL].ctrl = GPIO_FUNCTION_I2C;
}

/* After a reset, so that it is off and takes all this. */
static void controller_start(void)
{
	I2C0->con = I2C_MASTER | I2C_FAST | I2C_RESTART_EN | I2C_SLAVE_OFF | I2C_TX_EMPTY_CTRL;
	I2C0->tar = RIG_INA228_ADDRESS;
	I2C0->fs_hcnt = HIGH_CYCLES;
	I2C0->fs_lcnt = LOW_CYCLES;
	I2C0->fs_spklen = LOW_CYCLES / 16; /* 90 ns, fast mode's 50 at least */
	I2C0->sda_hold = HOLD_CYCLES;
	I2C0->enable = I2C_ENABLE;
}

void bus_open(void)
{
	reset_cycle(RESET_I2C0);
	PADS_BANK0->gpio[PIN_I2C_SDA] = PADS_BANK0->gpio[PIN_I2C_SCL] = PAD_INPUT | PAD_SCHMITT | PAD_PULL_UP | PAD_DRIVE_4MA;
	IO_BANK0->gpio[PIN_I2C_SDA].ctrl = GPIO_FUNCTION_I2C;
	bus_free();
	controller_start();
	register_set(&TIMER->inte, BIT(ALARM));
	irq_priority(IRQ_TIMER1, 3);
	irq_enable(IRQ_TIMER1);
}

/* An alarm fires when the time is what it says: one that was set too late, as an interrupt came between, is set again. */
static void alarm_after(uint32_t us)
{
	uint32_t at;
	do
		TIMER->alarm[ALARM] = at = ticks_low() + us;
	while ((int32_t)(at - ticks_low()) <= 0);
}

void bus_begin(void *self, struct i2c_transfer *transfer)
{
	(void)self;
	transfer->state = I2C_RUNS;
	(void)I2C0->clr_intr;
	while (I2C0->rxflr > 0) /* left over by one that failed */
		(void)I2C0->data_cmd;
	I2C0->enable = I2C_ENABLE | I2C_HOLD; /* nothing goes out until all is there: so an address that nobody answers flushes all */
	I2C0->data_cmd = transfer->reg;
	for (unsigned n = 0; n < transfer->size; n++) {
		uint32_t what = transfer->write ? transfer->bytes[n] : I2C_CMD_READ;
		what |= n == 0 && !transfer->write ? I2C_CMD_RESTART : 0;
		what |= n + 1u == transfer->size ? I2C_CMD_STOP : 0;
		I2C0->data_cmd = what;
	}
	transfer->began = ticks_now();
	under_way = transfer;
	I2C0->enable = I2C_ENABLE;
	alarm_after(BITS_US(transfer->size + (transfer->write ? 2u : 3u)));
}

static void transfer_ends(struct i2c_transfer *transfer, bool failed)
{
	unsigned n = 0;
	under_way = NULL;
	transfer->ended = ticks_now();
	for (; I2C0->rxflr > 0; n++) {
		uint8_t byte = (uint8_t)I2C0->data_cmd;
		if (n < transfer->size && !transfer->write)
			transfer->bytes[n] = byte;
	}
	bool short_of = !transfer->write && n != transfer->size;
	transfer->state = failed || short_of ? I2C_FAILED : I2C_DONE;
	wake();
}

/* Looks when a transfer should have ended, and each 10 us from then on: some 1 us. The controller's own interrupt would do, too, and is not
 * used: in the emulator it cannot be masked. */
void isr_bus(void)
{
	TIMER->intr = BIT(ALARM);
	uint32_t happened = I2C0->raw_intr_stat & (I2C_INT_STOP | I2C_INT_ABORT);
	if (under_way == NULL)
		return;
	if (happened != 0)
		transfer_ends(under_way, happened & I2C_INT_ABORT);
	else
		alarm_after(LOOK_US);
}

/* To switch it off is not enough: it would stay on until the byte has ended, which it does not while a part holds SCL. */
void bus_abandon(void *self)
{
	(void)self;
	irq_hold(IRQ_TIMER1);
	under_way = NULL;
	reset_cycle(RESET_I2C0);
	bus_free();
	controller_start();
	irq_release(IRQ_TIMER1);
}
