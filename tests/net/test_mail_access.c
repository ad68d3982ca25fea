/*
 * POP3 and IMAP: what is asked and granted, what is never kept, and the step to TLS.
 */
#include "dissector_driver.h"

#include "net/imap.h"
#include "net/pop3.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define HELLO                                                                                                          \
	"\x16\3\1\0\x3f\1\0\0\x3b\3\3"                                                                                 \
	"0123456789abcdef0123456789abcdef\0\0\4\x13\1\xc0\x2b\1\0\0\x0e\0\0\0\x0a\0\x08\0\0\5"                         \
	"e.com"
#define TLS_FIELDS                                                                                                     \
	"client tls.sni=e.com ja3.hash=4022d423db332728a37c8de677d5c557 "                                              \
	"ja4.hash=t12d020100_777cda164f4b_000000000000 "                                                               \
	"\n"
#define COMMAND(side, id, name, rest)                                                                                  \
	side " {\"tx_id\":" id ",\"pop3\":{\"request\":{\"command\":\"" name "\"" rest "}\n"
#define GRANTED "},\"response\":{\"success\":true,\"status\":\"OK\"}}"
#define REFUSED "},\"response\":{\"success\":false,\"status\":\"ERR\"}}"

static void test_pop3_commands_are_told_without_secrets_and_mails(void **state)
{
	static const struct said said[] = {
		SAID_SERVER("+OK pop.example.org <1.2@example.org>\r\n"),
		SAID_CLIENT("user taro\r\n"),
		SAID_SERVER("+OK\r\n"),
		SAID_CLIENT("PASS geheim\r\n"),
		SAID_SERVER("-ERR no\r\n"),
		SAID_CLIENT("APOP taro c4c9334bac560ecc979e58001b3e22fb\r\n"),
		SAID_SERVER("+OK\r\n"),
		SAID_CLIENT("LIST\r\nLIST 1\r\nRETR 1\r\n"),
		SAID_SERVER("+OK 2\r\n1 20\r\n2 30\r\n.\r\n+OK 1 20\r\n+OK\r\nSubject: x\r\n\r\n-ERR is no answer "
			    "here\r\n..\r\n.\r\n"),
		SAID_CLIENT("DELE 1\r\n"),
	};
	(void)state;
	driver_expect(&(struct conversation){ CONVERSATION(said) }, driver_show_eve,
	    COMMAND("server", "0", "USER", ",\"args\":[\"taro\"]" GRANTED) COMMAND("server", "1", "PASS", REFUSED)
		COMMAND("server", "2", "APOP", GRANTED) COMMAND("server", "3", "LIST", GRANTED) COMMAND("server", "4",
		    "LIST", ",\"args\":[\"1\"]" GRANTED) COMMAND("server", "5", "RETR", ",\"args\":[\"1\"]" GRANTED)
		    COMMAND("client", "6", "DELE", ",\"args\":[\"1\"]}}"));
}

static void test_pop3_answers_to_challenges_are_no_commands(void **state)
{
	static const struct said said[] = {
		SAID_SERVER("+OK ready\r\n"),
		SAID_CLIENT("AUTH PLAIN\r\n"),
		SAID_SERVER("+ \r\n"),
		SAID_CLIENT("AHRhcm8AZ2VoZWlt\r\n"),
		SAID_SERVER("+OK\r\n"),
		SAID_CLIENT("AUTH\r\n"),
		SAID_SERVER("+OK\r\nPLAIN\r\n.\r\n"),
		SAID_CLIENT("STAT\r\n"),
		SAID_SERVER("+OK 1 20\r\n"),
	};
	(void)state;
	driver_expect(&(struct conversation){ CONVERSATION(said) }, driver_show_eve,
	    COMMAND("server", "0", "AUTH", ",\"args\":[\"*\"]" GRANTED) COMMAND("server", "1", "AUTH", GRANTED)
		COMMAND("server", "2", "STAT", GRANTED));
}

static void test_pop3_becomes_tls(void **state)
{
	static const struct said said[] = { SAID_SERVER("+OK ready\r\n"), SAID_CLIENT("STLS\r\n"),
		SAID_SERVER("+OK begin\r\n"), SAID_CLIENT(HELLO) };
	static const struct said refused[] = { SAID_SERVER("+OK ready\r\n"), SAID_CLIENT("STLS\r\n"),
		SAID_SERVER("-ERR no\r\n"), SAID_CLIENT("QUIT\r\n") };
	(void)state;
	driver_expect(&(struct conversation){ CONVERSATION(said) }, driver_show_fields, "server \n" TLS_FIELDS);
	driver_expect(&(struct conversation){ CONVERSATION(refused) }, driver_show_fields, "server \nclient \n");
}

