/*
 * JA3, JA3S and JA4 of hellos whose fingerprints their authors publish, and of odd ones.
 */
#include "net/tls_fingerprint.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* A ClientHello out of lists: 16-bit numbers in hexadecimal. */
struct recipe {
	uint16_t version;
	const char *ciphers, *extensions; /* types; those below have the contents named, others are empty */
	const char *versions, *groups, *formats, *signatures, *alpn, *server_name;
};

static void put(struct builder *to, unsigned bytes, size_t value)
{
	while (bytes-- > 0)
		build_char(to, (char)(value >> 8 * bytes));
}

static void put_list(struct builder *to, unsigned length_bytes, unsigned item_bytes, const char *list)
{
	struct builder items = { 0 };
	for (const char *at = list; at && *at; at += strcspn(at, " "), at += strspn(at, " "))
		put(&items, item_bytes, strtoul(at, NULL, 16));
	put(to, length_bytes, items.size);
	build_text(to, (struct text){ items.at, items.size });
	builder_free(&items);
}

static void put_extension(struct builder *to, const struct recipe *recipe, unsigned long type)
{
	struct builder body = { 0 };
	if (type == TLS_EXTENSION_SERVER_NAME && recipe->server_name) {
		put(&body, 2, strlen(recipe->server_name) + 3);
		put(&body, 1, 0);
		put(&body, 2, strlen(recipe->server_name));
		build_text(&body, text_of(recipe->server_name));
	} else if (type == TLS_EXTENSION_ALPN) {
		put(&body, 2, recipe->alpn ? strlen(recipe->alpn) + 1 : 0);
		if (recipe->alpn)
			put(&body, 1, strlen(recipe->alpn));
		build_text(&body, text_of(recipe->alpn));
	} else if (type == TLS_EXTENSION_VERSIONS) {
		put_list(&body, 1, 2, recipe->versions);
	} else if (type == TLS_EXTENSION_GROUPS) {
		put_list(&body, 2, 2, recipe->groups);
	} else if (type == TLS_EXTENSION_POINT_FORMATS) {
		put_list(&body, 1, 1, recipe->formats);
	} else if (type == TLS_EXTENSION_SIGNATURES) {
		put_list(&body, 2, 2, recipe->signatures);
	}
	put(to, 2, type);
	put(to, 2, body.size);
	build_text(to, (struct text){ body.at, body.size });
	builder_free(&body);
}

static struct builder hello_of(const struct recipe *recipe)
{
	struct builder hello = { 0 }, extensions = { 0 };
	put(&hello, 2, recipe->version);
	for (int i = 0; i < 32; i++)
		put(&hello, 1, (size_t)i);
	put(&hello, 1, 0);
	put_list(&hello, 2, 2, recipe->ciphers);
	put(&hello, 2, 0x0100);
	for (const char *at = recipe->extensions; at && *at; at += strcspn(at, " "), at += strspn(at, " "))
		put_extension(&extensions, recipe, strtoul(at, NULL, 16));
	if (recipe->extensions) {
		put(&hello, 2, extensions.size);
		build_text(&hello, (struct text){ extensions.at, extensions.size });
	}
	builder_free(&extensions);
	return hello;
}

static void expect(const struct recipe *recipe, const char *ja3, const char *ja3_md5, const char *ja4)
{
	struct builder bytes = hello_of(recipe), string = { 0 };
	struct tls_hello hello;
	char hash[JA3_TEXT], text[JA4_TEXT];
	assert_true(tls_client_hello_read(&hello, cursor_of(bytes.at, bytes.size), false));
	if (ja3) {
		ja3_string(&hello, &string);
		assert_string_equal(string.at, ja3);
		assert_string_equal(ja3_hash((struct text){ string.at, string.size }, hash), ja3_md5);
	}
	if (ja4)
		assert_string_equal(ja4_format(&hello, JA4_TLS, text), ja4);
	builder_free(&bytes);
	builder_free(&string);
}

