/*
 * vm_usbtmc_client: the link API for the suites in the guest. Commands on standard input, one answer line each on standard output:
 *
 *   open URI MS           "ok", or "error CODE: TEXT"
 *   reopen MS, clear MS   "ok", "timeout", "gone", "garbled"; then how late: "ok, late 0 us"
 *   query MS COMMAND      the same, and the reply: "ok 123 us: TEXT"
 *   send MS TEXT          as clear
 *   long MS N             asks LONG? N and compares: "ok 12 transfers"
 *   find                  "N", then a line each: URI NODE forbidden|open MAKER|MODEL|SERIAL
 *   close                 "ok"
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "link.h"

static struct link *instrument;

static int64_t now(void)
{
	return clock_now(CLOCK_ID_MONOTONIC);
}

static void open_link(const char *uri, int64_t deadline)
{
	struct endpoint endpoint;
	struct error error = ERROR_INIT;
	char line[800];
	link_close(instrument);
	instrument = endpoint_parse(uri, &endpoint, &error) == 0 ? link_open(&endpoint, &timebase_real, deadline, &error) : NULL;
	if (instrument)
		printf("ok\n");
	else
		printf("error %s: %s\n", error_code_name(error.code), error_line(&error, line, sizeof line));
}

static void outcome(enum io io, int64_t deadline)
{
	int64_t late = now() - deadline;
	printf("%s, late %lld us\n", io_name(io), (long long)(late > 0 ? late / 1000 : 0));
}

static void query(const char *command, int64_t deadline)
{
	char reply[3000];
	int64_t start = now();
	enum io io = link_query(instrument, command, reply, sizeof reply, deadline);
	int64_t end = now();
	printf("%s %lld us, late %lld us: %s\n", io_name(io), (long long)(end - start) / 1000,
	       (long long)(end > deadline ? (end - deadline) / 1000 : 0), reply);
}

/* Reads a reply of n letters and a newline; says after how many pieces. */
static void read_long(size_t n, int64_t deadline)
{
	char command[64], bytes[1000];
	size_t at = 0, got;
	int pieces = 0;
	bool end = false, same = true;
	snprintf(command, sizeof command, "LONG? %zu\n", n);
	enum io io = link_send(instrument, command, strlen(command), deadline);
	while (io == IO_OK && !end) {
		io = link_recv(instrument, bytes, sizeof bytes, &got, &end, deadline);
		for (size_t i = 0; i < got; i++, at++)
			same = same && bytes[i] == (at == n ? '\n' : (char)('a' + at % 26));
		pieces++;
	}
	printf("%s %s %zu bytes in %d pieces\n", io_name(io), same && at == n + 1 ? "same" : "differs", at, pieces);
}

static void find(void)
{
	struct finding found[16];
	size_t n = link_ops_find("usbtmc")->find(found, 16);
	printf("%zu\n", n);
	for (size_t i = 0; i < n && i < 16; i++)
		printf("%s %s %s %s|%s|%s\n", found[i].endpoint, found[i].node, found[i].forbidden ? "forbidden" : "open",
		       found[i].maker, found[i].model, found[i].serial);
}

static void execute(char *line)
{
	char word[16] = "", uri[300] = "";
	long ms = 0;
	int at = 0;
	line[strcspn(line, "\n")] = '\0';
	sscanf(line, "%15s", word);
	if (strcmp(word, "open") == 0) {
		sscanf(line, "%*s %299s %ld", uri, &ms);
		open_link(uri, now() + ms * NS_PER_MS);
		return;
	}
	if (strcmp(word, "find") == 0) {
		find();
		return;
	}
	sscanf(line, "%*s %ld %n", &ms, &at);
	int64_t deadline = now() + ms * NS_PER_MS;
	if (instrument == NULL) {
		printf("closed\n");
	} else if (strcmp(word, "close") == 0) {
		link_close(instrument);
		instrument = NULL;
		printf("ok\n");
	} else if (strcmp(word, "reopen") == 0) {
		outcome(link_reopen(instrument, deadline), deadline);
	} else if (strcmp(word, "clear") == 0) {
		outcome(link_clear(instrument, deadline), deadline);
	} else if (strcmp(word, "query") == 0) {
		query(line + at, deadline);
	} else if (strcmp(word, "send") == 0) {
		printf("%s\n", io_name(link_send(instrument, line + at, strlen(line + at), deadline)));
	} else if (strcmp(word, "long") == 0) {
		read_long(strtoul(line + at, NULL, 10), deadline);
	} else {
		printf("unknown\n");
	}
}

int main(void)
{
	char line[70000];
	setvbuf(stdout, NULL, _IOLBF, 0);
	while (fgets(line, sizeof line, stdin))
		execute(line);
	link_close(instrument);
	return 0;
}
