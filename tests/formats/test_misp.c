/*
 * MISP in and out: what came in goes out, each known property can be changed without any other, and a bad attribute
 * takes nothing else with it. Files of ../shared are skipped where they are missing.
 */
#include "formats/misp_inner.h"

#include <dirent.h>
#include <jansson.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct arena *arena;
static char said[1024];

static int begin(void **state)
{
	(void)state;
	said[0] = 0;
	arena = arena_new(0);
	return !arena;
}

static int end(void **state)
{
	(void)state;
	arena_free(arena);
	return 0;
}

static void complain(void *context, const struct failure *failure)
{
	(void)context;
	size_t size = strlen(said);
	snprintf(said + size, sizeof said - size, "%s\n", failure->words);
}

#define UUID(n) "5c7cdc3b-2f40-4dca-8200-00000000000" #n
static const char event[] = "{\"uuid\":\"" UUID(
    1) "\",\"info\":\"狼煙\",\"timestamp\":\"1551686770\",\"publish_timestamp\":1551686771,"
       "\"date\":\"2019-03-04\",\"Orgc\":{\"uuid\":\"" UUID(
	   9) "\",\"name\":\"組織\"},\"distribution\":\"4\","
	      "\"SharingGroup\":{\"name\":\"g\"},\"Galaxy\":[{\"x\":null}],\"sighting_timestamp\":1.50,"
	      "\"Attribute\":[{\"uuid\":\"" UUID(
		  2) "\",\"type\":\"ip-dst\",\"value\":\"10.0.0.1\",\"to_ids\":true,"
		     "\"comment\":\"\",\"timestamp\":\"0\",\"deleted\":false,\"first_seen\":null,\"last_seen\":"
		     "\"2026-01-02T03:04:05.000001+00:00\",\"Tag\":[{\"name\":\"tlp:red\"},{\"name\":\"PAP:GREEN\"}]},"
		     "{\"uuid\":\"" UUID(
			 3) "\",\"type\":\"comment\",\"value\":\"\",\"to_ids\":\"0\",\"deleted\":\"1\"}],"
			    "\"Object\":[{\"uuid\":\"" UUID(
				4) "\",\"name\":\"file\",\"description\":\"d\",\"comment\":\"c\",\"Attribute\":["
				   "{\"uuid\":\"" UUID(
				       5) "\",\"type\":\"md5\",\"value\":\"d41d8cd98f00b204e9800998ecf8427e\"}],"
					  "\"ObjectReference\":[{\"referenced_uuid\":\"" UUID(
					      2) "\"}]},"
						 "{\"uuid\":\"" UUID(
						     6) "\",\"name\":\"empty\",\"Attribute\":[]}],"
							"\"Tag\":[{\"name\":\"tlp:white\",\"colour\":\"#ffffff\"},{"
							"\"name\":\"misp-galaxy:x=\\\"y\\\"\",\"id\":7}]}";

static struct misp_stream *misp;
static struct stream *stream;

static void open_memory(const char *text, size_t size)
{
	assert_int_equal(stream_open_memory("memory", text, size, &stream, NULL), OK);
	misp = misp_stream_new(stream, complain, NULL);
	assert_non_null(misp);
}

static void shut(void)
{
	misp_stream_free(misp);
	stream_close(stream);
}

static struct misp_piece read_event(const char *text)
{
	struct misp_piece piece;
	struct failure failure = { 0 };
	open_memory(text, strlen(text));
	if (misp_stream_next(misp, arena, &piece, &failure))
		fail_msg("%s", failure.words);
	shut();
	return piece;
}

static json_t *written(const struct misp_piece *piece)
{
	struct builder to = { 0 };
	json_error_t error;
	assert_true(misp_write(piece->items, piece->count, &to));
	json_t *json = json_loadb(to.at, to.size, JSON_REJECT_DUPLICATES, &error);
	if (!json)
		fail_msg("%s: %s", error.text, to.at);
	builder_free(&to);
	return json;
}

static void test_an_event_goes_out_as_it_came(void **state)
{
	(void)state;
	struct misp_piece piece = read_event(event);
	json_t *came = json_loads(event, 0, NULL), *goes = written(&piece);
	assert_int_equal(piece.count, 6);
	assert_true(json_equal(came, goes));
	json_decref(came);
	json_decref(goes);
	assert_string_equal(said, "");
}

