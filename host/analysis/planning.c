#include "planning.h"

#include <math.h>

/* ---- what n runs will say, over all scatters that they may happen to show ---- */

#define STEPS 32 /* over the range of a scatter that was found */
#define NODES ((STEPS + 1) * (STEPS + 1))

struct outlook {
	double spread; /* of the estimate about the truth */
	size_t n;
	double weight[NODES], half[NODES]; /* sum to 1; half-width of the 95 % interval */
};

struct chi {
	double y[STEPS + 1], weight[STEPS + 1]; /* scatter found over the true one; sum to 1 */
};

/* Logarithm of the density of y = sqrt(chi square / nu), but for a constant. */
static double log_density(double y, double nu)
{
	return (nu > 1 ? (nu - 1) * log(y) : 0) - nu * y * y / 2;
}

static struct chi chi_of(double nu)
{
	struct chi chi;
	double reach = 6 / sqrt(2 * nu), from = fmax(0, 1 - reach), step = (1 + reach - from) / STEPS, sum = 0;
	double most = log_density(nu > 1 ? sqrt((nu - 1) / nu) : 0, nu);
	for (int i = 0; i <= STEPS; i++) {
		chi.y[i] = from + i * step;
		chi.weight[i] = (i == 0 || i == STEPS ? 0.5 : 1) * exp(log_density(chi.y[i], nu) - most);
		sum += chi.weight[i];
	}
	for (int i = 0; i <= STEPS; i++)
		chi.weight[i] /= sum;
	return chi;
}

static double half_width(const struct estimate *estimate)
{
	return estimate_half(estimate, 0.95);
}

/* Both arms' variances are found independently, each with n - 1 degrees of freedom; the estimate has those of Welch. */
static void outlook_of_arms(const struct comparison_design *design, size_t n, struct outlook *outlook)
{
	double runs = (double)n, nu = runs - 1;
	struct chi chi = chi_of(nu);
	outlook->spread = hypot(hypot(design->cv_a, design->cv_b) / sqrt(runs), design->shared);
	outlook->n = 0;
	for (int i = 0; i <= STEPS; i++)
		for (int j = 0; j <= STEPS; j++) {
			double va = pow(design->cv_a * chi.y[i], 2) / runs, vb = pow(design->cv_b * chi.y[j], 2) / runs;
			double fourth = (va * va + vb * vb) / nu;
			struct estimate found = { 0, sqrt(va + vb), fourth > 0 ? (va + vb) * (va + vb) / fourth : INFINITY, design->shared };
			outlook->weight[outlook->n] = chi.weight[i] * chi.weight[j];
			outlook->half[outlook->n++] = half_width(&found);
		}
}

/* The same of an estimate whose parts are not known: one scatter, with its degrees of freedom. What is shared has happened already, and
 * is the same in the runs to come. */
static void outlook_of_estimate(const struct estimate *expected, struct outlook *outlook)
{
	struct chi chi = chi_of(fmax(expected->nu, 1));
	outlook->spread = expected->scatter;
	outlook->n = 0;
	for (int i = 0; i <= STEPS; i++) {
		struct estimate found = *expected;
		found.scatter *= chi.y[i];
		outlook->weight[outlook->n] = chi.weight[i];
		outlook->half[outlook->n++] = half_width(&found);
	}
}

/* Probability that a normal deviate of this spread is less than `distance`. */
static double below(double distance, double spread)
{
	return spread > 0 ? erfc(-distance / spread / sqrt(2)) / 2 : distance > 0;
}

/* That the interval begins above `bound`, if the truth lies `distance` above that. */
static double clears(const struct outlook *outlook, double distance)
{
	double sum = 0;
	for (size_t i = 0; i < outlook->n; i++)
		sum += outlook->weight[i] * below(distance - outlook->half[i], outlook->spread);
	return sum;
}

/* That it lies within bounds, `above` below the truth and `under` above it. */
static double fits(const struct outlook *outlook, double above, double under)
{
	double sum = 0;
	for (size_t i = 0; i < outlook->n; i++) {
		double up = under - outlook->half[i], down = above - outlook->half[i];
		if (up + down > 0)
			sum += outlook->weight[i] * (below(up, outlook->spread) - below(-down, outlook->spread));
	}
	return sum;
}

/* ---- searches ---- */

/* The least number of runs, from `from` on, that will do; 0: none. What more runs make likelier stays so. */
static size_t least_runs(size_t from, bool (*enough)(const void *context, size_t n), const void *context)
{
	size_t low = from - 1, high = from;
	while (high < PLANNING_RUNS_MAX && !enough(context, high)) {
		low = high;
		high *= 2;
	}
	if (high >= PLANNING_RUNS_MAX && !enough(context, high = PLANNING_RUNS_MAX))
		return 0;
	while (high - low > 1) {
		size_t middle = low + (high - low) / 2;
		if (enough(context, middle))
			high = middle;
		else
			low = middle;
	}
	return high;
}

double planning_power(const struct comparison_design *design, size_t n, double ratio)
{
	struct outlook outlook;
	if (n < 2 || !(ratio > 0))
		return 0;
	outlook_of_arms(design, n, &outlook);
	return clears(&outlook, fabs(log(ratio)));
}

