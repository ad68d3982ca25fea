/*
 * Compiled sets of indicators against a plain walk over everything that was added; forms of values; the compiled file
 * whole and damaged.
 */
#include "base/file.h"
#include "base/stream.h"
#include "match/indicator_list.h"
#include "match/name.h"
#include "match/url.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

struct sum {
	uint64_t numbers; /* bits of the numbers below 64 */
	uint32_t count, last, actions;
};

static void add_up(void *context, const struct indicator_match *match)
{
	struct sum *sum = context;
	sum->numbers |= 1ull << (match->number & 63);
	sum->last = match->number;
	sum->actions |= 1u << match->action;
	sum->count++;
}

static struct indicator_set *compile(struct indicator_builder *builder)
{
	struct indicator_set *set = NULL;
	struct failure failure;
	assert_int_equal(indicator_builder_compile(builder, &set, &failure), OK);
	return set;
}

static void add(struct indicator_builder *builder, enum indicator_kind kind, const char *value, uint32_t number)
{
	struct failure failure = { 0 };
	if (indicator_builder_add(builder, kind, text_of(value), INDICATOR_ALERT, number, &failure) != OK)
		fail_msg("%s: %s", value, failure.words);
}

static uint64_t ask(const struct indicator_set *set, unsigned kinds, const char *value)
{
	struct sum sum = { 0 };
	indicator_set_kinds(set, kinds, text_of(value), add_up, &sum);
	return sum.numbers;
}

static uint64_t ask_field(const struct indicator_set *set, enum field field, const char *value)
{
	struct sum sum = { 0 };
	indicator_set_field(set, field, text_of(value), add_up, &sum);
	return sum.numbers;
}

static struct prefix random_prefix(void)
{
	struct address address = { { 0 } };
	/* Few values in each byte, so that prefixes nest and touch. */
	static const uint8_t bytes[] = { 0, 1, 127, 128, 255 };
	for (int i = 0; i < 16; i++)
		address.bytes[i] = bytes[random() % 5];
	if (random() % 2) {
		memset(address.bytes, 0, 10);
		memset(address.bytes + 10, 0xff, 2);
	}
	return prefix_of(address, (uint8_t)(random() % 4 ? 96 + random() % 33 : random() % 129));
}

static void test_addresses_meet_the_prefixes_that_a_walk_over_all_finds(void **state)
{
	(void)state;
	enum { PREFIXES = 300 };
	srandom(5);
	for (int round = 0; round < 20; round++) {
		struct prefix prefixes[PREFIXES];
		uint32_t numbers[PREFIXES];
		struct indicator_builder *builder = indicator_builder_new();
		for (int i = 0; i < PREFIXES; i++) {
			prefixes[i] = random_prefix();
			numbers[i] = (uint32_t)random() % 12;
			assert_int_equal(
			    indicator_builder_add_prefix(builder, prefixes[i], INDICATOR_ALERT, numbers[i]), OK);
		}
		struct indicator_set *set = compile(builder);
		struct indicator_batch batch;
		for (int i = 0; i < 2000; i++) {
			struct address address = prefix_of(random_prefix().address, 128).address;
			uint64_t wanted = 0;
			struct sum sum = { 0 }, again = { 0 };
			for (int j = 0; j < PREFIXES; j++)
				if (prefix_contains(prefixes[j], address))
					wanted |= 1ull << numbers[j];
			indicator_set_address(set, address, add_up, &sum);
			assert_int_equal(sum.numbers, wanted);
			indicator_batch_begin(&batch, set, add_up, &again);
			for (int j = 0; j < 5; j++)
				indicator_batch_address(&batch, address, 0);
			indicator_batch_end(&batch);
			assert_int_equal(again.numbers, wanted);
			assert_int_equal(again.count, 5 * sum.count);
		}
		indicator_set_free(set);
	}
}

