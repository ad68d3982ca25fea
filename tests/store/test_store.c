/*
 * The state store: schema, scopes, versions, cursors, the log, accounts and sessions, the outbox, copies.
 */
#include "store/schema.h"
#include "store_place.h"

#include <sqlite3.h>
#include <unistd.h>

static void test_an_organisation_outside_the_scope_looks_like_one_that_does_not_exist(void **state)
{
	struct place *place = *state;
	uint32_t mine = add_organisation(place, "mine"), other = add_organisation(place, "other");
	const struct scope *member = scope_of(place, ROLE_MEMBER, mine, ACTION_ORGANISATION_READ);
	struct organisation organisation;
	struct failure outside, absent;
	done(place, store_organisation_get(place->store, member, mine, &organisation, &place->failure));
	assert_string_equal(organisation.name, "mine");
	assert_int_equal(store_organisation_get(place->store, member, other, &organisation, &outside), ERROR_NOT_FOUND);
	assert_int_equal(store_organisation_get(place->store, member, 999, &organisation, &absent), ERROR_NOT_FOUND);
	assert_string_equal(outside.words, absent.words);
	assert_int_equal(
	    store_organisation_find(place->store, member, TEXT("other"), &organisation, &outside), ERROR_NOT_FOUND);
	assert_string_equal(outside.words, absent.words);
}

static void count_organisation(void *context, const struct organisation *organisation)
{
	(void)organisation;
	++*(int *)context;
}

static void test_pages_go_on_after_the_cursor_and_refuse_a_tampered_one(void **state)
{
	struct place *place = *state;
	for (int i = 0; i < 7; i++) {
		char name[16];
		snprintf(name, sizeof name, "org-%d", i);
		add_organisation(place, name);
	}
	int seen = 0, pages = 0;
	char after[64] = "";
	do {
		struct page page = { .after = text_of(after), .limit = 3 };
		done(place, store_organisation_each(
				place->store, place->work, &page, count_organisation, &seen, &place->failure));
		memcpy(after, page.next, sizeof after);
		pages++;
	} while (after[0]);
	assert_int_equal(seen, 7);
	assert_int_equal(pages, 3);
	struct page page = { .limit = 3 };
	done(place,
	    store_organisation_each(place->store, place->work, &page, count_organisation, &seen, &place->failure));
	char tampered[64];
	memcpy(tampered, page.next, sizeof tampered);
	tampered[5] = tampered[5] == '0' ? '1' : '0';
	page.after = text_of(tampered);
	assert_int_equal(
	    store_organisation_each(place->store, place->work, &page, count_organisation, &seen, &place->failure),
	    ERROR_INPUT);
	page.after = TEXT("zz");
	assert_int_equal(
	    store_organisation_each(place->store, place->work, &page, count_organisation, &seen, &place->failure),
	    ERROR_INPUT);
}

static void test_a_change_over_an_older_version_is_a_conflict(void **state)
{
	struct place *place = *state;
	uint32_t number = add_organisation(place, "changing");
	struct organisation first, second;
	done(place, store_organisation_get(place->store, place->work, number, &first, &place->failure));
	second = first;
	done(place, store_begin(place->store, &place->failure));
	strcpy(first.sector, "ports");
	done(place, store_organisation_put(place->store, place->work, &first, &place->failure));
	strcpy(second.sector, "lost");
	assert_int_equal(store_organisation_put(place->store, place->work, &second, &place->failure), ERROR_CONFLICT);
	done(place, store_commit(place->store, &place->failure));
	done(place, store_organisation_get(place->store, place->work, number, &second, &place->failure));
	assert_string_equal(second.sector, "ports");
}

