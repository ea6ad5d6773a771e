#include "verified.h"

#include <stdio.h>

#include "verify.h"

static void tell(void *context, const struct finding *finding)
{
	(void)context;
	fprintf(stderr, "%s: %s: %s\n", finding->file, finding->object, finding->what);
}

size_t verified(const char *directory, size_t *runs)
{
	struct verify_counts counts = { .files = 0 };
	struct error error = ERROR_INIT;
	if (verify_path(directory, tell, NULL, &counts, &error) != 0)
		return 1;
	*runs = counts.runs;
	return counts.problems + counts.notes;
}
