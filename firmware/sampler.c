/* SPDX-License-Identifier: Apache-2.0 */
#include "sampler.h"

#include "board.h"
#include "clocks.h"
#include "isr.h"
#include "rp2040/adc.h"
#include "rp2040/cortex.h"
#include "rp2040/gpio.h"
#include "rp2040/system.h"
#include "wake.h"

#include "logic/edges.h"
#include "logic/packer.h"

#define PLACE_BITS 9
#define PLACE_SAMPLES (1u << (PLACE_BITS - 1))
#define TABLE_BITS 7
_Static_assert(PACKER_SAMPLES_MAX <= PLACE_SAMPLES && SAMPLER_PLACES * 4 == 1u << TABLE_BITS, "rings of the DMA");
#define MOVER SAMPLER_MOVER
#define STEERER SAMPLER_STEERER
#define CONVERSION_US 2u /* 96 cycles of the ADC's clock: datasheet 4.9.2 */
#define LOOK_NS 300u /* from reading the time to reading the DMA's counter, and from a conversion's end to that counter: 37 cycles */
_Static_assert(96u * 1000000u / RIG_ADC_CLOCK_HZ == CONVERSION_US, "the ADC's clock");

static uint16_t ring[SAMPLER_PLACES][PLACE_SAMPLES] __attribute__((aligned(1 << PLACE_BITS), section(".unset")));
static uint16_t *table[SAMPLER_PLACES] __attribute__((aligned(1 << TABLE_BITS), section(".unset")));

volatile uint32_t sampler_done; /* blocks completed since the start, by isr_dma */
volatile bool sampler_runs;

static struct {
	void (*done_told)(uint32_t stamp);
	uint8_t inputs_log2;
	uint16_t samples, sets;     /* of a block */
} sampler;

#define MOVER_CTRL                                                                                                                 \
	(DMA_EN | DMA_HIGH_PRIORITY | DMA_SIZE_16 | DMA_WRITE_STEPS | DMA_RING_WRITE | DMA_RING_BITS(PLACE_BITS) | DMA_PACE_ADC |    \
	 DMA_CHAIN_TO(STEERER))
#define STEERER_CTRL                                                                                                               \
	(DMA_EN | DMA_HIGH_PRIORITY | DMA_SIZE_32 | DMA_READ_STEPS | DMA_RING_BITS(TABLE_BITS) | DMA_PACE_NONE |                     \
	 DMA_CHAIN_TO(STEERER) | DMA_QUIET)
#define FIFO_ON (ADC_FIFO_EN | ADC_FIFO_ERR_BIT | ADC_FIFO_DREQ | ADC_FIFO_THRESHOLD(1))

void sampler_open(void (*done)(uint32_t stamp))
{
	sampler.done_told = done;
	reset_cycle(RESET_ADC | RESET_DMA);
	PADS_BANK0->gpio[PIN_ADC0] = PAD_NO_OUTPUT;
	PADS_BANK0->gpio[PIN_ADC1] = PAD_NO_OUTPUT;
	for (uint32_t n = 0; n < SAMPLER_PLACES; n++)
		table[n] = ring[n];
	ADC->cs = ADC_EN;
	ADC->fcs = FIFO_ON;
	DMA->inte0 = BIT(MOVER);
	irq_priority(IRQ_DMA0, 1);
	irq_enable(IRQ_DMA0);
}

const uint16_t *sampler_block(uint32_t place)
{
	return ring[place];
}

static void fifo_drain(void)
{
	while (!(ADC->fcs & ADC_FIFO_EMPTY))
		(void)ADC->fifo;
	ADC->fcs = FIFO_ON | ADC_FIFO_OVER | ADC_FIFO_UNDER; /* written ones clear these two */
}

static void adc_wait(void)
{
	while (!(ADC->cs & ADC_READY)) /* 2 us at most */
		;
}

/* In this order: the mover is ready, without starting, when the steerer gives it its first block and so starts it. */
static void dma_start(void)
{
	struct rp_dma_channel *mover = &DMA->channel[MOVER], *steerer = &DMA->channel[STEERER];
	mover->read_addr = (uint32_t)(uintptr_t)&ADC->fifo;
	mover->trans_count = sampler.samples;
	mover->al1_ctrl = MOVER_CTRL;
	steerer->read_addr = (uint32_t)(uintptr_t)table;
	steerer->write_addr = (uint32_t)(uintptr_t)&mover->al2_write_addr_trig;
	steerer->trans_count = 1;
	memory_barrier();
	steerer->ctrl_trig = STEERER_CTRL;
}

static void dma_stop(void)
{
	DMA->channel[STEERER].al1_ctrl = 0;
	DMA->channel[MOVER].al1_ctrl = 0;
	DMA->chan_abort = BIT(MOVER) | BIT(STEERER);
	while ((DMA->channel[MOVER].al1_ctrl | DMA->channel[STEERER].al1_ctrl) & DMA_BUSY)
		;
	DMA->ints0 = BIT(MOVER); /* an abort may leave one behind: erratum RP2040-E13 */
}

