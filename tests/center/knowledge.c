/*
 * What the reader of a random request may know, beside what world_may_know() says: what a link shows to whoever has it,
 * a page to who looks at it. And which values of a request name what is another's.
 */
#include "knowledge.h"

#include "store/community.h"
#include "store/shared.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Whoever has the link of a mail is shown whose notice it is, and its subject; who has a feed's address is its reader.
 */
static bool has_link(const struct trial *trial, enum mark kind, unsigned owner)
{
	const struct world *world = trial->world;
	if (kind == MARK_TITLE)
		owner = owner ? world_place(world, world->people[owner - 1].organisation) : 0;
	for (unsigned i = 0; i < world->link_count; i++)
		if (strstr(trial->random.target, world->links[i]) && world->link_owner[i] == owner)
			return kind == MARK_ORGANISATION || kind == MARK_NOTICE || kind == MARK_PUBLICATION ||
			       kind == MARK_TITLE;
	return false;
}

/* Pages for everybody show who looks at them, also who may do nothing else: its own name, and its organisation's. */
static bool is_frame(const struct trial *trial, enum mark kind, unsigned owner)
{
	const struct key *key = trial->random.visit.key;
	return trial->random.route->stranger && key && owner && owner == trial->asker.home &&
	       (kind == MARK_ORGANISATION || (kind == MARK_SENSOR && (key->sensor || key->role == ROLE_DEVICE)));
}

/* A machine is told which sensor it is, and whose: by its certificate alone, or by the token of its enrolment. */
static bool is_itself(const struct trial *trial, enum mark kind, unsigned owner)
{
	const struct key *key = trial->random.visit.key;
	if (kind != MARK_ORGANISATION && kind != MARK_SENSOR)
		return false;
	if (strcmp(trial->random.route->name, "machine-enrol") == 0)
		return true;
	return trial->random.route->door == DOOR_MACHINES && key && key->sensor && owner && owner == trial->asker.home;
}

bool may_know(const struct trial *trial, enum mark kind, unsigned owner)
{
	return world_may_know(
		   trial->world, trial->random.visit.key, trial->asker.role, trial->asker.place, kind, owner) ||
	       has_link(trial, kind, owner) || is_frame(trial, kind, owner) || is_itself(trial, kind, owner);
}

/* ── what is another's ─ */

/* Not one of the centre's people. */
static bool is_outside(enum role role)
{
	return role == ROLE_MEMBER || role == ROLE_SENSOR || role == ROLE_DEVICE || role == ROLE_NONE;
}

static bool is_anothers_number(const struct trial *trial, const char *text)
{
	uint32_t number = (uint32_t)strtoul(text, NULL, 10);
	enum role role = trial->asker.role;
	const struct world *world = trial->world;
	unsigned place = trial->asker.place;
	if (!is_outside(role) || text[strspn(text, "0123456789")])
		return false;
	struct inside *inside = world->inside;
	struct sensor sensor; /* more of them are made while the test runs */
	bool own = store_sensor_get(inside->store, inside->work, number, &sensor, NULL) == OK &&
		   world_place(world, sensor.organisation) == place;
	/* Who is a member of a community is no secret to whoever keeps it. */
	bool fellow = strncmp(trial->random.route->name, "member-", 7) == 0 && world_place(world, number) &&
		      may_know(trial, MARK_ORGANISATION, world_place(world, number));
	return number != 0 && (!place || (number != world->numbers[place] && !own && !fellow));
}

/* Of the asker's organisation in a community, as it stands now. */
static enum standing standing_in(const struct trial *trial, const char *text)
{
	struct inside *inside = trial->world->inside;
	unsigned place = trial->asker.place;
	struct arena *arena = arena_new(0);
	struct policy_snapshot snapshot;
	inside_fine(inside, store_snapshot(inside->store, inside_clock(), arena, &snapshot, &inside->failure));
	enum standing standing =
	    place ? policy_standing(&snapshot, trial->world->numbers[place], (uint32_t)strtoul(text, NULL, 10))
		  : STANDING_NONE;
	arena_free(arena);
	return standing;
}

struct own_row {
	uint32_t organisation;
	bool there;
};

static void note_own(void *context, const struct membership *membership, const char *name)
{
	struct own_row *own = context;
	(void)name;
	own->there |= membership->organisation == own->organisation;
}

