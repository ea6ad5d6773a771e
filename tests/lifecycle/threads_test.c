/* Each driver on its own thread, over a real link to joulerig-twin, with the bench as the consumer of its records: for a thread sanitizer,
 * and to see that what holds in simulated time holds on the real clock. Those that read files are in tests/system. */
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bench.h"
#include "folder_tree.h"
#include "stage.h"

#define SECONDS 4
#define FAULTS "faults: [{what: disconnect, at: 2500 ms, for: 200 ms}]\n"

extern char **environ;

struct twin_process {
	char directory[64];
	pid_t pid;
	int ready; /* what it says */
};

static void write_config(const struct twin_process *twin, const struct row *row, char path[96])
{
	snprintf(path, 96, "%s.yaml", twin->directory);
	FILE *file = fopen(path, "w");
	assert_non_null(file);
	fprintf(file, "joulerig: twin 1\nload: {source: script}\n%s\n%s", row->twin, FAULTS);
	fclose(file);
}

static void begin_twin(struct twin_process *twin, const struct row *row)
{
	static char name[] = TWIN, directory_is[] = "--directory", dies[] = "--die-with-parent";
	char path[96], line[200] = "";
	int ends[2];
	*twin = (struct twin_process){ .directory = "/tmp/joulerig-threads-XXXXXX" };
	assert_non_null(mkdtemp(twin->directory));
	write_config(twin, row, path);
	assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
	posix_spawn_file_actions_t actions;
	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO);
	char *argv[] = { name, path, directory_is, twin->directory, dies, NULL };
	assert_int_equal(posix_spawn(&twin->pid, TWIN, &actions, NULL, argv, environ), 0);
	posix_spawn_file_actions_destroy(&actions);
	close(ends[1]);
	twin->ready = ends[0];
	struct pollfd pollfd = { .fd = twin->ready, .events = POLLIN };
	assert_int_equal(poll(&pollfd, 1, 30000), 1);
	assert_true(read(twin->ready, line, sizeof line - 1) > 0 && strncmp(line, "ready", 5) == 0);
}

static void end_twin(struct twin_process *twin)
{
	int status;
	char path[96];
	kill(twin->pid, SIGTERM);
	assert_int_equal(waitpid(twin->pid, &status, 0), twin->pid);
	assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
	close(twin->ready);
	snprintf(path, sizeof path, "%s.yaml", twin->directory);
	unlink(path);
	folder_tree_remove(twin->directory);
}

/* What the consumer has seen of each channel. */
struct seen {
	int blocks, flagged, gaps;
	uint32_t seq;
};
static struct seen seen[BENCH_DEVICES_MAX * DEVICE_CHANNELS_MAX];

static int take(void *context, const struct record *record, const void *payload, uint32_t size, struct error *error)
{
	struct seen *channel = &seen[record->channel];
	(void)context;
	(void)payload;
	(void)size;
	(void)error;
	if (record->kind == RECORD_EDGE || record->kind == RECORD_SYNC)
		return 0;
	assert_int_equal(record->seq, channel->seq++);
	channel->blocks += record->kind == RECORD_BLOCK;
	channel->flagged += record->kind == RECORD_BLOCK && record->flags & FLAG_INVALID;
	channel->gaps += record->kind == RECORD_GAP;
	return 0;
}

static void consume(struct bench *bench, struct error *error)
{
	int64_t end = timebase_real.now(&timebase_real) + SECONDS * NS_PER_S, sample = 0;
	while (timebase_real.now(&timebase_real) < end) {
		bench_wait(bench, timebase_real.now(&timebase_real) + 50 * NS_PER_MS, NULL, 0);
		assert_int_equal(bench_drain(bench, take, NULL, error), 0);
		if (timebase_real.now(&timebase_real) < sample)
			continue;
		bench_sample(bench, NS_PER_S);
		bench_prepare(bench, NS_PER_S);
		sample = timebase_real.now(&timebase_real) + NS_PER_S;
	}
}

static void run(const struct row *row)
{
	struct twin_process twin;
	struct bench_config config;
	struct problems problems = PROBLEMS_INIT;
	struct error error = ERROR_INIT;
	char path[96];
	memset(seen, 0, sizeof seen);
	begin_twin(&twin, row);
	snprintf(path, sizeof path, "%s/bench.yaml", twin.directory);
	assert_int_equal(bench_config_load(path, &config, &problems, &error), 0);
	struct bench *bench = bench_open(&config, &surroundings_lab, &error);
	if (bench == NULL || bench_start(bench, &error) != 0)
		fail_msg("%s: %s: %s", row_name(row), error.on, error.what);
	consume(bench, &error);
	if (bench_stop(bench, &error) != 0 && error.code != ERROR_GONE) /* a terminal that was hung up has another name when it is back */
		fail_msg("%s: %s: %s", row_name(row), error.on, error.what);
	assert_int_equal(bench_drain(bench, take, NULL, &error), 0);
	for (int i = 0; i < bench_channels(bench); i++) {
		const struct channel *channel = bench_channel(bench, i);
		bool product = channel->kind == CHANNEL_INSTANT && channel->factor[0] >= 0;
		int least = channel->refresh >= NS_PER_S / 2 ? 1 : 2;
		if (channel->kind != CHANNEL_OBSERVE && !product && seen[i].blocks - seen[i].flagged < least)
			fail_msg("%s: %s has %d blocks, %d of them flagged, and %d gaps", row_name(row), channel->name, seen[i].blocks,
				 seen[i].flagged, seen[i].gaps);
	}
	bench_close(bench);
	bench_config_free(&config);
	problems_free(&problems);
	end_twin(&twin);
}

static void each_on_its_own_thread(void **state)
{
	(void)state;
	for (size_t i = 0; i < n_rows; i++)
		if (!(rows[i].does & DOES_ZONES) && strcmp(rows[i].driver, "hwmon") != 0 && !rows[i].arranged)
			run(&rows[i]);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(each_on_its_own_thread) };
	return cmocka_run_group_tests_name("threads", tests, NULL, NULL);
}