static void test_a_circle_of_parents_is_refused(void **state)
{
	struct place *place = *state;
	uint32_t a = add_organisation(place, "a1"), b = add_organisation(place, "b1");
	struct organisation organisation;
	done(place, store_organisation_get(place->store, place->work, b, &organisation, &place->failure));
	organisation.parent = a;
	done(place, store_begin(place->store, &place->failure));
	done(place, store_organisation_put(place->store, place->work, &organisation, &place->failure));
	done(place, store_organisation_get(place->store, place->work, a, &organisation, &place->failure));
	organisation.parent = b;
	assert_int_equal(
	    store_organisation_put(place->store, place->work, &organisation, &place->failure), ERROR_INPUT);
	store_rollback(place->store);
}

static void test_a_change_needs_a_transaction_and_a_scope_that_writes(void **state)
{
	struct place *place = *state;
	uint32_t number = add_organisation(place, "fixed");
	struct organisation organisation;
	done(place, store_organisation_get(place->store, place->work, number, &organisation, &place->failure));
	assert_int_equal(
	    store_organisation_put(place->store, place->work, &organisation, &place->failure), ERROR_USAGE);
	const struct scope *auditor = scope_of(place, ROLE_AUDITOR, 0, ACTION_ORGANISATION_READ);
	done(place, store_begin(place->store, &place->failure));
	assert_int_equal(store_organisation_put(place->store, auditor, &organisation, &place->failure), ERROR_DENIED);
	store_rollback(place->store);
}

static void test_a_newer_schema_is_refused_with_words_and_left_alone(void **state)
{
	struct place *place = *state;
	store_close(place->store);
	place->store = NULL;
	sqlite3 *database;
	assert_int_equal(sqlite3_open(place->file, &database), SQLITE_OK);
	assert_int_equal(sqlite3_exec(database, "PRAGMA user_version = 99", NULL, NULL, NULL), SQLITE_OK);
	sqlite3_close(database);
	assert_int_equal(store_open(place->location, &place->store, &place->failure), ERROR_VERSION);
	assert_non_null(strstr(place->failure.words, "newer version"));
}

static void test_another_programs_database_is_refused(void **state)
{
	struct place *place = *state;
	char location[128];
	snprintf(location, sizeof location, "sqlite:%s/other.db", place->folder);
	sqlite3 *database;
	assert_int_equal(sqlite3_open(location + 7, &database), SQLITE_OK);
	assert_int_equal(sqlite3_exec(database, "CREATE TABLE theirs (a)", NULL, NULL, NULL), SQLITE_OK);
	sqlite3_close(database);
	struct store *store = NULL;
	assert_int_equal(store_open(location, &store, &place->failure), ERROR_INPUT);
	assert_null(store);
}

static void make_account(struct account *account, const char *name, enum role role, uint32_t organisation)
{
	*account = (struct account){ .role = role, .organisation = organisation };
	snprintf(account->name, sizeof account->name, "%s", name);
	strcpy(account->password, "$argon2id$first");
}

static void test_a_changed_password_ends_the_sessions(void **state)
{
	struct place *place = *state;
	struct account account;
	make_account(&account, "ann", ROLE_ANALYST, 0);
	struct session session = { .digest = { 1 }, .created = 1, .expires = INT64_MAX };
	done(place, store_begin(place->store, &place->failure));
	done(place, store_account_put(place->store, place->work, &account, &place->failure));
	session.account = account.id;
	done(place, store_session_put(place->store, place->work, &session, &place->failure));
	struct session found;
	done(place, store_session_find(place->store, place->work, session.digest, &found, &place->failure));
	assert_true(uuid_equal(found.account, account.id));
	strcpy(account.password, "$argon2id$second");
	done(place, store_account_put(place->store, place->work, &account, &place->failure));
	done(place, store_commit(place->store, &place->failure));
	assert_int_equal(
	    store_session_find(place->store, place->work, session.digest, &found, &place->failure), ERROR_NOT_FOUND);
}