static void test_pop3_goes_on_behind_holes_and_long_lines(void **state)
{
	static char lines[5000 + 9] = "+OK";
	static const struct said said[] = { SAID_SERVER("+OK ready\r\n"), SAID_CLIENT("STAT\r\n"),
		{ SIDE_SERVER, lines, sizeof lines, 0 }, SAID_SERVER("+OK\r\n"), SAID_CLIENT("NOOP\r\n"),
		SAID_MISSING(SIDE_SERVER, 10), SAID_SERVER("the end\r\n"), SAID_CLIENT("LAST\r\n"),
		SAID_SERVER("+OK\r\n") };
	(void)state;
	memset(lines + 3, 'x', 5000);
	memcpy(lines + 5003, "\r\nOK\r\n", 6);
	driver_expect(&(struct conversation){ CONVERSATION(said) }, driver_show_eve,
	    "server anomaly invalid_reply\n" COMMAND("server", "0", "STAT", GRANTED)
		COMMAND("client", "1", "NOOP", "}}") COMMAND("server", "2", "LAST", GRANTED));
}

static void test_imap_becomes_tls(void **state)
{
	static const struct said said[] = { SAID_SERVER("* OK [CAPABILITY IMAP4rev1] ready\r\n"),
		SAID_CLIENT(". CAPABILITY\r\n"), SAID_SERVER("* CAPABILITY IMAP4rev1\r\n. OK done\r\n"),
		SAID_CLIENT("a7 STARTTLS\r\n"), SAID_SERVER("* soon\r\na7 OK begin\r\n"), SAID_CLIENT(HELLO) };
	static const struct said refused[] = { SAID_SERVER("* OK ready\r\n"), SAID_CLIENT("a7 STARTTLS\r\n"),
		SAID_SERVER("a7 NO\r\na7 OK\r\n"), SAID_CLIENT(HELLO) };
	(void)state;
	driver_expect(&(struct conversation){ CONVERSATION(said) }, driver_show_fields, TLS_FIELDS);
	driver_expect(&(struct conversation){ CONVERSATION(refused) }, driver_show_fields, "");
}

/* What stands in a mail is neither a command nor an answer, though it looks like one. */
static void test_imap_literals_are_passed_over(void **state)
{
	static const struct said said[] = { SAID_SERVER("* OK ready\r\n"),
		SAID_CLIENT("1 APPEND x {15}\r\n2 STARTTLS\r\n..\r\n"), SAID_SERVER("2 OK no\r\n"),
		SAID_CLIENT("3 FETCH 1 BODY[]\r\n4 STARTTLS\r\n"),
		SAID_SERVER("* 1 FETCH (BODY[] {11}\r\n4 OK then\r\n)\r\n3 OK\r\n4 OK begin\r\n"), SAID_CLIENT(HELLO) };
	(void)state;
	driver_expect(&(struct conversation){ CONVERSATION(said) }, driver_show_fields, TLS_FIELDS);
}

static void test_imap_compressed_connections_are_left(void **state)
{
	static const struct said said[] = { SAID_SERVER("* OK ready\r\n"), SAID_CLIENT("1 COMPRESS DEFLATE\r\n"),
		SAID_SERVER("1 OK\r\n"), SAID_CLIENT("2 STARTTLS\r\n"), SAID_SERVER("2 OK\r\n"), SAID_CLIENT(HELLO) };
	(void)state;
	driver_expect(&(struct conversation){ CONVERSATION(said) }, driver_show_fields, "");
}

#define IS(dissector, side, text, likeness)                                                                            \
	assert_int_equal((dissector).recognise((side), (const uint8_t *)(text), strlen(text)), (likeness))

static void test_mail_access_is_told_by_content(void **state)
{
	(void)state;
	IS(dissector_pop3, SIDE_SERVER, "+OK lavad\r\n", LIKENESS_SURE);
	IS(dissector_pop3, SIDE_SERVER, "+O", LIKENESS_MAYBE);
	IS(dissector_pop3, SIDE_SERVER, "+OK\r\n", LIKENESS_NONE); /* Redis says so too */
	IS(dissector_pop3, SIDE_CLIENT, "capa\r\n", LIKENESS_SURE);
	IS(dissector_pop3, SIDE_CLIENT, "USER taro\r\n", LIKENESS_NONE); /* or FTP */
	IS(dissector_imap, SIDE_SERVER, "* OK IMAP4rev1\r\n", LIKENESS_SURE);
	IS(dissector_imap, SIDE_SERVER, "* PRE", LIKENESS_MAYBE);
	IS(dissector_imap, SIDE_SERVER, "*1\r\n", LIKENESS_NONE);
	IS(dissector_imap, SIDE_CLIENT, "C00001 LOGIN a b\r\n", LIKENESS_SURE);
	IS(dissector_imap, SIDE_CLIENT, ". CAPABILITY\r\n", LIKENESS_SURE);
	IS(dissector_imap, SIDE_CLIENT, "GET / HTTP/1.1\r\n", LIKENESS_NONE);
	IS(dissector_imap, SIDE_CLIENT, "EHLO x\r\n", LIKENESS_NONE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_pop3_commands_are_told_without_secrets_and_mails),
		cmocka_unit_test(test_pop3_answers_to_challenges_are_no_commands),
		cmocka_unit_test(test_pop3_becomes_tls),
		cmocka_unit_test(test_pop3_goes_on_behind_holes_and_long_lines),
		cmocka_unit_test(test_imap_becomes_tls),
		cmocka_unit_test(test_imap_literals_are_passed_over),
		cmocka_unit_test(test_imap_compressed_connections_are_left),
		cmocka_unit_test(test_mail_access_is_told_by_content),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
