#include "crc32c.h"

#include <isa-l/crc.h>

#define PIECE ((size_t)1 << 30) /* isa-l counts in int */

uint32_t crc32c(uint32_t crc, const void *bytes, size_t length)
{
	unsigned char *at = (unsigned char *)(uintptr_t)bytes; /* isa-l reads only, but does not say const */
	crc = ~crc;                                            /* isa-l leaves both inversions to its caller */
	while (length > 0) {
		size_t piece = length < PIECE ? length : PIECE;
		crc = crc32_iscsi(at, (int)piece, crc);
		at += piece;
		length -= piece;
	}
	return ~crc;
}
