/* Edges: in order, numbered, and none lost without being counted; and ticks from stamps of 32 bits, whatever the counter does. */
#include "unit.h"

#include "edges.h"

static struct edges edges;
static struct rig_edge out[EDGES_QUEUED + 1];

static int begin(void **state)
{
	(void)state;
	memset(&edges, 0xaa, sizeof edges);
	edges_init(&edges);
	return 0;
}

static void ticks_are_the_nearest_with_these_bits(void **state)
{
	static const uint64_t times[] = { 0, 1, 0x7fffffff, 0x80000000, 0xffffffff, UINT64_C(0x100000000), UINT64_C(0x17fffffff),
					  UINT64_C(0x123456789abcdef0), UINT64_C(0x2ffffffff) };
	(void)state;
	for (size_t i = 0; i < sizeof times / sizeof times[0]; i++)
		for (int64_t away = -1000; away <= 1000; away++) {
			uint64_t now = times[i] + 1000, then = now + (uint64_t)away;
			assert_true(ticks_near(now, (uint32_t)then) == then);
		}
	assert_true(ticks_near(UINT64_C(5) << 32, (uint32_t)-INT32_MAX) == (UINT64_C(5) << 32) - INT32_MAX); /* 35 minutes old */
	assert_true(ticks_near(UINT64_C(5) << 32, INT32_MAX) == (UINT64_C(5) << 32) + INT32_MAX);
}

/* Read again and again around the roll-over, as an interrupt would, and hours later. */
static void the_roll_over_is_not_seen(void **state)
{
	uint64_t now = UINT64_C(0xfffffff0);
	(void)state;
	for (int i = 0; i < 40; i++, now++)
		assert_true(ticks_near(now + 3, (uint32_t)now) == now);
	for (int hours = 1; hours < 30; hours++) {
		now += (uint64_t)hours * 3600 * 1000000 + 12345;
		assert_true(ticks_near(now + 100, (uint32_t)now) == now);
	}
	assert_true(ticks_near(now, (uint32_t)(now + 5)) == now + 5); /* stamped after `now` was read */
}

static void edges_keep_what_was_said_of_them(void **state)
{
	static const uint8_t lines[] = { RIG_IN1, RIG_OUT2, RIG_IN4, RIG_OUT1, RIG_OUT2, RIG_IN2, RIG_IN1, RIG_IN3 };
	static const uint16_t numbers[] = { 0, 0, 0, 0, 1, 0, 1, 0 };
	(void)state;
	for (uint32_t i = 0; i < 8; i++)
		edges_push(&edges, 100 + i, lines[i], i % 3 == 0, 1000 + i);
	edges_push(&edges, 200, 4, true, 0); /* no line of ours */
	edges_push(&edges, 200, 15, true, 0);
	edges_push(&edges, 200, RIG_LINES_END, true, 0);
	edges_push(&edges, 200, 255, true, 0);
	assert_int_equal(edges_waiting(&edges), 8);
	assert_int_equal(edges_pop(&edges, out, 5), 5);
	assert_int_equal(edges_waiting(&edges), 3);
	assert_int_equal(edges_pop(&edges, out + 5, 15), 3);
	for (uint32_t i = 0; i < 8; i++) {
		assert_int_equal(out[i].ticks, 100 + i);
		assert_int_equal(out[i].line, lines[i]);
		assert_int_equal(out[i].high, i % 3 == 0);
		assert_int_equal(out[i].sample, 1000 + i);
		assert_int_equal(out[i].number, numbers[i]);
	}
	assert_int_equal(edges_pop(&edges, out, 15), 0);
}

static void they_come_out_in_the_order_of_time(void **state)
{
	static const uint64_t stamps[] = { 10, 2, 12, 12, 11, UINT64_C(1) << 40, 3, UINT64_MAX };
	static const uint64_t sorted[] = { 2, 3, 10, 11, 12, 12, UINT64_C(1) << 40, UINT64_MAX };
	static const uint16_t numbers[] = { 1, 6, 0, 4, 2, 3, 5, 7 }; /* of equal ones the first stays first */
	(void)state;
	for (int i = 0; i < 8; i++)
		edges_push(&edges, stamps[i], RIG_IN1, true, 0);
	assert_int_equal(edges_pop(&edges, out, 15), 8);
	for (int i = 0; i < 8; i++) {
		assert_true(out[i].ticks == sorted[i]);
		assert_int_equal(out[i].number, numbers[i]);
	}
}

static void what_finds_no_room_is_counted_and_leaves_a_hole(void **state)
{
	(void)state;
	for (uint32_t i = 0; i < EDGES_QUEUED + 10; i++)
		edges_push(&edges, i, i & 1 ? RIG_IN1 : RIG_IN2, true, 0);
	assert_int_equal(atomic_load(&edges.lost), 10);
	assert_int_equal(edges_pop(&edges, out, 2), 2);
	edges_push(&edges, 1000, RIG_IN1, true, 0);
	edges_push(&edges, 1001, RIG_IN2, true, 0);
	edges_push(&edges, 1002, RIG_IN2, true, 0);
	assert_int_equal(atomic_load(&edges.lost), 11);
	assert_int_equal(edges_pop(&edges, out, EDGES_QUEUED + 1), EDGES_QUEUED);
	assert_int_equal(out[EDGES_QUEUED - 3].number, EDGES_QUEUED / 2 - 1);
	assert_int_equal(out[EDGES_QUEUED - 2].number, EDGES_QUEUED / 2 + 5);
	assert_int_equal(out[EDGES_QUEUED - 1].number, EDGES_QUEUED / 2 + 5);
}

static void what_was_not_seen_is_counted_and_leaves_a_hole(void **state)
{
	(void)state;
	edges_push(&edges, 1, RIG_IN3, true, 0);
	edges_lose(&edges, RIG_IN3);
	edges_lose(&edges, RIG_OUT1 - 1); /* no line */
	edges_push(&edges, 2, RIG_IN3, true, 0);
	edges_push(&edges, 3, RIG_IN4, true, 0);
	assert_int_equal(atomic_load(&edges.lost), 1);
	assert_int_equal(edges_pop(&edges, out, 15), 3);
	assert_int_equal(out[0].number, 0);
	assert_int_equal(out[1].number, 2);
	assert_int_equal(out[2].number, 0);
}

static void numbers_and_indices_roll_over(void **state)
{
	(void)state;
	atomic_store(&edges.pushed, UINT32_MAX - 3);
	atomic_store(&edges.popped, UINT32_MAX - 3);
	edges.numbers[0] = UINT16_MAX - 1;
	for (uint32_t i = 0; i < 10; i++)
		edges_push(&edges, i, RIG_IN1, true, 0);
	assert_int_equal(edges_pop(&edges, out, 15), 10);
	for (uint32_t i = 0; i < 10; i++) {
		assert_int_equal(out[i].ticks, i);
		assert_int_equal(out[i].number, (uint16_t)(UINT16_MAX - 1 + i));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ticks_are_the_nearest_with_these_bits),
		cmocka_unit_test(the_roll_over_is_not_seen),
		cmocka_unit_test_setup(edges_keep_what_was_said_of_them, begin),
		cmocka_unit_test_setup(they_come_out_in_the_order_of_time, begin),
		cmocka_unit_test_setup(what_finds_no_room_is_counted_and_leaves_a_hole, begin),
		cmocka_unit_test_setup(what_was_not_seen_is_counted_and_leaves_a_hole, begin),
		cmocka_unit_test_setup(numbers_and_indices_roll_over, begin),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
