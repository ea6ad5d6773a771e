/* joulerig detect [--ask] [--bench | --json] [ENDPOINT…], joulerig detect --drivers [--json] [DRIVER…] */
#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "cli.h"
#include "detect.h"
#include "log.h"

static const char help[] =
	"usage: joulerig detect [--ask] [--bench | --json] [ENDPOINT…]\n"
	"       joulerig detect --drivers [--json] [DRIVER…]\n\n"
	"Lists what this machine has for measuring: instruments on USB, serial ports, GPIO lines, energy counters, interpreters; for each\n"
	"instrument that a driver knows its entry in a bench file, and for what is forbidden the command that grants it. Instruments at\n"
	"an ENDPOINT (tcp://10.0.0.7:10001, serial:///dev/ttyUSB0) are asked too.\n\n"
	"  -a, --ask      ask at every serial port who is there, or at the ENDPOINTs that are named and no others. What is no instrument\n"
	"                 may be disturbed by that\n"
	"  -b, --bench    write a whole bench file: joulerig detect --bench > bench.yaml\n"
	"  -j, --json     the list as JSON\n"
	"  -d, --drivers  what this build can drive, a line each: name, maturity, links, channels; of a DRIVER that is named the options too\n\n"
	"What was found goes to stdout, progress and warnings to stderr.\n";

enum form { FORM_LIST, FORM_BENCH, FORM_JSON, FORM_DRIVERS };
struct arguments {
	enum form form;
	bool ask, json, helped;
	char **endpoints;
	int n_endpoints;
};

static int set_form(struct arguments *a, enum form form)
{
	if (a->form != FORM_LIST && a->form != form)
		return cli_usage("detect", "--bench excludes --json and --drivers");
	a->form = form;
	return EXIT_OK;
}

static int parse(int argc, char **argv, struct arguments *a)
{
	static const struct option options[] = {
		{ "ask", no_argument, NULL, 'a' }, { "bench", no_argument, NULL, 'b' }, { "json", no_argument, NULL, 'j' },
		{ "drivers", no_argument, NULL, 'd' }, { "help", no_argument, NULL, 'h' }, { NULL, 0, NULL, 0 },
	};
	int option, status = EXIT_OK;
	while (status == EXIT_OK && (option = getopt_long(argc, argv, "abjdh", options, NULL)) != -1)
		switch (option) {
		case 'a': a->ask = true; break;
		case 'b': status = set_form(a, FORM_BENCH); break;
		case 'j': a->json = true; break;
		case 'd': status = set_form(a, FORM_DRIVERS); break;
		case 'h':
			fputs(help, stdout);
			a->helped = true;
			return EXIT_OK;
		default:
			return EXIT_USAGE; /* getopt has said why */
		}
	a->endpoints = argv + optind;
	a->n_endpoints = argc - optind;
	if (status == EXIT_OK && a->form == FORM_DRIVERS)
		return a->ask ? cli_usage("detect", "--drivers asks nobody") : EXIT_OK;
	return status == EXIT_OK && a->json ? set_form(a, FORM_JSON) : status;
}

static void say(enum log_level level, const char *line)
{
	if (level >= LOG_LEVEL_INFO)
		fprintf(stderr, "joulerig: %s\n", line);
}

static int compose(const struct survey *survey, enum form form, struct text *text, struct error *error)
{
	if (form == FORM_BENCH)
		return survey_bench(survey, text, error);
	if (form == FORM_LIST)
		detect_list(survey, text);
	if ((form == FORM_JSON && detect_json(survey, text) != 0) || text_failed(text))
		return error_set(error, ERROR_INTERNAL, NULL, NULL, "out of memory");
	return 0;
}

/* An instrument that was named and is not to be had: the list says why, and the exit status that something is missing. */
static int status_of(const struct survey *survey, const struct arguments *a)
{
	struct endpoint endpoint;
	for (int k = 0; k < a->n_endpoints; k++)
		for (size_t i = 0; i < survey->n_instruments; i++)
			if (endpoint_parse(a->endpoints[k], &endpoint, NULL) == 0 && instrument_is_at(&survey->instruments[i], &endpoint) &&
			    survey->instruments[i].state != INSTRUMENT_KNOWN)
				return EXIT_DEVICE;
	return EXIT_OK;
}

static int detect(const struct arguments *a)
{
	struct survey survey;
	struct error error = ERROR_INIT;
	struct text text = TEXT_INIT;
	log_set_sink(say);
	int status = EXIT_OK;
	struct survey_request request = {
		.endpoints = a->endpoints, .n_endpoints = a->n_endpoints, .ask_ports = a->ask && a->n_endpoints == 0,
		.interpreters = a->form != FORM_BENCH,
	};
	if (survey_take(&survey, &request, &error) != 0 ||
	    compose(&survey, a->form, &text, &error) != 0)
		status = cli_fail(&error);
	else if (fputs(text_string(&text), stdout) < 0 || fflush(stdout) != 0)
		status = EXIT_STORAGE;
	else
		status = status_of(&survey, a);
	text_free(&text);
	survey_free(&survey);
	return status;
}

static int check_names(const struct arguments *a)
{
	for (int i = 0; i < a->n_endpoints; i++)
		if (driver_find(a->endpoints[i]) == NULL)
			return cli_usage("detect", "there is no driver '%s'", a->endpoints[i]);
	return EXIT_OK;
}

static int list_drivers(const struct arguments *a)
{
	struct text text = TEXT_INIT;
	int status = check_names(a);
	if (status != EXIT_OK)
		return status;
	if (a->json)
		detect_drivers_json(a->endpoints, a->n_endpoints, &text);
	else
		detect_drivers(a->endpoints, a->n_endpoints, &text);
	if (text_failed(&text) || fputs(text_string(&text), stdout) < 0 || fflush(stdout) != 0)
		status = EXIT_STORAGE;
	text_free(&text);
	return status;
}

int detect_main(int argc, char **argv)
{
	struct arguments a = { .form = FORM_LIST };
	int status = parse(argc, argv, &a);
	if (status != EXIT_OK || a.helped)
		return status;
	if (a.form != FORM_DRIVERS)
		return detect(&a);
	return list_drivers(&a);
}
