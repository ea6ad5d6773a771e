/* One run: what is stored is what its writer makes of it, and what it says makes sense. */
#include <string.h>

#include "run_model.h"
#include "verify_model.h"

#define INSTRUMENT "/entry/instrument"

/* "/entry/…" of the composed file, where it stands in the stored one. -1 if it is not there. */
static hid_t open_stored(const struct h5 *h5, const char *path)
{
	char place[H5_PATH_SIZE];
	const char *below = path + strlen("/entry");
	snprintf(place, sizeof place, "%s%s", h5->entry ? h5->entry : "/entry", below);
	return H5Gopen2(h5->file, place, H5P_DEFAULT);
}

static void no_others_below(struct verify *verify, const struct h5 *h5, hid_t composed, const char *path)
{
	hid_t a = H5Gopen2(composed, path, H5P_DEFAULT), b = open_stored(h5, path);
	if (a >= 0 && b >= 0)
		verify_no_others(verify, a, b, path, "is no channel of the header's");
	if (a >= 0)
		H5Gclose(a);
	if (b >= 0)
		H5Gclose(b);
}

static void no_foreign_channels(struct verify *verify, const struct h5 *h5, hid_t composed, const struct run *run)
{
	char device[RUN_GROUP_SIZE];
	no_others_below(verify, h5, composed, INSTRUMENT);
	for (size_t i = 0; i < run->n_channels; i++) {
		size_t first = 0; /* a device is looked at once */
		while (strcmp(run->channels[first].device, run->channels[i].device) != 0)
			first++;
		snprintf(device, sizeof device, INSTRUMENT "/%s", run->channels[i].device);
		if (first == i)
			no_others_below(verify, h5, composed, device);
	}
}

static void hold(struct verify *verify, const struct h5 *h5, hid_t composed, const struct run *run)
{
	hid_t a = H5Gopen2(composed, "/entry", H5P_DEFAULT), b = open_stored(h5, "/entry");
	if (a >= 0 && b >= 0)
		verify_same(verify, a, b, "/entry");
	if (h5->entry == NULL)
		verify_same_attributes(verify, composed, h5->file, "/");
	no_foreign_channels(verify, h5, composed, run);
	if (a >= 0)
		H5Gclose(a);
	if (b >= 0)
		H5Gclose(b);
}

static void hold_against_writer(struct verify *verify, const struct h5 *h5, const struct run *run)
{
	struct h5 composed;
	struct error error = ERROR_INIT;
	if (h5_create(&composed, "composed", &error) == 0)
		run_compose(&composed, run);
	if (composed.failed)
		verify_say(verify, FINDING_PROBLEM, NULL, "its content cannot be written as a run file: %s", error.what);
	else
		hold(verify, h5, composed.file, run);
	h5_discard(&composed);
}

void verify_run(struct verify *verify, const struct h5 *h5, uint32_t number)
{
	struct run run = { .header = NULL };
	struct error error = ERROR_INIT;
	struct h5 view = { .file = h5->file, .path = h5->path, .error = &error, .file_size = h5->file_size, .entry = h5->entry };
	verify->counts->runs++;
	verify->unsound = !verify_arrays(verify, h5, h5->entry ? h5->entry : "/");
	run_read_from(&view, &run);
	if (!view.failed) {
		hold_against_writer(verify, h5, &run);
		verify_identity(verify, &run, number);
		verify_samples(verify, &run);
		verify_events(verify, &run);
	} else if (!verify->unsound) { /* else the reason has been told */
		verify_say(verify, FINDING_PROBLEM, NULL, "%s", error.what);
	}
	run_free(&run);
}
