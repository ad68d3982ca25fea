/*
 * Findings and counts for people and as JSON. See weblog_report.h.
 */
#include "watch/weblog_report.h"

#include "base/catalog.h"
#include "watch/weblog_text.h"

#include <inttypes.h>
#include <string.h>

#define RANGES_SHOWN 12

static void number(struct builder *to, uint64_t value)
{
	build_format(to, "%" PRIu64, value);
}

static void words(struct weblog_report *report, const char *msgid)
{
	build_text(&report->out, catalog_text(report->japanese, text_of(msgid)));
}

void weblog_judgement(const struct catalog *catalog, const struct judgement *judgement, struct builder *to)
{
	char digits[4][24];
	struct text parameters[4];
	for (size_t i = 0; i < 4; i++) {
		snprintf(digits[i], sizeof digits[i], "%" PRIu64, judgement->numbers[i]);
		parameters[i] = text_of(digits[i]);
	}
	catalog_build(catalog, text_of(judged_words(judgement->by)), parameters, 4, to);
}

void weblog_shown(struct text text, char *to, size_t size)
{
	char at[EXAMPLE_MOST], printable[3 * EXAMPLE_MOST + 1];
	char border = '?';
	size_t count = 0;
	for (; count < text.size && count < sizeof at; count++) {
		at[count] = text.at[count];
		if (at[count] == '\n') {
			at[count] = border;
			border = '&';
		} else if ((uint8_t)at[count] < ' ') {
			at[count] = ' ';
		}
	}
	size_t made = text_make_printable((struct text){ at, count }, printable);
	text_copy((struct text){ printable, made }, to, size);
}

/* ── for people ─ */

static void build_lines(struct weblog_report *report, const struct finding *finding)
{
	struct builder *out = &report->out;
	uint64_t more = finding->lines_more;
	for (size_t i = 0; i < finding->range_count; i++) {
		const struct line_range *range = &finding->ranges[i];
		if (i >= RANGES_SHOWN) {
			more += range->last - range->first + 1;
			continue;
		}
		build_text(out, i ? TEXT(", ") : TEXT(""));
		number(out, range->first);
		if (range->last > range->first)
			build_format(out, range->last > range->first + 1 ? "–%" PRIu64 : ", %" PRIu64, range->last);
	}
	if (!more)
		return;
	char digits[24];
	snprintf(digits, sizeof digits, "%" PRIu64, more);
	const struct text parameter = text_of(digits);
	build_char(out, ' ');
	catalog_build(report->japanese, TEXT(N_("and {0} more")), &parameter, 1, out);
}

static void label(struct weblog_report *report, const char *msgid)
{
	build_text(&report->out, TEXT("  "));
	words(report, msgid);
	build_text(&report->out, TEXT(": "));
}

/* Calls `each` with every pattern of a finding. */
static void build_patterns(struct weblog_report *report, const struct finding *finding)
{
	bool first = true;
	for (size_t i = 0; i < pattern_count(); i++) {
		if (!(finding->patterns[i / 64] >> i % 64 & 1))
			continue;
		build_text(&report->out, first ? TEXT("") : TEXT("; "));
		words(report, pattern_at(i)->words);
		first = false;
	}
	for (size_t i = 0; i < COUNTED_COUNT; i++) {
		if (!finding->by_count[i])
			continue;
		build_text(&report->out, first ? TEXT("") : TEXT("; "));
		words(report, counted_words((enum counted)i));
		first = false;
	}
}

static void build_printable(struct builder *to, const char *text)
{
	char shown[4 * EXAMPLE_MOST];
	weblog_shown(text_of(text), shown, sizeof shown);
	build_text(to, text_of(shown));
}

static void build_head(struct weblog_report *report, const struct finding *finding)
{
	struct builder *out = &report->out;
	char first[TIME_TEXT], last[TIME_TEXT];
	words(report, attack_title(finding->attack));
	build_text(out, TEXT(": "));
	words(report, success_title(finding->judgement.success));
	build_char(out, '\n');
	label(report, N_("from"));
	build_printable(out, finding->client_name[0] ? finding->client_name : "?");
	if (finding->server[0]) {
		build_text(out, TEXT(" → "));
		build_printable(out, finding->server);
	}
	build_format(out, ", %s – %s, ", time_format(finding->first, first), time_format(finding->last, last));
	char digits[24];
	snprintf(digits, sizeof digits, "%" PRIu64, finding->requests);
	const struct text parameter = text_of(digits);
	catalog_build(report->japanese, TEXT(N_("{0} requests")), &parameter, 1, out);
	build_char(out, '\n');
}