double planning_detectable(const struct comparison_design *design, size_t n)
{
	struct outlook outlook;
	double low = 0, high = 1e-6;
	if (n < 2)
		return INFINITY;
	outlook_of_arms(design, n, &outlook);
	while (high < 100 && clears(&outlook, high) < PLANNING_POWER)
		high *= 2;
	while (high - low > 1e-9 * high) {
		double middle = (low + high) / 2;
		if (clears(&outlook, middle) < PLANNING_POWER)
			low = middle;
		else
			high = middle;
	}
	return high < 100 ? exp(high) : INFINITY;
}

struct wanted {
	const struct comparison_design *design;
	double ratio;
};

static bool finds(const void *context, size_t n)
{
	const struct wanted *wanted = context;
	return planning_power(wanted->design, n, wanted->ratio) >= PLANNING_POWER;
}

size_t planning_runs_to_find(const struct comparison_design *design, double ratio)
{
	const struct wanted wanted = { design, ratio };
	return least_runs(2, finds, &wanted);
}

/* What the estimate of n runs would be of m of them. */
static struct estimate with_runs(const struct estimate *now, size_t n, size_t m)
{
	struct estimate then = *now;
	then.scatter *= sqrt((double)n / (double)m);
	then.nu *= (double)(m - 1) / (double)(n - 1);
	return then;
}

struct open_claim {
	const struct estimate *now;
	size_t n;
	double low, high; /* logarithms */
};

static bool decides(const void *context, size_t m)
{
	const struct open_claim *claim = context;
	struct estimate then = with_runs(claim->now, claim->n, m);
	double above = then.value - claim->low, under = claim->high - then.value;
	struct outlook outlook;
	outlook_of_estimate(&then, &outlook);
	double chance = above > 0 && under > 0 ? fits(&outlook, above, under) : clears(&outlook, fmax(-above, -under));
	return chance >= PLANNING_POWER;
}

size_t planning_runs_to_decide(const struct estimate *now, size_t n, double low, double high)
{
	const struct open_claim claim = { now, n, low > 0 ? log(low) : -INFINITY, log(high) };
	if (n < 2 || isnan(now->scatter))
		return 2;
	return least_runs(n + 1, decides, &claim);
}

/* ---- stopping ---- */

struct narrowing {
	const struct estimate *now;
	size_t n;
	double half;
	bool fixed_nu; /* Stein's: the scatter is known as well as the first runs show it, however many follow */
};

static bool is_narrow(const void *context, size_t m)
{
	const struct narrowing *narrowing = context;
	struct estimate then = with_runs(narrowing->now, narrowing->n, m);
	if (narrowing->fixed_nu)
		then.nu = narrowing->now->nu;
	return half_width(&then) <= narrowing->half;
}

/* Runs that one ratio needs, by what is known of it; SIZE_MAX: nothing is; 0: no number will do. */
static size_t needs(const struct stopping_rule *rule, const struct estimate *now, size_t n)
{
	const struct narrowing narrowing = { now, n, log1p(rule->half_width), rule->kind == STOPPING_STEIN };
	if (n < 2 || isnan(now->scatter) || isnan(now->shared))
		return SIZE_MAX;
	if (!(statistics_t_quantile(0.975, INFINITY) * now->shared < narrowing.half))
		return 0;
	size_t runs = least_runs(rule->n_min, is_narrow, &narrowing);
	return runs ? runs : SIZE_MAX;
}

/* By the interval as it is, or by the first runs alone. */
static bool has_enough(const struct stopping_rule *rule, const struct estimate *ratio, size_t needed, size_t n)
{
	return rule->kind == STOPPING_STEIN ? n >= needed : half_width(ratio) <= log1p(rule->half_width);
}

struct stopping_advice stopping_advise(const struct stopping_rule *rule, const struct estimate *ratios, const struct estimate *first,
				       size_t n_ratios, size_t n)
{
	bool stein = rule->kind == STOPPING_STEIN, all = true, out_of_reach = false;
	struct stopping_advice advice = { STOPPING_GO_ON, rule->n_min, 0 };
	for (size_t i = 0; n >= rule->n_min && i < n_ratios; i++) {
		size_t needed = stein ? needs(rule, &first[i], rule->n_min) : needs(rule, &ratios[i], n);
		if (needed == 0) {
			out_of_reach = true;
			continue;
		}
		bool enough = has_enough(rule, &ratios[i], needed, n);
		if (!enough && needed <= n) /* more than it seems: nobody knows by how much */
			needed = n + 1;
		if (!enough && needed > advice.runs) {
			advice.runs = needed;
			advice.worst = i;
		}
		all &= enough;
	}
	if (n >= rule->n_min && all)
		advice.answer = out_of_reach ? STOPPING_OUT_OF_REACH : STOPPING_ENOUGH;
	else if (n >= rule->n_max)
		advice.answer = STOPPING_AT_MOST;
	advice.runs = advice.runs > rule->n_max || advice.answer == STOPPING_AT_MOST ? rule->n_max : advice.runs;
	if (advice.answer == STOPPING_ENOUGH || advice.answer == STOPPING_OUT_OF_REACH)
		advice.runs = n;
	return advice;
}
