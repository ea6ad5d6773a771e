/*
 * Documents: the corpus in tests/config, where each bad file says at its end what must be reported of it; what a file cannot
 * hold (NULs, other encodings, a megabyte); access to nodes. The beginning of a file's name says its schema.
 *
 *   #! 7:15 idle: "2" is not a time      exactly these problems, in this order; the text is the beginning of the message
 *   #! schema                            tests/schemas_test.py expects a JSON Schema validator to refuse the file too
 */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "document.h"
#include "schemas.h"
#include "unit.h"

#define CORPUS TEST_SOURCE_DIR "/tests/config"

static const char *schema_of(const char *name)
{
	if (strncmp(name, "certificate-", 12) == 0)
		return schema_certificate;
	if (strncmp(name, "claims-", 7) == 0)
		return schema_claims;
	if (strncmp(name, "factors-", 8) == 0)
		return schema_factors;
	if (strncmp(name, "bench-", 6) == 0)
		return schema_bench;
	return strncmp(name, "twin-", 5) == 0 ? schema_twin : schema_plan;
}

static void print_problems(const struct problems *problems)
{
	for (size_t i = 0; i < problems->n; i++) {
		char line[700];
		print_error("  %s\n", problem_line(problems, i, line, sizeof line));
	}
}

static char *read_text(const char *path)
{
	FILE *file = fopen(path, "r");
	assert_non_null(file);
	char *text = calloc(1, 1 << 16);
	assert_non_null(text);
	assert_true(fread(text, 1, (1 << 16) - 1, file) > 0);
	fclose(file);
	return text;
}

/* Calls `check` for each file of a folder of the corpus; returns how many there are. */
static int each_file(const char *folder, void (*check)(const char *path, const char *name))
{
	char path[1024];
	int n = 0;
	snprintf(path, sizeof path, "%s/%s", CORPUS, folder);
	DIR *directory = opendir(path);
	assert_non_null(directory);
	for (struct dirent *entry = readdir(directory); entry; entry = readdir(directory)) {
		if (strstr(entry->d_name, ".yaml") == NULL)
			continue;
		snprintf(path, sizeof path, "%s/%s/%s", CORPUS, folder, entry->d_name);
		check(path, entry->d_name);
		n++;
	}
	closedir(directory);
	return n;
}

static void check_good(const char *path, const char *name)
{
	struct problems problems = PROBLEMS_INIT;
	struct error error = ERROR_INIT;
	struct document *document = document_load(path, schema_of(name), &problems, &error);
	if (document == NULL) {
		print_error("%s: %s\n", path, error.what);
		print_problems(&problems);
		fail();
	}
	char *text = read_text(path);
	assert_string_equal(document_text(document), text);
	free(text);
	document_free(document);
	problems_free(&problems);
}

/* The next `#! LINE:COLUMN text`, cut out of `text`; NULL after the last. */
static const char *next_expected(char **text)
{
	for (char *mark = strstr(*text, "#! "); mark; mark = strstr(*text, "#! ")) {
		char *line = mark + 3;
		char *end = strchrnul(line, '\n');
		*text = end + (*end != '\0');
		*end = '\0';
		if (strcmp(line, "schema") != 0)
			return line;
	}
	return NULL;
}

static bool is_as_expected(const struct problem *problem, const char *expected)
{
	char position[32];
	int length = snprintf(position, sizeof position, "%d:%d ", problem->line, problem->column);
	return strncmp(expected, position, (size_t)length) == 0 &&
	       strncmp(problem->text, expected + length, strlen(expected + length)) == 0;
}

static void check_bad(const char *path, const char *name)
{
	struct problems problems = PROBLEMS_INIT;
	struct error error = ERROR_INIT;
	char *text = read_text(path), *rest = text;
	assert_null(document_load(path, schema_of(name), &problems, &error));
	size_t n = 0;
	for (const char *expected = next_expected(&rest); expected; expected = next_expected(&rest), n++) {
		if (n < problems.n && is_as_expected(&problems.list[n], expected))
			continue;
		print_error("%s: expected problem %zu: %s\nreported:\n", path, n + 1, expected);
		print_problems(&problems);
		fail();
	}
	if (n != problems.n || n == 0) {
		print_error("%s: expected %zu problems, reported:\n", path, n);
		print_problems(&problems);
		fail();
	}
	char what[1100];
	snprintf(what, sizeof what, "%zu mistake%s in %s", n, n == 1 ? "" : "s", path);
	assert_int_equal(error.code, ERROR_CONFIG);
	assert_true(strncmp(error.what, what, sizeof error.what - 1) == 0);
	problems_free(&problems);
	free(text);
}

