/*
 * mcp39f511n_wire: frames and registers of the Microchip MCP39F511N, as bytes in, struct out. All functions are pure.
 *
 *   request   A5 | length of all | commands | sum of all before, modulo 256
 *     41 hi lo                 sets the address pointer
 *     4E n                     reads n bytes from there, at most 32
 *     4D n bytes               writes them
 *   reply     06 | n + 3 | n bytes | sum, likewise          to a read
 *             06                                            to a write
 *             15 not understood;  51 the request's sum is wrong
 *
 *   0002 status u16   bit 4, 6: the active power of outlet 1, 2 is positive; 12: fed with AC
 *   0004 version u16, a date: YMDD      0006 voltage u16      0008 frequency u16, mHz
 *   000A, 000C power factor s16, 2^-15  000E, 0012 current u32      0016, 001A active power u32, without its sign
 *   002E, 0036 imported energy u64      00A0 configuration u32; bits 8, 9: energy is counted
 *   00A8 N u16: values are of 2^N cycles of the mains
 *   00AE, 00BE range u32 of outlet 1, 2: byte 0 voltage, 1 current, 2 power
 *
 * Low byte first. What a count of voltage, current and power is depends on those ranges (by how many places to the right the chip shifts
 * its sums): 0.1 V at 18, 0.1 mA at 12, 10 mW at 19, twice as much with each that the range is greater. That these hold rests on two
 * programs of others, at range 19 and range 6; so voltage, current, power and power factor have to agree with each other, or there is none
 * of them.
 */
#ifndef JOULERIG_DRIVERS_METERS_MCP39F511N_WIRE_H
#define JOULERIG_DRIVERS_METERS_MCP39F511N_WIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum mcp_register { MCP_STATUS = 0x0002, MCP_ENERGY = 0x002e, MCP_CONFIGURATION = 0x00a0, MCP_INTERVAL = 0x00a8 };
#define MCP_VALUES_SIZE 28   /* from MCP_STATUS on */
#define MCP_ENERGY_SIZE 16
#define MCP_SETTINGS_SIZE 26 /* from MCP_INTERVAL on */
#define MCP_DATA_MAX 32
#define MCP_REQUEST_MAX 16
#define MCP_REPLY_MAX (MCP_DATA_MAX + 3)
#define MCP_OUTLETS 2

/* Each returns the frame's length. */
size_t mcp_read_request(uint16_t address, uint8_t count, uint8_t frame[MCP_REQUEST_MAX]);
size_t mcp_write_request(uint16_t address, uint16_t value, uint8_t frame[MCP_REQUEST_MAX]);

enum mcp_answer { MCP_OK, MCP_REFUSED, MCP_MALFORMED };
/* `count`: bytes that were asked for; 0: a write. With MCP_OK they are at bytes + 2. */
enum mcp_answer mcp_reply_decode(const uint8_t *bytes, size_t size, size_t count);

struct mcp_settings {
	unsigned interval; /* N */
	uint8_t voltage, current[MCP_OUTLETS], power[MCP_OUTLETS]; /* ranges */
};
int mcp_settings_decode(const uint8_t data[MCP_SETTINGS_SIZE], struct mcp_settings *settings); /* -1: no such ranges */
double mcp_power_step(const struct mcp_settings *settings, int outlet); /* W of a count */

struct mcp_outlet {
	double current, power, power_factor; /* A, W, 1; power is NAN when flagged */
	uint32_t flags; /* enum record_flag: FLAG_IMPLAUSIBLE: its registers do not agree with each other */
};
struct mcp_values {
	unsigned version;
	double voltage, frequency; /* V, Hz */
	struct mcp_outlet outlet[MCP_OUTLETS];
};
void mcp_values_decode(const uint8_t data[MCP_VALUES_SIZE], const struct mcp_settings *settings, struct mcp_values *values);

uint64_t mcp_u64(const uint8_t *bytes); /* low byte first */

#endif
