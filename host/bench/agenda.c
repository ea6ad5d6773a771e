#include "agenda.h"

#include <stdbool.h>

#include "clock.h"

static bool before(const struct agenda_entry *a, const struct agenda_entry *b)
{
	return a->due != b->due ? a->due < b->due : a->who < b->who;
}

static void exchange(struct agenda *agenda, int i, int j)
{
	struct agenda_entry kept = agenda->heap[i];
	agenda->heap[i] = agenda->heap[j];
	agenda->heap[j] = kept;
}

static void rise(struct agenda *agenda, int i)
{
	for (; i > 0 && before(&agenda->heap[i], &agenda->heap[(i - 1) / 2]); i = (i - 1) / 2)
		exchange(agenda, i, (i - 1) / 2);
}

static void sink(struct agenda *agenda, int i)
{
	for (;;) {
		int first = i;
		for (int child = 2 * i + 1; child <= 2 * i + 2 && child < agenda->n; child++)
			if (before(&agenda->heap[child], &agenda->heap[first]))
				first = child;
		if (first == i)
			return;
		exchange(agenda, i, first);
		i = first;
	}
}

void agenda_add(struct agenda *agenda, int who, int64_t due)
{
	agenda->heap[agenda->n] = (struct agenda_entry){ .due = due, .who = who };
	rise(agenda, agenda->n++);
}

int64_t agenda_due(const struct agenda *agenda)
{
	return agenda->n > 0 ? agenda->heap[0].due : NEVER;
}

int agenda_who(const struct agenda *agenda)
{
	return agenda->n > 0 ? agenda->heap[0].who : -1;
}

void agenda_postpone(struct agenda *agenda, int64_t due)
{
	agenda->heap[0].due = due;
	sink(agenda, 0);
}
