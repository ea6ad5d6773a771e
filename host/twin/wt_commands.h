/* wt_commands: what the files that make up the command language share. */
#ifndef JOULERIG_TWIN_WT_COMMANDS_H
#define JOULERIG_TWIN_WT_COMMANDS_H

#include "scpi.h"
#include "wt.h"

struct setting {
	const char *pattern;
	enum { SETTING_SWITCH, SETTING_CHOICE, SETTING_COUNT } type;
	size_t offset;              /* of a bool or int in struct wt */
	const char *const *choices; /* NULL-terminated patterns */
	int least, most;
	bool locked; /* refused during integration */
};
const struct setting *setting_find(const char *header);
int setting_set(struct wt *wt, const struct setting *setting, const char *argument); /* 0 or the error number */
void setting_tell(const struct wt *wt, const struct setting *setting, struct text *reply);
extern const char *const wt_integration_modes[];

/* Character data in the form that :COMM:VERB asks for: "NORMAL" or "NORM". */
void wt_add_word(const struct wt *wt, const char *pattern, struct text *reply);

/* One command or query: what came with it, and where its reply goes (queries only). */
struct call {
	int64_t now;
	int suffix; /* the number at `<x>`, or -1 */
	char *arguments;
	struct text *reply;
};

/* A command with a function of its own. `set` and `tell` may be NULL; both return 0 or an error number. */
struct action {
	const char *pattern;
	int (*set)(struct wt *wt, struct call *call);
	int (*tell)(struct wt *wt, struct call *call);
	bool bare; /* the reply never has a header */
};
extern const struct action wt_item_actions[], wt_input_actions[], wt_system_actions[]; /* end with a NULL pattern */

#endif
