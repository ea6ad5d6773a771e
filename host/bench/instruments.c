#include "instruments.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "log.h"

#define OPEN_PATIENCE (3 * NS_PER_S)
#define ANSWER_PATIENCE (1 * NS_PER_S)

const char *instrument_state_name(enum instrument_state state)
{
	static const char *const names[INSTRUMENT_STATES] = {
		[INSTRUMENT_UNASKED] = "unasked", [INSTRUMENT_KNOWN] = "known", [INSTRUMENT_STRANGER] = "stranger",
		[INSTRUMENT_UNREACHABLE] = "unreachable",
	};
	return (unsigned)state < INSTRUMENT_STATES ? names[state] : "unknown";
}

/* ---- finding ---- */

static bool has_scheme(const char *uri, const char *scheme)
{
	size_t length = strlen(scheme);
	return strncmp(uri, scheme, length) == 0 && strncmp(uri + length, "://", 3) == 0;
}

bool instrument_is_serial(const struct instrument *instrument)
{
	return has_scheme(instrument->finding.endpoint, "serial");
}

/* The driver whose own it is, by what the link sees; NULL: nobody's. */
static const struct driver *owner_of(const struct instrument *instrument)
{
	for (const struct driver *const *d = drivers; *d; d++)
		if ((*d)->claims && (*d)->claims(&instrument->finding))
			return *d;
	return NULL;
}

bool instrument_may_be_asked(const struct instrument *instrument)
{
	return !instrument_is_serial(instrument) || owner_of(instrument) != NULL;
}

static void begin(struct instrument *instrument, const struct finding *finding)
{
	memset(instrument, 0, sizeof *instrument);
	instrument->finding = *finding;
	instrument->same_as = -1;
}

/* Serial ports last: where an instrument is seen over two links, the one that says what is at its end comes first. */
static int by_endpoint(const void *a, const void *b)
{
	int order = (int)instrument_is_serial(a) - (int)instrument_is_serial(b);
	return order ? order : strverscmp(((const struct instrument *)a)->finding.endpoint, ((const struct instrument *)b)->finding.endpoint);
}

size_t instruments_find(struct instrument *list, size_t max)
{
	struct finding found[INSTRUMENTS_MAX];
	size_t n = 0;
	for (const struct link_ops *const *kind = link_kinds; *kind; kind++) {
		if ((*kind)->find == NULL)
			continue;
		memset(found, 0, sizeof found);
		size_t there = (*kind)->find(found, INSTRUMENTS_MAX);
		for (size_t i = 0; i < there && i < INSTRUMENTS_MAX && n < max; i++)
			begin(&list[n++], &found[i]);
	}
	qsort(list, n, sizeof *list, by_endpoint);
	return n;
}

bool instrument_is_at(const struct instrument *instrument, const struct endpoint *endpoint)
{
	const struct finding *finding = &instrument->finding;
	size_t length = strcspn(endpoint->text, "?");
	if (strcspn(finding->endpoint, "?") == length && strncmp(finding->endpoint, endpoint->text, length) == 0)
		return true;
	return finding->node[0] && strcmp(endpoint->scheme, "serial") == 0 && strcmp(finding->node, endpoint->path) == 0;
}

int instrument_named(const char *uri, struct instrument *instrument, struct error *error)
{
	struct endpoint endpoint;
	struct finding finding = { .vendor = 0 };
	if (endpoint_parse(uri, &endpoint, error) != 0)
		return -1;
	memcpy(finding.endpoint, endpoint.text, sizeof finding.endpoint);
	begin(instrument, &finding);
	return 0;
}

/* ---- asking ---- */

static bool takes(const struct driver *driver, const char *scheme)
{
	for (const char *const *s = driver->schemes; s && *s; s++)
		if (strcmp(*s, scheme) == 0)
			return true;
	return false;
}

/* What can stand in a bench file as a serial number, and be compared with it. */
static bool is_text(const char *text)
{
	for (; *text; text++)
		if ((unsigned char)*text < ' ' || (unsigned char)*text > '~')
			return false;
	return true;
}

