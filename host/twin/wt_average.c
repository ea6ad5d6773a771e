/* The instrument's own averaging, which a bench must find switched off: exponential or over a moving window. */
#include "wt.h"

static void exponential(struct wt_average *a, int count, double *v[3])
{
	for (int k = 0; k < 3; k++) {
		a->kept[k] = a->averaged ? a->kept[k] + (*v[k] - a->kept[k]) / count : *v[k];
		*v[k] = a->kept[k];
	}
	a->averaged = 1;
}

static void moving(struct wt_average *a, int count, double *v[3])
{
	int held = a->averaged < count ? a->averaged + 1 : count;
	for (int k = 0; k < 3; k++) {
		a->moving[a->averaged % count][k] = *v[k];
		double sum = 0;
		for (int i = 0; i < held; i++)
			sum += a->moving[i][k];
		*v[k] = sum / held;
	}
	a->averaged++;
}

void wt_average(struct wt *wt, int element, double *volts, double *amperes, double *watts)
{
	double *v[3] = { volts, amperes, watts };
	if (!wt->averaging)
		return;
	if (wt->average_linear)
		moving(&wt->average[element], wt->average_count, v);
	else
		exponential(&wt->average[element], wt->average_count, v);
}

void wt_average_forget(struct wt *wt)
{
	for (int e = 0; e < WT_ELEMENTS; e++)
		wt->average[e].averaged = 0;
}
