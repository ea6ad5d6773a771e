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

int launcher_measure_lags(struct launcher *launcher, int64_t *lags, int n, struct error *error)
{
	return launcher->ops->measure_lags(launcher, lags, n, error);
}
