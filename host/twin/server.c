#include "server.h"

#include <errno.h>
#include <math.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "bench_file.h"
#include "clock.h"
#include "cpu_use.h"
#include "folder.h"
#include "gate_fifo.h"
#include "log.h"
#include "outlets.h"
#include "ports.h"
#include "powercap_fuse.h"
#include "truth.h"
#include "vxi11.h"

#define SYNC_INTERVAL NS_PER_S
#define TTY_RETRY (20 * NS_PER_MS) /* from one attempt to reopen a tty that was hung up to the next */

struct server {
	const struct twin_config *config;
	const struct server_options *options;
	struct twin twin;
	struct folder folder;
	struct ports ports, rig_ports;
	struct outlets outlets;
	struct gate_fifo gate;
	struct vxi11 vxi11; /* in front of the sockets' session, for clients that come that way */
	struct cpu_use cpu;
	struct powercap_fuse *fuse, *hwmon;
	int signals;
	sigset_t signals_before;
	int64_t monotonic_start, next_sample, next_sync, sample; /* MONOTONIC ns */
	int64_t next_tty; /* when to try again; NEVER: it is there, or there is none */
	bool rig_jammed; /* its terminal takes no more */
	bool said_ready, over;
};

static int64_t twin_time(const struct server *s, int64_t monotonic)
{
	int64_t since = monotonic - s->monotonic_start;
	return s->config->clock.offset + since + (int64_t)llround((double)since * s->config->clock.drift);
}

static int64_t monotonic_time(const struct server *s, int64_t t)
{
	if (t == NEVER)
		return NEVER;
	double since = (double)(t - s->config->clock.offset) / (1 + s->config->clock.drift);
	return s->monotonic_start + (int64_t)ceil(since);
}

/* Brings the bench to the present and tells its time. */
static int64_t bring_up(void *context)
{
	struct server *s = context;
	int64_t t = twin_time(s, clock_now(CLOCK_ID_MONOTONIC));
	twin_advance(&s->twin, t);
	return t;
}

/* Above the loads it watches: a fully loaded machine must not delay the instruments. */
static void ask_for_priority(void)
{
	struct sched_param fifo = { .sched_priority = 1 };
	if (sched_setscheduler(0, SCHED_FIFO | SCHED_RESET_ON_FORK, &fifo) == 0)
		return;
	if (setpriority(PRIO_PROCESS, 0, -10) != 0)
		log_say(LOG_LEVEL_WARNING, "no permission for a higher priority: under full load answers come late");
}

static int open_signals(struct server *s, struct error *error)
{
	sigset_t wanted;
	sigemptyset(&wanted);
	sigaddset(&wanted, SIGTERM);
	sigaddset(&wanted, SIGINT);
	sigaddset(&wanted, SIGHUP);
	sigaddset(&wanted, SIGPIPE); /* never wanted, but must not kill */
	sigprocmask(SIG_BLOCK, &wanted, &s->signals_before);
	sigdelset(&wanted, SIGPIPE);
	s->signals = signalfd(-1, &wanted, SFD_CLOEXEC | SFD_NONBLOCK);
	return s->signals >= 0 ? 0 : error_errno(error, errno, "signalfd", NULL, "cannot watch for signals");
}

static int open_network(struct server *s, struct error *error)
{
	if (s->config->vxi11 && ports_open_vxi11(&s->ports, s->config->vxi11_port, error) != 0)
		return -1;
	vxi11_init(&s->vxi11, &s->twin.session, s->ports.vxi11_port);
	return s->config->portmapper_port > 0 ? ports_open_portmapper(&s->ports, s->config->portmapper_port, error) : 0;
}

static int open_ports(struct server *s, struct error *error)
{
	char path[256];
	if (!s->config->has_meter)
		return 0;
	folder_file(&s->folder, "wt310e.sock", path, sizeof path);
	if (ports_open_unix(&s->ports, path, error) != 0)
		return -1;
	if (s->config->tcp && ports_open_tcp(&s->ports, s->config->tcp_port, error) != 0)
		return -1;
	if (s->config->tty[0] != '\0' && ports_open_tty(&s->ports, s->config->tty, s->config->baud, error) != 0)
		return -1;
	if (open_network(s, error) != 0)
		return -1;
	folder_file(&s->folder, "wt310e.pty", path, sizeof path);
	return s->config->pty ? ports_open_pty(&s->ports, path, error) : 0;
}

static int open_rig(struct server *s, struct error *error)
{
	char path[256];
	folder_file(&s->folder, "rig.pty", path, sizeof path);
	return s->config->has_rig ? ports_open_pty(&s->rig_ports, path, error) : 0;
}

