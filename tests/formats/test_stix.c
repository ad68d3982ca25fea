/*
 * STIX in and out: what came in goes out, each known property can be changed without any other, and one bad object
 * stops nothing. Files of ../shared are skipped where they are missing.
 */
#include "formats/stix_inner.h"
#include "formats/stix_stream.h"

#include <dirent.h>
#include <jansson.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct arena *arena;

static int begin(void **state)
{
	(void)state;
	arena = arena_new(0);
	return !arena;
}

static int end(void **state)
{
	(void)state;
	arena_free(arena);
	return 0;
}

#define ID "--11111111-2222-4333-8444-555555555555"
#define OTHER "--aaaaaaaa-bbbb-4ccc-8ddd-eeeeeeeeeeee"
#define TIMES "\"created\":\"2026-01-02T03:04:05.1Z\",\"modified\":\"2026-01-02T03:04:05.123456789012Z\""
#define RED "marking-definition--e828b379-4e03-4974-9ac4-e53a884c97c1"
#define AMBER_OF_TLP_1 "marking-definition--f88d31f6-486f-44da-b317-01333bde0b82"
#define NUMBERS "1.50,1e400,-0,123456789012345678901234567890"
#define STATEMENT "marking-definition" OTHER

/* One of each kind, with everything that the item has a place for, and more. */
static const char indicator[] =
    "{\"type\":\"indicator\",\"spec_version\":\"2.1\",\"id\":\"indicator" ID "\"," TIMES
    ",\"created_by_ref\":\"identity" ID "\",\"revoked\":false,\"labels\":[\"a\",\"pap:green\",\"\"],\"confidence\":0,"
    "\"lang\":\"ja\",\"object_marking_refs\":[\"" STATEMENT "\",\"" AMBER_OF_TLP_1 "\"],\"name\":\"\","
    "\"description\":\"狼煙 \\u0001 \\\"\",\"pattern\":\"[ipv4-addr:value = '10.0.0.1']\",\"pattern_type\":\"stix\","
    "\"pattern_version\":\"2.1\",\"valid_from\":\"1969-01-01T00:00:00Z\",\"valid_until\":\"9999-12-31T23:59:59Z\","
    "\"x_ours\":{\"n\":[" NUMBERS ",null,{}],\"their_ref\":\"tool" OTHER "\"},"
    "\"indicator_types\":[],\"granular_markings\":[{\"marking_ref\":\"" RED "\",\"selectors\":[\"name\"]}],"
    "\"extensions\":{\"extension-definition" OTHER "\":{\"extension_type\":\"property-extension\",\"rank\":5}}}";
static const char sighting[] =
    "{\"type\":\"sighting\",\"spec_version\":\"2.1\",\"id\":\"sighting" ID "\"," TIMES
    ",\"sighting_of_ref\":\"indicator" ID "\",\"count\":0,\"first_seen\":\"2026-01-02T03:04:05Z\","
    "\"last_seen\":\"2026-01-02T03:04:06Z\",\"where_sighted_refs\":[\"identity" ID "\",\"identity" OTHER
    "\",\"identity" ID "\"],\"summary\":true}";
static const char relation[] = "{\"type\":\"relationship\",\"id\":\"relationship" ID "\"," TIMES
			       ",\"relationship_type\":\"uses\",\"source_ref\":\"tool" ID
			       "\",\"target_ref\":\"tool" OTHER "\",\"count\":\"of no sighting\"}";
static const char report[] =
    "{\"type\":\"report\",\"spec_version\":\"2.1\",\"id\":\"report" ID "\"," TIMES
    ",\"name\":\"r\",\"published\":\"2026-01-02T03:04:05Z\",\"object_refs\":[\"report" ID "\",\"indicator" ID "\"]}";
static const char observable[] = "{\"type\":\"ipv4-addr\",\"id\":\"ipv4-addr" ID "\",\"value\":\"10.0.0.1\"}";
static const char said_observable[] =
    "{\"type\":\"ipv4-addr\",\"spec_version\":\"2.1\",\"id\":\"ipv4-addr" ID "\",\"value\":\"10.0.0.1\"}";
static const char *const seeds[] = { indicator, sighting, relation, report, observable, said_observable };
#define SEEDS (sizeof seeds / sizeof *seeds)

