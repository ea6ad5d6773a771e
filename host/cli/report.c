/* joulerig report DIR|PACK -o FILE [--claims FILE] [--factors FILE] [--figures DIR] */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "claims_file.h"
#include "cli.h"
#include "factors_file.h"
#include "facts.h"
#include "page/page.h"

static const char help[] =
	"usage: joulerig report DIR|PACK -o FILE [--claims FILE] [--factors FILE] [--figures DIR]\n\n"
	"Writes the campaign in DIR, or in the packed file PACK, as one HTML page that needs nothing else: verdicts, results, figures, notes,\n"
	"every run's trace, uncertainty, bench and plan. It can be read on a phone and printed. Figures are drawn by gnuplot.\n\n"
	"  -o, --output FILE   where the page goes (- prints it)\n"
	"      --claims FILE   published claims to be held against the campaign: joulerig claims tells more\n"
	"      --factors FILE  what a kilowatt-hour costs and emits (schemas/factors.schema.json)\n"
	"      --figures DIR   writes each figure as NAME.svg and NAME.pdf, too\n";

struct arguments {
	const char *place, *output, *claims, *factors, *figures;
};

/* ---- writing ---- */

static int write_all(int fd, const struct text *text)
{
	const char *bytes = text_string(text);
	for (size_t done = 0; done < text->length;) {
		ssize_t n = write(fd, bytes + done, text->length - done);
		if (n < 0 && errno != EINTR)
			return -1;
		done += n > 0 ? (size_t)n : 0;
	}
	return 0;
}

static int write_to(const char *path, const struct text *text, bool regular, struct error *error)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
	if (fd < 0)
		return error_errno(error, errno, path, NULL, "cannot create the file");
	int failure = write_all(fd, text) != 0 || (regular && fsync(fd) != 0) ? errno : 0;
	if (close(fd) != 0 && failure == 0)
		failure = errno;
	if (failure == 0)
		return 0;
	if (regular)
		unlink(path);
	return error_errno(error, failure, path, NULL, "cannot write the page");
}

/* All of it or nothing: it is written beside its place, and then takes it. */
static int write_file(const char *path, const struct text *text, struct error *error)
{
	struct text part = TEXT_INIT;
	text_addf(&part, "%s.part", path);
	int result = text_failed(&part) ? error_errno(error, ENOMEM, path, NULL, "cannot name the page") : write_to(text_string(&part), text, true, error);
	if (result == 0 && rename(text_string(&part), path) != 0) {
		result = error_errno(error, errno, path, NULL, "cannot put the page in its place");
		unlink(text_string(&part));
	}
	text_free(&part);
	return result;
}

static int write_page(const char *path, const struct text *text, struct error *error)
{
	struct stat there;
	if (strcmp(path, "-") == 0) {
		fwrite(text_string(text), 1, text->length, stdout);
		return fflush(stdout) == 0 ? 0 : error_errno(error, errno, "standard output", NULL, "cannot write the page");
	}
	if (stat(path, &there) != 0 || S_ISREG(there.st_mode))
		return write_file(path, text, error);
	if (S_ISDIR(there.st_mode))
		return error_set(error, ERROR_EXISTS, path, "name a file, such as report.html", "it is a directory");
	return write_to(path, text, false, error); /* a pipe or a device keeps its place */
}

/* ---- what the page is of ---- */

struct material {
	struct campaign_file file;
	struct summary summary;
	struct crosscheck_set set;
	struct crosscheck *check;
	struct claims claims;
	struct claims_judged judged;
	struct factors factors;
	struct figures figures;
};

static void material_free(struct material *m)
{
	figures_free(&m->figures);
	factors_free(&m->factors);
	claims_judged_free(&m->judged);
	claims_free(&m->claims);
	crosscheck_set_free(&m->set);
	free(m->check);
	summary_free(&m->summary);
	campaign_file_free(&m->file);
}

/* Without both the wall and RAPL there is nothing to hold against each other; nor is there where RAPL is not this machine's own. */
static bool is_comparable(const struct material *m)
{
	struct text doubt = TEXT_INIT;
	facts_rapl_doubt(&m->file, &doubt);
	bool trusted = doubt.length == 0;
	text_free(&doubt);
	return trusted && m->summary.has_wall && m->summary.has_rapl;
}

