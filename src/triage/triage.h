/*
 * Triage: alerts of many organisations in, the few events that need confirmation out. One pass, bounded memory.
 *
 * In: alerts in any order within the lateness bound. Out, through the sink: a verdict for each alert, and events as
 * they open, grow and close. The result is a function of the set of alerts and their times (rule 6): alerts are put
 * into the order of (occurred, content, identity) within each organisation before they are judged. docs/triage.md
 * explains the method.
 *
 * One thread. Memory is bounded by the settings; what is forgotten at a bound is counted (`struct triage_counts`).
 */
#ifndef NOROSHI_TRIAGE_TRIAGE_H
#define NOROSHI_TRIAGE_TRIAGE_H

#include "base/codec.h"
#include "base/error.h"
#include "model/alert.h"
#include "model/event.h"
#include "model/reason.h"

struct triage;

struct triage_settings {
	nanoseconds lateness; /* alerts this much older than the newest of their organisation still find their place */
	nanoseconds clamp;    /* `occurred` longer than this before `received` is moved to that distance; 0 = never */
	nanoseconds clamp_future; /* the same, for times after `received` */
	nanoseconds learning;     /* how long newness in an organisation's stream says little */
	nanoseconds join;         /* an event that closed this long ago is continued by more of the same */
	nanoseconds longest;      /* of an event */
	double open, open_any;    /* evidence that opens an event, in decades: telling; of any kind (docs/triage.md) */
	uint64_t memory;          /* bytes; the bound for everything that is remembered */
	uint32_t organisations;   /* at most this many are kept apart */
	bool provisional;         /* also judge in order of arrival, at once, so that events open within the second */
};
void triage_settings_default(struct triage_settings *settings);

/* A standing decision (a person's dismissal made into a rule): alerts that match are noise. */
struct triage_rule {
	struct uuid id;                                 /* of the decision */
	enum verdict verdict;                           /* VERDICT_DECISION or VERDICT_KNOWN_SOURCE */
	uint32_t organisation;                          /* 0 = every organisation */
	struct text detector, signature, host, account; /* empty = any; whole text, compared as written */
	struct prefix source;                           /* length 0 = any */
	nanoseconds created;                            /* alerts that were received before this are not touched */
	nanoseconds expires;                            /* alerts that occurred at or after this are not touched */
	struct text name;                               /* shown as the reason: the list's or the decision's name */
};

/* Where a judged alert ended. `event` is nil unless the verdict is EVENT or CONTEXT. */
struct triage_judgement {
	struct fact_id alert;
	uint32_t organisation;
	nanoseconds occurred;
	enum verdict verdict;
	struct uuid event;
	struct uuid rule;  /* with VERDICT_DECISION */
	uint64_t position; /* as given to triage_add() */
	bool provisional;  /* of the early judge: the final one follows in any case */
	bool revised;      /* an earlier final judgement of this alert is replaced: remembered noise joined an event */
	enum verdict before; /* when revised: what was judged first */
};

/* Called from within triage_add(), triage_advance(), triage_finish(). What is passed lives for the call only. */
struct triage_sink {
	void *context;
	void (*judged)(void *context, const struct triage_judgement *judgement);
	/* An event opened, changed, became final (`provisional` false), or was taken back (alerts == 0: it was
	 * provisional and the final order gave another one; its alerts are judged anew). */
	void (*event)(void *context, const struct event *event);
	/* An event told earlier, perhaps long closed, turned out to belong to a campaign. May be NULL. */
	void (*campaign)(void *context, struct uuid event, uint32_t organisation, struct uuid campaign);
};

/* Events of several organisations are one campaign when they share a public address within a week, or strong evidence
 * of the same attack signature within an hour. */

struct triage_counts {
	uint64_t alerts, verdicts[VERDICT_COUNT];
	uint64_t late;      /* came later than the lateness bound: judged at once, out of order */
	uint64_t clamped;   /* occurred was implausible */
	uint64_t forgotten; /* entries dropped at the memory bound */
	uint64_t events_opened, events_closed;
	uint64_t memory; /* bytes in use; of organisations that were finished: that were in use then */
};

enum error triage_new(const struct triage_settings *settings, const struct triage_sink *sink, struct triage **triage,
    struct failure *failure);
void triage_free(struct triage *triage);

/* Replaces the rules (copied). `count` may be 0. */
enum error triage_set_rules(
    struct triage *triage, const struct triage_rule *rules, size_t count, struct failure *failure);

/* Asks `known` about the far side of each alert that claims no change and no compromise: a name (of a warning list)
 * takes it out as VERDICT_KNOWN_SOURCE; NULL leaves it. */
void triage_set_known(struct triage *triage,
    const char *(*known)(void *context, const struct alert *alert, struct address remote), void *context);

/* `position` is the caller's own handle for the alert (history position, line number), handed back in the judgement. */
enum error triage_add(struct triage *triage, const struct alert *alert, uint64_t position, struct failure *failure);
/* The clock moved on without alerts: closes what is due (call about once a second; `now` as `received`). */
void triage_advance(struct triage *triage, nanoseconds now);
/* The same for one organisation: after a batch, so that its events are told at once. */
void triage_advance_organisation(struct triage *triage, uint32_t organisation, nanoseconds now);
/* The end of the input: everything pending is judged, every event becomes final. */
void triage_finish(struct triage *triage);
/* The same for one organisation, of which nothing more will come: what was learned of it is forgotten, but for the
 * counts. */
void triage_finish_organisation(struct triage *triage, uint32_t organisation);
void triage_count(const struct triage *triage, struct triage_counts *counts);
void triage_count_organisation(const struct triage *triage, uint32_t organisation, struct triage_counts *counts);

/* Everything it knows, to go on exactly here after a restart. Versioned; another version gives ERROR_VERSION. Loading
 * is for a triage that was just made; when it fails, that one is only good for triage_free(). */
enum error triage_save(const struct triage *triage, struct builder *to, struct failure *failure);
enum error triage_load(struct triage *triage, struct text saved, struct failure *failure);

#endif
