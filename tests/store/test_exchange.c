/*
 * Items, collections and their entries in the store: versions are kept and none is changed, owners who use one id do
 * not meet, and whatever TAXII's filters ask gives what a plain list of everything that was added gives.
 */
#include "store/community.h"
#include "store/items.h"
#include "store/release.h"
#include "store_place.h"

#define START ((nanoseconds)1700000000 * SECOND)

static uint32_t add_community(struct place *place, const char *name)
{
	struct community community = { .kind = COMMUNITY_SECTOR, .centre = true, .active = true };
	snprintf(community.name, sizeof community.name, "%s", name);
	snprintf(community.title_en, sizeof community.title_en, "Title of %s", name);
	snprintf(community.title_ja, sizeof community.title_ja, "%s", name);
	snprintf(community.purpose, sizeof community.purpose, "tests");
	snprintf(community.content, sizeof community.content, "anything");
	snprintf(community.recipients, sizeof community.recipients, "members");
	done(place, store_begin(place->store, &place->failure));
	done(place, store_community_put(place->store, place->work, &community, &place->failure));
	done(place, store_commit(place->store, &place->failure));
	return community.number;
}

static void join(struct place *place, uint32_t community, uint32_t organisation)
{
	struct membership membership = {
		.community = community, .organisation = organisation, .role = MEMBERSHIP_MEMBER, .from = 1
	};
	done(place, store_begin(place->store, &place->failure));
	done(place, store_membership_put(place->store, place->work, &membership, &place->failure));
	done(place, store_commit(place->store, &place->failure));
}

static struct collection add_collection(struct place *place, uint32_t community, enum tlp tlp, const char *alias)
{
	struct collection collection = { .community = community,
		.tlp = tlp,
		.title = "Indicators",
		.read = COLLECTION_READERS,
		.write = COLLECTION_MEMBERS,
		.active = true };
	snprintf(collection.alias, sizeof collection.alias, "%s", alias);
	done(place, store_begin(place->store, &place->failure));
	done(place, store_collection_put(place->store, place->work, &collection, &place->failure));
	done(place, store_commit(place->store, &place->failure));
	return collection;
}

static struct item indicator(uint32_t organisation, const char *id, nanoseconds modified)
{
	struct item item = { .organisation = organisation,
		.id = text_of(id),
		.type = TEXT("indicator"),
		.kind = ITEM_INDICATOR,
		.tlp = TLP_GREEN,
		.received = START,
		.name = TEXT("A name"),
		.present = ITEM_HAS_NAME,
		.pattern = TEXT("[ipv4-addr:value = '192.0.2.1']"),
		.kept = TEXT("{\"x\":1}") };
	item.modified.when = modified;
	return item;
}

static uint64_t put(struct place *place, const struct item *item, const char *value, bool *added)
{
	uint64_t number;
	struct text text = text_of(value);
	const struct item_values values = { &text, value ? 1 : 0 };
	done(place, store_begin(place->store, &place->failure));
	done(place, store_item_put(place->store, place->work, item, &values, &number, added, &place->failure));
	done(place, store_commit(place->store, &place->failure));
	return number;
}

static void count(void *context, const struct item *item)
{
	(void)item;
	++*(unsigned *)context;
}

static unsigned found(struct place *place, const struct scope *scope, struct item_query query)
{
	struct page page = { .limit = 500 };
	unsigned times = 0;
	done(place, store_item_each(place->store, scope, &query, &page, place->arena, count, &times, &place->failure));
	assert_string_equal(page.next, "");
	return times;
}

static void test_versions_are_kept_and_none_is_changed(void **state)
{
	struct place *place = *state;
	uint32_t alpha = add_organisation(place, "alpha"), beta = add_organisation(place, "beta");
	struct item item = indicator(alpha, "indicator--1", START + 2), read;
	bool added;
	put(place, &item, "192.0.2.1", &added);
	assert_true(added);
	item.name = TEXT("Another");
	put(place, &item, "192.0.2.1", &added); /* the same version says something else */
	assert_false(added);
	item.modified.when = START + 1; /* an older one comes late */
	put(place, &item, "192.0.2.9", &added);
	assert_true(added);
	struct item theirs = indicator(beta, "indicator--1", START + 9);
	put(place, &theirs, NULL, &added); /* who uses another's id has an item of his own */
	assert_true(added);
	reopen(place);
	done(place, store_item_get(place->store, place->work, alpha, TEXT("indicator--1"), 0, place->arena, &read,
			&place->failure));
	assert_int_equal(read.modified.when, START + 2);
	assert_true(text_equal(read.name, TEXT("A name")));
	assert_true(text_equal(read.kept, TEXT("{\"x\":1}")));
	assert_int_equal(read.organisation, alpha);
	unsigned versions = 0;
	done(place, store_item_versions(place->store, place->work, alpha, TEXT("indicator--1"), place->arena, count,
			&versions, &place->failure));
	assert_int_equal(versions, 2);
	const struct scope *member = scope_of(place, ROLE_MEMBER, beta, ACTION_ITEM_READ);
	assert_int_equal(
	    store_item_get(place->store, member, alpha, TEXT("indicator--1"), 0, place->arena, &read, &place->failure),
	    ERROR_NOT_FOUND);
	done(place, store_item_find(place->store, member, TEXT("indicator--1"), place->arena, &read, &place->failure));
	assert_int_equal(read.organisation, beta);
}

