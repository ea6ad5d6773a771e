#include "clock.h"

#include <errno.h>
#include <sys/timex.h>
#include <time.h>

static int64_t read_clock(clockid_t id)
{
	struct timespec t;
	clock_gettime(id, &t);
	return (int64_t)t.tv_sec * NS_PER_S + t.tv_nsec;
}

int64_t clock_now(enum clock_id id)
{
	switch (id) {
	case CLOCK_ID_RAW: return read_clock(CLOCK_MONOTONIC_RAW);
	case CLOCK_ID_BOOTTIME: return read_clock(CLOCK_BOOTTIME);
	case CLOCK_ID_REALTIME: return read_clock(CLOCK_REALTIME);
	case CLOCK_ID_TAI: return read_clock(CLOCK_TAI);
	default: return read_clock(CLOCK_MONOTONIC);
	}
}

const char *clock_name(enum clock_id id)
{
	static const char *const names[CLOCK_IDS] = {
		[CLOCK_ID_MONOTONIC] = "monotonic", [CLOCK_ID_RAW] = "monotonic_raw", [CLOCK_ID_BOOTTIME] = "boottime",
		[CLOCK_ID_REALTIME] = "realtime", [CLOCK_ID_TAI] = "tai", [CLOCK_ID_DEVICE] = "device",
	};
	return (unsigned)id < CLOCK_IDS ? names[id] : "unknown";
}

/* The reading of `id` that belongs to the instant `reference` on MONOTONIC: brackets the read, so that a preemption between
 * two reads shifts both ends of the bracket alike. */
static int64_t read_against(clockid_t id, int64_t reference)
{
	int64_t before = read_clock(CLOCK_MONOTONIC);
	int64_t value = read_clock(id);
	int64_t after = read_clock(CLOCK_MONOTONIC);
	return value - ((before + after) / 2 - reference);
}

struct clock_anchor clock_anchor_take(void)
{
	struct clock_anchor a = { .monotonic = read_clock(CLOCK_MONOTONIC) };
	a.raw = read_against(CLOCK_MONOTONIC_RAW, a.monotonic);
	a.boottime = read_against(CLOCK_BOOTTIME, a.monotonic);
	a.realtime = read_against(CLOCK_REALTIME, a.monotonic);
	a.tai = read_against(CLOCK_TAI, a.monotonic);
	a.width = read_clock(CLOCK_MONOTONIC) - a.monotonic;

	struct timex state = { .modes = 0 };
	a.status = -1;
	if (adjtimex(&state) >= 0) {
		a.status = state.status;
		a.maxerror_ns = state.maxerror * NS_PER_US;
		a.esterror_ns = state.esterror * NS_PER_US;
		a.frequency_ppb = (int64_t)state.freq * 1000 / 65536;
		a.tai_offset_s = state.tai;
	}
	return a;
}

static int64_t real_now(struct timebase *self)
{
	(void)self;
	return read_clock(CLOCK_MONOTONIC);
}

static void real_wait_until(struct timebase *self, int64_t deadline)
{
	(void)self;
	struct timespec t = { .tv_sec = deadline / NS_PER_S, .tv_nsec = deadline % NS_PER_S };
	while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &t, NULL) == EINTR)
		;
}

struct timebase timebase_real = { .now = real_now, .wait_until = real_wait_until };

struct clock_anchor timebase_anchor(struct timebase *timebase)
{
	return timebase->anchor ? timebase->anchor(timebase) : clock_anchor_take();
}
