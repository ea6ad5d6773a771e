/*
 * detect: the forms in which a survey, and the table of drivers, are printed. For cli/detect.c.
 */
#ifndef JOULERIG_CLI_DETECT_H
#define JOULERIG_CLI_DETECT_H

#include "survey.h"

/* Line by line, each beginning with what it is about; below an instrument its entry in a bench file. */
void detect_list(const struct survey *survey, struct text *text);

/* The same as JSON. -1: out of memory. */
int detect_json(const struct survey *survey, struct text *text);

/* What this build can drive: a line each; of those that are named (all known) their options as well. `n` 0: all. */
void detect_drivers(char *const *names, int n, struct text *text);
void detect_drivers_json(char *const *names, int n, struct text *text);

#endif
