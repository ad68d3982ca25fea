/*
 * The JSON object of a telescope; see report.h and docs/darknet.md.
 */
#include "darknet/event/coordinated.h"
#include "darknet/packet/header.h"
#include "darknet/report/report.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define ENOUGH ((size_t)1 << 16) /* bytes that are written at once */

struct writer {
	FILE *file;
	struct builder text;
	bool failed;
};

static void flush(struct writer *writer)
{
	struct builder *text = &writer->text;
	writer->failed |= text->failed || fwrite(text->at, 1, text->size, writer->file) != text->size;
	builder_clear(text);
}

/* After each item of a list: what was built goes out when there is enough of it. */
static void item_done(struct writer *writer)
{
	if (writer->text.size >= ENOUGH)
		flush(writer);
}

static void put_name(struct builder *to, const char *name)
{
	build_text(to, TEXT(",\""));
	build_text(to, text_of(name));
	build_text(to, TEXT("\":"));
}

/* Between 0.001 and 1e15 as people write numbers; null of what is not known. */
static void put_number(struct builder *to, const char *name, double value)
{
	put_name(to, name);
	if (isfinite(value))
		build_double(to, value);
	else
		build_text(to, TEXT("null"));
}

static void put_estimate(struct builder *to, const char *name, struct estimate estimate)
{
	const double value[] = { estimate.value, estimate.low, estimate.high };
	const char *const ends[] = { "", "_low", "_high" };
	bool known = estimate_known(estimate);
	for (unsigned i = 0; i < 3; i++) {
		char whole[40];
		size_t size = strlen(name);
		memcpy(whole, name, size);
		strcpy(whole + size, ends[i]);
		put_number(to, whole, known ? value[i] : NAN);
	}
}

static void put_ports(struct builder *to, const struct source_port *ports, uint32_t listed, uint32_t count, bool least)
{
	char words[PORT_TEXT];
	build_text(to, TEXT(",\"ports\":["));
	for (uint32_t i = 0; i < listed; i++) {
		build_text(to, i ? TEXT(",\"") : TEXT("\""));
		build_text(to, text_of(port_format(ports[i].port, ports[i].protocol, words)));
		build_char(to, '"');
	}
	build_text(to, TEXT("],\"port_count\":"));
	build_unsigned(to, count);
	if (least)
		build_text(to, TEXT(",\"port_count_is_least\":true"));
}

static void put_times(struct builder *to, nanoseconds first, nanoseconds last)
{
	char words[TIME_TEXT];
	build_text(to, TEXT(",\"first\":\""));
	build_text(to, text_of(time_format(first, words)));
	build_text(to, TEXT("\",\"last\":\""));
	build_text(to, text_of(time_format(last, words)));
	build_char(to, '"');
}

/* ── totals ─ */

static void put_part(struct builder *to, const char *name, struct telescope_part part)
{
	build_format(to, ",\"%s\":{\"sources\":%llu,\"packets\":%llu}", name, (unsigned long long)part.sources,
	    (unsigned long long)part.packets);
}

static void put_count(struct builder *to, const char *name, uint64_t value)
{
	put_name(to, name);
	build_unsigned(to, value);
}

static void put_parts(struct builder *to, const struct telescope_totals *totals)
{
	put_part(to, "scans", totals->scans);
	put_part(to, "research", totals->research);
	put_part(to, "like_research", totals->alike);
	put_part(to, "worms", totals->worms);
	put_part(to, "victims", totals->victims);
	put_part(to, "misconfigured", totals->misconfigured);
	put_part(to, "below", totals->below);
	put_part(to, "few_answers", totals->quiet);
	build_text(to, TEXT(",\"tools\":{"));
	for (unsigned i = 0; i < TOOL_COUNT; i++)
		build_format(
		    to, "%s\"%s\":%llu", i ? "," : "", arrival_tool_name(i), (unsigned long long)totals->tools[i]);
	build_text(to, TEXT("},\"bounds\":{"));
	build_format(to, "\"forgotten\":%llu", (unsigned long long)totals->sources.forgotten);
	put_count(to, "untrailed", totals->sources.untrailed);
	put_count(to, "unblocked", totals->sources.unblocked);
	put_count(to, "rowless", totals->sources.rowless);
	put_count(to, "untold", totals->untold);
	put_count(to, "crowded", totals->crowded);
	build_char(to, '}');
}

