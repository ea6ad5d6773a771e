#include "twin.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "truth.h"

/* Far below what the model remembers, so that nobody who follows it misses a step. */
#define LARGEST_ADVANCE (5 * NS_PER_S)
_Static_assert(LARGEST_ADVANCE + 25 * NS_PER_S < MODEL_MEMORY, "a 20 s window must still be remembered");

void twin_config_free(struct twin_config *config)
{
	free(config->steps);
	free(config->faults);
	config->steps = NULL;
	config->faults = NULL;
}

void twin_config_seed(struct twin_config *config, uint64_t seed)
{
	config->seed = seed;
	snprintf(config->meter.serial, sizeof config->meter.serial, "SIM%06" PRIu64, seed % 1000000);
	snprintf(config->hwmon.serial, sizeof config->hwmon.serial, "SIM%06" PRIu64, seed % 1000000);
	snprintf(config->rig.serial, sizeof config->rig.serial, "SIM%06" PRIu64, seed % 1000000);
	for (int i = 0; i < config->n_instruments; i++)
		snprintf(config->instruments[i].serial, sizeof config->instruments[i].serial, "SIM%06" PRIu64,
			 (seed + 1 + (uint64_t)i) % 1000000);
}

/* Each has its own script: what is nobody's by name is the meter's, or everybody's where there is none. */
static int init_faults(struct twin *twin, struct error *error)
{
	const struct twin_config *c = twin->config;
	twin->scripts = calloc((c->n_faults + 1) * (size_t)(2 + c->n_instruments), sizeof *twin->scripts);
	if (twin->scripts == NULL)
		return error_errno(error, ENOMEM, "faults", NULL, "no memory for the script of faults");
	faults_init_for(&twin->faults, "", true, c->faults, c->n_faults, twin->scripts, twin->start);
	faults_init_for(&twin->hwmon_faults, TWIN_HWMON, !c->has_meter, c->faults, c->n_faults, twin->scripts + c->n_faults, twin->start);
	for (int i = 0; i < c->n_instruments; i++)
		faults_init_for(&twin->instruments[i].faults, c->instruments[i].name, !c->has_meter, c->faults, c->n_faults,
				twin->scripts + c->n_faults * (size_t)(2 + i), twin->start);
	return 0;
}

static int init_instruments(struct twin *twin, struct error *error)
{
	const struct twin_config *c = twin->config;
	for (int i = 0; i < c->n_instruments; i++) {
		struct twin_instrument *one = &twin->instruments[i];
		one->instrument = instrument_new(&c->instruments[i], twin->model, &one->faults, c->seed, twin->start, error);
		if (one->instrument == NULL)
			return -1;
		twin->n_instruments++;
	}
	return 0;
}

struct instrument *twin_instrument(struct twin *twin, const char *name)
{
	for (int i = 0; i < twin->n_instruments; i++)
		if (strcmp(twin->config->instruments[i].name, name) == 0)
			return twin->instruments[i].instrument;
	return NULL;
}

int twin_init(struct twin *twin, const struct twin_config *c, struct error *error)
{
	*twin = (struct twin){ .config = c, .start = c->clock.offset, .now = c->clock.offset };
	load_init(&twin->load, c->steps, c->n_steps, twin->start);
	twin->model = model_new(&c->model, &twin->load, c->seed, twin->start, error);
	if (twin->model == NULL)
		return -1;
	if (init_faults(twin, error) != 0)
		goto free_model;
	wt_init(&twin->meter, &c->meter, twin->model, &twin->faults, c->seed, twin->start);
	session_init(&twin->session, &twin->meter, c->seed);
	session_init(&twin->serial, &twin->meter, c->seed + 1);
	if (hioki_is_model(c->meter.model)) {
		hioki_init(&twin->hioki, &c->hioki, &twin->meter, c->seed, twin->start);
		twin->session.hioki = twin->serial.hioki = &twin->hioki;
	}
	wire_init(&twin->wire, c->baud);
	if (c->has_rig)
		twin_rig_init(&twin->rig, &c->rig, twin->model, c->seed, twin->start);
	if (c->hioki.gated) /* out2: the rig's gate, as the bench file says */
		twin_line_listen(c->has_rig ? &twin->rig.outputs[1] : &twin->gate, hioki_gate, &twin->hioki);
	powercap_tree_init(&twin->powercap, &c->powercap, &c->model, twin->model, &twin->faults, c->seed, twin->start);
	hwmon_tree_init(&twin->hwmon, &c->hwmon, &c->model, twin->model, &twin->hwmon_faults, c->seed, twin->start);
	if (init_instruments(twin, error) == 0)
		return 0;
free_model:
	twin_free(twin);
	return -1;
}

