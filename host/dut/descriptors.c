#include "descriptors.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#define DESCRIPTORS_MAX 16

/* Above all targets first, so that placing one never overwrites another that is still to be placed. */
static int lift(const int *wanted, int *lifted, int n)
{
	for (int i = 0; i < n; i++) {
		lifted[i] = wanted[i] < 0 ? -1 : fcntl(wanted[i], F_DUPFD_CLOEXEC, n);
		if (wanted[i] >= 0 && lifted[i] < 0)
			return errno;
	}
	return 0;
}

int descriptors_arrange(const int *wanted, int n, unsigned cloexec)
{
	int lifted[DESCRIPTORS_MAX];
	if (n > DESCRIPTORS_MAX)
		return EINVAL;
	int failure = lift(wanted, lifted, n);
	if (failure)
		return failure;
	for (int i = 0; i < n; i++) {
		if (lifted[i] < 0)
			close(i);
		else if (dup3(lifted[i], i, cloexec & 1u << i ? O_CLOEXEC : 0) < 0)
			return errno;
	}
	return close_range((unsigned)n, ~0u, 0) < 0 ? errno : 0;
}

void descriptors_close(const int *descriptors, int n)
{
	for (int i = 0; i < n; i++)
		if (descriptors[i] >= 0)
			close(descriptors[i]);
}
