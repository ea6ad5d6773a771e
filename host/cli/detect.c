/* joulerig detect [--drivers] */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench.h"
#include "cli.h"
#include "interpreter.h"

static const char help[] =
	"usage: joulerig detect [--drivers]\n\n"
	"Lists the interpreters and energy counters of this machine; with --drivers, what this build can drive, and the options.\n";

static void list_drivers(void)
{
	static const char *const maturities[] = {
		[MATURITY_PROVEN] = "proven", [MATURITY_UNTRIED] = "twin only", [MATURITY_EXPERIMENTAL] = "experimental",
	};
	for (const struct driver *const *d = drivers; *d; d++) {
		printf("%-14s %-12s", (*d)->name, maturities[(*d)->maturity]);
		for (const char *const *s = (*d)->schemes; s && *s; s++)
			printf(" %s", *s);
		printf("  %s\n", (*d)->summary);
		for (const struct option_spec *o = (*d)->options; o && o->name; o++)
			printf("    option %-14s %s%s%s\n", o->name, o->summary, o->fallback ? "; default " : "", o->fallback ? o->fallback : "");
	}
}

static int list_interpreters(void)
{
	struct interpreter *list;
	size_t n;
	struct error error = ERROR_INIT;
	if (interpreter_discover(&list, &n, &error) != 0)
		return cli_fail(&error);
	for (size_t i = 0; i < n; i++)
		printf("python %-8s %-13s GIL %-3s  %s\n", list[i].version, list[i].gil_disabled_build ? "free-threaded" : "standard",
		       list[i].gil_enabled ? "on" : "off", list[i].path);
	if (n == 0)
		puts("python: none found; ./scripts/get-pythons builds both arms");
	free(list);
	return EXIT_OK;
}

static void list_counters(void)
{
	struct bench_config config;
	struct error error = ERROR_INIT;
	char line[1024];
	if (bench_config_detect(&config, &error) != 0) {
		printf("counters: %s\n", error_line(&error, line, sizeof line));
		return;
	}
	struct bench *bench = bench_open(&config, &surroundings_lab, &error);
	if (bench == NULL)
		printf("counters: %s\n", error_line(&error, line, sizeof line));
	for (int i = 0; bench && i < bench_channels(bench); i++)
		printf("counter %s (%s)\n", bench_channel(bench, i)->name, channel_role_name(bench_channel(bench, i)->role));
	bench_close(bench);
	bench_config_free(&config);
}

int detect_main(int argc, char **argv)
{
	static const struct option options[] = { { "drivers", no_argument, NULL, 'd' }, { "help", no_argument, NULL, 'h' }, { NULL, 0, NULL, 0 } };
	bool only_drivers = false;
	int option;
	while ((option = getopt_long(argc, argv, "dh", options, NULL)) != -1) {
		if (option == 'h') {
			fputs(help, stdout);
			return EXIT_OK;
		}
		if (option != 'd')
			return EXIT_USAGE;
		only_drivers = true;
	}
	if (optind < argc)
		return cli_usage("detect", "\"%s\" is too much", argv[optind]);
	if (only_drivers) {
		list_drivers();
		return EXIT_OK;
	}
	list_counters();
	return list_interpreters();
}
