/* What every driver has to do, written once: each runner is run for each row of rows.c, a driver in front of its instrument's twin. */
#include <stdio.h>
#include <stdlib.h>

#include "stage.h"
#include "text.h"

#define RECOVERS 8.0

static double seconds_of(int64_t ns)
{
	return (double)ns * 1e-9;
}

/* ---- what holds whatever happens ---- */

/* Channels are complete, and named after the device, each its own way. */
static void check_channels(const struct stage *stage)
{
	const struct identity *identity = stage->driver->identity(stage->device);
	size_t prefix = strlen(stage->config->name);
	assert_true(identity && identity->model[0] && identity->simulated);
	assert_in_range(stage->n_channels, 0, DEVICE_CHANNELS_MAX);
	for (int i = 0; i < stage->n_channels; i++) {
		const struct channel *c = &stage->channels[i];
		assert_true(strncmp(c->name, stage->config->name, prefix) == 0 && c->name[prefix] == '.' && c->name[prefix + 1]);
		for (int j = 0; j < i; j++)
			assert_string_not_equal(c->name, stage->channels[j].name);
		assert_true(c->kind < CHANNEL_KINDS && c->role < CHANNEL_ROLES && c->unit < UNITS && c->clock < CLOCK_IDS);
		assert_true(c->scale != 0 && c->refresh > 0);
		assert_true(c->kind != CHANNEL_MEAN || (c->window > 0 && c->u_latency >= 0 && c->power_max > 0));
		assert_true(c->kind != CHANNEL_INSTANT || c->factor[0] != c->factor[1] || c->factor[0] == -1);
		assert_true(c->simulated);
	}
}

struct account {
	double values, missing, due;
	int flagged;
};

/* A product of two channels has no values of its own. */
static bool is_accounted(const struct channel *channel)
{
	if (channel->kind == CHANNEL_INSTANT && channel->factor[0] >= 0)
		return false;
	return channel->kind == CHANNEL_MEAN || (channel->kind == CHANNEL_COUNTER && !channel->gated) || channel->kind == CHANNEL_INSTANT;
}

static struct account account_of(const struct stage *stage, int channel)
{
	struct account account = { .due = (double)(stage->ended - stage->began) / (double)stage->channels[channel].refresh };
	for (int i = 0; i < stage->collect->n; i++) {
		const struct collected *c = &stage->collect->list[i];
		if (c->record.channel != channel)
			continue;
		if (c->record.kind == RECORD_BLOCK && !(c->record.flags & FLAG_REQUESTED))
			account.values += c->record.n;
		if (c->record.kind == RECORD_GAP)
			account.missing += c->gap.values;
		account.flagged += c->record.kind == RECORD_BLOCK && c->record.flags & FLAG_INVALID;
	}
	return account;
}

/* Values, and what gaps say is missing, are the updates that were due. */
static void check_account(const struct stage *stage, const struct trouble *trouble)
{
	for (int i = 0; i < stage->n_channels; i++) {
		if (!is_accounted(&stage->channels[i]))
			continue;
		struct account a = account_of(stage, i);
		double slack = 4 + 0.05 * a.due;
		double told = a.values + a.missing;
		bool more = trouble && (stage->row->shares_frames || trouble->needs == DOES_RANGE); /* a new range is shown at once */
		if (told < a.due - slack || (told > a.due + slack && !more))
			fail_msg("%s, %s: %s has %g values and %g missing of %g", row_name(stage->row), trouble ? trouble->name : "in peace",
				 stage->channels[i].name, a.values, a.missing, a.due);
		if ((trouble == NULL || trouble->harmless) && (a.missing > 2 || a.flagged > 0))
			fail_msg("%s, %s: %s has %g missing and %d flagged of %g", row_name(stage->row),
				 trouble ? trouble->name : "in peace", stage->channels[i].name, a.missing, a.flagged, a.due);
	}
}

/* When a channel's first good value came behind `from`; NEVER. */
static int64_t first_good(const struct stage *stage, int channel, int64_t from)
{
	for (int i = 0; i < stage->collect->n; i++) {
		const struct record *record = &stage->collect->list[i].record;
		if (record->channel == channel && record->kind == RECORD_BLOCK && !(record->flags & FLAG_INVALID) && record->t > from)
			return record->t;
	}
	return NEVER;
}

