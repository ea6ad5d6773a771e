/*
 * helper: what the launcher's test runs as workloads. The test program executes itself with the name of one of these modes.
 */
#ifndef JOULERIG_TESTS_UNIT_DUT_HELPER_H
#define JOULERIG_TESTS_UNIT_DUT_HELPER_H

#include <dirent.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static inline long long helper_now(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000000000LL + t.tv_nsec;
}

static inline int mark_fd(void)
{
	const char *number = getenv("JOULERIG_MARK_FD");
	return number ? atoi(number) : -1;
}

static inline void hang(void)
{
	for (;;)
		pause();
}

/* Stamps first and last thing. */
static inline int helper_stamps(void)
{
	dprintf(mark_fd(), "first %lld\n", helper_now());
	usleep(20000);
	dprintf(mark_fd(), "last %lld\n", helper_now());
	return 0;
}

/* Lists its open descriptors, and what the marks' are. */
static inline int helper_descriptors(void)
{
	for (int i = 0; i < 4096; i++)
		if (fcntl(i, F_GETFD) >= 0)
			dprintf(1, "%d ", i);
	dprintf(1, "mark %s go %s", getenv("JOULERIG_MARK_FD"), getenv("JOULERIG_GO_FD"));
	return 0;
}

/* All that a program can inherit beside descriptors. */
static inline int helper_state(void)
{
	sigset_t blocked;
	struct sigaction action;
	int ignored = 0, masked = 0;
	sigprocmask(SIG_SETMASK, NULL, &blocked);
	for (int i = 1; i < NSIG; i++) {
		if (sigaction(i, NULL, &action) == 0 && action.sa_handler == SIG_IGN)
			ignored++;
		masked += sigismember(&blocked, i) == 1;
	}
	char byte;
	dprintf(1, "policy %d nice %d slack %d own session %d own group %d ignored %d masked %d input %zd", sched_getscheduler(0),
		getpriority(PRIO_PROCESS, 0), prctl(PR_GET_TIMERSLACK), getsid(0) == getpid(), getpgrp() == getpid(), ignored,
		masked, read(0, &byte, 1));
	return 0;
}

static inline int helper_where(void)
{
	char path[4096];
	dprintf(1, "%s", getcwd(path, sizeof path) ? path : "?");
	return 0;
}

/* Length and sum of all arguments and variables: whether they arrived whole. */
static inline int helper_sum(char **argv, char **environment)
{
	size_t length = 0, n = 0;
	for (char **each = argv; *each; each++, n++)
		length += strlen(*each);
	for (char **each = environment; *each; each++)
		if (strncmp(*each, "BIG", 3) == 0)
			length += strlen(*each), n++;
	dprintf(1, "%zu strings %zu bytes", n, length);
	return 0;
}

static inline void announce_and_hang(void)
{
	dprintf(mark_fd(), "pid %d\n", (int)getpid());
	hang();
}

static inline int helper_pair(void)
{
	if (fork() == 0)
		announce_and_hang();
	hang();
	return 0;
}

/* Forks away twice with a session of its own each time, and leaves. */
static inline int helper_daemon(void)
{
	if (fork() == 0) {
		setsid();
		if (fork() == 0) {
			setsid();
			signal(SIGTERM, SIG_IGN);
			announce_and_hang();
		}
		_exit(0);
	}
	wait(NULL);
	usleep(50000);
	return 0;
}

static inline int helper_stubborn(void)
{
	signal(SIGTERM, SIG_IGN);
	announce_and_hang();
	return 0;
}

/* 50 grandchildren, of which every other has a session of its own; stays itself. */
static inline int helper_crowd(int stay)
{
	for (int i = 0; i < 5; i++) {
		if (fork() != 0)
			continue;
		for (int k = 0; k < 10; k++)
			if (fork() == 0) {
				if (k % 2)
					setsid();
				announce_and_hang();
			}
		hang();
	}
	if (stay)
		hang();
	usleep(200000);
	return 0;
}

/* Processes that fork and end, so that there is always a new one; bounded, should nobody end or reap them. */
static inline int helper_bomb(void)
{
	for (int i = 0; i < 8; i++)
		if (fork() == 0) {
			for (int generation = 0; generation < 3000; generation++)
				if (fork() != 0)
					_exit(0);
			_exit(0);
		}
	usleep(100000);
	return 0;
}

static inline int helper_closes_all(void)
{
	close_range(0, ~0u, 0);
	usleep(50000);
	return 7;
}

/* CPU time, not wall time: the machine may be busy. */
static inline int helper_burn(int ms)
{
	struct timespec used;
	do
		clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used);
	while (used.tv_sec * 1000 + used.tv_nsec / 1000000 < ms);
	return 0;
}

/* Burns in an orphan that nobody but a subreaper reaps, and waits for its end by the pipe that it holds open. */
static inline int helper_burning_orphan(void)
{
	int ends[2];
	char byte;
	if (pipe(ends) != 0)
		return 98;
	if (fork() == 0) {
		if (fork() == 0)
			_exit(helper_burn(200));
		_exit(0);
	}
	close(ends[1]);
	wait(NULL);
	return read(ends[0], &byte, 1) == 0 ? 0 : 97;
}

static inline int helper(char **argv, char **environment)
{
	const char *mode = argv[1];
	if (strcmp(mode, "exit") == 0)
		return atoi(argv[2]);
	if (strcmp(mode, "signal") == 0)
		return raise(atoi(argv[2]));
	if (strcmp(mode, "stamps") == 0)
		return helper_stamps();
	if (strcmp(mode, "descriptors") == 0)
		return helper_descriptors();
	if (strcmp(mode, "state") == 0)
		return helper_state();
	if (strcmp(mode, "where") == 0)
		return helper_where();
	if (strcmp(mode, "sum") == 0)
		return helper_sum(argv, environment);
	if (strcmp(mode, "hang") == 0)
		announce_and_hang();
	if (strcmp(mode, "pair") == 0)
		return helper_pair();
	if (strcmp(mode, "daemon") == 0)
		return helper_daemon();
	if (strcmp(mode, "stubborn") == 0)
		return helper_stubborn();
	if (strcmp(mode, "crowd") == 0)
		return helper_crowd(0);
	if (strcmp(mode, "crowd-stays") == 0)
		return helper_crowd(1);
	if (strcmp(mode, "bomb") == 0)
		return helper_bomb();
	if (strcmp(mode, "closes-all") == 0)
		return helper_closes_all();
	if (strcmp(mode, "burn") == 0)
		return helper_burn(atoi(argv[2]));
	if (strcmp(mode, "burning-orphan") == 0)
		return helper_burning_orphan();
	return 99;
}

#endif
