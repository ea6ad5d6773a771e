#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "facts.h"
#include "flags.h"
#include "machine_check.h"
#include "number.h"
#include "plain.h"
#include "prospect.h"
#include "table_parts.h"
#include "view.h"

#define NAMED_RUNS 8 /* more are not listed by number */

/* One note: composed by the caller in `note`, laid out and emptied here. */
static void lay(struct text *out, const struct table_options *options, enum emphasis emphasis, struct text *note)
{
	layout_paragraph(out, options, emphasis, 2, text_string(note));
	out->failed |= note->failed;
	text_free(note);
}

static void say_exclusion(const struct summary *summary, const struct summary_exclusion *exclusion,
			  const struct table_options *options, struct text *out)
{
	const struct summary_group *group = &summary->groups[exclusion->group];
	struct text note = TEXT_INIT;
	text_add(&note, "left out: ");
	view_title(&note, group->workload, group->point);
	text_add(&note, ", ");
	plain_add(&note, group->arm[0] ? group->arm : "command");
	text_addf(&note, ": %zu %s %s", exclusion->n, exclusion->n == 1 ? "run" : "runs",
		  exclusion->status == RUN_OK ? "without energy" : run_status_name(exclusion->status));
	if (exclusion->reason[0]) {
		text_add(&note, ": ");
		plain_add(&note, exclusion->reason);
	}
	text_addf(&note, " (%srun %" PRIu32 ")", exclusion->n == 1 ? "" : "first ", exclusion->run);
	lay(out, options, EMPHASIS_CAUTION, &note);
}

struct gate { /* the runs that failed it */
	struct text runs;
	size_t n;
	double worst; /* RAPL / wall */
};

static void find_gate_failures(const struct campaign_file *file, struct gate *gate)
{
	const struct result *last = NULL; /* a run counts once, whatever its phases say */
	for (size_t i = 0; i < file->n_results; i++) {
		const struct result *result = &file->results[i];
		if (!result->gate_failed)
			continue;
		gate->worst = fmax(gate->worst, result->rapl_fraction);
		if (last && last->run == result->run)
			continue;
		last = result;
		if (gate->n++ < NAMED_RUNS)
			text_addf(&gate->runs, "%s%" PRIu32, gate->runs.length ? ", " : "", result->run);
	}
}

/* RAPL measures a part of what the wall measures, and the supply's losses lie between: more is a fault of one of them. */
static void say_gate(const struct campaign_file *file, const struct table_options *options, struct text *out)
{
	struct gate gate = { .worst = NAN };
	find_gate_failures(file, &gate);
	if (gate.n) {
		struct text note = TEXT_INIT;
		text_addf(&note, "impossible: in %s %s%s RAPL says ", gate.n == 1 ? "run" : "runs", text_string(&gate.runs),
			  gate.n > NAMED_RUNS ? ", …" : "");
		text_add(&note, gate.n == 1 ? "" : "up to ");
		number_percent(&note, gate.worst);
		text_add(&note, " of the wall: a part of the machine cannot draw more than its supply lets through. Either RAPL "
				"zones are counted twice, or the wall meter (its wiring, range or scaling) is wrong: trust "
				"neither until it is explained.");
		note.failed |= gate.runs.failed;
		lay(out, options, EMPHASIS_ALARM, &note);
	}
	text_free(&gate.runs);
}

static bool is_degraded(const struct result *result)
{
	for (int i = 0; i < result->n_sources; i++)
		if (result->sources[i].is_total && result->sources[i].energy.status == ENERGY_DEGRADED)
			return true;
	return false;
}

static size_t count_degraded(const struct summary *summary)
{
	size_t n = 0;
	for (size_t i = 0; i < summary->n_groups; i++)
		for (size_t m = 0; m < summary->groups[i].n; m++)
			n += is_degraded(summary->groups[i].members[m]);
	return n;
}

static void say_degraded(const struct summary *summary, const struct table_options *options, struct text *out)
{
	size_t n = count_degraded(summary);
	if (n == 0)
		return;
	struct text note = TEXT_INIT;
	text_addf(&note, "degraded: in %zu of the runs above something was wrong with the measurement; U covers it as far as it can be bounded "
		  "(joulerig show DIR RUN says what)", n);
	lay(out, options, EMPHASIS_CAUTION, &note);
}

/* What is said of runs that stand: the first in full. */
static void say_remarks(const struct summary *summary, const struct table_options *options, struct text *out)
{
	const struct result *first = NULL;
	size_t n = 0;
	for (size_t i = 0; i < summary->n_groups; i++)
		for (size_t m = 0; m < summary->groups[i].n; m++) {
			const struct result *result = summary->groups[i].members[m];
			if (result->reason[0] == '\0')
				continue;
			n++;
			if (first == NULL || result->run < first->run)
				first = result;
		}
	if (n == 0)
		return;
	struct text note = TEXT_INIT;
	text_addf(&note, "remark: run %" PRIu32 ": ", first->run);
	plain_add(&note, first->reason);
	if (n > 1)
		text_addf(&note, " (there are remarks on %zu runs: joulerig show DIR RUN says which)", n);
	lay(out, options, EMPHASIS_CAUTION, &note);
}

static void say_flags(const struct summary *summary, const struct table_options *options, struct text *out)
{
	struct flags flags;
	struct text note = TEXT_INIT;
	if (flags_find(summary, &flags) != 0) {
		out->failed = true;
		return;
	}
	flags_say_outliers(&flags, &note);
	if (note.length)
		lay(out, options, EMPHASIS_CAUTION, &note);
	flags_say_order(&flags, &note);
	if (note.length)
		lay(out, options, EMPHASIS_CAUTION, &note);
	flags_free(&flags);
}

