/*
 * Warning lists: MISP's meaning of the types, our table of kinds, what is skipped, and the real lists where they are.
 */
#include "match/warninglist.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#define BIT(kind) (1u << WARNINGLIST_##kind)

struct scene {
	struct warninglists *lists;
	struct failure failure;
	char skipped[4096];
};

static void note_skipped(void *context, const char *file, struct text entry, const char *why)
{
	struct scene *scene = context;
	size_t size = strlen(scene->skipped);
	snprintf(scene->skipped + size, sizeof scene->skipped - size, "%s: %.*s: %s\n", file, (int)entry.size, entry.at,
	    why);
}

static const char table[] = "# kinds\nscanner\tGood scanner\nscanner\t* Ranges Used for Scanning\n\n"
			    "other\tOdd Ranges Used for Scanning\nrented\tCloud\nservice\tNames\npopular\tExact\n";

static int set_up(void **state)
{
	struct scene *scene = calloc(1, sizeof *scene);
	scene->lists = warninglists_new(note_skipped, scene);
	assert_int_equal(warninglists_kinds(scene->lists, "kinds", text_of(table), &scene->failure), OK);
	*state = scene;
	return 0;
}

static int tear_down(void **state)
{
	struct scene *scene = *state;
	warninglists_free(scene->lists);
	free(scene);
	return 0;
}

static void add(struct scene *scene, const char *file, const char *document)
{
	assert_int_equal(warninglists_add(scene->lists, file, text_of(document), &scene->failure), OK);
}

static const char *address(struct scene *scene, const char *text, unsigned kinds)
{
	struct address parsed;
	assert_true(address_parse(text_of(text), &parsed));
	const struct warninglist *list = warninglist_address(scene->lists, parsed, kinds);
	return list ? list->name : "none";
}

static const char *domain(struct scene *scene, const char *name, unsigned kinds)
{
	const struct warninglist *list = warninglist_domain(scene->lists, text_of(name), kinds);
	return list ? list->name : "none";
}

static void test_warninglist_addresses_are_found_by_kind(void **state)
{
	struct scene *scene = *state;
	add(scene, "a",
	    "{\"name\":\"Cloud\",\"type\":\"cidr\",\"version\":20240115,\"list\":[\"192.0.2.0/24\",\"2001:db8::/"
	    "32\"]}");
	add(scene, "b",
	    "{\"name\":\"Good "
	    "scanner\",\"type\":\"cidr\",\"list\":[\"192.0.2.128/25\",\"198.51.100.7\",\"2001:db8:1::/48\"]}");
	add(scene, "c", "{\"name\":\"X Ranges Used for Scanning\",\"type\":\"cidr\",\"list\":[\"203.0.113.1/32\"]}");
	add(scene, "d", "{\"name\":\"Odd Ranges Used for Scanning\",\"type\":\"cidr\",\"list\":[\"203.0.113.2\"]}");
	assert_int_equal(warninglists_compile(scene->lists, &scene->failure), OK);
	assert_string_equal(address(scene, "192.0.2.1", 0), "Cloud");
	assert_string_equal(address(scene, "192.0.2.1", BIT(SCANNER)), "none");
	assert_string_equal(
	    address(scene, "192.0.2.200", 0), "Good scanner"); /* both know it: the scanner counts more */
	assert_string_equal(address(scene, "192.0.2.200", BIT(RENTED)), "Cloud");
	assert_string_equal(address(scene, "::ffff:198.51.100.7", BIT(SCANNER)), "Good scanner");
	assert_string_equal(address(scene, "198.51.100.8", 0), "none");
	assert_string_equal(address(scene, "2001:db8:1::5", BIT(SCANNER)), "Good scanner");
	assert_string_equal(address(scene, "2001:db8:2::5", 0), "Cloud");
	assert_string_equal(address(scene, "203.0.113.1", BIT(SCANNER)), "X Ranges Used for Scanning");
	assert_string_equal(
	    address(scene, "203.0.113.2", BIT(SCANNER)), "none"); /* the exact name counts before the pattern */
	assert_string_equal(address(scene, "203.0.113.2", BIT(OTHER)), "Odd Ranges Used for Scanning");
	assert_int_equal(warninglist_get(scene->lists, 0)->version, 20240115);
	assert_int_equal(warninglist_get(scene->lists, 0)->entries, 2);
	assert_null(warninglist_get(scene->lists, 4));
}