static void test_items_are_found_by_what_they_are(void **state)
{
	struct place *place = *state;
	uint32_t alpha = add_organisation(place, "alpha");
	struct text labels[] = { TEXT("phishing"), TEXT("x") };
	struct item first = indicator(alpha, "indicator--1", START), second = indicator(alpha, "indicator--2", START);
	first.labels = labels;
	first.label_count = 2;
	first.description = TEXT("Of the Campaign");
	second.tlp = TLP_RED;
	put(place, &first, "192.0.2.1", NULL);
	put(place, &second, "192.0.2.1", NULL);
	struct item sighting = indicator(alpha, "sighting--1", START);
	sighting.kind = ITEM_SIGHTING;
	sighting.type = TEXT("sighting");
	sighting.target_ref = TEXT("indicator--1");
	put(place, &sighting, NULL, NULL);
	sighting.id = TEXT("sighting--2");
	sighting.count = 41;
	sighting.present |= ITEM_HAS_COUNT;
	put(place, &sighting, NULL, NULL);
	const struct item_query any = { .kind = -1, .tlp = -1 };
	struct item_query query = any;
	assert_int_equal(found(place, place->work, query), 4);
	query.value = TEXT("192.0.2.1");
	assert_int_equal(found(place, place->work, query), 2);
	query.tlp = TLP_RED;
	assert_int_equal(found(place, place->work, query), 1);
	query = any, query.label = TEXT("phishing");
	assert_int_equal(found(place, place->work, query), 1);
	query.label = TEXT("phish");
	assert_int_equal(found(place, place->work, query), 0);
	query = any, query.text = TEXT("campaign");
	assert_int_equal(found(place, place->work, query), 1);
	query = any, query.type = TEXT("sighting");
	assert_int_equal(found(place, place->work, query), 2);
	query = any, query.end = TEXT("indicator--1");
	assert_int_equal(found(place, place->work, query), 2);
	query = any, query.from = START + 1;
	assert_int_equal(found(place, place->work, query), 0);
	uint64_t sightings;
	done(place, store_item_sightings(place->store, place->work, TEXT("indicator--1"), &sightings, &place->failure));
	assert_int_equal(sightings, 42);
	done(place, store_begin(place->store, &place->failure));
	done(place,
	    store_item_remove(place->store, place->work, alpha, TEXT("indicator--1"), 0, START, &place->failure));
	done(place, store_commit(place->store, &place->failure));
	query = any, query.value = TEXT("192.0.2.1");
	assert_int_equal(found(place, place->work, query), 1);
}

/* ── what the policy keeps from analysts ─ */

/* What somebody learns of an item by every way of asking. */
static void all_answers(
    struct place *place, const struct scope *scope, uint32_t owner, const char *id, struct builder *told)
{
	struct item item;
	unsigned versions = 0;
	uint64_t sightings = 0;
	struct item_query query = { .kind = -1, .tlp = -1, .value = TEXT("192.0.2.1") };
	place->failure = (struct failure){ 0 };
	enum error error =
	    store_item_get(place->store, scope, owner, text_of(id), 0, place->arena, &item, &place->failure);
	build_format(told, "%d %s", error, place->failure.words);
	place->failure = (struct failure){ 0 };
	error = store_item_find(place->store, scope, text_of(id), place->arena, &item, &place->failure);
	build_format(told, " %d %s", error, place->failure.words);
	done(place, store_item_versions(
			place->store, scope, owner, text_of(id), place->arena, count, &versions, &place->failure));
	done(place, store_item_sightings(place->store, scope, text_of(id), &sightings, &place->failure));
	build_format(
	    told, " %u versions, %u sightings, %u by value", versions, (unsigned)sightings, found(place, scope, query));
	query.value = TEXT_NONE;
	build_format(told, ", %u in all", found(place, scope, query));
	query.end = text_of(id);
	build_format(told, ", %u lead to it", found(place, scope, query));
}

