/*
 * OpenSSL talking to itself (tls_peer.h).
 */
#include "tls_peer.h"

#include "base/hash.h"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/x509v3.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

EVP_PKEY *peer_key(void)
{
	EVP_PKEY *key = EVP_EC_gen("P-256");
	assert_non_null(key);
	return key;
}

X509 *peer_certificate(EVP_PKEY *key, const char *const *subject, const char *alternative)
{
	X509 *certificate = X509_new();
	X509_NAME *name = X509_NAME_new();
	for (; subject[0]; subject += 2)
		assert_int_equal(X509_NAME_add_entry_by_txt(
				     name, subject[0], MBSTRING_UTF8, (const unsigned char *)subject[1], -1, -1, 0),
		    1);
	X509_set_version(certificate, 2);
	uint64_t serial;
	do
		random_bytes(&serial, sizeof serial);
	while (serial == 0);
	ASN1_INTEGER_set_uint64(X509_get_serialNumber(certificate), serial);
	X509_gmtime_adj(X509_getm_notBefore(certificate), -3600);
	X509_gmtime_adj(X509_getm_notAfter(certificate), 86400);
	X509_set_subject_name(certificate, name);
	X509_set_issuer_name(certificate, name);
	X509_set_pubkey(certificate, key);
	if (alternative) {
		X509_EXTENSION *extension = X509V3_EXT_conf_nid(NULL, NULL, NID_subject_alt_name, alternative);
		assert_non_null(extension);
		X509_add_ext(certificate, extension, -1);
		X509_EXTENSION_free(extension);
	}
	assert_true(X509_sign(certificate, key, EVP_sha256()) > 0);
	X509_NAME_free(name);
	return certificate;
}

static void add_turn(struct talk *talk, enum side side, const char *bytes, size_t size)
{
	assert_true(talk->count < TALK_TURNS);
	char *grown = realloc(talk->bytes, talk->size + size);
	assert_non_null(grown);
	for (size_t i = 0; i < talk->count; i++)
		talk->said[i].at = grown + ((const char *)talk->said[i].at - talk->bytes);
	memcpy(grown + talk->size, bytes, size);
	talk->bytes = grown;
	talk->said[talk->count++] = (struct said){ .side = side, .at = grown + talk->size, .size = size };
	talk->size += size;
}

/* Takes what one end wrote to the other; false when it wrote nothing. */
static bool carry(struct talk *talk, enum side side, SSL *from, SSL *to)
{
	char bytes[32768];
	int size = BIO_read(SSL_get_wbio(from), bytes, sizeof bytes);
	if (size <= 0)
		return false;
	add_turn(talk, side, bytes, (size_t)size);
	assert_int_equal(BIO_write(SSL_get_rbio(to), bytes, size), size);
	return true;
}

/* DTLS asks its BIO for the size of datagrams: a pair of datagram BIOs is newer than Debian 12's OpenSSL, so each
 * record is cut off by its header here. */
static bool carry_datagrams(struct talk *talk, enum side side, SSL *from, SSL *to)
{
	char bytes[32768];
	int size = BIO_read(SSL_get_wbio(from), bytes, sizeof bytes);
	for (int at = 0, part; at + 13 <= size; at += part) {
		part = 13 + ((unsigned char)bytes[at + 11] << 8 | (unsigned char)bytes[at + 12]);
		add_turn(talk, side, bytes + at, (size_t)part);
		assert_int_equal(BIO_write(SSL_get_rbio(to), bytes + at, part), part);
		SSL_do_handshake(to);
	}
	return size > 0;
}

static int select_alpn(
    SSL *ssl, const unsigned char **out, unsigned char *size, const unsigned char *in, unsigned in_size, void *argument)
{
	(void)ssl, (void)in_size, (void)argument;
	*size = in[0];
	*out = in + 1;
	return SSL_TLSEXT_ERR_OK;
}

static int accept_any(int good, X509_STORE_CTX *store)
{
	(void)good, (void)store;
	return 1;
}

