#include "wt_model.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "meters/numeric_driver.h"

static const double large_currents[] = { 1, 2, 5, 10, 20, 40, 0 };
static const double three_phase_currents[] = { 0.5, 1, 2, 5, 10, 20, 0 };

/* Two elements are those of the two-wattmeter method: 1 and 3 (IM WT310E-01EN, App-2). */
#define ONE 01
#define TWO 05
#define THREE 07

/* A longer name stands before its own beginning. */
static const struct wt_model models[] = {
	{ "wt310eh", ONE, large_currents, 0.001, 0.0005 },
	{ "wt310e", ONE, numeric_small_currents, 0.001, 0.0005 },
	{ "wt310hc", ONE, large_currents, 0.001, 0.001 },
	{ "wt310", ONE, numeric_small_currents, 0.001, 0.001 },
	{ "wt332e", TWO, three_phase_currents, 0.001, 0.0005 },
	{ "wt333e", THREE, three_phase_currents, 0.001, 0.0005 },
	{ "wt332", TWO, three_phase_currents, 0.001, 0.001 },
	{ "wt333", THREE, three_phase_currents, 0.001, 0.001 },
};

const struct wt_model *wt_model_find(const char *model)
{
	for (size_t i = 0; i < sizeof models / sizeof *models; i++)
		if (strncasecmp(model, models[i].prefix, strlen(models[i].prefix)) == 0)
			return &models[i];
	return NULL;
}

unsigned wt_elements_parse(const struct wt_model *model, const char *text)
{
	unsigned elements = 0;
	if (strcasecmp(text, "sum") == 0)
		return model->elements;
	for (;; text++) {
		unsigned bit = *text >= '1' && *text < '1' + WT_ELEMENTS_MAX ? 1u << (*text - '1') : 0;
		if (!(model->elements & bit) || (elements & bit))
			return 0;
		elements |= bit;
		if (*++text != '+')
			return *text == '\0' ? elements : 0;
	}
}

int wt_elements_count(unsigned elements)
{
	int n = 0;
	for (; elements; elements >>= 1)
		n += elements & 1;
	return n;
}

int wt_element(unsigned elements, int index)
{
	int number = 1;
	for (; !(elements & 1) || index-- > 0; elements >>= 1)
		number++;
	return number;
}

void wt_elements_text(unsigned elements, char *text, size_t size)
{
	size_t used = 0;
	text[0] = '\0';
	for (int i = 0; i < wt_elements_count(elements) && used < size; i++)
		used += (size_t)snprintf(text + used, size - used, "%s%d", i ? ", " : "", wt_element(elements, i));
}

unsigned wt_elements_of_wiring(const char *wiring)
{
	static const struct {
		const char *name;
		unsigned elements;
	} wirings[] = { { "P1W3", TWO }, { "P3W3", TWO }, { "V3A3", TWO }, { "P3W4", THREE } };
	for (size_t i = 0; i < sizeof wirings / sizeof *wirings; i++)
		if (strcasecmp(wiring, wirings[i].name) == 0)
			return wirings[i].elements;
	return 0;
}
