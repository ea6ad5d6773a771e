/* A campaign of `n` results with every field filled; the same for the same n. */
#ifndef JOULERIG_TESTS_STORE_SAMPLE_CAMPAIGN_H
#define JOULERIG_TESTS_STORE_SAMPLE_CAMPAIGN_H

#include "campaign_file.h"
#include "campaign_layout.h"
#include "sample.h"

static inline double sample_number(void)
{
	return rand() / 1024.0 - 1e6 / 3;
}

static inline void sample_joules(struct joules *joules, double value)
{
	joules->value = value;
	joules->budget.n = rand() % (BUDGET_TERMS_MAX + 1);
	joules->budget.overflowed = rand() % 2;
	for (int i = 0; i < joules->budget.n; i++) {
		struct budget_term *term = &joules->budget.terms[i];
		snprintf(term->name, sizeof term->name, "term-%d", i);
		term->u = sample_number();
		term->nu = i % 3 ? INFINITY : i;
		term->type = i % 2 ? 'A' : 'B';
		term->share = (enum share)(i % SHARES);
	}
	joules->expanded = (struct expanded){ .u = fabs(value) / 200, .nu = INFINITY, .k = 1.96, .U = fabs(value) / 100 };
}

static inline void sample_source(struct source_result *source, const char *name, bool is_total, double joules)
{
	struct energy *energy = &source->energy;
	snprintf(source->name, sizeof source->name, "%s", name);
	source->role = (enum channel_role)(rand() % CHANNEL_ROLES);
	source->is_total = is_total;
	energy->status = (enum energy_status)(rand() % ENERGY_STATUSES);
	snprintf(energy->reason, sizeof energy->reason, "because of %d", rand());
	sample_joules(&energy->gross, joules);
	sample_joules(&energy->net, joules / 2);
	sample_joules(&energy->caused, joules / 1.9);
	energy->tail = sample_number();
	energy->settled = rand() % 2;
	energy->duration = 2.5;
	energy->power = joules / 2.5;
	energy->idle_before = sample_number();
	energy->idle_after = NAN;
	energy->u_idle_before = sample_number();
	energy->used = (size_t)rand();
	energy->invalid = (size_t)rand();
	energy->missing = SIZE_MAX;
	energy->missing_fraction = sample_number();
	energy->wraps = (unsigned)rand();
	energy->naive_mean = sample_number();
	energy->naive_prorata = -INFINITY;
}

static inline void sample_result(struct result *result, unsigned i)
{
	*result = (struct result){.run = 1 + i / 2,
				  .slot = i / 2,
				  .attempt = 1,
				  .repetition = i / 4,
				  .block = i / 8,
				  .order = i % 8,
				  .status = (enum run_status)(i % RUN_STATUSES),
				  .exit_code = -(int)i,
				  .signal = (int)i,
				  .start = SAMPLE_T0 + i,
				  .stop = SAMPLE_T0 + 5 * NS_PER_S / 2,
				  .u_start = 10000,
				  .u_stop = 20000,
				  .start_realtime = INT64_C(1763780000000000123) + i * NS_PER_S,
				  .simulated = true,
				  .cpu_seconds = i % 3 ? 4.75 : NAN,
				  .peak_rss = 1e8,
				  .peak_vms = 2e8,
				  .overhead_cpu = 0.01,
				  .rapl_fraction = 0.61,
				  .gate_failed = i % 2};
	snprintf(result->workload, sizeof result->workload, "mandelbrot");
	snprintf(result->point, sizeof result->point, "threads=%u", i % 2 + 1);
	snprintf(result->arm, sizeof result->arm, "%s", i % 4 < 2 ? "gil" : "ft");
	snprintf(result->phase, sizeof result->phase, "%s", i % 2 ? "measured" : "");
	snprintf(result->reason, sizeof result->reason, "%s", i % 5 ? "" : "ab \xc3\xa4\xc3\xb6");
	snprintf(result->checksum, sizeof result->checksum, "%064x", i);
	result->n_sources = (int)(i % (RESULT_SOURCES_MAX + 1));
	for (int s = 0; s < result->n_sources; s++)
		sample_source(&result->sources[s],
			      s == 0   ? "wall"
			      : s == 1 ? "rapl"
				       : "package-0.energy",
			      s < 2, 500 + 10 * i - 100 * s);
}

static inline void sample_campaign(struct campaign_file *file, unsigned n)
{
	srand(n);
	file->plan_text = strdup("title: \"sample\"\n# \xc3\xa9\n");
	file->bench_text = strdup("name: twin\n");
	file->facts = json_pack("{s:s, s:s, s:b, s:I, s:f}", "title", "A sample", "uuid", "5c3e2f60-97c1-4bd5-8a51-2f6c2b9c1e11",
				"simulated", 1, "seed", (json_int_t)INT64_MAX, "third", 1.0 / 3);
	file->results = calloc(n + 1, sizeof *file->results);
	file->n_results = n;
	for (unsigned i = 0; i < n; i++)
		sample_result(&file->results[i], i);
}

#endif
