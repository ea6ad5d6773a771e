/*
 * ptdaemon_reply: what SPEC PTDaemon says and logs, as bytes in, struct out. Pure; `line` without its line end.
 *
 *   Identify     YokogawaWT310-C3TL0001E,1000,1,1,1,1,0,0,1,version=1.9.1-1fee1ded-20190101,OS=Windows,mode=power,1,1,1,…
 *   RR           Ranges,0,1.000000,0,300.000000           amperes: automatic -1/0/1, range; volts the same; -1: unknown
 *   RL           Last 2 samples, and then so many of:
 *                Time,28-12-2020 15:21:14.682,Watts,22.950000,Volts,228.570000,Amps,0.206430,PF,0.486400[,Mark,NAME][,Ch1,Watts,…]
 *   Uncertainty  Uncertainty,0.41,0.40,0.45,120,0,120,0    percent: average, least, largest; samples: all, invalid, valid, unknown
 *
 * -1.000000 stands for "not available", and is never a number here.
 */
#ifndef JOULERIG_DRIVERS_METERS_PTDAEMON_REPLY_H
#define JOULERIG_DRIVERS_METERS_PTDAEMON_REPLY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PTDAEMON_LINE_SIZE 1024
#define PTDAEMON_MARK_SIZE 64

struct ptdaemon_identity {
	char driver[64];  /* of the analyzer, with what it says of itself */
	char version[48], os[64];
	int interval;     /* ms: of its averages */
	bool power, states_uncertainty, sets_ranges;
	int channels;
};

struct ptdaemon_value {
	double value;   /* NAN together with a flag */
	uint32_t flags; /* enum record_flag */
};

/* The first group of values: of a daemon with several channels that is their sum. */
struct ptdaemon_sample {
	int64_t wall; /* ms since 1970-01-01 00:00 of the daemon's own wall clock, whatever its zone */
	struct ptdaemon_value watts, volts, amperes, power_factor; /* one that the line does not have: FLAG_NO_DATA */
	char mark[PTDAEMON_MARK_SIZE]; /* "": none; cut to fit */
};

struct ptdaemon_ranges {
	double voltage, current;         /* V, A; 0: unknown */
	int voltage_auto, current_auto;  /* -1: unknown */
};

/* 0, or -1: not what was asked for. */
int ptdaemon_identity_decode(const char *line, struct ptdaemon_identity *identity);
int ptdaemon_ranges_decode(const char *line, struct ptdaemon_ranges *ranges);
int ptdaemon_sample_decode(const char *line, struct ptdaemon_sample *sample);
int ptdaemon_uncertainty_decode(const char *line, struct ptdaemon_value *relative); /* the average, as a ratio */
/* How many samples follow; 0: there are none that were not read before. */
int ptdaemon_count_decode(const char *line, int *samples);

#endif
