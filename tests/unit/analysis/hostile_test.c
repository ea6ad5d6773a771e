/*
 * Whatever a file may hold, analysis answers with finite numbers or a refusal that says why: random series of all kinds, made
 * from a sound one by breaking it here and there (run under the sanitizers).
 */
#include "unit.h"

#include "planted.h"

#define SEED 99u
#define ROUNDS 20000

static double strange_value(struct dice *dice)
{
	const double values[] = {0, -1, NAN, INFINITY, -INFINITY, 9.9e37, 1e300, 5e-324, 100};
	return values[dice_bits(dice) % 9];
}

static int64_t pick_time(struct dice *dice)
{
	const int64_t times[] = {0, -1000000000, 1, 5000000000, 12000000000, 3600000000000, 1000000000000000};
	return times[dice_bits(dice) % 7];
}

static void break_samples(struct samples *samples, struct dice *dice)
{
	for (uint64_t n = dice_bits(dice) % 8; n > 0 && samples->n > 0; n--) {
		size_t i = dice_bits(dice) % samples->n;
		switch (dice_bits(dice) % 6) {
		case 0:
			samples->value[i] = strange_value(dice);
			break;
		case 1:
			samples->count[i] = dice_bits(dice);
			break;
		case 2:
			samples->flags[i] = (uint32_t)dice_bits(dice);
			break;
		case 3:
			samples->t[i] = pick_time(dice);
			break;
		case 4:
			samples->u_t[i] = pick_time(dice);
			break;
		default:
			samples->n = i;
		}
	}
}

static void break_options(struct bracket *bracket, struct energy_options *options, struct channel *channel, struct dice *dice)
{
	switch (dice_bits(dice) % 14) {
	case 0:
		bracket->start = pick_time(dice);
		break;
	case 1:
		bracket->stop = pick_time(dice);
		break;
	case 2:
		bracket->u_start = pick_time(dice);
		break;
	case 3:
		options->guard = pick_time(dice);
		break;
	case 4:
		options->quiet_from = pick_time(dice);
		break;
	case 5:
		options->quiet_to = pick_time(dice);
		break;
	case 6:
		options->idle_to = pick_time(dice);
		break;
	case 7:
		options->supply_lag = pick_time(dice);
		break;
	case 8:
		channel->window = channel->refresh = 0;
		break;
	case 9:
		channel->refresh = 1 + (int64_t)(dice_bits(dice) % 1000000000);
		break;
	case 10:
		channel->wrap = dice_bits(dice) % 100000;
		break;
	case 11:
		channel->accuracy.reading = strange_value(dice);
		break;
	case 12:
		channel->update_jitter = pick_time(dice);
		break;
	default:
		break;
	}
}

static void answers(const struct energy *energy)
{
	if (energy->status == ENERGY_REFUSED) {
		assert_true(energy->reason[0] != 0 && isnan(energy->gross.value) && isnan(energy->gross.expanded.U));
		return;
	}
	assert_true(isfinite(energy->gross.value) && isfinite(energy->gross.expanded.U) && energy->gross.expanded.U >= 0);
	assert_true(isnan(energy->net.value) == isnan(energy->net.expanded.U));
	assert_true(isnan(energy->caused.value) == isnan(energy->caused.expanded.U));
	assert_true((energy->reason[0] != 0) == (energy->status == ENERGY_DEGRADED));
}

static void nothing_breaks_it(void **state)
{
	(void)state;
	static struct samples samples;
	struct dice dice = {.state = SEED};
	size_t refused = 0, degraded = 0;
	for (int i = 0; i < ROUNDS; i++) {
		struct load load = {.idle = 50, .step = 100, .start = 4, .stop = 6, .fan_tau = 1};
		struct channel channel = {.kind = (enum channel_kind)(dice_bits(&dice) % 3),
					  .role = ROLE_WALL,
					  .scale = 1e-3,
					  .window = ns(0.1),
					  .refresh = ns(0.1),
					  .wrap = 1000000,
					  .power_max = 500};
		if (channel.kind == CHANNEL_COUNTER && dice_bits(&dice) % 2)
			channel.window = 0; /* a register, not an integrator */
		struct bracket bracket = {.start = ns(4), .stop = ns(6)};
		struct energy_options options = {
			.idle_to = ns(3), .quiet_from = ns(2), .quiet_to = ns(8), .guard = ns(0.2), .tail_settled = 1};
		struct energy energy;
		samples.n = 0;
		for (int k = 0; k < 80; k++) {
			double joules = load_energy(&load, 0.1 * (k + 1)) - load_energy(&load, 0.1 * k);
			uint64_t count = (uint64_t)(load_energy(&load, 0.1 * (k + 1)) * 1000) % channel.wrap;
			samples_add(&samples, ns(0.1 * (k + 1)), 1000, joules / 0.1 + 0.1 * dice_normal(&dice), count);
		}
		break_samples(&samples, &dice);
		for (uint64_t n = dice_bits(&dice) % 3; n > 0; n--)
			break_options(&bracket, &options, &channel, &dice);
		energy_of(samples_series(&samples, &channel), &bracket, &options, &energy);
		answers(&energy);
		refused += energy.status == ENERGY_REFUSED;
		degraded += energy.status == ENERGY_DEGRADED;
	}
	print_message("%d series, seed %u: %zu refused, %zu degraded\n", ROUNDS, SEED, refused, degraded);
	assert_true(refused > ROUNDS / 20 && refused + degraded < ROUNDS * 19 / 20);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_breaks_it),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
