/*
 * First hits of signatures. See signature_hits.h.
 *
 * An array of signatures in the order in which they came, and a table of their places, at most half full.
 */
#include "watch/signature_hits.h"

#include "base/file.h"
#include "base/hash.h"
#include "base/json.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define LINE_LONGEST ((size_t)1 << 20)
#define DEEPEST 64

struct signature_hits {
	struct signature_hit *at;
	uint32_t *places, mask; /* place + 1; 0 = free */
	uint32_t count, room;
	struct json_parser *parser;
	struct signature_hits_counts counts;
};

struct signature_hits *signature_hits_new(void)
{
	struct signature_hits *hits = calloc(1, sizeof *hits);
	if (!hits)
		return NULL;
	hits->mask = 2 * SIGNATURE_HITS_MOST - 1;
	hits->places = calloc((size_t)hits->mask + 1, sizeof *hits->places);
	hits->parser = json_parser_new(DEEPEST);
	if (!hits->places || !hits->parser) {
		signature_hits_free(hits);
		return NULL;
	}
	return hits;
}

void signature_hits_free(struct signature_hits *hits)
{
	if (!hits)
		return;
	free(hits->at);
	free(hits->places);
	json_parser_free(hits->parser);
	free(hits);
}

struct signature_hits_counts signature_hits_count(const struct signature_hits *hits)
{
	return hits->counts;
}

/* NULL with an error, or (without one) when there are too many. */
static struct signature_hit *take(
    struct signature_hits *hits, uint64_t gid, uint64_t sid, enum error *error, struct failure *failure)
{
	uint32_t place = (uint32_t)hash_u64(sid, gid) & hits->mask;
	for (; hits->places[place]; place = (place + 1) & hits->mask) {
		struct signature_hit *hit = &hits->at[hits->places[place] - 1];
		if (hit->sid == sid && hit->gid == gid)
			return hit;
	}
	*error = OK;
	if (hits->count == SIGNATURE_HITS_MOST)
		return NULL;
	if (hits->count == hits->room) {
		uint32_t room = hits->room ? hits->room * 2 : 256;
		struct signature_hit *grown = realloc(hits->at, room * sizeof *grown);
		if (!grown) {
			*error = fail(failure, ERROR_MEMORY, "no memory for %u signatures", room);
			return NULL;
		}
		hits->at = grown;
		hits->room = room;
	}
	hits->at[hits->count] = (struct signature_hit){ .gid = gid, .sid = sid };
	hits->places[place] = ++hits->count;
	return &hits->at[hits->count - 1];
}

static void note(struct signature_hit *hit, nanoseconds first, nanoseconds last, uint64_t count)
{
	hit->first = hit->count == 0 || first < hit->first ? first : hit->first;
	hit->last = hit->count == 0 || last > hit->last ? last : hit->last;
	hit->count += count;
}

/* ── alerts ─ */

/* Values of metadata are arrays of texts, in Suricata's records and ours. */
static void read_metadata(struct json_value metadata, struct disclosure *disclosure)
{
	struct json_walk members = { 0 };
	while (json_next(metadata, &members)) {
		struct json_walk values = { 0 };
		while (json_kind(members.value) == JSON_IS_ARRAY && json_next(members.value, &values))
			disclosure_pair(disclosure, members.key, json_text(values.value));
		if (json_kind(members.value) == JSON_IS_STRING)
			disclosure_pair(disclosure, members.key, json_text(members.value));
	}
}

static enum error read_alert(struct signature_hits *hits, struct json_value root, struct failure *failure)
{
	struct json_value alert = json_get(root, "alert");
	nanoseconds time;
	uint64_t gid = 1, sid;
	enum error error = OK;
	if (!text_equal(json_text(json_get(root, "event_type")), TEXT("alert")))
		return OK;
	json_to_u64(json_get(alert, "gid"), &gid);
	if (!json_to_u64(json_get(alert, "signature_id"), &sid) ||
	    !time_parse(json_text(json_get(root, "timestamp")), 0, &time, NULL)) {
		hits->counts.malformed++;
		return OK;
	}
	hits->counts.alerts++;
	struct signature_hit *hit = take(hits, gid, sid, &error, failure);
	if (!hit) {
		hits->counts.left_out++;
		return error;
	}
	struct disclosure disclosure = { 0 };
	read_metadata(json_get(alert, "metadata"), &disclosure);
	if (disclosure.known || disclosure.cve[0])
		hit->disclosure = disclosure;
	if (!hit->message[0])
		text_copy(json_text(json_get(alert, "signature")), hit->message, sizeof hit->message);
	hit->raised |= disclosure_raises(&hit->disclosure, time);
	note(hit, time, time, 1);
	return OK;
}

