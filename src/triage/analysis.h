/*
 * The joint analysis of one campaign: what the events of several organisations really share, and in which order their
 * steps happened, with the events and alerts that say so. A pure function: in go the cited events with how they stand,
 * and alerts behind them; out come shared names and steps. Called by routes_campaign.c.
 *
 * A dismissed event is no attack: it is cited and shown, but supports nothing. Shared is only what means the same at
 * two organisations: public addresses (IPv6 at /64), signatures, and accounts that name their domain with
 * "@"; 10.0.0.1, a host's name or "root" at two organisations are two things (rule 11).
 */
#ifndef NOROSHI_TRIAGE_ANALYSIS_H
#define NOROSHI_TRIAGE_ANALYSIS_H

#include "store/history.h"
#include "store/store.h"

#define ANALYSIS_EVENTS 128
#define ANALYSIS_NAMES 8192 /* different ones looked at; more are counted in names_dropped */

struct analysis_event {
	struct event *event;
	struct event_standing standing;
	bool counts; /* not dismissed */
};

enum shared_kind { SHARED_ADDRESS, SHARED_SIGNATURE, SHARED_ACCOUNT, SHARED_KINDS };
struct shared_name {
	const char *name;
	enum shared_kind kind;
	uint64_t events[ANALYSIS_EVENTS / 64]; /* bit i: event i says so */
	uint32_t organisations;                /* distinct, among those */
};

/* The first time that one event shows a tactic. */
struct analysis_step {
	enum tactic tactic;
	uint32_t event;    /* index */
	nanoseconds when;  /* of the alert; without one the event's first time, before which it cannot be */
	uint64_t position; /* the alert in history; 0 = none is kept that says so */
};

struct analysis {
	struct arena *arena;
	struct analysis_event events[ANALYSIS_EVENTS]; /* by first time */
	uint32_t event_count, organisations;
	bool events_dropped; /* there were more */
	struct shared_name *names;
	uint32_t *slots;
	uint32_t name_count, names_dropped;
	uint64_t alerts;
	struct analysis_step first[ANALYSIS_EVENTS][TACTIC_COUNT]; /* when == 0: none */
	/* after analysis_finish(): */
	const struct shared_name **shared; /* by kind, then most organisations, then name */
	uint32_t shared_count;
	struct analysis_step *steps; /* by time; one for each tactic and organisation */
	uint32_t step_count;
};

struct analysis *analysis_new(struct arena *arena); /* NULL = no memory */
/* Copies the event. */
enum error analysis_add_event(
    struct analysis *analysis, const struct event *event, const struct event_standing *standing);
/* After the last event, before the first alert. */
void analysis_order(struct analysis *analysis);
void analysis_add_alert(struct analysis *analysis, uint32_t event, const struct history_hit *hit);
enum error analysis_finish(struct analysis *analysis, struct failure *failure);
bool shared_by(const struct shared_name *name, uint32_t event);

#endif
