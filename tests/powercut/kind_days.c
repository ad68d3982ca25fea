/*
 * What a telescope keeps: day tables, notes on periods, publications. After the cut every day that was said to be
 * written is there and whole, every note that was said is told, and what was published stands as it was; a table or a
 * publication that nobody was told of is whole or not there.
 */
#include "kinds.h"

#include "darknet/day/day_folder.h"
#include "darknet/packet/arrival.h"
#include "darknet/view/publication.h"
#include "darknet/view/views_notes.h"

#define ROUNDS 3
#define PACKETS 7   /* of a day */
#define FIRST 19000 /* a day */
#define JAPAN (9 * 3600)

static char *below(const char *folder, const char *form, int number)
{
	static char paths[4][320];
	static unsigned turn;
	char *path = paths[turn++ % 4];
	snprintf(path, sizeof paths[0], "%s/%s%d.json", folder, form, number);
	return path;
}

/* A run of a sensor over three days; a second time it replaces what it said, by the same. */
static enum error keep_days(const char *folder, struct failure *failure)
{
	struct day_folder_part part = { folder, "sensor", "part", JAPAN, 4 };
	struct day_folder *days;
	enum error error = day_folder_begin(&part, &days, failure);
	if (error)
		return error;
	for (int64_t day = FIRST; day < FIRST + 3 && !error; day++) {
		struct activity activity = { .bin = day_begins(day, JAPAN),
			.packets = PACKETS,
			.port = 23,
			.protocol = 6,
			.kind = ARRIVAL_PROBE };
		error = day_folder_add(days, &activity, failure);
	}
	if (!error)
		return day_folder_end(days, failure);
	day_folder_abandon(days);
	return error;
}

static size_t notes_of(const char *folder)
{
	struct view_notes notes;
	struct failure failure;
	if (view_notes_read(folder, &notes, &failure) != OK)
		fail_msg("%s: %s", powercut_where(), failure.words);
	size_t count = notes.count;
	for (size_t i = 0; i < count; i++)
		assert_string_equal(notes.items[i].english, "a power cut");
	view_notes_free(&notes);
	return count;
}

static bool publish(const char *folder, int number)
{
	struct builder text = { 0 };
	struct failure failure;
	build_format(&text, "{\"published\":%d}\n", number);
	enum error error =
	    publication_write(below(folder, "published-", number), (struct text){ text.at, text.size }, &failure);
	builder_free(&text);
	return error == OK || error == ERROR_CONFLICT; /* by a process before this one */
}

static bool work(const char *folder)
{
	const struct view_note note = { .period = "2022",
		.japanese = "停電",
		.english = "a power cut",
		.author = "A",
		.written_text = "2022-02-01T00:00:00Z" };
	for (int number = 1; number <= ROUNDS; number++) {
		TRY(keep_days(folder, &failure));
		mark("kept %d", number);
		while (notes_of(folder) < (size_t)number)
			TRY(view_notes_add(folder, &note, &failure));
		mark("noted %d", number);
		if (!publish(folder, number))
			return false;
		/* a name that a killed process made may not be durable yet */
		TRY(directory_sync(folder, &failure));
		mark("published %d", number);
	}
	return true;
}

struct seen {
	uint64_t packets, days;
};

static enum error see_row(
    void *context, const struct day_about *about, const struct day_key *key, uint64_t packets, struct failure *failure)
{
	struct seen *seen = context;
	(void)failure;
	assert_true(about->day >= FIRST && about->day < FIRST + 3 && key->port == 23 && packets == PACKETS);
	seen->packets += packets;
	return OK;
}

static enum error see_file(void *context, const char *path, struct failure *failure)
{
	struct day_about about;
	struct seen *seen = context;
	seen->days++;
	return day_table_read(path, &about, see_row, context, failure);
}

static void check(const char *folder, const struct marks *marks)
{
	struct seen seen = { 0 };
	FINE(day_folder_each(folder, NULL, FIRST, FIRST + 2, see_file, &seen, &failure));
	assert_int_equal(seen.packets, seen.days * PACKETS);
	assert_true(seen.days == 3 || marked_number(marks, "kept ") == 0);
	assert_true(notes_of(folder) >= marked_number(marks, "noted "));
	for (int number = 1; number <= ROUNDS; number++) {
		char *at, wanted[32];
		size_t size;
		struct failure failure;
		enum error error = file_read(below(folder, "published-", number), 4096, &at, &size, &failure);
		if (error == ERROR_NOT_FOUND) {
			assert_true((uint64_t)number > marked_number(marks, "published "));
			continue;
		}
		assert_int_equal(error, OK);
		snprintf(wanted, sizeof wanted, "{\"published\":%d}\n", number);
		assert_string_equal(at, wanted);
		free(at);
	}
}

const struct powercut_kind kind_days = { "days", work, check };
