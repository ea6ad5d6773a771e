/*
 * fault_script: which faults, and when: the option `script` of the driver `fault`. Pure.
 *
 *   script = clause { "," clause }
 *   clause = KIND [ "by" AMOUNT ] ( "every" N | "at" TIME ) [ "for" TIME ]
 *
 *   garble every 50, stall at 10 s for 3 s, delay by 300 ms every 20, step by -2 s at 40 s
 *
 * `every N`: one event of N on average, drawn from the seed; `at`: since measuring began. With `for` all events of that time are struck,
 * else one, or, of those that last (rename, step), all that follow. An event is a message of the instrument (drop, delay, garble,
 * truncate, repeat, disconnect, rename) or a record with values (the others).
 */
#ifndef JOULERIG_DRIVERS_FAULT_SCRIPT_H
#define JOULERIG_DRIVERS_FAULT_SCRIPT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "error.h"

enum fault_kind {
	/* of the link */
	PLANT_DROP,       /* a message is lost */
	PLANT_DELAY,      /* it comes later, by an amount: maybe after nobody waits for it any more */
	PLANT_GARBLE,     /* some of its bytes are noise, at least one that no text has */
	PLANT_TRUNCATE,   /* what follows a byte of it is lost */
	PLANT_REPEAT,     /* it comes once more, just before the next one */
	PLANT_DISCONNECT, /* the connection breaks within it; what the endpoint leads to is back afterwards */
	PLANT_RENAME,     /* the connection breaks, and the endpoint leads nowhere: the instrument is back under another node */
	/* of the values */
	PLANT_STALL,      /* they do not move on */
	PLANT_UNIT,       /* energy and power are taken for a unit that is so many times theirs */
	PLANT_OVER,       /* the instrument says that its range is exceeded */
	PLANT_NAN,        /* the instrument says that it has none */
	PLANT_STEP,       /* the instrument's own clock, which stamps them, is set, by an amount */
	PLANT_KINDS
};

struct fault_clause {
	enum fault_kind kind;
	double by;      /* s; a pure number for PLANT_UNIT */
	uint32_t every; /* 0: `at` */
	int64_t at, lasts; /* ns since measuring began; ns, 0: one event, NEVER: all that follow */

	/* As time goes on. */
	uint64_t random;
	uint32_t left; /* events until it strikes */
	int64_t until; /* it strikes all of them up to here */
	bool done;
};

#define FAULT_CLAUSES_MAX 16
struct fault_script {
	struct fault_clause clauses[FAULT_CLAUSES_MAX];
	int n;
};

/* On failure the error says what was expected, and where. An empty text has no clauses. */
int fault_script_parse(const char *text, uint64_t seed, const char *on, struct fault_script *script, struct error *error);
bool fault_is_of_link(enum fault_kind kind);
const char *fault_kind_name(enum fault_kind kind);

/* There is an event of the clause's kind, `since` ns after measuring began: is it struck? */
bool fault_clause_strikes(struct fault_clause *clause, int64_t since);
/* The same of all clauses of a kind: the first that strikes; NULL: none does. */
const struct fault_clause *fault_strikes(struct fault_script *script, enum fault_kind kind, int64_t since);
uint64_t fault_random(uint64_t *state);

#endif
