#include "model.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>

#include "random.h"

#define HISTORY 32768 /* steps: a power of two above MODEL_MEMORY */
_Static_assert(HISTORY > MODEL_MEMORY / MODEL_STEP, "history must cover the promised memory");
static const double STEP_S = (double)MODEL_STEP * 1e-9;

struct model {
	struct model_config config;
	struct load *load;
	struct random random;
	double fan_part, thermal_part, supply_part, ripple_part; /* how far each lag goes in one step */

	double heat[MODEL_PACKAGES_MAX]; /* K above the settled idle */
	double fan, ripple, dc;          /* part of full; W; W behind the supply's lag */

	int64_t start, step; /* ns; the current step's number */
	int64_t power[QUANTITIES];             /* uW of the current step */
	int64_t history[HISTORY][QUANTITIES];  /* nJ at the beginning of a step */
};

const char *quantity_name(int quantity)
{
	static const char *const names[QUANTITIES] = {
		"wall", "platform", "package-0", "core-0", "dram-0", "package-1", "core-1", "dram-1",
	};
	return quantity >= 0 && quantity < QUANTITIES ? names[quantity] : "unknown";
}

static double lag_part(double tau)
{
	return tau > 0 ? -expm1(-STEP_S / tau) : 1;
}

static int64_t microwatts(double watts)
{
	return (int64_t)llround(watts * 1e6);
}

static double dynamic_power(const struct model_config *c, const struct demand *demand)
{
	double cores = demand->cores / c->packages, full = c->cores / c->packages;
	return c->per_core * cores * (1 - c->curvature * cores / full) + demand->power / c->packages;
}

static double full_power(const struct model_config *c)
{
	struct demand full = { .cores = c->cores };
	return c->packages * dynamic_power(c, &full);
}

/* One package and its memory: warms up the die, books their powers, returns them. */
static double package_step(struct model *m, int package, double dynamic, double cores)
{
	const struct model_config *c = &m->config;
	m->heat[package] += (c->thermal_resistance * dynamic - m->heat[package]) * m->thermal_part;
	double warm = 1 + c->leakage * m->heat[package];
	double power = (c->idle + dynamic) * warm;
	double dram = c->dram_idle + c->dram_per_core * cores;
	m->power[QUANTITY_PACKAGE + 3 * package] = microwatts(power);
	m->power[QUANTITY_CORE + 3 * package] = microwatts(c->core_share * dynamic * warm);
	m->power[QUANTITY_DRAM + 3 * package] = microwatts(dram);
	return power + dram;
}

static double platform_step(struct model *m, const struct demand *demand, double dynamic)
{
	const struct model_config *c = &m->config;
	double full = full_power(c);
	double target = full > 0 ? fmin(1, dynamic / full) : 0;
	m->fan += (target - m->fan) * m->fan_part;
	if (c->ripple > 0) {
		double kept = 1 - m->ripple_part;
		m->ripple = m->ripple * kept + c->ripple * sqrt(1 - kept * kept) * random_normal(&m->random);
	}
	return c->platform + demand->platform + c->fan * m->fan + m->ripple;
}

/* What the supply draws for the DC power behind its lag. */
static double wall_power(const struct model_config *c, double dc)
{
	return c->loss_fixed + (1 + c->loss_linear) * dc + c->loss_quadratic * dc * dc;
}

static void enter_step(struct model *m)
{
	struct demand demand = load_demand(m->load, m->start + m->step * MODEL_STEP, MODEL_STEP);
	double dynamic = dynamic_power(&m->config, &demand), dc = 0;
	for (int package = 0; package < m->config.packages; package++)
		dc += package_step(m, package, dynamic, demand.cores / m->config.packages);
	dc += platform_step(m, &demand, dynamic * m->config.packages);
	m->dc += (dc - m->dc) * (m->step == 0 ? 1 : m->supply_part); /* the machine has been idle for long */
	m->power[QUANTITY_PLATFORM] = microwatts(dc);
	m->power[QUANTITY_WALL] = microwatts(wall_power(&m->config, m->dc));
}

/* uW for 1 ms is nJ. */
static void leave_step(struct model *m)
{
	const int64_t *begin = m->history[m->step & (HISTORY - 1)];
	int64_t *end = m->history[(m->step + 1) & (HISTORY - 1)];
	for (int q = 0; q < QUANTITIES; q++)
		end[q] = begin[q] + m->power[q];
	m->step++;
}

struct model *model_new(const struct model_config *config, struct load *load, uint64_t seed, int64_t start, struct error *error)
{
	struct model *m = calloc(1, sizeof *m);
	if (m == NULL) {
		error_errno(error, ENOMEM, "model", NULL, "no memory for the modelled bench");
		return NULL;
	}
	m->config = *config;
	m->load = load;
	m->random = random_stream(seed, "ripple");
	m->fan_part = lag_part(config->fan_tau);
	m->thermal_part = lag_part(config->thermal_tau);
	m->supply_part = lag_part(config->supply_lag);
	m->ripple_part = lag_part(config->ripple_tau);
	m->start = start;
	enter_step(m);
	return m;
}

void model_free(struct model *model)
{
	free(model);
}

void model_advance(struct model *m, int64_t t)
{
	while (t >= m->start + (m->step + 1) * MODEL_STEP) {
		leave_step(m);
		enter_step(m);
	}
}

int64_t model_step_start(const struct model *m)
{
	return m->start + m->step * MODEL_STEP;
}

int64_t model_power(const struct model *m, int quantity)
{
	return m->power[quantity];
}

const int64_t *model_energies(const struct model *m, int64_t step_start)
{
	int64_t step = (step_start - m->start) / MODEL_STEP;
	return m->history[step & (HISTORY - 1)];
}

int64_t model_energy(const struct model *m, int quantity, int64_t t)
{
	if (t <= m->start)
		return 0;
	int64_t step = (t - m->start) / MODEL_STEP;
	if (step > m->step)
		step = m->step;
	int64_t begin = m->history[step & (HISTORY - 1)][quantity];
	int64_t power = step == m->step ? m->power[quantity] : m->history[(step + 1) & (HISTORY - 1)][quantity] - begin;
	/* uW times ns is fJ: at most 1e10 uW x 1e6 ns in a step, far from overflow. */
	return begin + (power * (t - m->start - step * MODEL_STEP) + MODEL_STEP / 2) / MODEL_STEP;
}
