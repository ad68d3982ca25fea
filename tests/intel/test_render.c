/*
 * Renderings: what was planted anywhere in an object, in any writing, is in no rendering of it, and everything else is;
 * random objects, 3,000 of them, 300,000 with NOROSHI_LONG=1. And the rules one by one.
 */
#include "intel/render.h"

#include "base/base64.h"
#include "base/hash.h"
#include "intel/victim.h"

#include <ctype.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define CENTRE "identity--11111111-1111-4111-8111-111111111111"
#define GIVER "identity--22222222-2222-4222-8222-222222222222"
#define HEAD                                                                                                           \
	"\"type\":\"indicator\",\"spec_version\":\"2.1\",\"id\":\"indicator--33333333-3333-4333-8333-333333333333\","  \
	"\"created\":\"2027-01-01T00:00:00.000Z\",\"modified\":\"2027-01-01T00:00:00.000Z\","                          \
	"\"pattern\":\"[domain-name:value = 'evil.test']\",\"pattern_type\":\"stix\","                                 \
	"\"valid_from\":\"2027-01-01T00:00:00Z\""

static uint64_t state = 0x853c49e6748fea9bu;

static uint32_t below(uint32_t limit)
{
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return (uint32_t)(state >> 33) % limit;
}

struct bench {
	struct arena *arena;
	struct secrets secrets;
	struct prefix prefixes[2];
	struct render_rule rule;
};

static const char *const secret_words[] = { "aoba-water", "青葉市水道局", "Aoba Water Works", "aoba-water.example",
	"水道.example", "ume" };

static struct bench make(void)
{
	struct bench bench = { .arena = arena_new(0) };
	assert_true(prefix_parse(TEXT("192.0.2.0/24"), &bench.prefixes[0]));
	assert_true(prefix_parse(TEXT("2001:db8:aa::/48"), &bench.prefixes[1]));
	return bench;
}

/* In two steps: the rule points into the bench. */
static void arm(struct bench *bench)
{
	struct text words[6];
	for (size_t i = 0; i < 6; i++)
		words[i] = text_of(secret_words[i]);
	assert_true(secrets_make(&bench->secrets, words, 6, bench->prefixes, 2, bench->arena));
	bench->rule = (struct render_rule){ .secrets = &bench->secrets, .centre = TEXT(CENTRE), .community = 3 };
	memset(bench->rule.key, 7, sizeof bench->rule.key);
}

/* ── writings of a secret ─ */

static void write_each(struct builder *to, const char *text, const char *format)
{
	for (; *text; text++)
		build_format(to, format, (unsigned char)*text);
}

static void write_defanged(struct builder *to, const char *text)
{
	static const char *const dots[] = { "[.]", "(.)", "{.}", "[dot]", " dot " };
	const char *dot = dots[below(5)];
	for (; *text; text++)
		build_text(to, *text == '.' ? text_of(dot) : (struct text){ text, 1 });
}

static void write_base64(struct builder *to, const char *text, bool wide)
{
	char bytes[512], shown[BASE64_SIZE(512)];
	size_t size = 0;
	for (uint32_t before = below(4); size < before; size++)
		bytes[size] = ' ';
	for (; *text; text++) {
		bytes[size++] = *text;
		if (wide)
			bytes[size++] = 0;
	}
	base64_format(bytes, size, shown);
	bool url = below(2);
	for (char *at = shown; *at && !(url && *at == '='); at++)
		build_char(to, url && *at == '+' ? '-' : url && *at == '/' ? '_' : *at);
}

static void write_full_width(struct builder *to, const char *text)
{
	for (; *text; text++) {
		if (*text > ' ' && *text < 0x7f)
			build_format(to, "%c%c%c", 0xef, 0xbc + (*text - 0x21 >= 0x60 - 0x20 ? 1 : 0),
			    0x80 + ((*text - 0x20) & 0x3f));
		else
			build_char(to, *text);
	}
}

static const char *some_secret(void)
{
	static const char *const hosts[] = { "aoba-water", "Aoba Water Works", "aoba-water.example",
		"mail.aoba-water.example", "taro@aoba-water.example", "http://www.aoba-water.example/login",
		"192.0.2.77", "2001:db8:aa::53", "ume.local" };
	return hosts[below(sizeof hosts / sizeof hosts[0])];
}

