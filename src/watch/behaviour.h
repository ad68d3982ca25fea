/*
 * Statistical detectors: what only shows over many flows. Each is one file and one struct, a pure function of the flows
 * and names it is told in their order, whose memory is fixed when it is made (behaviour_table.h): what it forgets it
 * counts.
 *
 *   flows (of the sensor, or of NetFlow), DNS messages → detector → findings
 *
 * One thread for a set of detectors.
 */
#ifndef NOROSHI_WATCH_BEHAVIOUR_H
#define NOROSHI_WATCH_BEHAVIOUR_H

#include "net/dissector.h"
#include "net/flow.h"

#include <stdbool.h>
#include <stdint.h>

/* A flow as detectors see it, whoever metered it. */
struct seen_flow {
	nanoseconds first, last;
	struct flow_end ends[2]; /* by enum side */
	uint64_t packets[2], bytes[2];
	/* One packet in so many was looked at, 1 = all. With more, packets and bytes are estimates (already
	 * multiplied), and that nothing was seen of a side says nothing. */
	uint32_t sampling;
	uint8_t ip_protocol;
	uint8_t protocol; /* enum protocol; PROTOCOL_UNKNOWN where nobody looked */
	bool began;       /* its beginning was seen: who is the client is known */
	bool answered;    /* the server sent something that is no refusal */
};
/* A probe that no connection sends (no SYN, no ACK, no RST: the "null", FIN and "xmas" scans) has begun and is not
 * answered, whatever came back. */
struct seen_flow seen_flow_of(const struct flow *flow);

/* A DNS response, as far as detectors ask. */
struct seen_name {
	nanoseconds time;
	struct address client;
	struct text name; /* asked for: lower case, without the last dot */
	uint16_t type;
	uint8_t rcode;
};

/* An answer that says: who you are is not known, or not enough (HTTP 401 to a request that said who it is). */
struct seen_refusal {
	nanoseconds time;
	struct address client, server;
	uint16_t port;
};

enum finding_kind {
	FINDING_SCAN_HOSTS,  /* one port of many hosts */
	FINDING_SCAN_PORTS,  /* many ports of a host */
	FINDING_BRUTE_FORCE, /* many short sessions with a service that asks who one is */
	FINDING_BEACON,      /* a host inside calls the same address again and again, in time */
	FINDING_UPLOAD,      /* much more goes out than comes in */
	FINDING_LONG_FLOW,
	FINDING_DNS_TUNNEL,      /* many long names below one domain */
	FINDING_GENERATED_NAMES, /* many domains that do not exist */
	FINDING_LATERAL,         /* a host inside reaches others inside that it never did, by means of administration */
	FINDING_KINDS
};
/* "noroshi:scan-hosts"; and words for people (a gettext msgid). */
const char *finding_code(enum finding_kind kind);
const char *finding_words(enum finding_kind kind);
uint16_t finding_tactics(enum finding_kind kind); /* bits of enum tactic (model/alert.h) */

struct finding {
	enum finding_kind kind;
	nanoseconds first, last;       /* of what it is made of */
	struct address source, target; /* the target may be absent: many */
	uint16_t port;                 /* 0 = several */
	uint8_t ip_protocol;
	struct text object; /* a domain; empty = none; lives until the sink returns */
	uint32_t count;     /* flows, names, hosts or ports: the words say */
	double likelihood;  /* 0 to 1; of BEACON: that the target is a command-and-control server (docs/detectors.md) */
	char words[200];    /* the facts: "41 of 43 first contacts failed, 40 hosts, 1 port" */
};
typedef void (*finding_sink)(void *context, const struct finding *finding);

/* An address outside that a host inside calls in time, and how likely it is a command-and-control server; with what
 * speaks for it and against it (docs/detectors.md has the weights). */
