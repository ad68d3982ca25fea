/*
 * Records of several organisations (store/record_store.h): what is appended is found by whoever may, and by nobody
 * else; a question that matches little ends in pages, not in a long search; when its time is over nothing of it can be
 * read.
 */
#include "store/record_store.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#define START ((nanoseconds)1700000000 * SECOND / DAY * DAY) /* midnight */

struct place {
	char folder[64], path[80];
	struct record_store *records;
	struct arena *arena;
	const struct scope *work;
	struct failure failure;
};

static void fine(struct place *place, enum error error)
{
	if (error)
		fail_msg("%s: %s", error_name(error), place->failure.words);
}

static void reopen(struct place *place)
{
	record_store_close(place->records);
	fine(place, record_store_open(place->path, &place->records, &place->failure));
}

static int begin(void **state)
{
	struct place *place = calloc(1, sizeof *place);
	strcpy(place->folder, "/tmp/noroshi-test-XXXXXX");
	assert_non_null(mkdtemp(place->folder));
	snprintf(place->path, sizeof place->path, "%s/records", place->folder);
	place->arena = arena_new(0);
	place->work = policy_background("test", place->arena);
	reopen(place);
	*state = place;
	return 0;
}

static int end(void **state)
{
	struct place *place = *state;
	char command[128];
	record_store_close(place->records);
	arena_free(place->arena);
	snprintf(command, sizeof command, "rm -rf '%s'", place->folder);
	int code = system(command);
	free(place);
	return code;
}

/* ── what is put in ─ */

struct fact {
	const char *type, *source, *target, *names, *community;
	nanoseconds occurred;
};

static struct address address_of(const char *text)
{
	struct address address = { 0 };
	if (text)
		assert_true(address_parse(text_of(text), &address));
	return address;
}

static struct history_batch batch_of(uint32_t organisation, uint64_t epoch, uint32_t count, nanoseconds received)
{
	return (struct history_batch){ .organisation = organisation,
		.sensor = organisation * 10,
		.epoch = { 1, epoch },
		.sequence_first = 1,
		.sequence_end = count + 1,
		.received = received,
		.lines = count,
		.alerts = count,
		.last = true };
}

static void encode(
    const struct history_batch *batch, const struct fact *facts, struct text original, struct builder *to)
{
	for (uint32_t i = 0; i < batch->alerts; i++) {
		const struct fact *fact = &facts[i];
		struct alert record = { .id = { batch->sensor, batch->epoch, i + 1 },
			.organisation = batch->organisation,
			.occurred = fact->occurred ? fact->occurred : batch->received,
			.received = batch->received,
			.detector = TEXT("EVE"),
			.signature = text_of(fact->type),
			.signature_id = text_of(fact->community ? fact->community : ""),
			.object = text_of(fact->names ? fact->names : ""),
			.source = address_of(fact->source),
			.target = address_of(fact->target),
			.repeats = 1,
			.original = original };
		alert_encode(&record, to);
	}
}

static void put(struct place *place, const struct history_batch *batch, const struct fact *facts, struct text original)
{
	struct builder encoded = { 0 };
	encode(batch, facts, original, &encoded);
	fine(place, record_store_append(
			place->records, batch, (struct text){ encoded.at, encoded.size }, NULL, &place->failure));
	fine(place, record_store_sync(place->records, batch->organisation, &place->failure));
	builder_free(&encoded);
}

static void put_one(struct place *place, uint32_t organisation, uint64_t epoch, nanoseconds received, const char *names)
{
	struct history_batch batch = batch_of(organisation, epoch, 1, received);
	put(place, &batch, &(struct fact){ .type = "dns", .source = "10.0.0.1", .names = names }, TEXT("{}"));
}

/* ── what is found ─ */

struct found {
	uint32_t count, organisations[64];
	uint64_t epochs[64];
	char names[64][32];
};

static void take(void *context, const struct history_hit *hit)
{
	struct found *found = context;
	assert_true(found->count < 64);
	found->organisations[found->count] = hit->alert.organisation;
	found->epochs[found->count] = hit->alert.id.epoch.low;
	text_copy(hit->alert.object, found->names[found->count++], 32);
}

static struct found find(struct place *place, const struct record_conditions *conditions)
{
	struct found found = { .count = 0 };
	struct record_place where = { 0 };
	struct history_query query = { .limit = 60, .records = conditions };
	fine(place, record_store_find(place->records, place->work, &query, take, &found, &where, &place->failure));
	assert_int_equal(where.organisation, 0);
	return found;
}

