/* Every family of instruments, once: instruments/NAME.c ends with its const struct instrument_family instrument_NAME. */
#include "instruments.h"

#include <string.h>

#define FAMILIES(each) \
	each(chroma) \
	each(gpm) \
	each(lmg) \
	each(mcp39f511n) \
	each(plug) \
	each(powersensor3) \
	each(ptdaemon) \
	each(pzem) \
	each(watts_up) \
	/* the end of the list */

#define DECLARE(name) extern const struct instrument_family instrument_##name;
#define LIST(name) &instrument_##name,

FAMILIES(DECLARE)

const struct instrument_family *const instrument_families[] = { FAMILIES(LIST) NULL };

static bool is_first_word(const char *word, const char *text)
{
	size_t length = strcspn(text, " ");
	return strlen(word) == length && strncmp(word, text, length) == 0;
}

const struct instrument_family *instrument_family_find(const char *model)
{
	for (const struct instrument_family *const *family = instrument_families; *family; family++)
		for (const char *const *name = (*family)->models; *name; name++)
			if (is_first_word(*name, model))
				return *family;
	return NULL;
}

void instrument_models(struct text *text)
{
	const char *separator = "";
	for (const struct instrument_family *const *family = instrument_families; *family; family++)
		for (const char *const *name = (*family)->models; *name; name++, separator = ", ")
			text_addf(text, "%s%s", separator, *name);
}
