/* A journal, by the reader alone and into a run that is evaluated. */
#include "fuzz.h"

#include <string.h>

#include "journal.h"

static volatile uint64_t sink; /* what is read is needed */

static void read_records(const char *path)
{
	struct error error = ERROR_INIT;
	const struct record *record;
	const void *payload;
	uint32_t size;
	struct journal_reader *reader = journal_open(path, &error);
	if (reader == NULL) {
		fuzz_expect_reason(&error);
		return;
	}
	uint64_t sum = strlen(journal_header(reader));
	while (journal_next(reader, &record, &payload, &size, &error) == 1)
		for (uint32_t i = 0; i < size; i++)
			sum += record->n + ((const uint8_t *)payload)[i];
	sink = sum + journal_damage(reader);
	journal_reader_close(reader);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct error error = ERROR_INIT;
	struct run run;
	const char *path = fuzz_store("000001.journal", data, size);
	read_records(path);
	if (run_from_journal(path, &run, &error) == 0)
		fuzz_evaluate(&run);
	else
		fuzz_expect_reason(&error);
	run_free(&run);
	return 0;
}