/* What its own membership was it is told of every community, also when that or the community has ended. */
static bool has_own_row(const struct trial *trial, const char *text)
{
	struct inside *inside = trial->world->inside;
	struct own_row own = { .organisation = trial->world->numbers[trial->asker.place] };
	struct membership_query asked = { .community = (uint32_t)strtoul(text, NULL, 10), .ended = true };
	struct page page = { .limit = 500 };
	if (strcmp(trial->random.route->name, "community-members") != 0 || !trial->asker.place)
		return false;
	inside_fine(inside,
	    store_membership_each(inside->store, inside->work, &asked, &page, note_own, &own, &inside->failure));
	return own.there;
}

/* One that it is no member of. */
static bool is_anothers_community(const struct trial *trial, const char *text)
{
	enum role role = trial->asker.role;
	if (!is_outside(role) || text[strspn(text, "0123456789")])
		return false;
	return strtoul(text, NULL, 10) != 0 && standing_in(trial, text) == STANDING_NONE && !has_own_row(trial, text);
}

/* An indicator that another organisation shared; in a community of one's own it may be read. */
static bool is_anothers_shared(const struct trial *trial, const char *text)
{
	struct inside *inside = trial->world->inside;
	enum role role = trial->asker.role;
	struct shared row;
	if (text[strspn(text, "0123456789")])
		return false;
	struct arena *arena = arena_new(0);
	bool there =
	    store_shared_get(inside->store, inside->work, (uint32_t)strtoul(text, NULL, 10), &row, arena, NULL) == OK;
	bool own = there && trial->asker.place && row.organisation == trial->world->numbers[trial->asker.place];
	char community[16];
	snprintf(community, sizeof community, "%u", there ? row.community : 0);
	own |= there && !row.waits && !row.withdrawn && strcmp(trial->random.route->name, "shared-read") == 0 &&
	       standing_in(trial, community) >= STANDING_READS;
	arena_free(arena);
	return there && !own && is_outside(role);
}

/* Whoever keeps a community is told which organisations are its members. */
static bool keeps_community(const struct trial *trial)
{
	for (unsigned i = 0; i < trial->random.count; i++) {
		const struct value *value = &trial->random.values[i];
		if (world_names_community(trial->random.route, value->field))
			return standing_in(trial, value->text) >= STANDING_KEEPS;
	}
	return false;
}

const char *uuid_of_item(const char *text)
{
	const char *dashes = strstr(text, "--");
	return dashes && strlen(dashes + 2) == UUID_TEXT - 1 ? dashes + 2 : NULL;
}

static bool is_anothers_item(const struct trial *trial, const char *text)
{
	struct uuid id;
	const char *at = uuid_of_item(text);
	const struct owned *owned = at && uuid_parse(text_of(at), &id) ? world_owner(trial->world, id) : NULL;
	return owned && !may_know(trial, owned->kind, owned->owner);
}

bool is_anothers(const struct trial *trial, const struct value *value)
{
	const struct world *world = trial->world;
	struct uuid id;
	switch (value->field->type) {
	case FIELD_UUID: {
		const struct owned *owned = uuid_parse(text_of(value->text), &id) ? world_owner(world, id) : NULL;
		bool own = owned && owned->kind == MARK_DRAFT ? false : true; /* a draft is nobody's but the centre's */
		return owned &&
		       (!may_know(trial, owned->kind, owned->owner) || (!own && trial->asker.role == ROLE_MEMBER));
	}
	case FIELD_INTEGER:
		if (world_names_community(trial->random.route, value->field))
			return is_anothers_community(trial, value->text);
		if (text_starts(text_of(trial->random.route->name), TEXT("shared-")) &&
		    strcmp(value->field->name, "id") == 0)
			return is_anothers_shared(trial, value->text);
		if (strstr(value->field->name, "version") || keeps_community(trial))
			return false;
		if (strcmp(value->field->name, "limit") == 0) /* how many, not which: TAXII's has no bound of ours */
			return false;
		return value->field->most >= UINT32_MAX && is_anothers_number(trial, value->text);
	case FIELD_TEXT:
		for (unsigned i = 0; i < world->position_count; i++)
			if (strcmp(world->positions[i].text, value->text) == 0)
				return !may_know(trial, MARK_ALERT, world->positions[i].owner);
		return is_anothers_item(trial, value->text);
	default:
		return false;
	}
}
