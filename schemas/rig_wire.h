/* SPDX-License-Identifier: Apache-2.0 */
/*
 * rig_wire: what the trigger rig and its host say to each other, over a stream of bytes in each direction (USB CDC-ACM; in tests a
 * pty). Both sides compile this one header; each has a codec of its own. Little-endian, as both sides are.
 *
 *   stream   frames, each ended by one byte 0. Two ends in a row are an empty frame, which means nothing: whoever begins to
 *            talk sends an end first, so that what the line held before is no part of his frame.
 *   frame    COBS (Cheshire & Baker, IEEE/ACM Trans. Networking 7(2), 1999) of a body of at most 252 bytes: one byte longer than it
 *   body     struct rig_head, payload (at most RIG_PAYLOAD_MAX bytes), CRC-32 (IEEE 802.3, reflected, as zlib's) of both, u32
 *
 * The host commands, the device replies and streams. A command is answered once, by a reply of the command's type with RIG_REPLY
 * added and the command's tag, or by RIG_REFUSED with its tag and a reason; with RIG_QUIET in the tag, only if it is refused. What is
 * no frame (COBS or CRC wrong, longer than the longest) is dropped by either side and counted; the device tells its count in band
 * (RIG_LOST). A type that the host does not know is dropped and counted by it, so that a newer device may stream more.
 *
 * Versions. The first command is RIG_HELLO. Its reply never changes in the fields it has; with another `wire_major` no other
 * command is sent. A greater `wire_minor` only adds: types, capability bits, fields at the end of a payload. A receiver takes a
 * payload that is longer than it knows, and refuses a shorter one.
 *
 * Time. All device times are u64 microseconds since the device's reset ("ticks"), from one 64-bit counter that starts at 0 and does
 * not roll over. The device knows no host time: the host asks for exchanges (RIG_SYNC) and maps ticks itself, in analysis. A tick that
 * goes back is a reset, and so is a `boots` that has changed.
 *
 * Nothing depends on DTR, RTS or line coding: over a pty there is none. When the host goes away (bus reset, suspend, unplugged)
 * streams stop and outputs go low.
 */
#ifndef JOULERIG_RIG_WIRE_H
#define JOULERIG_RIG_WIRE_H

#include <stddef.h>
#include <stdint.h>

#define RIG_WIRE_MAJOR 1u
#define RIG_WIRE_MINOR 0u
#define RIG_MAGIC UINT32_C(0x4749524a) /* "JRIG" */

#define RIG_PAYLOAD_MAX 240u
#define RIG_BODY_MAX 252u  /* head, payload, CRC: so that COBS adds one byte, and a frame with its end is 254 bytes */
#define RIG_FRAME_MAX 253u /* without its end */
#define RIG_REPLY 0x40u
#define RIG_QUIET UINT32_C(0x80000000) /* in a tag: no reply unless refused */

#define RIG_INPUTS 4u
#define RIG_OUTPUTS 2u
#define RIG_ADC_CHANNELS 2u
#define RIG_TICK_NS 1000u
#define RIG_ADC_CLOCK_HZ 48000000u  /* the ADC's conversions start each so many of its cycles: same crystal as ticks */
#define RIG_ADC_RATE_MIN 1000u      /* sets/s: of one sample of each channel that is on */
#define RIG_ADC_RATE_MAX 200000u
#define RIG_ADC_BITS 12u

/* ---- types ---- */

enum rig_type {
	/* host to device; the reply's payload stands behind the arrow; none: empty */
	RIG_HELLO = 0x01,     /* struct rig_hello        -> struct rig_identity. Streams go on as they were */
	RIG_SYNC = 0x02,      /* none                    -> struct rig_sync */
	RIG_SET_OUTPUT = 0x03, /* struct rig_set_output  -> struct rig_output_set */
	RIG_INPUT = 0x04,     /* struct rig_input: how one input is to be watched -> none */
	RIG_ADC_START = 0x05, /* struct rig_adc_start    -> struct rig_adc_started. Refused (BUSY) while it runs */
	RIG_ADC_STOP = 0x06,  /* none                    -> none. What was sampled before is sent before the reply */
	RIG_POWER_START = 0x07, /* struct rig_power_start -> struct rig_power_started. The INA228; NOT_PRESENT without one */
	RIG_POWER_STOP = 0x08, /* none                   -> none */
	RIG_COUNT_START = 0x09, /* struct rig_count_start -> none. Pulses are counted on inputs in RIG_WATCH_COUNT */
	RIG_COUNT_STOP = 0x0a, /* none                   -> none */
	RIG_STATUS = 0x0b,    /* none                    -> struct rig_lost, as of now */
	RIG_SELF_TEST = 0x0c, /* none                    -> struct rig_self_test. BUSY while the ADC runs or an output is high */
	RIG_STOP = 0x0d,      /* none                    -> none. All streams end, outputs go low, inputs are no longer watched */
	RIG_RESET = 0x0e,     /* struct rig_reset        -> none, and then the device resets */

