/*
 * Troubles of members' web sites (W13, W14) joined over organisations: what `noroshi probe` found at several of them
 * within a short time is one disturbance, told once. A pure function of the troubles in the order in which they come;
 * no clock. Bounded: OUTAGE_KEPT troubles are remembered.
 */
#ifndef NOROSHI_OUTAGE_OUTAGE_H
#define NOROSHI_OUTAGE_OUTAGE_H

#include "base/text.h"
#include "base/time.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct outage_settings {
	nanoseconds together;  /* what begins within so long of each other is one disturbance */
	nanoseconds quiet;     /* it is over when nothing new began for so long */
	int64_t organisations; /* so many distinct ones make it widespread */
	int64_t sector_least;  /* organisations that a sector must have to be named: else its name is one body's */
	char *prober;          /* short name of the organisation whose probes are believed about everybody; "" = none */
	nanoseconds tell_every; /* of one site's outage */
};

struct outage_trouble {
	nanoseconds time;
	uint32_t organisation;
	bool down; /* else slow */
};

#define OUTAGE_KEPT 512

struct outage {
	struct outage_trouble troubles[OUTAGE_KEPT]; /* a ring, by arrival */
	size_t next, count;
	bool open;               /* a disturbance that was told goes on */
	nanoseconds since, last; /* of it: the first and the last trouble */
};

/* Whom it concerns when it becomes widespread. */
struct outage_picture {
	nanoseconds since;
	uint32_t organisations[OUTAGE_KEPT]; /* distinct */
	size_t count;
	size_t down; /* of them, with a site that does not answer at all */
};

/* True when this trouble makes a disturbance widespread: to be told, once; then fills the picture. */
bool outage_take(const struct outage_settings *settings, struct outage *outage, const struct outage_trouble *trouble,
    struct outage_picture *picture);
/* True when a disturbance has just ended. */
bool outage_end(const struct outage_settings *settings, struct outage *outage, nanoseconds now);

/* The host of an address, "https://www.example.jp:8443/a" → "www.example.jp"; none when it is no such thing. */
struct text outage_host(struct text url);
/* Whether the domain is, or is above, the name; ASCII case does not count. */
bool outage_is_within(struct text name, struct text domain);

#endif