/* The first conversion has ended when the first transfer is made: that instant is looked for, with everything held but edges. It comes
 * after 2 us or, should the divider run first, after a period more: at most 1 ms. Half-width: the loop's last turn, and a tick. */
static void first_set(uint32_t period_256, struct rig_adc_started *started)
{
	const uint32_t us_256 = RIG_ADC_CLOCK_HZ / 1000000u * 256u;
	uint32_t begin = ticks_low(), before, now = begin, latest = 2 * (period_256 / us_256 + 1) + 2 * CONVERSION_US, moved;
	do {
		before = now;
		now = ticks_low();
		moved = sampler.samples - DMA->channel[MOVER].trans_count;
	} while (moved == 0 && now - begin < latest);
	uint32_t since_first = moved > 1 ? (moved - 1) * period_256 / us_256 : 0;
	started->ticks = ticks_near(ticks_now(), before + (now - before) / 2) - since_first - CONVERSION_US;
	started->u_ns = moved == 0 ? UINT32_MAX : (now - before + 1 + (moved > 1)) * RIG_TICK_NS + LOOK_NS;
}

void sampler_start(const struct rig_adc_start *asked, uint32_t samples, struct rig_adc_started *started)
{
	uint32_t inputs = asked->channels == 3 ? 2 : 1, rate = asked->rate * inputs;
	uint32_t period_256 = (uint32_t)(((uint64_t)RIG_ADC_CLOCK_HZ * 256 + rate / 2) / rate);
	uint32_t input = (asked->channels & 1 ? PIN_ADC0 : PIN_ADC1) - ADC_FIRST_GPIO;
	uint32_t both = BIT(PIN_ADC0 - ADC_FIRST_GPIO) | BIT(PIN_ADC1 - ADC_FIRST_GPIO);
	sampler.samples = (uint16_t)samples;
	sampler.sets = (uint16_t)(samples / inputs);
	sampler.inputs_log2 = (uint8_t)(inputs - 1);
	sampler_done = 0;
	ADC->cs = ADC_EN | ADC_INPUT(input) | ADC_ROUND_ROBIN(inputs == 2 ? both : 0);
	fifo_drain();
	dma_start();
	irq_hold(IRQ_USB);
	irq_hold(IRQ_DMA0);
	ADC->div = period_256 - 256; /* it counts from INT + 1 */
	sampler_runs = true;
	register_set(&ADC->cs, ADC_START_MANY);
	first_set(period_256, started);
	irq_release(IRQ_DMA0);
	irq_release(IRQ_USB);
	started->period_256 = period_256 * inputs;
}

uint32_t sampler_stop(void)
{
	register_clear(&ADC->cs, ADC_START_MANY);
	adc_wait();
	while (!(ADC->fcs & ADC_FIFO_EMPTY)) /* the DMA takes them, some cycles each */
		;
	for (uint32_t begin = ticks_low(); ticks_low() - begin < 2;) /* and its last one has told isr_dma, should it end a block */
		;
	sampler_runs = false;
	uint32_t partial = sampler.samples - DMA->channel[MOVER].trans_count;
	dma_stop();
	return partial >> sampler.inputs_log2 << sampler.inputs_log2;
}

/* Blocks the steerer has given out, modulo their places; the last of them is being filled. */
static inline uint32_t given(uint32_t steerer)
{
	return (steerer - (uint32_t)(uintptr_t)table) / 4;
}

/* A block is complete: at most 2 us. Counts by the steerer's place, not by interrupts, so that one that comes late is no block lost. A
 * sample that found the FIFO full would move all that follow, unseen: the DMA, which has four samples' time for each, would have to stand
 * still for that. It is a fault like any other that cannot happen. */
void isr_dma(void)
{
	uint32_t now = ticks_low(), complete = 0;
	DMA->ints0 = BIT(MOVER);
	if (!sampler_runs)
		return;
	if (ADC->fcs & ADC_FIFO_OVER)
		isr_fault();
	for (int tries = 0; tries < 16 && complete == 0; tries++) /* the steerer moves on some cycles after the mover is done */
		complete = (given(DMA->channel[STEERER].read_addr) - 1 - sampler_done) % SAMPLER_PLACES;
	for (; complete > 0; complete--) {
		sampler_done++;
		sampler.done_told(now);
	}
	wake();
}

uint32_t sampler_set(const struct sampler_place *place)
{
	if (place->left == UINT32_MAX)
		return RIG_NO_SAMPLE;
	uint32_t block = place->done + (given(place->steerer) - 1 - place->done) % SAMPLER_PLACES;
	return block * sampler.sets + ((sampler.samples - place->left) >> sampler.inputs_log2);
}

bool sampler_temperature(uint32_t n, uint32_t *sum)
{
	bool good = true;
	ADC->cs = ADC_EN | ADC_TEMPERATURE | ADC_INPUT(ADC_SENSOR);
	*sum = 0;
	for (; n > 0; n--) {
		adc_wait();
		register_set(&ADC->cs, ADC_START_ONE);
		adc_wait();
		*sum += ADC->result;
		good = good && !(ADC->cs & ADC_ERR);
	}
	ADC->cs = ADC_EN;
	fifo_drain();
	return good;
}