static void complete(struct instrument *instrument)
{
	struct device_config *config = &instrument->config;
	if (config->serial[0] == '\0')
		snprintf(config->serial, sizeof config->serial, "%s", instrument->identity.serial);
	if (!is_text(config->serial))
		config->serial[0] = '\0';
	instrument->state = INSTRUMENT_KNOWN;
}

/* What a driver of its own port asks is not for others, nor others' questions for it. */
static bool should_ask(const struct instrument *instrument, const struct driver *driver)
{
	const struct driver *owner = owner_of(instrument);
	return owner ? driver == owner : !(driver->claims && !driver->elsewhere && instrument_is_serial(instrument));
}

/* Lets each driver look. True when someone has answered, known or not; else the error says what was wrong with the answer. */
static bool recognise(struct instrument *instrument, struct link *link, const struct endpoint *endpoint, struct timebase *timebase)
{
	bool answered = false;
	for (const struct driver *const *d = drivers; *d; d++) {
		if ((*d)->probe == NULL || !takes(*d, endpoint->scheme) || !should_ask(instrument, *d))
			continue;
		struct error error = ERROR_INIT;
		device_config_default(&instrument->config, "instrument", (*d)->name);
		instrument->config.endpoint = *endpoint;
		if ((*d)->probe(link, timebase, &instrument->config, &instrument->identity, &error) == 0) {
			complete(instrument);
			return true;
		}
		answered = answered || error.code == ERROR_NOT_FOUND;
		if (instrument->error.code == ERROR_NONE || error.code != ERROR_TIMEOUT) /* nobody's silence hides what another found */
			instrument->error = error;
	}
	return answered;
}

/* Someone is there whom no driver knows: its name, as most instruments tell it. */
static void ask_name(struct instrument *instrument, struct link *link, struct timebase *timebase)
{
	instrument->state = INSTRUMENT_STRANGER;
	link_clear(link, timebase->now(timebase) + ANSWER_PATIENCE);
	if (link_query(link, "*IDN?", instrument->answer, sizeof instrument->answer, timebase->now(timebase) + ANSWER_PATIENCE) != IO_OK ||
	    !is_text(instrument->answer))
		instrument->answer[0] = '\0';
}

static bool somebody_asks_over(const char *scheme)
{
	for (const struct driver *const *d = drivers; *d; d++)
		if ((*d)->probe && takes(*d, scheme))
			return true;
	return false;
}

/* Once, at exactly this endpoint. True when there is no point in another speed. */
static bool ask_at(struct instrument *instrument, const char *uri, struct timebase *timebase)
{
	struct endpoint endpoint;
	instrument->error = (struct error)ERROR_INIT;
	instrument->state = INSTRUMENT_UNREACHABLE;
	if (endpoint_parse(uri, &endpoint, &instrument->error) != 0)
		return true;
	if (!somebody_asks_over(endpoint.scheme)) {
		error_set(&instrument->error, ERROR_UNSUPPORTED, uri, NULL, "no driver of this build can ask over %s", endpoint.scheme);
		return true;
	}
	log_say(LOG_LEVEL_INFO, "asking %s", uri);
	struct link *link = link_open(&endpoint, timebase, timebase->now(timebase) + OPEN_PATIENCE, &instrument->error);
	if (link == NULL)
		return true;
	bool answered = recognise(instrument, link, &endpoint, timebase);
	if (answered && instrument->state != INSTRUMENT_KNOWN)
		ask_name(instrument, link, timebase);
	link_close(link);
	return answered;
}

void instrument_ask(struct instrument *instrument, struct timebase *timebase)
{
	static const char *const speeds[] = { "9600", "115200", "57600", "38400", "19200" };
	char uri[sizeof instrument->finding.endpoint + 16];
	if (instrument_may_be_asked(instrument) || strchr(instrument->finding.endpoint, '?')) {
		ask_at(instrument, instrument->finding.endpoint, timebase);
		return;
	}
	for (size_t i = 0; i < sizeof speeds / sizeof *speeds; i++) {
		snprintf(uri, sizeof uri, "%s?baud=%s", instrument->finding.endpoint, speeds[i]);
		if (ask_at(instrument, uri, timebase))
			return;
	}
	instrument->error = (struct error)ERROR_INIT;
	error_set(&instrument->error, ERROR_TIMEOUT, instrument->finding.endpoint, "name the speed if it is another one: ?baud=4800",
		  "nobody that a driver could understand has answered, at none of the usual speeds");
}

