/* :NUMeric: which values are read, and the reading. */
#include <math.h>
#include <string.h>

#include "wt_commands.h"

static const char *const functions[WT_FUNCTIONS] = {
	[WT_NONE] = "NONE", [WT_U] = "U", [WT_I] = "I", [WT_P] = "P", [WT_S] = "S", [WT_Q] = "Q", [WT_LAMBDA] = "LAMBda",
	[WT_PHI] = "PHI", [WT_FU] = "FU", [WT_FI] = "FI", [WT_UPPEAK] = "UPPeak", [WT_UMPEAK] = "UMPeak", [WT_IPPEAK] = "IPPeak",
	[WT_IMPEAK] = "IMPeak", [WT_PPPEAK] = "PPPeak", [WT_PMPEAK] = "PMPeak", [WT_WH] = "WH", [WT_WHP] = "WHP",
	[WT_WHM] = "WHM", [WT_AH] = "AH", [WT_AHP] = "AHP", [WT_AHM] = "AHM", [WT_TIME] = "TIME", [WT_MATH] = "MATH",
	[WT_URANGE] = "URANge", [WT_IRANGE] = "IRANge",
};

static int function_parse(const char *word)
{
	for (int f = 0; f < WT_FUNCTIONS; f++)
		if (scpi_word(functions[f], word))
			return f;
	return -1;
}

static int set_item(struct wt *wt, struct call *call)
{
	char *parts[3];
	int n = scpi_split(call->arguments, parts, 3);
	if (n == 0)
		return WT_MISSING;
	if (call->suffix < 1 || call->suffix > WT_ITEMS)
		return WT_OUT_OF_RANGE;
	int function = function_parse(parts[0]);
	double element = 1;
	if (function < 0)
		return WT_CHARACTER;
	if (n > 2 || (n == 2 && !scpi_number(parts[1], "", &element)))
		return WT_PARAMETER;
	if (element < 1 || element > WT_ELEMENTS || element != floor(element) || !wt_has(wt, (int)element - 1))
		return WT_PARAMETER;
	wt->item[call->suffix - 1].function = (enum wt_function)function;
	wt->item[call->suffix - 1].element = (int)element;
	return 0;
}

static int tell_item(struct wt *wt, struct call *call)
{
	if (call->suffix < 1 || call->suffix > WT_ITEMS)
		return WT_OUT_OF_RANGE;
	enum wt_function function = wt->item[call->suffix - 1].function;
	wt_add_word(wt, functions[function], call->reply);
	if (function != WT_NONE && function != WT_MATH)
		text_addf(call->reply, ",%d", wt->item[call->suffix - 1].element);
	return 0;
}

static const struct wt_values *shown(const struct wt *wt, int item)
{
	const struct wt_dataset *d = wt->hold ? &wt->held : &wt->published;
	return &d->element[wt->item[item].element > 0 ? wt->item[item].element - 1 : 0];
}

static void add_ascii(const struct wt *wt, int item, struct text *reply)
{
	const struct wt_values *d = shown(wt, item);
	enum wt_function function = wt->item[item].function;
	if (function == WT_TIME && !isnan(d->value[WT_TIME]))
		text_addf(reply, "%.0f", d->value[WT_TIME]);
	else
		scpi_nr3(reply, d->value[function], d->exponent[function]);
}

/* What the display shows, as a float; the family's bit patterns for "no data" and "over range". */
static uint32_t float_bits(const struct wt_values *d, enum wt_function function)
{
	double value = d->value[function], step = pow(10, d->exponent[function]);
	if (isnan(value))
		return 0x7e951bee;
	if (isinf(value))
		return 0x7e94f56a;
	float rounded = (float)(round(value / step) * step);
	uint32_t bits;
	memcpy(&bits, &rounded, sizeof bits);
	return bits;
}

/*
 * Definite block of IEEE 488.2:
 *   `#4nnnn`  nnnn: bytes that follow
 *   float32, big-endian, for each item
 */
static void add_block(const struct wt *wt, int first, int last, struct text *reply)
{
	text_addf(reply, "#4%04d", 4 * (last - first + 1));
	for (int item = first; item <= last; item++) {
		uint32_t bits = float_bits(shown(wt, item), wt->item[item].function);
		unsigned char bytes[4] = { (unsigned char)(bits >> 24), (unsigned char)(bits >> 16), (unsigned char)(bits >> 8),
					   (unsigned char)bits };
		text_add_bytes(reply, bytes, sizeof bytes);
	}
}

static int tell_values(struct wt *wt, struct call *call)
{
	double number = 0;
	if (*call->arguments != '\0' && !scpi_number(call->arguments, "", &number))
		return WT_PARAMETER;
	if (*call->arguments != '\0' && (number < 1 || number > WT_ITEMS))
		return WT_OUT_OF_RANGE;
	int first = number > 0 ? (int)number - 1 : 0, last = number > 0 ? first : wt->items - 1;
	wt->queries++;
	if (wt->floating) {
		add_block(wt, first, last, call->reply);
		return 0;
	}
	for (int item = first; item <= last; item++) {
		if (item > first)
			text_add(call->reply, ",");
		add_ascii(wt, item, call->reply);
	}
	return 0;
}

static int clear_items(struct wt *wt, struct call *call)
{
	(void)call;
	memset(wt->item, 0, sizeof wt->item);
	return 0;
}

const struct action wt_item_actions[] = {
	{ ":NUMeric[:NORMal]:VALue", NULL, tell_values, false },
	{ ":NUMeric[:NORMal]:ITEM<x>", set_item, tell_item, false },
	{ ":NUMeric[:NORMal]:CLEar", clear_items, NULL, false },
	{ NULL, NULL, NULL, false },
};
