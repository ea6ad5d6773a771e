/* The page's figures, and those of papers: one gnuplot for all. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "clock.h"
#include "durable.h"
#include "drawing.h"
#include "gnuplot.h"
#include "svg.h"
#include "text_file.h"

#define LIMIT (30 * NS_PER_S) /* for gnuplot to start… */
#define LIMIT_EACH NS_PER_S   /* …and to draw a figure, on a slow machine */
#define PRINT_WIDTH 5.0       /* in; for pdfcairo a line is 0.5 pt wide, and a font of 96 to the inch */

/* Names are ours (figures.h) and go into paths and scripts. */
static bool is_name(const char *name)
{
	return name[0] && strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789-") == strlen(name);
}

static void add_figure(struct text *script, const struct figure *figure, enum svg_use use, const char *terminal, const char *suffix)
{
	text_add(script, "reset\nundefine $*\nset encoding utf8\n");
	text_addf(script, "set terminal %s\n", terminal);
	svg_variables(use, script);
	text_addf(script, "set output '%s%s'\n", figure->name, suffix);
	text_add(script, "unset key\nset border 3 lw 0.8 lc rgb ink\nset tics nomirror out scale 0.4 textcolor rgb ink\n");
	text_add(script, "set clip one\nset clip two\n");
	text_add(script, figure->script);
	text_add(script, "unset output\n");
}

static void add_svg(struct text *script, const struct figure *figure)
{
	char terminal[120];
	snprintf(terminal, sizeof terminal, "svg size %d,%u dynamic noenhanced font 'sans,%d'", FIGURE_WIDTH, figure->height, DRAWING_FONT);
	add_figure(script, figure, SVG_PAGE, terminal, ".svg");
}

static void add_pdf(struct text *script, const struct figure *figure)
{
	char terminal[160];
	double scale = PRINT_WIDTH / FIGURE_WIDTH;
	snprintf(terminal, sizeof terminal, "pdfcairo size %.4fin,%.4fin noenhanced font 'Helvetica,%.2f' linewidth 1.125 fontscale 0.75", PRINT_WIDTH,
		 scale * figure->height, scale * 72 * DRAWING_FONT);
	add_figure(script, figure, SVG_PRINT, terminal, ".pdf");
}

static char *read_drawn(const struct scratch *scratch, const struct figure *figure, struct error *error)
{
	char path[400];
	snprintf(path, sizeof path, "%s/%s.svg", scratch->path, figure->name);
	return text_file_read(path, error);
}

static int draw(const struct figures *figures, const struct scratch *scratch, bool pdf, struct error *error)
{
	struct text script = TEXT_INIT;
	for (size_t i = 0; i < figures->n; i++) {
		if (!is_name(figures->list[i].name)) {
			text_free(&script);
			return error_set(error, ERROR_INTERNAL, figures->list[i].name, NULL, "a figure has no name that a file can have");
		}
		add_svg(&script, &figures->list[i]);
		if (pdf)
			add_pdf(&script, &figures->list[i]);
	}
	int result = gnuplot_run(scratch, &script, LIMIT + (int64_t)figures->n * LIMIT_EACH, error);
	text_free(&script);
	return result;
}

static int retell(const struct scratch *scratch, const struct figure *figure, enum svg_use use, struct text *svg, struct error *error)
{
	char *drawn = read_drawn(scratch, figure, error);
	int result = drawn ? svg_retell(drawn, figure, use, svg, error) : -1;
	free(drawn);
	return result;
}

/* ---- the page ---- */

int figures_draw_page(struct figures *figures, struct error *error)
{
	struct scratch scratch;
	if (figures->n == 0)
		return 0;
	if (scratch_make(&scratch, error) != 0)
		return -1;
	int result = draw(figures, &scratch, false, error);
	for (size_t i = 0; result == 0 && i < figures->n; i++) {
		struct text svg = TEXT_INIT;
		result = retell(&scratch, &figures->list[i], SVG_PAGE, &svg, error);
		free(figures->list[i].svg);
		figures->list[i].svg = result == 0 ? svg.bytes : NULL;
		if (result != 0)
			text_free(&svg);
	}
	scratch_remove(&scratch);
	return result;
}

/* ---- files ---- */

/* Not synced: it can be drawn again. */
static int write_file(const char *path, const char *bytes, size_t length, struct error *error)
{
	int file = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	if (file < 0)
		return error_errno(error, errno, path, durable_remedy(errno), "cannot create the file");
	int result = durable_write_all(file, bytes, length), cause = errno;
	if (close(file) != 0 && result == 0) {
		result = -1;
		cause = errno;
	}
	return result == 0 ? 0 : error_errno(error, cause, path, durable_remedy(cause), "cannot write the file");
}

static int write_svg(const struct scratch *scratch, const struct figure *figure, const char *directory, struct error *error)
{
	char path[4400];
	struct text svg = TEXT_INIT;
	snprintf(path, sizeof path, "%s/%s.svg", directory, figure->name);
	int result = retell(scratch, figure, SVG_PRINT, &svg, error);
	if (result == 0)
		result = write_file(path, text_string(&svg), svg.length, error);
	text_free(&svg);
	return result;
}

/* malloc'ed; NULL on failure. */
static char *read_bytes(const char *path, size_t *length, struct error *error)
{
	struct stat status;
	char *bytes = NULL;
	int file = open(path, O_RDONLY | O_CLOEXEC);
	if (file >= 0 && fstat(file, &status) == 0)
		bytes = malloc((size_t)status.st_size + 1);
	ssize_t got = bytes ? read(file, bytes, (size_t)status.st_size) : -1;
	if (got < 0 || got != (ssize_t)status.st_size) {
		error_errno(error, got < 0 ? errno : EIO, path, NULL, "cannot read what gnuplot drew");
		free(bytes);
		bytes = NULL;
	}
	*length = got > 0 ? (size_t)got : 0;
	if (file >= 0)
		close(file);
	return bytes;
}

static int write_pdf(const struct scratch *scratch, const struct figure *figure, const char *directory, struct error *error)
{
	char path[4400];
	size_t length;
	snprintf(path, sizeof path, "%s/%s.pdf", scratch->path, figure->name);
	char *bytes = read_bytes(path, &length, error);
	snprintf(path, sizeof path, "%s/%s.pdf", directory, figure->name);
	int result = bytes ? write_file(path, bytes, length, error) : -1;
	free(bytes);
	return result;
}

int figures_draw_files(const struct figures *figures, const char *directory, struct error *error)
{
	struct scratch scratch;
	if (figures->n == 0)
		return 0;
	if (scratch_make(&scratch, error) != 0)
		return -1;
	int result = draw(figures, &scratch, true, error);
	for (size_t i = 0; result == 0 && i < figures->n; i++) {
		result = write_svg(&scratch, &figures->list[i], directory, error);
		if (result == 0)
			result = write_pdf(&scratch, &figures->list[i], directory, error);
	}
	scratch_remove(&scratch);
	return result;
}
