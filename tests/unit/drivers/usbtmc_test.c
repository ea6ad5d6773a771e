/* USBTMC against a scripted instrument in process, on a clock of the test's own; and the choice of pipes from descriptors. */
#include <stdio.h>

#include "links/usb_list.h"
#include "links/usbtmc_engine.h"
#include "unit.h"

#define PACKET 64
#define SOON (fake.now + NS_PER_S)

/* ---- the instrument: answers from lists, and a log of what it was asked ---- */

struct step {
	uint8_t request; /* control: which it answers */
	enum usb usb;
	bool as_asked;   /* bulk: the header repeats the tag asked for */
	uint8_t bytes[6000];
	size_t size;
	int64_t takes;
};

static struct fake {
	struct usb_port port;
	struct timebase timebase;
	int64_t now;
	char log[4096];
	struct step in[16], answers[300], out[16]; /* an empty list of `out` takes everything */
	int n_in, n_answers, n_out, at_in, at_out;
	uint8_t tag; /* of the last transfer seen */
	size_t offset; /* bytes of in[at_in] that were read already */
	bool gone;
} fake;
static struct usbtmc tmc;

static void note(const char *format, ...) __attribute__((format(printf, 1, 2)));
static void note(const char *format, ...)
{
	size_t length = strlen(fake.log);
	va_list arguments;
	va_start(arguments, format);
	vsnprintf(fake.log + length, sizeof fake.log - length, format, arguments);
	va_end(arguments);
}

static enum usb passes(int64_t takes, enum usb usb, int64_t deadline)
{
	if (fake.gone)
		return USB_GONE;
	if (fake.now >= deadline || fake.now + takes > deadline || usb == USB_TIMEOUT) {
		fake.now = deadline > fake.now ? deadline : fake.now;
		return USB_TIMEOUT;
	}
	fake.now += takes;
	return usb;
}

/* Every rule that the host must keep is checked here. */
static void check_header(const uint8_t *bytes, size_t size)
{
	uint32_t length = bytes[4] | bytes[5] << 8 | bytes[6] << 16 | (uint32_t)bytes[7] << 24;
	assert_true(size >= 12 && size % 4 == 0);
	assert_int_equal(bytes[1], fake.tag == 255 ? 1 : fake.tag + 1);
	assert_int_equal(bytes[2], 255 - bytes[1]);
	assert_true(bytes[3] == 0 && bytes[9] == 0 && bytes[10] == 0 && bytes[11] == 0);
	fake.tag = bytes[1];
	if (bytes[0] == 2) {
		assert_int_equal(size, 12);
		assert_int_equal(bytes[8], 0);
		note("?%u ", length);
		return;
	}
	assert_int_equal(bytes[0], 1);
	assert_in_range(bytes[8], 0, 1);
	assert_int_equal(size, (12 + length + 3) / 4 * 4);
	for (size_t i = 12 + length; i < size; i++)
		assert_int_equal(bytes[i], 0);
	note("%.*s%s ", length < 40 ? (int)length : 3, (const char *)bytes + 12, bytes[8] ? "" : "+");
}

static enum usb fake_out(struct usb_port *port, const uint8_t *bytes, size_t size, size_t *sent, int64_t deadline)
{
	(void)port;
	const struct step *step = fake.at_out < fake.n_out ? &fake.out[fake.at_out++] : &(struct step){ .usb = USB_OK };
	enum usb usb = passes(1000, step->usb, deadline);
	*sent = usb == USB_OK ? step->size ? step->size : size : 0;
	check_header(bytes, size);
	if (usb != USB_OK)
		note("!%d ", usb);
	return usb;
}

static enum usb fake_in(struct usb_port *port, uint8_t *bytes, size_t size, size_t *got, int64_t deadline)
{
	(void)port;
	assert_int_equal(size % PACKET, 0);
	*got = 0;
	if (fake.at_in == fake.n_in) {
		note("silence ");
		return passes(0, USB_TIMEOUT, deadline);
	}
	struct step *step = &fake.in[fake.at_in];
	enum usb usb = passes(step->takes ? step->takes : 1000, step->usb, deadline);
	if (usb != USB_OK) {
		fake.at_in += usb != USB_TIMEOUT || step->usb == USB_TIMEOUT;
		note("in!%d ", usb);
		return usb;
	}
	if (step->as_asked && fake.offset == 0) {
		step->bytes[1] = fake.tag;
		step->bytes[2] = (uint8_t)~fake.tag;
	}
	*got = step->size - fake.offset < size ? step->size - fake.offset : size;
	memcpy(bytes, step->bytes + fake.offset, *got);
	fake.offset += *got;
	note("in%zu ", *got);
	if (*got < size) { /* else the next read gets the rest */
		fake.at_in++;
		fake.offset = 0;
	}
	return USB_OK;
}

