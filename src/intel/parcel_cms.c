/*
 * Sealing and opening by OpenSSL's CMS. In: bytes, keys and certificates of files. Out: bytes. See parcel_cms.h;
 * called by intel/parcel_write.c and intel/parcel_take.c.
 */
#include "intel/parcel_cms.h"

#include "base/file.h"
#include "intel/parcel_form.h"
#include "intel/parcel_revoked.h"

#include <openssl/cms.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <stdlib.h>
#include <sys/stat.h>

#define FILE_LARGEST (1u << 20)
#define LEVEL 2 /* of OpenSSL: 112 bits of security */

struct parcel_cms {
	EVP_PKEY *key;
	X509 *certificate, *other;
	X509_STORE *authorities;
	struct parcel_revoked *revoked; /* may be NULL */
	char own_name[PARCEL_PARTY], other_name[PARCEL_PARTY];
};

static enum error tell(struct failure *failure, enum error code, const char *words)
{
	char reason[256] = "";
	unsigned long number = ERR_peek_last_error();
	if (number)
		ERR_error_string_n(number, reason, sizeof reason);
	ERR_clear_error();
	return fail(failure, code, "%s%s%s%s", words, reason[0] ? " (" : "", reason, reason[0] ? ")" : "");
}

/* ── names and files ─ */

static size_t name_part(X509 *certificate, int part, char *to, size_t room)
{
	int size = X509_NAME_get_text_by_NID(X509_get_subject_name(certificate), part, to, (int)room);
	return size > 0 ? (size_t)size : 0;
}

static bool name_of(X509 *certificate, char to[static PARCEL_PARTY])
{
	char organisation[PARCEL_PARTY / 2 - 2] = "", common[PARCEL_PARTY / 2 - 2] = "";
	size_t first = name_part(certificate, NID_organizationName, organisation, sizeof organisation);
	size_t second = name_part(certificate, NID_commonName, common, sizeof common);
	snprintf(to, PARCEL_PARTY, "%s%s%s", organisation, first && second ? "/" : "", common);
	return (first || second) && text_utf8_valid(text_of(to)) == strlen(to);
}

static enum error read_pem(const char *path, bool secret, BIO **bio, char **at, size_t *size, struct failure *failure)
{
	struct stat about;
	*bio = NULL;
	*at = NULL;
	if (secret && stat(path, &about) == 0 && S_ISREG(about.st_mode) && (about.st_mode & 077))
		return fail(failure, ERROR_DENIED, "%s: others can read the key: make its mode 0600", path);
	enum error error = file_read(path, FILE_LARGEST, at, size, failure);
	if (!error && !(*bio = BIO_new_mem_buf(*at, (int)*size)))
		error = fail(failure, ERROR_MEMORY, "no memory to read %s", path);
	return error;
}

static void wipe(BIO *bio, char *at, size_t size)
{
	BIO_free(bio);
	if (at)
		explicit_bzero(at, size);
	free(at);
	ERR_clear_error();
}

static enum error read_key(const char *path, EVP_PKEY **key, struct failure *failure)
{
	BIO *bio;
	char *at;
	size_t size = 0;
	static char none[] = ""; /* an encrypted key is refused, not asked for */
	enum error error = read_pem(path, true, &bio, &at, &size, failure);
	if (!error && !(*key = PEM_read_bio_PrivateKey(bio, NULL, NULL, none)))
		error = fail(failure, ERROR_INPUT, "%s: expected a private key in PEM, without a passphrase", path);
	wipe(bio, at, size);
	return error;
}

static enum error read_certificate(const char *path, X509 **certificate, struct failure *failure)
{
	BIO *bio;
	char *at;
	size_t size = 0;
	enum error error = read_pem(path, false, &bio, &at, &size, failure);
	if (!error && !(*certificate = PEM_read_bio_X509(bio, NULL, NULL, NULL)))
		error = fail(failure, ERROR_INPUT, "%s: expected a certificate in PEM", path);
	wipe(bio, at, size);
	return error;
}