static void test_one_changes_of_oneself_only_what_is_ones_own(void **state)
{
	struct place *place = *state;
	struct account ann, bob, read;
	make_account(&ann, "ann", ROLE_ANALYST, 0);
	make_account(&bob, "bob", ROLE_ANALYST, 0);
	done(place, store_begin(place->store, &place->failure));
	done(place, store_account_put(place->store, place->work, &ann, &place->failure));
	done(place, store_account_put(place->store, place->work, &bob, &place->failure));
	struct policy_snapshot snapshot = { 0 };
	struct subject subject = { .account = ann.id, .role = ROLE_ANALYST };
	const struct scope *self = policy_scope(&snapshot, &subject, ACTION_SELF, place->arena);
	done(place, store_account_get(place->store, self, ann.id, &read, &place->failure));
	assert_int_equal(store_account_get(place->store, self, bob.id, &read, &place->failure), ERROR_NOT_FOUND);
	strcpy(ann.title, "Ann");
	done(place, store_account_put(place->store, self, &ann, &place->failure));
	ann.role = ROLE_ADMINISTRATOR;
	assert_int_equal(store_account_put(place->store, self, &ann, &place->failure), ERROR_DENIED);
	strcpy(bob.title, "not Bob");
	assert_int_equal(store_account_put(place->store, self, &bob, &place->failure), ERROR_NOT_FOUND);
	done(place, store_commit(place->store, &place->failure));
}

static void test_a_revoked_token_stays_revoked(void **state)
{
	struct place *place = *state;
	uint32_t organisation = add_organisation(place, "with-sensor");
	struct sensor sensor = { .organisation = organisation, .name = "edge" };
	struct token token = { .digest = { 9 }, .name = "agent", .created = 1 };
	done(place, store_begin(place->store, &place->failure));
	done(place, store_sensor_put(place->store, place->work, &sensor, &place->failure));
	token.sensor = sensor.number;
	done(place, store_token_put(place->store, place->work, &token, &place->failure));
	token.revoked = true;
	done(place, store_token_put(place->store, place->work, &token, &place->failure));
	token.revoked = false;
	done(place, store_token_put(place->store, place->work, &token, &place->failure));
	done(place, store_commit(place->store, &place->failure));
	struct token found;
	done(place, store_token_find(place->store, place->work, token.digest, &found, &place->failure));
	assert_true(found.revoked);
	assert_int_equal(found.sensor, sensor.number);
}

static void count_line(void *context, const struct log_line *line)
{
	int *counts = context;
	counts[0]++;
	counts[1] += strcmp(line->what, "background.use") == 0;
}

static void test_the_log_is_a_chain_that_refuses_and_shows_changes(void **state)
{
	struct place *place = *state;
	for (int i = 0; i < 5; i++) {
		struct log_line line = {
			.when = 1000 + i, .who = "ann", .what = "event.read", .object = "x\ny", .outcome = "done"
		};
		done(place, store_log_append(place->store, &line, &place->failure));
		assert_null(strchr(line.detail, '\n'));
	}
	const struct scope *auditor = scope_of(place, ROLE_AUDITOR, 0, ACTION_LOG_READ);
	uint64_t lines, broken;
	done(place, store_log_verify(place->store, auditor, &lines, &broken, &place->failure));
	assert_int_equal(lines, 5);
	assert_int_equal(broken, 0);
	store_close(place->store);
	place->store = NULL;
	sqlite3 *database;
	assert_int_equal(sqlite3_open(place->file, &database), SQLITE_OK);
	assert_int_not_equal(
	    sqlite3_exec(database, "UPDATE log SET who = 'bob' WHERE number = 3", NULL, NULL, NULL), SQLITE_OK);
	assert_int_not_equal(sqlite3_exec(database, "DELETE FROM log", NULL, NULL, NULL), SQLITE_OK);
	assert_int_equal(
	    sqlite3_exec(
		database, "DROP TRIGGER log_no_update; UPDATE log SET who = 'bob' WHERE number = 3", NULL, NULL, NULL),
	    SQLITE_OK);
	sqlite3_close(database);
	reopen(place);
	done(place, store_log_verify(place->store, auditor, &lines, &broken, &place->failure));
	assert_int_equal(broken, 3);
}

