/*
 * plug: smart plugs with a local web interface, after the makers' API documents and what their owners have published of them: a Shelly of
 * generation 1 (SHPLG-S) and of generation 2 with a metered switch (SNSW-001P16EU), without one (SNSW-001X16EU), metering alone
 * (SNPM-001PCEU16), a clamp meter (SPEM-003CEBEU); and Tasmota.
 *
 * Each second of its own clock it renews what it shows, a mean over that second; its energy is renewed more rarely. Its MAC address is its
 * serial number, which begins with SIM: that is no hexadecimal digit. A model with "password" behind its name wants one.
 */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "clock.h"
#include "instrument.h"

#define PERIOD 1.0 /* s */

enum kind { SWITCH, RELAY, PM1, EM1, GEN1, TASMOTA };
static const struct product {
	const char *model;
	enum kind kind;
	int energy_every; /* so many of its periods */
} products[] = {
	{ "SNSW-001P16EU", SWITCH, 10 }, { "SNSW-001X16EU", RELAY, 10 }, { "SNPM-001PCEU16", PM1, 10 }, { "SPEM-003CEBEU", EM1, 10 }, { "SHPLG-S", GEN1, 60 },
	{ "Tasmota", TASMOTA, 1 },
};

struct shown {
	double watts, volts, amperes, joules;
};

struct plug {
	struct instrument base;
	const struct product *product;
	bool locked;
	int64_t origin, n; /* of its clock; ticks that have been */
	double joules;     /* counted */
	struct shown now, next;
	int64_t next_at;   /* when `next` is shown; NEVER */
};

static int plug_init(struct instrument *self, int64_t now, struct error *error)
{
	struct plug *p = (struct plug *)self;
	(void)error;
	for (size_t i = 0; i < sizeof products / sizeof *products; i++)
		if (strncmp(self->config->model, products[i].model, strlen(products[i].model)) == 0)
			p->product = &products[i];
	p->locked = strstr(self->config->model, " password") != NULL;
	p->origin = now - (int64_t)(random_uniform(&self->random) * PERIOD * 1e9);
	p->next_at = NEVER;
	p->now.volts = self->config->front.voltage;
	return 0;
}

static int64_t tick_at(const struct plug *p, int64_t n)
{
	return front_tick(&p->base.front, p->origin, n, PERIOD);
}

static void show_next(struct plug *p, int64_t now)
{
	if (p->next_at > now)
		return;
	p->now = p->next;
	p->next_at = NEVER;
	p->base.updates++;
}

static void tick(struct plug *p, int64_t from, int64_t at)
{
	struct front_values v = front_over(&p->base.front, from, at);
	double watts = v.watts + front_noise(&p->base.front, PERIOD);
	p->joules += fmax(0, watts) * (double)(at - from) * 1e-9;
	show_next(p, at);
	if (instrument_fault(&p->base, FAULT_STALL, at))
		return;
	p->next = (struct shown){ .watts = watts, .volts = v.volts, .amperes = v.amperes, .joules = p->now.joules };
	if (p->n % p->product->energy_every == 0)
		p->next.joules = p->joules;
	p->next_at = at + front_latency(&p->base.front);
}

static void plug_advance(struct instrument *self, int64_t now)
{
	struct plug *p = (struct plug *)self;
	for (int64_t at = tick_at(p, p->n + 1); at <= now; at = tick_at(p, p->n + 1)) {
		int64_t from = tick_at(p, p->n);
		p->n++;
		tick(p, from > p->origin ? from : at - (int64_t)(PERIOD * 1e9 / 2), at);
	}
	show_next(p, now);
}

/* ---- its pages ---- */

static void say_identity(const struct plug *p, char *body, size_t size)
{
	const char *serial = p->base.config->serial;
	if (p->product->kind == GEN1)
		snprintf(body, size, "{\"type\":\"%s\",\"mac\":\"%s\",\"auth\":%s,\"fw\":\"20230913-113421/v1.14.0-gcb84623\",\"num_outputs\":1,\"num_meters\":1}",
			 p->product->model, serial, p->locked ? "true" : "false");
	else
		snprintf(body, size, "{\"name\":null,\"id\":\"shelly-%s\",\"mac\":\"%s\",\"slot\":0,\"model\":\"%s\",\"gen\":2,\"fw_id\":\"20231219-133934/1.1.0-g34b5d4f\","
			 "\"ver\":\"1.1.0\",\"app\":\"Plus1PM\",\"auth_en\":%s,\"auth_domain\":null}", serial, serial, p->product->model, p->locked ? "true" : "false");
}

/* The number, or what stands for it. */
static void say_power(const struct plug *p, int64_t now, char *text, size_t size, int width, int decimals)
{
	if (instrument_fault(&p->base, FAULT_NAN, now))
		snprintf(text, size, "null");
	else
		snprintf(text, size, "%*.*f", width, decimals, p->now.watts);
}

static void say_component(struct plug *p, int64_t now, char *body, size_t size)
{
	char power[32];
	const char *errors = instrument_fault(&p->base, FAULT_INF, now) ? ",\"errors\":[\"out_of_range:act_power\"]" : "";
	say_power(p, now, power, sizeof power, 0, 1);
	if (p->product->kind == EM1)
		snprintf(body, size, "{\"id\":0,\"current\":%.3f,\"voltage\":%.1f,\"act_power\":%s,\"aprt_power\":%.1f,\"pf\":0.9,\"freq\":50.0,\"calibration\":\"factory\"%s}",
			 p->now.amperes, p->now.volts, power, p->now.volts * p->now.amperes, errors);
	else if (p->product->kind == RELAY)
		snprintf(body, size, "{\"id\":0,\"source\":\"init\",\"output\":true,\"temperature\":{\"tC\":41.2,\"tF\":106.2}}");
	else
		snprintf(body, size, "{\"id\":0,\"source\":\"init\",\"output\":true,\"apower\":%s,\"voltage\":%.1f,\"current\":%.3f,\"aenergy\":{\"total\":%.3f,\"by_minute\":"
			 "[0.000,0.000,0.000],\"minute_ts\":1700000000},\"temperature\":{\"tC\":41.2,\"tF\":106.2}%s}", power, p->now.volts, p->now.amperes,
			 p->now.joules / 3600, errors);
}

