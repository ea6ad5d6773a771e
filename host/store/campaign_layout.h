/*
 * campaign_layout: the tables of campaign.h5; drawn in schemas/layout.md. `runs`, `sources` and `terms` hold every field of
 * every result; `summary` is what people and pandas read.
 */
#ifndef JOULERIG_STORE_CAMPAIGN_LAYOUT_H
#define JOULERIG_STORE_CAMPAIGN_LAYOUT_H

#include "campaign_file.h"
#include "fields.h"
#include "h5.h"
#include "iso_time.h"
#include "result.h"

#define CAMPAIGN_LAYOUT "joulerig campaign"
#define CAMPAIGN_LAYOUT_VERSION 1
#define CAMPAIGN_NAME "campaign.h5"
#define PACK_LAYOUT "joulerig pack" /* of the same version, and with the runs inside */

/* A row of `sources`: one energy source of the result in row `result` of `runs`. */
struct source_row {
	uint32_t result, source;
	struct source_result of;
};

/* A row of `terms`: one budget term. */
enum quantity { QUANTITY_GROSS, QUANTITY_NET, QUANTITY_CAUSED, QUANTITIES };
struct term_row {
	uint32_t result, source, quantity, term;
	struct budget_term of;
};
struct joules *quantity_of(struct energy *energy, enum quantity quantity);

struct summary_row {
	uint32_t run, slot, attempt, repetition, block, order;
	char workload[48], point[64], arm[32], phase[40], status[16], reason[160], checksum[72];
	int32_t exit_code, signal;
	char start_time[ISO_TIME_SIZE];
	int64_t start, stop, u_start, u_stop;
	double duration;
	double wall_gross, wall_gross_U, wall_net, wall_net_U, wall_caused, wall_caused_U, wall_tail, wall_power;
	double rapl_gross, rapl_gross_U, rapl_net, rapl_net_U, rapl_fraction;
	bool gate_failed;
	double cpu, peak_rss, peak_vms, overhead_cpu;
	bool simulated;
};
/* campaign_write.c: all of campaign.h5, or of a pack but its runs, into a file being composed. */
void campaign_compose(struct h5 *h5, const struct campaign_file *file, const char *layout);
/* campaign_read.c: from either; `file` is zero before. Failures are h5's; campaign_file_free in any case. */
void campaign_read_from(struct h5 *h5, struct campaign_file *file);

void summary_row_make(const struct result *result, struct summary_row *row);

extern const struct field result_fields[], source_fields[], term_fields[], summary_fields[];
extern const size_t result_n_fields, source_n_fields, term_n_fields, summary_n_fields;

#endif
