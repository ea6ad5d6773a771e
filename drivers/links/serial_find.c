/* What serial ports there are: /sys/class/tty says which, libserialport what stands behind them. */
#include <dirent.h>
#include <libserialport.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "links/serial_port.h"

#define TTYS "/sys/class/tty"
#define BY_ID "/dev/serial/by-id"

/* The 8250 driver keeps nodes for chips that are not there: their type is 0. Other drivers have no such attribute. */
static bool has_chip(const char *name)
{
	char path[PATH_MAX];
	int type = -1;
	snprintf(path, sizeof path, TTYS "/%s/type", name);
	FILE *file = fopen(path, "re");
	if (file == NULL)
		return true;
	bool none = fscanf(file, "%d", &type) == 1 && type == 0;
	fclose(file);
	return !none;
}

/* Terminals without a device behind them are consoles and the like. */
static bool is_port(const char *name)
{
	char path[PATH_MAX];
	snprintf(path, sizeof path, TTYS "/%s/device", name);
	return name[0] != '.' && access(path, F_OK) == 0 && has_chip(name);
}

/* The name that stays the same wherever the adapter is plugged in, as udev gives it. */
static bool stable_name(const char *node, char *path, size_t size)
{
	char real[PATH_MAX], link[PATH_MAX];
	bool found = false;
	DIR *folder = opendir(BY_ID);
	if (folder == NULL)
		return false;
	for (struct dirent *entry; !found && (entry = readdir(folder)) != NULL;) {
		int length = snprintf(link, sizeof link, BY_ID "/%s", entry->d_name);
		found = length < (int)size && !strpbrk(entry->d_name, "? ") && realpath(link, real) && strcmp(real, node) == 0;
	}
	closedir(folder);
	if (found)
		memcpy(path, link, strlen(link) + 1);
	return found;
}

static void copy(char *to, size_t size, const char *from)
{
	snprintf(to, size, "%.*s", (int)size - 1, from ? from : "");
}

static void describe(const struct sp_port *port, const char *node, struct finding *finding)
{
	int vendor = 0, product = 0;
	char path[sizeof ((struct endpoint *)0)->path];
	*finding = (struct finding){ .forbidden = access(node, R_OK | W_OK) != 0 };
	if (!stable_name(node, path, sizeof path))
		copy(path, sizeof path, node);
	snprintf(finding->endpoint, sizeof finding->endpoint, "serial://%s", path);
	copy(finding->node, sizeof finding->node, node);
	if (sp_get_port_usb_vid_pid(port, &vendor, &product) == SP_OK) {
		finding->vendor = (uint16_t)vendor;
		finding->product = (uint16_t)product;
	}
	copy(finding->maker, sizeof finding->maker, sp_get_port_usb_manufacturer(port));
	copy(finding->model, sizeof finding->model, sp_get_port_usb_product(port));
	copy(finding->serial, sizeof finding->serial, sp_get_port_usb_serial(port));
}

/* One more finding, if there is such a port and room for it. */
static size_t add(const char *name, struct finding *found, size_t n, size_t max)
{
	char node[PATH_MAX];
	struct sp_port *port = NULL;
	snprintf(node, sizeof node, "/dev/%s", name);
	if (!is_port(name) || sp_get_port_by_name(node, &port) != SP_OK)
		return n;
	if (n < max)
		describe(port, node, &found[n]);
	sp_free_port(port);
	return n + 1;
}

size_t serial_find(struct finding *found, size_t max)
{
	size_t n = 0;
	struct dirent **names = NULL;
	int count = scandir(TTYS, &names, NULL, alphasort);
	for (int i = 0; i < count; i++) {
		n = add(names[i]->d_name, found, n, max);
		free(names[i]);
	}
	free(names);
	return n;
}
