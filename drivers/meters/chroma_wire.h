/*
 * chroma_wire: replies of the Chroma 66202 to 66205 (manual of the 66203/66204, version 1.0, chapter 5), as bytes in, struct out. All
 * functions are pure; `line` is a reply without its end. They return 0, or -1 for anything that is none.
 *
 *   230.14;0.4532;48.02     FETC? V,I,W; headers off; between the values ; or , as SYST:TRAN:SEP has it
 *   -1;-1;-1                the first integration is not complete: no data
 *   230.14;0.4532;-2        a range changed while it integrated: no data
 *   -3;-3;-3                OVR, OCR, OCP: over a range, or protected
 *
 * A value is a decimal, and a code is written as one: -1.0000 may be either, and is a code: no alarm tells of a first integration, and a
 * value that is lost costs less than a false one.
 *
 *   PROT?   0   or   0,2,0,0 of a mainframe's channels: bits 0 OVR, 1 OCR, 2 OCP, 3 to 5 range change errors, 15 fan
 */
#ifndef JOULERIG_DRIVERS_METERS_CHROMA_WIRE_H
#define JOULERIG_DRIVERS_METERS_CHROMA_WIRE_H

#include <stddef.h>
#include <stdint.h>

#define CHROMA_VALUES_MAX 10

struct chroma_value {
	double value;   /* NAN when it is a code */
	uint32_t flags; /* enum record_flag */
	int code;       /* -1, -2, -3; 0: none */
};
int chroma_value_decode(const char *text, size_t length, struct chroma_value *value);
int chroma_reading_decode(const char *line, int n, struct chroma_value *values); /* exactly n */

#define CHROMA_ALARM_OVER 7u /* any of OVR, OCR, OCP */
int chroma_alarms_decode(const char *line, int channel, unsigned *alarms); /* of channel 1, 2…: its own, or the only ones told */

#endif
