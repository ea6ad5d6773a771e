#include "accuracy_crew.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#define HANDS 2

static void work_off(size_t first, size_t n, size_t size, crew_work work, const void *context, char *results)
{
	for (size_t i = first; i < n; i += HANDS)
		work(i, context, results + i * size);
}

static bool ended_well(pid_t pid)
{
	int status = 0;
	return waitpid(pid, &status, 0) == pid && WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

void *crew_do(size_t n, size_t size, crew_work work, const void *context)
{
	pid_t hands[HANDS];
	bool well = true;
	char *results = mmap(NULL, n * size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (results == MAP_FAILED)
		return NULL;
	fflush(NULL);
	for (size_t i = 0; i < HANDS; i++) {
		hands[i] = fork();
		if (hands[i] == 0) {
			work_off(i, n, size, work, context, results);
			_exit(0);
		}
	}
	for (size_t i = 0; i < HANDS; i++)
		well &= hands[i] > 0 && ended_well(hands[i]);
	if (well)
		return results;
	crew_free(results, n, size);
	return NULL;
}

void crew_free(void *results, size_t n, size_t size)
{
	munmap(results, n * size);
}
