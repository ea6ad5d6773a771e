/* What a page is written with: nothing that is text becomes markup, and no drawing brings anything that moves. */
#include <math.h>
#include <string.h>

#include "page/html.h"
#include "unit.h"

static void assert_page(struct html *html, const char *expected)
{
	assert_false(html->broken);
	assert_int_equal(html->depth, 0);
	assert_string_equal(text_string(html->out), expected);
	text_free(html->out);
}

static void text_is_escaped(void **state)
{
	(void)state;
	struct text out = TEXT_INIT;
	struct html html = { .out = &out };
	html_element(&html, "b", "<script>a & b</script> \"'");
	assert_page(&html, "<b>&lt;script&gt;a &amp; b&lt;/script&gt; &quot;&#39;</b>");
	html_open(&html, "b");
	html_attribute(&html, "title", "\"><img src=x onerror='y'>&");
	html_textf(&html, "%s%d", "<", 3);
	html_close(&html);
	assert_page(&html, "<b title=\"&quot;&gt;&lt;img src=x onerror=&#39;y&#39;&gt;&amp;\">&lt;3</b>");
}

/* Controls, bidirectional marks and bytes that are no UTF-8: shown, not obeyed. */
static void text_is_harmless(void **state)
{
	(void)state;
	struct text out = TEXT_INIT;
	struct html html = { .out = &out };
	html_element(&html, "i", "a\x01\x1b[1m\xe2\x80\xae\n\xff\xc2\x85 \xc3\xa9");
	assert_page(&html, "<i>a\\x01\\x1b[1m\\u202e\\x0a\uFFFD\\x85 \xc3\xa9</i>");
	html_open(&html, "i");
	html_lines(&html, "a: \"<b>\"\n\tc: \x07\xe2\x80\xae\r\n");
	html_close(&html);
	assert_page(&html, "<i>a: &quot;&lt;b&gt;&quot;\n\tc: \\x07\\u202e\\x0d\n</i>");
}

static void what_is_opened_is_closed(void **state)
{
	(void)state;
	struct text out = TEXT_INIT;
	struct html html = { .out = &out };
	html_open(&html, "p");
	html_void(&html, "br");
	html_element(&html, "em", "x");
	html_close(&html);
	assert_page(&html, "<p><br><em>x</em></p>\n");
	html_close(&html);
	assert_true(html.broken);
	html = (struct html){ .out = &out };
	html_text(&html, "x");
	html_attribute(&html, "id", "late");
	assert_true(html.broken);
	html = (struct html){ .out = &out };
	for (int i = 0; i <= HTML_DEPTH; i++)
		html_open(&html, "b");
	assert_true(html.broken);
	text_free(&out);
}

static void numbers_keep_their_digits(void **state)
{
	(void)state;
	struct text out = TEXT_INIT;
	struct html html = { .out = &out };
	html_energy(&html, "wall.gross", 412.625, 1.8765432109876543);
	assert_page(&html, "<data value=\"412.625\" data-figure=\"wall.gross\" data-u=\"1.8765432109876543\">412.6 J ± 1.9 J</data>");
	html_ratio(&html, "r", &(struct interval){ 0.84, 0.76, 0.92 });
	assert_page(&html, "<data value=\"0.83999999999999997\" data-figure=\"r\" data-low=\"0.76000000000000001\" "
			   "data-high=\"0.92000000000000004\">0.84 [0.76, 0.92]</data>");
	html_ratio(&html, "r", &(struct interval){ 0.84, NAN, NAN });
	assert_page(&html, "<data value=\"0.83999999999999997\" data-figure=\"r\">0.84</data>");
	html_energy(&html, "wall.gross", NAN, 1);
	html_power(&html, "p", INFINITY, 1);
	assert_page(&html, "––");
}

static int draw(const char *svg)
{
	struct text out = TEXT_INIT;
	struct html html = { .out = &out };
	int result = html_svg(&html, svg);
	assert_true(result == 0 || out.length == 0);
	text_free(&out);
	return result;
}

static void a_drawing_only_shows(void **state)
{
	(void)state;
	static const char *const still[] = { "<svg><path d='M0,0' class='mark'/></svg>", "<svg><text>once x=1 href</text></svg>\n",
		"<svg><use xlink:href='#p0' x='1'/><use href=\"#p1\"/></svg>",
		/* labels, as they may be */
		"<svg><title>href=3</title><text>href=3</text><text> onclick=\"x\" </text></svg>", "<svg><text>note=javascript:1</text></svg>",
		"<svg><desc>http-equiv=1 style=x url(x)</desc></svg>" };
	static const char *const active[] = { "", "<svg>", "x<svg></svg>", "<svg></svg><p>", "<svg></svg><svg></svg>",
		"<svg><script>1</script></svg>", "<svg><SCRIPT href='#x'/></svg>", "<svg onload='x'></svg>", "<svg><g\nonclick=\"x\"/></svg>",
		"<svg><g id='a'onclick=\"x\"/></svg>", "<svg><a href='#x'/></svg>", "<svg><use href='http://a/b'/></svg>", "<svg><use href=\"x.svg#p\"/></svg>",
		"<svg><image href='#x'/></svg>", "<svg><foreignObject/></svg>", "<svg><!-- --></svg>", "<svg><animate/></svg>", "<svg><a\nhref='#x'/></svg>",
		"<svg><use href='javascript:1'/></svg>", "<svg><use href = 'http://a/b'/></svg>", "<svg><path d='>' onclick='x'/></svg>",
		"<svg><style>*{}</style></svg>", "<svg><meta http-equiv='refresh'/></svg>", "<svg><path style='fill:url(http://a/b)'/></svg>",
		"<svg><path fill='url(http://a/b)'/></svg>", "<svg><?x?></svg>", "<svg><path d='</svg>" };
	for (size_t i = 0; i < sizeof still / sizeof *still; i++)
		assert_int_equal(draw(still[i]), 0);
	for (size_t i = 0; i < sizeof active / sizeof *active; i++)
		if (draw(active[i]) == 0)
			fail_msg("taken: %s", active[i]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(text_is_escaped),
		cmocka_unit_test(text_is_harmless),
		cmocka_unit_test(what_is_opened_is_closed),
		cmocka_unit_test(numbers_keep_their_digits),
		cmocka_unit_test(a_drawing_only_shows),
	};
	return cmocka_run_group_tests_name("html", tests, NULL, NULL);
}
