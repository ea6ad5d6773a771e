/*
 * factors_file: what a kilowatt-hour costs and emits, as a user's table says it (schemas/factors.schema.json). A factor is worth what its
 * source is: none is built in, and a table in which one lacks its source or its day is refused.
 */
#ifndef JOULERIG_CAMPAIGN_FACTORS_FILE_H
#define JOULERIG_CAMPAIGN_FACTORS_FILE_H

#include "error.h"

struct document; /* config/document.h */
struct problems;

struct factor {
	const char *source; /* NULL: this factor is not given; the value is then neutral, or NAN */
	const char *date, *written; /* "2026-01-15"; the value as in the file: "0.31 EUR/kWh" */
	double value;
	double U; /* relative, expanded (95 %); 0: none stated */
};

/* Strings belong to it and live until factors_free. */
struct factors {
	struct factor price;   /* currency per kWh */
	struct factor pue;     /* 1; 1 if not given */
	struct factor carbon;  /* g of CO2 equivalent per kWh */
	char currency[4];
	const char *method, *region; /* of carbon; "" if not said */
	struct document *document;
};

int factors_load(const char *path, struct factors *factors, struct problems *problems, struct error *error);
void factors_free(struct factors *factors);

#endif
