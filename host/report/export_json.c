#include "export.h"

#include <jansson.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "c_locale.h"
#include "facts.h"
#include "flags.h"
#include "plain.h"
#include "share.h"
#include "summary.h"
#include "view.h"

/* A JSON value under construction that remembers when memory was short, as struct text does. */
struct writer {
	bool failed;
};

static void put(struct writer *writer, json_t *object, const char *key, json_t *value)
{
	if (value == NULL || json_object_set_new(object, key, value) != 0)
		writer->failed = true;
}

static void append(struct writer *writer, json_t *array, json_t *value)
{
	if (value == NULL || json_array_append_new(array, value) != 0)
		writer->failed = true;
}

static json_t *number(double x)
{
	return isfinite(x) ? json_real(x) : json_null();
}

static json_t *words(const char *string)
{
	struct text text = TEXT_INIT;
	plain_add_utf8(&text, string);
	json_t *value = text.failed ? NULL : json_string(text_string(&text));
	text_free(&text);
	return value;
}

static json_t *term_json(struct writer *writer, const struct budget_term *term)
{
	const char type[2] = { term->type == 'A' ? 'A' : 'B', '\0' };
	json_t *json = json_object();
	put(writer, json, "name", words(term->name));
	put(writer, json, "type", json_string(type));
	put(writer, json, "u", number(term->u));
	put(writer, json, "nu", number(term->nu));
	put(writer, json, "share", json_string(share_name(term->share)));
	return json;
}

static void put_expanded(struct writer *writer, json_t *json, const struct expanded *expanded)
{
	put(writer, json, "u", number(expanded->u));
	put(writer, json, "U", number(expanded->U));
	put(writer, json, "k", number(expanded->k));
	put(writer, json, "nu", number(expanded->nu));
}

static json_t *joules_json(struct writer *writer, const struct joules *joules)
{
	json_t *json = json_object(), *budget = json_array();
	put(writer, json, "value", number(joules->value));
	put_expanded(writer, json, &joules->expanded);
	for (int i = 0; i < joules->budget.n; i++)
		append(writer, budget, term_json(writer, &joules->budget.terms[i]));
	put(writer, json, "budget", budget);
	return json;
}

static void put_energy(struct writer *writer, json_t *json, const struct energy *energy)
{
	put(writer, json, "gross", joules_json(writer, &energy->gross));
	put(writer, json, "net", joules_json(writer, &energy->net));
	put(writer, json, "caused", joules_json(writer, &energy->caused));
	put(writer, json, "tail_J", number(energy->tail));
	put(writer, json, "power_W", number(energy->power));
	put(writer, json, "idle_before_W", number(energy->idle_before));
	put(writer, json, "idle_after_W", number(energy->idle_after));
	put(writer, json, "naive_mean_J", number(energy->naive_mean));
	put(writer, json, "naive_prorata_J", number(energy->naive_prorata));
}

static void put_samples(struct writer *writer, json_t *json, const struct energy *energy)
{
	json_t *samples = json_object();
	put(writer, samples, "used", json_integer((json_int_t)energy->used));
	put(writer, samples, "missing", json_integer((json_int_t)energy->missing));
	put(writer, samples, "invalid", json_integer((json_int_t)energy->invalid));
	put(writer, samples, "missing_fraction", number(energy->missing_fraction));
	put(writer, samples, "wraps", json_integer(energy->wraps));
	put(writer, json, "samples", samples);
}

#define NO_JOULES { .value = NAN, .expanded = { NAN, NAN, NAN, NAN } }

/* What is refused has no numbers, whatever the struct may hold. */
static json_t *source_json(struct writer *writer, const struct source_result *source)
{
	static const struct energy refused = { .gross = NO_JOULES, .net = NO_JOULES, .caused = NO_JOULES, .tail = NAN,
		.power = NAN, .idle_before = NAN, .idle_after = NAN, .naive_mean = NAN, .naive_prorata = NAN };
	json_t *json = json_object();
	put(writer, json, "name", words(source->name));
	put(writer, json, "role", json_string(channel_role_name(source->role)));
	put(writer, json, "total", json_boolean(source->is_total));
	put(writer, json, "status", json_string(energy_status_name(source->energy.status)));
	put(writer, json, "reason", words(source->energy.reason));
	put_energy(writer, json, source->energy.status == ENERGY_REFUSED ? &refused : &source->energy);
	put_samples(writer, json, &source->energy);
	return json;
}

static void put_identity(struct writer *writer, json_t *json, const struct result *result)
{
	put(writer, json, "run", json_integer(result->run));
	put(writer, json, "slot", json_integer(result->slot));
	put(writer, json, "attempt", json_integer(result->attempt));
	put(writer, json, "repetition", json_integer(result->repetition));
	put(writer, json, "block", json_integer(result->block));
	put(writer, json, "order", json_integer(result->order));
	put(writer, json, "workload", words(result->workload));
	put(writer, json, "point", words(result->point));
	put(writer, json, "arm", words(result->arm));
	put(writer, json, "phase", words(result->phase));
}