/* ---- on a bench ---- */

static bool is_same(const struct instrument *a, const struct instrument *b)
{
	return a->state == INSTRUMENT_KNOWN && b->state == INSTRUMENT_KNOWN && a->config.serial[0] &&
	       strcmp(a->config.serial, b->config.serial) == 0 && strcmp(a->identity.model, b->identity.model) == 0;
}

bool instrument_has_entry(const struct instrument *instrument)
{
	return instrument->state == INSTRUMENT_KNOWN && instrument->same_as < 0;
}

bool instrument_is_trigger(const struct instrument *instrument)
{
	const struct driver *driver = instrument->state == INSTRUMENT_KNOWN ? driver_find(instrument->config.driver) : NULL;
	return driver && driver->trigger;
}

static void name(struct instrument *instrument, const char *first, const char *others, size_t number)
{
	snprintf(instrument->config.name, sizeof instrument->config.name, number == 1 ? "%s" : "%s-%zu", number == 1 ? first : others, number);
}

size_t instruments_assign(struct instrument *list, size_t n)
{
	size_t known = 0, triggers = 0;
	for (size_t i = 0; i < n; i++) {
		for (size_t j = 0; j < i && list[i].same_as < 0; j++)
			if (is_same(&list[i], &list[j]))
				list[i].same_as = (int)j;
		if (!instrument_has_entry(&list[i]))
			continue;
		if (instrument_is_trigger(&list[i])) {
			name(&list[i], "rig", "rig", ++triggers);
			continue;
		}
		list[i].config.measures = ++known == 1 ? ROLE_WALL : ROLE_NONE;
		name(&list[i], "wall", "meter", known);
	}
	return known;
}

void instrument_say_doubts(const struct instrument *instrument)
{
	for (int i = 0; i < DOUBTS; i++)
		if (instrument->config.doubt[i][0])
			log_say(LOG_LEVEL_WARNING, "%s: %s", instrument->config.endpoint.text, instrument->config.doubt[i]);
}

static const char *ranges_comment(const struct device_config *config)
{
	if (config->doubt[DOUBT_RANGES][0])
		return config->doubt[DOUBT_RANGES];
	if (config->voltage_range <= 0 && config->current_range <= 0)
		return NULL;
	return config->ranges_automatic ? "chosen by the meter itself for the load of the moment: say the smallest that is never exceeded"
					: "as they are set; best are the smallest that are never exceeded";
}

void instrument_comments(const struct instrument *instrument, char head[256], struct device_comments *comments)
{
	const struct identity *identity = &instrument->identity;
	snprintf(head, 256, "%s %s no. %s, firmware %s%s", identity->maker, identity->model, identity->serial, identity->firmware,
		 identity->simulated ? ": SIMULATED, a twin" : "");
	for (char *c = head; *c; c++)
		if ((unsigned char)*c < ' ' || (unsigned char)*c > '~')
			*c = '?';
	comments->device = head;
	comments->measures = instrument_is_trigger(instrument) ? "write trigger: with this name, and its options as it is wired"
		: instrument->config.measures == ROLE_WALL ? "what the machine draws from its supply; check for a meter in series with another"
		: "say wall if it feeds a second supply, check if it is in series with the first";
	comments->ranges = ranges_comment(&instrument->config);
	comments->values = instrument->config.doubt[DOUBT_VALUES][0] ? instrument->config.doubt[DOUBT_VALUES] : NULL;
	comments->options = instrument->config.doubt[DOUBT_OPTIONS][0] ? instrument->config.doubt[DOUBT_OPTIONS] : NULL;
}