static enum error read_authorities(const char *path, X509_STORE **store, struct failure *failure)
{
	BIO *bio;
	char *at;
	size_t size = 0;
	unsigned count = 0;
	X509 *one;
	enum error error = read_pem(path, false, &bio, &at, &size, failure);
	*store = error ? NULL : X509_STORE_new();
	while (*store && (one = PEM_read_bio_X509(bio, NULL, NULL, NULL))) {
		count += X509_STORE_add_cert(*store, one) == 1;
		X509_free(one);
	}
	if (!error && !count)
		error = fail(failure, ERROR_INPUT, "%s: expected certificates in PEM", path);
	wipe(bio, at, size);
	if (error)
		return error;
	/* A certificate of the file is trusted by itself; the use that it was made for (a machine's is a client's) does
	 * not matter, what its key may do does: usable(). */
	X509_VERIFY_PARAM *how = X509_STORE_get0_param(*store);
	bool set = X509_VERIFY_PARAM_set_flags(how, X509_V_FLAG_PARTIAL_CHAIN) &&
		   X509_VERIFY_PARAM_set_purpose(how, X509_PURPOSE_ANY);
	X509_VERIFY_PARAM_set_auth_level(how, LEVEL);
	return set ? OK : tell(failure, ERROR_SYSTEM, "certificates cannot be checked");
}

enum error parcel_cms_open(const struct parcel_parties *parties, struct parcel_cms **opened, struct failure *failure)
{
	struct parcel_cms *cms = calloc(1, sizeof *cms);
	if (!cms)
		return fail(failure, ERROR_MEMORY, "no memory for certificates");
	enum error error = read_key(parties->key, &cms->key, failure);
	if (!error)
		error = read_certificate(parties->certificate, &cms->certificate, failure);
	if (!error && X509_check_private_key(cms->certificate, cms->key) != 1)
		error = fail(failure, ERROR_INPUT, "%s: the certificate is of another key", parties->certificate);
	if (!error && !name_of(cms->certificate, cms->own_name))
		error = fail(failure, ERROR_INPUT, "%s: the certificate has no name", parties->certificate);
	if (!error && parties->other)
		error = read_certificate(parties->other, &cms->other, failure);
	if (!error && parties->other && !name_of(cms->other, cms->other_name))
		error = fail(failure, ERROR_INPUT, "%s: the certificate has no name", parties->other);
	if (!error && parties->authority)
		error = read_authorities(parties->authority, &cms->authorities, failure);
	if (!error && parties->revoked)
		error = parcel_revoked_read(parties->revoked, cms->authorities, &cms->revoked, failure);
	if (!error && parties->from && !text_copy(text_of(parties->from), cms->other_name, sizeof cms->other_name))
		error = fail(failure, ERROR_USAGE, "the sender's name is too long");
	ERR_clear_error();
	if (error)
		parcel_cms_free(cms);
	else
		*opened = cms;
	return error;
}

void parcel_cms_free(struct parcel_cms *cms)
{
	if (!cms)
		return;
	EVP_PKEY_free(cms->key);
	X509_free(cms->certificate);
	X509_free(cms->other);
	X509_STORE_free(cms->authorities);
	parcel_revoked_free(cms->revoked);
	free(cms);
}

const char *parcel_cms_own(const struct parcel_cms *cms)
{
	return cms->own_name;
}

const char *parcel_cms_other(const struct parcel_cms *cms)
{
	return cms->other_name;
}

/* Whether the certificate's time is now and its key may do this (RFC 5280, 4.2.1.3; without the extension, all). */
static enum error usable(X509 *certificate, uint32_t use, const char *who, nanoseconds now, struct failure *failure)
{
	time_t seconds = (time_t)(now / SECOND);
	if (X509_cmp_time(X509_get0_notAfter(certificate), &seconds) <= 0)
		return fail(failure, ERROR_DENIED, "%s: the certificate has expired", who);
	if (X509_cmp_time(X509_get0_notBefore(certificate), &seconds) > 0)
		return fail(failure, ERROR_DENIED, "%s: the certificate is not valid yet", who);
	if (!(X509_get_key_usage(certificate) & use))
		return fail(failure, ERROR_DENIED, "%s: the certificate is not for %s", who,
		    use & KU_DIGITAL_SIGNATURE ? "signing"
					       : "encryption: it needs keyAgreement, of RSA keyEncipherment");
	return OK;
}