static const char *const request_names[] = { "", "abort-out", "check-out", "abort-in", "check-in", "clear", "check", "caps" };

static enum usb fake_control(struct usb_port *port, const struct usb_setup *setup, uint8_t *answer, size_t *got, int64_t deadline)
{
	(void)port;
	bool to_endpoint = setup->request >= 1 && setup->request <= 4;
	static const uint16_t sizes[] = { 0, 2, 8, 2, 8, 1, 2, 24 };
	assert_int_equal(setup->type, to_endpoint ? 0xa2 : 0xa1);
	assert_int_equal(setup->index, !to_endpoint ? 3 : setup->request <= 2 ? 0x02 : 0x81);
	assert_int_equal(setup->size, setup->request < 8 ? sizes[setup->request] : 1);
	if (setup->request < 8)
		note("%s", request_names[setup->request]);
	else
		note("request%d", setup->request);
	note(setup->value ? "(%d) " : " ", setup->value);
	static const struct step success = { .bytes = { 1 }, .size = 8 };
	const struct step *step = &success;
	for (int i = 0; i < fake.n_answers && step == &success; i++)
		if (fake.answers[i].request == setup->request)
			step = &fake.answers[i];
	enum usb usb = passes(step->takes ? step->takes : 100000, step->usb, deadline);
	*got = usb == USB_OK ? step->size < setup->size ? step->size : setup->size : 0;
	memcpy(answer, step->bytes, setup->size); /* what is behind `got` looks like an answer, too */
	if (step != &success)
		fake.answers[step - fake.answers].request = 0; /* used up */
	return usb;
}

static enum usb fake_clear_halt(struct usb_port *port, uint8_t endpoint, int64_t deadline)
{
	(void)port;
	note("unhalt(%02x) ", endpoint);
	return passes(100000, USB_OK, deadline);
}

static int64_t fake_now(struct timebase *self)
{
	(void)self;
	return fake.now;
}

static void fake_wait(struct timebase *self, int64_t deadline)
{
	(void)self;
	note("wait%d ", (int)((deadline - fake.now) / NS_PER_MS));
	fake.now = deadline;
}

static int begin(void **state)
{
	(void)state;
	memset(&fake, 0, sizeof fake);
	fake.now = NS_PER_S;
	fake.timebase = (struct timebase){ .now = fake_now, .wait_until = fake_wait };
	fake.port = (struct usb_port){
		.interface = 3, .in = 0x81, .out = 0x02, .packet_in = PACKET, .bulk_out = fake_out, .bulk_in = fake_in,
		.control = fake_control, .clear_halt = fake_clear_halt,
	};
	usbtmc_init(&tmc, &fake.port, &fake.timebase);
	tmc.tag = 0;
	return 0;
}

static struct step *in(enum usb usb)
{
	fake.in[fake.n_in] = (struct step){ .usb = usb };
	return &fake.in[fake.n_in++];
}

/* A transfer in answer to whatever is asked then: what the header says of its size, and what is there behind it. */
static struct step *reply(const char *text, uint32_t says, size_t is, bool end)
{
	struct step *step = in(USB_OK);
	step->as_asked = true;
	step->bytes[0] = 2;
	for (int i = 0; i < 4; i++)
		step->bytes[4 + i] = (uint8_t)(says >> 8 * i);
	step->bytes[8] = end;
	for (size_t i = 0; i < is; i++)
		step->bytes[12 + i] = (uint8_t)(i < strlen(text) ? text[i] : 'x');
	step->size = 12 + is;
	return step;
}

static struct step *conforming(const char *text, bool end)
{
	return reply(text, (uint32_t)strlen(text), strlen(text), end);
}

static struct step *answer(uint8_t request, enum usb usb, uint8_t status, uint8_t more)
{
	fake.answers[fake.n_answers] = (struct step){ .request = request, .usb = usb, .bytes = { status, more }, .size = 8 };
	return &fake.answers[fake.n_answers++];
}

