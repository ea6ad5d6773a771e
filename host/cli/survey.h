/*
 * survey: everything of this machine that can take part in a measurement, or could if it were allowed to.
 */
#ifndef JOULERIG_CLI_SURVEY_H
#define JOULERIG_CLI_SURVEY_H

#include "instruments.h"
#include "interpreter.h"
#include "triggers/gpio_chips.h"

#define SURVEY_CHIPS_MAX 16

struct survey {
	struct instrument *instruments; /* serial ports among them */
	size_t n_instruments, n_known;
	struct channel counters[DEVICE_CHANNELS_MAX];
	int n_counters;
	struct error counters_error; /* why there are none */
	struct gpio_chip chips[SURVEY_CHIPS_MAX];
	size_t n_chips;
	struct interpreter *interpreters;
	size_t n_interpreters;
};

struct survey_request {
	char **endpoints; /* that are asked beside what is on USB */
	int n_endpoints;
	bool ask_ports;    /* every serial port too */
	bool interpreters; /* look for them */
};
/* Progress goes to the log. */
int survey_take(struct survey *survey, const struct survey_request *request, struct error *error);
void survey_free(struct survey *survey);

/* Whether something is there that this user may not use. */
bool survey_forbidden(const struct survey *survey);

/* What lets this user use it: a command; or that the groups which a user was given count from the next login on. */
const char *survey_access_remedy(void);

/* A whole bench file of what is there. ERROR_NOT_FOUND, or what refused, if nothing of it measures energy. */
int survey_bench(const struct survey *survey, struct text *text, struct error *error);

#endif
