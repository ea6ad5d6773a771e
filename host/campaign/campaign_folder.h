/*
 * campaign_folder: what lies where in a campaign's directory (drawn in schemas/layout.md), and who may write into it.
 *
 * `directory` is the campaign's directory everywhere. facts.json is written last of what must be there before the first run:
 * a directory that has it has everything, one that has not has no runs.
 */
#ifndef JOULERIG_CAMPAIGN_CAMPAIGN_FOLDER_H
#define JOULERIG_CAMPAIGN_CAMPAIGN_FOLDER_H

#include <limits.h>
#include <stdbool.h>
#include <stdint.h>

#include "campaign_file.h"

/* "DIR/runs/000007.h5"; suffix is ".h5" or ".journal". */
void campaign_folder_run_path(const char *directory, uint32_t run, const char *suffix, char *path, size_t size);

/* The lock of the directory, which must be there: a descriptor that the caller closes, or -1. ERROR_EXISTS when another process
 * writes into it. */
int campaign_folder_lock(const char *directory, struct error *error);

enum folder_state {
	FOLDER_UNBEGUN, /* absent, empty, or only what a crash before facts.json was written leaves */
	FOLDER_BEGUN,   /* facts.json is there */
	FOLDER_FOREIGN, /* something else, or not to be read */
};
enum folder_state campaign_folder_state(const char *directory);

/* Whether campaign_folder_make would refuse it now, without touching anything: so that a taken one is found out before the bench is. */
int campaign_folder_check(const char *directory, bool leftovers, struct error *error);

/* Makes the directory, and runs/ and logs/ in it; returns its lock, or -1. ERROR_EXISTS when it is not empty; `leftovers` allows
 * one that is FOLDER_UNBEGUN. */
int campaign_folder_make(const char *directory, bool leftovers, struct error *error);

/* Writes plan.yaml, bench.yaml (unless bench_text is NULL) and, last, facts.json: synced, each under its name only when whole. */
int campaign_folder_keep(const char *directory, const struct campaign_file *texts, struct error *error);
/* Reads them back; `file` then has no results yet. On failure it is empty. */
int campaign_folder_read(const char *directory, struct campaign_file *file, struct error *error);

/* What there is of one number in runs/. */
struct folder_run {
	uint32_t number;
	bool file, journal;
};
struct folder_runs {
	struct folder_run *list; /* by number */
	size_t n;
	uint32_t highest; /* number used so far, also by what was set aside, and by logs; 0: none */
};
int campaign_folder_list(const char *directory, struct folder_runs *runs, struct error *error);
void campaign_folder_free(struct folder_runs *runs);

/* Removes what a crash left half written (NAME.part of the campaign's own files). Returns how many, or -1. */
int campaign_folder_clean(const char *directory, struct error *error);

#endif
