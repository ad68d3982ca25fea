/*
 * TLS and DTLS: handshakes of OpenSSL with itself, cut anywhere, and what no real end says.
 */
#include "net/tls.h"
#include "tls_peer.h"

#include "base/hash.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static EVP_PKEY *key;
static X509 *server_certificate, *client_certificate;

static void digest_of(const X509 *certificate, char *hex)
{
	unsigned char digest[32];
	unsigned size;
	assert_int_equal(X509_digest(certificate, EVP_sha256(), digest, &size), 1);
	hex_format(digest, size, hex);
}

/* What a test can know beforehand of a handshake between two ends of OpenSSL. */
static void show(struct builder *to, const struct dissection *dissection, enum side side, const void *facts)
{
	const struct tls_handshake *fact = facts;
	char version[TLS_VERSION_TEXT];
	struct cursor alpn = fact->server.alpn;
	struct text name = cursor_text(&alpn, cursor_u8(&alpn));
	(void)dissection, (void)side;
	build_format(to, "%s%s%s sni=%.*s alpn=%.*s", tls_version_format(fact->version, version),
	    fact->has_client ? "" : " no client", fact->resumed ? " resumed" : "", (int)fact->server_name.size,
	    fact->server_name.at, (int)name.size, name.at);
	for (int i = 0; i < 2; i++)
		if (fact->chains[i].count)
			build_format(to, " %s=%s %.*s", i ? "server" : "client", fact->chains[i].sha256,
			    (int)fact->chains[i].subject.size, fact->chains[i].subject.at);
}

static void expect_talk(const struct peer_settings *settings, const char *about, bool certificates)
{
	struct talk talk;
	char expected[1000], digest[65];
	peer_talk(settings, &talk);
	int size = snprintf(expected, sizeof expected, "client %s", about);
	if (certificates && settings->client_certificate) {
		digest_of(settings->client_certificate, digest);
		size += snprintf(expected + size, sizeof expected - (size_t)size,
		    " client=%s C=JP, O=\xe6\x9c\xa8 \xe6\x9c\xa8, CN=client", digest);
	}
	if (certificates) {
		digest_of(settings->server_certificate, digest);
		size += snprintf(
		    expected + size, sizeof expected - (size_t)size, " server=%s C=JP, CN=www.example.jp", digest);
	}
	snprintf(expected + size, sizeof expected - (size_t)size, "\n");
	driver_expect(&(struct conversation){ .transport = settings->datagram ? TRANSPORT_UDP : TRANSPORT_TCP,
			  .said = talk.said,
			  .count = talk.count },
	    show, expected);
	talk_free(&talk);
}

static void test_tls_every_version_is_read_whatever_the_pieces(void **state)
{
	static const struct {
		int version;
		const char *about;
	} all[] = { { TLS1_VERSION, "TLSv1 sni=www.example.jp alpn=h2" },
		{ TLS1_1_VERSION, "TLS 1.1 sni=www.example.jp alpn=h2" },
		{ TLS1_2_VERSION, "TLS 1.2 sni=www.example.jp alpn=h2" },
		{ TLS1_3_VERSION, "TLS 1.3 sni=www.example.jp alpn=" } };
	(void)state;
	for (size_t i = 0; i < sizeof all / sizeof *all; i++)
		expect_talk(&(struct peer_settings){ .version = all[i].version,
				.server_name = "www.example.jp",
				.alpn = (const unsigned char *)"\2h2",
				.server_certificate = server_certificate,
				.key = key },
		    all[i].about, all[i].version < TLS1_3_VERSION);
}

static void test_tls_messages_cut_over_records_are_put_together(void **state)
{
	(void)state;
	expect_talk(&(struct peer_settings){ .version = TLS1_2_VERSION,
			.fragment = 512,
			.server_certificate = server_certificate,
			.client_certificate = client_certificate,
			.key = key },
	    "TLS 1.2 sni= alpn=", true);
}