static uint32_t use_to_encrypt(X509 *certificate)
{
	return EVP_PKEY_is_a(X509_get0_pubkey(certificate), "RSA") ? KU_KEY_ENCIPHERMENT : KU_KEY_AGREEMENT;
}

static bool is_trusted(const struct parcel_cms *cms, X509 *certificate, nanoseconds now)
{
	X509_STORE_CTX *asking = X509_STORE_CTX_new();
	X509_VERIFY_PARAM_set_time(X509_STORE_get0_param(cms->authorities), (time_t)(now / SECOND));
	bool trusted = asking && X509_STORE_CTX_init(asking, cms->authorities, certificate, NULL) == 1 &&
		       X509_verify_cert(asking) == 1;
	X509_STORE_CTX_free(asking);
	ERR_clear_error();
	return trusted;
}

/* ── sealing ─ */

static bool take_der(CMS_ContentInfo *cms, struct builder *to)
{
	unsigned char *der = NULL;
	int size = i2d_CMS_ContentInfo(cms, &der);
	if (size > 0)
		build_text(to, (struct text){ (char *)der, (size_t)size });
	OPENSSL_free(der);
	return size > 0 && !to->failed;
}

static bool sign(const struct parcel_cms *own, struct text content, struct builder *to)
{
	const unsigned flags = CMS_BINARY | CMS_PARTIAL | CMS_NOSMIMECAP;
	BIO *from = BIO_new_mem_buf(content.at, (int)content.size);
	CMS_ContentInfo *cms = CMS_sign(NULL, NULL, NULL, NULL, flags);
	bool done = from && cms && CMS_add1_signer(cms, own->certificate, own->key, EVP_sha256(), flags) &&
		    CMS_final(cms, from, NULL, flags) == 1 && take_der(cms, to);
	CMS_ContentInfo_free(cms);
	BIO_free(from);
	return done;
}

static bool encrypt(X509 *recipient, struct text content, struct builder *to)
{
	const unsigned flags = CMS_BINARY | CMS_PARTIAL;
	BIO *from = BIO_new_mem_buf(content.at, (int)content.size);
	CMS_ContentInfo *cms = CMS_AuthEnvelopedData_create(EVP_aes_256_gcm());
	CMS_RecipientInfo *added = cms ? CMS_add1_recipient_cert(cms, recipient, flags | CMS_KEY_PARAM) : NULL;
	EVP_PKEY_CTX *how = added ? CMS_RecipientInfo_get0_pkey_ctx(added) : NULL;
	bool done = from && how && CMS_set_detached(cms, 0) == 1;
	/* What a file without these would say: SHA-1 for deriving keys, PKCS #1 v1.5. */
	if (done && CMS_RecipientInfo_type(added) == CMS_RECIPINFO_AGREE)
		done = EVP_PKEY_CTX_set_ecdh_kdf_md(how, EVP_sha256()) == 1;
	else if (done)
		done = EVP_PKEY_CTX_set_rsa_padding(how, RSA_PKCS1_OAEP_PADDING) == 1 &&
		       EVP_PKEY_CTX_set_rsa_oaep_md(how, EVP_sha256()) == 1;
	done = done && CMS_final(cms, from, NULL, flags) == 1 && take_der(cms, to);
	CMS_ContentInfo_free(cms);
	BIO_free(from);
	return done;
}

static void forget(struct builder *secret)
{
	if (secret->at)
		explicit_bzero(secret->at, secret->size);
	builder_free(secret);
}