/* With its end. */
static const char *text_told(struct builder *told)
{
	build_char(told, 0);
	return told->at;
}

static void release_to(struct place *place, uint32_t owner, const char *id, uint32_t community)
{
	struct policy_snapshot snapshot;
	struct release release = { .organisation = owner,
		.item = text_of(id),
		.version = { START, TEXT_NONE },
		.community = community,
		.tlp = TLP_AMBER,
		.decided = START,
		.rendering = TEXT("{}") };
	done(place, store_snapshot(place->store, time_now(), place->arena, &snapshot, &place->failure));
	done(place, store_begin(place->store, &place->failure));
	done(place, store_release_put(place->store, scope_of(place, ROLE_MEMBER, owner, ACTION_RELEASE_WRITE),
			&snapshot, &release, NULL, TLP_GREEN, &place->failure));
	done(place, store_commit(place->store, &place->failure));
}

static void test_what_is_only_where_the_centre_is_kept_out_is_not_there_for_analysts(void **state)
{
	struct place *place = *state;
	uint32_t alpha = add_organisation(place, "alpha"), water = add_community(place, "water"), closed = 0;
	struct community community = {
		.name = "closed", .title_en = "c", .purpose = "p", .content = "c", .recipients = "r", .active = true
	};
	done(place, store_begin(place->store, &place->failure));
	done(place, store_community_put(place->store, place->work, &community, &place->failure));
	done(place, store_commit(place->store, &place->failure));
	closed = community.number;
	join(place, water, alpha);
	join(place, closed, alpha);
	const struct scope *analyst = scope_of(place, ROLE_ANALYST, 0, ACTION_ITEM_READ);
	struct builder absent = { 0 }, denied = { 0 }, seen = { 0 };
	all_answers(place, analyst, alpha, "indicator--1", &absent);
	struct item item = indicator(alpha, "indicator--1", START), sighting = indicator(alpha, "sighting--1", START),
		    relation = indicator(alpha, "relationship--1", START);
	sighting.kind = ITEM_SIGHTING;
	sighting.target_ref = TEXT("indicator--1");
	put(place, &item, "192.0.2.1", NULL);
	put(place, &sighting, NULL, NULL);
	release_to(place, alpha, "indicator--1", closed);
	release_to(place, alpha, "sighting--1", closed);
	/* A relation that was given to all is not seen while one of its ends is not. */
	relation.kind = ITEM_RELATION;
	relation.source_ref = TEXT("indicator--1");
	relation.target_ref = TEXT("sighting--1");
	put(place, &relation, NULL, NULL);
	all_answers(place, analyst, alpha, "indicator--1", &denied);
	assert_string_equal(text_told(&denied), text_told(&absent));
	/* Its owner sees it, and the centre does once it was given to more. */
	const struct item_query any = { .kind = -1, .tlp = -1 };
	assert_int_equal(found(place, scope_of(place, ROLE_MEMBER, alpha, ACTION_ITEM_READ), any), 3);
	release_to(place, alpha, "indicator--1", water);
	assert_int_equal(found(place, analyst, any), 1);
	release_to(place, alpha, "sighting--1", water);
	all_answers(place, analyst, alpha, "indicator--1", &seen);
	assert_non_null(strstr(text_told(&seen), "1 versions, 1 sightings, 1 by value, 3 in all, 2 lead to it"));
	builder_free(&absent);
	builder_free(&denied);
	builder_free(&seen);
}

/* ── entries against a plain list ─ */

#define OBJECTS 5
#define MOST 400

struct listed {
	uint32_t organisation;
	unsigned object;
	nanoseconds version;
	uint8_t spec;
	int64_t added;
	struct uuid release;
};

struct world {
	struct place *place;
	struct policy_snapshot snapshot;
	struct collection collections[2];
	struct listed listed[2][MOST]; /* in the order added */
	unsigned count[2];
	int64_t last; /* that was ever added, in either */
	uint32_t owners[2];
	char ids[OBJECTS][32]; /* as they are shown */
	unsigned random;
};

static unsigned draw(struct world *world, unsigned below)
{
	world->random = world->random * 1103515245u + 12345u;
	return (world->random >> 16) % below;
}

