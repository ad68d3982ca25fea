/*
 * Communities, memberships, where organisations may be named, and releases, as the store keeps them: closed first, wide
 * later, and who left.
 */
#include "store/community.h"
#include "store/items.h"
#include "store/release.h"
#include "store_place.h"

#define NOW ((nanoseconds)1800000000 * SECOND)

struct circles {
	struct place *place;
	uint32_t aoba, kaede, ume, sector, closed;
	nanoseconds now;
};

static const struct scope *scope_at(struct circles *circles, enum role role, uint32_t organisation, enum action action)
{
	struct place *place = circles->place;
	struct policy_snapshot snapshot;
	struct subject subject = {
		.account = { { 7 } }, .role = role, .organisation = organisation, .name = "somebody"
	};
	done(place, store_snapshot(place->store, circles->now, place->arena, &snapshot, &place->failure));
	return policy_scope(&snapshot, &subject, action, place->arena);
}

static uint32_t add_community(struct circles *circles, const char *name, uint32_t parent, bool hidden, bool centre)
{
	struct community community = { .kind = COMMUNITY_CLOSED,
		.parent = parent,
		.hidden = hidden,
		.centre = centre,
		.active = true,
		.purpose = "to warn each other",
		.content = "indicators",
		.recipients = "members" };
	snprintf(community.name, sizeof community.name, "%s", name);
	snprintf(community.title_en, sizeof community.title_en, "Title of %s", name);
	done(circles->place,
	    store_community_put(circles->place->store, circles->place->work, &community, &circles->place->failure));
	return community.number;
}

static void join(struct circles *circles, uint32_t community, uint32_t organisation, enum membership_role role)
{
	struct membership membership = {
		.community = community, .organisation = organisation, .role = role, .from = circles->now
	};
	done(circles->place,
	    store_membership_put(circles->place->store, circles->place->work, &membership, &circles->place->failure));
}

/* A sector of two parts, one of them a hidden circle that keeps the centre out; ume is in the sector alone. */
/* Of each organisation one, which is what they release. */
static void add_item(struct place *place, uint32_t organisation)
{
	struct item item = { .organisation = organisation,
		.id = TEXT("indicator--1"),
		.type = TEXT("indicator"),
		.tlp = TLP_GREEN,
		.received = NOW,
		.modified = { NOW, TEXT_NONE } };
	done(place, store_item_put(place->store, place->work, &item, NULL, NULL, NULL, &place->failure));
}

static struct circles make(struct place *place)
{
	struct circles circles = { .place = place, .now = NOW };
	circles.aoba = add_organisation(place, "aoba");
	circles.kaede = add_organisation(place, "kaede");
	circles.ume = add_organisation(place, "ume");
	done(place, store_begin(place->store, &place->failure));
	add_item(place, circles.aoba);
	add_item(place, circles.kaede);
	circles.sector = add_community(&circles, "sector", 0, false, true);
	circles.closed = add_community(&circles, "closed", circles.sector, true, false);
	join(&circles, circles.closed, circles.aoba, MEMBERSHIP_STEWARD);
	join(&circles, circles.closed, circles.kaede, MEMBERSHIP_MEMBER);
	join(&circles, circles.sector, circles.ume, MEMBERSHIP_READER);
	done(place, store_commit(place->store, &place->failure));
	return circles;
}

