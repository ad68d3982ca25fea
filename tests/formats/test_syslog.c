/*
 * Syslog messages as standards and devices write them, and how they are cut out of streams.
 */
#include "formats/syslog.h"
#include "formats/syslog_frame.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct syslog_message message;
static struct syslog_reader *reader;
static struct failure failure;
static nanoseconds received;

static enum error read_sized(struct text bytes, int zone, const char *at)
{
	static struct syslog_settings settings;
	settings = (struct syslog_settings){ .zone = zone };
	assert_true(time_parse(text_of(at), 0, &received, NULL));
	syslog_reader_free(reader);
	reader = syslog_reader_new(&settings);
	assert_non_null(reader);
	return syslog_read(reader, bytes, received, &message, &failure);
}

static enum error read_at(const char *bytes, const char *at)
{
	return read_sized(text_of(bytes), 0, at);
}

static enum error read_now(const char *bytes)
{
	return read_at(bytes, "2026-11-21T12:00:00Z");
}

static void assert_text(struct text text, const char *expected)
{
	if (!text_equal(text, text_of(expected)))
		fail_msg("\"%.*s\", not \"%s\"", (int)text.size, text.at, expected);
}

static void assert_time(const char *expected)
{
	char text[TIME_TEXT];
	assert_string_equal(time_format(message.occurred, text), expected);
}

static void assert_head(const char *time, const char *host, const char *application, const char *process)
{
	assert_time(time);
	assert_text(message.host, host);
	assert_text(message.application, application);
	assert_text(message.process, process);
}

static int end_reader(void **state)
{
	(void)state;
	syslog_reader_free(reader);
	reader = NULL;
	return 0;
}

static void test_5424(void **state)
{
	(void)state;
	assert_int_equal(
	    read_now("<165>1 2003-10-11T22:14:15.003Z mymachine.example.com evntslog 77 ID47 "
		     "[exampleSDID@32473 iut=\"3\" eventSource=\"a\\\"b\\]\\\\c\\d\"][meta sequenceId=\"29\"] "
		     "\xef\xbb\xbf"
		     "An application event"),
	    OK);
	assert_int_equal(message.form, SYSLOG_RFC5424);
	assert_int_equal(message.facility, 20);
	assert_int_equal(message.severity, 5);
	assert_head("2003-10-11T22:14:15.003Z", "mymachine.example.com", "evntslog", "77");
	assert_text(message.message_id, "ID47");
	assert_text(message.message, "An application event");
	assert_true(message.has_sequence);
	assert_int_equal(message.sequence, 29);

	struct syslog_parameter parameter = { .rest = message.data };
	struct builder value = { 0 };
	assert_true(syslog_parameter_next(&parameter));
	assert_text(parameter.id, "exampleSDID@32473");
	assert_text(parameter.name, "iut");
	assert_true(syslog_parameter_next(&parameter));
	syslog_value(parameter.value, &value);
	assert_text((struct text){ value.at, value.size }, "a\"b]\\c\\d");
	assert_true(syslog_parameter_next(&parameter));
	assert_text(parameter.id, "meta");
	assert_false(syslog_parameter_next(&parameter));
	builder_free(&value);
}

static void test_5424_with_nothing_in_it(void **state)
{
	(void)state;
	assert_int_equal(read_now("<0>1 - - - - - -"), OK);
	assert_head("2026-11-21T12:00:00Z", "", "", "");
	assert_true(message.time_missing);
	assert_text(message.data, "");
	assert_text(message.message, "");
	assert_int_equal(read_now("<191>1 - h a p m [x][y a=\"1\"]"), OK);
	assert_text(message.data, "[x][y a=\"1\"]");
	assert_int_equal(message.facility, 23);
	assert_int_equal(message.severity, 7);
}

