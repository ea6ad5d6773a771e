/* "did you mean": the known key at the least edit distance. */
#include <string.h>

#include "walker.h"

#define LENGTH_MAX 40

static size_t least_of(size_t a, size_t b, size_t c)
{
	size_t least = a < b ? a : b;
	return least < c ? least : c;
}

/* Levenshtein: insertions, deletions, substitutions; by rows. */
static size_t distance(const char *a, const char *b)
{
	size_t row[LENGTH_MAX + 1], width = strlen(b);
	for (size_t j = 0; j <= width; j++)
		row[j] = j;
	for (size_t i = 1; a[i - 1]; i++) {
		size_t diagonal = row[0];
		row[0] = i;
		for (size_t j = 1; j <= width; j++) {
			size_t above = row[j];
			row[j] = least_of(above + 1, row[j - 1] + 1, diagonal + (a[i - 1] != b[j - 1]));
			diagonal = above;
		}
	}
	return row[width];
}

const char *suggest(const json_t *properties, const char *key)
{
	size_t length = strlen(key), best = length / 3 + 2;
	const char *near = NULL;
	if (length == 0 || length > LENGTH_MAX)
		return NULL;
	for (void *i = json_object_iter((json_t *)properties); i; i = json_object_iter_next((json_t *)properties, i)) {
		const char *known = json_object_iter_key(i);
		size_t d = strlen(known) <= LENGTH_MAX ? distance(key, known) : best;
		if (d < best && d < strlen(known)) {
			best = d;
			near = known;
		}
	}
	return near;
}
