"""The page of `joulerig report`, in a headless Chromium: it asks nothing of the network and complains of nothing; each figure is there, on a
phone and on a desk, by light and by dark, and what it should show can be seen in its pixels; text can be read; it prints; markup in names
is text; its numbers are those of `joulerig export`. Each look is first shown what it must find: an empty plot, a foreign image, a message
on the console, a table that is too wide, and more.

    page_test.py REHEARSAL_PROGRAM

Without Chromium it is skipped, unless REQUIRE_BROWSER=1."""

import json
import math
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import unittest

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE / "page"))

import browser as chromium  # noqa: E402

JOULERIG = os.path.join(os.environ.get("JOULERIG_BUILD", "build"), "joulerig")
REHEARSAL = None
PHONE, DESK = 375, 1440
PAPER, LANDSCAPE = (688, 1001), 1017  # px: A4 within the page's margins, and the width of the results'
EYES, INK = (HERE / "page" / "eyes.js").read_text(), (HERE / "page" / "ink.js").read_text()
CLAIMS = """joulerig: claims 1
title: "Claims of <b>nobody</b>"
source: "a paper & <script>alert(2)</script>"
claims:
  fewer:
    says: "Less energy <i>"
    firmness: firm
    metric: energy
    contrast: {arm: ft, over: gil}
    points: [{workload: mandelbrot}]
    interval: [open, 0.9]
  elsewhere:
    says: What nobody ran
    firmness: provisional
    metric: time
    contrast: {arm: ft, over: gil}
    points: [{workload: nowhere}]
    interval: [1.1, open]
""" + "".join(f"""  nothing-{n}:
    says: There is no difference
    firmness: firm
    metric: energy
    contrast: {{arm: ft, over: gil}}
    points: [{{workload: json_parse}}]
    equivalence: {n} %
""" for n in (1, 5, 20))
FACTORS_FILE = """joulerig: factors 1
price: {value: 0.31 EUR/kWh, U: 5 %, source: "a tariff <b>sheet</b>", date: 2026-01-01}
carbon: {value: 381 g/kWh, source: a table, date: 2024-01-01}
"""


def joulerig(*arguments):
    return subprocess.run([JOULERIG, *arguments], capture_output=True, text=True, encoding="utf-8")


class Lab:
    """Campaigns, their pages, and a browser, made once."""

    def __init__(self):
        self.folder = tempfile.mkdtemp(prefix="joulerig-page-")
        self.browser = chromium.Browser()
        self.eye, self.page = self.browser.page(), self.browser.page() # the last one is in front: only that is drawn
        self.with_all = "--claims", self.write("claims.yaml", CLAIMS), "--factors", self.write("factors.yaml", FACTORS_FILE)
        self.campaign = self.rehearse("campaign", "--seed", "3", "--workloads", "3", "--points", "2", "--arms", "2", "--repetitions", "2", "--gap",
                                      "--failed", "--mismatch", "--tail")
        self.hostile = self.rehearse("hostile", "--seed", "4", "--workloads", "2", "--points", "2", "--arms", "2", "--repetitions", "2", "--markup",
                                     "--rename")
        self.html = self.report(self.campaign, "page.html", *self.with_all)
        self.hostile_html = self.report(self.hostile, "hostile.html")

    def path(self, *names):
        return os.path.join(self.folder, *names)

    def write(self, name, text):
        pathlib.Path(self.path(name)).write_text(text, encoding="utf-8")
        return self.path(name)

    def rehearse(self, name, *options):
        subprocess.run([REHEARSAL, "-o", self.path(name), *options], check=True, stdout=subprocess.DEVNULL)
        return self.path(name)

    def report(self, campaign, name, *options):
        done = joulerig("report", campaign, "-o", self.path(name), *options)
        if done.returncode != 0:
            raise RuntimeError(f"joulerig report: {done.returncode}: {done.stderr}")
        return self.path(name)

    def close(self):
        self.browser.__exit__()
        shutil.rmtree(self.folder)


