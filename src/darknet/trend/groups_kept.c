/*
 * Groups that are kept over a restart: all that is remembered but groups that ended, which were told.
 */
#include "darknet/trend/groups_inner.h"
#include "darknet/trend/kept.h"

#include <stdlib.h>

#define BINS_MOST 1e9f

static void put_cell(struct builder *to, const struct cell *cell)
{
	put_u64(to, cell->key);
	put_u64(to, cell->port);
	put_float(to, cell->seen);
	put_float(to, cell->exposure);
	put_float(to, cell->scatter);
	put_float(to, cell->peak);
	put_u32(to, cell->peak_bin);
	put_u32(to, cell->bin);
	put_u32(to, cell->quiet);
	put_u32(to, cell->group);
	put_u32(to, cell->sum);
	put_u16s(to, cell->ring, RING);
	put_u8(to, cell->by);
	put_u8(to, (uint8_t)(cell->touched | cell->fresh << 1));
}

static void get_cell(struct reader *from, struct cell *cell)
{
	uint32_t sum = 0;
	cell->key = get_u64(from);
	cell->port = get_u64(from);
	cell->seen = get_float(from, 0, 1e15f);
	cell->exposure = get_float(from, 0, BINS_MOST);
	cell->scatter = get_float(from, 0, 2);
	cell->peak = get_float(from, 0, 1e15f);
	cell->peak_bin = get_u32(from);
	cell->bin = get_u32(from);
	cell->quiet = get_u32(from);
	cell->group = get_u32(from);
	cell->sum = get_u32(from);
	for (size_t i = 0; i < RING; i++)
		sum += cell->ring[i] = get_u16(from);
	cell->by = get_u8(from);
	uint8_t flags = get_u8(from);
	cell->touched = flags & 1;
	cell->fresh = flags >> 1 & 1;
	if (cell->key == 0 || sum != cell->sum || cell->by >= GROUP_BYS || flags > 3)
		from->failed = true;
}

static void put_cells(const struct groups *groups, struct builder *to)
{
	uint64_t count = 0;
	for (size_t i = 0; i <= groups->cell_mask; i++)
		count += groups->places[i].cell != 0;
	put_u64(to, groups->cell_mask);
	put_u64(to, count);
	for (size_t i = 0; i <= groups->cell_mask; i++)
		if (groups->places[i].cell) {
			put_u32(to, (uint32_t)i);
			put_cell(to, cell_at(groups, (uint32_t)i));
		}
	put_u64(to, groups->touched_count);
	for (size_t i = 0; i < groups->touched_count; i++)
		put_u32(to, groups->touched[i]);
	put_u64(to, groups->fresh_count);
	for (size_t i = 0; i < groups->fresh_count; i++)
		put_u32(to, groups->fresh[i]);
}

static bool marked_so(const struct cell *cell, bool touched)
{
	return touched ? cell->touched : cell->fresh;
}

/* Each cell of the list is one that says so, and no other. */
static size_t get_list(struct groups *groups, uint32_t *list, bool touched, struct reader *from)
{
	size_t count = get_u64_below(from, groups->cell_mask + 2), marked = 0;
	for (size_t i = 0; i < count && !from->failed; i++) {
		list[i] = get_u32_below(from, groups->cell_mask + 1);
		if (!groups->places[list[i]].cell || !marked_so(cell_at(groups, list[i]), touched))
			from->failed = true;
	}
	for (size_t i = 0; i < groups->cell_count && !from->failed; i++)
		marked += marked_so(&groups->cells[i], touched);
	if (marked != count)
		from->failed = true;
	return from->failed ? 0 : count;
}

static void get_cells(struct groups *groups, struct reader *from)
{
	get_same(from, groups->cell_mask);
	uint64_t count = get_u64_below(from, groups->cell_mask + 2), next = 0;
	for (uint64_t i = 0; i < count && !from->failed; i++) {
		uint32_t index = get_u32_below(from, groups->cell_mask + 1);
		if (index < next)
			from->failed = true;
		next = (uint64_t)index + 1;
		if (from->failed)
			break;
		struct cell *cell = &groups->cells[groups->cell_count++];
		*cell = (struct cell){ 0 };
		get_cell(from, cell);
		groups->places[index] = (struct place){ (uint32_t)groups->cell_count, (uint32_t)(cell->key >> 32) };
	}
	groups->touched_count = get_list(groups, groups->touched, true, from);
	groups->fresh_count = get_list(groups, groups->fresh, false, from);
}

