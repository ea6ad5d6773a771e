#include "config_instruments.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "config_figures.h"
#include "instruments.h"

#define DRAWN NAN
#define FIGURE(path, dimension, field, fallback) { path, dimension, offsetof(struct instrument_config, field), fallback }

static const struct figure figures[] = {
	FIGURE("response", DIMENSION_TIME, response, 1e-3),
	FIGURE("update", DIMENSION_TIME, update, 0),
	FIGURE("ranges.voltage", DIMENSION_VOLTAGE, voltage_range, 0),
	FIGURE("ranges.current", DIMENSION_CURRENT, current_range, 0),
	FIGURE("power_max", DIMENSION_POWER, power_max, 0),
	FIGURE("share", FIGURES_PLAIN, front.share, 1),
	FIGURE("voltage", DIMENSION_VOLTAGE, front.voltage, NAN),
	FIGURE("frequency", DIMENSION_FREQUENCY, front.frequency, NAN),
	FIGURE("reactive", FIGURES_PLAIN, front.reactive, 25),
	FIGURE("crest", FIGURES_PLAIN, front.crest, NAN),
	FIGURE("sag", FIGURES_PLAIN, front.sag, 0),
	FIGURE("accuracy.reading", DIMENSION_RATIO, front.spec_reading, 0),
	FIGURE("accuracy.range", DIMENSION_RATIO, front.spec_range, 0),
	FIGURE("accuracy.range_value", DIMENSION_POWER, front.range_value, NAN),
	FIGURE("accuracy.timebase", DIMENSION_RATIO, front.spec_timebase, 0),
	FIGURE("latency", DIMENSION_TIME, front.latency, 0),
	FIGURE("latency_uncertainty", DIMENSION_TIME, front.spec_latency, 0),
	FIGURE("latency_jitter", DIMENSION_TIME, front.latency_jitter, 0),
	FIGURE("errors.gain", DIMENSION_RATIO, front.gain, DRAWN),
	FIGURE("errors.offset", DIMENSION_RATIO, front.offset, DRAWN),
	FIGURE("errors.timebase", DIMENSION_RATIO, front.timebase, DRAWN),
	FIGURE("errors.latency", DIMENSION_TIME, front.latency_error, DRAWN),
	FIGURE("errors.voltage", DIMENSION_RATIO, front.volts_gain, DRAWN),
	FIGURE("errors.current", DIMENSION_RATIO, front.amperes_gain, DRAWN),
	FIGURE("noise", DIMENSION_POWER, front.noise, 0),
};

static double unless_given(double value, double fallback)
{
	return isnan(value) ? fallback : value;
}

/* At the wall there is an alternating voltage, everywhere else a rail. */
static void read_quantity(const struct document *doc, const struct node *node, struct front_config *front)
{
	const char *name = node_text(node_get(doc, node, "quantity"), "wall");
	for (int q = 0; q < QUANTITIES; q++)
		if (strcmp(quantity_name(q), name) == 0)
			front->quantity = q;
	bool wall = front->quantity == QUANTITY_WALL;
	front->frequency = unless_given(front->frequency, wall ? 49.98 : 0);
	front->voltage = unless_given(front->voltage, front->frequency > 0 ? 230 : 12);
	front->crest = unless_given(front->crest, front->frequency > 0 ? 1.6 : 1);
}

static void read_texts(const struct document *doc, const struct node *node, struct instrument_config *c)
{
	const struct instrument_family *family = instrument_family_find(c->model);
	bool http = family && family->framing == INSTRUMENT_HTTP;
	snprintf(c->link, sizeof c->link, "%s", node_text(node_get(doc, node, "link"), http ? "http" : "unix"));
	snprintf(c->measures, sizeof c->measures, "%s", node_text(node_get(doc, node, "measures"), ""));
	snprintf(c->options, sizeof c->options, "%s", node_text(node_get(doc, node, "options"), ""));
}

static void read_one(const struct document *doc, const struct node *node, struct instrument_config *c)
{
	const struct node *accuracy = node_get(doc, node, "accuracy");
	figures_read(doc, node, figures, sizeof figures / sizeof *figures, c);
	snprintf(c->model, sizeof c->model, "%s", node_text(node_get(doc, node, "model"), ""));
	read_texts(doc, node, c);
	read_quantity(doc, node, &c->front);
	c->baud = (int)node_integer(node_get(doc, node, "baud"), 0);
	c->front.range_value = unless_given(c->front.range_value, c->voltage_range * c->current_range);
	c->state_accuracy = node_boolean(node_get(doc, accuracy, "stated"), accuracy != NULL);
	c->state_latency = node_get(doc, node, "latency") != NULL;
}

static bool taken(const struct twin_config *c, const char *name)
{
	return (c->has_meter && strcmp(name, "wall") == 0) || (c->has_powercap && strcmp(name, "rapl") == 0) ||
	       (c->has_rig && strcmp(name, "rig") == 0) || (c->has_hwmon && strcmp(name, TWIN_HWMON) == 0);
}

static void check_one(const struct document *doc, const struct node *node, const struct twin_config *c,
		      const struct instrument_config *i, struct problems *problems)
{
	const struct instrument_family *family = instrument_family_find(i->model);
	struct text models = TEXT_INIT;
	instrument_models(&models);
	if (family == NULL)
		problems_add(problems, doc, node_get(doc, node, "model"), "no instrument of the twin is called \"%s\"; there are: %s", i->model,
			     text_string(&models));
	else if ((family->framing == INSTRUMENT_HTTP) != (strcmp(i->link, "http") == 0))
		problems_add(problems, doc, node_get(doc, node, "link"), "%s is %sreached by http", i->model,
			     family->framing == INSTRUMENT_HTTP ? "only " : "not ");
	if (taken(c, i->name))
		problems_add(problems, doc, node, "the bench has another device called %s", i->name);
	text_free(&models);
}

static bool is_instrument(const struct twin_config *c, const char *name)
{
	for (int i = 0; i < c->n_instruments; i++)
		if (strcmp(c->instruments[i].name, name) == 0)
			return true;
	return false;
}

static void check_faults(const struct document *doc, const struct twin_config *c, struct problems *problems)
{
	const struct node *list = node_get(doc, document_root(doc), "faults");
	for (size_t i = 0; i < node_count(doc, list); i++) {
		const struct node *device = node_get(doc, node_item(doc, list, i), "device");
		const char *whose = node_text(device, "");
		bool hwmon = c->has_hwmon && strcmp(whose, TWIN_HWMON) == 0;
		if (device != NULL && !hwmon && !is_instrument(c, whose))
			problems_add(problems, doc, device, "no instrument is called %s", whose);
	}
}

void config_read_instruments(const struct document *doc, struct twin_config *c, struct problems *problems)
{
	const struct node *map = node_get(doc, document_root(doc), "instruments");
	size_t n = node_count(doc, map);
	for (size_t i = 0; i < n && i < TWIN_INSTRUMENTS; i++) {
		const struct node *key, *node = node_pair(doc, map, i, &key);
		struct instrument_config *one = &c->instruments[c->n_instruments++];
		snprintf(one->name, sizeof one->name, "%s", node_text(key, ""));
		read_one(doc, node, one);
		check_one(doc, node, c, one, problems);
	}
	check_faults(doc, c, problems);
}
