/*
 * vm_serial_client: a link, driven line by line from stdin; each line is answered by one line on stdout.
 *
 *   find                    "found ENDPOINT VID:PID forbidden=0 maker|model|serial", a line for each, then "end N"
 *   open URI MS             every time is milliseconds from now to the deadline
 *   query COMMAND MS        the reply follows
 *   send BYTES MS           so many of them, without a newline
 *   line MS
 *   clear MS
 *   reopen MS
 *   close
 *   worst                   "worst NS CALL": the longest that any call so far has outlasted its deadline (close: 250 ms)
 *
 * Answers begin with how the call ended ("ok", "timeout", "gone", "garbled", or the name of an error) and how long it took, in us.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "link.h"

struct client {
	struct link *link;
	int64_t worst; /* ns */
	char word[16], worst_word[16]; /* the call under way, and the one that was the worst */
};

struct call {
	int64_t began, deadline;
};

static int64_t now(void)
{
	return clock_now(CLOCK_ID_MONOTONIC);
}

static struct call begin(const char *milliseconds)
{
	struct call call = { .began = now() };
	call.deadline = call.began + strtoll(milliseconds, NULL, 10) * NS_PER_MS;
	return call;
}

static void answer(struct client *client, const struct call *call, const char *how, const char *text)
{
	int64_t ended = now(), late = ended - call->deadline;
	if (late > client->worst) {
		client->worst = late;
		memcpy(client->worst_word, client->word, sizeof client->word);
	}
	printf("%s %lld %s\n", how, (long long)((ended - call->began) / NS_PER_US), text);
}

static void find(void)
{
	static struct finding found[32];
	size_t n = link_ops_find("serial")->find(found, 32);
	for (size_t i = 0; i < n && i < 32; i++)
		printf("found %s %04x:%04x forbidden=%d %s|%s|%s\n", found[i].endpoint, found[i].vendor, found[i].product,
		       found[i].forbidden, found[i].maker, found[i].model, found[i].serial);
	printf("end %zu\n", n);
}

static void open_link(struct client *client, const char *uri, const char *milliseconds)
{
	char line[800];
	struct endpoint endpoint;
	struct error error = ERROR_INIT;
	struct call call = begin(milliseconds);
	link_close(client->link);
	client->link = NULL;
	if (endpoint_parse(uri, &endpoint, &error) == 0)
		client->link = link_open(&endpoint, &timebase_real, call.deadline, &error);
	if (client->link)
		answer(client, &call, "ok", "");
	else
		answer(client, &call, error_code_name(error.code), error_line(&error, line, sizeof line));
}

static void query(struct client *client, const char *command, const char *milliseconds)
{
	char reply[512];
	struct call call = begin(milliseconds);
	enum io io = link_query(client->link, command, reply, sizeof reply, call.deadline);
	answer(client, &call, io_name(io), reply);
}

static void send_bytes(struct client *client, const char *count, const char *milliseconds)
{
	size_t size = strtoul(count, NULL, 10);
	char *bytes = malloc(size + 1);
	if (bytes == NULL)
		abort();
	memset(bytes, 'x', size);
	struct call call = begin(milliseconds);
	enum io io = link_send(client->link, bytes, size, call.deadline);
	answer(client, &call, io_name(io), "");
	free(bytes);
}

static void read_line(struct client *client, const char *milliseconds)
{
	char reply[512];
	struct call call = begin(milliseconds);
	enum io io = link_line(client->link, reply, sizeof reply, call.deadline);
	answer(client, &call, io_name(io), reply);
}

static void on_link(struct client *client, enum io (*act)(struct link *link, int64_t deadline), const char *milliseconds)
{
	struct call call = begin(milliseconds);
	answer(client, &call, io_name(act(client->link, call.deadline)), "");
}

static void close_link(struct client *client)
{
	struct call call = begin("250");
	link_close(client->link);
	client->link = NULL;
	answer(client, &call, "ok", "");
}

/* False for a line that it does not know, or that needs a link when there is none. */
static bool obey(struct client *client, const char *first, const char *second)
{
	const char *word = client->word;
	if (strcmp(word, "find") == 0)
		find();
	else if (strcmp(word, "open") == 0)
		open_link(client, first, second);
	else if (strcmp(word, "worst") == 0)
		printf("worst %lld %s\n", (long long)client->worst, client->worst_word);
	else if (client->link == NULL)
		return false;
	else if (strcmp(word, "query") == 0)
		query(client, first, second);
	else if (strcmp(word, "send") == 0)
		send_bytes(client, first, second);
	else if (strcmp(word, "line") == 0)
		read_line(client, first);
	else if (strcmp(word, "clear") == 0)
		on_link(client, link_clear, first);
	else if (strcmp(word, "reopen") == 0)
		on_link(client, link_reopen, first);
	else if (strcmp(word, "close") == 0)
		close_link(client);
	else
		return false;
	return true;
}

int main(void)
{
	struct client client = { .link = NULL };
	char line[400], first[300], second[16];
	while (fgets(line, sizeof line, stdin)) {
		client.word[0] = first[0] = second[0] = '\0';
		if (sscanf(line, "%15s %299s %15s", client.word, first, second) < 1 || !obey(&client, first, second))
			printf("what? %s", line);
		fflush(stdout);
	}
	link_close(client.link);
	return 0;
}
