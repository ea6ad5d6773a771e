#include "bench.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "agenda.h"
#include "certificate_file.h"
#include "log.h"
#include "station.h"

/* The longest that is asked for between edges at an integrator's START/STOP input: 400 ms of a Hioki PW3337, and some. */
#define GATE_APART (420 * NS_PER_MS)

struct bench {
	const struct bench_config *config;
	struct surroundings *surroundings;
	struct station stations[BENCH_DEVICES_MAX];
	int n_stations, n_channels;
	int records_fd, served_fd;
	struct agenda agenda; /* stepped: deadlines of the stations, from start to stop */
};
_Static_assert(BENCH_DEVICES_MAX <= AGENDA_MAX, "every device has a place in the agenda");

static void empty_fd(int fd)
{
	uint64_t count;
	ssize_t got = read(fd, &count, sizeof count);
	(void)got;
}

static const struct driver *asked_of(const struct station *station)
{
	const struct driver *driver = station->driver;
	return driver_behind(driver, driver->wraps ? device_option(station->config, driver->options, driver->wraps, NULL) : NULL);
}

/* The machine's own counters: nobody has to say what they measure, and two drivers may read the same ones. */
static bool reads_the_machine(const struct station *station)
{
	const char *const *scheme = asked_of(station)->schemes;
	return scheme && *scheme && strcmp(*scheme, "file") == 0;
}

static bool is_of_the_machine(enum channel_role role)
{
	return role == ROLE_PACKAGE || role == ROLE_DRAM || role == ROLE_PSYS;
}

static const char *zone_of(const struct channel *channel)
{
	const char *dot = strchr(channel->name, '.');
	return dot ? dot : channel->name;
}

/* Two devices of one driver count the same where they name the same zone. What two drivers call a zone need not be the same word: but
 * each finds all of the machine's packages, or all of its memory. */
static bool counts_it(const struct station *first, const struct station *station, const struct channel *channel)
{
	bool same = asked_of(first) == asked_of(station);
	for (int i = 0; i < first->count; i++)
		if (first->channels[i].role == channel->role && (!same || strcmp(zone_of(&first->channels[i]), zone_of(channel)) == 0))
			return true;
	return false;
}

static const struct station *counted_by(const struct bench *bench, const struct station *station, const struct channel *channel)
{
	for (const struct station *first = bench->stations; first < station; first++)
		if (reads_the_machine(first) && counts_it(first, station, channel))
			return first;
	return NULL;
}

/* RAPL through powercap and through perf_event is one and the same: the first counts. */
static void count_once(struct bench *bench, struct station *station)
{
	if (!reads_the_machine(station))
		return;
	for (int i = 0; i < station->count; i++) {
		struct channel *channel = &station->channels[i];
		const struct station *first = is_of_the_machine(channel->role) ? counted_by(bench, station, channel) : NULL;
		if (first == NULL)
			continue;
		log_say(LOG_LEVEL_WARNING, "%s shows what %s counts already: kept as a duplicate, not added", channel->name, first->config->name);
		channel->role = ROLE_DUPLICATE;
	}
}

static int open_stations(struct bench *bench, struct error *error)
{
	for (int i = 0; i < bench->config->n_devices; i++) {
		struct station *station = &bench->stations[bench->n_stations++];
		if (station_open(station, &bench->config->devices[i], bench->surroundings, error) != 0)
			return -1;
		count_once(bench, station);
		station->records_fd = bench->records_fd;
		station->served_fd = bench->served_fd;
		station->first = bench->n_channels;
		bench->n_channels += station->count;
	}
	return 0;
}

static struct bench *new_bench(const struct bench_config *config, struct surroundings *surroundings, struct error *error)
{
	struct bench *bench = calloc(1, sizeof *bench);
	if (bench == NULL) {
		error_set(error, ERROR_INTERNAL, NULL, NULL, "out of memory");
		return NULL;
	}
	bench->config = config;
	bench->surroundings = surroundings;
	bench->records_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	bench->served_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (bench->records_fd >= 0 && bench->served_fd >= 0)
		return bench;
	error_errno(error, errno, NULL, NULL, "cannot create an eventfd");
	bench_close(bench);
	return NULL;
}

