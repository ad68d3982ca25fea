/*
 * The capture policy on lines: what is kept, reduced and left out, and that every default is noticed when it is
 * another.
 */
#include "formats/capture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct capture_reducer *reducer;

static int make_reducer(void **state)
{
	(void)state;
	reducer = capture_reducer_new();
	return reducer ? 0 : -1;
}

static int free_reducer(void **state)
{
	(void)state;
	capture_reducer_free(reducer);
	return 0;
}

/* The line as it would leave under the policy, in a static room. */
static const char *leaves(const struct capture_policy *policy, const char *format, const char *line)
{
	static char text[8192];
	struct capture_counts counts = { 0 };
	struct text reduced;
	if (!capture_reduce(reducer, policy, CAPTURE_FOR_CENTRE, format ? format_named(format) : NULL, NULL,
		text_of(line), &counts, &reduced))
		return "(not readable)";
	snprintf(text, sizeof text, "%.*s", (int)reduced.size, reduced.at);
	return text;
}

static void check(const char *format, const char *line, const char *expected)
{
	assert_string_equal(leaves(&capture_policy_default, format, line), expected);
}

static void test_url_keeps_host_and_first_segment(void **state)
{
	static const char *const urls[][2] = {
		{ "/a/b/c?d=e", "/a" },
		{ "\\/a\\/b?c", "/a" },
		{ "/", "/" },
		{ "/?q=word", "/" },
		{ "/a;id=7", "/a" },
		{ "http://h.example/a/b", "http://h.example/a" },
		{ "https:\\/\\/h.example:8443\\/a?b", "https://h.example:8443/a" },
		{ "http://user:word@h.example/a", "http://h.example/a" },
		{ "http://[2001:db8::1]/a/b", "http://[2001:db8::1]/a" },
		{ "http://h.example?word", "http://h.example" },
		{ "h.example:443", "h.example:443" },
		{ "h.example/a/b", "h.example/a" },
		{ "word with spaces", NULL },
		{ "", NULL },
		{ "javascript:alert(1)", NULL },
		{ "/a\\u0020word", "/" },
		{ "data:text/plain,word", NULL },
		{ "/0123456789012345678901234567890123456789012345678901234567890123456789/x", "/" },
	};
	char line[512], expected[512];
	(void)state;
	for (size_t i = 0; i < sizeof urls / sizeof *urls; i++) {
		snprintf(line, sizeof line, "{\"event_type\":\"http\",\"http\":{\"url\":\"%s\"}}", urls[i][0]);
		snprintf(expected, sizeof expected,
		    urls[i][1] ? "{\"event_type\":\"http\",\"http\":{\"url\":\"%s\"}}" : "{\"event_type\":\"http\"}",
		    urls[i][1]);
		if (urls[i][1] && strcmp(urls[i][0], urls[i][1]) == 0)
			memcpy(expected, line, sizeof line);
		check("eve", line, expected);
	}
}

static void test_mail_keeps_the_domain_and_a_file_its_extension(void **state)
{
	(void)state;
	check("eve",
	    "{\"event_type\":\"darknet\",\"src_ip\":\"192.0.2.1\",\"darknet\":{\"what\":\"counts\",\"awake\":10.0,"
	    "\"rows\":[[\"23/tcp\",\"probe\",\"\",\"JP\",0,830]]}}",
	    "{\"event_type\":\"darknet\",\"src_ip\":\"192.0.2.1\",\"darknet\":{\"what\":\"counts\",\"awake\":10.0,"
	    "\"rows\":[[\"23/tcp\",\"probe\",\"\",\"JP\",0,830]]}}");
	check("eve", "{\"smtp\":{\"mail_from\":\"<who@m.example>\",\"rcpt_to\":[\"a@b.example\",\"nobody\"]}}",
	    "{\"smtp\":{\"mail_from\":\"@m.example\",\"rcpt_to\":[\"@b.example\"]}}");
	check("eve", "{\"email\":{\"from\":\"\\\"Wo, Rd\\\" <who@m.example>\"}}",
	    "{\"email\":{\"from\":\"@m.example\"}}");
	check("eve", "{\"email\":{\"attachment\":[\"plan of x.pdf\",\"noextension\",\"a.verylongone\",\".z\"]}}",
	    "{\"email\":{\"attachment\":[\".pdf\",\".z\"]}}");
}

