/*
 * Signed and encrypted files for networks without a connection: bytes for one recipient by one sender.
 *
 *   content → SignedData (RFC 5652, 5) → AuthEnvelopedData (RFC 5083; AES-256-GCM, RFC 5084) → DER
 *
 * The signature is inside, so that who carries a file learns only whose certificate it is for. That the sender meant
 * this recipient is the content's to say (intel/parcel.h). Keys: EC (ECDH as RFC 5753 has it, with SHA-256) or RSA.
 *
 * A file has one form: whatever in it is neither secret nor covered by the authentication (versions, identifiers of
 * algorithms, the names of the recipient) must be as we write it for the same certificate, byte by byte. So a file in
 * which any byte is another is refused, and not only one whose content is another.
 */
#ifndef NOROSHI_INTEL_PARCEL_CMS_H
#define NOROSHI_INTEL_PARCEL_CMS_H

#include "base/error.h"
#include "base/text.h"
#include "base/time.h"

#define PARCEL_LARGEST (512u << 20) /* bytes of a sealed file; a few times this is in memory meanwhile */
#define PARCEL_PARTY 256            /* bytes of a party's name with its NUL */

struct parcel_cms; /* one thread */

struct parcel_parties {
	const char *key, *certificate; /* one's own, PEM; may be one file, which nobody else may read */
	const char *other;             /* the recipient's certificate, for sealing; NULL for opening */
	/* certificates that are trusted, or that signed trusted ones; for sealing it may be NULL: then the recipient's
	 * is trusted */
	const char *authority;
	const char *revoked; /* lists of certificates that their authorities revoked; NULL = nobody asks */
	const char *from;    /* for opening: the name that the sender's certificate must have */
};

/* ERROR_INPUT, ERROR_DENIED (others can read the key), ERROR_NOT_FOUND, … with the file's name. */
enum error parcel_cms_open(const struct parcel_parties *parties, struct parcel_cms **cms, struct failure *failure);
void parcel_cms_free(struct parcel_cms *cms); /* NULL is fine */

/* The name of a certificate: its organisation and its common name, "alpha/gate"; without organisation the latter. */
const char *parcel_cms_own(const struct parcel_cms *cms);
const char *parcel_cms_other(const struct parcel_cms *cms); /* of the recipient, or of the sender */

/* ERROR_DENIED: a certificate is not good now, or not for this use. */
enum error parcel_cms_seal(
    const struct parcel_cms *cms, struct text content, nanoseconds now, struct builder *to, struct failure *failure);
/* ERROR_CORRUPT: it is damaged or none; ERROR_DENIED: it is not for this certificate, or the sender is not who it
 * should be, or their certificate is not good now. `to` holds nothing then. */
enum error parcel_cms_unseal(
    const struct parcel_cms *cms, struct text file, nanoseconds now, struct builder *to, struct failure *failure);

#endif
