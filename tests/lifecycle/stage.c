#include "stage.h"

#include <stdio.h>
#include <stdlib.h>

#include "drivers/options.h"
#include "lab.h"
#include "twin.h"

#define STEP_MOST (6 * NS_PER_S) /* the way back: settings over a slow line, and the link's own deadline */
#define LOAD_PERIOD 1.7          /* s from one load to the next: updates show which they are of */
#define LOAD_SECONDS 80
#define EDGE (25 * NS_PER_MS)    /* the supply's lag, and what a window may be shifted */

const char *row_name(const struct row *row)
{
	return row->name ? row->name : row->driver;
}

/* ---- the twin ---- */

static void add_load(struct text *text)
{
	text_add(text, "load: {source: script, steps: [{at: 0 s}");
	for (int i = 1; i * LOAD_PERIOD < LOAD_SECONDS; i++)
		text_addf(text, ", {at: %d ms, cores: %d}", (int)(i * LOAD_PERIOD * 1000), 1 + i * 2 % 4);
	text_add(text, "]}\nmachine: {cores: 4, fan: {power: 0 W, tau: 1 s}}\n");
}

static void stand_in_front(void *context, struct bench_config *bench)
{
	const struct stage *stage = context;
	for (int i = 0; i < bench->n_devices; i++)
		if (stage->row->arranged && strcmp(bench->devices[i].name, stage->row->device) == 0)
			options_stand_in_front(&bench->devices[i], "", 1);
}

void stage_open(struct stage *stage, const struct row *row, const struct trouble *trouble)
{
	struct text text = TEXT_INIT;
	struct error error = ERROR_INIT;
	*stage = (struct stage){ .row = row, .trouble = trouble };
	if (row->load)
		text_add(&text, row->load);
	else
		add_load(&text);
	text_addf(&text, "%s\n", row->twin);
	if (trouble && trouble->faults)
		text_addf(&text, "faults: [%s]\n", trouble->faults);
	stage->twin = lab_twin(text_string(&text));
	text_free(&text);
	stage->simulation = lab_open(&(struct simulation_config){
		.twin = stage->twin, .seed = 7, .arrange = stand_in_front, .context = stage });
	const struct bench_config *bench = simulation_bench(stage->simulation);
	for (int i = 0; i < bench->n_devices; i++)
		if (strcmp(bench->devices[i].name, row->device) == 0)
			stage->config = &bench->devices[i];
	assert_non_null(stage->config);
	assert_string_equal(stage->config->driver, row->driver);
	stage->driver = driver_find(row->driver);
	struct surroundings *surroundings = simulation_surroundings(stage->simulation);
	stage->timebase = surroundings->timebase_of(surroundings, stage->config);
	if (trouble && trouble->script && fault_script_parse(trouble->script, 3, row->driver, &stage->script, &error) != 0)
		fail_msg("%s", error.what);
}

static int64_t now_of(const struct stage *stage)
{
	return stage->timebase->now(stage->timebase);
}

static bool wants_link(const struct stage *stage)
{
	return stage->config->endpoint.scheme[0] && strcmp(stage->config->endpoint.scheme, "file") != 0;
}

bool stage_connect(struct stage *stage, struct error *error)
{
	struct surroundings *surroundings = simulation_surroundings(stage->simulation);
	if (wants_link(stage) && stage->real == NULL) {
		stage->real = surroundings->open_link(surroundings, stage->config, stage->timebase, now_of(stage) + 5 * NS_PER_S, error);
		if (stage->real == NULL)
			return false;
		fault_link_begin(&stage->fault, forge_begin(&stage->forge, stage->real), &stage->script, 5);
		stage->link = &stage->fault.link;
	}
	stage->device = stage->driver->open(stage->config, stage->link, stage->timebase, error);
	if (stage->device)
		stage->channels = stage->driver->channels(stage->device, &stage->n_channels);
	return stage->device != NULL;
}

void stage_close(struct stage *stage)
{
	if (stage->device)
		stage->driver->close(stage->device);
	link_close(stage->real);
	simulation_close(stage->simulation);
	simulation_twin_free(stage->twin);
}

void stage_ask(struct stage *stage, struct text *text)
{
	char reply[400];
	assert_true(stage->device == NULL);
	if (stage->row->asks == NULL)
		return;
	stage->fault.on = false;
	assert_int_equal(link_clear(stage->link, now_of(stage) + NS_PER_S), IO_OK);
	for (const char *const *ask = stage->row->asks; *ask; ask++) {
		if (link_query(stage->link, *ask, reply, sizeof reply, now_of(stage) + 2 * NS_PER_S) != IO_OK)
			fail_msg("%s: nothing answers %s", row_name(stage->row), *ask);
		text_addf(text, "%s\n", reply);
	}
}

/* ---- what is true ---- */

static double model_joules(const struct stage *stage, int64_t from, int64_t to, int64_t *end)
{
	struct simulation_instant present = simulation_later(stage->simulation, 0);
	const struct twin *twin = simulation_running_twin(stage->simulation);
	int64_t begin = twin->now - (present.t - from), last = twin->now - (present.t - to);
	if (last > twin->now)
		last = twin->now;
	*end = last + from - begin;
	int quantity = stage->row->quantity;
	return (double)(model_energy(twin->model, quantity, last) - model_energy(twin->model, quantity, begin)) * 1e-9;
}

double stage_joules(const struct stage *stage, int64_t from, int64_t to)
{
	int64_t end;
	return model_joules(stage, from, to, &end);
}

