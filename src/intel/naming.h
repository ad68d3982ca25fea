/*
 * Who may not be named in a community, and what would name them: the one place where the rule for renderings
 * (intel/render.h) is made. Who may be named where is policy_may_name()'s word; what names them is everything that the
 * store knows them by (store/known.h) and their networks. In the keeper.
 *
 * What is gathered is kept, and gathered anew when an organisation, its space, sensors, accounts, contacts, identities,
 * its word on where it may be named, or a community changed (store_standing()): a word that was added is held back from
 * the next release on.
 *
 * Not looked for, because they name nobody: sensors' names of letters alone ("suricata"), private networks
 * (10.0.0.0/8), and identities that an organisation gives itself without one of its words in them (the vendor's whose
 * list it passes on).
 */
#ifndef NOROSHI_INTEL_NAMING_H
#define NOROSHI_INTEL_NAMING_H

#include "intel/render.h"
#include "model/capability.h"
#include "model/policy.h"

enum error naming_start(struct center *center, struct failure *failure);
/* rerender.c. At the start, behind that: what a version before released without rendering it. */
enum error naming_rerender(struct center *center, struct failure *failure);
void naming_stop(struct center *center);

/* The rule for what `giver` (0: the centre) releases to the community. It holds until the next call. */
enum error naming_rule(struct center *center, const struct policy_snapshot *snapshot, uint32_t community,
    uint32_t giver, struct render_rule *rule, struct failure *failure);

#endif
