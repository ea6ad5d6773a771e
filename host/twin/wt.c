/* The instrument's life: power-on, update ticks, publication, status registers. */
#include "wt.h"

#include <math.h>
#include <string.h>

#include "clock.h"

#define UPD_BEFORE_READY NS_PER_MS
#define DEFAULT_ITEMS 10

static double drawn(double given, struct random *random, double limit)
{
	double value = random_between(random, -limit, limit); /* drawn always, so that a given error moves no other */
	return isnan(given) ? value : given;
}

/* Rectangular within the specification's limits. The range term bounds offset and non-linearity together: one draw, shared. */
static struct wt_errors draw_errors(const struct wt_config *c, uint64_t seed)
{
	struct random random = random_stream(seed, "meter errors");
	struct wt_errors e = c->errors;
	e.gain = drawn(e.gain, &random, c->spec_reading);
	double range = random_between(&random, -c->spec_range, c->spec_range), share = random_uniform(&random);
	e.offset = isnan(e.offset) ? range * share : e.offset;
	e.nonlinearity = isnan(e.nonlinearity) ? range * (1 - share) : e.nonlinearity;
	e.phase = drawn(e.phase, &random, c->spec_phase);
	e.timebase = drawn(e.timebase, &random, c->spec_timebase);
	e.latency = drawn(e.latency, &random, c->spec_latency);
	return e;
}

/* The range term of each element is a draw of its own; so is its gain. */
static void draw_elements(struct wt *wt, uint64_t seed)
{
	const struct wt_config *c = wt->config;
	struct random random = random_stream(seed, "element errors");
	wt->own[0] = wt->errors;
	for (int e = 1; e < WT_ELEMENTS; e++) {
		struct wt_errors *own = &wt->own[e];
		*own = c->errors;
		own->gain = drawn(own->gain, &random, c->spec_reading);
		double range = random_between(&random, -c->spec_range, c->spec_range), share = random_uniform(&random);
		own->offset = isnan(own->offset) ? range * share : own->offset;
		own->nonlinearity = isnan(own->nonlinearity) ? range * (1 - share) : own->nonlinearity;
		own->phase = drawn(own->phase, &random, c->spec_phase);
	}
}

/* A WT332E's two are those of a two-wattmeter method on three: 1 and 3. */
static unsigned elements_of(const char *model)
{
	return strncmp(model, "WT333", 5) == 0 ? 07 : strncmp(model, "WT332", 5) == 0 ? 05 : 01;
}

bool wt_has(const struct wt *wt, int element)
{
	return wt->elements >> element & 1;
}

static void default_items(struct wt *wt)
{
	static const enum wt_function preset[] = { WT_U, WT_I, WT_P, WT_S, WT_Q, WT_LAMBDA, WT_PHI, WT_FU, WT_FI };
	memset(wt->item, 0, sizeof wt->item);
	for (size_t i = 0; i < sizeof preset / sizeof *preset; i++) {
		wt->item[i].function = preset[i];
		wt->item[i].element = 1;
	}
	wt->items = DEFAULT_ITEMS;
}

static void default_ranges(struct wt *wt)
{
	const struct wt_config *c = wt->config;
	wt->crest_factor = 3;
	wt->voltage_auto = c->initial_voltage_range <= 0;
	wt->current_auto = c->initial_current_range <= 0;
	wt->voltage_range = wt->voltage_auto ? 600 : c->initial_voltage_range;
	wt->current_range = wt->current_auto ? 20 : c->initial_current_range;
}

void wt_reset(struct wt *wt, int64_t now)
{
	wt->header = wt->verbose = wt->messages = true;
	wt->remote = wt->lock = wt->key_lock = wt->hold = wt->max_hold = wt->line_filter = wt->frequency_filter = false;
	wt->averaging = wt->config->initial_averaging > 0;
	wt->average_linear = wt->floating = wt->scaling = false;
	wt->vt = wt->ct = wt->scaling_factor = 1;
	wt->average_count = wt->averaging ? wt->config->initial_averaging : 8;
	wt_average_forget(wt);
	wt->mode = wt->sync = wt->wiring = 0;
	wt->dialect = 0;
	wt->integration = (struct wt_integration){ .state = WT_RESET };
	default_items(wt);
	default_ranges(wt);
	wt->update = wt->config->initial_update;
	wt->origin = wt->last_tick = now;
	wt->ticks = 0;
	wt->n_pending = 0;
	memset(wt->filter, 0, sizeof wt->filter);
	wt->wait_mask = 0;
}

static void no_data(struct wt_dataset *d)
{
	*d = (struct wt_dataset){ 0 };
	for (int e = 0; e < WT_ELEMENTS; e++)
		for (int f = 0; f < WT_FUNCTIONS; f++)
			d->element[e].value[f] = NAN;
}

void wt_init(struct wt *wt, const struct wt_config *config, struct model *model, struct faults *faults, uint64_t seed,
	     int64_t now)
{
	*wt = (struct wt){ .config = config, .model = model, .faults = faults };
	struct random phases = random_stream(seed, "phases");
	wt->noise = random_stream(seed, "meter noise");
	wt->errors = draw_errors(config, seed);
	wt->elements = elements_of(config->model);
	draw_elements(wt, seed);
	wt->line_phase = (double)now + random_uniform(&phases) * 1e9 / config->frequency;
	wt_reset(wt, now);
	/* Switched on some time ago: the first tick comes at any time within an update. */
	wt->origin = now - (int64_t)(random_uniform(&phases) * config->initial_update * 1e9);
	no_data(&wt->published);
}

static int64_t next_tick(const struct wt *wt)
{
	return wt->origin + (int64_t)llround((double)(wt->ticks + 1) * wt->update * 1e9 / (1 + wt->errors.timebase));
}