/* W: the true mean from `from` on over `window`, as far as that has passed. */
static double true_power(const struct stage *stage, int64_t from, int64_t window)
{
	int64_t end;
	double joules = model_joules(stage, from, from + window, &end);
	return end > from ? joules / ((double)(end - from) * 1e-9) : NAN;
}

/* What shows no event of its updates may have measured the same again: some of a stall's values are taken for that (meters/polled.h), and
 * analysis looks for more of the same. */
static bool is_stalled(const struct stage *stage, unsigned channel, double value)
{
	return stage->trouble && stage->trouble->needs == DOES_STALL && value == stage->shown[channel];
}

/* The window may have ended anywhere within what the record and the channel leave open. */
static void check_power(struct stage *stage, const struct channel *channel, const struct record *record, double watts)
{
	int64_t open = record->u_t + channel->u_latency + EDGE, middle = record->t - channel->latency;
	double low = INFINITY, high = -INFINITY;
	if (middle - open - channel->window < stage->began - NS_PER_S)
		return; /* the twin has forgotten, or was not there */
	for (int64_t end = middle - open; end <= middle + open; end += 5 * NS_PER_MS) {
		double power = true_power(stage, end - channel->window, channel->window);
		low = fmin(low, power);
		high = fmax(high, power);
	}
	double slack = stage->row->tolerance * high + stage->row->watts;
	if (!(watts >= low - slack && watts <= high + slack))
		fail_msg("%s, %s: at %.3f s it says %.3f W, but there were %.3f to %.3f W", row_name(stage->row),
			 stage->trouble && stage->trouble->name ? stage->trouble->name : "in peace", (double)(record->t - stage->began) * 1e-9, watts, low, high);
}

/* ---- what it says ---- */

static bool is_good(const struct record *record)
{
	return record->kind == RECORD_BLOCK && (record->flags & FLAG_INVALID) == 0;
}

static void check_block(struct stage *stage, const struct record *record, const void *payload, uint32_t size)
{
	const struct channel *channel = &stage->channels[record->channel];
	uint32_t width = number_size(channel->number);
	assert_true(record->n >= 1 && size >= record->n * width);
	if (record->t <= stage->last[record->channel])
		fail_msg("%s: times of %s do not go forward", row_name(stage->row), channel->name);
	stage->last[record->channel] = record->t;
	for (uint32_t i = 0; i < record->n && channel->number == NUMBER_F64; i++) {
		double value = ((const double *)payload)[i];
		if (!isfinite(value) && is_good(record))
			fail_msg("%s: %s says %g without a flag", row_name(stage->row), channel->name, value);
		bool measured = channel->kind == CHANNEL_MEAN && channel->clock == CLOCK_ID_MONOTONIC && is_good(record);
		if (measured && !(record->flags & (FLAG_RANGE_CHANGED | FLAG_PEAK_OVER)) && !is_stalled(stage, record->channel, value))
			check_power(stage, channel, record, value);
		stage->shown[record->channel] = value;
	}
}

static bool check(struct sink *sink, struct record *record, const void *payload, uint32_t size)
{
	struct stage *stage = (struct stage *)((char *)sink - offsetof(struct stage, checking));
	assert_true(record->channel < stage->n_channels);
	assert_true(record->kind > 0 && record->kind < RECORD_KINDS && record->u_t >= 0 && size <= RECORD_PAYLOAD_MAX);
	if (record->kind == RECORD_BLOCK)
		check_block(stage, record, payload, size);
	if (record->kind == RECORD_GAP) {
		const struct record_gap *gap = payload;
		assert_true(gap->values >= 1 && gap->from <= gap->to && gap->reason > 0 && gap->reason < GAP_REASONS);
	}
	return stage->collect->sink.emit(&stage->collect->sink, record, payload, size);
}

/* ---- measuring ---- */

static void step(struct stage *stage, int64_t until)
{
	for (int64_t next = now_of(stage); next < until;) {
		stage->timebase->wait_until(stage->timebase, next);
		int64_t before = now_of(stage);
		next = stage->driver->step(stage->device, before, &stage->checking);
		int64_t took = now_of(stage) - before;
		stage->longest = took > stage->longest ? took : stage->longest;
		if (took > STEP_MOST)
			fail_msg("%s: a step took %.3f s", row_name(stage->row), (double)took * 1e-9);
	}
}

/* What is away when it is to be stopped cannot be restored, and says so. */
static bool may_stay_as_it_is(const struct stage *stage, const struct error *error)
{
	const struct trouble *trouble = stage->trouble;
	return trouble && (trouble->lasts || (trouble->goes_on && error->code == ERROR_GONE));
}

void stage_measure(struct stage *stage, double seconds)
{
	struct error error = ERROR_INIT;
	stage->collect = collect_begin(stage->timebase);
	stage->checking = (struct sink){ .emit = check, .timebase = stage->timebase };
	memset(stage->last, 0, sizeof stage->last);
	stage->began = now_of(stage);
	if (stage->driver->start(stage->device, &stage->checking, &error) != 0)
		fail_msg("%s: %s: %s", row_name(stage->row), error.on, error.what);
	stage->began = stage->fault.began = now_of(stage);
	stage->fault.on = true;
	stage->forge.from = stage->began + llround(stage->forge_from * 1e9);
	stage->forge.to = stage->began + llround(stage->forge_to * 1e9);
	step(stage, stage->began + llround(seconds * 1e9));
	stage->ended = now_of(stage);
	stage->fault.on = false;
	if (stage->driver->stop(stage->device, &error) != 0 && !may_stay_as_it_is(stage, &error))
		fail_msg("%s, %s: it cannot be stopped: %s: %s", row_name(stage->row),
			 stage->trouble && stage->trouble->name ? stage->trouble->name : "in peace", error.on, error.what);
}