static void test_unknown_fields_do_not_leave(void **state)
{
	(void)state;
	check("eve", "{\"src_ip\":\"192.0.2.1\",\"new\":\"word\",\"http\":{\"new\":{\"deep\":[1,\"word\"]}}}",
	    "{\"src_ip\":\"192.0.2.1\"}");
	check("eve", "{\"new\":{},\"other\":[]}", "{}");
	check("eve", "{\"src_\\u0069p\":\"word\",\"proto\":\"TCP\"}", "{\"proto\":\"TCP\"}");
	check("wazuh", "{\"rule\":{\"level\":3},\"full_log\":\"word\",\"data\":{\"http\":{\"url\":\"/a/b\"},\"x\":1}}",
	    "{\"rule\":{\"level\":3},\"data\":{\"http\":{\"url\":\"/a\"}}}");
}

static void test_lines_that_hold_nothing_forbidden_stay_as_they_are(void **state)
{
	static const char line[] =
	    "\xef\xbb\xbf{ \"src_ip\" : \"192.0.2.1\", \"flow\":{\"age\": 1.5e3,\"alerted\" :true} } ";
	struct capture_counts counts = { 0 };
	struct text reduced;
	(void)state;
	assert_true(capture_reduce(reducer, &capture_policy_default, CAPTURE_FOR_CENTRE, format_named("eve"), NULL,
	    TEXT(line), &counts, &reduced));
	assert_ptr_equal(reduced.at, line);
	assert_int_equal(counts.changed, 0);
}

static void test_what_is_no_json_is_not_passed_on(void **state)
{
	static const char *const lines[] = { "{", "}", "{\"a\"}", "{\"a\":}", "{\"src_ip\":word}", "{\"src_ip\":\"a\"",
		"{\"src_ip\":\"a\\", "{\"src_ip\":\"a\"} word", "[1,]", "{\"src_ip\":\"a\",}", "{'a':1}", "word" };
	(void)state;
	for (size_t i = 0; i < sizeof lines / sizeof *lines; i++)
		check("eve", lines[i], "(not readable)");
}

static void test_lines_keep_their_places(void **state)
{
	char bytes[] = "{\"email\":{\"subject\":\"word\"},\"proto\":\"TCP\"}\r\n\nword\n{\"proto\":\"TCP\"}";
	struct capture_counts counts = { 0 };
	(void)state;
	capture_reduce_lines(reducer, &capture_policy_default, CAPTURE_FOR_CENTRE, format_named("eve"), NULL, bytes,
	    strlen(bytes), &counts);
	assert_string_equal(bytes, "{\"proto\":\"TCP\"}                           \r\n\n?   \n{\"proto\":\"TCP\"}");
	assert_int_equal(counts.unreadable, 1);
	assert_int_equal(counts.changed, 1);
}

static void test_text_is_masked(void **state)
{
	(void)state;
	check("csv", "1,\"GET /a/b?c=word HTTP/1.1\",http://u:word@h.example/a/b,who@m.example,/srv/file",
	    "1,\"GET /a********* HTTP/1.1\",http://******@h.example/a**,***@m.example,/srv/file");
	check("fast", "see http://h.example/a/b,word and who@m.example",
	    "see http://h.example/a******* and ***@m.example");
}

static void test_what_a_policy_forbids_is_masked_whole(void **state)
{
	struct capture_policy strict = capture_policy_default;
	(void)state;
	strict.kinds[CAPTURE_URL] = strict.kinds[CAPTURE_MAIL] = CAPTURE_STAYS;
	assert_string_equal(leaves(&strict, "fast", "see u=http://h.example/a/b GET /a/b and who@m.example"),
	    "see u=******************** GET **** and *************");
}

