#include "meters/standstill.h"

#include <math.h>

#include "record.h"

uint32_t standstill_judge(struct standstill *s, uint64_t mark, double watts, int64_t now)
{
	if (mark != s->mark || s->since == 0)
		s->since = now;
	s->mark = mark;
	if (!(fabs(watts) > 0))
		return 0;
	return (double)(now - s->since) * 1e-9 > s->least + 3 * s->step / fabs(watts) ? FLAG_IMPLAUSIBLE : 0;
}