/* Those of the last day: older ones are nobody's members any more. */
static void put_newcomers(const struct groups *groups, struct builder *to)
{
	uint64_t room = groups->settings.newcomers, count = 0;
	while (count < groups->newcomer_count && count < room &&
	       groups->newcomers[(groups->newcomer_count - count - 1) % room].bin + RING > groups->bin)
		count++;
	put_u64(to, room);
	put_u64(to, groups->newcomer_count);
	put_u64(to, count);
	for (uint64_t i = 1; i <= count; i++) {
		const struct newcomer *newcomer = &groups->newcomers[(groups->newcomer_count - i) % room];
		put_activity(to, &newcomer->row);
		put_u64(to, newcomer->source);
		put_u32(to, newcomer->bin);
		put_u8(to, (uint8_t)(newcomer->new_source | newcomer->taken << 1));
	}
}

static void get_newcomers(struct groups *groups, struct reader *from)
{
	uint64_t room = groups->settings.newcomers;
	get_same(from, room);
	groups->newcomer_count = get_u64_below(from, (uint64_t)1 << 62);
	uint64_t count = get_u64_below(from, room + 1);
	if (count > groups->newcomer_count)
		from->failed = true;
	for (uint64_t i = 1; i <= count && !from->failed; i++) {
		struct newcomer *newcomer = &groups->newcomers[(groups->newcomer_count - i) % room];
		newcomer->row = get_activity(from);
		newcomer->source = get_u64(from);
		newcomer->bin = get_u32(from);
		uint8_t flags = get_u8(from);
		newcomer->new_source = flags & 1;
		newcomer->taken = flags >> 1 & 1;
		if (newcomer->bin > groups->bin || flags > 3)
			from->failed = true;
	}
}

static void put_members(const struct groups *groups, struct builder *to)
{
	put_u64(to, groups->member_mask);
	put_u64(to, groups->member_count);
	for (size_t i = 0; i <= groups->member_mask; i++)
		if (groups->members[i].group) {
			put_u32(to, (uint32_t)i);
			put_u64(to, groups->members[i].source);
			put_u32(to, groups->members[i].group);
		}
}

static void get_members(struct groups *groups, struct reader *from)
{
	get_same(from, groups->member_mask);
	groups->member_count = get_u64_below(from, groups->member_mask / 4 * 3 + 1); /* a free one ends each search */
	for (size_t i = 0; i < groups->member_count && !from->failed; i++) {
		struct member *member = &groups->members[get_u32_below(from, groups->member_mask + 1)];
		if (member->group)
			from->failed = true;
		member->source = get_u64(from);
		member->group = get_u32(from);
		if (member->group == 0)
			from->failed = true;
	}
}

static void put_group(struct builder *to, const struct group *group, uint32_t rows)
{
	put_u64(to, group->number);
	put_i64(to, group->noticed);
	put_i64(to, group->first);
	put_i64(to, group->last);
	put_u64(to, group->packets);
	put_u32(to, group->sources);
	put_u32(to, group->told);
	put_u32(to, group->sources_told);
	put_u8(to, (uint8_t)group->by);
	put_activity(to, &group->example);
	put_u32(to, group->observed);
	put_real(to, group->expected);
	put_u32(to, group->window);
	put_real(to, group->surprise);
	put_real(to, group->threshold);
	put_u8(to, (uint8_t)group->port_count);
	for (unsigned i = 0; i < group->port_count; i++) {
		put_u16(to, group->ports[i]);
		put_u8(to, group->protocols[i]);
	}
	put_u64(to, group->address_count);
	for (size_t i = 0; i < group->address_count; i++)
		put_bytes(to, group->addresses[i].bytes, sizeof group->addresses[i].bytes);
	put_u32(to, rows);
}

static void get_addresses(struct groups *groups, struct group *group, struct reader *from)
{
	uint64_t count = get_u64_below(from, (uint64_t)groups->settings.addresses + 1);
	for (uint64_t i = 0; i < count && !from->failed; i++) {
		const struct address *address = get_bytes(from, sizeof *address);
		if (address)
			group_list(groups, group, *address);
	}
	if (group->address_count != count)
		from->failed = true;
}

