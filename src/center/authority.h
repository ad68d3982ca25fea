/*
 * The centre's own certificate authority, for machines alone: it signs who a sensor is. It has nothing to do with the
 * certificate that the centre shows as a server.
 *
 * Its key and its certificate rest in the state folder in `authority.pem`, readable by the keeper's account alone; the
 * keeper makes it when it is not there. The store keeps the certificates of this authority and of every one before it,
 * so that machines go on, and renew themselves, when the key was lost or replaced.
 */
#ifndef NOROSHI_CENTER_AUTHORITY_H
#define NOROSHI_CENTER_AUTHORITY_H

#include "base/error.h"
#include "base/text.h"
#include "model/machine.h"
#include "net/signing_request.h"
#include "store/store.h"

#define AUTHORITY_FILE "authority.pem"
#define AUTHORITY_LIFE (3650 * DAY)

struct authority;

/* Reads or makes the key in this folder and notes it in the store; it is made anew when it ends within `margin`. */
enum error authority_open(const char *folder, struct store *store, nanoseconds now, nanoseconds margin,
    struct authority **authority, struct failure *failure);
void authority_free(struct authority *authority); /* NULL is fine */

/* Names of a certificate, as they stand in the store. */
struct authority_names {
	const char *organisation, *sensor;
	struct uuid id; /* of the sensor */
};
/* Fills serial, digest, key and DER of a certificate for this key (a point on the curve: machine_key_parse()). Its
 * times are the caller's. For a client, no authority itself, ECDSA P-256 with SHA-256 (RFC 5280). */
enum error authority_sign(const struct authority *authority, const uint8_t key[static MACHINE_KEY],
    const struct authority_names *names, struct machine_certificate *certificate, struct failure *failure);

/* As it rests in the folder; ERROR_NOT_FOUND before the centre's first start. */
enum error authority_read(const char *folder, struct authority **authority, struct failure *failure);
/* Appends in PEM the list of revoked certificates (RFC 5280, 5) of those that this authority signed, good for so long:
 * for those who cannot ask the centre (intel/parcel_revoked.h). */
enum error authority_revocations(const struct authority *authority, struct store *store, const struct scope *scope,
    nanoseconds now, nanoseconds valid, struct builder *to, struct failure *failure);

/* PEM of all authorities whose certificates are taken, one behind the other, and of one certificate. */
enum error authority_list(struct store *store, struct builder *to, struct failure *failure);
bool certificate_write(struct text der, struct builder *to);

#endif
