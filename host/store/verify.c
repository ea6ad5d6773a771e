#include "verify.h"

#include <errno.h>
#include <libgen.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "campaign_layout.h"
#include "run_model.h"
#include "verify_model.h"

#define PATH_SIZE 4096

/* What comes from a damaged file may be anything: it must not reach a terminal. */
static void make_harmless(char *text)
{
	for (char *c = text; *c; c++)
		if ((unsigned char)*c < 0x20 || *c == 0x7f)
			*c = '?';
}

void verify_say(struct verify *verify, enum finding_kind kind, const char *object, const char *format, ...)
{
	char what[512], place[H5_PATH_SIZE] = "";
	va_list arguments;
	va_start(arguments, format);
	vsnprintf(what, sizeof what, format, arguments);
	va_end(arguments);
	if (object != NULL && verify->entry != NULL && strncmp(object, "/entry", 6) == 0)
		snprintf(place, sizeof place, "%s%s", verify->entry, object + 6);
	else if (object != NULL)
		snprintf(place, sizeof place, "%s", object);
	make_harmless(what);
	make_harmless(place);
	*(kind == FINDING_PROBLEM ? &verify->counts->problems : &verify->counts->notes) += 1;
	verify->take(verify->context, &(struct finding){ kind, verify->file, place, what });
}

/* NNNNNN from "…/NNNNNN.h5", or 0. */
static uint32_t number_of(const char *path)
{
	const char *name = strrchr(path, '/') ? strrchr(path, '/') + 1 : path;
	return strspn(name, "0123456789") == 6 && strcmp(name + 6, ".h5") == 0 ? (uint32_t)strtoul(name, NULL, 10) : 0;
}

static void by_layout(struct verify *verify, struct h5 *h5, const char *path)
{
	char layout[H5_LAYOUT_SIZE], directory[PATH_SIZE];
	h5_read_layout(h5, layout);
	if (h5->failed) {
		verify_say(verify, FINDING_PROBLEM, NULL, "%s", h5->error->what);
	} else if (strcmp(layout, RUN_LAYOUT) == 0) {
		verify_run(verify, h5, number_of(path));
	} else if (strcmp(layout, CAMPAIGN_LAYOUT) == 0) {
		snprintf(directory, sizeof directory, "%s", path);
		verify_campaign(verify, h5, dirname(directory));
	} else if (strcmp(layout, PACK_LAYOUT) == 0) {
		verify_pack(verify, h5);
	} else {
		verify_say(verify, FINDING_PROBLEM, NULL, "its layout is '%s': no file of joulerig's", layout);
	}
}

void verify_file(struct verify *verify, const char *path)
{
	struct h5 h5;
	struct error error = ERROR_INIT;
	verify->file = path;
	verify->counts->files++;
	if (h5_open(&h5, path, &error) == 0)
		by_layout(verify, &h5, path);
	else
		verify_say(verify, FINDING_PROBLEM, NULL, "%s", error.what);
	h5_close(&h5);
}

int verify_path(const char *path, verify_take *take, void *context, struct verify_counts *counts, struct error *error)
{
	struct verify verify = { .take = take, .context = context, .counts = counts };
	struct stat status;
	if (stat(path, &status) != 0)
		return error_errno(error, errno, path, NULL, "cannot look at it");
	if (S_ISDIR(status.st_mode))
		verify_directory(&verify, path);
	else
		verify_file(&verify, path);
	return 0;
}
