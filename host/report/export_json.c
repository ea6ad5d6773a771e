#include "export.h"

#include <jansson.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "c_locale.h"
#include "facts.h"
#include "json_out.h"
#include "flags.h"
#include "plain.h"
#include "share.h"
#include "summary.h"
#include "view.h"

/* A JSON value under construction that remembers when memory was short, as struct text does. */
struct writer {
	bool failed;
};

static json_t *term_json(struct writer *writer, const struct budget_term *term)
{
	const char type[2] = { term->type == 'A' ? 'A' : 'B', '\0' };
	json_t *json = json_object();
	write_member(json, "name", words_json(term->name), &writer->failed);
	write_member(json, "type", json_string(type), &writer->failed);
	write_member(json, "u", number_json(term->u), &writer->failed);
	write_member(json, "nu", number_json(term->nu), &writer->failed);
	write_member(json, "share", json_string(share_name(term->share)), &writer->failed);
	return json;
}

static void put_expanded(struct writer *writer, json_t *json, const struct expanded *expanded)
{
	write_member(json, "u", number_json(expanded->u), &writer->failed);
	write_member(json, "U", number_json(expanded->U), &writer->failed);
	write_member(json, "k", number_json(expanded->k), &writer->failed);
	write_member(json, "nu", number_json(expanded->nu), &writer->failed);
}

static json_t *joules_json(struct writer *writer, const struct joules *joules)
{
	json_t *json = json_object(), *budget = json_array();
	write_member(json, "value", number_json(joules->value), &writer->failed);
	put_expanded(writer, json, &joules->expanded);
	for (int i = 0; i < joules->budget.n; i++)
		write_item(budget, term_json(writer, &joules->budget.terms[i]), &writer->failed);
	write_member(json, "budget", budget, &writer->failed);
	return json;
}

static void put_energy(struct writer *writer, json_t *json, const struct energy *energy)
{
	write_member(json, "gross", joules_json(writer, &energy->gross), &writer->failed);
	write_member(json, "net", joules_json(writer, &energy->net), &writer->failed);
	write_member(json, "caused", joules_json(writer, &energy->caused), &writer->failed);
	write_member(json, "tail_J", number_json(energy->tail), &writer->failed);
	write_member(json, "power_W", number_json(energy->power), &writer->failed);
	write_member(json, "idle_before_W", number_json(energy->idle_before), &writer->failed);
	write_member(json, "idle_after_W", number_json(energy->idle_after), &writer->failed);
	write_member(json, "naive_mean_J", number_json(energy->naive_mean), &writer->failed);
	write_member(json, "naive_prorata_J", number_json(energy->naive_prorata), &writer->failed);
}

static void put_samples(struct writer *writer, json_t *json, const struct energy *energy)
{
	json_t *samples = json_object();
	write_member(samples, "used", json_integer((json_int_t)energy->used), &writer->failed);
	write_member(samples, "missing", json_integer((json_int_t)energy->missing), &writer->failed);
	write_member(samples, "invalid", json_integer((json_int_t)energy->invalid), &writer->failed);
	write_member(samples, "missing_fraction", number_json(energy->missing_fraction), &writer->failed);
	write_member(samples, "wraps", json_integer(energy->wraps), &writer->failed);
	write_member(json, "samples", samples, &writer->failed);
}

#define NO_JOULES { .value = NAN, .expanded = { NAN, NAN, NAN, NAN } }

/* What is refused has no numbers, whatever the struct may hold. */
static json_t *source_json(struct writer *writer, const struct source_result *source)
{
	static const struct energy refused = { .gross = NO_JOULES, .net = NO_JOULES, .caused = NO_JOULES, .tail = NAN,
		.power = NAN, .idle_before = NAN, .idle_after = NAN, .naive_mean = NAN, .naive_prorata = NAN };
	json_t *json = json_object();
	write_member(json, "name", words_json(source->name), &writer->failed);
	write_member(json, "role", json_string(channel_role_name(source->role)), &writer->failed);
	write_member(json, "total", json_boolean(source->is_total), &writer->failed);
	write_member(json, "status", json_string(energy_status_name(source->energy.status)), &writer->failed);
	write_member(json, "reason", words_json(source->energy.reason), &writer->failed);
	put_energy(writer, json, source->energy.status == ENERGY_REFUSED ? &refused : &source->energy);
	put_samples(writer, json, &source->energy);
	return json;
}

