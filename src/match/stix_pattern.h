/*
 * STIX patterns: read into a tree, taken apart into single observables where they say no more than that, and tried on
 * observations.
 *
 * Source: STIX Version 2.1, OASIS Standard, part 9 "STIX Patterning"; of version 2.0 what differs (START and STOP with
 * strings) is read too. What current tools write and the standard does not allow is read and counted as `loose`:
 * keywords in lower case, a backslash before any other character.
 *
 * A tree is immutable once read and lives in the caller's arena; texts in it are unescaped. One thread at a time for an
 * evaluation; trees may be shared.
 */
#ifndef NOROSHI_MATCH_STIX_PATTERN_H
#define NOROSHI_MATCH_STIX_PATTERN_H

#include "base/error.h"
#include "base/memory.h"
#include "base/text.h"
#include "base/time.h"
#include "match/indicator.h"

#define STIX_PATTERN_LONGEST (256u << 10) /* bytes of one pattern; the standard sets no limit */
#define STIX_PATTERN_DEEPEST 64u          /* brackets and qualifiers within each other */
#define STIX_PATTERN_NODES 16384u

enum stix_node_kind {
	/* of observations */
	STIX_OBSERVATION, /* [first]: a comparison */
	STIX_ALSO,        /* two or more with AND between */
	STIX_EITHER,      /* OR */
	STIX_FOLLOWED_BY, /* FOLLOWEDBY */
	STIX_WITHIN,      /* first WITHIN `seconds` SECONDS */
	STIX_REPEATS,     /* first REPEATS `times` TIMES */
	STIX_BETWEEN,     /* first START `start` STOP `stop` */
	/* of properties of one observation */
	STIX_ALL, /* two or more with AND between */
	STIX_ANY, /* OR */
	STIX_TEST,
};

enum stix_operator {
	STIX_EQUAL,
	STIX_UNEQUAL,
	STIX_LESS,
	STIX_LESS_OR_EQUAL,
	STIX_MORE,
	STIX_MORE_OR_EQUAL,
	STIX_IN,
	STIX_LIKE,
	STIX_MATCHES,
	STIX_SUBSET,   /* ISSUBSET: an address or prefix lies within the constant */
	STIX_SUPERSET, /* ISSUPERSET: it holds the constant */
	STIX_EXISTS,
};
const char *stix_operator_name(enum stix_operator operator); /* "=", "ISSUBSET" */

enum stix_constant_kind { STIX_STRING, STIX_INTEGER, STIX_FLOAT, STIX_BOOLEAN, STIX_TIMESTAMP, STIX_BYTES };
struct stix_constant {
	enum stix_constant_kind kind;
	struct text text; /* STIX_STRING; STIX_BYTES (h'…' and b'…') decoded */
	int64_t integer;  /* STIX_INTEGER; STIX_BOOLEAN: 0 or 1 */
	double real;      /* STIX_FLOAT */
	nanoseconds time; /* STIX_TIMESTAMP */
};

enum stix_step_kind { STIX_KEY, STIX_INDEX, STIX_EACH };
struct stix_step {
	enum stix_step_kind kind;
	struct text key;
	int64_t index; /* from the end when negative */
};
struct stix_path {
	struct text object; /* "ipv4-addr" */
	const struct stix_step *steps;
	uint32_t count; /* at least 1 */
};

struct stix_node {
	enum stix_node_kind kind;
	enum stix_operator operator; /* of a test, as its constants and `path` */
	bool negated;
	struct stix_path path;
	const struct stix_constant *constants; /* one; of IN any number */
	uint32_t constant_count, times;
	double seconds;
	nanoseconds start, stop;
	struct stix_node *first, *next; /* its first operand; the operand behind it, of the same node */
	uint32_t offset;                /* bytes into the pattern's text, for messages */
};

struct stix_pattern {
	const struct stix_node *root;
	uint32_t observations, tests, loose;
};

/* The failure names the byte offset and what was expected there. ERROR_INPUT, too, beyond the bounds above. */
enum error stix_pattern_read(
    struct text text, struct arena *arena, struct stix_pattern *pattern, struct failure *failure);

/* Writes the pattern in its shortest standard form; reading that gives the same tree. */
void stix_pattern_write(const struct stix_pattern *pattern, struct builder *to);

/* Tells every value of which one alone fulfils the pattern ("[a = 1 OR b = 2] OR [c IN (3, 4)]": three of them), as the
 * kind that sensors compare; whether it is a value of that kind is for the visitor to see. True when that is all that
 * the pattern says; false when something of it can be decided only over observations (then nothing is told), or is of a
 * kind that sensors do not compare. */
typedef void (*stix_observable_visitor)(void *context, enum indicator_kind kind, struct text value);
bool stix_pattern_observables(const struct stix_pattern *pattern, stix_observable_visitor visit, void *context);

#endif
