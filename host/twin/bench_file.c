#include "bench_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* In double quotes, so that a name or a path stays one scalar of YAML whatever is in it. */
static void add_quoted(struct text *text, const char *string)
{
	text_add(text, "\"");
	for (const char *c = string; *c; c++) {
		if (*c == '"' || *c == '\\')
			text_addf(text, "\\%c", *c);
		else if ((unsigned char)*c < ' ' || *c == 0x7f)
			text_addf(text, "\\x%02x", (unsigned)(unsigned char)*c);
		else
			text_add_bytes(text, c, 1);
	}
	text_add(text, "\"");
}

static void add_links(const struct endpoints *at, struct text *text)
{
	text_addf(text, "    # The meter also answers at:");
	if (at->tcp_port >= 0)
		text_addf(text, " tcp://127.0.0.1:%d", at->tcp_port);
	if (at->vxi11_port > 0)
		text_addf(text, " vxi11://127.0.0.1:%d", at->vxi11_port);
	if (at->pty[0] != '\0')
		text_addf(text, " pty://%s", at->pty);
	text_addf(text, " unix://%s\n", at->unix_path);
}

static void add_endpoint(const struct twin_config *c, const struct endpoints *at, struct text *text)
{
	const char *kind = c->bench.endpoint;
	if (c->bench.elsewhere[0] != '\0')
		text_add(text, c->bench.elsewhere);
	else if (strcmp(kind, "tcp") == 0)
		text_addf(text, "tcp://127.0.0.1:%d", at->tcp_port);
	else if (strcmp(kind, "vxi11") == 0)
		text_addf(text, "vxi11://127.0.0.1:%d", at->vxi11_port);
	else if (strcmp(kind, "pty") == 0)
		text_addf(text, "pty://%s", at->pty);
	else
		text_addf(text, "unix://%s", at->unix_path);
}

static void add_meter(const struct twin_config *c, const struct endpoints *at, struct text *text)
{
	text_add(text, "  wall:\n");
	add_links(at, text);
	bool hioki = hioki_is_model(c->meter.model);
	struct text endpoint = TEXT_INIT;
	add_endpoint(c, at, &endpoint);
	text_addf(text, "    driver: %s\n    endpoint: ", hioki ? "hioki_pw333x" : "yokogawa_wt");
	add_quoted(text, text_string(&endpoint));
	text_add(text, "\n    measures: wall\n");
	text->failed |= endpoint.failed;
	text_free(&endpoint);
	text_addf(text, "    ranges: {voltage: %.10g V, current: %.10g A}\n", c->bench.voltage_range, c->bench.current_range);
	if (!hioki) /* which knows no other than its own */
		text_addf(text, "    update: %.10g ms\n", c->bench.update * 1e3);
	text_addf(text, "    latency: %.10g ms\n    latency_uncertainty: %.10g ms\n", c->bench.latency * 1e3, c->bench.u_latency * 1e3);
	text_addf(text, "    power_max: %.10g W\n", c->bench.power_max);
	if (c->hioki.gated)
		text_addf(text, "    options: {integrator: gated, reaction: %.10g ms, reaction_uncertainty: %.10g ms}\n", c->hioki.reaction * 1e3,
			  c->hioki.u_reaction * 1e3);
	else if (hioki && c->bench.integrator)
		text_add(text, "    options: {integrator: \"on\"}\n");
	bool elements = strncmp(c->meter.model, "WT33", 4) == 0;
	if (!hioki && (elements || c->bench.integrator))
		text_addf(text, "    options: {%s%s%s}\n", elements ? "element: sum" : "", elements && c->bench.integrator ? ", " : "",
			  c->bench.integrator ? "integrator: on" : "");
	text_addf(text, "    accuracy: {reading: %.10g %%, range: %.10g %%, power_factor: %.10g %%, timebase: %.10g ppm}\n",
		  c->meter.spec_reading * 100, c->meter.spec_range * 100, c->meter.spec_phase * 100,
		  c->meter.spec_timebase * 1e6);
}

static void add_counters(const struct endpoints *at, struct text *text)
{
	text_add(text, "  rapl:\n    driver: powercap\n");
	text_add(text, "    options: {root: ");
	add_quoted(text, at->powercap);
	text_add(text, "}\n");
}

static void add_accuracy(const struct instrument_config *c, struct text *text)
{
	text_addf(text, "    accuracy: {reading: %.10g %%, range: %.10g %%", c->front.spec_reading * 100, c->front.spec_range * 100);
	if (c->front.spec_timebase > 0)
		text_addf(text, ", timebase: %.10g ppm", c->front.spec_timebase * 1e6);
	text_add(text, "}\n");
}

static void add_ranges(const struct instrument_config *c, struct text *text)
{
	bool both = c->voltage_range > 0 && c->current_range > 0;
	if (c->voltage_range <= 0 && c->current_range <= 0)
		return;
	text_add(text, "    ranges: {");
	if (c->voltage_range > 0)
		text_addf(text, "voltage: %.10g V%s", c->voltage_range, both ? ", " : "");
	if (c->current_range > 0)
		text_addf(text, "current: %.10g A", c->current_range);
	text_add(text, "}\n");
}

