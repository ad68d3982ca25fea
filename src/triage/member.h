/*
 * One organisation within triage: its names, its order, its two judges. Called by triage.c.
 *
 * The final judge sees alerts in the order of rule 6. The early judge (when provisional events are wanted) sees them as
 * they arrive; its events are told as provisional, replaced by the final one of the same id, and taken back when there
 * is none.
 */
#ifndef NOROSHI_TRIAGE_MEMBER_H
#define NOROSHI_TRIAGE_MEMBER_H

#include "triage/campaign.h"
#include "triage/identify.h"
#include "triage/judge.h"
#include "triage/order.h"
#include "triage/rule.h"
#include "triage/triage.h"

#define RULE_FOREIGN (UINT32_MAX - 1) /* of one of a telescope about an address of nobody here */
#define RULE_KNOWN_SOURCE UINT32_MAX  /* item.rule of an alert that a warning list takes out */
#define MEMBER_EARLY 256              /* provisional events whose confirmation is awaited */

struct early_event {
	struct uuid id;
	nanoseconds last;
	bool confirmed; /* the final judge told it */
};

struct member {
	uint32_t organisation;
	struct identities identities;
	struct order order;
	struct judge final, early;
	nanoseconds arrived; /* `received` of the newest alert */
	uint32_t sharing;    /* members among which the memory was shared when `most` was worked out */
	struct early_event provisional[MEMBER_EARLY];
	uint32_t provisional_count;
	struct triage_counts counts;
};

struct triage {
	struct triage_settings settings;
	struct judge_settings judging;
	struct triage_sink sink;
	struct rules rules;
	struct campaigns campaigns;
	struct claims claims;
	struct member **members;
	uint32_t member_count;
	struct member *last;          /* that an alert was for: most often the next one is for it too */
	size_t waiting, waiting_most; /* alerts of all members that wait for their order */
	uint32_t *slots;              /* by organisation: index in members, + 1 */
	uint32_t slot_mask;
	const char *(*known)(void *context, const struct alert *alert, struct address remote);
	void *known_context;
};

struct member *member_new(struct triage *triage, uint32_t organisation);
void member_free(struct member *member);
void member_take(struct triage *triage, struct member *member, const struct item *item, struct uuid space);
void member_advance(struct triage *triage, struct member *member, nanoseconds now, struct uuid space);
/* Forgets what was learned of the organisation, but for the counts. */
void member_forget(struct triage *triage, struct member *member);
void member_finish(struct triage *triage, struct member *member, struct uuid space);
size_t member_memory(const struct member *member);

/* Of triage.c: triage_add() of an alert that says what the others for which `again` was given say, but for its times
 * and id. `again` is the caller's, zeroed at first, and only for alerts of one organisation. */
enum error triage_add_again(struct triage *triage, const struct alert *alert, uint64_t position,
    struct identified *again, struct failure *failure);
/* Of triage.c: the organisation's member, made when new. */
struct member *triage_member(struct triage *triage, uint32_t number, struct failure *failure);

#endif