static void test_tls_resumption_is_told(void **state)
{
	static const int versions[] = { TLS1_2_VERSION, TLS1_3_VERSION };
	(void)state;
	for (size_t i = 0; i < 2; i++) {
		SSL_SESSION *session = NULL;
		struct peer_settings settings = { .version = versions[i],
			.server_name = "a.example",
			.kept = &session,
			.server_certificate = server_certificate,
			.key = key };
		struct talk talk;
		peer_talk(&settings, &talk);
		assert_false(talk.resumed);
		talk_free(&talk);
		settings.session = session;
		settings.kept = NULL;
		peer_talk(&settings, &talk);
		assert_true(talk.resumed);
		driver_expect(&(struct conversation){ .said = talk.said, .count = talk.count }, show,
		    i ? "client TLS 1.3 resumed sni=a.example alpn=\n"
		      : "client TLS 1.2 resumed sni=a.example alpn=\n");
		talk_free(&talk);
		SSL_SESSION_free(session);
	}
}

static void test_tls_second_hello_after_a_retry_changes_nothing(void **state)
{
	struct talk talk;
	(void)state;
	peer_talk(&(struct peer_settings){ .version = TLS1_3_VERSION,
		      .server_name = "b.example",
		      .groups = "P-384",
		      .server_certificate = server_certificate,
		      .key = key },
	    &talk);
	assert_true(talk.count >= 4); /* hello, retry, hello, hello */
	driver_expect(&(struct conversation){ .said = talk.said, .count = talk.count }, show,
	    "client TLS 1.3 sni=b.example alpn=\n");
	talk_free(&talk);
}

static void test_dtls_is_read_and_its_fragments_put_together(void **state)
{
	(void)state;
	for (unsigned mtu = 300; mtu <= 1400; mtu += 1100)
		expect_talk(&(struct peer_settings){ .datagram = true,
				.version = DTLS1_2_VERSION,
				.server_name = "c.example",
				.mtu = mtu,
				.server_certificate = server_certificate,
				.client_certificate = client_certificate,
				.key = key },
		    "DTLS 1.2 sni=c.example alpn=", true);
}

/* Each order of the server's datagrams, turned and doubled. */
static void test_dtls_fragments_come_in_any_order(void **state)
{
	struct talk talk;
	struct said mixed[2 * TALK_TURNS];
	char expected[200], digest[65];
	(void)state;
	peer_talk(&(struct peer_settings){ .datagram = true,
		      .version = DTLS1_2_VERSION,
		      .mtu = 260,
		      .server_certificate = server_certificate,
		      .key = key },
	    &talk);
	size_t count = 0, first, behind;
	for (first = 0; talk.said[first].side == SIDE_CLIENT; first++)
		mixed[count++] = talk.said[first];
	for (behind = first; talk.said[behind].side == SIDE_SERVER; behind++)
		;
	assert_true(behind - first > 3);
	for (size_t i = behind; i-- > first;) {
		mixed[count++] = talk.said[i];
		mixed[count++] = talk.said[i];
	}
	for (size_t i = behind; i < talk.count; i++)
		mixed[count++] = talk.said[i];
	digest_of(server_certificate, digest);
	snprintf(expected, sizeof expected, "client DTLS 1.2 sni= alpn= server=%s C=JP, CN=www.example.jp\n", digest);
	driver_expect(
	    &(struct conversation){ .transport = TRANSPORT_UDP, .said = mixed, .count = count }, show, expected);
	talk_free(&talk);
}

/* ── by hand ─ */

#define RANDOM32 "0123456789abcdef0123456789abcdef"
#define CLIENT_BODY "\3\3" RANDOM32 "\0\0\4\x13\1\xc0\x2b\1\0\0\x0e\0\0\0\x0a\0\x08\0\0\5e.com"
#define CLIENT_HELLO "\x16\3\1\0\x3f\1\0\0\x3b" CLIENT_BODY
#define SERVER_HELLO "\x16\3\3\0\x2a\2\0\0\x26\3\3" RANDOM32 "\0\xc0\x2b\0"