/* One of many writings; what is planted. */
static void plant_words(struct builder *to)
{
	static const char *const others[] = { "青葉市水道局", "xn--1rwo48e.example", "水道.example",
		"77.2.0.192.in-addr.arpa", "ip-192-0-2-77.cloud.test", "2001:0DB8:00AA:0:0:0:0:53", "192.0.2[.]77",
		"%E9%9D%92%E8%91%89%E5%B8%82%E6%B0%B4%E9%81%93%E5%B1%80", "aoba\\.water|aoba-water\\.example",
		"aob\xe2\x80\x8b"
		"a-wat\xc2\xad"
		"er.example",
		"AOBA-WATER.EXAMPLE", "https://evil.test/?to=taro%40aoba-water.example" };
	const char *secret = some_secret();
	switch (below(8)) {
	case 0:
		build_text(to, text_of(secret));
		break;
	case 1:
		for (const char *at = secret; *at; at++)
			build_char(to, below(2) ? (char)toupper((unsigned char)*at) : *at);
		break;
	case 2:
		write_defanged(to, secret);
		break;
	case 3:
		write_each(to, secret, below(2) ? "%%%02x" : "=%02X");
		break;
	case 4:
		write_base64(to, secret, below(2));
		break;
	case 5:
		write_each(to, secret, below(2) ? "%02x" : "%02X");
		break;
	case 6:
		write_full_width(to, "aoba-water.example");
		break;
	default:
		build_text(to, text_of(others[below(sizeof others / sizeof others[0])]));
	}
}

/* ── random objects ─ */

static json_t *some_value(int depth, const char *planted, bool *placed)
{
	static const char *const words[] = { "c2", "stage 2", "evil.test", "198.51.100.9", "volume", "メール" };
	uint32_t kind = depth > 3 ? 0 : below(5);
	if (kind >= 3) {
		json_t *list = json_array();
		for (uint32_t i = 0; i < 1 + below(3); i++)
			json_array_append_new(list, some_value(depth + 1, planted, placed));
		return list;
	}
	if (kind == 2) {
		json_t *object = json_object();
		for (uint32_t i = 0; i < 1 + below(3); i++) {
			char name[16];
			snprintf(name, sizeof name, "k%u", i);
			bool in_name = !*placed && below(12) == 0;
			*placed = *placed || in_name;
			json_object_set_new(object, in_name ? planted : name, some_value(depth + 1, planted, placed));
		}
		return object;
	}
	if (!*placed && below(3) == 0) {
		struct builder text = { 0 };
		build_format(&text, "%s%s%s", below(2) ? "see " : "", planted, below(2) ? " there" : "");
		*placed = true;
		json_t *value = json_stringn(text.at, text.size);
		builder_free(&text);
		return value;
	}
	return json_string(words[below(6)]);
}

/* As it stands within a string of JSON; the caller frees it. */
static char *escape(const char *text)
{
	json_t *value = json_string(text);
	char *quoted = json_dumps(value, JSON_ENCODE_ANY);
	size_t size = strlen(quoted) - 2;
	memmove(quoted, quoted + 1, size);
	quoted[size] = 0;
	json_decref(value);
	return quoted;
}

/* Everything of `before` that does not hold what was planted is in `after` too. */
static void check_kept(const json_t *before, const json_t *after, const char *planted)
{
	const char *name;
	json_t *member;
	json_object_foreach((json_t *)before, name, member)
	{
		char *text = json_dumps(member, JSON_ENCODE_ANY);
		char *escaped = escape(planted);
		if (!strstr(text, escaped) && strcmp(name, planted) != 0 && strcmp(name, "created_by_ref") != 0)
			assert_true(json_equal(json_object_get(after, name), member));
		free(text);
		free(escaped);
	}
}

