#include "rig.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "clock.h"

#define NJ_PER_KWH 3.6e15
#define ADC_MIDDLE 2048
#define ADC_MOST 4095
#define ADC_BLOCK 20e-3 /* s that a block lasts at most */
#define INA_DEVICE_ID 0x2281
#define LOST_OUTBOX 4096 /* bytes that are kept for replies where streams have filled the rest */

int rig_source_parse(const char *name)
{
	static const char *const names[RIG_SOURCES] = { "none", "out1", "out2", "line", "s0" };
	for (int i = 0; i < RIG_SOURCES; i++)
		if (strcmp(names[i], name) == 0)
			return i;
	return -1;
}

/* ---- its clock ---- */

static int64_t ns(double seconds)
{
	return (int64_t)llround(seconds * 1e9);
}

uint64_t twin_rig_ticks(const struct twin_rig *rig, int64_t t)
{
	const struct rig_config *c = rig->config;
	int64_t since = t - rig->boot, by = 0;
	bool stepped = c->step_by != 0 && t >= rig->start + ns(c->step_at) && rig->boot < rig->start + ns(c->step_at);
	if (stepped)
		by = ns(c->step_by);
	double own = (double)(since + by) + (double)since * c->drift;
	return own > 0 ? (uint64_t)(own / RIG_TICK_NS) : 0;
}

/* The instant at which its clock shows `ticks`, a step aside. */
static int64_t instant_of(const struct twin_rig *rig, uint64_t ticks)
{
	int64_t t = rig->boot + (int64_t)((double)ticks * RIG_TICK_NS / (1 + rig->config->drift));
	while (twin_rig_ticks(rig, t) < ticks)
		t += RIG_TICK_NS;
	return t;
}

/* A stamp of an instant: never before an older one. */
static uint64_t stamp(struct twin_rig *rig, int64_t t)
{
	double off = random_between(&rig->random, -rig->config->stamp, rig->config->stamp);
	uint64_t ticks = twin_rig_ticks(rig, t + ns(off));
	if (ticks < rig->last_ticks && rig->last_ticks - ticks < 10)
		ticks = rig->last_ticks;
	rig->last_ticks = ticks;
	return ticks;
}

/* ---- out ---- */

static void send(struct twin_rig *rig, uint8_t type, uint32_t tag, const void *payload, size_t size)
{
	const struct rig_head head = { .type = type, .sequence = rig->sequence++, .tag = tag };
	size_t kept_free = tag == 0 ? LOST_OUTBOX : 0;
	if (rig->n_out + RIG_FRAME_MAX + 1 + kept_free > sizeof rig->out) {
		rig->lost.frames++;
		return;
	}
	rig->n_out += rig_outlet(rig->out + rig->n_out, &head, payload, size);
}

static void reply(struct twin_rig *rig, const struct rig_head *command, const void *payload, size_t size)
{
	if ((command->tag & RIG_QUIET) == 0)
		send(rig, command->type | RIG_REPLY, command->tag, payload, size);
}

static void refuse(struct twin_rig *rig, const struct rig_head *command, uint8_t reason, uint32_t limit)
{
	const struct rig_refused refused = { .command = command->type, .reason = reason, .limit = limit };
	rig->lost.refused += command->type != 0;
	send(rig, RIG_REFUSED, command->tag, &refused, sizeof refused);
}

/* ---- lines ---- */

static void tell_edge(struct twin_rig *rig, uint8_t line, int64_t t, bool high)
{
	struct rig_edge edge = { .ticks = stamp(rig, t), .sample = RIG_NO_SAMPLE, .line = line, .high = high, .number = rig->numbers[line]++ };
	if (rig->adc_rate > 0)
		edge.sample = (uint32_t)((edge.ticks - rig->adc_began) * rig->adc_rate / 1000000);
	send(rig, RIG_EDGES, 0, &edge, sizeof edge);
}

static void count_pulse(struct twin_rig *rig, unsigned input, int64_t t, bool high)
{
	if (high)
		rig->inputs[input].rose = t;
	else if (t - rig->inputs[input].rose >= rig->inputs[input].settle) {
		rig->inputs[input].pulses++;
		rig->inputs[input].last = twin_rig_ticks(rig, rig->inputs[input].rose);
	}
}

