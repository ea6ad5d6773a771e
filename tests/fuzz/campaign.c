/* campaign.h5, the checksums of its results, and whether they are enough. */
#include "campaign_file.h"
#include "evaluate.h"
#include "fuzz.h"
#include "stopping.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct error error = ERROR_INIT;
	struct campaign_file file;
	fuzz_store("campaign.h5", data, size);
	if (campaign_file_read(fuzz_folder(), &file, &error) == 0) {
		evaluate_checksums(file.results, file.n_results);
		stopping_decide(&file, &error);
		stopping_after(file.facts);
	} else {
		fuzz_expect_reason(&error);
	}
	campaign_file_free(&file);
	return 0;
}
