/*
 * What a test knows of its world: whose an id is, which values answers held, and who may know what. The last is the
 * agreement of docs/manual.md as rules about people and things, written without a look at the tables of model/policy.c.
 */
#include "world.h"

#include "store/community.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SLOTS (4 * WORLD_IDS)

/* ── whose an id is ─ */

static uint32_t slot_of(const struct world *world, struct uuid id)
{
	uint32_t slot = (uint32_t)(hash_bytes(id.bytes, sizeof id.bytes, 3) % SLOTS);
	while (world->index[slot] && !uuid_equal(world->ids[world->index[slot] - 1].id, id))
		slot = (slot + 1) % SLOTS;
	return slot;
}

const struct owned *world_owner(const struct world *world, struct uuid id)
{
	uint32_t found = world->index[slot_of(world, id)];
	return found ? &world->ids[found - 1] : NULL;
}

void world_own(struct world *world, struct uuid id, enum mark kind, unsigned owner)
{
	uint32_t slot = slot_of(world, id);
	if (uuid_is_nil(id) || world->id_count == WORLD_IDS)
		return;
	if (!world->index[slot])
		world->index[slot] = ++world->id_count;
	world->ids[world->index[slot] - 1] = (struct owned){ id, kind, owner };
}

unsigned world_place(const struct world *world, uint32_t number)
{
	for (unsigned place = 1; place <= world->organisations; place++)
		if (world->numbers[place] == number)
			return place;
	return 0;
}

/* ── values that answers held ─ */

static void keep_value(struct world *world, const char *name, const char *value)
{
	unsigned at = 0;
	while (at < world->word_count && strcmp(world->words[at].name, name) != 0)
		at++;
	if (at == WORLD_WORDS || strlen(name) >= sizeof world->words[0].name ||
	    strlen(value) >= sizeof world->words[0].values[0] || !*value)
		return;
	struct word *word = &world->words[at];
	if (at == world->word_count) {
		world->word_count++;
		snprintf(word->name, sizeof word->name, "%s", name);
	}
	unsigned place = word->count < WORLD_KEPT ? word->count++ : dice_below(&world->dice, WORLD_KEPT);
	snprintf(word->values[place], sizeof word->values[0], "%s", value);
}

void world_learn(struct world *world, const json_t *value)
{
	const char *name;
	json_t *member;
	size_t index;
	json_object_foreach((json_t *)value, name, member)
	{
		char number[24];
		if (json_is_string(member))
			keep_value(world, name, json_string_value(member));
		else if (json_is_integer(member)) {
			snprintf(number, sizeof number, "%lld", (long long)json_integer_value(member));
			keep_value(world, name, number);
		} else
			world_learn(world, member);
	}
	json_array_foreach(value, index, member) world_learn(world, member);
}

const char *world_word(struct world *world, const char *name)
{
	for (unsigned i = 0; i < world->word_count; i++)
		if (strcmp(world->words[i].name, name) == 0)
			return world->words[i].values[dice_below(&world->dice, world->words[i].count)];
	return NULL;
}

/* ── who may know what ─ */

bool world_stands(struct world *world, const struct key *key, enum role *role, unsigned *place)
{
	struct inside *inside = world->inside;
	struct organisation organisation;
	struct failure failure;
	uint32_t number = key->organisation;
	*role = key->role;
	*place = 0;
	if (key->sensor) {
		struct sensor sensor;
		if (store_sensor_get(inside->store, inside->work, key->sensor, &sensor, &failure) != OK ||
		    sensor.state == SENSOR_REVOKED)
			return false;
	} else if (key->role == ROLE_DEVICE) {
		struct device device;
		if (store_device_get(inside->store, inside->work, key->account, &device, &failure) != OK ||
		    device.revoked)
			return false;
	} else {
		struct account account;
		if (store_account_get(inside->store, inside->work, key->account, &account, &failure) != OK ||
		    account.disabled)
			return false;
		*role = account.role;
		number = account.organisation;
	}
	*place = world_place(world, number);
	if (*role != ROLE_MEMBER && *role != ROLE_SENSOR && *role != ROLE_DEVICE)
		return true;
	return store_organisation_get(inside->store, inside->work, number, &organisation, &failure) == OK &&
	       organisation.active;
}

static bool is_self(const struct world *world, const struct key *key, enum mark kind, unsigned owner)
{
	return (kind == MARK_ACCOUNT || kind == MARK_TITLE) && owner >= 1 && owner <= world->accounts &&
	       uuid_equal(world->people[owner - 1].account, key->account);
}

/* A colleague's name stands beside what the colleague did. People may have been moved meanwhile. */
static bool is_colleague(const struct world *world, unsigned place, unsigned owner)
{
	const struct inside *inside = world->inside;
	struct account account;
	struct failure failure;
	return owner >= 1 && owner <= world->accounts && place &&
	       store_account_get(inside->store, inside->work, world->people[owner - 1].account, &account, &failure) ==
		   OK &&
	       account.organisation == world->numbers[place];
}

static bool is_members(const struct world *world, unsigned owner)
{
	return owner >= 1 && owner <= world->accounts && world->people[owner - 1].organisation != 0;
}

static bool is_content(enum mark kind)
{
	return kind == MARK_ALERT || kind == MARK_EVENT || kind == MARK_DECISION || kind == MARK_NOTICE ||
	       kind == MARK_PUBLICATION || kind == MARK_SHARED || kind == MARK_ITEM;
}

struct shared {
	uint32_t one, other, at[2][64];
	unsigned count[2];
};

static void note_membership(void *context, const struct membership *membership, const char *name)
{
	struct shared *shared = context;
	(void)name;
	for (unsigned i = 0; i < 2; i++)
		if (membership->organisation == (i ? shared->other : shared->one) && shared->count[i] < 64)
			shared->at[i][shared->count[i]++] = membership->community;
}

