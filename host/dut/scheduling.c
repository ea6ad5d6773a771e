#include "scheduling.h"

#include <errno.h>
#include <sys/prctl.h>

static bool is_real_time(int policy)
{
	policy &= ~SCHED_RESET_ON_FORK;
	return policy == SCHED_FIFO || policy == SCHED_RR;
}

void scheduling_raise(struct scheduling *saved)
{
	*saved = (struct scheduling){ .policy = sched_getscheduler(0), .timer_slack = prctl(PR_GET_TIMERSLACK) };
	if (saved->policy < 0 || sched_getparam(0, &saved->parameters) < 0 || is_real_time(saved->policy))
		return;
	/* Not SCHED_RESET_ON_FORK: that would give children nice 0, which is not what they would have had under `nice`. */
	struct sched_param lowest = { .sched_priority = sched_get_priority_min(SCHED_FIFO) };
	saved->raised = sched_setscheduler(0, SCHED_FIFO, &lowest) == 0;
}

int scheduling_restore(const struct scheduling *saved)
{
	if (!saved->raised)
		return 0;
	if (sched_setscheduler(0, saved->policy, &saved->parameters) < 0)
		return errno;
	if (saved->timer_slack > 0)
		prctl(PR_SET_TIMERSLACK, (unsigned long)saved->timer_slack, 0, 0, 0); /* has an effect only after the above */
	return 0;
}
