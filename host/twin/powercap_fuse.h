/*
 * powercap_fuse: a powercap_tree as a file system (FUSE 3). Served by whoever polls its descriptor; one thread.
 *
 * That thread must never touch the mounted tree itself: it would wait for its own answer.
 */
#ifndef JOULERIG_TWIN_POWERCAP_FUSE_H
#define JOULERIG_TWIN_POWERCAP_FUSE_H

#include <stdbool.h>
#include <stdint.h>

#include "error.h"
#include "powercap_tree.h"

struct powercap_fuse;

/* `now` brings the bench up to date and tells the time on its clock: it is called for every read. Makes the folder `path`, and
 * frees it first of what a killed twin left mounted there. */
struct powercap_fuse *powercap_fuse_mount(const struct powercap_tree *tree, const char *path, int64_t (*now)(void *context),
					  void *context, struct error *error);
void powercap_fuse_unmount(struct powercap_fuse *fuse); /* NULL is fine */
int powercap_fuse_fd(const struct powercap_fuse *fuse);
/* Answers one request. -1 when the file system has been unmounted by somebody. */
int powercap_fuse_serve(struct powercap_fuse *fuse, struct error *error);
bool powercap_fuse_ready(const struct powercap_fuse *fuse); /* the kernel has shaken hands */

#endif