static enum io say(const char *text)
{
	return usbtmc_send(&tmc, text, strlen(text), SOON);
}

/* Receives and compares; an empty text: nothing is received. */
static enum io hear(const char *text, bool ends)
{
	char bytes[8192];
	size_t got;
	bool end;
	enum io io = usbtmc_recv(&tmc, bytes, sizeof bytes, &got, &end, SOON);
	assert_int_equal(got, strlen(text));
	assert_memory_equal(bytes, text, got);
	assert_int_equal(end, ends);
	return io;
}

static void expect_log(const char *log)
{
	assert_string_equal(fake.log, log);
	fake.log[0] = '\0';
}

/* After whatever has happened: one clear, and the next question has its own answer. */
static void expect_recovery(const char *log)
{
	fake.log[0] = '\0';
	assert_int_equal(usbtmc_clear(&tmc, SOON), IO_OK);
	expect_log(log);
	fake.at_in = fake.n_in = 0;
	fake.offset = 0;
	conforming("fresh\n", true);
	assert_int_equal(say("Q?\n"), IO_OK);
	assert_int_equal(hear("fresh\n", true), IO_OK);
	expect_log("Q?\n ?4096 in18 ");
}

/* ---- messages ---- */

static void test_query(void **state)
{
	(void)state;
	conforming("YOKOGAWA\n", true);
	assert_int_equal(say("*IDN?\n"), IO_OK);
	assert_int_equal(hear("YOKOGAWA\n", true), IO_OK);
	expect_log("*IDN?\n ?4096 in21 ");
	for (const char *text = "abcdefgh"; *text; text++) /* each length of padding */
		assert_int_equal(say(text), IO_OK);
}

static void test_long_message(void **state)
{
	(void)state;
	static char text[2 * USBTMC_OUT + 1];
	memset(text, 'y', sizeof text);
	assert_int_equal(usbtmc_send(&tmc, text, sizeof text, SOON), IO_OK);
	expect_log("yyy+ yyy+ y ");
	assert_int_equal(usbtmc_send(&tmc, text, USBTMC_OUT, SOON), IO_OK);
	expect_log("yyy ");
}

static void test_tags(void **state)
{
	(void)state;
	for (int i = 0; i < 300; i++) /* the instrument checks them */
		assert_int_equal(say("x"), IO_OK);
	assert_int_equal(usbtmc_next_tag(0), 1);
	assert_int_equal(usbtmc_next_tag(255), 1);
}

static void test_several_transfers(void **state)
{
	(void)state;
	conforming("one", false);
	conforming("two", false);
	conforming("three\n", true);
	assert_int_equal(say("Q?\n"), IO_OK);
	assert_int_equal(hear("one", false), IO_OK);
	assert_int_equal(hear("two", false), IO_OK);
	assert_int_equal(hear("three\n", true), IO_OK);
	expect_log("Q?\n ?4096 in15 ?4096 in15 ?4096 in18 ");
	assert_int_equal(say("x"), IO_OK);
	expect_log("x ");
}

static void test_pieces(void **state)
{
	(void)state;
	char bytes[4];
	size_t got;
	bool end;
	conforming("abcdef", true);
	assert_int_equal(say("Q?\n"), IO_OK);
	assert_int_equal(usbtmc_recv(&tmc, bytes, 4, &got, &end, SOON), IO_OK);
	assert_true(got == 4 && !end && memcmp(bytes, "abcd", 4) == 0);
	assert_int_equal(usbtmc_recv(&tmc, bytes, 4, &got, &end, SOON), IO_OK);
	assert_true(got == 2 && end && memcmp(bytes, "ef", 2) == 0);
	expect_log("Q?\n ?4096 in18 ");
}

/* All that was asked for, at once; and bytes behind what the header says. */
static void test_full_and_aligned(void **state)
{
	(void)state;
	static char full[USBTMC_IN + 1];
	memset(full, 'x', USBTMC_IN);
	reply("", USBTMC_IN, USBTMC_IN, true);
	reply("abc", 3, 3 + PACKET - 1, true);
	assert_int_equal(say("Q?\n"), IO_OK);
	assert_int_equal(hear(full, true), IO_OK);
	assert_int_equal(say("Q?\n"), IO_OK);
	assert_int_equal(hear("abc", true), IO_OK);
}