static void test_whole_space_and_empty_set(void **state)
{
	(void)state;
	struct address last, v4;
	struct sum sum = { 0 };
	memset(last.bytes, 0xff, 16);
	assert_true(address_parse(TEXT("192.0.2.1"), &v4));
	struct indicator_set *set = compile(indicator_builder_new());
	indicator_set_address(set, last, add_up, &sum);
	indicator_set_address(NULL, last, add_up, &sum);
	assert_int_equal(ask(set, INDICATOR_ANY, "example.org"), 0);
	assert_int_equal(ask(NULL, INDICATOR_ANY, "example.org"), 0);
	assert_int_equal(sum.count, 0);
	indicator_set_free(set);
	struct indicator_builder *builder = indicator_builder_new();
	add(builder, INDICATOR_ADDRESS, "::/0", 7);
	add(builder, INDICATOR_ADDRESS, "0.0.0.0/0", 8);
	set = compile(builder);
	indicator_set_address(set, last, add_up, &sum);
	assert_int_equal(sum.numbers, 1 << 7);
	indicator_set_address(set, v4, add_up, &sum);
	assert_int_equal(sum.numbers, 1 << 7 | 1 << 8);
	assert_int_equal(sum.count, 3);
	indicator_set_free(set);
}

#define NAMES (INDICATOR_BIT(INDICATOR_DOMAIN) | INDICATOR_BIT(INDICATOR_HOSTNAME))

static void test_domains_hold_the_names_below_them_and_hostnames_do_not(void **state)
{
	(void)state;
	struct indicator_builder *builder = indicator_builder_new();
	add(builder, INDICATOR_DOMAIN, "Example.ORG.", 1);
	add(builder, INDICATOR_HOSTNAME, "example.org", 2);
	add(builder, INDICATOR_DOMAIN, "org", 3);
	add(builder, INDICATOR_HOSTNAME, "host.example.net", 4);
	struct indicator_set *set = compile(builder);
	assert_int_equal(ask(set, NAMES, "EXAMPLE.org"), 1 << 1 | 1 << 2 | 1 << 3);
	assert_int_equal(ask(set, NAMES, "a.b.example.org"), 1 << 1 | 1 << 3);
	assert_int_equal(ask(set, NAMES, "badexample.org"), 1 << 3);
	assert_int_equal(ask(set, NAMES, "example.org.example"), 0);
	assert_int_equal(ask(set, NAMES, "host.example.net"), 1 << 4);
	assert_int_equal(ask(set, NAMES, "a.host.example.net"), 0);
	assert_int_equal(ask(set, NAMES, "not a name"), 0);
	indicator_set_free(set);
}

static void test_names_are_normalized_or_refused(void **state)
{
	(void)state;
	char name[NAME_LONGEST + 1], large[400];
	assert_true(name_normalize(TEXT("WWW.Example.ORG."), name));
	assert_string_equal(name, "www.example.org");
	assert_true(name_normalize(TEXT("_dmarc.xn--p1ai"), name));
	static const char *const bad[] = { "", ".", "..", ".a", "a..", "a..b", "a b", "a/b", "a:1", "*.a",
		"vak\xc4\xb1" };
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		assert_false(name_normalize(text_of(bad[i]), name));
	memset(large, 'a', sizeof large);
	assert_true(name_normalize((struct text){ large, 63 }, name));
	assert_false(name_normalize((struct text){ large, 64 }, name));
	for (size_t i = 63; i < sizeof large; i += 64)
		large[i] = '.';
	assert_true(name_normalize((struct text){ large, 253 }, name));
	assert_false(name_normalize((struct text){ large, 256 }, name));
}

