/*
 * c_locale: numbers in files and tables have a decimal point whatever the user's locale says. Per thread; nests.
 */
#ifndef JOULERIG_REPORT_C_LOCALE_H
#define JOULERIG_REPORT_C_LOCALE_H

#include <locale.h>

struct c_locale {
	locale_t c, before;
};

void c_locale_enter(struct c_locale *scope);
void c_locale_leave(struct c_locale *scope);

#endif
