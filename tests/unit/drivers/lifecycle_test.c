/* What every driver has to do, for what is no instrument with a twin in simulated time (those: tests/lifecycle): files, no link at all, and
 * scripted instruments behind a real socket and a real terminal, each served by a thread. */
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "counter_tree.h"
#include "fake_rig.h"
#include "fake_wt.h"

struct rig {
	const char *driver;
	void (*begin)(struct rig *rig);
	void (*end)(struct rig *rig);
	double seconds; /* to run for */
	bool values;    /* it gives some meanwhile */

	struct device_config config;
	struct timebase *timebase;
	struct link *link;
	struct fake_time time;
	struct fake_wt fake;
	struct tree tree;
	struct fake_rig fake_rig;
	int terminal; /* the fake rig's end */
	_Atomic bool quit;
	int listener, connections;
	pthread_t thread;
};

/* ---- rigs ---- */

static void end_nothing(struct rig *rig)
{
	(void)rig;
}

static void begin_tree(struct rig *rig)
{
	tree_begin(&rig->tree);
	tree_zone(&rig->tree, "intel-rapl:0", "package-0", 1000);
	tree_zone(&rig->tree, "intel-rapl:0:0", "dram", 2000);
	rig->config = (struct device_config){
		.name = "rapl", .driver = "powercap", .n_options = 1, .options = { { .name = "root" } },
	};
	memcpy(rig->config.options[0].text, rig->tree.root, sizeof rig->tree.root);
}

static void end_tree(struct rig *rig)
{
	tree_end(&rig->tree);
}

static void begin_software(struct rig *rig)
{
	rig->config = (struct device_config){ .name = "edges", .driver = "software" };
}

/* Start and stop together are some 60 questions. */
#define ANSWERS_BEFORE_BREAK 70

/* The scripted instrument behind a socket and on real time: every other connection breaks in the middle of an answer. */
static void serve_connection(struct rig *rig, int fd)
{
	char bytes[256];
	ssize_t got;
	int answers = 0;
	while ((got = read(fd, bytes, sizeof bytes)) > 0) {
		rig->time.now = clock_now(CLOCK_ID_MONOTONIC);
		fake_send(&rig->fake.link, bytes, (size_t)got, NEVER);
		bool breaks = rig->connections % 2 == 1 && answers > ANSWERS_BEFORE_BREAK && rig->fake.out_size > 3;
		size_t size = breaks ? 3 : rig->fake.out_size;
		if (write(fd, rig->fake.out, size) < 0 || breaks)
			return;
		answers += rig->fake.out_size > 0;
		rig->fake.out_size = 0;
	}
}

static void *serve(void *argument)
{
	struct rig *rig = argument;
	int fd;
	while ((fd = accept(rig->listener, NULL, NULL)) >= 0) {
		rig->connections++;
		rig->fake.out_size = rig->fake.in_size = 0;
		serve_connection(rig, fd);
		close(fd);
	}
	return NULL;
}

static void begin_socket(struct rig *rig)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	struct error error = ERROR_INIT;
	char uri[140];
	tree_begin(&rig->tree); /* a directory for the socket */
	rig->time.now = clock_now(CLOCK_ID_MONOTONIC);
	rig->timebase = &timebase_real;
	fake_begin(&rig->fake, &rig->time);
	rig->fake.response = 0;
	rig->config = fake_config();
	snprintf(address.sun_path, sizeof address.sun_path, "%s/meter", rig->tree.root);
	snprintf(uri, sizeof uri, "unix://%s", address.sun_path);
	rig->listener = socket(AF_UNIX, SOCK_STREAM, 0);
	assert_int_equal(bind(rig->listener, (struct sockaddr *)&address, sizeof address), 0);
	assert_int_equal(listen(rig->listener, 1), 0);
	assert_int_equal(pthread_create(&rig->thread, NULL, serve, rig), 0);
	assert_int_equal(endpoint_parse(uri, &rig->config.endpoint, &error), 0);
	rig->link = link_open(&rig->config.endpoint, rig->timebase, rig->time.now + 2 * NS_PER_S, &error);
	assert_non_null(rig->link);
}

static void end_socket(struct rig *rig)
{
	link_close(rig->link);
	shutdown(rig->listener, SHUT_RDWR);
	pthread_join(rig->thread, NULL);
	close(rig->listener);
	tree_end(&rig->tree);
}

