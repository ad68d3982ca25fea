/*
 * The authority of machines, over OpenSSL. In: a public key that the front found good, and names from the store. Out:
 * certificates. Called by the keeper, which alone has its key; see authority.h.
 */
#include "center/authority.h"

#include "base/base64.h"
#include "base/file.h"
#include "base/hash.h"
#include "base/log.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define FILE_LARGEST 16384
#define SERIAL 16

struct authority {
	EVP_PKEY *key;
	X509 *certificate;
};

static enum error tell(struct failure *failure, const char *doing)
{
	ERR_clear_error();
	return fail(failure, ERROR_SYSTEM, "machines' authority: %s failed", doing);
}

void authority_free(struct authority *authority)
{
	if (!authority)
		return;
	EVP_PKEY_free(authority->key);
	X509_free(authority->certificate);
	free(authority);
}

/* ── parts of a certificate ─ */

static bool set_serial(X509 *certificate, const uint8_t bytes[SERIAL])
{
	BIGNUM *number = BN_bin2bn(bytes, SERIAL, NULL);
	bool set = number && BN_to_ASN1_INTEGER(number, X509_get_serialNumber(certificate));
	BN_free(number);
	return set;
}

static bool set_times(X509 *certificate, nanoseconds from, nanoseconds to)
{
	return ASN1_TIME_set(X509_getm_notBefore(certificate), (time_t)(from / SECOND)) &&
	       ASN1_TIME_set(X509_getm_notAfter(certificate), (time_t)(to / SECOND));
}

static bool add_name(X509_NAME *name, const char *type, const char *value)
{
	return X509_NAME_add_entry_by_txt(name, type, MBSTRING_UTF8, (const unsigned char *)value, -1, -1, 0) == 1;
}

struct extension {
	int number;
	const char *value;
};

static bool add_extensions(X509 *certificate, X509 *issuer, const struct extension *extensions)
{
	X509V3_CTX context;
	X509V3_set_ctx(&context, issuer, certificate, NULL, NULL, 0);
	for (; extensions->value; extensions++) {
		X509_EXTENSION *made = X509V3_EXT_conf_nid(NULL, &context, extensions->number, extensions->value);
		bool added = made && X509_add_ext(certificate, made, -1) == 1;
		X509_EXTENSION_free(made);
		if (!added)
			return false;
	}
	return true;
}

/* ── its own key ─ */

static bool name_authority(X509 *certificate, const uint8_t serial[SERIAL])
{
	X509_NAME *name = X509_get_subject_name(certificate);
	char common[64], hex[HEX_SIZE(4)];
	snprintf(common, sizeof common, "Machines of this centre %s", hex_format(serial, 4, hex));
	return add_name(name, "O", "Noroshi") && add_name(name, "CN", common) &&
	       X509_set_issuer_name(certificate, name) == 1;
}

static enum error make(nanoseconds now, struct authority *authority, struct failure *failure)
{
	static const struct extension extensions[] = { { NID_basic_constraints, "critical,CA:TRUE,pathlen:0" },
		{ NID_key_usage, "critical,keyCertSign,cRLSign" }, { NID_subject_key_identifier, "hash" },
		{ 0, NULL } };
	struct uuid serial = uuid_random();
	authority->key = EVP_EC_gen("P-256");
	authority->certificate = X509_new();
	X509 *made = authority->certificate;
	if (!authority->key || !made || X509_set_version(made, X509_VERSION_3) != 1 ||
	    !set_serial(made, serial.bytes) || !set_times(made, now - CERTIFICATE_BACKDATE, now + AUTHORITY_LIFE) ||
	    !name_authority(made, serial.bytes) || X509_set_pubkey(made, authority->key) != 1 ||
	    !add_extensions(made, made, extensions) || X509_sign(made, authority->key, EVP_sha256()) == 0)
		return tell(failure, "making its key");
	return OK;
}