static uint32_t found_with(struct place *place, struct record_conditions conditions)
{
	return find(place, &conditions).count;
}

static void test_records_are_found_by_organisation_the_newest_first_and_again_after_a_restart(void **state)
{
	struct place *place = *state;
	put_one(place, 7, 1, START, "a.example");
	put_one(place, 3, 1, START, "b.example");
	put_one(place, 7, 2, START + HOUR, "c.example");
	for (int round = 0; round < 2; round++) {
		struct found found = find(place, NULL);
		assert_int_equal(found.count, 3);
		assert_string_equal(found.names[0], "b.example");
		assert_string_equal(found.names[1], "c.example");
		assert_string_equal(found.names[2], "a.example");
		reopen(place);
	}
}

static void test_each_condition_finds_what_it_says_and_nothing_else(void **state)
{
	struct place *place = *state;
	const struct fact facts[] = {
		{ "dns", "10.0.0.1", "10.0.0.53", "www.Example.org cdn.example.net", "1:aa=", 0 },
		{ "tls", "2001:db8::1", "2001:db8:1::2", "notexample.org", "1:bb=", 0 },
		{ "flow", "10.0.0.2", "198.51.100.7", NULL, "1:aa=", 0 },
	};
	struct history_batch batch = batch_of(1, 1, 3, START);
	struct prefix prefix;
	put(place, &batch, facts, TEXT("{}"));
#define FOUND(number, ...) assert_int_equal(found_with(place, (struct record_conditions){ __VA_ARGS__ }), number)
	FOUND(3, .sensor = 10);
	FOUND(0, .sensor = 11);
	FOUND(1, .type = TEXT("tls"));
	FOUND(2, .community = TEXT("1:aa="));
	FOUND(1, .name = TEXT("EXAMPLE.ORG"));
	FOUND(1, .name = TEXT("cdn.example.net."));
	FOUND(0, .name = TEXT("ample.org"));
	FOUND(0, .name = TEXT("x.www.example.org"));
	assert_true(prefix_parse(TEXT("10.0.0.0/24"), &prefix));
	FOUND(2, .has_end = true, .end = prefix);
	assert_true(prefix_parse(TEXT("2001:db8:1::/48"), &prefix));
	FOUND(1, .has_end = true, .end = prefix);
	const struct address hosts[] = { address_of("198.51.100.7"), address_of("10.0.0.2"), address_of("10.0.0.1") };
	FOUND(1, .hosts = hosts, .host_count = 2, .both_ends = true);
	FOUND(2, .hosts = hosts, .host_count = 3);
	FOUND(0, .hosts = hosts + 2, .host_count = 1, .both_ends = true);
	FOUND(2, .hosts = hosts + 2, .host_count = 1, .both_ends = true, .same_community = TEXT("1:aa="));
#undef FOUND
}

static void test_pages_go_on_across_organisations_without_a_gap_or_a_double(void **state)
{
	struct place *place = *state;
	for (uint32_t organisation = 1; organisation <= 4; organisation++)
		for (uint64_t epoch = 1; epoch <= 5; epoch++)
			put_one(place, organisation, epoch, START + (nanoseconds)epoch * MINUTE, NULL);
	for (uint32_t limit = 1; limit <= 21; limit++) {
		struct found found = { .count = 0 };
		struct record_place where = { 0 };
		struct history_query query = { .limit = limit };
		unsigned pages = 0;
		do
			fine(place, record_store_find(
					place->records, place->work, &query, take, &found, &where, &place->failure));
		while (where.organisation && ++pages < 50);
		assert_int_equal(found.count, 20);
		for (uint32_t i = 0; i < 20; i++) {
			assert_int_equal(found.organisations[i], 1 + i / 5);
			assert_int_equal(found.epochs[i], 5 - i % 5);
		}
	}
}

static void test_a_search_that_finds_nothing_ends_in_pages_of_bounded_work(void **state)
{
	struct place *place = *state;
	static char words[1 << 20];
	random_bytes(words, sizeof words);
	const unsigned frames = 3 * (RECORDS_BUDGET >> 20) / 2;
	for (unsigned i = 0; i < frames; i++) {
		struct history_batch batch = batch_of(1 + i % 2, i, 1, START);
		put(place, &batch, &(struct fact){ .type = "flow" }, (struct text){ words, sizeof words });
	}
	struct record_place where = { 0 };
	struct record_conditions none = { .type = TEXT("dns") };
	struct history_query query = { .limit = 10, .records = &none };
	struct found found = { .count = 0 };
	unsigned pages = 0;
	do {
		fine(place,
		    record_store_find(place->records, place->work, &query, take, &found, &where, &place->failure));
		pages++;
	} while (where.organisation && pages < 10);
	assert_int_equal(found.count, 0);
	assert_int_equal(pages, 2);
}

