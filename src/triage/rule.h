/*
 * Rules that take alerts out: standing decisions. Held by triage.c; found by what an alert says. (Warning lists are
 * asked through triage_set_known().)
 */
#ifndef NOROSHI_TRIAGE_RULE_H
#define NOROSHI_TRIAGE_RULE_H

#include "triage/triage.h"

struct rules {
	struct triage_rule *items; /* copies; their texts live in `arena` */
	size_t count;
	struct arena *arena;
};

enum error rules_set(struct rules *rules, const struct triage_rule *items, size_t count, struct failure *failure);
void rules_free(struct rules *rules);
/* Index of the first rule that matches, + 1; 0 = none. */
uint32_t rules_match(const struct rules *rules, const struct alert *alert, struct address remote);

#endif