struct bench *bench_open(const struct bench_config *config, struct surroundings *surroundings, struct error *error)
{
	struct bench *bench = new_bench(config, surroundings, error);
	if (bench == NULL || open_stations(bench, error) == 0)
		return bench;
	bench_close(bench);
	return NULL;
}

static int64_t now_ns(const struct bench *bench)
{
	return bench->surroundings->timebase->now(bench->surroundings->timebase);
}

int bench_start(struct bench *bench, struct error *error)
{
	bench->agenda.n = 0;
	for (int i = 0; i < bench->n_stations; i++) {
		if (station_start(&bench->stations[i], bench->surroundings->stepped, error) != 0)
			return -1;
		if (bench->surroundings->stepped)
			agenda_add(&bench->agenda, i, now_ns(bench));
	}
	return 0;
}

int bench_stop(struct bench *bench, struct error *error)
{
	int result = 0;
	bench->agenda.n = 0;
	for (int i = 0; i < bench->n_stations; i++)
		if (station_stop(&bench->stations[i], error) != 0)
			result = -1;
	return result;
}

void bench_close(struct bench *bench)
{
	if (bench == NULL)
		return;
	bench_stop(bench, NULL);
	for (int i = 0; i < bench->n_stations; i++)
		station_close(&bench->stations[i]);
	if (bench->records_fd >= 0)
		close(bench->records_fd);
	if (bench->served_fd >= 0)
		close(bench->served_fd);
	free(bench);
}

int bench_channels(const struct bench *bench)
{
	return bench->n_channels;
}

static const struct station *station_of(const struct bench *bench, int channel)
{
	for (int i = 0; i < bench->n_stations; i++)
		if (channel < bench->stations[i].first + bench->stations[i].count)
			return &bench->stations[i];
	return NULL;
}

const struct channel *bench_channel(const struct bench *bench, int index)
{
	const struct station *station = station_of(bench, index);
	return station ? &station->channels[index - station->first] : NULL;
}

const char *bench_channel_device(const struct bench *bench, int index)
{
	const struct station *station = station_of(bench, index);
	return station ? station->config->name : "";
}

int bench_devices(const struct bench *bench)
{
	return bench->n_stations;
}

const struct device_config *bench_device(const struct bench *bench, int index, const struct driver **driver,
					 const struct identity **identity)
{
	const struct station *station = &bench->stations[index];
	if (driver)
		*driver = station->driver;
	if (identity)
		*identity = station->identity;
	return station->config;
}

bool bench_simulated(const struct bench *bench)
{
	for (int i = 0; i < bench->n_stations; i++)
		if (bench->stations[i].identity->simulated)
			return true;
	return false;
}

/* How long it has been on is not to be asked: only that it has answered since then. */
static json_t *warm_up_facts(const struct station *station, bool warmed_up)
{
	return json_pack("{s:f, s:I, s:b}", "needed_s", station->config->warm_up, "seen_since_monotonic_ns", (json_int_t)station->seen,
			 "said_to_be_over", warmed_up);
}

static json_t *device_facts(const struct station *station, const struct certificate *certificate, bool warmed_up)
{
	const struct identity *id = station->identity;
	const struct device_config *config = station->config;
	json_t *facts = json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:b, s:f, s:f, s:f}", "name", config->name, "driver",
				  config->driver, "endpoint", config->endpoint.text, "maker", id->maker, "model", id->model,
				  "serial", id->serial, "firmware", id->firmware, "simulated", id->simulated, "voltage_range_V",
				  config->voltage_range, "current_range_A", config->current_range, "update_s", config->update);
	if (config->ranges_why[0])
		json_object_set_new(facts, "ranges_chosen", json_string(config->ranges_why));
	if (config->warm_up > 0)
		json_object_set_new(facts, "warm_up", warm_up_facts(station, warmed_up));
	if (station->driver->zeroed && station->driver->zeroed(station->state) > 0)
		json_object_set_new(facts, "zero_calibrated_realtime_ns", json_integer(station->driver->zeroed(station->state)));
	if (certificate)
		json_object_set_new(facts, "certificate", certificate_to_json(certificate));
	json_t *options = json_object();
	for (int i = 0; i < config->n_options; i++)
		json_object_set_new(options, config->options[i].name, json_string(config->options[i].text));
	json_object_set_new(facts, "options", options);
	return facts;
}