static int64_t latency(struct wt *wt)
{
	double jitter = wt->config->latency_jitter * (2 * random_uniform(&wt->noise) - 1);
	return (int64_t)llround(fmax(0, wt->config->latency + wt->errors.latency + jitter) * 1e9);
}

static void tick(struct wt *wt, int64_t at)
{
	int64_t from = wt->last_tick;
	wt->last_tick = at;
	wt->ticks++;
	int64_t delay = latency(wt);
	if (fault_active(wt->faults, FAULT_STALL, NULL, at) != NULL || wt->n_pending == WT_PENDING)
		return;
	if (fault_take(wt->faults, FAULT_RANGE_CHANGE, at))
		wt_change_range(wt);
	struct wt_dataset *d = &wt->pending[wt->n_pending++];
	wt_measure(wt, from, at, d);
	d->ready = at + delay;
}

static void publish(struct wt *wt)
{
	wt->published = wt->pending[0];
	wt->n_pending--;
	memmove(wt->pending, wt->pending + 1, (size_t)wt->n_pending * sizeof *wt->pending);
	wt->updates++;
	unsigned kept = wt->condition & ~(unsigned)(WT_MEASURED | WT_UPD);
	wt_set_condition(wt, kept | wt->published.condition);
}

static unsigned integration_bits(const struct wt *wt)
{
	bool running = wt->integration.state == WT_START;
	return (running ? WT_ITG : 0) | (running && wt->integration.ends != INT64_MAX ? WT_ITM : 0);
}

void wt_set_condition(struct wt *wt, unsigned condition)
{
	condition = (condition & ~(unsigned)(WT_ITG | WT_ITM)) | integration_bits(wt);
	unsigned rose = condition & ~wt->condition, fell = wt->condition & ~condition;
	for (unsigned bit = 0; bit < 16; bit++) {
		bool rise = rose >> bit & 1, fall = fell >> bit & 1;
		enum wt_filter filter = wt->filter[bit];
		if ((rise && (filter == WT_RISE || filter == WT_BOTH)) || (fall && (filter == WT_FALL || filter == WT_BOTH)))
			wt->events |= 1u << bit;
	}
	wt->condition = condition;
	if (wt->events & wt->wait_mask)
		wt->wait_mask = 0;
}

static int64_t next_rise(const struct wt *wt)
{
	return wt->n_pending > 0 && !(wt->condition & WT_UPD) ? wt->pending[0].ready - UPD_BEFORE_READY : NEVER;
}

static int64_t next_ready(const struct wt *wt)
{
	return wt->n_pending > 0 ? wt->pending[0].ready : NEVER;
}

static int64_t earliest(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

int64_t wt_next(const struct wt *wt)
{
	int64_t ends = wt->integration.state == WT_START ? wt->integration.ends : NEVER;
	return earliest(earliest(next_tick(wt), ends), earliest(next_ready(wt), next_rise(wt)));
}

/* One event; those at the same instant come in the order: timer, readable data, tick. */
static void happen(struct wt *wt, int64_t at)
{
	if (wt->integration.state == WT_START && wt->integration.ends <= at) {
		wt_integrate_advance(wt, at);
		wt_set_condition(wt, wt->condition);
	} else if (next_ready(wt) <= at) {
		wt_set_condition(wt, wt->condition | WT_UPD);
		publish(wt);
	} else if (next_rise(wt) <= at) {
		wt_set_condition(wt, wt->condition | WT_UPD);
	} else {
		tick(wt, next_tick(wt));
	}
}

void wt_advance(struct wt *wt, int64_t now)
{
	for (;;) {
		int64_t next = wt_next(wt);
		faults_advance(wt->faults, earliest(next, now), wt->updates, wt->queries);
		if (next > now)
			return;
		happen(wt, next);
	}
}

static const struct {
	int code;
	const char *text;
} error_texts[] = {
	{ 0, "NO ERROR" },
	{ WT_PARAMETER, "Parameter not allowed" },
	{ WT_MISSING, "Missing parameter" },
	{ WT_UNDEFINED, "Undefined header" },
	{ WT_SUFFIX, "Invalid suffix" },
	{ WT_CHARACTER, "Invalid character data" },
	{ WT_OUT_OF_RANGE, "Data out of range" },
	{ WT_OVERFLOW, "Queue overflow" },
	{ WT_INTERRUPTED, "Query INTERRUPTED" },
	{ WT_INTEGRATING, "Invalid operation during integration" },
	{ WT_START_RUNNING, "Attempted to start integration during integration" },
	{ WT_STOP_IDLE, "Attempted to stop integration when integration is not in progress" },
	{ WT_RESET_RUNNING, "Attempted to reset integration during integration" },
};

const char *wt_error_text(int code)
{
	for (size_t i = 0; i < sizeof error_texts / sizeof *error_texts; i++)
		if (error_texts[i].code == code)
			return error_texts[i].text;
	return "";
}

void wt_push_error(struct wt *wt, int code)
{
	wt->standard_events |= code == WT_INTERRUPTED ? 1u << 2 : 1u << 5; /* query error, command error */
	if (wt->n_errors < WT_ERROR_QUEUE)
		wt->error[wt->n_errors++] = code;
	else
		wt->error[WT_ERROR_QUEUE - 1] = WT_OVERFLOW;
}

int wt_take_error(struct wt *wt)
{
	if (wt->n_errors == 0)
		return 0;
	int code = wt->error[0];
	wt->n_errors--;
	memmove(wt->error, wt->error + 1, (size_t)wt->n_errors * sizeof *wt->error);
	return code;
}