static void test_tls_a_hello_alone_is_told_when_the_flow_ends(void **state)
{
	static const struct said said[] = { SAID_CLIENT(CLIENT_HELLO) };
	(void)state;
	driver_expect(&(struct conversation){ CONVERSATION(said) }, show, "client TLS 1.2 sni=e.com alpn=\n");
}

static void test_tls_an_alert_ends_it(void **state)
{
	static const struct said said[] = { SAID_CLIENT(CLIENT_HELLO), SAID_SERVER("\x15\3\3\0\2\2\x28"),
		SAID_CLIENT("nothing that is TLS") };
	(void)state;
	driver_expect(&(struct conversation){ CONVERSATION(said) }, show, "client TLS 1.2 sni=e.com alpn=\n");
}

static void test_tls_records_of_one_byte_are_put_together(void **state)
{
	char bytes[6 * sizeof CLIENT_HELLO];
	size_t size = 0;
	(void)state;
	for (size_t i = 5; i < sizeof CLIENT_HELLO - 1; i++) {
		memcpy(bytes + size, "\x16\3\1\0\1", 5);
		bytes[size + 5] = CLIENT_HELLO[i];
		size += 6;
	}
	struct said said[] = { { SIDE_CLIENT, bytes, size, 0 }, SAID_SERVER(SERVER_HELLO) };
	driver_expect(&(struct conversation){ .dissector = &dissector_tls, CONVERSATION(said) }, show,
	    "client TLS 1.2 sni=e.com alpn=\n");
}

static void test_tls_hello_of_ssl2_is_read(void **state)
{
	static const struct said said[] = { SAID_CLIENT("\x80\x1f\1\3\1\0\6\0\0\0\x10\0\0\x35\0\0\x2f"
							"0123456789abcdef"),
		SAID_SERVER(SERVER_HELLO) };
	static const struct said old[] = { SAID_CLIENT("\x80\x1f\1\0\2\0\6\0\0\0\x10\1\0\x80\7\0\xc0"
						       "0123456789abcdef"),
		SAID_SERVER("\x80\x0f\4\0\1\0\2\0\0\0\3\0\1\1\0\x80x") };
	(void)state;
	driver_expect(&(struct conversation){ CONVERSATION(said) }, show, "client TLS 1.2 sni= alpn=\n");
	driver_expect(&(struct conversation){ CONVERSATION(old) }, show, "client SSLv2 sni= alpn=\n");
}

static void test_tls_what_is_malformed_is_told_and_the_rest_read(void **state)
{
	static const struct said type[] = { SAID_CLIENT(CLIENT_HELLO), SAID_SERVER("\x47\3\3\0\1\0") };
	static const struct said version[] = { SAID_CLIENT(CLIENT_HELLO "\x16\4\1\0\1\0") };
	static const struct said length[] = { SAID_CLIENT(CLIENT_HELLO "\x16\3\1\xff\xff\0") };
	static const struct said mixed[] = { SAID_CLIENT("\x16\3\1\0\x20"
							 "\1\0\0\x3b"
							 "\3\3"
							 "0123456789abcdef0123456789"
							 "\x17\3\3\0\1x") };
	static const struct said cut[] = { SAID_CLIENT("\x16\3\1\0\x0a\1\0\0\6\3\3"
						       "0123") };
	static const struct said bleeding[] = { SAID_CLIENT(CLIENT_HELLO), SAID_SERVER(SERVER_HELLO),
		SAID_CLIENT("\x18\3\2\0\3\1\x40\0") };
	(void)state;
	driver_expect(&(struct conversation){ CONVERSATION(type) }, show,
	    "server anomaly invalid_record_type\nclient TLS 1.2 sni=e.com alpn=\n");
	driver_expect(&(struct conversation){ CONVERSATION(version) }, show,
	    "client anomaly invalid_record_version\nclient TLS 1.2 sni=e.com alpn=\n");
	driver_expect(&(struct conversation){ CONVERSATION(length) }, show,
	    "client anomaly invalid_record_length\nclient TLS 1.2 sni=e.com alpn=\n");
	driver_expect(
	    &(struct conversation){ CONVERSATION(mixed) }, show, "client anomaly invalid_handshake_message\n");
	driver_expect(&(struct conversation){ CONVERSATION(cut) }, show,
	    "client anomaly invalid_client_hello\nclient TLS 1.2 sni= alpn=\n");
	driver_expect(&(struct conversation){ CONVERSATION(bleeding) }, show,
	    "client anomaly overflow_heartbeat_message\nclient TLS 1.2 sni=e.com alpn=\n");
}