/* With all that it can do. */
static void configure_rig(struct rig *rig)
{
	rig->config = fake_rig_config();
	fake_rig_option(&rig->config, "input", "none");
	fake_rig_option(&rig->config, "s0_in3", "1000");
	fake_rig_option(&rig->config, "adc0", "V 0.2 -400");
	fake_rig_option(&rig->config, "adc1", "A 0.01 -20");
	fake_rig_option(&rig->config, "adc_rate", "5000");
	fake_rig_option(&rig->config, "shunt", "0.01");
	fake_rig_option(&rig->config, "current_max", "4 A");
}

/* The scripted rig behind a real terminal and on real time, by a thread of its own. */
static void *serve_terminal(void *argument)
{
	struct rig *rig = argument;
	struct fake_rig *fake = &rig->fake_rig;
	uint8_t bytes[512];
	while (!atomic_load(&rig->quit)) {
		struct pollfd pollfd = { .fd = rig->terminal, .events = POLLIN };
		poll(&pollfd, 1, 2);
		rig->time.now = clock_now(CLOCK_ID_MONOTONIC);
		fake_rig_do_due(fake);
		ssize_t got = read(rig->terminal, bytes, sizeof bytes);
		if (got > 0)
			fake_rig_feed(fake, bytes, (size_t)got);
		ssize_t written = write(rig->terminal, fake->out, fake->out_size);
		if (written > 0) {
			fake->out_size -= (size_t)written;
			memmove(fake->out, fake->out + written, fake->out_size);
		}
	}
	return NULL;
}

static void begin_terminal(struct rig *rig)
{
	struct error error = ERROR_INIT;
	char name[64], uri[80];
	rig->time.now = clock_now(CLOCK_ID_MONOTONIC);
	rig->timebase = &timebase_real;
	fake_rig_begin(&rig->fake_rig, &rig->time);
	rig->fake_rig.response = 0;
	configure_rig(rig);
	rig->terminal = posix_openpt(O_RDWR | O_NOCTTY | O_NONBLOCK);
	assert_true(rig->terminal >= 0);
	assert_true(grantpt(rig->terminal) == 0 && unlockpt(rig->terminal) == 0 && ptsname_r(rig->terminal, name, sizeof name) == 0);
	snprintf(uri, sizeof uri, "pty://%s", name);
	assert_int_equal(endpoint_parse(uri, &rig->config.endpoint, &error), 0);
	rig->link = link_open(&rig->config.endpoint, rig->timebase, rig->time.now + 2 * NS_PER_S, &error);
	assert_non_null(rig->link);
	atomic_store(&rig->quit, false);
	assert_int_equal(pthread_create(&rig->thread, NULL, serve_terminal, rig), 0);
}

static void end_terminal(struct rig *rig)
{
	atomic_store(&rig->quit, true);
	pthread_join(rig->thread, NULL);
	link_close(rig->link);
	close(rig->terminal);
	assert_int_equal(rig->fake_rig.bad, 0);
}

static const struct rig rigs[] = {
	{ .driver = "yokogawa_wt", .begin = begin_socket, .end = end_socket, .seconds = 2.5, .values = true },
	{ .driver = "powercap", .begin = begin_tree, .end = end_tree, .seconds = 20, .values = true },
	{ .driver = "rig", .begin = begin_terminal, .end = end_terminal, .seconds = 1.5, .values = true },
	{ .driver = "software", .begin = begin_software, .end = end_nothing, .seconds = 20 },
};
#define RIGS (sizeof rigs / sizeof *rigs)

static struct rig rig;

static const struct driver *rig_begin(size_t index)
{
	rig = rigs[index];
	rig.time = (struct fake_time)FAKE_TIME_INIT;
	rig.timebase = &rig.time.timebase;
	rig.begin(&rig);
	return driver_find(rig.driver);
}

static void *opened(const struct driver *driver)
{
	struct error error = ERROR_INIT;
	void *device = driver->open(&rig.config, rig.link, rig.timebase, &error);
	if (device == NULL)
		fail_msg("%s: %s: %s", rig.driver, error.on, error.what);
	return device;
}

static void started(const struct driver *driver, void *device, struct collect *collect)
{
	struct error error = ERROR_INIT;
	if (driver->start(device, &collect->sink, &error) < 0)
		fail_msg("%s: %s: %s", rig.driver, error.on, error.what);
}

/* ---- runners ---- */