static enum error save(const struct authority *authority, const char *path, struct failure *failure)
{
	BIO *to = BIO_new(BIO_s_secmem());
	char *at;
	bool written = to && PEM_write_bio_PrivateKey(to, authority->key, NULL, NULL, 0, NULL, NULL) == 1 &&
		       PEM_write_bio_X509(to, authority->certificate) == 1;
	long size = written ? BIO_get_mem_data(to, &at) : 0;
	enum error error = size > 0 ? file_replace(path, (struct text){ at, (size_t)size }, 0600, failure)
				    : tell(failure, "writing its key");
	BIO_free(to);
	return error;
}

static enum error read_pair(const char *path, struct authority *authority, struct failure *failure)
{
	char *at;
	size_t size;
	struct stat about;
	enum error error = file_read(path, FILE_LARGEST, &at, &size, failure);
	if (error)
		return error;
	if (stat(path, &about) != 0 || (about.st_mode & 077))
		error =
		    fail(failure, ERROR_DENIED, "%s: others can read the authority's key: make its mode 0600", path);
	BIO *from = BIO_new_mem_buf(at, (int)size);
	if (!error && from) {
		authority->key = PEM_read_bio_PrivateKey(from, NULL, NULL, "");
		authority->certificate = PEM_read_bio_X509(from, NULL, NULL, NULL);
	}
	BIO_free(from);
	explicit_bzero(at, size);
	free(at);
	if (!error && (!authority->key || !authority->certificate ||
			  X509_check_private_key(authority->certificate, authority->key) != 1))
		error = fail(failure, ERROR_CORRUPT, "%s: expected a key and its certificate in PEM", path);
	ERR_clear_error();
	return error;
}

static bool ends_before(const struct authority *authority, nanoseconds moment)
{
	time_t seconds = (time_t)(moment / SECOND);
	return X509_cmp_time(X509_get0_notAfter(authority->certificate), &seconds) <= 0;
}

static enum error note(const struct authority *authority, struct store *store, nanoseconds now, struct failure *failure)
{
	unsigned char *der = NULL;
	int size = i2d_X509(authority->certificate, &der);
	if (size <= 0)
		return tell(failure, "writing its certificate");
	enum error error = store_begin(store, failure);
	if (!error)
		error = store_authority_put(store, (struct text){ (char *)der, (size_t)size }, now, failure);
	if (!error)
		error = store_commit(store, failure);
	if (error)
		store_rollback(store);
	OPENSSL_free(der);
	return error;
}

enum error authority_read(const char *folder, struct authority **read, struct failure *failure)
{
	char path[4400];
	struct authority *authority = calloc(1, sizeof *authority);
	if (!authority)
		return fail(failure, ERROR_MEMORY, "no memory for the machines' authority");
	snprintf(path, sizeof path, "%s/%s", folder, AUTHORITY_FILE);
	enum error error = read_pair(path, authority, failure);
	if (error)
		authority_free(authority);
	else
		*read = authority;
	return error;
}

/* In the place of one that is lost or ends. */
static enum error replace(
    const char *folder, nanoseconds now, bool old, struct authority **made, struct failure *failure)
{
	char path[4400];
	struct authority *authority = calloc(1, sizeof *authority);
	if (!authority)
		return fail(failure, ERROR_MEMORY, "no memory for the machines' authority");
	snprintf(path, sizeof path, "%s/%s", folder, AUTHORITY_FILE);
	enum error error = make(now, authority, failure);
	if (!error)
		error = save(authority, path, failure);
	if (!error)
		log_write(LOG_INFO, "a key was made for the authority of machines", LOG_FIELD_STRING("file", path),
		    LOG_FIELD_STRING("why", old ? "the old one ends" : "there was none"));
	*made = authority;
	return error;
}

enum error authority_open(const char *folder, struct store *store, nanoseconds now, nanoseconds margin,
    struct authority **opened, struct failure *failure)
{
	struct authority *authority = NULL;
	enum error error = authority_read(folder, &authority, failure);
	bool old = !error && ends_before(authority, now + margin);
	if (error == ERROR_NOT_FOUND || old) {
		authority_free(authority);
		error = replace(folder, now, old, &authority, failure);
	}
	if (!error)
		error = note(authority, store, now, failure);
	if (error) {
		authority_free(authority);
		return error;
	}
	*opened = authority;
	return OK;
}

/* ── what it signs ─ */

