/*
 * SMTP: transactions, what DATA and BDAT carry, refused and abandoned ones, and the step to TLS.
 */
#include "dissector_driver.h"

#include "net/smtp.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

/* "from > to, to: subject [name size]" */
static void show(struct builder *to, const struct dissection *dissection, enum side side, const void *facts)
{
	const struct smtp_mail *mail = facts;
	(void)side, (void)dissection;
	build_format(to, "%u %.*s: %.*s >", (unsigned)mail->tx_id, (int)mail->helo.size, mail->helo.at,
	    (int)mail->from.size, mail->from.at);
	for (size_t i = 0; i < mail->to_count; i++)
		build_format(to, " %.*s", (int)mail->to[i].size, mail->to[i].at);
	if (!mail->message)
		return;
	build_format(to, ": %.*s%s", (int)mail->message->subject.size, mail->message->subject.at,
	    mail->complete ? "" : " (not whole)");
	for (size_t i = 0; i < mail->message->count; i++)
		build_format(to, " [%.*s %u]", (int)mail->message->attachments[i].name.size,
		    mail->message->attachments[i].name.at, (unsigned)mail->message->attachments[i].size);
}

#define EXPECT(array, expected) driver_expect(&(struct conversation){ CONVERSATION(array) }, show, expected)

static void test_smtp_mail_is_written_with_envelope_message_and_files(void **state)
{
	static const struct said said[] = {
		SAID_SERVER("220 mx.example.org ESMTP\r\n"),
		SAID_CLIENT("EHLO client.example\r\n"),
		SAID_SERVER("250-mx\r\n250 SIZE\r\n"),
		SAID_CLIENT("MAIL FROM:<a@example.org> SIZE=10\r\n"),
		SAID_SERVER("250 ok\r\n"),
		SAID_CLIENT("rcpt to: <b@example.org>\r\n"),
		SAID_SERVER("250 ok\r\n"),
		SAID_CLIENT("DATA\r\n"),
		SAID_SERVER("354 go\r\n"),
		SAID_CLIENT("From: a@example.org\r\nTo: \"b, c\" <b@example.org>, d@example.org\r\nSubject: hi\r\n"
			    "Content-Disposition: attachment; filename=x\r\n\r\n..dot\r\n.\r\n"),
		SAID_SERVER("250 taken\r\n"),
	};
	(void)state;
	driver_expect(&(struct conversation){ CONVERSATION(said) }, driver_show_eve,
	    "client {\"tx_id\":0,\"smtp\":{\"helo\":\"client.example\",\"mail_from\":\"<a@example.org>\",\"rcpt_to\":"
	    "[\"<b@example.org>\"]},\"email\":{\"status\":\"PARSE_DONE\",\"from\":\"a@example.org\",\"to\":"
	    "[\"\\\"b, c\\\" <b@example.org>\",\"d@example.org\"],\"attachment\":[\"x\"],\"subject\":\"hi\"},"
	    "\"files\":[{\"filename\":\"x\",\"sha256\":"
	    "\"0ce4e5a50a79574695e2224fc6b38e38d8be3c660821d81fcd7df08cd0677edf\",\"gaps\":false,\"state\":\"CLOSED\","
	    "\"size\":4,\"tx_id\":0}]}\n");
}

static void test_smtp_fields_are_bare_addresses(void **state)
{
	static const struct said said[] = {
		SAID_CLIENT("HELO h\r\nMAIL FROM:<a@example.org>\r\nRCPT TO:<b@example.org>\r\nRCPT "
			    "TO:c@example.org\r\nDATA\r\n"
			    "Subject: =?utf-8?q?=E7=8B=BC?=\r\n\r\n.\r\n"),
	};
	(void)state;
	driver_expect(&(struct conversation){ CONVERSATION(said) }, driver_show_fields,
	    "client smtp.helo=h smtp.mail_from=a@example.org smtp.rcpt_to=b@example.org smtp.rcpt_to=c@example.org "
	    "email.subject=\xe7\x8b\xbc \n");
}

static void test_smtp_chunks_are_one_message(void **state)
{
	static const struct said said[] = {
		SAID_CLIENT("EHLO h\r\nMAIL FROM:<a>\r\nRCPT TO:<b>\r\nBDAT 12\r\nSubject: one"
			    "BDAT 9 LAST\r\n\r\n\r\n.\r\nxy"
			    "MAIL FROM:<c>\r\nRCPT TO:<d>\r\nBDAT 0 LAST\r\nQUIT\r\n"),
	};
	(void)state;
	EXPECT(said, "client 0 h: <a> > <b>: one\nclient 1 h: <c> > <d>: \n");
}

