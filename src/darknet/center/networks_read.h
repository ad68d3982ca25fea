/*
 * What somebody writes of a contact of a network, checked: the fields of a route, and the lines of a file of contacts.
 * Pure: no clock, no store.
 *
 *   fields ─────────────────────────────┐
 *   a line ─► networks_line() ─► struct network_words ─► networks_fill() ─► struct network_contact
 */
#ifndef NOROSHI_DARKNET_NETWORKS_READ_H
#define NOROSHI_DARKNET_NETWORKS_READ_H

#include "base/columns.h"
#include "store/networks.h"

/* Without an address: not said. Empty: nothing (of prefixes and systems), or not said. */
struct network_words {
	struct text name, prefixes, systems; /* of the last two several, with spaces, commas or semicolons between */
	struct text mail, language, every, signed_by;
	struct text active; /* yes, true, 1; no, false, 0 */
};

/* What is said becomes the contact's; all else stays. ERROR_INPUT: a field, or the contact as it is now, is not right;
 * the words begin with the field's name. */
enum error networks_fill(const struct network_words *words, struct network_contact *contact, struct failure *failure);

/* A line of a file whose header names columns as the fields of the route. The first line gives ERROR_END: it is the
 * header. ERROR_INPUT: it is none, or a line is not right. The words borrow from the line or the arena. */
enum error networks_line(struct columns *columns, struct text line, struct arena *arena, struct network_words *words,
    struct failure *failure);

#endif
