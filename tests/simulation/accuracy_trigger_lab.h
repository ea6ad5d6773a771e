/*
 * accuracy_trigger_lab: a campaign whose edges are planted. A rig with a clock of its own, on a link with jitter, stamps its output; a
 * meter's START/STOP input hangs on it; the self-test is evaluated as a campaign does. Everything is known.
 *
 * What waits is late by an exponential time that 95 of 100 stay below: JITTER of the link to the rig, REPLY_JITTER of a reply that is all
 * that is known of an edge. As campaign/edge_lags.h found of real runs, these wait longer than the children of the self-test did: so much
 * that the largest distance of 24 of these holds some 93 of 100 (`tail`).
 */
#ifndef JOULERIG_TESTS_ACCURACY_TRIGGER_LAB_H
#define JOULERIG_TESTS_ACCURACY_TRIGGER_LAB_H

#include "edge_lags.h"
#include "random.h"
#include "run.h"

#define LAB_JITTER (50 * NS_PER_US)
#define LAB_REPLY_JITTER (5 * NS_PER_MS)
#define LAB_SUPPLY_LAG (8 * NS_PER_MS) /* bound, as the bench says */
#define LAB_REACTION (500 * NS_PER_US) /* of the START/STOP input, as the bench says, give or take half of it */
#define LAB_STEPS 6

struct trigger_lab {
	struct random random;
	double rate;  /* of the rig's clock against the host's, less 1 */
	int64_t zero; /* host time at which it began */
	int64_t asymmetry; /* ns: the way back from the rig is longer by this */
	double tail;  /* runs wait so many times as long as the self-test */
	struct trigger_figure rig, reply;

	/* The meter and what it measures. */
	double gain, clock, offset; /* relative, relative, W */
	int64_t reaction, latency, supply; /* ns: what it really is */
};

/* One edge pair as it happened, MONOTONIC ns, and as it was told. */
struct trigger_edges {
	int64_t entry, end; /* what the bracket is */
	int64_t raise, start, read; /* before the line was raised; the child's stamp; the kernel's clock on the entry */
	int64_t stop, lowered;
	int64_t rise, fall; /* of the rig's output */
	int64_t reply_start, reply_stop;
};

struct trigger_run {
	struct trigger_edges edges;
	struct {
		int64_t t;
		double watts;
	} load[LAB_STEPS]; /* from t on; the wall sees it `supply` later */
	double joules; /* of the wall, from entry to end */
};

enum told { TOLD_BY_RIG, TOLD_BY_REPLY, TOLD_EXACTLY, TOLD };

/* -1: the self-test's figures could not be made. */
int trigger_lab_draw(uint64_t seed, struct trigger_lab *lab);
void trigger_lab_run(struct trigger_lab *lab, double seconds, struct trigger_run *planted);
/* The run's file, in memory. `plain`: a meter without errors of its own, with fine steps. */
void trigger_lab_record(struct trigger_lab *lab, const struct trigger_run *planted, enum told told, bool plain, struct run *run);

#endif
