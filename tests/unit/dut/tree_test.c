/* The process tree as /proc shows it. */
#include "unit.h"

#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tree.h"

static void hang(void)
{
	for (;;)
		pause();
}

static bool holds(const struct pids *pids, pid_t pid)
{
	for (size_t i = 0; i < pids->n; i++)
		if (pids->list[i] == pid)
			return true;
	return false;
}

static void *fork_in_a_thread(void *report)
{
	pid_t pid = fork();
	if (pid == 0)
		hang();
	if (write(*(int *)report, &pid, sizeof pid) != sizeof pid)
		_exit(1);
	hang();
	return NULL;
}

/* A child whose other thread forks one, so that it is in the list of that thread only. Tells both ids. */
static void family(pid_t *child, pid_t *grandchild)
{
	int report[2];
	assert_int_equal(pipe(report), 0);
	*child = fork();
	if (*child == 0) {
		pthread_t thread;
		pthread_create(&thread, NULL, fork_in_a_thread, &report[1]);
		hang();
	}
	assert_int_equal(read(report[0], grandchild, sizeof *grandchild), sizeof *grandchild);
	close(report[0]);
	close(report[1]);
}

static void test_finds_children_of_children_and_of_threads(void **state)
{
	struct pids found = { .list = NULL };
	pid_t child, grandchild;
	(void)state;
	tree_find(&found);
	assert_int_equal(found.n, 0);
	family(&child, &grandchild);
	tree_find(&found);
	assert_int_equal(found.n, 2);
	assert_true(holds(&found, child));
	assert_true(holds(&found, grandchild));
	tree_kill(&found);
	assert_int_equal(found.n, 2);
	int status;
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
	usleep(50000);
	tree_find(&found);
	assert_int_equal(found.n, 0);
	pids_free(&found);
}

static void test_zombies_are_not_living(void **state)
{
	struct pids found = { .list = NULL };
	siginfo_t information;
	(void)state;
	pid_t child = fork();
	if (child == 0)
		_exit(0);
	waitid(P_PID, (id_t)child, &information, WEXITED | WNOWAIT);
	tree_find(&found);
	assert_int_equal(found.n, 0);
	waitpid(child, NULL, 0);
	pids_free(&found);
}

static void test_lists_of_ids(void **state)
{
	struct pids pids = { .list = NULL };
	(void)state;
	for (pid_t i = 1; i <= 1000; i++)
		assert_true(pids_add(&pids, i));
	for (pid_t i = 1; i <= 1000; i++)
		assert_false(pids_add(&pids, i));
	assert_int_equal(pids.n, 1000);
	pids_clear(&pids);
	assert_int_equal(pids.n, 0);
	assert_true(pids_add(&pids, 5));
	pids_free(&pids);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_finds_children_of_children_and_of_threads),
		cmocka_unit_test(test_zombies_are_not_living),
		cmocka_unit_test(test_lists_of_ids),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