/* Lines of one file, one under the other, as they would leave. */
static void check_columns(const char *format, const char *map, const char *lines, const char *expected)
{
	struct capture_columns *columns;
	struct capture_counts counts = { 0 };
	struct failure failure;
	char bytes[1024], trimmed[1024];
	size_t size = 0;
	assert_int_equal(capture_columns_new(format_named(format), text_of(map), &columns, &failure), OK);
	assert_non_null(columns);
	snprintf(bytes, sizeof bytes, "%s", lines);
	capture_reduce_lines(reducer, &capture_policy_default, CAPTURE_FOR_CENTRE, format_named(format), columns, bytes,
	    strlen(bytes), &counts);
	capture_columns_free(columns);
	assert_int_equal(strlen(bytes), strlen(lines));
	for (const char *at = bytes; *at; at++) /* without what fills the lines up */
		if (*at != ' ' || at[strspn(at, " ")] != '\n')
			trimmed[size++] = *at;
	trimmed[size] = 0;
	assert_string_equal(trimmed, expected);
}

static void test_columns_of_csv_leave_as_their_names_say(void **state)
{
	(void)state;
	check_columns("csv", "",
	    "time,signature,ip,account,url,odd,Subject\n"
	    "1,\"see http://h.example/a/b, \"\"x\"\"\",192.0.2.1,who,\"http://h.example/a,b/c\",word,word\n"
	    "time,signature,ip,account,url,odd,Subject\n"
	    "2,three columns,word\n"
	    "3,\"an open one,4,5,word,6,7\n",
	    "time,signature,ip,account,url,odd,Subject\n"
	    "1,\"see http://h.example/a*** \"\"x\"\"\",,who,\"http://h.example/a,b\",,\n"
	    "time,signature,ip,account,url,odd,Subject\n?\n?\n");
	/* by a map: what it names is what it says, the rest as the header calls it */
	check_columns("csv", "time=when,signature=what,account=url",
	    "when,what,url,account,path,word\n1,a,who,me,/p,word\n",
	    "when,what,url,account,path,word\n1,a,who,me,/p,\n");
	/* by positions: of the others nothing is known */
	check_columns(
	    "csv", "time=1,signature=3", "1,word,a,word\n2,word,see /a/b?c,word\n", "1,,a,\n2,,see /a/b**,\n");
	/* before there is a header it is text */
	check_columns("csv", "", "word /a/b?c\ntime,signature,x\n1,a,word\n", "word /a/b**\ntime,signature,x\n1,a,\n");
}

static void test_columns_of_zeek_leave_as_their_names_say(void **state)
{
	(void)state;
	check_columns("zeek", "",
	    "#separator \\x09\n#path\thttp\n#fields\tts\tid.orig_h\thost\turi\tusername\tpassword\tbrand_new\n"
	    "1.5\t192.0.2.1\th.example\t/a/word?b\twho\tword\tword\n2.5\tword\n#close\t2026\n",
	    "#separator \\x09\n#path\thttp\n#fields\tts\tid.orig_h\thost\turi\tusername\tpassword\tbrand_new\n"
	    "1.5\t192.0.2.1\th.example\t/a\twho\t\t\n?\n#close\t2026\n");
	check_columns("zeek", "",
	    "#fields\tts\tmailfrom\trcptto\tsubject\tlast_reply\n1\twho@m.example\ta@b.example,c@d."
	    "example\tword\tword\n",
	    "#fields\tts\tmailfrom\trcptto\tsubject\tlast_reply\n1\t@m.example\t@d.example\t\t\n");
	check_columns("zeek", "",
	    "{\"ts\":1,\"note\":\"A::B\",\"msg\":\"word\",\"sub\":\"word\",\"id.orig_h\":\"192.0.2.1\"}\n",
	    "{\"ts\":1,\"note\":\"A::B\",\"id.orig_h\":\"192.0.2.1\"}\n");
}