static void check_recovery(const struct stage *stage, const struct trouble *trouble)
{
	int64_t end = stage->began + llround(trouble->to * 1e9);
	double recovers = stage->row->recovers > 0 ? stage->row->recovers : RECOVERS;
	for (int i = 0; i < stage->n_channels; i++) {
		if (!is_accounted(&stage->channels[i]) || stage->channels[i].clock != CLOCK_ID_MONOTONIC)
			continue;
		int64_t good = first_good(stage, i, end);
		if (trouble->lasts && good != NEVER)
			fail_msg("%s, %s: %s has a value %.3f s behind it", row_name(stage->row), trouble->name, stage->channels[i].name,
				 seconds_of(good - end));
		if (!trouble->lasts && (good == NEVER || seconds_of(good - end) > recovers))
			fail_msg("%s, %s: %s has no value in %.1f s behind it", row_name(stage->row), trouble->name, stage->channels[i].name,
				 recovers);
	}
}

static void connected(struct stage *stage, const struct row *row, const struct trouble *trouble)
{
	struct error error = ERROR_INIT;
	stage_open(stage, row, trouble);
	if (!stage_connect(stage, &error))
		fail_msg("%s: %s: %s", row_name(row), error.on, error.what);
}

static void closed(struct stage *stage)
{
	stage->driver->close(stage->device);
	stage->device = NULL;
}

/* Through one trouble: measured for as long as it lasts and some 12 s behind it. */
static void endure(const struct row *row, const struct trouble *trouble)
{
	struct stage stage;
	connected(&stage, row, trouble);
	stage_measure(&stage, trouble->to + 12);
	check_account(&stage, trouble);
	check_recovery(&stage, trouble);
	stage_close(&stage);
}

/* ---- runners ---- */

static void opens_and_closes(void **state)
{
	(void)state;
	for (size_t i = 0; i < n_rows; i++) {
		struct stage stage;
		struct error error = ERROR_INIT;
		connected(&stage, &rows[i], NULL);
		check_channels(&stage);
		closed(&stage);
		assert_true(stage_connect(&stage, &error));
		check_channels(&stage);
		stage_close(&stage);
	}
}

/* Twice: a device that was stopped can be started again. It is left as it was found, but for what opening is known to change. */
static void streams_and_is_left_as_it_was(void **state)
{
	(void)state;
	for (size_t i = 0; i < n_rows; i++) {
		struct stage stage;
		struct error error = ERROR_INIT;
		struct text before = TEXT_INIT, after = TEXT_INIT;
		connected(&stage, &rows[i], NULL);
		closed(&stage);
		stage_ask(&stage, &before);
		assert_true(stage_connect(&stage, &error));
		for (int round = 0; round < 2; round++) {
			stage_measure(&stage, 12);
			check_account(&stage, NULL);
			print_message("    %-24s %6d records, a step takes %.1f ms at most\n", row_name(&rows[i]), stage.collect->n,
				      seconds_of(stage.longest) * 1e3);
		}
		closed(&stage);
		stage_ask(&stage, &after);
		if (strcmp(text_string(&before), text_string(&after)) != 0)
			fail_msg("%s: was\n%sand is\n%s", row_name(&rows[i]), text_string(&before), text_string(&after));
		text_free(&before);
		text_free(&after);
		stage_close(&stage);
	}
}

static void starts_and_stops_at_once(void **state)
{
	(void)state;
	for (size_t i = 0; i < n_rows; i++) {
		struct stage stage;
		connected(&stage, &rows[i], NULL);
		stage_measure(&stage, 0);
		stage_close(&stage);
	}
}

