#include "survey.h"

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "log.h"

#define ACCESS_GROUP "plugdev"
#define GROUPS_MAX 256

static void counters_config(struct bench_config *config)
{
	*config = (struct bench_config){ .n_devices = 1 };
	bench_counters(&config->devices[0]);
}

static void take_counters(struct survey *survey)
{
	struct bench_config config;
	counters_config(&config);
	struct bench *bench = bench_open(&config, &surroundings_lab, &survey->counters_error);
	if (bench == NULL)
		return;
	survey->n_counters = bench_channels(bench);
	for (int i = 0; i < survey->n_counters; i++)
		survey->counters[i] = *bench_channel(bench, i);
	bench_close(bench);
}

static struct instrument *listed(struct survey *survey, const struct endpoint *endpoint)
{
	for (size_t i = 0; i < survey->n_instruments; i++)
		if (instrument_is_at(&survey->instruments[i], endpoint))
			return &survey->instruments[i];
	return NULL;
}

/* One that the user names. Where it is in the list already it keeps the name that it has there, with the line settings given. */
static struct instrument *add_named(struct survey *survey, const char *uri, struct error *error)
{
	struct endpoint endpoint;
	if (endpoint_parse(uri, &endpoint, error) != 0)
		return NULL;
	struct instrument *instrument = listed(survey, &endpoint);
	if (instrument) {
		size_t length = strcspn(instrument->finding.endpoint, "?");
		if (endpoint.query[0])
			snprintf(instrument->finding.endpoint + length, sizeof instrument->finding.endpoint - length, "?%s", endpoint.query);
		return instrument;
	}
	if (survey->n_instruments == INSTRUMENTS_MAX) {
		error_set(error, ERROR_USAGE, uri, NULL, "more than %d instruments", INSTRUMENTS_MAX);
		return NULL;
	}
	instrument = &survey->instruments[survey->n_instruments++];
	return instrument_named(uri, instrument, error) == 0 ? instrument : NULL;
}

static int ask_named(struct survey *survey, const struct survey_request *request, struct error *error)
{
	for (int i = 0; i < request->n_endpoints; i++) {
		struct instrument *instrument = add_named(survey, request->endpoints[i], error);
		if (instrument == NULL)
			return -1;
		instrument_ask(instrument, surroundings_lab.timebase);
	}
	return 0;
}

static int take_instruments(struct survey *survey, const struct survey_request *request, struct error *error)
{
	survey->n_instruments = instruments_find(survey->instruments, INSTRUMENTS_MAX);
	size_t found = survey->n_instruments;
	if (ask_named(survey, request, error) != 0)
		return -1;
	for (size_t i = 0; i < found; i++)
		if (survey->instruments[i].state == INSTRUMENT_UNASKED &&
		    (request->ask_ports || instrument_may_be_asked(&survey->instruments[i])))
			instrument_ask(&survey->instruments[i], surroundings_lab.timebase);
	survey->n_known = instruments_assign(survey->instruments, survey->n_instruments);
	for (size_t i = 0; i < survey->n_instruments; i++)
		if (instrument_has_entry(&survey->instruments[i]))
			instrument_say_doubts(&survey->instruments[i]);
	return 0;
}

int survey_take(struct survey *survey, const struct survey_request *request, struct error *error)
{
	memset(survey, 0, sizeof *survey);
	survey->instruments = calloc(INSTRUMENTS_MAX, sizeof *survey->instruments);
	if (survey->instruments == NULL)
		return error_set(error, ERROR_INTERNAL, NULL, NULL, "out of memory");
	if (take_instruments(survey, request, error) != 0)
		return -1;
	take_counters(survey);
	survey->n_chips = gpio_chips(survey->chips, SURVEY_CHIPS_MAX);
	if (!request->interpreters)
		return 0;
	return interpreter_discover(&survey->interpreters, &survey->n_interpreters, error);
}

void survey_free(struct survey *survey)
{
	free(survey->instruments);
	free(survey->interpreters);
	memset(survey, 0, sizeof *survey);
}

/* ---- access ---- */

bool survey_forbidden(const struct survey *survey)
{
	bool forbidden = survey->counters_error.code == ERROR_PERMISSION;
	for (size_t i = 0; i < survey->n_instruments; i++)
		forbidden = forbidden || survey->instruments[i].finding.forbidden || survey->instruments[i].error.code == ERROR_PERMISSION;
	for (size_t i = 0; i < survey->n_chips; i++)
		forbidden = forbidden || survey->chips[i].forbidden;
	return forbidden;
}