static void put_identity(struct writer *writer, json_t *json, const struct result *result)
{
	write_member(json, "run", json_integer(result->run), &writer->failed);
	write_member(json, "slot", json_integer(result->slot), &writer->failed);
	write_member(json, "attempt", json_integer(result->attempt), &writer->failed);
	write_member(json, "repetition", json_integer(result->repetition), &writer->failed);
	write_member(json, "block", json_integer(result->block), &writer->failed);
	write_member(json, "order", json_integer(result->order), &writer->failed);
	write_member(json, "workload", words_json(result->workload), &writer->failed);
	write_member(json, "point", words_json(result->point), &writer->failed);
	write_member(json, "arm", words_json(result->arm), &writer->failed);
	write_member(json, "phase", words_json(result->phase), &writer->failed);
}

static void put_outcome(struct writer *writer, json_t *json, const struct result *result)
{
	write_member(json, "status", json_string(run_status_name(result->status)), &writer->failed);
	write_member(json, "reason", words_json(result->reason), &writer->failed);
	write_member(json, "checksum", words_json(result->checksum), &writer->failed);
	write_member(json, "exit_code", json_integer(result->exit_code), &writer->failed);
	write_member(json, "signal", json_integer(result->signal), &writer->failed);
	write_member(json, "cpu_s", number_json(result->cpu_seconds), &writer->failed);
	write_member(json, "peak_rss_B", number_json(result->peak_rss), &writer->failed);
	write_member(json, "peak_vms_B", number_json(result->peak_vms), &writer->failed);
	write_member(json, "overhead_cpu_s", number_json(result->overhead_cpu), &writer->failed);
	write_member(json, "simulated", json_boolean(result->simulated), &writer->failed);
	write_member(json, "rapl_fraction", number_json(result->rapl_fraction), &writer->failed);
	write_member(json, "gate_failed", json_boolean(result->gate_failed), &writer->failed);
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
	write_member(json, "start_time", time.length ? json_string(text_string(&time)) : json_null(), &writer->failed);
	write_member(json, "start_ns", instant(result, result->start), &writer->failed);
	write_member(json, "stop_ns", instant(result, result->stop), &writer->failed);
	write_member(json, "u_start_ns", instant(result, result->u_start), &writer->failed);
	write_member(json, "u_stop_ns", instant(result, result->u_stop), &writer->failed);
	write_member(json, "duration_s", number_json(view_duration(result)), &writer->failed);
	writer->failed |= time.failed;
	text_free(&time);
	return json;
}

static json_t *run_json(struct writer *writer, const struct result *result)
{
	json_t *json = json_object(), *sources = json_array();
	put_identity(writer, json, result);
	put_outcome(writer, json, result);
	write_member(json, "bracket", bracket_json(writer, result), &writer->failed);
	for (int i = 0; i < result->n_sources; i++)
		write_item(sources, source_json(writer, &result->sources[i]), &writer->failed);
	write_member(json, "sources", sources, &writer->failed);
	return json;
}

static json_t *mean_json(struct writer *writer, const struct mean_energy *mean)
{
	json_t *json = json_object();
	write_member(json, "n", json_integer((json_int_t)mean->n), &writer->failed);
	write_member(json, "mean", number_json(mean->mean), &writer->failed);
	write_member(json, "scatter", number_json(mean->scatter), &writer->failed);
	write_member(json, "u_shared", number_json(mean->u_shared), &writer->failed);
	put_expanded(writer, json, &mean->expanded);
	return json;
}

static void put_means(struct writer *writer, json_t *json, const struct summary_group *group)
{
	json_t *wall = json_object(), *rapl = json_object();
	write_member(wall, "gross", mean_json(writer, &group->wall_gross), &writer->failed);
	write_member(wall, "net", mean_json(writer, &group->wall_net), &writer->failed);
	write_member(wall, "caused", mean_json(writer, &group->wall_caused), &writer->failed);
	write_member(wall, "power_W", number_json(group->wall_power), &writer->failed);
	write_member(rapl, "gross", mean_json(writer, &group->rapl_gross), &writer->failed);
	write_member(rapl, "net", mean_json(writer, &group->rapl_net), &writer->failed);
	write_member(rapl, "power_W", number_json(group->rapl_power), &writer->failed);
	write_member(json, "wall", wall, &writer->failed);
	write_member(json, "rapl", rapl, &writer->failed);
	write_member(json, "rapl_fraction", number_json(group->rapl_fraction), &writer->failed);
}