static void say_status(struct plug *p, int64_t now, char *body, size_t size)
{
	bool valid = !instrument_fault(&p->base, FAULT_NAN, now);
	snprintf(body, size, "{\"wifi_sta\":{\"connected\":true,\"ssid\":\"lab\",\"ip\":\"10.0.0.9\",\"rssi\":-53},\"time\":\"11:08\",\"mac\":\"%s\",\"relays\":[{\"ison\":true,"
		 "\"has_timer\":false,\"overpower\":false}],\"meters\":[{\"power\":%.2f,\"is_valid\":%s,\"timestamp\":1680779310,\"counters\":[2.115,2.114,2.142],\"total\":%.0f}],"
		 "\"temperature\":34.48,\"uptime\":18961214}", p->base.config->serial, valid ? p->now.watts : 0, valid ? "true" : "false", floor(p->now.joules / 60));
}

static void say_sensors(struct plug *p, int64_t now, char *body, size_t size)
{
	char power[32];
	say_power(p, now, power, sizeof power, 3, 0);
	snprintf(body, size, "{\"StatusSNS\":{\"Time\":\"2022-07-24T15:03:02\",\"ENERGY\":{\"TotalStartTime\":\"2022-07-24T14:00:00\",\"Total\":%.3f,\"Yesterday\":0.000,\"Today\":0.037,"
		 "\"Power\":%s,\"ApparentPower\":%3.0f,\"ReactivePower\": 20,\"Factor\":0.90,\"Voltage\":%.0f,\"Current\":%.3f}}}", p->now.joules / 3.6e6, power,
		 p->now.volts * p->now.amperes, p->now.volts, p->now.amperes);
}

static bool say_shelly(struct plug *p, int64_t now, const char *path, char *body, size_t size)
{
	static const char *const components[] = { [SWITCH] = "/rpc/Switch.GetStatus?id=0", [RELAY] = "/rpc/Switch.GetStatus?id=0", [PM1] = "/rpc/PM1.GetStatus?id=0",
						  [EM1] = "/rpc/EM1.GetStatus?id=0", [GEN1] = "/status" };
	bool identity = strcmp(path, "/shelly") == 0;
	if (identity)
		say_identity(p, body, size);
	else if (strcmp(path, components[p->product->kind]) != 0)
		return false;
	else if (p->product->kind == GEN1)
		say_status(p, now, body, size);
	else
		say_component(p, now, body, size);
	p->base.queries += !identity;
	return true;
}

static bool say_tasmota(struct plug *p, int64_t now, const char *path, char *body, size_t size)
{
	if (p->locked && strncmp(path, "/cm?", 4) == 0)
		snprintf(body, size, "{\"WARNING\":\"Need user=<username>&password=<password>\"}");
	else if (strcmp(path, "/cm?cmnd=Status%202") == 0)
		snprintf(body, size, "{\"StatusFWR\":{\"Version\":\"9.3.1(tasmota)\",\"BuildDateTime\":\"2021-03-09T16:03:13\",\"Hardware\":\"ESP8266EX\"}}");
	else if (strcmp(path, "/cm?cmnd=Status%205") == 0)
		snprintf(body, size, "{\"StatusNET\":{\"Hostname\":\"plug\",\"IPAddress\":\"10.0.0.9\",\"Mac\":\"%s\"}}", p->base.config->serial);
	else if (strcmp(path, "/cm?cmnd=Status%208") != 0)
		return false;
	else {
		say_sensors(p, now, body, size);
		p->base.queries++;
	}
	return true;
}

static void plug_heard(struct instrument *self, int64_t now, const char *bytes, size_t size)
{
	struct plug *p = (struct plug *)self;
	char request[200], body[1200] = "";
	snprintf(request, sizeof request, "%.*s", (int)size, bytes);
	const char *path = strncmp(request, "GET ", 4) == 0 ? request + 4 : "";
	bool known = p->product->kind == TASMOTA ? say_tasmota(p, now, path, body, sizeof body) : say_shelly(p, now, path, body, sizeof body);
	if (instrument_fault(self, FAULT_OTHER_MODEL, now)) /* some other web server */
		known = false;
	if (known && p->locked && p->product->kind != TASMOTA && strcmp(path, "/shelly") != 0)
		instrument_say_http(self, now, 401, "");
	else if (known)
		instrument_say_http(self, now, 200, body);
	else
		instrument_say_http(self, now, 404, "{\"code\":404,\"message\":\"No handler\"}");
}

static const char *const models[] = { "SNSW-001P16EU", "SNSW-001X16EU", "SNPM-001PCEU16", "SPEM-003CEBEU", "SHPLG-S", "Tasmota", NULL };

const struct instrument_family instrument_plug = {
	.name = "plug",
	.models = models,
	.driver = "http_plug",
	.framing = INSTRUMENT_HTTP,
	.size = sizeof(struct plug),
	.init = plug_init,
	.advance = plug_advance,
	.heard = plug_heard,
};
