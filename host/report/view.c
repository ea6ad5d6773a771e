#include "view.h"

#include <inttypes.h>
#include <math.h>
#include <time.h>

#include "clock.h"
#include "plain.h"

const struct energy *view_energy(const struct result *result, const char *name)
{
	const struct source_result *source = result_source(result, name);
	return source && source->energy.status != ENERGY_REFUSED ? &source->energy : NULL;
}

bool view_has_bracket(const struct result *result)
{
	return result->stop > result->start;
}

double view_duration(const struct result *result)
{
	if (!view_has_bracket(result))
		return NAN;
	return (double)(result->stop - result->start) / (double)NS_PER_S;
}

void view_start_time(struct text *out, const struct result *result)
{
	if (result->start_realtime <= 0)
		return;
	time_t seconds = (time_t)(result->start_realtime / NS_PER_S);
	struct tm utc;
	char date[32];
	if (gmtime_r(&seconds, &utc) == NULL || strftime(date, sizeof date, "%Y-%m-%dT%H:%M:%S", &utc) == 0)
		return;
	text_addf(out, "%s.%09" PRId64 "Z", date, result->start_realtime % NS_PER_S);
}

void view_title(struct text *out, const char *workload, const char *point)
{
	plain_add(out, workload[0] ? workload : "(unnamed)");
	if (point[0]) {
		text_add(out, " ");
		plain_add(out, point);
	}
}
