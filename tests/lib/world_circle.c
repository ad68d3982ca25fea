/*
 * The exchange of a random world: one community of its first two organisations, a collection, and in it an indicator of
 * the first one; a remote of that collection, and an import. Requests name them by the words of world.h.
 */
#include "world.h"

#include "store/community.h"
#include "store/items.h"
#include "store/release.h"
#include "store/remotes.h"

#include <stdio.h>
#include <string.h>

bool world_names_community(const struct route *route, const struct field *field)
{
	if (field->type != FIELD_INTEGER)
		return false;
	return field->place == IN_PATH
		   ? strcmp(field->name, "number") == 0 && strstr(route->path, "/communities/{number}")
		   : strcmp(field->name, "community") == 0;
}

static void add_members(struct world *world, uint32_t community)
{
	struct inside *inside = world->inside;
	for (unsigned place = 1; place <= WORLD_CIRCLE_MEMBERS; place++) {
		struct membership membership = { .community = community,
			.organisation = world->numbers[place],
			.role = MEMBERSHIP_MEMBER,
			.from = 1 };
		inside_fine(inside, store_membership_put(inside->store, inside->work, &membership, &inside->failure));
	}
}

static void add_object(struct world *world, const struct item *item, uint32_t community, const char *rendering)
{
	struct inside *inside = world->inside;
	struct policy_snapshot snapshot;
	inside_fine(inside, store_item_put(inside->store, inside->work, item, NULL, NULL, NULL, &inside->failure));
	struct release release = { .organisation = item->organisation,
		.item = item->id,
		.type = item->type,
		.version = { item->modified.when, TEXT("2027-01-15T08:00:00.000Z") },
		.community = community,
		.tlp = TLP_GREEN,
		.decided = inside_clock(),
		.rendering = text_of(rendering) };
	struct arena *arena = arena_new(0);
	inside_fine(inside, store_snapshot(inside->store, inside_clock(), arena, &snapshot, &inside->failure));
	inside_fine(inside,
	    store_release_put(inside->store, inside->work, &snapshot, &release, NULL, item->tlp, &inside->failure));
	arena_free(arena);
}

static struct item indicator(const struct world *world, const char *id, const char *name)
{
	return (struct item){ .organisation = world->numbers[1],
		.id = text_of(id),
		.type = TEXT("indicator"),
		.kind = ITEM_INDICATOR,
		.tlp = TLP_GREEN,
		.present = ITEM_HAS_NAME,
		.name = text_of(name),
		.modified = { inside_clock() / SECOND * SECOND, TEXT_NONE },
		.received = inside_clock(),
		.pattern = TEXT("[ipv4-addr:value = '192.0.2.1']") };
}

/* A circle of the same two that keeps the centre out. */
static void add_apart(struct world *world)
{
	struct inside *inside = world->inside;
	char mark[MARK_TEXT];
	struct uuid id;
	struct community community = { .name = "apart",
		.title_ja = "apart",
		.title_en = "apart",
		.kind = COMMUNITY_CLOSED,
		.purpose = "tests",
		.content = "all",
		.recipients = "members",
		.active = true };
	inside_fine(inside, store_community_put(inside->store, inside->work, &community, &inside->failure));
	world->apart_in = 1ull << community.number;
	add_members(world, community.number);
	const struct item item = indicator(world, WORLD_APART, mark_text(MARK_APART, 1, mark));
	add_object(world, &item, community.number, "{\"type\":\"indicator\"}");
	uuid_parse(text_of(&WORLD_APART[strlen("indicator--")]), &id);
	world_own(world, id, MARK_APART, 1);
}

/* In the circle, of what is there to what is apart: only who is in both may know of it. */
static void add_relation(struct world *world, uint32_t circle)
{
	char mark[MARK_TEXT], id[ITEM_ID], uuid[UUID_TEXT], rendering[400];
	struct uuid made = uuid_random();
	mark_text(MARK_APART, 1, mark);
	snprintf(id, sizeof id, "relationship--%s", uuid_format(made, uuid));
	snprintf(
	    rendering, sizeof rendering, "{\"type\":\"relationship\",\"id\":\"%s\",\"description\":\"%s\"}", id, mark);
	struct item item = indicator(world, id, mark);
	item.type = TEXT("relationship");
	item.kind = ITEM_RELATION;
	item.relation = TEXT("indicates");
	item.source_ref = TEXT(WORLD_ITEM);
	item.target_ref = TEXT(WORLD_APART);
	item.pattern = TEXT_NONE;
	add_object(world, &item, circle, rendering);
	world_own(world, made, MARK_APART, 1);
}