enum error parcel_cms_seal(
    const struct parcel_cms *cms, struct text content, nanoseconds now, struct builder *to, struct failure *failure)
{
	struct builder inner = { 0 };
	if (content.size > PARCEL_LARGEST - (1u << 20))
		return fail(failure, ERROR_LIMIT, "a file would have more than %u MiB", PARCEL_LARGEST >> 20);
	enum error error = usable(cms->certificate, KU_DIGITAL_SIGNATURE, cms->own_name, now, failure);
	if (!error)
		error = usable(cms->other, use_to_encrypt(cms->other), cms->other_name, now, failure);
	if (!error && cms->authorities && !is_trusted(cms, cms->other, now))
		error =
		    fail(failure, ERROR_DENIED, "%s: none of the authorities signed the certificate", cms->other_name);
	if (!error && cms->revoked)
		error = parcel_revoked_check(cms->revoked, cms->other, cms->other_name, now, failure);
	ERR_clear_error();
	if (!error && !sign(cms, content, &inner))
		error = tell(failure, ERROR_SYSTEM, "the file cannot be signed");
	if (!error && !encrypt(cms->other, (struct text){ inner.at, inner.size }, to))
		error = tell(failure, ERROR_SYSTEM, "the file cannot be encrypted");
	forget(&inner);
	return error;
}

/* ── opening ─ */

/* Exactly one object, and nothing behind it. */
static CMS_ContentInfo *parse(struct text der)
{
	const unsigned char *at = (const unsigned char *)der.at;
	CMS_ContentInfo *cms = d2i_CMS_ContentInfo(NULL, &at, (long)der.size);
	if (cms && at != (const unsigned char *)der.at + der.size) {
		CMS_ContentInfo_free(cms);
		cms = NULL;
	}
	return cms;
}

static bool take_bio(BIO *bio, struct builder *to)
{
	char *at;
	long size = BIO_get_mem_data(bio, &at);
	if (size > 0)
		build_text(to, (struct text){ at, (size_t)size });
	return size > 0 && !to->failed;
}

/* Whether the file names this certificate at all: words only; that it cannot be opened otherwise is the key's doing. */
static bool names_us(const struct parcel_cms *own, CMS_ContentInfo *cms)
{
	STACK_OF(CMS_RecipientInfo) *all = CMS_get0_RecipientInfos(cms);
	for (int i = 0; i < sk_CMS_RecipientInfo_num(all); i++) {
		CMS_RecipientInfo *one = sk_CMS_RecipientInfo_value(all, i);
		if (CMS_RecipientInfo_type(one) == CMS_RECIPINFO_TRANS &&
		    CMS_RecipientInfo_ktri_cert_cmp(one, own->certificate) == 0)
			return true;
		STACK_OF(CMS_RecipientEncryptedKey) *keys =
		    CMS_RecipientInfo_type(one) == CMS_RECIPINFO_AGREE ? CMS_RecipientInfo_kari_get0_reks(one) : NULL;
		for (int k = 0; k < sk_CMS_RecipientEncryptedKey_num(keys); k++)
			if (CMS_RecipientEncryptedKey_cert_cmp(
				sk_CMS_RecipientEncryptedKey_value(keys, k), own->certificate) == 0)
				return true;
	}
	return false;
}

static enum error decrypt(const struct parcel_cms *own, struct text file, struct builder *to, struct failure *failure)
{
	struct builder like = { 0 };
	CMS_ContentInfo *cms = parse(file);
	BIO *out = BIO_new(BIO_s_secmem());
	enum error error = OK;
	if (!cms || OBJ_obj2nid(CMS_get0_type(cms)) != NID_id_smime_ct_authEnvelopedData)
		error = fail(failure, ERROR_CORRUPT, "it is no sealed file, or is damaged or cut off");
	else if (!names_us(own, cms))
		error =
		    fail(failure, ERROR_DENIED, "it is not for the certificate of %s, or is damaged", own->own_name);
	else if (!encrypt(own->certificate, TEXT("x"), &like))
		error = tell(failure, ERROR_SYSTEM, "this certificate's files cannot be told");
	else if (!parcel_same_form(file, (struct text){ like.at, like.size }))
		error = fail(failure, ERROR_CORRUPT, "it is damaged, or was not made by this program");
	else if (!out || CMS_decrypt(cms, own->key, own->certificate, NULL, out, CMS_BINARY) != 1 || !take_bio(out, to))
		error = fail(failure, ERROR_CORRUPT, "it cannot be decrypted: it is damaged, or for another key");
	BIO_free(out);
	CMS_ContentInfo_free(cms);
	builder_free(&like);
	return error;
}