/* The last object has another id at its owners'. */
static struct text own_id(const struct world *world, unsigned object)
{
	return object == OBJECTS - 1 ? TEXT("indicator--own") : text_of(world->ids[object]);
}

static bool is_listed(const struct world *world, unsigned which, unsigned object, const struct item *item)
{
	for (unsigned i = 0; i < world->count[which]; i++) {
		const struct listed *other = &world->listed[which][i];
		if (other->organisation == item->organisation && other->object == object &&
		    other->version == item->modified.when)
			return true;
	}
	return false;
}

static void add_one(struct world *world, nanoseconds now)
{
	struct place *place = world->place;
	unsigned which = draw(world, 2), object = draw(world, OBJECTS);
	struct item item = indicator(world->owners[draw(world, 2)], "", START + draw(world, 6));
	item.id = own_id(world, object);
	item.form = draw(world, 4) ? ITEM_STIX_21 : ITEM_STIX_20;
	/* One version of an item is in one specification. */
	item.modified.when = item.modified.when * 2 + (item.form == ITEM_STIX_20);
	put(place, &item, NULL, NULL);
	struct release release = { .organisation = item.organisation,
		.item = item.id,
		.type = object % 2 ? TEXT("malware") : TEXT("indicator"),
		.version = { item.modified.when, TEXT("as written") },
		.spec = item.form == ITEM_STIX_20 ? 20 : 21,
		.community = world->collections[which].community,
		.tlp = world->collections[which].tlp,
		.decided = now,
		.shown = object == OBJECTS - 1 ? text_of(world->ids[object]) : TEXT_NONE,
		.rendering = TEXT("{}") };
	done(place, store_begin(place->store, &place->failure));
	enum error error =
	    store_release_put(place->store, place->work, &world->snapshot, &release, NULL, item.tlp, &place->failure);
	if (is_listed(world, which, object, &item)) {
		assert_int_equal(error, ERROR_CONFLICT);
		store_rollback(place->store);
		return;
	}
	done(place, error);
	done(place, store_commit(place->store, &place->failure));
	assert_true(release.added > world->last);
	world->last = release.added;
	world->listed[which][world->count[which]++] = (struct listed){ item.organisation, object, item.modified.when,
		release.spec, release.added / MICROSECOND, release.id };
}

static void remove_some(struct world *world)
{
	struct place *place = world->place;
	unsigned which = draw(world, 2), object = draw(world, OBJECTS);
	uint32_t owner = world->owners[draw(world, 2)];
	nanoseconds version = 0;
	if (world->count[which] && draw(world, 3)) {
		const struct listed *listed = &world->listed[which][draw(world, world->count[which])];
		object = listed->object, owner = listed->organisation, version = listed->version;
	}
	done(place, store_begin(place->store, &place->failure));
	for (unsigned i = 0; i < world->count[which];) {
		struct listed *listed = &world->listed[which][i];
		if (listed->organisation != owner || listed->object != object ||
		    (version && listed->version != version)) {
			i++;
			continue;
		}
		done(place, store_release_withdraw(place->store, place->work, &world->snapshot, listed->release, START,
				TEXT_NONE, &place->failure));
		memmove(listed, listed + 1, (--world->count[which] - i) * sizeof *listed);
	}
	done(place, store_commit(place->store, &place->failure));
}

static bool spec_in(const struct entry_query *query, uint8_t spec)
{
	bool in = query->spec_count == 0;
	for (uint32_t i = 0; i < query->spec_count; i++)
		in |= query->specs[i] == spec;
	return in;
}

/* What TAXII 2.1, 3.4, says, read off the plain list. */
static bool expected_in(
    const struct world *world, unsigned which, const struct listed *listed, const struct entry_query *query)
{
	nanoseconds first = listed->version, last = listed->version;
	uint8_t best = listed->spec;
	if (listed->added <= query->after || !spec_in(query, listed->spec))
		return false;
	for (unsigned i = 0; i < world->count[which]; i++) {
		const struct listed *other = &world->listed[which][i];
		if (other->organisation == listed->organisation && other->object == listed->object &&
		    other->spec > best)
			best = other->spec;
	}
	if (query->spec_count == 0 && best != listed->spec)
		return false;
	for (unsigned i = 0; i < world->count[which]; i++) {
		const struct listed *other = &world->listed[which][i];
		if (other->organisation != listed->organisation || other->object != listed->object ||
		    !spec_in(query, other->spec) || (query->spec_count == 0 && other->spec != best))
			continue;
		first = other->version < first ? other->version : first;
		last = other->version > last ? other->version : last;
	}
	if (query->id_count && !text_equal(query->ids[0], text_of(world->ids[listed->object])))
		return false;
	if (query->type_count && text_equal(query->types[0], TEXT("malware")) != (listed->object % 2 == 1))
		return false;
	for (uint32_t i = 0; i < query->exact_count; i++)
		if (query->exact[i] == listed->version)
			return true;
	unsigned versions = query->versions || query->exact_count ? query->versions : ENTRY_LAST;
	return versions & ENTRY_ALL || (versions & ENTRY_FIRST && listed->version == first) ||
	       (versions & ENTRY_LAST && listed->version == last);
}