static void test_broken_5424_keeps_its_bytes_and_says_what_is_wrong(void **state)
{
	static const char *const broken[][2] = {
		{ "<34>1 yesterday h a p m - x", "TIMESTAMP" },
		{ "<34>1 2003-10-11T22:14:15Z h a", "PROCID" },
		{ "<34>1 2003-10-11T22:14:15Z h a p m [x", "\"]\"" },
		{ "<34>1 2003-10-11T22:14:15Z h a p m [x a=\"1] msg", "name=\"value\"" },
		{ "<34>1 2003-10-11T22:14:15Z h a p m [x a=1] msg", "name=\"value\"" },
		{ "<34>1 2003-10-11T22:14:15Z h a p m [] msg", "no name" },
		{ "<34>1 2003-10-11T22:14:15Z h a p m x", "\"-\" or \"[\"" },
		{ "<34>1 2003-10-11T22:14:15Z h a p m -x", "blank" },
		{ "<192>Oct 11 22:14:15 h a: m", "PRI" },
		{ "<1234>Oct 11 22:14:15 h a: m", "PRI" },
		{ "<>Oct 11 22:14:15 h a: m", "PRI" },
		{ "nothing at all", "no priority" },
		{ "", "no priority" },
	};
	(void)state;
	for (size_t i = 0; i < sizeof broken / sizeof *broken; i++) {
		assert_int_equal(read_now(broken[i][0]), ERROR_INPUT);
		assert_non_null(strstr(failure.words, broken[i][1]));
		assert_int_equal(message.form, SYSLOG_BARE);
		assert_text(message.message, broken[i][0]);
		assert_time("2026-11-21T12:00:00Z");
	}
}

static void test_3164(void **state)
{
	(void)state;
	assert_int_equal(read_now("<34>Oct 11 22:14:15 mymachine su[231]: 'su root' failed on /dev/pts/8\n"), OK);
	assert_int_equal(message.form, SYSLOG_RFC3164);
	assert_int_equal(message.facility, 4);
	assert_head("2026-10-11T22:14:15Z", "mymachine", "su", "231");
	assert_text(message.message, "'su root' failed on /dev/pts/8");
	assert_true(message.zone_assumed);
	assert_int_equal(read_now("<13>Feb  5 17:32:18 10.0.0.99 Use the BFG!"), OK);
	assert_head("2026-02-05T17:32:18Z", "10.0.0.99", "", "");
	assert_text(message.message, "Use the BFG!");
	assert_int_equal(read_now("<13>Feb  5 17:32:18 2001:db8::99 kernel: [  1.2] up"), OK);
	assert_head("2026-02-05T17:32:18Z", "2001:db8::99", "kernel", "");
	assert_text(message.message, "[  1.2] up");
}

static void test_3164_liberties(void **state)
{
	static const struct {
		const char *bytes, *time, *host, *application, *process, *message;
	} all[] = {
		{ "<13>Oct 11 22:14:15 sshd[12]: no host", "2026-10-11T22:14:15Z", "", "sshd", "12", "no host" },
		{ "<13>sshd[12]: no time", "2026-11-21T12:00:00Z", "", "sshd", "12", "no time" },
		{ "<13>only words", "2026-11-21T12:00:00Z", "", "", "", "only words" },
		{ "<13>2026-11-21T17:48:09.25+09:00 db su: x", "2026-11-21T08:48:09.250Z", "db", "su", "", "x" },
		{ "<13>2026-11-21 11:48:09 db postfix/smtpd[7]: x", "2026-11-21T11:48:09Z", "db", "postfix/smtpd", "7",
		    "x" },
		{ "<13>Oct 11 2025 22:14:15 db su: x", "2025-10-11T22:14:15Z", "db", "su", "", "x" },
		{ "<13>Oct 11 22:14:15.123 UTC db su: x", "2026-10-11T22:14:15.123Z", "db", "su", "", "x" },
		{ "2026-11-21T11:48:09.123456+00:00 db sudo:    a : TTY=pts/0", "2026-11-21T11:48:09.123456Z", "db",
		    "sudo", "", "   a : TTY=pts/0" },
		{ "Nov 21 11:48:09 db CRON[9]: x", "2026-11-21T11:48:09Z", "db", "CRON", "9", "x" },
		{ "<189>123: *Mar  1 18:46:11.123 UTC: %SYS-5-CONFIG_I: x", "2026-03-01T18:46:11.123Z", "",
		    "%SYS-5-CONFIG_I", "", "x" },
		{ "<189>123: edge1: 000045: .Mar  1 18:46:11: %SYS-5-CONFIG_I: x", "2026-03-01T18:46:11Z", "edge1",
		    "%SYS-5-CONFIG_I", "", "x" },
		{ "<166>Mar 01 2026 18:46:11 fw1 : %ASA-6-302013: Built", "2026-03-01T18:46:11Z", "fw1",
		    "%ASA-6-302013", "", "Built" },
		{ "<166>Mar 01 2026 18:46:11: %ASA-6-302013: Built", "2026-03-01T18:46:11Z", "", "%ASA-6-302013", "",
		    "Built" },
		{ "<86>Oct 11 22:14:15 h sshd(pam_unix)[3]: x", "2026-10-11T22:14:15Z", "h", "sshd(pam_unix)", "3",
		    "x" },
		{ "<30>Oct 11 22:14:15 h -- MARK --", "2026-10-11T22:14:15Z", "h", "", "", "-- MARK --" },
	};
	(void)state;
	for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
		assert_int_equal(read_now(all[i].bytes), OK);
		assert_head(all[i].time, all[i].host, all[i].application, all[i].process);
		assert_text(message.message, all[i].message);
	}
	assert_int_equal(read_now("<189>123: *Mar  1 18:46:11.123 UTC: %SYS-5-CONFIG_I: x"), OK);
	assert_int_equal(message.sequence, 123);
	assert_int_equal(read_now("<189>123: edge1: 000045: Mar  1 18:46:11: %SYS-5-CONFIG_I: x"), OK);
	assert_int_equal(message.sequence, 45);
	assert_int_equal(
	    read_sized(TEXT("<189>1: Mar  1 18:46:11 UTC: %SYS-5-A: x"), 9 * 3600, "2026-11-21T00:00:00Z"), OK);
	assert_time("2026-03-01T18:46:11Z");
	assert_false(message.zone_assumed);
	assert_int_equal(
	    read_sized(TEXT("<189>1: Mar  1 18:46:11 JST: %SYS-5-A: x"), 9 * 3600, "2026-11-21T00:00:00Z"), OK);
	assert_time("2026-03-01T09:46:11Z");
	assert_true(message.zone_assumed);
}

