/*
 * The document around a report's sections; see views_page.h.
 */
#include "darknet/view/views_page_inner.h"

#include "base/base64.h"
#include "base/hash.h"
#include "base/time.h"

/* Letters are the reader's own. On paper: A4, a heading stays with what it is of, no table of one sheet is cut, and the
 * heads of longer ones are printed again. */
static const char style[] =
    ":root{color-scheme:light}"
    "body{margin:0 auto;padding:1.5rem;max-width:60rem;background:#fff;color:#1b1e22;"
    "font:15px/1.6 'Noto Sans CJK JP','Noto Sans JP','Hiragino Sans','Yu Gothic UI',Meiryo,system-ui,sans-serif}"
    "h1{font-size:1.7rem;line-height:1.3;margin:0 0 .5rem}"
    "h2{font-size:1.3rem;margin:2.5rem 0 .75rem;padding-bottom:.25rem;border-bottom:2px solid #12395b}"
    "h3{font-size:1.1rem;margin:1.75rem 0 .5rem}"
    "a{color:#12395b}sup{line-height:0}sup a{text-decoration:none}"
    "nav ul{columns:2;padding-left:1.25rem}"
    ".about{margin:0 0 1rem}.about dt{font-weight:600;float:left;clear:left;width:12rem}.about dd{margin-left:12.5rem}"
    "figure{margin:1rem 0}figure svg{display:block;width:100%;height:auto}"
    "figcaption{font-size:.875rem;color:#4a4f57}"
    ".wide{overflow-x:auto;margin:1rem 0}"
    "table{min-width:min(100%,30rem);border-collapse:collapse;font-size:.875rem;font-variant-numeric:tabular-nums}"
    "caption{text-align:left;font-weight:600;padding:.25rem 0}.unit{font-weight:400;color:#4a4f57}"
    "th,td{padding:.2rem .6rem;border-bottom:1px solid #c9ced5;text-align:right;white-space:nowrap}"
    "thead th{border-bottom:2px solid #4a4f57;vertical-align:bottom;white-space:normal}"
    "th:first-child{text-align:left}tbody th{font-weight:500}"
    "article+article{margin-top:4rem}"
    "@page{size:A4;margin:14mm 12mm 16mm}"
    "@media print{"
    "body{padding:0;max-width:none;font-size:9.5pt;-webkit-print-color-adjust:exact;print-color-adjust:exact}"
    "nav,.skip{display:none}a{color:inherit;text-decoration:none}"
    "h1,h2,h3,caption{break-after:avoid}"
    "section+section h2{margin-top:1.5rem}"
    "figure,.whole,tr,.about{break-inside:avoid}"
    ".wide{overflow:visible;margin:.6rem 0}"
    "thead{display:table-header-group}"
    "table{font-size:8pt}th,td{padding:.08rem .35rem}"
    "article+article{break-before:page;margin-top:0}"
    "}";

/* Headings that the list at the top leads to. */
static const struct {
	const char *id, *msgid;
} contents[] = {
	{ "figures", N_("The period in figures") },
	{ "2-1", N_("2-1 Total trend") },
	{ "2-2", N_("2-2 Well-known ports and others") },
	{ "2-3", N_("2-3 Monthly means by port") },
	{ "2-4", N_("2-4 Destination ports and countries of sources") },
	{ "2-5", N_("2-5 Countries of sources and their ports") },
	{ "2-6", N_("2-6 Methods") },
	{ "2-7", N_("2-7 Sources of the methods") },
	{ "2-8", N_("2-8 Backscatter of attacks") },
	{ "coverage", N_("Coverage") },
	{ "notes", N_("Notes") },
	{ "counted", N_("What is counted") },
};

static void put_title(struct page *page)
{
	char period[VIEW_PERIOD_TEXT];

	page_say_of(page, N_("Observation at unused addresses: {0}"),
	    (const char *const[]){ view_period_format(&page->report->periods[0], period) }, 1);
}

static void put_fact(struct page *page, const char *title, const char *words)
{
	build_text(page->to, TEXT("<dt>"));
	page_say(page, title);
	build_text(page->to, TEXT("</dt><dd>"));
	build_html(page->to, text_of(words));
	build_text(page->to, TEXT("</dd>\n"));
}

static void put_about(struct page *page)
{
	char known[TIME_TEXT], zones[VIEW_ZONES_TEXT];

	build_text(page->to, TEXT("<dl class=\"about\">\n"));
	for (unsigned period = 0; period < 2; period++) {
		build_text(page->to, TEXT("<dt>"));
		page_say(page, period ? N_("compared with") : N_("period"));
		build_text(page->to, TEXT("</dt><dd>"));
		page_period(page, period);
		build_text(page->to, TEXT("</dd>\n"));
	}
	if (views_report_zones(page->report, zones))
		put_fact(page, N_("time zone of the days"), zones);
	put_fact(page, N_("sensor"),
	    page->report->sensor ? page->report->sensor : catalog_string(page->catalog, N_("all sensors")));
	put_fact(page, N_("as known on"), time_format(page->report->known / SECOND * SECOND, known));
	build_text(page->to, TEXT("</dl>\n"));
}

static void put_contents(struct page *page)
{
	build_format(page->to, "<nav aria-labelledby=\"%s-contents\">", page->prefix);
	page_heading(page, 2, "contents", N_("Contents"));
	build_text(page->to, TEXT("<ul>\n"));
	for (size_t i = 0; i < sizeof contents / sizeof *contents; i++) {
		build_format(page->to, "<li><a href=\"#%s-%s\">", page->prefix, contents[i].id);
		page_say(page, contents[i].msgid);
		build_text(page->to, TEXT("</a></li>\n"));
	}
	build_text(page->to, TEXT("</ul></nav>\n"));
}

static void put_article(struct page *page)
{
	build_format(page->to, "<article lang=\"%s\">\n<h1>", page->prefix);
	put_title(page);
	build_text(page->to, TEXT("</h1>\n"));
	put_about(page);
	put_contents(page);
	views_page_sections(page->report, page->catalog, page->prefix, page->to);
	build_text(page->to, TEXT("</article>\n"));
}

enum error views_page(const struct views_report *report, const struct catalog *japanese, bool both, struct builder *to)
{
	struct page first = { .to = to, .catalog = japanese, .report = report, .prefix = japanese ? "ja" : "en" };
	struct page second = { .to = to, .report = report, .prefix = "en" };
	uint8_t digest[32];
	char hash[BASE64_SIZE(sizeof digest)];

	sha256(style, sizeof style - 1, digest);
	build_format(to,
	    "<!DOCTYPE html>\n<html lang=\"%s\">\n<head>\n<meta charset=\"utf-8\">\n"
	    "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'sha256-%s'; "
	    "base-uri 'none'; form-action 'none'\">\n"
	    "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<title>",
	    first.prefix, base64_format(digest, sizeof digest, hash));
	put_title(&first);
	build_text(to, TEXT("</title>\n<style>"));
	build_text(to, text_of(style));
	build_text(to, TEXT("</style>\n</head>\n<body>\n<main>\n"));
	put_article(&first);
	if (both && japanese)
		put_article(&second);
	build_text(to, TEXT("</main>\n</body>\n</html>\n"));
	return to->failed ? ERROR_MEMORY : OK;
}