static void get_group(struct groups *groups, struct reader *from)
{
	uint64_t number = get_u64(from);
	struct group *group = &groups->all[number % GROUPS_MOST];
	if (number == 0 || number > groups->number || group->number) {
		from->failed = true;
		return;
	}
	*group = (struct group){ .number = number, .open = true };
	group->noticed = get_time(from);
	group->first = get_time(from);
	group->last = get_time(from);
	group->packets = get_u64(from);
	group->sources = get_u32(from);
	group->told = get_u32(from);
	group->sources_told = get_u32(from);
	group->by = (enum group_by)get_u8(from);
	group->example = get_activity(from);
	group->observed = get_u32(from);
	group->expected = get_real_within(from, 0, 1e15);
	group->window = get_u32_below(from, RING + 1);
	group->surprise = get_real_within(from, 0, 1e15);
	group->threshold = get_real_within(from, 0, 1e15);
	group->port_count = get_u8(from);
	if (group->by >= GROUP_BYS || group->port_count > GROUP_PORTS)
		from->failed = true;
	for (unsigned i = 0; i < group->port_count && !from->failed; i++) {
		group->ports[i] = get_u16(from);
		group->protocols[i] = get_u8(from);
	}
	get_addresses(groups, group, from);
	groups->rows[number % GROUPS_MOST] = get_u32(from);
}

void groups_put(const struct groups *groups, struct builder *to)
{
	uint64_t open = 0;
	put_u32(to, groups->bin);
	put_u32(to, groups->slept);
	put_i64(to, groups->open);
	put_u64(to, groups->number);
	put_u64(to, groups->lost.cells);
	put_u64(to, groups->lost.newcomers);
	put_u64(to, groups->lost.members);
	put_cells(groups, to);
	put_newcomers(groups, to);
	put_members(groups, to);
	lately_put(groups->seen, to);
	histories_put(groups->ports, to);
	for (unsigned i = 0; i < GROUP_BYS * LEVELS; i++) {
		tail_put(&groups->tails[0][0] + i, to);
		put_real(to, (&groups->thresholds[0][0])[i]);
	}
	for (size_t i = 0; i < CLAIMS / 64; i++)
		put_u64(to, groups->claims[i]);
	for (size_t i = 0; i < GROUPS_MOST; i++)
		open += groups->all[i].open;
	put_u64(to, open);
	for (size_t i = 0; i < GROUPS_MOST; i++)
		if (groups->all[i].open)
			put_group(to, &groups->all[i], groups->rows[i]);
}

void groups_get(struct groups *groups, struct reader *from)
{
	groups->bin = get_u32_below(from, (uint64_t)(INT64_MAX / groups->settings.bin / 2)); /* its time is counted */
	groups->slept = get_u32(from);
	groups->open = get_time(from);
	groups->number = get_u64_below(from, UINT32_MAX);
	groups->lost.cells = get_u64(from);
	groups->lost.newcomers = get_u64(from);
	groups->lost.members = get_u64(from);
	get_cells(groups, from);
	get_newcomers(groups, from);
	get_members(groups, from);
	lately_get(groups->seen, from);
	histories_get_kept(groups->ports, from);
	for (unsigned i = 0; i < GROUP_BYS * LEVELS; i++) {
		tail_get(&groups->tails[0][0] + i, from);
		(&groups->thresholds[0][0])[i] = get_real_within(from, 0, 1e9);
	}
	for (size_t i = 0; i < CLAIMS / 64; i++)
		groups->claims[i] = get_u64(from);
	for (uint64_t open = get_u64_below(from, GROUPS_MOST + 1); open > 0 && !from->failed; open--)
		get_group(groups, from);
}

void groups_put_listed(const struct groups *groups, struct builder *to)
{
	for (size_t i = 0; i < GROUPS_MOST; i++)
		if (groups->all[i].open)
			put_u32(to, (uint32_t)groups->all[i].listed);
	put_u64(to, groups->lost.addresses);
	put_real(to, groups->missed);
	put_u32(to, groups->since);
}

void groups_get_listed(struct groups *groups, struct reader *from)
{
	for (size_t i = 0; i < GROUPS_MOST && !from->failed; i++)
		if (groups->all[i].open)
			groups->all[i].listed = get_u32_below(from, (uint64_t)groups->all[i].address_count + 1);
	groups->lost.addresses = get_u64(from);
	groups->missed = get_real_within(from, 0, 1e15);
	groups->since = get_u32(from);
}

void groups_put_usual(const struct groups *groups, struct builder *to)
{
	for (size_t i = 0; i < GROUPS_MOST; i++)
		if (groups->all[i].open)
			put_real(to, groups->all[i].usual);
}

void groups_get_usual(struct groups *groups, struct reader *from)
{
	for (size_t i = 0; i < GROUPS_MOST && !from->failed; i++)
		if (groups->all[i].open)
			groups->all[i].usual = get_real_within(from, 0, 1e15);
}