static json_t *ratios_json(struct writer *writer, const struct summary_group *group)
{
	json_t *json = json_object();
	write_member(json, "time", interval_json(&group->ratio_time, &writer->failed), &writer->failed);
	write_member(json, "wall", interval_json(&group->ratio_wall, &writer->failed), &writer->failed);
	write_member(json, "wall_net", interval_json(&group->ratio_net, &writer->failed), &writer->failed);
	write_member(json, "wall_caused", interval_json(&group->ratio_caused, &writer->failed), &writer->failed);
	write_member(json, "rapl", interval_json(&group->ratio_rapl, &writer->failed), &writer->failed);
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
		write_member(json, "status", json_string(run_status_name(exclusion->status)), &writer->failed);
		write_member(json, "reason", words_json(exclusion->reason), &writer->failed);
		write_member(json, "n", json_integer((json_int_t)exclusion->n), &writer->failed);
		write_item(array, json, &writer->failed);
	}
	return array;
}

static json_t *group_json(struct writer *writer, const struct summary *summary, size_t index)
{
	const struct summary_group *group = &summary->groups[index];
	json_t *json = json_object();
	write_member(json, "workload", words_json(group->workload), &writer->failed);
	write_member(json, "point", words_json(group->point), &writer->failed);
	write_member(json, "arm", words_json(group->arm), &writer->failed);
	write_member(json, "phase", words_json(group->phase), &writer->failed);
	write_member(json, "reference", json_boolean(group->is_reference), &writer->failed);
	write_member(json, "n", json_integer((json_int_t)group->n), &writer->failed);
	write_member(json, "excluded", excluded_json(writer, summary, index), &writer->failed);
	write_member(json, "time_s", interval_json(&group->time, &writer->failed), &writer->failed);
	put_means(writer, json, group);
	write_member(json, "ratio", ratios_json(writer, group), &writer->failed);
	return json;
}

static void put_sentence(struct writer *writer, json_t *json, const char *key, void (*say)(const struct flags *, struct text *),
			 const struct flags *flags)
{
	struct text text = TEXT_INIT;
	say(flags, &text);
	write_member(json, key, words_json(text_string(&text)), &writer->failed);
	writer->failed |= text.failed;
	text_free(&text);
}

static json_t *outliers_json(struct writer *writer, const struct flags *flags)
{
	json_t *array = json_array();
	for (size_t i = 0; i < flags->n_outliers; i++) {
		json_t *json = json_object();
		write_member(json, "run", json_integer(flags->outliers[i].result->run), &writer->failed);
		write_member(json, "off", number_json(flags->outliers[i].off), &writer->failed);
		write_member(json, "score", number_json(flags->outliers[i].score), &writer->failed);
		write_item(array, json, &writer->failed);
	}
	return array;
}

static json_t *order_json(struct writer *writer, const struct flags *flags)
{
	json_t *json = json_object();
	write_member(json, "drifts", json_boolean(flags->order.drifts), &writer->failed);
	write_member(json, "p", number_json(flags->order.p), &writer->failed);
	write_member(json, "change", number_json(flags->change), &writer->failed);
	write_member(json, "moved", number_json(flags->moved), &writer->failed);
	write_member(json, "remembers", json_boolean(flags->order.remembers), &writer->failed);
	write_member(json, "memory", number_json(flags->order.memory), &writer->failed);
	write_member(json, "inflation", number_json(flags->order.inflation), &writer->failed);
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
	write_member(json, "outliers", outliers_json(writer, &flags), &writer->failed);
	put_sentence(writer, json, "outliers_reason", flags_say_outliers, &flags);
	write_member(json, "order", order_json(writer, &flags), &writer->failed);
	facts_rapl_doubt(file, &doubt);
	write_member(json, "rapl", words_json(text_string(&doubt)), &writer->failed);
	writer->failed |= doubt.failed;
	text_free(&doubt);
	flags_free(&flags);
	return json;
}

static json_t *export_json(struct writer *writer, const struct campaign_file *file, const struct summary *summary)
{
	json_t *json = json_object(), *runs = json_array(), *groups = json_array();
	write_member(json, "joulerig", json_string("export 1"), &writer->failed);
	write_member(json, "simulated", json_boolean(facts_simulated(file) != SIMULATED_NONE), &writer->failed);
	write_member(json, "campaign", file->facts ? json_incref(file->facts) : json_object(), &writer->failed);
	for (size_t i = 0; i < file->n_results; i++)
		write_item(runs, run_json(writer, &file->results[i]), &writer->failed);
	write_member(json, "runs", runs, &writer->failed);
	for (size_t i = 0; i < summary->n_groups; i++)
		write_item(groups, group_json(writer, summary, i), &writer->failed);
	write_member(json, "summary", groups, &writer->failed);
	write_member(json, "flags", flags_json(writer, file, summary), &writer->failed);
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
