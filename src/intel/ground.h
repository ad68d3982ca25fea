/*
 * Ground on which no indicator blocks: every member's own addresses and names, and what warning lists know. Compiled
 * once from what the store and the lists hold, and then only asked; for intel/rule.h.
 *
 * Names are compared by their labels, in the form that sensors compare (IDNA 2008 for other than ASCII). An IPv4
 * network stands for its IPv6 forms, too (6to4, RFC 3056; NAT64, RFC 6052).
 */
#ifndef NOROSHI_INTEL_GROUND_H
#define NOROSHI_INTEL_GROUND_H

#include "match/indicator.h"
#include "match/warninglist.h"
#include "model/organisation.h"

struct ground;

/* `spaces` of organisations that stand at `now`, or will; `lists` may be NULL, and lives longer. ERROR_INPUT: a domain
 * of a member cannot be compared: the failure says which. */
enum error ground_new(const struct organisation_space *spaces, size_t count, nanoseconds now,
    const struct warninglists *lists, struct ground **ground, struct failure *failure);
void ground_free(struct ground *ground); /* NULL is fine */

enum ground_of { GROUND_NOBODY, GROUND_OWN, GROUND_LISTED };
struct ground_answer {
	enum ground_of of;
	bool above; /* the indicator is not it, but holds it: a name above, a prefix around */
};
/* Whether the addresses of the prefix and ground have any in common; a member's own first. */
struct ground_answer ground_prefix(const struct ground *ground, struct prefix prefix);
/* Whether the name is ground, lies in it, or has some below it. In the compared form (match/name.h). */
struct ground_answer ground_name(const struct ground *ground, struct text name);

/* The compared form of a name in any script; false when it is none. */
bool ground_name_form(struct text name, char to[static 254]);

#endif
