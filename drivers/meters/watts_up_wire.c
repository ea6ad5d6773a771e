/*
 * Packets, ASCII; CR, LF and TAB mean nothing anywhere, nor does anything outside:
 *
 *   #d,-,18,W,V,A,Wh,cost,…,VA;   each second, once external logging has been started
 *    |    | |  |  | `- tenths of a watt-hour, since its memory was cleared
 *    |    | |  |  `- thousandths of an ampere
 *    |    | |  `- tenths of a volt
 *    |    | `- tenths of a watt
 *    |    `- so many fields follow: 18, of which it records those that its user has chosen; `_`, or nothing, in place of the others
 *    `- a record
 *
 *   #V,R,0;              -> #v,-,8,MODEL,MEMORY,HARDWARE MAJOR,MINOR,FIRMWARE MAJOR,MINOR,TIMESTAMP,CHECKSUM;
 *   #L,W,3,E,1,1;        external logging, each second
 *   #L,R,0;              ends it
 *   #R,W,0;              clears its memory, for which it takes two seconds
 */
#include "watts_up_wire.h"

#include <math.h>
#include <string.h>

#include "record.h"

#define RECORD_FIELDS 18
#define VERSION_FIELDS 8

static enum watts_up_event begin_packet(struct watts_up_stream *stream)
{
	enum watts_up_event event = stream->inside ? WATTS_UP_BROKEN : WATTS_UP_NOTHING;
	stream->inside = true;
	stream->length = 0;
	return event;
}

static enum watts_up_event leave(struct watts_up_stream *stream, enum watts_up_event event)
{
	stream->inside = false;
	return event;
}

enum watts_up_event watts_up_feed(struct watts_up_stream *stream, char byte)
{
	if (byte == '#')
		return begin_packet(stream);
	if (!stream->inside || byte == '\r' || byte == '\n' || byte == '\t')
		return WATTS_UP_NOTHING;
	if (byte == ';') {
		stream->packet[stream->length] = '\0';
		return leave(stream, WATTS_UP_WHOLE);
	}
	if (byte < ' ' || byte > '~' || stream->length + 1 == sizeof stream->packet)
		return leave(stream, WATTS_UP_BROKEN);
	stream->packet[stream->length++] = byte;
	return WATTS_UP_NOTHING;
}

/* One field, and its comma. False: there is none. */
static bool next_field(const char **rest, const char **field, size_t *length)
{
	if (*rest == NULL)
		return false;
	*field = *rest;
	*length = strcspn(*rest, ",");
	*rest = (*rest)[*length] == ',' ? *rest + *length + 1 : NULL;
	return true;
}

static bool field_is(const char **rest, const char *wanted)
{
	const char *field;
	size_t length;
	return next_field(rest, &field, &length) && length == strlen(wanted) && memcmp(field, wanted, length) == 0;
}

/* Digits, at most seven of them. */
static bool digits(const char *field, size_t length, unsigned *number)
{
	*number = 0;
	for (size_t i = 0; i < length; i++) {
		if (field[i] < '0' || field[i] > '9')
			return false;
		*number = *number * 10 + (unsigned)(field[i] - '0');
	}
	return length >= 1 && length <= 7;
}

/* What it does not record is `_`, or nothing: that is looked at first. */
static bool take_value(const char **rest, double parts, struct watts_up_value *value)
{
	const char *field;
	size_t length;
	unsigned number;
	if (!next_field(rest, &field, &length))
		return false;
	*value = (struct watts_up_value){ .value = NAN, .flags = FLAG_NO_DATA };
	if (length == 0 || (length == 1 && field[0] == '_'))
		return true;
	if (!digits(field, length, &number))
		return false;
	*value = (struct watts_up_value){ .value = number / parts };
	return true;
}

bool watts_up_is_record(const char *packet)
{
	return packet[0] == 'd';
}

int watts_up_record_decode(const char *packet, struct watts_up_record *record)
{
	struct watts_up_value other;
	const char *rest = packet;
	if (!field_is(&rest, "d") || !field_is(&rest, "-") || !field_is(&rest, "18"))
		return -1;
	if (!take_value(&rest, 10, &record->watts) || !take_value(&rest, 10, &record->volts) || !take_value(&rest, 1000, &record->amperes) ||
	    !take_value(&rest, 10, &record->watt_hours))
		return -1;
	for (int i = 4; i < RECORD_FIELDS; i++) /* they prove that none of those before was lost */
		if (!take_value(&rest, 1, &other))
			return -1;
	return rest == NULL ? 0 : -1;
}

int watts_up_version_decode(const char *packet, struct watts_up_version *version)
{
	const char *rest = packet, *field[VERSION_FIELDS];
	size_t length[VERSION_FIELDS];
	if (!field_is(&rest, "v") || !field_is(&rest, "-") || !field_is(&rest, "8"))
		return -1;
	for (int i = 0; i < VERSION_FIELDS; i++)
		if (!next_field(&rest, &field[i], &length[i]) || length[i] == 0)
			return -1;
	if (rest != NULL || strlen(packet) >= sizeof version->text || !digits(field[0], length[0], &version->model))
		return -1;
	memcpy(version->text, packet, strlen(packet) + 1);
	for (int i = 0; i < 3; i++) {
		version->firmware[i].at = (size_t)(field[4 + i] - packet);
		version->firmware[i].length = length[4 + i];
	}
	version->simulated = length[6] == strlen("SIMULATED") && memcmp(field[6], "SIMULATED", length[6]) == 0;
	return 0;
}
