/*
 * An episode: surprising alerts of one organisation that may belong to one attempt. Most stay weak and fade; one that
 * gathers enough evidence opens and is an event that needs confirmation. Made and fed by judge.c.
 *
 * Evidence of an alert is in decades of improbability (normal.h), weighted by what the alert claims (claim.h). Each
 * (signature, host) counts once, with its greatest value; further hosts with the same signature count less and less,
 * because one change rolled out everywhere is one fact. The sum fades with a half-life of 15 minutes: an attempt is
 * dense in time.
 */
#ifndef NOROSHI_TRIAGE_EPISODE_H
#define NOROSHI_TRIAGE_EPISODE_H

#include "base/codec.h"
#include "model/event.h"
#include "triage/item.h"
#include "triage/names.h"

#define EPISODE_HALF_LIFE (15.0 * (double)MINUTE) /* of evidence */
#define EPISODE_EVIDENCE 128                      /* pieces that are told apart */
#define EPISODE_PENDING 4096                      /* alerts kept until it is known whether it opens */
#define EPISODE_TALLY 1024                        /* hosts, sources, … that are told apart */

/* How often something occurs among the alerts of an episode. */
struct tally_entry {
	struct address key; /* an address, or a name's number in the last four bytes */
	uint64_t alerts;
};
struct tally {
	struct tally_entry *entries; /* open addressing; alerts == 0: empty */
	uint32_t count, mask;
	uint64_t untold; /* alerts with further keys, beyond EPISODE_TALLY */
};
void tally_add(struct tally *tally, struct address key, uint64_t alerts);
uint64_t tally_count(const struct tally *tally, struct address key); /* alerts with this key; 0 = none */
bool tally_has(const struct tally *tally, struct address key);
struct address tally_number(uint32_t number);
void tally_free(struct tally *tally);

struct evidence {
	uint64_t key; /* of signature and host */
	uint32_t signature, host;
	float value;  /* after all weights */
	float count;  /* how often it had been met before: minutes, weighted by age */
	uint8_t kind; /* enum claim_kind */
};

/* An alert whose verdict may still change. */
struct pending {
	struct fact_id id;
	uint64_t position;
	nanoseconds occurred;
	uint8_t verdict; /* so far */
};

enum episode_state { EPISODE_WEAK, EPISODE_OPEN, EPISODE_CLOSED };

struct episode {
	enum episode_state state;
	bool changed;          /* since the event was last told */
	nanoseconds confirmed; /* of the early judge's: up to when the final judge told the same event; 0 = not */
	bool told;             /* the event was told at all */
	struct uuid id;
	struct fact_id first_id;
	nanoseconds first, last;     /* of its alerts */
	nanoseconds started;         /* of its evidence */
	nanoseconds evidence_at;     /* when `sum` and `telling` were brought up to date */
	nanoseconds opened, updated; /* received */
	double sum, telling;         /* evidence now: all of it; that of attempts, changes, compromises */
	double peak;                 /* the greatest `sum` */
	struct evidence *evidence;
	uint32_t evidence_count;
	size_t evidence_room;
	struct pending *pending;
	uint32_t pending_count;
	size_t pending_room;
	uint64_t alerts, context, earlier; /* earlier: remembered reconnaissance that was joined */
	struct tally hosts, sources, signatures, detectors, accounts;
	uint16_t tactics;
	uint8_t severity, outcome;
};

struct episode *episode_new(const struct item *item);
void episode_free(struct episode *episode);

void episode_fade(struct episode *episode, nanoseconds time);
/* Adds a piece of evidence worth `value` (undiminished); returns what it added to the sum. */
double episode_prove(struct episode *episode, const struct item *item, double value, double count);
bool episode_knows(const struct episode *episode, uint64_t key); /* evidence of this signature and host is in it */
/* Counts the alert as one of its own. */
void episode_count(struct episode *episode, const struct item *item, bool context);
/* Takes over everything of `other`, which is left empty. */
void episode_absorb(struct episode *episode, struct episode *other);
/* Pieces of strong evidence that both have. */
unsigned episode_common(const struct episode *a, const struct episode *b);

/* The event as people see it. */
void episode_event(
    const struct episode *episode, const struct names *names, uint32_t organisation, struct event *event);

size_t episode_memory(const struct episode *episode);
void episode_save(const struct episode *episode, struct builder *to);
enum error episode_load(struct reader *from, struct episode **episode);

#endif
