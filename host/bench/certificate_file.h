/*
 * certificate_file: a calibration certificate, as its file says it (schemas/certificate.schema.json) and as facts of a bench.
 */
#ifndef JOULERIG_BENCH_CERTIFICATE_FILE_H
#define JOULERIG_BENCH_CERTIFICATE_FILE_H

#include <jansson.h>

#include "certificate.h"
#include "document.h"

int certificate_load(const char *path, struct certificate *certificate, struct problems *problems, struct error *error);
json_t *certificate_to_json(const struct certificate *certificate);

#endif
