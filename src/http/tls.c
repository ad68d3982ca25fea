/*
 * Certificate and key from memory. See tls.h.
 */
#include "http/tls.h"

#include <limits.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>

struct pair {
	X509 *certificate;
	STACK_OF(X509) * chain;
	EVP_PKEY *key;
};

static void pair_free(struct pair *pair)
{
	X509_free(pair->certificate);
	sk_X509_pop_free(pair->chain, X509_free);
	EVP_PKEY_free(pair->key);
	ERR_clear_error();
}

static int no_passphrase(char *to, int size, int writing, void *context)
{
	(void)to;
	(void)size;
	(void)writing;
	(void)context;
	return 0;
}

static BIO *memory_of(struct text text)
{
	return text.size > 0 && text.size < INT_MAX ? BIO_new_mem_buf(text.at, (int)text.size) : NULL;
}

static void read_certificates(struct text text, struct pair *pair)
{
	BIO *from = memory_of(text);
	X509 *next;
	if (!from)
		return;
	pair->certificate = PEM_read_bio_X509_AUX(from, NULL, no_passphrase, NULL);
	while (pair->certificate && pair->chain && (next = PEM_read_bio_X509(from, NULL, no_passphrase, NULL)))
		if (sk_X509_push(pair->chain, next) <= 0)
			X509_free(next);
	BIO_free(from);
}

static enum error pair_read(struct text certificate, struct text key, struct pair *pair, struct failure *failure)
{
	*pair = (struct pair){ .chain = sk_X509_new_null() };
	BIO *from = memory_of(key);
	if (from)
		pair->key = PEM_read_bio_PrivateKey(from, NULL, no_passphrase, NULL);
	BIO_free(from);
	read_certificates(certificate, pair);
	const char *problem = NULL;
	if (!pair->chain)
		problem = "there is no memory for the certificate";
	else if (!pair->certificate)
		problem = "the certificate's file holds no certificate in PEM";
	else if (!pair->key)
		problem = "the key's file holds no private key in PEM, or one with a passphrase";
	else if (X509_check_private_key(pair->certificate, pair->key) != 1)
		problem = "the key is not the one of the certificate";
	else if (X509_cmp_current_time(X509_get0_notAfter(pair->certificate)) < 0)
		problem = "the certificate has expired";
	return problem ? fail(failure, ERROR_INPUT, "TLS: %s", problem) : OK;
}

enum error tls_check(struct text certificate, struct text key, struct failure *failure)
{
	struct pair pair;
	enum error error = pair_read(certificate, key, &pair, failure);
	pair_free(&pair);
	return error;
}

enum error tls_use(SSL_CTX *tls, struct text certificate, struct text key, struct failure *failure)
{
	struct pair pair;
	enum error error = pair_read(certificate, key, &pair, failure);
	if (!error && SSL_CTX_use_cert_and_key(tls, pair.certificate, pair.key, pair.chain, 1) != 1)
		error = fail(failure, ERROR_INPUT, "TLS: the certificate and its key cannot be used");
	pair_free(&pair);
	return error;
}

static bool add_authority(X509 *certificate, X509_STORE *store, STACK_OF(X509_NAME) * names)
{
	X509_NAME *name = X509_NAME_dup(X509_get_subject_name(certificate));
	bool added = name && X509_STORE_add_cert(store, certificate) == 1;
	if (added && sk_X509_NAME_push(names, name) > 0)
		return true;
	X509_NAME_free(name);
	return false;
}

enum error tls_authorities(
    struct text authorities, X509_STORE **store, STACK_OF(X509_NAME) * *names, struct failure *failure)
{
	struct pair pair = { .chain = sk_X509_new_null() };
	read_certificates(authorities, &pair);
	X509_STORE *made = X509_STORE_new();
	STACK_OF(X509_NAME) *list = sk_X509_NAME_new_null();
	bool whole = pair.certificate && made && list && add_authority(pair.certificate, made, list);
	for (int i = 0; i < sk_X509_num(pair.chain) && whole; i++)
		whole = add_authority(sk_X509_value(pair.chain, i), made, list);
	if (whole)
		X509_STORE_set_flags(made, X509_V_FLAG_NO_CHECK_TIME);
	pair_free(&pair);
	if (whole) {
		*store = made;
		*names = list;
		return OK;
	}
	X509_STORE_free(made);
	sk_X509_NAME_pop_free(list, X509_NAME_free);
	return fail(failure, ERROR_INPUT, "TLS: the authorities of client certificates cannot be used");
}
