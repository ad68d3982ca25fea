/*
 * Lines of counts: spans and their rows; see lines.h.
 */
#include "darknet/report/lines_inner.h"

#include "darknet/packet/header.h"
#include "darknet/packet/method.h"
#include "darknet/report/report.h"
#include "formats/eve_record.h"

#define CHUNK 2000   /* rows of a line: some 80 KB */
#define GAP_MOST DAY /* in files: beyond that nobody listened */
#define TIME_LAST ((nanoseconds)9000000000 * SECOND)

/* ── one line ─ */

static void put_row(struct builder *to, const struct counts_row *row)
{
	char port[PORT_TEXT];
	eve_name(to, TEXT_NONE);
	build_format(to, "[\"%s\",\"%s\",\"%s\",\"%.2s\",%d,%llu]", port_format(row->port, row->protocol, port),
	    arrival_kind_name(row->kind), method_name(row->method), row->country, row->research,
	    (unsigned long long)row->packets);
}

/* The figures of the span are in the last line of it: without that one the span is not whole. */
static void put_figures(struct builder *to, const struct lines_span *span, bool whole)
{
	nanoseconds awake = span->until - span->from - span->away;
	build_format(to, ",\"awake\":%.6f", whole && awake > 0 ? (double)awake / (double)SECOND : 0);
	eve_number(to, "frames", whole ? span->frames : 0);
	eve_number(to, "packets", whole ? span->packets : 0);
	eve_number(to, "bytes", whole ? span->bytes : 0);
	eve_number(to, "dropped", whole ? span->dropped : 0);
}

static void put_line(struct lines *lines, const struct counts_row *rows, size_t count, unsigned chunk, unsigned chunks)
{
	struct builder *to = &lines->text;

	lines_head(lines, lines->span.until, "darknet");
	eve_object(to, "darknet");
	eve_plain(to, "what", TEXT("counts"));
	eve_time(to, "from", lines->span.from);
	put_figures(to, &lines->span, chunk == chunks);
	eve_number(to, "addresses", lines->settings.space->size);
	eve_number(to, "chunk", chunk);
	eve_number(to, "chunks", chunks);
	eve_name(to, TEXT("rows"));
	build_char(to, '[');
	for (size_t i = 0; i < count; i++)
		put_row(to, &rows[i]);
	build_char(to, ']');
	eve_object_end(to);
	eve_end(to);
}

/* ── spans ─ */

static nanoseconds floor_to(nanoseconds time, nanoseconds length)
{
	return time - time % length;
}

/* Where a span that begins at `from` ends. */
static nanoseconds end_of(const struct lines *lines, nanoseconds from)
{
	nanoseconds checkpoint = floor_to(from, lines->settings.checkpoint) + lines->settings.checkpoint;
	nanoseconds hour = floor_to(from, HOUR) + HOUR;
	return checkpoint < hour ? checkpoint : hour;
}

static void begin_span(struct lines *lines, nanoseconds from)
{
	lines->span = (struct lines_span){ .from = from, .until = end_of(lines, from) };
	lines->begun = true;
}

/* Writes the span up to `until`; the next one begins there. */
static void end_span(struct lines *lines, nanoseconds until)
{
	size_t count;
	const struct counts_row *rows = counts_rows(lines->counts, &count);
	unsigned chunks = count ? (unsigned)((count + CHUNK - 1) / CHUNK) : 1;
	struct failure ignored; /* the next lines_flush() says it again */

	lines->span.until = until;
	for (unsigned chunk = 1; chunk <= chunks; chunk++) {
		size_t done = (size_t)(chunk - 1) * CHUNK, left = count - done;
		put_line(lines, rows + done, left < CHUNK ? left : CHUNK, chunk, chunks);
	}
	counts_clear(lines->counts);
	lines_flush(lines, &ignored);
	nanoseconds more = lines->span.away - (until - lines->span.from);
	begin_span(lines, until);
	lines->span.away = more > 0 ? more : 0; /* it was told of a little later than it was */
}

/* Nothing came for a while: as few lines as hours allow. */
static void skip(struct lines *lines, nanoseconds time)
{
	if (time - lines->span.from > GAP_MOST) {
		begin_span(lines, floor_to(time, MICROSECOND));
		return;
	}
	while (time >= lines->span.until) {
		nanoseconds hour = floor_to(lines->span.from, HOUR) + HOUR;
		nanoseconds checkpoint = floor_to(time, lines->settings.checkpoint);
		nanoseconds end = checkpoint < hour ? checkpoint : hour;
		/* a checkpoint that divides no hour may be before the hour that just ended */
		end_span(lines, end > lines->span.from ? end : lines->span.until);
	}
}

/* At the last frame; of many at one moment, or late ones, a microsecond later than it began. */
static void end_full(struct lines *lines)
{
	nanoseconds now = floor_to(lines->span.last + MICROSECOND - 1, MICROSECOND);
	if (now <= lines->span.from)
		now = lines->span.from + MICROSECOND;
	end_span(lines, now < lines->span.until ? now : lines->span.until);
}

void lines_frame(void *context, const struct frame *frame, const struct arrival *arrival)
{
	struct lines *lines = context;
	struct lines_span *span = &lines->span;
	nanoseconds time = frame->time < 0 ? 0 : frame->time < TIME_LAST ? frame->time : TIME_LAST;

	if (!lines->begun)
		begin_span(lines, floor_to(time, MICROSECOND));
	if (time >= span->until) {
		end_span(lines, span->until);
		skip(lines, time);
	}
	if (lines->fresh && time < span->from && time >= floor_to(span->from, HOUR))
		span->from = floor_to(time, MICROSECOND);
	lines->fresh = false;
	if (time >= span->last)
		span->last = time + 1;
	span->frames++;
	if (!arrival)
		return;
	span->packets++;
	span->bytes += arrival->size;
	counts_add(lines->counts, arrival);
	if (counts_full(lines->counts))
		end_full(lines);
}

/* ── live ─ */

void lines_begin(struct lines *lines, nanoseconds now)
{
	begin_span(lines, floor_to(now, MICROSECOND));
	lines->fresh = true;
}

void lines_clock(struct lines *lines, nanoseconds now)
{
	while (lines->begun && now >= lines->span.until)
		end_span(lines, lines->span.until);
}

void lines_dropped(struct lines *lines, uint64_t frames)
{
	lines->span.dropped += frames;
}

void lines_away(struct lines *lines, nanoseconds time)
{
	lines->span.away += time;
}

void lines_finish(struct lines *lines, nanoseconds now)
{
	if (!lines->begun)
		return;
	nanoseconds end = now ? now : lines->span.last;
	end = floor_to(end + MICROSECOND - 1, MICROSECOND);
	if (end <= lines->span.from)
		end = lines->span.from + (lines->span.frames ? MICROSECOND : 0);
	if (end > lines->span.from)
		end_span(lines, end);
	lines->begun = false;
}