struct likely_control {
	struct address address, source; /* the server; of all that call it, the one that calls most likely so */
	uint16_t port;
	uint8_t ip_protocol;
	double likelihood;       /* 0 to 1, from the rest */
	nanoseconds first, last; /* of the calls */
	uint32_t calls;          /* of the source; so are the next three */
	double interval, jitter; /* seconds, median; median absolute deviation over it */
	double variation; /* of the bytes that are sent each time: standard deviation over mean; < 0 = not known */
	uint32_t hosts, regular; /* inside that call it; that do so in time */
	uint32_t inside;         /* hosts that call anything outside */
	bool common_port;        /* of mail, web, DNS */
	bool everybody, fresh;   /* a good part of all hosts calls it; nobody called it before today */
};
typedef void (*control_sink)(void *context, const struct likely_control *control);

struct behaviour_settings {
	const struct prefix *home; /* the member's own networks; none: the private ones */
	size_t home_count;
	/* What the member declared: sources that may scan, try to sign in and reach everything; and services outside
	 * that may be called in time, given much, and asked for many names. */
	const struct prefix *scanners, *services;
	size_t scanner_count, service_count;
	const struct text *service_domains; /* lower case, with all below them */
	size_t service_domain_count;
	uint32_t entries;   /* that each table of each detector holds, at least 64 */
	uint64_t seed;      /* of hashes: strangers choose addresses and names */
	nanoseconds repeat; /* the same is said again no sooner */

	double scan_alpha, scan_beta; /* false and true positives wanted (Jung et al. 2004) */
	uint32_t brute_flows;         /* within brute_window */
	nanoseconds brute_window;
	uint32_t beacon_intervals;             /* at least so many */
	double beacon_jitter;                  /* median absolute deviation over median, at most */
	double beacon_likelihood;              /* less is not said */
	nanoseconds beacon_least, beacon_span; /* of the median interval; of all of them */
	uint64_t upload_bytes;                 /* within a day, to one address */
	double upload_ratio;                   /* out over in, at least */
	nanoseconds long_flow;
	uint32_t tunnel_names;    /* different ones below one domain within names_window */
	uint32_t tunnel_length;   /* bytes of them in front of the domain, on average at least */
	uint32_t generated_names; /* different domains that do not exist, within names_window */
	nanoseconds names_window;
	uint32_t lateral_hosts;    /* new ones within an hour */
	nanoseconds lateral_learn; /* from the beginning: what is met is usual */
};
extern const struct behaviour_settings behaviour_defaults;

struct detector {
	void *(*make)(const struct behaviour_settings *settings); /* NULL without memory; settings are borrowed */
	void (*free)(void *state);
	void (*flow)(void *state, const struct seen_flow *flow, finding_sink sink, void *context);  /* may be NULL */
	void (*named)(void *state, const struct seen_name *name, finding_sink sink, void *context); /* may be NULL */
	void (*refused)(
	    void *state, const struct seen_refusal *refusal, finding_sink sink, void *context); /* may be NULL */
	void (*controls)(const void *state, control_sink sink, void *context);                  /* may be NULL */
	bool spares_scanners, spares_services;    /* what is declared is not told to it */
	uint64_t (*forgotten)(const void *state); /* entries that made room for newer ones */
};
extern const struct detector *const detectors[]; /* ends with NULL */

/* All of them. */
struct behaviour;
struct behaviour *behaviour_new(const struct behaviour_settings *settings, finding_sink sink, void *context);
void behaviour_free(struct behaviour *behaviour);
void behaviour_flow(struct behaviour *behaviour, const struct seen_flow *flow);
void behaviour_name(struct behaviour *behaviour, const struct seen_name *name);
void behaviour_refusal(struct behaviour *behaviour, const struct seen_refusal *refusal);
/* Those of at least the likelihood that is said, as they stand now; in no order. */
void behaviour_controls(const struct behaviour *behaviour, control_sink sink, void *context);
uint64_t behaviour_forgotten(const struct behaviour *behaviour);

/* Who is counted as one source: a host inside is its address; outside an IPv6 /64 is one (rule 11: whoever has one can
 * send each packet from another address). */
struct address behaviour_source(const struct behaviour_settings *settings, struct address address);
bool behaviour_is_home(const struct behaviour_settings *settings, struct address address);

#endif
