/*
 * detect: the two forms in which a survey is printed. For cli/detect.c.
 */
#ifndef JOULERIG_CLI_DETECT_H
#define JOULERIG_CLI_DETECT_H

#include "survey.h"

/* Line by line, each beginning with what it is about; below an instrument its entry in a bench file. */
void detect_list(const struct survey *survey, struct text *text);

/* The same as JSON. -1: out of memory. */
int detect_json(const struct survey *survey, struct text *text);

#endif
