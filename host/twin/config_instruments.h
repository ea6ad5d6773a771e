/* config_instruments: `instruments:` of the twin's file -> twin_config.instruments. Private to config. */
#ifndef JOULERIG_TWIN_CONFIG_INSTRUMENTS_H
#define JOULERIG_TWIN_CONFIG_INSTRUMENTS_H

#include "document.h"
#include "twin.h"

/* What the schema cannot say goes into `problems`. */
void config_read_instruments(const struct document *document, struct twin_config *config, struct problems *problems);

#endif
