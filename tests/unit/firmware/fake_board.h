/*
 * fake_board: hardware below struct rig, moved by a test: its clock, its ADC sample by sample, its I2C transfer by transfer. Checks
 * what the logic owes to hardware: nothing is started twice, nothing is asked of what does not exist.
 */
#ifndef JOULERIG_TESTS_FIRMWARE_FAKE_BOARD_H
#define JOULERIG_TESTS_FIRMWARE_FAKE_BOARD_H

#include <stdlib.h>

#include "oracle.h"
#include "rig.h"

#define BOARD_SLOTS 16
#define BOARD_PLACES 8

struct board {
	struct rig rig;
	struct outbox_slot slots[BOARD_SLOTS];
	struct identity_page page;
	uint64_t now;

	uint8_t outputs;       /* bit 0: OUT1 */
	bool watched[RIG_INPUTS];

	bool adc_on;
	uint8_t each;          /* samples of a set */
	uint32_t block, filled, place;
	uint64_t sampled;      /* ever since the start */
	uint16_t ring[BOARD_PLACES][PACKER_SAMPLES_MAX];

	uint8_t registers[64][5];
	struct i2c_transfer *going;
	bool no_part;          /* nobody acknowledges */
	int abandoned;

	int self_tests, self_tests_ended, resets;
	enum rig_reset_to reset_to;
};

static inline void board_expect(bool holds)
{
	if (!holds)
		abort();
}

/* What the ADC sees: sample `n`, 12 bits and, each 1000th, its ERR bit. */
static inline uint16_t board_sample(uint64_t n)
{
	return (uint16_t)((uint32_t)n * UINT32_C(2654435761) >> 20 | (n % 1000 == 999 ? 0x8000 : 0));
}

static inline uint64_t board_now(void *self)
{
	return ((struct board *)self)->now;
}

static inline uint64_t board_set_output(void *self, uint8_t line, bool high)
{
	struct board *board = self;
	board_expect(line == RIG_OUT1 || line == RIG_OUT2);
	uint8_t bit = (uint8_t)(1 << (line - RIG_OUT1)), was = board->outputs;
	board->outputs = (uint8_t)(high ? was | bit : was & ~bit);
	if (board->outputs != was)
		rig_edge(&board->rig, (uint32_t)board->now, line, high, RIG_NO_SAMPLE);
	return board->now;
}

static inline void board_watch(void *self, uint8_t line, bool on)
{
	board_expect(line < RIG_INPUTS);
	((struct board *)self)->watched[line] = on;
}

static inline void board_adc_start(void *self, const struct rig_adc_start *asked, uint32_t block, struct rig_adc_started *started)
{
	struct board *board = self;
	board->each = asked->channels == 3 ? 2 : 1;
	board_expect(!board->adc_on && asked->rate >= RIG_ADC_RATE_MIN && asked->rate <= RIG_ADC_RATE_MAX);
	board_expect(asked->channels >= 1 && asked->channels <= 3);
	board_expect(block > 0 && block <= PACKER_SAMPLES_MAX && block % board->each == 0);
	board->adc_on = true;
	board->block = block;
	board->filled = board->place = 0;
	board->sampled = 0;
	*started = (struct rig_adc_started){ .ticks = board->now, .period_256 = RIG_ADC_CLOCK_HZ / asked->rate * 256, .u_ns = 1000 };
}

static inline uint32_t board_adc_stop(void *self)
{
	struct board *board = self;
	board_expect(board->adc_on);
	board->adc_on = false;
	return board->filled / board->each * board->each;
}

static inline const uint16_t *board_block(void *self, uint32_t place)
{
	board_expect(place < BOARD_PLACES);
	return ((struct board *)self)->ring[place];
}

/* So many samples are converted, 2.5 us each. */
static inline void board_convert(struct board *board, uint32_t n)
{
	for (; board->adc_on && n > 0; n--) {
		board->ring[board->place][board->filled++] = board_sample(board->sampled++);
		board->now += 2 + board->sampled % 2;
		if (board->filled < board->block)
			continue;
		board->filled = 0;
		board->place = (board->place + 1) % BOARD_PLACES;
		rig_block_done(&board->rig, (uint32_t)board->now);
	}
}

static inline void board_self_test(void *self)
{
	((struct board *)self)->self_tests++;
}

static inline void board_self_test_end(void *self)
{
	((struct board *)self)->self_tests_ended++;
}

static inline void board_reset(void *self, enum rig_reset_to to)
{
	struct board *board = self;
	board->resets++;
	board->reset_to = to;
}

static inline void board_i2c_begin(void *self, struct i2c_transfer *transfer)
{
	struct board *board = self;
	board_expect(board->going == NULL && transfer->reg < 64 && (transfer->size == 2 || transfer->size == 3 || transfer->size == 5));
	transfer->began = board->now;
	board->going = transfer;
}

static inline void board_i2c_abandon(void *self)
{
	struct board *board = self;
	board_expect(board->going != NULL);
	board->going = NULL;
	board->abandoned++;
}

/* The transfer that goes on ends `us` later. */
static inline void board_transfer(struct board *board, uint64_t us)
{
	struct i2c_transfer *transfer = board->going;
	if (transfer == NULL)
		return;
	board->now += us;
	transfer->ended = board->now;
	board->going = NULL;
	if (transfer->write)
		memcpy(board->registers[transfer->reg], transfer->bytes, transfer->size);
	else
		memcpy(transfer->bytes, board->registers[transfer->reg], transfer->size);
	atomic_store(&transfer->state, board->no_part ? I2C_FAILED : I2C_DONE);
}

static const struct rig_ops board_ops = {
	.now = board_now, .set_output = board_set_output, .watch = board_watch, .adc_start = board_adc_start, .adc_stop = board_adc_stop,
	.block = board_block, .self_test = board_self_test, .self_test_end = board_self_test_end, .reset = board_reset,
};

/* `serial`: NULL: no identity page was written. */
static inline void board_begin(struct board *board, const char *serial, uint64_t now)
{
	static struct rig_ops ops;
	memset(board, 0, sizeof *board);
	board->now = now;
	memset(&board->page, 0xff, sizeof board->page);
	if (serial != NULL) {
		memset(board->page.serial, 0, sizeof board->page.serial);
		memcpy(board->page.serial, serial, strlen(serial));
		identity_seal(&board->page);
	}
	memcpy(board->registers[INA228_MANUFACTURER_ID], "TI", 2);
	memcpy(board->registers[INA228_DEVICE_ID], "\x22\x81", 2);
	memcpy(board->registers[INA228_ADC_CONFIG], "\xfb\x68", 2);
	ops = board_ops;
	ops.i2c = (struct i2c_ops){ .self = board, .begin = board_i2c_begin, .abandon = board_i2c_abandon };
	struct rig_setup setup = { .ops = &ops, .self = board, .slots = board->slots, .n_slots = BOARD_SLOTS, .places = BOARD_PLACES,
				   .identity = { .boots = 3, .board = "joulerig rig 1", .inputs = RIG_INPUTS,
						 .capabilities = RIG_CAN_EDGES | RIG_CAN_ADC | RIG_CAN_COUNT },
				   .page = &board->page };
	rig_init(&board->rig, &setup);
}

#endif