/* The rest of a reply must not answer the next question. */
static void test_unread_rest(void **state)
{
	(void)state;
	char byte;
	size_t got;
	bool end;
	conforming("abc", true);
	assert_int_equal(say("Q?\n"), IO_OK);
	assert_int_equal(usbtmc_recv(&tmc, &byte, 1, &got, &end, SOON), IO_OK);
	assert_int_equal(say("Q?\n"), IO_OK);
	conforming("new", true);
	assert_int_equal(hear("new", true), IO_OK);
	expect_log("Q?\n ?4096 in15 Q?\n ?4096 in15 ");
	conforming("more to come", false);
	assert_int_equal(say("Q?\n"), IO_OK);
	assert_int_equal(hear("more to come", false), IO_OK);
	fake.log[0] = '\0';
	assert_int_equal(say("Q?\n"), IO_OK);
	expect_log("clear check unhalt(02) silence Q?\n ");
	conforming("new", true);
	assert_int_equal(hear("new", true), IO_OK);
}

/* ---- what is refused ---- */

static void refused(const char *fault)
{
	assert_int_equal(say("Q?\n"), IO_OK);
	assert_int_equal(hear("", false), IO_GARBLED);
	assert_string_equal(tmc.fault, fault);
	assert_int_equal(hear("", false), IO_GARBLED); /* and nothing is heard before a clear */
	expect_recovery("clear check unhalt(02) silence ");
}

static void test_bad_replies(void **state)
{
	(void)state;
	in(USB_OK)->size = 0;
	refused("a transfer too short for a header");
	reply("abc", 3, 3, true)->size = 11;
	refused("a transfer too short for a header");
	conforming("abc", true)->bytes[0] = 1;
	refused("a header with another MsgID than DEV_DEP_MSG_IN");
	struct step *step = conforming("abc", true);
	step->as_asked = false;
	step->bytes[1] = (uint8_t)(fake.tag + 2); /* right, */
	step->bytes[2] = step->bytes[1];          /* but not inverted */
	refused("a tag that differs from its inverse");
	step = conforming("abc", true);
	step->as_asked = false;
	step->bytes[1] = fake.tag;
	step->bytes[2] = (uint8_t)~fake.tag;
	refused("a tag that was not asked for");
	reply("", 0, 0, true);
	refused("a reply without a byte");
	reply("", 0, 8, false);
	refused("a reply without a byte");
	reply("abc", USBTMC_IN + 1, 3, true);
	refused("a reply longer than asked for");
	reply("abc", UINT32_MAX, 3, true);
	refused("a reply longer than asked for");
	reply("abc", 4, 3, true);
	refused("a reply shorter than its header says");
	reply("abc", 0x80000003, 3, true);
	refused("a reply longer than asked for");
}

/* More than there was room for: it goes on sending, and is told to stop. */
static void test_endless_reply(void **state)
{
	(void)state;
	reply("abc", 3, 5900, true);
	assert_int_equal(say("Q?\n"), IO_OK);
	assert_int_equal(hear("", false), IO_GARBLED);
	assert_string_equal(tmc.fault, "a reply longer than asked for");
	expect_recovery("abort-in(2) in1752 check-in clear check unhalt(02) silence ");
}

/* ---- the way back ---- */

static void test_silence(void **state)
{
	(void)state;
	assert_int_equal(say("Q?\n"), IO_OK);
	int64_t deadline = SOON;
	assert_int_equal(hear("", false), IO_TIMEOUT);
	assert_int_equal(fake.now, deadline);
	assert_int_equal(hear("", false), IO_GARBLED); /* a late reply is not taken for anything */
	expect_recovery("abort-in(2) silence check-in clear check unhalt(02) silence ");
	/* The tag aborted is the request's own. */
	assert_int_equal(say("Q?\n"), IO_OK);
	assert_int_equal(hear("", false), IO_TIMEOUT);
	expect_recovery("abort-in(6) silence check-in clear check unhalt(02) silence ");
}

static void test_send_clears_by_itself(void **state)
{
	(void)state;
	assert_int_equal(say("Q?\n"), IO_OK);
	assert_int_equal(hear("", false), IO_TIMEOUT);
	fake.log[0] = '\0';
	assert_int_equal(say("Q?\n"), IO_OK);
	expect_log("abort-in(2) silence check-in clear check unhalt(02) silence Q?\n ");
}