static void turn_input(struct twin_rig *rig, unsigned input, int64_t t, bool high)
{
	if (rig->levels[input] == high)
		return;
	rig->levels[input] = high;
	if (rig->inputs[input].watch == RIG_WATCH_EDGES)
		tell_edge(rig, (uint8_t)input, t, high);
	else if (rig->inputs[input].watch == RIG_WATCH_COUNT)
		count_pulse(rig, input, t, high);
}

static void turn_source(struct twin_rig *rig, enum rig_source source, int64_t t, bool high)
{
	for (unsigned i = 0; i < RIG_INPUTS; i++)
		if (rig->config->inputs[i] == source)
			turn_input(rig, i, t, high);
}

static void line_changed(void *context, int64_t t, bool high)
{
	turn_source(context, SOURCE_LINE, t, high);
}

/* The rig's own stamp comes first, the wired input's after it. */
static void turn_output(struct twin_rig *rig, unsigned output, int64_t t, bool high)
{
	if (twin_line_level(&rig->outputs[output]) == high)
		return;
	tell_edge(rig, (uint8_t)(RIG_OUT1 + output), t, high);
	twin_line_set(&rig->outputs[output], t, high);
	turn_source(rig, output == 0 ? SOURCE_OUT1 : SOURCE_OUT2, t, high);
}

/* ---- commands ---- */

static void be_quiet(struct twin_rig *rig, int64_t t)
{
	for (unsigned i = 0; i < RIG_INPUTS; i++)
		rig->inputs[i].watch = RIG_WATCH_OFF;
	rig->adc_rate = 0;
	rig->counts_every = rig->power_every = 0;
	for (unsigned i = 0; i < RIG_OUTPUTS; i++)
		turn_output(rig, i, t, false);
}

static void say_hello(struct twin_rig *rig, const struct rig_head *command, const void *payload, int64_t t)
{
	struct rig_hello hello;
	struct rig_identity identity = {
		.magic = RIG_MAGIC, .wire_major = RIG_WIRE_MAJOR, .wire_minor = RIG_WIRE_MINOR, .firmware_major = 1, .boot = rig->boot_reason,
		.boots = rig->boots, .board = "joulerig rig 1", .now = twin_rig_ticks(rig, t), .inputs = RIG_INPUTS, .outputs = RIG_OUTPUTS,
		.capabilities = RIG_CAN_EDGES | RIG_CAN_ADC | RIG_CAN_COUNT | RIG_CAN_POWER | RIG_IS_SIMULATED, .adc_channels = RIG_ADC_CHANNELS,
	};
	memcpy(&hello, payload, sizeof hello);
	if (hello.magic != RIG_MAGIC || hello.wire_major != RIG_WIRE_MAJOR) {
		refuse(rig, command, RIG_VERSION, RIG_WIRE_MAJOR);
		return;
	}
	rig->greeted = true;
	memcpy(identity.serial, rig->config->serial, sizeof identity.serial); /* no line delays an edge, and it knows: its delays are 0 */
	identity.stamp_u_ns = (uint32_t)ns(rig->config->stamp) + RIG_TICK_NS;
	reply(rig, command, &identity, sizeof identity);
}

static void tell_time(struct twin_rig *rig, const struct rig_head *command, int64_t t)
{
	const struct rig_sync sync = { .received = twin_rig_ticks(rig, t), .sent = twin_rig_ticks(rig, t + ns(rig->config->answer)) };
	reply(rig, command, &sync, sizeof sync);
}

static void set_output(struct twin_rig *rig, const struct rig_head *command, const void *payload, int64_t t)
{
	struct rig_set_output set;
	const struct rig_output_set done = { .ticks = twin_rig_ticks(rig, t) };
	memcpy(&set, payload, sizeof set);
	if (set.line < RIG_OUT1 || set.line > RIG_OUT2 || set.high > 1) {
		refuse(rig, command, RIG_VALUE, RIG_OUT1);
		return;
	}
	turn_output(rig, set.line - RIG_OUT1, t, set.high != 0);
	reply(rig, command, &done, sizeof done);
}

static void watch_input(struct twin_rig *rig, const struct rig_head *command, const void *payload)
{
	struct rig_input input;
	memcpy(&input, payload, sizeof input);
	if (input.line >= RIG_INPUTS || input.watch > RIG_WATCH_COUNT) {
		refuse(rig, command, RIG_VALUE, 0);
		return;
	}
	rig->inputs[input.line].watch = input.watch;
	rig->inputs[input.line].settle = input.settle_us * NS_PER_US;
	rig->inputs[input.line].pulses = 0;
	reply(rig, command, NULL, 0);
}