static void test_year_is_the_one_nearest_before_receipt(void **state)
{
	(void)state;
	assert_int_equal(read_at("<13>Dec 31 23:59:59 h a: x", "2027-01-01T00:00:10Z"), OK);
	assert_time("2026-12-31T23:59:59Z");
	assert_int_equal(read_at("<13>Jan  1 00:00:05 h a: x", "2026-12-31T23:59:58Z"), OK); /* its clock is ahead */
	assert_time("2027-01-01T00:00:05Z");
	assert_int_equal(read_at("<13>Feb 29 01:00:00 h a: x", "2026-03-01T00:00:00Z"), OK);
	assert_time("2024-02-29T01:00:00Z");
	assert_int_equal(read_sized(TEXT("<13>Jan  1 08:59:59 h a: x"), 9 * 3600, "2027-01-01T00:00:00Z"), OK);
	assert_time("2026-12-31T23:59:59Z");
}

static void test_character_sets(void **state)
{
	static const char *const encoded[] = {
		"\xe4\xb8\x8d\xe6\xad\xa3\xe3\x81\xaa\xe6\x8e\xa5\xe7\xb6\x9a",
		"\xc9\xd4\xc0\xb5\xa4\xca\xc0\xdc\xc2\xb3",
		"\x95\x73\x90\xb3\x82\xc8\x90\xda\x91\xb1",
		"\x1b$BIT@5$J@\\B3\x1b(B",
	};
	(void)state;
	for (size_t i = 0; i < 4; i++) {
		char line[128];
		snprintf(line, sizeof line, "<13>Oct 11 22:14:15 h app: %s 1", encoded[i]);
		assert_int_equal(read_now(line), OK);
		assert_text(message.message, "\xe4\xb8\x8d\xe6\xad\xa3\xe3\x81\xaa\xe6\x8e\xa5\xe7\xb6\x9a 1");
		assert_int_equal(message.decoded, i > 0);
	}
	assert_int_equal(read_now("<13>Oct 11 22:14:15 h app: \xff\xfe\xfd"), OK);
	assert_true(message.decoded);
	assert_int_equal(text_utf8_valid(message.message), message.message.size);
}

static void test_journal(void **state)
{
	(void)state;
	assert_int_equal(
	    read_now(
		"{\"__CURSOR\":\"s=1\",\"__REALTIME_TIMESTAMP\":\"1763725689123456\",\"PRIORITY\":\"6\","
		"\"SYSLOG_FACILITY\":\"10\",\"SYSLOG_IDENTIFIER\":\"sshd\",\"_COMM\":\"sshd-session\",\"_PID\":\"77\","
		"\"_HOSTNAME\":\"db\",\"__SEQNUM\":\"9\",\"MESSAGE\":\"Accepted \\u30d1\"}"),
	    OK);
	assert_int_equal(message.form, SYSLOG_JOURNAL);
	assert_head("2025-11-21T11:48:09.123456Z", "db", "sshd", "77");
	assert_int_equal(message.facility, 10);
	assert_int_equal(message.severity, 6);
	assert_int_equal(message.sequence, 9);
	assert_text(message.message, "Accepted \xe3\x83\x91");
	assert_int_equal(read_now("{\"__REALTIME_TIMESTAMP\":\"1\",\"MESSAGE\":[149,115,10]}"), OK);
	assert_text(message.message, "\xe4\xb8\x8d\n"); /* Shift_JIS */
	assert_int_equal(read_now("{\"__REALTIME_TIMESTAMP\":\"x\",\"MESSAGE\":null}"), ERROR_INPUT);
	assert_int_equal(read_now("{\"__REALTIME_TIMESTAMP\":\"1\",\"MESSAGE\""), ERROR_INPUT);
}

