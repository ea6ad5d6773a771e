/* A run file's bytes, as they are, through the reader that uses HDF5. */
#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct error error = ERROR_INIT;
	struct run run;
	if (run_read(fuzz_store("000001.h5", data, size), &run, &error) == 0)
		fuzz_evaluate(&run);
	else
		fuzz_expect_reason(&error);
	run_free(&run);
	return 0;
}