static void good_files_are_taken(void **state)
{
	(void)state;
	assert_true(each_file("good", check_good) >= 4);
}

static void bad_files_are_refused_with_every_mistake(void **state)
{
	(void)state;
	assert_true(each_file("bad", check_bad) >= 20);
}

/* Parses `text` against a schema; it must be refused with one problem, at this position, that begins with `expected`. */
static void assert_refused(const char *schema, const char *text, size_t length, int line, int column, const char *expected)
{
	struct problems problems = PROBLEMS_INIT;
	struct error error = ERROR_INIT;
	assert_null(document_parse("x.yaml", text, length, schema, &problems, &error));
	assert_int_equal(error.code, ERROR_CONFIG);
	if (problems.n != 1 || problems.list[0].line != line || problems.list[0].column != column ||
	    strncmp(problems.list[0].text, expected, strlen(expected)) != 0) {
		print_error("expected %d:%d: %s\n", line, column, expected);
		print_problems(&problems);
		fail();
	}
	problems_free(&problems);
}
#define REFUSED(schema, literal, line, column, expected) \
	assert_refused(schema, literal, sizeof literal - 1, line, column, expected)

static void other_encodings_are_refused(void **state)
{
	(void)state;
	REFUSED("{}", "a: \xff", 1, 4, "invalid leading UTF-8 octet; expected a text file in UTF-8");
	REFUSED("{}", "a: 1\n\xc3\xa9: \xe9\n", 2, 4, "");
	REFUSED("{}", "\xff\xfe" "a\0:\0 \0b\0", 1, 1, "invalid leading UTF-8 octet");
	REFUSED("{}", "a: \xed\xa0\x80", 1, 4, "invalid Unicode character");
	REFUSED("{}", "a: \xc0\x80", 1, 4, "invalid length of a UTF-8 sequence");
	REFUSED("{}", "a: b\nc: d\0e\n", 2, 5, "control characters are not allowed");
	REFUSED("{}", "a: \xe2\x82", 1, 4, "incomplete UTF-8 octet sequence");
}

static void a_byte_order_mark_is_no_column(void **state)
{
	(void)state;
	REFUSED("{\"type\":\"array\"}", "\xef\xbb\xbf" "a: 1\n", 1, 1, "a map is not a list");
}

static void a_hostile_depth_is_refused(void **state)
{
	(void)state;
	size_t length = 500000;
	char *text = malloc(length);
	assert_non_null(text);
	memset(text, '[', length);
	assert_refused("{}", text, length, 1, 33, "nested too deeply");
	memset(text, '{', length);
	assert_refused("{}", text, length, 1, 33, "nested too deeply");
	free(text);
}

static void a_file_beyond_one_mebibyte_is_refused(void **state)
{
	(void)state;
	size_t length = (1 << 20) + 1;
	char *text = malloc(length), path[] = "/tmp/joulerig-document-XXXXXX";
	assert_non_null(text);
	memset(text, '\n', length);
	memcpy(text, "a: 1", 4);
	int fd = mkstemp(path);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, length), length);

	struct problems problems = PROBLEMS_INIT;
	struct error error = ERROR_INIT;
	assert_null(document_load(path, "{}", &problems, &error));
	assert_int_equal(error.code, ERROR_CONFIG);
	assert_non_null(strstr(error.what, "longer than 1 MiB"));
	assert_string_equal(error.on, path);
	assert_int_equal(problems.n, 0);

	assert_int_equal(ftruncate(fd, (off_t)length - 1), 0);
	struct document *document = document_load(path, "{}", &problems, NULL);
	assert_non_null(document);
	document_free(document);
	close(fd);
	unlink(path);
	free(text);
}

/* Also: in a time that grows with the file, not with its square (that took six minutes once). */
static void a_hundred_thousand_mistakes_are_counted_but_not_all_listed(void **state)
{
	(void)state;
	size_t n = 100000, length = 0;
	char *text = malloc(10 * n);
	assert_non_null(text);
	for (size_t i = 0; i < n; i++)
		length += (size_t)sprintf(text + length, "k%zu:\n", i % 99999);
	struct problems problems = PROBLEMS_INIT;
	struct error error = ERROR_INIT;
	assert_null(document_parse("x.yaml", text, length, schema_plan, &problems, &error));
	assert_int_equal(problems.n, 1000);
	assert_int_equal(problems.n + problems.omitted, n + 4);
	assert_string_equal(error.what, "100004 mistakes in x.yaml");
	problems_free(&problems);
	free(text);
}