static void test_warninglist_names_match_as_misp_matches_them(void **state)
{
	struct scene *scene = *state;
	add(scene, "a",
	    "{\"name\":\"Names\",\"type\":\"hostname\",\"matching_attributes\":[\"domain\"],\"list\":[\"Example.org\","
	    "\".dotted.example\"]}");
	add(scene, "b",
	    "{\"name\":\"Exact\",\"type\":\"string\",\"matching_attributes\":[\"url\",\"hostname\"],\"list\":[\"www."
	    "exact.example\",\".never.example\"]}");
	add(scene, "c",
	    "{\"name\":\"Parts\",\"type\":\"substring\",\"matching_attributes\":[\"hostname\"],\"list\":[\"sandbox.\","
	    "\".part.\"]}");
	add(scene, "d",
	    "{\"name\":\"Hashes\",\"type\":\"string\",\"matching_attributes\":[\"md5\"],\"list\":["
	    "\"d41d8cd98f00b204e9800998ecf8427e\"]}");
	assert_int_equal(warninglists_compile(scene->lists, &scene->failure), OK);
	assert_string_equal(domain(scene, "example.ORG.", 0), "Names");
	assert_string_equal(domain(scene, "deep.www.example.org", 0), "Names");
	assert_string_equal(domain(scene, "notexample.org", 0), "none");
	assert_string_equal(domain(scene, "dotted.example", 0), "Names");
	assert_string_equal(domain(scene, "www.dotted.example", 0), "Names");
	assert_string_equal(domain(scene, "www.exact.example", 0), "Exact");
	assert_string_equal(domain(scene, "a.www.exact.example", 0), "none");
	assert_string_equal(domain(scene, "exact.example", 0), "none");
	assert_string_equal(domain(scene, "never.example", 0), "none");
	assert_string_equal(domain(scene, "my.sandbox.example", 0), "Parts");
	assert_string_equal(domain(scene, "a.part.example", 0), "Parts");
	assert_string_equal(domain(scene, "part.example", 0), "none");
	assert_string_equal(domain(scene, "d41d8cd98f00b204e9800998ecf8427e", 0), "none");
	assert_string_equal(domain(scene, "www.example.org", BIT(POPULAR)), "none");
	assert_string_equal(domain(scene, "http://example.org/", 0), "none");
	assert_string_equal(domain(scene, "", 0), "none");
	struct warninglists_counts counts;
	warninglists_count(scene->lists, &counts);
	assert_int_equal(counts.lists, 4);
	assert_int_equal(counts.names, 3);
	assert_int_equal(counts.entries_skipped, 1); /* .never.example */
}

static void test_warninglist_skips_and_counts_what_it_does_not_understand(void **state)
{
	struct scene *scene = *state;
	add(scene, "cut", "{\"name\":\"Cut\",\"type\":\"cidr\",\"list\":[\"192.0.2.1\"");
	add(scene, "array", "[]");
	add(scene, "empty", "");
	add(scene, "nameless", "{\"type\":\"cidr\",\"list\":[]}");
	add(scene, "listless", "{\"name\":\"x\",\"type\":\"cidr\"}");
	add(scene, "strange", "{\"name\":\"x\",\"type\":\"odd\",\"list\":[]}");
	add(scene, "mixed",
	    "{\"name\":\"Mixed\",\"type\":\"cidr\",\"list\":[\"192.0.2.1\",5,null,\"10.0.0.0/"
	    "33\",\"010.0.0.1\",[\"x\"],\"::/0\"]}");
	add(scene, "regex", "{\"name\":\"Regex\",\"type\":\"regex\",\"list\":[\"/(a+)+$/\",\"b\"]}");
	assert_int_equal(warninglists_compile(scene->lists, &scene->failure), OK);
	struct warninglists_counts counts;
	warninglists_count(scene->lists, &counts);
	assert_int_equal(counts.files_skipped, 6);
	assert_int_equal(counts.lists, 2);
	assert_int_equal(counts.addresses, 2);
	assert_int_equal(counts.regex_skipped, 2);
	assert_int_equal(counts.entries_skipped, 7);
	assert_int_equal(warninglist_get(scene->lists, 0)->skipped, 5);
	assert_non_null(strstr(scene->skipped, "mixed: 10.0.0.0/33: neither an address nor a prefix\n"));
	assert_non_null(strstr(scene->skipped, "regex: b: regular expressions are not used\n"));
	assert_non_null(strstr(scene->skipped, "strange: : the type is none of"));
	assert_string_equal(address(scene, "192.0.2.1", 0), "Mixed");
}

