/*
 * The policy over random organisations, subjects and actions: what must hold whatever the tables say.
 */
#include "model/policy.h"

#include "policy_community.h"

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

static bool is_of_an_organisation(enum role role)
{
	return role == ROLE_MEMBER || role == ROLE_SENSOR || role == ROLE_DEVICE;
}

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
	bool belongs = is_of_an_organisation(world->subject.role);
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
	bool belongs = is_of_an_organisation(subject->role);
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
	if (!scope || !is_of_an_organisation(world->subject.role))
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
		static const enum noun contents[] = { NOUN_ALERT, NOUN_EVENT, NOUN_DECISION, NOUN_NOTICE, NOUN_CAMPAIGN,
			NOUN_RECORD, NOUN_APPEARANCE };
		for (size_t i = 0; i < sizeof contents / sizeof contents[0]; i++) {
			assert_false(scope_reads(scope, contents[i]));
			assert_false(scope_writes(scope, contents[i]));
		}
	}
	if (role == ROLE_SENSOR)
		assert_true(world->action == ACTION_ALERT_APPEND || world->action == ACTION_MACHINE_RENEW ||
			    world->action == ACTION_CAPTURE_KEEP || world->action == ACTION_SHARED_KEEP);
	if (role == ROLE_DEVICE)
		assert_int_equal(world->action, ACTION_LIST_READ);
	if (role != ROLE_ADMINISTRATOR)
		assert_false(scope_reads(scope, NOUN_NETWORK) || scope_writes(scope, NOUN_NETWORK));
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

static void test_administrators_and_auditors_read_no_contents_and_sensors_only_append_and_renew(void **unused)
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
		const char reach[ROLE_COUNT + 1]; /* none administrator analyst member auditor sensor device */
	} agreed[] = {
		{ ACTION_ALERT_APPEND, "-----o-" },
		{ ACTION_ALERT_READ, "--ao---" },
		{ ACTION_RECORD_READ, "--ao---" },
		{ ACTION_EVENT_READ, "--ao---" },
		{ ACTION_EVENT_DECIDE, "--a----" },
		{ ACTION_DECISION_READ, "--ao---" },
		{ ACTION_DECISION_WRITE, "--a----" },
		{ ACTION_NOTICE_READ, "--ao---" },
		{ ACTION_NOTICE_WRITE, "--a----" },
		{ ACTION_NOTICE_ACKNOWLEDGE, "---o---" },
		{ ACTION_ORGANISATION_READ, "-aaoa--" },
		{ ACTION_ORGANISATION_WRITE, "-a-----" },
		{ ACTION_SENSOR_READ, "-aao---" },
		{ ACTION_SENSOR_WRITE, "-a-----" },
		{ ACTION_SENSOR_ENROL, "-a-o---" },
		{ ACTION_MACHINE_RENEW, "-----o-" },
		{ ACTION_ACCOUNT_READ, "-a-----" },
		{ ACTION_ACCOUNT_WRITE, "-a-----" },
		{ ACTION_LOG_READ, "----a--" },
		{ ACTION_COUNTER_READ, "-aaoa--" },
		{ ACTION_CAMPAIGN_READ, "--a----" },
		{ ACTION_CAMPAIGN_WRITE, "--a----" },
		{ ACTION_CAPTURE_KEEP, "-----o-" },
		{ ACTION_CAPTURE_READ, "-aaoa--" },
		{ ACTION_CAPTURE_WRITE, "-a-o---" },
		{ ACTION_CAPTURE_LOOSEN, "---o---" },
		{ ACTION_COMMUNITY_READ, "-aaoa--" },
		{ ACTION_COMMUNITY_WRITE, "-a-----" },
		{ ACTION_MEMBERSHIP_READ, "-aaoa--" },
		{ ACTION_MEMBERSHIP_WRITE, "-a-o---" },
		{ ACTION_NAMING_READ, "--aoa--" },
		{ ACTION_NAMING_WRITE, "---o---" },
		{ ACTION_ITEM_READ, "--ao---" },
		{ ACTION_ITEM_WRITE, "--ao---" },
		{ ACTION_RELEASE_WRITE, "--ao---" },
		{ ACTION_SHARED_KEEP, "-----o-" },
		{ ACTION_LIST_READ, "---o--o" },
		{ ACTION_TELESCOPE_READ, "--ao---" },
		{ ACTION_TELESCOPE_PUBLISH, "--a----" },
		{ ACTION_FINDING_SHARE, "--a----" },
		{ ACTION_CLEANUP_WRITE, "---o---" },
		{ ACTION_APPEARANCE_READ, "--ao---" },
		{ ACTION_NETWORK_READ, "-a-----" },
		{ ACTION_NETWORK_WRITE, "-a-----" },
		{ ACTION_SELF, "-oooo--" },
	};
	assert_int_equal(sizeof agreed / sizeof agreed[0], ACTION_COUNT);
	for (size_t i = 0; i < ACTION_COUNT; i++)
		for (unsigned role = 0; role < ROLE_COUNT; role++)
			assert_int_equal(
			    policy_reach((enum role)role, agreed[i].action), agreed[i].reach[role] == 'a'   ? 2
									     : agreed[i].reach[role] == 'o' ? 1
													    : 0);
}