static bool name_machine(X509 *certificate, const struct authority_names *names)
{
	X509_NAME *name = X509_get_subject_name(certificate);
	char id[UUID_TEXT];
	return add_name(name, "O", names->organisation) && add_name(name, "CN", names->sensor) &&
	       add_name(name, "serialNumber", uuid_format(names->id, id));
}

static bool fill(const struct authority *authority, const uint8_t key[static MACHINE_KEY],
    const struct authority_names *names, const struct machine_certificate *certificate, X509 *made)
{
	static const struct extension extensions[] = { { NID_basic_constraints, "critical,CA:FALSE" },
		{ NID_key_usage, "critical,digitalSignature,keyAgreement" }, { NID_ext_key_usage, "clientAuth" },
		{ NID_subject_key_identifier, "hash" }, { NID_authority_key_identifier, "keyid:always" }, { 0, NULL } };
	EVP_PKEY *public = machine_key_open(key);
	bool filled = public && X509_set_version(made, X509_VERSION_3) == 1 &&
		      set_serial(made, certificate->serial.bytes) &&
		      set_times(made, certificate->not_before, certificate->not_after) && name_machine(made, names) &&
		      X509_set_issuer_name(made, X509_get_subject_name(authority->certificate)) == 1 &&
		      X509_set_pubkey(made, public) == 1 && add_extensions(made, authority->certificate, extensions) &&
		      X509_sign(made, authority->key, EVP_sha256()) > 0;
	EVP_PKEY_free(public);
	return filled;
}

enum error authority_sign(const struct authority *authority, const uint8_t key[static MACHINE_KEY],
    const struct authority_names *names, struct machine_certificate *certificate, struct failure *failure)
{
	X509 *made = X509_new();
	unsigned char *der = NULL;
	certificate->serial = uuid_random();
	int size = made && fill(authority, key, names, certificate, made) ? i2d_X509(made, &der) : 0;
	bool fits = size > 0 && size <= CERTIFICATE_LARGEST;
	if (fits) {
		memcpy(certificate->der, der, (size_t)size);
		certificate->size = (uint16_t)size;
		sha256(der, (size_t)size, certificate->digest);
		sha256(key, MACHINE_KEY, certificate->key);
	}
	OPENSSL_free(der);
	X509_free(made);
	ERR_clear_error();
	return fits ? OK : tell(failure, "signing a certificate");
}

/* ── what it ended ─ */

struct revoking {
	const struct authority *authority;
	struct store *store;
	const struct scope *scope;
	nanoseconds now;
	X509_CRL *list;
	bool failed;
};

static bool is_of(const struct authority *authority, const struct machine_certificate *certificate)
{
	const unsigned char *at = certificate->der;
	X509 *read = d2i_X509(NULL, &at, certificate->size);
	bool own =
	    read && X509_NAME_cmp(X509_get_issuer_name(read), X509_get_subject_name(authority->certificate)) == 0;
	X509_free(read);
	return own;
}

/* Since when it is over before its time: it was revoked, or its sensor was, or its organisation ended. 0: it is not. */
static nanoseconds ended(const struct revoking *revoking, const struct machine_certificate *certificate)
{
	struct sensor sensor;
	struct organisation organisation;
	if (certificate->revoked)
		return certificate->revoked;
	bool good = store_sensor_get(revoking->store, revoking->scope, certificate->sensor, &sensor, NULL) == OK &&
		    sensor.state != SENSOR_REVOKED &&
		    store_organisation_get(
			revoking->store, revoking->scope, certificate->organisation, &organisation, NULL) == OK &&
		    organisation.active;
	return good ? 0 : revoking->now;
}

static void revoke_one(void *context, const struct machine_certificate *certificate)
{
	struct revoking *revoking = context;
	nanoseconds since = ended(revoking, certificate);
	if (!since || !is_of(revoking->authority, certificate))
		return;
	BIGNUM *number = BN_bin2bn(certificate->serial.bytes, SERIAL, NULL);
	ASN1_INTEGER *serial = number ? BN_to_ASN1_INTEGER(number, NULL) : NULL;
	ASN1_TIME *when = ASN1_TIME_set(NULL, (time_t)(since / SECOND));
	X509_REVOKED *revoked = X509_REVOKED_new();
	if (!serial || !when || !revoked || !X509_REVOKED_set_serialNumber(revoked, serial) ||
	    !X509_REVOKED_set_revocationDate(revoked, when) || !X509_CRL_add0_revoked(revoking->list, revoked)) {
		revoking->failed = true;
		X509_REVOKED_free(revoked);
	}
	BN_free(number);
	ASN1_INTEGER_free(serial);
	ASN1_TIME_free(when);
}

