/*
 * verdicts: are joulerig's verdicts right? Thousands of made-up campaigns whose truths are known, each through the functions that users
 * reach. For every plant: how often what is there is found, and how often what is not there is said.
 *
 *   verdicts --seed N [--quick] [PLANT…]
 *
 * The bars: at twice the stated minimum detectable effect found in at least 95.8 %, undecided counting as not found; on the boundary of a
 * claim false verdicts in at most 4.2 %. --quick makes fewer campaigns, and widens bars by three standard deviations of the shares of so
 * few. What it shows is that verdicts are honest about the model that is planted (made.h): normal scatter on logarithms, an instrument
 * within its specification, and the faults that have a plant.
 *
 * It has a room of its own beside simulation/: nothing here needs a lab, or time, and 2000 campaigns a plant would be too many there.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "plants.h"

#define TRIALS 2000
#define TRIALS_QUICK 200
#define CLOSE_TIMES 30

static struct {
	uint64_t seed;
	bool quick;
	size_t held, missed;
} this;

/* Three standard deviations of a share of so few; nothing in a full run. */
static double slack(double share, size_t n)
{
	return this.quick ? 3 * sqrt(share * (1 - share) / (double)n) : 0;
}

static void judge(const struct figure *figure, size_t count, size_t n)
{
	double share = (double)count / (double)n, u = sqrt(share * (1 - share) / (double)n);
	bool held = share >= figure->at_least - slack(figure->at_least, n) && share <= figure->at_most + slack(figure->at_most, n);
	this.held += held;
	this.missed += !held;
	printf("  %6.2f %% (u %.2f) %-60s", 100 * share, 100 * u, figure->says);
	if (figure->at_least > 0)
		printf(" at least %.1f %%", 100 * figure->at_least);
	if (figure->at_most < 1)
		printf(" at most %.1f %%", 100 * figure->at_most);
	printf("%s\n", held ? "" : "  MISSED");
}

/* A stream of its own for each plant: another one more moves nothing. */
static struct dice dice_for(const struct plant *plant)
{
	struct dice dice = { this.seed };
	for (const char *c = plant->name; *c; c++)
		dice.state = dice.state * 31 + (uint64_t)*c;
	dice_bits(&dice);
	return dice;
}

static void run_plant(const struct plant *plant, size_t times)
{
	size_t counts[FIGURES_MAX] = { 0 }, n = (this.quick ? TRIALS_QUICK : TRIALS) * times;
	struct dice dice = dice_for(plant);
	struct made made = { .room = NULL };
	for (size_t i = 0; i < n; i++) {
		unsigned bits = plant->trial(&dice, i, &made);
		for (size_t f = 0; f < FIGURES_MAX; f++)
			counts[f] += bits >> f & 1;
	}
	made_free(&made);
	printf("%s: %s\n", plant->name, plant->text);
	for (size_t f = 0; f < FIGURES_MAX && plant->figures[f].says; f++)
		judge(&plant->figures[f], counts[f], n);
	fflush(stdout);
}

static bool wanted(const struct plant *plant, char *const *names, int n)
{
	for (int i = 0; i < n; i++)
		if (strcmp(names[i], plant->name) == 0)
			return true;
	return n == 0;
}

static int run_all(const struct plant *list, size_t n, size_t times, char *const *names, int n_names)
{
	int ran = 0;
	for (size_t i = 0; i < n; i++)
		if (wanted(&list[i], names, n_names)) {
			run_plant(&list[i], times);
			ran++;
		}
	return ran;
}

static int usage(void)
{
	fprintf(stderr, "usage: verdicts --seed N [--quick] [PLANT...]\n");
	return 2;
}

int main(int argc, char **argv)
{
	char **names = argv, *end = NULL;
	int n_names = 0, ran = 0;
	for (int i = 1; i < argc; i++) {
		if (strcmp(argv[i], "--quick") == 0)
			this.quick = true;
		else if (strcmp(argv[i], "--seed") == 0 && i + 1 < argc)
			this.seed = strtoull(argv[++i], &end, 10);
		else if (argv[i][0] == '-')
			return usage();
		else
			names[n_names++] = argv[i];
	}
	if (end == NULL || *end)
		return usage();
	ran = run_all(plants, n_plants, 1, names, n_names) + run_all(claim_plants, n_claim_plants, 1, names, n_names) +
	      run_all(close_plants, n_close_plants, CLOSE_TIMES, names, n_names);
	printf("verdicts: seed %" PRIu64 ": %d plants, %d campaigns each or more: %zu of %zu bars held, %.0f s of CPU\n", this.seed, ran,
	       this.quick ? TRIALS_QUICK : TRIALS, this.held, this.held + this.missed, (double)clock() / CLOCKS_PER_SEC);
	return this.missed || ran == 0 ? 1 : 0;
}