	/* device to host, tag 0 */
	RIG_REFUSED = 0x7f,   /* struct rig_refused, with the command's tag; tag 0: it could not be read */
	RIG_EDGES = 0x80,     /* 1 to RIG_EDGES_MAX struct rig_edge, in the order of time */
	RIG_SAMPLES = 0x81,   /* struct rig_samples and packed samples */
	RIG_POWER = 0x82,     /* struct rig_power */
	RIG_COUNTS = 0x83,    /* struct rig_counts */
	RIG_LOST = 0x84,      /* struct rig_lost: when any of its counts has grown */
};

struct rig_head {
	uint8_t type;      /* enum rig_type */
	uint8_t zero;
	uint16_t sequence; /* device to host: one more for each frame that it wished to send, so a dropped one leaves a hole; host to
			      device: not looked at */
	uint32_t tag;      /* of a command, chosen by the host; repeated in its reply. 0 is no command's tag */
};

/* ---- who is there ---- */

struct rig_hello {
	uint32_t magic;
	uint16_t wire_major, wire_minor; /* of the host */
};

enum rig_capability {
	RIG_CAN_EDGES = 1u << 0,
	RIG_CAN_ADC = 1u << 1,
	RIG_CAN_POWER = 1u << 2, /* an INA228 answers */
	RIG_CAN_COUNT = 1u << 3,
	RIG_IS_SIMULATED = 1u << 31, /* the serial number begins with "SIM": a rehearsal */
};
enum rig_boot { RIG_BOOT_POWER = 1, RIG_BOOT_PIN, RIG_BOOT_WATCHDOG, RIG_BOOT_COMMAND };

struct rig_identity {
	uint32_t magic;
	uint16_t wire_major, wire_minor;
	uint16_t firmware_major, firmware_minor, firmware_patch;
	uint16_t boot;           /* enum rig_boot: why it last began */
	uint32_t boots;          /* resets since power came; carried over resets */
	uint32_t capabilities;   /* enum rig_capability */
	char board[16];          /* "joulerig rig 1"; NUL-padded, as are all texts; a text may fill its field */
	char serial[16];         /* from the identity page of its flash; "" when none was written */
	uint64_t now;            /* ticks */
	uint32_t stamp_u_ns;     /* half-width: a stamp is at most this far from the edge at the microcontroller's pin */
	uint8_t inputs, outputs, adc_channels, zero;
	int32_t input_delay_ns[RIG_INPUTS][2];   /* calibrated on this board, rise and fall: from the terminal to the pin, to be taken off;
						    INT32_MIN: not calibrated (rig_board.h has the design's figures) */
	int32_t output_delay_ns[RIG_OUTPUTS][2]; /* from the pin to the terminal */
};

struct rig_refused {
	uint8_t command, reason; /* its type, 0: could not be read; enum rig_reason */
	uint16_t offset;         /* of the field that is at fault in the command's payload */
	uint32_t limit;          /* the nearest value that would do; 0 where there is none */
};
enum rig_reason {
	RIG_UNKNOWN = 1, /* no such command */
	RIG_LENGTH,      /* its payload is too short, or longer than RIG_PAYLOAD_MAX */
	RIG_VALUE,       /* a field's value */
	RIG_BUSY,        /* not while something else goes on */
	RIG_NOT_PRESENT, /* the board has no such part, or it does not answer */
	RIG_VERSION,     /* a HELLO of another major version, or no HELLO yet */
	RIG_MALFORMED,   /* no frame: COBS or CRC wrong, or too long. Told at most 10 times a second; RIG_LOST counts all */
};

/* ---- time ---- */

struct rig_sync {
	uint64_t received; /* ticks at which the command's last byte was there, taken in the interrupt */
	uint64_t sent;     /* ticks at which this reply was handed to the USB controller, as near as the device can tell */
};

