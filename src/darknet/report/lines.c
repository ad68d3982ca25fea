/*
 * Writing lines; see the header. Counts: lines_counts.c.
 */
#include "darknet/report/lines_inner.h"

#include "darknet/packet/header.h"
#include "darknet/packet/method.h"
#include "darknet/report/report.h"
#include "formats/eve_record.h"

#include <errno.h>
#include <limits.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdlib.h>
#include <unistd.h>

#define SOURCES_LISTED 1000 /* addresses of one line */

/* ── where they go ─ */

/* As long as it takes, or when the end was asked for as long as patience lasts. False: nobody takes them. */
static bool wait_for_room(const struct lines *lines)
{
	const volatile sig_atomic_t *stop = lines->settings.stop;
	struct pollfd ready = { .fd = lines->settings.descriptor, .events = POLLOUT };

	while (!stop || !*stop)
		if (poll(&ready, 1, (int)(LINES_PATIENCE / MILLISECOND)) > 0)
			return true;
	return poll(&ready, 1, (int)(LINES_PATIENCE / MILLISECOND)) > 0;
}

/* PIPE_BUF at a time: so much a pipe with room takes at once, whether it is one that would wait or not. */
static enum error write_all(struct lines *lines, struct failure *failure)
{
	const struct builder *text = &lines->text;

	for (size_t done = 0; done < text->size;) {
		size_t size = text->size - done < PIPE_BUF ? text->size - done : PIPE_BUF;
		if (!wait_for_room(lines))
			return fail(
			    failure, ERROR_SYSTEM, "%s cannot be written: nobody takes it", lines->settings.name);
		ssize_t some = write(lines->settings.descriptor, text->at + done, size);
		if (some < 0 && errno != EINTR && errno != EAGAIN)
			return fail_errno(failure, "%s cannot be written", lines->settings.name);
		done += some > 0 ? (size_t)some : 0;
	}
	return OK;
}

enum error lines_flush(struct lines *lines, struct failure *failure)
{
	if (!lines->failure.code && lines->text.failed)
		fail(&lines->failure, ERROR_MEMORY, "no memory for lines of %s", lines->settings.name);
	if (!lines->failure.code)
		write_all(lines, &lines->failure);
	builder_clear(&lines->text);
	if (lines->failure.code)
		*failure = lines->failure;
	return lines->failure.code;
}

void lines_put(struct lines *lines)
{
	struct failure ignored; /* kept: the next lines_flush() says it */
	if (lines->text.size >= LINES_HELD || lines->text.failed)
		lines_flush(lines, &ignored);
}

/* ── parts of a line ─ */

void lines_head(struct lines *lines, nanoseconds time, const char *type)
{
	build_char(&lines->text, '{');
	eve_time(&lines->text, "timestamp", time);
	eve_plain(&lines->text, "event_type", text_of(type));
}

static void put_address(struct builder *to, struct address source)
{
	char words[ADDRESS_TEXT];
	eve_plain(to, "src_ip", text_of(address_format(source, words)));
}

static void put_alert(struct builder *to, enum lines_alert alert, unsigned severity)
{
	static const char *const names[] = { "", "probe", "worm", "answer", "misconfiguration", "group", "change" };
	static const char *const categories[] = { "", "Network scan", "Worm", "Denial of service", "Misconfiguration",
		"Network scan", "Change" };
	char signature[64];

	snprintf(signature, sizeof signature, "Darknet: %s", names[alert]);
	eve_object(to, "alert");
	eve_plain(to, "action", TEXT("allowed"));
	eve_number(to, "gid", DARKNET_GID);
	eve_number(to, "signature_id", alert);
	eve_number(to, "rev", 1);
	eve_plain(to, "signature", text_of(signature));
	eve_plain(to, "category", text_of(categories[alert]));
	eve_number(to, "severity", severity);
	eve_object_end(to);
}

/* ── a source appeared ─ */