static void test_a_circle_of_parents_and_a_name_that_is_taken_are_refused(void **state)
{
	struct circles circles = make(*state);
	struct place *place = circles.place;
	struct community sector, other = { .name = "closed", .title_en = "x", .active = true };
	const struct scope *scope = scope_at(&circles, ROLE_ADMINISTRATOR, 0, ACTION_COMMUNITY_WRITE);
	done(place, store_community_get(place->store, scope, circles.sector, &sector, &place->failure));
	sector.parent = circles.closed;
	done(place, store_begin(place->store, &place->failure));
	assert_int_equal(store_community_put(place->store, scope, &sector, &place->failure), ERROR_INPUT);
	assert_int_equal(store_community_put(place->store, scope, &other, &place->failure), ERROR_CONFLICT);
	sector.parent = 99;
	assert_int_equal(store_community_put(place->store, scope, &sector, &place->failure), ERROR_INPUT);
	sector.parent = 0;
	done(place, store_community_put(place->store, scope, &sector, &place->failure));
	sector.version--;
	assert_int_equal(store_community_put(place->store, scope, &sector, &place->failure), ERROR_CONFLICT);
	store_rollback(place->store);
}

struct rows {
	uint32_t count, organisations[16], roles[16], communities[16];
	nanoseconds ended[16];
};

static void add_row(void *context, const struct membership *membership, const char *name)
{
	assert_true(*name);
	struct rows *rows = context;
	rows->organisations[rows->count] = membership->organisation;
	rows->communities[rows->count] = membership->community;
	rows->roles[rows->count] = membership->role;
	rows->ended[rows->count++] = membership->to;
}

static struct rows members(struct circles *circles, enum role role, uint32_t organisation, bool ended)
{
	struct place *place = circles->place;
	struct rows rows = { 0 };
	struct page page = { .limit = 10 };
	struct membership_query asked = { .ended = ended, .now = circles->now };
	done(place, store_membership_each(place->store, scope_at(circles, role, organisation, ACTION_MEMBERSHIP_READ),
			&asked, &page, add_row, &rows, &place->failure));
	return rows;
}

static void test_members_of_a_hidden_circle_are_shown_to_who_keeps_it_and_to_themselves(void **state)
{
	struct circles circles = make(*state);
	assert_int_equal(members(&circles, ROLE_ADMINISTRATOR, 0, false).count, 3);
	assert_int_equal(members(&circles, ROLE_MEMBER, circles.aoba, false).count, 3); /* keeps it, is in the sector */
	struct rows kaede = members(&circles, ROLE_MEMBER, circles.kaede, false);
	assert_int_equal(kaede.count, 2);
	assert_int_equal(kaede.organisations[0], circles.kaede);
	assert_int_equal(kaede.organisations[1], circles.ume);
	assert_int_equal(members(&circles, ROLE_MEMBER, circles.ume, false).count, 1);
	struct rows analyst = members(&circles, ROLE_ANALYST, 0, false); /* the circle keeps the centre out */
	assert_int_equal(analyst.count, 1);
	assert_int_equal(analyst.communities[0], circles.sector);
	struct place *place = circles.place;
	struct community community;
	const struct scope *ume = scope_at(&circles, ROLE_MEMBER, circles.ume, ACTION_COMMUNITY_READ);
	assert_int_equal(
	    store_community_get(place->store, ume, circles.closed, &community, &place->failure), ERROR_NOT_FOUND);
	assert_int_equal(
	    store_community_find(place->store, ume, TEXT("closed"), &community, &place->failure), ERROR_NOT_FOUND);
}

static uint32_t add_organisation_inside(struct place *place)
{
	struct organisation organisation = { .active = true, .name = "sakura", .title_en = "Sakura" };
	done(place, store_organisation_put(place->store, place->work, &organisation, &place->failure));
	return organisation.number;
}

