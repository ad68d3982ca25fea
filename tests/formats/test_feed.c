/*
 * formats/feed.h: Atom and both RSS as publishers write them, in their encodings; what is hostile ends with one error,
 * and what stood before it is kept.
 */
#include "formats/feed.h"

#include "base/file.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

struct seen {
	unsigned entries;
	char id[200], link[200], title[200], summary[400], source[100];
	nanoseconds published, updated;
	size_t longest;
};

static enum error take(void *context, const struct feed_entry *entry)
{
	struct seen *seen = context;
	if (seen->entries++ == 0) {
		text_copy(entry->id, seen->id, sizeof seen->id);
		text_copy(entry->link, seen->link, sizeof seen->link);
		text_copy(entry->title, seen->title, sizeof seen->title);
		text_copy(entry->summary, seen->summary, sizeof seen->summary);
		text_copy(entry->source, seen->source, sizeof seen->source);
		seen->published = entry->published;
		seen->updated = entry->updated;
	}
	seen->longest = entry->summary.size > seen->longest ? entry->summary.size : seen->longest;
	return OK;
}

static enum error read_text(struct text document, struct seen *seen, struct failure *failure)
{
	const struct feed_reader reader = { take, seen };
	*seen = (struct seen){ 0 };
	*failure = (struct failure){ 0 };
	return feed_parse(document, 100, &reader, failure);
}

static void read_seed(const char *name, enum error wanted, struct seen *seen, struct failure *failure)
{
	char path[512], *at;
	size_t size;
	snprintf(path, sizeof path, "%s/fuzz/corpus/feed/%s", getenv("SOURCE_ROOT"), name);
	assert_int_equal(file_read(path, 1 << 20, &at, &size, failure), OK);
	assert_int_equal(read_text((struct text){ at, size }, seen, failure), wanted);
	free(at);
}

static nanoseconds at(const char *written)
{
	nanoseconds time;
	assert_true(time_parse(text_of(written), 0, &time, NULL));
	return time;
}

static void test_atom_is_read(void **state)
{
	struct seen seen;
	struct failure failure;
	(void)state;
	read_seed("atom", OK, &seen, &failure);
	assert_int_equal(seen.entries, 2);
	assert_string_equal(seen.id, "tag:p.example,2026:1");
	assert_string_equal(seen.link, "https://p.example/1?utm_source=feed");
	assert_string_equal(seen.title, "Two <flaws> & more");
	assert_string_equal(seen.summary, "First\nsecond \u2026");
	assert_string_equal(seen.source, "A publisher");
	assert_int_equal(seen.published, at("2026-04-01T00:00:00Z"));
	assert_int_equal(seen.updated, at("2026-04-02T00:00:00Z"));
}

static void test_rss_2_is_read(void **state)
{
	struct seen seen;
	struct failure failure;
	(void)state;
	read_seed("rss2", OK, &seen, &failure);
	assert_int_equal(seen.entries, 2);
	assert_string_equal(seen.id, "42");
	assert_string_equal(seen.link, "https://b.example/one");
	assert_string_equal(seen.title, "Advisory one");
	assert_string_equal(seen.summary, "Text & link\nnext");
	assert_int_equal(seen.published, at("2025-10-01T23:00:00Z"));
}

static void test_rss_1_is_the_same_in_every_encoding(void **state)
{
	static const char *const names[] = { "rdf", "rdf-sjis", "rdf-eucjp", "rdf-utf16" };
	struct seen seen;
	struct failure failure;
	(void)state;
	for (unsigned i = 0; i < 4; i++) {
		read_seed(names[i], OK, &seen, &failure);
		assert_int_equal(seen.entries, 1);
		assert_string_equal(seen.id, "https://c.example/a.html");
		assert_string_equal(seen.title, "注意喚起: 脆弱性に関する表示");
		assert_string_equal(seen.summary, "能力と予定、ソフト");
		assert_string_equal(seen.source, "注意喚起");
		assert_int_equal(seen.published, at("2026-03-01T00:00:00Z"));
		assert_int_equal(seen.updated, at("2026-03-02T01:00:00Z"));
	}
	read_seed("latin", OK, &seen, &failure);
	assert_string_equal(seen.title, "café €");
	read_seed("rdf-2022", ERROR_INPUT, &seen, &failure);
	assert_non_null(strstr(failure.words, "encoding"));
}

static void test_what_stands_before_a_mistake_is_kept(void **state)
{
	struct seen seen;
	struct failure failure;
	(void)state;
	read_seed("truncated", ERROR_INPUT, &seen, &failure);
	assert_int_equal(seen.entries, 1);
	assert_non_null(strstr(failure.words, "line"));
	struct builder many = { 0 };
	build_text(&many, TEXT("<rss><channel>"));
	for (unsigned i = 0; i < 101; i++)
		build_format(&many, "<item><guid>%u</guid></item>", i);
	assert_int_equal(read_text((struct text){ many.at, many.size }, &seen, &failure), ERROR_INPUT);
	assert_int_equal(seen.entries, 100);
	assert_non_null(strstr(failure.words, "more entries"));
	builder_free(&many);
}

