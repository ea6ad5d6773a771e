/*
 * What Linux hwmon writes, below /sys/class/hwmon.
 *
 *   hwmon3/                     a chip. Some drivers (acpi_power_meter) keep their files in hwmon3/device/ instead
 *     name                      "power_meter" (ACPI), "smpro_hwmon" (Ampere Altra), "amd_energy", …
 *     power1_average            decimal uW: the mean over the last power1_average_interval ms
 *     power1_input              decimal uW: at some recent instant
 *     energy1_input             decimal uJ, growing
 *     power1_label, energy1_label, power1_oem_info      what it is: "power1 CORE VRD", "Grace Power Socket 0"
 *     power1_accuracy           "98.500%" of the reading, the fraction in thousandths and without its leading zeros
 *     power1_is_battery         1: what a battery gives, or takes
 *     power1_serial_number      text, perhaps empty
 *
 * ACPI has 0xFFFFFFFF mW for "no valid measurement", and Linux prints it times 1000. A chip that is asleep answers ENODATA.
 */
#include "platform/hwmon_wire.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "platform/sysfs.h"
#include "record.h"

#define UNKNOWN INT64_C(4294967295000) /* uW: ACPI's 0xFFFFFFFF mW */

bool hwmon_power_decode(const char *text, size_t length, double *watts, uint32_t *flags)
{
	int64_t microwatts;
	if (!sysfs_integer_decode(text, length, &microwatts))
		return false;
	*flags = microwatts == UNKNOWN ? FLAG_NO_DATA : 0;
	*watts = *flags ? NAN : (double)microwatts * 1e-6;
	return true;
}

bool hwmon_energy_decode(const char *text, size_t length, uint64_t *count)
{
	int64_t value;
	if (!sysfs_integer_decode(text, length, &value) || value < 0 || text[0] == '-')
		return false;
	*count = (uint64_t)value;
	return true;
}

/* At most `most` digits. How many there were. */
static size_t digits(const char *text, size_t length, size_t most, unsigned *value)
{
	size_t n = 0;
	*value = 0;
	for (; n < length && n < most && text[n] >= '0' && text[n] <= '9'; n++)
		*value = *value * 10 + (unsigned)(text[n] - '0');
	return n;
}

/* "99.50%" is 99.050 %, as Linux prints it; one who meant 99.5 % is taken for worse than he is. */
bool hwmon_accuracy_decode(const char *text, size_t length, double *limit)
{
	unsigned whole, thousandths = 0;
	if (length > 0 && text[length - 1] == '\n')
		length--;
	if (length > 0 && text[length - 1] == '%')
		length--;
	size_t n = digits(text, length, 3, &whole);
	if (n == 0 || whole > 100)
		return false;
	if (n < length) {
		size_t fraction = text[n] == '.' ? digits(text + n + 1, length - n - 1, 3, &thousandths) : 0;
		if (fraction == 0 || n + 1 + fraction != length)
			return false;
	}
	*limit = whole == 0 || whole == 100 ? 0 : 1 - (whole + thousandths / 1000.0) / 100;
	return true;
}

enum hwmon_part hwmon_part_decode(const char *label, int *socket)
{
	static const struct {
		const char *word;
		enum hwmon_part part;
	} words[] = { { "Module Power Socket ", HWMON_MODULE }, { "Grace Power Socket ", HWMON_GRACE }, { "CPU Power Socket ", HWMON_CPU },
		      { "SysIO Power Socket ", HWMON_SYSIO } };
	for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
		size_t length = strlen(words[i].word), rest;
		unsigned number;
		if (strncmp(label, words[i].word, length) != 0)
			continue;
		rest = strlen(label + length);
		if (digits(label + length, rest, 3, &number) != rest || rest == 0)
			return HWMON_OTHER;
		*socket = (int)number;
		return words[i].part;
	}
	return HWMON_OTHER;
}

static bool is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
}

void hwmon_name_decode(const char *label, char *name, size_t size)
{
	unsigned number;
	size_t n = 0, skip = strncmp(label, "power", 5) == 0 ? 5 : 0;
	if (skip) { /* smpro says which of its gauges it is: "power1 CORE VRD" */
		skip += digits(label + skip, strlen(label + skip), 3, &number);
		skip = skip > 5 && label[skip] == ' ' ? skip + 1 : 0;
	}
	for (const char *c = label + skip; *c && n + 1 < size; c++) {
		char lower = *c >= 'A' && *c <= 'Z' ? (char)(*c - 'A' + 'a') : *c;
		if (is_letter(lower))
			name[n++] = lower;
		else if (n > 0 && name[n - 1] != '-')
			name[n++] = '-';
	}
	while (n > 0 && name[n - 1] == '-')
		n--;
	name[n] = '\0';
	if (n == 0)
		snprintf(name, size, "gauge");
}