static void start_adc(struct twin_rig *rig, const struct rig_head *command, const void *payload, int64_t t)
{
	struct rig_adc_start start;
	memcpy(&start, payload, sizeof start);
	uint32_t most = RIG_ADC_RATE_MAX, least = RIG_ADC_RATE_MIN;
	if (rig->adc_rate > 0) {
		refuse(rig, command, RIG_BUSY, 0);
		return;
	}
	if (start.rate < least || start.rate > most || start.channels == 0 || start.channels > 3) {
		refuse(rig, command, RIG_VALUE, start.rate < least ? least : most);
		return;
	}
	rig->adc_rate = start.rate;
	rig->adc_channels = start.channels;
	rig->adc_began = twin_rig_ticks(rig, t) + 1;
	rig->adc_set = 0;
	const struct rig_adc_started started = {
		.ticks = rig->adc_began, .period_256 = (uint32_t)(256. * RIG_ADC_CLOCK_HZ / start.rate), .u_ns = RIG_TICK_NS,
	};
	reply(rig, command, &started, sizeof started);
}

static void start_power(struct twin_rig *rig, const struct rig_head *command, const void *payload, int64_t t)
{
	struct rig_power_start start;
	memcpy(&start, payload, sizeof start);
	const struct rig_power_started started = {
		.ticks = twin_rig_ticks(rig, t), .device_id = INA_DEVICE_ID, .config = start.narrow ? 0x10 : 0, .adc_config = 0xfb68, .shunt_cal = start.shunt_cal,
	};
	if (start.period_us < 1000 || start.shunt_cal == 0) {
		refuse(rig, command, RIG_VALUE, 1000);
		return;
	}
	rig->power_every = start.period_us * NS_PER_US;
	rig->power_at = t + rig->power_every;
	rig->current_lsb = start.shunt_cal / (13107.2e6 * rig->config->shunt * (start.narrow ? 4 : 1));
	if (start.reset_energy)
		rig->power_began = model_energy(rig->model, QUANTITY_PLATFORM, t);
	reply(rig, command, &started, sizeof started);
}

static void start_counts(struct twin_rig *rig, const struct rig_head *command, const void *payload, int64_t t)
{
	struct rig_count_start start;
	memcpy(&start, payload, sizeof start);
	if (start.period_us < 10000 || start.period_us > 60000000) {
		refuse(rig, command, RIG_VALUE, start.period_us < 10000 ? 10000 : 60000000);
		return;
	}
	rig->counts_every = start.period_us * NS_PER_US;
	rig->counts_at = t + rig->counts_every;
	reply(rig, command, NULL, 0);
}

static void obey_reset(struct twin_rig *rig, const struct rig_head *command, const void *payload, int64_t t)
{
	struct rig_reset reset;
	memcpy(&reset, payload, sizeof reset);
	if (reset.magic != RIG_MAGIC) {
		refuse(rig, command, RIG_VALUE, RIG_MAGIC);
		return;
	}
	reply(rig, command, NULL, 0);
	twin_rig_reset(rig, t, reset.to == RIG_RESET_HANG ? RIG_BOOT_WATCHDOG : RIG_BOOT_COMMAND);
}

static size_t least_of(uint8_t type)
{
	switch (type) {
	case RIG_HELLO: return sizeof(struct rig_hello);
	case RIG_SET_OUTPUT: return sizeof(struct rig_set_output);
	case RIG_INPUT: return sizeof(struct rig_input);
	case RIG_ADC_START: return sizeof(struct rig_adc_start);
	case RIG_POWER_START: return sizeof(struct rig_power_start);
	case RIG_COUNT_START: return sizeof(struct rig_count_start);
	case RIG_RESET: return sizeof(struct rig_reset);
	default: return 0;
	}
}