/* And what each action opens, by the letters of its nouns: Organisation, Sensor, Account, aLert, record
 * (a Fact), Event, Decision, Notice, Counter, loG, camPaign, Machine, Kept back by a capture policy, commUnity,
 * memBership, where it is named (X), Item, Release, collecTion, what teleScopes
 * counted (W), what is to be cleaned up (Y), what appeared (V),
 * contacts of networks of others (Z). */
static void test_each_action_opens_what_was_agreed_and_nothing_else(void **unused)
{
	(void)unused;
	static const char letters[NOUN_COUNT + 1] = "OSALFEDNCGPMKUBXIRTWYVZ";
	static const struct {
		enum action action;
		enum role role; /* one that may do it */
		const char *reads, *writes;
	} agreed[] = {
		{ ACTION_ALERT_APPEND, ROLE_SENSOR, "OSK", "SLFC" },
		{ ACTION_ALERT_READ, ROLE_ANALYST, "OSLEDNC", "" },
		{ ACTION_RECORD_READ, ROLE_MEMBER, "OSLFEDNC", "" },
		{ ACTION_EVENT_READ, ROLE_ANALYST, "OSLEDNC", "" },
		{ ACTION_EVENT_DECIDE, ROLE_ANALYST, "OSLEDNC", "ED" },
		{ ACTION_DECISION_READ, ROLE_MEMBER, "OSLEDNC", "" },
		{ ACTION_DECISION_WRITE, ROLE_ANALYST, "OSLEDNC", "D" },
		{ ACTION_NOTICE_READ, ROLE_MEMBER, "OSLEDNC", "" },
		{ ACTION_NOTICE_WRITE, ROLE_ANALYST, "OSLEDNC", "NE" },
		{ ACTION_NOTICE_ACKNOWLEDGE, ROLE_MEMBER, "OSLEDNC", "N" },
		{ ACTION_ORGANISATION_READ, ROLE_AUDITOR, "OS", "" },
		{ ACTION_ORGANISATION_WRITE, ROLE_ADMINISTRATOR, "OS", "O" },
		{ ACTION_SENSOR_READ, ROLE_ADMINISTRATOR, "OSM", "" },
		{ ACTION_SENSOR_WRITE, ROLE_ADMINISTRATOR, "OSM", "SM" },
		{ ACTION_SENSOR_ENROL, ROLE_MEMBER, "OSM", "M" },
		{ ACTION_MACHINE_RENEW, ROLE_SENSOR, "OSM", "M" },
		{ ACTION_ACCOUNT_READ, ROLE_ADMINISTRATOR, "OSA", "" },
		{ ACTION_ACCOUNT_WRITE, ROLE_ADMINISTRATOR, "OSA", "A" },
		{ ACTION_LOG_READ, ROLE_AUDITOR, "OG", "" },
		{ ACTION_COUNTER_READ, ROLE_AUDITOR, "OSC", "" },
		{ ACTION_CAMPAIGN_READ, ROLE_ANALYST, "OSLEDNCP", "" },
		{ ACTION_CAMPAIGN_WRITE, ROLE_ANALYST, "OSLEDNCP", "P" },
		{ ACTION_CAPTURE_KEEP, ROLE_SENSOR, "K", "" },
		{ ACTION_CAPTURE_READ, ROLE_AUDITOR, "OSK", "" },
		{ ACTION_CAPTURE_WRITE, ROLE_ADMINISTRATOR, "OSK", "K" },
		{ ACTION_CAPTURE_LOOSEN, ROLE_MEMBER, "OK", "K" },
		{ ACTION_COMMUNITY_READ, ROLE_AUDITOR, "OUT", "" },
		{ ACTION_COMMUNITY_WRITE, ROLE_ADMINISTRATOR, "OUT", "UT" },
		{ ACTION_MEMBERSHIP_READ, ROLE_AUDITOR, "OUB", "" },
		{ ACTION_MEMBERSHIP_WRITE, ROLE_MEMBER, "OUB", "B" },
		{ ACTION_NAMING_READ, ROLE_AUDITOR, "OX", "" },
		{ ACTION_NAMING_WRITE, ROLE_MEMBER, "OX", "X" },
		{ ACTION_ITEM_READ, ROLE_MEMBER, "OUIRT", "" },
		{ ACTION_ITEM_WRITE, ROLE_ANALYST, "OUIRT", "IRT" },
		{ ACTION_RELEASE_WRITE, ROLE_MEMBER, "OUIRT", "RT" },
		{ ACTION_SHARED_KEEP, ROLE_SENSOR, "UR", "" },
		{ ACTION_LIST_READ, ROLE_DEVICE, "UR", "" },
		{ ACTION_TELESCOPE_READ, ROLE_MEMBER, "OSW", "" },
		{ ACTION_TELESCOPE_PUBLISH, ROLE_ANALYST, "OSW", "W" },
		{ ACTION_FINDING_SHARE, ROLE_ANALYST, "OSLFI", "I" },
		{ ACTION_CLEANUP_WRITE, ROLE_MEMBER, "OYV", "Y" },
		{ ACTION_APPEARANCE_READ, ROLE_MEMBER, "OYV", "" },
		{ ACTION_NETWORK_READ, ROLE_ADMINISTRATOR, "Z", "" },
		{ ACTION_NETWORK_WRITE, ROLE_ADMINISTRATOR, "Z", "Z" },
		{ ACTION_SELF, ROLE_AUDITOR, "OA", "A" },
	};
	struct organisation_standing one = { 1, 0, true };
	struct policy_snapshot snapshot = { &one, 1 };
	struct arena *arena = arena_new(0);
	assert_int_equal(sizeof agreed / sizeof agreed[0], ACTION_COUNT);
	for (size_t i = 0; i < ACTION_COUNT; i++) {
		bool belongs = is_of_an_organisation(agreed[i].role);
		struct subject subject = { .account = { { 1 } }, .role = agreed[i].role, .organisation = belongs };
		subject.sensor = subject.role == ROLE_SENSOR;
		const struct scope *scope = policy_scope(&snapshot, &subject, agreed[i].action, arena);
		assert_non_null(scope);
		for (unsigned noun = 0; noun < NOUN_COUNT; noun++) {
			assert_int_equal(
			    scope_reads(scope, (enum noun)noun), strchr(agreed[i].reads, letters[noun]) != NULL);
			assert_int_equal(
			    scope_writes(scope, (enum noun)noun), strchr(agreed[i].writes, letters[noun]) != NULL);
		}
		assert_false(scope_reads(scope, NOUN_COUNT) || scope_writes(scope, NOUN_COUNT));
	}
	arena_free(arena);
}

