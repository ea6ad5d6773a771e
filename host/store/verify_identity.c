/* What a run says of itself, in its header and notes. */
#include <string.h>

#include "result.h"
#include "run_model.h"
#include "verify_model.h"

#define HEADER RUN_LOG_GROUP "/header"
#define NOTES RUN_LOG_GROUP "/notes"

static const char *text_of(const json_t *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object, key));
	return text ? text : "";
}

static void check_number(struct verify *verify, const json_t *header, uint32_t number)
{
	const json_t *run = json_object_get(header, "run");
	if (!json_is_integer(run) || json_integer_value(run) < 1 || json_integer_value(run) > 999999)
		verify_say(verify, FINDING_PROBLEM, HEADER, "it does not say which run this is");
	else if (number != 0 && json_integer_value(run) != number)
		verify_say(verify, FINDING_PROBLEM, HEADER, "it says that this is run %lld", (long long)json_integer_value(run));
}

static bool device_simulated(const json_t *header, const char *name, bool *known)
{
	size_t i;
	json_t *device;
	*known = false;
	json_array_foreach(json_object_get(json_object_get(header, "bench"), "devices"), i, device)
		if (strcmp(text_of(device, "name"), name) == 0) {
			*known = true;
			return json_is_true(json_object_get(device, "simulated"));
		}
	return false;
}

static bool any_device_simulated(const json_t *header)
{
	size_t i;
	json_t *device;
	json_array_foreach(json_object_get(json_object_get(header, "bench"), "devices"), i, device)
		if (json_is_true(json_object_get(device, "simulated")))
			return true;
	return false;
}

/* What is simulated must say so everywhere; views and attributes follow from the header. */
static void check_simulated(struct verify *verify, const struct run *run)
{
	bool any = any_device_simulated(run->header), known;
	for (size_t i = 0; i < run->n_channels; i++) {
		const struct run_channel *c = &run->channels[i];
		bool device = device_simulated(run->header, c->device, &known);
		any = any || c->channel.simulated;
		if (known && device != c->channel.simulated)
			verify_say(verify, FINDING_PROBLEM, HEADER, "%s is %ssimulated, and its device is %s", c->channel.name,
				   c->channel.simulated ? "" : "not ", device ? "simulated" : "not");
	}
	if (json_is_true(json_object_get(run->header, "simulated")) != any)
		verify_say(verify, FINDING_PROBLEM, HEADER, "the run is %s simulated, and %s of its devices is", any ? "not called" : "called",
			   any ? "one" : "none");
}

static void check_notes(struct verify *verify, const struct run *run)
{
	const char *status = text_of(run->notes, "status");
	if (run_status_parse(status) < 0)
		verify_say(verify, FINDING_PROBLEM, NOTES, "%s%s", status[0] ? "this is no status of a run: " : "they have no status", status);
	else if (run->damage > 0 && run_status_parse(status) == RUN_OK)
		verify_say(verify, FINDING_PROBLEM, RUN_LOG_GROUP, "%llu bytes of the journal were damaged, and the run is called ok",
			   (unsigned long long)run->damage);
}

void verify_origin_of(struct verify *verify, const json_t *header)
{
	struct verify_origin *origin = verify->origin;
	const char *plan = text_of(header, "plan_sha256"), *bench = text_of(header, "bench_sha256");
	if (origin == NULL)
		return;
	if (origin->uuid[0] && strcmp(text_of(header, "campaign"), origin->uuid) != 0)
		verify_say(verify, FINDING_PROBLEM, HEADER, "the run is of another campaign: %s", text_of(header, "campaign"));
	if (plan[0] && strcmp(plan, origin->plan_sha256) != 0 && !origin->plan_told) {
		origin->plan_told = true;
		verify_say(verify, FINDING_PROBLEM, HEADER, "the run was made by another plan than the one kept: SHA-256 %s", plan);
	}
	if (bench[0] && strcmp(bench, origin->bench_sha256) != 0 && !origin->bench_told) {
		origin->bench_told = true;
		verify_say(verify, FINDING_PROBLEM, HEADER, "the run was made on another bench than the one kept: SHA-256 %s", bench);
	}
}

void verify_identity(struct verify *verify, const struct run *run, uint32_t number)
{
	if (strcmp(text_of(run->header, "joulerig"), "run 1") != 0)
		verify_say(verify, FINDING_PROBLEM, HEADER, "it is no header of joulerig's, version 1");
	check_number(verify, run->header, number);
	check_simulated(verify, run);
	check_notes(verify, run);
	verify_origin_of(verify, run->header);
}
