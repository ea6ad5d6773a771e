/* target: what a fuzz target is. With libFuzzer it is fuzzed (tests/fuzz/run), with replay.c it reads the files of its corpus (ctest). */
#ifndef JOULERIG_TESTS_FUZZ_TARGET_H
#define JOULERIG_TESTS_FUZZ_TARGET_H

#include <stddef.h>
#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#endif
