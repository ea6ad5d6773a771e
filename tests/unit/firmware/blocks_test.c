/* A ring that DMA never stops writing to, and a reader who may be late. */
#include "unit.h"

#include "blocks.h"

static struct blocks blocks;

/* Whether the next block is `number`, with so many skipped before it. */
static void expect_block(uint32_t number, uint32_t skipped)
{
	uint32_t place, before;
	uint64_t stamp;
	assert_true(blocks_take(&blocks, &place, &stamp, &before));
	assert_int_equal(place, number % blocks.n);
	assert_int_equal(stamp, 100 + number);
	assert_int_equal(before, skipped);
}

static void expect_none(void)
{
	uint32_t place, skipped;
	uint64_t stamp;
	assert_false(blocks_take(&blocks, &place, &stamp, &skipped));
	assert_int_equal(skipped, 0);
}

static void done(uint32_t from, uint32_t n)
{
	for (uint32_t i = from; i < from + n; i++)
		blocks_done(&blocks, 100 + i);
}

static void blocks_come_in_turn(void **state)
{
	(void)state;
	for (uint32_t n = 4; n <= BLOCKS_MAX; n *= 2) {
		blocks_begin(&blocks, n);
		expect_none();
		for (uint32_t i = 0; i < 100; i++) {
			done(i, 1);
			expect_block(i, 0);
			assert_true(blocks_intact(&blocks));
			expect_none();
		}
		done(100, n - 2); /* as late as one may be */
		for (uint32_t i = 0; i < n - 2; i++)
			expect_block(100 + i, 0);
		expect_none();
	}
}

static void a_late_reader_loses_the_oldest(void **state)
{
	(void)state;
	blocks_begin(&blocks, 8);
	done(0, 7);
	expect_block(1, 1); /* 0 may be under DMA */
	done(7, 20);
	expect_block(21, 19);
	for (uint32_t i = 22; i < 27; i++)
		expect_block(i, 0);
	expect_none();
}

static void what_is_overwritten_while_read_is_known(void **state)
{
	(void)state;
	blocks_begin(&blocks, 8);
	done(0, 1);
	expect_block(0, 0);
	done(1, 5);
	assert_true(blocks_intact(&blocks)); /* 6 is being written, 7 is next */
	done(6, 1);
	assert_false(blocks_intact(&blocks)); /* 7 is being written, and 8, on 0's place, may be */
	expect_block(1, 0);
	assert_true(blocks_intact(&blocks));
}

static void numbers_roll_over(void **state)
{
	uint32_t place, skipped;
	uint64_t stamp;
	(void)state;
	blocks_begin(&blocks, 8);
	atomic_store(&blocks.done, UINT32_MAX - 1);
	blocks.taken = UINT32_MAX - 1;
	for (uint32_t i = 0; i < 5; i++)
		blocks_done(&blocks, i);
	for (uint32_t i = 0; i < 5; i++) {
		assert_true(blocks_take(&blocks, &place, &stamp, &skipped));
		assert_int_equal(place, (UINT32_MAX - 1 + i) % 8);
		assert_int_equal(stamp, i);
		assert_int_equal(skipped, 0);
		assert_true(blocks_intact(&blocks));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(blocks_come_in_turn),
		cmocka_unit_test(a_late_reader_loses_the_oldest),
		cmocka_unit_test(what_is_overwritten_while_read_is_known),
		cmocka_unit_test(numbers_roll_over),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