enum error signature_hits_read(struct signature_hits *hits, struct stream *stream, struct failure *failure)
{
	struct line line;
	enum error error;
	while (!(error = stream_line(stream, LINE_LONGEST, &line, failure))) {
		struct json_value root;
		struct failure why;
		hits->counts.lines++;
		enum error wrong = line.cut ? ERROR_INPUT : json_parse(hits->parser, line.text, &root, &why);
		if (wrong == ERROR_MEMORY)
			return fail(failure, ERROR_MEMORY, "no memory for a line");
		hits->counts.malformed += wrong != OK;
		if (!wrong && (error = read_alert(hits, root, failure)))
			return error;
	}
	return error == ERROR_END ? OK : error;
}

enum error signature_hits_rule(struct signature_hits *hits, uint64_t gid, uint64_t sid, struct text message,
    struct text metadata, struct failure *failure)
{
	enum error error = OK;
	struct signature_hit *hit = take(hits, gid, sid, &error, failure);
	if (!hit)
		return error;
	hit->disclosure = disclosure_of(metadata);
	text_copy(message, hit->message, sizeof hit->message);
	return OK;
}

/* ── writing ─ */

static void build_day(struct builder *to, const char *name, nanoseconds day)
{
	char text[TIME_TEXT];
	build_format(to, ",\"%s\":\"%.10s\"", name, time_format(day, text));
}

static void build_hit(struct builder *to, const struct signature_hit *hit)
{
	const struct disclosure *disclosure = &hit->disclosure;
	char text[TIME_TEXT];
	build_format(to, "{\"gid\":%" PRIu64 ",\"sid\":%" PRIu64 ",\"message\":", hit->gid, hit->sid);
	build_json_string(to, text_of(hit->message));
	if (disclosure->cve[0]) {
		build_text(to, TEXT(",\"cve\":"));
		build_json_string(to, text_of(disclosure->cve));
	}
	if (disclosure->known)
		build_day(to, disclosure->created ? "created_at" : "disclosed", disclosure->day);
	if (disclosure->poc)
		build_day(to, "poc", disclosure->poc);
	else if (disclosure->poc_public)
		build_text(to, TEXT(",\"poc\":\"public\""));
	if (hit->count) {
		build_format(to, ",\"first\":\"%s\"", time_format(hit->first, text));
		build_format(to, ",\"last\":\"%s\"", time_format(hit->last, text));
		if (disclosure->known)
			build_format(to, ",\"days\":%" PRId64, disclosure_days(disclosure, hit->first));
	}
	build_format(to, ",\"count\":%" PRIu64 ",\"raised\":%s}\n", hit->count, hit->raised ? "true" : "false");
}

static void build_row(struct builder *to, const struct signature_hit *hit)
{
	const struct disclosure *disclosure = &hit->disclosure;
	char day[TIME_TEXT] = "-", first[TIME_TEXT] = "-", days[24] = "-", message[3 * sizeof hit->message + 1];
	if (disclosure->known)
		time_format(disclosure->day, day);
	if (hit->count)
		time_format(hit->first, first);
	if (hit->count && disclosure->known)
		snprintf(days, sizeof days, "%" PRId64, disclosure_days(disclosure, hit->first));
	text_make_printable(text_of(hit->message), message);
	for (char *c = message; *c; c++)
		*c = *c == '\n' || *c == '\t' ? ' ' : *c; /* one row */
	build_format(to, "%-7s %-16s %-10.10s %-6s %-19.19s %6s %8" PRIu64 "  %" PRIu64 ":%" PRIu64 " %s\n",
	    hit->raised ? "raised" : "", disclosure->cve[0] ? disclosure->cve : "-", day,
	    disclosure->poc_public ? "public" : "-", first, days, hit->count, hit->gid, hit->sid, message);
}

static int by_urgency(const void *one, const void *other)
{
	const struct signature_hit *a = one, *b = other;
	if (a->raised != b->raised)
		return b->raised - a->raised;
	if ((a->count > 0) != (b->count > 0))
		return (b->count > 0) - (a->count > 0);
	int64_t days[2] = { disclosure_days(&a->disclosure, a->first), disclosure_days(&b->disclosure, b->first) };
	if (a->disclosure.known != b->disclosure.known)
		return b->disclosure.known - a->disclosure.known;
	if (days[0] != days[1])
		return days[0] < days[1] ? -1 : 1;
	return a->sid == b->sid ? (a->gid > b->gid) - (a->gid < b->gid) : a->sid < b->sid ? -1 : 1;
}

