#include "certificate_file.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "schemas.h"

static double range_of(const struct document *document, const char *key, enum dimension dimension)
{
	return node_quantity(node_get(document, node_get(document, document_root(document), "range"), key), dimension, 0);
}

static double watts(const struct document *document, const struct node *map, const char *key)
{
	return node_quantity(node_get(document, map, key), DIMENSION_POWER, NAN);
}

/* What the meter shows must rise with what is applied, else a reading has no one power. */
static void check_order(const struct document *document, const struct node *item, const struct certificate *c, struct problems *problems)
{
	const struct certificate_point *last = &c->points[c->n - 1], *before = last - 1;
	if (c->n < 2)
		return;
	if (last->power <= before->power)
		problems_add(problems, document, item, "points must be in order of power");
	else if (last->power + last->error <= before->power + before->error)
		problems_add(problems, document, item, "at %g W the meter would show no more than at %g W", last->power, before->power);
}

static void load_points(const struct document *document, struct certificate *c, struct problems *problems)
{
	const struct node *list = node_get(document, document_root(document), "points");
	for (size_t i = 0; i < node_count(document, list) && c->n < CERTIFICATE_POINTS_MAX; i++) {
		const struct node *item = node_item(document, list, i);
		c->points[c->n++] = (struct certificate_point){
			.power = watts(document, item, "power"), .error = watts(document, item, "error"), .U = watts(document, item, "U"),
		};
		check_order(document, item, c, problems);
	}
}

int certificate_load(const char *path, struct certificate *c, struct problems *problems, struct error *error)
{
	memset(c, 0, sizeof *c);
	struct document *document = document_load(path, schema_certificate, problems, error);
	if (document == NULL)
		return -1;
	const struct node *root = document_root(document);
	snprintf(c->number, sizeof c->number, "%s", node_text(node_get(document, root, "number"), ""));
	snprintf(c->serial, sizeof c->serial, "%s", node_text(node_get(document, root, "serial"), ""));
	c->coverage = node_number(node_get(document, root, "k"), 2);
	c->voltage = range_of(document, "voltage", DIMENSION_VOLTAGE);
	c->current = range_of(document, "current", DIMENSION_CURRENT);
	load_points(document, c, problems);
	document_free(document);
	return problems_check(problems, error);
}

json_t *certificate_to_json(const struct certificate *c)
{
	json_t *facts = json_pack("{s:s, s:s, s:s}", "number", c->number, "issued", c->issued, "expires", c->expires);
	if (c->drift > 0)
		json_object_set_new(facts, "drift_per_year", json_real(c->drift));
	if (c->n == 0)
		return facts;
	json_t *points = json_array();
	for (int i = 0; i < c->n; i++)
		json_array_append_new(points, json_pack("{s:f, s:f, s:f}", "power_W", c->points[i].power, "error_W", c->points[i].error, "U_W",
							c->points[i].U));
	if (c->serial[0])
		json_object_set_new(facts, "serial", json_string(c->serial));
	if (c->voltage > 0 || c->current > 0)
		json_object_set_new(facts, "range", json_pack("{s:f, s:f}", "voltage_V", c->voltage, "current_A", c->current));
	json_object_set_new(facts, "k", json_real(c->coverage));
	json_object_set_new(facts, "points", points);
	return facts;
}
