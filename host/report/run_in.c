#include "run_in.h"

#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "campaign_folder.h"

int run_in(const char *place, uint32_t number, struct run *run, struct error *error)
{
	static const char name[] = "campaign.h5";
	char directory[PATH_MAX], path[PATH_MAX];
	struct stat status;
	size_t length = strlen(place), tail = sizeof name - 1;
	bool is_file = stat(place, &status) == 0 && S_ISREG(status.st_mode);
	bool is_index = is_file && length >= tail && strcmp(place + length - tail, name) == 0 && (length == tail || place[length - tail - 1] == '/');
	if (is_file && !is_index)
		return run_read_packed(place, number, run, error);
	int cut = is_index ? (int)(length - tail) : (int)length;
	snprintf(directory, sizeof directory, "%.*s", cut, place);
	campaign_folder_run_path(directory[0] ? directory : ".", number, ".h5", path, sizeof path);
	return run_read(path, run, error);
}
