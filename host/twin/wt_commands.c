/* One program unit: which command it is, what becomes of it, and how its reply is dressed. */
#include "wt_commands.h"

#include <string.h>

void wt_add_word(const struct wt *wt, const char *pattern, struct text *reply)
{
	struct text word = TEXT_INIT;
	scpi_spell(&word, pattern, wt->verbose, 0);
	text_add(reply, text_string(&word) + 1); /* without its colon */
	text_free(&word);
}

static const struct action *action_find(const char *header, int *suffix)
{
	static const struct action *const lists[] = { wt_system_actions, wt_item_actions, wt_input_actions };
	for (size_t i = 0; i < sizeof lists / sizeof *lists; i++)
		for (const struct action *a = lists[i]; a->pattern != NULL; a++)
			if (scpi_match(a->pattern, header, suffix))
				return a;
	return NULL;
}

static void add_header(const struct wt *wt, const char *pattern, int suffix, bool bare, struct text *reply)
{
	if (bare || !wt->header || *pattern == '*')
		return;
	scpi_spell(reply, pattern, wt->verbose, suffix);
	text_add(reply, " ");
}

static int ask(struct wt *wt, const struct action *action, struct call *call, struct text *reply)
{
	struct text value = TEXT_INIT;
	call->reply = &value;
	int failed = action->tell(wt, call);
	if (failed == 0) {
		add_header(wt, action->pattern, call->suffix, action->bare, reply);
		text_add_bytes(reply, text_string(&value), value.length);
	}
	text_free(&value);
	return failed;
}

static int perform_setting(struct wt *wt, const struct setting *setting, struct scpi_unit *unit, struct text *reply)
{
	bool held = wt->hold;
	if (unit->query) {
		add_header(wt, setting->pattern, 0, false, reply);
		setting_tell(wt, setting, reply);
		return 0;
	}
	int failed = setting_set(wt, setting, unit->arguments);
	if (wt->hold && !held)
		wt->held = wt->published;
	return failed;
}

static int perform(struct wt *wt, int64_t now, struct scpi_unit *unit, struct text *reply)
{
	struct call call = { .now = now, .arguments = unit->arguments };
	const struct setting *setting = setting_find(unit->header);
	if (setting != NULL)
		return perform_setting(wt, setting, unit, reply);
	const struct action *action = action_find(unit->header, &call.suffix);
	if (action == NULL || (unit->query ? action->tell == NULL : action->set == NULL))
		return WT_UNDEFINED;
	return unit->query ? ask(wt, action, &call, reply) : action->set(wt, &call);
}

bool wt_execute(struct wt *wt, int64_t now, const char **cursor, char path[96], struct text *reply)
{
	struct scpi_unit unit;
	struct text answer = TEXT_INIT;
	if (!scpi_next(cursor, &unit))
		return false;
	scpi_resolve(&unit, path);
	int failed = perform(wt, now, &unit, &answer);
	if (failed)
		wt_push_error(wt, failed);
	if (answer.length > 0) {
		if (reply->length > 0)
			text_add(reply, ";");
		text_add_bytes(reply, answer.bytes, answer.length);
	}
	text_free(&answer);
	return true;
}
