#include "integrators.h"

#include <string.h>

static const struct channel *integral_of(const struct bench *bench, const char *device)
{
	for (int i = 0; i < bench_channels(bench); i++)
		if (bench_channel(bench, i)->role == ROLE_INTEGRAL && strcmp(bench_channel_device(bench, i), device) == 0)
			return bench_channel(bench, i);
	return NULL;
}

/* What is told to set a line and returns before it is set says nothing of when it was. */
static int check_gate(const struct bench *bench, const char *device, struct error *error)
{
	const struct bench_trigger trigger = bench_trigger(bench);
	if (trigger.output == NULL || trigger.output->kind == LINE_NONE)
		return error_set(error, ERROR_CONFIG, device, "name a device with an output as the bench file's trigger, and wire that to its START/STOP input",
				 "its integrator is gated, and the bench's trigger has no output that could do so");
	if (trigger.output->kind == LINE_FRAME && !trigger.has_input)
		return error_set(error, ERROR_CONFIG, trigger.device, "give the trigger an input: 'options: {input: out1}' tells of the output itself",
				 "it gates an integrator, and nothing tells when its output was set");
	return 0;
}

static int check_phases(const struct plan *plan, const char *device, struct error *error)
{
	for (int i = 0; i < plan->n_workloads; i++)
		if (plan->workloads[i].measure[0] != '\0')
			return error_set(error, ERROR_CONFIG, plan->workloads[i].name, "leave 'measure' out of the workload, or 'wall: integrator' out of the plan",
					 "it measures its phase %.40s, and the integrator of %s is open for whole runs", plan->workloads[i].measure, device);
	return 0;
}

int integrators_check(const struct plan *plan, const struct bench *bench, struct error *error)
{
	bool any = false;
	for (int i = 0; plan->integrator && i < bench_channels(bench); i++) {
		const char *device = bench_channel_device(bench, i);
		if (bench_channel(bench, i)->role != ROLE_WALL)
			continue;
		any = true;
		const struct channel *integral = integral_of(bench, device);
		if (integral == NULL)
			return error_set(error, ERROR_CONFIG, device, "give it 'options: {integrator: on}' in the bench file, if its driver has that",
					 "the plan takes the integrator's energy, and this meter does not integrate");
		if (integral->gated && (check_gate(bench, device, error) != 0 || check_phases(plan, device, error) != 0))
			return -1;
	}
	if (plan->integrator && !any)
		return error_set(error, ERROR_CONFIG, "bench", "leave 'wall: integrator' out of the plan",
				 "the plan takes a meter's integrator, and no meter measures the wall");
	return 0;
}
