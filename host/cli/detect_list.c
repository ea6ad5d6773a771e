#include "detect.h"

#include <stdio.h>
#include <string.h>

#define LINES_AT_ONCE 64

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
	text_addf(text, "%sknown to %s; its entry below 'devices:' of a bench file\n", instrument->identity.simulated ? "SIMULATED, " : "",
		  instrument->config.driver);
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

/* Free lines: `0 "start", 1 "stop", 2-7`; those without a name are told as ranges. */
struct line_list {
	struct text *text;
	const char *before;
	unsigned from, next; /* a range that is not told yet: [from, next) */
};

static void end_range(struct line_list *list)
{
	if (list->next > list->from) {
		text_addf(list->text, "%s%u", list->before, list->from);
		if (list->next > list->from + 1)
			text_addf(list->text, "-%u", list->next - 1);
		list->before = ", ";
	}
	list->from = list->next = 0;
}

static void add_line(struct line_list *list, const struct gpio_line_info *line)
{
	bool goes_on = !line->used && line->name[0] == '\0' && list->next == line->offset;
	if (!goes_on)
		end_range(list);
	if (line->used)
		return;
	if (line->name[0]) {
		text_addf(list->text, "%s%u \"%s\"", list->before, line->offset, line->name);
		list->before = ", ";
		return;
	}
	if (list->next == list->from)
		list->from = line->offset;
	list->next = line->offset + 1;
}

static void add_free_lines(const struct gpio_chip *chip, struct text *text)
{
	struct gpio_line_info lines[LINES_AT_ONCE];
	struct line_list list = { .text = text, .before = "" };
	size_t got = LINES_AT_ONCE;
	for (unsigned first = 0; got == LINES_AT_ONCE; first += LINES_AT_ONCE) {
		got = gpio_lines(chip->node, first, lines, LINES_AT_ONCE);
		for (size_t i = 0; i < got; i++)
			add_line(&list, &lines[i]);
	}
	end_range(&list);
	text_add(text, list.before[0] ? "\n" : "none\n");
}

/* By its label, which stays when chips are numbered anew, where that means this chip alone. */
static void add_chip_endpoint(const struct survey *survey, const struct gpio_chip *chip, struct text *text)
{
	char uri[sizeof "gpio://" + sizeof chip->label];
	struct endpoint endpoint;
	size_t namesakes = 0;
	snprintf(uri, sizeof uri, "gpio://%s", chip->label);
	for (size_t i = 0; i < survey->n_chips; i++)
		namesakes += strcmp(survey->chips[i].label, chip->label) == 0;
	if (namesakes == 1 && !strpbrk(chip->label, "/?:[") && endpoint_parse(uri, &endpoint, NULL) == 0)
		text_add(text, uri);
	else
		text_addf(text, "gpio://%s", chip->node);
}

static void list_chips(const struct survey *survey, struct text *text)
{
	size_t usable = 0;
	for (size_t i = 0; i < survey->n_chips; i++) {
		const struct gpio_chip *chip = &survey->chips[i];
		if (chip->forbidden) {
			text_addf(text, "gpio %s: forbidden to this user\n", chip->node);
			continue;
		}
		text_add(text, "gpio ");
		add_chip_endpoint(survey, chip, text);
		text_addf(text, " (%s)%s: %u lines, free ", chip->node, chip->simulated ? " SIMULATED" : "", chip->lines);
		add_free_lines(chip, text);
		usable++;
	}
	if (usable > 0)
		text_add(text, "gpio: a line that is wired is a trigger: driver gpiod, see 'joulerig detect --drivers gpiod'\n");
	if (survey->n_chips == 0)
		text_add(text, "gpio: no chip\n");
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
	list_chips(survey, text);
	list_counters(survey, text);
	list_interpreters(survey, text);
	if (survey_forbidden(survey))
		text_addf(text, "forbidden: %s\n", survey_access_remedy());
}
