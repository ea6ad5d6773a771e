#include <stdint.h>
#include <string.h>

#include "emphasis.h"
#include "layout.h"
#include "plain.h"

const char *emphasis_begin(const struct table_options *options, enum emphasis emphasis)
{
	static const char *const codes[] = { [EMPHASIS_NONE] = "", [EMPHASIS_STRONG] = "\x1b[1m", [EMPHASIS_FAINT] = "\x1b[2m",
		[EMPHASIS_CAUTION] = "\x1b[33m", [EMPHASIS_ALARM] = "\x1b[1;37;41m" };
	return options->colour ? codes[emphasis] : "";
}

const char *emphasis_end(const struct table_options *options, enum emphasis emphasis)
{
	return options->colour && emphasis != EMPHASIS_NONE ? "\x1b[0m" : "";
}

void layout_spelt(struct text *out, const struct table_options *options, const char *string)
{
	if (options->unicode)
		text_add(out, string);
	else
		plain_add_ascii(out, string);
}

/* Terminal columns of the first `length` bytes. */
static size_t width_of_bytes(const char *string, size_t length)
{
	struct text part = TEXT_INIT;
	text_add_bytes(&part, string, length);
	size_t width = plain_width(text_string(&part));
	text_free(&part);
	return width;
}

/* Bytes of the first line of `string` that fit in `columns`: up to a space, or one whole word if it is longer than that. */
static size_t fitting(const char *string, size_t columns)
{
	size_t best = 0;
	for (size_t end = 0;; end++) {
		end += strcspn(string + end, " ");
		if (best && width_of_bytes(string, end) > columns)
			return best;
		best = end;
		if (string[end] == '\0')
			return best;
	}
}

void layout_paragraph(struct text *out, const struct table_options *options, enum emphasis emphasis, int hanging,
		      const char *paragraph)
{
	struct text spelt = TEXT_INIT;
	if (options->paragraph) {
		options->paragraph(options->context, emphasis, paragraph);
		return;
	}
	layout_spelt(&spelt, options, paragraph);
	const char *rest = text_string(&spelt);
	size_t columns = options->columns > 0 ? (size_t)options->columns : SIZE_MAX;
	for (bool first = true; first || *rest; first = false) {
		size_t indent = first || (size_t)hanging >= columns ? 0 : (size_t)hanging;
		size_t length = columns == SIZE_MAX ? strlen(rest) : fitting(rest, columns - indent);
		text_addf(out, "%*s%s%.*s%s\n", (int)indent, "", emphasis_begin(options, emphasis), (int)length, rest,
			  emphasis_end(options, emphasis));
		rest += length;
		rest += strspn(rest, " ");
	}
	out->failed |= spelt.failed;
	text_free(&spelt);
}
