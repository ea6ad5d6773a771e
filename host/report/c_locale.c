#include "c_locale.h"

void c_locale_enter(struct c_locale *scope)
{
	scope->before = (locale_t)0;
	scope->c = newlocale(LC_ALL_MASK, "C", (locale_t)0);
	if (scope->c)
		scope->before = uselocale(scope->c);
}

void c_locale_leave(struct c_locale *scope)
{
	if (!scope->c)
		return;
	uselocale(scope->before);
	freelocale(scope->c);
}