static enum error read_object(const char *json, struct item *item, struct failure *failure)
{
	struct json_parser *parser = json_parser_new(STIX_DEEPEST);
	enum error error = item_from_stix(parser, text_of(json), arena, item, failure);
	json_parser_free(parser);
	return error;
}

static struct item read_well(const char *json)
{
	struct item item;
	struct failure failure = { 0 };
	if (read_object(json, &item, &failure))
		fail_msg("%s", failure.words);
	return item;
}

static json_t *written(const struct item *item)
{
	struct builder to = { 0 };
	json_error_t error;
	item_to_stix(item, &to);
	assert_false(to.failed);
	json_t *json = json_loadb(to.at, to.size, JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL, &error);
	if (!json)
		fail_msg("%s: %s", error.text, to.at);
	builder_free(&to);
	return json;
}

static void test_objects_go_out_as_they_came(void **state)
{
	(void)state;
	for (size_t i = 0; i < SEEDS; i++) {
		struct item item = read_well(seeds[i]);
		struct builder to = { 0 };
		item_to_stix(&item, &to);
		struct item again = read_well(to.at);
		struct builder twice = { 0 };
		item_to_stix(&again, &twice);
		assert_string_equal(to.at, twice.at);
		if (i > 0) { /* jansson has no 1e400 */
			json_t *came = json_loads(seeds[i], 0, NULL), *goes = written(&item);
			assert_true(json_equal(came, goes));
			json_decref(came);
			json_decref(goes);
		} else {
			assert_non_null(strstr(to.at, "{\"n\":[" NUMBERS ",null,{}]"));
			assert_int_equal(strlen(to.at), strlen(indicator));
		}
		builder_free(&to);
		builder_free(&twice);
	}
}

static void test_what_an_item_knows(void **state)
{
	(void)state;
	struct item item = read_well(indicator);
	assert_int_equal(item.kind, ITEM_INDICATOR);
	assert_int_equal(item.form, ITEM_STIX_21);
	assert_int_equal(item.tlp, TLP_AMBER);
	assert_true(item.tlp_marked);
	assert_int_equal(item.pap, PAP_GREEN);
	assert_int_equal(item.valid_from.when, 1);
	assert_int_equal(item.valid_until.when, ITEM_TIME_LAST);
	assert_int_equal(item.modified.when % SECOND, 123456789);
	assert_int_equal(item.reference_count, 5); /* identity, statement, amber, tool, red */
	assert_int_equal(read_well(sighting).reference_count, 3);
	assert_int_equal(read_well(relation).form, ITEM_STIX_20);
	assert_int_equal(read_well(observable).form, ITEM_STIX_21);
}

/* ── each known property alone ─ */

static const struct text two_labels[] = { { "x", 1 }, { "y", 1 } };