static void test_a_background_works_first_use_is_logged_once(void **state)
{
	struct place *place = *state;
	add_organisation(place, "watched");
	struct organisation organisation;
	for (int i = 0; i < 4; i++)
		done(place, store_organisation_get(place->store, place->work, 1, &organisation, &place->failure));
	const struct scope *auditor = scope_of(place, ROLE_AUDITOR, 0, ACTION_LOG_READ);
	struct page page = { .limit = 100 };
	int counts[2] = { 0 };
	done(place, store_log_each(place->store, auditor, &page, count_line, counts, &place->failure));
	assert_int_equal(counts[1], 1);
}

static void test_what_a_person_changes_leaves_a_line_and_a_rollback_leaves_none(void **state)
{
	struct place *place = *state;
	add_organisation(place, "first");
	const struct scope *administrator = scope_of(place, ROLE_ADMINISTRATOR, 0, ACTION_ORGANISATION_WRITE);
	struct organisation organisation;
	done(place, store_organisation_get(place->store, administrator, 1, &organisation, &place->failure));
	const struct scope *auditor = scope_of(place, ROLE_AUDITOR, 0, ACTION_LOG_READ);
	for (int commit = 0; commit < 2; commit++) {
		int before[2] = { 0 }, after[2] = { 0 };
		struct page page = { .limit = 100 };
		done(place, store_log_each(place->store, auditor, &page, count_line, before, &place->failure));
		done(place, store_begin(place->store, &place->failure));
		struct organisation changed = organisation;
		done(place, store_organisation_put(place->store, administrator, &changed, &place->failure));
		if (commit)
			done(place, store_commit(place->store, &place->failure));
		else
			store_rollback(place->store);
		page.after = TEXT_NONE;
		done(place, store_log_each(place->store, auditor, &page, count_line, after, &place->failure));
		assert_int_equal(after[0] - before[0], commit);
	}
}

static void take_message(void *context, const struct outbox_message *message)
{
	assert_string_equal(message->topic, "mail");
	*(uint64_t *)context = message->number;
}

static void test_a_message_survives_until_it_is_done_and_goes_with_its_cause(void **state)
{
	struct place *place = *state;
	uint64_t number = 0;
	assert_int_equal(store_outbox_put(place->store, "mail", TEXT("hello"), 5, &place->failure), ERROR_USAGE);
	done(place, store_begin(place->store, &place->failure));
	done(place, store_outbox_put(place->store, "mail", TEXT("hello"), 5, &place->failure));
	store_rollback(place->store);
	done(place,
	    store_outbox_due(place->store, place->work, 10, 9, place->arena, take_message, &number, &place->failure));
	assert_int_equal(number, 0);
	done(place, store_begin(place->store, &place->failure));
	done(place, store_outbox_put(place->store, "mail", TEXT("hello"), 5, &place->failure));
	done(place, store_commit(place->store, &place->failure));
	reopen(place);
	done(place,
	    store_outbox_due(place->store, place->work, 10, 9, place->arena, take_message, &number, &place->failure));
	assert_int_not_equal(number, 0);
	done(place, store_begin(place->store, &place->failure));
	done(place, store_outbox_retry(place->store, place->work, number, 100, &place->failure));
	done(place, store_commit(place->store, &place->failure));
	uint64_t again = 0;
	done(place,
	    store_outbox_due(place->store, place->work, 10, 9, place->arena, take_message, &again, &place->failure));
	assert_int_equal(again, 0);
	done(place, store_begin(place->store, &place->failure));
	done(place, store_outbox_done(place->store, place->work, number, &place->failure));
	done(place, store_commit(place->store, &place->failure));
	done(place,
	    store_outbox_due(place->store, place->work, 1000, 9, place->arena, take_message, &again, &place->failure));
	assert_int_equal(again, 0);
	const struct scope *analyst = scope_of(place, ROLE_ANALYST, 0, ACTION_NOTICE_READ);
	assert_int_equal(
	    store_outbox_due(place->store, analyst, 1000, 9, place->arena, take_message, &again, &place->failure),
	    ERROR_DENIED);
}