static void test_urls_have_one_form(void **state)
{
	(void)state;
	static const char *const forms[][2] = {
		{ "HTTP://User:pw@WWW.Example.org:80/a/./b/../c%7e?q=%2f#top", "http://www.example.org/a/c~?q=%2F" },
		{ "https://example.org", "https://example.org/" },
		{ "https://example.org:443?x", "https://example.org/?x" },
		{ "http://example.org:443/", "http://example.org:443/" },
		{ "example.org/Path", "example.org/Path" },
		{ "http://[2001:DB8::1]:8080/x", "http://[2001:db8::1]:8080/x" },
		{ "http://192.0.2.1/../../etc/passwd", "http://192.0.2.1/etc/passwd" },
		{ "http://example.org/a/..", "http://example.org/" },
		{ "http://example.org/a b\xe3\x81\x82", "http://example.org/a%20b%E3%81%82" },
		{ "http://example.org/%zz%4", "http://example.org/%zz%4" },
		{ "http://example.org/?next=/a/../b", "http://example.org/?next=/a/../b" },
		{ "example.org", "" },
		{ "http://", "" },
		{ "http://example.org:port/", "" },
		{ "http://ex ample.org/", "" },
		{ "", "" },
	};
	char to[URL_LONGEST], again[URL_LONGEST], longest[URL_LONGEST + 100];
	for (size_t i = 0; i < sizeof forms / sizeof *forms; i++) {
		size_t size = url_normalize(text_of(forms[i][0]), to);
		assert_int_equal(size, strlen(forms[i][1]));
		assert_memory_equal(to, forms[i][1], size);
		assert_int_equal(url_normalize((struct text){ to, size }, again), size);
		assert_memory_equal(to, again, size);
	}
	memset(longest, 'a', sizeof longest);
	memcpy(longest, "example.org/", 12);
	assert_int_equal(url_normalize((struct text){ longest, URL_LONGEST }, to), URL_LONGEST);
	assert_int_equal(url_normalize((struct text){ longest, URL_LONGEST + 1 }, to), 0);
}

static void test_urls_match_with_and_without_scheme_and_query(void **state)
{
	(void)state;
	struct indicator_builder *builder = indicator_builder_new();
	add(builder, INDICATOR_URL, "http://a.example/x", 1);
	add(builder, INDICATOR_URL, "a.example/x", 2);
	add(builder, INDICATOR_URL, "a.example/x?id=1", 3);
	add(builder, INDICATOR_URL, "https://a.example/x?id=1", 4);
	struct indicator_set *set = compile(builder);
	assert_int_equal(ask_field(set, FIELD_HTTP_URL, "http://a.example/x"), 1 << 1 | 1 << 2);
	assert_int_equal(ask_field(set, FIELD_HTTP_URL, "https://a.example/x"), 1 << 2);
	assert_int_equal(ask_field(set, FIELD_HTTP_URL, "http://a.example/x?id=1"), 1 << 1 | 1 << 2 | 1 << 3);
	assert_int_equal(ask_field(set, FIELD_HTTP_URL, "https://a.example/x?id=1"), 1 << 2 | 1 << 3 | 1 << 4);
	assert_int_equal(ask_field(set, FIELD_HTTP_URL, "http://a.example/x?id=http://b.example/"), 1 << 1 | 1 << 2);
	assert_int_equal(ask_field(set, FIELD_HTTP_URL, "a.example/x?id=http://b.example/"), 1 << 2);
	assert_int_equal(ask_field(set, FIELD_HTTP_URL, "http://a.example/X"), 0);
	assert_int_equal(ask_field(set, FIELD_HTTP_URL, "http://b.a.example/x"), 0);
	indicator_set_free(set);
}

#define MD5 "d41d8cd98f00b204e9800998ecf8427e"
#define SHA1 "da39a3ee5e6b4b0d3255bfef95601890afd80709"
#define SHA256 "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
#define JA4 "t13d1516h2_8daaf6152771_b186095e22b6"