static void test_tls_other_bytes_are_not_tls(void **state)
{
	static const char *const others[] = { "GET / HTTP/1.1\r\n\r\n", "SSH-2.0-x\r\n", "\x16\2\1\1\1\1\1\1",
		"\x16\3\3\1\1\x63\1\1", "\x16\3\1\1\1\2\1\1" };
	(void)state;
	for (size_t i = 0; i < sizeof others / sizeof *others; i++)
		assert_int_equal(dissector_tls.recognise(SIDE_CLIENT, (const uint8_t *)others[i], strlen(others[i])),
		    i == 3 ? LIKENESS_MAYBE : LIKENESS_NONE);
}

static void test_tls_records_are_suricatas(void **state)
{
	static const struct said said[] = { SAID_CLIENT(CLIENT_HELLO), SAID_SERVER(SERVER_HELLO) };
	(void)state;
	driver_expect(&(struct conversation){ CONVERSATION(said) }, driver_show_eve,
	    "client {\"tls\":{\"sni\":\"e.com\",\"version\":\"TLS "
	    "1.2\",\"ja3\":{\"hash\":\"4022d423db332728a37c8de677d5c557\","
	    "\"string\":\"771,4865-49195,0,,\"},\"ja3s\":{\"hash\":\"ec9fdb7b766d47dd56948c6a5d580ddd\",\"string\":"
	    "\"771,49195,\"},"
	    "\"ja4\":\"t12d020100_777cda164f4b_000000000000\"}}\n");
	driver_expect(&(struct conversation){ CONVERSATION(said) }, driver_show_fields,
	    "client tls.sni=e.com ja3.hash=4022d423db332728a37c8de677d5c557 ja3s.hash=ec9fdb7b766d47dd56948c6a5d580ddd "
	    "ja4.hash=t12d020100_777cda164f4b_000000000000 \n");
}

static int set_up(void **state)
{
	static const char *const server[] = { "C", "JP", "CN", "www.example.jp", NULL };
	static const char *const client[] = { "C", "JP", "O", "\xe6\x9c\xa8 \xe6\x9c\xa8", "CN", "client", NULL };
	(void)state;
	key = peer_key();
	server_certificate = peer_certificate(key, server, "DNS:www.example.jp,DNS:*.example.jp");
	client_certificate = peer_certificate(key, client, NULL);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	X509_free(server_certificate);
	X509_free(client_certificate);
	EVP_PKEY_free(key);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_tls_every_version_is_read_whatever_the_pieces),
		cmocka_unit_test(test_tls_messages_cut_over_records_are_put_together),
		cmocka_unit_test(test_tls_resumption_is_told),
		cmocka_unit_test(test_tls_second_hello_after_a_retry_changes_nothing),
		cmocka_unit_test(test_dtls_is_read_and_its_fragments_put_together),
		cmocka_unit_test(test_dtls_fragments_come_in_any_order),
		cmocka_unit_test(test_tls_a_hello_alone_is_told_when_the_flow_ends),
		cmocka_unit_test(test_tls_an_alert_ends_it),
		cmocka_unit_test(test_tls_records_of_one_byte_are_put_together),
		cmocka_unit_test(test_tls_hello_of_ssl2_is_read),
		cmocka_unit_test(test_tls_what_is_malformed_is_told_and_the_rest_read),
		cmocka_unit_test(test_tls_other_bytes_are_not_tls),
		cmocka_unit_test(test_tls_records_are_suricatas),
	};
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
