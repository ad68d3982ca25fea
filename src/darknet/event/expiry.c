/*
 * Which lines have been silent for the time-out: a ring of slots of time (Varghese and Lauck, "Hashed and Hierarchical
 * Timing Wheels", SOSP 1987), each a chain of numbers of lines that are looked at when the slot is over; see line.h.
 *
 * A packet moves nothing: a line stands in the slot in which it would have ended when it was put there, and is put
 * behind when it is found to have sent since. So each is looked at once in a time-out at most. A line that was given to
 * another source, or back, stands where it stood: that is never too late.
 */
#include "darknet/event/line.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#define FINEST (100 * MILLISECOND)
#define PARTS 64 /* of a time-out: how late it is noticed, at most a minute */
#define END UINT32_MAX

bool expiry_init(struct expiry *expiry, nanoseconds timeout, uint32_t lines)
{
	nanoseconds length = timeout / PARTS < FINEST ? FINEST : timeout / PARTS < MINUTE ? timeout / PARTS : MINUTE;
	*expiry = (struct expiry){ .length = length,
		.timeout = timeout,
		.slot_count = (size_t)(timeout / length) + 3,
		.size = ((size_t)lines + 1) * sizeof *expiry->next };
	expiry->slots = calloc(expiry->slot_count, sizeof *expiry->slots);
	/* As the lines themselves: memory only as they come. */
	void *at = mmap(NULL, expiry->size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	expiry->next = at == MAP_FAILED ? NULL : at;
	return expiry->slots && expiry->next;
}

void expiry_free(struct expiry *expiry)
{
	if (expiry->next)
		munmap(expiry->next, expiry->size);
	free(expiry->slots);
	*expiry = (struct expiry){ 0 };
}

void expiry_begin(struct expiry *expiry, nanoseconds now)
{
	if (expiry->slots)
		memset(expiry->slots, 0, expiry->slot_count * sizeof *expiry->slots);
	madvise(expiry->next, expiry->size, MADV_DONTNEED); /* zeroes */
	expiry->waiting = 0;
	expiry->until = now - now % expiry->length + expiry->length;
}

static void put(struct expiry *expiry, uint32_t number, nanoseconds due)
{
	nanoseconds earliest = expiry->until - expiry->length;
	size_t slot = (size_t)((due > earliest ? due : earliest) / expiry->length) % expiry->slot_count;
	expiry->next[number] = expiry->slots[slot] ? expiry->slots[slot] : END;
	expiry->slots[slot] = number;
	expiry->waiting++;
}

void expiry_add(struct expiry *expiry, uint32_t number, nanoseconds last)
{
	if (!expiry->next[number])
		put(expiry, number, last + expiry->timeout);
}

/* What its bin does not know yet stays until the bin is over. */
static void end_silent(struct sources *sources, struct line *line)
{
	end_event(sources, line);
	line->packets = 0;
	if (!line->bin_packets)
		line_table_remove(&sources->table, line);
}

static void end_slot(struct sources *sources)
{
	struct expiry *expiry = &sources->expiry;
	struct line_table *table = &sources->table;
	uint32_t *slot = &expiry->slots[(size_t)(expiry->until / expiry->length - 1) % expiry->slot_count];
	uint32_t number = *slot, following;
	nanoseconds now = expiry->until;

	*slot = 0;
	expiry->until += expiry->length;
	for (; number && number != END; number = following) {
		struct line *line = &table->at[number];
		following = expiry->next[number];
		if (following != END)
			__builtin_prefetch(&table->at[following], 1);
		expiry->next[number] = 0;
		expiry->waiting--;
		if (!line->flags || !line->packets)
			continue;
		if (now - line_last(line) > expiry->timeout)
			end_silent(sources, line);
		else
			put(expiry, number, line_last(line) + expiry->timeout);
	}
}

void expiry_reach(struct sources *sources, nanoseconds now)
{
	struct expiry *expiry = &sources->expiry;
	while (expiry->until <= now && expiry->waiting)
		end_slot(sources);
	if (expiry->until <= now)
		expiry->until = now - now % expiry->length + expiry->length;
}