static void test_a_field_is_compared_with_its_own_kinds_only(void **state)
{
	(void)state;
	struct indicator_builder *builder = indicator_builder_new();
	add(builder, INDICATOR_MD5, MD5, 1);
	add(builder, INDICATOR_JA3, MD5, 2);
	add(builder, INDICATOR_JA3S, MD5, 3);
	add(builder, INDICATOR_JA4, JA4, 4);
	add(builder, INDICATOR_SHA1, SHA1, 5);
	add(builder, INDICATOR_CERTIFICATE_SHA1, SHA1, 6);
	add(builder, INDICATOR_SHA256, SHA256, 7);
	add(builder, INDICATOR_CERTIFICATE_SHA256, SHA256, 8);
	add(builder, INDICATOR_MAIL, "<Someone@Example.ORG>", 9);
	add(builder, INDICATOR_SUBJECT, "  Your  INVOICE\t1 ", 10);
	add(builder, INDICATOR_ADDRESS, "192.0.2.0/24", 11);
	add(builder, INDICATOR_DOMAIN, "example.org", 12);
	add(builder, INDICATOR_HASSH, MD5, 13);
	add(builder, INDICATOR_HASSH_SERVER, MD5, 14);
	struct indicator_set *set = compile(builder);
	static const struct {
		enum field field;
		const char *value;
		uint64_t wanted;
	} questions[] = {
		{ FIELD_FILE_MD5, MD5, 1 << 1 },
		{ FIELD_TLS_JA3, MD5, 1 << 2 },
		{ FIELD_TLS_JA3S, MD5, 1 << 3 },
		{ FIELD_TLS_JA4, JA4, 1 << 4 },
		{ FIELD_FILE_SHA1, SHA1, 1 << 5 },
		{ FIELD_TLS_CERTIFICATE_SHA1, SHA1, 1 << 6 },
		{ FIELD_FILE_SHA256, SHA256, 1 << 7 },
		{ FIELD_TLS_CERTIFICATE, SHA256, 1 << 8 },
		{ FIELD_MAIL_FROM, "someone@example.org", 1 << 9 | 1 << 12 },
		{ FIELD_MAIL_TO, "<other@mail.example.org>", 1 << 12 },
		{ FIELD_MAIL_SUBJECT, "Your invoice 1", 1 << 10 },
		{ FIELD_MAIL_SUBJECT, "Your invoice 12", 0 },
		{ FIELD_DNS_ADDRESS, "192.0.2.7", 1 << 11 },
		{ FIELD_HTTP_HOST, "192.0.2.7", 1 << 11 },
		{ FIELD_HTTP_HOST, "www.example.org", 1 << 12 },
		{ FIELD_TLS_SNI, "example.org", 1 << 12 },
		{ FIELD_TLS_NAME, "*.example.org", 1 << 12 },
		{ FIELD_SSH_HASSH, MD5, 1 << 13 },
		{ FIELD_SSH_HASSH_SERVER, MD5, 1 << 14 },
		{ FIELD_HTTP_USER_AGENT, "example.org", 0 },
		{ FIELD_DNS_QUERY, "192.0.2.7", 0 },
	};
	for (size_t i = 0; i < sizeof questions / sizeof *questions; i++)
		assert_int_equal(ask_field(set, questions[i].field, questions[i].value), questions[i].wanted);
	indicator_set_free(set);
}

static void test_values_that_are_none_of_their_kind_are_refused(void **state)
{
	(void)state;
	static const struct {
		enum indicator_kind kind;
		const char *value;
	} bad[] = { { INDICATOR_ADDRESS, "192.0.2.256" }, { INDICATOR_ADDRESS, "192.0.2.0/33" },
		{ INDICATOR_DOMAIN, "a b" }, { INDICATOR_DOMAIN, "192.0.2.1" }, { INDICATOR_DOMAIN, "192.0.2.1." },
		{ INDICATOR_DOMAIN, "\xe4\xbe\x8b.jp" }, { INDICATOR_URL, "example.org" }, { INDICATOR_MD5, SHA1 },
		{ INDICATOR_SHA256, "" }, { INDICATOR_SHA1, "zz39a3ee5e6b4b0d3255bfef95601890afd80709" },
		{ INDICATOR_JA4, MD5 }, { INDICATOR_JA4, "t13d1516h2-8daaf6152771_b186095e22b6" },
		{ INDICATOR_MAIL, "@example.org" }, { INDICATOR_MAIL, "someone" },
		{ INDICATOR_MAIL, "some one@example.org" }, { INDICATOR_SUBJECT, " \t" },
		{ INDICATOR_SUBJECT, "a\x01" } };
	struct indicator_builder *builder = indicator_builder_new();
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		struct failure failure = { 0 };
		assert_int_equal(
		    indicator_builder_add(builder, bad[i].kind, text_of(bad[i].value), INDICATOR_ALERT, 1, &failure),
		    ERROR_INPUT);
		assert_non_null(strstr(failure.words, indicator_kind_name(bad[i].kind)));
	}
	indicator_builder_free(builder);
	uint8_t plain[INDICATOR_VALUE], colons[INDICATOR_VALUE];
	assert_int_equal(indicator_normalize(INDICATOR_CERTIFICATE_SHA1, TEXT(SHA1), plain), 20);
	assert_int_equal(indicator_normalize(INDICATOR_CERTIFICATE_SHA1,
			     TEXT("DA:39:A3:EE:5E:6B:4B:0D:32:55:BF:EF:95:60:18:90:AF:D8:07:09"), colons),
	    20);
	assert_memory_equal(plain, colons, 20);
}

