/* instruments: the table of families. */
#ifndef JOULERIG_TWIN_INSTRUMENTS_H
#define JOULERIG_TWIN_INSTRUMENTS_H

#include "instrument.h"

extern const struct instrument_family *const instrument_families[]; /* NULL-terminated */
/* Adds all their models, separated by commas. */
void instrument_models(struct text *text);

#endif
