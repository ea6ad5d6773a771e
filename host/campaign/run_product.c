#include "run_product.h"

#include <stdlib.h>
#include <string.h>

bool run_is_product(const struct run_channel *channel)
{
	return channel->channel.kind == CHANNEL_INSTANT && channel->channel.factor[0] >= 0 && channel->channel.factor[1] >= 0;
}

/* Factors are numbered within their device. */
static const struct run_channel *factor_of(const struct run *run, const struct run_channel *channel, int index)
{
	for (size_t i = 0; i < run->n_channels; i++)
		if (strcmp(run->channels[i].device, channel->device) == 0 && index-- == 0)
			return &run->channels[i];
	return NULL;
}

static double value_of(const struct run_channel *channel, size_t i)
{
	double native = channel->channel.number == NUMBER_F64 ? channel->values.f64[i] : (double)channel->values.i64[i];
	return native * channel->channel.scale + channel->channel.offset;
}

static bool make_room(struct run_channel *product, size_t n)
{
	product->t = calloc(n + 1, sizeof *product->t);
	product->u_t = calloc(n + 1, sizeof *product->u_t);
	product->flags = calloc(n + 1, sizeof *product->flags);
	product->values.f64 = calloc(n + 1, sizeof *product->values.f64);
	return product->t && product->u_t && product->flags && product->values.f64;
}

/* A device samples both at once: their stamps are the same, where neither has lost any. */
static void multiply(const struct run_channel *a, const struct run_channel *b, struct run_channel *product)
{
	for (size_t i = 0, j = 0; i < a->n && j < b->n;) {
		if (a->t[i] != b->t[j]) {
			if (a->t[i] < b->t[j])
				i++;
			else
				j++;
			continue;
		}
		size_t at = product->n++;
		product->t[at] = a->t[i];
		product->u_t[at] = a->u_t[i] > b->u_t[j] ? a->u_t[i] : b->u_t[j];
		product->flags[at] = a->flags[i] | b->flags[j];
		product->values.f64[at] = value_of(a, i++) * value_of(b, j++);
	}
}

int run_product_make(const struct run *run, const struct run_channel *channel, struct run_channel *product, struct error *error)
{
	const struct run_channel *a = factor_of(run, channel, channel->channel.factor[0]);
	const struct run_channel *b = factor_of(run, channel, channel->channel.factor[1]);
	if (a == NULL || b == NULL)
		return error_set(error, ERROR_CORRUPT, channel->channel.name, NULL, "what it is the product of is not there");
	*product = *channel;
	product->n = 0;
	product->seq = NULL;
	product->channel.number = NUMBER_F64;
	product->channel.scale = 1;
	product->channel.offset = 0;
	product->gaps = a->gaps;
	product->n_gaps = a->n_gaps;
	if (make_room(product, a->n)) {
		multiply(a, b, product);
		return 0;
	}
	run_product_free(product);
	return error_set(error, ERROR_INTERNAL, channel->channel.name, NULL, "no memory for %zu values", a->n);
}

void run_product_free(struct run_channel *product)
{
	free(product->t);
	free(product->u_t);
	free(product->flags);
	free(product->values.f64);
	memset(product, 0, sizeof *product);
}