/* Where the rig is another program. */
static int open_gate(struct server *s, struct error *error)
{
	char path[256];
	folder_file(&s->folder, "lines.fifo", path, sizeof path);
	return s->config->hioki.gated && !s->config->has_rig ? gate_fifo_open(&s->gate, path, error) : 0;
}

static int open_counters(struct server *s, struct error *error)
{
	char path[256];
	if (s->config->has_powercap) {
		folder_file(&s->folder, "powercap", path, sizeof path);
		s->fuse = powercap_fuse_mount(&s->twin.powercap, path, bring_up, s, error);
		if (s->fuse == NULL)
			return -1;
	}
	if (!s->config->has_hwmon)
		return 0;
	folder_file(&s->folder, "hwmon", path, sizeof path);
	s->hwmon = powercap_fuse_mount(&s->twin.hwmon.files, path, bring_up, s, error);
	return s->hwmon != NULL ? 0 : -1;
}

static int open_truth(struct server *s, struct error *error)
{
	if (s->options->truth_path == NULL)
		return 0;
	return twin_open_truth(&s->twin, s->options->truth_path, error);
}

static int write_bench(struct server *s, char path[256], struct error *error)
{
	struct endpoints at = { .tcp_port = s->ports.tcp_port, .vxi11_port = s->ports.vxi11_port };
	snprintf(at.unix_path, sizeof at.unix_path, "%s", s->ports.unix_path);
	snprintf(at.pty, sizeof at.pty, "%s", s->ports.pty_name);
	if (s->config->has_powercap)
		folder_file(&s->folder, "powercap", at.powercap, sizeof at.powercap);
	if (s->config->has_hwmon)
		folder_file(&s->folder, "hwmon", at.hwmon, sizeof at.hwmon);
	if (s->config->has_rig)
		snprintf(at.rig, sizeof at.rig, "pty://%s", s->rig_ports.pty_name);
	outlets_endpoints(&s->outlets, &at);
	folder_file(&s->folder, "bench.yaml", path, 256);
	return bench_file_write(path, &s->twin, &at, error);
}

static bool mounted(const struct powercap_fuse *fuse)
{
	return fuse == NULL || powercap_fuse_ready(fuse);
}

static int say_ready(struct server *s, struct error *error)
{
	char bench[256];
	if (s->said_ready || !mounted(s->fuse) || !mounted(s->hwmon))
		return 0;
	if (write_bench(s, bench, error) != 0)
		return -1;
	s->options->ready(s->options->context, bench);
	s->said_ready = true;
	return 0;
}

static void sample_load(struct server *s, int64_t now)
{
	if (!s->config->real_load || now < s->next_sample)
		return;
	twin_used(&s->twin, cpu_use_look(&s->cpu));
	s->next_sample += s->sample;
	if (s->next_sample <= now)
		s->next_sample = now + s->sample;
}

static int sync_truth(struct server *s, int64_t now, struct error *error)
{
	if (now < s->next_sync)
		return 0;
	s->next_sync = now + SYNC_INTERVAL;
	if (s->twin.truth == NULL)
		return 0;
	twin_sync_truth(&s->twin, twin_time(s, now), now);
	return truth_flush(s->twin.truth, s->twin.model, error);
}

static void drop_client(struct server *s)
{
	ports_drop(&s->ports);
	vxi11_reset(&s->vxi11);
	session_reset(&s->twin.session);
}

static void hear_client(struct server *s, int64_t t)
{
	char bytes[1024];
	bool unread = ports_unread(&s->ports);
	int n = ports_read(s->ports.client, bytes, sizeof bytes);
	if (n < 0) {
		drop_client(s);
		return;
	}
	if (s->ports.client_is_vxi11) {
		if (!vxi11_feed(&s->vxi11, t, bytes, (size_t)n))
			drop_client(s);
		return;
	}
	if (n > 0 && unread)
		session_unread(&s->twin.session);
	session_feed(&s->twin.session, t, bytes, (size_t)n);
}

static void hear_pty(struct server *s, int64_t t)
{
	char bytes[1024];
	int n = ports_read(s->ports.pty, bytes, sizeof bytes);
	if (n > 0)
		twin_serial_feed(&s->twin, t, bytes, (size_t)n);
}

static void hear_rig(struct server *s, int64_t t)
{
	char bytes[1024];
	int n = ports_read(s->rig_ports.pty, bytes, sizeof bytes);
	if (n > 0)
		twin_rig_feed(&s->twin.rig, t, bytes, (size_t)n);
}

static void move_gate(void *context, int64_t monotonic, bool high)
{
	struct server *s = context;
	twin_line_set(&s->twin.gate, twin_time(s, monotonic), high);
}

static void hear_tty(struct server *s, int64_t t)
{
	char bytes[1024];
	int n = ports_read(s->ports.tty, bytes, sizeof bytes);
	if (n > 0)
		twin_serial_feed(&s->twin, t, bytes, (size_t)n);
	else if (n < 0)
		s->next_tty = clock_now(CLOCK_ID_MONOTONIC) + TTY_RETRY;
}