static void obey(struct twin_rig *rig, const struct rig_head *command, const void *payload, size_t size, int64_t t)
{
	if (command->type != RIG_HELLO && !rig->greeted) {
		refuse(rig, command, RIG_VERSION, RIG_WIRE_MAJOR);
		return;
	}
	if (size < least_of(command->type)) {
		refuse(rig, command, RIG_LENGTH, (uint32_t)least_of(command->type));
		return;
	}
	rig->lost.ticks = twin_rig_ticks(rig, t);
	switch (command->type) {
	case RIG_HELLO: say_hello(rig, command, payload, t); break;
	case RIG_SYNC: tell_time(rig, command, t); break;
	case RIG_SET_OUTPUT: set_output(rig, command, payload, t); break;
	case RIG_INPUT: watch_input(rig, command, payload); break;
	case RIG_ADC_START: start_adc(rig, command, payload, t); break;
	case RIG_POWER_START: start_power(rig, command, payload, t); break;
	case RIG_COUNT_START: start_counts(rig, command, payload, t); break;
	case RIG_STATUS: reply(rig, command, &rig->lost, sizeof rig->lost); break;
	case RIG_RESET: obey_reset(rig, command, payload, t); break;
	case RIG_ADC_STOP: rig->adc_rate = 0; reply(rig, command, NULL, 0); break;
	case RIG_POWER_STOP: rig->power_every = 0; reply(rig, command, NULL, 0); break;
	case RIG_COUNT_STOP: rig->counts_every = 0; reply(rig, command, NULL, 0); break;
	case RIG_STOP: be_quiet(rig, t); reply(rig, command, NULL, 0); break;
	default: refuse(rig, command, RIG_UNKNOWN, 0);
	}
}

static void hear(struct twin_rig *rig, int64_t t, const uint8_t *bytes, size_t size)
{
	static const struct rig_head nobody;
	for (size_t i = 0; i < size; i++) {
		size_t length;
		struct rig_head head;
		switch (rig_intake(&rig->intake, bytes[i], &length)) {
		case INTAKE_COMMAND:
			memcpy(&head, rig->intake.body, sizeof head);
			obey(rig, &head, rig->intake.body + sizeof head, length, t);
			break;
		case INTAKE_MALFORMED:
			rig->lost.malformed++;
			refuse(rig, &nobody, RIG_MALFORMED, 0);
			break;
		case INTAKE_MORE: break;
		}
	}
}

/* ---- what it streams ---- */

static uint32_t block_sets(const struct twin_rig *rig)
{
	uint32_t most = RIG_SAMPLES_PACKED_MAX * 2 / 3 / (rig->adc_channels == 3 ? 2 : 1);
	double sets = rig->adc_rate * ADC_BLOCK;
	return sets < 1 ? 1 : sets < most ? (uint32_t)sets : most;
}

static uint64_t block_end(const struct twin_rig *rig)
{
	return rig->adc_began + (rig->adc_set + block_sets(rig)) * 1000000 / rig->adc_rate;
}

static unsigned converted(double value)
{
	double count = ADC_MIDDLE + value;
	return count < 0 ? 0 : count > ADC_MOST ? ADC_MOST : (unsigned)lround(count);
}

/* W of the wall, over the millisecond before. */
static double watts_at(const struct twin_rig *rig, int64_t t)
{
	if (t - MODEL_STEP < rig->start)
		return (double)model_power(rig->model, QUANTITY_WALL) * 1e-6;
	int64_t nj = model_energy(rig->model, QUANTITY_WALL, t) - model_energy(rig->model, QUANTITY_WALL, t - MODEL_STEP);
	return (double)nj / (double)MODEL_STEP;
}

/* Voltage, and the current in phase with it that makes the wall's power. */
static unsigned sample_of(struct twin_rig *rig, unsigned channel, int64_t t)
{
	const struct rig_config *c = rig->config;
	double wave = sin(2 * M_PI * c->frequency * (double)(t - rig->start) * 1e-9) * M_SQRT2;
	return channel == 0 ? converted(wave * c->mains / c->voltage_scale) : converted(wave * watts_at(rig, t) / c->mains / c->current_scale);
}

static void put_sample(uint8_t *packed, size_t i, unsigned value)
{
	uint8_t *at = packed + i / 2 * 3;
	if (i % 2 == 0) {
		at[0] = (uint8_t)value;
		at[1] = (uint8_t)(value >> 8);
	} else {
		at[1] |= (uint8_t)(value << 4);
		at[2] = (uint8_t)(value >> 4);
	}
}

static void send_block(struct twin_rig *rig)
{
	uint8_t payload[RIG_PAYLOAD_MAX] = { 0 };
	struct rig_samples block = { .first = rig->adc_set, .ticks = block_end(rig), .sets = (uint16_t)block_sets(rig), .channels = rig->adc_channels };
	size_t n = 0;
	uint32_t frames = rig->lost.frames;
	for (uint32_t j = 0; j < block.sets; j++)
		for (unsigned channel = 0; channel < RIG_ADC_CHANNELS; channel++)
			if (block.channels >> channel & 1)
				put_sample(payload + sizeof block, n++,
					   sample_of(rig, channel, instant_of(rig, rig->adc_began + (rig->adc_set + j) * 1000000 / rig->adc_rate)));
	block.lost = rig->lost.sets;
	memcpy(payload, &block, sizeof block);
	send(rig, RIG_SAMPLES, 0, payload, sizeof block + n / 2 * 3 + n % 2 * 2);
	rig->lost.sets += rig->lost.frames != frames ? block.sets : 0;
	rig->adc_set += block.sets;
}

