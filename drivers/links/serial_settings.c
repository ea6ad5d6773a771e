#include "links/serial_settings.h"

#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "units.h"

#define EXAMPLE "serial:///dev/ttyUSB0?baud=9600&bits=8&parity=none&stop=1&flow=none"

static const struct key {
	const char *name, *takes;
	size_t offset;
	int low, high;        /* a number within these, … */
	const char *words[4]; /* … or one of these: its index. NULL-terminated */
} keys[] = {
	{ "baud", "50 to 4000000", offsetof(struct serial_settings, baud), 50, 4000000, { NULL } },
	{ "bits", "5 to 8", offsetof(struct serial_settings, bits), 5, 8, { NULL } },
	{ "parity", "none, odd or even", offsetof(struct serial_settings, parity), 0, 0, { "none", "odd", "even", NULL } },
	{ "stop", "1 or 2", offsetof(struct serial_settings, stop), 1, 2, { NULL } },
	{ "flow", "none, rtscts or xonxoff", offsetof(struct serial_settings, flow), 0, 0, { "none", "rtscts", "xonxoff", NULL } },
};
#define KEYS (sizeof keys / sizeof *keys)
_Static_assert(sizeof(((struct serial_settings *)0)->parity) == sizeof(int), "each setting is stored through an int");

/* The value's number or index; -1: not one of its. */
static int value_of(const struct key *key, const char *text)
{
	long long number;
	for (int i = 0; key->words[i]; i++)
		if (strcmp(key->words[i], text) == 0)
			return i;
	bool digits = text[0] && text[strspn(text, "0123456789")] == '\0' && text[0] != '0';
	if (key->words[0] || !digits || integer_parse(text, &number) < 0 || number < key->low || number > key->high)
		return -1;
	return (int)number;
}

static int refuse(const struct endpoint *endpoint, const char *part, const char *why, struct error *error)
{
	return error_set(error, ERROR_CONFIG, endpoint->text, "write the line settings as in " EXAMPLE,
			 "not line settings: '%.40s' %s", part, why);
}

/* One `key=value`; `seen` has a bit for each key that was there before. */
static int take(const struct endpoint *endpoint, char *part, struct serial_settings *settings, unsigned *seen,
		struct error *error)
{
	char why[80];
	char *equals = strchr(part, '=');
	if (equals == NULL)
		return refuse(endpoint, part, "is not KEY=VALUE", error);
	*equals = '\0';
	size_t i = 0;
	while (i < KEYS && strcmp(keys[i].name, part) != 0)
		i++;
	if (i == KEYS)
		return refuse(endpoint, part, "is none of baud, bits, parity, stop, flow", error);
	if (*seen & 1u << i)
		return refuse(endpoint, part, "is given twice", error);
	*seen |= 1u << i;
	int value = value_of(&keys[i], equals + 1);
	snprintf(why, sizeof why, "takes %s, not '%.24s'", keys[i].takes, equals + 1);
	if (value < 0)
		return refuse(endpoint, part, why, error);
	memcpy((char *)settings + keys[i].offset, &value, sizeof value);
	return 0;
}

int serial_settings_parse(const struct endpoint *endpoint, struct serial_settings *settings, struct error *error)
{
	char query[sizeof endpoint->query], *rest = query;
	unsigned seen = 0;
	*settings = (struct serial_settings){ .baud = 9600, .bits = 8, .stop = 1 };
	memcpy(query, endpoint->query, sizeof query);
	if (query[0] == '\0')
		return 0;
	for (char *part; (part = strsep(&rest, "&")) != NULL;)
		if (take(endpoint, part, settings, &seen, error) < 0)
			return -1;
	return 0;
}

const char *serial_settings_text(const struct serial_settings *settings, char *text, size_t size)
{
	static const char *const flows[] = { "", " rtscts", " xonxoff" };
	snprintf(text, size, "%d %d%c%d%s", settings->baud, settings->bits, "NOE"[settings->parity], settings->stop,
		 flows[settings->flow]);
	return text;
}
