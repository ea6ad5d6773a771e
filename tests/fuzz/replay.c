/* Feeds files, and all files in folders, to a target once each. usage: TARGET PATH… */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "target.h"

static int replay_file(const char *path)
{
	FILE *file = fopen(path, "rbe");
	if (file == NULL || fseek(file, 0, SEEK_END) != 0)
		return -1;
	size_t size = (size_t)ftell(file);
	rewind(file);
	uint8_t *data = malloc(size ? size : 1); /* exactly as long, so that a sanitizer sees one byte too many */
	if (data == NULL || fread(data, 1, size, file) != size)
		return -1;
	fclose(file);
	fprintf(stderr, "%s\n", path); /* before: the last line names what crashed */
	LLVMFuzzerTestOneInput(data, size);
	free(data);
	return 1;
}

static int replay(const char *path)
{
	int n = 0;
	struct dirent *entry;
	DIR *folder = opendir(path);
	if (folder == NULL)
		return replay_file(path);
	while ((entry = readdir(folder)) != NULL) {
		char file[4096];
		if (entry->d_name[0] == '.')
			continue;
		snprintf(file, sizeof file, "%s/%s", path, entry->d_name);
		int result = replay_file(file);
		if (result < 0)
			return -1;
		n += result;
	}
	closedir(folder);
	return n;
}

int main(int argc, char **argv)
{
	int total = 0;
	for (int i = 1; i < argc; i++) {
		int n = replay(argv[i]);
		if (n < 0) {
			perror(argv[i]);
			return 1;
		}
		total += n;
	}
	printf("%d inputs replayed\n", total);
	return total == 0; /* an empty corpus tests nothing */
}
