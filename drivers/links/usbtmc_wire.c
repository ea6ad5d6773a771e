/*
 * usbtmc_wire: every bulk transfer begins with twelve bytes, numbers little endian
 *
 *      0      1      2      3    4 … 7      8            9   10  11   12 …
 *    MsgID   tag   ~tag     0    size    attributes      0    0   0   data, zeros up to a multiple of 4
 *
 *   MsgID 1  from the host: `size` bytes of a message follow; attributes bit 0: the message ends with them
 *   MsgID 2  from the host: send at most `size` bytes; attributes bit 1 would ask to stop at a character (byte 9): never used
 *   MsgID 2  from the instrument: `size` bytes follow; attributes bit 0 as above; more bytes behind them mean nothing
 *
 * A transfer ends with a packet that is not full. The instrument repeats the tag of the request that it answers; the host takes
 * a new one for every transfer that it sends. The answer to GET_CAPABILITIES has 24 bytes:
 *
 *      0       1    2 3      4          5      6 … 11   12 13     14          15      16 … 23
 *    status    0   version  interface  device    0      version  488 interface  488 device   0
 *                            bit 1: talks only                    bit 1: takes   bit 1: RL1, may be remote
 *                            bit 0: listens only                  REN_CONTROL    or local
 */
#include "usbtmc_wire.h"

#include <string.h>

enum { MESSAGE_OUT = 1, REQUEST_IN = 2, MESSAGE_IN = 2 };
#define END_OF_MESSAGE 0x01

static const struct {
	uint16_t vendor;
	int product; /* -1: all of this vendor's */
} without_ren[] = {
	{ 0x0b21, -1 }, /* Yokogawa */
	{ 0xf4ec, -1 }, /* Siglent */
	{ 0x0957, 0x0588 }, { 0x1ab1, 0x0588 }, { 0x1ab1, 0x04b0 }, { 0x1ab1, 0x04b1 }, { 0x1ab1, 0x0515 }, /* Rigol */
};

bool usbtmc_may_send_ren(uint16_t vendor, uint16_t product)
{
	for (size_t i = 0; i < sizeof without_ren / sizeof *without_ren; i++)
		if (without_ren[i].vendor == vendor && (without_ren[i].product < 0 || without_ren[i].product == product))
			return false;
	return true;
}

uint8_t usbtmc_next_tag(uint8_t tag)
{
	return tag == UINT8_MAX ? 1 : (uint8_t)(tag + 1);
}

size_t usbtmc_padded(size_t size)
{
	return (USBTMC_HEADER + size + 3) & ~(size_t)3;
}

static void encode(uint8_t *header, uint8_t id, uint8_t tag, uint32_t size, uint8_t attributes)
{
	memset(header, 0, USBTMC_HEADER);
	header[0] = id;
	header[1] = tag;
	header[2] = (uint8_t)~tag;
	for (int i = 0; i < 4; i++)
		header[4 + i] = (uint8_t)(size >> 8 * i);
	header[8] = attributes;
}

void usbtmc_message_encode(uint8_t *header, uint8_t tag, uint32_t size, bool end)
{
	encode(header, MESSAGE_OUT, tag, size, end ? END_OF_MESSAGE : 0);
}

void usbtmc_request_encode(uint8_t *header, uint8_t tag, uint32_t most)
{
	encode(header, REQUEST_IN, tag, most, 0);
}

const char *usbtmc_reply_decode(const uint8_t *bytes, size_t got, uint8_t tag, uint32_t most, struct usbtmc_reply *reply)
{
	if (got < USBTMC_HEADER)
		return "a transfer too short for a header";
	if (bytes[0] != MESSAGE_IN)
		return "a header with another MsgID than DEV_DEP_MSG_IN";
	if ((bytes[1] ^ bytes[2]) != 0xff)
		return "a tag that differs from its inverse";
	if (bytes[1] != tag)
		return "a tag that was not asked for";
	uint32_t size = 0;
	for (int i = 0; i < 4; i++)
		size |= (uint32_t)bytes[4 + i] << 8 * i;
	if (size == 0)
		return "a reply without a byte";
	if (size > most)
		return "a reply longer than asked for";
	if (size > got - USBTMC_HEADER)
		return "a reply shorter than its header says";
	*reply = (struct usbtmc_reply){ bytes + USBTMC_HEADER, size, bytes[8] & END_OF_MESSAGE };
	return NULL;
}

const char *usbtmc_capabilities_decode(const uint8_t *bytes, size_t got, struct usbtmc_capabilities *capabilities)
{
	if (got < 1)
		return "an empty answer to GET_CAPABILITIES";
	if (bytes[0] != STATUS_SUCCESS)
		return "GET_CAPABILITIES failed";
	if (got < USBTMC_CAPABILITIES)
		return "an answer to GET_CAPABILITIES that is cut off";
	*capabilities = (struct usbtmc_capabilities){
		.talk_only = bytes[4] & 2, .listen_only = bytes[4] & 1, .ren = bytes[14] & 2, .remote_local = bytes[15] & 2,
	};
	return NULL;
}