static void build_for_people(struct weblog_report *report, const struct finding *finding)
{
	struct builder *out = &report->out;
	build_head(report, finding);
	label(report, N_("lines"));
	build_format(out, "%s ", report->files[finding->file]);
	build_lines(report, finding);
	build_char(out, '\n');
	label(report, N_("found"));
	build_patterns(report, finding);
	build_char(out, '\n');
	label(report, N_("paths"));
	for (size_t i = 0; i < finding->path_count; i++) {
		build_text(out, i ? TEXT(", ") : TEXT(""));
		build_printable(out, finding->paths[i]);
	}
	build_text(out, finding->paths_more ? TEXT(" …\n") : TEXT("\n"));
	label(report, N_("example"));
	build_format(out, "%" PRIu64 ": ", finding->example_line);
	build_printable(out, finding->example);
	build_char(out, '\n');
	label(report, N_("judged by"));
	weblog_judgement(report->japanese, &finding->judgement, out);
	build_text(out, TEXT("\n\n"));
}

/* ── as JSON ─ */

static void member(struct builder *to, const char *name, struct text value)
{
	char shown[4 * EXAMPLE_MOST];
	weblog_shown(value, shown, sizeof shown);
	build_format(to, ",\"%s\":", name);
	build_json_string(to, text_of(shown));
}

void weblog_judgement_json(const struct judgement *judgement, struct builder *to)
{
	struct builder why = { 0 };
	build_format(to, ",\"success\":\"%s\"", success_code(judgement->success));
	weblog_judgement(NULL, judgement, &why);
	build_text(to, TEXT(",\"why\":"));
	build_json_string(to, (struct text){ why.at, why.size });
	builder_free(&why);
}

static void build_json_lists(struct builder *to, const struct finding *finding)
{
	build_text(to, TEXT(",\"lines\":["));
	for (size_t i = 0; i < finding->range_count; i++)
		build_format(
		    to, "%s[%" PRIu64 ",%" PRIu64 "]", i ? "," : "", finding->ranges[i].first, finding->ranges[i].last);
	build_format(to, "],\"lines_more\":%" PRIu64 ",\"patterns\":[", finding->lines_more);
	bool first = true;
	for (size_t i = 0; i < pattern_count(); i++) {
		if (!(finding->patterns[i / 64] >> i % 64 & 1))
			continue;
		build_format(to, "%s{\"id\":%u,\"words\":", first ? "" : ",", pattern_at(i)->id);
		build_json_string(to, text_of(pattern_at(i)->words));
		build_char(to, '}');
		first = false;
	}
	build_text(to, TEXT("],\"paths\":["));
	for (size_t i = 0; i < finding->path_count; i++) {
		build_text(to, i ? TEXT(",") : TEXT(""));
		build_json_string(to, text_of(finding->paths[i]));
	}
	build_text(to, TEXT("],\"statuses\":{"));
	for (size_t i = 0, any = 0; i < 6; i++)
		if (finding->statuses[i])
			build_format(to, "%s\"%zuxx\":%" PRIu64, any++ ? "," : "", i, finding->statuses[i]);
	build_char(to, '}');
}

static void build_as_json(struct weblog_report *report, const struct finding *finding)
{
	struct builder *out = &report->out;
	char time[TIME_TEXT];
	build_format(out, "{\"attack\":\"%s\"", attack_code(finding->attack));
	member(out, "client", text_of(finding->client_name));
	if (finding->server[0])
		member(out, "server", text_of(finding->server));
	member(out, "file", text_of(report->files[finding->file]));
	build_format(out, ",\"first\":\"%s\"", time_format(finding->first, time));
	build_format(out, ",\"last\":\"%s\"", time_format(finding->last, time));
	build_format(out, ",\"requests\":%" PRIu64, finding->requests);
	build_json_lists(out, finding);
	build_format(out, ",\"example_line\":%" PRIu64, finding->example_line);
	member(out, "example", text_of(finding->example));
	weblog_judgement_json(&finding->judgement, out);
	build_text(out, TEXT("}\n"));
}

void weblog_report_finding(void *context, const struct finding *finding)
{
	struct weblog_report *report = context;
	builder_clear(&report->out);
	if (report->json)
		build_as_json(report, finding);
	else
		build_for_people(report, finding);
	fwrite(report->out.at, 1, report->out.size, report->findings);
}

void weblog_report_counts(
    struct weblog_report *report, const struct weblog_counts *read, const struct webattack_counts *counts)
{
	const uint64_t numbers[] = { read->lines, read->requests, read->skipped, read->malformed, counts->flagged,
		counts->findings, counts->sources_forgotten + counts->paths_forgotten + counts->findings_early };
	char digits[7][24];
	struct text parameters[7];
	for (size_t i = 0; i < 7; i++) {
		snprintf(digits[i], sizeof digits[i], "%" PRIu64, numbers[i]);
		parameters[i] = text_of(digits[i]);
	}
	builder_clear(&report->out);
	catalog_build(report->japanese,
	    TEXT(N_(
		"{0} lines: {1} requests, {2} skipped, {3} malformed; {4} flagged, {5} findings; {6} sources, paths or "
		"findings forgotten early")),
	    parameters, 7, &report->out);
	build_char(&report->out, '\n');
	fwrite(report->out.at, 1, report->out.size, stderr);
}

void weblog_report_free(struct weblog_report *report)
{
	builder_free(&report->out);
}
