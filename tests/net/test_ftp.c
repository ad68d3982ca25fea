/*
 * FTP: commands and their replies, where data goes, what is never kept, and the step to TLS.
 */
#include "dissector_driver.h"

#include "net/ftp.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

/* "3 RETR x: 150 opening/226 done port 1234" */
static void show(struct builder *to, const struct dissection *dissection, enum side side, const void *facts)
{
	const struct ftp_command *fact = facts;
	(void)side, (void)dissection;
	build_format(to, "%u %.*s %.*s:", (unsigned)fact->tx_id, (int)fact->command.size, fact->command.at,
	    (int)fact->argument.size, fact->argument.at);
	for (size_t i = 0; i < fact->reply_count; i++)
		build_format(to, " %u '%.*s'", fact->codes[i], (int)fact->reply[i].size, fact->reply[i].at);
	if (fact->port)
		build_format(to, " %s %u", fact->passive ? "passive" : "active", fact->port);
}

#define EXPECT(array, expected) driver_expect(&(struct conversation){ CONVERSATION(array) }, show, expected)

static void test_ftp_commands_have_their_replies_and_no_password(void **state)
{
	static const struct said said[] = {
		SAID_SERVER("220-Welcome\r\n to FTP\r\n220 here\r\n"),
		SAID_CLIENT("user anonymous\r\n"),
		SAID_SERVER("331 Password?\r\n"),
		SAID_CLIENT("PASS secret\r\n"),
		SAID_SERVER("230 in\r\n"),
		SAID_CLIENT("RETR a b\r\n"),
		SAID_SERVER("150 opening\r\n226 done\r\n"),
		SAID_CLIENT("QUIT\r\n"),
	};
	(void)state;
	EXPECT(said, "server 0  : 220 'Welcome' 0 ' to FTP' 220 'here'\nserver 1 USER anonymous: 331 'Password?'\n"
		     "server 2 PASS : 230 'in'\nserver 3 RETR a b: 150 'opening' 226 'done'\nclient 4 QUIT :\n");
}

static void test_ftp_says_where_data_goes(void **state)
{
	static const struct said said[] = {
		SAID_SERVER("220 FTP\r\n"),
		SAID_CLIENT("PASV\r\nEPSV\r\nPORT 192,0,2,1,4,1\r\nEPRT |2|2001:db8::1|6446|\r\nPASV\r\nPASV\r\nPORT "
			    "1,2,3\r\n"),
		SAID_SERVER("227 Entering (198,51,100,2,200,10).\r\n229 Entering (|||6446|)\r\n200 ok\r\n200 ok\r\n"
			    "227 Entering 198,51,100,2,1,0\r\n425 no\r\n501 no\r\n"),
	};
	(void)state;
	EXPECT(said, "server 0  : 220 'FTP'\nserver 1 PASV : 227 'Entering (198,51,100,2,200,10).' passive 51210\n"
		     "server 2 EPSV : 229 'Entering (|||6446|)' passive 6446\n"
		     "server 3 PORT 192,0,2,1,4,1: 200 'ok' active 1025\n"
		     "server 4 EPRT |2|2001:db8::1|6446|: 200 'ok' active 6446\n"
		     "server 5 PASV : 227 'Entering 198,51,100,2,1,0' passive 256\nserver 6 PASV : 425 'no'\n"
		     "server 7 PORT 1,2,3: 501 'no'\n");
}

static void test_ftp_record_is_as_the_schema_has_it(void **state)
{
	static const struct said said[] = { SAID_SERVER("220 FTP\r\n"), SAID_CLIENT("EPSV\r\nSTOR x\r\n"),
		SAID_SERVER("229 (|||6446|)\r\n150 a\r\n226-b\r\n226 c\r\n") };
	(void)state;
	driver_expect(&(struct conversation){ CONVERSATION(said) }, driver_show_eve,
	    "server "
	    "{\"tx_id\":0,\"ftp\":{\"completion_code\":[\"220\"],\"reply\":[\"FTP\"],\"reply_received\":\"yes\"}}\n"
	    "server "
	    "{\"tx_id\":1,\"ftp\":{\"command\":\"EPSV\",\"completion_code\":[\"229\"],\"reply\":[\"(|||6446|)\"],"
	    "\"mode\":\"passive\",\"dynamic_port\":6446,\"reply_received\":\"yes\"}}\n"
	    "server "
	    "{\"tx_id\":2,\"ftp\":{\"command\":\"STOR\",\"command_data\":\"x\",\"completion_code\":[\"150\",\"226\"],"
	    "\"reply\":[\"a\",\"b\",\"c\"],\"reply_received\":\"yes\"}}\n");
	driver_expect(&(struct conversation){ CONVERSATION(said) }, driver_show_fields,
	    "server \nserver ftp.command=EPSV \nserver ftp.command=STOR file.name=x \n");
}

