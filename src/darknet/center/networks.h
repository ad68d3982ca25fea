/*
 * Which contact is told of an address that is no member's, and how what waits for it becomes the parts of a batch.
 * Pure: no clock, no store.
 *
 *   struct appeared ─► networks_find(), else networks_find_system() ─► networks_take(): a sighting ─► networks_due()
 *                   ─► networks_csv(), in parts
 */
#ifndef NOROSHI_DARKNET_NETWORKS_H
#define NOROSHI_DARKNET_NETWORKS_H

#include "base/error.h"
#include "model/appearance.h"

#define NETWORKS_NONE SIZE_MAX

struct network_range {
	struct prefix prefix;
	size_t contact; /* the caller's place of it */
};

struct network_system {
	uint32_t number; /* of an autonomous system */
	size_t contact;
};

/* Ranges of contacts, by length, the longest first, and their autonomous systems by number. Zeroed = none. */
struct networks {
	struct network_range *at;
	size_t count, room;
	struct network_system *systems;
	size_t system_count, system_room;
};

/* Adds the prefixes of a text, with a space between; what is no prefix is passed over. False: no memory. */
bool networks_add(struct networks *networks, struct text prefixes, size_t contact);
/* The same of numbers of autonomous systems. */
bool networks_add_systems(struct networks *networks, struct text systems, size_t contact);
/* After the last add, before the first find. */
void networks_sort(struct networks *networks);
/* The contact with the longest prefix that holds the address; of equal ones the lowest place. NETWORKS_NONE: no. */
size_t networks_find(const struct networks *networks, struct address address);
/* The contact of this autonomous system, the lowest place; NETWORKS_NONE: no, or 0, which is none. */
size_t networks_find_system(const struct networks *networks, uint32_t number);
void networks_free(struct networks *networks);

/* Adds a line to what waits (0 = new, with the contact, address and kind). Any order of lines gives the same but for
 * ports beyond APPEARANCE_PORTS and telescopes beyond APPEARANCE_TELESCOPES. */
void networks_take(struct appearance *sighting, const struct appeared *line, nanoseconds now);
/* When a contact that was told then is told of what begins to wait now. */
nanoseconds networks_due(nanoseconds told, nanoseconds every, nanoseconds digest, nanoseconds now);

/* RFC 4180, UTF-8, each field in quotes, times in UTC; the header and a row for each sighting. A field that a
 * spreadsheet would compute begins with an apostrophe; control characters become spaces. Telescopes are counted and not
 * named. */
void networks_csv(const struct appearance *sightings, size_t count, struct builder *to);

#endif
