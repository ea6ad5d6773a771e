#include "twin_bench.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bench.h"
#include "bench_file.h"
#include "config.h"
#include "instrument_link.h"
#include "twin.h"

#define READ_COST 200               /* ns that a look at the clock takes */
#define BEGAN (50000 * NS_PER_S)    /* MONOTONIC: the machine is up for most of a day */
#define WAY_LEAST (20 * NS_PER_US)
#define WAY_MOST (200 * NS_PER_US)
#define NODES 64

struct node {
	struct twin_bench *bench;
	int number;
};

struct twin_bench {
	struct timebase timebase; /* first: whoever is given it is given the bench */
	struct twin_config config;
	struct twin twin;
	struct bench_config bench;
	int64_t now;
	int node; /* where it is plugged in: counted up */
	struct node nodes[NODES];
};

/* ---- time ---- */

static int64_t look(struct timebase *timebase)
{
	struct twin_bench *b = (struct twin_bench *)timebase;
	return b->now += READ_COST;
}

static void wait_until(struct timebase *timebase, int64_t deadline)
{
	struct twin_bench *b = (struct twin_bench *)timebase;
	b->now = deadline > b->now ? deadline : b->now;
}

static struct clock_anchor anchor(struct timebase *timebase)
{
	int64_t now = look(timebase);
	return (struct clock_anchor){ .monotonic = now, .raw = now, .boottime = now, .realtime = now, .tai = now, .width = READ_COST };
}

static int64_t twin_time(const struct twin_bench *b, int64_t monotonic)
{
	int64_t since = monotonic - BEGAN;
	return b->config.clock.offset + since + (int64_t)llround((double)since * b->config.clock.drift);
}

static int64_t host_time(const struct twin_bench *b, int64_t twin)
{
	if (twin == NEVER)
		return NEVER;
	int64_t t = BEGAN + (int64_t)floor((double)(twin - b->config.clock.offset) / (1 + b->config.clock.drift));
	while (twin_time(b, t) < twin)
		t++;
	return t;
}

static int64_t bring_up(struct twin_bench *b, int64_t t)
{
	int64_t twin = twin_time(b, t);
	twin_advance(&b->twin, twin);
	return twin;
}

/* ---- a node's view of it ---- */

static int64_t node_present(void *context)
{
	return ((struct node *)context)->bench->now;
}

static void node_pass(void *context, int64_t t)
{
	wait_until(&((struct node *)context)->bench->timebase, t);
}

static int64_t node_bring_up(void *context, int64_t t)
{
	return bring_up(((struct node *)context)->bench, t);
}

static int64_t node_host_time(void *context, int64_t twin)
{
	return host_time(((struct node *)context)->bench, twin);
}

static bool node_plugged(void *context)
{
	const struct node *node = context;
	return node->number == node->bench->node;
}

struct link *twin_bench_link(struct twin_bench *b, struct error *error)
{
	struct node *node = &b->nodes[b->node % NODES];
	*node = (struct node){ .bench = b, .number = b->node };
	struct instrument_place place = {
		.timebase = &b->timebase, .present = node_present, .pass = node_pass, .bring_up = node_bring_up, .host_time = node_host_time,
		.plugged = node_plugged, .context = node,
	};
	return instrument_link_open(&place, twin_bench_instrument(b), b->config.seed, WAY_LEAST, WAY_MOST, error);
}

void twin_bench_move(struct twin_bench *b)
{
	b->node++;
	instrument_reset(twin_bench_instrument(b));
}

/* ---- life ---- */

static int read_config(struct twin_bench *b, const char *instrument, const char *rest, struct error *error)
{
	struct problems problems = PROBLEMS_INIT;
	struct text text = TEXT_INIT;
	text_addf(&text, "joulerig: twin 1\n%s%sinstruments: {meter: {%s}}\n%s", strstr(rest, "seed:") ? "" : "seed: 1\n",
		  strstr(rest, "load:") ? "" : "load: {source: script}\n", instrument, rest);
	int result = twin_config_parse("twin", text_string(&text), text.length, &b->config, &problems, NULL);
	if (result != 0)
		error_set(error, ERROR_CONFIG, "twin", NULL, "%s", problems.n > 0 ? problems.list[0].text : "cannot be read");
	problems_free(&problems);
	text_free(&text);
	return result;
}

static void name_endpoint(const struct instrument_config *c, char uri[300])
{
	bool network = strcmp(c->link, "http") == 0 || strcmp(c->link, "tcp") == 0;
	snprintf(uri, 300, network ? "%s://127.0.0.1:1" : "%s:///nowhere/meter", c->link);
}

static int read_bench(struct twin_bench *b, struct error *error)
{
	char path[] = "/tmp/twin-bench-XXXXXX";
	struct problems problems = PROBLEMS_INIT;
	struct endpoints at = { .tcp_port = -1 };
	int fd = mkstemp(path);
	if (fd < 0)
		return error_set(error, ERROR_IO, path, NULL, "cannot make a bench file");
	close(fd);
	name_endpoint(&b->config.instruments[0], at.instruments[0]);
	int result = bench_file_write(path, &b->twin, &at, error);
	if (result == 0 && bench_config_load(path, &b->bench, &problems, NULL) != 0)
		result = error_set(error, ERROR_CONFIG, path, NULL, "%s", problems.n > 0 ? problems.list[0].text : "cannot be read");
	problems_free(&problems);
	unlink(path);
	return result;
}

struct twin_bench *twin_bench_open(const char *instrument, const char *rest, struct error *error)
{
	struct twin_bench *b = calloc(1, sizeof *b);
	if (b == NULL) {
		error_set(error, ERROR_INTERNAL, "twin", NULL, "out of memory");
		return NULL;
	}
	b->timebase = (struct timebase){ .now = look, .wait_until = wait_until, .anchor = anchor };
	b->now = BEGAN;
	if (read_config(b, instrument, rest, error) != 0)
		goto free_bench;
	if (twin_init(&b->twin, &b->config, error) != 0)
		goto free_config;
	if (read_bench(b, error) == 0)
		return b;
	twin_free(&b->twin);
free_config:
	twin_config_free(&b->config);
free_bench:
	free(b);
	return NULL;
}

void twin_bench_close(struct twin_bench *b)
{
	if (b == NULL)
		return;
	bench_config_free(&b->bench);
	twin_free(&b->twin);
	twin_config_free(&b->config);
	free(b);
}

const struct device_config *twin_bench_device(const struct twin_bench *b)
{
	return &b->bench.devices[0];
}

struct timebase *twin_bench_timebase(struct twin_bench *b)
{
	return &b->timebase;
}

struct instrument *twin_bench_instrument(struct twin_bench *b)
{
	return b->twin.instruments[0].instrument;
}

double twin_bench_joules(struct twin_bench *b, int quantity, int64_t from, int64_t to)
{
	bring_up(b, to);
	return (double)(model_energy(b->twin.model, quantity, twin_time(b, to)) - model_energy(b->twin.model, quantity, twin_time(b, from))) * 1e-9;
}