static void files_that_cannot_be_read_say_so(void **state)
{
	(void)state;
	struct problems problems = PROBLEMS_INIT;
	struct error missing = ERROR_INIT, directory = ERROR_INIT;
	assert_null(document_load("/nonexistent/plan.yaml", "{}", &problems, &missing));
	assert_int_equal(missing.code, ERROR_NOT_FOUND);
	assert_string_equal(missing.on, "/nonexistent/plan.yaml");
	assert_null(document_load("/tmp", "{}", &problems, &directory));
	assert_int_equal(directory.code, ERROR_IO);
	assert_int_equal(problems.n, 0);
}

static void a_broken_schema_is_our_defect(void **state)
{
	(void)state;
	struct problems problems = PROBLEMS_INIT;
	struct error error = ERROR_INIT;
	assert_null(document_parse("x.yaml", "a: 1", 4, "{", &problems, &error));
	assert_int_equal(error.code, ERROR_INTERNAL);
}

static const char alternatives[] =
	"{\"additionalProperties\": {\"oneOf\": [{\"$ref\": \"#/$defs/steps\"}, {\"type\": \"integer\", \"minimum\": 1},"
	" {\"enum\": [\"all\"]}]}, \"$defs\": {\"steps\": {\"type\": \"array\", \"items\": {\"type\": \"object\","
	" \"additionalProperties\": {\"type\": \"boolean\"}}}}}";

static void alternatives_are_told_apart_by_type(void **state)
{
	(void)state;
	struct problems problems = PROBLEMS_INIT;
	static const char good[] = "a: [{ x: on }, { y: false }]\nb: 3\nc: all\n";
	struct document *document = document_parse("x.yaml", good, sizeof good - 1, alternatives, &problems, NULL);
	assert_non_null(document);
	document_free(document);
	REFUSED(alternatives, "a: [{ x: on }, { y: \"no\" }]\n", 1, 21, "y: \"no\" in quotes is not true or false");
	REFUSED(alternatives, "a: 0\n", 1, 4, "a: \"0\" is not a list, an integer of at least 1 or all");
	REFUSED(alternatives, "a: {}\n", 1, 4, "a: a map is not a list, an integer of at least 1 or all");
}

static const char patterned[] =
	"{\"properties\": {\"kind\": {\"const\": 3}}, \"patternProperties\": {\"^x-\": {\"type\": \"number\"}},"
	" \"additionalProperties\": false, \"maxProperties\": 2}";

static void pattern_properties_and_counts(void **state)
{
	(void)state;
	struct problems problems = PROBLEMS_INIT;
	static const char good[] = "kind: 3\nx-1: 1e3\n";
	struct document *document = document_parse("x.yaml", good, sizeof good - 1, patterned, &problems, NULL);
	assert_non_null(document);
	document_free(document);
	REFUSED(patterned, "x-1: 1,5\n", 1, 6, "x-1: \"1,5\" is not a number");
	REFUSED(patterned, "y-1: 1\n", 1, 1, "unknown key \"y-1\"; expected one of kind");
	REFUSED(patterned, "kind: 4\n", 1, 7, "kind: \"4\" is not \"3\"");
	REFUSED(patterned, "kind: 3\nx-1: 1\nx-2: 2\n", 1, 1, "3 entries are too many; expected at most 2");
}

static void a_reference_in_a_circle_ends(void **state)
{
	(void)state;
	struct problems problems = PROBLEMS_INIT;
	struct document *document = document_parse("x.yaml", "a: 1", 4,
		"{\"additionalProperties\": {\"$ref\": \"#/$defs/a\"}, \"$defs\": {\"a\": {\"$ref\": \"#/$defs/a\"}}}",
		&problems, NULL);
	assert_non_null(document);
	document_free(document);
}

