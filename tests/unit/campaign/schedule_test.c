/* The order of a campaign: complete blocks, drawn from the seed and from nothing else. */
#include <stdlib.h>

#include "schedule.h"
#include "unit.h"

/* Two workloads (one sweeps three values, one nothing) under three arms: 12 slots a block. */
#define PER_BLOCK 12
static struct plan_workload workloads[] = {
	{.name = "first", .n_sweeps = 1, .sweeps = {{.name = "threads", .n = 3, .values = {"1", "2", "4"}}}},
	{.name = "second"},
};

static struct plan small_plan(enum plan_order order, uint64_t seed, int repetitions)
{
	return (struct plan){
		.seed = seed,
		.order = order,
		.repetitions = repetitions,
		.n_arms = 3,
		.n_workloads = 2,
		.workloads = workloads,
	};
}

static struct slot *make(const struct plan *plan, size_t expected)
{
	size_t n;
	struct slot *slots = schedule_make(plan, &n, NULL);
	assert_non_null(slots);
	assert_int_equal(n, expected);
	return slots;
}

/* Place of a slot in the plan, as written: 0 to PER_BLOCK - 1. */
static int identity_of(const struct slot *slot)
{
	return (slot->workload == 0 ? slot->point : 3) * 3 + slot->arm;
}

static void assert_block_is_complete(const struct slot *block)
{
	bool seen[PER_BLOCK] = {false};
	for (int i = 0; i < PER_BLOCK; i++) {
		int identity = identity_of(&block[i]);
		assert_in_range(identity, 0, PER_BLOCK - 1);
		assert_false(seen[identity]);
		seen[identity] = true;
	}
}

static void each_block_holds_every_slot_once(void **state)
{
	(void)state;
	for (int order = ORDER_RANDOM; order <= ORDER_SEQUENCE; order++)
		for (uint64_t seed = 0; seed < 50; seed++) {
			struct plan plan = small_plan((enum plan_order)order, seed, 4);
			struct slot *slots = make(&plan, 4 * PER_BLOCK);
			for (int b = 0; b < 4; b++)
				assert_block_is_complete(slots + b * PER_BLOCK);
			free(slots);
		}
}

static void slots_know_their_place(void **state)
{
	(void)state;
	struct plan plan = small_plan(ORDER_RANDOM, 9, 3);
	struct slot *slots = make(&plan, 3 * PER_BLOCK);
	for (uint32_t i = 0; i < 3 * PER_BLOCK; i++) {
		assert_int_equal(slots[i].index, i);
		assert_int_equal(slots[i].block, i / PER_BLOCK);
		assert_int_equal(slots[i].repetition, i / PER_BLOCK);
		assert_int_equal(slots[i].order, i % PER_BLOCK);
	}
	free(slots);
}

static bool same_order(uint64_t seed, uint64_t other_seed)
{
	struct plan plan = small_plan(ORDER_RANDOM, seed, 2), other = small_plan(ORDER_RANDOM, other_seed, 2);
	struct slot *a = make(&plan, 2 * PER_BLOCK), *b = make(&other, 2 * PER_BLOCK);
	bool same = true;
	for (int i = 0; i < 2 * PER_BLOCK; i++)
		same = same && identity_of(&a[i]) == identity_of(&b[i]);
	free(a);
	free(b);
	return same;
}

static void order_comes_from_the_seed(void **state)
{
	(void)state;
	for (uint64_t seed = 0; seed < 100; seed++) {
		assert_true(same_order(seed, seed));
		assert_false(same_order(seed, seed + 1));
	}
	assert_false(same_order(1, UINT64_C(1) << 40));
}

/* Files of years ago name their seed: what it stands for must never change. Worked out by a second implementation, in Python. */
static void golden_order(void **state)
{
	(void)state;
	static const int golden[2 * PER_BLOCK] = {
		9, 6, 7, 10, 3, 11, 4, 2, 0, 8, 5, 1, 4, 1, 9, 0, 7, 6, 3, 2, 11, 5, 8, 10,
	};
	struct plan plan = small_plan(ORDER_RANDOM, 42, 2);
	struct slot *slots = make(&plan, 2 * PER_BLOCK);
	for (int i = 0; i < 2 * PER_BLOCK; i++)
		assert_int_equal(identity_of(&slots[i]), golden[i]);
	free(slots);
}

/* Over many seeds each slot comes first about as often as any other: 12 000 draws, 5 standard deviations. */
static void shuffle_favours_nobody(void **state)
{
	(void)state;
	int first[PER_BLOCK] = {0};
	for (uint64_t seed = 0; seed < 12000; seed++) {
		struct plan plan = small_plan(ORDER_RANDOM, seed, 1);
		struct slot *slots = make(&plan, PER_BLOCK);
		first[identity_of(&slots[0])]++;
		free(slots);
	}
	for (int i = 0; i < PER_BLOCK; i++)
		assert_near(first[i], 1000, 5 * 30.3);
}

static void sequence_is_as_written(void **state)
{
	(void)state;
	struct plan plan = small_plan(ORDER_SEQUENCE, 42, 3);
	struct slot *slots = make(&plan, 3 * PER_BLOCK);
	for (int i = 0; i < 3 * PER_BLOCK; i++)
		assert_int_equal(identity_of(&slots[i]), i % PER_BLOCK);
	free(slots);
}

/* Arms 0 1 2 in one block, 2 1 0 in the next, within the same workload and point: an arm's mean place is the same for all. */
static void abba_turns_the_arms_round(void **state)
{
	(void)state;
	struct plan plan = small_plan(ORDER_ABBA, 42, 4);
	struct slot *slots = make(&plan, 4 * PER_BLOCK);
	for (int i = 0; i < 4 * PER_BLOCK; i++) {
		bool backwards = i / PER_BLOCK % 2 == 1;
		assert_int_equal(slots[i].arm, backwards ? 2 - i % 3 : i % 3);
		assert_int_equal(slots[i].workload, slots[i % PER_BLOCK].workload);
		assert_int_equal(slots[i].point, slots[i % PER_BLOCK].point);
	}
	int places[3] = {0};
	for (int i = 0; i < 4 * PER_BLOCK; i++)
		places[slots[i].arm] += i;
	assert_int_equal(places[0], places[1]);
	assert_int_equal(places[1], places[2]);
	free(slots);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_block_holds_every_slot_once), cmocka_unit_test(slots_know_their_place),
		cmocka_unit_test(order_comes_from_the_seed),        cmocka_unit_test(golden_order),
		cmocka_unit_test(shuffle_favours_nobody),           cmocka_unit_test(sequence_is_as_written),
		cmocka_unit_test(abba_turns_the_arms_round),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