/* ── who ─ */

static const struct scope *scope_of(struct place *place, enum role role, uint32_t organisation, enum action action)
{
	static const struct organisation_standing standing[] = { { 1, 0, true }, { 2, 0, true } };
	const struct policy_snapshot snapshot = { standing, 2 };
	struct subject subject = { .account = { { 1 } }, .role = role, .organisation = organisation };
	subject.sensor = role == ROLE_SENSOR;
	return policy_scope(&snapshot, &subject, action, place->arena);
}

static void test_every_scope_reads_its_own_records_or_none(void **state)
{
	struct place *place = *state;
	put_one(place, 1, 1, START, NULL);
	put_one(place, 2, 1, START, NULL);
	put_one(place, 3, 1, START, NULL);
	for (unsigned role = 0; role < ROLE_COUNT; role++)
		for (unsigned action = 0; action < ACTION_COUNT; action++)
			for (uint32_t mine = 0; mine < 3; mine++) {
				const struct scope *scope = scope_of(place, (enum role)role, mine, (enum action)action);
				struct found found = { .count = 0 };
				struct record_place where = { 0 };
				struct history_query query = { .limit = 10 };
				if (!scope)
					continue;
				enum error error = record_store_find(
				    place->records, scope, &query, take, &found, &where, &place->failure);
				bool shares = action == ACTION_FINDING_SHARE; /* sources of a group are records */
				bool reads = action == ACTION_RECORD_READ || shares;
				assert_int_equal(error, reads ? OK : ERROR_DENIED);
				assert_int_equal(found.count, !reads ? 0 : role == ROLE_ANALYST ? 3 : 1);
				assert_true(!reads || role == ROLE_ANALYST || (role == ROLE_MEMBER && !shares));
				assert_true(role != ROLE_MEMBER || !reads || found.organisations[0] == mine);
			}
}

/* ── doubles, failures ─ */

static void test_a_batch_that_comes_again_is_known_also_after_a_restart(void **state)
{
	struct place *place = *state;
	put_one(place, 5, 9, START, NULL);
	for (int round = 0; round < 2; round++) {
		struct history_batch again = batch_of(5, 9, 1, START), other = batch_of(5, 10, 1, START), stored;
		uint64_t seen = 0;
		fine(place, record_store_seen(place->records, &again, &seen, &stored, &place->failure));
		assert_int_equal(seen, 2);
		assert_int_equal(stored.alerts, 1);
		fine(place, record_store_seen(place->records, &other, &seen, &stored, &place->failure));
		assert_int_equal(seen, 1);
		reopen(place);
	}
}

static void test_a_folder_that_is_in_use_costs_its_organisation_only(void **state)
{
	struct place *place = *state;
	put_one(place, 1, 1, START, NULL);
	put_one(place, 2, 1, START, NULL);
	struct record_store *second;
	struct failure failure;
	assert_int_equal(record_store_open(place->path, &second, &failure), OK);
	struct history_batch batch = batch_of(1, 2, 1, START);
	uint64_t seen;
	assert_int_equal(record_store_seen(second, &batch, &seen, NULL, &failure), ERROR_CONFLICT);
	record_store_close(place->records); /* the one before has ended: now it can be opened */
	place->records = second;
	fine(place, record_store_seen(second, &batch, &seen, NULL, &failure));
	assert_int_equal(find(place, NULL).count, 2);
}

/* ── forgetting ─ */

static uint64_t expire(struct place *place, uint32_t organisation, nanoseconds before, uint64_t most)
{
	uint64_t removed;
	fine(place,
	    record_store_expire(place->records, place->work, organisation, before, most, &removed, &place->failure));
	return removed;
}

