#include "export.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "c_locale.h"
#include "plain.h"
#include "view.h"

static void add_text(struct text *out, const char *string)
{
	struct text field = TEXT_INIT;
	if (string[0] && strchr("=+-@\t\r", string[0]))
		text_add(&field, "'");
	plain_add_utf8(&field, string);
	const char *s = text_string(&field);
	bool quoted = strpbrk(s, ",\"\r\n") != NULL || s[0] == ' ';
	text_add(out, quoted ? "\"" : "");
	for (; *s; s++)
		text_add_bytes(out, *s == '"' ? "\"\"" : s, *s == '"' ? 2 : 1);
	text_add(out, quoted ? "\"" : "");
	out->failed |= field.failed;
	text_free(&field);
}

static void add_number(struct text *out, double x)
{
	if (isfinite(x))
		text_addf(out, "%.17g", x);
}

static void add_truth(struct text *out, bool truth)
{
	text_add(out, truth ? "true" : "false");
}

static void add_instant(struct text *out, const struct result *r, int64_t ns)
{
	if (view_has_bracket(r))
		text_addf(out, "%" PRId64, ns);
}

static const struct joules *joules_of(const struct result *r, const char *source, size_t member)
{
	const struct energy *energy = view_energy(r, source);
	return energy ? (const struct joules *)((const char *)energy + member) : NULL;
}

static void add_value(struct text *out, const struct result *r, const char *source, size_t member)
{
	const struct joules *joules = joules_of(r, source, member);
	add_number(out, joules ? joules->value : NAN);
}

static void add_U(struct text *out, const struct result *r, const char *source, size_t member)
{
	const struct joules *joules = joules_of(r, source, member);
	add_number(out, joules ? joules->expanded.U : NAN);
}

#define GROSS offsetof(struct energy, gross)
#define NET offsetof(struct energy, net)
#define CAUSED offsetof(struct energy, caused)

#define COLUMN(name, body)                                                                                                    \
	static void add_##name(struct text *out, const struct result *r)                                                      \
	{                                                                                                                     \
		body;                                                                                                         \
	}
#define COUNT(name) COLUMN(name, text_addf(out, "%" PRIu32, r->name))
#define WORDS(name) COLUMN(name, add_text(out, r->name))
#define ENERGY(source, quantity, MEMBER)                                                                                      \
	COLUMN(source##_##quantity##_J, add_value(out, r, #source, MEMBER))                                                   \
	COLUMN(source##_##quantity##_U_J, add_U(out, r, #source, MEMBER))

COUNT(run) COUNT(slot) COUNT(attempt) COUNT(repetition) COUNT(block) COUNT(order)
WORDS(workload) WORDS(point) WORDS(arm) WORDS(phase)
COLUMN(status, text_add(out, run_status_name(r->status)))
WORDS(reason) WORDS(checksum)
COLUMN(exit_code, text_addf(out, "%" PRId32, r->exit_code))
COLUMN(signal, text_addf(out, "%" PRId32, r->signal))
COLUMN(start_time, view_start_time(out, r))
COLUMN(start_ns, add_instant(out, r, r->start))
COLUMN(stop_ns, add_instant(out, r, r->stop))
COLUMN(u_start_ns, add_instant(out, r, r->u_start))
COLUMN(u_stop_ns, add_instant(out, r, r->u_stop))
COLUMN(duration_s, add_number(out, view_duration(r)))
ENERGY(wall, gross, GROSS)
ENERGY(wall, net, NET)
ENERGY(wall, caused, CAUSED)
COLUMN(wall_tail_J, add_number(out, view_energy(r, "wall") ? view_energy(r, "wall")->tail : NAN))
COLUMN(wall_power_W, add_number(out, view_energy(r, "wall") ? view_energy(r, "wall")->power : NAN))
ENERGY(rapl, gross, GROSS)
ENERGY(rapl, net, NET)
COLUMN(rapl_fraction, add_number(out, r->rapl_fraction))
COLUMN(gate_failed, add_truth(out, r->gate_failed))
COLUMN(cpu_s, add_number(out, r->cpu_seconds))
COLUMN(peak_rss_B, add_number(out, r->peak_rss))
COLUMN(peak_vms_B, add_number(out, r->peak_vms))
COLUMN(overhead_cpu_s, add_number(out, r->overhead_cpu))
COLUMN(simulated, add_truth(out, r->simulated))

/* The columns of campaign.h5's /summary, in its order. Only ever add to the end. */
static const struct csv_column {
	const char *name;
	void (*add)(struct text *out, const struct result *result);
} columns[] = {
#define ROW(name) { #name, add_##name }
	ROW(run), ROW(slot), ROW(attempt), ROW(repetition), ROW(block), ROW(order),
	ROW(workload), ROW(point), ROW(arm), ROW(phase), ROW(status), ROW(reason), ROW(checksum), ROW(exit_code), ROW(signal),
	ROW(start_time), ROW(start_ns), ROW(stop_ns), ROW(u_start_ns), ROW(u_stop_ns), ROW(duration_s),
	ROW(wall_gross_J), ROW(wall_gross_U_J), ROW(wall_net_J), ROW(wall_net_U_J), ROW(wall_caused_J), ROW(wall_caused_U_J),
	ROW(wall_tail_J), ROW(wall_power_W),
	ROW(rapl_gross_J), ROW(rapl_gross_U_J), ROW(rapl_net_J), ROW(rapl_net_U_J), ROW(rapl_fraction), ROW(gate_failed),
	ROW(cpu_s), ROW(peak_rss_B), ROW(peak_vms_B), ROW(overhead_cpu_s), ROW(simulated),
#undef ROW
};
#define N_COLUMNS (sizeof columns / sizeof *columns)

int report_csv(const struct campaign_file *file, struct text *out)
{
	struct c_locale scope;
	c_locale_enter(&scope);
	for (size_t c = 0; c < N_COLUMNS; c++)
		text_addf(out, "%s%s", c ? "," : "", columns[c].name);
	text_add(out, "\r\n");
	for (size_t i = 0; i < file->n_results; i++) {
		for (size_t c = 0; c < N_COLUMNS; c++) {
			text_add(out, c ? "," : "");
			columns[c].add(out, &file->results[i]);
		}
		text_add(out, "\r\n");
	}
	c_locale_leave(&scope);
	return text_failed(out) ? -1 : 0;
}
