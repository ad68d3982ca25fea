/*
 * QUIC: the keys that RFC 9001 and RFC 9369 print, hellos in packets that the test seals, cut and mixed, and Google's.
 */
#include "net/quic.h"
#include "net/quic_keys.h"
#include "tls_peer.h"

#include "base/hash.h"

#include <openssl/evp.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define CONNECTION TEXT("\x83\x94\xc8\xf0\x3e\x51\x57\x08")

/* ── keys ─ */

static void expect_keys(uint32_t version, const char *const wanted[2][3])
{
	struct quic_keys keys[2];
	char hex[33];
	assert_true(quic_keys_derive(version, CONNECTION, keys));
	for (int side = 0; side < 2; side++) {
		assert_string_equal(hex_format(keys[side].key, 16, hex), wanted[side][0]);
		assert_string_equal(hex_format(keys[side].iv, 12, hex), wanted[side][1]);
		assert_string_equal(hex_format(keys[side].header, 16, hex), wanted[side][2]);
	}
}

/* RFC 9001 A.1, RFC 9369 A.1 */
static void test_keys_are_those_of_the_standards(void **state)
{
	static const char *const first[2][3] = {
		{ "1f369613dd76d5467730efcbe3b1a22d", "fa044b2f42a3fd3b46fb255c", "9f50449e04a0e810283a1e9933adedd2" },
		{ "cf3a5331653c364c88f0f379b6067e37", "0ac1493ca1905853b0bba03e", "c206b8d9b9f0f37644430b490eeaa314" }
	};
	static const char *const second[2][3] = {
		{ "8b1a0bc121284290a29e0971b5cd045d", "91f73e2351d8fa91660e909f", "45b95e15235d6f45a6b19cbcb0294ba9" },
		{ "82db637861d55e1d011f19ea71d5d2a7", "dd13c276499c0249d3310652", "edf6d05c83121201b436e16877593c3a" }
	};
	struct quic_keys keys[2];
	(void)state;
	expect_keys(QUIC_1, first);
	expect_keys(QUIC_2, second);
	assert_false(quic_keys_derive(0x12345678, CONNECTION, keys));
}

/* ── packets of our own ─ */

struct piece {
	size_t from, to; /* of the hello */
};

static void put_varint(struct builder *to, size_t value) /* in four bytes */
{
	for (int shift = 24; shift >= 0; shift -= 8)
		build_char(to, (char)((value | 0x80000000u) >> shift));
}

/* Seals what stands behind `header` bytes of the packet, whose number has four bytes at its end (RFC 9001 5). */
static void seal(const struct quic_keys *keys, struct builder *packet, size_t header)
{
	uint8_t nonce[12], mask[16], *at = (uint8_t *)packet->at;
	int size;
	EVP_CIPHER_CTX *context = EVP_CIPHER_CTX_new();
	memcpy(nonce, keys->iv, 12);
	for (size_t i = 0; i < 4; i++)
		nonce[8 + i] ^= at[header - 4 + i];
	EVP_EncryptInit_ex(context, EVP_aes_128_gcm(), NULL, keys->key, nonce);
	EVP_EncryptUpdate(context, NULL, &size, at, (int)header);
	EVP_EncryptUpdate(context, at + header, &size, at + header, (int)(packet->size - header - 16));
	EVP_EncryptFinal_ex(context, at + packet->size - 16, &size);
	EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_GCM_GET_TAG, 16, at + packet->size - 16);
	EVP_EncryptInit_ex(context, EVP_aes_128_ecb(), NULL, keys->header, NULL);
	EVP_EncryptUpdate(context, mask, &size, at + header, 16);
	at[0] ^= mask[0] & 0x0f;
	for (size_t i = 0; i < 4; i++)
		at[header - 4 + i] ^= mask[1 + i];
	EVP_CIPHER_CTX_free(context);
}

