/*
 * The table of lines: open addressing, one line a slot, huge pages; see line.h.
 */
#include "darknet/line.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#define PROBES 256u   /* slots that a look-up goes at most */
#define NEIGHBOURS 8u /* of which the stalest ends when there is no room */
#define HUGE_PAGE ((size_t)2 << 20)
#define GROWS_FASTER ((size_t)1 << 18)

struct line *table_map(size_t room)
{
	size_t size = room * sizeof(struct line);
	if (size < HUGE_PAGE) {
		struct line *small = aligned_alloc(64, size);
		if (small)
			memset(small, 0, size);
		return small;
	}
	char *at = mmap(NULL, size + HUGE_PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (at == MAP_FAILED)
		return NULL;
	size_t before = (HUGE_PAGE - (uintptr_t)at % HUGE_PAGE) % HUGE_PAGE;
	if (before)
		munmap(at, before);
	munmap(at + before + size, HUGE_PAGE - before);
	madvise(at + before, size, MADV_HUGEPAGE); /* without them it works, slower */
	return (struct line *)(void *)(at + before);
}

void table_unmap(struct line *lines, size_t room)
{
	size_t size = room * sizeof *lines;
	if (size < HUGE_PAGE)
		free(lines);
	else if (lines)
		munmap(lines, size);
}

void table_remove(struct sources *sources, size_t hole)
{
	size_t mask = sources->room - 1;
	for (size_t at = (hole + 1) & mask; sources->lines[at].flags; at = (at + 1) & mask) {
		const struct line *line = &sources->lines[at];
		size_t home = line_home(sources->room, line_hash(line->key, line->kind, line->flags & LINE_V6));
		if (((at - home) & mask) < ((at - hole) & mask))
			continue;
		sources->lines[hole] = *line;
		hole = at;
	}
	sources->lines[hole].flags = 0;
	sources->counts.lines--;
}

static bool line_is(const struct line *line, const struct touch *touch)
{
	return line->key == touch->key && line->kind == touch->kind && !(line->flags & LINE_V6) == !touch->v6;
}

enum error table_grow(struct sources *sources, struct failure *failure)
{
	/* Fresh pages are what a large table costs: fourfold makes a third less of them in all than twofold. */
	size_t room = sources->room * (sources->room >= GROWS_FASTER ? 4 : 2);
	room = room < sources->room_most ? room : sources->room_most;
	size_t mask = room - 1;
	struct line *larger = table_map(room);
	if (!larger)
		return fail(failure, ERROR_MEMORY, "no memory for %zu sources", room);
	for (size_t i = 0; i < sources->room; i++) {
		const struct line *line = &sources->lines[i];
		if (!line->flags)
			continue;
		size_t at = line_home(room, line_hash(line->key, line->kind, line->flags & LINE_V6));
		while (larger[at].flags)
			at = (at + 1) & mask;
		larger[at] = *line;
	}
	table_unmap(sources->lines, sources->room);
	sources->lines = larger;
	sources->room = room;
	return OK;
}

/* The stalest source near the place where this one belongs. */
static struct line *stalest_near(const struct sources *sources, const struct touch *touch)
{
	size_t at = line_home(sources->room, touch->hash);
	struct line *stalest = NULL;
	for (unsigned i = 0; i < PROBES && (i < NEIGHBOURS || !stalest); i++) {
		struct line *line = &sources->lines[(at + i) & (sources->room - 1)];
		if (line->flags && (!stalest || line_last(line) < line_last(stalest)))
			stalest = line;
	}
	return stalest;
}

static void forget(struct sources *sources, struct line *line)
{
	if (line->bin_packets)
		tell_line(sources, line);
	end_event(sources, line);
	sources->counts.forgotten++;
}

struct line *table_peek(const struct sources *sources, const struct touch *touch)
{
	size_t at = line_home(sources->room, touch->hash);
	for (unsigned i = 0; i < PROBES; i++) {
		struct line *line = &sources->lines[(at + i) & (sources->room - 1)];
		if (!line->flags || line_is(line, touch))
			return line;
	}
	return NULL;
}

struct line *table_find(struct sources *sources, const struct touch *touch)
{
	struct line *line = table_peek(sources, touch);
	if (line && (line->flags || sources->counts.lines < sources->settings.lines))
		return line;
	struct line *stalest = stalest_near(sources, touch);
	if (!stalest)
		return line;
	forget(sources, stalest);
	if (line) {
		table_remove(sources, (size_t)(stalest - sources->lines));
		return table_peek(sources, touch);
	}
	stalest->flags = 0; /* every slot from where it belongs to here is taken: it will be found */
	sources->counts.lines--;
	return stalest;
}
