#include "heading.h"

#include <string.h>

#include "facts.h"
#include "plain.h"
#include "remaining.h"

#define LABEL_WIDTH 14

void heading_simulated(const struct campaign_file *file, const struct table_options *options, struct text *out)
{
	switch (facts_simulated(file)) {
	case SIMULATED_ALL:
		layout_paragraph(out, options, EMPHASIS_ALARM, 0,
				 "SIMULATED: every energy below comes from a twin; a rehearsal, not evidence");
		break;
	case SIMULATED_SOME:
		layout_paragraph(out, options, EMPHASIS_ALARM, 0,
				 "SIMULATED: some energies below come from a twin; a rehearsal, not evidence");
		break;
	case SIMULATED_NONE:
		break;
	}
}

/* Adds `, ` and the string, made harmless, unless it is empty or NULL. */
static void add_item(struct text *out, const char *before, const char *string)
{
	if (string == NULL || string[0] == '\0')
		return;
	text_add(out, out->length ? before : "");
	plain_add(out, string);
}

static void labelled(struct text *out, const struct table_options *options, const char *label, const struct text *value)
{
	if (value->length == 0)
		return;
	struct text line = TEXT_INIT;
	text_addf(&line, "%-*s", LABEL_WIDTH, label);
	text_add(&line, text_string(value));
	layout_paragraph(out, options, EMPHASIS_NONE, LABEL_WIDTH, text_string(&line));
	out->failed |= line.failed || value->failed;
	text_free(&line);
}

static const char *member(const json_t *object, const char *key)
{
	return json_string_value(json_object_get(object, key));
}

static void describe_device(const json_t *device, struct text *out)
{
	struct text identity = TEXT_INIT;
	add_item(&identity, " ", member(device, "maker"));
	add_item(&identity, " ", member(device, "model"));
	const char *serial = member(device, "serial");
	if (serial && serial[0])
		add_item(&identity, " no. ", serial);
	add_item(out, ", ", member(device, "name"));
	text_addf(out, "%s%s", identity.length ? " = " : "", text_string(&identity));
	if (json_is_true(json_object_get(device, "simulated")))
		text_add(out, " [simulated]");
	out->failed |= identity.failed;
	text_free(&identity);
}

static void say_bench(const struct campaign_file *file, const struct table_options *options, struct text *out)
{
	struct text value = TEXT_INIT, devices = TEXT_INIT;
	add_item(&value, "", facts_string(file, "bench.name"));
	size_t i;
	json_t *device;
	json_array_foreach(facts_at(file, "bench.devices"), i, device)
		describe_device(device, &devices);
	if (devices.length)
		text_addf(&value, "%s%s", value.length ? ": " : "", text_string(&devices));
	const char *trigger = facts_string(file, "trigger.name");
	if (trigger[0])
		add_item(&value, "; trigger ", trigger);
	labelled(out, options, "bench", &value);
	text_free(&devices);
	text_free(&value);
}

static void say_machine(const struct campaign_file *file, const struct table_options *options, struct text *out)
{
	struct text value = TEXT_INIT;
	add_item(&value, "", facts_string(file, "machine.cpu.model"));
	const json_t *cores = facts_at(file, "machine.cpu.cores");
	if (json_is_integer(cores))
		text_addf(&value, "%s%lld cores", value.length ? ", " : "", (long long)json_integer_value(cores));
	labelled(out, options, "machine", &value);
	text_free(&value);
}

static void say_interpreters(const struct campaign_file *file, const struct table_options *options, struct text *out)
{
	struct text value = TEXT_INIT;
	const char *arm;
	json_t *facts;
	json_object_foreach(facts_at(file, "interpreters"), arm, facts) {
		add_item(&value, "; ", arm);
		const char *version = member(facts, "version");
		if (version)
			add_item(&value, " = ", version);
		const json_t *gil = json_object_get(facts, "gil_enabled");
		if (json_is_boolean(gil))
			text_add(&value, json_is_true(gil) ? ", GIL on" : ", GIL off");
	}
	labelled(out, options, "interpreters", &value);
	text_free(&value);
}

static void say_origin(const struct campaign_file *file, const struct table_options *options, struct text *out)
{
	struct text value = TEXT_INIT;
	add_item(&value, "", facts_string(file, "started"));
	const json_t *seed = facts_at(file, "seed");
	if (json_is_integer(seed))
		text_addf(&value, "%sseed %lld", value.length ? ", " : "", (long long)json_integer_value(seed));
	if (facts_string(file, "version")[0])
		add_item(&value, ", joulerig ", facts_string(file, "version"));
	if (facts_string(file, "uuid")[0])
		add_item(&value, ", ", facts_string(file, "uuid"));
	labelled(out, options, "campaign", &value);
	text_free(&value);
}

static void say_remaining(const struct campaign_file *file, const struct table_options *options, struct text *out)
{
	struct text said = TEXT_INIT;
	remaining_say(file, &said);
	if (said.length)
		layout_paragraph(out, options, EMPHASIS_CAUTION, 2, text_string(&said));
	out->failed |= said.failed;
	text_free(&said);
}

void heading_campaign(const struct campaign_file *file, const struct table_options *options, struct text *out)
{
	heading_simulated(file, options, out);
	struct text title = TEXT_INIT;
	plain_add(&title, facts_string(file, "title"));
	if (title.length)
		layout_paragraph(out, options, EMPHASIS_STRONG, 0, text_string(&title));
	out->failed |= title.failed;
	text_free(&title);
	say_bench(file, options, out);
	say_machine(file, options, out);
	say_interpreters(file, options, out);
	say_origin(file, options, out);
	say_remaining(file, options, out);
}