static void test_late_reply_is_drained(void **state)
{
	(void)state;
	conforming("late", true)->takes = 2 * NS_PER_S;
	assert_int_equal(say("Q?\n"), IO_OK);
	assert_int_equal(hear("", false), IO_TIMEOUT);
	fake.in[0].takes = 0;
	fake.in[0].as_asked = false;
	expect_recovery("abort-in(2) in16 check-in clear check unhalt(02) silence ");
}

static void test_pending(void **state)
{
	(void)state;
	assert_int_equal(say("Q?\n"), IO_OK);
	assert_int_equal(hear("", false), IO_TIMEOUT);
	answer(CHECK_ABORT_BULK_IN_STATUS, USB_OK, STATUS_PENDING, 0);
	answer(CHECK_ABORT_BULK_IN_STATUS, USB_OK, STATUS_PENDING, 1);
	for (int i = 0; i < 8; i++)
		answer(CHECK_CLEAR_STATUS, USB_OK, STATUS_PENDING, 0);
	answer(CHECK_CLEAR_STATUS, USB_OK, STATUS_PENDING, 1);
	reply("", 0, 10, true)->as_asked = false;
	reply("", 0, 5500, true)->as_asked = false;
	in(USB_STALL);
	expect_recovery("abort-in(2) in22 check-in wait1 check-in in5120 in392 check-in clear check wait1 check wait2 check wait4 "
			"check wait8 check wait16 check wait32 check wait50 check wait50 check in!2 unhalt(81) check unhalt(02) silence ");
}

/* Nothing of a clear takes longer than it may. */
static void test_pending_for_ever(void **state)
{
	(void)state;
	for (int i = 0; i < 250; i++)
		answer(CHECK_CLEAR_STATUS, USB_OK, STATUS_PENDING, (uint8_t)(i % 2));
	int64_t deadline = SOON;
	assert_int_equal(usbtmc_clear(&tmc, deadline), IO_TIMEOUT);
	assert_int_equal(fake.now, deadline);
	assert_string_equal(tmc.fault, "the instrument cannot be cleared");
	assert_int_equal(hear("", false), IO_GARBLED);
	fake.n_answers = 0;
	expect_recovery("clear check unhalt(02) silence ");
}

/* An abort that is not answered leaves half of the time to clear. */
static void test_abort_unanswered(void **state)
{
	(void)state;
	assert_int_equal(say("Q?\n"), IO_OK);
	assert_int_equal(hear("", false), IO_TIMEOUT);
	answer(INITIATE_ABORT_BULK_IN, USB_TIMEOUT, 0, 0);
	int64_t start = fake.now;
	fake.log[0] = '\0';
	assert_int_equal(usbtmc_clear(&tmc, start + NS_PER_S), IO_OK);
	expect_log("abort-in(2) clear check unhalt(02) silence ");
	assert_in_range(fake.now - start, NS_PER_S / 2, NS_PER_S / 2 + 25 * NS_PER_MS);
}

static void test_abort_refused(void **state)
{
	(void)state;
	static const struct {
		enum usb usb;
		uint8_t status;
	} ways[] = { { USB_STALL, 0 }, { USB_OK, STATUS_FAILED }, { USB_OK, STATUS_TRANSFER_NOT_IN_PROGRESS }, { USB_BROKEN, 0 } };
	for (size_t i = 0; i < sizeof ways / sizeof *ways; i++) {
		begin(NULL);
		assert_int_equal(say("Q?\n"), IO_OK);
		assert_int_equal(hear("", false), IO_TIMEOUT);
		answer(INITIATE_ABORT_BULK_IN, ways[i].usb, ways[i].status, 0);
		expect_recovery("abort-in(2) clear check unhalt(02) silence ");
	}
}

static void test_out_cut_off(void **state)
{
	(void)state;
	fake.out[0].usb = USB_TIMEOUT;
	fake.n_out = 1;
	int64_t deadline = SOON;
	assert_int_equal(say("Q?\n"), IO_TIMEOUT);
	assert_int_equal(fake.now, deadline);
	expect_recovery("abort-out(1) check-out unhalt(02) clear check unhalt(02) silence ");
	/* The same for a request, and for fewer bytes than were to be sent. */
	fake.at_out = 0;
	fake.n_out = 2;
	fake.out[0] = (struct step){ .usb = USB_OK };
	fake.out[1] = (struct step){ .usb = USB_OK, .size = 4 };
	assert_int_equal(say("Q?\n"), IO_OK);
	assert_int_equal(hear("", false), IO_GARBLED);
	answer(CHECK_ABORT_BULK_OUT_STATUS, USB_OK, STATUS_PENDING, 1); /* that bit means nothing here */
	expect_recovery("abort-out(5) check-out wait1 check-out unhalt(02) clear check unhalt(02) silence ");
}

