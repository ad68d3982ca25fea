/*
 * Where an address comes from: the country that it is allocated to and the autonomous system that announces it, out of
 * databases that the operator gives.
 *
 *   location.db (libloc) or *.mmdb (MaxMind DB 2.0) → origins_load() → origins_of(address)
 *
 * A country is that of the allocation: who sits there may be elsewhere, and the machine may be a stepping stone. The
 * networks of a file lie within each other; the smallest decides, and what it does not say the one around it says.
 * Networks of IPv6 longer than /64 are passed over.
 *
 * Read only after it is loaded: any number of threads. For each range of addresses that differ 10 bytes of IPv4, 16 of
 * IPv6 (Debian's location.db: 1.5 M); a look-up is a binary search among those that share the first 16 bits.
 */
#ifndef NOROSHI_MATCH_ORIGIN_H
#define NOROSHI_MATCH_ORIGIN_H

#include "base/error.h"
#include "base/time.h"
#include "net/address.h"

#include <stddef.h>

#define ORIGIN_FILES 4

struct origin {
	uint32_t network; /* number of the autonomous system; 0 = not known */
	char country[2];  /* ISO 3166-1; both 0 = not known */
};

struct origins;

/* What an earlier file does not say of an address a later one may: one for countries, one for networks. 1 to
 * ORIGIN_FILES of them. ERROR_INPUT: it is no such database. */
enum error origins_load(const char *const *paths, size_t count, struct origins **origins, struct failure *failure);
void origins_free(struct origins *origins);                                      /* NULL is fine */
struct origin origins_of(const struct origins *origins, struct address address); /* NULL: nothing is known */
/* The same of each; many at once are cheaper: what they look up is fetched meanwhile. */
void origins_of_all(const struct origins *origins, const struct address *addresses, size_t count, struct origin *said);
nanoseconds origins_date(const struct origins *origins); /* when the oldest of its files was made; 0 for NULL */

#endif
