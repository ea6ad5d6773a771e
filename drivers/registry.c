/* Every driver and every kind of link, once. Each list is expanded twice: into declarations and into the table. */
#include <string.h>

#include "device.h"

#define DRIVERS(each)     \
	each(yokogawa_wt) \
	each(gwinstek_gpm) \
	each(hioki_pw333x) \
	each(chroma_662xx) \
	each(http_plug)   \
	each(mcp39f511n)  \
	each(pzem004t)    \
	each(powersensor3) \
	each(zes_lmg)     \
	each(ptdaemon)    \
	each(watts_up)    \
	each(powercap)    \
	each(perf_event)  \
	each(hwmon)       \
	each(dcmi)        \
	each(msr)         \
	each(gpiod)       \
	each(serial_line) \
	each(software)    \
	each(rig)         \
	each(fault)       \
	/* the end of the list */

#define LINKS(each) \
	each(tcp)   \
	each(unix)  \
	each(pty)   \
	each(serial) \
	each(usbtmc) \
	each(vxi11) \
	each(http)

#define DECLARE_DRIVER(name) extern const struct driver driver_##name;
#define LIST_DRIVER(name) &driver_##name,
#define DECLARE_LINK(name) extern const struct link_ops link_##name;
#define LIST_LINK(name) &link_##name,

#undef unix /* gcc's old name for the system, in its gnu dialects */

DRIVERS(DECLARE_DRIVER)
LINKS(DECLARE_LINK)

const struct driver *const drivers[] = { DRIVERS(LIST_DRIVER) NULL };
const struct link_ops *const link_kinds[] = { LINKS(LIST_LINK) NULL };

const struct driver *driver_find(const char *name)
{
	for (const struct driver *const *driver = drivers; *driver; driver++)
		if (strcmp((*driver)->name, name) == 0)
			return *driver;
	return NULL;
}

const struct link_ops *link_ops_find(const char *scheme)
{
	for (const struct link_ops *const *link = link_kinds; *link; link++)
		if (strcmp((*link)->scheme, scheme) == 0)
			return *link;
	return NULL;
}