/* Adds an Initial packet with an acknowledgement, the pieces as CRYPTO frames, and padding. */
static void put_initial(struct builder *datagram, uint32_t version, enum side side, struct text connection,
    unsigned number, struct text hello, const struct piece *pieces, size_t count)
{
	struct builder frames = { 0 }, packet = { 0 };
	struct quic_keys keys[2];
	quic_keys_derive(version, CONNECTION, keys);
	build_text(&frames, TEXT("\0\1\2\1\0\1\0\0\0\3\1\0\0\0\1\2\3"));
	for (size_t i = 0; i < count; i++) {
		build_char(&frames, 6);
		put_varint(&frames, pieces[i].from);
		put_varint(&frames, pieces[i].to - pieces[i].from);
		build_text(&frames, (struct text){ hello.at + pieces[i].from, pieces[i].to - pieces[i].from });
	}
	for (int i = 0; i < 100; i++)
		build_char(&frames, 0);
	build_char(&packet, (char)(version == QUIC_2 ? 0xd3 : 0xc3));
	for (int shift = 24; shift >= 0; shift -= 8)
		build_char(&packet, (char)(version >> shift));
	build_char(&packet, (char)connection.size);
	build_text(&packet, connection);
	build_text(&packet, TEXT("\3abc\5token"));
	put_varint(&packet, 4 + frames.size + 16);
	for (int shift = 24; shift >= 0; shift -= 8)
		build_char(&packet, (char)(number >> shift));
	size_t header = packet.size;
	build_text(&packet, (struct text){ frames.at, frames.size });
	build_text(&packet, TEXT("0123456789abcdef"));
	seal(&keys[side], &packet, header);
	build_text(datagram, (struct text){ packet.at, packet.size });
	builder_free(&frames);
	builder_free(&packet);
}

static struct talk talk;
static struct text client_hello, server_hello; /* handshake messages out of TLS records of OpenSSL */

static struct text message_of(enum side side)
{
	for (size_t i = 0; i < talk.count; i++)
		if (talk.said[i].side == side) {
			const uint8_t *at = talk.said[i].at;
			return (struct text){ (const char *)at + 5, (size_t)(at[3] << 8 | at[4]) };
		}
	return TEXT_NONE;
}

static void show(struct builder *to, const struct dissection *dissection, enum side side, const void *facts)
{
	const struct quic_hello *fact = facts;
	char version[QUIC_VERSION_TEXT];
	(void)dissection, (void)side;
	build_format(to, "%s sni=%.*s %.4s %s", quic_version_format(fact->version, version),
	    (int)fact->server_name.size, fact->server_name.at, fact->ja4, fact->ja3_hash[0] ? "hash" : "");
}

static struct said said_of(enum side side, const struct builder *datagram)
{
	return (struct said){ .side = side, .at = datagram->at, .size = datagram->size };
}

static void expect(const struct said *said, size_t count, const char *expected)
{
	driver_expect(
	    &(struct conversation){ .transport = TRANSPORT_UDP, .said = said, .count = count }, show, expected);
}

static void test_quic_hellos_of_both_sides_are_read(void **state)
{
	static const uint32_t versions[] = { QUIC_1, QUIC_2, 0xff00001d, 0xff000017, 0xff000016, 0xfaceb002 };
	(void)state;
	for (size_t i = 0; i < sizeof versions / sizeof *versions; i++) {
		struct builder datagrams[2] = { { 0 } };
		char expected[200], version[QUIC_VERSION_TEXT];
		put_initial(&datagrams[0], versions[i], SIDE_CLIENT, CONNECTION, 1, client_hello,
		    &(struct piece){ 0, client_hello.size }, 1);
		put_initial(&datagrams[1], versions[i], SIDE_SERVER, TEXT("other"), 0x12345678, server_hello,
		    &(struct piece){ 0, server_hello.size }, 1);
		struct said said[] = { said_of(SIDE_CLIENT, &datagrams[0]), said_of(SIDE_SERVER, &datagrams[1]) };
		quic_version_format(versions[i], version);
		snprintf(expected, sizeof expected, "client %s sni=q.example q13d hash\nserver %s sni=  hash\n",
		    version, version);
		expect(said, 2, expected);
		builder_free(&datagrams[0]);
		builder_free(&datagrams[1]);
	}
}