static void test_a_copy_of_the_running_store_opens_and_holds_the_same(void **state)
{
	struct place *place = *state;
	add_organisation(place, "copied");
	char path[128];
	snprintf(path, sizeof path, "%s/copy.db", place->folder);
	done(place, store_copy(place->store, path, NULL, NULL, &place->failure));
	assert_int_equal(store_copy(place->store, path, NULL, NULL, &place->failure), ERROR_CONFLICT);
	char location[160];
	snprintf(location, sizeof location, "sqlite:%s", path);
	struct store *copy;
	done(place, store_open(location, &copy, &place->failure));
	struct organisation organisation;
	done(place, store_organisation_find(copy, place->work, TEXT("copied"), &organisation, &place->failure));
	store_close(copy);
}

static int number_in(sqlite3 *database, const char *sql)
{
	sqlite3_stmt *statement;
	assert_int_equal(sqlite3_prepare_v2(database, sql, -1, &statement, NULL), SQLITE_OK);
	assert_int_equal(sqlite3_step(statement), SQLITE_ROW);
	int number = sqlite3_column_int(statement, 0);
	sqlite3_finalize(statement);
	return number;
}

/* A store as version `version` of the program left it. */
static void old_store(const char *path, int version, const char *further)
{
	sqlite3 *database;
	char mark[96];
	assert_int_equal(sqlite3_open(path, &database), SQLITE_OK);
	for (int i = 0; i < version; i++)
		assert_int_equal(sqlite3_exec(database, store_migrations[i], NULL, NULL, NULL), SQLITE_OK);
	snprintf(mark, sizeof mark, "PRAGMA user_version = %d; PRAGMA application_id = 0x4e4f524f", version);
	assert_int_equal(sqlite3_exec(database, mark, NULL, NULL, NULL), SQLITE_OK);
	assert_int_equal(sqlite3_exec(database, further, NULL, NULL, NULL), SQLITE_OK);
	sqlite3_close(database);
}

static void test_a_store_of_every_older_schema_is_brought_forward(void **state)
{
	struct place *place = *state;
	for (int version = 1; version < store_schema_newest(); version++) {
		char location[128];
		struct store *store;
		snprintf(location, sizeof location, "sqlite:%s/old-%d.db", place->folder, version);
		old_store(location + 7, version, "INSERT INTO value (key, value) VALUES ('kept', CAST('x' AS BLOB))");
		done(place, store_open_as_it_is(location, &store, &place->failure));
		assert_int_equal(store_schema(store), version);
		store_close(store);
		done(place, store_open(location, &store, &place->failure));
		assert_int_equal(store_schema(store), store_schema_newest());
		struct text value;
		done(place, store_value_get(store, "kept", place->arena, &value, &place->failure));
		assert_true(text_equal(value, TEXT("x")));
		store_close(store);
	}
}

/* The last migration meets a table of its own name: what the ones before it did is taken back with it. */
static void test_a_migration_that_fails_leaves_the_store_as_it_was(void **state)
{
	struct place *place = *state;
	char location[128];
	struct store *store;
	sqlite3 *database;
	snprintf(location, sizeof location, "sqlite:%s/old.db", place->folder);
	old_store(location + 7, 0, "CREATE TABLE campaign_analysis (x)");
	assert_int_not_equal(store_open(location, &store, &place->failure), OK);
	assert_non_null(strstr(place->failure.words, "migration"));
	assert_int_equal(sqlite3_open(location + 7, &database), SQLITE_OK);
	assert_int_equal(number_in(database, "SELECT count(*) FROM sqlite_schema"), 1);
	assert_int_equal(number_in(database, "PRAGMA user_version"), 0);
	sqlite3_close(database);
}