static void put_totals(struct builder *to, const struct report *report)
{
	const struct telescope_totals totals = telescope_count(report->telescope);

	build_format(to, "\"totals\":{\"frames\":%llu", (unsigned long long)totals.frames);
	put_count(to, "packets", totals.results[ARRIVAL_TAKEN]);
	put_count(to, "bytes", totals.bytes);
	if (totals.results[ARRIVAL_TAKEN])
		put_times(to, totals.first, totals.last);
	put_count(to, "addresses", report->space->size);
	put_count(to, "probes", totals.kinds[ARRIVAL_PROBE]);
	put_count(to, "backscatter", totals.kinds[ARRIVAL_BACKSCATTER]);
	put_count(to, "other", totals.kinds[ARRIVAL_OTHER]);
	put_count(to, "elsewhere", totals.results[ARRIVAL_ELSEWHERE]);
	put_count(to, "not_ip", totals.results[ARRIVAL_NOT_IP]);
	put_count(to, "malformed", totals.results[ARRIVAL_MALFORMED]);
	put_count(to, "wrong_checksums", totals.wrong_checksums);
	put_count(to, "cut", totals.cut);
	put_count(to, "fragments", totals.fragments);
	put_count(to, "late", totals.sources.late);
	put_count(to, "old", report->trends ? trends_old(report->trends) : 0);
	put_count(to, "events", totals.sources.events);
	put_count(to, "activities", totals.sources.activities);
	put_count(to, "sources_at_once", totals.sources.lines_most);
	put_parts(to, &totals);
	put_count(to, "dropped", report->dropped);
	put_count(to, "files", report->files);
	put_count(to, "unread", report->unread);
	put_count(to, "truncated", report->truncated);
	build_char(to, '}');
}

/* ── lists ─ */

static void put_port(struct builder *to, const struct telescope_port *port)
{
	char words[PORT_TEXT];
	build_format(to, "{\"port\":\"%s\",\"packets\":%llu", port_format(port->port, port->protocol, words),
	    (unsigned long long)port->packets);
	put_number(to, "sources", port->source_error > 0 ? round(port->sources) : port->sources);
	put_number(to, "sources_error", port->source_error);
	build_char(to, '}');
}

/* Why they are one, and what each of them did. */
static void put_members(struct builder *to, const struct scan *scan)
{
	char words[ADDRESS_TEXT];

	put_number(to, "targets_by_chance", round(scan->together));
	put_number(to, "sigmas", scan->sigmas);
	build_text(to, TEXT(",\"members\":["));
	for (size_t i = 0; i < scan->member_count; i++) {
		const struct coordinated_member *member = &scan->members[i];
		build_format(to, "%s{\"source\":\"%s\"", i ? "," : "", address_format(member->source, words));
		put_times(to, member->first, member->last);
		put_count(to, "packets", member->packets);
		put_count(to, "targets", member->targets);
		build_char(to, '}');
	}
	build_char(to, ']');
}

/* What says that its source is a research scanner, and how sure that is; null: nothing does. */
static void put_research(struct builder *to, const struct scan *scan)
{
	static const char *const names[] = { "list", "name", "behaviour" };
	const struct habit *habit = &scan->habit;
	bool high = scan->evidence & RESEARCH_LIST;
	bool medium = scan->evidence & RESEARCH_NAME || habit->confidence == HABIT_MEDIUM;
	const char *comma = "";

	put_name(to, "research");
	if (!scan->evidence) {
		build_text(to, TEXT("null"));
		return;
	}
	build_format(to, "{\"confidence\":\"%s\",\"evidence\":[", high ? "high" : medium ? "medium" : "low");
	for (unsigned i = 0; i < sizeof names / sizeof *names; i++)
		if (scan->evidence & 1u << i) {
			build_format(to, "%s\"%s\"", comma, names[i]);
			comma = ",";
		}
	build_char(to, ']');
	if (scan->evidence & RESEARCH_BEHAVIOUR)
		habit_json(habit, to);
	build_char(to, '}');
}

