/*
 * An event that needs confirmation: alerts that belong to one attempt, bundled. Made by triage/, kept by store/.
 *
 * One event belongs to one organisation. Events of several organisations that are one attempt carry the same campaign;
 * each organisation sees its own event, the centre sees all of them.
 */
#ifndef NOROSHI_MODEL_EVENT_H
#define NOROSHI_MODEL_EVENT_H

#include "base/hash.h"
#include "base/time.h"
#include "model/alert.h"
#include "model/reason.h"

#include <stdint.h>

/* Where it stands with the people who look at it. */
enum event_state {
	EVENT_OPEN,      /* nobody decided yet */
	EVENT_CONFIRMED, /* a person says: this needs handling */
	EVENT_DISMISSED, /* a person says: no; with a reason */
	EVENT_MERGED,    /* became part of another event (`merged_into`) */
};
const char *event_state_code(enum event_state state); /* "open", "confirmed", "dismissed", "merged" */

#define EVENT_REASONS 8
#define EVENT_NAMES 16 /* hosts, sources, signatures, detectors that are listed; the counts count all */

struct event_name {
	char name[160];  /* UTF-8, printable */
	uint64_t alerts; /* alerts of this event that carry it */
};

struct event {
	struct uuid id; /* derived from its first alert's fact_id and organisation (rule 4) */
	uint32_t organisation;
	struct uuid campaign;    /* nil when no other organisation is concerned; equal for all events of a campaign */
	bool provisional;        /* within the lateness bound: may grow or merge (rule 6) */
	nanoseconds first, last; /* occurred */
	nanoseconds opened, updated; /* received: by the clock of the centre */
	double rank;                 /* higher = look at it earlier; 0–100, comparable across organisations */
	uint64_t alerts, context;    /* alerts in it in all; how many of them joined as context */
	uint16_t tactics;            /* bits 1 << enum tactic */
	enum severity severity;      /* highest among its alerts */
	enum outcome outcome;        /* SUCCEEDED when an alert says so, or a later step than reconnaissance was met */
	double coverage; /* model/coverage.h: of its time; worked out when it is read, and no part of what is decided */
	struct reason reasons[EVENT_REASONS];
	uint32_t reason_count;
	struct event_name hosts[EVENT_NAMES], sources[EVENT_NAMES], signatures[EVENT_NAMES], detectors[EVENT_NAMES],
	    accounts[EVENT_NAMES];
	uint32_t host_count, source_count, signature_count, detector_count, account_count; /* listed, ≤ EVENT_NAMES */
	uint32_t hosts_all, sources_all, signatures_all, detectors_all,
	    accounts_all; /* distinct in all (bounded estimate) */
	struct fact_id first_alert;
};

/* The title a person reads in a list: signature and host of the weightiest evidence, and how many further hosts. */
void event_title(const struct event *event, char *to, size_t size);

/* The time for which its coverage counts, by the centre's clock: that of its alerts, or, of what was delivered more
 * than a day late, that of their delivery. */
void event_watched(const struct event *event, nanoseconds *from, nanoseconds *to);

/* The stored and transported form (version first). A decoded event owns everything that it holds: nothing points into
 * the bytes. ERROR_VERSION, ERROR_CORRUPT as in alert_decode(). A reason whose code is not in reason_kinds (written by
 * another version) comes back as "unlisted" with its code as the first parameter. */
void event_encode(const struct event *event, struct builder *to);
enum error event_decode(struct reader *from, struct event *event, struct failure *failure);

/* One JSON object without a line break. Times are RFC 3339; ids as fact_id_format(); reasons with code, English words
 * that have their parameters put in, the parameters themselves, and weight. */
void event_write_json(const struct event *event, struct builder *to);

#endif