/* A tty that was hung up may come back under its name: an adapter plugged in again, a gadget bound again. */
static void find_tty_again(struct server *s, int64_t now)
{
	if (now < s->next_tty)
		return;
	ports_reopen_tty(&s->ports);
	twin_serial_reset(&s->twin);
	s->next_tty = s->ports.tty >= 0 ? NEVER : now + TTY_RETRY;
}

/* What the client is to get now, in the words of the port that it came in by. */
static size_t take_for_client(struct server *s, int64_t t, char *bytes, size_t size)
{
	if (!s->ports.client_is_vxi11)
		return session_take(&s->twin.session, t, bytes, size);
	if (vxi11_advance(&s->vxi11, t))
		return vxi11_take(&s->vxi11, bytes, size);
	drop_client(s);
	return 0;
}

/* What the terminal does not take now waits, as behind a USB endpoint. */
static void speak_for_rig(struct server *s, int64_t t)
{
	if (s->rig_ports.pty < 0)
		return;
	size_t waiting = twin_rig_waiting(&s->twin.rig, t);
	ssize_t written = waiting > 0 ? write(s->rig_ports.pty, s->twin.rig.out, waiting) : 0;
	s->rig_jammed = written < (ssize_t)waiting;
	twin_rig_taken(&s->twin.rig, written > 0 ? (size_t)written : 0);
}

static void speak(struct server *s, int64_t t)
{
	char bytes[4096];
	size_t n;
	while (s->ports.client >= 0 && (n = take_for_client(s, t, bytes, sizeof bytes)) > 0)
		if (!ports_write(s->ports.client, bytes, n))
			drop_client(s);
	speak_for_rig(s, t);
	int line = s->ports.pty >= 0 ? s->ports.pty : s->ports.tty;
	while (line >= 0 && (n = twin_serial_take(&s->twin, t, bytes, sizeof bytes)) > 0)
		ports_write(line, bytes, n);
}

static void let_in(struct server *s, int listener, int64_t t)
{
	if (s->ports.client >= 0 || !ports_accept(&s->ports, listener))
		return;
	session_reset(&s->twin.session);
	if (fault_active(&s->twin.faults, FAULT_DISCONNECT, NULL, t) != NULL)
		drop_client(s);
}

enum slot { SIGNALS, UNIX, TCP, VXI11, PORTMAPPER, CLIENT, PTY, TTY, FUSE, RIG, GATE, HWMON, OUTLETS, SLOTS = OUTLETS + TWIN_INSTRUMENTS };

static void choose(const struct server *s, struct pollfd set[SLOTS])
{
	bool free_seat = s->ports.client < 0;
	int fds[OUTLETS] = {
		[SIGNALS] = s->signals, [UNIX] = free_seat ? s->ports.unix_listener : -1,
		[TCP] = free_seat ? s->ports.tcp_listener : -1, [CLIENT] = s->ports.client, [PTY] = s->ports.pty,
		[VXI11] = free_seat ? s->ports.vxi11_listener : -1, [PORTMAPPER] = free_seat ? s->ports.portmapper_listener : -1,
		[TTY] = s->next_tty == NEVER ? s->ports.tty : -1, [FUSE] = s->fuse != NULL ? powercap_fuse_fd(s->fuse) : -1,
		[RIG] = s->rig_ports.pty, [GATE] = s->gate.fd, [HWMON] = s->hwmon != NULL ? powercap_fuse_fd(s->hwmon) : -1,
	};
	for (int i = 0; i < OUTLETS; i++)
		set[i] = (struct pollfd){ .fd = fds[i], .events = POLLIN };
	outlets_choose(&s->outlets, set + OUTLETS);
	if (s->rig_jammed)
		set[RIG].events |= POLLOUT;
}

static void wait_for_work(const struct server *s, struct pollfd set[SLOTS])
{
	int64_t next = s->next_sync, session = monotonic_time(s, twin_next(&s->twin)), call = monotonic_time(s, vxi11_next(&s->vxi11));
	if (s->config->real_load && s->next_sample < next)
		next = s->next_sample;
	if (session < next)
		next = session;
	if (s->next_tty < next)
		next = s->next_tty;
	if (s->config->has_rig && !s->rig_jammed && monotonic_time(s, twin_rig_next(&s->twin.rig)) < next)
		next = monotonic_time(s, twin_rig_next(&s->twin.rig));
	if (call < next)
		next = call;
	int64_t outlets = monotonic_time(s, outlets_next(&s->outlets, s->twin.now));
	if (outlets < next)
		next = outlets;
	int64_t left = next - clock_now(CLOCK_ID_MONOTONIC);
	if (left < 0)
		left = 0;
	struct timespec timeout = { .tv_sec = left / NS_PER_S, .tv_nsec = left % NS_PER_S };
	if (ppoll(set, (nfds_t)(OUTLETS + s->outlets.n), &timeout, NULL) < 0)
		for (int i = 0; i < SLOTS; i++)
			set[i].revents = 0;
}

