/*
 * The state of triage as bytes, to go on exactly here after a restart. Called by the centre's adapter for its
 * checkpoints.
 *
 * The bytes are a local cache: structs of this build as they lie in memory, guarded by a version and their sizes. What
 * another build wrote is refused (ERROR_VERSION) and made anew from history.
 */
#include "triage/member.h"

#include <stdlib.h>
#include <string.h>

#define SAVE_MAGIC 0x4e525431u /* NRT1 */
#define SAVE_VERSION 3u

static void put_guard(struct builder *to)
{
	put_u32(to, SAVE_MAGIC);
	put_u32(to, SAVE_VERSION);
	put_u32(to, (uint32_t)sizeof(struct item));
	put_u32(to, (uint32_t)sizeof(struct episode));
	put_u32(to, (uint32_t)sizeof(struct habit));
	put_u32(to, (uint32_t)sizeof(struct member));
	put_u32(to, (uint32_t)sizeof(struct campaign_event));
}

static enum error get_guard(struct reader *from, struct failure *failure)
{
	struct builder wanted = { 0 };
	put_guard(&wanted);
	const void *found = get_bytes(from, wanted.size);
	bool same = found && !wanted.failed && memcmp(found, wanted.at, wanted.size) == 0;
	builder_free(&wanted);
	return same ? OK : fail(failure, ERROR_VERSION, "the saved state of triage is of another version");
}

/* Copies `count` structs of `size` bytes out; NULL with nothing to copy, or when `from` failed. */
static void *get_array(struct reader *from, size_t count, size_t size, size_t room)
{
	if (room < count || room > SIZE_MAX / size)
		from->failed = true;
	if (from->failed || !room)
		return NULL;
	const void *at = get_bytes(from, count * size);
	char *items = at || !count ? calloc(room, size) : NULL;
	if (items && count)
		memcpy(items, at, count * size);
	else if (!items)
		from->failed = true;
	return items;
}

static void put_tally(struct builder *to, const struct tally *tally)
{
	put_u32(to, tally->entries ? tally->mask + 1 : 0);
	if (tally->entries)
		put_bytes(to, tally->entries, ((size_t)tally->mask + 1) * sizeof *tally->entries);
}

/* As many keys as it says, and a free place: a search for what is absent ends. */
static bool tally_is_sound(const struct tally *tally, uint32_t size)
{
	uint32_t count = 0;
	for (uint32_t i = 0; i < size; i++)
		count += tally->entries[i].alerts != 0;
	return count == tally->count && (count < size || !size);
}

static void get_tally(struct reader *from, struct tally *tally)
{
	uint32_t size = get_u32(from);
	tally->entries = NULL;
	if (size > 4 * EPISODE_TALLY || (size & (size - 1)))
		from->failed = true;
	else if (size)
		tally->entries = get_array(from, size, sizeof *tally->entries, size);
	tally->mask = size ? size - 1 : 0;
	if (!from->failed && !tally_is_sound(tally, size))
		from->failed = true;
}

static bool is_truth(const void *at)
{
	uint8_t byte;
	memcpy(&byte, at, 1);
	return byte <= 1;
}

/* What is used as an index, or as a value of an enum, is one. */
static bool episode_is_sound(const struct episode *episode)
{
	uint32_t state;
	memcpy(&state, &episode->state, sizeof state);
	if (state > EPISODE_CLOSED || !is_truth(&episode->changed) || !is_truth(&episode->told) ||
	    episode->severity > SEVERITY_CRITICAL || episode->outcome > OUTCOME_SUCCEEDED)
		return false;
	for (uint32_t i = 0; i < episode->pending_count; i++)
		if (episode->pending[i].verdict >= VERDICT_COUNT)
			return false;
	for (uint32_t i = 0; i < episode->evidence_count; i++)
		if (episode->evidence[i].kind >= CLAIM_COUNT)
			return false;
	return true;
}

static bool item_is_sound(const struct item *item, const struct names *names)
{
	return item->signature < names->count && item->detector < names->count && item->host < names->count &&
	       item->account < names->count && item->kind < CLAIM_COUNT && item->severity <= SEVERITY_CRITICAL &&
	       item->outcome <= OUTCOME_SUCCEEDED;
}

static bool judge_is_sound(const struct judge *judge, const struct names *names)
{
	for (uint32_t i = 0; i < judge->remembered_count; i++)
		if (!item_is_sound(&judge->remembered[i].item, names) || judge->remembered[i].verdict >= VERDICT_COUNT)
			return false;
	return true;
}

