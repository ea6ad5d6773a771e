#include "rig.h"

#include "counter.h"

static const char *const busy = "load: {source: script, steps: [{at: 0 s, power: 100 W}]}\n";

static struct counter plain(const struct rig *rig)
{
	return (struct counter){
		.quantity = QUANTITY_PACKAGE, .unit = 0x1p-14, .turn = UINT64_C(1) << 32, .period = NS_PER_MS,
		.phase = rig->start - 300000, .jitter = 6000, .seed = 42,
	};
}

/* Register updates come about each millisecond, in order, and the last one before the read is found. */
static void updates(void **state)
{
	(void)state;
	struct rig *rig = rig_open(busy);
	struct counter c = plain(rig);
	int64_t last = counter_updated(&c, rig->start), moved = 0;
	for (int64_t t = rig->start; t < rig->start + NS_PER_S; t += 10007) {
		int64_t at = counter_updated(&c, t);
		assert_true(at <= t && at >= last && t - at < NS_PER_MS + 12001);
		if (at != last) {
			assert_true(at - last >= NS_PER_MS - 12001 && at - last <= NS_PER_MS + 12001);
			moved++;
		}
		last = at;
	}
	assert_true(moved >= 998 && moved <= 1001);
	rig_close(rig);
}

/* What is read is the energy at the last update, in whole counts. */
static void quantised(void **state)
{
	(void)state;
	struct rig *rig = rig_open(busy);
	struct counter c = plain(rig);
	c.initial = 1000;
	for (int i = 0; i < 500; i++) {
		rig_wait(rig, 0.0123);
		double uj = (double)counter_read(&c, rig->twin.model, rig->now);
		double counts = floor(rig_energy(rig, QUANTITY_PACKAGE, counter_updated(&c, rig->now)) / 0x1p-14) + 1000;
		assert_near(uj, floor(counts * 61.03515625), 0.01);
	}
	rig_close(rig);
}

/* A small range turns over, to a value between 0 and the range; the unwrapped sum is the energy. */
static void turns_over(void **state)
{
	(void)state;
	struct rig *rig = rig_open(busy);
	struct counter c = plain(rig);
	c.turn = counter_turn(5, c.unit);
	uint64_t range = counter_range(&c), before = counter_read(&c, rig->twin.model, rig->now), sum = 0;
	int turns = 0;
	assert_true(range <= 5000000 && range > 4999900);
	for (int i = 0; i < 1000; i++) {
		rig_wait(rig, 0.01);
		uint64_t now = counter_read(&c, rig->twin.model, rig->now);
		assert_true(now <= range);
		sum += now >= before ? now - before : now + range + 61 - before;
		turns += now < before;
		before = now;
	}
	assert_true(turns >= 200);
	assert_near((double)sum * 1e-6, rig_energy(rig, QUANTITY_PACKAGE, rig->now), 0.3);
	rig_close(rig);
}

/* The tree as sysfs shows it: zones in their parents, links to all of them, names that identify. */
static void tree(void **state)
{
	(void)state;
	struct rig *rig = rig_open("machine: {packages: 2}\npowercap: {psys: on, mmio: on, mirrored_die: on}\n");
	const struct powercap_tree *t = &rig->twin.powercap;
	char text[64];
	int control = powercap_tree_lookup(t, 0, "intel-rapl", 0);
	int package = powercap_tree_lookup(t, control, "intel-rapl:0", 0);
	int dram = powercap_tree_lookup(t, package, "intel-rapl:0:1", 0);
	int die = powercap_tree_lookup(t, control, "intel-rapl:1", 0);
	assert_true(control > 0 && package > 0 && dram > 0 && die > 0);
	assert_true(powercap_tree_read(t, powercap_tree_lookup(t, dram, "name", 0), 0, text, sizeof text) > 0);
	assert_string_equal(text, "dram\n");
	powercap_tree_read(t, powercap_tree_lookup(t, die, "name", 0), 0, text, sizeof text);
	assert_string_equal(text, "package-0-die-1\n");
	int link = powercap_tree_lookup(t, 0, "intel-rapl:0:1", 0);
	assert_int_equal(t->nodes[link].kind, NODE_LINK);
	assert_string_equal(t->nodes[link].target, "intel-rapl/intel-rapl:0/intel-rapl:0:1");
	int psys = powercap_tree_lookup(t, control, "intel-rapl:4", 0);
	powercap_tree_read(t, powercap_tree_lookup(t, psys, "name", 0), 0, text, sizeof text);
	assert_string_equal(text, "psys\n");
	assert_true(powercap_tree_lookup(t, 0, "intel-rapl-mmio:0", 0) > 0);
	assert_int_equal(powercap_tree_lookup(t, 0, "intel-rapl:9", 0), -1);
	rig_close(rig);
}

/* Both dies, and the mmio view, show the same register at the same time. */
static void mirrors(void **state)
{
	(void)state;
	struct rig *rig = rig_open("powercap: {mmio: on, mirrored_die: on}\n");
	const struct powercap_tree *t = &rig->twin.powercap;
	char one[64], text[64];
	static const char *const zones[] = { "intel-rapl:1", "intel-rapl:0" };
	rig_wait(rig, 3.21);
	int mmio = powercap_tree_lookup(t, powercap_tree_lookup(t, 0, "intel-rapl-mmio", 0), "intel-rapl-mmio:0", 0);
	powercap_tree_read(t, powercap_tree_lookup(t, mmio, "energy_uj", 0), rig->now, one, sizeof one);
	for (int i = 0; i < 2; i++) {
		int zone = powercap_tree_lookup(t, powercap_tree_lookup(t, 0, "intel-rapl", 0), zones[i], 0);
		powercap_tree_read(t, powercap_tree_lookup(t, zone, "energy_uj", 0), rig->now, text, sizeof text);
		assert_string_equal(text, one);
	}
	rig_close(rig);
}

static void faults_of_zones(void **state)
{
	(void)state;
	struct rig *rig = rig_open("powercap: {}\nfaults: [{what: read_error, zone: dram, at: 1 s, for: 1 s}, "
				   "{what: vanish, zone: package-0, at: 3 s, for: 1 s}]\n");
	const struct powercap_tree *t = &rig->twin.powercap;
	char text[64];
	int control = powercap_tree_lookup(t, 0, "intel-rapl", 0), package = powercap_tree_lookup(t, control, "intel-rapl:0", 0);
	int energy = powercap_tree_lookup(t, package, "energy_uj", 0);
	int dram = powercap_tree_lookup(t, powercap_tree_lookup(t, package, "intel-rapl:0:1", 0), "energy_uj", 0);
	rig_wait(rig, 1.5);
	assert_int_equal(powercap_tree_read(t, dram, rig->now, text, sizeof text), -5); /* EIO */
	assert_true(powercap_tree_read(t, energy, rig->now, text, sizeof text) > 0);
	rig_wait(rig, 2);
	assert_true(powercap_tree_read(t, dram, rig->now, text, sizeof text) > 0);
	assert_int_equal(powercap_tree_read(t, energy, rig->now, text, sizeof text), -19); /* ENODEV */
	assert_int_equal(powercap_tree_lookup(t, control, "intel-rapl:0", rig->now), -1);
	rig_wait(rig, 1);
	assert_true(powercap_tree_read(t, energy, rig->now, text, sizeof text) > 0);
	rig_close(rig);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(updates), cmocka_unit_test(quantised), cmocka_unit_test(turns_over), cmocka_unit_test(tree),
		cmocka_unit_test(mirrors), cmocka_unit_test(faults_of_zones),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