static void take_signal(struct server *s)
{
	struct signalfd_siginfo taken; /* read, or it would strike once signals are let through again */
	while (read(s->signals, &taken, sizeof taken) == (ssize_t)sizeof taken)
		s->over = true;
}

/* The energy-driving use is taken in after the past has been played: what is known now moves only what comes. */
static int turn(struct server *s, struct error *error)
{
	struct pollfd set[SLOTS];
	choose(s, set);
	wait_for_work(s, set);
	int64_t now = clock_now(CLOCK_ID_MONOTONIC), t = bring_up(s);
	sample_load(s, now);
	if (set[SIGNALS].revents)
		take_signal(s);
	if (s->ports.client >= 0 && fault_take(&s->twin.faults, FAULT_DISCONNECT, t))
		drop_client(s);
	else if (set[CLIENT].revents)
		hear_client(s, t);
	if (set[UNIX].revents)
		let_in(s, s->ports.unix_listener, t);
	if (set[TCP].revents)
		let_in(s, s->ports.tcp_listener, t);
	if (set[VXI11].revents)
		let_in(s, s->ports.vxi11_listener, t);
	if (set[PORTMAPPER].revents)
		let_in(s, s->ports.portmapper_listener, t);
	if (set[PTY].revents)
		hear_pty(s, t);
	if (set[TTY].revents)
		hear_tty(s, t);
	if (set[RIG].revents)
		hear_rig(s, t);
	if (set[GATE].revents)
		gate_fifo_read(&s->gate, move_gate, s);
	find_tty_again(s, now);
	speak(s, t);
	outlets_turn(&s->outlets, set + OUTLETS, t);
	if (set[FUSE].revents && powercap_fuse_serve(s->fuse, error) != 0)
		return -1;
	if (set[HWMON].revents && powercap_fuse_serve(s->hwmon, error) != 0)
		return -1;
	return sync_truth(s, now, error);
}

static int serve(struct server *s, struct error *error)
{
	while (!s->over)
		if (say_ready(s, error) != 0 || turn(s, error) != 0)
			return -1;
	if (s->twin.truth == NULL)
		return 0;
	int64_t now = clock_now(CLOCK_ID_MONOTONIC);
	twin_advance(&s->twin, twin_time(s, now));
	twin_sync_truth(&s->twin, twin_time(s, now), now);
	return truth_flush(s->twin.truth, s->twin.model, error);
}

static int open_all(struct server *s, struct error *error)
{
	if (open_truth(s, error) != 0 || open_ports(s, error) != 0 || open_rig(s, error) != 0 || open_gate(s, error) != 0)
		return -1;
	if (outlets_open(&s->outlets, &s->twin, &s->folder, error) != 0)
		return -1;
	if (s->config->real_load && cpu_use_open(&s->cpu, error) != 0)
		return -1;
	s->monotonic_start = s->next_sample = s->next_sync = clock_now(CLOCK_ID_MONOTONIC);
	return open_counters(s, error);
}

static void close_all(struct server *s)
{
	powercap_fuse_unmount(s->fuse);
	powercap_fuse_unmount(s->hwmon);
	ports_close(&s->ports);
	ports_close(&s->rig_ports);
	outlets_close(&s->outlets);
	gate_fifo_close(&s->gate);
	vxi11_free(&s->vxi11);
	if (s->cpu.fd >= 0)
		cpu_use_close(&s->cpu);
	truth_close(s->twin.truth);
}

int server_run(const struct twin_config *config, const struct server_options *options, struct error *error)
{
	static struct server s; /* large, and there is one of it in a process */
	s = (struct server){ .config = config, .options = options, .cpu = { .fd = -1 }, .signals = -1 };
	s.next_tty = NEVER;
	s.sample = (int64_t)llround(config->sample * 1e9);
	ports_init(&s.ports);
	ports_init(&s.rig_ports);
	s.gate.fd = -1;
	int result = -1;
	if (folder_take(&s.folder, options->directory, error) != 0)
		return -1;
	if (open_signals(&s, error) != 0)
		goto leave_folder;
	if (twin_init(&s.twin, config, error) != 0)
		goto close_signals;
	ask_for_priority();
	if (open_all(&s, error) == 0)
		result = serve(&s, error);
	close_all(&s);
	twin_free(&s.twin);
close_signals:
	close(s.signals);
leave_folder:
	sigprocmask(SIG_SETMASK, &s.signals_before, NULL);
	folder_leave(&s.folder);
	return result;
}