/* Values differ in one digit, so that only the whole comparison can tell them apart when hashes do not. */
static void value_of(char to[static 65], enum indicator_kind kind, uint32_t i)
{
	switch (kind) {
	case INDICATOR_SHA256:
		snprintf(to, 65, "%.56s%08x", SHA256, i);
		break;
	case INDICATOR_DOMAIN:
		snprintf(to, 65, "n%u.%s.example", i, i % 3 ? "one" : "two");
		break;
	case INDICATOR_ADDRESS:
		if (i % 2)
			snprintf(to, 65, "10.%u.%u.%u", i >> 16 & 255, i >> 8 & 255, i & 255);
		else
			snprintf(to, 65, "2001:db8::%x:%x", i >> 16, i & 0xffff);
		break;
	default:
		snprintf(to, 65, "a.example/%u", i);
	}
}

static void check_every_value(const struct indicator_set *set, uint32_t count)
{
	static const enum indicator_kind kinds[] = { INDICATOR_SHA256, INDICATOR_DOMAIN, INDICATOR_ADDRESS,
		INDICATOR_URL };
	for (uint32_t i = 0; i < 2 * count; i++) {
		char value[65];
		struct sum sum = { 0 };
		value_of(value, kinds[i % 4], i);
		indicator_set_kinds(set, INDICATOR_BIT(kinds[i % 4]), text_of(value), add_up, &sum);
		assert_int_equal(sum.count, i < count);
		assert_true(i >= count || sum.last == i);
	}
}

static struct indicator_set *many_values(uint32_t count)
{
	static const enum indicator_kind kinds[] = { INDICATOR_SHA256, INDICATOR_DOMAIN, INDICATOR_ADDRESS,
		INDICATOR_URL };
	struct indicator_builder *builder = indicator_builder_new();
	for (uint32_t i = 0; i < count; i++) {
		char value[65];
		value_of(value, kinds[i % 4], i);
		add(builder, kinds[i % 4], value, i);
	}
	return compile(builder);
}

static void test_every_value_is_found_and_no_other(void **state)
{
	(void)state;
	for (uint32_t count = 1; count <= 100000; count = count * 3 + 1) {
		struct indicator_set *set = many_values(count);
		struct indicator_counts counts = indicator_set_count(set);
		assert_int_equal(counts.total, count);
		check_every_value(set, count);
		indicator_set_free(set);
	}
}

