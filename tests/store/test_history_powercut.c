/*
 * History over power cuts: a process appends, judges, rolls over to a new segment and removes an old one while every
 * operation is recorded; then the folder is rebuilt as after a cut behind each of them, once with nothing that was not
 * synced and once with half of it, and opened. Every batch that was acknowledged by then is there, once.
 */
#include "history_place.h"

#include "base/file.h"

#include "../base/folder_model.h"

#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define START ((nanoseconds)1700000000 * SECOND)
#define BATCHES 8
#define ALERTS 3

static void store_batches(const char *folder)
{
	struct history_place place = { 0 };
	uint64_t removed;
	if (history_open(folder, &place.history, NULL, &place.failure))
		_exit(1);
	for (uint64_t epoch = 1; epoch <= BATCHES; epoch++) {
		struct builder encoded = { 0 };
		char said[16];
		uint64_t position;
		nanoseconds day = epoch > BATCHES / 2 ? 5 * DAY : 0;
		struct history_batch batch =
		    make_batch(&encoded, 1, epoch, ALERTS, START + day + (nanoseconds)epoch * MINUTE);
		if (history_append(
			place.history, &batch, (struct text){ encoded.at, encoded.size }, &position, &place.failure))
			_exit(2);
		builder_free(&encoded);
		if (epoch % 2 == 0 &&
		    epoch < BATCHES) /* so the fourth waits unsynced when the fifth begins a new segment */
			continue;
		if (history_sync(place.history, &place.failure) ||
		    history_judge(place.history, position, VERDICT_EVENT, (struct uuid){ { 1 } }, (struct uuid){ 0 },
			&place.failure))
			_exit(2);
		snprintf(said, sizeof said, "ack %d", (int)epoch);
		file_mark(text_of(said));
	}
	file_mark(TEXT("expire"));
	if (history_expire(place.history, START + 2 * DAY, &removed, &place.failure) || removed != ALERTS * BATCHES / 2)
		_exit(3);
	history_close(place.history);
	_exit(0);
}

/* Writes the model's files into `folder`: what is durable, and with `half` also half of what is not. */
static void write_out(const struct folder *model, const char *folder, bool half)
{
	mkdir(folder, 0700);
	for (int i = 0; i < model->name_count; i++) {
		const struct name *name = &model->names[i];
		char path[400];
		int index = half ? name->content : name->durable;
		snprintf(path, sizeof path, "%s%s", folder, strrchr(name->path, '/'));
		remove(path);
		if (index < 0)
			continue;
		const struct content *content = &model->contents[index];
		size_t more = content->size > content->durable_size ? (content->size - content->durable_size) / 2 : 0;
		FILE *file = fopen(path, "wb");
		assert_non_null(file);
		if (content->durable_size)
			assert_int_equal(
			    fwrite(content->durable, 1, content->durable_size, file), content->durable_size);
		if (half && more)
			assert_int_equal(fwrite(content->at + content->durable_size, 1, more, file), more);
		fclose(file);
	}
}

static void check(struct history_place *place, const struct folder *model, bool half, int acknowledged, bool expiring)
{
	char folder[80];
	struct hits hits;
	snprintf(folder, sizeof folder, "%s-cut", place->folder);
	write_out(model, folder, half);
	struct history *own = place->history;
	fine(place, history_open(folder, &place->history, &place->repair, &place->failure));
	assert_int_equal(place->repair.bad_frames, 0);
	find(place, (struct history_query){ 0 }, &hits);
	/* Whole batches in their order; what was removed as too old may be gone once that had begun. */
	assert_int_equal(hits.count % ALERTS, 0);
	uint64_t first = hits.count ? hits.epochs[0] : 1;
	assert_true(first == 1 || (expiring && first == BATCHES / 2 + 1));
	for (uint32_t i = 0; i < hits.count; i++) {
		assert_int_equal(hits.epochs[i], first + i / ALERTS);
		assert_int_equal(hits.sequences[i], 1 + i % ALERTS);
	}
	assert_true((int)(first - 1 + hits.count / ALERTS) >= acknowledged);
	history_close(place->history);
	place->history = own;
	for (int i = 0; i < model->name_count; i++) {
		char path[400];
		snprintf(path, sizeof path, "%s%s", folder, strrchr(model->names[i].path, '/'));
		remove(path);
	}
	rmdir(folder);
}

static void test_history_keeps_what_it_acknowledged_over_a_power_cut_behind_every_operation(void **state)
{
	struct history_place *place = *state;
	char journal[96], folder[96], *at;
	size_t size;
	int status, acknowledged = 0, cuts = 0;
	bool expiring = false;
	snprintf(journal, sizeof journal, "%s/journal", place->folder);
	snprintf(folder, sizeof folder, "%s/work", place->folder);
	pid_t child = fork();
	if (child == 0) {
		setenv("NOROSHI_FILE_JOURNAL", journal, 1);
		store_batches(folder);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
	fine(place, file_read(journal, 1 << 24, &at, &size, &place->failure));
	struct reader reader = reader_of(at, size);
	struct file_record record;
	struct folder model = { 0 };
	while (file_journal_next(&reader, &record, NULL) == OK) {
		replay(&model, &record);
		if (record.operation == FILE_MARK) {
			char words[16];
			text_copy(record.data, words, sizeof words);
			sscanf(words, "ack %d", &acknowledged);
			expiring = expiring || strcmp(words, "expire") == 0;
		}
		check(place, &model, false, acknowledged, expiring);
		check(place, &model, true, acknowledged, expiring);
		cuts++;
	}
	assert_int_equal(acknowledged, BATCHES);
	assert_true(cuts > 4 * BATCHES);
	folder_free(&model);
	free(at);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
		    test_history_keeps_what_it_acknowledged_over_a_power_cut_behind_every_operation, place_begin,
		    place_end),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