void scan_json(const struct scan *scan, const struct research *research, struct builder *to)
{
	char words[ADDRESS_TEXT];
	struct text name = research_name(research, scan->source);
	const struct warninglist *list = scan->research ? research_of(research, scan->source) : NULL;

	build_text(to, TEXT("{\"kind\":\""));
	build_text(to, scan->member_count ? TEXT("group") : scan->research ? TEXT("research") : TEXT("single"));
	build_text(to, TEXT("\",\"sources\":[\""));
	build_text(to, text_of(address_format(scan->source, words)));
	for (size_t i = 1; i < scan->member_count; i++) {
		build_text(to, TEXT("\",\""));
		build_text(to, text_of(address_format(scan->members[i].source, words)));
	}
	build_text(to, TEXT("\"],\"tool\":\""));
	build_text(to, text_of(arrival_tool_name(scan->tool)));
	build_char(to, '"');
	put_ports(to, scan->ports, scan->port_listed, scan->port_count, scan->port_least);
	put_times(to, scan->first, scan->last);
	put_count(to, "packets", scan->packets);
	put_number(to, "targets", round(scan->targets));
	put_number(to, "targets_error", scan->target_error);
	put_number(to, "coverage", scan->coverage);
	put_number(to, "seen_rate", scan->seen_rate);
	put_estimate(to, "rate", scan->rate);
	put_estimate(to, "internet_coverage", scan->reach);
	put_count(to, "busiest_minute", scan->busiest);
	build_text(to, scan->worm ? TEXT(",\"worm\":true") : TEXT(",\"worm\":false"));
	put_research(to, scan);
	if (scan->member_count)
		put_members(to, scan);
	if (list) {
		build_text(to, TEXT(",\"list\":"));
		build_json_string(to, text_of(list->name));
	}
	if (name.size) {
		build_text(to, TEXT(",\"name\":"));
		build_json_string(to, name);
	}
	build_char(to, '}');
}

/* Sources that act together, as one scan: what of it was not followed is null. */
static void put_group(struct builder *to, const struct group *group)
{
	double seconds = (double)(group->last - group->first) / SECOND;
	char words[ADDRESS_TEXT], port[PORT_TEXT];

	build_text(to, TEXT("{\"kind\":\"group\",\"sources\":["));
	for (size_t i = 0; i < group->address_count; i++)
		build_format(to, "%s\"%s\"", i ? "," : "", address_format(group->addresses[i], words));
	build_format(to, "],\"source_count\":%u,\"group\":%llu,\"tool\":\"%s\",\"ports\":[", group->sources,
	    (unsigned long long)group->number,
	    arrival_tool_name(group->by == GROUP_BY_PORT_TOOL ? group->example.tool : TOOL_UNKNOWN));
	for (unsigned i = 0; i < group->port_count; i++)
		build_format(to, "%s\"%s\"", i ? "," : "", port_format(group->ports[i], group->protocols[i], port));
	build_format(to, "],\"port_count\":%u%s", group->port_count,
	    group->port_count == GROUP_PORTS ? ",\"port_count_is_least\":true" : "");
	put_times(to, group->first, group->last);
	put_count(to, "packets", group->packets);
	put_number(to, "targets", NAN);
	put_number(to, "targets_error", NAN);
	put_number(to, "coverage", NAN);
	put_number(to, "seen_rate", seconds > 0 ? (double)(group->packets - 1) / seconds : NAN);
	put_estimate(to, "rate", (struct estimate){ NAN, NAN, NAN });
	put_estimate(to, "internet_coverage", (struct estimate){ NAN, NAN, NAN });
	put_count(to, "busiest_minute", 0);
	build_text(to, TEXT(",\"worm\":false,\"research\":null}"));
}

static int by_first(const void *a, const void *b)
{
	const struct group *one = *(const struct group *const *)a, *other = *(const struct group *const *)b;

	return one->first != other->first ? (one->first > other->first) - (one->first < other->first)
					  : (one->number > other->number) - (one->number < other->number);
}

