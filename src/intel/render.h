/*
 * Renderings: what of an object a community sees. A pure function:
 *
 *   an object of STIX as JSON, what may not be told there  →  the object without it, and a list of what was taken out
 *
 * Taken out are properties, whole, never words out of them: a sentence with a hole still says whom it is about. What
 * cannot be missing (an identifier, a pattern, the value of an observable) makes the whole object refused, with the
 * path. created_by_ref becomes the centre's identity where the giver may not be named. Identifiers that were made from
 * contents (version 5 of RFC 9562, as STIX makes those of observables) are replaced by ones that only the holder of
 * `key` can make, the same for the same community, so that references still meet and nobody can guess by them: the id
 * of a rendering may differ from its item's.
 */
#ifndef NOROSHI_INTEL_RENDER_H
#define NOROSHI_INTEL_RENDER_H

#include "base/error.h"
#include "base/memory.h"
#include "intel/secret.h"
#include "model/item.h"

#include <jansson.h>

struct render_rule {
	const struct secrets *secrets; /* of all organisations that may not be named there, ids of their identities too;
					* NULL = none */
	struct text centre;            /* "identity--…": vouches for the giver; empty: the giver may be named */
	bool split;                    /* facts about the victim stay behind (intel/victim.h) */
	uint8_t key[32];               /* the centre's, for identifiers */
	uint32_t community;
};

struct rendering {
	struct text bytes;   /* JSON; in the arena */
	struct text id;      /* the object's new one; empty when it has its own */
	struct text removed; /* JSON list of {"path", "why"}; in the arena. Why: "name", "victim", "identifier" */
	uint32_t taken_out;
};

/* ERROR_DENIED: it cannot be rendered without what may not be told; the words name the path, never the secret.
 * ERROR_INPUT: no object of STIX. */
enum error render_item(const struct render_rule *rule, struct text json, struct arena *arena,
    struct rendering *rendering, struct failure *failure);

#endif