struct gathered {
	char all[4096];
	size_t size, count;
};

static void gather(void *context, struct text frame)
{
	struct gathered *gathered = context;
	gathered->count++;
	gathered->size += (size_t)snprintf(
	    gathered->all + gathered->size, sizeof gathered->all - gathered->size, "(%.*s)", (int)frame.size, frame.at);
}

/* However the stream is cut, the messages are the same. */
static void test_framing_mixed_per_message(void **state)
{
	static const char stream[] =
	    "8 <1>a\nb\nc<2>line\r\n10 <3>counted<4>after\n7 bottles of beer\n\n0 zero\n6 <5>end<6>nul";
	static const char *const expected =
	    "(<1>a\nb\nc)(<2>line)(<3>counted)(<4>after)(7 bottles of beer)(0 zero)(<5>end)(<6>nul)";
	(void)state;
	for (size_t step = 1; step <= sizeof stream; step++) {
		struct syslog_framer framer = { .longest = 64 };
		struct gathered gathered = { .size = 0 };
		for (size_t at = 0; at < sizeof stream; at += step) /* with the NUL at its end */
			assert_true(syslog_frame(&framer,
			    (struct text){ stream + at, sizeof stream - at < step ? sizeof stream - at : step }, gather,
			    &gathered));
		assert_string_equal(gathered.all, expected);
		assert_int_equal(framer.counted_messages, 3);
		assert_int_equal(framer.line_messages, 5);
		assert_true(syslog_frame_end(&framer, gather, &gathered));
		assert_int_equal(gathered.count, 8);
		syslog_framer_free(&framer);
	}
}

static void test_framing_cuts_what_is_too_long(void **state)
{
	static const char stream[] =
	    "100 <1>456789012345678901234567890123456789012345678901234567890123456789012345678901234567"
	    "8901234567890\n<2>4567890123456789012345\n<3>next\n";
	struct syslog_framer framer = { .longest = 16 };
	struct gathered gathered = { .size = 0 };
	(void)state;
	syslog_frame(&framer, TEXT(stream), gather, &gathered);
	assert_string_equal(gathered.all, "(<1>4567890123456)(<2>4567890123456)(<3>next)");
	assert_int_equal(framer.cut, 2);
	syslog_framer_free(&framer);
}

static void test_framing_at_the_end(void **state)
{
	struct syslog_framer lines = { .longest = 64 }, counted = { .longest = 64 };
	struct gathered gathered = { .size = 0 };
	(void)state;
	syslog_frame(&lines, TEXT("<1>unended"), gather, &gathered);
	assert_true(syslog_frame_end(&lines, gather, &gathered));
	assert_string_equal(gathered.all, "(<1>unended)");
	syslog_frame(&counted, TEXT("50 <1>broken off"), gather, &gathered);
	assert_false(syslog_frame_end(&counted, gather, &gathered));
	assert_int_equal(gathered.count, 1);
	syslog_framer_free(&lines);
	syslog_framer_free(&counted);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(test_5424, end_reader),
		cmocka_unit_test_teardown(test_5424_with_nothing_in_it, end_reader),
		cmocka_unit_test_teardown(test_broken_5424_keeps_its_bytes_and_says_what_is_wrong, end_reader),
		cmocka_unit_test_teardown(test_3164, end_reader),
		cmocka_unit_test_teardown(test_3164_liberties, end_reader),
		cmocka_unit_test_teardown(test_year_is_the_one_nearest_before_receipt, end_reader),
		cmocka_unit_test_teardown(test_character_sets, end_reader),
		cmocka_unit_test_teardown(test_journal, end_reader),
		cmocka_unit_test(test_framing_mixed_per_message),
		cmocka_unit_test(test_framing_cuts_what_is_too_long),
		cmocka_unit_test(test_framing_at_the_end),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
