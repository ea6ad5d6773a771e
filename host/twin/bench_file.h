/* bench_file: the bench.yaml that goes with a twin. */
#ifndef JOULERIG_TWIN_BENCH_FILE_H
#define JOULERIG_TWIN_BENCH_FILE_H

#include "error.h"
#include "text.h"
#include "twin.h"

struct endpoints {
	char unix_path[128]; /* absolute */
	int tcp_port;        /* -1: none */
	int vxi11_port;      /* 0 or less: none */
	char pty[64];        /* "": none */
	char powercap[256];  /* absolute; "": none */
	char hwmon[256];     /* likewise */
	char rig[80];        /* URI; "": none */
	char instruments[TWIN_INSTRUMENTS][300]; /* URIs, in the configuration's order */
};

void bench_file_text(const struct twin *twin, const struct endpoints *endpoints, struct text *text);
/* One device's lines, indented by two blanks: below `devices:`. */
void bench_file_instrument(const struct instrument *instrument, const char *endpoint, struct text *text);
/* Replaces the file in one step. */
int bench_file_write(const char *path, const struct twin *twin, const struct endpoints *endpoints, struct error *error);

#endif
