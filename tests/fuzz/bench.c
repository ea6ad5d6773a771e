/* A bench file, down to each driver's own options. Nothing is opened. */
#include "bench.h"
#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct error error = ERROR_INIT;
	struct problems problems = PROBLEMS_INIT;
	struct bench_config config;
	if (bench_config_load(fuzz_store("bench.yaml", data, size), &config, &problems, &error) == 0)
		bench_config_free(&config);
	else
		fuzz_expect_reason(&error);
	problems_free(&problems);
	return 0;
}
