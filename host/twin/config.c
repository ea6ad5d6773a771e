#include "config.h"

#include <errno.h>
#include <math.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "config_figures.h"
#include "config_instruments.h"
#include "cpu_use.h"
#include "schemas.h"

#define FIGURE(path, dimension, field, fallback) { path, dimension, offsetof(struct twin_config, field), fallback }
#define PLAIN FIGURES_PLAIN
#define DRAWN NAN

static const struct figure figures[] = {
	FIGURE("clock.drift", DIMENSION_RATIO, clock.drift, 7e-6),
	FIGURE("load.sample", DIMENSION_TIME, sample, 5e-3),
	FIGURE("machine.idle", DIMENSION_POWER, model.idle, 12),
	FIGURE("machine.per_core", DIMENSION_POWER, model.per_core, 38),
	FIGURE("machine.curvature", DIMENSION_RATIO, model.curvature, 0.05),
	FIGURE("machine.core_share", DIMENSION_RATIO, model.core_share, 0.85),
	FIGURE("machine.platform", DIMENSION_POWER, model.platform, 36),
	FIGURE("machine.ripple.power", DIMENSION_POWER, model.ripple, 0),
	FIGURE("machine.ripple.tau", DIMENSION_TIME, model.ripple_tau, 50e-3),
	FIGURE("machine.dram.idle", DIMENSION_POWER, model.dram_idle, 2.5),
	FIGURE("machine.dram.per_core", DIMENSION_POWER, model.dram_per_core, 2),
	FIGURE("machine.fan.power", DIMENSION_POWER, model.fan, 3),
	FIGURE("machine.fan.tau", DIMENSION_TIME, model.fan_tau, 2),
	FIGURE("machine.thermal.resistance", PLAIN, model.thermal_resistance, 0.4),
	FIGURE("machine.thermal.tau", DIMENSION_TIME, model.thermal_tau, 3),
	FIGURE("machine.thermal.leakage", DIMENSION_RATIO, model.leakage, 0.0003),
	FIGURE("machine.supply.lag", DIMENSION_TIME, model.supply_lag, 4e-3),
	FIGURE("machine.supply.fixed", DIMENSION_POWER, model.loss_fixed, 4),
	FIGURE("machine.supply.linear", DIMENSION_RATIO, model.loss_linear, 0.06),
	FIGURE("machine.supply.quadratic", PLAIN, model.loss_quadratic, 1e-4),
	FIGURE("meter.mains.voltage", DIMENSION_VOLTAGE, meter.voltage, 230),
	FIGURE("meter.mains.frequency", DIMENSION_FREQUENCY, meter.frequency, 49.98),
	FIGURE("meter.power_factor.reactive", PLAIN, meter.reactive, 25),
	FIGURE("meter.power_factor.distortion", DIMENSION_RATIO, meter.distortion, 0.1),
	FIGURE("meter.power_factor.crest", PLAIN, meter.crest, 1.6),
	FIGURE("meter.latency", DIMENSION_TIME, meter.latency, 30e-3),
	FIGURE("meter.latency", DIMENSION_TIME, bench.latency, 30e-3),
	FIGURE("meter.latency_uncertainty", DIMENSION_TIME, meter.spec_latency, 5e-3),
	FIGURE("meter.latency_uncertainty", DIMENSION_TIME, bench.u_latency, 5e-3),
	FIGURE("meter.latency_jitter", DIMENSION_TIME, meter.latency_jitter, 0.5e-3),
	FIGURE("meter.response", DIMENSION_TIME, meter.response, 1e-3),
	FIGURE("meter.update", DIMENSION_TIME, bench.update, 0.1),
	FIGURE("meter.ranges.voltage", DIMENSION_VOLTAGE, bench.voltage_range, 300),
	FIGURE("meter.ranges.current", DIMENSION_CURRENT, bench.current_range, 2),
	FIGURE("meter.accuracy.reading", DIMENSION_RATIO, meter.spec_reading, 0.001),
	FIGURE("meter.accuracy.range", DIMENSION_RATIO, meter.spec_range, 0.0005),
	FIGURE("meter.accuracy.power_factor", DIMENSION_RATIO, meter.spec_phase, 0.001),
	FIGURE("meter.accuracy.timebase", DIMENSION_RATIO, meter.spec_timebase, 50e-6),
	FIGURE("meter.errors.gain", DIMENSION_RATIO, meter.errors.gain, DRAWN),
	FIGURE("meter.errors.offset", DIMENSION_RATIO, meter.errors.offset, DRAWN),
	FIGURE("meter.errors.nonlinearity", DIMENSION_RATIO, meter.errors.nonlinearity, DRAWN),
	FIGURE("meter.errors.power_factor", DIMENSION_RATIO, meter.errors.phase, DRAWN),
	FIGURE("meter.errors.timebase", DIMENSION_RATIO, meter.errors.timebase, DRAWN),
	FIGURE("meter.errors.latency", DIMENSION_TIME, meter.errors.latency, DRAWN),
	FIGURE("meter.noise", DIMENSION_POWER, meter.errors.noise, 0.2),
	FIGURE("meter.power_on.update", DIMENSION_TIME, meter.initial_update, 0.25),
	FIGURE("meter.power_on.voltage", DIMENSION_VOLTAGE, meter.initial_voltage_range, 0),
	FIGURE("meter.power_on.current", DIMENSION_CURRENT, meter.initial_current_range, 0),
	FIGURE("meter.start_stop.reaction", DIMENSION_TIME, hioki.reaction, 0.5e-3),
	FIGURE("meter.start_stop.uncertainty", DIMENSION_TIME, hioki.u_reaction, 0.25e-3),
	FIGURE("meter.start_stop.apart", DIMENSION_TIME, hioki.apart, 0.4),
	FIGURE("meter.mains.voltage", DIMENSION_VOLTAGE, rig.mains, 230),
	FIGURE("meter.mains.frequency", DIMENSION_FREQUENCY, rig.frequency, 49.98),
	FIGURE("rig.uptime", DIMENSION_TIME, rig.uptime, 100),
	FIGURE("rig.drift", DIMENSION_RATIO, rig.drift, 20e-6),
	FIGURE("rig.step.at", DIMENSION_TIME, rig.step_at, 0),
	FIGURE("rig.step.by", DIMENSION_TIME, rig.step_by, 0),
	FIGURE("rig.stamp", DIMENSION_TIME, rig.stamp, 1e-6),
	FIGURE("rig.answer", DIMENSION_TIME, rig.answer, 100e-6),
	FIGURE("rig.s0.per_kwh", PLAIN, rig.per_kwh, 0),
	FIGURE("rig.s0.pulse", DIMENSION_TIME, rig.pulse, 30e-3),
	FIGURE("rig.adc.voltage", DIMENSION_VOLTAGE, rig.voltage_scale, 0.2),
	FIGURE("rig.adc.current", DIMENSION_CURRENT, rig.current_scale, 0.005),
	FIGURE("rig.ina.shunt", PLAIN, rig.shunt, 0.005),
	FIGURE("rig.ina.rail", DIMENSION_VOLTAGE, rig.rail, 12),
	FIGURE("powercap.range", DIMENSION_ENERGY, powercap.range, 262143.32885),
	FIGURE("powercap.unit", DIMENSION_ENERGY, powercap.unit, 0x1p-14),
	FIGURE("powercap.dram_unit", DIMENSION_ENERGY, powercap.dram_unit, 0x1p-14),
	FIGURE("powercap.gain", DIMENSION_RATIO, powercap.gain, 0),
	FIGURE("powercap.update", DIMENSION_TIME, powercap.update, 1e-3),
	FIGURE("powercap.jitter", DIMENSION_TIME, powercap.jitter, 6e-6),
	FIGURE("hwmon.interval", DIMENSION_TIME, hwmon.interval, 1),
	FIGURE("hwmon.accuracy", DIMENSION_RATIO, hwmon.accuracy, 0.01),
	FIGURE("hwmon.gain", DIMENSION_RATIO, hwmon.gain, DRAWN),
	FIGURE("hwmon.step", DIMENSION_POWER, hwmon.step, 0.001),
	FIGURE("bench.supply_lag", DIMENSION_TIME, bench.supply_lag, 25e-3),
	FIGURE("bench.line_frequency", DIMENSION_FREQUENCY, bench.line_frequency, 50),
	FIGURE("bench.power_max", DIMENSION_POWER, bench.power_max, 600),
};

