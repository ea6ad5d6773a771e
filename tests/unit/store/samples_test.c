/* A whole sample campaign. As a test: it can be made and packed. With a directory as argument: leaves it there, and with it
 * packed.h5, for tests/files_test.py, which opens them as a user would, and tests/verify_test.py, which damages them. */
#include "pack.h"
#include "sample_whole.h"

static char directory[256];

static void make_samples(void **state)
{
	(void)state;
	char path[300];
	struct error error = ERROR_INIT;
	snprintf(path, sizeof path, "%s/packed.h5", directory);
	sample_whole(directory, 4);
	if (pack_write(directory, path, &error) != 0)
		fail_msg("%s: %s", error.on, error.what);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(make_samples) };
	char own[64];
	snprintf(directory, sizeof directory, "%s", argc > 1 ? argv[1] : sample_directory(own));
	int result = cmocka_run_group_tests(tests, NULL, NULL);
	if (argc <= 1)
		sample_remove(own);
	return result;
}