/* Channels are complete, and named after the device, each its own way. */
static void check_channels(const struct driver *driver, void *device)
{
	int count;
	const struct channel *channels = driver->channels(device, &count);
	assert_non_null(driver->identity(device));
	assert_true(driver->identity(device)->model[0] != '\0');
	assert_in_range(count, 0, DEVICE_CHANNELS_MAX);
	for (int i = 0; i < count; i++) {
		const struct channel *c = &channels[i];
		size_t prefix = strlen(rig.config.name);
		assert_true(strncmp(c->name, rig.config.name, prefix) == 0 && c->name[prefix] == '.' && c->name[prefix + 1]);
		for (int j = 0; j < i; j++)
			assert_string_not_equal(c->name, channels[j].name);
		assert_true(c->kind < CHANNEL_KINDS && c->role < CHANNEL_ROLES && c->unit < UNITS && c->clock < CLOCK_IDS);
		assert_true(c->scale != 0 && c->refresh > 0);
		assert_true(c->kind != CHANNEL_MEAN || (c->window > 0 && c->u_latency >= 0 && c->power_max > 0));
		assert_true(c->kind != CHANNEL_INSTANT || c->factor[0] != c->factor[1] || c->factor[0] == -1);
		assert_true(c->simulated == driver->identity(device)->simulated);
	}
}

static void test_open_and_close(void **state)
{
	(void)state;
	for (size_t i = 0; i < RIGS; i++) {
		const struct driver *driver = rig_begin(i);
		for (int round = 0; round < 2; round++) {
			void *device = opened(driver);
			check_channels(driver, device);
			driver->close(device);
		}
		rig.end(&rig);
	}
}

/* Records belong to a channel, carry its number type, and go forward in time. */
static void check_records(const struct driver *driver, void *device, const struct collect *collect)
{
	int count;
	const struct channel *channels = driver->channels(device, &count);
	int64_t last[DEVICE_CHANNELS_MAX] = { 0 };
	for (int i = 0; i < collect->n; i++) {
		const struct collected *c = &collect->list[i];
		assert_true(c->record.channel < count);
		if (c->record.kind == RECORD_GAP)
			assert_true(c->gap.values >= 1 && c->gap.from <= c->gap.to && c->gap.reason < GAP_REASONS);
		if (c->record.kind != RECORD_BLOCK)
			continue;
		assert_true(c->record.t > last[c->record.channel]);
		assert_true(number_size(channels[c->record.channel].number) == 8 || channels[c->record.channel].kind == CHANNEL_INSTANT);
		last[c->record.channel] = c->record.t;
	}
}

/* Twice: a device that was stopped can be started again. */
static void test_stream(void **state)
{
	(void)state;
	struct error error = ERROR_INIT;
	for (size_t i = 0; i < RIGS; i++) {
		const struct driver *driver = rig_begin(i);
		void *device = opened(driver);
		for (int round = 0; round < 2; round++) {
			struct collect *collect = collect_begin(rig.timebase);
			started(driver, device, collect);
			int64_t until = rig.timebase->now(rig.timebase) + llround(rig.seconds * 1e9);
			step_until(driver, device, collect, until);
			if (driver->stop(device, &error) < 0)
				fail_msg("%s: %s", rig.driver, error.what);
			check_records(driver, device, collect);
			if (rig.values)
				assert_true(collect_count(collect, RECORD_BLOCK, 0) > 4);
		}
		driver->close(device);
		rig.end(&rig);
		assert_true(rig.listener == 0 || rig.connections >= 2); /* the first one broke */
	}
}

static void test_start_and_stop_at_once(void **state)
{
	(void)state;
	struct error error = ERROR_INIT;
	for (size_t i = 0; i < RIGS; i++) {
		const struct driver *driver = rig_begin(i);
		void *device = opened(driver);
		started(driver, device, collect_begin(rig.timebase));
		assert_int_equal(driver->stop(device, &error), 0);
		driver->close(device);
		rig.end(&rig);
	}
}

/* A reading on request, where the driver has it, is flagged as such and moves no deadline. */
static void test_sample(void **state)
{
	(void)state;
	for (size_t i = 0; i < RIGS; i++) {
		const struct driver *driver = rig_begin(i);
		struct collect *collect = collect_begin(rig.timebase);
		void *device = opened(driver);
		started(driver, device, collect);
		int before = collect->n;
		if (driver->sample) {
			driver->sample(device, &collect->sink);
			assert_true(collect->n > before);
			for (int k = before; k < collect->n; k++)
				assert_true(collect->list[k].record.flags & FLAG_REQUESTED || driver->trigger);
		}
		driver->stop(device, NULL);
		driver->close(device);
		rig.end(&rig);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_open_and_close), cmocka_unit_test(test_stream),
		cmocka_unit_test(test_start_and_stop_at_once), cmocka_unit_test(test_sample),
	};
	return cmocka_run_group_tests_name("lifecycle", tests, NULL, NULL);
}
