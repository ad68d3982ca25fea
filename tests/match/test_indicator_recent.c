/*
 * Changes of indicators beside a large set: newest line of an id counts, random streams against a plain table, folding,
 * forgetting, epochs, limits.
 */
#include "base/file.h"
#include "base/stream.h"
#include "match/indicator_recent.h"

#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#define IDS 200u

static enum error take(struct indicator_recent *recent, const char *line)
{
	struct failure failure = { 0 };
	enum error error = indicator_recent_take(recent, text_of(line), &failure);
	assert_true(error == OK || failure.words[0]);
	return error;
}

static struct indicator_overlay *compile(const struct indicator_recent *recent)
{
	struct indicator_overlay *overlay = NULL;
	struct failure failure;
	assert_int_equal(indicator_recent_compile(recent, &overlay, &failure), OK);
	return overlay;
}

struct met {
	const struct indicator_overlay *overlay; /* hides */
	unsigned count;
	uint32_t id;
	enum indicator_action action;
};

static void note(void *context, const struct indicator_match *match)
{
	struct met *met = context;
	if (indicator_overlay_hides(met->overlay, match->number))
		return;
	met->count++;
	met->id = match->number;
	met->action = match->action;
}

/* What a sensor with both sets meets. */
static struct met ask(const struct indicator_set *large, const struct indicator_overlay *overlay, const char *name)
{
	struct met met = { .overlay = overlay };
	indicator_set_field(large, FIELD_DNS_QUERY, text_of(name), note, &met);
	met.overlay = NULL;
	indicator_set_field(indicator_overlay_added(overlay), FIELD_DNS_QUERY, text_of(name), note, &met);
	return met;
}

static void test_newest_line_of_an_id_counts(void **state)
{
	(void)state;
	struct indicator_recent *recent = indicator_recent_new();
	take(recent, "{\"number\":1,\"id\":7,\"action\":\"alert\",\"values\":[[\"domain\",\"evil.example\"]]}");
	take(recent, "{\"number\":2,\"id\":7,\"action\":\"block\",\"values\":[[\"domain\",\"worse.example\"],[\"md5\","
		     "\"d41d8cd98f00b204e9800998ecf8427e\"]]}");
	take(recent, "{\"number\":1,\"id\":7}"); /* older */
	struct indicator_overlay *overlay = compile(recent);
	assert_int_equal(ask(NULL, overlay, "evil.example").count, 0);
	struct met met = ask(NULL, overlay, "www.worse.example");
	assert_int_equal(met.count, 1);
	assert_int_equal(met.id, 7);
	assert_int_equal(met.action, INDICATOR_BLOCK);
	indicator_overlay_free(overlay);
	take(recent, "{\"number\":3,\"id\":7}");
	overlay = compile(recent);
	assert_int_equal(ask(NULL, overlay, "www.worse.example").count, 0);
	assert_true(indicator_overlay_hides(overlay, 7) && !indicator_overlay_hides(overlay, 8));
	indicator_overlay_free(overlay);
	indicator_recent_free(recent);
}

static void test_wrong_lines_change_nothing(void **state)
{
	(void)state;
	static const char *const wrong[] = { "", "[]", "{\"number\":1}", "{\"number\":1,\"id\":0}",
		"{\"number\":1,\"id\":4294967296}", "{\"number\":0,\"id\":1}", "{\"number\":-1,\"id\":1}",
		"{\"number\":1,\"id\":1,\"values\":[[\"domain\",\"a.example\"]]}",
		"{\"number\":1,\"id\":1,\"action\":\"erase\",\"values\":[[\"domain\",\"a.example\"]]}",
		"{\"number\":1,\"id\":1,\"action\":\"alert\",\"values\":[]}",
		"{\"number\":1,\"id\":1,\"action\":\"alert\",\"values\":\"a.example\"}",
		"{\"number\":1,\"id\":1,\"action\":\"alert\",\"values\":[[\"domain\",\"a.example\"],[\"domain\",\"..\"]"
		"]}",
		"{\"number\":1,\"id\":1,\"action\":\"alert\",\"values\":[[\"colour\",\"red\"]]}",
		"{\"epoch\":\"\",\"since\":1}", "{\"epoch\":\"a b\",\"since\":1}", "{\"epoch\":\"a\"}" };
	struct indicator_recent *recent = indicator_recent_new();
	for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
		if (take(recent, wrong[i]) != ERROR_INPUT)
			fail_msg("taken: %s", wrong[i]);
	assert_int_equal(indicator_recent_state(recent).changed, 0);
	assert_int_equal(indicator_recent_state(recent).number, 0);
	indicator_recent_free(recent);
}

static void test_an_epoch_begins_anew(void **state)
{
	(void)state;
	struct indicator_recent *recent = indicator_recent_new();
	take(recent, "{\"epoch\":\"a\",\"since\":5}");
	take(recent, "{\"number\":6,\"id\":1,\"action\":\"alert\",\"values\":[[\"domain\",\"a.example\"]]}");
	take(recent, "{\"epoch\":\"a\",\"since\":5}"); /* the same: goes on */
	assert_int_equal(indicator_recent_state(recent).changed, 1);
	take(recent, "{\"epoch\":\"b\",\"since\":2}");
	assert_int_equal(indicator_recent_state(recent).changed, 0);
	assert_int_equal(indicator_recent_state(recent).number, 2);
	take(recent, "{\"number\":3,\"id\":1,\"action\":\"alert\",\"values\":[[\"domain\",\"b.example\"]]}");
	assert_int_equal(indicator_recent_state(recent).changed, 1);
	assert_string_equal(indicator_recent_state(recent).epoch, "b");
	indicator_recent_free(recent);
}

