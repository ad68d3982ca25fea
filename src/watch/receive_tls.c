/*
 * TLS of the receiver (RFC 5425): TLS 1.2 and later, our certificate, and where an authority is given only senders that
 * it vouches for. No session is resumed where certificates are asked for: a resumed one would not show it again.
 */
#include "watch/receive_inner.h"

#include "base/file.h"
#include "http/tls.h"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <stdlib.h>
#include <string.h>

#define FILE_LARGEST (1u << 20)

static enum error use_files(SSL_CTX *tls, const struct receive_source *source, struct failure *failure)
{
	char *certificate = NULL, *key = NULL;
	size_t certificate_size, key_size;
	enum error error = file_read(source->certificate, FILE_LARGEST, &certificate, &certificate_size, failure);
	if (!error)
		error = file_read(source->key, FILE_LARGEST, &key, &key_size, failure);
	if (!error)
		error = tls_use(
		    tls, (struct text){ certificate, certificate_size }, (struct text){ key, key_size }, failure);
	if (key)
		explicit_bzero(key, key_size);
	free(certificate);
	free(key);
	return error;
}

enum error receive_tls_open(struct receiving *receiving, struct failure *failure)
{
	const struct receive_source *source = receiving->source;
	SSL_CTX *tls = SSL_CTX_new(TLS_server_method());
	if (!tls)
		return fail(failure, ERROR_MEMORY, "no memory for TLS");
	SSL_CTX_set_min_proto_version(tls, TLS1_2_VERSION);
	SSL_CTX_set_options(tls, SSL_OP_NO_TICKET | SSL_OP_NO_RENEGOTIATION | SSL_OP_IGNORE_UNEXPECTED_EOF);
	SSL_CTX_set_session_cache_mode(tls, SSL_SESS_CACHE_OFF);
	SSL_CTX_set_num_tickets(tls, 0);
	enum error error = use_files(tls, source, failure);
	if (!error && source->authorities) {
		if (SSL_CTX_load_verify_file(tls, source->authorities) != 1)
			error = fail(failure, ERROR_INPUT, "%s: no certificate of an authority can be read",
			    source->authorities);
		SSL_CTX_set_verify(tls, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, NULL);
	}
	ERR_clear_error();
	if (error)
		SSL_CTX_free(tls);
	else
		receiving->tls = tls;
	return error;
}

/* Its first DNS name, else its common name. */
static void name_of(X509 *certificate, char *to, size_t size)
{
	GENERAL_NAMES *names = X509_get_ext_d2i(certificate, NID_subject_alt_name, NULL, NULL);
	*to = 0;
	for (int i = 0; i < sk_GENERAL_NAME_num(names) && !*to; i++) {
		const GENERAL_NAME *name = sk_GENERAL_NAME_value(names, i);
		if (name->type == GEN_DNS)
			text_copy((struct text){ (const char *)ASN1_STRING_get0_data(name->d.dNSName),
				      (size_t)ASN1_STRING_length(name->d.dNSName) },
			    to, size);
	}
	GENERAL_NAMES_free(names);
	if (!*to)
		X509_NAME_get_text_by_NID(X509_get_subject_name(certificate), NID_commonName, to, (int)size);
}

bool receive_tls_peer(const struct receive_source *source, const SSL *ssl, char *peer, size_t size)
{
	*peer = 0;
	if (!source->authorities)
		return true;
	X509 *certificate = SSL_get0_peer_certificate(ssl);
	if (!certificate || SSL_get_verify_result(ssl) != X509_V_OK)
		return false;
	name_of(certificate, peer, size);
	for (size_t i = 0; i < source->name_count; i++)
		if (X509_check_host(certificate, source->names[i], 0, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS, NULL) == 1)
			return true;
	return source->name_count == 0;
}
