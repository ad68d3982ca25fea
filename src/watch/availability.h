/*
 * How the web sites of members answer (catalogue rows W13, W14): tells slow-down and outage apart, notices that a
 * page's content changed, and takes what befalls several sites at once for one disturbance.
 *
 *   measurements, in the order of time → signals
 *
 * A pure function of the measurements: no clock, no network. One thread for each. Bounded by the number of sites.
 *
 * Usual: the median of the logarithms of a site's last AVAILABILITY_KEPT response times, and their median absolute
 * deviation (Rousseeuw and Croux 1993: × 1.4826 estimates the standard deviation). A time is slow when it is above the
 * usual by `slow_factor`, by six such deviations, and by `slow_least`. What lasts longer than half of what is kept
 * becomes usual.
 */
#ifndef NOROSHI_WATCH_AVAILABILITY_H
#define NOROSHI_WATCH_AVAILABILITY_H

#include "base/error.h"
#include "base/time.h"

#include <stdbool.h>
#include <stdint.h>

#define AVAILABILITY_KEPT 240    /* measurements of a site: four hours of one a minute */
#define AVAILABILITY_SITES 10000 /* at most */

enum site_outcome {
	SITE_ANSWERED,
	SITE_ERROR,     /* an answer that is none: 5xx, or not the status that is expected */
	SITE_TIMEOUT,   /* connected or not, nothing whole came in time */
	SITE_NO_ANSWER, /* no name, no connection, no TLS */
};

struct measurement {
	nanoseconds time; /* when it began */
	uint32_t site;    /* index */
	enum site_outcome outcome;
	uint16_t status;                                 /* HTTP; 0 = none */
	nanoseconds resolve, connect, tls, first, total; /* since the beginning, each until it was done; 0 = was not */
	uint64_t size;                                   /* bytes of the body */
	uint64_t content;                                /* content_fingerprint() of it; 0 = none was taken */
};

enum site_state {
	SITE_UNKNOWN, /* not yet as often measured as `learn` says */
	SITE_UP,
	SITE_SLOW,
	SITE_DOWN,
};
const char *site_outcome_code(enum site_outcome outcome); /* "answered", "error", "timeout", "no-answer" */
bool site_outcome_parse(const char *code, enum site_outcome *outcome);
const char *site_state_code(enum site_state state); /* "unknown", "up", "slow", "down" */

enum signal_kind {
	SIGNAL_SLOW,
	SIGNAL_DOWN,
	SIGNAL_UP,      /* after slow or down */
	SIGNAL_CHANGED, /* the content is another than it was */
};
const char *signal_kind_code(enum signal_kind kind); /* "slow", "down", "up", "changed" */

struct signal {
	enum signal_kind kind;
	nanoseconds time;  /* of the measurement that made it sure */
	nanoseconds since; /* of the first one of the row that did */
	uint32_t site;
	nanoseconds usual, now; /* response time */
	unsigned bits;          /* CHANGED: of the fingerprint's 64 that differ */
	/* What the site is part of: a number from 1 and, with this site, how many sites of how many sectors it has by
	 * now. Not of CHANGED: 0. */
	uint64_t disturbance;
	uint32_t sites, sectors;
	bool widespread; /* so many sites of so many sectors as the settings say */
};

struct availability_settings {
	uint32_t sites;
	const uint32_t *sectors;   /* of each site: any numbers; borrowed */
	uint32_t learn;            /* measurements before a site is judged slow */
	double slow_factor;        /* at least so many times the usual */
	nanoseconds slow_least;    /* and at least so much above it */
	unsigned slow_of, slow_in; /* slow: so many of the last so many (at most 32); up again: none of them */
	unsigned down_after;       /* in a row without an answer */
	unsigned up_after;         /* in a row with one */
	nanoseconds keep_every;    /* what is measured sooner after another does not become usual */
	unsigned changed_bits;     /* of 64 that must differ for another content; 0 = contents are not compared */
	nanoseconds together;      /* what begins within so long of each other is one disturbance */
	uint32_t widespread_sites, widespread_sectors;
};
extern const struct availability_settings availability_defaults; /* without sites */

struct availability;

/* ERROR_USAGE on settings that cannot be: no sites, more than AVAILABILITY_SITES, slow_of > slow_in … */
enum error availability_new(
    const struct availability_settings *settings, struct availability **made, struct failure *failure);
void availability_free(struct availability *availability);

/* At most two signals come of a measurement (its answer, its content). A measurement older than the site's newest one
 * is left out: false. */
bool availability_take(struct availability *availability, const struct measurement *measurement,
    void (*give)(void *context, const struct signal *signal), void *context);

enum site_state availability_state(const struct availability *availability, uint32_t site);
nanoseconds availability_usual(const struct availability *availability, uint32_t site); /* 0 = not known yet */

/* ── content ─ */

/* A fingerprint of a page's words (simhash, Charikar 2002) that stays near when little changes: tags, digits and white
 * space are left out, so that clocks and counters make no difference. Never 0 for a body that is not empty. */
uint64_t content_fingerprint(const void *body, uint64_t size);
unsigned content_distance(uint64_t one, uint64_t other); /* bits that differ */

#endif
