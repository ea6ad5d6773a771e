/*
 * twin_bench: one instrument of the modelled bench, a clock, and links to it, so that a driver runs against its twin in a few lines:
 *
 *   struct twin_bench *bench = twin_bench_open("model: GPM-8310, accuracy: {reading: 0.1 %}", "faults: [{what: nan, at: 3 s}]\n", &error);
 *   const struct device_config *config = twin_bench_device(bench);      // as joulerig reads it from the twin's bench file
 *   struct link *link = twin_bench_link(bench, &error);
 *   void *device = driver_find(config->driver)->open(config, link, twin_bench_timebase(bench), &error);
 *   …
 *   link_close(link);
 *   twin_bench_close(bench);
 *
 * Simulated time: reading the clock takes 200 ns of it, a byte some 20 to 200 us on its way, waiting as long as it says. MONOTONIC
 * begins somewhere else than the twin's clock, and goes at another rate. The machine's load is idle unless the file says otherwise.
 */
#ifndef JOULERIG_TESTS_TWIN_LINK_TWIN_BENCH_H
#define JOULERIG_TESTS_TWIN_LINK_TWIN_BENCH_H

#include "device.h"
#include "instrument.h"
#include "link.h"

struct twin_bench;

/* `instrument`: what the twin's file says of it, one line without its braces. `rest`: further keys of the file (load, faults, seed, …;
 * faults without a device are the instrument's), or "". NULL on failure. */
struct twin_bench *twin_bench_open(const char *instrument, const char *rest, struct error *error);
void twin_bench_close(struct twin_bench *bench); /* NULL is fine. Close links first. */

const struct device_config *twin_bench_device(const struct twin_bench *bench);
struct timebase *twin_bench_timebase(struct twin_bench *bench);
struct instrument *twin_bench_instrument(struct twin_bench *bench);
/* J of the model's quantity between two instants of MONOTONIC, neither to come, nor more than 30 s ago. */
double twin_bench_joules(struct twin_bench *bench, int quantity, int64_t from, int64_t to);

/* A link to it at the node where it is now. */
struct link *twin_bench_link(struct twin_bench *bench, struct error *error);
/* The plug is pulled, and put in again at another node: links so far are gone for good, another twin_bench_link finds it. To throw a
 * client out without that: instrument_link_break, or the fault disconnect. */
void twin_bench_move(struct twin_bench *bench);

#endif
