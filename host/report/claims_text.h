/* claims_text: verdicts on published claims, for people and for programs. */
#ifndef JOULERIG_REPORT_CLAIMS_TEXT_H
#define JOULERIG_REPORT_CLAIMS_TEXT_H

#include "claims_judged.h"
#include "layout.h"

/* Verdicts first, then a block a claim. `file` is what was judged: its heading stands above. Appends to `out`; -1 when memory is short. */
int report_claims(const struct campaign_file *file, const struct claims_judged *judged, const struct table_options *options, struct text *out);
/* One JSON object, as schemas/judged.schema.json describes it; unknown numbers are null. Of a twin no verdict is a plain word: each says
 * "rehearsal: would be …". */
int report_claims_json(const struct campaign_file *file, const struct claims_judged *judged, struct text *out);

#endif