/* ---- lines ---- */

enum rig_line { RIG_IN1, RIG_IN2, RIG_IN3, RIG_IN4, RIG_OUT1 = 16, RIG_OUT2, RIG_LINES_END };

struct rig_set_output {
	uint8_t line, high; /* RIG_OUT1 or RIG_OUT2; 0 or 1 */
	uint16_t zero;
};
struct rig_output_set {
	uint64_t ticks; /* when it was set; the same instant goes out as a RIG_EDGES of that line, if it changed */
};

enum rig_watch {
	RIG_WATCH_OFF,
	RIG_WATCH_EDGES, /* each edge is stamped and sent */
	RIG_WATCH_COUNT, /* pulses (their leading edges) are counted, and sent in RIG_COUNTS */
};
struct rig_input {
	uint8_t line, watch; /* RIG_IN1..RIG_IN4; enum rig_watch */
	uint8_t inverted;    /* 1: the terminal is high when the pin is low (rig_board.h: not on the rig's board); `high` and pulses are the
				terminal's */
	uint8_t zero;
	uint32_t settle_us;  /* counting: a pulse that is shorter is no pulse (S0: IEC 62053-31 asks for 30 ms); edges: 0 */
};

#define RIG_EDGES_MAX 15u
#define RIG_NO_SAMPLE UINT32_MAX
struct rig_edge {
	uint64_t ticks;
	uint32_t sample;  /* the set that was being converted, modulo 2^32; RIG_NO_SAMPLE: the ADC does not run */
	uint8_t line;     /* enum rig_line */
	uint8_t high;     /* the level after it */
	uint16_t number;  /* of this line's edges, modulo 2^16: a hole is edges that were lost */
};

/* ---- pulses ---- */

struct rig_count_start {
	uint32_t period_us; /* between RIG_COUNTS: 10 ms to 60 s */
};
struct rig_counts {
	uint64_t ticks;
	struct {
		uint32_t pulses; /* since RIG_INPUT; modulo 2^32 */
		uint32_t zero;
		uint64_t last;   /* ticks of the last one's leading edge; 0: none yet */
	} inputs[RIG_INPUTS];
};

/* ---- samples ---- */

struct rig_adc_start {
	uint32_t rate;     /* sets/s, RIG_ADC_RATE_MIN to RIG_ADC_RATE_MAX */
	uint8_t channels;  /* bit 0: ADC0, bit 1: ADC1 */
	uint8_t zero[3];
};
struct rig_adc_started {
	uint64_t ticks;    /* when the first set began */
	uint32_t period_256; /* from one set to the next, in 1/256 cycles of RIG_ADC_CLOCK_HZ: what the divider could do */
	uint32_t u_ns;     /* half-width of `ticks` */
};
#define RIG_SAMPLES_PACKED_MAX (RIG_PAYLOAD_MAX - 32u) /* bytes */
struct rig_samples {
	uint64_t first;    /* number of the first set, from 0: an instant is rig_adc_started.ticks + number x period */
	uint64_t ticks;    /* when the block was complete, stamped in the interrupt: keeps the axis honest, is not its source */
	uint32_t lost;     /* sets that were never sent since the start, all told */
	uint16_t sets;
	uint8_t channels;  /* as in rig_adc_start */
	uint8_t zero;
	uint8_t errors[RIG_ADC_CHANNELS]; /* conversions with the ADC's ERR bit in this block; 255: that many or more */
	uint8_t zeros[6];
	/* then sets x channels samples of 12 bits, ADC0 first, two in three bytes: a = b0 | (b1 & 15) << 8, b = b1 >> 4 | b2 << 4;
	 * an odd last one in two bytes, as if a zero followed */
};

/* ---- the INA228 (Texas Instruments SBOS886): its registers as they are ---- */