static void test_keys_of_cef_leave_as_their_names_say(void **state)
{
	(void)state;
	check_columns("cef", "",
	    "Nov 21 10:00:00 fw CEF:0|V|P|1|9|see /a/b?c|5|word src=192.0.2.1 request=http://h.example/a/b?c\\=d "
	    "suser=who "
	    "msg=a word of it cs1=word cs1Label=Odd cs2=Execution cs2Label=MITRE Tactic fname=plan.pdf "
	    "odd=word\nword\n",
	    "Nov 21 10:00:00 fw CEF:0|V|P|1|9|see /a/b**|5|src=192.0.2.1 request=http://h.example/a suser=who "
	    "msg= cs1= cs1Label=Odd cs2=Execution cs2Label=MITRE Tactic fname=.pdf odd=\n?\n");
}

/* What a line with one word of each kind may hold under the default policy, and nothing else. */
static const struct sample {
	enum capture_kind kind;
	const char *path[3], *value, *expected;
} samples[] = {
	{ CAPTURE_UNKNOWN, { "http", "brand_new" }, "word", NULL },
	{ CAPTURE_TECHNICAL, { "src_ip" }, "192.0.2.1", "192.0.2.1" },
	{ CAPTURE_NAME, { "dns", "rrname" }, "n.example", "n.example" },
	{ CAPTURE_SERVER, { "tls", "sni" }, "s.example", "s.example" },
	{ CAPTURE_AGENT, { "http", "http_user_agent" }, "agent/1", "agent/1" },
	{ CAPTURE_URL, { "http", "url" }, "/a/word", "/a" },
	{ CAPTURE_MAIL, { "smtp", "mail_from" }, "word@m.example", "@m.example" },
	{ CAPTURE_SUBJECT, { "email", "subject" }, "word", NULL },
	{ CAPTURE_FILE, { "fileinfo", "filename" }, "word.pdf", ".pdf" },
	{ CAPTURE_HASH, { "fileinfo", "sha256" }, "aa", "aa" },
	{ CAPTURE_PATH, { "smb", "share" }, "share", "share" },
	{ CAPTURE_ACCOUNT, { "krb5", "cname" }, "who", "who" },
	{ CAPTURE_COMMAND, { "ftp", "command_data" }, "word", NULL },
	{ CAPTURE_TEXT, { "ftp", "reply" }, "word", NULL },
	{ CAPTURE_PAYLOAD, { "payload_printable" }, "word", NULL },
	{ CAPTURE_SECRET, { "http", "cookie" }, "word", NULL },
};

static void build_sample(const struct sample *sample, const char *value, char *to, size_t size)
{
	if (!value)
		snprintf(to, size, "{}");
	else if (sample->path[1])
		snprintf(to, size, "{\"%s\":{\"%s\":\"%s\"}}", sample->path[0], sample->path[1], value);
	else
		snprintf(to, size, "{\"%s\":\"%s\"}", sample->path[0], value);
}

static bool defaults_hold(const struct capture_policy *policy)
{
	char line[256], expected[256];
	bool hold = true;
	for (size_t i = 0; i < sizeof samples / sizeof *samples; i++) {
		build_sample(&samples[i], samples[i].value, line, sizeof line);
		build_sample(&samples[i], samples[i].expected, expected, sizeof expected);
		hold &= strcmp(leaves(policy, "eve", line), expected) == 0;
	}
	return hold;
}

/* Whether anything of this kind is recorded at all. */
static bool recorded(const struct capture_policy *policy, const struct sample *sample)
{
	struct capture_counts counts = { 0 };
	struct text reduced;
	char line[256];
	build_sample(sample, sample->value, line, sizeof line);
	assert_true(capture_reduce(
	    reducer, policy, CAPTURE_FOR_RECORD, format_named("eve"), NULL, text_of(line), &counts, &reduced));
	return reduced.size > 2;
}

