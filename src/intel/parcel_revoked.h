/*
 * Lists of revoked certificates (RFC 5280, 5) for networks where nobody can ask who made them: a file of some, in PEM,
 * as `noroshi machines revoked` prints one. They may be carried like everything else: each is signed.
 */
#ifndef NOROSHI_INTEL_PARCEL_REVOKED_H
#define NOROSHI_INTEL_PARCEL_REVOKED_H

#include "base/error.h"
#include "base/time.h"

#include <openssl/x509.h>

struct parcel_revoked; /* one thread */

/* ERROR_INPUT: no lists in PEM, one that none of these authorities signed, or one that holds under conditions only (a
 * critical extension). */
enum error parcel_revoked_read(
    const char *path, X509_STORE *authorities, struct parcel_revoked **revoked, struct failure *failure);
void parcel_revoked_free(struct parcel_revoked *revoked); /* NULL is fine */

/* ERROR_DENIED: it stands in its authority's list, or there is none, or none of today. */
enum error parcel_revoked_check(
    const struct parcel_revoked *revoked, X509 *certificate, const char *who, nanoseconds now, struct failure *failure);

#endif