static void test_what_is_planted_anywhere_in_any_writing_does_not_survive(void **unused)
{
	(void)unused;
	static const char *const properties[] = { "name", "description", "labels", "external_references", "extensions",
		"x_note", "indicator_types", "kill_chain_phases" };
	const char *longer = getenv("NOROSHI_LONG");
	struct bench bench = make();
	arm(&bench);
	unsigned refused = 0, taken = 0;
	for (int i = 0; i < (longer && *longer ? 300000 : 3000); i++) {
		struct arena *arena = arena_new(0);
		struct builder planted = { 0 };
		struct rendering rendering;
		struct failure failure;
		bool placed = false;
		plant_words(&planted);
		json_t *object = json_loads("{" HEAD ",\"created_by_ref\":\"" GIVER "\"}", 0, NULL);
		for (uint32_t p = 0; p < 8; p++)
			if (below(2))
				json_object_set_new(object, properties[p], some_value(0, planted.at, &placed));
		if (!placed && below(4) == 0) {
			json_object_set_new(object, "pattern", json_string(planted.at));
			placed = true;
		}
		char *json = json_dumps(object, JSON_COMPACT);
		enum error error = render_item(&bench.rule, text_of(json), arena, &rendering, &failure);
		if (error) {
			assert_int_equal(error, ERROR_DENIED);
			assert_true(placed);
			assert_null(strstr(failure.words, planted.at));
			refused++;
		} else {
			json_t *after = json_loadb(rendering.bytes.at, rendering.bytes.size, 0, NULL);
			char *escaped = escape(planted.at);
			if (strstr(rendering.bytes.at, escaped) || strstr(rendering.removed.at, escaped))
				fail_msg("%s survives in %s", planted.at, rendering.bytes.at);
			assert_null(strstr(rendering.bytes.at, GIVER));
			assert_int_equal(rendering.taken_out > 1, placed); /* and created_by_ref */
			check_kept(object, after, planted.at);
			taken += placed;
			free(escaped);
			json_decref(after);
		}
		free(json);
		json_decref(object);
		builder_free(&planted);
		arena_free(arena);
	}
	arena_free(bench.arena);
	assert_true(refused > 20 && taken > 500);
}

/* Among much of anything, of which only what is near an escape is read without escapes, and digests as hexadecimal. */
static void test_what_is_among_much_is_found(void **unused)
{
	(void)unused;
	static const char *const noises[] = { "0123456789abcdef",
		"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ+/", "0123456789", "etaoin shrdlu", "%5=a \n",
		".:-_[]() 19" };
	struct bench bench = make();
	arm(&bench);
	for (int round = 0; round < 120; round++) {
		const char *noise = noises[below(6)];
		struct builder text = { 0 };
		size_t size = below(round % 10 ? 3000 : 200000), place = below((uint32_t)size + 1);
		for (size_t i = 0; i <= size; i++) {
			if (i == place) {
				build_char(&text, '\n');
				plant_words(&text);
				build_char(&text, '\n');
			}
			build_char(&text, noise[below((uint32_t)strlen(noise))]);
		}
		assert_true(secrets_found(&bench.secrets, (struct text){ text.at, text.size }));
		builder_free(&text);
	}
	arena_free(bench.arena);
}

/* ── the index ─ */

static bool is_alone(const char *text, size_t from, size_t size)
{
	return !(from && isalnum((unsigned char)text[from - 1])) && !isalnum((unsigned char)text[from + size]);
}

/* One word after the other, as secret.h says. */
static bool found_one_by_one(char words[][12], size_t count, const char *text)
{
	for (size_t i = 0; i < count; i++)
		for (const char *at = text; *words[i] && (at = strstr(at, words[i])); at++)
			if (strlen(words[i]) >= 6 || is_alone(text, (size_t)(at - text), strlen(words[i])))
				return true;
	return false;
}

static void test_many_words_are_found_as_one_by_one(void **unused)
{
	(void)unused;
	unsigned found = 0;
	for (int round = 0; round < 4000; round++) {
		char words[40][12], text[48];
		struct text list[40];
		struct secrets secrets;
		struct arena *arena = arena_new(0);
		size_t count = below(40), size = below(47);
		for (size_t i = 0; i < count; i++) {
			size_t length = below(11);
			for (size_t c = 0; c < length; c++)
				words[i][c] = "ab-"[below(3)];
			words[i][length] = 0;
			list[i] = text_of(words[i]);
		}
		for (size_t c = 0; c < size; c++)
			text[c] = "ab- "[below(4)];
		text[size] = 0;
		assert_true(secrets_make(&secrets, list, count, NULL, 0, arena));
		bool expected = found_one_by_one(words, count, text);
		assert_int_equal(secrets_hold_word(&secrets, text_of(text)), expected);
		found += expected;
		arena_free(arena);
	}
	assert_true(found > 400 && found < 3900);
}