static bool member_is_sound(const struct member *member, bool provisional)
{
	const struct names *names = &member->identities.names;
	for (size_t i = member->order.start; i < member->order.end; i++)
		if (!item_is_sound(&member->order.queue[i], names))
			return false;
	for (size_t i = 0; i < member->order.heap_count; i++)
		if (!item_is_sound(&member->order.heap[i], names))
			return false;
	for (uint32_t i = 0; i < member->provisional_count; i++)
		if (!is_truth(&member->provisional[i].confirmed))
			return false;
	return judge_is_sound(&member->final, names) && (!provisional || judge_is_sound(&member->early, names));
}

void episode_save(const struct episode *episode, struct builder *to)
{
	put_bytes(to, episode, sizeof *episode);
	put_bytes(to, episode->pending, episode->pending_count * sizeof *episode->pending);
	put_bytes(to, episode->evidence, episode->evidence_count * sizeof *episode->evidence);
	const struct tally *tallies[] = { &episode->hosts, &episode->sources, &episode->signatures, &episode->detectors,
		&episode->accounts };
	for (size_t i = 0; i < sizeof tallies / sizeof *tallies; i++)
		put_tally(to, tallies[i]);
}

enum error episode_load(struct reader *from, struct episode **loaded)
{
	const void *at = get_bytes(from, sizeof **loaded);
	struct episode *episode = at ? malloc(sizeof *episode) : NULL;
	*loaded = episode;
	if (!episode)
		return ERROR_CORRUPT;
	memcpy(episode, at, sizeof *episode);
	episode->pending = NULL;
	episode->evidence = NULL;
	struct tally *tallies[] = { &episode->hosts, &episode->sources, &episode->signatures, &episode->detectors,
		&episode->accounts };
	for (size_t i = 0; i < sizeof tallies / sizeof *tallies; i++)
		tallies[i]->entries = NULL;
	episode->pending_room = episode->pending_count;
	if (episode->pending_count > EPISODE_PENDING || episode->evidence_count > EPISODE_EVIDENCE)
		from->failed = true;
	else if (episode->pending_count)
		episode->pending =
		    get_array(from, episode->pending_count, sizeof *episode->pending, episode->pending_count);
	episode->evidence_room = episode->evidence_count;
	if (!from->failed && episode->evidence_count)
		episode->evidence =
		    get_array(from, episode->evidence_count, sizeof *episode->evidence, episode->evidence_count);
	for (size_t i = 0; i < sizeof tallies / sizeof *tallies; i++)
		get_tally(from, tallies[i]);
	return from->failed || !episode_is_sound(episode) ? ERROR_CORRUPT : OK;
}

void judge_save(const struct judge *judge, struct builder *to)
{
	normal_save(&judge->normal, to);
	put_u32(to, judge->episode_count);
	for (uint32_t i = 0; i < judge->episode_count; i++)
		episode_save(judge->episodes[i], to);
	put_u32(to, judge->remembered_next);
	put_u32(to, judge->remembered_count);
	put_u32(to, judge->remembered_room);
	put_bytes(to, judge->remembered, judge->remembered_room * sizeof *judge->remembered);
	put_u32(to, judge->echo_room);
	put_bytes(to, judge->echoes, judge->echo_room * sizeof *judge->echoes);
	put_u32(to, judge->lately_room);
	put_bytes(to, judge->lately, judge->lately_room * sizeof *judge->lately);
	put_bytes(to, judge->levels, sizeof judge->levels);
	put_bytes(to, judge->level_minute, sizeof judge->level_minute);
	put_i64(to, judge->levels_at);
	put_u64(to, judge->forgotten);
}

static void get_struct(struct reader *from, void *to, size_t size)
{
	const void *at = get_bytes(from, size);
	if (at)
		memcpy(to, at, size);
}

enum error judge_load(struct judge *judge, struct reader *from)
{
	if (normal_load(&judge->normal, from) != OK)
		return ERROR_CORRUPT;
	uint32_t episodes = get_u32(from);
	for (uint32_t i = 0; i < episodes; i++) {
		if (from->failed || i == JUDGE_EPISODES)
			return ERROR_CORRUPT;
		enum error error = episode_load(from, &judge->episodes[judge->episode_count]);
		judge->episode_count += judge->episodes[judge->episode_count] != NULL;
		if (error)
			return error;
	}
	judge->remembered_next = get_u32(from);
	judge->remembered_count = get_u32(from);
	judge->remembered_room = get_u32(from);
	free(judge->remembered);
	judge->remembered = get_array(from, judge->remembered_room, sizeof *judge->remembered, judge->remembered_room);
	judge->echo_room = get_u32(from);
	judge->echoes = get_array(from, judge->echo_room, sizeof *judge->echoes, judge->echo_room);
	judge->lately_room = get_u32(from);
	judge->lately = get_array(from, judge->lately_room, sizeof *judge->lately, judge->lately_room);
	get_struct(from, judge->levels, sizeof judge->levels);
	get_struct(from, judge->level_minute, sizeof judge->level_minute);
	judge->levels_at = get_i64(from);
	judge->forgotten = get_u64(from);
	bool ring = judge->remembered_room <= JUDGE_REMEMBERED && judge->remembered_count <= judge->remembered_room &&
		    (!judge->remembered_room || judge->remembered_next < judge->remembered_room);
	return from->failed || !ring ? ERROR_CORRUPT : OK;
}

