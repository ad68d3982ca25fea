/*
 * The policy over random organisations, subjects and actions: what must hold whatever the tables say.
 */
#include "model/policy.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define CASES 10000

static uint64_t state = 0x9e3779b97f4a7c15u;

static uint32_t below(uint32_t limit)
{
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return (uint32_t)(state >> 33) % limit;
}

#define ORGANISATIONS 12

struct world {
	struct organisation_standing organisations[ORGANISATIONS];
	struct policy_snapshot snapshot;
	struct subject subject;
	enum action action;
};

static void make_world(struct world *world)
{
	memset(world, 0, sizeof *world);
	size_t count = below(ORGANISATIONS + 1);
	for (size_t i = 0; i < count; i++)
		world->organisations[i] =
		    (struct organisation_standing){ (uint32_t)i + 1, below((uint32_t)i + 1), below(4) != 0 };
	world->snapshot = (struct policy_snapshot){ world->organisations, count };
	world->subject.role = (enum role)below(ROLE_COUNT);
	world->subject.disabled = below(6) == 0;
	if (below(8) != 0)
		world->subject.account.bytes[3] = 7;
	bool belongs = world->subject.role == ROLE_MEMBER || world->subject.role == ROLE_SENSOR;
	if (belongs != (below(10) == 0))
		world->subject.organisation = below(ORGANISATIONS + 2);
	if ((world->subject.role == ROLE_SENSOR) != (below(10) == 0))
		world->subject.sensor = 1 + below(5);
	world->action = (enum action)below(ACTION_COUNT);
}

static bool is_active(const struct world *world, uint32_t organisation)
{
	for (size_t i = 0; i < world->snapshot.organisation_count; i++)
		if (world->organisations[i].organisation == organisation)
			return world->organisations[i].active;
	return false;
}

static void each_case(void (*check)(const struct world *, const struct scope *))
{
	struct arena *arena = arena_new(0);
	size_t given = 0;
	for (int i = 0; i < CASES; i++) {
		struct world world;
		make_world(&world);
		const struct scope *scope = policy_scope(&world.snapshot, &world.subject, world.action, arena);
		given += scope != NULL;
		check(&world, scope);
		arena_clear(arena);
	}
	arena_free(arena);
	assert_true(given > CASES / 50); /* else nothing was tried */
}

static void check_nobody(const struct world *world, const struct scope *scope)
{
	const struct subject *subject = &world->subject;
	if (subject->disabled || subject->role == ROLE_NONE || uuid_is_nil(subject->account))
		assert_null(scope);
	bool belongs = subject->role == ROLE_MEMBER || subject->role == ROLE_SENSOR;
	if (belongs && !is_active(world, subject->organisation))
		assert_null(scope);
	if (!belongs && subject->organisation != 0)
		assert_null(scope);
}

static void test_strangers_disabled_accounts_and_inactive_organisations_get_no_scope(void **unused)
{
	(void)unused;
	each_case(check_nobody);
}

static void check_members(const struct world *world, const struct scope *scope)
{
	if (!scope || (world->subject.role != ROLE_MEMBER && world->subject.role != ROLE_SENSOR))
		return;
	assert_false(scope_covers_all(scope));
	for (uint32_t organisation = 0; organisation < ORGANISATIONS + 2; organisation++)
		assert_int_equal(scope_covers(scope, organisation), organisation == world->subject.organisation);
}

static void test_members_and_sensors_cover_their_own_organisation_and_no_parent_or_child(void **unused)
{
	(void)unused;
	each_case(check_members);
}

static void check_roles(const struct world *world, const struct scope *scope)
{
	enum role role = world->subject.role;
	if (!scope)
		return;
	if (role == ROLE_ADMINISTRATOR || role == ROLE_AUDITOR) {
		static const enum noun contents[] = { NOUN_ALERT, NOUN_EVENT, NOUN_DECISION, NOUN_NOTICE,
			NOUN_CAMPAIGN };
		for (size_t i = 0; i < sizeof contents / sizeof contents[0]; i++) {
			assert_false(scope_reads(scope, contents[i]));
			assert_false(scope_writes(scope, contents[i]));
		}
	}
	if (role == ROLE_SENSOR)
		assert_int_equal(world->action, ACTION_ALERT_APPEND);
	if (role != ROLE_AUDITOR)
		assert_false(scope_reads(scope, NOUN_LOG));
	if (role != ROLE_ANALYST)
		assert_false(scope_reads(scope, NOUN_CAMPAIGN) || scope_writes(scope, NOUN_CAMPAIGN));
	for (int noun = 0; noun < NOUN_COUNT; noun++) {
		if (role == ROLE_AUDITOR && scope_writes(scope, (enum noun)noun)) {
			assert_int_equal(world->action, ACTION_SELF);
			assert_int_equal(noun, NOUN_ACCOUNT);
		}
		assert_false(noun == NOUN_LOG && scope_writes(scope, (enum noun)noun));
	}
}