static const struct node *at(const struct document *doc, const char *path)
{
	return node_at(doc, document_root(doc), path);
}

static int64_t nanoseconds(const struct node *node, int64_t fallback)
{
	return node == NULL ? fallback : (int64_t)llround(node_quantity(node, DIMENSION_TIME, 0) * 1e9);
}

static void copy_text(char *into, size_t size, const struct node *node, const char *fallback)
{
	snprintf(into, size, "%s", node_text(node, fallback));
}

static void read_machine(const struct document *doc, struct twin_config *c)
{
	c->model.packages = (int)node_integer(at(doc, "machine.packages"), 1);
	c->model.cores = node_number(at(doc, "machine.cores"), cpu_use_cores());
	c->real_load = strcmp(node_text(at(doc, "load.source"), "cpu"), "cpu") == 0;
}

/* Equal ones, unless the file has others. */
static void read_shares(const struct document *doc, struct twin_config *c)
{
	const struct node *list = at(doc, "meter.shares");
	size_t n = node_count(doc, list);
	bool two = strncmp(c->meter.model, "WT332", 5) == 0;
	for (size_t e = 0; e < WT_ELEMENTS; e++)
		c->meter.shares[e] = n > 0 ? (e < n ? node_number(node_item(doc, list, e), 0) : 0) : two ? (e == 1 ? 0 : 0.5) : 1. / 3;
}