/* A scope says for whom and for what it was made: the log is written from it. */
static void test_a_scope_tells_who_asked_and_which_organisations_it_covers(void **unused)
{
	(void)unused;
	struct organisation_standing both[] = { { 1, 0, true }, { 2, 1, false } };
	struct policy_snapshot snapshot = { both, 2 };
	struct subject member = { .account = { { 1 } }, .role = ROLE_MEMBER, .organisation = 1, .name = "m" };
	struct subject analyst = { .account = { { 2 } }, .role = ROLE_ANALYST, .name = "a" };
	struct arena *arena = arena_new(0);
	const struct scope *own = policy_scope(&snapshot, &member, ACTION_EVENT_READ, arena);
	const struct scope *all = policy_scope(&snapshot, &analyst, ACTION_EVENT_DECIDE, arena);
	size_t count = 9;
	assert_int_equal(scope_organisations(own, &count)[0], 1);
	assert_int_equal(count, 1);
	assert_non_null(scope_organisations(all, &count));
	assert_int_equal(count, 0);
	assert_true(scope_covers_all(all) && !scope_covers_all(own) && !scope_covers_all(NULL));
	assert_true(scope_covers(all, 0) && scope_covers(all, 77) && !scope_covers(own, 0) && !scope_covers(own, 2));
	assert_false(scope_is_background(own) || scope_is_background(all) || scope_is_background(NULL));
	assert_string_equal(scope_subject(own)->name, "m");
	assert_null(scope_subject(NULL));
	assert_int_equal(scope_action(all), ACTION_EVENT_DECIDE);
	assert_int_equal(scope_action(NULL), ACTION_COUNT);
	assert_string_equal(scope_name(all), "event.decide");
	assert_string_equal(scope_name(NULL), "none");
	assert_null(scope_organisations(NULL, &count));
	assert_int_equal(count, 0);
	assert_false(scope_writes(NULL, NOUN_ALERT));
	member.organisation = 2; /* of an organisation that is not active; of one that does not exist */
	assert_null(policy_scope(&snapshot, &member, ACTION_EVENT_READ, arena));
	member.organisation = 3;
	assert_null(policy_scope(&snapshot, &member, ACTION_EVENT_READ, arena));
	assert_null(policy_scope(&snapshot, NULL, ACTION_EVENT_READ, arena));
	member.organisation = 2; /* what stands behind the end of the snapshot is not in it */
	both[1].active = true;
	snapshot.organisation_count = 1;
	assert_null(policy_scope(&snapshot, &member, ACTION_EVENT_READ, arena));
	arena_free(arena);
}