static void add_settings(const struct instrument_config *c, struct text *text)
{
	if (c->measures[0] != '\0')
		text_addf(text, "    measures: %s\n", c->measures);
	add_ranges(c, text);
	if (c->update > 0)
		text_addf(text, "    update: %.10g us\n", c->update * 1e6);
	if (c->state_latency)
		text_addf(text, "    latency: %.10g ms\n    latency_uncertainty: %.10g ms\n", c->front.latency * 1e3,
			  c->front.spec_latency * 1e3);
	if (c->power_max > 0)
		text_addf(text, "    power_max: %.10g W\n", c->power_max);
	if (c->state_accuracy)
		add_accuracy(c, text);
}

/* Options of the twin's file come before those of the family, in one map. */
static void add_own(const struct instrument *instrument, struct text *text)
{
	static const char head[] = "    options: {";
	const char *options = instrument->config->options;
	struct text own = TEXT_INIT;
	if (instrument->family->stanza)
		instrument->family->stanza(instrument, &own);
	const char *lines = text_string(&own), *place = strstr(lines, head);
	if (options[0] == '\0') {
		text_add(text, lines);
	} else if (place == NULL) {
		text_addf(text, "%s%s%s}\n", lines, head, options);
	} else {
		text_add_bytes(text, lines, (size_t)(place - lines));
		text_addf(text, "%s%s, %s", head, options, place + strlen(head));
	}
	text_free(&own);
}

void bench_file_instrument(const struct instrument *instrument, const char *endpoint, struct text *text)
{
	const struct instrument_config *c = instrument->config;
	text_addf(text, "  %s:\n    driver: %s\n    endpoint: ", c->name, instrument->family->driver);
	add_quoted(text, endpoint);
	text_add(text, "\n");
	add_settings(c, text);
	add_own(instrument, text);
}

static void add_hwmon(const struct twin_config *c, const struct endpoints *at, struct text *text)
{
	text_add(text, "  " TWIN_HWMON ":\n    driver: hwmon\n    options: {root: ");
	add_quoted(text, at->hwmon);
	text_add(text, "}\n");
	if (c->hwmon.measures[0] != '\0')
		text_addf(text, "    measures: %s\n", c->hwmon.measures);
}

/* The trigger's input is the first that is wired to its output, or to the machine's own line, which goes with it. */
static void add_rig(const struct twin_config *c, const struct endpoints *at, struct text *text)
{
	int input = -1;
	text_add(text, "  rig:\n    driver: rig\n    endpoint: ");
	add_quoted(text, at->rig);
	text_add(text, "\n    measures: none\n    options: {output: out1, gate: out2");
	for (int i = 0; i < (int)RIG_INPUTS; i++) {
		enum rig_source source = c->rig.inputs[i];
		if (input < 0 && (source == SOURCE_OUT1 || source == SOURCE_LINE))
			input = i + 1;
		if (source == SOURCE_S0)
			text_addf(text, ", s0_in%d: %.0f", i + 1, c->rig.per_kwh);
	}
	text_addf(text, ", input: %s%.0d%s%s}\n", input > 0 ? "in" : "out1", input > 0 ? input : 0, c->rig_options[0] ? ", " : "", c->rig_options);
}

void bench_file_text(const struct twin *twin, const struct endpoints *at, struct text *text)
{
	const struct twin_config *c = twin->config;
	text_add(text, "# Written by joulerig-twin: this bench is SIMULATED.\njoulerig: bench 1\n");
	struct text name = TEXT_INIT;
	text_addf(&name, "%s (simulated)", c->name);
	text_add(text, "name: ");
	add_quoted(text, text_string(&name));
	text_add(text, "\n");
	text->failed |= name.failed;
	text_free(&name);
	text_addf(text, "dut: {supply_lag: %.10g ms, line_frequency: %.10g Hz}\n", c->bench.supply_lag * 1e3,
		  c->bench.line_frequency);
	text_addf(text, "trigger: %s\ndevices:\n", c->has_rig ? "rig" : "software");
	if (c->has_meter)
		add_meter(c, at, text);
	if (c->has_powercap)
		add_counters(at, text);
	if (c->has_hwmon)
		add_hwmon(c, at, text);
	if (c->has_rig)
		add_rig(c, at, text);
	for (int i = 0; i < twin->n_instruments; i++)
		bench_file_instrument(twin->instruments[i].instrument, at->instruments[i], text);
}

static int write_all(int fd, const char *path, const struct text *text, struct error *error)
{
	if (text_failed(text))
		return error_errno(error, ENOMEM, path, NULL, "no memory for the bench file");
	if (write(fd, text_string(text), text->length) != (ssize_t)text->length)
		return error_errno(error, errno, path, NULL, "cannot write the bench file");
	return 0;
}

int bench_file_write(const char *path, const struct twin *twin, const struct endpoints *at, struct error *error)
{
	char aside[300];
	struct text text = TEXT_INIT;
	snprintf(aside, sizeof aside, "%s.new", path);
	int fd = open(aside, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	if (fd < 0)
		return error_errno(error, errno, aside, "give --directory a folder that can be written",
				   "cannot create the bench file");
	bench_file_text(twin, at, &text);
	int result = write_all(fd, aside, &text, error);
	close(fd);
	text_free(&text);
	if (result == 0 && rename(aside, path) != 0)
		result = error_errno(error, errno, path, NULL, "cannot put the bench file in its place");
	return result;
}