static void test_another_role_ends_the_row_before_and_what_ended_stays(void **state)
{
	struct circles circles = make(*state);
	struct place *place = circles.place;
	circles.now += DAY;
	done(place, store_begin(place->store, &place->failure));
	join(&circles, circles.closed, circles.kaede, MEMBERSHIP_MEMBER); /* as it is: nothing changes */
	join(&circles, circles.closed, circles.kaede, MEMBERSHIP_READER);
	const struct scope *keeper = scope_at(&circles, ROLE_MEMBER, circles.aoba, ACTION_MEMBERSHIP_WRITE);
	const struct scope *other = scope_at(&circles, ROLE_MEMBER, circles.kaede, ACTION_MEMBERSHIP_WRITE);
	assert_int_equal(
	    store_membership_end(place->store, other, circles.closed, circles.aoba, circles.now, &place->failure),
	    ERROR_NOT_FOUND);
	/* Whom it knows from the sector it may add; others it may not even know of. */
	struct membership known = { circles.closed, circles.ume, MEMBERSHIP_READER, circles.now, circles.now + 1 };
	struct membership unknown = { circles.closed, add_organisation_inside(place), MEMBERSHIP_READER, circles.now };
	done(place, store_membership_put(place->store, keeper, &known, &place->failure));
	assert_int_equal(store_membership_put(place->store, keeper, &unknown, &place->failure), ERROR_NOT_FOUND);
	unknown.organisation = 99;
	assert_int_equal(store_membership_put(place->store, keeper, &unknown, &place->failure), ERROR_NOT_FOUND);
	assert_int_equal(store_membership_put(place->store, place->work, &unknown, &place->failure), ERROR_NOT_FOUND);
	done(place, store_membership_end(
			place->store, keeper, circles.closed, circles.kaede, circles.now + HOUR, &place->failure));
	done(place, store_commit(place->store, &place->failure));
	circles.now += 2 * HOUR;
	assert_int_equal(members(&circles, ROLE_ADMINISTRATOR, 0, false).count, 2);
	struct rows all = members(&circles, ROLE_ADMINISTRATOR, 0, true);
	assert_int_equal(all.count, 5);
	assert_int_equal(all.roles[3], MEMBERSHIP_READER);
	assert_int_equal(all.ended[1], NOW + DAY);
	assert_int_equal(all.ended[3], NOW + DAY + HOUR);
	assert_false(
	    scope_covers_community(scope_at(&circles, ROLE_MEMBER, circles.kaede, ACTION_ITEM_READ), circles.closed));
}

static void test_an_organisation_alone_says_where_it_may_be_named(void **state)
{
	struct circles circles = make(*state);
	struct place *place = circles.place;
	struct policy_snapshot snapshot;
	struct naming_choice choice = { .organisation = circles.aoba, .naming = NAMING_WITHIN };
	const struct scope *own = scope_at(&circles, ROLE_MEMBER, circles.aoba, ACTION_NAMING_WRITE);
	const struct scope *other = scope_at(&circles, ROLE_MEMBER, circles.kaede, ACTION_NAMING_WRITE);
	assert_null(scope_at(&circles, ROLE_ADMINISTRATOR, 0, ACTION_NAMING_WRITE));
	done(place, store_begin(place->store, &place->failure));
	assert_int_equal(store_naming_put(place->store, own, &choice, &place->failure), ERROR_INPUT);
	choice.circle = circles.closed;
	assert_int_equal(store_naming_put(place->store, other, &choice, &place->failure), ERROR_NOT_FOUND);
	done(place, store_naming_put(place->store, own, &choice, &place->failure));
	choice.version = 0;
	assert_int_equal(store_naming_put(place->store, own, &choice, &place->failure), ERROR_CONFLICT);
	done(place, store_commit(place->store, &place->failure));
	done(place, store_snapshot(place->store, circles.now, place->arena, &snapshot, &place->failure));
	assert_true(policy_may_name(&snapshot, circles.aoba, circles.closed));
	assert_false(policy_may_name(&snapshot, circles.aoba, circles.sector));
	assert_true(policy_may_name(&snapshot, circles.kaede, circles.sector));
}

/* ── releases ─ */

static struct release wish(struct circles *circles, uint32_t owner, uint32_t community, enum tlp tlp, const char *words)
{
	return (struct release){ .organisation = owner,
		.item = TEXT("indicator--1"),
		.version = { NOW, TEXT("") },
		.community = community,
		.tlp = tlp,
		.decided = circles->now,
		.rendering = text_of(words) };
}