static void edit(struct item *item, const struct stix_property *property)
{
	void *at = (char *)item + property->at;
	item->present |= property->has;
	switch (property->how) {
	case STIX_TEXT:
		*(struct text *)at = TEXT("edited");
		break;
	case STIX_REFERENCE:
		*(struct text *)at = TEXT("tool--00000000-0000-4000-8000-000000000000");
		break;
	case STIX_TIME:
		*(struct item_time *)at = (struct item_time){ .when = 1234567890 * SECOND };
		break;
	case STIX_BOOLEAN:
		*(bool *)at = !*(bool *)at;
		break;
	case STIX_PERCENT:
		item->confidence = 77;
		break;
	case STIX_NUMBER:
		item->count = 77;
		break;
	case STIX_TEXTS:
		item->labels = two_labels;
		item->label_count = 2;
		item->pap = PAP_NONE;
		break;
	case STIX_REFERENCES:
		item->tlp = TLP_RED;
		item->tlp_marked = true;
		break;
	}
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

static void test_a_changed_property_is_the_only_one_that_differs(void **state)
{
	(void)state;
	unsigned edited = 0;
	for (size_t i = 0; i < SEEDS; i++) {
		struct builder plain = { 0 };
		build_text(&plain, text_of(seeds[i]));
		char *large = strstr(plain.at, NUMBERS); /* which jansson has not */
		if (large)
			memset(large, ' ', strlen(NUMBERS)), *large = '0';
		for (size_t p = 0; p < STIX_PROPERTIES; p++) {
			struct item item = read_well(plain.at);
			if (!(stix_properties[p].kinds & 1u << item.kind) || (item.kind == ITEM_OTHER && p == 2))
				continue; /* what observes has no `created`: with it comes a version */
			json_t *before = written(&item);
			edit(&item, &stix_properties[p]);
			json_t *after = written(&item);
			only_this_differs(before, after, stix_properties[p].name);
			json_decref(before);
			json_decref(after);
			edited++;
		}
		builder_free(&plain);
	}
	assert_int_equal(edited, 18 + 15 + 16 + 14 + 12 + 12);
}

static void test_a_changed_tlp_takes_the_place_of_the_old(void **state)
{
	(void)state;
	struct item item =
	    read_well("{\"type\":\"tool\",\"spec_version\":\"2.1\",\"id\":\"tool" ID "\"," TIMES
		      ",\"object_marking_refs\":[\"" AMBER_OF_TLP_1 "\",\"" STATEMENT "\",\"" RED "\"]}");
	json_t *json, *list;
	assert_int_equal(item.tlp, TLP_RED); /* the strictest */
	for (int tlp = TLP_CLEAR; tlp <= TLP_RED; tlp++) {
		enum tlp said;
		item.tlp = (enum tlp)tlp;
		json = written(&item);
		list = json_object_get(json, "object_marking_refs");
		assert_int_equal(json_array_size(list), tlp == TLP_RED ? 3 : 2);
		assert_true(stix_tlp_parse(text_of(json_string_value(json_array_get(list, 0))), &said));
		assert_int_equal(said, tlp == TLP_RED ? TLP_AMBER : (enum tlp)tlp);
		assert_string_equal(json_string_value(json_array_get(list, 1)), STATEMENT);
		json_decref(json);
	}
	item.form = ITEM_STIX_20;
	item.tlp = TLP_CLEAR;
	json = written(&item);
	assert_string_equal(json_string_value(json_array_get(json_object_get(json, "object_marking_refs"), 0)),
	    "marking-definition--613f2e26-407d-48c7-9eca-b8e91df99dc9");
	json_decref(json);
}

static void test_definitions_of_tlp(void **state)
{
	(void)state;
	for (int tlp = TLP_CLEAR; tlp <= TLP_RED; tlp++) {
		struct builder to = { 0 };
		struct json_parser *parser = json_parser_new(8);
		struct json_value root;
		enum tlp said;
		stix_tlp_definition((enum tlp)tlp, &to);
		assert_int_equal(json_parse(parser, (struct text){ to.at, to.size }, &root, NULL), OK);
		assert_true(stix_tlp_defined(root, &said));
		assert_int_equal(said, tlp);
		assert_int_equal(read_well(to.at).kind, ITEM_OTHER);
		json_parser_free(parser);
		builder_free(&to);
	}
}

static void test_definitions_that_are_not_official(void **state)
{
	(void)state;
#define OWN "{\"type\":\"marking-definition\",\"id\":\"marking-definition--11111111-1111-4111-8111-111111111111\","
#define OF_TLP_2 "\"extensions\":{\"extension-definition--60a3c5c5-0d10-413e-aab3-9e08dde9e88d\":{\"tlp_2_0\":\""
#define OF_TLP_1 "\"definition_type\":\"tlp\",\"definition\":{\"tlp\":\""
	static const struct {
		const char *json;
		int said; /* -1: nothing */
	} cases[] = {
		{ OWN OF_TLP_1 "white\"}}", TLP_CLEAR },
		{ OWN OF_TLP_1 "amber\"}}", TLP_AMBER },
		{ OWN OF_TLP_2 "amber+strict\"}}}", TLP_AMBER_STRICT },
		{ OWN OF_TLP_1 "purple\"}}", TLP_RED },
		{ OWN OF_TLP_2 "\"}}}", TLP_RED },
		{ OWN OF_TLP_1 "green\"}," OF_TLP_2 "red\"}}}", TLP_RED },
		{ OWN OF_TLP_1 "amber\"}," OF_TLP_2 "clear\"}}}", TLP_AMBER },
		{ OWN "\"definition_type\":\"statement\",\"definition\":{\"statement\":\"TLP:RED\"}}", -1 },
		{ "{\"type\":\"note\"," OF_TLP_1 "red\"}}", -1 },
	};
	struct json_parser *parser = json_parser_new(8);
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct json_value root;
		enum tlp said = TLP_CLEAR;
		assert_int_equal(json_parse(parser, text_of(cases[i].json), &root, NULL), OK);
		assert_int_equal(stix_tlp_defined(root, &said) ? (int)said : -1, cases[i].said);
	}
	json_parser_free(parser);
}