static void send_counts(struct twin_rig *rig, int64_t t)
{
	struct rig_counts counts = { .ticks = twin_rig_ticks(rig, t) };
	for (unsigned i = 0; i < RIG_INPUTS; i++) {
		counts.inputs[i].pulses = rig->inputs[i].pulses;
		counts.inputs[i].last = rig->inputs[i].last;
	}
	send(rig, RIG_COUNTS, 0, &counts, sizeof counts);
}

static void send_power(struct twin_rig *rig, int64_t t)
{
	double joules = (double)(model_energy(rig->model, QUANTITY_PLATFORM, t) - rig->power_began) * 1e-9;
	double watts = (double)model_power(rig->model, QUANTITY_PLATFORM) * 1e-6, lsb = rig->current_lsb;
	const struct rig_power power = {
		.ticks = twin_rig_ticks(rig, t), .energy = (uint64_t)(joules / (16 * 3.2 * lsb)) & ((UINT64_C(1) << 40) - 1),
		.power = (uint32_t)(watts / (3.2 * lsb)), .voltage = (int32_t)(rig->config->rail / 195.3125e-6),
		.current = (int32_t)(watts / rig->config->rail / lsb), .temperature = (int16_t)(31 / 7.8125e-3), .u_us = 60, .diagnosis = 1,
	};
	send(rig, RIG_POWER, 0, &power, sizeof power);
}

/* ---- pulses of the meter ---- */

static int64_t pulse_energy(const struct twin_rig *rig)
{
	return (int64_t)(NJ_PER_KWH / rig->config->per_kwh);
}

/* When the wall's energy comes to `nj`, after `from` and not after `to`. */
static int64_t crossing(const struct twin_rig *rig, int64_t nj, int64_t from, int64_t to)
{
	while (to - from > 1) {
		int64_t middle = from + (to - from) / 2;
		if (model_energy(rig->model, QUANTITY_WALL, middle) < nj)
			from = middle;
		else
			to = middle;
	}
	return to;
}

/* ---- time goes on ---- */

static void happen(struct twin_rig *rig, const struct rig_plan *plan)
{
	if (plan->is_line)
		twin_line_set(&rig->line, plan->t, plan->high);
	else
		hear(rig, plan->t, plan->bytes, plan->size);
}