/* Whoever keeps an open community learns who its members are: every active organisation. */
static bool keeps_open(const struct world *world, unsigned place)
{
	struct inside *inside = world->inside;
	struct policy_snapshot snapshot;
	struct arena *arena = arena_new(0);
	bool keeps = false;
	inside_fine(inside, store_snapshot(inside->store, inside_clock(), arena, &snapshot, &inside->failure));
	for (size_t i = 0; i < snapshot.community_count && !keeps; i++)
		keeps = snapshot.communities[i].kind == COMMUNITY_OPEN &&
			policy_standing(&snapshot, world->numbers[place], snapshot.communities[i].community) ==
			    STANDING_KEEPS;
	arena_free(arena);
	return keeps;
}

/* Whether both were put into one community while the test ran, or into parts and wholes, which may be: who is in a
 * community may learn who else is. Exactly who is tests/model/test_policy_community.c's to say. */
static bool is_companion(const struct world *world, unsigned place, unsigned owner)
{
	struct shared shared = { .one = world->numbers[place], .other = world->numbers[owner] };
	struct membership_query asked = { .ended = true };
	struct page page = { .limit = 500 };
	inside_fine(world->inside, store_membership_each(world->inside->store, world->inside->work, &asked, &page,
				       note_membership, &shared, &world->inside->failure));
	return shared.count[0] && shared.count[1];
}

/* Whoever was put into a community, or into a part of it, while the test ran could read what is there, and is told so
 * afterwards. */
static bool was_put_in(
    const struct world *world, const struct policy_snapshot *snapshot, unsigned place, uint32_t community)
{
	struct shared shared = { .one = world->numbers[place] };
	struct membership_query asked = { .ended = true };
	struct page page = { .limit = 500 };
	struct inside *inside = world->inside;
	inside_fine(inside, store_membership_each(inside->store, inside->work, &asked, &page, note_membership, &shared,
				&inside->failure));
	bool was = policy_community(snapshot, community)->kind == COMMUNITY_OPEN;
	for (unsigned i = 0; i < shared.count[0]; i++)
		was |= policy_is_within(snapshot, shared.at[0][i], community);
	return was;
}

/* What was released to a community that keeps the centre out is known to who was put there, and to the centre where its
 * keepers let it in while the test ran; released further, in those communities too. */
static bool knows_of_apart(const struct world *world, enum role role, unsigned place)
{
	struct policy_snapshot snapshot;
	struct arena *arena = arena_new(0);
	struct inside *inside = world->inside;
	bool knows = false;
	inside_fine(inside, store_snapshot(inside->store, inside_clock(), arena, &snapshot, &inside->failure));
	for (uint32_t c = 1; c < 64 && !knows; c++) {
		if (!(world->apart_in >> c & 1))
			continue;
		if (role == ROLE_ANALYST)
			knows = policy_community(&snapshot, c)->centre;
		else
			knows = role == ROLE_MEMBER && place && was_put_in(world, &snapshot, place, c);
	}
	arena_free(arena);
	return knows;
}

void world_note_release(struct world *world, const json_t *row)
{
	struct uuid id;
	const char *shown = json_string_value(json_object_get(row, "shown_id")),
		   *dashes = shown ? strstr(shown, "--") : NULL;
	const struct owned *owned = dashes && uuid_parse(text_of(dashes + 2), &id) ? world_owner(world, id) : NULL;
	json_int_t community = json_integer_value(json_object_get(row, "community_number"));
	if (owned && owned->kind == MARK_APART && (community < 1 || community > 63))
		abort();
	if (owned && owned->kind == MARK_APART)
		world->apart_in |= 1ull << community;
}

bool world_may_know(
    const struct world *world, const struct key *key, enum role role, unsigned place, enum mark kind, unsigned owner)
{
	if (kind == MARK_APART)
		return knows_of_apart(world, role, place);
	if (key && is_self(world, key, kind, owner))
		return true;
	switch (role) {
	case ROLE_ANALYST: /* everything that organisations sent and were told; members sign what they answer */
		return kind != MARK_NETWORK && (kind != MARK_ACCOUNT || is_members(world, owner));
	case ROLE_ADMINISTRATOR: /* who and what there is, and no contents; whom the centre tells outside */
		return kind == MARK_ORGANISATION || kind == MARK_SENSOR || kind == MARK_ACCOUNT || kind == MARK_TITLE ||
		       kind == MARK_NETWORK;
	case ROLE_AUDITOR: /* the same without who people are, beyond their names in the log */
		return kind == MARK_ORGANISATION || kind == MARK_SENSOR || kind == MARK_ACCOUNT;
	case ROLE_MEMBER: /* its own organisation's; never what joins organisations, nor who works at the centre */
		if (kind == MARK_ACCOUNT || kind == MARK_TITLE)
			return is_colleague(world, place, owner);
		if (kind == MARK_DRAFT || kind == MARK_DISPATCH)
			return owner == place && place != 0 && world->draft_sent[place];
		if ((kind == MARK_ORGANISATION || kind == MARK_SHARED) && owner && place && owner != place &&
		    is_companion(world, place, owner))
			return true;
		if (kind == MARK_ORGANISATION && owner && place && keeps_open(world, place))
			return true;
		return owner == place && place != 0 &&
		       (is_content(kind) || kind == MARK_ORGANISATION || kind == MARK_SENSOR || kind == MARK_WRITTEN);
	case ROLE_DEVICE:
	case ROLE_SENSOR: /* sends, and is told nothing but what its communities share */
		return kind == MARK_SHARED && place && (owner == place || is_companion(world, place, owner));
	case ROLE_NONE:
	case ROLE_COUNT:
		break;
	}
	return false;
}