static enum error release(struct circles *circles, uint32_t who, struct release *wanted, const struct release *from)
{
	struct place *place = circles->place;
	struct policy_snapshot snapshot;
	done(place, store_snapshot(place->store, circles->now, place->arena, &snapshot, &place->failure));
	done(place, store_begin(place->store, &place->failure));
	enum error error = store_release_put(place->store, scope_at(circles, ROLE_MEMBER, who, ACTION_RELEASE_WRITE),
	    &snapshot, wanted, from, TLP_GREEN, &place->failure);
	if (error)
		store_rollback(place->store);
	else
		done(place, store_commit(place->store, &place->failure));
	return error;
}

static enum error read(struct circles *circles, enum role role, uint32_t who, struct uuid id, struct release *found)
{
	struct place *place = circles->place;
	return store_release_get(
	    place->store, scope_at(circles, role, who, ACTION_ITEM_READ), id, place->arena, found, &place->failure);
}

static void count(void *context, const struct release *found)
{
	(void)found;
	++*(unsigned *)context;
}

static void test_closed_first_then_wide_and_withdrawn_for_everybody(void **state)
{
	struct circles circles = make(*state);
	struct place *place = circles.place;
	struct release first = wish(&circles, circles.kaede, circles.closed, TLP_AMBER, "whole"), found;
	struct release wide = wish(&circles, circles.kaede, circles.sector, TLP_AMBER, "without names");
	assert_int_equal(release(&circles, circles.ume, &first, NULL), ERROR_NOT_FOUND);
	done(place, release(&circles, circles.kaede, &first, NULL));
	assert_int_equal(release(&circles, circles.kaede, &first, NULL), ERROR_CONFLICT);
	assert_int_equal(first.step, 1);
	done(place, read(&circles, ROLE_MEMBER, circles.aoba, first.id, &found));
	assert_true(text_equal(found.rendering, TEXT("whole")));
	assert_int_equal(read(&circles, ROLE_MEMBER, circles.ume, first.id, &found), ERROR_NOT_FOUND);
	assert_int_equal(read(&circles, ROLE_ANALYST, 0, first.id, &found), ERROR_NOT_FOUND);
	assert_int_equal(release(&circles, circles.aoba, &wide, NULL), ERROR_NOT_FOUND); /* not its item */
	wide.tlp = TLP_GREEN;
	assert_int_equal(release(&circles, circles.aoba, &wide, &first), ERROR_DENIED); /* below what it came at */
	wide.tlp = TLP_AMBER;
	done(place, release(&circles, circles.aoba, &wide, &first)); /* who keeps the circle widens it */
	assert_int_equal(wide.step, 2);
	assert_true(wide.added > first.added && wide.added % MICROSECOND == 0);
	done(place, read(&circles, ROLE_MEMBER, circles.ume, wide.id, &found));
	done(place, read(&circles, ROLE_ANALYST, 0, wide.id, &found));
	struct policy_snapshot snapshot;
	done(place, store_snapshot(place->store, circles.now, place->arena, &snapshot, &place->failure));
	done(place, store_begin(place->store, &place->failure));
	assert_int_equal(
	    store_release_withdraw(place->store, scope_at(&circles, ROLE_MEMBER, circles.ume, ACTION_RELEASE_WRITE),
		&snapshot, wide.id, circles.now, TEXT("It was wrong."), &place->failure),
	    ERROR_NOT_FOUND); /* a reader gives nothing, and so sees nothing to take back */
	const struct scope *owner = scope_at(&circles, ROLE_MEMBER, circles.kaede, ACTION_RELEASE_WRITE);
	done(place, store_release_withdraw(
			place->store, owner, &snapshot, wide.id, circles.now, TEXT("It was wrong."), &place->failure));
	assert_int_equal(store_release_withdraw(place->store, owner, &snapshot, wide.id, circles.now,
			     TEXT("It was wrong."), &place->failure),
	    ERROR_CONFLICT);
	done(place, store_commit(place->store, &place->failure));
	assert_int_equal(read(&circles, ROLE_MEMBER, circles.ume, wide.id, &found), ERROR_NOT_FOUND);
	done(place, read(&circles, ROLE_MEMBER, circles.kaede, wide.id, &found));
	assert_int_equal(found.rendering.size, 0);
	assert_int_equal(found.withdrawn, circles.now);
}

