/* Notes of any length: what does not fit one record is sent in parts, which run_from_journal merges into the same object. */
#include "run.h"

#include <stdlib.h>
#include <string.h>

static int send_note(struct journal *journal, int64_t t, const json_t *note, bool *too_long, struct error *error)
{
	char *text = json_dumps(note, JSON_COMPACT);
	if (text == NULL)
		return error_set(error, ERROR_INTERNAL, NULL, NULL, "no memory for a note");
	*too_long = strlen(text) > RECORD_PAYLOAD_MAX;
	int result = *too_long ? 0 : journal_note(journal, t, text, error);
	free(text);
	return result;
}

/* {key: value}, or {outer: {key: value}}. */
static int send_member(struct journal *journal, int64_t t, const char *outer, const char *key, json_t *value, bool *too_long,
		       struct error *error)
{
	json_t *note = outer ? json_pack("{s:{s:O}}", outer, key, value) : json_pack("{s:O}", key, value);
	int result = send_note(journal, t, note, too_long, error);
	json_decref(note);
	return result;
}

static int send_members(struct journal *journal, int64_t t, const char *outer, const json_t *object, struct error *error)
{
	const char *key;
	json_t *value;
	json_object_foreach((json_t *)(uintptr_t)object, key, value) {
		bool too_long = false;
		if (send_member(journal, t, outer, key, value, &too_long, error) != 0)
			return -1;
		if (too_long && (outer != NULL || !json_is_object(value)))
			return error_set(error, ERROR_INTERNAL, key, NULL, "a note has a member longer than %u bytes",
					 RECORD_PAYLOAD_MAX);
		if (too_long && send_members(journal, t, key, value, error) != 0)
			return -1;
	}
	return 0;
}

int run_note(struct journal *journal, int64_t t, const json_t *note, struct error *error)
{
	bool too_long = false;
	if (send_note(journal, t, note, &too_long, error) != 0)
		return -1;
	return too_long ? send_members(journal, t, NULL, note, error) : 0;
}