static void test_stalls(void **state)
{
	(void)state;
	fake.out[0].usb = USB_STALL;
	fake.n_out = 1;
	assert_int_equal(say("Q?\n"), IO_GARBLED);
	assert_string_equal(tmc.fault, "the instrument halted its bulk-OUT pipe");
	answer(INITIATE_ABORT_BULK_OUT, USB_OK, STATUS_FAILED, 0);
	expect_recovery("abort-out(1) clear check unhalt(02) silence ");
	in(USB_STALL);
	assert_int_equal(say("Q?\n"), IO_OK);
	assert_int_equal(hear("", false), IO_GARBLED);
	assert_string_equal(tmc.fault, "the instrument halted its bulk-IN pipe");
	expect_recovery("unhalt(81) abort-in(5) silence check-in clear check unhalt(02) silence ");
}

static void test_clear_refused(void **state)
{
	(void)state;
	answer(INITIATE_CLEAR, USB_STALL, 0, 0);
	assert_int_equal(usbtmc_clear(&tmc, SOON), IO_GARBLED);
	answer(INITIATE_CLEAR, USB_OK, STATUS_FAILED, 0);
	assert_int_equal(usbtmc_clear(&tmc, SOON), IO_GARBLED);
	answer(CHECK_CLEAR_STATUS, USB_OK, STATUS_FAILED, 0);
	assert_int_equal(usbtmc_clear(&tmc, SOON), IO_GARBLED);
	answer(CHECK_CLEAR_STATUS, USB_OK, STATUS_SUCCESS, 0)->size = 0;
	assert_int_equal(usbtmc_clear(&tmc, SOON), IO_GARBLED);
	assert_int_equal(usbtmc_clear(&tmc, fake.now), IO_TIMEOUT);
	answer(INITIATE_CLEAR, USB_STALL, 0, 0);
	assert_int_equal(say("Q?\n"), IO_GARBLED); /* nothing is said meanwhile */
	expect_recovery("clear check unhalt(02) silence ");
}

static void test_unplug(void **state)
{
	(void)state;
	in(USB_GONE);
	assert_int_equal(say("Q?\n"), IO_OK);
	assert_int_equal(hear("", false), IO_GONE);
	fake.gone = true;
	fake.log[0] = '\0';
	assert_int_equal(usbtmc_clear(&tmc, SOON), IO_GONE);
	expect_log("abort-in(2) "); /* one attempt tells */
	assert_int_equal(say("Q?\n"), IO_GONE);
	struct usbtmc_capabilities can;
	assert_int_equal(usbtmc_get_capabilities(&tmc, &can, SOON), IO_GONE);
}

/* An old reply that clearing did not take back. */
static void test_left_behind(void **state)
{
	(void)state;
	conforming("old\n", true)->as_asked = false;
	reply("", 0, 5500, true)->as_asked = false;
	assert_int_equal(usbtmc_clear(&tmc, SOON), IO_OK);
	expect_log("clear check unhalt(02) in16 in5120 in392 silence ");
	in(USB_STALL);
	expect_recovery("clear check unhalt(02) in!2 unhalt(81) ");
	in(USB_GONE);
	assert_int_equal(usbtmc_clear(&tmc, SOON), IO_GONE);
	expect_recovery("clear check unhalt(02) silence ");
	reply("", 0, 10, true)->takes = 15 * NS_PER_MS;
	for (int i = 0; i < 10; i++)
		reply("", 0, 10, true)->takes = 15 * NS_PER_MS; /* it never ends */
	int64_t deadline = fake.now + 100 * NS_PER_MS;
	assert_int_equal(usbtmc_clear(&tmc, deadline), IO_TIMEOUT);
	assert_int_equal(fake.now, deadline);
}

/* ---- capabilities ---- */

