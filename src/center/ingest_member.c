/*
 * Quotas, queues and turns of organisations in the front. See ingest_member.h.
 */
#include "center/ingest_member.h"

#include "center/ingest.h"

#include <stdlib.h>

#define MEMBERS_MOST 16384
#define QUANTUM (256 << 10)     /* bytes of work in one turn of weight 1 */
#define BYTE_COST (1.0 / 100)   /* alerts for a byte as long as nothing is known: EVE lines in zstd */
#define BYTE_COST_NEW (1.0 / 8) /* weight of the last batch in what is expected of the next */

struct member_table {
	struct member *members[MEMBERS_MOST]; /* by number modulo, probing */
};

struct member_table *member_table_new(void)
{
	return calloc(1, sizeof(struct member_table));
}

static struct member *member_new(uint32_t organisation)
{
	struct member *member = calloc(1, sizeof *member);
	if (!member)
		return NULL;
	member->organisation = organisation;
	member->rate = -1;
	member->weight = 1;
	member->byte_cost = BYTE_COST;
	member->reading.member = member->storing.member = member;
	member->reading.last = &member->reading.first;
	member->storing.last = &member->storing.first;
	return member;
}

struct member *member_of(struct member_table *table, uint32_t organisation)
{
	for (size_t i = 0; i < MEMBERS_MOST; i++) {
		struct member **place = &table->members[(organisation + i) % MEMBERS_MOST];
		if (*place && (*place)->organisation != organisation)
			continue;
		if (!*place)
			*place = member_new(organisation);
		return *place;
	}
	return NULL;
}

void member_refill(struct member *member, double rate, double burst)
{
	nanoseconds now = time_monotonic();
	if (member->rate != rate)
		member->tokens = rate * burst;
	else
		member->tokens += rate * (double)(now - member->refilled) / (double)SECOND;
	if (member->tokens > rate * burst)
		member->tokens = rate * burst;
	member->rate = rate;
	member->refilled = now;
}

double member_expect(const struct member *member, uint64_t body)
{
	double cost = member->byte_cost * (double)body;
	return cost > 1 ? cost : 1;
}

void member_charge(struct member *member, uint64_t body, double cost)
{
	if (member->rate > 0)
		member->tokens -= cost;
	if (body > 0)
		member->byte_cost += (cost / (double)body - member->byte_cost) * (member->known ? BYTE_COST_NEW : 1);
	member->known = true;
}

/* ── queues and turns ─ */

void lane_append(struct lane *lane, struct ingest *ingest)
{
	ingest->next = NULL;
	*lane->last = ingest;
	lane->last = &ingest->next;
}

void lane_remove(struct lane *lane, struct ingest *ingest)
{
	struct ingest **place = &lane->first;
	while (*place && *place != ingest)
		place = &(*place)->next;
	if (!*place)
		return;
	*place = ingest->next;
	if (!ingest->next)
		lane->last = place;
}

void turns_init(struct turns *turns)
{
	turns->first = NULL;
	turns->last = &turns->first;
}

void turns_add(struct turns *turns, struct lane *lane)
{
	if (lane->in_turn)
		return;
	lane->in_turn = true;
	lane->next = NULL;
	*turns->last = lane;
	turns->last = &lane->next;
}

void turns_leave(struct turns *turns)
{
	struct lane *lane = turns->first;
	turns->first = lane->next;
	if (!turns->first)
		turns->last = &turns->first;
	lane->in_turn = false;
	if (lane->deficit > 0)
		lane->deficit = 0; /* who has nothing to do saves nothing up */
}

static void turns_rotate(struct turns *turns)
{
	struct lane *lane = turns->first;
	int64_t deficit = lane->deficit;
	turns_leave(turns);
	turns_add(turns, lane);
	lane->deficit = deficit;
}

struct lane *turns_next(struct turns *turns)
{
	while (turns->first) {
		struct lane *lane = turns->first;
		if (!lane->first) {
			turns_leave(turns);
			continue;
		}
		if (lane->deficit <= 0)
			lane->deficit += (int64_t)(QUANTUM * lane->member->weight);
		if (lane->deficit > 0)
			return lane;
		turns_rotate(turns);
	}
	return NULL;
}

void turns_charge(struct turns *turns, uint64_t bytes)
{
	turns->first->deficit -= (int64_t)bytes;
	if (turns->first->deficit <= 0)
		turns_rotate(turns);
}
