#include "campaign_layout.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define COUNT(array) (sizeof(array) / sizeof *(array))
_Static_assert(sizeof(size_t) == sizeof(uint64_t), "counts are stored as u64");

#define R(member, type, units) FIELD(struct result, member, #member, type, units)
const struct field result_fields[] = {
	R(run, STORED_U32, NULL),
	R(slot, STORED_U32, NULL),
	R(attempt, STORED_U32, NULL),
	R(repetition, STORED_U32, NULL),
	R(block, STORED_U32, NULL),
	R(order, STORED_U32, NULL),
	R(workload, STORED_TEXT, NULL),
	R(point, STORED_TEXT, NULL),
	R(arm, STORED_TEXT, NULL),
	R(phase, STORED_TEXT, NULL),
	R(status, STORED_U32, NULL),
	R(reason, STORED_TEXT, NULL),
	R(checksum, STORED_TEXT, NULL),
	R(exit_code, STORED_I32, NULL),
	R(signal, STORED_I32, NULL),
	R(start, STORED_I64, "ns"),
	R(stop, STORED_I64, "ns"),
	R(u_start, STORED_I64, "ns"),
	R(u_stop, STORED_I64, "ns"),
	R(start_realtime, STORED_I64, "ns"),
	R(cpu_seconds, STORED_F64, "s"),
	R(peak_rss, STORED_F64, "byte"),
	R(peak_vms, STORED_F64, "byte"),
	R(overhead_cpu, STORED_F64, "s"),
	R(simulated, STORED_BOOL, NULL),
	R(rapl_fraction, STORED_F64, "1"),
	R(gate_failed, STORED_BOOL, NULL),
};