/* A plain table of what each id is. */
struct model {
	unsigned name[IDS + 1]; /* 0 = withdrawn or never there */
	enum indicator_action action[IDS + 1];
};

static void change(struct model *model, struct indicator_recent *recent, uint64_t number, bool withdraw)
{
	char line[200];
	unsigned id = 1 + (unsigned)rand() % IDS, name = 1 + (unsigned)rand() % 500;
	enum indicator_action action = (enum indicator_action)(rand() % INDICATOR_ACTIONS);
	if (withdraw)
		snprintf(line, sizeof line, "{\"number\":%" PRIu64 ",\"id\":%u}", number, id);
	else
		snprintf(line, sizeof line,
		    "{\"number\":%" PRIu64 ",\"id\":%u,\"action\":\"%s\",\"values\":[[\"domain\",\"n%u.example\"]]}",
		    number, id, indicator_action_name(action), name);
	assert_int_equal(take(recent, line), OK);
	model->name[id] = withdraw ? 0 : name;
	model->action[id] = action;
}

static void compare(const struct model *model, const struct indicator_set *large, struct indicator_recent *recent)
{
	struct indicator_overlay *overlay = compile(recent);
	for (unsigned name = 1; name <= 500; name++) {
		char text[32];
		unsigned expected = 0;
		snprintf(text, sizeof text, "x.n%u.example", name);
		for (unsigned id = 1; id <= IDS; id++)
			expected += model->name[id] == name;
		struct met met = ask(large, overlay, text);
		assert_int_equal(met.count, expected);
		if (expected == 1)
			assert_int_equal(met.action, model->action[met.id]);
	}
	indicator_overlay_free(overlay);
}

static void test_random_changes_with_folds(void **state)
{
	(void)state;
	struct model model = { 0 };
	struct indicator_recent *recent = indicator_recent_new();
	struct indicator_set *large = NULL;
	struct failure failure;
	srand(5);
	for (uint64_t number = 1; number <= 3000; number++) {
		change(&model, recent, number, rand() % 4 == 0);
		if (rand() % 50 == 0)
			compare(&model, large, recent);
		if (rand() % 200)
			continue;
		struct indicator_set *next;
		assert_int_equal(indicator_recent_fold(recent, large, &next, &failure), OK);
		assert_int_equal(indicator_set_as_of(next), number);
		for (int more = rand() % 20; more > 0; more--) /* while it is folded */
			change(&model, recent, ++number, rand() % 4 == 0);
		indicator_recent_forget(recent, indicator_set_as_of(next));
		indicator_set_free(large);
		large = next;
		compare(&model, large, recent);
	}
	indicator_set_free(large);
	indicator_recent_free(recent);
}

static void test_as_of_is_in_the_file(void **state)
{
	(void)state;
	char path[] = "/tmp/noroshi-recent.XXXXXX";
	struct indicator_recent *recent = indicator_recent_new();
	struct indicator_set *set, *again;
	struct stream *stream;
	struct failure failure = { 0 };
	close(mkstemp(path));
	take(
	    recent, "{\"number\":1234567890123,\"id\":7,\"action\":\"alert\",\"values\":[[\"domain\",\"a.example\"]]}");
	assert_int_equal(indicator_recent_fold(recent, NULL, &set, &failure), OK);
	assert_int_equal(indicator_set_write(set, path, &failure), OK);
	assert_int_equal(stream_open(path, &stream, &failure), OK);
	assert_int_equal(indicator_set_read(stream, &again, &failure), OK);
	assert_true(indicator_set_as_of(again) == 1234567890123);
	assert_int_equal(ask(again, NULL, "a.example").id, 7);
	stream_close(stream);
	unlink(path);
	indicator_set_free(set);
	indicator_set_free(again);
	indicator_recent_free(recent);
}

static void test_at_the_limit_a_change_waits_for_the_fold(void **state)
{
	(void)state;
	struct indicator_recent *recent = indicator_recent_new();
	char line[64];
	uint64_t number = 0;
	enum error error = OK;
	while (!error) {
		snprintf(line, sizeof line, "{\"number\":%" PRIu64 ",\"id\":%" PRIu64 "}", number + 1, number + 1);
		if (!(error = take(recent, line)))
			number++;
	}
	assert_int_equal(error, ERROR_LIMIT);
	assert_int_equal(number, INDICATOR_RECENT_MOST);
	assert_int_equal(indicator_recent_state(recent).number, number);
	assert_int_equal(take(recent, "{\"number\":900000,\"id\":1}"), OK); /* of one that is held */
	indicator_recent_forget(recent, number);
	assert_int_equal(take(recent, "{\"number\":900001,\"id\":900001}"), OK);
	indicator_recent_free(recent);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_newest_line_of_an_id_counts),
		cmocka_unit_test(test_wrong_lines_change_nothing),
		cmocka_unit_test(test_an_epoch_begins_anew),
		cmocka_unit_test(test_random_changes_with_folds),
		cmocka_unit_test(test_as_of_is_in_the_file),
		cmocka_unit_test(test_at_the_limit_a_change_waits_for_the_fold),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
