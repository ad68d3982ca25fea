/*
 * The shapes of attacks on web applications, over the normal form of a request (webattack_normal.h). They describe what
 * such requests look like; none of them is a working one.
 *
 * A pattern weighs. What reaches WEIGHT_ENOUGH in one request (patterns of one class added up, each once) is reported;
 * lighter evidence is kept for its source, and counts when more follows. Words that people also search for ("select …
 * from") weigh fully only where they break out of a value: behind a quotation mark, a bracket that was never opened, a
 * number.
 */
#ifndef NOROSHI_WATCH_WEBATTACK_PATTERN_H
#define NOROSHI_WATCH_WEBATTACK_PATTERN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum attack {
	ATTACK_SQL,
	ATTACK_BLIND_SQL, /* a sequence of tries that ask one bit each */
	ATTACK_XSS,
	ATTACK_TRAVERSAL,
	ATTACK_COMMAND,
	ATTACK_WEB_SHELL,
	ATTACK_EXPLOIT,
	ATTACK_SCANNER,
	ATTACK_COUNT
};

const char *attack_code(enum attack attack);  /* "sql-injection": stable */
const char *attack_title(enum attack attack); /* "SQL injection", a msgid */

#define WEIGHT_ENOUGH 10

/* Where a pattern is looked for. */
#define PLACE_TARGET 1u
#define PLACE_HEADER 2u /* agent, referer, cookie */
#define PLACE_ANY (PLACE_TARGET | PLACE_HEADER)

enum context {
	CONTEXT_NONE,
	CONTEXT_BREAKS_OUT, /* `weight` where the match breaks out of its value, else `alone` */
	CONTEXT_NEWLINE,    /* only when a line break was sent */
};

struct pattern {
	uint16_t id; /* stable: alerts carry it */
	uint8_t attack;
	uint8_t weight, alone;
	uint8_t places;
	uint8_t context;
	bool inference;    /* SQL that asks for one bit: evidence of a blind sequence */
	bool discloses;    /* names a file or page that nobody should be answered with */
	const char *words; /* msgid */
	const char *shape; /* regular expression, PCRE syntax as Vectorscan takes it; '.' never crosses a parameter */
};

extern const struct pattern patterns_injection[], patterns_known[];
extern const size_t patterns_injection_count, patterns_known_count;

#define PATTERNS_MOST 256
/* All of them under one number, 0 … pattern_count() - 1. */
size_t pattern_count(void);
const struct pattern *pattern_at(size_t index);

/* What is found by counting, not by a shape. */
enum counted { COUNTED_BLIND, COUNTED_MISSING, COUNTED_ODD, COUNTED_UPLOADED, COUNTED_COUNT };
uint16_t counted_id(enum counted counted);       /* as the id of a pattern */
const char *counted_words(enum counted counted); /* msgid */

#endif