/* Of the machine itself: a bench of twins alone has none. */
static void say_machine(const struct campaign_file *file, const struct table_options *options, struct text *out)
{
	struct text note = TEXT_INIT;
	if (facts_simulated(file) != SIMULATED_ALL)
		machine_say_power(facts_at(file, "machine"), &note);
	if (note.length)
		lay(out, options, EMPHASIS_CAUTION, &note);
	facts_rapl_doubt(file, &note);
	if (note.length)
		lay(out, options, EMPHASIS_CAUTION, &note);
}

static void say_overhead(const struct campaign_file *file, const struct table_options *options, struct text *out)
{
	double cpu = facts_number(file, "overhead.cpu_s"), wall = facts_number(file, "overhead.wall_s");
	if (!isfinite(cpu) || !(wall > 0))
		return;
	struct text note = TEXT_INIT;
	text_add(&note, "overhead: joulerig itself used ");
	number_time(&note, cpu);
	text_add(&note, " CPU in ");
	number_time(&note, wall);
	text_add(&note, " of runs = ");
	number_percent(&note, cpu / wall);
	text_add(&note, " of one core");
	lay(out, options, EMPHASIS_NONE, &note);
}

static void explain_uncertainty(const struct summary *summary, const struct table_options *options, struct text *out)
{
	struct text note = TEXT_INIT;
	if (!summary->has_wall && !summary->has_rapl)
		return;
	text_add(&note, "± is U of the mean at 95 % (k ≈ 2, more for few runs): scatter of the runs, and what the meter adds to "
		 "all of them alike, which no number of runs averages out");
	text_add(&note, summary->has_wall ? "; energy is gross at the wall, net is above the idle before each run." :
		 "; net is above the idle before each run.");
	if (summary->has_rapl)
		text_add(&note, " RAPL's U lacks its accuracy: none is specified.");
	lay(out, options, EMPHASIS_FAINT, &note);
}

static void explain_ratio(const struct campaign_file *file, const struct summary *summary, const struct table_options *options,
			  struct text *out)
{
	if (!summary->compares)
		return;
	struct text note = TEXT_INIT;
	text_add(&note, "ratios are arm / ");
	plain_add(&note, facts_reference(file));
	text_add(&note, " with 95 % intervals (from two runs an arm on; Welch, on logarithms)");
	text_add(&note, summary->has_wall || summary->has_rapl ?
		 ": scatter of both arms and the meter's offset and non-linearity; its gain is common to both and cancels." :
		 ": scatter of both arms.");
	lay(out, options, EMPHASIS_FAINT, &note);
}

/* A run that nobody can read is missing from every number; that it is must be seen. */
static void say_unreadable(const struct campaign_file *file, const struct table_options *options, struct text *out)
{
	struct text note = TEXT_INIT;
	size_t i;
	json_t *run;
	json_array_foreach(facts_at(file, "unreadable_runs"), i, run)
		text_addf(&note, "%s%" JSON_INTEGER_FORMAT, i ? ", " : "missing: the files of these runs are damaged or gone: ",
			  json_integer_value(run));
	if (note.length)
		text_add(&note, " (joulerig analyse DIR says how)");
	if (note.length)
		lay(out, options, EMPHASIS_ALARM, &note);
}

static const char *member(const json_t *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object, key));
	return text ? text : "";
}

/* Whether an entry before this one had the same reason. */
static bool is_told(const json_t *skipped, size_t index)
{
	for (size_t i = 0; i < index; i++)
		if (strcmp(member(json_array_get(skipped, i), "reason"), member(json_array_get(skipped, index), "reason")) == 0)
			return true;
	return false;
}

/* What shares the reason of entry `index`: "a (gil, ft), b (ft)". Arms of one workload follow each other. */
static void list_skipped(const json_t *skipped, size_t index, struct text *note)
{
	const char *reason = member(json_array_get(skipped, index), "reason"), *last = NULL;
	for (size_t i = index; i < json_array_size(skipped); i++) {
		const json_t *entry = json_array_get(skipped, i);
		const char *workload = member(entry, "workload");
		if (strcmp(member(entry, "reason"), reason) != 0)
			continue;
		bool same = last && strcmp(last, workload) == 0;
		text_add(note, same ? ", " : last ? "), " : "");
		if (!same) {
			plain_add(note, workload);
			text_add(note, " (");
		}
		plain_add(note, member(entry, "arm"));
		last = workload;
	}
	text_add(note, "): ");
	plain_add(note, reason);
}

void report_skipped(const json_t *skipped, const struct table_options *options, struct text *out)
{
	for (size_t i = 0; i < json_array_size(skipped); i++) {
		struct text note = TEXT_INIT;
		if (is_told(skipped, i))
			continue;
		text_add(&note, "skipped: ");
		list_skipped(skipped, i, &note);
		lay(out, options, EMPHASIS_CAUTION, &note);
	}
}

void table_notes(const struct campaign_file *file, const struct summary *summary, const struct table_options *options,
		 struct text *out)
{
	for (size_t i = 0; i < summary->n_exclusions; i++)
		say_exclusion(summary, &summary->exclusions[i], options, out);
	report_skipped(facts_at(file, "skipped"), options, out);
	table_stopping(file, options, out);
	say_unreadable(file, options, out);
	say_gate(file, options, out);
	say_degraded(summary, options, out);
	say_machine(file, options, out);
	say_remarks(summary, options, out);
	table_quantities(summary, options, out);
	say_flags(summary, options, out);
	table_instruments(file, options, out);
	say_overhead(file, options, out);
	explain_uncertainty(summary, options, out);
	explain_ratio(file, summary, options, out);
}