static void test_one_value_may_have_several_numbers_and_actions(void **state)
{
	(void)state;
	struct indicator_builder *builder = indicator_builder_new();
	for (uint32_t i = 0; i < 200; i++)
		add(builder, INDICATOR_DOMAIN, "example.org", i / 2); /* each twice */
	add(builder, INDICATOR_MD5, MD5, 5);
	assert_int_equal(indicator_builder_add(builder, INDICATOR_MD5, TEXT(MD5), INDICATOR_BLOCK, 5, NULL), OK);
	struct indicator_set *set = compile(builder);
	struct indicator_counts counts = indicator_set_count(set);
	assert_int_equal(counts.kinds[INDICATOR_DOMAIN], INDICATORS_OF_VALUE);
	assert_int_equal(counts.repeated, INDICATORS_OF_VALUE);
	assert_int_equal(counts.crowded, 200 - 2 * INDICATORS_OF_VALUE);
	assert_int_equal(counts.total, INDICATORS_OF_VALUE + 2);
	struct sum sum = { 0 };
	indicator_set_kinds(set, INDICATOR_ANY, TEXT("a.example.org"), add_up, &sum);
	assert_int_equal(sum.count, INDICATORS_OF_VALUE);
	assert_int_equal(sum.numbers, UINT64_MAX);
	sum = (struct sum){ 0 };
	indicator_set_kinds(set, INDICATOR_ANY, TEXT(MD5), add_up, &sum);
	assert_int_equal(sum.count, 2);
	assert_int_equal(sum.actions, 1 << INDICATOR_ALERT | 1 << INDICATOR_BLOCK);
	indicator_set_free(set);
}

/* ── lists ─ */

struct complaints {
	unsigned count;
	uint64_t lines[16];
	char words[16][480];
};

static void note_complaint(void *context, const char *file, uint64_t line, const struct failure *failure)
{
	struct complaints *complaints = context;
	assert_string_equal(file, "list");
	assert_true(complaints->count < 16);
	complaints->lines[complaints->count] = line;
	strcpy(complaints->words[complaints->count++], failure->words);
}

static const char list[] = "type,value,action,id\n"
			   "# a comment\n"
			   "\n"
			   "address,192.0.2.1,block,4294967295\n"
			   "ip-dst, 198.51.100.0/24 , observe , 7\r\n"
			   "url,\"http://a.example/x,y?\"\"q\"\"\",alert,8\n"
			   "subject,\"One, two\",,9\n"
			   "domain,example.org\n"
			   "http://b.example/1,2\n"                /* 9 */
			   "sha256,abc,alert,1\n"                  /* 10: no hash */
			   "domain,example.net,explode,1\n"        /* 11 */
			   "domain,example.net,alert,4294967296\n" /* 12 */
			   "nonsense,example.net\n"                /* 13 */
			   "word\n"                                /* 14 */
			   "url,\"http://a.example/\n"             /* 15 */
			   "url,\"a\"b,alert,1\n"                  /* 16 */
			   "someone@example.org\n" MD5 "\n" JA4 "\n"
			   "last.example";

static void test_lists_are_read_and_what_is_wrong_is_said_by_line(void **state)
{
	(void)state;
	struct stream *stream;
	struct failure failure;
	struct indicator_list_counts counts = { 0 };
	struct complaints complaints = { 0 };
	struct indicator_builder *builder = indicator_builder_new();
	assert_int_equal(stream_open_memory("list", list, sizeof list - 1, &stream, &failure), OK);
	assert_int_equal(indicator_list_read(stream, builder, &counts, note_complaint, &complaints, &failure), OK);
	stream_close(stream);
	struct indicator_set *set = compile(builder);
	assert_int_equal(counts.lines, 20);
	assert_int_equal(counts.indicators, 10);
	assert_int_equal(counts.malformed, 7);
	assert_int_equal(complaints.count, 7);
	for (unsigned i = 0; i < 7; i++)
		assert_int_equal(complaints.lines[i], 10 + i);
	assert_non_null(strstr(complaints.words[0], "\"abc\" is no sha256"));
	assert_non_null(strstr(complaints.words[1], "explode"));
	assert_non_null(strstr(complaints.words[2], "4294967296"));
	assert_non_null(strstr(complaints.words[3], "nonsense"));
	struct sum sum = { 0 };
	indicator_set_kinds(set, INDICATOR_ANY, TEXT("192.0.2.1"), add_up, &sum);
	assert_int_equal(sum.last, 4294967295u);
	assert_int_equal(sum.actions, 1 << INDICATOR_BLOCK);
	assert_int_equal(ask(set, INDICATOR_ANY, "198.51.100.9"), 1 << 7);
	assert_int_equal(ask(set, INDICATOR_ANY, "http://a.example/x,y?\"q\""), 1 << 8);
	assert_int_equal(ask_field(set, FIELD_MAIL_SUBJECT, "one, TWO"), 1 << 9);
	assert_int_equal(ask(set, INDICATOR_ANY, "www.example.org"), 1 << 8); /* the line's number */
	assert_int_equal(ask(set, INDICATOR_ANY, "http://b.example/1,2"), 1 << 9);
	assert_int_equal(ask_field(set, FIELD_FILE_MD5, MD5), 1 << 18);
	assert_int_equal(ask_field(set, FIELD_TLS_JA4, JA4), 1 << 19);
	assert_int_equal(ask(set, INDICATOR_ANY, "last.example"), 1 << 20);
	indicator_set_free(set);
}

