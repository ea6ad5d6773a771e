/* The drivers, a row for each way to run one against its twin: add yours here. */
#include "model.h"
#include "stage.h"

/* Its ranges follow the load, as it is found: automatic. */
static const char *const wt_asks[] = {
	":RATE?", ":INP:VOLT:AUTO?", ":INP:CURR:AUTO?", ":INP:CFAC?", ":INP:MODE?", ":INP:SYNC?", ":INP:FILT:LINE?",
	":MEAS:AVER:STAT?", ":NUM:NORM:NUM?", ":NUM:NORM:ITEM1?", ":NUM:NORM:ITEM2?", ":NUM:NORM:ITEM3?", ":COMM:HEAD?", ":STAT:FILT1?", NULL,
};
static const char *const hioki_asks[] = { ":VOLT:AUTO?", ":CURR:AUTO?", ":INTEG:STAT?", NULL };
static const char *const ptdaemon_asks[] = { "RR", NULL };

static const char *const chroma_asks[] = { "SOUR:VOLT:RANG?", "SOUR:CURR:RANG?", "SOUR:CURR:SHUN?", "SOUR:MEAS:MODE?", "SOUR:MEAS:WIND?", "SYST:HEAD?", NULL };
static const char *const zes_asks[] = { ":SENS:SWE:TIME?", ":SENS:ZPR?", ":SENS:VOLT:RANG:AUTO1?", ":SENS:CURR:RANG:AUTO1?", ":SYST:ERR:ALL?", NULL };

#define CHROMA(more) "instruments: {wall: {model: \"66202\", measures: wall, ranges: {voltage: 300 V, current: 2 A}, noise: 100 mW, accuracy: " \
		     "{reading: 0.1 %, range: 0.1 %}" more "}}"
#define ZES(model, more) "instruments: {wall: {model: " model ", measures: wall, ranges: {voltage: 250 V, current: 2.5 A}, noise: 50 mW, accuracy: " \
			 "{reading: 0.03 %, range: 0.05 %}" more "}}"
static const char *const gpm_asks[] = { ":INP:VOLT:AUTO?", ":INP:CURR:AUTO?", ":INP:CFAC?", ":INP:MODE?", ":RATE?", ":COMM:HEAD?", ":NUM:NORM:NUMB?",
					":NUM:NORM:ITEM1?", ":NUM:NORM:ITEM3?", NULL };

#define SCRIPTED (DOES_NAN | DOES_INF | DOES_STALL | DOES_RANGE | DOES_POSE)

