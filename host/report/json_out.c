#include "json_out.h"

#include <math.h>

#include "plain.h"

void write_member(json_t *object, const char *key, json_t *value, bool *failed)
{
	*failed |= value == NULL || json_object_set_new(object, key, value) != 0;
}

void write_item(json_t *array, json_t *value, bool *failed)
{
	*failed |= value == NULL || json_array_append_new(array, value) != 0;
}

json_t *number_json(double x)
{
	return isfinite(x) ? json_real(x) : json_null();
}

json_t *words_json(const char *string)
{
	struct text text = TEXT_INIT;
	plain_add_utf8(&text, string ? string : "");
	json_t *value = text.failed ? NULL : json_string(text_string(&text));
	text_free(&text);
	return value;
}

json_t *interval_json(const struct interval *interval, bool *failed)
{
	json_t *json = json_object();
	write_member(json, "estimate", number_json(interval->estimate), failed);
	write_member(json, "low", number_json(interval->low), failed);
	write_member(json, "high", number_json(interval->high), failed);
	return json;
}