static int hold_against_each_other(struct material *m, struct error *error)
{
	if (!is_comparable(m))
		return 0;
	m->check = calloc(1, sizeof *m->check);
	if (m->check == NULL)
		return error_errno(error, ENOMEM, NULL, NULL, "cannot hold RAPL against the wall");
	if (crosscheck_set_campaign(&m->file, &m->set, error) != 0)
		return -1;
	crosscheck_fit(m->set.points, m->set.n, m->check);
	return 0;
}

static int judge(const struct arguments *a, struct material *m, struct problems *problems, struct error *error)
{
	const char *arms[CLAIM_ARMS_MAX];
	if (a->claims == NULL)
		return 0;
	if (claims_load(a->claims, &m->claims, problems, error) != 0)
		return -1;
	size_t n = claims_arms(&m->file, arms, CLAIM_ARMS_MAX);
	if (claims_check_arms(&m->claims, arms, n, problems, error) != 0)
		return -1;
	return claims_judge(&m->claims, &m->file, &m->judged, error);
}

static int gather(const struct arguments *a, struct material *m, struct problems *problems, struct error *error)
{
	if (campaign_file_read(a->place, &m->file, error) != 0)
		return -1;
	if (summary_make(&m->file, &m->summary) != 0)
		return error_errno(error, ENOMEM, a->place, NULL, "cannot sum it up");
	if (a->factors && factors_load(a->factors, &m->factors, problems, error) != 0)
		return -1;
	return hold_against_each_other(m, error) == 0 && judge(a, m, problems, error) == 0 ? 0 : -1;
}

static int draw(const struct arguments *a, struct material *m, struct error *error)
{
	struct figures_of of = {
		.place = a->place, .file = &m->file, .summary = &m->summary, .set = m->check ? &m->set : NULL, .check = m->check,
		.claims = a->claims ? &m->judged : NULL,
	};
	if (figures_make(&of, &m->figures, error) != 0 || figures_draw_page(&m->figures, error) != 0)
		return -1;
	if (a->figures == NULL)
		return 0;
	if (mkdir(a->figures, 0777) != 0 && errno != EEXIST)
		return error_errno(error, errno, a->figures, NULL, "cannot make the folder for figures");
	return figures_draw_files(&m->figures, a->figures, error);
}

static int make_page(const struct arguments *a, struct material *m, struct error *error)
{
	struct text text = TEXT_INIT;
	struct page_of of = {
		.file = &m->file, .summary = &m->summary, .set = m->check ? &m->set : NULL, .check = m->check,
		.claims = a->claims ? &m->judged : NULL, .factors = a->factors ? &m->factors : NULL, .figures = &m->figures,
		.version = JOULERIG_VERSION,
	};
	int result = report_page(&of, &text, error);
	if (result == 0)
		result = write_page(a->output, &text, error);
	text_free(&text);
	return result;
}

static int report(const struct arguments *a)
{
	struct material m = { 0 };
	struct problems problems = { .n = 0 };
	struct error error = ERROR_INIT;
	int status = EXIT_OK;
	if (gather(a, &m, &problems, &error) != 0 || draw(a, &m, &error) != 0 || make_page(a, &m, &error) != 0)
		status = problems.n ? cli_fail_problems(&problems, &error) : cli_fail(&error);
	problems_free(&problems);
	material_free(&m);
	return status;
}

int report_main(int argc, char **argv)
{
	static const struct option options[] = {
		{ "output", required_argument, NULL, 'o' }, { "claims", required_argument, NULL, 'c' }, { "factors", required_argument, NULL, 'f' },
		{ "figures", required_argument, NULL, 'F' }, { "help", no_argument, NULL, 'h' }, { NULL, 0, NULL, 0 },
	};
	struct arguments a = { 0 };
	int option;
	while ((option = getopt_long(argc, argv, "o:h", options, NULL)) != -1)
		switch (option) {
		case 'o': a.output = optarg; break;
		case 'c': a.claims = optarg; break;
		case 'f': a.factors = optarg; break;
		case 'F': a.figures = optarg; break;
		case 'h':
			fputs(help, stdout);
			return EXIT_OK;
		default:
			return EXIT_USAGE;
		}
	if (argc - optind != 1)
		return cli_usage("report", "name one campaign's directory or packed file");
	if (a.output == NULL)
		return cli_usage("report", "-o says where the page goes; -o - prints it");
	a.place = argv[optind];
	return report(&a);
}