static void test_table_of_kinds_with_a_mistake_is_refused_with_its_line(void **state)
{
	struct scene *scene = *state;
	assert_int_equal(
	    warninglists_kinds(scene->lists, "kinds", TEXT("scanner\ta\nscaner\tb\n"), &scene->failure), ERROR_INPUT);
	assert_string_equal(scene->failure.words, "kinds:2: there is no kind of warning lists \"scaner\"");
	assert_int_equal(warninglists_kinds(scene->lists, "kinds", TEXT("\nscanner"), &scene->failure), ERROR_INPUT);
	assert_string_equal(scene->failure.words, "kinds:2: expected a kind, a tab and the name of a list");
}

/* ── our table and the real lists ─ */

static void load_real(struct scene *scene)
{
	char folder[4096], kinds[4096];
	const char *shared = getenv("NOROSHI_SHARED"), *root = getenv("SOURCE_ROOT");
	if (shared)
		snprintf(folder, sizeof folder, "%s/data/warninglists", shared);
	else
		snprintf(folder, sizeof folder, "%s/../shared/data/warninglists", root ? root : ".");
	snprintf(kinds, sizeof kinds, "%s/warninglists/kinds", root ? root : ".");
	if (access(folder, R_OK) < 0)
		skip();
	warninglists_free(scene->lists);
	scene->lists = NULL;
	if (warninglists_load(folder, kinds, note_skipped, scene, &scene->lists, &scene->failure) != OK)
		fail_msg("%s", scene->failure.words);
}

static void test_real_lists_load_and_know_what_they_are_about(void **state)
{
	struct scene *scene = *state;
	load_real(scene);
	struct warninglists_counts counts;
	size_t kinds[WARNINGLIST_KINDS] = { 0 };
	warninglists_count(scene->lists, &counts);
	for (size_t i = 0; i < counts.lists; i++)
		kinds[warninglist_get(scene->lists, i)->kind]++;
	assert_true(counts.lists > 100);
	assert_int_equal(counts.files_skipped, 0);
	assert_true(counts.entries_skipped < counts.names / 20);
	assert_true(counts.addresses > 10000 && counts.names > 10000);
	assert_true(kinds[WARNINGLIST_SCANNER] > 30);
	assert_true(kinds[WARNINGLIST_RENTED] > 10);
	assert_true(kinds[WARNINGLIST_OTHER] < 10);
	for (size_t i = 0; i < counts.lists; i++) {
		const struct warninglist *list = warninglist_get(scene->lists, i);
		if (strcmp(list->type, "cidr") == 0 && (list->entries == 0 || list->skipped > 0))
			fail_msg("%s: %u entries, %u skipped", list->name, list->entries, list->skipped);
	}
}

static void test_real_lists_answer_for_well_known_addresses_and_names(void **state)
{
	struct scene *scene = *state;
	load_real(scene);
	assert_string_equal(address(scene, "10.1.2.3", BIT(SPECIAL)), "List of RFC 1918 CIDR blocks");
	assert_string_equal(address(scene, "10.1.2.3", BIT(SCANNER) | BIT(SERVICE)), "none");
	assert_string_equal(address(scene, "fe80::1", 0), "List of IPv6 link local blocks");
	assert_string_equal(address(scene, "224.0.0.251", BIT(SPECIAL)), "List of RFC 5771 multicast CIDR blocks");
	assert_string_equal(domain(scene, "www.v.gd", BIT(RENTED)), "List of known URL Shorteners domains");
	assert_string_equal(domain(scene, "attacker.example", 0), "none");
}

#define LIST_TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		LIST_TEST(test_warninglist_addresses_are_found_by_kind),
		LIST_TEST(test_warninglist_names_match_as_misp_matches_them),
		LIST_TEST(test_warninglist_skips_and_counts_what_it_does_not_understand),
		LIST_TEST(test_table_of_kinds_with_a_mistake_is_refused_with_its_line),
		LIST_TEST(test_real_lists_load_and_know_what_they_are_about),
		LIST_TEST(test_real_lists_answer_for_well_known_addresses_and_names),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