struct told {
	int64_t added[MOST];
	unsigned count;
};

static void tell(void *context, const struct entry *entry)
{
	struct told *told = context;
	told->added[told->count++] = entry->added;
}

static void ask(struct world *world)
{
	static const uint8_t specs[] = { 20, 21 };
	struct place *place = world->place;
	unsigned which = draw(world, 2), limit = 1 + draw(world, 7), object = draw(world, OBJECTS);
	struct text id = text_of(world->ids[object]), type = draw(world, 2) ? TEXT("malware") : TEXT("indicator");
	nanoseconds exact = (START + draw(world, 6)) * 2;
	struct entry_query query = { .limit = limit,
		.bytes = 1 << 20,
		.versions = draw(world, 3) ? 0 : 1u << draw(world, 3),
		.exact = &exact,
		.exact_count = draw(world, 4) == 0,
		.ids = &id,
		.id_count = draw(world, 3) == 0,
		.types = &type,
		.type_count = draw(world, 3) == 0,
		.specs = specs + draw(world, 2),
		.spec_count = draw(world, 3) == 0,
		.organisation = ENTRY_OF_ALL };
	/* All of both specifications: only the list can say what the latest of each is when they are mixed. */
	if (query.spec_count && draw(world, 2))
		query.specs = specs, query.spec_count = 2, query.versions |= ENTRY_ALL;
	unsigned next = 0;
	bool more = true;
	for (int page = 0; more; page++) {
		struct told told = { 0 };
		int64_t reached;
		assert_true(page <= MOST);
		done(place, store_entry_each(place->store, place->work, &world->collections[which], &query, tell, &told,
				&more, &reached, &place->failure));
		assert_true(told.count <= limit);
		for (unsigned i = 0; i < told.count; i++) {
			while (next < world->count[which] && !expected_in(world, which, &world->listed[which][next],
								 &(struct entry_query){ .versions = query.versions,
								     .exact = query.exact,
								     .exact_count = query.exact_count,
								     .ids = query.ids,
								     .id_count = query.id_count,
								     .types = query.types,
								     .type_count = query.type_count,
								     .specs = query.specs,
								     .spec_count = query.spec_count }))
				next++;
			assert_true(next < world->count[which]);
			assert_int_equal(told.added[i], world->listed[which][next++].added);
		}
		query.after = reached;
	}
	query.after = 0;
	for (; next < world->count[which]; next++)
		assert_false(expected_in(world, which, &world->listed[which][next], &query));
}

static void test_filters_give_what_a_plain_list_gives(void **state)
{
	struct place *place = *state;
	static struct world world;
	world = (struct world){ .place = place, .random = 20261121 };
	uint32_t community = add_community(place, "water");
	world.collections[0] = add_collection(place, community, TLP_GREEN, "first");
	world.collections[1] = add_collection(place, community, TLP_AMBER, "second");
	world.owners[0] = add_organisation(place, "alpha");
	world.owners[1] = add_organisation(place, "beta");
	done(place, store_snapshot(place->store, START, place->arena, &world.snapshot, &place->failure));
	for (unsigned i = 0; i < OBJECTS; i++)
		snprintf(world.ids[i], sizeof world.ids[i], "indicator--%u", i);
	for (unsigned step = 0; step < 1500; step++) {
		unsigned what = draw(&world, 10);
		if (what < 4 && world.count[0] < MOST && world.count[1] < MOST)
			add_one(&world, START + (nanoseconds)(draw(&world, 3) * step) * MICROSECOND);
		else if (what < 5)
			remove_some(&world);
		else
			ask(&world);
		if (step % 500 == 499)
			reopen(place);
	}
}

