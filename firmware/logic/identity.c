/* SPDX-License-Identifier: Apache-2.0 */
#include "identity.h"

#include <string.h>

#include "crc.h"

static uint32_t crc_of(const struct identity_page *page)
{
	return crc32_of(0, page, offsetof(struct identity_page, crc));
}

/* Goes into a USB string and names files at the host's. */
static bool is_serial(const char serial[16])
{
	unsigned n = 0;
	while (n < 16 && serial[n] > ' ' && serial[n] < 127)
		n++;
	bool some = n > 0;
	while (n < 16 && serial[n] == '\0')
		n++;
	return some && n == 16;
}

static void read_delays(struct rig_identity *identity, const struct identity_page *page)
{
	memcpy(identity->input_delay_ns, page->input_delay_ns, sizeof page->input_delay_ns);
	memcpy(identity->output_delay_ns, page->output_delay_ns, sizeof page->output_delay_ns);
}

static void no_delays(struct rig_identity *identity)
{
	for (unsigned i = 0; i < RIG_INPUTS; i++)
		identity->input_delay_ns[i][0] = identity->input_delay_ns[i][1] = INT32_MIN;
	for (unsigned i = 0; i < RIG_OUTPUTS; i++)
		identity->output_delay_ns[i][0] = identity->output_delay_ns[i][1] = INT32_MIN;
}

bool identity_read(const struct identity_page *page, struct rig_identity *identity)
{
	if (page->magic == IDENTITY_MAGIC && page->version == IDENTITY_VERSION && page->crc == crc_of(page) && is_serial(page->serial)) {
		memcpy(identity->serial, page->serial, sizeof page->serial);
		read_delays(identity, page);
		return true;
	}
	memset(identity->serial, 0, sizeof identity->serial);
	no_delays(identity);
	return false;
}

void identity_seal(struct identity_page *page)
{
	page->magic = IDENTITY_MAGIC;
	page->version = IDENTITY_VERSION;
	memset(page->zero, 0, sizeof page->zero);
	page->crc = crc_of(page);
}
