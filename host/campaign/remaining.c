#include "remaining.h"

#include <stdlib.h>

#include "stock.h"

static void say(const struct campaign_file *file, const struct plan *plan, struct text *text)
{
	struct error error = ERROR_INIT;
	size_t n;
	struct slot *slots = schedule_make(plan, &n, &error);
	if (slots && stock_take(file, plan, slots, n, &error) == 0) {
		size_t open = stock_count(slots, n, SLOT_OPEN), all = open + stock_count(slots, n, SLOT_DONE);
		if (open)
			text_addf(text, "unfinished: %zu of %zu runs are still to be made; what is said here is of the others", open, all);
	}
	free(slots);
}

void remaining_say(const struct campaign_file *file, struct text *text)
{
	struct problems problems = PROBLEMS_INIT;
	struct error error = ERROR_INIT;
	struct plan plan;
	if (file->plan_text && plan_parse("plan", file->plan_text, &plan, &problems, &error) == 0) {
		say(file, &plan, text);
		plan_free(&plan);
	}
	problems_free(&problems);
}