/* Their order changes: places are of no use any more until they are made anew. */
static void sort(struct signature_hits *hits)
{
	if (hits->count)
		qsort(hits->at, hits->count, sizeof *hits->at, by_urgency);
	memset(hits->places, 0, ((size_t)hits->mask + 1) * sizeof *hits->places);
	for (uint32_t i = 0; i < hits->count; i++) {
		uint32_t place = (uint32_t)hash_u64(hits->at[i].sid, hits->at[i].gid) & hits->mask;
		while (hits->places[place])
			place = (place + 1) & hits->mask;
		hits->places[place] = i + 1;
	}
}

static bool is_dated(const struct signature_hit *hit)
{
	return hit->disclosure.known || hit->disclosure.cve[0];
}

bool signature_hits_write(struct signature_hits *hits, bool json, bool all, FILE *to)
{
	struct builder text = { 0 };
	sort(hits);
	if (!json)
		build_format(&text, "%-7s %-16s %-10s %-6s %-19s %6s %8s  %s\n", "", "vulnerability", "disclosed",
		    "poc", "first hit", "days", "hits", "signature");
	for (uint32_t i = 0; i < hits->count; i++)
		if (all || is_dated(&hits->at[i]))
			(json ? build_hit : build_row)(&text, &hits->at[i]);
	bool written = !text.failed && fwrite(text.at, 1, text.size, to) == text.size && fflush(to) == 0;
	builder_free(&text);
	return written;
}

/* ── keeping ─ */

enum error signature_hits_keep(struct signature_hits *hits, const char *path, struct failure *failure)
{
	struct builder text = { 0 };
	for (uint32_t i = 0; i < hits->count; i++)
		if (hits->at[i].count)
			build_hit(&text, &hits->at[i]);
	enum error error = text.failed ? fail(failure, ERROR_MEMORY, "no memory for what was found")
				       : file_replace(path, (struct text){ text.at, text.size }, 0640, failure);
	builder_free(&text);
	return error;
}

static bool read_kept(struct json_value root, struct signature_hit *kept)
{
	static const char *const names[] = { "cve", "disclosed", "created_at", "poc" };
	if (!json_to_u64(json_get(root, "gid"), &kept->gid) || !json_to_u64(json_get(root, "sid"), &kept->sid) ||
	    !json_to_u64(json_get(root, "count"), &kept->count) || kept->count == 0 ||
	    !time_parse(json_text(json_get(root, "first")), 0, &kept->first, NULL) ||
	    !time_parse(json_text(json_get(root, "last")), 0, &kept->last, NULL))
		return false;
	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		disclosure_pair(&kept->disclosure, text_of(names[i]), json_text(json_get(root, names[i])));
	kept->raised = json_kind(json_get(root, "raised")) == JSON_IS_TRUE;
	text_copy(json_text(json_get(root, "message")), kept->message, sizeof kept->message);
	return true;
}

static enum error load_line(
    struct signature_hits *hits, const char *path, const struct line *line, struct failure *failure)
{
	struct signature_hit kept = { 0 };
	struct json_value root;
	enum error error = OK;
	if (json_parse(hits->parser, line->text, &root, failure) != OK || !read_kept(root, &kept))
		return fail(failure, ERROR_INPUT, "%s, line %" PRIu64 ": this is no file of hits", path, line->number);
	struct signature_hit *hit = take(hits, kept.gid, kept.sid, &error, failure);
	if (!hit)
		return error;
	note(hit, kept.first, kept.last, kept.count);
	hit->raised |= kept.raised;
	if (!hit->disclosure.known)
		hit->disclosure = kept.disclosure;
	if (!hit->message[0])
		memcpy(hit->message, kept.message, sizeof hit->message);
	return OK;
}

enum error signature_hits_load(struct signature_hits *hits, const char *path, struct failure *failure)
{
	struct stream *stream;
	struct line line;
	if (access(path, F_OK) != 0 && errno == ENOENT)
		return fail(failure, ERROR_NOT_FOUND, "there is no %s", path);
	enum error error = stream_open(path, &stream, failure);
	if (error)
		return error;
	while (!error && !(error = stream_line(stream, LINE_LONGEST, &line, failure)))
		error = load_line(hits, path, &line, failure);
	stream_close(stream);
	return error == ERROR_END ? OK : error;
}
