#include "page_parts.h"

/* Colours are variables, which figures use as well. All of --c1 to --c8 have a contrast of at least 3 to the paper, --ink of 7 and --soft
 * of 4.5, in both schemes. */
static const char *const rules[] = {
	":root{color-scheme:light dark;--ink:#1c1c1a;--soft:#5a5953;--paper:#fcfcfa;--panel:#f3f3ef;--grid:#d5d4cd;--link:#0b5394;"
	"--good:#1c6b3c;--bad:#a3261d;--open:#7a5500;--alarm:#8c1d18;--on-alarm:#fff;"
	"--c1:#0b5fa5;--c2:#b6450c;--c3:#00755c;--c4:#86459a;--c5:#7f6200;--c6:#22749b;--c7:#a62c5b;--c8:#5c5c5c}",
	"@media(prefers-color-scheme:dark){:root{--ink:#e9e7e1;--soft:#aeaca4;--paper:#151719;--panel:#1f2224;--grid:#43474a;--link:#8ab8e8;"
	"--good:#6ecb93;--bad:#f08a80;--open:#e0b352;--alarm:#b3261e;--on-alarm:#fff;"
	"--c1:#6cb2ee;--c2:#f09a5e;--c3:#4fc9a6;--c4:#cd9fde;--c5:#d8ba4e;--c6:#8fd0ec;--c7:#ef90b1;--c8:#adadad}}",
	"@media print{:root{color-scheme:light;--ink:#000;--soft:#444;--paper:#fff;--panel:#f4f4f4;--grid:#bbb;--link:#000;"
	"--good:#1c6b3c;--bad:#a3261d;--open:#7a5500;--alarm:#8c1d18;--on-alarm:#fff;"
	"--c1:#0b5fa5;--c2:#b6450c;--c3:#00755c;--c4:#86459a;--c5:#7f6200;--c6:#22749b;--c7:#a62c5b;--c8:#5c5c5c}}",
	"*,*::before,*::after{box-sizing:border-box}",
	"html{background:var(--paper);color:var(--ink);font:16px/1.55 system-ui,-apple-system,\"Segoe UI\",Roboto,\"Helvetica Neue\",Arial,"
	"sans-serif;-webkit-text-size-adjust:100%;text-size-adjust:100%}",
	"body{margin:0;overflow-wrap:anywhere}",
	"header,main,footer{max-width:84rem;margin:0 auto;padding:0 1rem}",
	"h1,h2,h3{font-family:Charter,\"Bitstream Charter\",\"Iowan Old Style\",Georgia,serif;font-weight:600;line-height:1.2;text-wrap:balance}",
	"h1{font-size:1.9rem;margin:1.6rem 0 .4rem}",
	"h2{font-size:1.4rem;margin:3rem 0 .8rem;padding-top:.6rem;border-top:1px solid var(--grid)}",
	"h3{font-size:1.08rem;margin:1.8rem 0 .5rem}",
	"h4{font-size:1rem;margin:0 0 .3rem}",
	"p,ul,ol,dl{margin:.5rem 0;max-width:46rem}",
	"a{color:var(--link);text-underline-offset:.15em}",
	"a:focus-visible,summary:focus-visible,[tabindex]:focus-visible{outline:3px solid var(--link);outline-offset:2px}",
	".skip{position:absolute;left:-99rem}.skip:focus{left:1rem;top:1rem;background:var(--paper);padding:.4rem;z-index:3}",
	".banner{position:sticky;top:0;z-index:2;margin:0;max-width:none;padding:.45rem 1rem;background:var(--alarm);color:var(--on-alarm);"
	"font-weight:700;text-align:center;letter-spacing:.01em}",
	".lede,.soft,figcaption{color:var(--soft)}",
	".lede{margin-top:0}",
	"nav ul{display:flex;flex-wrap:wrap;gap:.2rem 1.1rem;list-style:none;padding:0;margin:1rem 0 0;max-width:none}",
	"nav a{display:inline-block;padding:.25rem 0}",
	"data,table,time{font-variant-numeric:tabular-nums lining-nums}",
	/* tables */
	".wide{overflow-x:auto;margin:.8rem 0;max-width:100%}",
	"table{border-collapse:collapse;font-size:.85rem;line-height:1.35}",
	"caption{text-align:left;color:var(--soft);padding:.2rem 0}",
	"th,td{overflow-wrap:break-word;padding:.28rem .8rem .28rem 0;text-align:left;vertical-align:baseline;white-space:nowrap}",
	"td.number,th.number{text-align:right}",
	"thead th{color:var(--soft);font-weight:500;border-bottom:1px solid var(--ink);vertical-align:bottom}",
	"tbody th{font-weight:500}",
	"tbody tr.point th{padding-top:.9rem;font-weight:650;white-space:normal}",
	"tbody tr+tr:not(.point) td,tbody tr+tr:not(.point) th{border-top:1px solid var(--grid)}",
	"table.results th[scope=row],table.sticky th[scope=row]{position:sticky;left:0;background:var(--paper);min-width:4.5rem;max-width:9rem;white-space:normal}",
	"@media(min-width:48rem){table.sticky th[scope=row]{max-width:none;white-space:nowrap}}",
	"table.results tr.point th>span{position:sticky;left:0}",
	"table.claim-figures td:last-child,table.claim-points td:last-child,table.runs td:last-child{white-space:normal;min-width:12rem}",
	"td .chip{white-space:normal}table.overview td:last-child{max-width:46rem}",
	/* verdicts */
	".verdicts{padding:0;list-style:none;max-width:60rem}",
	".verdicts li{padding:.32rem 0 .32rem .8rem;border-left:3px solid var(--grid);margin:.3rem 0}",
	".verdicts li.conflict{border-color:var(--bad)}.verdicts li.agree{border-color:var(--good)}.verdicts li.open{border-color:var(--open)}",
	".chip{font-size:.78rem;font-weight:650;letter-spacing:.03em;white-space:nowrap}",
	".agree .chip,.chip.agree{color:var(--good)}.conflict .chip,.chip.conflict{color:var(--bad)}.open .chip,.chip.open{color:var(--open)}",
	".claim{border-top:1px solid var(--grid);padding:.9rem 0 .4rem}",
	".claim p{margin:.25rem 0}",
	".counts{font-size:1.12rem;max-width:52rem}",
	/* figures */
	".figures{display:grid;grid-template-columns:minmax(0,1fr);gap:1.4rem 2rem}",
	"@media(min-width:68rem){.figures.pair{grid-template-columns:repeat(2,minmax(0,1fr))}}",
	"figure{margin:0;min-width:0;max-width:46rem}",
	".plot svg{display:block;width:100%;height:auto;overflow:hidden}",
	"figcaption{font-size:.875rem;margin-top:.3rem}",
	/* the rest */
	"details{margin:.3rem 0;border-top:1px solid var(--grid)}",
	"summary{cursor:pointer;padding:.45rem 0}",
	"details[open]>summary{font-weight:600}summary h3{display:inline}",
	".notes{list-style:none;padding:0;max-width:60rem}.notes li{padding:.2rem 0}",
	".notes .caution{color:var(--open)}.notes .alarm{color:var(--bad);font-weight:650}.notes .faint{color:var(--soft)}",
	"dl.facts{display:grid;grid-template-columns:minmax(7rem,max-content) minmax(0,1fr);gap:.15rem 1rem;font-size:.9rem;max-width:none}",
	"dl.facts dt{color:var(--soft)}dl.facts dd{margin:0}",
	"pre{background:var(--panel);padding:.8rem 1rem;overflow-x:auto;font:.8125rem/1.45 ui-monospace,\"DejaVu Sans Mono\",Menlo,Consolas,monospace}",
	"footer{padding-top:1rem;padding-bottom:3rem;color:var(--soft);font-size:.875rem}",
	"@media(max-width:30rem){h1{font-size:1.5rem}table{font-size:.79rem}th,td{padding-right:.5rem}dl.facts{grid-template-columns:minmax(0,1fr)}dl.facts dd{margin-bottom:.4rem}}",
	"@page{size:A4;margin:16mm 14mm}@page landscape{size:A4 landscape}",
	"@media print{html{font-size:10pt}header,main,footer{max-width:none;padding:0}nav,.skip{display:none}"
	".banner{position:static;border:2pt solid #000;print-color-adjust:exact}h2,h3,h4,summary,tr.point{break-after:avoid}figure,.claim,li,tr{break-inside:avoid}"
	"figure{max-width:15cm}.figures,.figures.pair{display:block}.figures figure{margin-bottom:8mm}"
	".wide{overflow:visible}table{font-size:8pt}td .chip{font-size:inherit}#results{page:landscape}table.results{font-size:7.5pt}table.results th[scope=row]{position:static}"
	"pre{white-space:pre-wrap;font-size:7pt}a{text-decoration:none}details:not([open]){display:none}}",
	NULL,
};

/* In the margin of each printed page: one that is torn off must not look like evidence. */
#define PRINTED_BANNER "@media print{@page{@top-center{content:\"SIMULATED: a rehearsal, not evidence\";font:bold 9pt sans-serif;color:#8c1d18}}}"

void page_style(struct page *page)
{
	html_open(&page->html, "style");
	for (const char *const *rule = rules; *rule; rule++)
		html_rule(&page->html, *rule);
	if (page->simulated != SIMULATED_NONE)
		html_rule(&page->html, PRINTED_BANNER);
	html_close(&page->html);
}