/* ── the compiled file ─ */

static char folder[] = "/tmp/noroshi-indicators.XXXXXX";
static char path[64];

static int make_folder(void **state)
{
	(void)state;
	if (!mkdtemp(folder))
		return -1;
	snprintf(path, sizeof path, "%s/set", folder);
	return 0;
}

static int remove_folder(void **state)
{
	(void)state;
	unlink(path);
	return rmdir(folder);
}

static enum error load_bytes(const char *at, size_t size, struct indicator_set **set, struct failure *failure)
{
	struct stream *stream;
	assert_int_equal(stream_open_memory("set", at, size, &stream, failure), OK);
	enum error error = indicator_set_read(stream, set, failure);
	stream_close(stream);
	return error;
}

static void test_a_compiled_file_holds_the_same_set(void **state)
{
	(void)state;
	struct failure failure;
	struct indicator_list_counts counts;
	struct indicator_set *set = many_values(5000), *again = NULL;
	assert_int_equal(indicator_set_write(set, path, &failure), OK);
	assert_int_equal(indicators_load(path, &again, &counts, NULL, NULL, &failure), OK);
	check_every_value(again, 5000);
	struct indicator_counts before = indicator_set_count(set), after = indicator_set_count(again);
	assert_memory_equal(&before, &after, sizeof before);
	indicator_set_free(set);
	indicator_set_free(again);
}

static void test_a_damaged_cut_or_foreign_file_is_refused(void **state)
{
	(void)state;
	struct failure failure;
	struct indicator_set *set = many_values(12), *again = NULL;
	char *at;
	size_t size;
	assert_int_equal(indicator_set_write(set, path, &failure), OK);
	indicator_set_free(set);
	assert_int_equal(file_read(path, 1 << 20, &at, &size, &failure), OK);
	for (size_t i = 0; i < size; i++) {
		at[i] ^= 0x20;
		enum error error = load_bytes(at, size, &again, &failure);
		assert_int_equal(error, i >= 8 && i < 12 ? ERROR_VERSION : ERROR_CORRUPT);
		at[i] ^= 0x20;
		assert_int_equal(load_bytes(at, i, &again, &failure), ERROR_CORRUPT);
	}
	assert_int_equal(load_bytes(at, size, &again, &failure), OK);
	indicator_set_free(again);
	free(at);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_addresses_meet_the_prefixes_that_a_walk_over_all_finds),
		cmocka_unit_test(test_whole_space_and_empty_set),
		cmocka_unit_test(test_domains_hold_the_names_below_them_and_hostnames_do_not),
		cmocka_unit_test(test_names_are_normalized_or_refused),
		cmocka_unit_test(test_urls_have_one_form),
		cmocka_unit_test(test_urls_match_with_and_without_scheme_and_query),
		cmocka_unit_test(test_a_field_is_compared_with_its_own_kinds_only),
		cmocka_unit_test(test_values_that_are_none_of_their_kind_are_refused),
		cmocka_unit_test(test_every_value_is_found_and_no_other),
		cmocka_unit_test(test_one_value_may_have_several_numbers_and_actions),
		cmocka_unit_test(test_lists_are_read_and_what_is_wrong_is_said_by_line),
		cmocka_unit_test(test_a_compiled_file_holds_the_same_set),
		cmocka_unit_test(test_a_damaged_cut_or_foreign_file_is_refused),
	};
	return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