/* ── bad objects ─ */

static void test_one_clear_complaint(void **state)
{
	(void)state;
	static const struct {
		const char *json, *words;
	} cases[] = {
		{ "17", "an object of STIX, { … }, was expected" },
		{ "{\"id\":\"tool" ID "\"}", "tool" ID ": type: a text was expected" },
		{ "{\"type\":\"bundle\",\"id\":\"bundle" ID "\"}",
		    "bundle" ID ": a bundle stands here where one of its objects was expected" },
		{ "{\"type\":\"tool\",\"id\":\"tool\"}",
		    "tool: id: the object's type, two hyphens and a UUID was expected" },
		{ "{\"type\":\"tool\",\"id\":\"malware" ID "\"}",
		    "malware" ID ": id: the object's type, two hyphens and a UUID was expected" },
		{ "{\"type\":\"tool\",\"id\":\"tool" ID "\",\"confidence\":101}",
		    "tool" ID ": confidence: a whole number from 0 to 100 was expected" },
		{ "{\"type\":\"tool\",\"id\":\"tool" ID "\",\"confidence\":1e999}",
		    "tool" ID ": confidence: a whole number from 0 to 100 was expected" },
		{ "{\"type\":\"tool\",\"id\":\"tool" ID "\",\"created\":\"2026-02-30T00:00:00Z\"}",
		    "tool" ID ": created: a time as 2026-01-31T12:00:00.000Z was expected" },
		{ "{\"type\":\"tool\",\"id\":\"tool" ID "\",\"created\":\"2026-02-03T00:00:00\"}",
		    "tool" ID ": created: a time as 2026-01-31T12:00:00.000Z was expected" },
		{ "{\"type\":\"tool\",\"id\":\"tool" ID "\",\"labels\":\"x\"}",
		    "tool" ID ": labels: a list of texts was expected" },
		{ "{\"type\":\"tool\",\"id\":\"tool" ID "\",\"created_by_ref\":\"me\"}",
		    "tool" ID ": created_by_ref: an identifier, type--UUID, was expected" },
		{ "{\"type\":\"tool\",\"id\":\"tool" ID "\",\"name\":\"a\\u0000b\"}",
		    "tool" ID ": name: a text without NUL was expected" },
		{ "{\"type\":\"tool\",\"id\":\"tool" ID "\",\"revoked\":1}",
		    "tool" ID ": revoked: true or false was expected" },
		{ "{\"type\":\"tool\",\"spec_version\":\"3.0\",\"id\":\"tool" ID "\"}",
		    "tool" ID ": spec_version: \"2.1\", or \"2.0\", was expected" },
		{ "{\"type\":\"indicator\",\"id\":\"indicator" ID "\"}",
		    "indicator" ID ": pattern: this property was expected" },
		{ "{\"type\":\"tool\",\"id\":\"tool" ID "\",\"x\":{\"y\":1,\"y\":2}}",
		    "tool" ID ": y: once was expected, and it stands there twice" },
		{ "{\"type\":\"tool\",\"id\":\"tool" ID "\",\"name\":\"\xff\"}", "JSON, byte 73: this is not UTF-8" },
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct item item;
		struct failure failure = { 0 };
		assert_int_equal(read_object(cases[i].json, &item, &failure), ERROR_INPUT);
		assert_string_equal(failure.words, cases[i].words);
	}
}

struct met {
	unsigned items, bad;
	char words[2048];
	struct builder bundle;
};

static struct met read_stream(const char *name, struct stream *stream, void (*take)(const struct item *item))
{
	struct met met = { 0 };
	struct failure failure = { 0 };
	struct stix_stream *stix = stix_stream_new(stream);
	enum error error = OK;
	assert_non_null(stix);
	while (error != ERROR_END) {
		struct item item;
		arena_clear(arena);
		error = stix_stream_next(stix, arena, &item, &failure);
		if (error == ERROR_INPUT) {
			size_t size = strlen(met.words);
			snprintf(met.words + size, sizeof met.words - size, "%s\n", failure.words);
			met.bad++;
		} else if (!error) {
			met.items++;
			if (take)
				take(&item);
		} else if (error != ERROR_END) {
			fail_msg("%s: %s", name, failure.words);
		}
	}
	build_text(&met.bundle, stix_stream_bundle(stix));
	stix_stream_free(stix);
	stream_close(stream);
	return met;
}

