/*
 * audit: a campaign held against what published rule sets ask of a power measurement. It checks and labels. It never says that a result
 * complies: that is for those who made the rules to say, who also ask for things that no file tells.
 *
 * A rule is met only where the files show it. What they do not tell is "cannot be told", which is no pass. What comes from a twin meets no rule
 * that asks for an instrument.
 */
#ifndef JOULERIG_REPORT_AUDIT_H
#define JOULERIG_REPORT_AUDIT_H

#include "audit_evidence.h"
#include "layout.h"

enum audit_verdict {
	AUDIT_NOT_APPLICABLE, /* the rule is about something that this campaign has not */
	AUDIT_MET,
	AUDIT_UNKNOWN,        /* cannot be told from the data */
	AUDIT_NOT_MET,
	AUDIT_VERDICTS
};
const char *audit_verdict_name(enum audit_verdict verdict); /* "meets", "does not meet" … */

struct audit_answer {
	enum audit_verdict verdict;
	double badness;   /* of answers with one verdict the one with the most is told */
	char reason[240]; /* on what it rests: the run, the channel, the number */
};

/* Decide from the evidence alone; `limit` is the rule's number. */
typedef void audit_check(const struct audit_evidence *evidence, double limit, struct audit_answer *answer);
typedef void audit_run_check(const struct audit_evidence *evidence, const struct audit_run *run, double limit, struct audit_answer *answer);
typedef void audit_series_check(const struct audit_evidence *evidence, const struct audit_run *run, const struct audit_series *series, double limit,
				struct audit_answer *answer);

struct audit_rule {
	const char *id;     /* unique in its profile; the same in profiles that ask the same */
	const char *asks;   /* what is asked, in our words */
	const char *source; /* where it is asked */
	double limit;
	bool instrument;    /* it asks for a real instrument at the wall */
	/* One of them. Runs are those whose workload ended well, also where their energy was refused. */
	audit_check *all;           /* of the campaign */
	audit_run_check *run;       /* of each run */
	audit_series_check *power;  /* of each channel of the wall's power, in each run */
	audit_series_check *energy; /* of each of its energy by integration */
};

struct audit_profile {
	const char *name, *title;
	const struct audit_rule *rules;
	size_t n_rules;
	const char *beyond; /* what its rules ask that this program does not look at */
};
#define AUDIT_RULES_MAX 24
extern const struct audit_profile audit_profiles[]; /* ends with a NULL name */
const struct audit_profile *audit_profile_find(const char *name); /* NULL: none of that name */

/* `answers`: one a rule. */
void audit_judge(const struct audit_profile *profile, const struct audit_evidence *evidence, struct audit_answer answers[AUDIT_RULES_MAX]);
/* Every rule is met or does not apply, and nothing of the campaign came from a twin. */
bool audit_is_met(const struct audit_profile *profile, const struct audit_evidence *evidence, const struct audit_answer *answers);

/* Append to `out`. -1 when memory is short. */
int report_audit(const struct audit_profile *profile, const struct audit_evidence *evidence, const struct audit_answer *answers,
		 const struct table_options *options, struct text *out);
int report_audit_json(const struct audit_profile *profile, const struct audit_evidence *evidence, const struct audit_answer *answers,
		      struct text *out);

#endif
