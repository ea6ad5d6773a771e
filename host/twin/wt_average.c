/* The instrument's own averaging, which a bench must find switched off: exponential or over a moving window. */
#include "wt.h"

static void exponential(struct wt *wt, double *v[3])
{
	for (int k = 0; k < 3; k++) {
		double *kept = &wt->average[WT_U + k];
		*kept = wt->averaged ? *kept + (*v[k] - *kept) / wt->average_count : *v[k];
		*v[k] = *kept;
	}
	wt->averaged = 1;
}

static void moving(struct wt *wt, double *v[3])
{
	int count = wt->average_count, held = wt->averaged < count ? wt->averaged + 1 : count;
	for (int k = 0; k < 3; k++) {
		wt->moving[wt->averaged % count][k] = *v[k];
		double sum = 0;
		for (int i = 0; i < held; i++)
			sum += wt->moving[i][k];
		*v[k] = sum / held;
	}
	wt->averaged++;
}

void wt_average(struct wt *wt, double *volts, double *amperes, double *watts)
{
	double *v[3] = { volts, amperes, watts };
	if (!wt->averaging)
		return;
	if (wt->average_linear)
		moving(wt, v);
	else
		exponential(wt, v);
}
