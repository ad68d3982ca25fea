/*
 * History: what is acknowledged comes back, in order, for whoever may see it; damage costs no more than what it hit.
 */
#include "history_place.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#define START ((nanoseconds)1700000000 * SECOND)

static char *first_file(struct history_place *place)
{
	static char path[128];
	snprintf(path, sizeof path, "%s/00000001.alerts", place->folder);
	return path;
}

static off_t size_of(const char *path)
{
	struct stat status;
	assert_int_equal(stat(path, &status), 0);
	return status.st_size;
}

static void test_history_keeps_every_acknowledged_batch_after_a_torn_tail(void **state)
{
	struct history_place *place = *state;
	struct hits hits;
	put_batch(place, 1, 100, 5, START);
	fine(place, history_sync(place->history, &place->failure));
	off_t durable = size_of(first_file(place));
	put_batch(place, 1, 101, 3, START);
	fine(place, history_sync(place->history, &place->failure));
	off_t whole = size_of(first_file(place));
	char *bytes = malloc((size_t)whole);
	int file = open(first_file(place), O_RDWR);
	assert_int_equal(pread(file, bytes, (size_t)whole, 0), whole);
	for (off_t cut = durable; cut < whole; cut++) {
		assert_int_equal(pwrite(file, bytes, (size_t)whole, 0), whole);
		assert_int_equal(ftruncate(file, cut), 0);
		place_reopen(place);
		assert_int_equal(place->repair.cut_bytes, cut - durable);
		assert_int_equal(place->repair.words[0] != 0, cut > durable);
		assert_int_equal(find(place, (struct history_query){ 0 }, &hits), 5);
		assert_int_equal(history_end(place->history), ((uint64_t)1 << 32) + 5);
	}
	/* and a tail of the right length with wrong bytes, as when the blocks were written in another order */
	memset(bytes + durable + 130, 0, 8);
	assert_int_equal(pwrite(file, bytes, (size_t)whole, 0), whole);
	place_reopen(place);
	assert_int_equal(place->repair.cut_bytes, whole - durable);
	close(file);
	free(bytes);
	assert_int_equal(put_batch(place, 1, 101, 3, START), ((uint64_t)1 << 32) + 5);
	place_reopen(place);
	assert_int_equal(find(place, (struct history_query){ 0 }, &hits), 8);
}

static void test_a_flipped_bit_costs_its_own_frame_and_is_counted(void **state)
{
	struct history_place *place = *state;
	off_t ends[4] = { 0 };
	for (int i = 0; i < 3; i++) {
		put_batch(place, 1, (uint64_t)i, 4, START);
		fine(place, history_sync(place->history, &place->failure));
		ends[i] = size_of(first_file(place));
	}
	int file = open(first_file(place), O_RDWR);
	for (off_t at = ends[0]; at < ends[1]; at++) { /* every byte of the middle frame */
		struct hits hits;
		uint8_t byte, flipped;
		assert_int_equal(pread(file, &byte, 1, at), 1);
		flipped = byte ^ (uint8_t)(1u << (at % 8));
		assert_int_equal(pwrite(file, &flipped, 1, at), 1);
		place_reopen(place);
		assert_int_equal(place->repair.bad_frames, 1);
		assert_int_equal(place->repair.cut_bytes, 0);
		assert_int_equal(find(place, (struct history_query){ 0 }, &hits), 8);
		assert_int_equal(hits.epochs[4], 2);
		assert_int_equal(hits.positions[4], ((uint64_t)1 << 32) + 8); /* positions stay what they were */
		assert_int_equal(pwrite(file, &byte, 1, at), 1);
	}
	close(file);
	place_reopen(place);
	assert_int_equal(place->repair.bad_frames, 0);
}

