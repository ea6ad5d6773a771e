#include "run_product.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

struct factors {
	const struct run_channel *volts, *amperes;
};

static int find_factors(const struct run *run, const struct run_channel *channel, struct factors *factors, struct error *error)
{
	const struct run_channel *a = run_factor(run, channel, 0), *b = run_factor(run, channel, 1);
	const char *fault = run_product_fault(run, channel);
	if (fault)
		return error_set(error, ERROR_CORRUPT, channel->channel.name, NULL, "it cannot be a product: %s", fault);
	bool swapped = a->channel.unit == UNIT_AMPERE;
	*factors = (struct factors){ .volts = swapped ? b : a, .amperes = swapped ? a : b };
	return 0;
}

/* ---- values ---- */

static double value_of(const struct run_channel *channel, size_t i)
{
	double native = channel->channel.number == NUMBER_F64 ? channel->values.f64[i] : (double)channel->values.i64[i];
	return native * channel->channel.scale + channel->channel.offset;
}

static bool rises(const struct run_channel *channel)
{
	for (size_t i = 1; i < channel->n; i++)
		if (channel->t[i] <= channel->t[i - 1])
			return false;
	return true;
}

static bool make_room(struct run_channel *product, size_t n, size_t n_gaps)
{
	product->t = calloc(n + 1, sizeof *product->t);
	product->u_t = calloc(n + 1, sizeof *product->u_t);
	product->flags = calloc(n + 1, sizeof *product->flags);
	product->values.f64 = calloc(n + 1, sizeof *product->values.f64);
	product->gaps = calloc(n_gaps + 1, sizeof *product->gaps);
	return product->t && product->u_t && product->flags && product->values.f64 && product->gaps;
}

/* A device samples both at once: their stamps are the same, where neither has lost any. Returns the mean of the valid voltages, V. */
static double multiply(const struct factors *factors, struct run_channel *product)
{
	const struct run_channel *u = factors->volts, *a = factors->amperes;
	double sum = 0, valid = 0;
	for (size_t i = 0, j = 0; i < u->n && j < a->n;) {
		if (u->t[i] != a->t[j]) {
			if (u->t[i] < a->t[j])
				i++;
			else
				j++;
			continue;
		}
		size_t at = product->n++;
		double volts = value_of(u, i);
		product->t[at] = u->t[i];
		product->u_t[at] = u->u_t[i] > a->u_t[j] ? u->u_t[i] : a->u_t[j];
		product->flags[at] = u->flags[i] | a->flags[j];
		product->values.f64[at] = volts * value_of(a, j);
		sum += u->flags[i] & FLAG_INVALID ? 0 : volts;
		valid += u->flags[i] & FLAG_INVALID ? 0 : 1;
		i++;
		j++;
	}
	return valid > 0 ? sum / valid : 0;
}

static int by_beginning(const void *a, const void *b)
{
	const struct record_gap *x = a, *y = b;
	return x->from != y->from ? (x->from > y->from) - (x->from < y->from) : memcmp(x, y, sizeof *x);
}

/* What one of them lacks, the product lacks; what both lack at once, once. */
static void join_gaps(const struct factors *factors, struct run_channel *product)
{
	const struct run_channel *both[] = { factors->volts, factors->amperes };
	size_t n = 0, kept = 0;
	for (size_t i = 0; i < 2; i++)
		for (size_t k = 0; k < both[i]->n_gaps; k++)
			product->gaps[n++] = both[i]->gaps[k];
	qsort(product->gaps, n, sizeof *product->gaps, by_beginning);
	for (size_t i = 0; i < n; i++)
		if (i == 0 || memcmp(&product->gaps[i], &product->gaps[i - 1], sizeof *product->gaps) != 0)
			product->gaps[kept++] = product->gaps[i];
	product->n_gaps = kept;
}

/* ---- what is known of it ---- */

/* As a limit of error, whose standard uncertainty is a part in sqrt 3 of it. */
static double limit(const struct accuracy *accuracy, double stated)
{
	return accuracy->coverage > 0 ? stated * sqrt(3) / accuracy->coverage : stated;
}

static double constant_part(const struct accuracy *accuracy)
{
	return hypot(limit(accuracy, accuracy->range * accuracy->range_value), accuracy->quantum);
}

static struct accuracy accuracy_of(const struct factors *factors, const struct accuracy *own, double volts)
{
	const struct accuracy *u = &factors->volts->channel.accuracy, *a = &factors->amperes->channel.accuracy;
	double reading = hypot(limit(u, u->reading), limit(a, a->reading)), drift = volts != 0 ? constant_part(u) / fabs(volts) : INFINITY;
	return (struct accuracy){
		.reading = hypot(hypot(reading, drift), limit(own, own->reading)),
		.range = 1, .range_value = hypot(constant_part(a) * fabs(volts), limit(own, own->range * own->range_value)),
	};
}

int run_product_make(const struct run *run, const struct run_channel *channel, struct run_channel *product, struct error *error)
{
	struct factors factors = { NULL, NULL };
	memset(product, 0, sizeof *product);
	if (find_factors(run, channel, &factors, error) != 0)
		return -1;
	*product = (struct run_channel){ .channel = channel->channel };
	memcpy(product->device, channel->device, sizeof product->device);
	product->channel.number = NUMBER_F64;
	product->channel.scale = 1;
	product->channel.offset = 0;
	if (!make_room(product, factors.volts->n, factors.volts->n_gaps + factors.amperes->n_gaps)) {
		run_product_free(product);
		return error_set(error, ERROR_INTERNAL, channel->channel.name, NULL, "no memory for %zu values", factors.volts->n);
	}
	double volts = rises(factors.volts) && rises(factors.amperes) ? multiply(&factors, product) : 0;
	join_gaps(&factors, product);
	product->channel.accuracy = accuracy_of(&factors, &channel->channel.accuracy, volts);
	return 0;
}

void run_product_free(struct run_channel *product)
{
	free(product->t);
	free(product->u_t);
	free(product->flags);
	free(product->values.f64);
	free(product->gaps);
	memset(product, 0, sizeof *product);
}
