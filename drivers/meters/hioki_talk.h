/*
 * hioki_talk: the conversation with a Hioki PW333x. Lines end with CR LF, in both directions. Nothing here formats, so that it can be
 * called while it measures: what is sent is text that its caller has made before.
 */
#ifndef JOULERIG_DRIVERS_METERS_HIOKI_TALK_H
#define JOULERIG_DRIVERS_METERS_HIOKI_TALK_H

#include "link.h"
#include "meters/hioki_reply.h"
#include "meters/idn.h"

#define HIOKI_SETTINGS_MAX 6

/* One that is set, read back, and put back in the end. */
struct hioki_setting {
	const char *label;
	char header[24];  /* ":VOLT1:RANG" */
	char question[32], order[48]; /* with their ends */
	bool is_word;     /* else a number, compared as one */
	double number;
	char word[8];
	char before[24]; /* what it had; "": it was not changed */
};

enum io hioki_order(struct link *link, const char *text, int64_t deadline); /* `text` ends with CR LF */
/* `question` ends with CR: link_query adds the rest. */
enum io hioki_ask(struct link *link, const char *question, char *reply, size_t size, int64_t deadline);

/* Goes on until something is an identity: what is left of earlier answers may come first. */
enum io hioki_ask_identity(struct link *link, struct timebase *timebase, struct idn *identity, int64_t deadline);

/* Whether the instrument has refused something since this was last asked: bits 3 to 5 of the standard event register. */
enum io hioki_refused(struct link *link, bool *refused, int64_t deadline);

enum io hioki_setting_read(const struct hioki_setting *setting, struct link *link, char *value, size_t size, bool *as_wanted, int64_t deadline);
/* Sets it where it differs, and reads it back. */
enum io hioki_setting_apply(struct hioki_setting *setting, struct link *link, bool *as_wanted, int64_t deadline);

#endif