static void read_meter(const struct document *doc, struct twin_config *c)
{
	struct wt_config *m = &c->meter;
	c->has_meter = at(doc, "meter") != NULL;
	c->hioki.gated = at(doc, "meter.start_stop") != NULL;
	c->hioki.refuses_reset = node_boolean(at(doc, "meter.start_stop.refuses_reset"), false);
	copy_text(m->model, sizeof m->model, at(doc, "meter.model"), "WT310E");
	copy_text(m->maker, sizeof m->maker, NULL, hioki_is_model(m->model) ? "HIOKI" : "YOKOGAWA");
	copy_text(m->firmware, sizeof m->firmware, at(doc, "meter.firmware"), hioki_is_model(m->model) ? "V1.00" : "F1.04");
	read_shares(doc, c);
	m->initial_averaging = (int)node_integer(at(doc, "meter.power_on.averaging"), 0);
	m->forces_range = node_boolean(at(doc, "meter.forces_range"), true);
	c->bench.integrator = node_boolean(at(doc, "meter.integrator"), false);
	c->tcp = at(doc, "meter.links.tcp") != NULL;
	c->tcp_port = (int)node_integer(at(doc, "meter.links.tcp"), 0);
	c->vxi11 = at(doc, "meter.links.vxi11") != NULL;
	c->vxi11_port = (int)node_integer(at(doc, "meter.links.vxi11"), 0);
	c->portmapper_port = (int)node_integer(at(doc, "meter.links.portmapper"), 0);
	c->pty = node_boolean(at(doc, "meter.links.pty"), false);
	copy_text(c->tty, sizeof c->tty, at(doc, "meter.links.tty"), "");
	c->baud = (int)node_integer(at(doc, "meter.links.baud"), 0);
	copy_text(c->bench.elsewhere, sizeof c->bench.elsewhere, at(doc, "meter.links.endpoint"), "");
	copy_text(c->bench.endpoint, sizeof c->bench.endpoint, at(doc, "meter.links.bench"), "unix");
}

