/*
 * Whose address is this, and when: the address spaces of all organisations, each with the time for which it holds,
 * compiled for look-up. For sensors that watch many organisations (a network operator's): each of their alerts goes to
 * the organisations whose addresses are concerned and to nobody else.
 *
 * The longest prefix that held at the time decides. When two organisations hold the same one at the same time, it is
 * nobody's: no guess tells one organisation of another's traffic. Private addresses are nobody's either: everybody has
 * them (rule 11).
 *
 * Read only after it is made. Some 70 bytes for each prefix of IPv4, 100 of IPv6; a look-up is one binary search among
 * the ranges that share the first 16 bits (of IPv6: among all), whatever the lengths in use (decision 0097).
 */
#ifndef NOROSHI_MATCH_TERRITORY_H
#define NOROSHI_MATCH_TERRITORY_H

#include "base/error.h"
#include "model/alert.h"
#include "model/organisation.h"

struct territory;

/* Domains are passed over. */
enum error territory_new(
    const struct organisation_space *spaces, size_t count, struct territory **territory, struct failure *failure);
void territory_free(struct territory *territory); /* NULL is fine */

/* The organisation that held the address at that time; 0 = nobody, or not exactly one. */
uint32_t territory_owner(const struct territory *territory, struct address address, nanoseconds when);

/* Whether the address could be an organisation's, although nobody is known to have held it then: a private one, one
 * that two hold, one that somebody held at another time. */
bool territory_claimed(const struct territory *territory, struct address address);

#define TERRITORY_CONCERNED 3
/* The organisations whose addresses an alert concerns (source, target, host), each once; how many. */
size_t territory_concerned(
    const struct territory *territory, const struct alert *alert, uint32_t organisations[static TERRITORY_CONCERNED]);

#endif