static void test_what_is_older_than_its_organisation_allows_is_gone_and_others_stay(void **state)
{
	struct place *place = *state;
	for (uint64_t day = 0; day < 6; day++) {
		put_one(place, 1, 2 * day, START + (nanoseconds)day * DAY + HOUR, NULL);
		put_one(place, 1, 2 * day + 1, START + (nanoseconds)day * DAY + 20 * HOUR, NULL);
		put_one(place, 2, day, START + (nanoseconds)day * DAY + HOUR, NULL);
	}
	/* Noon of the third day: two whole days go, and of the third what came before is read no more. */
	assert_int_equal(expire(place, 1, START + 2 * DAY + 12 * HOUR, 0), 4);
	struct found found = find(place, &(struct record_conditions){ .sensor = 10 });
	assert_int_equal(found.count, 7);
	assert_int_equal(found.epochs[6], 5);
	assert_int_equal(found_with(place, (struct record_conditions){ .sensor = 20 }), 6);
	/* The period is made shorter; then everything is too old. */
	assert_int_equal(expire(place, 1, START + 5 * DAY + 12 * HOUR, 0), 6);
	assert_int_equal(found_with(place, (struct record_conditions){ .sensor = 10 }), 1);
	assert_int_equal(expire(place, 1, START + 30 * DAY, 0), 2);
	reopen(place);
	assert_int_equal(found_with(place, (struct record_conditions){ .sensor = 10 }), 0);
	assert_int_equal(found_with(place, (struct record_conditions){ .sensor = 20 }), 6);
	put_one(place, 1, 99, START + 31 * DAY, NULL);
	assert_int_equal(found_with(place, (struct record_conditions){ .sensor = 10 }), 1);
}

static void test_beyond_its_size_the_oldest_segments_go(void **state)
{
	struct place *place = *state;
	static char words[100000];
	random_bytes(words, sizeof words);
	for (uint64_t day = 0; day < 5; day++) {
		struct history_batch batch = batch_of(1, day, 1, START + (nanoseconds)day * DAY);
		put(place, &batch, &(struct fact){ .type = "flow" }, (struct text){ words, sizeof words });
	}
	assert_int_equal(expire(place, 1, 0, 10 * sizeof words), 0);
	assert_int_equal(expire(place, 1, 0, 2 * sizeof words + 10000), 3);
	struct found found = find(place, NULL);
	assert_int_equal(found.count, 2);
	assert_int_equal(found.epochs[1], 3);
	assert_int_equal(expire(place, 1, 0, 1), 1); /* what is written goes on */
}

static void test_only_background_work_removes(void **state)
{
	struct place *place = *state;
	uint64_t removed;
	put_one(place, 1, 1, START, NULL);
	const struct scope *scope = scope_of(place, ROLE_ANALYST, 0, ACTION_RECORD_READ);
	assert_int_equal(
	    record_store_expire(place->records, scope, 1, INT64_MAX, 0, &removed, &place->failure), ERROR_DENIED);
	assert_int_equal(find(place, NULL).count, 1);
}

static void test_records_are_counted_by_the_day_they_came(void **state)
{
	struct place *place = *state;
	const struct scope *counts = scope_of(place, ROLE_MEMBER, 1, ACTION_COUNTER_READ);
	for (uint64_t day = 0; day < 3; day++)
		for (uint64_t i = 0; i <= day; i++) {
			put_one(place, 1, 10 * day + i, START + (nanoseconds)day * DAY, NULL);
			put_one(place, 2, 10 * day + i, START + (nanoseconds)day * DAY, NULL);
		}
	assert_int_equal(record_store_count(place->records, counts, 1, INT64_MIN, INT64_MAX), 6);
	assert_int_equal(record_store_count(place->records, counts, 1, START / DAY + 1, START / DAY + 1), 2);
	assert_int_equal(record_store_count(place->records, counts, 2, INT64_MIN, INT64_MAX), 0); /* not its own */
	expire(place, 1, START + DAY + HOUR, 0);
	assert_int_equal(record_store_count(place->records, counts, 1, INT64_MIN, INT64_MAX), 3);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)
	const struct CMUnitTest tests[] = {
		TEST(test_records_are_found_by_organisation_the_newest_first_and_again_after_a_restart),
		TEST(test_each_condition_finds_what_it_says_and_nothing_else),
		TEST(test_pages_go_on_across_organisations_without_a_gap_or_a_double),
		TEST(test_a_search_that_finds_nothing_ends_in_pages_of_bounded_work),
		TEST(test_every_scope_reads_its_own_records_or_none),
		TEST(test_a_batch_that_comes_again_is_known_also_after_a_restart),
		TEST(test_a_folder_that_is_in_use_costs_its_organisation_only),
		TEST(test_what_is_older_than_its_organisation_allows_is_gone_and_others_stay),
		TEST(test_beyond_its_size_the_oldest_segments_go),
		TEST(test_only_background_work_removes),
		TEST(test_records_are_counted_by_the_day_they_came),
	};
	return cmocka_run_group_tests_name("record store", tests, NULL, NULL);
}
