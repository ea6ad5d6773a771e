/*
 * settings: what a driver sets on a SCPI instrument: read first, changed only where it differs, read back, and put back in
 * the end. `COMMAND ARGUMENT` sets, `COMMAND?` reads.
 */
#ifndef JOULERIG_DRIVERS_METERS_SETTINGS_H
#define JOULERIG_DRIVERS_METERS_SETTINGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "error.h"
#include "link.h"

enum setting_type {
	SETTING_NUMBER,  /* compared as numbers: `300V` is set, `300.0E+00` comes back */
	SETTING_BOOLEAN, /* ON or OFF; 1 or 0 comes back */
	SETTING_WORD,    /* a keyword, in its long or short form */
	SETTING_NUMBERS, /* plain numbers with commas between, such as 1,30,0 */
	SETTING_ITEM,    /* a function of the `:NUMeric` dialect, as it is set or as it is shown: "U", "Urms" */
};

struct setting {
	const char *label;  /* for messages: "voltage range" */
	char command[32];   /* ":INP:VOLT:RANG" */
	enum setting_type type;
	char want[16];      /* the argument */
	double number;      /* SETTING_NUMBER: its value in base units */
	bool locked;        /* cannot be changed while the instrument integrates */
	char before[24];    /* what the instrument had before it was changed; "": it was not */
};

/* Whether `reply` says what the setting wants. Pure. */
bool setting_matches(const struct setting *setting, const char *reply);

/* Whether the instrument has it so. Changes nothing. */
bool setting_holds(const struct setting *setting, struct link *link, int64_t deadline);

/* Applies all (or, `unlocked`, only those that are not locked), in order; the first failure ends it. May be called again after a
 * reconnection: what was there before the first change stays remembered. `on` is for messages. `io`: how the link did; IO_OK
 * together with -1 means that the instrument refuses a setting. */
int settings_apply(struct setting *settings, int count, bool unlocked, struct link *link, int64_t deadline, const char *on,
		   enum io *io, struct error *error);
/* Puts back what was changed, in reverse order, each read back. IO_GARBLED: one did not take what it had before. */
enum io settings_restore(struct setting *settings, int count, struct link *link, int64_t deadline);

/* Asks `command` (without '?') for its value, and cuts off the header that the instrument may put before it. */
enum io settings_read(struct link *link, const char *command, char *value, size_t size, int64_t deadline);
/* Sends one command and its newline. */
enum io settings_command(struct link *link, const char *command, int64_t deadline);
/* Fills the error for a link that failed in the course of `doing`. Returns -1. */
int settings_link_error(enum io io, const char *on, const char *doing, struct error *error);

#endif
