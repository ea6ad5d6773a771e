#include "run_series.h"

#include <stdlib.h>

static double scaled(const struct run_channel *source, size_t i)
{
	const struct channel *c = &source->channel;
	double native = c->number == NUMBER_F64 ? source->values.f64[i]
		      : c->number == NUMBER_U64 ? (double)source->values.u64[i]
						: (double)source->values.i64[i];
	return native * c->scale + c->offset;
}

int run_series(const struct run_channel *source, struct series *series, double **values, struct error *error)
{
	*values = malloc((source->n ? source->n : 1) * sizeof **values);
	if (*values == NULL)
		return error_set(error, ERROR_INTERNAL, NULL, NULL, "no memory for %zu values", source->n);
	for (size_t i = 0; i < source->n; i++)
		(*values)[i] = scaled(source, i);
	*series = (struct series){
		.channel = &source->channel, .n = source->n, .t = source->t, .u_t = source->u_t, .flags = source->flags, .value = *values,
		.count = source->channel.number == NUMBER_U64 ? source->values.u64 : NULL, .gaps = source->gaps, .n_gaps = source->n_gaps,
	};
	return 0;
}
