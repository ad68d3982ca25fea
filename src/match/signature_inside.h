/*
 * How signatures lie in memory; shared by the files of this room that read, compile and try them.
 */
#ifndef NOROSHI_MATCH_SIGNATURE_INSIDE_H
#define NOROSHI_MATCH_SIGNATURE_INSIDE_H

#define PCRE2_CODE_UNIT_WIDTH 8

#include "base/memory.h"
#include "match/signature.h"
#include "net/address.h"

#include <hs/hs.h>
#include <pcre2.h>

enum { BUFFER_PAYLOAD = FIELD_COUNT, BUFFER_COUNT };

/* ── conditions on one buffer ─ */

enum condition_kind { CONDITION_CONTENT, CONDITION_PCRE, CONDITION_DATA_AT, CONDITION_BYTES, CONDITION_SIZE };
enum comparison {
	COMPARE_EQUAL,
	COMPARE_LESS,
	COMPARE_MORE,
	COMPARE_LESS_EQUAL,
	COMPARE_MORE_EQUAL,
	COMPARE_AND,
	COMPARE_OR,
	COMPARE_BETWEEN
};

struct condition {
	enum condition_kind kind;
	bool negated;
	bool relative; /* to where the one before ended */
	bool followed; /* where it matches matters to a later one */
	/* content */
	bool nocase, starts, ends, fast, has_depth, has_within;
	bool has_offset, has_distance;
	uint32_t size;
	const uint8_t *bytes; /* in lower case when `nocase` */
	int32_t offset, depth, distance, within;
	/* pcre */
	pcre2_code *code;
	/* isdataat, byte_test, bsize, dsize */
	enum comparison comparison;
	uint32_t width;
	uint64_t value, most; /* most: of COMPARE_BETWEEN, exclusive */
	bool little, string;
	uint8_t base; /* of a string's digits; 0 = as it is written */
};

struct group {
	uint16_t buffers[2]; /* a field may be another one in answers; the second BUFFER_COUNT when there is only one */
	uint16_t first, count; /* conditions */
};

/* ── headers ─ */

struct port_range {
	uint16_t first, last;
};
/* Matches what lies in one of `in` (or in none, when there are none) and in none of `out`. */
struct address_list {
	struct prefix *in, *out;
	uint32_t in_count, out_count;
};
struct port_list {
	struct port_range *in, *out;
	uint32_t in_count, out_count;
};
struct end_list {
	struct address_list addresses;
	struct port_list ports;
};

bool address_list_holds(const struct address_list *list, const struct address *address);
bool port_list_holds(const struct port_list *list, uint16_t port);
/* `lookup` gives the text of a $VARIABLE, TEXT_NONE when there is none. */
typedef struct text (*variable_lookup)(const void *context, struct text name);
enum error address_list_parse(struct arena *arena, struct text text, variable_lookup lookup, const void *context,
    struct address_list *list, struct failure *failure);
enum error port_list_parse(struct arena *arena, struct text text, variable_lookup lookup, const void *context,
    struct port_list *list, struct failure *failure);

/* ── signatures ─ */

enum direction { DIRECTION_ANY, DIRECTION_TO_SERVER, DIRECTION_TO_CLIENT };
enum bit_verb { BIT_SET, BIT_UNSET, BIT_TOGGLE, BIT_ISSET, BIT_ISNOTSET };
enum { FLOW_BITS = 256 };

struct flow_bit {
	uint8_t verb;
	uint8_t count; /* of names of which one is enough */
	uint8_t bits[8];
};

enum track { TRACK_NONE, TRACK_SOURCE, TRACK_DESTINATION, TRACK_BOTH, TRACK_RULE };
enum threshold_kind { THRESHOLD_NONE, THRESHOLD_LIMIT, THRESHOLD_EACH, THRESHOLD_ONCE, THRESHOLD_FILTER };
struct threshold {
	enum threshold_kind kind;
	enum track track;
	uint32_t count;
	nanoseconds seconds;
};

struct signature {
	struct signature_alert alert;
	uint64_t order;               /* of trying: pass, then who sets flowbits, then the others */
	bool pass, both_ways, silent; /* silent: noalert */
	uint8_t ip_protocol;          /* 0 = any */
	bool icmp;                    /* of either version */
	enum protocol protocol;       /* PROTOCOL_UNKNOWN = any */
	struct end_list ends[2];      /* source, destination */
	enum direction direction;
	bool established, not_established;
	struct condition *conditions;
	struct group *groups;
	struct flow_bit *bits;
	uint16_t condition_count, group_count, bit_count;
	struct threshold threshold;
};

/* Reads one rule, without the line break; what it keeps lies in the arena. `bit_number` numbers names of flowbits
 * (negative: no more). */
struct signature_reader {
	struct arena *arena;
	variable_lookup lookup;
	const void *variables;
	int (*bit_number)(void *context, struct text name);
	void *bits;
};
enum error signature_parse(
    const struct signature_reader *reader, struct text rule, struct signature *signature, struct failure *failure);
void signature_release(struct signature *signature); /* what does not lie in the arena */

