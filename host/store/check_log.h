/*
 * check_log: what checks of a bench have shown, one JSON object a line, only ever added to. A line is on disk before its check is
 * reported. A last line that a crash cut short is passed over, and ended by the next one.
 */
#ifndef JOULERIG_STORE_CHECK_LOG_H
#define JOULERIG_STORE_CHECK_LOG_H

#include <stdbool.h>
#include <stddef.h>

#include "error.h"

struct check_entry {
	char kind[16];                     /* "reference", "series", "certificate" */
	double time;                       /* s since 1970 UTC */
	char bench[96], device[32], serial[48];
	char against[96];                  /* the reference, the other device, or the certificate */
	double value, U;                   /* W, of the device; NAN where there is none */
	double reference, U_reference;     /* W */
	double U_difference;               /* W */
	double En;                         /* of a certificate: the largest error over the claimed limit */
	bool passed, simulated;
	char campaign[512], when[8];       /* that it stands before or after; "" */
	char evidence[512];                /* directory of the check's own run; "" */
};

int check_log_append(const char *path, const struct check_entry *entry, struct error *error);
/* malloc'ed, in the order of the file; no file is an empty log. Lines that are no entries are counted in *damaged. */
int check_log_read(const char *path, struct check_entry **entries, size_t *n, size_t *damaged, struct error *error);

#endif