static void test_every_default_is_noticed_when_it_is_another(void **state)
{
	(void)state;
	assert_int_equal(sizeof samples / sizeof *samples, CAPTURE_KIND_COUNT);
	assert_true(defaults_hold(&capture_policy_default));
	for (unsigned kind = 0; kind < CAPTURE_KIND_COUNT; kind++)
		for (unsigned other = 0; other < CAPTURE_COUNT; other++) {
			struct capture_policy mutant = capture_policy_default;
			uint8_t was = mutant.kinds[kind];
			mutant.kinds[kind] = (uint8_t)other;
			bool same_leaving = other == was || (other <= CAPTURE_STAYS && was <= CAPTURE_STAYS);
			/* "reduced" of what has no reduction is nothing */
			same_leaving |= other == CAPTURE_REDUCED && was <= CAPTURE_STAYS && !capture_can_reduce(kind);
			bool same_record = (other == CAPTURE_NOT) == (was == CAPTURE_NOT);
			/* a text of one word has nothing to mask */
			assert_int_equal(defaults_hold(&mutant), same_leaving);
			assert_int_equal(
			    recorded(&mutant, &samples[kind]) == recorded(&capture_policy_default, &samples[kind]),
			    same_record);
		}
}

static void test_the_stricter_of_two_policies_wins(void **state)
{
	struct capture_policy loosest, strict = capture_policy_default, met;
	struct builder text = { 0 };
	struct failure failure;
	(void)state;
	capture_policy_loosest(&loosest);
	assert_null(capture_policy_set(&strict, TEXT("url"), TEXT("not")));
	assert_null(capture_policy_set(&strict, TEXT("member_days"), TEXT("7")));
	capture_policy_meet(&strict, &loosest, &met);
	assert_memory_equal(&met, &strict, sizeof met);
	assert_false(capture_policy_loosens(&capture_policy_default, &strict));
	assert_true(capture_policy_loosens(&strict, &capture_policy_default));
	capture_policy_write(&strict, &text);
	met = loosest;
	assert_int_equal(capture_policy_read((struct text){ text.at, text.size }, &met, &failure), OK);
	assert_memory_equal(&met, &strict, sizeof met);
	builder_free(&text);
}

static void test_what_never_leaves_is_no_choice(void **state)
{
	struct capture_policy policy = capture_policy_default;
	struct failure failure;
	(void)state;
	assert_non_null(capture_policy_set(&policy, TEXT("payload"), TEXT("leaves")));
	assert_non_null(capture_policy_set(&policy, TEXT("secret"), TEXT("stays")));
	assert_non_null(capture_policy_set(&policy, TEXT("unknown"), TEXT("leaves")));
	assert_non_null(capture_policy_set(&policy, TEXT("subject"), TEXT("reduced")));
	assert_non_null(capture_policy_set(&policy, TEXT("nothing"), TEXT("leaves")));
	assert_int_equal(capture_policy_read(TEXT("url=leaves payload=leaves"), &policy, &failure), ERROR_INPUT);
	assert_memory_equal(&policy, &capture_policy_default, sizeof policy);
	assert_int_equal(capture_policy_read(TEXT("something_new=leaves url=not"), &policy, &failure), OK);
	assert_int_equal(policy.kinds[CAPTURE_URL], CAPTURE_NOT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_url_keeps_host_and_first_segment),
		cmocka_unit_test(test_mail_keeps_the_domain_and_a_file_its_extension),
		cmocka_unit_test(test_unknown_fields_do_not_leave),
		cmocka_unit_test(test_lines_that_hold_nothing_forbidden_stay_as_they_are),
		cmocka_unit_test(test_what_is_no_json_is_not_passed_on),
		cmocka_unit_test(test_lines_keep_their_places),
		cmocka_unit_test(test_text_is_masked),
		cmocka_unit_test(test_what_a_policy_forbids_is_masked_whole),
		cmocka_unit_test(test_columns_of_csv_leave_as_their_names_say),
		cmocka_unit_test(test_columns_of_zeek_leave_as_their_names_say),
		cmocka_unit_test(test_keys_of_cef_leave_as_their_names_say),
		cmocka_unit_test(test_every_default_is_noticed_when_it_is_another),
		cmocka_unit_test(test_the_stricter_of_two_policies_wins),
		cmocka_unit_test(test_what_never_leaves_is_no_choice),
	};
	return cmocka_run_group_tests(tests, make_reducer, free_reducer);
}
