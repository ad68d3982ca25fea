/*
 * What each packet adds to its source; see sources.h. A batch is worked on in rounds, so that its cache misses overlap:
 * fetch each slot of the index, each line, each trail, the place of each target, then update in order.
 */
#include "darknet/event/line.h"

#include <stdlib.h>

#define BATCH 64u
#define EVENT_LONGEST ((nanoseconds)UINT32_MAX * MILLISECOND) /* 49 days: then another begins */

/* ── bins ─ */

/* Tells every activity of the bin. */
static void close_bin(struct sources *sources, nanoseconds next_bin)
{
	struct line_table *table = &sources->table;
	for (uint32_t i = 1; i < table->made; i++) {
		struct line *line = &table->at[i];
		if (!line->flags)
			continue;
		if (line->bin_packets)
			tell_line(sources, line);
		if (line->packets)
			tell_again(sources, line, next_bin);
		else
			line_table_remove(table, line);
	}
	tell_rows(sources);
}

/* The same at the very end, when nothing needs to be found again. */
static void close_all(struct sources *sources)
{
	struct line_table *table = &sources->table;
	for (uint32_t i = 1; i < table->made; i++) {
		struct line *line = &table->at[i];
		if (!line->flags)
			continue;
		if (line->bin_packets)
			tell_line(sources, line);
		if (line->packets)
			end_event(sources, line);
		line->flags = 0;
	}
	line_table_clear(table);
	tell_rows(sources);
}

static void set_bin(struct sources *sources, nanoseconds time)
{
	nanoseconds length = sources->settings.bin;
	sources->bin_begin = time - ((time % length) + length) % length;
	sources->bin_end = sources->bin_begin + length;
}

static void set_wake(struct sources *sources)
{
	nanoseconds silent = sources->expiry.until;
	sources->wake = silent < sources->bin_end ? silent : sources->bin_end;
}

/* Of bins in which nothing came only those matter at whose end somebody is told that an event goes on. */
void sources_close(struct sources *sources, nanoseconds now)
{
	if (!sources->begun || now < sources->wake)
		return;
	while (now >= sources->bin_end) {
		nanoseconds end = sources->bin_end;
		expiry_reach(sources, end);
		close_bin(sources, end);
		set_bin(sources, sources->settings.again && sources->table.count ? end : now);
	}
	expiry_reach(sources, now);
	set_wake(sources);
}

void sources_finish(struct sources *sources)
{
	if (sources->begun)
		close_all(sources);
	sources->begun = false;
}

/* ── packets ─ */

static void begin_event(struct line *line, const struct touch *touch)
{
	line->first = touch->time;
	line->last = 0;
	line->packets = 0;
	line->targets[0] = line->targets[1] = touch->item;
	line->tool = touch->arrival->tool;
	line->votes = 0;
	line->marks = 0;
	line->trail = 0;
	line->flags = (uint8_t)(LINE_OCCUPIED | (touch->v6 ? LINE_V6 : 0));
}

/* A line that has no event yet: continue_line() begins it. */
static void begin_line(struct sources *sources, struct line *line, const struct touch *touch)
{
	*line = (struct line){ .key = touch->key, .kind = touch->kind };
	line->flags = (uint8_t)(LINE_OCCUPIED | (touch->v6 ? LINE_V6 : 0));
	if (sources->table.count > sources->counts.lines_most)
		sources->counts.lines_most = sources->table.count;
}

static void vote(struct line *line, uint8_t tool)
{
	if (tool == line->tool)
		line->votes = (uint8_t)(line->votes + (line->votes < UINT8_MAX));
	else if (line->votes == 0) {
		line->tool = tool;
		line->votes = 1;
	} else
		line->votes--;
}

/* Packets of a minute before there was a trail: all of a short event, else as if they had come evenly. */
static uint32_t packets_of_minute(const struct line *line)
{
	const uint32_t minute = MINUTE / MILLISECOND;
	return line->last <= minute ? line->packets : (uint32_t)((uint64_t)line->packets * minute / line->last);
}

/* What the line holds goes into a trail: its port, its one or two targets, and of each as much as it knows. */
static void begin_trail(struct sources *sources, struct line *line, const struct touch *touch)
{
	uint32_t number = trails_take(&sources->trails);
	if (!number) {
		line->flags |= LINE_UNTRAILED;
		return;
	}
	struct trail *trail = trail_at(&sources->trails, number);
	for (unsigned i = 0; i < 2; i++)
		cardinality_add(&trail->targets, &sources->trails.blocks, line->targets[i], sources->exact);
	if (line->packets)
		trail_port(trail, &sources->trails, line->port, line->protocol);
	trail->item = line->targets[1];
	trail->bytes = (uint64_t)line->packets * touch->arrival->size; /* as if they had been like this one */
	trail->minute = (uint32_t)(line_last(line) / MINUTE);
	trail->minute_packets = packets_of_minute(line);
	if (line->kind == ARRIVAL_BACKSCATTER)
		trail->latest = line->last;
	line->trail = number;
}