static int64_t earliest(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

/* The meter's next pulse aside. */
static int64_t due(const struct twin_rig *rig)
{
	int64_t t = rig->n_planned > 0 ? rig->planned[0].t : NEVER;
	if (rig->adc_rate > 0)
		t = earliest(t, instant_of(rig, block_end(rig)));
	if (rig->counts_every > 0)
		t = earliest(t, rig->counts_at);
	if (rig->power_every > 0)
		t = earliest(t, rig->power_at);
	return earliest(t, rig->s0_falls);
}

static void do_due(struct twin_rig *rig, int64_t t)
{
	if (rig->n_planned > 0 && rig->planned[0].t <= t) {
		const struct rig_plan plan = rig->planned[0];
		memmove(rig->planned, rig->planned + 1, (size_t)--rig->n_planned * sizeof plan);
		happen(rig, &plan);
	}
	if (rig->s0_falls <= t) {
		turn_source(rig, SOURCE_S0, rig->s0_falls, false);
		rig->s0_falls = NEVER;
	}
	if (rig->adc_rate > 0 && instant_of(rig, block_end(rig)) <= t)
		send_block(rig);
	if (rig->counts_every > 0 && rig->counts_at <= t) {
		send_counts(rig, rig->counts_at);
		rig->counts_at += rig->counts_every;
	}
	if (rig->power_every > 0 && rig->power_at <= t) {
		send_power(rig, rig->power_at);
		rig->power_at += rig->power_every;
	}
}

/* Pulses and whatever else there is, in the order of time. */
void twin_rig_advance(struct twin_rig *rig, int64_t now)
{
	while (rig->now < now) {
		int64_t next = earliest(due(rig), now);
		if (next < rig->now)
			next = rig->now;
		bool pulse = rig->config->per_kwh > 0 && model_energy(rig->model, QUANTITY_WALL, next) >= rig->s0_next;
		if (pulse) {
			next = crossing(rig, rig->s0_next, rig->now, next);
			rig->s0_next += pulse_energy(rig);
			turn_source(rig, SOURCE_S0, next, true);
			rig->s0_falls = next + ns(rig->config->pulse);
		}
		rig->now = next;
		if (!pulse) {
			do_due(rig, next);
			if (next == now && due(rig) > now)
				return;
		}
	}
}

int64_t twin_rig_next(const struct twin_rig *rig)
{
	return rig->n_out > 0 ? earliest(rig->out_at, due(rig)) : due(rig);
}

void twin_rig_feed(struct twin_rig *rig, int64_t now, const void *bytes, size_t size)
{
	hear(rig, now, bytes, size);
	rig->out_at = now + ns(rig->config->answer);
}

size_t twin_rig_waiting(const struct twin_rig *rig, int64_t now)
{
	return now < rig->out_at ? 0 : rig->n_out;
}

void twin_rig_taken(struct twin_rig *rig, size_t n)
{
	rig->n_out -= n;
	memmove(rig->out, rig->out + n, rig->n_out);
}

size_t twin_rig_take(struct twin_rig *rig, int64_t now, void *bytes, size_t size)
{
	size_t waiting = twin_rig_waiting(rig, now), n = waiting < size ? waiting : size;
	memcpy(bytes, rig->out, n);
	twin_rig_taken(rig, n);
	return n;
}

void twin_rig_host_left(struct twin_rig *rig, int64_t now)
{
	be_quiet(rig, now);
	rig->greeted = false;
	rig->n_out = 0;
	rig->lost.host_left++;
	rig_intake_begin(&rig->intake);
}

void twin_rig_reset(struct twin_rig *rig, int64_t now, enum rig_boot reason)
{
	for (unsigned i = 0; i < RIG_OUTPUTS; i++)
		twin_line_set(&rig->outputs[i], now, false);
	memset(rig->inputs, 0, sizeof rig->inputs);
	memset(rig->numbers, 0, sizeof rig->numbers);
	memset(&rig->lost, 0, sizeof rig->lost);
	rig->adc_rate = 0;
	rig->counts_every = rig->power_every = 0;
	rig->boot = now;
	rig->boots++;
	rig->boot_reason = (uint16_t)reason;
	rig->greeted = false;
	rig->sequence = 0;
	rig->last_ticks = 0;
	rig_intake_begin(&rig->intake);
}

/* ---- what is planned ---- */

static bool plan(struct twin_rig *rig, const struct rig_plan *what)
{
	if (rig->n_planned == RIG_PLANNED)
		return false;
	int place = rig->n_planned++;
	for (; place > 0 && rig->planned[place - 1].t > what->t; place--)
		rig->planned[place] = rig->planned[place - 1];
	rig->planned[place] = *what;
	return true;
}

bool twin_rig_plan_line(struct twin_rig *rig, int64_t t, bool high)
{
	const struct rig_plan what = { .t = t, .is_line = true, .high = high };
	return plan(rig, &what);
}

bool twin_rig_plan_bytes(struct twin_rig *rig, int64_t t, const void *bytes, size_t size)
{
	struct rig_plan what = { .t = t, .size = (uint8_t)size };
	if (size > sizeof what.bytes)
		return false;
	memcpy(what.bytes, bytes, size);
	return plan(rig, &what);
}

void twin_rig_forget(struct twin_rig *rig, int64_t t)
{
	while (rig->n_planned > 0 && rig->planned[rig->n_planned - 1].t >= t)
		rig->n_planned--;
}

void twin_rig_init(struct twin_rig *rig, const struct rig_config *config, struct model *model, uint64_t seed, int64_t start)
{
	memset(rig, 0, sizeof *rig);
	rig->config = config;
	rig->model = model;
	rig->random = random_stream(seed, "rig");
	rig->boot = start - ns(config->uptime);
	rig->start = rig->now = start;
	rig->boots = 1;
	rig->boot_reason = RIG_BOOT_POWER;
	rig->s0_falls = NEVER;
	rig->s0_next = config->per_kwh > 0 ? (int64_t)(random_uniform(&rig->random) * (double)pulse_energy(rig)) + 1 : INT64_MAX;
	rig_intake_begin(&rig->intake);
	twin_line_listen(&rig->line, line_changed, rig);
}