/* Each thing that a subject says about itself has to fit its role, one at a time. */
static void test_a_subject_that_does_not_fit_together_gets_no_scope(void **unused)
{
	(void)unused;
	static const enum action each[ROLE_COUNT] = { [ROLE_ADMINISTRATOR] = ACTION_SELF,
		[ROLE_ANALYST] = ACTION_SELF,
		[ROLE_MEMBER] = ACTION_SELF,
		[ROLE_AUDITOR] = ACTION_SELF,
		[ROLE_SENSOR] = ACTION_ALERT_APPEND,
		[ROLE_DEVICE] = ACTION_LIST_READ };
	struct organisation_standing one = { 1, 0, true };
	struct policy_snapshot snapshot = { &one, 1 };
	struct arena *arena = arena_new(0);
	for (enum role role = ROLE_ADMINISTRATOR; role < ROLE_COUNT; role++) {
		bool belongs = is_of_an_organisation(role);
		const struct subject right = {
			.account = { { 1 } }, .role = role, .organisation = belongs, .sensor = role == ROLE_SENSOR
		};
		struct subject subjects[] = { right, right, right, right };
		assert_non_null(policy_scope(&snapshot, &right, each[role], arena));
		subjects[0].disabled = true;
		subjects[1].account = (struct uuid){ 0 };
		subjects[2].organisation = !belongs;
		subjects[3].sensor = role != ROLE_SENSOR;
		for (size_t i = 0; i < 4; i++)
			assert_null(policy_scope(&snapshot, &subjects[i], each[role], arena));
	}
	struct subject stranger = { .account = { { 1 } }, .role = ROLE_NONE }, beyond = { .account = { { 1 } } };
	beyond.role = ROLE_COUNT;
	assert_null(policy_scope(&snapshot, &stranger, ACTION_SELF, arena));
	assert_null(policy_scope(&snapshot, &beyond, ACTION_SELF, arena));
	arena_free(arena);
}