static SSL_CTX *context_of(const struct peer_settings *settings, enum side side)
{
	SSL_CTX *context = SSL_CTX_new(settings->datagram ? DTLS_method() : TLS_method());
	assert_non_null(context);
	assert_int_equal(SSL_CTX_set_cipher_list(context, "ALL:@SECLEVEL=0"), 1);
	if (settings->version) {
		SSL_CTX_set_min_proto_version(context, settings->version);
		SSL_CTX_set_max_proto_version(context, settings->version);
	}
	X509 *certificate = side == SIDE_SERVER ? settings->server_certificate : settings->client_certificate;
	if (certificate) {
		assert_int_equal(SSL_CTX_use_certificate(context, certificate), 1);
		assert_int_equal(SSL_CTX_use_PrivateKey(context, settings->key), 1);
	}
	if (side == SIDE_SERVER) {
		SSL_CTX_set_session_id_context(context, (const unsigned char *)"test", 4);
		if (settings->client_certificate)
			SSL_CTX_set_verify(context, SSL_VERIFY_PEER, accept_any);
		if (settings->alpn)
			SSL_CTX_set_alpn_select_cb(context, select_alpn, NULL);
		if (settings->fragment)
			SSL_CTX_set_max_send_fragment(context, settings->fragment);
		if (settings->groups)
			assert_int_equal(SSL_CTX_set1_groups_list(context, settings->groups), 1);
		/* The same key for each context, so that a ticket of one is good for the next. */
		unsigned char keys[80] = { 1 };
		SSL_CTX_set_tlsext_ticket_keys(context, keys, sizeof keys);
	}
	return context;
}

static SSL *end_of(const struct peer_settings *settings, enum side side)
{
	SSL_CTX *context = context_of(settings, side);
	SSL *ssl = SSL_new(context);
	BIO *in = BIO_new(BIO_s_mem()), *out = BIO_new(BIO_s_mem());
	BIO_set_mem_eof_return(in, -1);
	BIO_set_mem_eof_return(out, -1);
	SSL_set_bio(ssl, in, out);
	if (settings->datagram) {
		SSL_set_options(ssl, SSL_OP_NO_QUERY_MTU);
		SSL_set_mtu(ssl, settings->mtu ? settings->mtu : 1400);
	}
	if (side == SIDE_CLIENT) {
		if (settings->server_name)
			SSL_set_tlsext_host_name(ssl, settings->server_name);
		if (settings->alpn)
			SSL_set_alpn_protos(ssl, settings->alpn, (unsigned)settings->alpn[0] + 1);
		if (settings->session)
			SSL_set_session(ssl, settings->session);
		SSL_set_connect_state(ssl);
	} else {
		SSL_set_accept_state(ssl);
	}
	SSL_CTX_free(context);
	return ssl;
}

void peer_talk(const struct peer_settings *settings, struct talk *talk)
{
	SSL *client = end_of(settings, SIDE_CLIENT), *server = end_of(settings, SIDE_SERVER);
	bool (*move)(struct talk *, enum side, SSL *, SSL *) = settings->datagram ? carry_datagrams : carry;
	bool moved = true;
	char byte;
	*talk = (struct talk){ .count = 0 };
	while (moved) {
		SSL_do_handshake(client);
		moved = move(talk, SIDE_CLIENT, client, server);
		SSL_do_handshake(server);
		moved |= move(talk, SIDE_SERVER, server, client);
	}
	if (!SSL_is_init_finished(client) || !SSL_is_init_finished(server)) {
		ERR_print_errors_fp(stderr);
		fail_msg("the handshake did not end");
	}
	assert_int_equal(SSL_write(client, "ping", 4), 4);
	move(talk, SIDE_CLIENT, client, server);
	assert_int_equal(SSL_write(server, "pong", 4), 4);
	move(talk, SIDE_SERVER, server, client);
	SSL_read(client, &byte, 1); /* takes the ticket of TLS 1.3 as well */
	talk->version = (uint16_t)SSL_version(client);
	talk->resumed = SSL_session_reused(client);
	if (settings->kept)
		*settings->kept = SSL_get1_session(client);
	SSL_shutdown(client); /* a session of a connection that was not closed is not resumed */
	SSL_free(client);
	SSL_free(server);
}

void talk_free(struct talk *talk)
{
	free(talk->bytes);
}