const struct row rows[] = {
	{ .driver = "yokogawa_wt", .twin = "meter: {update: 100 ms}", .device = "wall", .asks = wt_asks, .does = SCRIPTED, .tolerance = 0.01,
	  .watts = 1 },
	{ .driver = "yokogawa_wt", .name = "yokogawa_wt at 9600 baud", .twin = "meter: {update: 500 ms, links: {pty: on, baud: 9600}}",
	  .device = "wall", .asks = wt_asks, .does = SCRIPTED, .tolerance = 0.01, .watts = 1 },
	{ .driver = "hioki_pw333x", .twin = "meter: {model: PW3335}", .device = "wall", .asks = hioki_asks, .does = SCRIPTED & ~DOES_INF, .tolerance = 0.01,
	  .watts = 1 },
	{ .driver = "ptdaemon", .device = "ptd", .asks = ptdaemon_asks, .does = SCRIPTED, .tolerance = 0.01, .watts = 1,
	  .twin = "instruments: {ptd: {model: ptdaemon, measures: wall, options: 'analyzer: YokogawaWT310', ranges: {voltage: 300 V, current: 2 A}, "
		  "accuracy: {reading: 0.1 %, range: 0.05 %}}}" },
	{ .driver = "powersensor3", .twin = "instruments: {rail: {model: F411, quantity: platform, measures: rail, accuracy: {reading: 1 %}, sag: 0.01}}",
	  .device = "rail", .does = DOES_NAN | DOES_INF | DOES_STALL | DOES_POSE, .quantity = QUANTITY_PLATFORM, .shares_frames = true, .trusts_noise = true },
	{ .driver = "gwinstek_gpm", .device = "gpm", .asks = gpm_asks, .does = SCRIPTED, .tolerance = 0.01, .watts = 1,
	  .twin = "instruments: {gpm: {model: GPM-8310, measures: wall, ranges: {voltage: 300 V, current: 2 A}, noise: 0.05 W, update: 250 ms}}" },
	{ .driver = "gwinstek_gpm", .name = "gwinstek_gpm by its events", .device = "gpm", .asks = gpm_asks, .does = SCRIPTED, .tolerance = 0.01, .watts = 1,
	  .twin = "instruments: {gpm: {model: GPM-8310, measures: wall, ranges: {voltage: 300 V, current: 2 A}, noise: 0.05 W, update: 250 ms, options: \"events: on\"}}" },
	{ .driver = "watts_up", .twin = "instruments: {socket: {model: WattsUp, link: pty, baud: 19200, measures: check, accuracy: {reading: 1.5 %}}}",
	  .device = "socket", .does = DOES_NAN | DOES_POSE, .tolerance = 0.02, .watts = 1 },
	{ .driver = "hwmon", .twin = "hwmon: {measures: check, interval: 250 ms}", .device = "hwmon", .does = DOES_NAN, .tolerance = 0.01, .watts = 1 },
	{ .driver = "powercap", .twin = "powercap: {}", .device = "rapl", .does = DOES_ZONES, .quantity = QUANTITY_PACKAGE },
	{ .driver = "http_plug", .twin = "instruments: {plug: {model: SNSW-001P16EU, measures: check}}", .device = "plug", .does = DOES_NAN | DOES_INF | DOES_POSE,
	  .tolerance = 0.01, .watts = 1 },
	{ .driver = "http_plug", .name = "http_plug, generation 1", .twin = "instruments: {plug: {model: SHPLG-S, measures: check}}", .device = "plug",
	  .does = DOES_NAN | DOES_POSE, .tolerance = 0.01, .watts = 1 },
	{ .driver = "http_plug", .name = "http_plug, Tasmota", .twin = "instruments: {plug: {model: Tasmota, measures: check}}", .device = "plug",
	  .does = DOES_NAN | DOES_POSE, .tolerance = 0.01, .watts = 1 },
	{ .driver = "mcp39f511n", .twin = "instruments: {mcp: {model: MCP39F511N, link: pty, baud: 115200, measures: check, update: 80 ms, noise: 0.1 W}}", .device = "mcp",
	  .does = DOES_STALL | DOES_RANGE, .tolerance = 0.01, .watts = 1 },
	{ .driver = "pzem004t", .twin = "instruments: {pzem: {model: PZEM-004T, link: pty, baud: 9600, measures: check}}", .device = "pzem",
	  .does = DOES_NAN | DOES_INF | DOES_POSE, .tolerance = 0.01, .watts = 1 },
	{ .driver = "chroma_662xx", .twin = CHROMA(", update: 200 ms"), .device = "wall", .asks = chroma_asks, .does = SCRIPTED, .tolerance = 0.01, .watts = 1 },
	/* What it is set to is not asked while it sends. */
	{ .driver = "zes_lmg", .twin = ZES("LMG670", ", update: 100 ms"), .device = "wall", .asks = zes_asks, .pushes = true, .does = SCRIPTED & ~DOES_RANGE,
	  .tolerance = 0.01, .watts = 1 },
	{ .driver = "zes_lmg", .name = "zes_lmg in SHORT at 9600 baud", .twin = ZES("LMG95", ", update: 500 ms, link: pty, baud: 9600, options: \"language: short\""),
	  .device = "wall", .asks = zes_asks, .pushes = true, .does = SCRIPTED & ~DOES_RANGE, .tolerance = 0.01, .watts = 1 },
	{ .driver = "rig", .twin = "rig: {inputs: {in1: line, in3: s0}, s0: {per_kwh: 1000000}}", .device = "rig", .shares_frames = true },
	{ .driver = "fault", .twin = "meter: {update: 100 ms}", .device = "wall", .arranged = true, .asks = wt_asks, .does = SCRIPTED,
	  .tolerance = 0.01, .watts = 1 },
};
const size_t n_rows = sizeof rows / sizeof *rows;
