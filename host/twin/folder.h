/* folder: the twin's directory: private, and one twin's alone while it runs. */
#ifndef JOULERIG_TWIN_FOLDER_H
#define JOULERIG_TWIN_FOLDER_H

#include <stddef.h>

#include "error.h"

struct folder {
	char path[192]; /* absolute */
	int lock;       /* descriptor of DIR/lock, held until closed */
};
int folder_take(struct folder *folder, const char *path, struct error *error);
void folder_leave(struct folder *folder);
void folder_file(const struct folder *folder, const char *name, char *path, size_t size);

#endif