static void test_capabilities(void **state)
{
	(void)state;
	struct usbtmc_capabilities can;
	struct step *step = answer(GET_CAPABILITIES, USB_OK, STATUS_SUCCESS, 0);
	step->size = 24;
	step->bytes[14] = 7;
	step->bytes[15] = 2;
	assert_int_equal(usbtmc_get_capabilities(&tmc, &can, SOON), IO_OK);
	assert_true(can.ren && can.remote_local && !can.talk_only && !can.listen_only);
	step = answer(GET_CAPABILITIES, USB_OK, STATUS_SUCCESS, 0);
	step->size = 24;
	step->bytes[4] = 2;
	assert_int_equal(usbtmc_get_capabilities(&tmc, &can, SOON), IO_OK);
	assert_true(!can.ren && !can.remote_local && can.talk_only && !can.listen_only);
	answer(GET_CAPABILITIES, USB_OK, STATUS_SUCCESS, 0)->size = 23;
	assert_int_equal(usbtmc_get_capabilities(&tmc, &can, SOON), IO_GARBLED);
	assert_string_equal(tmc.fault, "an answer to GET_CAPABILITIES that is cut off");
	answer(GET_CAPABILITIES, USB_OK, STATUS_FAILED, 0);
	assert_int_equal(usbtmc_get_capabilities(&tmc, &can, SOON), IO_GARBLED);
	assert_string_equal(tmc.fault, "GET_CAPABILITIES failed");
	answer(GET_CAPABILITIES, USB_STALL, 0, 0);
	assert_int_equal(usbtmc_get_capabilities(&tmc, &can, SOON), IO_GARBLED);
	assert_string_equal(tmc.fault, "GET_CAPABILITIES refused");
	answer(GET_CAPABILITIES, USB_TIMEOUT, 0, 0);
	assert_int_equal(usbtmc_get_capabilities(&tmc, &can, SOON), IO_TIMEOUT);
	assert_non_null(usbtmc_capabilities_decode(NULL, 0, &can));
}

static void test_remote(void **state)
{
	(void)state;
	assert_int_equal(usbtmc_remote(&tmc, true, SOON), IO_OK);
	assert_int_equal(usbtmc_remote(&tmc, false, SOON), IO_OK);
	expect_log("request160(1) request160 ");
	answer(REN_CONTROL, USB_OK, STATUS_FAILED, 0);
	assert_int_equal(usbtmc_remote(&tmc, true, SOON), IO_GARBLED);
	assert_false(usbtmc_may_send_ren(0x0b21, 0x0025));
	assert_false(usbtmc_may_send_ren(0x0b21, 0xffff));
	assert_false(usbtmc_may_send_ren(0x0957, 0x0588));
	assert_true(usbtmc_may_send_ren(0x0957, 0x0607));
}

/* ---- descriptors ---- */

static struct libusb_endpoint_descriptor pipe_of(uint8_t address, uint8_t type, uint16_t packet)
{
	return (struct libusb_endpoint_descriptor){ .bEndpointAddress = address, .bmAttributes = type, .wMaxPacketSize = packet };
}

static const char *pick(struct libusb_endpoint_descriptor *endpoints, uint8_t n, struct usb_pipes *pipes)
{
	bool present;
	struct libusb_interface_descriptor storage = { .bInterfaceClass = 8, .bInterfaceSubClass = 6, .bInterfaceProtocol = 80 };
	struct libusb_interface_descriptor instrument = {
		.bInterfaceNumber = 1, .bAlternateSetting = 2, .bInterfaceClass = 0xfe, .bInterfaceSubClass = 3, .bInterfaceProtocol = 1,
		.bNumEndpoints = n, .endpoint = endpoints,
	};
	struct libusb_interface interfaces[] = { { &storage, 1 }, { &instrument, 1 } };
	struct libusb_config_descriptor configuration = { .bNumInterfaces = 2, .interface = interfaces };
	const char *fault = usb_find_pipes(&configuration, pipes, &present);
	assert_true(present);
	return fault;
}

