/*
 * History when the disk refuses: every single operation fails once, with a full disk and with an I/O error. What was
 * acknowledged is there afterwards, once, and nothing between the frames is damaged.
 */
#include "history_place.h"

#include <sys/wait.h>
#include <unistd.h>

#define START ((nanoseconds)1700000000 * SECOND)
#define BATCHES 4
#define FAILED 2
#define OTHER_CAUSE 3 /* of a full disk something else was said */

/* Stores one batch as the keeper does: refuses doubles, gives up what failed, opens anew after a failed sync. */
static bool store_batch(struct history_place *place, uint64_t epoch, bool *failed)
{
	struct builder encoded = { 0 };
	struct history_batch batch = make_batch(&encoded, 1, epoch, 3, START + (nanoseconds)epoch * MINUTE);
	uint64_t position;
	enum error error = OK, again = OK;
	if (!place->history)
		error = history_open(place->folder, &place->history, &place->repair, &place->failure);
	if (!error && history_seen(place->history, &batch, NULL) < batch.sequence_end) {
		error = history_append(
		    place->history, &batch, (struct text){ encoded.at, encoded.size }, &position, &place->failure);
		if (!error)
			error = history_sync(place->history, &place->failure);
		if (!error) {
			struct uuid none = { 0 };
			error =
			    history_judge(place->history, position, VERDICT_BACKGROUND, none, none, &place->failure);
		}
		if (error && place->history && (again = history_sync(place->history, &place->failure)) != OK) {
			history_close(place->history);
			place->history = NULL;
		}
	} else if (!error) {
		error = history_sync(place->history, &place->failure);
	}
	builder_free(&encoded);
	*failed |= error != OK;
	const char *failing = getenv("NOROSHI_FILE_FAIL");
	if (strstr(failing, "ENOSPC") && ((error && error != ERROR_LIMIT) || (again && again != ERROR_LIMIT)))
		_exit(OTHER_CAUSE);
	return error == OK;
}

/* In a process of its own, whose operation `number` fails. Each batch is tried up to three times; exits 0 when none
 * failed. */
static void work(struct history_place *place, int number, const char *error, int acknowledged)
{
	char failing[32];
	snprintf(failing, sizeof failing, "%d:%s", number, error);
	setenv("NOROSHI_FILE_FAIL", failing, 1);
	place->history = NULL;
	bool failed = false;
	for (uint64_t epoch = 1; epoch <= BATCHES; epoch++) {
		bool stored = false;
		for (int tries = 0; tries < 3 && !stored; tries++)
			stored = store_batch(place, epoch, &failed);
		char said = (char)epoch;
		if (!stored || write(acknowledged, &said, 1) != 1)
			_exit(1); /* one failure, and three tries are not enough */
	}
	if (place->history && history_sync(place->history, &place->failure) != OK)
		failed = true;
	_exit(failed ? FAILED : 0);
}

static int run_with_failure(struct history_place *place, int number, const char *error)
{
	int ends[2], status;
	char said[BATCHES + 1];
	assert_int_equal(pipe(ends), 0);
	history_close(place->history);
	place->history = NULL;
	pid_t child = fork();
	if (child == 0)
		work(place, number, error, ends[1]);
	close(ends[1]);
	ssize_t got = read(ends[0], said, sizeof said);
	while (got >= 0 && got < BATCHES) {
		ssize_t more = read(ends[0], said + got, sizeof said - (size_t)got);
		if (more <= 0)
			break;
		got += more;
	}
	close(ends[0]);
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFEXITED(status));
	if (WEXITSTATUS(status) != 0 && WEXITSTATUS(status) != FAILED)
		fail_msg("operation %d with %s: a batch could not be stored in three tries", number, error);
	assert_int_equal(got, BATCHES);
	return WEXITSTATUS(status);
}

static void check_whole(struct history_place *place, int number, const char *error)
{
	struct hits hits;
	place_reopen(place);
	if (place->repair.bad_frames)
		fail_msg("operation %d with %s left damage: %s", number, error, place->repair.words);
	assert_int_equal(find(place, (struct history_query){ 0 }, &hits), 3 * BATCHES);
	for (uint32_t i = 0; i < hits.count; i++) {
		assert_int_equal(hits.epochs[i], 1 + i / 3);
		assert_int_equal(hits.sequences[i], 1 + i % 3);
	}
}

static void empty_folder(struct history_place *place)
{
	char command[160];
	history_close(place->history);
	place->history = NULL;
	snprintf(command, sizeof command, "rm -f '%s'/*", place->folder);
	assert_int_equal(system(command), 0);
}

static void every_operation_fails_once(struct history_place *place, const char *error)
{
	int number = 1;
	do {
		empty_folder(place);
		if (number > 200)
			fail_msg("%s", "the work never ends without a failure");
		if (run_with_failure(place, number, error) == 0)
			break;
		check_whole(place, number, error);
		number++;
	} while (true);
	check_whole(place, number, error);
	assert_true(number > 3 * BATCHES); /* else nothing was tried */
}

static void test_a_full_disk_loses_and_doubles_no_acknowledged_batch(void **state)
{
	every_operation_fails_once(*state, "ENOSPC");
}

static void test_an_io_error_loses_and_doubles_no_acknowledged_batch(void **state)
{
	every_operation_fails_once(*state, "EIO");
}

static void test_a_full_disk_is_told_from_other_errors(void **state)
{
	struct history_place *place = *state;
	pid_t child = fork();
	if (child == 0) {
		struct builder encoded = { 0 };
		uint64_t position;
		setenv("NOROSHI_FILE_FAIL", "1:ENOSPC", 1);
		struct history_batch batch = make_batch(&encoded, 1, 1, 3, START);
		enum error error = history_append(
		    place->history, &batch, (struct text){ encoded.at, encoded.size }, &position, &place->failure);
		_exit(error == ERROR_LIMIT ? 0 : 1);
	}
	int status;
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, place_begin, place_end)
	const struct CMUnitTest tests[] = {
		TEST(test_a_full_disk_is_told_from_other_errors),
		TEST(test_a_full_disk_loses_and_doubles_no_acknowledged_batch),
		TEST(test_an_io_error_loses_and_doubles_no_acknowledged_batch),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