/* One signer, who is named, and who used SHA-256 or better. */
static enum error check_signer(
    const struct parcel_cms *own, CMS_ContentInfo *cms, nanoseconds now, struct failure *failure)
{
	STACK_OF(X509) *signers = CMS_get0_signers(cms);
	STACK_OF(CMS_SignerInfo) *infos = CMS_get0_SignerInfos(cms);
	X509_ALGOR *digest = NULL;
	const ASN1_OBJECT *which = NULL;
	char name[PARCEL_PARTY];
	enum error error = OK;
	X509 *signer = sk_X509_num(signers) == 1 ? sk_X509_value(signers, 0) : NULL;
	if (!signer || sk_CMS_SignerInfo_num(infos) != 1)
		error = fail(failure, ERROR_DENIED, "it is not signed by one sender");
	if (!error) {
		CMS_SignerInfo_get0_algs(sk_CMS_SignerInfo_value(infos, 0), NULL, NULL, &digest, NULL);
		X509_ALGOR_get0(&which, NULL, NULL, digest);
		int number = OBJ_obj2nid(which);
		if (number != NID_sha256 && number != NID_sha384 && number != NID_sha512)
			error = fail(failure, ERROR_DENIED, "its signature is over a digest that is not trusted");
	}
	if (!error && (!name_of(signer, name) || !text_equal(text_of(name), text_of(own->other_name))))
		error = fail(failure, ERROR_DENIED, "it was signed by somebody else than %s", own->other_name);
	if (!error)
		error = usable(signer, KU_DIGITAL_SIGNATURE, own->other_name, now, failure);
	if (!error && own->revoked)
		error = parcel_revoked_check(own->revoked, signer, own->other_name, now, failure);
	sk_X509_free(signers);
	return error;
}

static enum error verify(
    const struct parcel_cms *own, struct text signed_data, nanoseconds now, struct builder *to, struct failure *failure)
{
	CMS_ContentInfo *cms = parse(signed_data);
	BIO *out = BIO_new(BIO_s_secmem());
	enum error error = OK;
	X509_VERIFY_PARAM_set_time(X509_STORE_get0_param(own->authorities), (time_t)(now / SECOND));
	if (!cms || !out || OBJ_obj2nid(CMS_get0_type(cms)) != NID_pkcs7_signed)
		error = fail(failure, ERROR_CORRUPT, "what it holds is not signed");
	else if (CMS_verify(cms, NULL, own->authorities, NULL, out, CMS_BINARY) != 1)
		error = tell(failure, ERROR_DENIED, "the signature is not good");
	if (!error)
		error = check_signer(own, cms, now, failure);
	if (!error && !take_bio(out, to))
		error = fail(failure, ERROR_CORRUPT, "it holds nothing");
	BIO_free(out);
	CMS_ContentInfo_free(cms);
	return error;
}

enum error parcel_cms_unseal(
    const struct parcel_cms *cms, struct text file, nanoseconds now, struct builder *to, struct failure *failure)
{
	struct builder inner = { 0 };
	if (file.size > PARCEL_LARGEST)
		return fail(failure, ERROR_LIMIT, "it has more than %u MiB", PARCEL_LARGEST >> 20);
	ERR_clear_error();
	enum error error = decrypt(cms, file, &inner, failure);
	if (!error)
		error = verify(cms, (struct text){ inner.at, inner.size }, now, to, failure);
	forget(&inner);
	ERR_clear_error();
	return error;
}
