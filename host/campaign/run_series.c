#include "run_series.h"

#include <stdlib.h>
#include <string.h>

static double scaled(const struct run_channel *source, size_t i)
{
	const struct channel *c = &source->channel;
	double native = c->number == NUMBER_F64 ? source->values.f64[i]
		      : c->number == NUMBER_U64 ? (double)source->values.u64[i]
						: (double)source->values.i64[i];
	return native * c->scale + c->offset;
}

void run_series_free(struct run_series *made)
{
	free(made->values);
	free(made->t);
	free(made->u_t);
	free(made->flags);
	free(made->count);
	run_product_free(&made->product);
	*made = (struct run_series){ .values = NULL };
}

static int no_memory(struct run_series *made, size_t n, struct error *error)
{
	run_series_free(made);
	return error_set(error, ERROR_INTERNAL, NULL, NULL, "no memory for %zu values", n);
}

/* ---- a clock of its own ---- */

static void *copy_of(const void *array, size_t n, size_t size)
{
	void *copy = calloc(n + 1, size);
	if (copy && n > 0)
		memcpy(copy, array, n * size);
	return copy;
}

/* Moves up what is known; returns how much that is. */
static size_t keep_known(struct run_series *made, const bool *known, size_t n)
{
	size_t kept = 0;
	for (size_t i = 0; i < n; i++) {
		if (!known[i])
			continue;
		made->values[kept] = made->values[i];
		made->t[kept] = made->t[i];
		made->u_t[kept] = made->u_t[i];
		made->flags[kept] = made->flags[i];
		if (made->count)
			made->count[kept] = made->count[i];
		kept++;
	}
	return kept;
}

static int put_on_host_time(const struct run_channel *source, const struct device_clock *clock, struct run_series *made,
			    struct error *error)
{
	size_t n = source->n;
	bool counts = source->channel.number == NUMBER_U64;
	bool *known = calloc(n + 1, sizeof *known);
	made->t = copy_of(source->t, n, sizeof *made->t);
	made->u_t = copy_of(source->u_t, n, sizeof *made->u_t);
	made->flags = copy_of(source->flags, n, sizeof *made->flags);
	made->count = counts ? copy_of(source->values.u64, n, sizeof *made->count) : NULL;
	if (!known || !made->t || !made->u_t || !made->flags || (counts && !made->count)) {
		free(known);
		return no_memory(made, n, error);
	}
	device_time_stamps(clock, source->t, n, made->t, made->u_t, known);
	made->series.n = keep_known(made, known, n);
	made->series.t = made->t;
	made->series.u_t = made->u_t;
	made->series.flags = made->flags;
	made->series.count = made->count;
	free(known);
	return 0;
}

static int make_series(const struct run_channel *source, const struct device_times *times, struct run_series *made, struct error *error)
{
	const struct device_clock *clock = device_clock_of(times, source->device);
	made->values = malloc((source->n + 1) * sizeof *made->values);
	if (made->values == NULL)
		return no_memory(made, source->n, error);
	for (size_t i = 0; i < source->n; i++)
		made->values[i] = scaled(source, i);
	made->series = (struct series){
		.channel = &source->channel, .n = source->n, .t = source->t, .u_t = source->u_t, .flags = source->flags,
		.value = made->values, .count = source->channel.number == NUMBER_U64 ? source->values.u64 : NULL, .gaps = source->gaps,
		.n_gaps = source->n_gaps,
	};
	bool own = clock != NULL && source->channel.clock == CLOCK_ID_DEVICE;
	return own ? put_on_host_time(source, clock, made, error) : 0;
}

int run_series_make(const struct run *run, const struct run_channel *source, const struct device_times *times, struct run_series *made,
		    struct error *error)
{
	*made = (struct run_series){ .values = NULL };
	if (!run_is_product(&source->channel))
		return make_series(source, times, made, error);
	if (run_product_make(run, source, &made->product, error) != 0)
		return -1;
	return make_series(&made->product, times, made, error);
}
