/* What a plain scalar is: YAML 1.2's core schema, numbers as strict as core/units.h. */
#include <string.h>

#include "node_tree.h"

static bool is_one_of(const char *text, const char *const *words, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (strcmp(text, words[i]) == 0)
			return true;
	return false;
}
#define COUNT(array) (sizeof(array) / sizeof *(array))

enum scalar_type scalar_type(const struct node *scalar)
{
	static const char *const nulls[] = { "", "~", "null", "Null", "NULL" };
	static const char *const booleans[] = { "true", "True", "TRUE", "false", "False", "FALSE" };
	long long integer;
	double number;
	if (scalar->quoted)
		return SCALAR_STRING;
	if (is_one_of(scalar->text, nulls, COUNT(nulls)))
		return SCALAR_NULL;
	if (is_one_of(scalar->text, booleans, COUNT(booleans)))
		return SCALAR_BOOLEAN;
	if (integer_parse(scalar->text, &integer) == 0)
		return SCALAR_INTEGER;
	return number_parse(scalar->text, &number) == 0 ? SCALAR_NUMBER : SCALAR_STRING;
}

int boolean_parse(const char *text, bool *value)
{
	static const char *const yes[] = { "true", "True", "TRUE", "on", "yes" };
	static const char *const no[] = { "false", "False", "FALSE", "off", "no" };
	*value = is_one_of(text, yes, COUNT(yes));
	return *value || is_one_of(text, no, COUNT(no)) ? 0 : -1;
}
