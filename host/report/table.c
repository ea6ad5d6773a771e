#include "table.h"

#include "c_locale.h"
#include "heading.h"
#include "table_parts.h"

#define SCREEN_ROWS 20 /* a longer table has scrolled its heading away */

static void compose(const struct campaign_file *file, const struct summary *summary, const struct table_options *options,
		    struct text *out)
{
	heading_campaign(file, options, out);
	text_add(out, "\n");
	if (summary->n_groups == 0) {
		layout_paragraph(out, options, EMPHASIS_NONE, 0, "no finished runs");
		return;
	}
	table_rows(summary, options, out);
	text_add(out, "\n");
	table_notes(file, summary, options, out);
	if (summary->n_groups > SCREEN_ROWS)
		heading_simulated(file, options, out);
}

int report_table(const struct campaign_file *file, const struct table_options *options, struct text *out)
{
	struct summary summary;
	if (summary_make(file, &summary) != 0)
		return -1;
	struct c_locale scope;
	c_locale_enter(&scope);
	compose(file, &summary, options, out);
	c_locale_leave(&scope);
	summary_free(&summary);
	return text_failed(out) ? -1 : 0;
}
