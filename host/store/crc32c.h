/*
 * crc32c: the checksum of journal blocks and of stored arrays (Castagnoli's polynomial, as iSCSI, ext4 and SSE 4.2 have it).
 */
#ifndef JOULERIG_STORE_CRC32C_H
#define JOULERIG_STORE_CRC32C_H

#include <stddef.h>
#include <stdint.h>

/* Of `bytes`, continued from `crc` (0 to begin): crc32c(crc32c(0, a), b) is that of a and b joined. */
uint32_t crc32c(uint32_t crc, const void *bytes, size_t length);

#endif