static void test_what_the_items_know(void **state)
{
	(void)state;
	struct misp_piece piece = read_event(event);
	const struct item *items = piece.items;
	assert_int_equal(items[0].kind, ITEM_REPORT);
	assert_int_equal(items[0].tlp, TLP_CLEAR);
	assert_int_equal(items[0].modified.when / SECOND, 1551686770);
	assert_int_equal(items[0].reference_count, 4); /* two attributes, two objects */
	assert_int_equal(items[1].kind, ITEM_INDICATOR);
	assert_int_equal(items[1].tlp, TLP_RED);
	assert_int_equal(items[1].pap, PAP_GREEN);
	assert_int_equal(items[2].kind, ITEM_OTHER);
	assert_int_equal(items[2].tlp, TLP_CLEAR);
	assert_false(items[2].tlp_marked);
	assert_true(items[2].revoked);
	assert_int_equal(items[3].form, ITEM_MISP_OBJECT);
	assert_true(text_equal(items[4].source_ref, items[3].id));
	assert_true(text_equal(items[4].pattern_type, TEXT("md5")));
}

/* ── each known property alone ─ */

static void edit(struct item *item, const struct misp_property *property)
{
	void *at = (char *)item + property->at;
	if (property->how == MISP_TEXT || property->how == MISP_BOOLEAN)
		item->present |= property->has;
	if (property->how == MISP_TEXT)
		*(struct text *)at = TEXT("edited");
	else if (property->how == MISP_BOOLEAN)
		*(bool *)at = !*(bool *)at;
	else
		*(struct item_time *)at = (struct item_time){ .when = 1234567890 * SECOND };
}

static void only_this_differs(json_t *before, json_t *after, const char *name)
{
	const char *key;
	json_t *value;
	assert_false(json_equal(json_object_get(before, name), json_object_get(after, name)));
	json_object_del(before, name);
	json_object_del(after, name);
	json_object_foreach(before, key, value)
	{
		if (!json_equal(value, json_object_get(after, key)))
			fail_msg("%s changed with %s", key, name);
	}
	assert_int_equal(json_object_size(before), json_object_size(after));
}

static void check_edit(const struct misp_piece *piece, uint32_t number, const struct misp_property *property)
{
	struct item item = piece->items[number];
	struct misp_piece alone = { .items = &item, .count = 1 };
	item.source_ref = TEXT_NONE;
	json_t *before = written(&alone);
	if (property)
		edit(&item, property);
	else
		item.tlp = TLP_AMBER_STRICT, item.tlp_marked = true;
	json_t *after = written(&alone);
	only_this_differs(before, after, property ? property->name : "Tag");
	json_decref(before);
	json_decref(after);
}

static void test_a_changed_property_is_the_only_one_that_differs(void **state)
{
	(void)state;
	struct misp_piece piece = read_event(event);
	static const uint32_t numbers[] = { 0, 1, 3, 4 };
	unsigned edited = 0;
	for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
		const struct item *item = &piece.items[numbers[i]];
		for (size_t p = 0; p < MISP_PROPERTIES; p++) {
			bool kept = numbers[i] == 1 && (p == 7 || p == 9); /* "0" and null stay what they are */
			if (kept || !(misp_properties[p].forms & 1u << item->form))
				continue;
			check_edit(&piece, numbers[i], &misp_properties[p]);
			edited++;
		}
		if (item->form != ITEM_MISP_OBJECT)
			check_edit(&piece, numbers[i], NULL);
	}
	assert_int_equal(edited, 4 + 6 + 7 + 8);
}

static void test_tags_follow_the_labels(void **state)
{
	(void)state;
	struct misp_piece piece = read_event(event);
	struct text labels[] = { TEXT("tlp:white"), TEXT("new") };
	piece.items[0].labels = labels;
	piece.items[0].pap = PAP_RED;
	json_t *json = written(&piece), *tags = json_object_get(json, "Tag");
	assert_int_equal(json_array_size(tags), 3);
	assert_string_equal(json_string_value(json_object_get(json_array_get(tags, 0), "colour")), "#ffffff");
	assert_string_equal(json_string_value(json_object_get(json_array_get(tags, 1), "name")), "new");
	assert_string_equal(json_string_value(json_object_get(json_array_get(tags, 2), "name")), "PAP:RED");
	json_decref(json);
}

/* ── bad parts ─ */

