/*
 * Members of groups: who belongs to which, and what they did.
 */
#include "darknet/trend/groups_inner.h"

#include <stdlib.h>
#include <string.h>

#define LISTED_FIRST 16
#define LISTED_ENDED 1000 /* of a group that ended, when there is no room for another's */

struct group *group_of(struct groups *groups, uint64_t number)
{
	struct group *group = &groups->all[number % GROUPS_MOST];
	return number && group->number == number && group->open ? group : NULL;
}

static struct member *place(const struct groups *groups, uint64_t source)
{
	size_t at = source & groups->member_mask;
	while (groups->members[at].group && groups->members[at].source != source)
		at = (at + 1) & groups->member_mask;
	return &groups->members[at];
}

struct group *member_group(struct groups *groups, uint64_t source)
{
	if (groups->member_count == 0)
		return NULL;
	const struct member *member = place(groups, source);
	return member->group ? group_of(groups, member->group) : NULL;
}

void group_row(struct groups *groups, struct group *group, const struct activity *row)
{
	groups->rows[group->number % GROUPS_MOST]++;
	group->packets += row->packets;
	if (group->first == 0 || row->first < group->first)
		group->first = row->first;
	if (row->last > group->last)
		group->last = row->last;
	for (unsigned i = 0; i < group->port_count; i++)
		if (group->ports[i] == row->port && group->protocols[i] == row->protocol)
			return;
	if (group->port_count < GROUP_PORTS) {
		group->ports[group->port_count] = row->port;
		group->protocols[group->port_count++] = row->protocol;
	}
}

void group_join(struct groups *groups, struct group *group, uint64_t source, const struct activity *row, bool list)
{
	struct member *member = place(groups, source);
	bool here = member->group == group->number;
	if (!here) {
		group->sources++;
		if (list)
			group_list(groups, group, row->source);
		if (member->group || groups->member_count < groups->member_mask / 4 * 3) {
			groups->member_count += member->group == 0;
			*member = (struct member){ .source = source, .group = (uint32_t)group->number };
		} else {
			groups->lost.members++;
		}
	}
	group_row(groups, group, row);
}

/* ── those that are listed ─ */

static bool list_room(struct groups *groups, struct group *group, size_t room)
{
	struct address *addresses = realloc(group->addresses, room * sizeof *addresses);
	if (!addresses)
		return false;
	groups->listed += room;
	groups->listed -= group->address_room;
	group->addresses = addresses;
	group->address_room = room;
	return true;
}

/* Groups that ended were told: the oldest keeps the first of its addresses. False: there is no such group. */
static bool shorten_oldest(struct groups *groups)
{
	struct group *oldest = NULL;
	for (size_t i = 0; i < GROUPS_MOST; i++) {
		struct group *group = &groups->all[i];
		if (!group->open && group->address_room > LISTED_ENDED && (!oldest || group->number < oldest->number))
			oldest = group;
	}
	if (!oldest)
		return false;
	if (oldest->address_count > LISTED_ENDED)
		oldest->address_count = LISTED_ENDED;
	return list_room(groups, oldest, LISTED_ENDED);
}

static bool grow_list(struct groups *groups, struct group *group)
{
	size_t room = group->address_room ? 2 * group->address_room : LISTED_FIRST;
	room = room < groups->settings.addresses ? room : groups->settings.addresses;
	if (room <= group->address_room)
		return false;
	while (groups->listed + room - group->address_room > groups->settings.listed)
		if (!shorten_oldest(groups))
			return false;
	return list_room(groups, group, room);
}

void group_list(struct groups *groups, struct group *group, struct address address)
{
	if (group->address_count < group->address_room || grow_list(groups, group))
		group->addresses[group->address_count++] = address;
	else
		groups->lost.addresses++;
}

void group_unlist(struct groups *groups, struct group *group)
{
	groups->listed -= group->address_room;
	free(group->addresses);
	group->addresses = NULL;
	group->address_count = group->address_room = group->listed = 0;
}

void group_tell(struct group *group, group_visitor visit, void *context)
{
	visit(context, group);
	group->listed = group->address_count;
}

void groups_grown(struct groups *groups, size_t least, group_visitor visit, void *context)
{
	for (size_t i = 0; i < GROUPS_MOST; i++) {
		struct group *group = &groups->all[i];
		if (group->open && group->address_count > group->listed &&
		    group->address_count - group->listed >= least)
			group_tell(group, visit, context);
	}
}

/* ── days ─ */

/* A group stopped when its rows of a day are less than a tenth of its sources. */
static void close_the_quiet(struct groups *groups, group_visitor visit, void *context)
{
	for (size_t i = 0; i < GROUPS_MOST; i++) {
		struct group *group = &groups->all[i];
		if (!group->open)
			continue;
		if (groups->open - group->noticed > DAY && groups->rows[i] < group->sources / 10 + 3) {
			group->open = false;
			group_tell(group, visit, context);
		}
		groups->rows[i] = 0;
	}
}

void groups_day(struct groups *groups, group_visitor visit, void *context)
{
	bool awake = groups->slept * 2 * groups->settings.bin < DAY; /* else nobody can be told to be quiet */
	groups->slept = 0;
	if (awake)
		close_the_quiet(groups, visit, context);
	if (groups->member_count == 0)
		return;
	size_t room = groups->member_mask + 1;
	struct member *old = groups->members;
	/* Out of the table, and those of open groups in again: from the first free place on no run is cut. */
	size_t from = 0;
	while (old[from].group)
		from++;
	for (size_t i = 1; i <= room; i++) {
		struct member member = old[(from + i) & groups->member_mask];
		if (!member.group)
			continue;
		old[(from + i) & groups->member_mask].group = 0;
		groups->member_count--;
		if (group_of(groups, member.group)) {
			*place(groups, member.source) = member;
			groups->member_count++;
		}
	}
}