json_t *bench_facts(const struct bench *bench)
{
	json_t *devices = json_array();
	for (int i = 0; i < bench->n_stations; i++)
		json_array_append_new(devices, device_facts(&bench->stations[i], bench->config->certificates[i], bench->config->warmed_up));
	json_t *facts = json_pack("{s:s, s:s, s:I, s:b, s:o}", "name", bench->config->name, "trigger", bench->config->trigger, "supply_lag_ns",
				  (json_int_t)bench->config->supply_lag, "simulated", bench_simulated(bench), "devices", devices);
	if (bench->config->trigger_input[0] && strcmp(bench->config->trigger_input, bench->config->trigger) != 0)
		json_object_set_new(facts, "trigger_input", json_string(bench->config->trigger_input));
	return facts;
}

static const struct station *trigger_station(const struct bench *bench, const char *device)
{
	for (int i = 0; i < bench->n_stations; i++)
		if (bench->stations[i].driver->trigger && strcmp(bench->stations[i].config->name, device) == 0)
			return &bench->stations[i];
	return NULL;
}

static void add_output(const struct station *station, struct bench_trigger *trigger)
{
	const struct trigger_ops *ops = station->driver->trigger;
	trigger->apart = ops->apart;
	trigger->output = ops->output ? ops->output(station->state) : NULL;
	trigger->mark = ops->mark ? ops->mark(station->state) : NULL;
}

static void add_input(const struct station *station, struct bench_trigger *trigger)
{
	const struct trigger_ops *ops = station->driver->trigger;
	trigger->source = ops->source;
	trigger->apart = ops->apart > trigger->apart ? ops->apart : trigger->apart;
	trigger->has_input = ops->has_input && ops->has_input(station->state);
}

/* Whose START/STOP input hangs on the output wants more time between its edges. */
static bool gates_something(const struct bench *bench)
{
	for (int i = 0; i < bench->n_stations; i++)
		for (int k = 0; k < bench->stations[i].count; k++)
			if (bench->stations[i].channels[k].gated)
				return true;
	return false;
}

struct bench_trigger bench_trigger(const struct bench *bench)
{
	const struct bench_config *config = bench->config;
	const char *input = config->trigger_input[0] ? config->trigger_input : config->trigger;
	struct bench_trigger trigger = { .device = config->trigger, .input = input, .source = EDGE_SOFTWARE };
	const struct station *at_output = trigger_station(bench, config->trigger), *at_input = trigger_station(bench, input);
	if (at_output)
		add_output(at_output, &trigger);
	if (at_input)
		add_input(at_input, &trigger);
	if (gates_something(bench) && trigger.apart < GATE_APART)
		trigger.apart = GATE_APART;
	return trigger;
}

struct timebase *bench_timebase(const struct bench *bench)
{
	return bench->surroundings->timebase;
}

bool bench_stepped(const struct bench *bench)
{
	return bench->surroundings->stepped;
}

/* ---- waiting ---- */

static void wait_for_descriptors(struct bench *bench, int64_t until, struct pollfd *fds, int n)
{
	struct pollfd all[BENCH_WAIT_MAX + 1];
	int64_t now = now_ns(bench), left = until > now ? until - now : 0;
	struct timespec timeout = { .tv_sec = left / NS_PER_S, .tv_nsec = left % NS_PER_S };
	if (n > 0)
		memcpy(all, fds, (size_t)n * sizeof *fds);
	all[n] = (struct pollfd){ .fd = bench->records_fd, .events = POLLIN };
	ppoll(all, (nfds_t)n + 1, &timeout, NULL);
	for (int i = 0; i < n; i++)
		fds[i].revents = all[i].revents;
}

