/* The link `serial` as far as a machine without serial ports shows it: refusals, and work done aside. The rest is tested on a
 * guest kernel, by tests/vm/suites/serial. */
#include <errno.h>
#include <fcntl.h>
#include <libserialport.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#include "link.h"
#include "links/aside.h"
#include "unit.h"

static int64_t now(void)
{
	return clock_now(CLOCK_ID_MONOTONIC);
}

static int64_t soon(void)
{
	return now() + 5 * NS_PER_S;
}

static void refuse(const char *uri, enum error_code code, const char *says, const char *remedy)
{
	struct endpoint endpoint;
	struct error error = ERROR_INIT;
	assert_int_equal(endpoint_parse(uri, &endpoint, NULL), 0);
	assert_null(link_open(&endpoint, &timebase_real, soon(), &error));
	if (error.code != code || strstr(error.what, says) == NULL || strstr(error.remedy, remedy) == NULL)
		fail_msg("%s: %s (%s); %s", uri, error.what, error_code_name(error.code), error.remedy);
	assert_string_equal(error.on, uri);
	assert_null(link_open(&endpoint, &timebase_real, soon(), NULL));
}

static void test_refused(void **state)
{
	(void)state;
	refuse("serial:///dev/nothing", ERROR_NOT_FOUND, "no such port", "serial port");
	refuse("serial:///dev/serial/by-id/usb-nothing-if00", ERROR_NOT_FOUND, "no such port", "serial port");
	refuse("serial:///dev/null", ERROR_UNSUPPORTED, "not a serial port", "pty:///dev/null");
	refuse("serial:///dev/null?baud=9601&parity=maybe", ERROR_CONFIG, "not line settings", "baud=9600");
}

static void test_pty_is_refused_by_name(void **state)
{
	(void)state;
	char uri[128], remedy[128];
	int master = posix_openpt(O_RDWR | O_NOCTTY);
	assert_true(master >= 0 && grantpt(master) == 0 && unlockpt(master) == 0);
	snprintf(uri, sizeof uri, "serial://%s", ptsname(master));
	snprintf(remedy, sizeof remedy, "pty://%s", ptsname(master));
	refuse(uri, ERROR_UNSUPPORTED, "not a serial port", remedy);
	close(master);
}

static void test_find_gives_endpoints(void **state)
{
	(void)state;
	struct finding found[16], none;
	const struct link_ops *ops = link_ops_find("serial");
	size_t n = ops->find(found, 16);
	assert_int_equal(ops->find(&none, 0), n);
	for (size_t i = 0; i < n && i < 16; i++) {
		struct endpoint endpoint;
		assert_int_equal(endpoint_parse(found[i].endpoint, &endpoint, NULL), 0);
		assert_string_equal(endpoint.scheme, "serial");
		assert_int_equal(strncmp(found[i].node, "/dev/", 5), 0);
		assert_int_equal(found[i].forbidden, access(found[i].node, R_OK | W_OK) != 0);
	}
}

/* ---- the race for a port ---- */

/* In place of libserialport's, and of the C library's flock: a pseudo-terminal that passes for a port, which another program takes
 * between the look whether it is free and the lock. */
static struct {
	bool on;
	char path[64];
	int winner, ours, locks, flushes;
} race;

enum sp_return sp_get_port_by_name(const char *name, struct sp_port **port)
{
	*port = race.on && strcmp(name, race.path) == 0 ? (struct sp_port *)&race : NULL;
	return *port ? SP_OK : SP_ERR_ARG;
}

enum sp_return sp_open(struct sp_port *port, enum sp_mode mode)
{
	(void)port, (void)mode;
	race.ours = open(race.path, O_RDWR | O_NOCTTY | O_NONBLOCK);
	race.winner = open(race.path, O_RDWR | O_NOCTTY | O_NONBLOCK);
	assert_int_equal(ioctl(race.winner, TIOCEXCL), 0);
	return SP_OK;
}

enum sp_return sp_get_port_handle(const struct sp_port *port, void *handle)
{
	(void)port;
	memcpy(handle, &race.ours, sizeof race.ours);
	return SP_OK;
}

enum sp_return sp_flush(struct sp_port *port, enum sp_buffer buffers)
{
	(void)port, (void)buffers;
	race.flushes++;
	return SP_OK;
}

enum sp_return sp_close(struct sp_port *port)
{
	(void)port;
	close(race.ours);
	return SP_OK;
}

void sp_free_port(struct sp_port *port)
{
	(void)port;
}

int flock(int fd, int operation)
{
	(void)fd, (void)operation;
	if (!race.on || race.locks++ == 0)
		return 0;
	errno = EWOULDBLOCK;
	return -1;
}

