#include "run_work.h"

#include <math.h>
#include <string.h>

#include "text.h"
#include "units.h"

json_t *run_work_to_json(const struct run *run)
{
	const char *told = json_string_value(json_object_get(json_object_get(run->notes, "facts"), "work"));
	const char *unit = told ? strchr(told, ' ') : NULL;
	struct text number = TEXT_INIT;
	double amount = NAN;
	if (unit == NULL)
		return NULL;
	text_add_bytes(&number, told, (size_t)(unit - told));
	int bad = number_parse(text_string(&number), &amount);
	text_free(&number);
	unit += strspn(unit, " ");
	if (bad || !(amount > 0) || !isfinite(amount) || *unit == '\0')
		return NULL;
	return json_pack("{s:O, s:f, s:s}", "run", json_object_get(run->header, "run"), "amount", amount, "unit", unit);
}
