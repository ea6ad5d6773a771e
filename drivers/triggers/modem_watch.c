#include "triggers/modem_watch.h"

#include <errno.h>
#include <linux/serial.h>
#include <sched.h>
#include <sys/ioctl.h>

#include "clock.h"

#define NO_WAITING "use a port whose driver can (16550, FTDI), or leave the option input out"

int modem_level(int fd, int line)
{
	int bits;
	return ioctl(fd, TIOCMGET, &bits) < 0 ? -1 : (bits & line) != 0;
}

/* Edges of the line since the port was opened; -1 when its driver does not count. */
static int64_t count(int fd, int line)
{
	struct serial_icounter_struct counts;
	if (ioctl(fd, TIOCGICOUNT, &counts) < 0)
		return -1;
	return (uint32_t)(line == TIOCM_CTS ? counts.cts : line == TIOCM_DSR ? counts.dsr : counts.dcd);
}

/* When the queue is full the edge is counted with the next that finds room. */
static bool put(struct modem_watch *watch, const struct modem_edge *edge)
{
	uint32_t written = atomic_load_explicit(&watch->written, memory_order_relaxed);
	if (written - atomic_load_explicit(&watch->taken, memory_order_acquire) == MODEM_EDGES)
		return false;
	watch->edges[written % MODEM_EDGES] = *edge;
	atomic_store_explicit(&watch->written, written + 1, memory_order_release);
	return true;
}

/* Only here may the thread be cancelled. */
static int wait_for_change(const struct modem_watch *watch)
{
	int was;
	pthread_setcanceltype(PTHREAD_CANCEL_ASYNCHRONOUS, &was);
	pthread_setcancelstate(PTHREAD_CANCEL_ENABLE, &was);
	int failure = ioctl(watch->fd, TIOCMIWAIT, (unsigned long)watch->line) < 0 ? errno : 0;
	pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &was);
	return failure;
}

/* At once when it is woken, however busy the machine is, before the launcher goes on, which has the lowest real-time priority; where
 * that is permitted. */
static void be_prompt(void)
{
	const struct sched_param second = { .sched_priority = sched_get_priority_min(SCHED_FIFO) + 1 };
	pthread_setschedparam(pthread_self(), SCHED_FIFO, &second);
}

static void *run(void *argument)
{
	struct modem_watch *watch = argument;
	bool high = modem_level(watch->fd, watch->line) == 1;
	uint32_t counted = (uint32_t)count(watch->fd, watch->line), seen = counted;
	int was, failure = 0;
	pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &was);
	be_prompt();
	for (;;) {
		int64_t now = count(watch->fd, watch->line);
		if (now == counted) { /* else one came while the last was dealt with */
			failure = wait_for_change(watch);
			if (failure && failure != EINTR)
				break;
		}
		int64_t t = clock_now(CLOCK_ID_MONOTONIC);
		now = count(watch->fd, watch->line);
		if ((failure = now < 0 ? errno : 0) != 0)
			break;
		uint32_t news = (uint32_t)now - counted;
		high ^= news & 1; /* each edge is the other way */
		counted = (uint32_t)now;
		if (news > 0 && put(watch, &(struct modem_edge){ .t = t, .missing = counted - seen - 1, .high = high }))
			seen = counted;
	}
	atomic_store(&watch->failure, failure ? failure : EIO);
	return NULL;
}

int modem_watch_start(struct modem_watch *watch, int fd, int line, bool *high, struct error *error)
{
	int level = modem_level(fd, line);
	if (level < 0)
		return error_errno(error, errno, "trigger", NULL, "cannot read the input line's level");
	if (count(fd, line) < 0)
		return error_set(error, ERROR_UNSUPPORTED, "trigger", NO_WAITING, "the port's driver does not count edges of its modem lines");
	*high = level == 1;
	watch->fd = fd;
	watch->line = line;
	atomic_store(&watch->written, 0);
	atomic_store(&watch->taken, 0);
	atomic_store(&watch->failure, 0);
	int failure = pthread_create(&watch->thread, NULL, run, watch);
	if (failure)
		return error_errno(error, failure, "trigger", NULL, "cannot start a thread for the input line");
	watch->running = true;
	return 0;
}

bool modem_watch_take(struct modem_watch *watch, struct modem_edge *edge)
{
	uint32_t taken = atomic_load_explicit(&watch->taken, memory_order_relaxed);
	if (taken == atomic_load_explicit(&watch->written, memory_order_acquire))
		return false;
	*edge = watch->edges[taken % MODEM_EDGES];
	atomic_store_explicit(&watch->taken, taken + 1, memory_order_release);
	return true;
}

void modem_watch_stop(struct modem_watch *watch)
{
	if (!watch->running)
		return;
	pthread_cancel(watch->thread);
	pthread_join(watch->thread, NULL);
	watch->running = false;
}