static struct met read_memory(const char *text)
{
	struct stream *stream;
	assert_int_equal(stream_open_memory("memory", text, strlen(text), &stream, NULL), OK);
	struct met met = read_stream("memory", stream, NULL);
	builder_free(&met.bundle);
	return met;
}

#define TOOL "{\"type\":\"tool\",\"id\":\"tool" ID "\",\"name\":\"t\"}"

static void test_whatever_holds_the_objects(void **state)
{
	(void)state;
	static const struct {
		const char *text;
		unsigned items, bad;
	} cases[] = {
		{ "{\"type\":\"bundle\",\"id\":\"bundle" ID "\",\"objects\":[" TOOL ",\n" TOOL "]}", 2, 0 },
		{ "{\"objects\" : [" TOOL "],\"type\":\"bundle\",\"spec_version\":\"2.0\"}" TOOL, 2, 0 },
		{ "{\"type\":\"bundle\",\"id\":\"bundle" ID "\"}", 0, 0 },
		{ "{\"more\":true,\"next\":\"7\",\"objects\":[" TOOL "]}", 1, 0 },
		{ "{}", 0, 0 },
		{ "", 0, 0 },
		{ "{\"more\":false}", 0, 0 },
		{ TOOL, 1, 0 },
		{ "\xef\xbb\xbf" TOOL "\n" TOOL "\n", 2, 0 },
		{ "[" TOOL "," TOOL "]", 2, 0 },
		{ "[{\"type\":\"bundle\",\"objects\":[" TOOL "," TOOL ",5]}," TOOL "]", 3, 1 },
		{ "{\"type\":\"bundle\",\"objects\":[" TOOL ",1,\"a,]\",[{}]," TOOL "]}" TOOL, 3, 3 },
		{ "{\"type\":\"bundle\",\"objects\":[" TOOL ",{\"type\":]}," TOOL "]}", 2, 2 },
		{ "{\"type\":\"bundle\",\"objects\":[" TOOL, 1, 1 },
		{ "{\"objects\":[" TOOL "," TOOL ",{\"type\":\"tool\"", 2, 2 },
		{ "garbage\n" TOOL, 1, 1 },
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct met met = read_memory(cases[i].text);
		if (met.items != cases[i].items || met.bad != cases[i].bad)
			fail_msg("%s: %u and %u bad\n%s", cases[i].text, met.items, met.bad, met.words);
	}
}

static void test_a_bad_object_is_named(void **state)
{
	(void)state;
	struct met met = read_memory("{\"type\":\"bundle\",\"objects\":[\n" TOOL
				     ",\n{\"type\":\"tool\",\"id\":\"tool" ID "\",\"lang\":3},\n" TOOL "]}");
	assert_int_equal(met.items, 2);
	assert_string_equal(met.words, "object 2, line 3, tool" ID ": lang: a text was expected\n");
}

/* A tree of brackets, and an object that is too long, between two good ones. */
static void test_hostile_objects(void **state)
{
	(void)state;
	struct builder text = { 0 };
	build_text(&text, TEXT("{\"type\":\"bundle\",\"objects\":[" TOOL ","));
	build_text(&text, TEXT("{\"type\":\"tool\",\"id\":\"tool" ID "\",\"x\":"));
	for (int i = 0; i < 100000; i++)
		build_char(&text, '[');
	for (int i = 0; i < 100000; i++)
		build_char(&text, ']');
	build_text(&text, TEXT("},{\"type\":\"indicator\",\"id\":\"indicator" ID "\",\"pattern\":\""));
	assert_true(build_room(&text, 100u << 20));
	memset(text.at + text.size, 'a', 100u << 20);
	text.size += 100u << 20;
	build_text(&text, TEXT("\"}," TOOL "]}"));
	struct met met = read_memory(text.at);
	assert_int_equal(met.items, 2);
	assert_int_equal(met.bad, 2);
	assert_non_null(strstr(met.words, "object 2, line 1, JSON, byte 1"));
	assert_non_null(strstr(met.words, "object 3, line 1, at most 8 MiB were expected"));
	builder_free(&text);
}

