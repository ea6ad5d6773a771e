#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "audit_evidence.h"
#include "certificate.h"
#include "clock.h"
#include "facts.h"
#include "run_in.h"
#include "view.h"

static const char *member(const json_t *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object, key));
	return text ? text : "";
}

static int no_memory(struct error *error)
{
	return error_set(error, ERROR_INTERNAL, NULL, NULL, "out of memory");
}

/* ---- where it is ---- */

static bool is_directory(const char *path)
{
	struct stat status;
	return stat(path, &status) == 0 && S_ISDIR(status.st_mode);
}

/* Of a directory, or the campaign.h5 in it; "" of a pack. */
static void directory_of(const char *path, char directory[PATH_MAX])
{
	const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path;
	directory[0] = '\0';
	if (is_directory(path))
		snprintf(directory, PATH_MAX, "%s", path);
	else if (strcmp(name, "campaign.h5") == 0)
		snprintf(directory, PATH_MAX, "%.*s", slash ? (int)(slash - path) : 1, slash ? path : ".");
}

/* ---- devices ---- */

static void fill_device(const json_t *facts, struct audit_device *device)
{
	const json_t *certificate = json_object_get(facts, "certificate");
	*device = (struct audit_device){
		.name = member(facts, "name"), .maker = member(facts, "maker"), .model = member(facts, "model"), .serial = member(facts, "serial"),
		.simulated = json_is_true(json_object_get(facts, "simulated")), .certified = json_is_object(certificate),
		.certificate = member(certificate, "number"), .certificate_serial = member(certificate, "serial"),
		.issued = certificate_day(member(certificate, "issued")),
	};
}

static int gather_devices(const struct campaign_file *file, struct audit_evidence *e, struct error *error)
{
	json_t *list = facts_at(file, "bench.devices");
	e->n_devices = (int)json_array_size(list);
	e->devices = calloc((size_t)e->n_devices + 1, sizeof *e->devices);
	if (e->devices == NULL)
		return no_memory(error);
	for (int i = 0; i < e->n_devices; i++)
		fill_device(json_array_get(list, (size_t)i), &e->devices[i]);
	return 0;
}

/* ---- the ranging pass ---- */

static bool same_instruments(const struct campaign_file *a, const struct campaign_file *b)
{
	json_t *of_a = facts_at(a, "bench.devices"), *of_b = facts_at(b, "bench.devices");
	size_t i;
	json_t *device;
	if (json_array_size(of_a) != json_array_size(of_b))
		return false;
	json_array_foreach(of_a, i, device)
		if (strcmp(member(device, "serial"), member(json_array_get(of_b, i), "serial")) != 0)
			return false;
	return true;
}

static double power_in(const struct campaign_file *pass, const struct audit_run *run)
{
	double sum = 0;
	int n = 0;
	for (size_t i = 0; i < pass->n_results; i++) {
		const struct result *r = &pass->results[i];
		const struct energy *wall = view_energy(r, "wall");
		bool same = strcmp(r->workload, run->workload) == 0 && strcmp(r->point, run->point) == 0 && strcmp(r->arm, run->arm) == 0;
		if (!same || strcmp(r->phase, facts_phase(pass, r->workload)) != 0 || wall == NULL)
			continue;
		sum += wall->power;
		n++;
	}
	return n > 0 ? sum / n : NAN;
}

/* It is a campaign of its own beside this one, with the same instruments (ranging.h). A pack has none beside it. */
static void gather_ranging(const char *path, const struct campaign_file *file, struct audit_evidence *e)
{
	char own[PATH_MAX], directory[PATH_MAX + 16];
	struct campaign_file pass = { .facts = NULL };
	struct error why = ERROR_INIT;
	directory_of(path, own);
	size_t length = strlen(own);
	while (length > 1 && own[length - 1] == '/')
		length--;
	snprintf(directory, sizeof directory, "%.*s-ranging", (int)length, own);
	if (length == 0 || !is_directory(directory) || campaign_file_read(directory, &pass, &why) != 0)
		return;
	for (size_t i = 0; same_instruments(file, &pass) && i < e->n_runs; i++)
		e->runs[i].ranging_power = power_in(&pass, &e->runs[i]);
	campaign_file_free(&pass);
}

/* ---- runs ---- */

static const struct result *whole_of(const struct campaign_file *file, uint32_t number)
{
	for (size_t i = 0; i < file->n_results; i++)
		if (file->results[i].run == number && file->results[i].phase[0] == '\0')
			return &file->results[i];
	return NULL;
}

static void fill_run(const struct campaign_file *file, const struct result *r, struct audit_run *run)
{
	const struct energy *wall = view_energy(r, "wall");
	const struct result *whole = whole_of(file, r->run);
	*run = (struct audit_run){
		.number = r->run, .slot = r->slot, .workload = r->workload, .point = r->point, .arm = r->arm, .status = r->status, .reason = r->reason,
		.measured = wall != NULL, .whole = whole && view_energy(whole, "wall"), .core = view_duration(r),
		.power = wall ? wall->power : NAN, .idle = wall ? wall->idle_before : NAN, .ranging_power = NAN, .disciplined = -1,
		.day = r->start_realtime > 0 ? r->start_realtime / (86400 * NS_PER_S) : INT64_MIN, .ambient = NAN, .ambient_spacing = NAN,
	};
}

/* A run file says so itself, whatever the campaign says of it. */
static bool is_simulated(const struct run *run)
{
	bool simulated = json_is_true(json_object_get(run->header, "simulated"));
	for (size_t i = 0; i < run->n_channels; i++)
		simulated |= run->channels[i].channel.simulated;
	return simulated;
}

static int gather_runs(const char *path, const struct campaign_file *file, struct audit_evidence *e, struct error *error)
{
	e->runs = calloc(file->n_results + 1, sizeof *e->runs);
	if (e->runs == NULL)
		return no_memory(error);
	for (size_t i = 0; i < file->n_results; i++) {
		const struct result *r = &file->results[i];
		struct error why = ERROR_INIT;
		struct run run;
		if (strcmp(r->phase, facts_phase(file, r->workload)) != 0)
			continue;
		struct audit_run *into = &e->runs[e->n_runs++];
		fill_run(file, r, into);
		if (run_in(path, r->run, &run, &why) != 0)
			continue;
		audit_run_look(&run, r, e, into);
		e->simulated |= is_simulated(&run);
		run_free(&run);
	}
	return 0;
}

int audit_gather(const char *path, const struct campaign_file *file, struct audit_evidence *e, struct error *error)
{
	*e = (struct audit_evidence){
		.simulated = facts_simulated(file) != SIMULATED_NONE, .imported = json_is_true(facts_at(file, "imported")),
		.slots = (size_t)json_integer_value(facts_at(file, "slots")), .unreadable = json_array_size(facts_at(file, "unreadable_runs")),
	};
	if (gather_devices(file, e, error) != 0 || gather_runs(path, file, e, error) != 0) {
		audit_evidence_free(e);
		return -1;
	}
	gather_ranging(path, file, e);
	return 0;
}

void audit_evidence_free(struct audit_evidence *e)
{
	for (size_t i = 0; i < e->n_runs; i++)
		free(e->runs[i].series);
	free(e->runs);
	free(e->devices);
	*e = (struct audit_evidence){ .n_runs = 0 };
}