static void test_lost_race(void **state)
{
	(void)state;
	char uri[128];
	int exclusive = 0, master = posix_openpt(O_RDWR | O_NOCTTY);
	struct termios before, after;
	assert_true(master >= 0 && grantpt(master) == 0 && unlockpt(master) == 0);
	race.on = true;
	race.locks = race.flushes = 0;
	snprintf(race.path, sizeof race.path, "%s", ptsname(master));
	snprintf(uri, sizeof uri, "serial://%s?flow=xonxoff", race.path);
	assert_int_equal(tcgetattr(master, &before), 0);
	before.c_iflag |= IXON;
	assert_int_equal(tcsetattr(master, TCSANOW, &before), 0);
	struct endpoint endpoint;
	struct error error = ERROR_INIT;
	assert_int_equal(endpoint_parse(uri, &endpoint, NULL), 0);
	assert_null(link_open(&endpoint, &timebase_real, soon(), &error));
	assert_non_null(strstr(error.what, "another program holds the port"));
	assert_int_equal(race.locks, 2);
	assert_int_equal(race.flushes, 0);
	assert_int_equal(ioctl(race.winner, TIOCGEXCL, &exclusive), 0);
	assert_true(exclusive);
	assert_int_equal(tcgetattr(master, &after), 0);
	assert_int_equal(after.c_iflag, before.c_iflag);
	close(race.winner);
	close(master);
	race.on = false;
}

/* ---- aside: work that lasts until it is let go ---- */

struct gate {
	int wait, go;  /* the two ends of a pipe: each piece of work takes a byte from it */
	int tell, ask; /* the disposal writes one here */
	int done;      /* pieces of work */
};

static void pass(void *context)
{
	struct gate *gate = context;
	char byte;
	if (read(gate->wait, &byte, 1) == 1)
		gate->done++;
}

static void dispose(void *context)
{
	struct gate *gate = context;
	if (write(gate->tell, "", 1) != 1)
		abort();
}

static void gate_open(struct gate *gate)
{
	int ends[2];
	assert_int_equal(pipe(ends), 0);
	gate->wait = ends[0];
	gate->go = ends[1];
	assert_int_equal(pipe(ends), 0);
	gate->ask = ends[0];
	gate->tell = ends[1];
	gate->done = 0;
}

static void let_go(const struct gate *gate)
{
	assert_int_equal(write(gate->go, "", 1), 1);
}

static void gate_close(struct gate *gate)
{
	char byte;
	assert_int_equal(read(gate->ask, &byte, 1), 1); /* disposed of, exactly once */
	close(gate->tell);
	assert_int_equal(read(gate->ask, &byte, 1), 0);
	close(gate->ask);
	close(gate->wait);
	close(gate->go);
}

static void test_aside_keeps_deadlines(void **state)
{
	(void)state;
	struct gate gate;
	struct aside aside;
	gate_open(&gate);
	assert_int_equal(aside_begin(&aside, pass, dispose, &gate, "gate", NULL), 0);
	for (int i = 0; i < 3; i++) { /* one piece of work, waited for three times in vain */
		int64_t before = now();
		assert_int_equal(aside_work(&aside, &timebase_real, before + 50 * NS_PER_MS), IO_TIMEOUT);
		assert_in_range(now() - before, 50 * NS_PER_MS, 500 * NS_PER_MS);
	}
	let_go(&gate);
	assert_int_equal(aside_work(&aside, &timebase_real, soon()), IO_OK);
	assert_int_equal(gate.done, 1);
	let_go(&gate);
	assert_int_equal(aside_work(&aside, &timebase_real, soon()), IO_OK);
	assert_int_equal(gate.done, 2);
	aside_end(&aside, &timebase_real, soon());
	gate_close(&gate);
}

static void test_aside_is_left_at_work(void **state)
{
	(void)state;
	struct gate gate;
	struct aside aside;
	gate_open(&gate);
	assert_int_equal(aside_begin(&aside, pass, dispose, &gate, "gate", NULL), 0);
	assert_int_equal(aside_work(&aside, &timebase_real, now()), IO_TIMEOUT);
	int64_t before = now();
	aside_end(&aside, &timebase_real, before + 50 * NS_PER_MS);
	assert_in_range(now() - before, 50 * NS_PER_MS, 500 * NS_PER_MS);
	let_go(&gate);
	gate_close(&gate);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_pty_is_refused_by_name),
		cmocka_unit_test(test_find_gives_endpoints),
		cmocka_unit_test(test_lost_race),
		cmocka_unit_test(test_aside_keeps_deadlines),
		cmocka_unit_test(test_aside_is_left_at_work),
	};
	return cmocka_run_group_tests_name("serial", tests, NULL, NULL);
}
