#include "bundle.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/types.h>
#include <unistd.h>

#include "text.h"

static uint32_t add_strings(struct text *text, const char *const *strings)
{
	uint32_t n = 0;
	for (; strings[n]; n++)
		text_add_bytes(text, strings[n], strlen(strings[n]) + 1);
	return n;
}

static int write_all(int file, const char *bytes, size_t size)
{
	while (size > 0) {
		ssize_t written = write(file, bytes, size);
		if (written < 0 && errno == EINTR)
			continue;
		if (written < 0)
			return errno;
		bytes += written;
		size -= (size_t)written;
	}
	return 0;
}

static int new_file(const char *bytes, size_t size, struct error *error)
{
	int file = memfd_create("joulerig-command", MFD_CLOEXEC);
	if (file < 0)
		return error_errno(error, errno, NULL, NULL, "cannot create a memory file");
	int failure = write_all(file, bytes, size);
	if (failure) {
		close(file);
		return error_errno(error, failure, NULL, NULL, "cannot write a memory file of %zu bytes", size);
	}
	return file;
}

int bundle_pack(const char *const *argv, const char *const *environment, const char *directory, struct bundle_size *size,
		struct error *error)
{
	struct text text = TEXT_INIT;
	text_add_bytes(&text, directory ? directory : "", strlen(directory ? directory : "") + 1);
	size->arguments = add_strings(&text, argv);
	size->variables = add_strings(&text, environment);
	size->bytes = text.length;
	int file = text_failed(&text) ? error_set(error, ERROR_INTERNAL, NULL, NULL, "no memory for a command line")
				      : new_file(text.bytes, text.length, error);
	text_free(&text);
	return file;
}

static int read_all(int file, char *bytes, size_t size)
{
	for (size_t at = 0; at < size;) {
		ssize_t got = pread(file, bytes + at, size - at, (off_t)at);
		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			return got < 0 ? errno : EIO;
		at += (size_t)got;
	}
	return 0;
}

static char *point_at(char **strings, uint32_t n, char *next)
{
	for (uint32_t i = 0; i < n; i++, next += strlen(next) + 1)
		strings[i] = next;
	return next;
}

int bundle_unpack(int file, const struct bundle_size *size, struct bundle *bundle)
{
	*bundle = (struct bundle){
		.argv = calloc((size_t)size->arguments + 1, sizeof(char *)),
		.environment = calloc((size_t)size->variables + BUNDLE_SPARE + 1, sizeof(char *)),
		.bytes = malloc(size->bytes),
	};
	int failure = ENOMEM;
	if (bundle->argv && bundle->environment && bundle->bytes)
		failure = read_all(file, bundle->bytes, size->bytes);
	if (failure) {
		bundle_free(bundle);
		return failure;
	}
	bundle->directory = *bundle->bytes ? bundle->bytes : NULL;
	char *next = point_at(bundle->argv, size->arguments, bundle->bytes + strlen(bundle->bytes) + 1);
	point_at(bundle->environment, size->variables, next);
	return 0;
}

void bundle_free(struct bundle *bundle)
{
	free(bundle->argv);
	free(bundle->environment);
	free(bundle->bytes);
	*bundle = (struct bundle){ .argv = NULL };
}

void bundle_set(struct bundle *bundle, const char *variable)
{
	size_t length = strcspn(variable, "=") + 1;
	char **at = bundle->environment;
	while (*at && strncmp(*at, variable, length) != 0)
		at++;
	*at = (char *)(uintptr_t)variable; /* execve takes what it never changes as char * */
}
