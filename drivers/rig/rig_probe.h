/*
 * rig_probe: who answers at the end of a link, and does it speak the wire that this build speaks?
 */
#ifndef JOULERIG_DRIVERS_RIG_PROBE_H
#define JOULERIG_DRIVERS_RIG_PROBE_H

#include "device.h"
#include "rig/rig_talk.h"

#define RIG_USB_VENDOR 0x1209 /* pid.codes: test product, as the firmware's descriptors say */
#define RIG_USB_PRODUCT 0x0001
#define RIG_USB_MAKER "joulerig"

/* One who was asked (rig_hello) says who it is. As rig_meet. */
int rig_greeted(struct rig_talk *talk, struct rig_identity *told, int64_t deadline, const char *on, struct error *error);
enum io rig_hello(struct rig_talk *talk, int64_t deadline);
/* Asks, within `patience` ns for each attempt. ERROR_NOT_FOUND: no rig; ERROR_UNSUPPORTED, with the remedy: another version of the wire. */
int rig_meet(struct rig_talk *talk, struct rig_identity *told, int attempts, int64_t patience, const char *on, struct error *error);
void rig_identify(const struct rig_identity *told, struct identity *identity);

/* The driver's hooks. */
bool rig_claims(const struct finding *finding);
int rig_probe(struct link *link, struct timebase *timebase, struct device_config *config, struct identity *identity, struct error *error);

#endif
