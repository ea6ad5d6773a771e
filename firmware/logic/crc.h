/* SPDX-License-Identifier: Apache-2.0 */
/*
 * crc: CRC-32 of IEEE 802.3 (reflected, polynomial 0xedb88320, seed and final XOR 0xffffffff), as zlib's crc32(). By a table of
 * 1 KiB, const: the linker script puts this layer's .rodata into SRAM, as its code.
 */
#ifndef JOULERIG_FIRMWARE_CRC_H
#define JOULERIG_FIRMWARE_CRC_H

#include <stddef.h>
#include <stdint.h>

/* Of `size` bytes that follow those `crc` is of; 0 for the first. */
uint32_t crc32_of(uint32_t crc, const void *bytes, size_t size);

#endif