static bool in_groups(gid_t wanted, const gid_t *groups, int n)
{
	for (int i = 0; i < n; i++)
		if (groups[i] == wanted)
			return true;
	return false;
}

/* The user is a member, but this login is older than that. */
static bool login_is_older(void)
{
	gid_t now[GROUPS_MAX], listed[GROUPS_MAX];
	const struct group *group = getgrnam(ACCESS_GROUP);
	if (group == NULL)
		return false;
	gid_t wanted = group->gr_gid;
	const struct passwd *user = getpwuid(getuid());
	int n_now = getgroups(GROUPS_MAX, now), n_listed = GROUPS_MAX;
	return user && getgrouplist(user->pw_name, user->pw_gid, listed, &n_listed) >= 0 && in_groups(wanted, listed, n_listed) &&
	       !in_groups(wanted, now, n_now) && getegid() != wanted;
}

const char *survey_access_remedy(void)
{
	return login_is_older() ? "log out and in again: this user is in the group " ACCESS_GROUP " since, but this login is not" : ACCESS_REMEDY;
}

/* ---- the bench file ---- */

static int nothing(const struct survey *survey, struct error *error)
{
	for (size_t i = 0; i < survey->n_instruments; i++)
		if (survey->instruments[i].state == INSTRUMENT_UNREACHABLE) {
			*error = survey->instruments[i].error;
			return -1;
		}
	*error = survey->counters_error;
	return -1;
}

static void say_what_is_not_there(const struct survey *survey)
{
	char line[1024];
	if (survey->counters_error.code != ERROR_NONE)
		log_say(LOG_LEVEL_WARNING, "without counters: %s", error_line(&survey->counters_error, line, sizeof line));
	if (survey->n_known == 0)
		log_say(LOG_LEVEL_WARNING, "without a meter: no instrument was recognised, so nothing here measures the wall");
	if (survey->n_known > 1)
		log_say(LOG_LEVEL_WARNING, "several instruments: say in the file what each of them measures; only the first counts until then");
}

static bool is_simulated(const struct survey *survey)
{
	for (size_t i = 0; i < survey->n_instruments; i++)
		if (instrument_has_entry(&survey->instruments[i]) && survey->instruments[i].identity.simulated)
			return true;
	return survey->n_counters > 0 && survey->counters[0].simulated;
}

static void begin_bench(const struct survey *survey, struct bench_config *config, struct text *text)
{
	char host[64] = "this machine";
	gethostname(host, sizeof host - 1);
	*config = (struct bench_config){ .supply_lag = 20 * NS_PER_MS, .trigger = "software" };
	snprintf(config->name, sizeof config->name, "%s%s", host, is_simulated(survey) ? " (simulated)" : "");
	text_add(text, "# Written by joulerig detect, which cannot know `dut`: the mains frequency, and how late the supply may pass on a load step.\n"
		       "# Then `joulerig calibrate --bench FILE --write` finds how late the meter is.\n");
	if (is_simulated(survey))
		text_add(text, "# This bench is SIMULATED.\n");
}

int survey_bench(const struct survey *survey, struct text *text, struct error *error)
{
	struct bench_config config;
	struct device_comments comments[BENCH_DEVICES_MAX] = { { .device = NULL } };
	char heads[BENCH_DEVICES_MAX][256];
	begin_bench(survey, &config, text);
	for (size_t i = 0; i < survey->n_instruments && config.n_devices < BENCH_DEVICES_MAX - 1; i++)
		if (instrument_has_entry(&survey->instruments[i])) {
			instrument_comments(&survey->instruments[i], heads[config.n_devices], &comments[config.n_devices]);
			config.devices[config.n_devices++] = survey->instruments[i].config;
		}
	if (survey->n_counters > 0)
		bench_counters(&config.devices[config.n_devices++]);
	if (config.n_devices == 0)
		return nothing(survey, error);
	say_what_is_not_there(survey);
	bench_yaml(&config, comments, text);
	return text_failed(text) ? error_errno(error, ENOMEM, NULL, NULL, "cannot write the bench file") : 0;
}