/* The example of JA3's own description. */
static void test_ja3_of_its_authors_example(void **state)
{
	(void)state;
	expect(&(struct recipe){ .version = TLS_1_0,
		   .ciphers = "2f 35 5 a c009 c00a c013 c014 32 38 13 4",
		   .extensions = "0 a b",
		   .groups = "17 18 19",
		   .formats = "0",
		   .server_name = "example.org" },
	    "769,47-53-5-10-49161-49162-49171-49172-50-56-19-4,0-10-11,23-24-25,0", "ada70206e40642a3e4461f35503241d5",
	    NULL);
	expect(&(struct recipe){ .version = TLS_1_0, .ciphers = "4 5 a 9 64 62 3 6 13 12 63" },
	    "769,4-5-10-9-100-98-3-6-19-18-99,,,", "de350869b8c85de67a350c8d186f11e6", NULL);
}

/* The example of JA4's own description, with the GREASE that a browser strews in. */
static void test_ja4_of_its_authors_example(void **state)
{
	(void)state;
	expect(&(struct recipe){ .version = TLS_1_2,
		   .ciphers = "1a1a 1301 1302 1303 c02b c02f c02c c030 cca9 cca8 c013 c014 9c 9d 2f 35",
		   .extensions = "2a2a 1b 0 33 10 4469 17 2d d 5 23 12 2b ff01 b a 3a3a 15",
		   .versions = "4a4a 304 303",
		   .signatures = "403 804 401 503 805 501 806 601",
		   .alpn = "h2",
		   .server_name = "example.org" },
	    NULL, NULL, "t13d1516h2_8daaf6152771_e5627efa2ab1");
}

static void test_ja4_of_odd_hellos(void **state)
{
	(void)state;
	expect(&(struct recipe){ .version = TLS_SSL3 }, "768,,,,", "ba12b548d225aa7163af96c47205964e",
	    "ts3i000000_000000000000_000000000000");
}

static void test_ja4_alpn_is_its_first_and_last_character(void **state)
{
	static const struct {
		const char *alpn, *code;
	} all[] = { { "http/1.1", "h1" }, { "x", "xx" }, { "", "00" }, { NULL, "00" }, { "\xab", "ab" },
		{ "\xab\xcd", "ad" }, { "h\xcd", "6d" }, { "0-1-", "3d" } };
	(void)state;
	for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
		char wanted[JA4_TEXT];
		snprintf(wanted, sizeof wanted, "t12i0101%s_ba72b8082249_000000000000", all[i].code);
		expect(&(struct recipe){ .version = TLS_1_2, .ciphers = "2f", .extensions = "10", .alpn = all[i].alpn },
		    NULL, NULL, wanted);
	}
}

static void test_ja4_counts_end_at_99(void **state)
{
	char ciphers[120 * 5 + 1] = "";
	struct builder bytes;
	struct tls_hello hello;
	char text[JA4_TEXT];
	(void)state;
	for (int i = 0; i < 120; i++)
		sprintf(ciphers + 5 * i, "%04x ", 0x100 + i);
	bytes = hello_of(&(struct recipe){ .version = 0x1234, .ciphers = ciphers });
	assert_true(tls_client_hello_read(&hello, cursor_of(bytes.at, bytes.size), false));
	assert_memory_equal(ja4_format(&hello, JA4_QUIC, text), "q00i990000_", 11);
	builder_free(&bytes);
}

/* What is cut off anywhere is read without leaving it, and says that it is malformed, but where it can end. */
static void test_hello_cut_anywhere_stays_within_its_bytes(void **state)
{
	struct builder bytes = hello_of(&(struct recipe){ .version = TLS_1_2,
	    .ciphers = "1301 c02b",
	    .extensions = "0 10 a b d 2b 15",
	    .versions = "304 303",
	    .groups = "1d 17",
	    .formats = "0",
	    .signatures = "403 804",
	    .alpn = "h2",
	    .server_name = "example.org" });
	struct tls_hello hello;
	(void)state;
	size_t good = 0;
	for (size_t size = 0; size <= bytes.size; size++) {
		char *exact = malloc(size ? size : 1);
		memcpy(exact, bytes.at, size);
		good += tls_client_hello_read(&hello, cursor_of(exact, size), false);
		free(exact);
	}
	assert_int_equal(good, 2); /* whole, and before its extensions */
	builder_free(&bytes);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_ja3_of_its_authors_example),
		cmocka_unit_test(test_ja4_of_its_authors_example),
		cmocka_unit_test(test_ja4_of_odd_hellos),
		cmocka_unit_test(test_ja4_alpn_is_its_first_and_last_character),
		cmocka_unit_test(test_ja4_counts_end_at_99),
		cmocka_unit_test(test_hello_cut_anywhere_stays_within_its_bytes),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