static void test_damage_while_running_is_met_skipped_and_counted_once(void **state)
{
	struct history_place *place = *state;
	struct hits hits;
	put_batch(place, 1, 1, 4, START);
	off_t end = size_of(first_file(place));
	put_batch(place, 1, 2, 4, START);
	int file = open(first_file(place), O_WRONLY);
	assert_int_equal(pwrite(file, "\xff\xff\xff", 3, end - 5), 3);
	close(file);
	for (int i = 0; i < 2; i++) {
		assert_int_equal(find(place, (struct history_query){ 0 }, &hits), 4);
		assert_int_equal(history_bad_frames(place->history), 1);
	}
	uint64_t position = (uint64_t)1 << 32;
	assert_int_equal(
	    history_get(place->history, place->work, position, take_hit, &hits, &place->failure), ERROR_CORRUPT);
}

static void test_find_by_time_organisation_verdict_event_and_text(void **state)
{
	struct history_place *place = *state;
	struct hits hits;
	uint64_t first = put_batch(place, 1, 1, 10, START);
	put_batch(place, 2, 2, 10, START + HOUR);
	fine(place, history_sync(place->history, &place->failure));
	struct uuid event = { { 7 } }, rule = { { 8 } }, none = { 0 };
	for (uint64_t i = 0; i < 10; i++)
		fine(place, history_judge(place->history, first + i, i < 3 ? VERDICT_EVENT : VERDICT_BACKGROUND,
				i < 3 ? event : none, i == 5 ? rule : none, &place->failure));
	for (int round = 0; round < 2; round++) {
		assert_int_equal(find(place, (struct history_query){ .organisation = 2 }, &hits), 10);
		assert_int_equal(
		    find(place, (struct history_query){ .from = START + 2 * SECOND, .to = START + 5 * SECOND }, &hits),
		    3);
		assert_int_equal(hits.sequences[0], 3);
		assert_int_equal(find(place, (struct history_query){ .verdicts = 1u << VERDICT_BACKGROUND }, &hits), 7);
		assert_int_equal(find(place, (struct history_query){ .verdicts = 1u << VERDICT_PENDING }, &hits), 10);
		assert_int_equal(find(place, (struct history_query){ .event = &event }, &hits), 3);
		assert_int_equal(find(place, (struct history_query){ .event = &rule }, &hits), 0);
		assert_int_equal(
		    find(place, (struct history_query){ .contains = TEXT("index.PHP?id=15838") }, &hits), 2);
		/* judged is durable with the next sync */
		fine(place, history_sync(place->history, &place->failure));
		place_reopen(place);
	}
	/* the last judgement counts */
	fine(place, history_judge(place->history, first + 9, VERDICT_CONTEXT, event, none, &place->failure));
	assert_int_equal(find(place, (struct history_query){ .event = &event }, &hits), 4);
	assert_int_equal(
	    history_judge(place->history, first + 4000, VERDICT_EVENT, event, none, &place->failure), ERROR_NOT_FOUND);
}

static void test_pages_in_both_directions_give_each_alert_once(void **state)
{
	struct history_place *place = *state;
	for (uint64_t i = 0; i < 7; i++)
		put_batch(place, 1 + i % 2, i, 9, START + (nanoseconds)i * MINUTE);
	for (int back = 0; back < 2; back++) {
		uint64_t next = 0, last = back ? UINT64_MAX : 0;
		uint32_t seen = 0, pages = 0;
		do {
			struct history_query query = { .start = next, .limit = 10, .newest_first = back };
			struct hits hits = { 0 };
			fine(place,
			    history_find(place->history, place->work, &query, take_hit, &hits, &next, &place->failure));
			for (uint32_t i = 0; i < hits.count; i++) {
				assert_true(back ? hits.positions[i] < last : hits.positions[i] > last);
				last = hits.positions[i];
			}
			seen += hits.count;
			pages++;
		} while (next);
		assert_int_equal(seen, 63);
		assert_int_equal(pages, 7);
	}
}

