/*
 * What a BMC answers to DCMI's Get Power Reading (DCMI 1.5, 6.6.1), netFn 0x2C, command 0x02, data DC 01 00 00; little-endian:
 *
 *   +0  u8   completion code: 0 done; 0xC0 busy; 0xC1 unknown command; 0xD4 not privileged
 *   +1  u8   0xDC
 *   +2  u16  current power, W      +4, +6, +8  u16 minimum, maximum, average, W, over the reporting period
 *   +10 u32  time of the reading, s      +14 u32  reporting period, ms
 *   +18 u8   state: bit 6: power is being measured
 *
 * and to Get Device ID (IPMI 2.0, 20.1), netFn 6, command 1:
 *
 *   +0  u8 completion code   +1 u8 device   +2 u8 revision   +3 u8 firmware major (7 bits)   +4 u8 minor (BCD)
 *   +5  u8 IPMI version   +6 u8 support   +7 u24 manufacturer (IANA; the upper 4 bits are not its)   +10 u16 product
 */
#include "platform/dcmi_wire.h"

#include <math.h>

#include "record.h"

#define GROUP 0xdc
#define READING_SIZE 19
#define IDENTITY_SIZE 12
#define MEASURING 0x40
#define NONE 0xffff /* all bits set, as IPMI has it for what is not known */

static uint32_t number(const uint8_t *bytes, int n)
{
	uint32_t value = 0;
	while (n-- > 0)
		value = value << 8 | bytes[n];
	return value;
}

/* IPMI 2.0, table 5-2. */
static enum dcmi_answer refusal(uint8_t code)
{
	switch (code) {
	case 0xc0: /* busy */
	case 0xc3: /* timeout */
	case 0xc4: /* out of space */
	case 0xce: /* no response could be given */
	case 0xd2: /* destination not available */
	case 0xd5: /* not in its present state */
		return DCMI_BUSY;
	case 0xd4: /* privilege */
	case 0xd6: /* switched off by the firmware's owner */
		return DCMI_FORBIDDEN;
	default: return code >= 0xc1 && code <= 0xcd ? DCMI_UNKNOWN : DCMI_GARBLED;
	}
}

enum dcmi_answer dcmi_reading_decode(const uint8_t *bytes, size_t size, struct dcmi_reading *reading)
{
	if (size == 0)
		return DCMI_GARBLED;
	if (bytes[0] != 0)
		return refusal(bytes[0]);
	if (size != READING_SIZE || bytes[1] != GROUP)
		return DCMI_GARBLED;
	uint32_t watts = number(bytes + 2, 2);
	reading->flags = bytes[18] & MEASURING && watts != NONE ? 0 : FLAG_NO_DATA;
	reading->watts = reading->flags ? NAN : watts;
	reading->period = number(bytes + 14, 4);
	return DCMI_READING;
}

int dcmi_identity_decode(const uint8_t *bytes, size_t size, struct dcmi_identity *identity)
{
	if (size < IDENTITY_SIZE || bytes[0] != 0)
		return -1;
	*identity = (struct dcmi_identity){ .major = bytes[3] & 0x7f, .minor = bytes[4], .manufacturer = number(bytes + 7, 3) & 0xfffff,
					    .product = (uint16_t)number(bytes + 10, 2) };
	return 0;
}
