#include "iso_time.h"

#include <stdio.h>
#include <time.h>

#define NS 1000000000

const char *iso_time(int64_t realtime, char text[ISO_TIME_SIZE])
{
	int64_t ns = realtime % NS, s = realtime / NS;
	if (ns < 0) {
		ns += NS;
		s--;
	}
	struct tm tm;
	gmtime_r(&(time_t){ s }, &tm);
	size_t length = strftime(text, ISO_TIME_SIZE, "%Y-%m-%dT%H:%M:%S", &tm);
	snprintf(text + length, ISO_TIME_SIZE - length, ".%09lldZ", (long long)ns);
	return text;
}