static void test_a_bad_attribute_takes_nothing_with_it(void **state)
{
	(void)state;
	struct misp_piece piece = read_event(
	    "{\"Event\":{\"uuid\":\"" UUID(1) "\",\"info\":\"i\",\"Attribute\":[{\"type\":\"url\"},17,{\"uuid\":"
					      "\"" UUID(2) "\",\"type\":\"url\",\"value\":\"x\"}],\"Object\":[[]]}}");
	assert_int_equal(piece.count, 2);
	assert_true(piece.wrapped);
	assert_string_equal(said,
	    "event 1, " UUID(1) ": attribute 1: uuid: a UUID was expected\n"
				"event 1, " UUID(1) ": attribute 2: uuid: a UUID was expected\n"
						    "event 1, " UUID(1) ": object 1: uuid: a UUID was expected\n");
}

static void test_what_is_no_event(void **state)
{
	(void)state;
	static const char *const cases[] = { "{}", "17", "{\"uuid\":\"" UUID(1) "\"}",
		"{\"" UUID(1) "\":{\"info\":\"of a manifest\"}}",
		"{\"uuid\":\"" UUID(1) "\",\"uuid\":\"" UUID(2) "\",\"info\":\"i\"}", "{\"response\":[[]]}",
		"{\"Event\":" };
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct misp_piece piece;
		struct failure failure = { 0 };
		open_memory(cases[i], strlen(cases[i]));
		assert_int_equal(misp_stream_next(misp, arena, &piece, &failure), ERROR_INPUT);
		assert_int_equal(strncmp(failure.words, "event 1, line 1: ", 17), 0);
		assert_int_equal(misp_stream_next(misp, arena, &piece, &failure), ERROR_END);
		shut();
	}
}

/* ── files ─ */

static json_t *load(const char *path, struct builder *text)
{
	struct stream *file;
	size_t got = 1;
	assert_int_equal(stream_open(path, &file, NULL), OK);
	while (got) {
		assert_true(build_room(text, 65536));
		assert_int_equal(stream_read(file, text->at + text->size, 65536, &got, NULL), OK);
		text->size += got;
	}
	stream_close(file);
	json_t *json = json_loadb(text->at, text->size, 0, NULL);
	assert_non_null(json);
	return json;
}

/* The file as it goes out, with what was around its events. */
static json_t *round_trip(const struct builder *text, bool list)
{
	struct misp_piece piece;
	struct failure failure = { 0 };
	json_t *events = json_array();
	open_memory(text->at, text->size);
	enum error error;
	while (!(error = misp_stream_next(misp, arena, &piece, &failure))) {
		json_t *one = written(&piece);
		json_array_append_new(events, piece.wrapped ? json_pack("{so}", "Event", one) : one);
	}
	if (error != ERROR_END)
		fail_msg("%s", failure.words);
	struct text around = misp_stream_around(misp);
	json_t *whole = around.size ? json_loadb(around.at, around.size, 0, NULL) : NULL;
	shut();
	if (whole) {
		json_object_set_new(whole, "response", events);
		return whole;
	}
	if (list)
		return events;
	whole = json_incref(json_array_get(events, 0));
	json_decref(events);
	return whole;
}

static void test_files_go_out_as_they_came(void **state)
{
	(void)state;
	char folder[4096], path[8192];
	const char *shared = getenv("NOROSHI_SHARED"), *root = getenv("SOURCE_ROOT");
	unsigned files = 0;
	if (shared)
		snprintf(folder, sizeof folder, "%s/data/misp", shared);
	else
		snprintf(folder, sizeof folder, "%s/../shared/data/misp", root ? root : ".");
	DIR *entries = opendir(folder);
	if (!entries)
		skip();
	for (struct dirent *entry; (entry = readdir(entries));) {
		struct builder text = { 0 };
		if (entry->d_name[0] == '.')
			continue;
		snprintf(path, sizeof path, "%s/%s", folder, entry->d_name);
		json_t *came = load(path, &text), *whole = round_trip(&text, json_is_array(came));
		if (!json_equal(came, whole))
			fail_msg("%s does not go out as it came in", path);
		json_decref(came);
		json_decref(whole);
		builder_free(&text);
		files++;
	}
	closedir(entries);
	assert_true(files >= 6);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_an_event_goes_out_as_it_came, begin, end),
		cmocka_unit_test_setup_teardown(test_what_the_items_know, begin, end),
		cmocka_unit_test_setup_teardown(test_a_changed_property_is_the_only_one_that_differs, begin, end),
		cmocka_unit_test_setup_teardown(test_tags_follow_the_labels, begin, end),
		cmocka_unit_test_setup_teardown(test_a_bad_attribute_takes_nothing_with_it, begin, end),
		cmocka_unit_test_setup_teardown(test_what_is_no_event, begin, end),
		cmocka_unit_test_setup_teardown(test_files_go_out_as_they_came, begin, end),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
