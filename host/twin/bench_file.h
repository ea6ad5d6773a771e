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
	char rig[80];        /* URI; "": none */
};

void bench_file_text(const struct twin_config *config, const struct endpoints *endpoints, struct text *text);
/* Replaces the file in one step. */
int bench_file_write(const char *path, const struct twin_config *config, const struct endpoints *endpoints, struct error *error);

#endif