static void test_networks_of_any_length_are_found(void **unused)
{
	(void)unused;
	for (int round = 0; round < 3000; round++) {
		struct prefix prefixes[12];
		struct secrets secrets;
		struct arena *arena = arena_new(0);
		size_t count = below(12);
		for (size_t i = 0; i < count; i++) {
			struct address address = { { 0 } };
			address.bytes[0] = (uint8_t)below(4);
			address.bytes[1] = (uint8_t)below(256);
			prefixes[i] = prefix_of(address, (uint8_t)(1 + below(16)));
		}
		assert_true(secrets_make(&secrets, NULL, 0, prefixes, count, arena));
		struct address asked = { { (uint8_t)below(4), (uint8_t)below(256), (uint8_t)below(256) } };
		bool expected = false;
		for (size_t i = 0; i < count; i++)
			expected |= prefix_contains(prefixes[i], asked);
		assert_int_equal(secrets_hold_address(&secrets, asked), expected);
		arena_free(arena);
	}
}

/* ── the rules one by one ─ */

static enum error render(struct bench *bench, const char *json, struct rendering *rendering, struct failure *failure)
{
	return render_item(&bench->rule, text_of(json), bench->arena, rendering, failure);
}

static void test_the_centre_vouches_and_the_giver_is_nowhere(void **unused)
{
	(void)unused;
	struct bench bench = make();
	struct rendering rendering;
	struct failure failure;
	arm(&bench);
	assert_int_equal(render(&bench,
			     "{\"type\":\"sighting\",\"id\":\"sighting--44444444-4444-4444-8444-444444444444\","
			     "\"created_by_ref\":\"" GIVER "\",\"where_sighted_refs\":[\"" GIVER "\"],\"count\":3}",
			     &rendering, &failure),
	    OK);
	assert_string_equal(rendering.bytes.at, "{\"type\":\"sighting\",\"id\":\"sighting--44444444-4444-4444-8444-"
						"444444444444\",\"created_by_ref\":\"" CENTRE "\",\"count\":3}");
	assert_int_equal(rendering.taken_out, 3);
	assert_int_equal(render(&bench,
			     "{\"type\":\"relationship\",\"id\":\"relationship--44444444-4444-4444-8444-444444444444\","
			     "\"created_by_ref\":\"" GIVER "\",\"source_ref\":\"" GIVER "\",\"target_ref\":\"x--y\"}",
			     &rendering, &failure),
	    ERROR_DENIED);
	assert_non_null(strstr(failure.words, "source_ref"));
	assert_int_equal(render(&bench, "{\"a\":1}", &rendering, &failure), ERROR_INPUT);
	assert_int_equal(render(&bench, "{", &rendering, &failure), ERROR_INPUT);
	arena_free(bench.arena);
}

static void test_what_cannot_be_missing_refuses_with_its_path_and_not_the_secret(void **unused)
{
	(void)unused;
	struct bench bench = make();
	struct rendering rendering;
	struct failure failure;
	arm(&bench);
	assert_int_equal(
	    render(&bench, "{\"type\":\"indicator\",\"pattern\":\"[url:value = 'http://aoba-water.example/']\"}",
		&rendering, &failure),
	    ERROR_DENIED);
	assert_non_null(strstr(failure.words, "pattern"));
	assert_null(strstr(failure.words, "aoba"));
	assert_int_equal(
	    render(&bench, "{\"type\":\"ipv4-addr\",\"value\":\"192.0.2.1\"}", &rendering, &failure), ERROR_DENIED);
	assert_int_equal(render(&bench, "{\"type\":\"ipv4-addr\",\"value\":\"192.0.3.1\"}", &rendering, &failure), OK);
	arena_free(bench.arena);
}

#define FROM_CONTENTS "ipv4-addr--ff26c055-6336-5bc5-b98d-13d6226742dd"