#define S(member, name, type, units) FIELD(struct source_row, of.member, name, type, units)
#define JOULES(quantity)                                                                                                      \
	S(energy.quantity.value, #quantity, STORED_F64, "J"), S(energy.quantity.expanded.u, #quantity "_u", STORED_F64, "J"), \
	S(energy.quantity.expanded.nu, #quantity "_nu", STORED_F64, "1"),                                                     \
	S(energy.quantity.expanded.k, #quantity "_k", STORED_F64, "1"),                                                       \
	S(energy.quantity.expanded.U, #quantity "_U", STORED_F64, "J"),                                                       \
	S(energy.quantity.budget.n, #quantity "_terms", STORED_I32, NULL),                                                    \
	S(energy.quantity.budget.overflowed, #quantity "_overflowed", STORED_BOOL, NULL)
const struct field source_fields[] = {
	FIELD(struct source_row, result, "result", STORED_U32, NULL),
	FIELD(struct source_row, source, "source", STORED_U32, NULL),
	S(name, "name", STORED_TEXT, NULL),
	S(role, "role", STORED_U32, NULL),
	S(is_total, "is_total", STORED_BOOL, NULL),
	S(energy.status, "status", STORED_U32, NULL),
	S(energy.reason, "reason", STORED_TEXT, NULL),
	JOULES(gross),
	JOULES(net),
	JOULES(caused),
	S(energy.tail, "tail", STORED_F64, "J"),
	S(energy.settled, "settled", STORED_BOOL, NULL),
	S(energy.duration, "duration", STORED_F64, "s"),
	S(energy.power, "power", STORED_F64, "W"),
	S(energy.idle_before, "idle_before", STORED_F64, "W"),
	S(energy.idle_after, "idle_after", STORED_F64, "W"),
	S(energy.u_idle_before, "u_idle_before", STORED_F64, "W"),
	S(energy.used, "used", STORED_U64, NULL),
	S(energy.invalid, "invalid", STORED_U64, NULL),
	S(energy.missing, "missing", STORED_U64, NULL),
	S(energy.missing_fraction, "missing_fraction", STORED_F64, "1"),
	S(energy.wraps, "wraps", STORED_U32, NULL),
	S(energy.naive_mean, "naive_mean", STORED_F64, "J"),
	S(energy.naive_prorata, "naive_prorata", STORED_F64, "J"),
};

#define T(member, name, type, units) FIELD(struct term_row, member, name, type, units)
const struct field term_fields[] = {
	T(result, "result", STORED_U32, NULL),
	T(source, "source", STORED_U32, NULL),
	T(quantity, "quantity", STORED_U32, NULL),
	T(term, "term", STORED_U32, NULL),
	T(of.name, "name", STORED_TEXT, NULL),
	T(of.u, "u", STORED_F64, "J"),
	T(of.nu, "nu", STORED_F64, "1"),
	T(of.type, "type", STORED_TEXT, NULL),
	T(of.share, "share", STORED_U32, NULL),
};

#define Y(member, name, type, units) FIELD(struct summary_row, member, name, type, units)
const struct field summary_fields[] = {
	Y(run, "run", STORED_U32, NULL),
	Y(slot, "slot", STORED_U32, NULL),
	Y(attempt, "attempt", STORED_U32, NULL),
	Y(repetition, "repetition", STORED_U32, NULL),
	Y(block, "block", STORED_U32, NULL),
	Y(order, "order", STORED_U32, NULL),
	Y(workload, "workload", STORED_TEXT, NULL),
	Y(point, "point", STORED_TEXT, NULL),
	Y(arm, "arm", STORED_TEXT, NULL),
	Y(phase, "phase", STORED_TEXT, NULL),
	Y(status, "status", STORED_TEXT, NULL),
	Y(reason, "reason", STORED_TEXT, NULL),
	Y(checksum, "checksum", STORED_TEXT, NULL),
	Y(exit_code, "exit_code", STORED_I32, NULL),
	Y(signal, "signal", STORED_I32, NULL),
	Y(start_time, "start_time", STORED_TEXT, NULL),
	Y(start, "start", STORED_I64, "ns"),
	Y(stop, "stop", STORED_I64, "ns"),
	Y(u_start, "u_start", STORED_I64, "ns"),
	Y(u_stop, "u_stop", STORED_I64, "ns"),
	Y(duration, "duration_s", STORED_F64, "s"),
	Y(wall_gross, "wall_gross_J", STORED_F64, "J"),
	Y(wall_gross_U, "wall_gross_U_J", STORED_F64, "J"),
	Y(wall_net, "wall_net_J", STORED_F64, "J"),
	Y(wall_net_U, "wall_net_U_J", STORED_F64, "J"),
	Y(wall_caused, "wall_caused_J", STORED_F64, "J"),
	Y(wall_caused_U, "wall_caused_U_J", STORED_F64, "J"),
	Y(wall_tail, "wall_tail_J", STORED_F64, "J"),
	Y(wall_power, "wall_power_W", STORED_F64, "W"),
	Y(rapl_gross, "rapl_gross_J", STORED_F64, "J"),
	Y(rapl_gross_U, "rapl_gross_U_J", STORED_F64, "J"),
	Y(rapl_net, "rapl_net_J", STORED_F64, "J"),
	Y(rapl_net_U, "rapl_net_U_J", STORED_F64, "J"),
	Y(rapl_fraction, "rapl_fraction", STORED_F64, "1"),
	Y(gate_failed, "gate_failed", STORED_BOOL, NULL),
	Y(cpu, "cpu_s", STORED_F64, "s"),
	Y(peak_rss, "peak_rss_B", STORED_F64, "byte"),
	Y(peak_vms, "peak_vms_B", STORED_F64, "byte"),
	Y(overhead_cpu, "overhead_cpu_s", STORED_F64, "s"),
	Y(simulated, "simulated", STORED_BOOL, NULL),
};
const size_t result_n_fields = COUNT(result_fields), source_n_fields = COUNT(source_fields), term_n_fields = COUNT(term_fields),
	     summary_n_fields = COUNT(summary_fields);

struct joules *quantity_of(struct energy *energy, enum quantity quantity)
{
	switch (quantity) {
	case QUANTITY_NET: return &energy->net;
	case QUANTITY_CAUSED: return &energy->caused;
	case QUANTITY_GROSS: case QUANTITIES: break;
	}
	return &energy->gross;
}

static void put_joules(const struct joules *joules, double *value, double *U)
{
	*value = joules ? joules->value : NAN;
	*U = joules ? joules->expanded.U : NAN;
}

static void put_energies(const struct result *result, struct summary_row *row)
{
	const struct source_result *wall_source = result_source(result, "wall"), *rapl_source = result_source(result, "rapl");
	const struct energy *wall = wall_source ? &wall_source->energy : NULL, *rapl = rapl_source ? &rapl_source->energy : NULL;
	put_joules(wall ? &wall->gross : NULL, &row->wall_gross, &row->wall_gross_U);
	put_joules(wall ? &wall->net : NULL, &row->wall_net, &row->wall_net_U);
	put_joules(wall ? &wall->caused : NULL, &row->wall_caused, &row->wall_caused_U);
	put_joules(rapl ? &rapl->gross : NULL, &row->rapl_gross, &row->rapl_gross_U);
	put_joules(rapl ? &rapl->net : NULL, &row->rapl_net, &row->rapl_net_U);
	row->wall_tail = wall ? wall->tail : NAN;
	row->wall_power = wall ? wall->power : NAN;
	row->rapl_fraction = result->rapl_fraction;
	row->gate_failed = result->gate_failed;
}

#define COPY(row, result, member)                                                                                             \
	do {                                                                                                                  \
		_Static_assert(sizeof (row)->member == sizeof (result)->member, "the same text");                             \
		memcpy((row)->member, (result)->member, sizeof (row)->member);                                                \
	} while (0)

static void put_identity(const struct result *result, struct summary_row *row)
{
	row->run = result->run;
	row->slot = result->slot;
	row->attempt = result->attempt;
	row->repetition = result->repetition;
	row->block = result->block;
	row->order = result->order;
	COPY(row, result, workload);
	COPY(row, result, point);
	COPY(row, result, arm);
	COPY(row, result, phase);
	row->simulated = result->simulated;
}

static void put_outcome(const struct result *result, struct summary_row *row)
{
	snprintf(row->status, sizeof row->status, "%s", run_status_name(result->status));
	COPY(row, result, reason);
	COPY(row, result, checksum);
	row->exit_code = result->exit_code;
	row->signal = result->signal;
	row->cpu = result->cpu_seconds;
	row->peak_rss = result->peak_rss;
	row->peak_vms = result->peak_vms;
	row->overhead_cpu = result->overhead_cpu;
}

void summary_row_make(const struct result *result, struct summary_row *row)
{
	memset(row, 0, sizeof *row);
	put_identity(result, row);
	put_outcome(result, row);
	if (result->start_realtime != 0)
		iso_time(result->start_realtime, row->start_time);
	row->start = result->start;
	row->stop = result->stop;
	row->u_start = result->u_start;
	row->u_stop = result->u_stop;
	row->duration = (double)(int64_t)((uint64_t)result->stop - (uint64_t)result->start) / 1e9;
	put_energies(result, row);
}
