#include "fault/fault_script.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "clock.h"
#include "units.h"

enum amount { AMOUNT_NONE, AMOUNT_TIME, AMOUNT_FACTOR };

static const struct {
	const char *name;
	enum amount amount;
	double by;  /* when not given; NAN: it must be */
	bool stays; /* without `for` all that follows is struck */
} kinds[PLANT_KINDS] = {
	[PLANT_DROP] = { "drop", AMOUNT_NONE, 0, false },
	[PLANT_DELAY] = { "delay", AMOUNT_TIME, NAN, false },
	[PLANT_GARBLE] = { "garble", AMOUNT_NONE, 0, false },
	[PLANT_TRUNCATE] = { "truncate", AMOUNT_NONE, 0, false },
	[PLANT_REPEAT] = { "repeat", AMOUNT_NONE, 0, false },
	[PLANT_DISCONNECT] = { "disconnect", AMOUNT_NONE, 0, false },
	[PLANT_RENAME] = { "rename", AMOUNT_NONE, 0, true },
	[PLANT_STALL] = { "stall", AMOUNT_NONE, 0, false },
	[PLANT_UNIT] = { "unit", AMOUNT_FACTOR, 1000, false },
	[PLANT_OVER] = { "over", AMOUNT_NONE, 0, false },
	[PLANT_NAN] = { "nan", AMOUNT_NONE, 0, false },
	[PLANT_STEP] = { "step", AMOUNT_TIME, NAN, true },
};

const char *fault_kind_name(enum fault_kind kind)
{
	return (unsigned)kind < PLANT_KINDS ? kinds[kind].name : "unknown";
}

bool fault_is_of_link(enum fault_kind kind)
{
	return kind <= PLANT_RENAME;
}

/* ---- the grammar ---- */

#define EVERY_MAX 1000000000
#define TIME_MAX 1e8 /* s */

enum keyword { KEYWORD_BY, KEYWORD_EVERY, KEYWORD_AT, KEYWORD_FOR, KEYWORDS };
static const char *const keywords[KEYWORDS] = { "by", "every", "at", "for" };

struct reader {
	const char *on, *clause; /* for messages */
	struct error *error;
};

static int refuse(const struct reader *reader, const char *expected)
{
	return error_set(reader->error, ERROR_CONFIG, reader->on, "write it as in: garble every 50, stall at 10 s for 3 s, step by -2 s at 40 s",
			 "option script, at \"%.60s\": expected %s", reader->clause, expected);
}

/* Cuts the next word off. NULL: there is none. */
static char *next_word(char **rest)
{
	char *word = *rest + strspn(*rest, " ");
	if (*word == '\0')
		return NULL;
	char *end = word + strcspn(word, " ");
	*rest = *end ? end + 1 : end;
	*end = '\0';
	return word;
}

static int keyword_of(const char *word)
{
	for (int i = 0; i < KEYWORDS; i++)
		if (strcmp(word, keywords[i]) == 0)
			return i;
	return -1;
}

/* What stands behind each keyword, as written: "300 ms". Cuts the clause into pieces; the words of a value keep one space. */
static int split(const struct reader *reader, char *rest, char values[KEYWORDS][40])
{
	int current = -1;
	for (char *word; (word = next_word(&rest)) != NULL;) {
		int keyword = keyword_of(word);
		if (keyword < 0 && current < 0)
			return refuse(reader, "by AMOUNT, every N or at TIME behind the kind");
		if (keyword >= 0 && values[keyword][0])
			return refuse(reader, "each of by, every, at, for once");
		if (keyword >= 0 && current >= 0 && values[current][0] == '\0')
			return refuse(reader, "a value behind each of by, every, at, for");
		current = keyword < 0 ? current : keyword;
		if (keyword >= 0)
			continue;
		size_t length = strlen(values[current]);
		if (length + strlen(word) + 2 > sizeof values[current])
			return refuse(reader, "a short value behind each of by, every, at, for");
		snprintf(values[current] + length, sizeof values[current] - length, "%s%s", length ? " " : "", word);
	}
	return current < 0 || values[current][0] ? 0 : refuse(reader, "a value behind each of by, every, at, for");
}

static int parse_time(const struct reader *reader, const char *text, bool zero, int64_t *ns)
{
	double s;
	if (quantity_parse(text, DIMENSION_TIME, &s) != 0 || !(s <= TIME_MAX) || s < 0 || (s <= 0 && !zero))
		return refuse(reader, zero ? "a time behind at, such as 10 s" : "a time behind for, such as 3 s");
	*ns = llround(s * 1e9);
	return 0;
}

