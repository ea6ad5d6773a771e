/* The WT310E's language: what is said, and what comes back. */
#include "rig.h"

static const char *const bench = "load: {source: script}\nmeter: {" RIG_EXACT "}\n";

struct exchange {
	const char *say, *hear; /* hear NULL: nothing is to be answered */
};

static void hold_conversation(struct rig *rig, const struct exchange *list, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		rig_send(rig, list[i].say);
		if (list[i].hear == NULL)
			continue;
		const char *reply = rig_hear(rig);
		if (strcmp(reply, list[i].hear) != 0)
			fail_msg("%s: \"%s\", not \"%s\"", list[i].say, reply, list[i].hear);
	}
}
#define CONVERSATION(rig, list) hold_conversation(rig, list, sizeof(list) / sizeof *(list))

static void after_power_on(void **state)
{
	(void)state;
	static const struct exchange list[] = {
		{ "*IDN?", "YOKOGAWA,WT310E,SIM000001,F1.04" }, { "*OPT?", "0" }, { "*CAL?", "0" }, { "*OPC?", "1" },
		{ ":STAT:ERR?", ":STATUS:ERROR 0,\"NO ERROR\"" }, { ":RATE?", ":SAMPLE:RATE 250.0E-03" },
		{ ":INP:VOLT:AUTO?", ":INPUT:VOLTAGE:AUTO 1" }, { ":COMM:VERB OFF", NULL }, { ":INP:MODE?", ":INP:MODE RMS" },
		{ ":COMM:HEAD OFF", NULL }, { ":INP:MODE?", "RMS" }, { ":INTEG:STAT?", "RES" }, { ":COMM:VERB ON", NULL },
		{ ":INTEG:STAT?", "RESET" }, { ":NUM:NORM:ITEM6?", "LAMBDA,1" }, { ":NUM:NORM:ITEM10?", "NONE" },
		{ ":NUM:NORM:NUM?", "10" }, { ":SYST:COMM:COMM WT300;COMM?", "WT300" },
	};
	struct rig *rig = rig_open(bench);
	CONVERSATION(rig, list);
	rig_close(rig);
}

static void settings(void **state)
{
	(void)state;
	static const struct exchange list[] = {
		{ ":COMM:HEAD OFF;VERB OFF", NULL }, { ":INP:VOLT:RANG 150V;RANG?;AUTO?", "150.0E+00;0" },
		{ ":INP:CURR:RANG 500MA;RANG?", "500.0E-03" }, { ":INP:CURR:RANG 5e-3;RANG?", "5.000E-03" },
		{ ":INP:VOLT:RANG 77V", NULL }, { ":STAT:ERR?", "222,\"Data out of range\"" }, { ":INP:VOLT:RANG?", "150.0E+00" },
		{ ":INP:CFAC 6;CFAC?;:INP:VOLT:RANG?", "6;75.00E+00" }, { ":INP:VOLT:RANG 300V;RANG?", "300.0E+00" },
		{ ":INP:CFAC 3", NULL }, { ":SAMP:RATE 0.1;:RATE?", "100.0E-03" }, { ":RATE 20S;:RATE?", "20.00E+00" },
		{ ":RATE 100MS", NULL }, { ":STAT:QMES OFF;ERR?", "0" }, { ":INP:FILT:LINE ON;LINE?", "1" },
		{ ":INP:SYNC?", "VOLT" }, { ":INP:WIR?", "P1W2" },
		{ ":MEAS:AVER:STATE ON;TYPE LIN;COUN 16;COUN?;TYPE?", "16;LIN" },
		{ ":MEAS:MHOL?", "0" }, { ":NUM:FORM FLOAT;FORM?", "FLO" }, { ":NUM:FORM ASCII", NULL },
		{ ":STAT:FILT1 FALL;FILT1?", "FALL" }, { ":STAT:FILT16 BOTH;FILT16?", "BOTH" }, { ":STAT:EESE 65;EESE?", "65" },
		{ ":NUM:NORM:NUM 2;ITEM1 P,1;ITEM2 WH,1;ITEM1?;ITEM2?", "P,1;WH,1" }, { ":SYST:KLOC ON;KLOC?", "1" },
		{ ":COMM:REM ON;REM?", "1" }, { ":INTEG:TIM 1,30,5;TIM?", "1,30,5" }, { ":INTEG:MODE CONT;MODE?", "CONT" },
		{ "*RST", NULL }, { ":INP:VOLT:AUTO?", ":INPUT:VOLTAGE:AUTO 1" }, { ":RATE?", ":SAMPLE:RATE 250.0E-03" },
	};
	struct rig *rig = rig_open(bench);
	CONVERSATION(rig, list);
	rig_close(rig);
}

