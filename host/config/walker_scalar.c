#include <regex.h>
#include <string.h>

#include "walker.h"

#define PATTERN_TEXT_MAX 256 /* names, dates, endpoints; a regular expression shall not be run over a hostile megabyte */

bool pattern_matches(const char *pattern, const char *text)
{
	regex_t expression;
	if (strlen(text) > PATTERN_TEXT_MAX || regcomp(&expression, pattern, REG_EXTENDED | REG_NOSUB) != 0)
		return false;
	bool matches = regexec(&expression, text, 0, NULL, 0) == 0;
	regfree(&expression);
	return matches;
}

static size_t count_characters(const char *text)
{
	size_t n = 0;
	for (; *text; text++)
		n += ((unsigned char)*text & 0xc0) != 0x80;
	return n;
}

bool text_fits(const struct walker *walker, const json_t *schema, const char *text)
{
	size_t n = count_characters(text);
	if (n < keyword_count(walker, schema, "minLength", 0) || n > keyword_count(walker, schema, "maxLength", SIZE_MAX))
		return false;
	const char *pattern = keyword_string(walker, schema, "pattern");
	return pattern == NULL || pattern_matches(pattern, text);
}

static bool number_fits(const struct walker *walker, const json_t *schema, const char *text)
{
	const json_t *minimum = keyword(walker, schema, "minimum"), *maximum = keyword(walker, schema, "maximum");
	double value;
	if (number_parse(text, &value) != 0)
		return false;
	return !(minimum && value < json_number_value(minimum)) && !(maximum && value > json_number_value(maximum));
}

/* Whether a scalar is this JSON value. */
static bool equals(const struct node *scalar, const json_t *value)
{
	enum scalar_type type = scalar_type(scalar);
	bool boolean;
	double number;
	switch (json_typeof(value)) {
	case JSON_STRING:
		return type == SCALAR_STRING && strcmp(scalar->text, json_string_value(value)) == 0;
	case JSON_TRUE:
	case JSON_FALSE:
		return type == SCALAR_BOOLEAN && boolean_parse(scalar->text, &boolean) == 0 && boolean == json_is_true(value);
	case JSON_INTEGER:
	case JSON_REAL:
		return !scalar->quoted && number_parse(scalar->text, &number) == 0 && number == json_number_value(value);
	default:
		return json_is_null(value) && type == SCALAR_NULL;
	}
}

static bool is_in(const struct node *scalar, const json_t *values)
{
	size_t i;
	const json_t *value;
	json_array_foreach(values, i, value)
		if (equals(scalar, value))
			return true;
	return false;
}

static bool scalar_fits(const struct walker *walker, const json_t *schema, const struct node *scalar)
{
	const json_t *constant = keyword(walker, schema, "const"), *values = keyword(walker, schema, "enum");
	if ((constant && !equals(scalar, constant)) || (values && !is_in(scalar, values)))
		return false;
	switch (scalar_type(scalar)) {
	case SCALAR_STRING:
		return text_fits(walker, schema, scalar->text);
	case SCALAR_INTEGER:
	case SCALAR_NUMBER:
		return number_fits(walker, schema, scalar->text);
	default:
		return true;
	}
}

void walk_scalar(const struct walker *walker, const json_t *schema, const struct node *scalar, const char *label)
{
	if (!scalar_fits(walker, schema, scalar))
		report_mismatch(walker, schema, scalar, label);
}

/* Compares with x-minimum or x-maximum; `sign` is 1 for a least value. */
static bool beyond(const char *limit, enum dimension dimension, double value, int sign)
{
	double bound;
	return limit && quantity_parse(limit, dimension, &bound) == 0 && sign * (value - bound) < 0;
}

void walk_quantity(const struct walker *walker, const json_t *schema, const struct node *node, const char *label)
{
	int dimension = dimension_parse(keyword_string(walker, schema, "x-quantity"));
	const char *least = keyword_string(walker, schema, "x-minimum"), *most = keyword_string(walker, schema, "x-maximum");
	double value;
	char shown[EXCERPT_SIZE];
	if (node->kind != NODE_SCALAR || dimension < 0 || quantity_parse(node->text, (enum dimension)dimension, &value) != 0)
		report_mismatch(walker, schema, node, label);
	else if (beyond(least, (enum dimension)dimension, value, 1))
		problem_of(walker->problems, node, label, "\"%s\" is too small; expected at least %s",
			   excerpt(shown, node->text), least);
	else if (beyond(most, (enum dimension)dimension, value, -1))
		problem_of(walker->problems, node, label, "\"%s\" is too large; expected at most %s",
			   excerpt(shown, node->text), most);
}
