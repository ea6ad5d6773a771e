#include "progress.h"

#include <fcntl.h>
#include <math.h>
#include <stdio.h>
#include <unistd.h>

#include "cli.h"
#include "text.h"

volatile sig_atomic_t interrupts;
static int wake_fd = -1;

static void count_interrupt(int signal_number)
{
	(void)signal_number;
	if (interrupts < 2)
		interrupts++;
	ssize_t written = write(wake_fd, "!", 1);
	(void)written; /* a full pipe wakes as well */
}

int interrupts_catch(void)
{
	int fds[2];
	if (pipe2(fds, O_CLOEXEC | O_NONBLOCK) != 0)
		return -1;
	wake_fd = fds[1];
	struct sigaction action = { .sa_handler = count_interrupt, .sa_flags = SA_RESTART };
	sigemptyset(&action.sa_mask);
	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
	return fds[0];
}

static const char *stage_name(enum stage stage)
{
	static const char *const names[] = {
		[STAGE_SETTLE] = "settling", [STAGE_IDLE] = "idle", [STAGE_RUN] = "running", [STAGE_BARRIER] = "barrier",
		[STAGE_TAIL] = "tail", [STAGE_STORE] = "storing", [STAGE_DONE] = "done",
	};
	return names[stage];
}

static void add_left(struct text *line, double seconds)
{
	if (!isfinite(seconds))
		return;
	long s = lround(seconds);
	if (s >= 60)
		text_addf(line, "  about %ld min %02ld s left", s / 60, s % 60);
	else
		text_addf(line, "  about %ld s left", s);
}

static void add_what(struct text *line, const struct watch_state *state)
{
	text_addf(line, "%srun %u/%u  %s%s%s  %s", state->simulated ? "SIMULATED  " : "", state->run, state->runs, state->workload, state->point[0] ? " " : "", state->point,
		  state->arm);
}

/* The line is cut at the terminal's width, or it would wrap and pile up. */
static void draw(struct progress *progress, const struct watch_state *state)
{
	struct text line = TEXT_INIT;
	add_what(&line, state);
	text_addf(&line, "  %-8s", stage_name(state->stage));
	for (int i = 0; i < state->n_live; i++)
		if (isfinite(state->live[i].watts))
			text_addf(&line, "  %s %.1f W", state->live[i].device, state->live[i].watts);
	add_left(&line, state->left_s);
	fprintf(stderr, "\r\033[K%.*s", cli_columns() - 1, text_string(&line));
	text_free(&line);
	progress->drawn = true;
}

static void tell(struct progress *progress, const struct watch_state *state)
{
	if (!progress->verbose || state->run == progress->told || state->stage == STAGE_DONE)
		return;
	progress->told = state->run;
	struct text line = TEXT_INIT;
	add_what(&line, state);
	add_left(&line, state->left_s);
	fprintf(stderr, "%s\n", text_string(&line));
	text_free(&line);
}

void progress_show(void *context, const struct watch_state *state)
{
	struct progress *progress = context;
	if (!state->workload)
		return;
	if (progress->terminal)
		draw(progress, state);
	else
		tell(progress, state);
}

void progress_clear(struct progress *progress)
{
	if (progress->drawn)
		fputs("\r\033[K", stderr);
	progress->drawn = false;
}
