#include "meters/idn.h"

#include <ctype.h>
#include <string.h>

int idn_decode(const char *line, struct idn *idn)
{
	char *const fields[] = { idn->maker, idn->model, idn->serial, idn->firmware };
	*idn = (struct idn){ .maker = "" };
	for (size_t i = 0; i < sizeof fields / sizeof *fields; i++) {
		size_t length = strcspn(line, ",");
		if (length == 0 || length >= sizeof idn->maker)
			return -1;
		for (size_t k = 0; k < length; k++)
			if (!isprint((unsigned char)line[k]))
				return -1;
		memcpy(fields[i], line, length);
		fields[i][length] = '\0';
		line += length;
		if (*line != (i < 3 ? ',' : '\0'))
			return -1;
		line++;
	}
	return 0;
}

/* -1: nothing is left. */
static int cut_spaces(char *field)
{
	size_t from = strspn(field, " "), length = strlen(field + from);
	while (length > 0 && field[from + length - 1] == ' ')
		length--;
	memmove(field, field + from, length);
	field[length] = '\0';
	return length > 0 ? 0 : -1;
}

int idn_decode_padded(const char *line, struct idn *idn)
{
	if (idn_decode(line, idn) != 0)
		return -1;
	return cut_spaces(idn->maker) | cut_spaces(idn->model) | cut_spaces(idn->serial) | cut_spaces(idn->firmware);
}

bool idn_same(const struct idn *a, const struct idn *b)
{
	return strcmp(a->model, b->model) == 0 && strcmp(a->serial, b->serial) == 0;
}

void idn_tell(const struct idn *idn, struct identity *identity)
{
	*identity = (struct identity){ .simulated = strncmp(idn->serial, "SIM", 3) == 0 };
	memcpy(identity->maker, idn->maker, sizeof idn->maker);
	memcpy(identity->model, idn->model, sizeof idn->model);
	memcpy(identity->serial, idn->serial, sizeof idn->serial);
	memcpy(identity->firmware, idn->firmware, sizeof idn->firmware);
}
