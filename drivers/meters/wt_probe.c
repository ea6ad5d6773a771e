/* What a WT is set to now, as a bench file would say it: for `joulerig detect`. */
#include <stdio.h>
#include <strings.h>

#include "meters/numeric_probe.h"
#include "meters/wt_model.h"
#include "meters/wt_probe.h"

struct probe {
	struct numeric_probe common;
	const struct wt_model *model;
};

/* Circuits of their own: one may feed the machine, or each of them one of its supplies. */
static void doubt_elements(struct probe *probe, char *wiring)
{
	char all[40], *doubt = probe->common.config->doubt[DOUBT_OPTIONS];
	wt_elements_text(probe->model->elements, all, sizeof all);
	snprintf(doubt, sizeof probe->common.config->doubt[DOUBT_OPTIONS],
		 "element: its wiring (%.24s) does not tell which of %s feed the machine: give one, some with a plus sign between, or sum",
		 numeric_printable(wiring), all);
}

/* Of several elements it is always told which: what they are wired to measure together. */
static void ask_elements(struct probe *probe)
{
	char wiring[64];
	if (wt_elements_count(probe->model->elements) == 1)
		return;
	unsigned load = wt_elements_of_wiring(numeric_probe_ask(&probe->common, ":INP:WIR", wiring, sizeof wiring));
	bool together = load & probe->model->elements;
	numeric_probe_option(&probe->common, "element", load == probe->model->elements ? "sum" : together ? "1+3" : "1", 0);
	if (!together)
		doubt_elements(probe, wiring);
}

int wt_probe(struct link *link, struct timebase *timebase, struct device_config *config, struct identity *identity,
	     struct error *error)
{
	struct probe probe;
	if (numeric_probe_meet(&probe.common, link, timebase, config, identity, false, error) < 0)
		return -1;
	probe.model = wt_model_find(identity->model);
	if (strcasecmp(identity->maker, "YOKOGAWA") != 0 || probe.model == NULL)
		return error_set(error, ERROR_NOT_FOUND, config->endpoint.text, NULL, "not a Yokogawa WT300 or WT300E: %s %s answered",
				 identity->maker, identity->model);
	numeric_probe_settings(&probe.common, "yokogawa_wt", probe.model->currents);
	ask_elements(&probe);
	return numeric_probe_end(&probe.common, error);
}
