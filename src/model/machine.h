/*
 * Machines: what a sensor shows the centre to be let in. An administrator, or a person of the sensor's organisation,
 * makes an enrolment: a token that works once. Whoever shows it gets a certificate of the centre's own authority for a
 * key that never leaves the machine, and renews it from then on.
 *
 * A certificate is good when it stands in the store, nobody revoked it, its time is now, no newer one of the same
 * enrolment took its place, its sensor is not revoked, and its organisation is active. That is asked for each request.
 */
#ifndef NOROSHI_MODEL_MACHINE_H
#define NOROSHI_MODEL_MACHINE_H

#include "base/hash.h"
#include "base/time.h"

#include <stdbool.h>
#include <stdint.h>

#define CERTIFICATE_LARGEST 1024 /* bytes of DER; ours have some 600 */
/* Once a renewed certificate was used, the one before goes on for so long: requests under way end with what they began.
 */
#define CERTIFICATE_OVERLAP (5 * MINUTE)
/* So much before its making a certificate begins, for machines that look at their own with a slow clock. */
#define CERTIFICATE_BACKDATE (10 * MINUTE)

struct enrolment {
	struct uuid id;
	uint8_t digest[32]; /* SHA-256 of the token */
	uint32_t sensor, organisation;
	char by[64]; /* who made it */
	nanoseconds created, expires;
	nanoseconds used;      /* 0 = not yet */
	nanoseconds withdrawn; /* 0 = stands */
	uint8_t key[32];       /* SHA-256 of the public key that it was used for */
};

struct machine_certificate {
	struct uuid serial; /* the 16 bytes of the serial number */
	uint8_t digest[32]; /* SHA-256 of the DER */
	uint8_t key[32];    /* SHA-256 of the public key, an uncompressed point */
	uint32_t sensor, organisation;
	struct uuid enrolment; /* with which the machine came; renewed ones keep it */
	nanoseconds issued, not_before, not_after;
	nanoseconds used;       /* first; 0 = never */
	nanoseconds superseded; /* a newer one of the same enrolment was used; 0 = none */
	nanoseconds revoked;    /* 0 = not */
	char revoked_by[64];
	uint16_t size;
	uint8_t der[CERTIFICATE_LARGEST];
};

enum certificate_state {
	CERTIFICATE_GOOD,
	CERTIFICATE_EARLY, /* not yet valid */
	CERTIFICATE_EXPIRED,
	CERTIFICATE_SUPERSEDED,
	CERTIFICATE_REVOKED,
};
enum certificate_state certificate_state(const struct machine_certificate *certificate, nanoseconds now);
const char *certificate_state_code(enum certificate_state state); /* "good", "expired", … */

/* A firewall, resolver, proxy or other device of a member, which fetches lists of what is in force by a token that
 * opens nothing else. */
struct device {
	struct uuid id;
	uint8_t digest[32]; /* SHA-256 of the token */
	uint32_t organisation;
	char name[64]; /* what it is, as its people say */
	char by[64];   /* who made it */
	nanoseconds created;
	nanoseconds used;    /* last, to within some minutes; 0 = never */
	nanoseconds revoked; /* 0 = not */
};

enum enrolment_state { ENROLMENT_OPEN, ENROLMENT_USED, ENROLMENT_EXPIRED, ENROLMENT_WITHDRAWN };
enum enrolment_state enrolment_state(const struct enrolment *enrolment, nanoseconds now);
const char *enrolment_state_code(enum enrolment_state state);

#endif