static void read_powercap(const struct document *doc, struct twin_config *c)
{
	struct powercap_config *p = &c->powercap;
	c->has_powercap = at(doc, "powercap") != NULL;
	p->core = node_boolean(at(doc, "powercap.core"), true);
	p->dram = node_boolean(at(doc, "powercap.dram"), true);
	p->psys = node_boolean(at(doc, "powercap.psys"), false);
	p->mmio = node_boolean(at(doc, "powercap.mmio"), false);
	p->mirrored = node_boolean(at(doc, "powercap.mirrored_die"), false);
}

static void read_hwmon(const struct document *doc, struct twin_config *c)
{
	c->has_hwmon = at(doc, "hwmon") != NULL;
	c->hwmon.grace = node_boolean(at(doc, "hwmon.grace"), false);
	c->hwmon.altra = node_boolean(at(doc, "hwmon.altra"), false);
	c->hwmon.meter = node_boolean(at(doc, "hwmon.meter"), !c->hwmon.grace && !c->hwmon.altra);
	copy_text(c->hwmon.measures, sizeof c->hwmon.measures, at(doc, "hwmon.measures"), "");
}

static void read_rig(const struct document *doc, struct twin_config *c)
{
	static const char *const inputs[RIG_INPUTS] = { "rig.inputs.in1", "rig.inputs.in2", "rig.inputs.in3", "rig.inputs.in4" };
	c->has_rig = at(doc, "rig") != NULL;
	for (size_t i = 0; i < RIG_INPUTS; i++)
		c->rig.inputs[i] = (enum rig_source)rig_source_parse(node_text(at(doc, inputs[i]), i == 0 ? "out1" : "none"));
	copy_text(c->rig_options, sizeof c->rig_options, at(doc, "rig.options"), "");
}

static int read_steps(const struct document *doc, struct twin_config *c, struct error *error)
{
	const struct node *list = at(doc, "load.steps");
	c->n_steps = node_count(doc, list);
	c->steps = calloc(c->n_steps + 1, sizeof *c->steps);
	if (c->steps == NULL)
		return error_errno(error, ENOMEM, "load.steps", NULL, "no memory for the loads");
	for (size_t i = 0; i < c->n_steps; i++) {
		const struct node *item = node_item(doc, list, i);
		struct load_step *s = &c->steps[i];
		s->at = nanoseconds(node_get(doc, item, "at"), 0);
		s->ramp = nanoseconds(node_get(doc, item, "ramp"), 0);
		s->demand.cores = node_number(node_get(doc, item, "cores"), 0);
		s->demand.power = node_quantity(node_get(doc, item, "power"), DIMENSION_POWER, 0);
		s->demand.platform = node_quantity(node_get(doc, item, "platform"), DIMENSION_POWER, 0);
	}
	return 0;
}

static int read_faults(const struct document *doc, struct twin_config *c, struct error *error)
{
	const struct node *list = at(doc, "faults");
	c->n_faults = node_count(doc, list);
	c->faults = calloc(c->n_faults + 1, sizeof *c->faults);
	if (c->faults == NULL)
		return error_errno(error, ENOMEM, "faults", NULL, "no memory for the faults");
	for (size_t i = 0; i < c->n_faults; i++) {
		const struct node *item = node_item(doc, list, i);
		struct fault *f = &c->faults[i];
		f->what = (enum fault_what)fault_parse(node_text(node_get(doc, item, "what"), "nan"));
		f->after_updates = node_integer(node_get(doc, item, "after_updates"), -1);
		f->after_queries = node_integer(node_get(doc, item, "after_queries"), -1);
		bool counted = f->after_updates >= 0 || f->after_queries >= 0;
		f->at = nanoseconds(node_get(doc, item, "at"), counted ? -1 : 0);
		f->lasts = nanoseconds(node_get(doc, item, "for"), INT64_MAX);
		f->by = nanoseconds(node_get(doc, item, "by"), NS_PER_S);
		copy_text(f->zone, sizeof f->zone, node_get(doc, item, "zone"), "");
		copy_text(f->device, sizeof f->device, node_get(doc, item, "device"), "");
	}
	return 0;
}

