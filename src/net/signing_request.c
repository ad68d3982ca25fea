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

#define BEGIN_LINE "-----BEGIN CERTIFICATE REQUEST-----\n"
#define END_LINE "-----END CERTIFICATE REQUEST-----"

/* libcrypto looks for a request anywhere in a text: here the text is one. */
static bool is_one_block(struct text pem)
{
	pem = text_trim(pem);
	if (!text_starts(pem, TEXT(BEGIN_LINE)) || !text_ends(pem, TEXT(END_LINE)))
		return false;
	struct text inner = { pem.at + sizeof BEGIN_LINE - 1, pem.size - (sizeof BEGIN_LINE - 1) };
	if (inner.size < sizeof END_LINE - 1)
		return false;
	inner.size -= sizeof END_LINE - 1;
	return !memchr(inner.at, '-', inner.size) && !memchr(inner.at, ':', inner.size);
}

static X509_REQ *parse(struct text pem)
{
	BIO *from = BIO_new_mem_buf(pem.at, (int)pem.size);
	X509_REQ *request = from ? PEM_read_bio_X509_REQ(from, NULL, NULL, NULL) : NULL;
	BIO_free(from);
	return request;
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
	X509_REQ *request = is_one_block(pem) ? parse(pem) : NULL;
	const char *problem = request ? problem_of(request, key) : "expected one CERTIFICATE REQUEST in PEM";
	X509_REQ_free(request);
	ERR_clear_error();
	return problem ? fail(failure, ERROR_INPUT, "signing request: %s", problem) : OK;
}

bool machine_key_parse(struct text text, uint8_t *key)
{
	uint8_t point[MACHINE_KEY];
	char again[MACHINE_KEY_TEXT], group[] = SN_X9_62_prime256v1;
	if (!hex_parse(text, point, sizeof point) || point[0] != POINT_CONVERSION_UNCOMPRESSED ||
	    !text_equal(text_of(hex_format(point, sizeof point, again)), text))
		return false;
	/* Making a key of it is what asks whether the point is on the curve. */
	const OSSL_PARAM parts[] = {
		OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, group, 0),
		OSSL_PARAM_construct_octet_string(OSSL_PKEY_PARAM_PUB_KEY, point, sizeof point),
		OSSL_PARAM_construct_end(),
	};
	EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_name(NULL, "EC", NULL);
	EVP_PKEY *made = NULL;
	bool is_key = context && EVP_PKEY_fromdata_init(context) == 1 &&
		      EVP_PKEY_fromdata(context, &made, EVP_PKEY_PUBLIC_KEY, (OSSL_PARAM *)parts) == 1;
	EVP_PKEY_free(made);
	EVP_PKEY_CTX_free(context);
	ERR_clear_error();
	if (is_key && key)
		memcpy(key, point, sizeof point);
	return is_key;
}