static void test_whoever_is_outside_meets_no_collection(void **state)
{
	struct place *place = *state;
	uint32_t alpha = add_organisation(place, "alpha"), beta = add_organisation(place, "beta");
	uint32_t community = add_community(place, "water");
	struct collection collection = add_collection(place, community, TLP_GREEN, "in-here"), read;
	join(place, community, alpha);
	const struct scope *inside = scope_of(place, ROLE_MEMBER, alpha, ACTION_ITEM_READ),
			   *outside = scope_of(place, ROLE_MEMBER, beta, ACTION_ITEM_READ),
			   *maker = scope_of(place, ROLE_ADMINISTRATOR, 0, ACTION_COMMUNITY_WRITE);
	done(place, store_collection_find(place->store, inside, TEXT("in-here"), &read, &place->failure));
	assert_true(uuid_equal(read.id, collection.id));
	done(place, store_collection_find(place->store, maker, TEXT("in-here"), &read, &place->failure));
	assert_int_equal(
	    store_collection_find(place->store, outside, TEXT("in-here"), &read, &place->failure), ERROR_NOT_FOUND);
	struct told told = { 0 };
	const struct entry_query query = { .limit = 1, .bytes = 1, .organisation = ENTRY_OF_ALL };
	bool more;
	int64_t reached;
	done(place,
	    store_entry_each(place->store, inside, &read, &query, tell, &told, &more, &reached, &place->failure));
	assert_int_equal(
	    store_entry_each(place->store, outside, &read, &query, tell, &told, &more, &reached, &place->failure),
	    ERROR_NOT_FOUND);
	/* Whoever makes collections reads nothing in them. */
	assert_int_equal(
	    store_entry_each(place->store, maker, &read, &query, tell, &told, &more, &reached, &place->failure),
	    ERROR_NOT_FOUND);
}

static void test_an_alias_is_one_collections_alone(void **state)
{
	struct place *place = *state;
	uint32_t community = add_community(place, "water");
	struct collection first = add_collection(place, community, TLP_GREEN, "water"), second = first;
	second.number = 0;
	second.id = (struct uuid){ 0 };
	done(place, store_begin(place->store, &place->failure));
	assert_int_equal(store_collection_put(place->store, place->work, &second, &place->failure), ERROR_CONFLICT);
	store_rollback(place->store);
	second.alias[0] = 0;
	second.tlp = TLP_RED;
	done(place, store_begin(place->store, &place->failure));
	assert_int_equal(store_collection_put(place->store, place->work, &second, &place->failure), ERROR_INPUT);
	store_rollback(place->store);
}

static void test_an_import_is_its_givers_and_ends_with_the_process(void **state)
{
	struct place *place = *state;
	uint32_t alpha = add_organisation(place, "alpha");
	const struct scope *member = scope_of(place, ROLE_MEMBER, alpha, ACTION_ITEM_READ);
	struct import import = { .organisation = alpha,
		.account = scope_subject(member)->account,
		.received = START,
		.total = 5,
		.good = 2,
		.failures = TEXT("[]") },
		      other = import, read;
	other.account = (struct uuid){ { 99 } };
	done(place, store_begin(place->store, &place->failure));
	done(place, store_import_put(place->store, place->work, &import, &place->failure));
	done(place, store_import_put(place->store, place->work, &other, &place->failure));
	done(place, store_import_end(place->store, place->work, START + 1, &place->failure));
	done(place, store_commit(place->store, &place->failure));
	done(place, store_import_get(place->store, member, import.id, place->arena, &read, &place->failure));
	assert_int_equal(read.bad, 3);
	assert_int_equal(read.finished, START + 1);
	assert_int_equal(
	    store_import_get(place->store, member, other.id, place->arena, &read, &place->failure), ERROR_NOT_FOUND);
	done(place, store_begin(place->store, &place->failure));
	done(place, store_import_expire(place->store, place->work, START + 2, &place->failure));
	done(place, store_commit(place->store, &place->failure));
	assert_int_equal(
	    store_import_get(place->store, member, import.id, place->arena, &read, &place->failure), ERROR_NOT_FOUND);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_versions_are_kept_and_none_is_changed),
		TEST(test_items_are_found_by_what_they_are),
		TEST(test_what_is_only_where_the_centre_is_kept_out_is_not_there_for_analysts),
		TEST(test_filters_give_what_a_plain_list_gives),
		TEST(test_whoever_is_outside_meets_no_collection),
		TEST(test_an_alias_is_one_collections_alone),
		TEST(test_an_import_is_its_givers_and_ends_with_the_process),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