static void test_red_is_read_by_who_is_named_and_nobody_else(void **state)
{
	struct circles circles = make(*state);
	struct place *place = circles.place;
	struct release red = wish(&circles, circles.aoba, circles.sector, TLP_RED, "for one"), found;
	assert_int_equal(release(&circles, circles.aoba, &red, NULL), ERROR_INPUT); /* nobody is named */
	red.named = &circles.kaede;
	red.named_count = 1;
	done(place, release(&circles, circles.aoba, &red, NULL));
	done(place, read(&circles, ROLE_MEMBER, circles.kaede, red.id, &found));
	assert_int_equal(found.named_count, 1);
	assert_int_equal(found.named[0], circles.kaede);
	assert_int_equal(read(&circles, ROLE_MEMBER, circles.ume, red.id, &found), ERROR_NOT_FOUND);
}

static void test_what_one_who_left_had_is_known_and_what_came_later_is_not_its(void **state)
{
	struct circles circles = make(*state);
	struct place *place = circles.place;
	struct policy_snapshot snapshot;
	struct page page = { .limit = 10 };
	unsigned rows = 0;
	struct release before = wish(&circles, circles.aoba, circles.sector, TLP_GREEN, "before"), found;
	done(place, release(&circles, circles.aoba, &before, NULL));
	circles.now += DAY;
	done(place, store_begin(place->store, &place->failure));
	done(place,
	    store_membership_end(place->store, place->work, circles.sector, circles.ume, circles.now, &place->failure));
	done(place, store_commit(place->store, &place->failure));
	struct release after = wish(&circles, circles.aoba, circles.sector, TLP_AMBER, "after");
	done(place, release(&circles, circles.aoba, &after, NULL));
	assert_int_equal(read(&circles, ROLE_MEMBER, circles.ume, before.id, &found), ERROR_NOT_FOUND);
	done(place, store_snapshot(place->store, circles.now, place->arena, &snapshot, &place->failure));
	const struct scope *analyst = scope_at(&circles, ROLE_ANALYST, 0, ACTION_ITEM_READ);
	done(place, store_release_had(place->store, analyst, &snapshot, circles.ume, &page, place->arena, count, &rows,
			&place->failure));
	assert_int_equal(rows, 1);
	const struct scope *other = scope_at(&circles, ROLE_MEMBER, circles.kaede, ACTION_ITEM_READ);
	assert_int_equal(store_release_had(place->store, other, &snapshot, circles.ume, &page, place->arena, count,
			     &rows, &place->failure),
	    ERROR_NOT_FOUND);
	rows = 0;
	done(place, store_release_each(place->store, analyst, circles.aoba, TEXT("indicator--1"), place->arena, count,
			&rows, &place->failure));
	assert_int_equal(rows, 2);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_a_circle_of_parents_and_a_name_that_is_taken_are_refused),
		TEST(test_members_of_a_hidden_circle_are_shown_to_who_keeps_it_and_to_themselves),
		TEST(test_another_role_ends_the_row_before_and_what_ended_stays),
		TEST(test_an_organisation_alone_says_where_it_may_be_named),
		TEST(test_closed_first_then_wide_and_withdrawn_for_everybody),
		TEST(test_red_is_read_by_who_is_named_and_nobody_else),
		TEST(test_what_one_who_left_had_is_known_and_what_came_later_is_not_its),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