static void mistakes(void **state)
{
	(void)state;
	static const struct exchange list[] = {
		{ ":COMM:HEAD OFF", NULL }, { ":NO:SUCH?", NULL }, { ":STAT:ERR?", "113,\"Undefined header\"" },
		{ ":INTEG:STAR?", NULL }, { ":STAT:ERR?", "113,\"Undefined header\"" },
		{ ":INP:MODE FOO", NULL }, { ":STAT:ERR?", "141,\"Invalid character data\"" },
		{ ":INP:VOLT:RANG", NULL }, { ":STAT:ERR?", "109,\"Missing parameter\"" },
		{ ":NUM:NORM:ITEM1 P,2", NULL }, { ":STAT:ERR?", "108,\"Parameter not allowed\"" },
		{ ":NUM:NORM:NUM 300", NULL }, { ":STAT:ERR?", "222,\"Data out of range\"" },
		{ ":RATE AUTO", NULL }, { ":STAT:ERR?", "108,\"Parameter not allowed\"" },
		{ ":FOO;:BAR;*CLS", NULL }, { ":STAT:ERR?", "0,\"NO ERROR\"" },
	};
	struct rig *rig = rig_open(bench);
	CONVERSATION(rig, list);
	for (int i = 0; i < 20; i++)
		rig_send(rig, ":FOO");
	for (int i = 0; i < 15; i++)
		assert_string_equal(rig_ask(rig, ":STAT:ERR?"), "113,\"Undefined header\"");
	assert_string_equal(rig_ask(rig, ":STAT:ERR?"), "350,\"Queue overflow\"");
	assert_string_equal(rig_ask(rig, ":STAT:ERR?"), "0,\"NO ERROR\"");
	rig_close(rig);
}

static void integration_manners(void **state)
{
	(void)state;
	static const struct exchange list[] = {
		{ ":COMM:HEAD OFF;VERB OFF;:STAT:QMES OFF", NULL }, { ":INTEG:STOP", NULL }, { ":STAT:ERR?", "844" },
		{ ":INTEG:STAR;STAT?", "STAR" }, { ":INTEG:STAR", NULL }, { ":STAT:ERR?", "842" }, { ":INTEG:RES", NULL },
		{ ":STAT:ERR?", "845" }, { ":INP:VOLT:RANG 150V", NULL }, { ":STAT:ERR?", "813" }, { ":INP:CURR:AUTO ON", NULL },
		{ ":STAT:ERR?", "813" }, { ":INP:FILT:LINE ON", NULL }, { ":STAT:ERR?", "813" }, { ":RATE 1S", NULL },
		{ ":STAT:ERR?", "813" }, { ":STAT:COND?", "2" }, { ":INTEG:STOP;STAT?", "STOP" }, { ":INTEG:RES;STAT?", "RES" },
		{ ":INP:VOLT:RANG 600V;RANG?", "600.0E+00" }, { ":INTEG:TIM 0,0,1;:INTEG:STAR", NULL }, { ":STAT:COND?", "6" },
	};
	struct rig *rig = rig_open(bench);
	CONVERSATION(rig, list);
	rig_wait(rig, 1.1);
	assert_string_equal(rig_ask(rig, ":INTEG:STAT?"), "TIM");
	assert_string_equal(rig_ask(rig, ":STAT:COND?"), "0");
	rig_close(rig);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(after_power_on), cmocka_unit_test(settings), cmocka_unit_test(mistakes),
		cmocka_unit_test(integration_manners),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
