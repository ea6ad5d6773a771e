/*
 * outlets: where the instruments of `instruments:` are plugged in on the real clock: DIR/NAME.sock, a loopback port, DIR/NAME.pty. One
 * client at a time each. What a client does not take now waits, as behind a USB endpoint; what is said while there is none is lost.
 */
#ifndef JOULERIG_TWIN_OUTLETS_H
#define JOULERIG_TWIN_OUTLETS_H

#include <poll.h>

#include "bench_file.h"
#include "folder.h"
#include "ports.h"
#include "twin.h"

struct outlets {
	struct outlet {
		struct instrument *instrument;
		struct ports ports;
		char pty_path[256];
		char out[16384]; /* taken, and not yet written */
		size_t n_out;
		bool jammed;     /* the other end takes no more */
	} list[TWIN_INSTRUMENTS];
	int n;
};

/* `twin` and `folder` outlive them. After a failure, too, they are to be closed. */
int outlets_open(struct outlets *outlets, struct twin *twin, const struct folder *folder, struct error *error);
void outlets_close(struct outlets *outlets);
void outlets_endpoints(const struct outlets *outlets, struct endpoints *at);

/* One place in `set` for each, in order. */
void outlets_choose(const struct outlets *outlets, struct pollfd *set);
/* The twin has come to `now`: who is thrown out, who comes in, what is heard and said. */
void outlets_turn(struct outlets *outlets, const struct pollfd *set, int64_t now);
int64_t outlets_next(const struct outlets *outlets, int64_t now); /* twin's clock: when there is something to do without a descriptor's saying so */

#endif