/* A reading on request, where the driver has it, is flagged as such and moves no deadline; or, of what streams, all that has come so far. */
static void samples_on_request(void **state)
{
	(void)state;
	for (size_t i = 0; i < n_rows; i++) {
		struct stage stage;
		struct error error = ERROR_INIT;
		connected(&stage, &rows[i], NULL);
		struct collect *collect = collect_begin(stage.timebase);
		assert_int_equal(stage.driver->start(stage.device, &collect->sink, &error), 0);
		int before = collect->n;
		if (stage.driver->sample)
			stage.driver->sample(stage.device, &collect->sink);
		for (int k = before; k < collect->n; k++)
			if (!(collect->list[k].record.flags & FLAG_REQUESTED) && stage.channels[collect->list[k].record.channel].kind == CHANNEL_COUNTER)
				fail_msg("%s: a reading on request is not flagged", row_name(&rows[i]));
		assert_int_equal(stage.driver->stop(stage.device, &error), 0);
		stage_close(&stage);
	}
}

static const struct trouble on_the_link[] = {
	{ .name = "silent", .script = "drop at 5 s for 3 s", .from = 5, .to = 8 },
	{ .name = "garbage", .script = "garble at 5 s for 3 s", .from = 5, .to = 8 },
	{ .name = "cut", .script = "truncate at 5 s for 3 s", .from = 5, .to = 8 },
	{ .name = "disconnected within an answer", .script = "disconnect every 60", .from = 0, .to = 12, .goes_on = true },
	{ .name = "away", .script = "disconnect at 5 s for 4 s", .from = 5, .to = 9 },
	{ .name = "slow, just in time", .script = "delay by 900 ms at 5 s for 4 s", .from = 5, .to = 9 },
	{ .name = "slow, just too late", .script = "delay by 1100 ms at 5 s for 4 s", .from = 5, .to = 9 },
	{ .name = "said twice", .script = "repeat every 40", .from = 0, .to = 12 },
	{ .name = "now and then", .script = "drop every 90, garble every 80, truncate every 70", .from = 0, .to = 12 },
};

static bool can_be_planted(const struct row *row, const struct trouble *trouble)
{
	struct stage stage;
	struct error error = ERROR_INIT;
	stage_open(&stage, row, NULL);
	bool can = stage_connect(&stage, &error) && stage.link;
	can = can && (strncmp(trouble->script, "repeat", 6) != 0 || stage.real->ops->unread);
	stage_close(&stage);
	bool told = !row->trusts_noise || strstr(trouble->script, "garble") == NULL;
	bool timed = !row->pushes || (strstr(trouble->script, "delay") == NULL && strstr(trouble->script, "repeat") == NULL);
	return can && told && timed;
}

static void endures_its_link(void **state)
{
	(void)state;
	for (size_t i = 0; i < n_rows; i++)
		for (size_t k = 0; k < sizeof on_the_link / sizeof *on_the_link; k++)
			if (can_be_planted(&rows[i], &on_the_link[k]))
				endure(&rows[i], &on_the_link[k]);
}

/* ---- what the twin does wrong; its script counts from when it was made, a few seconds before measuring begins ---- */

static const struct trouble in_the_instrument[] = {
	{ .name = "no data", .faults = "{what: nan, at: 8 s, for: 3 s}", .from = 4, .to = 11, .needs = DOES_NAN },
	{ .name = "over range", .faults = "{what: inf, at: 8 s, for: 3 s}", .from = 4, .to = 11, .needs = DOES_INF },
	{ .name = "stalled", .faults = "{what: stall, at: 8 s, for: 4 s}", .from = 4, .to = 12, .needs = DOES_STALL },
	{ .name = "range changed", .faults = "{what: range_change, at: 8 s, for: 1 s}", .from = 4, .to = 9, .needs = DOES_RANGE },
	{ .name = "replaced", .script = "disconnect at 10 s for 1 s", .faults = "{what: other_model, at: 9 s}", .from = 10, .to = 10.1,
	  .needs = DOES_POSE, .lasts = true },
	{ .name = "unreadable", .faults = "{what: read_error, at: 8 s, for: 3 s}", .from = 4, .to = 11, .needs = DOES_ZONES },
	{ .name = "vanished", .faults = "{what: vanish, at: 8 s, for: 3 s}", .from = 4, .to = 11, .needs = DOES_ZONES },
};

static int flagged_with(const struct stage *stage, uint32_t flag)
{
	int n = 0;
	for (int i = 0; i < stage->collect->n; i++)
		n += stage->collect->list[i].record.kind == RECORD_BLOCK && stage->collect->list[i].record.flags & flag;
	return n;
}