static void test_administrators_and_auditors_read_no_contents_and_sensors_only_append(void **unused)
{
	(void)unused;
	each_case(check_roles);
}

static void check_reading_changes_nothing(const struct world *world, const struct scope *scope)
{
	const char *code = action_code(world->action);
	if (!scope || !text_ends(text_of(code), TEXT(".read")))
		return;
	for (int noun = 0; noun < NOUN_COUNT; noun++)
		assert_false(scope_writes(scope, (enum noun)noun));
}

static void test_no_reading_action_opens_anything_for_writing(void **unused)
{
	(void)unused;
	each_case(check_reading_changes_nothing);
}

/* The table as the issue states it, row by row: a slip of one letter in policy.c must show. */
static void test_the_table_says_what_was_agreed(void **unused)
{
	(void)unused;
	static const struct {
		enum action action;
		const char reach[ROLE_COUNT + 1]; /* none administrator analyst member auditor sensor */
	} agreed[] = {
		{ ACTION_ALERT_APPEND, "-----o" },
		{ ACTION_ALERT_READ, "--ao--" },
		{ ACTION_EVENT_READ, "--ao--" },
		{ ACTION_EVENT_DECIDE, "--a---" },
		{ ACTION_DECISION_READ, "--ao--" },
		{ ACTION_DECISION_WRITE, "--a---" },
		{ ACTION_NOTICE_READ, "--ao--" },
		{ ACTION_NOTICE_WRITE, "--a---" },
		{ ACTION_NOTICE_ACKNOWLEDGE, "---o--" },
		{ ACTION_ORGANISATION_READ, "-aaoa-" },
		{ ACTION_ORGANISATION_WRITE, "-a----" },
		{ ACTION_SENSOR_READ, "-aao--" },
		{ ACTION_SENSOR_WRITE, "-a----" },
		{ ACTION_ACCOUNT_READ, "-a----" },
		{ ACTION_ACCOUNT_WRITE, "-a----" },
		{ ACTION_LOG_READ, "----a-" },
		{ ACTION_COUNTER_READ, "-aaoa-" },
		{ ACTION_CAMPAIGN_READ, "--a---" },
		{ ACTION_CAMPAIGN_WRITE, "--a---" },
		{ ACTION_SELF, "-oooo-" },
	};
	assert_int_equal(sizeof agreed / sizeof agreed[0], ACTION_COUNT);
	for (size_t i = 0; i < ACTION_COUNT; i++)
		for (unsigned role = 0; role < ROLE_COUNT; role++)
			assert_int_equal(
			    policy_reach((enum role)role, agreed[i].action), agreed[i].reach[role] == 'a'   ? 2
									     : agreed[i].reach[role] == 'o' ? 1
													    : 0);
}

static void test_one_who_acts_on_itself_sees_no_organisation_of_others(void **unused)
{
	(void)unused;
	struct arena *arena = arena_new(0);
	struct subject auditor = { .role = ROLE_AUDITOR, .account = { { 1 } } };
	struct policy_snapshot empty = { 0 };
	const struct scope *scope = policy_scope(&empty, &auditor, ACTION_SELF, arena);
	size_t count = 9;
	assert_non_null(scope);
	assert_false(scope_covers_all(scope));
	assert_false(scope_covers(scope, 0));
	scope_organisations(scope, &count);
	assert_int_equal(count, 0);
	assert_false(scope_covers(NULL, 1));
	assert_false(scope_reads(NULL, NOUN_ALERT));
	arena_free(arena);
}

static void test_background_work_is_named_and_covers_everything(void **unused)
{
	(void)unused;
	struct arena *arena = arena_new(0);
	const struct scope *scope = policy_background("reminders", arena);
	assert_true(scope_covers_all(scope) && scope_is_background(scope));
	assert_string_equal(scope_name(scope), "reminders");
	assert_null(scope_subject(scope));
	assert_int_equal(scope_action(scope), ACTION_COUNT);
	arena_free(arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_strangers_disabled_accounts_and_inactive_organisations_get_no_scope),
		cmocka_unit_test(test_members_and_sensors_cover_their_own_organisation_and_no_parent_or_child),
		cmocka_unit_test(test_administrators_and_auditors_read_no_contents_and_sensors_only_append),
		cmocka_unit_test(test_no_reading_action_opens_anything_for_writing),
		cmocka_unit_test(test_the_table_says_what_was_agreed),
		cmocka_unit_test(test_one_who_acts_on_itself_sees_no_organisation_of_others),
		cmocka_unit_test(test_background_work_is_named_and_covers_everything),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