static void test_codes_come_back_and_what_is_none_has_none(void **unused)
{
	(void)unused;
	enum role role;
	for (unsigned i = 0; i < ROLE_COUNT; i++) {
		assert_true(role_parse(text_of(role_code((enum role)i)), &role));
		assert_int_equal(role, i);
	}
	assert_false(role_parse(TEXT("root"), &role) || role_parse(TEXT(""), &role));
	assert_string_equal(role_code(ROLE_COUNT), "none");
	assert_string_equal(action_code(ACTION_COUNT), "background");
	assert_string_equal(action_code(ACTION_SELF), "self");
	assert_int_equal(policy_reach(ROLE_COUNT, ACTION_SELF), 0);
	assert_int_equal(policy_reach(ROLE_ANALYST, ACTION_COUNT), 0);
	assert_int_equal(policy_reach(ROLE_COUNT, ACTION_COUNT), 0);
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
	for (unsigned noun = 0; noun < NOUN_COUNT; noun++)
		assert_true(scope_reads(scope, (enum noun)noun) && scope_writes(scope, (enum noun)noun));
	assert_false(scope_reads(scope, NOUN_COUNT) || scope_writes(scope, NOUN_COUNT));
	/* and without memory there is none, rather than one that covers nothing or all */
	struct arena *small = arena_new(1);
	struct subject analyst = { .account = { { 1 } }, .role = ROLE_ANALYST };
	assert_null(policy_background("reminders", small));
	assert_null(policy_scope(&(struct policy_snapshot){ 0 }, &analyst, ACTION_EVENT_READ, small));
	arena_free(small);
	arena_free(arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_strangers_disabled_accounts_and_inactive_organisations_get_no_scope),
		cmocka_unit_test(test_members_and_sensors_cover_their_own_organisation_and_no_parent_or_child),
		cmocka_unit_test(test_administrators_and_auditors_read_no_contents_and_sensors_only_append_and_renew),
		cmocka_unit_test(test_no_reading_action_opens_anything_for_writing),
		cmocka_unit_test(test_the_table_says_what_was_agreed),
		cmocka_unit_test(test_each_action_opens_what_was_agreed_and_nothing_else),
		cmocka_unit_test(test_a_scope_tells_who_asked_and_which_organisations_it_covers),
		cmocka_unit_test(test_a_subject_that_does_not_fit_together_gets_no_scope),
		cmocka_unit_test(test_codes_come_back_and_what_is_none_has_none),
		cmocka_unit_test(test_one_who_acts_on_itself_sees_no_organisation_of_others),
		cmocka_unit_test(test_background_work_is_named_and_covers_everything),
		cmocka_unit_test(test_random_communities_are_what_a_second_model_says),
		cmocka_unit_test(test_an_empty_community_publishes_to_nobody),
		cmocka_unit_test(test_members_of_a_closed_circle_do_not_leak),
		cmocka_unit_test(test_an_organisation_that_was_removed_reads_nothing_more),
		cmocka_unit_test(test_a_circle_of_wholes_ends),
		cmocka_unit_test(test_every_answer_has_words),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