static bool range_was_told(const struct stage *stage)
{
	for (int i = 0; i < stage->collect->n; i++)
		if (stage->collect->list[i].record.kind == RECORD_RANGE && stage->collect->list[i].range.changed)
			return true;
	return false;
}

static int gaps(const struct stage *stage)
{
	int n = 0;
	for (int i = 0; i < stage->collect->n; i++)
		n += stage->collect->list[i].record.kind == RECORD_GAP;
	return n;
}

/* What the instrument says of itself is told with its values; what it does not say shows as a gap. */
static void check_told(const struct stage *stage, const struct trouble *trouble)
{
	bool told = trouble->needs == DOES_NAN	   ? flagged_with(stage, FLAG_INVALID) > 2
		    : trouble->needs == DOES_INF   ? flagged_with(stage, FLAG_OVER_RANGE) > 2
		    : trouble->needs == DOES_RANGE ? range_was_told(stage) && (flagged_with(stage, FLAG_RANGE_CHANGED) > 2 || stage->row->pushes)
						   : gaps(stage) > 0;
	if (!told)
		fail_msg("%s, %s: nothing tells of it", row_name(stage->row), trouble->name);
}

static void endures_its_instrument(void **state)
{
	(void)state;
	for (size_t i = 0; i < n_rows; i++)
		for (size_t k = 0; k < sizeof in_the_instrument / sizeof *in_the_instrument; k++) {
			const struct trouble *trouble = &in_the_instrument[k];
			struct stage stage;
			if (!(rows[i].does & trouble->needs))
				continue;
			connected(&stage, &rows[i], trouble);
			stage_measure(&stage, trouble->to + 12);
			check_account(&stage, trouble);
			check_recovery(&stage, trouble);
			check_told(&stage, trouble);
			stage_close(&stage);
		}
}

/* By name: what it is, and what was wanted. */
static void refuses_another_model(void **state)
{
	(void)state;
	static const struct trouble poses = { .name = "another model", .faults = "{what: other_model}" };
	for (size_t i = 0; i < n_rows; i++) {
		struct stage stage;
		struct error error = ERROR_INIT;
		if (!(rows[i].does & DOES_POSE))
			continue;
		stage_open(&stage, &rows[i], &poses);
		if (stage_connect(&stage, &error))
			fail_msg("%s: another model is taken for one of its own", row_name(&rows[i]));
		print_message("    %-24s %s\n", row_name(&rows[i]), error.what);
		assert_true(error.code == ERROR_WRONG_DEVICE || error.code == ERROR_NOT_FOUND);
		stage_close(&stage);
	}
}

/* Who is there is asked without changing anything. */
static void probes(void **state)
{
	(void)state;
	for (size_t i = 0; i < n_rows; i++) {
		struct stage stage;
		struct error error = ERROR_INIT;
		struct text before = TEXT_INIT, after = TEXT_INIT;
		connected(&stage, &rows[i], NULL);
		closed(&stage);
		stage_ask(&stage, &before);
		if (stage.driver->probe) {
			struct device_config config = { .name = "instrument", .endpoint = stage.config->endpoint, .line_frequency = 50 };
			struct identity identity = { .simulated = false };
			if (stage.driver->probe(stage.link, stage.timebase, &config, &identity, &error) != 0)
				fail_msg("%s: %s: %s", row_name(&rows[i]), error.on, error.what);
			assert_true(identity.simulated && identity.model[0]);
		}
		stage_ask(&stage, &after);
		assert_string_equal(text_string(&before), text_string(&after));
		text_free(&before);
		text_free(&after);
		stage_close(&stage);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(opens_and_closes),
		cmocka_unit_test(probes),
		cmocka_unit_test(refuses_another_model),
		cmocka_unit_test(starts_and_stops_at_once),
		cmocka_unit_test(samples_on_request),
		cmocka_unit_test(streams_and_is_left_as_it_was),
		cmocka_unit_test(endures_its_link),
		cmocka_unit_test(endures_its_instrument),
	};
	return cmocka_run_group_tests_name("lifecycle", tests, NULL, NULL);
}
