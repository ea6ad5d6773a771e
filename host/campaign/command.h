/*
 * command: a workload's command line and environment for one slot, placeholders filled in.
 */
#ifndef JOULERIG_CAMPAIGN_COMMAND_H
#define JOULERIG_CAMPAIGN_COMMAND_H

#include "plan.h"

struct command {
	char **argv;        /* NULL-terminated, owned */
	char **environment; /* the whole environment of the workload, owned */
};

/* `python` replaces {python}; NULL where the arm has none. The environment is ours, less PYTHON* and JOULERIG_* (they would
 * make runs differ from one shell to the next), plus the arm's and the workload's variables. */
int command_make(const struct plan *plan, const struct plan_workload *workload, const struct plan_arm *arm, int point,
		 const char *python, struct command *command, struct error *error);
/* Only the environment of an arm: for asking its interpreter. */
char **command_environment(const struct plan_arm *arm, const struct plan_workload *workload);
void command_free_strings(char **strings);
void command_free(struct command *command);

#endif