/* By time, those of groups among those of single sources. */
static void put_scans(struct writer *writer, const struct report *report)
{
	size_t count, groups = 0;
	const struct scan *scans = telescope_scans(report->telescope, &count);
	const struct group *group = report->trends ? trends_groups(report->trends, &groups) : NULL;
	const struct group **sorted = calloc(groups + 1, sizeof(struct group *));

	writer->failed |= !sorted;
	for (size_t i = 0; i < groups && sorted; i++)
		sorted[i] = &group[i];
	if (sorted && groups)
		qsort(sorted, groups, sizeof(struct group *), by_first);
	for (size_t i = 0, j = 0; sorted && i + j < count + groups; item_done(writer)) {
		bool single = i < count && (j == groups || scans[i].first <= sorted[j]->first);
		build_text(&writer->text, i + j ? TEXT(",\n") : TEXT("\n"));
		if (single)
			scan_json(&scans[i++], report->research, &writer->text);
		else
			put_group(&writer->text, sorted[j++]);
	}
	free(sorted);
}

static void put_vectors(struct builder *to, uint8_t marks)
{
	bool more = false, other = false;
	build_text(to, TEXT(",\"vectors\":["));
	for (unsigned i = 0; i < VICTIM_VECTORS; i++) {
		bool is_other = strcmp(victim_vector(i), "other") == 0;
		if (!(marks & 1u << i) || (is_other && other))
			continue;
		other |= is_other;
		build_format(to, "%s\"%s\"", more ? "," : "", victim_vector(i));
		more = true;
	}
	build_char(to, ']');
}

void victim_json(const struct victim *victim, struct builder *to)
{
	char words[ADDRESS_TEXT];
	build_format(to, "{\"victim\":\"%s\"", address_format(victim->victim, words));
	put_vectors(to, victim->marks);
	put_ports(to, victim->ports, victim->port_listed, victim->port_count, victim->port_least);
	put_times(to, victim->first, victim->last);
	put_count(to, "packets", victim->packets);
	put_number(to, "attacked", round(victim->attacked));
	put_estimate(to, "rate", victim->rate);
	put_number(to, "peak_rate", victim->peak);
	if (victim->reflector) {
		build_format(to, ",\"reflector\":\"%s\"", arrival_payload_name(victim->reflector));
		put_number(to, "answer_bytes", victim->answer);
	}
	build_char(to, '}');
}

static void put_trends(struct writer *writer, const struct trends *trends)
{
	size_t changes = 0, groups = 0;
	const struct change *change = trends ? trends_changes(trends, &changes) : NULL;
	const struct group *group = trends ? trends_groups(trends, &groups) : NULL;
	build_text(&writer->text, TEXT("],\n\"changes\":["));
	for (size_t i = 0; i < changes; i++, item_done(writer)) {
		build_text(&writer->text, i ? TEXT(",\n") : TEXT("\n"));
		change_json(&change[i], &writer->text);
	}
	build_text(&writer->text, TEXT("],\n\"groups\":["));
	for (size_t i = 0; i < groups; i++, item_done(writer)) {
		build_text(&writer->text, i ? TEXT(",\n") : TEXT("\n"));
		group_json(&group[i], group[i].address_count, &writer->text);
	}
	build_text(&writer->text, TEXT("]}\n"));
}

enum error report_json(const struct report *report, FILE *to, struct failure *failure)
{
	struct writer writer = { .file = to };
	struct builder *text = &writer.text;
	size_t count;

	build_char(text, '{');
	put_totals(text, report);
	const struct telescope_port *ports = telescope_ports(report->telescope, &count);
	build_text(text, TEXT(",\n\"ports\":["));
	for (size_t i = 0; i < count; i++, item_done(&writer)) {
		build_text(text, i ? TEXT(",\n") : TEXT("\n"));
		put_port(text, &ports[i]);
	}
	build_text(text, TEXT("],\n\"scans\":["));
	put_scans(&writer, report);
	const struct victim *victims = telescope_victims(report->telescope, &count);
	build_text(text, TEXT("],\n\"victims\":["));
	for (size_t i = 0; i < count; i++, item_done(&writer)) {
		build_text(text, i ? TEXT(",\n") : TEXT("\n"));
		victim_json(&victims[i], text);
	}
	put_trends(&writer, report->trends);
	flush(&writer);
	builder_free(text);
	return writer.failed || fflush(to) != 0 ? fail_errno(failure, "the report cannot be written") : OK;
}
