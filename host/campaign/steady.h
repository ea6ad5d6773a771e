/*
 * steady: has power settled? Watches one power channel live, over the last `during` ns of its values.
 *
 * Settled means: at least 4 values cover the span, and the means of its two halves differ by less than `within`. The spread of
 * single values does not matter (a noisy idle is still an idle): what must be over is the drift.
 * Starts zeroed. Of a fast meter and a long span, neighbouring values are kept as one (steady_span).
 */
#ifndef JOULERIG_CAMPAIGN_STEADY_H
#define JOULERIG_CAMPAIGN_STEADY_H

#include <stdbool.h>
#include <stdint.h>

#define STEADY_VALUES 512

struct steady {
	struct steady_entry { /* of one value, or of a few in a row */
		int64_t t;    /* of the last of them */
		double sum;   /* W */
		unsigned n;
	} entries[STEADY_VALUES];
	unsigned n, head;   /* entries kept, next place */
	int64_t since;      /* values up to here are forgotten */
	int64_t step, from; /* values so near to `from` join the newest entry; `from` is the time of its first */
};

/* The longest span that will be asked for: makes sure that it fits, whatever the meter's pace. */
void steady_span(struct steady *steady, int64_t longest);

void steady_add(struct steady *steady, int64_t t, double power);
void steady_forget(struct steady *steady, int64_t now); /* an edge: judge only what comes after it */
/* `level`, unless NAN: the span's mean must also lie within `within` of it. */
bool steady_settled(const struct steady *steady, int64_t now, int64_t during, double within, double level);
/* Mean over the last `during` ns; NAN if there is no value. */
double steady_mean(const struct steady *steady, int64_t now, int64_t during);

#endif