/* What both a first packet and an event that goes on say. */
struct appearance {
	struct address source;
	nanoseconds time, first;
	uint32_t packets;
	double targets;
	uint16_t port;
	uint8_t protocol, kind, tool, method;
	bool slammer, again;
};

static const char *worm_of(const struct appearance *told)
{
	if (told->slammer)
		return arrival_payload_name(PAYLOAD_SLAMMER);
	return told->kind == ARRIVAL_PROBE && told->tool == TOOL_MIRAI ? arrival_tool_name(TOOL_MIRAI) : NULL;
}

static enum lines_alert alert_of(const struct appearance *told)
{
	if (told->kind == ARRIVAL_BACKSCATTER)
		return LINES_ANSWER;
	if (told->kind == ARRIVAL_OTHER)
		return LINES_MISCONFIGURATION;
	return worm_of(told) ? LINES_WORM : LINES_PROBE;
}

static bool has_ports(uint8_t protocol)
{
	return protocol == IPPROTO_TCP || protocol == IPPROTO_UDP || protocol == IPPROTO_SCTP;
}

static void put_what(struct builder *to, const struct lines *lines, const struct appearance *told, bool research)
{
	char port[PORT_TEXT];
	const char *worm = worm_of(told);

	eve_object(to, "darknet");
	eve_plain(to, "what", TEXT("source"));
	eve_plain(to, "kind", text_of(arrival_kind_name(told->kind)));
	eve_plain(to, "port", text_of(port_format(told->port, told->protocol, port)));
	if (told->kind == ARRIVAL_PROBE && told->tool != TOOL_UNKNOWN)
		eve_plain(to, "tool", text_of(arrival_tool_name(told->tool)));
	if (worm)
		eve_plain(to, "worm", text_of(worm));
	eve_text(to, "method", text_of(method_name(told->method)));
	eve_bool(to, "research", research);
	if (trends_habit(lines->settings.trends, told->source, told->tool).confidence)
		eve_plain(to, "behaves", TEXT("research"));
	eve_bool(to, "again", told->again);
	eve_time(to, "first", told->first);
	eve_number(to, "packets", told->packets);
	eve_number(to, "targets", (uint64_t)(told->targets + 0.5));
	eve_number(to, "addresses", lines->settings.space->size);
	eve_object_end(to);
}

static void put_appearance(struct lines *lines, const struct appearance *told)
{
	struct builder *to = &lines->text;
	bool research = research_of(lines->settings.research, told->source) != NULL;
	enum lines_alert alert = alert_of(told);
	char protocol[EVE_PROTOCOL];

	lines_head(lines, told->time, "alert");
	put_address(to, told->source);
	if (has_ports(told->protocol))
		eve_number(to, told->kind == ARRIVAL_BACKSCATTER ? "src_port" : "dest_port", told->port);
	eve_plain(to, "proto", text_of(eve_protocol(told->protocol, protocol)));
	put_alert(to, alert, alert == LINES_WORM ? 2 : research ? 4 : 3);
	put_what(to, lines, told, research);
	eve_end(to);
	lines_put(lines);
}

static void on_begun(void *context, const struct arrival *first)
{
	struct touch touch;

	touch_of(first, &touch);
	const struct appearance told = { .source = line_source(touch.key, touch.v6),
		.time = touch.time,
		.first = touch.time,
		.packets = 1,
		.targets = 1,
		.port = touch.port,
		.protocol = touch.protocol,
		.kind = touch.kind,
		.tool = first->tool,
		.method = first->method,
		.slammer = touch.mark & MARK_WORM };
	put_appearance(context, &told);
}

static void on_again(void *context, const struct source_event *event)
{
	const struct appearance told = { .source = event->source,
		.time = event->last,
		.first = event->first,
		.packets = event->packets,
		.targets = event->targets,
		.port = event->ports[0].port,
		.protocol = event->ports[0].protocol,
		.kind = event->kind,
		.tool = event->tool,
		.slammer = event->marks & MARK_WORM && event->kind == ARRIVAL_PROBE,
		.again = true };
	put_appearance(context, &told);
}

/* ── findings ─ */

