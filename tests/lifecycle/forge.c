#include "forge.h"

#include <string.h>

static bool forges(const struct forge *forge)
{
	int64_t now = forge->link.timebase->now(forge->link.timebase);
	return now >= forge->from && now < forge->to;
}

static enum io forge_send(struct link *link, const void *bytes, size_t size, int64_t deadline)
{
	struct forge *forge = (struct forge *)link;
	if (forge->asked == NULL || !forges(forge) || memmem(bytes, size, forge->asked, forge->n_asked) == NULL)
		return link_send(forge->real, bytes, size, deadline);
	forge->waiting = forge->n_said;
	forge->forged++;
	return IO_OK;
}

static enum io forge_recv(struct link *link, void *bytes, size_t size, size_t *got, bool *end, int64_t deadline)
{
	struct forge *forge = (struct forge *)link;
	if (forge->waiting == 0) {
		enum io io = link_recv(forge->real, bytes, size, got, end, deadline);
		if (io == IO_OK && forge->change && forges(forge)) {
			forge->change(bytes, *got);
			forge->forged++;
		}
		return io;
	}
	*got = size < forge->waiting ? size : forge->waiting;
	memcpy(bytes, forge->said + forge->n_said - forge->waiting, *got);
	forge->waiting -= *got;
	*end = forge->waiting == 0 && forge->real->ops->unread == NULL; /* messages */
	return IO_OK;
}

static enum io forge_clear(struct link *link, int64_t deadline)
{
	((struct forge *)link)->waiting = 0;
	return link_clear(((struct forge *)link)->real, deadline);
}

static enum io forge_reopen(struct link *link, int64_t deadline)
{
	((struct forge *)link)->waiting = 0;
	return link_reopen(((struct forge *)link)->real, deadline);
}

static bool forge_unread(struct link *link)
{
	struct forge *forge = (struct forge *)link;
	return forge->waiting > 0 || forge->real->ops->unread(forge->real);
}

static void forge_close(struct link *link)
{
	link_close(((struct forge *)link)->real);
}

struct link *forge_begin(struct forge *forge, struct link *real)
{
	*forge = (struct forge){
		.ops = { .scheme = real->ops->scheme, .summary = "answers itself", .reopen = forge_reopen, .send = forge_send, .recv = forge_recv,
			 .clear = forge_clear, .close = forge_close, .unread = real->ops->unread ? forge_unread : NULL },
		.real = real,
	};
	forge->link = (struct link){ .ops = &forge->ops, .timebase = real->timebase };
	return &forge->link;
}
