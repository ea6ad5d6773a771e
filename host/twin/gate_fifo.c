#include "gate_fifo.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

int gate_fifo_open(struct gate_fifo *fifo, const char *path, struct error *error)
{
	snprintf(fifo->path, sizeof fifo->path, "%s", path);
	unlink(path);
	if (mkfifo(path, 0600) != 0)
		return error_errno(error, errno, path, NULL, "cannot make a FIFO for the gate");
	fifo->fd = open(path, O_RDWR | O_NONBLOCK | O_CLOEXEC); /* for writing too: so that it never ends */
	return fifo->fd >= 0 ? 0 : error_errno(error, errno, path, NULL, "cannot open the gate's FIFO");
}

void gate_fifo_close(struct gate_fifo *fifo)
{
	if (fifo->fd < 0)
		return;
	close(fifo->fd);
	unlink(fifo->path);
	fifo->fd = -1;
}

bool gate_line_decode(const char *line, bool *high, int64_t *monotonic)
{
	size_t length = strlen(GATE_TERMINAL);
	char *end;
	if (strncmp(line, GATE_TERMINAL " ", length + 1) != 0 || (line[length + 1] != '0' && line[length + 1] != '1') || line[length + 2] != ' ' ||
	    line[length + 3] < '0' || line[length + 3] > '9')
		return false;
	errno = 0;
	*high = line[length + 1] == '1';
	*monotonic = strtoll(line + length + 3, &end, 10);
	return errno == 0 && *end == '\0';
}

static void take_line(const char *line, void (*moved)(void *context, int64_t monotonic, bool high), void *context)
{
	bool high;
	int64_t monotonic;
	if (gate_line_decode(line, &high, &monotonic))
		moved(context, monotonic, high);
}

/* A line longer than there is room for is none. */
void gate_fifo_read(struct gate_fifo *fifo, void (*moved)(void *context, int64_t monotonic, bool high), void *context)
{
	char bytes[1024];
	ssize_t got;
	while ((got = read(fifo->fd, bytes, sizeof bytes)) > 0)
		for (ssize_t i = 0; i < got; i++) {
			if (bytes[i] != '\n') {
				fifo->rest[fifo->n] = bytes[i];
				fifo->n += fifo->n + 1 < sizeof fifo->rest;
				continue;
			}
			fifo->rest[fifo->n] = '\0';
			fifo->n = 0;
			take_line(fifo->rest, moved, context);
		}
}
