/*
 * Patterns over requests. See webattack_scan.h. Vectorscan finds, and for patterns that ask for it the place of the
 * match is looked at: does it break out of the value that it stands in?
 */
#include "watch/webattack_scan.h"

#include "base/character.h"
#include "base/hash.h"

#include <hs/hs.h>
#include <stdlib.h>
#include <string.h>

#define CLEAN_BITS 16 /* of each memory of clean texts: 2^16 hashes of 8 bytes */
#define OVERLONG_WEIGHT 10
#define NESTED_WEIGHT 7 /* percent-encoding within percent-encoding, beside another sign */
#define COMMENT_WEIGHT 4

struct scanner {
	hs_database_t *database;
	hs_scratch_t *scratch;
	uint64_t *clean[2]; /* targets, headers */
	uint64_t seed;      /* random: nobody can make a text that looks like a clean one */
	struct normal normal;
};

/* ── does it break out of its value? ─ */

static bool is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (uint8_t)c >= 0x80;
}

/* "1", "-5) or", "3 and not (": a number, and behind it the words that continue a condition. */
static bool is_number(const char *at, const char *end)
{
	static const struct text words[] = { TEXT("and"), TEXT("or"), TEXT("xor"), TEXT("not"), TEXT("having"),
		TEXT("where"), TEXT("union"), TEXT("all"), TEXT("select"), TEXT("if") };
	bool digit = false;
	while (at < end) {
		size_t skip = char_is_digit(*at) || strchr(" .-+,(=|&", *at) ? 1 : 0;
		digit |= char_is_digit(*at) != 0;
		for (size_t i = 0; digit && !skip && i < sizeof words / sizeof *words; i++)
			if (text_starts((struct text){ at, (size_t)(end - at) }, words[i]))
				skip = words[i].size;
		if (!skip)
			return false;
		at += skip;
	}
	return digit;
}

/* Whether what stands before the match ends the value: an odd quotation mark, a bracket that was never opened, or
 * nothing but a number. "rock 'n' roll (live)" does not. */
static bool breaks_out(const char *at, const char *end)
{
	unsigned single = 0, twice = 0, open = 0;
	for (const char *c = at; c < end; c++) {
		bool within = c > at && c + 1 < end && is_letter(c[-1]) && is_letter(c[1]);
		single += *c == '\'' && !within;
		twice += *c == '"';
		open += *c == '(';
		if (*c == '`' || (*c == ')' && !open))
			return true;
		open -= *c == ')';
	}
	return single % 2 || twice % 2 || is_number(at, end);
}

/* The quotation mark may be the first character of the match itself: "'||'a'='a", or the value's first. */
static bool match_breaks_out(const struct normal *normal, size_t from, size_t to)
{
	size_t start = from;
	while (start > 0 && normal->text[start - 1] != '\n')
		start--;
	size_t line = start;
	for (size_t i = start; i < from; i++)
		if (normal->text[i] == '=') {
			start = i + 1;
			break;
		}
	size_t first = from < to && strchr("'\")`", normal->text[from]) ? from + 1 : from;
	/* a value that begins with it, in a parameter that has a name: nothing was broken out of */
	if (start == from && first == from)
		return line == 0 && from > 0;
	return breaks_out(normal->text + start, normal->text + first);
}

/* ── what was found ─ */

static void add_hit(struct hits *hits, size_t pattern, unsigned weight)
{
	const struct pattern *what = pattern_at(pattern);
	size_t i = 0;
	while (i < hits->count && hits->items[i].pattern != pattern)
		i++;
	if (i == HITS_MOST)
		return;
	if (i == hits->count)
		hits->items[hits->count++] = (struct hit){ (uint16_t)pattern, 0 };
	if (weight > hits->items[i].weight) {
		hits->weights[what->attack] += weight - hits->items[i].weight;
		hits->items[i].weight = (uint8_t)weight;
	}
	hits->discloses |= what->discloses;
	hits->inference |= what->inference && weight >= WEIGHT_ENOUGH;
}

struct scan {
	const struct normal *normal;
	struct hits *hits;
	unsigned place;
	bool foreign;
};

static int on_match(unsigned id, unsigned long long from, unsigned long long to, unsigned flags, void *context)
{
	struct scan *scan = context;
	const struct pattern *pattern = pattern_at(id);
	unsigned weight = pattern->weight;
	(void)flags;
	if (!(pattern->places & scan->place))
		return 0;
	if (scan->foreign && pattern->attack != ATTACK_EXPLOIT)
		return 0;
	if (pattern->context == CONTEXT_NEWLINE && !scan->normal->newline)
		return 0;
	if (pattern->context == CONTEXT_BREAKS_OUT && !match_breaks_out(scan->normal, (size_t)from, (size_t)to))
		weight = pattern->alone;
	if (weight)
		add_hit(scan->hits, id, weight);
	return 0;
}

