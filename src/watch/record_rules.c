/*
 * The rules' conditions and what they remember; see record_rules.h. The list itself: record_rules_list.c.
 */
#include "watch/record_rules.h"

#include "base/character.h"
#include "base/hash.h"

#include <stdlib.h>
#include <string.h>

#define ENTRIES 16384 /* of 48 bytes; in rows of WAYS */
#define WAYS 4

struct entry {
	uint64_t key;      /* of rule and value; 0 = free */
	nanoseconds first; /* of those that are counted */
	nanoseconds last;
	struct address network;
	uint32_t count;
};

struct rule_memory {
	uint64_t seed, forgotten;
	struct entry entries[ENTRIES];
};

struct rule_memory *rule_memory_new(uint64_t seed)
{
	struct rule_memory *memory = calloc(1, sizeof *memory);
	if (memory)
		memory->seed = seed;
	return memory;
}

void rule_memory_free(struct rule_memory *memory)
{
	free(memory);
}

uint64_t rule_memory_forgotten(const struct rule_memory *memory)
{
	return memory->forgotten;
}

/* ── conditions ─ */

static uint64_t read_bits(struct text text)
{
	uint64_t bits = 0;
	if (!text_starts(text, TEXT("0x")) || text.size > 18)
		return 0;
	for (size_t i = 2; i < text.size; i++)
		bits = bits << 4 | (uint64_t)(char_hex(text.at[i]) & 15);
	return bits;
}

static bool begins(struct text text, struct text word)
{
	return text.size >= word.size && text_equal_nocase((struct text){ text.at, word.size }, word);
}

static bool ends(struct text text, struct text word)
{
	return text.size >= word.size &&
	       text_equal_nocase((struct text){ text.at + text.size - word.size, word.size }, word);
}

static struct text domain_of(struct text mail)
{
	struct text rest = mail;
	text_cut(&rest, '@');
	return rest;
}

/* Addresses within the organisation may be names without a domain. */
static bool is_outside(const struct record *record, struct text mail)
{
	struct text own = domain_of(record_find(record, MEMBER_CLOUD_USER)), domain = domain_of(mail);
	return domain.size && !text_equal_nocase(own, domain);
}

static bool word_met(enum record_test test, struct text value, struct text word)
{
	switch (test) {
	case TEST_IS:
	case TEST_IS_NOT:
		return text_equal_nocase(value, word);
	case TEST_HAS:
	case TEST_HAS_NOT:
		return text_find_nocase(value, word) >= 0;
	case TEST_BEGINS:
	case TEST_BEGINS_NOT:
		return begins(value, word);
	case TEST_ENDS:
		return ends(value, word);
	default:
		return false;
	}
}

static bool value_met(const struct record_condition *condition, const struct record *record, struct text value)
{
	struct text words = text_of(condition->words);
	if (condition->test == TEST_ABSENT)
		return true;
	if (condition->test == TEST_OUTSIDE)
		return is_outside(record, value);
	if (condition->test == TEST_BITS)
		return (read_bits(value) & read_bits(words)) == read_bits(words);
	while (words.size)
		if (word_met(condition->test, value, text_cut(&words, '|')))
			return true;
	return false;
}

static bool condition_met(const struct record_condition *condition, const struct record *record)
{
	bool negated = condition->test == TEST_IS_NOT || condition->test == TEST_HAS_NOT ||
		       condition->test == TEST_BEGINS_NOT || condition->test == TEST_ABSENT;
	for (size_t i = 0; i < record->count; i++)
		if (record->values[i].member == condition->member &&
		    value_met(condition, record, record->values[i].value))
			return !negated;
	return negated;
}

static bool all_met(const struct record_condition conditions[static RECORD_CONDITIONS], const struct record *record)
{
	for (size_t i = 0; i < RECORD_CONDITIONS && conditions[i].member != MEMBER_NONE; i++)
		if (!condition_met(&conditions[i], record))
			return false;
	return true;
}

/* ── what came before ─ */

static uint64_t key_of(
    const struct rule_memory *memory, const struct record_rule *rule, enum member member, const struct record *record)
{
	struct address source = record->flow.ends[SIDE_CLIENT].address;
	struct text value = record_find(record, member);
	uint64_t seed = memory->seed + (uint64_t)(rule - record_rules);
	if (member == MEMBER_NONE && !address_exists(source))
		return 0;
	if (member != MEMBER_NONE && !value.size)
		return 0;
	return (member == MEMBER_NONE ? hash_bytes(&source, sizeof source, seed) : hash_text(value, seed)) | 1;
}

static struct entry *find(struct rule_memory *memory, uint64_t key)
{
	struct entry *row = &memory->entries[key / 2 % (ENTRIES / WAYS) * WAYS];
	for (int i = 0; i < WAYS; i++)
		if (row[i].key == key)
			return &row[i];
	return NULL;
}

/* The one that was met longest ago makes room. */
static struct entry *make(struct rule_memory *memory, uint64_t key)
{
	struct entry *row = &memory->entries[key / 2 % (ENTRIES / WAYS) * WAYS], *oldest = row;
	for (int i = 0; i < WAYS && oldest->key; i++)
		if (!row[i].key || row[i].last < oldest->last)
			oldest = &row[i];
	memory->forgotten += oldest->key != 0;
	*oldest = (struct entry){ .key = key };
	return oldest;
}

static void remember(struct rule_memory *memory, const struct record_rule *rule, const struct record *record)
{
	uint64_t key = key_of(memory, rule, rule->key_before, record);
	if (!key)
		return;
	struct entry *entry = find(memory, key);
	if (!entry)
		entry = make(memory, key);
	if (entry->count && record->occurred - entry->first > rule->within)
		entry->count = 0;
	if (!entry->count) {
		entry->first = record->occurred;
		entry->network = address_neighbourhood(record->flow.ends[SIDE_CLIENT].address);
	}
	entry->last = record->occurred;
	entry->count += entry->count < UINT32_MAX;
}

/* How many came before; 0 = not as many as the rule asks for. They count once. */
static uint32_t recall(struct rule_memory *memory, const struct record_rule *rule, const struct record *record)
{
	struct address source = record->flow.ends[SIDE_CLIENT].address;
	uint64_t key = key_of(memory, rule, rule->key, record);
	struct entry *entry = key ? find(memory, key) : NULL;
	if (!entry || entry->count < rule->least || record->occurred - entry->first > rule->within)
		return 0;
	if (rule->elsewhere && (!address_exists(source) || !address_exists(entry->network) ||
				   address_equal(address_neighbourhood(source), entry->network)))
		return 0;
	uint32_t count = entry->count;
	*entry = (struct entry){ 0 };
	return count;
}

void record_rules_take(struct rule_memory *memory, const struct record *record,
    void (*met)(void *context, const struct record_rule *rule, uint32_t count), void *context)
{
	for (size_t i = 0; i < record_rule_count; i++) {
		const struct record_rule *rule = &record_rules[i];
		bool now = all_met(rule->conditions, record);
		uint32_t count = now && rule->least ? recall(memory, rule, record) : 0;
		if (now && (count || !rule->least))
			met(context, rule, count);
		if (rule->least && all_met(rule->before, record))
			remember(memory, rule, record);
	}
}
