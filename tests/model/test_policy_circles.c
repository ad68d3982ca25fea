/*
 * Communities and releases by hand: what other platforms got wrong, and the ends of what is allowed. All else:
 * test_policy_community.c.
 */
#include "policy_community.h"

#include "model/policy.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

#define NOW 5 /* times are 1 … 9 */

static struct subject person(enum role role, uint32_t organisation)
{
	return (struct subject){ .account = { { 1 } }, .role = role, .organisation = organisation };
}

void test_an_empty_community_publishes_to_nobody(void **unused)
{
	(void)unused;
	struct organisation_standing organisations[] = { { 1, 0, true }, { 2, 0, true } };
	struct community_standing empty = { .community = 1, .active = true, .stated = true };
	struct policy_snapshot snapshot = { organisations, 2, &empty, 1, NULL, 0, NOW };
	struct release_standing release = { .organisation = 1, .community = 1, .tlp = TLP_CLEAR, .decided = 1 };
	struct arena *arena = arena_new(0);
	struct subject other = person(ROLE_MEMBER, 2), analyst = person(ROLE_ANALYST, 0);
	assert_false(policy_release_read(policy_scope(&snapshot, &other, ACTION_ITEM_READ, arena), &release));
	assert_false(policy_release_read(policy_scope(&snapshot, &analyst, ACTION_ITEM_READ, arena), &release));
	assert_false(policy_release_public(&snapshot, &release));
	assert_false(policy_release_read(NULL, &release) || policy_release_known(NULL, &release));
	arena_free(arena);
}

/* Neither by the list, nor by what naming somebody for TLP:RED is answered. */
void test_members_of_a_closed_circle_do_not_leak(void **unused)
{
	(void)unused;
	struct organisation_standing organisations[] = { { 1, 0, true }, { 2, 0, true }, { 3, 0, true } };
	struct community_standing circle = { .community = 1, .active = true, .stated = true, .hidden = true };
	struct membership members[] = { { 1, 1, MEMBERSHIP_MEMBER }, { 1, 2, MEMBERSHIP_MEMBER } };
	struct policy_snapshot snapshot = { organisations, 3, &circle, 1, members, 2, NOW };
	struct arena *arena = arena_new(0);
	struct subject one = person(ROLE_MEMBER, 1);
	const struct scope *scope = policy_scope(&snapshot, &one, ACTION_RELEASE_WRITE, arena);
	assert_false(scope_covers_community(policy_scope(&snapshot, &one, ACTION_MEMBERSHIP_READ, arena), 1));
	assert_true(scope_covers_community(policy_scope(&snapshot, &one, ACTION_COMMUNITY_READ, arena), 1));
	for (uint32_t named = 2; named <= 9; named++) {
		struct release_wish wish = { 1, TLP_RED, NULL, 1, TLP_RED, &named, 1, false };
		assert_int_equal(policy_release_allowed(&snapshot, scope, &wish), RELEASE_ALLOWED);
	}
	assert_false(policy_knows_organisation(&snapshot, 1, 2));
	circle.hidden = false; /* now it may know who is a member, and a reader is one */
	members[1].role = MEMBERSHIP_READER;
	for (uint32_t named = 2; named <= 9; named++) {
		struct release_wish wish = { 1, TLP_RED, NULL, 1, TLP_RED, &named, 1, false };
		assert_int_equal(
		    policy_release_allowed(&snapshot, scope, &wish), named == 2 ? RELEASE_ALLOWED : RELEASE_NOT_MEMBER);
	}
	arena_free(arena);
}

void test_an_organisation_that_was_removed_reads_nothing_more(void **unused)
{
	(void)unused;
	struct organisation_standing organisations[] = { { 1, 0, true }, { 2, 0, false } };
	struct community_standing circle = { .community = 1, .active = true, .stated = true };
	struct membership members[] = { { 1, 1, MEMBERSHIP_MEMBER }, { 1, 2, MEMBERSHIP_MEMBER } };
	struct policy_snapshot snapshot = { organisations, 2, &circle, 1, members, 2, NOW };
	struct release_standing release = { .organisation = 1, .community = 1, .tlp = TLP_GREEN, .decided = 1 };
	struct arena *arena = arena_new(0);
	struct subject removed = person(ROLE_MEMBER, 2);
	assert_null(policy_scope(&snapshot, &removed, ACTION_ITEM_READ, arena));
	assert_int_equal(policy_standing(&snapshot, 2, 1), STANDING_NONE);
	assert_true(policy_release_had(&snapshot, 2, &release)); /* what it has, it has */
	organisations[1].active = true;
	members[1].to = NOW;
	assert_false(policy_release_read(policy_scope(&snapshot, &removed, ACTION_ITEM_READ, arena), &release));
	assert_true(policy_release_had(&snapshot, 2, &release));
	arena_free(arena);
}

void test_a_circle_of_wholes_ends(void **unused)
{
	(void)unused;
	struct organisation_standing one = { 1, 0, true };
	struct community_standing circle[] = { { .community = 1, .parent = 2, .active = true },
		{ .community = 2, .parent = 1, .active = true }, { .community = 3, .active = true } };
	struct membership member = { 1, 1, MEMBERSHIP_STEWARD };
	struct policy_snapshot snapshot = { &one, 1, circle, 3, &member, 1, NOW };
	struct release_standing elsewhere = { .community = 3, .tlp = TLP_GREEN, .decided = 1 };
	assert_int_equal(policy_standing(&snapshot, 1, 2), STANDING_GIVES);
	assert_int_equal(policy_standing(&snapshot, 1, 3), STANDING_NONE);
	assert_false(policy_is_within(&snapshot, 1, 3));
	assert_true(policy_knows_members(&snapshot, 1, 2));
	assert_false(policy_release_had(&snapshot, 1, &elsewhere));
}

void test_every_answer_has_words(void **unused)
{
	(void)unused;
	struct arena *arena = arena_new(0);
	const struct scope *work = policy_background("import", arena);
	struct community_standing circle = { .community = 1, .active = true, .stated = true };
	struct policy_snapshot snapshot = { NULL, 0, &circle, 1, NULL, 0, NOW };
	struct release_wish wish = { 4, TLP_AMBER, NULL, 1, TLP_AMBER, NULL, 0, false };
	for (unsigned i = 0; i < RELEASE_ANSWERS; i++)
		assert_non_null(release_answer_words((enum release_answer)i));
	assert_string_equal(release_answer_words(RELEASE_ANSWERS), release_answer_words(RELEASE_UNKNOWN));
	assert_true(scope_covers_all_communities(work) && scope_covers_community(work, 77));
	assert_false(scope_covers_all_communities(NULL) || scope_covers_community(NULL, 1));
	size_t count = 9;
	assert_null(scope_communities(NULL, &count));
	assert_int_equal(count, 0);
	assert_int_equal(policy_release_allowed(&snapshot, work, &wish), RELEASE_ALLOWED);
	wish.tlp = TLP_GREEN; /* what nobody asked for never goes below the item's own TLP */
	assert_int_equal(policy_release_allowed(&snapshot, work, &wish), RELEASE_LOOSER);
	wish.item_tlp = wish.tlp = TLP_RED;
	uint32_t nobody = 3;
	wish.named = &nobody;
	wish.named_count = 1;
	assert_int_equal(policy_release_allowed(&snapshot, work, &wish), RELEASE_NOT_MEMBER);
	arena_free(arena);
}