static void put_outcome(struct writer *writer, json_t *json, const struct result *result)
{
	put(writer, json, "status", json_string(run_status_name(result->status)));
	put(writer, json, "reason", words(result->reason));
	put(writer, json, "checksum", words(result->checksum));
	put(writer, json, "exit_code", json_integer(result->exit_code));
	put(writer, json, "signal", json_integer(result->signal));
	put(writer, json, "cpu_s", number(result->cpu_seconds));
	put(writer, json, "peak_rss_B", number(result->peak_rss));
	put(writer, json, "peak_vms_B", number(result->peak_vms));
	put(writer, json, "overhead_cpu_s", number(result->overhead_cpu));
	put(writer, json, "simulated", json_boolean(result->simulated));
	put(writer, json, "rapl_fraction", number(result->rapl_fraction));
	put(writer, json, "gate_failed", json_boolean(result->gate_failed));
}

static json_t *instant(const struct result *result, int64_t ns)
{
	return view_has_bracket(result) ? json_integer(ns) : json_null();
}

static json_t *bracket_json(struct writer *writer, const struct result *result)
{
	struct text time = TEXT_INIT;
	view_start_time(&time, result);
	json_t *json = json_object();
	put(writer, json, "start_time", time.length ? json_string(text_string(&time)) : json_null());
	put(writer, json, "start_ns", instant(result, result->start));
	put(writer, json, "stop_ns", instant(result, result->stop));
	put(writer, json, "u_start_ns", instant(result, result->u_start));
	put(writer, json, "u_stop_ns", instant(result, result->u_stop));
	put(writer, json, "duration_s", number(view_duration(result)));
	writer->failed |= time.failed;
	text_free(&time);
	return json;
}

static json_t *run_json(struct writer *writer, const struct result *result)
{
	json_t *json = json_object(), *sources = json_array();
	put_identity(writer, json, result);
	put_outcome(writer, json, result);
	put(writer, json, "bracket", bracket_json(writer, result));
	for (int i = 0; i < result->n_sources; i++)
		append(writer, sources, source_json(writer, &result->sources[i]));
	put(writer, json, "sources", sources);
	return json;
}

static json_t *interval_json(struct writer *writer, const struct interval *interval)
{
	json_t *json = json_object();
	put(writer, json, "estimate", number(interval->estimate));
	put(writer, json, "low", number(interval->low));
	put(writer, json, "high", number(interval->high));
	return json;
}

static json_t *mean_json(struct writer *writer, const struct mean_energy *mean)
{
	json_t *json = json_object();
	put(writer, json, "n", json_integer((json_int_t)mean->n));
	put(writer, json, "mean", number(mean->mean));
	put(writer, json, "scatter", number(mean->scatter));
	put(writer, json, "u_shared", number(mean->u_shared));
	put_expanded(writer, json, &mean->expanded);
	return json;
}

static void put_means(struct writer *writer, json_t *json, const struct summary_group *group)
{
	json_t *wall = json_object(), *rapl = json_object();
	put(writer, wall, "gross", mean_json(writer, &group->wall_gross));
	put(writer, wall, "net", mean_json(writer, &group->wall_net));
	put(writer, wall, "caused", mean_json(writer, &group->wall_caused));
	put(writer, wall, "power_W", number(group->wall_power));
	put(writer, rapl, "gross", mean_json(writer, &group->rapl_gross));
	put(writer, rapl, "net", mean_json(writer, &group->rapl_net));
	put(writer, rapl, "power_W", number(group->rapl_power));
	put(writer, json, "wall", wall);
	put(writer, json, "rapl", rapl);
	put(writer, json, "rapl_fraction", number(group->rapl_fraction));
}

static json_t *ratios_json(struct writer *writer, const struct summary_group *group)
{
	json_t *json = json_object();
	put(writer, json, "time", interval_json(writer, &group->ratio_time));
	put(writer, json, "wall", interval_json(writer, &group->ratio_wall));
	put(writer, json, "wall_net", interval_json(writer, &group->ratio_net));
	put(writer, json, "wall_caused", interval_json(writer, &group->ratio_caused));
	put(writer, json, "rapl", interval_json(writer, &group->ratio_rapl));
	return json;
}