struct rig_power_start {
	uint32_t period_us;      /* between RIG_POWER: at least 1 ms, and no less than a conversion takes */
	uint16_t shunt_cal;      /* SHUNT_CAL register; 0: leave it as it is */
	uint16_t adc_config;     /* ADC_CONFIG register; 0: leave it */
	uint8_t narrow;          /* CONFIG.ADCRANGE: 1: +-40.96 mV */
	uint8_t reset_energy;    /* CONFIG.RSTACC: 1: the accumulators begin at 0 */
	uint16_t zero;
};
struct rig_power_started {
	uint64_t ticks;
	uint16_t device_id, config, adc_config, shunt_cal; /* as read back */
};
struct rig_power {
	uint64_t ticks;  /* the middle of reading ENERGY */
	uint64_t energy; /* 40 bits, unsigned */
	int64_t charge;  /* 40 bits, sign-extended */
	uint32_t power;  /* 24 bits, unsigned */
	int32_t voltage; /* VBUS, 20 bits, sign-extended */
	int32_t current; /* 20 bits, sign-extended */
	uint16_t diagnosis; /* DIAG_ALRT: energy and charge overflow, math overflow, memory status... */
	int16_t temperature;
	uint16_t u_us;   /* half of the time that reading ENERGY took */
	uint16_t failed; /* reads of the part that failed since the start */
};

/* ---- what was lost, and how the device is ---- */

struct rig_lost {
	uint64_t ticks;
	uint32_t edges;   /* that no room was left for; since reset, as all here */
	uint32_t sets;    /* of samples */
	uint32_t frames;  /* streamed frames that the host did not take in time (replies are never dropped) */
	uint32_t malformed; /* what came in and was no frame */
	uint32_t refused; /* commands */
	uint32_t host_left; /* times the host went away */
};

enum rig_check { /* bits; a check that could not be made is in neither word */
	RIG_CHECK_CODE = 1u << 0,   /* checksum of the image */
	RIG_CHECK_MEMORY = 1u << 1, /* a pattern in memory that nobody uses */
	RIG_CHECK_TIMER = 1u << 2,  /* the 64-bit timer against SysTick, 1 % */
	RIG_CHECK_ADC = 1u << 3,    /* the temperature sensor reads between -40 and 125 degrees C */
	RIG_CHECK_OUT1 = 1u << 4,   /* OUT1, read back at the sense pin */
	RIG_CHECK_LOOP = 1u << 5,   /* OUT1 seen by IN1, where they are wired to each other */
	RIG_CHECK_POWER = 1u << 6,  /* the INA228's identity registers */
	RIG_CHECK_SERIAL = 1u << 7, /* the identity page's checksum */
};
struct rig_self_test {
	uint32_t passed, failed;
	int32_t loop_delay_ns[2]; /* OUT1's pin to IN1's pin, rise and fall; INT32_MIN: not wired */
	int32_t temperature_mc;   /* 1/1000 degrees C, of the sensor inside */
	uint32_t stack_left;      /* bytes of the stack that were never used */
};

enum rig_reset_to { RIG_RESET_RUN, RIG_RESET_BOOTLOADER, RIG_RESET_HANG /* the main loop stops: the watchdog has to end it */ };
struct rig_reset {
	uint32_t magic; /* RIG_MAGIC: not by accident */
	uint32_t to;    /* enum rig_reset_to */
};

/* Laid out alike everywhere: every field on a multiple of its size. */
#define RIG_SIZE(type, bytes) _Static_assert(sizeof(struct type) == (bytes), "struct " #type " on the wire")
RIG_SIZE(rig_head, 8);
RIG_SIZE(rig_hello, 8);
RIG_SIZE(rig_identity, 120);
RIG_SIZE(rig_refused, 8);
RIG_SIZE(rig_sync, 16);
RIG_SIZE(rig_set_output, 4);
RIG_SIZE(rig_output_set, 8);
RIG_SIZE(rig_input, 8);
RIG_SIZE(rig_edge, 16);
RIG_SIZE(rig_count_start, 4);
RIG_SIZE(rig_counts, 8 + 16 * RIG_INPUTS);
RIG_SIZE(rig_adc_start, 8);
RIG_SIZE(rig_adc_started, 16);
RIG_SIZE(rig_samples, 32);
RIG_SIZE(rig_power_start, 12);
RIG_SIZE(rig_power_started, 16);
RIG_SIZE(rig_power, 48);
RIG_SIZE(rig_lost, 32);
RIG_SIZE(rig_self_test, 24);
RIG_SIZE(rig_reset, 8);
_Static_assert(RIG_BODY_MAX == sizeof(struct rig_head) + RIG_PAYLOAD_MAX + 4, "a body is a head, a payload, a checksum");
_Static_assert(RIG_EDGES_MAX * sizeof(struct rig_edge) <= RIG_PAYLOAD_MAX, "as many edges as fit");

#endif
