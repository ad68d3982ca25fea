/*
 * Keys of machines over OpenSSL; see machine_key.h.
 */
#include "watch/machine_key.h"

#include "base/file.h"
#include "base/hash.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static enum error tell(struct failure *failure, const char *doing)
{
	ERR_clear_error();
	return fail(failure, ERROR_SYSTEM, "%s failed", doing);
}

static EVP_PKEY *key_of(const struct machine_pair *pair)
{
	BIO *from = BIO_new_mem_buf(pair->pem, -1);
	EVP_PKEY *key = from ? PEM_read_bio_PrivateKey(from, NULL, NULL, "") : NULL;
	BIO_free(from);
	ERR_clear_error();
	return key;
}

static X509 *certificate_of(const char *pem)
{
	BIO *from = BIO_new_mem_buf(pem, -1);
	X509 *certificate = from ? PEM_read_bio_X509(from, NULL, NULL, NULL) : NULL;
	BIO_free(from);
	ERR_clear_error();
	return certificate;
}

static nanoseconds moment_of(const ASN1_TIME *time)
{
	struct tm parts;
	return ASN1_TIME_to_tm(time, &parts) == 1 ? timegm(&parts) * SECOND : 0;
}

static void take_certificate(struct machine_pair *pair, EVP_PKEY *key)
{
	X509 *certificate = certificate_of(pair->pem);
	if (certificate && X509_check_private_key(certificate, key) == 1) {
		struct uuid serial = { { 0 } };
		BIGNUM *number = ASN1_INTEGER_to_BN(X509_get0_serialNumber(certificate), NULL);
		pair->has_certificate = true;
		pair->not_before = moment_of(X509_get0_notBefore(certificate));
		pair->not_after = moment_of(X509_get0_notAfter(certificate));
		if (number && BN_bn2binpad(number, serial.bytes, sizeof serial.bytes) > 0)
			uuid_format(serial, pair->serial);
		BN_free(number);
	}
	X509_free(certificate);
	ERR_clear_error();
}

enum error machine_pair_read(const char *path, struct machine_pair *pair, struct failure *failure)
{
	char *at;
	size_t size;
	struct stat about;
	*pair = (struct machine_pair){ 0 };
	enum error error = file_read(path, MACHINE_PEM_LARGEST - 1, &at, &size, failure);
	if (error)
		return error;
	memcpy(pair->pem, at, size);
	explicit_bzero(at, size);
	free(at);
	if (stat(path, &about) != 0 || (about.st_mode & 077)) {
		machine_pair_wipe(pair);
		return fail(failure, ERROR_DENIED, "%s: others can read this key: make its mode 0600", path);
	}
	pair->written = about.st_mtim.tv_sec * SECOND + about.st_mtim.tv_nsec;
	EVP_PKEY *key = key_of(pair);
	if (!key) {
		machine_pair_wipe(pair);
		return fail(failure, ERROR_CORRUPT, "%s: expected a private key in PEM", path);
	}
	take_certificate(pair, key);
	EVP_PKEY_free(key);
	return OK;
}

void machine_pair_wipe(struct machine_pair *pair)
{
	explicit_bzero(pair, sizeof *pair);
}

enum error machine_key_make(const char *path, struct failure *failure)
{
	EVP_PKEY *key = EVP_EC_gen("P-256");
	BIO *to = BIO_new(BIO_s_secmem());
	char *at;
	bool written = key && to && PEM_write_bio_PrivateKey(to, key, NULL, NULL, 0, NULL, NULL) == 1;
	long size = written ? BIO_get_mem_data(to, &at) : 0;
	enum error error = size > 0 ? file_replace(path, (struct text){ at, (size_t)size }, 0600, failure)
				    : tell(failure, "making a key");
	BIO_free(to);
	EVP_PKEY_free(key);
	return error;
}

enum error machine_key_request(const struct machine_pair *pair, struct builder *to, struct failure *failure)
{
	EVP_PKEY *key = key_of(pair);
	X509_REQ *request = X509_REQ_new();
	BIO *memory = BIO_new(BIO_s_mem());
	char *at;
	bool made = key && request && memory && X509_REQ_set_version(request, X509_REQ_VERSION_1) == 1 &&
		    X509_REQ_set_pubkey(request, key) == 1 && X509_REQ_sign(request, key, EVP_sha256()) > 0 &&
		    PEM_write_bio_X509_REQ(memory, request) == 1;
	long size = made ? BIO_get_mem_data(memory, &at) : 0;
	if (size > 0)
		build_text(to, (struct text){ at, (size_t)size });
	BIO_free(memory);
	X509_REQ_free(request);
	EVP_PKEY_free(key);
	return size > 0 && !to->failed ? OK : tell(failure, "making a signing request");
}

enum error machine_key_complete(const char *path, struct text certificate, struct failure *failure)
{
	struct machine_pair pair;
	struct builder whole = { 0 };
	enum error error = machine_pair_read(path, &pair, failure);
	if (error)
		return error;
	char *end = strstr(pair.pem, "-----BEGIN CERTIFICATE-----");
	build_text(&whole, (struct text){ pair.pem, end ? (size_t)(end - pair.pem) : strlen(pair.pem) });
	build_text(&whole, certificate);
	X509 *read = whole.failed ? NULL : certificate_of(whole.at);
	EVP_PKEY *key = key_of(&pair);
	if (whole.failed || whole.size >= MACHINE_PEM_LARGEST)
		error = fail(failure, ERROR_LIMIT, "%s: no room for the certificate", path);
	else if (!read || !key || X509_check_private_key(read, key) != 1)
		error = fail(failure, ERROR_INPUT, "the centre's answer holds no certificate of this machine's key");
	else
		error = file_replace(path, (struct text){ whole.at, whole.size }, 0600, failure);
	ERR_clear_error();
	X509_free(read);
	EVP_PKEY_free(key);
	if (whole.at)
		explicit_bzero(whole.at, whole.size);
	builder_free(&whole);
	machine_pair_wipe(&pair);
	return error;
}