static void add_to_event(struct sources *sources, struct line *line, const struct touch *touch)
{
	bool same_port = line->port == touch->port && line->protocol == touch->protocol;
	bool known = touch->item == line->targets[0] || touch->item == line->targets[1];
	bool one = line->targets[0] == line->targets[1];
	uint8_t tool = touch->arrival->tool;

	if (!line->trail && !(line->flags & LINE_UNTRAILED) && (!same_port || (!known && !one)))
		begin_trail(sources, line, touch);
	if (line->flags & LINE_UNTRAILED) {
		line->trail += !known && line->trail < UINT32_MAX;
		line->targets[1] = touch->item;
	} else if (line->trail) {
		struct trail *trail = trail_at(&sources->trails, line->trail);
		uint8_t together = trail_tool(trail, touch);
		if (tool == TOOL_UNKNOWN || tool == TOOL_SYSTEM)
			tool = together ? together : tool;
		bool answers = touch->kind == ARRIVAL_BACKSCATTER;
		if (trail_packet(trail, &sources->trails, touch, sources->exact && !answers) && answers)
			trail->latest = line->last;
		trail_port(trail, &sources->trails, touch->port, touch->protocol);
	} else if (!known) {
		line->targets[1] = touch->item;
	}
	line->packets += line->packets < UINT32_MAX;
	line->marks |= touch->mark;
	if (touch->arrival->content)
		line->flags =
		    (uint8_t)((line->flags & ((1 << LINE_CONTENT) - 1)) | touch->arrival->content << LINE_CONTENT);
	vote(line, tool);
}

/* The bin's activity: in the line when it is its first port and tries nothing, else a row. */
static void add_to_bin(struct sources *sources, struct line *line, const struct touch *touch)
{
	uint16_t part = bin_part(sources, touch->time);

	bool first = line->bin_packets == 0, elsewhere = line->port != touch->port || line->protocol != touch->protocol;

	if (touch->method || (!first && elsewhere)) {
		if (rows_add(&sources->rows, touch, line->tool, part) && sources->settings.first)
			tell_first(sources, line, touch);
		return;
	}
	if (first) {
		line->port = touch->port;
		line->protocol = touch->protocol;
		line->shape = touch->shape;
		line->bin_first = line->bin_last = part;
		line->seen = 0;
		if (sources->settings.first)
			tell_first(sources, line, touch);
	}
	if (part > line->bin_last)
		line->bin_last = part;
	if (line->shape != touch->shape)
		line->shape = 0;
	line->bin_packets += line->bin_packets < UINT32_MAX;
	line->seen |= line_seen(touch->place);
}

static void begin_bin(struct sources *sources, nanoseconds time)
{
	if (sources->begun) {
		sources_close(sources, time);
		return;
	}
	set_bin(sources, time);
	expiry_begin(&sources->expiry, time);
	set_wake(sources);
	sources->begun = true;
}

/* Another source ends for this one. */
static struct line *forget_for(struct sources *sources, const struct touch *touch, bool crowded)
{
	struct line *stalest = line_table_stalest(&sources->table, touch);
	if (!stalest)
		return NULL;
	if (stalest->bin_packets)
		tell_line(sources, stalest);
	if (stalest->packets) {
		end_event(sources, stalest);
		sources->counts.forgotten++;
	}
	if (crowded) {
		line_table_replace(&sources->table, stalest, touch);
		return stalest;
	}
	line_table_remove(&sources->table, stalest);
	return line_table_find(&sources->table, touch, &stalest) == LINE_NEW ? stalest : NULL;
}

/* The source's line; NULL: there is no memory for another. */
static struct line *find_line(struct sources *sources, const struct touch *touch)
{
	struct line *line = &sources->table.at[touch->line];
	enum line_found found = LINE_KNOWN;

	if (!touch->line || !line_is(line, touch))
		found = line_table_find(&sources->table, touch, &line);
	if (found == LINE_KNOWN)
		return line;
	if (found == LINE_NO_MEMORY)
		return NULL;
	if (found != LINE_NEW)
		line = forget_for(sources, touch, found == LINE_CROWDED);
	if (!line)
		return NULL;
	begin_line(sources, line, touch);
	return line;
}

/* A source that is new, or was silent for too long, begins. */
static void continue_line(struct sources *sources, struct line *line, const struct touch *touch)
{
	nanoseconds silent = touch->time - line_last(line);
	if (!line->packets || silent > sources->settings.timeout || touch->time - line->first > EVENT_LONGEST) {
		if (line->packets)
			end_event(sources, line);
		begin_event(line, touch);
		expiry_add(&sources->expiry, (uint32_t)(line - sources->table.at), touch->time);
		tell_begun(sources, touch);
		if (!line->bin_packets) { /* else the bin's activity goes on */
			line->port = touch->port;
			line->protocol = touch->protocol;
		}
	}
	nanoseconds since = (touch->time - line->first) / MILLISECOND;
	if (since > line->last)
		line->last = (uint32_t)since;
}