static void test_a_copy_is_of_the_moment_at_which_reading_began(void **state)
{
	struct place *place = *state;
	char path[128], location[160];
	struct store *reader, *copy;
	struct organisation organisation;
	add_organisation(place, "before");
	snprintf(location, sizeof location, "sqlite:%s/state.db", place->folder);
	done(place, store_open_as_it_is(location, &reader, &place->failure));
	done(place, store_read_begin(reader, &place->failure));
	add_organisation(place, "after");
	snprintf(path, sizeof path, "%s/moment.db", place->folder);
	done(place, store_copy(reader, path, NULL, NULL, &place->failure));
	store_read_end(reader);
	store_close(reader);
	snprintf(location, sizeof location, "sqlite:%s", path);
	done(place, store_open(location, &copy, &place->failure));
	done(place, store_organisation_find(copy, place->work, TEXT("before"), &organisation, &place->failure));
	assert_int_equal(
	    store_organisation_find(copy, place->work, TEXT("after"), &organisation, &place->failure), ERROR_NOT_FOUND);
	store_close(copy);
}

/* Its status; 0 when there is none. */
static uint16_t answer_to(struct place *place, const struct scope *scope, const char *key, nanoseconds now)
{
	struct text body;
	uint16_t status = 0;
	enum error error =
	    store_answer_find(place->store, scope, text_of(key), now, place->arena, &status, &body, &place->failure);
	assert_int_equal(error, status ? OK : ERROR_NOT_FOUND);
	return status;
}

static void put_answer(struct place *place, const struct scope *scope, const char *key, nanoseconds now)
{
	done(place, store_begin(place->store, &place->failure));
	done(place,
	    store_answer_put(place->store, scope, text_of(key), 201, TEXT("{}"), now, now + DAY, &place->failure));
	done(place, store_commit(place->store, &place->failure));
}

static void test_an_answer_is_found_by_the_account_that_asked_until_its_day_is_over(void **state)
{
	struct place *place = *state;
	const struct scope *analyst = scope_of(place, ROLE_ANALYST, 0, ACTION_NOTICE_WRITE);
	put_answer(place, analyst, "k1", DAY);
	assert_int_equal(answer_to(place, analyst, "k1", 2 * DAY - 1), 201);
	assert_int_equal(answer_to(place, analyst, "k1", 2 * DAY), 0);
	assert_int_equal(answer_to(place, scope_of(place, ROLE_AUDITOR, 0, ACTION_COUNTER_READ), "k1", DAY), 0);
	put_answer(place, analyst, "k2", 2 * DAY - 1); /* what stands still stays; what expired is forgotten */
	assert_int_equal(answer_to(place, analyst, "k1", DAY), 201);
	put_answer(place, analyst, "k1", 2 * DAY);
	assert_int_equal(answer_to(place, analyst, "k2", 2 * DAY), 201);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)
	const struct CMUnitTest tests[] = {
		TEST(test_an_organisation_outside_the_scope_looks_like_one_that_does_not_exist),
		TEST(test_pages_go_on_after_the_cursor_and_refuse_a_tampered_one),
		TEST(test_a_change_over_an_older_version_is_a_conflict),
		TEST(test_a_circle_of_parents_is_refused),
		TEST(test_a_change_needs_a_transaction_and_a_scope_that_writes),
		TEST(test_a_newer_schema_is_refused_with_words_and_left_alone),
		TEST(test_another_programs_database_is_refused),
		TEST(test_a_changed_password_ends_the_sessions),
		TEST(test_one_changes_of_oneself_only_what_is_ones_own),
		TEST(test_a_revoked_token_stays_revoked),
		TEST(test_the_log_is_a_chain_that_refuses_and_shows_changes),
		TEST(test_a_background_works_first_use_is_logged_once),
		TEST(test_what_a_person_changes_leaves_a_line_and_a_rollback_leaves_none),
		TEST(test_a_message_survives_until_it_is_done_and_goes_with_its_cause),
		TEST(test_a_copy_of_the_running_store_opens_and_holds_the_same),
		TEST(test_a_store_of_every_older_schema_is_brought_forward),
		TEST(test_a_migration_that_fails_leaves_the_store_as_it_was),
		TEST(test_a_copy_is_of_the_moment_at_which_reading_began),
		TEST(test_an_answer_is_found_by_the_account_that_asked_until_its_day_is_over),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
