#include "factors_file.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "document.h"
#include "schemas.h"

/* Of a value whose number and unit the schema has seen: "0.31 EUR/kWh". */
static double number_of(const char *written)
{
	char number[64];
	double value = NAN;
	snprintf(number, sizeof number, "%.*s", (int)strcspn(written, " "), written);
	return number_parse(number, &value) == 0 ? value : NAN;
}

static struct factor load_factor(const struct document *document, const char *key, double neutral)
{
	const struct node *map = node_get(document, document_root(document), key), *value = node_get(document, map, "value");
	if (map == NULL)
		return (struct factor){ .value = neutral };
	return (struct factor){
		.source = node_text(node_get(document, map, "source"), ""),
		.date = node_text(node_get(document, map, "date"), ""),
		.written = node_text(value, ""),
		.value = number_of(node_text(value, "")),
		.U = node_quantity(node_get(document, map, "U"), DIMENSION_RATIO, 0),
	};
}

int factors_load(const char *path, struct factors *factors, struct problems *problems, struct error *error)
{
	*factors = (struct factors){ .document = document_load(path, schema_factors, problems, error) };
	if (factors->document == NULL)
		return -1;
	const struct document *document = factors->document;
	const struct node *carbon = node_get(document, document_root(document), "carbon");
	factors->price = load_factor(document, "price", NAN);
	factors->pue = load_factor(document, "pue", 1);
	factors->carbon = load_factor(document, "carbon", NAN);
	factors->method = node_text(node_get(document, carbon, "method"), "");
	factors->region = node_text(node_get(document, carbon, "region"), "");
	if (factors->price.source)
		memcpy(factors->currency, strchr(factors->price.written, ' ') + 1, sizeof factors->currency - 1);
	return 0;
}

void factors_free(struct factors *factors)
{
	document_free(factors->document);
	*factors = (struct factors){ .document = NULL };
}
