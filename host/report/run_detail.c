#include "run_detail.h"

#include <inttypes.h>
#include <math.h>

#include "c_locale.h"
#include "clock.h"
#include "facts.h"
#include "heading.h"
#include "number.h"
#include "plain.h"
#include "run_energy.h"
#include "table_parts.h"
#include "view.h"

#define LABEL_WIDTH 12

/* Lays out `label value` and empties the value; nothing for an empty one. */
static void say(struct text *out, const struct table_options *options, const char *label, struct text *value)
{
	struct text line = TEXT_INIT;
	text_addf(&line, "  %-*s", LABEL_WIDTH, label);
	text_add(&line, text_string(value));
	if (value->length)
		layout_paragraph(out, options, EMPHASIS_NONE, LABEL_WIDTH + 2, text_string(&line));
	out->failed |= line.failed || value->failed;
	text_free(&line);
	text_free(value);
}

static void say_title(const struct result *result, const struct table_options *options, struct text *out)
{
	struct text title = TEXT_INIT;
	text_addf(&title, "run %" PRIu32 ": ", result->run);
	view_title(&title, result->workload, result->point);
	if (result->arm[0]) {
		text_add(&title, ", arm ");
		plain_add(&title, result->arm);
	}
	layout_paragraph(out, options, EMPHASIS_STRONG, 2, text_string(&title));
	out->failed |= title.failed;
	text_free(&title);
}

static void say_status(const struct result *result, const struct table_options *options, struct text *out)
{
	struct text value = TEXT_INIT;
	text_add(&value, run_status_name(result->status));
	if (result->reason[0]) {
		text_add(&value, ": ");
		plain_add(&value, result->reason);
	}
	say(out, options, "status", &value);
	text_addf(&value, "%" PRId32, result->exit_code);
	if (result->signal)
		text_addf(&value, ", signal %" PRId32, result->signal);
	say(out, options, "exit code", &value);
	plain_add(&value, result->checksum);
	say(out, options, "checksum", &value);
}

static void say_place(const struct result *result, const struct table_options *options, struct text *out)
{
	struct text value = TEXT_INIT;
	text_addf(&value, "slot %" PRIu32 ", attempt %" PRIu32 ", repetition %" PRIu32 ", block %" PRIu32 ", order %" PRIu32,
		  result->slot, result->attempt, result->repetition, result->block, result->order);
	say(out, options, "place", &value);
	view_start_time(&value, result);
	say(out, options, "started", &value);
}

static void say_use(const struct result *result, const struct table_options *options, struct text *out)
{
	struct text value = TEXT_INIT;
	text_add(&value, "CPU ");
	number_time(&value, result->cpu_seconds);
	text_add(&value, ", peak RSS ");
	number_bytes(&value, result->peak_rss);
	text_add(&value, ", peak virtual ");
	number_bytes(&value, result->peak_vms);
	say(out, options, "used", &value);
	if (isfinite(result->overhead_cpu)) {
		text_add(&value, "CPU of joulerig itself ");
		number_time(&value, result->overhead_cpu);
		text_add(&value, " = ");
		number_percent(&value, result->overhead_cpu / view_duration(result));
		text_add(&value, " of one core");
	}
	say(out, options, "overhead", &value);
}

static void add_edge(struct text *value, int64_t t, int64_t u)
{
	text_addf(value, "%" PRId64 ".%09" PRId64 " s ± ", t / NS_PER_S, t % NS_PER_S);
	number_time(value, (double)u / (double)NS_PER_S);
}

static void say_bracket(const struct result *result, const struct table_options *options, struct text *out)
{
	struct text value = TEXT_INIT;
	if (result->phase[0]) {
		text_add(&value, "phase ");
		plain_add(&value, result->phase);
	} else {
		text_add(&value, "whole run");
	}
	layout_paragraph(out, options, EMPHASIS_STRONG, 2, text_string(&value));
	text_free(&value);
	if (!view_has_bracket(result))
		return;
	add_edge(&value, result->start, result->u_start);
	text_add(&value, " (monotonic clock; ± is the half-width of a rectangular distribution)");
	say(out, options, "start edge", &value);
	add_edge(&value, result->stop, result->u_stop);
	say(out, options, "stop edge", &value);
	text_addf(&value, "%.6f s", view_duration(result));
	say(out, options, "duration", &value);
}

static void say_crosscheck(const struct result *result, const struct table_options *options, struct text *out)
{
	struct text value = TEXT_INIT;
	if (isfinite(result->rapl_fraction)) {
		number_percent(&value, result->rapl_fraction);
		text_add(&value, " of the wall");
	}
	if (result->gate_failed)
		text_add(&value, ": impossible, a part cannot draw more than the whole");
	say(out, options, "RAPL", &value);
}

static void say_phase(const struct result *result, const struct table_options *options, struct text *out)
{
	text_add(out, "\n");
	say_bracket(result, options, out);
	say_crosscheck(result, options, out);
	run_energy_sources(result, options, out);
	run_energy_samples(result, options, out);
	run_energy_budgets(result, options, out);
}

/* What the workload told of itself: "threads 2, pool fork, ...", in its own order. */
static void say_told(const struct run *raw, const struct table_options *options, struct text *out)
{
	struct text value = TEXT_INIT;
	const char *key;
	json_t *told;
	json_object_foreach(json_object_get(raw->notes, "facts"), key, told) {
		if (value.length)
			text_add(&value, ", ");
		plain_add(&value, key);
		text_add(&value, " ");
		plain_add(&value, json_is_string(told) ? json_string_value(told) : "?");
	}
	say(out, options, "told", &value);
}

static void say_run(const struct campaign_file *file, const struct result *result, const struct run *raw, const struct table_options *options,
		    struct text *out)
{
	say_title(result, options, out);
	say_status(result, options, out);
	say_place(result, options, out);
	say_use(result, options, out);
	if (raw)
		say_told(raw, options, out);
	struct text ranges = TEXT_INIT;
	run_ranges(file, result->run, &ranges);
	say(out, options, "ranges", &ranges);
}

static bool compose(const struct campaign_file *file, uint32_t run, const struct run *raw, const struct table_options *options, struct text *out)
{
	bool found = false;
	for (size_t i = 0; i < file->n_results; i++) {
		const struct result *result = &file->results[i];
		if (result->run != run)
			continue;
		if (!found) {
			heading_simulated(file, options, out);
			say_run(file, result, raw, options, out);
		}
		say_phase(result, options, out);
		found = true;
	}
	return found;
}

int report_run(const struct campaign_file *file, uint32_t run, const struct run *raw, const struct table_options *options,
	       struct text *out, struct error *error)
{
	struct c_locale scope;
	c_locale_enter(&scope);
	bool found = compose(file, run, raw, options, out);
	c_locale_leave(&scope);
	if (!found)
		return error_set(error, ERROR_NOT_FOUND, NULL, "joulerig export --format csv lists the runs there are",
				 "the campaign has no run %" PRIu32, run);
	if (text_failed(out))
		return error_set(error, ERROR_INTERNAL, NULL, NULL, "out of memory");
	return 0;
}
