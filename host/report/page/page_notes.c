/* What a reader must know beside the numbers: the words are those below the table of `joulerig show`. */
#include "page_parts.h"
#include "table_parts.h"

static void note(void *context, enum emphasis emphasis, const char *paragraph)
{
	static const char *const classes[] = { [EMPHASIS_NONE] = "plain", [EMPHASIS_STRONG] = "strong", [EMPHASIS_FAINT] = "faint",
		[EMPHASIS_CAUTION] = "caution", [EMPHASIS_ALARM] = "alarm" };
	html_classed((struct html *)context, "li", classes[emphasis], paragraph);
}

void page_notes(struct page *page)
{
	struct table_options options = { .unicode = true, .paragraph = note, .context = &page->html };
	page_begin(page, "notes", "Notes");
	html_open(&page->html, "ul");
	html_attribute(&page->html, "class", "notes");
	table_notes(page->of->file, page->of->summary, &options, page->html.out);
	html_close(&page->html);
	html_close(&page->html);
}
