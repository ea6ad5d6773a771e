/*
 * model: the power of a computer from its processors to its mains plug, and the true energy that each part has used.
 *
 *   busy cores -> dynamic power of each package (mild curvature) -> leakage that grows with the die's temperature (first order)
 *              -> memory                                          -> fan that follows the dynamic power (first order: its tail)
 *   packages + memory + platform + fan = DC power -> supply: first-order lag, then P + fixed + linear P + quadratic P^2 = wall
 *
 * Time goes in steps of 1 ms in which each power is constant, a whole number of microwatts: so energies at the steps' ends are
 * whole nanojoules, exact, and energy at any instant is exact by interpolation. A step's power depends on what was known at
 * its beginning only. Time is the twin's own clock, in ns. Pure: no clock is read here; the same calls give the same bits.
 */
#ifndef JOULERIG_TWIN_MODEL_H
#define JOULERIG_TWIN_MODEL_H

#include <stdbool.h>
#include <stdint.h>

#include "error.h"
#include "load.h"

#define MODEL_STEP INT64_C(1000000) /* ns */
#define MODEL_PACKAGES_MAX 2

/* What has an energy of its own. Packages' entries follow each other: QUANTITY_PACKAGE + 3 * package, and so on. */
enum quantity {
	QUANTITY_WALL,
	QUANTITY_PLATFORM, /* all DC power: what a psys counter shows */
	QUANTITY_PACKAGE,
	QUANTITY_CORE, /* part of the package */
	QUANTITY_DRAM,
	QUANTITIES = QUANTITY_PACKAGE + 3 * MODEL_PACKAGES_MAX
};
const char *quantity_name(int quantity); /* "wall", "platform", "package-0", "core-0", "dram-0", … */

struct model_config {
	int packages;
	double cores;              /* of the machine: what full load is */
	double idle, per_core;     /* W of one package; W of one busy core */
	double curvature;          /* part of per_core that is missing at full load */
	double core_share;         /* part of the dynamic power that the core zone sees */
	double dram_idle, dram_per_core; /* W of one package's memory */
	double platform;           /* W */
	double ripple, ripple_tau; /* true random power of the platform: W sd, s correlation */
	double fan, fan_tau;       /* W at full load; s */
	double thermal_resistance, thermal_tau, leakage; /* K/W; s; part of the power per K */
	double supply_lag;         /* s */
	double loss_fixed, loss_linear, loss_quadratic; /* W, 1, 1/W */
};

struct model;

struct model *model_new(const struct model_config *config, struct load *load, uint64_t seed, int64_t start, struct error *error);
void model_free(struct model *model); /* NULL is fine */

/* Goes on until the step that holds `t`. Never goes back. */
void model_advance(struct model *model, int64_t t);
int64_t model_step_start(const struct model *model); /* of the current step */

/* nJ since the start, at an instant not after the current step's end and at most MODEL_MEMORY before it. */
#define MODEL_MEMORY (INT64_C(32) * 1000000000)
int64_t model_energy(const struct model *model, int quantity, int64_t t);
/* Energies at the beginning of the current step, or of an earlier one that is still remembered. */
const int64_t *model_energies(const struct model *model, int64_t step_start);
int64_t model_power(const struct model *model, int quantity); /* uW of the current step */

#endif
