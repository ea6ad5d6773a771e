/* config: the twin's YAML file (schemas/twin.schema.json; README.md beside this file) -> struct twin_config. */
#ifndef JOULERIG_TWIN_CONFIG_H
#define JOULERIG_TWIN_CONFIG_H

#include "document.h"
#include "twin.h"

/* 0, or -1 with the mistakes in `problems`. The caller frees the configuration with twin_config_free. */
int twin_config_load(const char *path, struct twin_config *config, struct problems *problems, struct error *error);
int twin_config_parse(const char *name, const char *text, size_t length, struct twin_config *config, struct problems *problems,
		      struct error *error);

#endif