static int parse_amount(const struct reader *reader, const char *text, struct fault_clause *clause)
{
	bool given = text[0] != '\0';
	clause->by = kinds[clause->kind].by;
	switch (kinds[clause->kind].amount) {
	case AMOUNT_TIME:
		if (!given || quantity_parse(text, DIMENSION_TIME, &clause->by) != 0 || !(fabs(clause->by) <= TIME_MAX) ||
		    (clause->kind == PLANT_DELAY && !(clause->by > 0)))
			return refuse(reader, "by TIME, such as by 300 ms");
		return 0;
	case AMOUNT_FACTOR:
		if (given && (number_parse(text, &clause->by) != 0 || !(clause->by > 0)))
			return refuse(reader, "by a factor, such as by 1000 or by 0.001");
		return 0;
	default:
		return given ? refuse(reader, "no amount: only delay, step and unit have one") : 0;
	}
}

static int parse_when(const struct reader *reader, char values[KEYWORDS][40], struct fault_clause *clause)
{
	long long every = 0;
	bool has_every = values[KEYWORD_EVERY][0], has_at = values[KEYWORD_AT][0];
	if (has_every == has_at)
		return refuse(reader, "either every N or at TIME");
	if (has_every && (integer_parse(values[KEYWORD_EVERY], &every) != 0 || every < 1 || every > EVERY_MAX))
		return refuse(reader, "a count behind every, such as 50");
	clause->every = (uint32_t)every;
	if (has_at && parse_time(reader, values[KEYWORD_AT], true, &clause->at) != 0)
		return -1;
	clause->lasts = kinds[clause->kind].stays ? NEVER : 0;
	return values[KEYWORD_FOR][0] ? parse_time(reader, values[KEYWORD_FOR], false, &clause->lasts) : 0;
}

static int parse_clause(const struct reader *reader, char *text, struct fault_clause *clause)
{
	char values[KEYWORDS][40] = { { 0 } };
	const char *name = next_word(&text);
	for (int kind = 0; name && kind < PLANT_KINDS; kind++) {
		if (strcmp(name, kinds[kind].name) != 0)
			continue;
		*clause = (struct fault_clause){ .kind = (enum fault_kind)kind, .until = INT64_MIN };
		if (split(reader, text, values) != 0 || parse_amount(reader, values[KEYWORD_BY], clause) != 0)
			return -1;
		return parse_when(reader, values, clause);
	}
	return refuse(reader, "drop, delay, garble, truncate, repeat, disconnect, rename, stall, unit, over, nan or step");
}

static uint32_t draw(struct fault_clause *clause)
{
	return 1 + (uint32_t)(fault_random(&clause->random) % (2 * (uint64_t)clause->every - 1)); /* its mean is `every` */
}

int fault_script_parse(const char *text, uint64_t seed, const char *on, struct fault_script *script, struct error *error)
{
	char copy[256], *rest = copy;
	memset(script, 0, sizeof *script);
	if ((size_t)snprintf(copy, sizeof copy, "%s", text) >= sizeof copy)
		return error_set(error, ERROR_CONFIG, on, "leave clauses out", "option script is longer than %zu characters", sizeof copy - 1);
	if (copy[strspn(copy, " ")] == '\0')
		return 0;
	while (rest) {
		char *text_of = strsep(&rest, ","), clause_text[256];
		snprintf(clause_text, sizeof clause_text, "%s", text_of + strspn(text_of, " "));
		const struct reader reader = { .on = on, .clause = clause_text, .error = error };
		if (script->n == FAULT_CLAUSES_MAX)
			return refuse(&reader, "no more than 16 clauses");
		struct fault_clause *clause = &script->clauses[script->n];
		if (parse_clause(&reader, text_of, clause) != 0)
			return -1;
		clause->random = seed * 0x9e3779b97f4a7c15u + (uint64_t)++script->n; /* each has a stream of its own */
		clause->left = clause->every ? draw(clause) : 0;
	}
	return 0;
}

/* ---- as time goes on ---- */

/* splitmix64 (Steele, Lea, Flood: Fast splittable pseudorandom number generators, 2014). */
uint64_t fault_random(uint64_t *state)
{
	uint64_t z = *state += 0x9e3779b97f4a7c15u;
	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
	z = (z ^ z >> 27) * 0x94d049bb133111ebu;
	return z ^ z >> 31;
}

static int64_t end_of(int64_t from, int64_t lasts)
{
	return lasts == NEVER ? NEVER : from + lasts;
}

bool fault_clause_strikes(struct fault_clause *clause, int64_t since)
{
	if (since < clause->until)
		return true;
	if (clause->every) {
		if (--clause->left > 0)
			return false;
		clause->left = draw(clause);
		clause->until = end_of(since, clause->lasts);
		return true;
	}
	if (clause->done || since < clause->at)
		return false;
	clause->done = true;
	clause->until = end_of(clause->at, clause->lasts);
	return clause->lasts == 0 || since < clause->until;
}

const struct fault_clause *fault_strikes(struct fault_script *script, enum fault_kind kind, int64_t since)
{
	const struct fault_clause *struck = NULL;
	for (int i = 0; i < script->n; i++)
		if (script->clauses[i].kind == kind && fault_clause_strikes(&script->clauses[i], since) && struck == NULL)
			struck = &script->clauses[i];
	return struck;
}
