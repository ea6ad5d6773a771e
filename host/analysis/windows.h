/*
 * windows: a padded bracket over segments of equal length, however they came about: where it begins and ends, and the quiet
 * levels around it.
 */
#ifndef JOULERIG_ANALYSIS_WINDOWS_H
#define JOULERIG_ANALYSIS_WINDOWS_H

#include "padded.h"

struct windows {
	struct padded padded;
	double width;  /* s: of one window */
	int64_t smear; /* ns: a window reaches back this much further than its update interval */
	size_t quiet;  /* the first window that has to be quiet again after the stop edge; at most b */
	double leak;   /* J: above the later level, in those before B */
	bool lingers;  /* there is some of the run's power in them: B stays behind the guard */
	double early, early_power; /* J, W: off the level before, in windows just before the start edge; the last of them */
};

/* Starts a bracket; the profile is still empty. */
struct windows windows_start(const struct series *series, const struct bracket *bracket, const struct energy_options *options);

/* Lays the bracket over the finished profile and finds every level and value; margin, width and smear are set. */
int windows_lay(struct windows *windows, struct energy *energy);

/* Noise of the segments, and the leak. */
void windows_terms(const struct windows *windows, struct energy *energy);

void windows_naive(const struct windows *windows, struct energy *energy);

#endif
