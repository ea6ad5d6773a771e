#include "certificate.h"

#include <stdbool.h>
#include <stdio.h>

/* From 0000-03-01, so that a leap day is a year's last; 719468 days later it is 1970-01-01 (the Gregorian calendar's arithmetic). */
static int64_t day_of(int64_t year, int64_t month, int64_t day)
{
	int64_t y = month <= 2 ? year - 1 : year, shifted = month > 2 ? month - 3 : month + 9;
	return 365 * y + y / 4 - y / 100 + y / 400 + (153 * shifted + 2) / 5 + day - 1 - 719468;
}

int64_t certificate_day(const char *date)
{
	static const int lengths[] = { 31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
	int year, month, day, end = 0;
	if (sscanf(date, "%4d-%2d-%2d%n", &year, &month, &day, &end) != 3 || end != 10 || date[end] != '\0')
		return INT64_MIN;
	bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
	if (year < 1 || month < 1 || month > 12 || day < 1 || day > lengths[month - 1] || (month == 2 && day == 29 && !leap))
		return INT64_MIN;
	return day_of(year, month, day);
}