static void test_too_many_references(void **state)
{
	(void)state;
	struct builder text = { 0 };
	struct item item;
	struct failure failure = { 0 };
	build_text(&text, TEXT("{\"type\":\"report\",\"id\":\"report" ID "\",\"object_refs\":[\"tool" ID "\""));
	for (unsigned i = 0; i < 100001; i++)
		build_format(&text, ",\"tool--%08x-0000-4000-8000-000000000000\"", i % 100000);
	build_text(&text, TEXT("]}"));
	assert_int_equal(read_object(text.at, &item, &failure), ERROR_INPUT);
	assert_non_null(strstr(failure.words, "no more than 100,000 other objects"));
	memcpy(strstr(text.at, "tool" ID "\",\""), "tool--00000000-0000-4000-8000-000000000000",
	    strlen("tool" ID)); /* one fewer */
	assert_int_equal(read_object(text.at, &item, &failure), OK);
	assert_int_equal(item.reference_count, 100000);
	builder_free(&text);
}

/* ── files ─ */

static json_t *goes;

static void collect(const struct item *item)
{
	json_array_append_new(goes, written(item));
}

static json_t *load(const char *path)
{
	struct builder text = { 0 };
	struct stream *stream;
	size_t got = 1;
	assert_int_equal(stream_open(path, &stream, NULL), OK);
	while (got) {
		assert_true(build_room(&text, 65536));
		assert_int_equal(stream_read(stream, text.at + text.size, 65536, &got, NULL), OK);
		text.size += got;
	}
	stream_close(stream);
	json_t *json = json_loadb(text.at, text.size, 0, NULL);
	assert_non_null(json);
	builder_free(&text);
	return json;
}

/* The file as it goes out: its bundle with the objects, or the only object. */
static json_t *round_trip(const char *path)
{
	struct stream *stream;
	goes = json_array();
	assert_int_equal(stream_open(path, &stream, NULL), OK);
	struct met met = read_stream(path, stream, collect);
	if (met.bad)
		fail_msg("%s: %s", path, met.words);
	json_t *whole = json_loadb(met.bundle.at ? met.bundle.at : "", met.bundle.size, 0, NULL);
	if (whole)
		json_object_set_new(whole, "objects", goes);
	else
		whole = json_incref(json_array_get(goes, 0)), json_decref(goes);
	builder_free(&met.bundle);
	return whole;
}

static void test_files_go_out_as_they_came(void **state)
{
	(void)state;
	char folder[4096], path[8192];
	const char *shared = getenv("NOROSHI_SHARED"), *root = getenv("SOURCE_ROOT");
	unsigned files = 0;
	if (shared)
		snprintf(folder, sizeof folder, "%s/data/stix", shared);
	else
		snprintf(folder, sizeof folder, "%s/../shared/data/stix", root ? root : ".");
	DIR *entries = opendir(folder);
	if (!entries)
		skip();
	for (struct dirent *entry; (entry = readdir(entries));) {
		if (entry->d_name[0] == '.')
			continue;
		snprintf(path, sizeof path, "%s/%s", folder, entry->d_name);
		json_t *came = load(path), *whole = round_trip(path);
		if (!json_equal(came, whole))
			fail_msg("%s does not go out as it came in", path);
		json_decref(came);
		json_decref(whole);
		files++;
	}
	closedir(entries);
	assert_true(files >= 10);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_objects_go_out_as_they_came, begin, end),
		cmocka_unit_test_setup_teardown(test_what_an_item_knows, begin, end),
		cmocka_unit_test_setup_teardown(test_a_changed_property_is_the_only_one_that_differs, begin, end),
		cmocka_unit_test_setup_teardown(test_a_changed_tlp_takes_the_place_of_the_old, begin, end),
		cmocka_unit_test_setup_teardown(test_definitions_of_tlp, begin, end),
		cmocka_unit_test_setup_teardown(test_definitions_that_are_not_official, begin, end),
		cmocka_unit_test_setup_teardown(test_one_clear_complaint, begin, end),
		cmocka_unit_test_setup_teardown(test_whatever_holds_the_objects, begin, end),
		cmocka_unit_test_setup_teardown(test_a_bad_object_is_named, begin, end),
		cmocka_unit_test_setup_teardown(test_hostile_objects, begin, end),
		cmocka_unit_test_setup_teardown(test_too_many_references, begin, end),
		cmocka_unit_test_setup_teardown(test_files_go_out_as_they_came, begin, end),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