/* ── options (signature_option.c, signature_content.c) ─ */

/* A rule while its options are read. */
struct signature_draft {
	const struct signature_reader *reader;
	struct signature *signature;
	struct condition conditions[256];
	struct group groups[32];
	struct flow_bit bits[16];
	bool colons_removed; /* in contents of the current group: fingerprints are compared without them */
	uint16_t condition_count, group_count, bit_count;
	bool to_client_field, to_server_field; /* buffers that only one direction has */
};
/* Value: what stands behind the colon, without white space around it. */
enum error option_take(struct signature_draft *draft, struct text name, struct text value, struct failure *failure);
enum error content_take(struct signature_draft *draft, struct text value, struct failure *failure);
enum error pcre_take(struct signature_draft *draft, struct text value, struct failure *failure);
/* nocase, depth, offset, distance, within, startswith, endswith, fast_pattern: of the last content. NOT_FOUND: none of
 * these. */
enum error content_modify(struct signature_draft *draft, struct text name, struct text value, struct failure *failure);
enum error data_at_take(struct signature_draft *draft, struct text value, struct failure *failure);
enum error byte_test_take(struct signature_draft *draft, struct text value, struct failure *failure);
enum error size_take(struct signature_draft *draft, struct text value, struct failure *failure);
/* A further condition of the current group (of payload, when there is none); NULL when there are too many. */
struct condition *draft_condition(struct signature_draft *draft, enum condition_kind kind);
struct condition *draft_last_content(struct signature_draft *draft);

/* ── trying (signature_inspect.c) ─ */

/* What the conditions of a group are tried on. `begin`: where at[0] stands in its stream. */
struct subject {
	const uint8_t *at;
	size_t size;
	uint64_t begin;
	size_t unit; /* bytes of the newest packet or chunk: dsize */
};
struct inspection {
	pcre2_match_data *match;
	pcre2_match_context *limits;
	uint32_t steps;
	bool exhausted;
};
bool group_holds(struct inspection *inspection, const struct signature *signature, const struct group *group,
    const struct subject *subject);

/* ── compiled sets ─ */

struct filter {                  /* of one buffer */
	hs_database_t *database; /* NULL: no patterns */
	uint32_t *first;         /* of each pattern: where its signatures begin in `signatures`; one more at the end */
	uint32_t *signatures;
	uint32_t patterns;
	uint32_t longest;     /* pattern, bytes */
	uint32_t *unfiltered; /* signatures without a pattern that this buffer makes to be tried */
	uint32_t unfiltered_count;
};
struct signature_set {
	uint64_t id; /* random: tells sets apart */
	struct arena *arena;
	struct signature *signatures; /* by `order` */
	uint32_t count;
	struct filter filters[BUFFER_COUNT];
	bool wanted[BUFFER_COUNT + 1]; /* buffers that a signature looks at; the last stands for none */
	struct signature_counts counts;
};
enum error signature_filters_make(struct signature_set *set, struct failure *failure);

/* ── what a matcher remembers (signature_state.c) ─ */

enum { TAIL = 512 }; /* bytes of a side that are kept, so that what lies over a border is found */
struct flow_memory {
	uint64_t bits[FLOW_BITS / 64];
	struct {
		uint32_t signature; /* + 1 */
		uint8_t side;
	} fired[8]; /* payload signatures that were met, once for each side */
	uint8_t fired_next;
	uint64_t next[2]; /* offset of the byte that comes next */
	uint32_t tails;   /* number of its struct tails, which a flow of TCP has; 0 = none */
	uint16_t tail_size[2];
	bool tail_found[2]; /* a pattern may stand in the tail as a whole */
};
struct tails {
	uint8_t at[2][TAIL]; /* by side */
};
struct threshold_state;
struct flow_set;
struct signature_memory {
	struct flow_set *sets; /* whose the flows are: apart, because all of a set are looked at */
	struct flow_memory *flows;
	struct tails *tails;                   /* [0] is none */
	uint32_t *tails_free;                  /* numbers of those given back; the last is taken first */
	uint32_t tails_used, tails_free_count; /* used ever */
	struct threshold_state *counts;
	uint32_t flow_sets, count_sets;
	uint64_t flows_forgotten, counts_forgotten;
};
bool signature_memory_make(struct signature_memory *memory, const struct signature_settings *settings);
void signature_memory_free(struct signature_memory *memory);
void signature_memory_clear(struct signature_memory *memory);
/* Of a record without a flow (its id is 0) nothing is known the next time. */
struct flow_memory *flow_memory_get(struct signature_memory *memory, const struct flow *flow, nanoseconds now);
/* Of this state; taken when it has none yet. */
struct tails *flow_memory_tails(struct signature_memory *memory, struct flow_memory *state);
void flow_memory_drop(struct signature_memory *memory, const struct flow *flow);
/* Counts one match; whether it is an alert. */
bool threshold_passes(struct signature_memory *memory, const struct signature *signature, uint32_t number,
    const struct flow *flow, enum side from, nanoseconds now);

#endif