/* How it was written says something too, once there is another sign. */
static void weigh_writing(const struct normal *normal, struct hits *hits)
{
	for (size_t attack = 0; attack < ATTACK_COUNT; attack++) {
		if (!hits->weights[attack] || attack == ATTACK_SCANNER)
			continue;
		if (normal->levels > 1)
			hits->weights[attack] += NESTED_WEIGHT;
		if (normal->overlong)
			hits->weights[attack] += OVERLONG_WEIGHT;
		if (normal->comment && attack == ATTACK_SQL)
			hits->weights[attack] += COMMENT_WEIGHT;
	}
}

static bool scan_text(struct scanner *scanner, unsigned place, bool foreign, struct hits *hits)
{
	struct scan scan = { &scanner->normal, hits, place, foreign };
	size_t had = hits->count;
	hs_scan(scanner->database, scanner->normal.text, (unsigned)scanner->normal.size, 0, scanner->scratch, on_match,
	    &scan);
	if (hits->count == had)
		return false;
	weigh_writing(&scanner->normal, hits);
	return true;
}

/* `foreign` texts were asked less, so theirs is another hash. */
static bool known_clean(struct scanner *scanner, size_t which, bool foreign, struct text text, uint64_t **place)
{
	uint64_t hash = hash_bytes(text.at, text.size, scanner->seed + foreign);
	*place = &scanner->clean[which][hash >> (64 - CLEAN_BITS)];
	if (**place == hash)
		return true;
	**place = hash;
	return false;
}

bool scanner_target(struct scanner *scanner, struct text target, struct hits *hits)
{
	uint64_t *place;
	if (!target.size || known_clean(scanner, 0, false, target, &place))
		return false;
	normal_target(&scanner->normal, target);
	if (!scan_text(scanner, PLACE_TARGET, false, hits))
		return false;
	*place = 0;
	return true;
}

bool scanner_header(struct scanner *scanner, struct text header, bool foreign, struct hits *hits)
{
	uint64_t *place;
	if (!header.size || known_clean(scanner, 1, foreign, header, &place))
		return false;
	normal_header(&scanner->normal, header);
	if (!scan_text(scanner, PLACE_HEADER, foreign, hits))
		return false;
	*place = 0;
	return true;
}

const struct normal *scanner_normal(const struct scanner *scanner)
{
	return &scanner->normal;
}

/* ── making it ─ */

static enum error compile(hs_database_t **database, struct failure *failure)
{
	const char *shapes[PATTERNS_MOST];
	unsigned flags[PATTERNS_MOST], ids[PATTERNS_MOST], count = (unsigned)pattern_count();
	hs_compile_error_t *wrong = NULL;
	for (unsigned i = 0; i < count; i++) {
		const struct pattern *pattern = pattern_at(i);
		shapes[i] = pattern->shape;
		flags[i] = pattern->context == CONTEXT_BREAKS_OUT ? HS_FLAG_SOM_LEFTMOST : HS_FLAG_SINGLEMATCH;
		ids[i] = i;
	}
	if (hs_compile_multi(shapes, flags, ids, count, HS_MODE_BLOCK, NULL, database, &wrong) == HS_SUCCESS)
		return OK;
	enum error error = fail(failure, ERROR_SYSTEM, "pattern %u cannot be compiled: %s",
	    wrong->expression >= 0 ? pattern_at((size_t)wrong->expression)->id : 0, wrong->message);
	hs_free_compile_error(wrong);
	return error;
}

enum error scanner_new(struct scanner **scanner, struct failure *failure)
{
	struct scanner *new = calloc(1, sizeof *new);
	for (size_t i = 0; i < 2 && new; i++)
		new->clean[i] = calloc((size_t)1 << CLEAN_BITS, sizeof *new->clean[i]);
	enum error error = new &&new->clean[0] && new->clean[1]
			       ? compile(&new->database, failure)
			       : fail(failure, ERROR_MEMORY, "no memory for the patterns");
	if (!error && hs_alloc_scratch(new->database, &new->scratch) != HS_SUCCESS)
		error = fail(failure, ERROR_MEMORY, "no memory for the patterns");
	if (error) {
		scanner_free(new);
		return error;
	}
	random_bytes(&new->seed, sizeof new->seed);
	*scanner = new;
	return OK;
}

void scanner_free(struct scanner *scanner)
{
	if (!scanner)
		return;
	for (size_t i = 0; i < 2; i++)
		free(scanner->clean[i]);
	hs_free_database(scanner->database);
	hs_free_scratch(scanner->scratch);
	free(scanner);
}
