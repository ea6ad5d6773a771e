#include "point_label.h"

#include <ctype.h>
#include <string.h>

#include "units.h"

struct piece { /* of a label, not terminated */
	const char *name, *value;
	size_t name_length, value_length;
};

/* Where a piece begins that stands behind a space: a name and =. A value may have spaces in it. */
static bool begins_piece(const char *at)
{
	if (!isalpha((unsigned char)*at) && *at != '_')
		return false;
	while (isalnum((unsigned char)*at) || *at == '_')
		at++;
	return *at == '=';
}

/* The piece at *at, which moves behind it; false at the end. */
static bool next_piece(const char **at, struct piece *piece)
{
	const char *equals = strchr(*at, '='), *end = *at;
	if (equals == NULL)
		return false;
	do
		end += strcspn(end + 1, " ") + 1;
	while (*end && !begins_piece(end + 1));
	*piece = (struct piece){ *at, equals + 1, (size_t)(equals - *at), end > equals ? (size_t)(end - equals - 1) : 0 };
	*at = *end ? end + 1 : end;
	return true;
}

static bool find(const char *label, const char *name, size_t length, struct piece *piece)
{
	while (next_piece(&label, piece))
		if (piece->name_length == length && memcmp(piece->name, name, length) == 0)
			return true;
	return false;
}

static bool same_number(const char *a, size_t length, const char *b)
{
	char text[64];
	double left, right;
	if (length >= sizeof text)
		return false;
	memcpy(text, a, length);
	text[length] = '\0';
	return number_parse(text, &left) == 0 && number_parse(b, &right) == 0 && left == right;
}

static bool is_value(const struct piece *piece, const char *value)
{
	if (strlen(value) == piece->value_length && memcmp(piece->value, value, piece->value_length) == 0)
		return true;
	return same_number(piece->value, piece->value_length, value);
}

static bool is_one_of(const struct piece *piece, const struct claim_variable *variable)
{
	for (size_t i = 0; i < variable->n; i++)
		if (is_value(piece, variable->values[i]))
			return true;
	return variable->n == 0;
}

bool point_label_matches(const char *label, const struct claim_selection *selection)
{
	struct piece piece;
	for (size_t i = 0; i < selection->n_variables; i++) {
		const struct claim_variable *variable = &selection->variables[i];
		if (!find(label, variable->name, strlen(variable->name), &piece) || !is_one_of(&piece, variable))
			return false;
	}
	return true;
}

bool point_label_has(const char *label, const char *name, const char *value)
{
	struct piece piece;
	return find(label, name, strlen(name), &piece) && is_value(&piece, value);
}

static bool is_among(const struct piece *piece, const struct claim_selection *selection)
{
	for (size_t i = 0; i < selection->n_variables; i++)
		if (strlen(selection->variables[i].name) == piece->name_length &&
		    memcmp(selection->variables[i].name, piece->name, piece->name_length) == 0)
			return true;
	return false;
}

static size_t count(const char *label)
{
	struct piece piece;
	size_t n = 0;
	while (next_piece(&label, &piece))
		n++;
	return n;
}

bool point_label_differs_by(const char *label, const char *other, const struct claim_selection *differing)
{
	struct piece piece, its;
	if (count(label) != count(other) || !point_label_matches(other, differing))
		return false;
	while (next_piece(&label, &piece)) {
		if (!find(other, piece.name, piece.name_length, &its))
			return false;
		if (!is_among(&piece, differing) &&
		    (its.value_length != piece.value_length || memcmp(its.value, piece.value, its.value_length) != 0))
			return false;
	}
	return true;
}