static void test_smtp_refused_message_is_followed_by_commands(void **state)
{
	static const struct said said[] = {
		SAID_SERVER("220 x SMTP\r\n"),
		SAID_CLIENT("EHLO h\r\nMAIL FROM:<a>\r\nRCPT TO:<b>\r\nDATA\r\n"),
		SAID_SERVER("250 h\r\n250 ok\r\n550 no\r\n554 no valid recipients\r\n"),
		SAID_CLIENT("RSET\r\nMAIL FROM:<c>\r\nRCPT TO:<d>\r\nDATA\r\n"),
		SAID_SERVER("250 ok\r\n250 ok\r\n250 ok\r\n354 go\r\n"),
		SAID_CLIENT("Subject: two\r\n\r\n.\r\nQUIT\r\n"),
	};
	(void)state;
	EXPECT(said, "client 0 h: <a> > <b>\nclient 1 h: <c> > <d>: two\n");
}

static void test_smtp_session_without_mail_has_its_greeting(void **state)
{
	static const struct said nothing[] = { SAID_SERVER("220 x ESMTP\r\n"), SAID_CLIENT("EHLO h\r\nQUIT\r\n") };
	static const struct said broken[] = { SAID_CLIENT(
	    "EHLO h\r\nMAIL FROM:<a>\r\nDATA\r\nSubject: half\r\n\r\nx") };
	(void)state;
	EXPECT(nothing, "client 0 h:  >\n");
	EXPECT(broken, "client 0 h: <a> >: half (not whole)\n");
}

static void test_smtp_after_starttls_is_recognised_afresh(void **state)
{
	static const struct said said[] = {
		SAID_SERVER("220 x ESMTP\r\n"),
		SAID_CLIENT("EHLO h\r\nSTARTTLS\r\n"),
		SAID_SERVER("250-x\r\n250 STARTTLS\r\n220 go\r\n"),
		SAID_CLIENT("EHLO inside\r\n"),
	};
	(void)state;
	EXPECT(said, "client 0 h:  >\nclient 0 inside:  >\n");
}

static void test_smtp_gap_leaves_the_rest(void **state)
{
	static const struct said said[] = {
		SAID_CLIENT("EHLO h\r\nMAIL FROM:<a>\r\nDATA\r\nSubject: s\r\nContent-Disposition: attachment; "
			    "filename=f\r\n\r\n1"),
		SAID_MISSING(SIDE_CLIENT, 10),
		SAID_CLIENT(".\r\n2\r\n.\r\nMAIL FROM:<b>\r\nQUIT\r\n"),
	};
	(void)state;
	EXPECT(said, "client 0 h: <a> >: s [f 4]\nclient 1 h: <b> >\n");
}

static void test_smtp_is_told_from_others_that_greet_with_220(void **state)
{
	static const char ftp[] = "220 FTP server ready\r\n", smtp[] = "220-x\r\n", esmtp[] = "220 x ESMTP Y\r\n";
	(void)state;
	assert_int_equal(dissector_smtp.recognise(SIDE_SERVER, (const uint8_t *)ftp, sizeof ftp - 1), LIKENESS_MAYBE);
	assert_int_equal(dissector_smtp.recognise(SIDE_SERVER, (const uint8_t *)smtp, sizeof smtp - 1), LIKENESS_MAYBE);
	assert_int_equal(
	    dissector_smtp.recognise(SIDE_SERVER, (const uint8_t *)esmtp, sizeof esmtp - 1), LIKENESS_SURE);
	assert_int_equal(dissector_smtp.recognise(SIDE_CLIENT, (const uint8_t *)"USER a\r\n", 8), LIKENESS_NONE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_smtp_mail_is_written_with_envelope_message_and_files),
		cmocka_unit_test(test_smtp_fields_are_bare_addresses),
		cmocka_unit_test(test_smtp_chunks_are_one_message),
		cmocka_unit_test(test_smtp_refused_message_is_followed_by_commands),
		cmocka_unit_test(test_smtp_session_without_mail_has_its_greeting),
		cmocka_unit_test(test_smtp_after_starttls_is_recognised_afresh),
		cmocka_unit_test(test_smtp_gap_leaves_the_rest),
		cmocka_unit_test(test_smtp_is_told_from_others_that_greet_with_220),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