/* The object that the report has, with what it is before its keys. Returns where its brace stood. */
static size_t begin_finding(struct builder *to, const char *what)
{
	eve_object(to, "darknet");
	eve_plain(to, "what", text_of(what));
	return to->size;
}

static void end_finding(struct lines *lines, size_t brace)
{
	struct builder *to = &lines->text;
	if (!to->failed)
		to->at[brace] = ',';
	eve_end(to);
	lines_put(lines);
}

static void on_scan(void *context, const struct scan *scan)
{
	struct lines *lines = context;
	lines_head(lines, scan->last, "darknet");
	put_address(&lines->text, scan->source);
	size_t brace = begin_finding(&lines->text, "scan");
	scan_json(scan, lines->settings.research, &lines->text);
	end_finding(lines, brace);
}

static void on_victim(void *context, const struct victim *victim)
{
	struct lines *lines = context;
	lines_head(lines, victim->last, "darknet");
	put_address(&lines->text, victim->victim);
	size_t brace = begin_finding(&lines->text, "victim");
	victim_json(victim, &lines->text);
	end_finding(lines, brace);
}

void lines_change(void *context, const struct change *change)
{
	struct lines *lines = context;
	lines_head(lines, change->noticed, "alert");
	put_alert(&lines->text, LINES_CHANGE, 2);
	size_t brace = begin_finding(&lines->text, "change");
	change_json(change, &lines->text);
	end_finding(lines, brace);
}

/* Records, since an alert is one line; each of the group by its number and time. */
static void put_sources(struct lines *lines, const struct group *group, size_t from)
{
	struct builder *to = &lines->text;
	char address[ADDRESS_TEXT];

	for (; from < group->address_count; from += SOURCES_LISTED) {
		lines_head(lines, group->noticed, "darknet");
		eve_object(to, "darknet");
		eve_plain(to, "what", TEXT("group-sources"));
		eve_number(to, "number", group->number);
		eve_number(to, "sources", group->sources);
		eve_number(to, "from", from);
		build_text(to, TEXT(",\"addresses\":["));
		for (size_t i = from; i < group->address_count && i < from + SOURCES_LISTED; i++)
			build_format(to, "%s\"%s\"", i > from ? "," : "", address_format(group->addresses[i], address));
		build_char(to, ']');
		eve_object_end(to);
		eve_end(to);
		lines_put(lines);
	}
}

void lines_group(void *context, const struct group *group)
{
	struct lines *lines = context;
	lines_head(lines, group->noticed, "alert");
	put_alert(&lines->text, LINES_GROUP, 2);
	size_t brace = begin_finding(&lines->text, "group");
	group_json(group, SOURCES_LISTED, &lines->text);
	end_finding(lines, brace);
	/* When it ended all are written once more: what a kill took is then there. */
	size_t from = group->open && group->listed > SOURCES_LISTED ? group->listed : SOURCES_LISTED;
	put_sources(lines, group, from);
}

void lines_sources(void *context, const struct group *group)
{
	put_sources(context, group, group->listed);
}

/* ── */

struct telescope_watch lines_watch(struct lines *lines)
{
	return (struct telescope_watch){ .frame = lines_frame,
		.begun = on_begun,
		.again = on_again,
		.scan = on_scan,
		.victim = on_victim,
		.context = lines };
}

enum error lines_new(const struct lines_settings *settings, struct lines **made, struct failure *failure)
{
	struct lines *lines = calloc(1, sizeof *lines);

	if (lines && !(lines->counts = counts_new(settings->origins, settings->research))) {
		free(lines);
		lines = NULL;
	}
	if (!lines)
		return fail(failure, ERROR_MEMORY, "no memory for lines");
	lines->settings = *settings;
	lines->settings.checkpoint = settings->checkpoint ? settings->checkpoint : 10 * SECOND;
	*made = lines;
	return OK;
}

void lines_free(struct lines *lines)
{
	if (!lines)
		return;
	counts_free(lines->counts);
	builder_free(&lines->text);
	free(lines);
}
