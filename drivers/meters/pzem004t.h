/*
 * The pure decoder of the pzem004t driver: replies of the PZEM-004T (version 3) in Modbus RTU, as bytes in, struct out. Its wire format is
 * drawn in pzem004t.c.
 */
#ifndef JOULERIG_DRIVERS_METERS_PZEM004T_H
#define JOULERIG_DRIVERS_METERS_PZEM004T_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PZEM_REQUEST_SIZE 8
#define PZEM_REPLY_SIZE 25
#define PZEM_EXCEPTION_SIZE 5
#define PZEM_GENERAL_ADDRESS 0xf8 /* whoever is there; for one alone on its line */

uint16_t pzem_crc(const uint8_t *bytes, size_t size);
void pzem_request(uint8_t address, uint8_t request[PZEM_REQUEST_SIZE]);

/* How long a reply is that begins so, of at least two bytes; 0: it is none. */
size_t pzem_reply_length(const uint8_t *bytes);

struct pzem_range {
	double current; /* A: of the variant, 10 or 100 */
	double power;   /* W */
};
struct pzem_reading {
	double voltage, current, power, frequency, power_factor; /* V, A, W, Hz, 1; NAN together with a flag */
	uint32_t voltage_flags, current_flags, power_flags, energy_flags; /* enum record_flag */
	uint64_t energy; /* Wh */
	uint16_t alarm;
};
/* 0; -1 for what is no reply to pzem_request, or garbled; the exception's code (1 and more) where it refuses. */
int pzem_reply_decode(const uint8_t *bytes, size_t size, uint8_t address, const struct pzem_range *range, struct pzem_reading *reading);

#endif
