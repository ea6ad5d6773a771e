#include "detect.h"

#include <jansson.h>
#include <stdlib.h>

#define LINES_AT_ONCE 64

/* Texts come from devices: what is no UTF-8 is told as far as it is ASCII. */
static json_t *string(const char *from)
{
	json_t *string = json_string(from);
	struct text text = TEXT_INIT;
	if (string)
		return string;
	for (const char *c = from; *c; c++)
		text_addf(&text, "%c", (unsigned char)*c < 0x80 ? *c : '?');
	string = json_string(text_string(&text));
	text_free(&text);
	return string;
}

static json_t *error_json(const struct error *error)
{
	if (error->code == ERROR_NONE)
		return json_null();
	return json_pack("{s:s, s:o, s:o, s:o}", "code", error_code_name(error->code), "what", string(error->what), "on", string(error->on),
			 "remedy", string(error->remedy));
}

static json_t *identity_json(const struct identity *identity)
{
	return json_pack("{s:o, s:o, s:o, s:o, s:b}", "maker", string(identity->maker), "model", string(identity->model), "serial",
			 string(identity->serial), "firmware", string(identity->firmware), "simulated", identity->simulated);
}

static json_t *entry_json(const struct instrument *instrument)
{
	char head[256];
	struct device_comments comments;
	struct text text = TEXT_INIT;
	instrument_comments(instrument, head, &comments);
	bench_yaml_device(&instrument->config, &comments, &text);
	json_t *entry = string(text_string(&text));
	text_free(&text);
	return entry;
}

static void add_recognised(const struct survey *survey, const struct instrument *instrument, json_t *object)
{
	if (instrument->state != INSTRUMENT_KNOWN)
		return;
	json_object_set_new(object, "driver", json_string(instrument->config.driver));
	json_object_set_new(object, "identity", identity_json(&instrument->identity));
	if (instrument_has_entry(instrument))
		json_object_set_new(object, "bench_entry", entry_json(instrument));
	else
		json_object_set_new(object, "same_as", string(survey->instruments[instrument->same_as].finding.endpoint));
}

static json_t *instrument_json(const struct survey *survey, const struct instrument *instrument)
{
	const struct finding *f = &instrument->finding;
	json_t *object = json_pack("{s:o, s:o, s:o, s:o, s:o, s:b, s:s, s:o}", "endpoint", string(f->endpoint), "node", string(f->node), "maker",
				   string(f->maker), "model", string(f->model), "serial", string(f->serial), "forbidden", f->forbidden, "state",
				   instrument_state_name(instrument->state), "error", error_json(&instrument->error));
	if (f->vendor)
		json_object_set_new(object, "usb", json_sprintf("%04x:%04x", f->vendor, f->product));
	if (instrument->state == INSTRUMENT_STRANGER)
		json_object_set_new(object, "answer", string(instrument->answer));
	add_recognised(survey, instrument, object);
	return object;
}

static json_t *instruments_json(const struct survey *survey, bool ports)
{
	json_t *array = json_array();
	for (size_t i = 0; i < survey->n_instruments; i++)
		if (instrument_is_serial(&survey->instruments[i]) == ports)
			json_array_append_new(array, instrument_json(survey, &survey->instruments[i]));
	return array;
}

static json_t *counters_json(const struct survey *survey)
{
	json_t *array = json_array();
	for (int i = 0; i < survey->n_counters; i++)
		json_array_append_new(array, json_pack("{s:s, s:s, s:b}", "name", survey->counters[i].name, "role",
						       channel_role_name(survey->counters[i].role), "simulated", survey->counters[i].simulated));
	return array;
}

static json_t *interpreters_json(const struct survey *survey)
{
	json_t *array = json_array();
	for (size_t i = 0; i < survey->n_interpreters; i++) {
		const struct interpreter *python = &survey->interpreters[i];
		json_array_append_new(array, json_pack("{s:o, s:o, s:o, s:b, s:b}", "path", string(python->path), "implementation",
						       string(python->implementation), "version", string(python->version), "free_threaded", python->gil_disabled_build, "gil_enabled",
						       python->gil_enabled));
	}
	return array;
}

static json_t *lines_json(const struct gpio_chip *chip)
{
	struct gpio_line_info lines[LINES_AT_ONCE];
	json_t *array = json_array();
	size_t got = LINES_AT_ONCE;
	for (unsigned first = 0; got == LINES_AT_ONCE; first += LINES_AT_ONCE) {
		got = gpio_lines(chip->node, first, lines, LINES_AT_ONCE);
		for (size_t i = 0; i < got; i++)
			json_array_append_new(array, json_pack("{s:i, s:o, s:o, s:b, s:b}", "offset", (int)lines[i].offset, "name",
							       string(lines[i].name), "consumer", string(lines[i].consumer), "used",
							       lines[i].used, "output", lines[i].output));
	}
	return array;
}

static json_t *chips_json(const struct survey *survey)
{
	json_t *array = json_array();
	for (size_t i = 0; i < survey->n_chips; i++) {
		const struct gpio_chip *chip = &survey->chips[i];
		json_array_append_new(array, json_pack("{s:o, s:o, s:b, s:b, s:o}", "node", string(chip->node), "label", string(chip->label),
						       "forbidden", chip->forbidden, "simulated", chip->simulated, "lines", lines_json(chip)));
	}
	return array;
}

int detect_json(const struct survey *survey, struct text *text)
{
	json_t *root = json_pack("{s:o, s:o, s:o, s:o, s:o, s:o}", "instruments", instruments_json(survey, false), "serial_ports",
				 instruments_json(survey, true), "gpio_chips", chips_json(survey), "counters", counters_json(survey), "counters_error",
				 error_json(&survey->counters_error), "interpreters", interpreters_json(survey));
	if (root && survey_forbidden(survey))
		json_object_set_new(root, "access_remedy", json_string(survey_access_remedy()));
	char *dump = root ? json_dumps(root, JSON_INDENT(1)) : NULL;
	json_decref(root);
	if (dump == NULL)
		return -1;
	text_addf(text, "%s\n", dump);
	free(dump);
	return text_failed(text) ? -1 : 0;
}