static json_t *excluded_json(struct writer *writer, const struct summary *summary, size_t group)
{
	json_t *array = json_array();
	for (size_t i = 0; i < summary->n_exclusions; i++) {
		const struct summary_exclusion *exclusion = &summary->exclusions[i];
		if (exclusion->group != group)
			continue;
		json_t *json = json_object();
		put(writer, json, "status", json_string(run_status_name(exclusion->status)));
		put(writer, json, "reason", words(exclusion->reason));
		put(writer, json, "n", json_integer((json_int_t)exclusion->n));
		append(writer, array, json);
	}
	return array;
}

static json_t *group_json(struct writer *writer, const struct summary *summary, size_t index)
{
	const struct summary_group *group = &summary->groups[index];
	json_t *json = json_object();
	put(writer, json, "workload", words(group->workload));
	put(writer, json, "point", words(group->point));
	put(writer, json, "arm", words(group->arm));
	put(writer, json, "phase", words(group->phase));
	put(writer, json, "reference", json_boolean(group->is_reference));
	put(writer, json, "n", json_integer((json_int_t)group->n));
	put(writer, json, "excluded", excluded_json(writer, summary, index));
	put(writer, json, "time_s", interval_json(writer, &group->time));
	put_means(writer, json, group);
	put(writer, json, "ratio", ratios_json(writer, group));
	return json;
}

static void put_sentence(struct writer *writer, json_t *json, const char *key, void (*say)(const struct flags *, struct text *),
			 const struct flags *flags)
{
	struct text text = TEXT_INIT;
	say(flags, &text);
	put(writer, json, key, words(text_string(&text)));
	writer->failed |= text.failed;
	text_free(&text);
}

static json_t *outliers_json(struct writer *writer, const struct flags *flags)
{
	json_t *array = json_array();
	for (size_t i = 0; i < flags->n_outliers; i++) {
		json_t *json = json_object();
		put(writer, json, "run", json_integer(flags->outliers[i].result->run));
		put(writer, json, "off", number(flags->outliers[i].off));
		put(writer, json, "score", number(flags->outliers[i].score));
		append(writer, array, json);
	}
	return array;
}

static json_t *order_json(struct writer *writer, const struct flags *flags)
{
	json_t *json = json_object();
	put(writer, json, "drifts", json_boolean(flags->order.drifts));
	put(writer, json, "p", number(flags->order.p));
	put(writer, json, "change", number(flags->change));
	put(writer, json, "moved", number(flags->moved));
	put(writer, json, "remembers", json_boolean(flags->order.remembers));
	put(writer, json, "memory", number(flags->order.memory));
	put(writer, json, "inflation", number(flags->order.inflation));
	put_sentence(writer, json, "reason", flags_say_order, flags);
	return json;
}

static json_t *flags_json(struct writer *writer, const struct campaign_file *file, const struct summary *summary)
{
	struct flags flags;
	struct text doubt = TEXT_INIT;
	json_t *json = json_object();
	if (flags_find(summary, &flags) != 0)
		writer->failed = true;
	put(writer, json, "outliers", outliers_json(writer, &flags));
	put_sentence(writer, json, "outliers_reason", flags_say_outliers, &flags);
	put(writer, json, "order", order_json(writer, &flags));
	facts_rapl_doubt(file, &doubt);
	put(writer, json, "rapl", words(text_string(&doubt)));
	writer->failed |= doubt.failed;
	text_free(&doubt);
	flags_free(&flags);
	return json;
}

static json_t *export_json(struct writer *writer, const struct campaign_file *file, const struct summary *summary)
{
	json_t *json = json_object(), *runs = json_array(), *groups = json_array();
	put(writer, json, "joulerig", json_string("export 1"));
	put(writer, json, "simulated", json_boolean(facts_simulated(file) != SIMULATED_NONE));
	put(writer, json, "campaign", file->facts ? json_incref(file->facts) : json_object());
	for (size_t i = 0; i < file->n_results; i++)
		append(writer, runs, run_json(writer, &file->results[i]));
	put(writer, json, "runs", runs);
	for (size_t i = 0; i < summary->n_groups; i++)
		append(writer, groups, group_json(writer, summary, i));
	put(writer, json, "summary", groups);
	put(writer, json, "flags", flags_json(writer, file, summary));
	return json;
}

static void dump(const json_t *json, struct text *out)
{
	char *string = json_dumps(json, JSON_INDENT(1));
	if (string)
		text_add(out, string);
	else
		out->failed = true;
	text_add(out, "\n");
	free(string);
}

int report_json(const struct campaign_file *file, struct text *out)
{
	struct summary summary;
	if (summary_make(file, &summary) != 0)
		return -1;
	struct c_locale scope;
	c_locale_enter(&scope);
	struct writer writer = { .failed = false };
	json_t *json = export_json(&writer, file, &summary);
	dump(json, out);
	c_locale_leave(&scope);
	json_decref(json);
	summary_free(&summary);
	return writer.failed || text_failed(out) ? -1 : 0;
}
