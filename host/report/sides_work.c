/* How much work the runs of a side say that they did. */
#include <string.h>

#include "facts.h"
#include "sides.h"

struct side_work side_work_of(const struct side *side, const struct result *result)
{
	size_t i;
	const json_t *work;
	json_array_foreach(facts_at(side->file, "work"), i, work)
		if (json_integer_value(json_object_get(work, "run")) == (json_int_t)result->run)
			return (struct side_work){ json_number_value(json_object_get(work, "amount")), json_string_value(json_object_get(work, "unit")) };
	return (struct side_work){ 0, NULL };
}

struct side_work side_work_told(const struct side *side, const struct summary_group *group)
{
	for (size_t i = 0; i < group->n; i++) {
		struct side_work work = side_work_of(side, group->members[i]);
		if (work.unit)
			return work;
	}
	return (struct side_work){ 0, NULL };
}

bool side_work_varies(const struct side *side, const struct summary_group *group)
{
	struct side_work first = side_work_told(side, group);
	for (size_t i = 0; i < group->n; i++) {
		struct side_work work = side_work_of(side, group->members[i]);
		if (work.unit && (work.amount != first.amount || strcmp(work.unit, first.unit) != 0))
			return true;
	}
	return false;
}