static void test_a_member_finds_only_its_own_and_others_look_like_nothing(void **state)
{
	struct history_place *place = *state;
	uint64_t mine = put_batch(place, 1, 1, 5, START), other = put_batch(place, 2, 2, 5, START), next;
	struct organisation_standing organisations[] = { { 1, 0, true }, { 2, 1, true } };
	struct policy_snapshot snapshot = { organisations, 2 };
	struct subject subject = { .account = { { 1 } }, .role = ROLE_MEMBER, .organisation = 1 };
	const struct scope *member = policy_scope(&snapshot, &subject, ACTION_ALERT_READ, place->arena);
	struct history_query query = { .limit = 100 };
	struct hits hits = { 0 };
	fine(place, history_find(place->history, member, &query, take_hit, &hits, &next, &place->failure));
	assert_int_equal(hits.count, 5);
	query.organisation = 2;
	hits.count = 0;
	fine(place, history_find(place->history, member, &query, take_hit, &hits, &next, &place->failure));
	assert_int_equal(hits.count, 0);
	fine(place, history_get(place->history, member, mine + 4, take_hit, &hits, &place->failure));
	assert_int_equal(hits.sequences[0], 5);
	struct failure outside, absent;
	assert_int_equal(history_get(place->history, member, other, take_hit, &hits, &outside), ERROR_NOT_FOUND);
	assert_int_equal(history_get(place->history, member, other + 999, take_hit, &hits, &absent), ERROR_NOT_FOUND);
	assert_string_equal(outside.words, absent.words);
	subject = (struct subject){ .account = { { 1 } }, .role = ROLE_ADMINISTRATOR };
	const struct scope *counting = policy_scope(&snapshot, &subject, ACTION_COUNTER_READ, place->arena);
	assert_int_equal(
	    history_find(place->history, counting, &query, take_hit, &hits, &next, &place->failure), ERROR_DENIED);
}

struct replayed {
	uint32_t frames, alerts;
	uint64_t next;
};

static enum error replay(
    void *context, const struct history_batch *batch, uint64_t first, struct reader *encoded, struct failure *failure)
{
	struct replayed *replayed = context;
	assert_true(first >= replayed->next);
	for (uint32_t i = 0; i < batch->alerts; i++) {
		struct alert alert;
		assert_int_equal(alert_decode(encoded, &alert, failure), OK);
		assert_int_equal(alert.id.epoch.low, batch->epoch.low);
	}
	assert_true(reader_done(encoded));
	replayed->next = first + batch->alerts;
	replayed->frames++;
	replayed->alerts += batch->alerts;
	return OK;
}

static void test_replay_gives_what_follows_a_position_in_the_order_of_appending(void **state)
{
	struct history_place *place = *state;
	for (uint64_t i = 0; i < 5; i++)
		put_batch(place, 1, i, 10, START + (nanoseconds)(5 - i) * HOUR);
	place_reopen(place);
	for (uint32_t from = 0; from <= 50; from++) {
		struct replayed replayed = { 0 };
		fine(place, history_replay(place->history, place->work, ((uint64_t)1 << 32) + from, replay, &replayed,
				&place->failure));
		assert_int_equal(replayed.alerts, 50 - from);
		assert_int_equal(replayed.frames, (50 - from + 9) / 10);
	}
}

static void test_expiry_removes_whole_old_segments_and_never_reuses_a_position(void **state)
{
	struct history_place *place = *state;
	struct hits hits;
	uint64_t alerts, position = 0;
	for (int day = 0; day < 4; day++)
		position = put_batch(place, 1, (uint64_t)day, 10, START + day * DAY);
	assert_int_equal(position >> 32, 4); /* a day, a segment */
	fine(place, history_judge(place->history, (uint64_t)1 << 32, VERDICT_EVENT, (struct uuid){ { 1 } },
			(struct uuid){ 0 }, &place->failure));
	fine(place, history_sync(place->history, &place->failure));
	fine(place, history_expire(place->history, START + 2 * DAY, &alerts, &place->failure));
	assert_int_equal(alerts, 20);
	assert_int_equal(access(first_file(place), F_OK), -1);
	place_reopen(place);
	assert_int_equal(find(place, (struct history_query){ 0 }, &hits), 20);
	fine(place, history_expire(place->history, INT64_MAX, &alerts, &place->failure));
	assert_int_equal(alerts, 20);
	place_reopen(place);
	assert_int_equal(put_batch(place, 1, 99, 1, START) >> 32, 5);
}