static void test_ftp_after_auth_tls_is_recognised_afresh(void **state)
{
	static const struct said said[] = { SAID_SERVER("220 hello\r\n"), SAID_CLIENT("AUTH TLS\r\n"),
		SAID_SERVER("234 go\r\n"), SAID_CLIENT("USER inside\r\n") };
	(void)state;
	EXPECT(said, "server 0  : 220 'hello'\nserver 1 AUTH TLS: 234 'go'\nclient 0 USER inside:\n");
}

static void test_ftp_line_that_is_too_long_does_not_hide_the_next(void **state)
{
	struct builder bytes = { 0 }, shown = { 0 };
	(void)state;
	build_text(&bytes, TEXT("USER a\r\nRETR "));
	for (unsigned i = 0; i < 3 * FTP_LINE_LARGEST; i++)
		build_char(&bytes, 'x');
	build_text(&bytes, TEXT("\r\nQUIT\r\n"));
	const struct said said[] = { { SIDE_CLIENT, bytes.at, bytes.size, 0 } };
	for (unsigned bytewise = 0; bytewise < 2; bytewise++) {
		driver_run(
		    &(struct conversation){ CONVERSATION(said) }, show, &(struct cut){ .bytewise = bytewise }, &shown);
		assert_non_null(
		    strstr(shown.at, "client anomaly request_command_too_long\nclient 0 USER a:\nclient 1 RETR xxx"));
		assert_non_null(strstr(shown.at, "x:\nclient 2 QUIT :\n"));
		builder_clear(&shown);
	}
	builder_free(&bytes);
	builder_free(&shown);
}

static void test_ftp_commands_that_wait_are_bounded(void **state)
{
	struct builder bytes = { 0 }, shown = { 0 };
	(void)state;
	build_text(&bytes, TEXT("USER a\r\n"));
	for (unsigned i = 0; i < 3 * FTP_WAITING; i++)
		build_format(&bytes, "NOOP %u\r\n", i);
	const struct said said[] = { { SIDE_CLIENT, bytes.at, bytes.size, 0 } };
	driver_run(&(struct conversation){ CONVERSATION(said) }, show, &(struct cut){ 0 }, &shown);
	assert_non_null(strstr(shown.at, "client 0 USER a:\n"));
	assert_non_null(strstr(shown.at, "NOOP 95:\n"));
	builder_free(&bytes);
	builder_free(&shown);
}

static void test_ftp_others_are_not_ftp(void **state)
{
	static const char *const others[] = { "USER a b c :d\r\n", "EHLO x\r\n", "GET / HTTP/1.1\r\n", "NICK a\r\n",
		"\1\2\n" };
	(void)state;
	for (size_t i = 0; i < sizeof others / sizeof *others; i++)
		assert_int_equal(
		    dissector_ftp.recognise(SIDE_CLIENT, (const uint8_t *)others[i], strlen(others[i])), LIKENESS_NONE);
	assert_int_equal(dissector_ftp.recognise(SIDE_SERVER, (const uint8_t *)"+OK\r\n", 5), LIKENESS_NONE);
}

/* What is known of a beginning stands when more of it is there. */
static void test_ftp_a_first_line_that_is_too_long_is_not_ftp(void **state)
{
	char greeting[600] = "220 ", command[600] = "USER ";
	(void)state;
	memset(greeting + 4, '-', sizeof greeting - 4);
	memset(command + 5, 'a', sizeof command - 5);
	for (size_t line = 510; line <= 514; line++) {
		memcpy(greeting + line - 4, "FTP\n", 4);
		command[line - 1] = '\n';
		for (size_t size = line; size <= sizeof greeting; size += sizeof greeting - line) {
			enum likeness wanted = line <= 512 ? LIKENESS_SURE : LIKENESS_NONE;
			assert_int_equal(dissector_ftp.recognise(SIDE_SERVER, (const uint8_t *)greeting, size), wanted);
			assert_int_equal(dissector_ftp.recognise(SIDE_CLIENT, (const uint8_t *)command, size), wanted);
		}
		memset(greeting + line - 4, '-', 4);
		command[line - 1] = 'a';
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_ftp_a_first_line_that_is_too_long_is_not_ftp),
		cmocka_unit_test(test_ftp_commands_have_their_replies_and_no_password),
		cmocka_unit_test(test_ftp_says_where_data_goes),
		cmocka_unit_test(test_ftp_record_is_as_the_schema_has_it),
		cmocka_unit_test(test_ftp_after_auth_tls_is_recognised_afresh),
		cmocka_unit_test(test_ftp_line_that_is_too_long_does_not_hide_the_next),
		cmocka_unit_test(test_ftp_commands_that_wait_are_bounded),
		cmocka_unit_test(test_ftp_others_are_not_ftp),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