/* One device after the other, in the order of their deadlines: time passes up to each, and within each as its link takes it. */
static void step_devices(struct bench *bench, int64_t until)
{
	struct timebase *timebase = bench->surroundings->timebase;
	while (agenda_due(&bench->agenda) < until) {
		struct station *station = &bench->stations[agenda_who(&bench->agenda)];
		int64_t due = agenda_due(&bench->agenda);
		if (now_ns(bench) < due)
			timebase->wait_until(timebase, due);
		agenda_postpone(&bench->agenda, station_step(station, due));
		if (station_emitted(station) || now_ns(bench) >= until)
			return;
	}
	if (now_ns(bench) < until)
		timebase->wait_until(timebase, until);
}

void bench_wait(struct bench *bench, int64_t until, struct pollfd *fds, int n)
{
	if (bench->surroundings->stepped)
		step_devices(bench, until);
	else
		wait_for_descriptors(bench, until, fds, n);
}

int bench_drain(struct bench *bench, bench_take *take, void *context, struct error *error)
{
	empty_fd(bench->records_fd);
	for (int i = 0; i < bench->n_stations; i++) {
		struct station *station = &bench->stations[i];
		const struct record *record;
		const void *payload;
		uint32_t size;
		while ((record = ring_peek(station->sink.ring, &payload, &size)) != NULL) {
			struct record numbered = *record;
			numbered.channel = (uint16_t)(numbered.channel + station->first);
			int result = take(context, &numbered, payload, size, error);
			ring_pop(station->sink.ring);
			if (result != 0)
				return -1;
		}
	}
	return 0;
}

static bool all_answered(const struct bench *bench)
{
	for (int i = 0; i < bench->n_stations; i++)
		if (!station_answered(&bench->stations[i]))
			return false;
	return true;
}

static void serve_all(struct bench *bench, bool prepare)
{
	for (int i = 0; i < bench->n_stations; i++)
		(prepare ? station_prepare : station_sample)(&bench->stations[i]);
}

/* One that has not answered the last request is not asked again: it would take the one for the other. */
static bool request(struct bench *bench, bool prepare, int64_t patience)
{
	int64_t deadline = now_ns(bench) + patience;
	if (bench->surroundings->stepped) {
		serve_all(bench, prepare);
		return true;
	}
	for (int i = 0; i < bench->n_stations; i++) {
		const struct driver *driver = bench->stations[i].driver;
		if ((prepare ? driver->prepare != NULL : driver->sample != NULL) && station_answered(&bench->stations[i]))
			station_ask(&bench->stations[i], prepare);
	}
	while (!all_answered(bench)) {
		int64_t left = deadline - now_ns(bench);
		if (left <= 0)
			return false;
		struct pollfd served = { .fd = bench->served_fd, .events = POLLIN };
		if (poll(&served, 1, (int)(left / NS_PER_MS) + 1) > 0)
			empty_fd(bench->served_fd);
	}
	return true;
}

bool bench_sample(struct bench *bench, int64_t patience)
{
	return request(bench, false, patience);
}

bool bench_prepare(struct bench *bench, int64_t patience)
{
	if (request(bench, true, patience))
		return true;
	for (int i = 0; i < bench->n_stations; i++)
		station_withdraw(&bench->stations[i]); /* what comes too late would fall into a run */
	return false;
}

struct bench_load bench_load(const struct bench *bench)
{
	struct bench_load load = { .late = 0 };
	for (int i = 0; i < bench->n_stations; i++) {
		load.late += atomic_load_explicit(&bench->stations[i].late, memory_order_relaxed);
		load.cpu_seconds += (double)atomic_load_explicit(&bench->stations[i].cpu_ns, memory_order_relaxed) / (double)NS_PER_S;
	}
	return load;
}
