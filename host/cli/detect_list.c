#include "detect.h"

#include <string.h>

static void add_identity(const struct finding *finding, struct text *text)
{
	const char *const parts[] = { finding->maker, finding->model, finding->serial[0] ? "no." : "", finding->serial };
	for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
		if (parts[i][0])
			text_addf(text, " %s", parts[i]);
}

/* " (/dev/ttyUSB0, 0403:6001, FTDI FT232R no. A1)", as far as it is known. */
static void add_place(const struct finding *finding, struct text *text)
{
	const char *before = " (";
	if (finding->node[0]) {
		text_addf(text, "%s%s", before, finding->node);
		before = ", ";
	}
	if (finding->vendor) {
		text_addf(text, "%s%04x:%04x", before, finding->vendor, finding->product);
		add_identity(finding, text);
		before = ", ";
	}
	text_add(text, before[0] == ',' ? ")" : "");
}

static void add_entry(const struct instrument *instrument, struct text *text)
{
	char head[256];
	struct device_comments comments;
	instrument_comments(instrument, head, &comments);
	text_addf(text, "recognised by %s; below 'devices:' of a bench file stands\n", instrument->config.driver);
	bench_yaml_device(&instrument->config, &comments, text);
}

static void add_state(const struct survey *survey, const struct instrument *instrument, struct text *text)
{
	char line[1024];
	if (instrument->same_as >= 0)
		text_addf(text, "the same instrument as %s\n", survey->instruments[instrument->same_as].finding.endpoint);
	else if (instrument->state == INSTRUMENT_KNOWN)
		add_entry(instrument, text);
	else if (instrument->state == INSTRUMENT_STRANGER)
		text_addf(text, "no driver knows it (it says \"%s\"): see joulerig detect --drivers; CONTRIBUTING.md tells how to add a meter\n",
			  instrument->answer);
	else if (instrument->finding.forbidden)
		text_add(text, "forbidden to this user\n");
	else if (instrument->state == INSTRUMENT_UNREACHABLE)
		text_addf(text, "%s\n", error_line(&instrument->error, line, sizeof line));
	else
		text_add(text, "not asked\n");
}

static void list_instruments(const struct survey *survey, struct text *text)
{
	size_t ports = 0, others = 0, unasked = 0;
	for (size_t i = 0; i < survey->n_instruments; i++) {
		const struct instrument *instrument = &survey->instruments[i];
		bool port = instrument_is_serial(instrument);
		ports += port;
		others += !port;
		unasked += instrument->state == INSTRUMENT_UNASKED && !instrument->finding.forbidden;
		text_addf(text, "%s %s", port ? "serial" : "instrument", instrument->finding.endpoint);
		add_place(&instrument->finding, text);
		text_add(text, ": ");
		add_state(survey, instrument, text);
	}
	if (others == 0)
		text_add(text, "instrument: none on USB (what has an interface of class fe, subclass 03 was looked for: USBTMC)\n");
	if (ports == 0)
		text_add(text, "serial: no port\n");
	if (unasked > 0)
		text_add(text, "serial: 'joulerig detect --ask [ENDPOINT]' asks who is there; what is no instrument may be disturbed by it\n");
}

static void list_counters(const struct survey *survey, struct text *text)
{
	char line[1024];
	for (int i = 0; i < survey->n_counters; i++)
		text_addf(text, "counter %s (%s)%s\n", survey->counters[i].name, channel_role_name(survey->counters[i].role),
			  survey->counters[i].simulated ? " SIMULATED" : "");
	if (survey->n_counters == 0)
		text_addf(text, "counter: %s\n", error_line(&survey->counters_error, line, sizeof line));
}

static void list_interpreters(const struct survey *survey, struct text *text)
{
	for (size_t i = 0; i < survey->n_interpreters; i++) {
		const struct interpreter *python = &survey->interpreters[i];
		text_addf(text, "python %-8s %-13s GIL %-3s  %s\n", python->version, python->gil_disabled_build ? "free-threaded" : "standard",
			  python->gil_enabled ? "on" : "off", python->path);
	}
	if (survey->n_interpreters == 0)
		text_add(text, "python: none found; ./scripts/get-pythons builds both arms\n");
}

void detect_list(const struct survey *survey, struct text *text)
{
	list_instruments(survey, text);
	list_counters(survey, text);
	list_interpreters(survey, text);
	if (survey_forbidden(survey))
		text_addf(text, "forbidden: %s\n", survey_access_remedy());
}
