/*
 * zes_talk: the conversation with a ZES LMG: its languages, what it sends by itself, and its settings, each a number.
 */
#ifndef JOULERIG_DRIVERS_METERS_ZES_TALK_H
#define JOULERIG_DRIVERS_METERS_ZES_TALK_H

#include "link.h"
#include "meters/idn.h"

struct zes_languages {
	const char *to_scpi, *to_short; /* with their ends */
};

/* What it still sends comes before its answer. */
enum io zes_ask_identity(struct link *link, struct timebase *timebase, struct idn *idn, int64_t deadline);

/* Whatever it speaks and sends: it is silent afterwards, speaks SCPI and knows of no error. */
enum io zes_stop_sending(struct link *link, struct timebase *timebase, const struct zes_languages *languages, bool shorthand, int64_t deadline);
/* `action`, in the language that it is to send in, with its end. IO_GARBLED: it does not take it. */
enum io zes_begin_sending(struct link *link, const struct zes_languages *languages, bool shorthand, const char *action, int64_t deadline);

/* One that is set, read back, and put back in the end. Set and asked for while it is silent and speaks SCPI. */
struct zes_setting {
	const char *label;
	char command[32], question[40], order[64]; /* ":SENS:CURR:RANG1", "…?", "… 2.5;" and the question for errors */
	double want, before; /* before NAN: it was not changed */
};
void zes_setting_make(struct zes_setting *setting, const char *label, const char *command, int channel, double want); /* channel 0: of none */
bool zes_setting_is(double want, double got);

/* Nothing here formats but restore: the others may be called while it measures. */
enum io zes_setting_read(const struct zes_setting *setting, struct link *link, double *number, int64_t deadline);
/* Sets it where it differs, and reads it back into `got`. `reason`: what it says of an order. */
enum io zes_setting_apply(struct zes_setting *setting, struct link *link, double *got, char *reason, size_t size, int64_t deadline);
enum io zes_setting_restore(struct zes_setting *setting, struct link *link, int64_t deadline); /* IO_GARBLED: it does not take it */

#endif