/* Number and authority (RFC 5280, 5.2), times, signature. */
static bool finish_list(const struct authority *authority, X509_CRL *list, nanoseconds now, nanoseconds valid)
{
	X509V3_CTX context;
	ASN1_TIME *from = ASN1_TIME_set(NULL, (time_t)(now / SECOND)),
		  *to = ASN1_TIME_set(NULL, (time_t)((now + valid) / SECOND));
	ASN1_INTEGER *number = ASN1_INTEGER_new();
	X509V3_set_ctx(&context, authority->certificate, NULL, NULL, list, 0);
	X509_EXTENSION *issuer = X509V3_EXT_conf_nid(NULL, &context, NID_authority_key_identifier, "keyid:always");
	bool done = from && to && number && issuer && X509_CRL_set_version(list, X509_CRL_VERSION_2) &&
		    X509_CRL_set_issuer_name(list, X509_get_subject_name(authority->certificate)) &&
		    X509_CRL_set1_lastUpdate(list, from) && X509_CRL_set1_nextUpdate(list, to) &&
		    ASN1_INTEGER_set_int64(number, now / SECOND) &&
		    X509_CRL_add1_ext_i2d(list, NID_crl_number, number, 0, 0) == 1 &&
		    X509_CRL_add_ext(list, issuer, -1) && X509_CRL_sort(list) &&
		    X509_CRL_sign(list, authority->key, EVP_sha256()) > 0;
	ASN1_TIME_free(from);
	ASN1_TIME_free(to);
	ASN1_INTEGER_free(number);
	X509_EXTENSION_free(issuer);
	return done;
}

enum error authority_revocations(const struct authority *authority, struct store *store, const struct scope *scope,
    nanoseconds now, nanoseconds valid, struct builder *to, struct failure *failure)
{
	struct revoking revoking = { authority, store, scope, now, X509_CRL_new(), false };
	BIO *pem = BIO_new(BIO_s_mem());
	char *at;
	enum error error = revoking.list && pem
			       ? store_certificate_each(store, scope, 0, UINT32_MAX, revoke_one, &revoking, failure)
			       : fail(failure, ERROR_MEMORY, "no memory for a list of certificates");
	if (!error && (revoking.failed || !finish_list(authority, revoking.list, now, valid) ||
			  PEM_write_bio_X509_CRL(pem, revoking.list) != 1))
		error = tell(failure, "signing the list of revoked certificates");
	long size = error ? 0 : BIO_get_mem_data(pem, &at);
	if (size > 0)
		build_text(to, (struct text){ at, (size_t)size });
	BIO_free(pem);
	X509_CRL_free(revoking.list);
	return !error && to->failed ? fail(failure, ERROR_MEMORY, "no memory for a list of certificates") : error;
}

/* ── PEM ─ */

bool certificate_write(struct text der, struct builder *to)
{
	char line[BASE64_SIZE(48)];
	build_text(to, TEXT("-----BEGIN CERTIFICATE-----\n"));
	for (size_t at = 0; at < der.size; at += 48) {
		build_text(to, text_of(base64_format(der.at + at, der.size - at < 48 ? der.size - at : 48, line)));
		build_char(to, '\n');
	}
	build_text(to, TEXT("-----END CERTIFICATE-----\n"));
	return !to->failed;
}

static void write_one(void *context, struct text der)
{
	certificate_write(der, context);
}

enum error authority_list(struct store *store, struct builder *to, struct failure *failure)
{
	enum error error = store_authority_each(store, write_one, to, failure);
	return !error && to->failed ? fail(failure, ERROR_MEMORY, "no memory for the authorities") : error;
}
