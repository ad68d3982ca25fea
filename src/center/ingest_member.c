/*
 * Quotas and queues of organisations in the front.
 */
#include "center/ingest_member.h"

#include <stdlib.h>

#define MEMBERS_MOST 16384

struct member_table {
	struct member *members[MEMBERS_MOST]; /* by number modulo, probing */
};

struct member_table *member_table_new(void)
{
	return calloc(1, sizeof(struct member_table));
}

struct member *member_of(struct member_table *table, uint32_t organisation)
{
	for (size_t i = 0; i < MEMBERS_MOST; i++) {
		struct member **place = &table->members[(organisation + i) % MEMBERS_MOST];
		if (*place && (*place)->organisation == organisation)
			return *place;
		if (*place)
			continue;
		*place = calloc(1, sizeof **place);
		if (*place) {
			(*place)->organisation = organisation;
			(*place)->last = &(*place)->first;
			(*place)->rate = -1;
		}
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

void member_append(struct member *member, struct ingest *ingest)
{
	ingest->next = NULL;
	*member->last = ingest;
	member->last = &ingest->next;
}

void member_remove(struct member *member, struct ingest *ingest)
{
	struct ingest **place = &member->first;
	while (*place && *place != ingest)
		place = &(*place)->next;
	if (!*place)
		return;
	*place = ingest->next;
	if (!ingest->next)
		member->last = place;
}