static void test_identifiers_made_from_contents_are_made_anew_and_still_meet(void **unused)
{
	(void)unused;
	struct bench bench = make();
	struct rendering one, other, elsewhere;
	struct failure failure;
	static const char network[] = "{\"type\":\"note\",\"id\":\"note--44444444-4444-4444-8444-444444444444\","
				      "\"content\":\"x\",\"object_refs\":[\"" FROM_CONTENTS "\"]}";
	arm(&bench);
	assert_int_equal(render(&bench, network, &one, &failure), OK);
	assert_int_equal(
	    render(&bench, "{\"type\":\"ipv4-addr\",\"id\":\"" FROM_CONTENTS "\",\"value\":\"198.51.100.1\"}", &other,
		&failure),
	    OK);
	bench.rule.community = 4;
	assert_int_equal(render(&bench, network, &elsewhere, &failure), OK);
	assert_null(strstr(one.bytes.at, FROM_CONTENTS));
	const char *made = strstr(one.bytes.at, "ipv4-addr--");
	assert_non_null(made);
	char id[64];
	snprintf(id, sizeof id, "%.47s", made);
	assert_non_null(strstr(other.bytes.at, id));
	assert_null(strstr(elsewhere.bytes.at, id));
	bench.rule.secrets = NULL; /* nothing to hide: as it came */
	bench.rule.centre = TEXT_NONE;
	assert_int_equal(render(&bench, network, &one, &failure), OK);
	assert_string_equal(one.bytes.at, network);
	assert_int_equal(one.taken_out, 0);
	assert_string_equal(one.removed.at, "[]");
	arena_free(bench.arena);
}

static void test_facts_about_the_victim_stay_behind(void **unused)
{
	(void)unused;
	struct bench bench = make();
	struct rendering rendering;
	struct failure failure;
	bench.rule.split = true;
	assert_int_equal(
	    render(&bench,
		"{\"type\":\"email-message\",\"is_multipart\":false,\"subject\":\"Invoice\",\"to_refs\":[\"a--b\"],"
		"\"received_lines\":[\"from x\"],\"body\":\"Dear Taro\"}",
		&rendering, &failure),
	    OK);
	assert_string_equal(
	    rendering.bytes.at, "{\"type\":\"email-message\",\"is_multipart\":false,\"subject\":\"Invoice\"}");
	assert_int_equal(rendering.taken_out, 3);
	assert_non_null(strstr(rendering.removed.at, "{\"path\":\"body\",\"why\":\"victim\"}"));
	assert_int_equal(render(&bench, "{\"type\":\"identity\",\"name\":\"x\"}", &rendering, &failure), ERROR_DENIED);
	assert_true(victim_fact(TEXT("indicator"), TEXT("x_victim")) && !victim_fact(TEXT("indicator"), TEXT("name")));
	assert_true(victim_object(TEXT("incident")) && !victim_object(TEXT("malware")) && !victim_object(TEXT("*")));
	arena_free(bench.arena);
}

static void test_short_names_are_not_found_within_words(void **unused)
{
	(void)unused;
	struct bench bench = make();
	arm(&bench);
	assert_false(secrets_found(&bench.secrets, TEXT("the volume of documents in 192.0.20.7 and 2001:db8:ab::1")));
	assert_true(secrets_found(&bench.secrets, TEXT("from ume.")));
	assert_true(secrets_found(&bench.secrets, TEXT("UME_report.pdf")));
	assert_false(secrets_found(&bench.secrets, TEXT_NONE));
	arena_free(bench.arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_what_is_planted_anywhere_in_any_writing_does_not_survive),
		cmocka_unit_test(test_what_is_among_much_is_found),
		cmocka_unit_test(test_many_words_are_found_as_one_by_one),
		cmocka_unit_test(test_networks_of_any_length_are_found),
		cmocka_unit_test(test_the_centre_vouches_and_the_giver_is_nowhere),
		cmocka_unit_test(test_what_cannot_be_missing_refuses_with_its_path_and_not_the_secret),
		cmocka_unit_test(test_identifiers_made_from_contents_are_made_anew_and_still_meet),
		cmocka_unit_test(test_facts_about_the_victim_stay_behind),
		cmocka_unit_test(test_short_names_are_not_found_within_words),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
