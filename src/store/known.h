/*
 * What organisations are known by: for whoever makes sure that it is not told (intel/naming.h). store_standing() says
 * when to ask again.
 */
#ifndef NOROSHI_STORE_KNOWN_H
#define NOROSHI_STORE_KNOWN_H

#include "store/store.h"

#define KNOWN_IDENTITIES 1000 /* of one organisation, by which it gives items; further ones are not remembered */

enum known {
	KNOWN_NAME,     /* its short name, its titles in both languages */
	KNOWN_DOMAIN,   /* also such as were its own once */
	KNOWN_MAIL,     /* of its contacts, of those in the directories (contacts), and of its people's accounts */
	KNOWN_SENSOR,   /* a sensor's name */
	KNOWN_IDENTITY, /* the id of an identity of STIX by which it gave items, or that it gave */
};
/* For background work. A word may be told more than once; its text lives for the call. Address prefixes:
 * store_space_each(). */
enum error store_known_each(struct store *, const struct scope *,
    void (*each)(void *, uint32_t organisation, enum known, struct text), void *context, struct failure *);

#endif