static void order_save(const struct order *order, struct builder *to)
{
	put_u64(to, order->count);
	put_bytes(to, order->queue + order->start, (order->end - order->start) * sizeof *order->queue);
	put_bytes(to, order->heap, order->heap_count * sizeof *order->heap);
	put_bytes(to, order->newest, sizeof order->newest);
	put_i64(to, order->watermark);
	put_u64(to, order->late);
	put_u64(to, order->hurried);
}

static void order_load(struct order *order, struct reader *from)
{
	uint64_t count = get_u64(from);
	for (uint64_t i = 0; i < count && !from->failed; i++) {
		struct item item = { 0 };
		get_struct(from, &item, sizeof item);
		from->failed |= !order_put(order, &item);
	}
	get_struct(from, order->newest, sizeof order->newest);
	order->watermark = get_i64(from);
	order->late = get_u64(from);
	order->hurried = get_u64(from);
}

static void member_save(const struct member *member, bool provisional, struct builder *to)
{
	put_u32(to, member->organisation);
	names_save(&member->identities.names, to);
	order_save(&member->order, to);
	judge_save(&member->final, to);
	if (provisional)
		judge_save(&member->early, to);
	put_i64(to, member->arrived);
	put_u32(to, member->provisional_count);
	put_bytes(to, member->provisional, member->provisional_count * sizeof *member->provisional);
	put_bytes(to, &member->counts, sizeof member->counts);
}

static enum error member_load(struct member *member, bool provisional, struct reader *from)
{
	if (names_load(&member->identities.names, from) != OK)
		return ERROR_CORRUPT;
	order_load(&member->order, from);
	if (from->failed || judge_load(&member->final, from) != OK ||
	    (provisional && judge_load(&member->early, from) != OK))
		return ERROR_CORRUPT;
	member->arrived = get_i64(from);
	member->provisional_count = get_u32(from);
	if (member->provisional_count > MEMBER_EARLY) {
		member->provisional_count = 0;
		return ERROR_CORRUPT;
	}
	get_struct(from, member->provisional, member->provisional_count * sizeof *member->provisional);
	get_struct(from, &member->counts, sizeof member->counts);
	return from->failed || !member_is_sound(member, provisional) ? ERROR_CORRUPT : OK;
}

enum error triage_save(const struct triage *triage, struct builder *to, struct failure *failure)
{
	put_guard(to);
	put_u8(to, triage->settings.provisional);
	put_u32(to, triage->member_count);
	for (uint32_t i = 0; i < triage->member_count; i++)
		member_save(triage->members[i], triage->settings.provisional, to);
	campaigns_save(&triage->campaigns, to);
	return to->failed ? fail(failure, ERROR_MEMORY, "no memory to save the state of triage") : OK;
}

enum error triage_load(struct triage *triage, struct text saved, struct failure *failure)
{
	struct reader from = reader_of(saved.at, saved.size);
	enum error error = get_guard(&from, failure);
	if (error)
		return error;
	if (get_u8(&from) != triage->settings.provisional)
		return fail(failure, ERROR_VERSION, "the saved state of triage is of other settings");
	uint32_t members = get_u32(&from);
	for (uint32_t i = 0; i < members && !from.failed; i++) {
		struct member *member = triage_member(triage, get_u32(&from), failure);
		bool again = triage->member_count != i + 1; /* an organisation stands there twice */
		if (!member || again || member_load(member, triage->settings.provisional, &from) != OK)
			return fail(failure, ERROR_CORRUPT, "the saved state of triage is damaged");
		triage->waiting += member->order.count;
	}
	if (campaigns_load(&triage->campaigns, &from) != OK || !reader_done(&from))
		return fail(failure, ERROR_CORRUPT, "the saved state of triage is damaged");
	return OK;
}
