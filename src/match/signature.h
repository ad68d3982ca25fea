/*
 * Signatures: a subset of Suricata's rule language (docs/signatures.md), compiled into one set that several threads
 * use.
 *
 *   builder_read × n → compile → set, immutable
 *
 * Of each signature one pattern is looked for by Vectorscan, all patterns of a buffer at once; only where that is found
 * the whole signature is tried, exactly. A matcher belongs to one thread and keeps what signatures remember: the
 * last bytes of each side of a flow, flowbits, and counts of thresholds, all of it bounded.
 */
#ifndef NOROSHI_MATCH_SIGNATURE_H
#define NOROSHI_MATCH_SIGNATURE_H

#include "base/error.h"
#include "base/time.h"
#include "net/field.h"
#include "net/flow.h"

#include <stddef.h>
#include <stdint.h>

#define SIGNATURES_MOST 200000u
#define SIGNATURE_LONGEST 32768 /* bytes of one rule, also over several lines */

struct signature_builder;
struct signature_matcher;
struct signature_set;
struct stream;

/* ── reading ─ */

/* Knows $HOME_NET (the private prefixes), $EXTERNAL_NET (all else) and the ports that Suricata's configuration names.
 * NULL without memory. */
struct signature_builder *signature_builder_new(void);
void signature_builder_free(struct signature_builder *builder);
/* For rules that are read from now on: "HOME_NET", "[192.0.2.0/24,!192.0.2.1]". ERROR_INPUT when it is neither a list
 * of addresses nor one of ports. */
enum error signature_builder_variable(
    struct signature_builder *builder, struct text name, struct text value, struct failure *failure);

struct signature_counts {
	uint32_t read;       /* into the set */
	uint32_t skipped;    /* not understood: told, and left out */
	uint32_t repeated;   /* the same gid and sid with no higher rev: the other one counts */
	uint32_t patterns;   /* in the filters */
	uint32_t unfiltered; /* have no pattern to look for: tried on everything */
};
/* Told of each rule that was skipped: where it begins, and why. May be NULL. */
typedef void (*signature_complaint)(void *context, const char *file, uint64_t line, const struct failure *failure);

/* Adds the rules of a stream. Only the stream, memory or SIGNATURES_MOST stop it. */
enum error signature_builder_read(struct signature_builder *builder, struct stream *stream,
    signature_complaint complain, void *context, struct failure *failure);
/* Frees the builder in either case. */
enum error signature_builder_compile(
    struct signature_builder *builder, struct signature_set **set, struct failure *failure);
void signature_set_free(struct signature_set *set);
struct signature_counts signature_set_count(const struct signature_set *set);
bool signature_set_wants(const struct signature_set *set, enum field field); /* whether a signature looks at it */

/* ── matching ─ */

struct signature_alert {
	uint32_t gid, sid, rev;
	uint32_t priority;               /* 1 = highest */
	const char *message, *classtype; /* "" when there is none */
	const char *metadata;            /* as the rule has it, or "" */
	const char *action;              /* "alert", "drop", "reject" */
	enum side from;                  /* who sent what was met */
};
/* The alert lives as long as the set. */
typedef void (*signature_visitor)(void *context, const struct signature_alert *alert);
/* Every signature, as it would be told if it were met. */
void signature_set_each(const struct signature_set *set, signature_visitor visit, void *context);

struct signature_settings {
	/* Whose state is remembered at once, some 130 bytes each, and 1 KiB more for streams; then the longest quiet is
	 * forgotten. */
	uint32_t flows;
	uint32_t counts; /* of thresholds, 64 bytes each; likewise */
};
extern const struct signature_settings signature_defaults;

struct signature_matcher *signature_matcher_new(const struct signature_settings *settings); /* NULL without memory */
void signature_matcher_free(struct signature_matcher *matcher);

/* With another set than the last time everything remembered is forgotten: numbers of flowbits are of one set. */
/* New bytes of a side, as struct observer_settings' payload tells them. */
void signature_matcher_payload(struct signature_matcher *matcher, const struct signature_set *set,
    const struct flow *flow, enum side side, nanoseconds time, uint64_t offset, const uint8_t *bytes, size_t size,
    signature_visitor visit, void *context);
/* The fields of one struct of facts. */
struct signature_field {
	enum field field;
	struct text value;
};
void signature_matcher_fields(struct signature_matcher *matcher, const struct signature_set *set,
    const struct flow *flow, nanoseconds time, const struct signature_field *fields, size_t count,
    signature_visitor visit, void *context);
void signature_matcher_flow_over(struct signature_matcher *matcher, const struct flow *flow);

struct signature_matcher_counts {
	uint64_t bytes, values; /* looked at */
	uint64_t candidates;    /* signatures whose pattern was found, or that have none */
	uint64_t alerts;
	uint64_t suppressed;       /* by thresholds */
	uint64_t exhausted;        /* given up: more than 10,000 steps, or pcre's limits */
	uint64_t flows_forgotten;  /* at the limit */
	uint64_t counts_forgotten; /* at the limit */
};
struct signature_matcher_counts signature_matcher_count(const struct signature_matcher *matcher);

#endif