static void test_hostile_documents_end_with_one_error(void **state)
{
	static const struct {
		const char *name, *words;
	} cases[] = { { "entity", "entity" }, { "external", "entity" }, { "deep", "within each other" },
		{ "other", "neither Atom nor RSS" } };
	struct seen seen;
	struct failure failure;
	(void)state;
	for (unsigned i = 0; i < sizeof cases / sizeof *cases; i++) {
		read_seed(cases[i].name, ERROR_INPUT, &seen, &failure);
		assert_int_equal(seen.entries, 0);
		assert_non_null(strstr(failure.words, cases[i].words));
	}
	assert_int_equal(read_text(TEXT(""), &seen, &failure), ERROR_INPUT);
	assert_int_equal(read_text((struct text){ "<rss>\0</rss>", 12 }, &seen, &failure), ERROR_INPUT);
}

static void test_texts_are_bounded(void **state)
{
	struct seen seen;
	struct failure failure;
	struct builder large = { 0 };
	(void)state;
	build_text(&large, TEXT("<rss><channel><item><guid>1</guid><description>"));
	for (unsigned i = 0; i < 200000; i++)
		build_text(&large, TEXT("&lt;b "));
	for (unsigned i = 0; i < 200000; i++)
		build_text(&large, TEXT("\u3042"));
	build_text(&large, TEXT("</description></item></channel></rss>"));
	assert_int_equal(read_text((struct text){ large.at, large.size }, &seen, &failure), OK);
	assert_int_equal(seen.entries, 1);
	assert_in_range(seen.longest, FEED_SUMMARY - 8, FEED_SUMMARY);
	builder_free(&large);
}

static void check_text(const char *written, bool html, const char *wanted)
{
	struct builder to = { 0 };
	feed_text(text_of(written), html, 100, &to);
	assert_int_equal(to.size, strlen(wanted));
	assert_memory_equal(to.at ? to.at : "", wanted, to.size);
	builder_free(&to);
}

static void test_html_is_read_as_a_person_reads_it(void **state)
{
	(void)state;
	check_text("a < b &amp;&amp; c > d", true, "a < b && c > d");
	check_text("a<!-- x --><b>b</b> <br/> c", true, "ab\nc");
	check_text("&#x3042;&#12356;&#0;&#xd800;&nosuch;", true, "あい&#0;&#xd800;&nosuch;");
	check_text("<style>p{}</style>x<script>1<2</script>", true, "x");
	check_text("<p>&nbsp;x&nbsp;y</p>", true, "x y");
	check_text("<b>&amp;</b>", false, "<b>&amp;</b>");
	check_text(" a \n\n\n b\tc ", false, "a\n\nb c");
	check_text("x\u202ey", false, "xy");
}

static void test_dates_of_publishers(void **state)
{
	static const struct {
		const char *written, *wanted;
	} dates[] = { { "2026-03-01", "2026-03-01T00:00:00Z" }, { "2026-03-01T10:00+09:00", "2026-03-01T01:00:00Z" },
		{ "2026-03-01T10:00:00.5+09:00", "2026-03-01T01:00:00.5Z" },
		{ "Sun, 01 Mar 2026 10:00:00 GMT", "2026-03-01T10:00:00Z" },
		{ "1 Mar 26 10:00 JST", "2026-03-01T01:00:00Z" },
		{ "Sun, 1 Mar 2026 10:00:00 -0500", "2026-03-01T15:00:00Z" } };
	static const char *const none[] = { "", "yesterday, at noon", "2026-13-01", "Sun, 41 Mar 2026 10:00:00 GMT",
		"Sun, 01 Foo 2026 10:00:00 GMT", "2026-03-01T10:00:00+99:99:99:99:99:99:99:99:99" };
	nanoseconds time;
	(void)state;
	for (unsigned i = 0; i < sizeof dates / sizeof *dates; i++) {
		assert_true(feed_date(text_of(dates[i].written), &time));
		assert_int_equal(time, at(dates[i].wanted));
	}
	for (unsigned i = 0; i < sizeof none / sizeof *none; i++)
		assert_false(feed_date(text_of(none[i]), &time));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_atom_is_read),
		cmocka_unit_test(test_rss_2_is_read),
		cmocka_unit_test(test_rss_1_is_the_same_in_every_encoding),
		cmocka_unit_test(test_what_stands_before_a_mistake_is_kept),
		cmocka_unit_test(test_hostile_documents_end_with_one_error),
		cmocka_unit_test(test_texts_are_bounded),
		cmocka_unit_test(test_html_is_read_as_a_person_reads_it),
		cmocka_unit_test(test_dates_of_publishers),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