void twin_free(struct twin *twin)
{
	for (int i = 0; i < twin->n_instruments; i++)
		instrument_free(twin->instruments[i].instrument);
	twin->n_instruments = 0;
	free(twin->scripts);
	twin->scripts = NULL;
	session_free(&twin->session);
	session_free(&twin->serial);
	model_free(twin->model);
	twin->model = NULL;
}

static void hear_line(struct twin *twin, int64_t now)
{
	char bytes[256];
	size_t n;
	while ((n = wire_get(&twin->wire, &twin->wire.to_meter, now, bytes, sizeof bytes)) > 0)
		session_feed(&twin->serial, now, bytes, n);
}

static void advance_part(struct twin *twin, int64_t now)
{
	model_advance(twin->model, now);
	faults_advance(&twin->hwmon_faults, now, 0, 0);
	if (twin->config->has_rig)
		twin_rig_advance(&twin->rig, now);
	if (twin->session.hioki)
		hioki_advance(&twin->hioki, now);
	else
		wt_advance(&twin->meter, now);
	session_advance(&twin->session, now);
	session_advance(&twin->serial, now);
	hear_line(twin, now);
	for (int i = 0; i < twin->n_instruments; i++)
		instrument_advance(twin->instruments[i].instrument, now);
	if (twin->truth != NULL)
		truth_advance(twin->truth, twin->model);
	twin->now = now;
}

void twin_advance(struct twin *twin, int64_t now)
{
	while (now - twin->now > LARGEST_ADVANCE)
		advance_part(twin, twin->now + LARGEST_ADVANCE);
	if (now > twin->now)
		advance_part(twin, now);
}

int64_t twin_next(const struct twin *twin)
{
	int64_t a = session_next(&twin->session), b = session_next(&twin->serial), c = wire_next(&twin->wire);
	int64_t next = a < b ? a : b;
	return c < next ? c : next;
}

int64_t twin_instruments_next(const struct twin *twin)
{
	int64_t next = NEVER;
	for (int i = 0; i < twin->n_instruments; i++) {
		int64_t one = instrument_next(twin->instruments[i].instrument);
		next = one < next ? one : next;
	}
	return next;
}

void twin_serial_feed(struct twin *twin, int64_t now, const char *bytes, size_t size)
{
	wire_put(&twin->wire, &twin->wire.to_meter, now, bytes, size);
	hear_line(twin, now);
}

size_t twin_serial_take(struct twin *twin, int64_t now, char *bytes, size_t size)
{
	char reply[1024];
	size_t n;
	while ((n = session_take(&twin->serial, now, reply, sizeof reply)) > 0)
		wire_put(&twin->wire, &twin->wire.to_host, now, reply, n);
	return wire_get(&twin->wire, &twin->wire.to_host, now, bytes, size);
}

void twin_serial_reset(struct twin *twin)
{
	session_reset(&twin->serial);
	wire_init(&twin->wire, twin->config->baud);
}

int twin_open_truth(struct twin *twin, const char *path, struct error *error)
{
	const struct twin_config *c = twin->config;
	const char *names[TWIN_INSTRUMENTS + 2] = { NULL };
	int n = 0;
	if (c->has_meter)
		names[n++] = "wall";
	for (int i = 0; i < c->n_instruments; i++)
		names[n++] = c->instruments[i].name;
	twin->truth = truth_open(path, c->model.packages, names, error);
	return twin->truth ? 0 : -1;
}

void twin_sync_truth(struct twin *twin, int64_t now, int64_t monotonic)
{
	int n = 0;
	truth_sync(twin->truth, now, monotonic);
	if (twin->config->has_meter)
		truth_count(twin->truth, twin->now, n++, twin->meter.updates, twin->meter.queries);
	for (int i = 0; i < twin->n_instruments; i++) {
		const struct instrument *one = twin->instruments[i].instrument;
		truth_count(twin->truth, one->updated, n++, one->updates, one->queries);
	}
}

void twin_used(struct twin *twin, double core_seconds)
{
	load_used(&twin->load, core_seconds, twin->config->sample);
}
