/* What every launcher offers; the one of this machine is local_launcher.c. */
#include "launcher.h"

#include "clock.h"

void launcher_close(struct launcher *launcher)
{
	if (launcher)
		launcher->ops->close(launcher);
}

int launcher_prepare(struct launcher *launcher, const struct launch_spec *spec, struct launched *launched, struct error *error)
{
	return launcher->ops->prepare(launcher, spec, launched, error);
}

int launcher_release(struct launcher *launcher, struct error *error)
{
	return launcher->ops->release(launcher, error);
}

int launcher_end(struct launcher *launcher, int64_t grace, struct error *error)
{
	return launcher->ops->end(launcher, grace, error);
}

int launcher_fd(const struct launcher *launcher)
{
	return launcher->fd;
}

int64_t launcher_next(struct launcher *launcher)
{
	return launcher->ops->next ? launcher->ops->next(launcher) : NEVER;
}

int launcher_event(struct launcher *launcher, struct launch_event *event, struct error *error)
{
	return launcher->ops->event(launcher, event, error);
}

int launcher_line(struct launcher *launcher, const struct line_out *line, struct error *error)
{
	if (launcher->ops->line)
		return launcher->ops->line(launcher, line, error);
	if (line->kind == LINE_NONE)
		return 0;
	return error_set(error, ERROR_UNSUPPORTED, "launcher", NULL, "workloads are started where no trigger line can be raised");
}

int launcher_measure_lag(struct launcher *launcher, const struct lag_times *times, struct launch_lag *lag, struct error *error)
{
	return launcher->ops->measure_lag(launcher, times, lag, error);
}