/* Pieces overlap, come backwards, twice, in packets of one datagram and of several, with a changed connection id. */
static void test_quic_hello_in_pieces_of_any_order(void **state)
{
	size_t third = client_hello.size / 3;
	const struct piece pieces[] = { { 2 * third, client_hello.size }, { third - 3, third + 5 },
		{ third, 2 * third }, { 5, third }, { 0, 7 } };
	struct builder datagrams[3] = { { 0 } };
	(void)state;
	put_initial(&datagrams[0], QUIC_1, SIDE_CLIENT, CONNECTION, 1, client_hello, pieces, 2);
	put_initial(&datagrams[0], QUIC_1, SIDE_CLIENT, CONNECTION, 2, client_hello, pieces, 2);
	put_initial(&datagrams[1], QUIC_1, SIDE_CLIENT, TEXT("changed"), 3, client_hello, pieces + 2, 2);
	put_initial(&datagrams[2], QUIC_1, SIDE_CLIENT, CONNECTION, 4, client_hello, pieces + 4, 1);
	struct said said[] = { said_of(SIDE_CLIENT, &datagrams[0]), said_of(SIDE_CLIENT, &datagrams[1]),
		said_of(SIDE_CLIENT, &datagrams[2]), said_of(SIDE_CLIENT, &datagrams[0]) };
	expect(said, 4, "client 1 sni=q.example q13d hash\n");
	expect(said, 2, "");
	for (int i = 0; i < 3; i++)
		builder_free(&datagrams[i]);
}

/* A Retry gives the client another connection id, from which the server's keys come too. */
static void test_quic_server_after_a_retry_is_read(void **state)
{
	static const struct said retry = SAID_SERVER("\xf0\0\0\0\1\3abc\5againtoken and its tag");
	struct builder datagrams[3] = { { 0 } };
	(void)state;
	put_initial(&datagrams[0], QUIC_1, SIDE_CLIENT, TEXT("\1\2\3\4\5\6\7\x08"), 1, client_hello, NULL, 0);
	put_initial(&datagrams[1], QUIC_1, SIDE_CLIENT, CONNECTION, 2, client_hello,
	    &(struct piece){ 0, client_hello.size }, 1);
	put_initial(&datagrams[2], QUIC_1, SIDE_SERVER, TEXT("abc"), 1, server_hello,
	    &(struct piece){ 0, server_hello.size }, 1);
	struct said said[] = { said_of(SIDE_CLIENT, &datagrams[0]), retry, said_of(SIDE_CLIENT, &datagrams[1]),
		said_of(SIDE_SERVER, &datagrams[2]) };
	expect(said, 4, "client anomaly failed_decrypt\nclient 1 sni=q.example q13d hash\nserver 1 sni=  hash\n");
	for (int i = 0; i < 3; i++)
		builder_free(&datagrams[i]);
}

static void test_quic_sealed_with_other_keys_is_told(void **state)
{
	struct builder datagram = { 0 };
	(void)state;
	put_initial(&datagram, QUIC_1, SIDE_CLIENT, TEXT("unrelated"), 1, client_hello,
	    &(struct piece){ 0, client_hello.size }, 1);
	struct said said[] = { said_of(SIDE_CLIENT, &datagram) };
	expect(said, 1, "client anomaly failed_decrypt\n");
	builder_free(&datagram);
}