LAB = None


# ---- looks ----

def eyes(look):
    return LAB.page.evaluate(f"(() => {{ {EYES}; return {look} }})()")


def open_page(path, width=DESK, scheme="light", media="screen"):
    LAB.page.open(path, width, 900, scheme, media)


def network():
    return [f"asks for {url}" for url in LAB.page.requests] + [f"says {line}" for line in LAB.page.said]


def within(box, marks):
    """Boxes in px of a picture of `box`."""
    return [{"box": [m["box"][0] - box[0], m["box"][1] - box[1], m["box"][2], m["box"][3]], "colours": m["colours"]} for m in marks]


def drawn(only=None):
    """Of each figure: as many marks as it should have, and they show. A tenth, or one of several, may lie beneath others."""
    found = []
    for figure in eyes("eyes.unfold() || eyes.marks()"):
        if only and not re.search(only, figure["id"]):
            continue
        marks, box = figure["marks"], figure["box"]
        if figure["wanted"] < 1 or len(marks) < figure["wanted"]:
            found.append(f"{figure['id']}: {len(marks)} marks of {figure['wanted']}")
            continue
        look = ", ".join(json.dumps(x) for x in (LAB.page.png(box), figure["paper"], within(box, marks)))
        picture = LAB.eye.evaluate(f"({INK})({look})")
        if picture["kinds"] < 3 or picture["ink"] < 0.002:
            found.append(f"{figure['id']}: {picture['kinds']} colours, {100 * picture['ink']:.2f} % ink")
        xs, ys, wide = [m["box"][0] for m in marks], [m["box"][1] for m in marks], max(m["box"][2] for m in marks)
        if "trace" in figure["id"] and wide < figure["box"][2] / 3:
            found.append(f"{figure['id']}: no curve is wider than {wide:.0f} px of {figure['box'][2]:.0f}")
        if "trace" not in figure["id"] and len(marks) > 1 and max(xs) - min(xs) < 2 and max(ys) - min(ys) < 2:
            found.append(f"{figure['id']}: all marks are at one place")
        if not any(re.search(r"\d", words) for words in figure["words"]):
            found.append(f"{figure['id']}: no axis has a number")
        if figure["simulated"] and "SIMULATED" not in figure["words"]:
            found.append(f"{figure['id']}: does not say SIMULATED")
        if picture["seen"] < len(marks) - max(len(marks) // 10, len(marks) >= 4):
            found.append(f"{figure['id']}: {picture['seen']} of {len(marks)} marks show")
    return found


def figures():
    return eyes("eyes.unfold() || eyes.marks()")


class Case(unittest.TestCase):
    def assert_nothing(self, found):
        self.assertEqual(found, [])

    def assert_found(self, found, pattern):
        self.assertTrue(any(re.search(pattern, line) for line in found), f"{pattern!r} was not found: {found}")

    def planted(self, old, new, count=1, source=None):
        """The page with something changed."""
        text = pathlib.Path(source or LAB.html).read_text(encoding="utf-8")
        changed = re.sub(old, lambda match: match.expand(new), text, count=count, flags=re.DOTALL)
        self.assertNotEqual(changed, text, "nothing was planted")
        return LAB.write("planted.html", changed)


class Quiet(Case):
    def test_nothing_is_asked_for_and_nothing_said(self):
        for path in (LAB.html, LAB.hostile_html):
            open_page(path)
            self.assert_nothing(network())

    def test_a_foreign_image_is_noticed(self):
        image = r'<img src="http://127.0.0.1:9/x.png" alt="">'
        open_page(self.planted("<main>", "<main>" + image))
        self.assert_found(network(), "Content.?Security.?Policy")
        open_page(self.planted('<meta http-equiv="Content-Security-Policy"[^>]*>(.*?)<main>', r"\1<main>" + image))
        self.assert_found(network(), "asks for http://127.0.0.1:9/x.png")

    def test_a_message_on_the_console_is_noticed(self):
        script = "<script>console.error(1)</script>"
        open_page(self.planted("<main>", "<main>" + script))
        self.assert_found(network(), "Content.?Security.?Policy")
        open_page(self.planted('<meta http-equiv="Content-Security-Policy"[^>]*>(.*?)<main>', r"\1<main>" + script))
        self.assert_found(network(), "console.error")


class Figures(Case):
    def test_each_is_placed_drawn_and_seen(self):
        for width, scheme in ((PHONE, "light"), (PHONE, "dark"), (DESK, "light"), (DESK, "dark")):
            with self.subTest(width=width, scheme=scheme):
                open_page(LAB.html, width, scheme)
                self.assert_nothing(eyes("eyes.unfold() || eyes.placed()"))
                self.assert_nothing(eyes("eyes.overflow()"))
                self.assert_nothing(drawn(None if (width, scheme) == (DESK, "light") else "figure-(?!trace)|trace-00000[17]"))

    def test_there_are_all_kinds_and_a_trace_for_each_run(self):
        open_page(LAB.html)
        names = [figure["id"] for figure in figures()]
        traces = [name for name in names if "trace" in name]
        runs = {run["run"] for run in json.loads(joulerig("export", LAB.campaign, "--format", "json").stdout)["runs"]}
        self.assertEqual(len(traces), len(runs))
        self.assertGreaterEqual(len(names) - len(traces), 7, names)

    def test_an_empty_plot_is_noticed(self):
        open_page(LAB.html)
        name = figures()[0]["id"]
        LAB.page.evaluate(f"document.querySelectorAll('#{name} .mark').forEach(m => m.remove())")
        self.assert_found(drawn(f"^{name}$"), "0 marks of")

    def test_marks_that_cannot_be_seen_are_noticed(self):
        for way in ("opacity = 0", "visibility = 'hidden'", "display = 'none'", "transform = 'translate(-9999px)'", "fill = m.style.stroke = 'var(--paper)'"):
            with self.subTest(way):
                open_page(LAB.html)
                name = figures()[0]["id"]
                LAB.page.evaluate(f"document.querySelectorAll('#{name} .mark, #{name} .mark *').forEach(m => {{ m.style.{way} }})")
                self.assert_found(drawn(f"^{name}$"), "marks of|marks show")

    def test_figures_that_lost_their_sense_are_noticed(self):
        for which, change, pattern in (
                ("ratios", "f.querySelectorAll('text').forEach(t => t.remove())", "axis has a number"),
                ("ratios", "f.querySelectorAll('text').forEach(t => { if (t.textContent === 'SIMULATED') t.remove() })", "say SIMULATED"),
                ("ratios", "f.querySelectorAll('.mark').forEach(m => m.setAttribute('transform', 'translate(300,60) scale(4)'))", "at one place"),
                ("trace", "f.querySelectorAll('.mark').forEach(m => m.setAttribute('d', m.getAttribute('d').split('L').slice(0, 2).join('L')))", "curve is wider")):
            with self.subTest(change):
                open_page(LAB.html)
                name = next(f["id"] for f in figures() if which in f["id"])
                LAB.page.evaluate(f"(f => {{ {change} }})(document.getElementById('{name}'))")
                self.assert_found(drawn(f"^{name}$"), pattern)

    def test_what_is_over_the_edge_is_noticed(self):
        open_page(self.planted("<main>", '<main><table><tr><td style="min-width:3000px">x</table>'), PHONE)
        self.assert_found(eyes("eyes.overflow()"), "px wide in")
        open_page(self.planted("<figure id", '<figure style="width:50px" id'))
        self.assert_found(eyes("eyes.unfold() || eyes.placed()"), "px")
        open_page(self.planted("<svg ", '<svg style="max-height:0" '))
        self.assert_found(eyes("eyes.unfold() || eyes.placed()"), "px")
        open_page(LAB.html)
        LAB.page.evaluate("document.querySelector('figure text').setAttribute('transform', 'translate(635,20)')")
        self.assert_found(eyes("eyes.unfold() || eyes.placed()"), "is cut")


class Looks(Case):
    def test_text_can_be_read(self):
        for scheme in ("light", "dark"):
            open_page(LAB.html, DESK, scheme)
            self.assert_nothing(eyes("eyes.unfold() || eyes.faint()"))

    def test_light_and_dark_differ(self):
        papers = []
        for scheme in ("light", "dark"):
            open_page(LAB.html, DESK, scheme)
            papers.append(figures()[0]["paper"][:3])
        self.assertGreater(min(papers[0]), 200)
        self.assertLess(max(papers[1]), 60)

    def test_faint_text_is_noticed(self):
        open_page(self.planted("<main>", '<main><p style="color:#999">hardly</p>'))
        self.assert_found(eyes("eyes.faint()"), "hardly")
        open_page(LAB.html, DESK, "dark")
        LAB.page.evaluate("document.querySelector('figure text').style.fill = '#222'")
        self.assert_found(eyes("eyes.faint()"), "text")

    def test_structure(self):
        for path in (LAB.html, LAB.hostile_html):
            open_page(path)
            self.assert_nothing(eyes("eyes.unfold() || eyes.structure()"))
        open_page(self.planted("<main>", "<main><h5>x</h5><p id=results>"))
        self.assert_found(eyes("eyes.structure()"), "below h1")
        self.assert_found(eyes("eyes.structure()"), "twice")

    def test_that_it_is_simulated_cannot_be_missed(self):
        for width in (PHONE, DESK):
            open_page(LAB.html, width)
            for scroll in (0, 5000):
                LAB.page.evaluate(f"scrollTo(0, {scroll})")
                text, top, height, across, contrast = eyes("eyes.banner()")
                self.assertTrue(text.startswith("SIMULATED"))
                self.assertEqual((top, across), (0, width))
                self.assertGreater(height, 20)
                self.assertGreater(contrast, 7)
        self.assertTrue(LAB.page.evaluate("document.title").startswith("SIMULATED"))
        sentences = LAB.page.evaluate("[...document.querySelectorAll('[data-comparison]')].map(e => e.textContent)")
        self.assertTrue(sentences and all(s.startswith("Rehearsal: ") for s in sentences), sentences)
        chips = LAB.page.evaluate("[...document.querySelectorAll('.claim .chip')].map(e => e.textContent)")
        self.assertTrue(chips and all(c.startswith("rehearsal: ") for c in chips), chips)

    def test_what_is_real_is_not_called_simulated(self):
        campaign = LAB.rehearse("real", "--seed", "5", "--workloads", "1", "--points", "1", "--arms", "1", "--repetitions", "1", "--as-if-real")
        open_page(LAB.report(campaign, "real.html"))
        self.assertIsNone(eyes("eyes.banner()"))
        LAB.page.evaluate("document.querySelectorAll('pre').forEach(e => e.remove())") # the bench file has its own say
        self.assertNotIn("SIMULATED", LAB.page.evaluate("document.title + document.querySelector('main').textContent"))


class Print(Case):
    def look(self, path):
        LAB.page.open(path, LANDSCAPE, PAPER[0], "light", "print")
        found = eyes(f"eyes.overflow().concat(eyes.print({PAPER[1]}))")
        LAB.page.look(PAPER[0], PAPER[1], "light", "print")
        LAB.page.evaluate("document.querySelector('#results').remove()")
        return found + eyes(f"eyes.overflow().concat(eyes.print({PAPER[1]}))")

    def test_it_prints(self):
        self.assert_nothing(self.look(LAB.html))
        self.assert_nothing(eyes("eyes.faint()"))
        open_page(LAB.html)
        pdf = LAB.page.pdf()
        self.assertTrue(pdf.startswith(b"%PDF"))
        self.assertGreaterEqual(len(re.findall(rb"/Type\s*/Page\b", pdf)), 4)
        sizes = {tuple(round(float(x)) for x in box.split()) for box in re.findall(rb"/MediaBox\s*\[([^\]]*)\]", pdf)}
        self.assertEqual(sizes, {(0, 0, 595, 842), (0, 0, 842, 595)})  # A4; the results are wide

    def test_what_does_not_fit_is_noticed(self):
        self.assert_found(self.look(self.planted("<figure id", '<figure style="height:1200px" id')), "high on pages")
        self.assert_found(self.look(self.planted("<figure id", '<figure style="break-inside:auto" id')), "may be cut")
        self.assert_found(self.look(self.planted("<tbody>", '<tbody><tr><td style="min-width:1100px">')), "are printed|reaches")


class Markup(Case):
    ALLOWED = {"html", "head", "meta", "link", "title", "style", "body", "a", "p", "header", "h1", "h2", "h3", "h4", "nav", "ul", "li", "main", "section",
               "b", "data", "span", "details", "summary", "dl", "dt", "dd", "div", "table", "thead", "tbody", "tr", "th", "td", "figure", "figcaption", "pre", "svg"}

    ATTRIBUTES = {"lang", "charset", "http-equiv", "content", "name", "rel", "href", "class", "id", "role", "tabindex", "scope", "colspan", "open", "value",
                  "aria-label", "data-figure", "data-u", "data-low", "data-high", "data-group", "data-run", "data-phase", "data-comparison",
                  "data-budget-of", "data-figure-name", "data-marks"}

    def test_markup_in_names_is_text(self):
        open_page(LAB.hostile_html)
        self.assert_nothing([tag for tag in eyes("eyes.tags()") if tag not in self.ALLOWED])
        self.assert_nothing(eyes("eyes.handlers()"))
        self.assert_nothing([name for name in eyes("eyes.attributes()") if name not in self.ATTRIBUTES])
        self.assertEqual(LAB.page.evaluate("[document.scripts.length, document.images.length]"), [0, 0])
        text = LAB.page.evaluate("document.body.textContent")
        for literal in ("<script>alert(1)</script>&\"'\\x01", "<img src=x>\"&\\u202e", "<b>&amp;\\u202e\"'", "<img src=x onerror='y'>",
                        "<i>&\"'<script>alert(1)</script>\\u202e"):
            self.assertIn(literal, text)
        self.assertIsNone(re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]", text))
        self.assertIn("<script>", LAB.page.evaluate("document.title"))

    def test_markup_in_claims_is_text(self):
        open_page(LAB.html)
        text = LAB.page.evaluate("document.querySelector('#verdicts').textContent")
        for literal in ("Claims of <b>nobody</b>", "a paper & <script>alert(2)</script>", "Less energy <i>"):
            self.assertIn(literal, text)

    def test_markup_in_factors_is_text(self):
        open_page(LAB.html)
        self.assertIn("a tariff <b>sheet</b>", LAB.page.evaluate("document.querySelector('#cost').textContent"))

    def test_what_is_not_escaped_is_noticed(self):
        open_page(self.planted("&lt;img src=x onerror=&#39;y&#39;&gt;", "<img src=x onerror='y'>", 0, LAB.hostile_html))
        self.assertIn("img", eyes("eyes.tags()"))
        self.assertTrue(eyes("eyes.handlers()"))


def number(text):
    return None if text is None else float(text)


FACTORS = {"MJ": 1e6, "kJ": 1e3, "J": 1, "mJ": 1e-3, "µJ": 1e-6, "W": 1, "s": 1, "ms": 1e-3, "µs": 1e-6, "%": 0.01, "": 1}


def misread(value, U, text):
    """Whether what a person reads is not the value, rounded as it is: half of the last digit, or for an uncertainty up to a whole one, up."""
    match = re.match(r"^(-?[\d.]+)(?: ?(MJ|kJ|mJ|µJ|J|W|ms|µs|s|%))?(?: ± ([\d.–]+) \S+| \[(-?[\d.]+), (-?[\d.]+)\])?$", text)
    if match is None:
        return True
    factor = FACTORS[match[2] or ""]
    last = 10.0 ** -len(match[1].partition(".")[2]) * factor
    wrong = abs(float(match[1]) * factor - value) > 0.5001 * last and abs(float(match[1]) * factor / value - 1) > 0.051
    if match[3] and match[3] != "–":
        said, digit = float(match[3]) * factor, 10.0 ** -len(match[3].partition(".")[2]) * factor
        wrong |= not U - 0.051 * max(digit, last) <= said <= U + max(digit, last) * 1.0001 and not U * 0.99 <= said <= 1.1 * U
    return wrong


class Numbers(Case):
    """To the last digit."""

    @staticmethod
    def export(campaign):
        return json.loads(joulerig("export", campaign, "--format", "json").stdout)

    def expected(self, group):
        """value, U, low, high of each figure of a row, as the export has them."""
        def joules(mean):
            return mean["mean"], mean["U"], None, None

        def ratio(interval):
            return interval["estimate"], None, interval["low"], interval["high"]
        figures_of = {f"wall.{q}": joules(group["wall"][q]) for q in ("gross", "net", "caused")}
        figures_of["rapl.gross"] = joules(group["rapl"]["gross"])
        figures_of["wall.power"] = group["wall"]["power_W"], None, None, None
        figures_of["time"] = group["time_s"]["estimate"], None, None, None
        figures_of["rapl_fraction"] = group["rapl_fraction"], None, None, None
        if not group["reference"]:
            figures_of.update({f"ratio.{r}": ratio(group["ratio"][r]) for r in ("wall", "rapl", "time")})
        return {name: figure for name, figure in figures_of.items() if figure[0] is not None}

    def differences(self, data, expected):
        found, seen = [], set()
        for name, value, U, low, high, text in data:
            if name not in expected:
                found.append(f"{name} is not in the export")
                continue
            seen.add(name)
            said = number(value), number(U), number(low), number(high)
            found += [f"{name}: {s!r} is {e!r} in the export" for s, e in zip(said, expected[name]) if s != e]
            if misread(said[0], said[1], text):
                found.append(f"{name}: {said[0]!r} reads {text!r}")
        return found + [f"{name} is missing" for name in sorted(set(expected) - seen)]

    def summary_differences(self, campaign):
        export, found = self.export(campaign), []
        rows = eyes("eyes.rows('tr[data-group]', 'group')")
        if [int(row["key"]) for row in rows] != list(range(len(export["summary"]))):
            found.append("not one row for each group")
        for row, group in zip(rows, export["summary"]):
            found += [f"row {row['key']}: {d}" for d in self.differences(row["data"], self.expected(group))]
        return found

    def test_results(self):
        for path, campaign in ((LAB.html, LAB.campaign), (LAB.hostile_html, LAB.hostile)):
            open_page(path)
            self.assert_nothing(self.summary_differences(campaign))

    def test_a_digit_that_differs_is_noticed(self):
        open_page(self.planted(r'(<data value="\d+\.)(\d*" data-figure="wall.gross")', r"\g<1>7\2"))
        self.assert_found(self.summary_differences(LAB.campaign), "in the export")
        open_page(self.planted(r'(data-figure="wall.gross"[^>]*>)\d', r"\g<1>9"))
        self.assert_found(self.summary_differences(LAB.campaign), "reads")
        open_page(self.planted(r'<data [^>]*data-figure="wall.net".*?</data>', ""))
        self.assert_found(self.summary_differences(LAB.campaign), "is missing")

    def test_runs(self):
        open_page(LAB.html)
        export = self.export(LAB.campaign)
        rows = eyes("eyes.rows('tr[data-run]', 'run')")
        self.assertEqual(sorted(int(row["key"]) for row in rows), sorted({run["run"] for run in export["runs"]}))
        for row in rows:
            run = next(r for r in export["runs"] if r["run"] == int(row["key"]) and r["phase"] == row["phase"])
            sources = {s["name"]: s for s in run["sources"] if s["total"]}
            expected = {"time": (run["bracket"]["duration_s"], None, None, None)}
            for name, source, quantity in (("wall.gross", "wall", "gross"), ("wall.net", "wall", "net"), ("rapl.gross", "rapl", "gross")):
                joules = sources.get(source, {}).get(quantity, {})
                if joules.get("value") is not None:
                    expected[name] = joules["value"], joules["U"], None, None
            self.assert_nothing(self.differences(row["data"], expected))
            self.assertIn(run["status"], row["text"])

    def test_sentences(self):
        open_page(LAB.html)
        export = self.export(LAB.campaign)
        check = json.loads(joulerig("crosscheck", LAB.campaign, "--format", "json").stdout)
        verdicts = {(c["class"], c["point"], c["arm"]): c["verdict"] for c in check["comparisons"]}
        rows = eyes("eyes.rows('[data-comparison]', 'comparison')")
        self.assertEqual(len(rows), len(verdicts))
        for row in rows:
            group = export["summary"][int(row["key"])]
            expected = {name: figure for name, figure in self.expected(group).items() if name.startswith("ratio")}
            self.assert_nothing(self.differences(row["data"], expected))
            self.assertIn(f"{group['workload']} {group['point']}: {group['arm']} takes", row["text"])
            self.assertIn(verdicts[group["workload"], group["point"], group["arm"]], row["text"])

    def test_uncertainty(self):
        open_page(LAB.html)
        export = self.export(LAB.campaign)
        rows = eyes("eyes.rows('tr[data-budget-of]', 'budgetOf')")
        self.assertEqual(len(rows), len(export["summary"]))
        for row in rows:
            gross = export["summary"][int(row["key"])]["wall"]["gross"]
            said = {d[0]: d for d in row["data"]}
            for name in ("n", "mean", "scatter", "u_shared", "nu", "k"):
                if gross[name] is not None:
                    self.assertEqual(number(said[name][1]), gross[name], name)
            self.assertTrue(math.isclose(number(said["relative"][1]), gross["U"] / gross["mean"], rel_tol=1e-15))


    def test_claims(self):
        open_page(LAB.html)
        judged = json.loads(joulerig("claims", LAB.path("claims.yaml"), LAB.campaign, "--format", "json").stdout)["claims"]
        rows = eyes("eyes.rows('tr[data-quantity]', 'quantity').map((row, i) => Object.assign(row, "
                    "{claim: document.querySelectorAll('tr[data-quantity]')[i].closest('[data-claim]').dataset.claim}))")
        said = dict(LAB.page.evaluate("[...document.querySelectorAll('[data-claim]')].map(e => [e.dataset.claim, e.querySelector('.chip').textContent])"))
        self.assertEqual(said, {claim["id"]: claim["verdict"] for claim in judged})
        testable = [claim for claim in judged if "not testable" not in claim["verdict"]]
        self.assertTrue(testable)
        self.assertEqual({row["claim"] for row in rows}, {claim["id"] for claim in testable})
        for row in rows:
            figure = next(claim for claim in testable if claim["id"] == row["claim"])["quantities"][row["key"]]
            expected = {"claim": (figure["estimate"], None, figure["low"], figure["high"])} if figure["estimate"] is not None else {}
            self.assert_nothing(self.differences(row["data"], expected))
            self.assertIn(figure["verdict"], row["text"])

    def test_cost(self):
        open_page(LAB.html)
        export = self.export(LAB.campaign)
        rows = eyes("eyes.rows('tr[data-cost-of]', 'costOf')")
        self.assertEqual(len(rows), len(export["summary"]))
        for row in rows:
            gross = export["summary"][int(row["key"])]["wall"]["gross"]
            kwh, relative = 1000 * gross["mean"] / 3.6e6, gross["U"] / gross["mean"]
            expected = {"kWh": (kwh, relative), "money": (0.31 * kwh, math.hypot(relative, 0.05)), "co2e": (381 * kwh, relative)}
            self.assertEqual({d[0] for d in row["data"]}, set(expected))
            for name, value, u, *_ in row["data"]:
                self.assertTrue(math.isclose(number(value), expected[name][0], rel_tol=1e-14), row)
                self.assertTrue(math.isclose(number(u), expected[name][0] * expected[name][1], rel_tol=1e-13), row)


class Writing(Case):
    def test_the_same_bytes_again(self):
        again = LAB.report(LAB.campaign, "again.html", *LAB.with_all)
        self.assertEqual(pathlib.Path(again).read_bytes(), pathlib.Path(LAB.html).read_bytes())
        printed = joulerig("report", LAB.campaign, "-o", "-", *LAB.with_all)
        self.assertEqual(printed.stdout, pathlib.Path(LAB.html).read_text(encoding="utf-8"))

    def test_a_pack_has_the_same_numbers(self):
        pack = LAB.path("packed.h5")
        self.assertEqual(joulerig("pack", LAB.campaign, "-o", pack).returncode, 0)
        open_page(LAB.report(pack, "pack.html"))
        self.assertEqual(len(eyes("eyes.rows('tr[data-group]', 'group')")), len(Numbers.export(LAB.campaign)["summary"]))
        self.assert_nothing(network())

    def test_what_is_refused(self):
        for status, arguments in ((6, ["-o", LAB.folder]), (4, ["-o", LAB.path("nowhere", "page.html")]), (2, []),
                                  (3, ["-o", LAB.path("x.html"), "--claims", LAB.write("bad.yaml", CLAIMS.replace("energy\n", "enrgy\n"))])):
            done = joulerig("report", LAB.campaign, *arguments)
            self.assertEqual(done.returncode, status, done.stderr)
            self.assertTrue(done.stderr)
        self.assertFalse(os.path.exists(LAB.path("x.html")))

    def test_what_is_there_stays_when_it_fails(self):
        there = LAB.write("there.html", "there")
        os.mkdir(there + ".part")
        self.assertNotEqual(joulerig("report", LAB.hostile, "-o", there).returncode, 0)
        self.assertEqual(pathlib.Path(there).read_text(), "there")
        os.rmdir(there + ".part")
        LAB.report(LAB.hostile, "there.html")
        self.assertTrue(pathlib.Path(there).read_text(encoding="utf-8").endswith("</html>\n"))
        self.assertFalse(os.path.exists(there + ".part"))

    def test_a_device_stays_one(self):
        self.assertEqual(joulerig("report", LAB.hostile, "-o", "/dev/full").returncode, 5)
        self.assertTrue(pathlib.Path("/dev/full").is_char_device())

    def test_figures_as_files(self):
        folder = LAB.path("figures")
        LAB.report(LAB.hostile, "with-files.html", "--figures", folder)
        names = {name for name in os.listdir(folder)}
        self.assertTrue(names)
        for name in names:
            start = pathlib.Path(folder, name).read_bytes()[:200]
            self.assertTrue(start.startswith(b"%PDF") if name.endswith(".pdf") else b"<svg" in start, name)
            self.assertIn(os.path.splitext(name)[0] + (".svg" if name.endswith(".pdf") else ".pdf"), names)


def setUpModule():
    global LAB
    LAB = Lab()


def tearDownModule():
    LAB.close()


def main():
    global REHEARSAL
    if chromium.find() is None:
        if os.environ.get("REQUIRE_BROWSER") == "1":
            sys.exit("page: there is no Chromium; REQUIRE_BROWSER=1 makes that a failure")
        print("page: there is no Chromium: skipped")
        sys.exit(77)
    REHEARSAL = sys.argv.pop(1)
    unittest.main(verbosity=2)


if __name__ == "__main__":
    main()