/* What each organisation keeps to itself. */
static void add_unreleased(struct world *world, unsigned place)
{
	struct inside *inside = world->inside;
	char id[ITEM_ID], uuid[UUID_TEXT], mark[MARK_TEXT], pattern[80];
	struct uuid made = uuid_random();
	world_own(world, made, MARK_ITEM, place);
	mark_text(MARK_ITEM, place, mark);
	snprintf(id, sizeof id, "indicator--%s", uuid_format(made, uuid));
	snprintf(pattern, sizeof pattern, "[domain-name:value = '%s.example']", mark);
	const struct item item = { .organisation = world->numbers[place],
		.id = text_of(id),
		.type = TEXT("indicator"),
		.kind = ITEM_INDICATOR,
		.tlp = TLP_AMBER,
		.present = ITEM_HAS_NAME,
		.name = text_of(mark),
		.modified = { inside_clock() / SECOND * SECOND, TEXT_NONE },
		.received = inside_clock(),
		.pattern = text_of(pattern) };
	inside_fine(inside, store_item_put(inside->store, inside->work, &item, NULL, NULL, NULL, &inside->failure));
}

/* Nobody is talked to: here is no courier. */
static void add_remote(struct world *world, uint32_t collection)
{
	struct inside *inside = world->inside;
	struct remote remote = { .name = WORLD_CIRCLE,
		.url = "https://" WORLD_REMOTE "/root/",
		.there = "theirs",
		.collection = collection,
		.organisation = world->numbers[2],
		.does = { true, true },
		.every = HOUR,
		.objects = 100,
		.bytes = 1 << 20,
		.within = MINUTE,
		.active = true };
	inside_fine(inside, store_remote_put(inside->store, inside->work, &remote, &inside->failure));
	world_own(world, remote.id, MARK_ORGANISATION, 2);
}

/* Of the first of the members' people. */
static void add_import(struct world *world, uint32_t collection)
{
	struct inside *inside = world->inside;
	struct import import = {
		.collection = collection, .received = inside_clock(), .finished = inside_clock(), .failures = TEXT("[]")
	};
	for (unsigned i = 0; i < world->accounts && !import.organisation; i++)
		if (world->people[i].organisation) {
			import.organisation = world->people[i].organisation;
			import.account = world->people[i].account;
		}
	uuid_parse(TEXT(WORLD_IMPORT), &import.id);
	inside_fine(inside, store_import_put(inside->store, inside->work, &import, &inside->failure));
	world_own(world, import.id, MARK_WRITTEN, world_place(world, import.organisation));
}

void world_add_circle(struct world *world)
{
	struct inside *inside = world->inside;
	struct community community = { .name = WORLD_CIRCLE,
		.title_ja = "circle",
		.title_en = "circle",
		.kind = COMMUNITY_CLOSED,
		.purpose = "tests",
		.content = "all",
		.recipients = "members",
		.centre = true,
		.active = true };
	struct collection collection = { .tlp = TLP_GREEN,
		.title = "circle",
		.alias = WORLD_CIRCLE,
		.read = COLLECTION_READERS,
		.write = COLLECTION_MEMBERS,
		.active = true };
	inside_fine(inside, store_begin(inside->store, &inside->failure));
	inside_fine(inside, store_community_put(inside->store, inside->work, &community, &inside->failure));
	add_members(world, community.number);
	collection.community = community.number;
	inside_fine(inside, store_collection_put(inside->store, inside->work, &collection, &inside->failure));
	const struct item item = indicator(world, WORLD_ITEM, "shared");
	add_object(world, &item, community.number, "{\"type\":\"indicator\"}");
	add_apart(world);
	add_relation(world, community.number);
	for (unsigned i = 0; i < 3 * world->organisations; i++)
		add_unreleased(world, 1 + i % world->organisations);
	add_remote(world, collection.number);
	add_import(world, collection.number);
	inside_fine(inside, store_commit(inside->store, &inside->failure));
}