static void nodes_give_what_was_written(void **state)
{
	(void)state;
	static const char text[] = "t: 250 ms\nn: 0.5\ni: -3\nb: off\ns: 'q'\nl: [a, 2]\nm: { k: v, j: w }\n";
	struct problems problems = PROBLEMS_INIT;
	struct document *d = document_parse("x.yaml", text, sizeof text - 1, "{}", &problems, NULL);
	assert_non_null(d);
	const struct node *root = document_root(d), *key, *map = node_get(d, root, "m"), *list = node_get(d, root, "l");
	assert_true(node_quantity(node_get(d, root, "t"), DIMENSION_TIME, 7) == 0.25);
	assert_true(node_number(node_get(d, root, "n"), 7) == 0.5);
	assert_int_equal(node_integer(node_get(d, root, "i"), 7), -3);
	assert_false(node_boolean(node_get(d, root, "b"), true));
	assert_string_equal(node_text(node_get(d, root, "s"), ""), "q");
	assert_true(node_is_list(list) && !node_is_map(list) && node_is_map(map));
	assert_int_equal(node_count(d, list), 2);
	assert_string_equal(node_text(node_item(d, list, 1), ""), "2");
	assert_null(node_item(d, list, 2));
	assert_int_equal(node_count(d, map), 2);
	assert_string_equal(node_text(node_pair(d, map, 1, &key), ""), "w");
	assert_string_equal(node_text(key, ""), "j");
	assert_null(node_pair(d, map, 2, &key));
	assert_null(key);
	assert_int_equal(node_line(list), 6);
	assert_int_equal(node_column(list), 4);
	document_free(d);
}

static void absent_nodes_give_the_fallback(void **state)
{
	(void)state;
	struct problems problems = PROBLEMS_INIT;
	struct document *d = document_parse("x.yaml", "a: 1", 4, "{}", &problems, NULL);
	assert_non_null(d);
	const struct node *absent = node_get(d, document_root(d), "b");
	assert_null(absent);
	assert_null(node_get(d, absent, "c"));
	assert_true(node_quantity(absent, DIMENSION_TIME, 7) == 7 && node_number(absent, 8) == 8);
	assert_int_equal(node_integer(absent, 9), 9);
	assert_true(node_boolean(absent, true));
	assert_string_equal(node_text(absent, "none"), "none");
	assert_int_equal(node_count(d, absent), 0);
	assert_null(node_item(d, absent, 0));
	assert_null(node_pair(d, absent, 0, NULL));
	document_free(d);
}

static void problems_found_later_stand_in_their_place(void **state)
{
	(void)state;
	static const char text[] = "a: 1\nb: 2\n";
	struct problems problems = PROBLEMS_INIT;
	struct error error = ERROR_INIT;
	struct document *d = document_parse("x.yaml", text, sizeof text - 1, "{}", &problems, &error);
	assert_non_null(d);
	assert_int_equal(problems_check(&problems, &error), 0);
	problems_add(&problems, d, node_get(d, document_root(d), "b"), "there is no %s", "b");
	problems_add(&problems, d, node_get(d, document_root(d), "a"), "there is no a");
	problems_add(&problems, d, NULL, "nothing");
	assert_int_equal(problems_check(&problems, &error), -1);
	assert_string_equal(error.what, "3 mistakes in x.yaml");
	char line[400];
	assert_string_equal(problem_line(&problems, 0, line, sizeof line), "x.yaml:1:1: nothing");
	assert_string_equal(problem_line(&problems, 1, line, sizeof line), "x.yaml:1:4: there is no a");
	assert_string_equal(problem_line(&problems, 2, line, sizeof line), "x.yaml:2:4: there is no b");
	document_free(d);
	problems_free(&problems);
	assert_null(problems.list);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(good_files_are_taken),
		cmocka_unit_test(bad_files_are_refused_with_every_mistake),
		cmocka_unit_test(other_encodings_are_refused),
		cmocka_unit_test(a_byte_order_mark_is_no_column),
		cmocka_unit_test(a_hostile_depth_is_refused),
		cmocka_unit_test(a_file_beyond_one_mebibyte_is_refused),
		cmocka_unit_test(a_hundred_thousand_mistakes_are_counted_but_not_all_listed),
		cmocka_unit_test(files_that_cannot_be_read_say_so),
		cmocka_unit_test(a_broken_schema_is_our_defect),
		cmocka_unit_test(alternatives_are_told_apart_by_type),
		cmocka_unit_test(pattern_properties_and_counts),
		cmocka_unit_test(a_reference_in_a_circle_ends),
		cmocka_unit_test(nodes_give_what_was_written),
		cmocka_unit_test(absent_nodes_give_the_fallback),
		cmocka_unit_test(problems_found_later_stand_in_their_place),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
