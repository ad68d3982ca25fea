/*
 * Reads signing requests. In: PEM of a stranger. Out: a public key whose private one the sender has. Called by the
 * front (http/field_value.c), before anybody else sees a byte of it; see signing_request.h.
 */
#include "net/signing_request.h"

#include "base/hash.h"

#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/obj_mac.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <string.h>

static X509_REQ *parse(struct text pem)
{
	BIO *from = BIO_new_mem_buf(pem.at, (int)pem.size);
	X509_REQ *request = from ? PEM_read_bio_X509_REQ(from, NULL, NULL, NULL) : NULL;
	BIO_free(from);
	return request;
}

/* libcrypto finds a request anywhere in a text, and passes over what stands behind it: here the text is one, as
 * libcrypto itself would write it (RFC 7468, 3: the strict form). */
static bool is_canonical(X509_REQ *request, struct text pem)
{
	BIO *to = BIO_new(BIO_s_mem());
	char *at;
	bool written = to && PEM_write_bio_X509_REQ(to, request) == 1;
	long size = written ? BIO_get_mem_data(to, &at) : 0;
	bool same = size > 0 && text_equal(text_trim((struct text){ at, (size_t)size }), text_trim(pem));
	BIO_free(to);
	return same;
}

static bool take_point(const EVP_PKEY *key, uint8_t to[static MACHINE_KEY])
{
	char group[64];
	size_t size = 0;
	if (EVP_PKEY_get_base_id(key) != EVP_PKEY_EC ||
	    EVP_PKEY_get_utf8_string_param(key, OSSL_PKEY_PARAM_GROUP_NAME, group, sizeof group, NULL) != 1 ||
	    strcmp(group, SN_X9_62_prime256v1) != 0)
		return false;
	return EVP_PKEY_get_octet_string_param(key, OSSL_PKEY_PARAM_PUB_KEY, to, MACHINE_KEY, &size) == 1 &&
	       size == MACHINE_KEY && to[0] == POINT_CONVERSION_UNCOMPRESSED;
}

/* Words on what is wrong, or NULL. */
static const char *problem_of(X509_REQ *request, uint8_t key[static MACHINE_KEY])
{
	EVP_PKEY *public = X509_REQ_get0_pubkey(request);
	if (!public || !take_point(public, key))
		return "its key should be ECDSA on P-256 (prime256v1), as an uncompressed point";
	if (X509_NAME_entry_count(X509_REQ_get_subject_name(request)) > 0)
		return "it asks for a name: the centre names its machines itself";
	if (X509_REQ_get_attr_count(request) > 0)
		return "it asks for extensions or has attributes: the centre gives its own";
	if (X509_REQ_verify(request, public) != 1)
		return "it is not signed with its own key";
	return NULL;
}

enum error signing_request_read(struct text pem, uint8_t key[static MACHINE_KEY], struct failure *failure)
{
	if (pem.size > SIGNING_REQUEST_LARGEST)
		return fail(failure, ERROR_INPUT, "a signing request has at most %d bytes", SIGNING_REQUEST_LARGEST);
	X509_REQ *request = parse(pem);
	const char *problem = request && is_canonical(request, pem)
				  ? problem_of(request, key)
				  : "expected one CERTIFICATE REQUEST in PEM, and nothing else";
	X509_REQ_free(request);
	ERR_clear_error();
	return problem ? fail(failure, ERROR_INPUT, "signing request: %s", problem) : OK;
}

EVP_PKEY *machine_key_open(const uint8_t key[static MACHINE_KEY])
{
	char group[] = SN_X9_62_prime256v1;
	uint8_t point[MACHINE_KEY];
	memcpy(point, key, sizeof point);
	OSSL_PARAM parts[] = {
		OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, group, 0),
		OSSL_PARAM_construct_octet_string(OSSL_PKEY_PARAM_PUB_KEY, point, sizeof point),
		OSSL_PARAM_construct_end(),
	};
	EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_name(NULL, "EC", NULL);
	EVP_PKEY *made = NULL;
	if (context && EVP_PKEY_fromdata_init(context) == 1)
		EVP_PKEY_fromdata(context, &made, EVP_PKEY_PUBLIC_KEY, parts);
	EVP_PKEY_CTX_free(context);
	ERR_clear_error();
	return made;
}

bool machine_key_parse(struct text text, uint8_t *key)
{
	uint8_t point[MACHINE_KEY];
	char again[MACHINE_KEY_TEXT];
	if (!hex_parse(text, point, sizeof point) || point[0] != POINT_CONVERSION_UNCOMPRESSED ||
	    !text_equal(text_of(hex_format(point, sizeof point, again)), text))
		return false;
	EVP_PKEY *made = machine_key_open(point);
	bool is_key = made != NULL;
	EVP_PKEY_free(made);
	if (is_key && key)
		memcpy(key, point, sizeof point);
	return is_key;
}