static enum error add_one(struct sources *sources, struct touch *touch, struct failure *failure)
{
	if (!sources->begun || touch->time >= sources->wake)
		begin_bin(sources, touch->time);
	if (touch->time < sources->bin_begin) {
		sources->counts.late++;
		touch->time = sources->bin_begin;
	}
	struct line *line = find_line(sources, touch);
	if (!line)
		return fail(failure, ERROR_MEMORY, "no memory for more than %u sources", sources->table.count);
	continue_line(sources, line, touch);
	add_to_event(sources, line, touch);
	add_to_bin(sources, line, touch);
	return OK;
}

#define FETCH(place, write) __builtin_prefetch(place, write, 2) /* into the second level: more of them go at once */

/* Fetches, for all of a batch at once, what each packet will touch: its line, its trail, the place of its target. */
static void fetch(const struct sources *sources, struct touch *touches, size_t count)
{
	const struct line_table *table = &sources->table;
	uint32_t trails[BATCH]; /* 0: nobody's, and as good to fetch as others */

	for (size_t i = 0; i < count; i++)
		FETCH(&table->buckets[line_table_home(table, line_table_part(touches[i].hash))], 0);
	for (size_t i = 0; i < count; i++) {
		touches[i].line = line_table_peek(table, touches[i].hash);
		FETCH(&table->at[touches[i].line], 1);
	}
	for (size_t i = 0; i < count; i++) {
		const struct line *line = &table->at[touches[i].line];
		trails[i] = line->flags & LINE_UNTRAILED ? 0 : line->trail;
		FETCH(trail_at(&sources->trails, trails[i]), 1);
	}
	for (size_t i = 0; i < count; i++)
		if (trails[i])
			FETCH(cardinality_place(&trail_at(&sources->trails, trails[i])->targets,
				  &sources->trails.blocks, touches[i].item),
			    1);
}

enum error sources_add(struct sources *sources, const struct arrival *arrivals, size_t count, struct failure *failure)
{
	struct touch touches[BATCH];
	enum error error = OK;

	sources->counts.arrivals += count;
	for (size_t done = 0; done < count && !error; done += BATCH) {
		size_t some = count - done < BATCH ? count - done : BATCH;
		for (size_t i = 0; i < some; i++)
			touch_of(&arrivals[done + i], &touches[i]);
		fetch(sources, touches, some);
		for (size_t i = 0; i < some && !error; i++)
			error = add_one(sources, &touches[i], failure);
	}
	return error;
}

/* ── */

nanoseconds sources_timeout(const struct space *space)
{
	const double slowest = 10, patience = 5; /* packets/s to all of the Internet; mean gaps */
	double seconds = space->size ? patience * 4294967296.0 / (slowest * (double)space->size) : 172800;
	return (nanoseconds)(seconds < 600 ? 600 : seconds > 172800 ? 172800 : seconds) * SECOND;
}

static void take_settings(struct sources *sources, const struct source_settings *asked)
{
	struct source_settings *settings = &sources->settings;
	*settings = *asked;
	settings->bin = asked->bin ? asked->bin : HOUR;
	settings->every = asked->every ? asked->every : DAY;
	settings->timeout = asked->timeout ? asked->timeout : sources_timeout(asked->space);
	settings->lines = asked->lines ? asked->lines : 10000000;
	settings->lines = settings->lines < SOURCE_LINES ? settings->lines : SOURCE_LINES;
	settings->trails = asked->trails ? asked->trails : 262144;
	settings->rows = asked->rows ? asked->rows : 4194304;
	settings->blocks = asked->blocks ? asked->blocks : 32768;
	sources->exact = asked->space->size <= 65536 && asked->space->prefix_count == 0;
	sources->rows.most = settings->rows;
	sources->bin_unit = ((uint64_t)settings->bin + 65535) / 65536;
}

enum error sources_new(const struct source_settings *settings, struct sources **made, struct failure *failure)
{
	struct sources *sources = calloc(1, sizeof *sources);

	if (!sources)
		return fail(failure, ERROR_MEMORY, "no memory for sources");
	take_settings(sources, settings);
	bool lines = line_table_init(&sources->table, (uint32_t)sources->settings.lines) &&
		     expiry_init(&sources->expiry, sources->settings.timeout, (uint32_t)sources->settings.lines);
	if (!trails_init(&sources->trails, sources->settings.trails, sources->settings.blocks) || !lines) {
		sources_free(sources);
		return fail(failure, ERROR_MEMORY, "no memory for the sources of a telescope");
	}
	*made = sources;
	return OK;
}

void sources_free(struct sources *sources)
{
	if (!sources)
		return;
	line_table_free(&sources->table);
	expiry_free(&sources->expiry);
	free(sources->rows.at);
	trails_free(&sources->trails);
	free(sources);
}

struct source_counts sources_count(const struct sources *sources)
{
	struct source_counts counts = sources->counts;
	counts.lines = sources->table.count;
	counts.rowless = sources->rows.lost;
	return counts;
}