static void test_doubles_are_known_before_and_after_a_restart(void **state)
{
	struct history_place *place = *state;
	put_batch(place, 1, 50, 10, START);
	for (int round = 0; round < 2; round++) {
		struct history_batch batch = { .sensor = 10,
			.epoch = { 1, 50 },
			.sequence_first = 1,
			.sequence_end = 11 },
				     stored;
		assert_int_equal(history_seen(place->history, &batch, &stored), 11);
		assert_int_equal(stored.lines, 10);
		assert_int_equal(stored.alerts, 10);
		batch.sequence_first = 4; /* cut differently the second time */
		batch.sequence_end = 20;
		assert_int_equal(history_seen(place->history, &batch, NULL), 11);
		batch.sequence_first = 11;
		assert_int_equal(history_seen(place->history, &batch, NULL), 11);
		batch.sensor = 20;
		batch.sequence_first = 1;
		assert_int_equal(history_seen(place->history, &batch, NULL), 1);
		place_reopen(place);
	}
}

static void test_a_frame_that_is_not_what_it_says_is_refused(void **state)
{
	struct history_place *place = *state;
	struct builder encoded = { 0 };
	struct history_batch batch = make_batch(&encoded, 1, 1, 3, START);
	struct text whole = { encoded.at, encoded.size };
	uint64_t position;
	batch.alerts = 2;
	assert_int_equal(history_append(place->history, &batch, whole, &position, &place->failure), ERROR_INPUT);
	batch.alerts = 4;
	assert_int_not_equal(history_append(place->history, &batch, whole, &position, &place->failure), OK);
	batch.alerts = 3;
	batch.organisation = 2;
	assert_int_equal(history_append(place->history, &batch, whole, &position, &place->failure), ERROR_INPUT);
	batch.organisation = 1;
	assert_int_equal(history_append(place->history, &batch, whole, &position, &place->failure), OK);
	batch.alerts = 0;
	assert_int_equal(history_append(place->history, &batch, TEXT_NONE, &position, &place->failure), OK);
	builder_free(&encoded);
	place_reopen(place);
	assert_int_equal(place->repair.cut_bytes, 0);
	assert_int_equal(place->repair.bad_frames, 0);
}

static void test_a_second_process_is_refused(void **state)
{
	struct history_place *place = *state;
	struct history *second = NULL;
	assert_int_equal(history_open(place->folder, &second, NULL, &place->failure), ERROR_CONFLICT);
	assert_null(second);
}

static void test_a_newer_file_is_refused_with_words(void **state)
{
	struct history_place *place = *state;
	put_batch(place, 1, 1, 1, START);
	uint8_t header[32];
	int file = open(first_file(place), O_RDWR);
	assert_int_equal(pread(file, header, 32, 0), 32);
	header[8] = 2;
	uint32_t sum = checksum(0, header, 28);
	memcpy(header + 28, &sum, 4);
	assert_int_equal(pwrite(file, header, 32, 0), 32);
	close(file);
	history_close(place->history);
	place->history = NULL;
	assert_int_equal(history_open(place->folder, &place->history, NULL, &place->failure), ERROR_VERSION);
	assert_non_null(strstr(place->failure.words, "newer"));
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, place_begin, place_end)
	const struct CMUnitTest tests[] = {
		TEST(test_history_keeps_every_acknowledged_batch_after_a_torn_tail),
		TEST(test_a_flipped_bit_costs_its_own_frame_and_is_counted),
		TEST(test_damage_while_running_is_met_skipped_and_counted_once),
		TEST(test_find_by_time_organisation_verdict_event_and_text),
		TEST(test_pages_in_both_directions_give_each_alert_once),
		TEST(test_a_member_finds_only_its_own_and_others_look_like_nothing),
		TEST(test_replay_gives_what_follows_a_position_in_the_order_of_appending),
		TEST(test_expiry_removes_whole_old_segments_and_never_reuses_a_position),
		TEST(test_doubles_are_known_before_and_after_a_restart),
		TEST(test_a_frame_that_is_not_what_it_says_is_refused),
		TEST(test_a_second_process_is_refused),
		TEST(test_a_newer_file_is_refused_with_words),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