static void test_pipes(void **state)
{
	(void)state;
	struct usb_pipes pipes;
	struct libusb_endpoint_descriptor endpoints[] = { pipe_of(0x83, 3, 8), pipe_of(0x04, 2, 512), pipe_of(0x81, 2, 512) };
	assert_null(pick(endpoints, 3, &pipes));
	assert_true(pipes.interface == 1 && pipes.alternate == 2 && pipes.in == 0x81 && pipes.out == 4 && pipes.packet_in == 512);
	assert_string_equal(pick(endpoints, 2, &pipes), "it lacks a bulk pipe");
	assert_string_equal(pick(endpoints, 0, &pipes), "it lacks a bulk pipe");
	static const uint16_t wrong[] = { 0, 1, 7, 63, 65, 511, 513, 2048, 0x1400, 0xffff };
	for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
		endpoints[1].wMaxPacketSize = wrong[i];
		assert_string_equal(pick(endpoints, 3, &pipes), "its packets have a size that USB does not know");
		endpoints[1].wMaxPacketSize = 512;
		endpoints[2].wMaxPacketSize = wrong[i];
		assert_string_equal(pick(endpoints, 3, &pipes), "its packets have a size that USB does not know");
		endpoints[2].wMaxPacketSize = 512;
	}
	endpoints[0] = pipe_of(0x83, 2, 512);
	assert_string_equal(pick(endpoints, 3, &pipes), "it has more than one bulk pipe in one direction");
	endpoints[2] = pipe_of(0x80, 2, 512);
	endpoints[0] = pipe_of(0x83, 3, 8);
	assert_string_equal(pick(endpoints, 3, &pipes), "a bulk pipe has the address of the control pipe");
	bool present;
	struct libusb_config_descriptor empty = { .bNumInterfaces = 0 };
	assert_non_null(usb_find_pipes(&empty, &pipes, &present));
	assert_false(present);
}

/* ---- endpoints ---- */

static void test_open_refuses(void **state)
{
	(void)state;
	static const char *const wrong[] = { "usbtmc://0b21", "usbtmc://0b21:", "usbtmc://:0025", "usbtmc://0b21:00255",
					     "usbtmc://0b21:0x25", "usbtmc://yoko:gawa", "usbtmc://0b21:0025:1/SERIAL" };
	for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
		struct endpoint endpoint;
		struct error error = ERROR_INIT;
		assert_int_equal(endpoint_parse(wrong[i], &endpoint, NULL), 0);
		assert_null(link_open(&endpoint, &timebase_real, clock_now(CLOCK_ID_MONOTONIC) + NS_PER_S, &error));
		assert_int_equal(error.code, ERROR_CONFIG);
		assert_non_null(strstr(error.remedy, "usbtmc://0b21:0025/SERIAL"));
	}
	struct endpoint endpoint;
	struct error error = ERROR_INIT;
	assert_int_equal(endpoint_parse("usbtmc://fffe:fffe/NOBODY", &endpoint, NULL), 0);
	assert_null(link_open(&endpoint, &timebase_real, clock_now(CLOCK_ID_MONOTONIC) + NS_PER_S, &error));
	assert_true(error.code == ERROR_NOT_FOUND || error.code == ERROR_IO); /* IO: a machine without USB */
	assert_string_equal(error.on, endpoint.text);
	link_ops_find("usbtmc")->find(NULL, 0); /* however many there are, none is filled */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_query, begin),
		cmocka_unit_test_setup(test_long_message, begin),
		cmocka_unit_test_setup(test_tags, begin),
		cmocka_unit_test_setup(test_several_transfers, begin),
		cmocka_unit_test_setup(test_pieces, begin),
		cmocka_unit_test_setup(test_full_and_aligned, begin),
		cmocka_unit_test_setup(test_unread_rest, begin),
		cmocka_unit_test_setup(test_bad_replies, begin),
		cmocka_unit_test_setup(test_endless_reply, begin),
		cmocka_unit_test_setup(test_silence, begin),
		cmocka_unit_test_setup(test_send_clears_by_itself, begin),
		cmocka_unit_test_setup(test_late_reply_is_drained, begin),
		cmocka_unit_test_setup(test_pending, begin),
		cmocka_unit_test_setup(test_pending_for_ever, begin),
		cmocka_unit_test_setup(test_abort_unanswered, begin),
		cmocka_unit_test_setup(test_abort_refused, begin),
		cmocka_unit_test_setup(test_out_cut_off, begin),
		cmocka_unit_test_setup(test_stalls, begin),
		cmocka_unit_test_setup(test_clear_refused, begin),
		cmocka_unit_test_setup(test_unplug, begin),
		cmocka_unit_test_setup(test_left_behind, begin),
		cmocka_unit_test_setup(test_capabilities, begin),
		cmocka_unit_test_setup(test_remote, begin),
		cmocka_unit_test(test_pipes),
		cmocka_unit_test(test_open_refuses),
	};
	return cmocka_run_group_tests_name("usbtmc", tests, NULL, NULL);
}
