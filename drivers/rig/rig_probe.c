#include "rig/rig_probe.h"

#include <stdio.h>
#include <string.h>

#define REMEDY "run './scripts/flash-rig', which puts this version's firmware on it"
#define PROBE_PATIENCE (NS_PER_S / 4)
#define PROBE_ATTEMPTS 2

static int wrong_version(const char *on, unsigned major, unsigned minor, struct error *error)
{
	return error_set(error, ERROR_UNSUPPORTED, on, REMEDY, "the rig's firmware speaks version %u.%u of the wire, and this joulerig needs %u.%u",
			 major, minor, RIG_WIRE_MAJOR, RIG_WIRE_MINOR);
}

/* A greater minor version only adds, and 0 is all that is needed so far. */
static int check_version(const struct rig_identity *told, const char *on, struct error *error)
{
	if (told->magic != RIG_MAGIC)
		return error_set(error, ERROR_NOT_FOUND, on, NULL, "what answers there is no rig");
	if (told->wire_major != RIG_WIRE_MAJOR)
		return wrong_version(on, told->wire_major, told->wire_minor, error);
	return 0;
}

static int explain(const struct rig_talk *talk, enum io io, const char *on, struct error *error)
{
	if (io == IO_GONE)
		return error_set(error, ERROR_GONE, on, "plug the rig in again", "it went away while it was asked who it is");
	if (io == IO_GARBLED && talk->refused.reason == RIG_VERSION)
		return wrong_version(on, talk->refused.limit, 0, error);
	if (io == IO_GARBLED)
		return error_set(error, ERROR_PROTOCOL, on, REMEDY, "it does not say who it is as a rig does");
	return error_set(error, ERROR_TIMEOUT, on, "unplug it and plug it in again; a board without firmware is flashed by './scripts/flash-rig'",
			 "no rig answers");
}

enum io rig_hello(struct rig_talk *talk, int64_t deadline)
{
	const struct rig_hello hello = { .magic = RIG_MAGIC, .wire_major = RIG_WIRE_MAJOR, .wire_minor = RIG_WIRE_MINOR };
	return rig_command(talk, RIG_HELLO, &hello, sizeof hello, deadline);
}

static int take_identity(struct rig_talk *talk, enum io io, struct rig_identity *told, const char *on, struct error *error)
{
	if (io != IO_OK)
		return explain(talk, io, on, error);
	rig_payload(&talk->frame, told, sizeof *told);
	return check_version(told, on, error);
}

int rig_greeted(struct rig_talk *talk, struct rig_identity *told, int64_t deadline, const char *on, struct error *error)
{
	return take_identity(talk, rig_await(talk, RIG_HELLO, sizeof *told, deadline), told, on, error);
}

int rig_meet(struct rig_talk *talk, struct rig_identity *told, int attempts, int64_t patience, const char *on, struct error *error)
{
	enum io io = IO_TIMEOUT;
	for (int i = 0; i < attempts && io == IO_TIMEOUT; i++) {
		int64_t deadline = talk->timebase->now(talk->timebase) + patience;
		io = rig_hello(talk, deadline);
		if (io == IO_OK)
			io = rig_await(talk, RIG_HELLO, sizeof *told, deadline);
	}
	return take_identity(talk, io, told, on, error);
}

void rig_identify(const struct rig_identity *told, struct identity *identity)
{
	memset(identity, 0, sizeof *identity);
	snprintf(identity->maker, sizeof identity->maker, "joulerig");
	snprintf(identity->model, sizeof identity->model, "%.*s", (int)sizeof told->board, told->board);
	snprintf(identity->serial, sizeof identity->serial, "%.*s", (int)sizeof told->serial, told->serial);
	snprintf(identity->firmware, sizeof identity->firmware, "%u.%u.%u", told->firmware_major, told->firmware_minor, told->firmware_patch);
	identity->simulated = told->capabilities & RIG_IS_SIMULATED || strncmp(identity->serial, "SIM", 3) == 0;
}

/* ---- finding it ---- */

bool rig_claims(const struct finding *finding)
{
	return finding->vendor == RIG_USB_VENDOR && finding->product == RIG_USB_PRODUCT && strcmp(finding->maker, RIG_USB_MAKER) == 0;
}

static void ignore(void *context, const struct rig_talk *talk, const struct rig_frame *frame)
{
	(void)context;
	(void)talk;
	(void)frame;
}

int rig_probe(struct link *link, struct timebase *timebase, struct device_config *config, struct identity *identity, struct error *error)
{
	struct rig_talk talk;
	struct rig_identity told;
	rig_talk_begin(&talk, link, timebase, ignore, NULL);
	if (rig_meet(&talk, &told, PROBE_ATTEMPTS, PROBE_PATIENCE, config->endpoint.text, error) != 0)
		return -1;
	rig_identify(&told, identity);
	config->measures = ROLE_NONE;
	return 0;
}