static void test_quic_cut_anywhere_is_left_alone(void **state)
{
	struct builder datagram = { 0 };
	(void)state;
	put_initial(
	    &datagram, QUIC_1, SIDE_CLIENT, CONNECTION, 1, client_hello, &(struct piece){ 0, client_hello.size }, 1);
	for (size_t size = 0; size < datagram.size; size++) {
		struct said said[] = { { SIDE_CLIENT, datagram.at, size, 0 } };
		struct builder shown = { 0 };
		driver_run(
		    &(struct conversation){
			.transport = TRANSPORT_UDP, .dissector = &dissector_quic, CONVERSATION(said) },
		    show, &(struct cut){ 0 }, &shown);
		assert_int_equal(shown.size, 0);
		builder_free(&shown);
	}
	builder_free(&datagram);
}

#define CHLO                                                                                                           \
	"CHLO\3\0\0\0"                                                                                                 \
	"PAD\0\2\0\0\0"                                                                                                \
	"SNI\0\x0c\0\0\0"                                                                                              \
	"UAID\x12\0\0\0"                                                                                               \
	"--"                                                                                                           \
	"g.example."                                                                                                   \
	"Chrome"

static void test_quic_of_google_is_read_in_the_clear(void **state)
{
	static const struct said old[] = { SAID_CLIENT("\x0d"
						       "12345678"
						       "Q043"
						       "\1"
						       "0123456789ab"
						       "\xa0\1\0\x32" CHLO) };
	static const struct said new[] = { SAID_CLIENT("\xc3"
						       "Q046"
						       "\x50"
						       "12345678"
						       "\0\0\0\1"
						       "0123456789ab"
						       "\0\0\xa4\1\0\0\0\x32" CHLO) };
	static const struct said cut[] = { SAID_CLIENT("\x0d"
						       "12345678"
						       "Q043"
						       "\1"
						       "0123456789ab"
						       "\x80\1"
						       "CHLO\3\0\0\0PAD") };
	(void)state;
	driver_expect(&(struct conversation){ .transport = TRANSPORT_UDP, CONVERSATION(old) }, driver_show_eve,
	    "client {\"quic\":{\"version\":\"Q043\",\"sni\":\"g.example\",\"ua\":\"Chrome\",\"cyu\":[{\"hash\":"
	    "\"e0dd10b160a76e30cc0479aed27c4325\",\"string\":\"43,PAD-SNI-UAID\"}]}}\n");
	driver_expect(&(struct conversation){ .transport = TRANSPORT_UDP, CONVERSATION(new) }, driver_show_fields,
	    "client tls.sni=g.example http.user_agent=Chrome \n");
	driver_expect(&(struct conversation){ .transport = TRANSPORT_UDP, CONVERSATION(cut) }, driver_show_fields,
	    "client anomaly error_on_data\nclient \n");
}

static int set_up(void **state)
{
	static const char *const subject[] = { "CN", "q", NULL };
	EVP_PKEY *key = peer_key();
	X509 *certificate = peer_certificate(key, subject, NULL);
	(void)state;
	peer_talk(&(struct peer_settings){ .version = TLS1_3_VERSION,
		      .server_name = "q.example",
		      .alpn = (const unsigned char *)"\2h3",
		      .server_certificate = certificate,
		      .key = key },
	    &talk);
	client_hello = message_of(SIDE_CLIENT);
	server_hello = message_of(SIDE_SERVER);
	X509_free(certificate);
	EVP_PKEY_free(key);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	talk_free(&talk);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_keys_are_those_of_the_standards),
		cmocka_unit_test(test_quic_hellos_of_both_sides_are_read),
		cmocka_unit_test(test_quic_hello_in_pieces_of_any_order),
		cmocka_unit_test(test_quic_server_after_a_retry_is_read),
		cmocka_unit_test(test_quic_sealed_with_other_keys_is_told),
		cmocka_unit_test(test_quic_cut_anywhere_is_left_alone),
		cmocka_unit_test(test_quic_of_google_is_read_in_the_clear),
	};
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
