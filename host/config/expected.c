/* Words for what was found and what a schema wants. */
#include <stdlib.h>
#include <string.h>

#include "walker.h"

static void add_value(const json_t *value, struct text *text)
{
	char *json = json_is_string(value) ? NULL : json_dumps(value, JSON_ENCODE_ANY | JSON_REAL_PRECISION(6));
	text_add(text, json ? json : json_is_string(value) ? json_string_value(value) : "?");
	free(json);
}

/* "a", "a or b", "a, b or c" */
static const char *separator(size_t index, size_t n)
{
	return index == 0 ? "" : index + 1 < n ? ", " : " or ";
}

static void add_enum(const json_t *values, struct text *text)
{
	size_t i, n = json_array_size(values);
	const json_t *value;
	text_add(text, n > 1 ? "one of " : "");
	json_array_foreach(values, i, value) {
		text_add(text, separator(i, n));
		add_value(value, text);
	}
}

static const char *type_word(const char *type)
{
	static const char *const words[][2] = {
		{ "integer", "an integer" }, { "number", "a number" }, { "boolean", "true or false" }, { "string", "text" },
		{ "array", "a list" },       { "object", "a map" },    { "null", "nothing" },
	};
	for (size_t i = 0; i < sizeof words / sizeof *words; i++)
		if (strcmp(words[i][0], type) == 0)
			return words[i][1];
	return type;
}

static void add_limits(const struct walker *walker, const json_t *schema, struct text *text)
{
	const json_t *minimum = keyword(walker, schema, "minimum"), *maximum = keyword(walker, schema, "maximum");
	if (minimum) {
		text_add(text, maximum ? " from " : " of at least ");
		add_value(minimum, text);
	}
	if (maximum) {
		text_add(text, minimum ? " to " : " of at most ");
		add_value(maximum, text);
	}
}

static void add_length(const struct walker *walker, const json_t *schema, struct text *text)
{
	size_t least = keyword_count(walker, schema, "minLength", 0), most = keyword_count(walker, schema, "maxLength", 0);
	const char *pattern = keyword_string(walker, schema, "pattern");
	if (least)
		text_addf(text, " of at least %zu", least);
	if (most)
		text_addf(text, "%s at most %zu", least ? " and" : " of", most);
	if (least || most)
		text_addf(text, " character%s", (most ? most : least) == 1 ? "" : "s");
	if (pattern)
		text_addf(text, " that matches %s", pattern);
}

static void add_type(const struct walker *walker, const json_t *schema, const char *type, struct text *text)
{
	text_add(text, type_word(type));
	if (strcmp(type, "integer") == 0 || strcmp(type, "number") == 0)
		add_limits(walker, schema, text);
	if (strcmp(type, "string") == 0)
		add_length(walker, schema, text);
}

static void add_types(const struct walker *walker, const json_t *schema, struct text *text)
{
	const json_t *type = keyword(walker, schema, "type"), *one;
	size_t i;
	if (json_is_string(type))
		add_type(walker, schema, json_string_value(type), text);
	json_array_foreach(type, i, one) {
		text_add(text, separator(i, json_array_size(type)));
		add_type(walker, schema, json_string_value(one), text);
	}
}

static void add_alternatives(const struct walker *walker, const json_t *alternatives, struct text *text)
{
	size_t i;
	const json_t *one;
	json_array_foreach(alternatives, i, one) {
		text_add(text, separator(i, json_array_size(alternatives)));
		expected_add(walker, one, text);
	}
}

void expected_add(const struct walker *walker, const json_t *schema, struct text *text)
{
	const char *words = keyword_string(walker, schema, "x-expected");
	const char *quantity = keyword_string(walker, schema, "x-quantity");
	const json_t *constant = keyword(walker, schema, "const"), *values = keyword(walker, schema, "enum");
	const json_t *one_of = keyword(walker, schema, "oneOf"), *any_of = keyword(walker, schema, "anyOf");
	if (words) {
		text_add(text, words);
	} else if (quantity) {
		int dimension = dimension_parse(quantity);
		text_add(text, dimension >= 0 ? dimension_expected((enum dimension)dimension) : quantity);
	} else if (constant) {
		text_add(text, "\"");
		add_value(constant, text);
		text_add(text, "\"");
	} else if (values) {
		add_enum(values, text);
	} else if (one_of || any_of) {
		add_alternatives(walker, one_of ? one_of : any_of, text);
	} else {
		add_types(walker, schema, text);
	}
}

/* Quotes decide between text and the rest; said where they are what is wrong. */
static const char *quoting(const struct walker *walker, const json_t *schema, const struct node *scalar)
{
	bool wants_text = type_names(walker, schema, "string");
	if (scalar->quoted && !wants_text && keyword(walker, schema, "type") && !keyword(walker, schema, "x-quantity"))
		return " in quotes";
	if (!scalar->quoted && wants_text && !keyword(walker, schema, "x-quantity") && !type_allows(walker, schema, scalar))
		return " without quotes";
	return "";
}

void report_mismatch(const struct walker *walker, const json_t *schema, const struct node *node, const char *label)
{
	struct text expected = TEXT_INIT;
	expected_add(walker, schema, &expected);
	char shown[EXCERPT_SIZE];
	if (node->kind != NODE_SCALAR)
		problem_of(walker->problems, node, label, "%s is not %s", node->kind == NODE_MAP ? "a map" : "a list",
			   text_string(&expected));
	else if (scalar_type(node) == SCALAR_NULL)
		problem_of(walker->problems, node, label, "no value; expected %s", text_string(&expected));
	else
		problem_of(walker->problems, node, label, "\"%s\"%s is not %s", excerpt(shown, node->text),
			   quoting(walker, schema, node), text_string(&expected));
	text_free(&expected);
}
