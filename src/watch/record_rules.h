/*
 * What single events of hosts and clouds tell without any indicator: a short list of rules, each data
 * (docs/detectors.md says why each is there, and when it is wrong).
 *
 *   records, in their order → rules → those that were met
 *
 * A rule may ask for something that came before about the same account, key or source; that is remembered in a table of
 * fixed size. One thread.
 */
#ifndef NOROSHI_WATCH_RECORD_RULES_H
#define NOROSHI_WATCH_RECORD_RULES_H

#include "base/time.h"
#include "formats/record.h"

#define RECORD_RULES_GID 4602 /* of alerts about them; their signature_id is 1 + the rule's place in the list */

enum record_test {
	TEST_IS, /* one of the words, all without regard to case */
	TEST_IS_NOT,
	TEST_HAS, /* one of them stands in it */
	TEST_HAS_NOT,
	TEST_BEGINS,
	TEST_BEGINS_NOT,
	TEST_ENDS,
	TEST_BITS,    /* a number (0x…) that has all bits of the first word's */
	TEST_OUTSIDE, /* a mail address of another domain than the user's */
	TEST_ABSENT,  /* there is no value */
};
struct record_condition {
	enum record_test test;
	enum member member; /* of several values one is enough; a test that says NOT is met when there is none */
	const char *words;  /* with '|' between them */
};

#define RECORD_CONDITIONS 6
struct record_rule {
	const char *code, *words; /* "noroshi:log-cleared", and a sentence for people */
	const char *technique;    /* ATT&CK's id */
	uint16_t tactics;         /* bits of enum tactic (model/alert.h) */
	uint32_t severity;        /* 1 = highest */
	struct record_condition conditions[RECORD_CONDITIONS];
	/* With `least` > 0: so many records met these within `within` before, about the same. */
	struct record_condition before[RECORD_CONDITIONS];
	uint32_t least;
	nanoseconds within;
	enum member key, key_before; /* what is the same; MEMBER_NONE: the address it came from */
	bool elsewhere;              /* and now it comes from another network than then */
};
extern const struct record_rule record_rules[];
extern const size_t record_rule_count;

struct rule_memory;
struct rule_memory *rule_memory_new(uint64_t seed); /* of hashes: strangers choose names; NULL without memory */
void rule_memory_free(struct rule_memory *memory);  /* NULL is fine */

/* Tells each rule that the record meets; `count`: how many came before, 0 where none are asked for. */
void record_rules_take(struct rule_memory *memory, const struct record *record,
    void (*met)(void *context, const struct record_rule *rule, uint32_t count), void *context);
uint64_t rule_memory_forgotten(const struct rule_memory *memory); /* entries that made room for newer ones */

#endif