/* What the schema cannot say. */
static void check(const struct document *doc, const struct twin_config *c, struct problems *problems)
{
	const struct node *list = at(doc, "load.steps");
	for (size_t i = 1; i < c->n_steps; i++)
		if (c->steps[i].at < c->steps[i - 1].at)
			problems_add(problems, doc, node_item(doc, list, i), "loads must be in order of time");
	if (fabs(c->meter.shares[0] + c->meter.shares[1] + c->meter.shares[2] - 1) > 1e-9)
		problems_add(problems, doc, at(doc, "meter.shares"), "the shares do not add up to 1");
	if (c->hioki.gated && !hioki_is_model(c->meter.model))
		problems_add(problems, doc, at(doc, "meter.start_stop"), "a START/STOP input is a PW3335's, PW3336's or PW3337's");
	if (strcmp(c->bench.endpoint, "tcp") == 0 && !c->tcp)
		problems_add(problems, doc, at(doc, "meter.links.bench"),
			     "the bench is to use tcp: give `tcp: PORT` as well (0: any)");
	if (c->pty && c->tty[0] != '\0')
		problems_add(problems, doc, at(doc, "meter.links.tty"), "the meter has one serial port: give `pty` or `tty`");
	if ((strcmp(c->bench.endpoint, "vxi11") == 0 || c->portmapper_port > 0) && !c->vxi11)
		problems_add(problems, doc, at(doc, "meter.links"), "without `vxi11: PORT` (0: any) there is no such service");
	if (strcmp(c->bench.endpoint, "pty") == 0 && !c->pty)
		problems_add(problems, doc, at(doc, "meter.links.bench"), "the bench is to use the pty: give `pty: on` as well");
}

static int read_all(const struct document *doc, struct twin_config *c, struct problems *problems, struct error *error)
{
	const struct node *name = at(doc, "name");
	copy_text(c->name, sizeof c->name, name, "twin");
	c->clock.offset = nanoseconds(at(doc, "clock.offset"), 1000 * NS_PER_S);
	figures_read(doc, document_root(doc), figures, sizeof figures / sizeof *figures, c);
	read_machine(doc, c);
	read_meter(doc, c);
	read_powercap(doc, c);
	read_hwmon(doc, c);
	read_rig(doc, c);
	config_read_instruments(doc, c, problems);
	twin_config_seed(c, (uint64_t)node_integer(at(doc, "seed"), 1));
	if (read_steps(doc, c, error) != 0 || read_faults(doc, c, error) != 0)
		return -1;
	check(doc, c, problems);
	return problems_check(problems, error);
}

static int take_document(struct document *doc, struct twin_config *config, struct problems *problems, struct error *error)
{
	*config = (struct twin_config){ .seed = 0 };
	if (doc == NULL)
		return -1;
	int result = read_all(doc, config, problems, error);
	if (result != 0)
		twin_config_free(config);
	document_free(doc);
	return result;
}

int twin_config_load(const char *path, struct twin_config *config, struct problems *problems, struct error *error)
{
	return take_document(document_load(path, schema_twin, problems, error), config, problems, error);
}

int twin_config_parse(const char *name, const char *text, size_t length, struct twin_config *config, struct problems *problems,
		      struct error *error)
{
	return take_document(document_parse(name, text, length, schema_twin, problems, error), config, problems, error);
}
