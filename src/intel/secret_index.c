/*
 * The words and networks that are looked for (secret.h), made ready: words in order, found by their first four bytes,
 * of which a table of bits says first whether any word begins so; prefixes in order, asked for by length.
 */
#include "intel/secret.h"

#include "intel/secret_view.h"

#include <ctype.h>
#include <idn2.h>
#include <stdlib.h>
#include <string.h>

#define SHORT_WORD 6
#define BEGINNING 4
#define BITS_LEAST 16u /* of a hash: 8 KiB */
#define BITS_MOST 24u
#define BITS_A_WORD 32u
#define HALVES 65536u

/* ── looking ─ */

static bool touches(struct text view, size_t from, size_t size)
{
	return (from > 0 && isalnum((unsigned char)view.at[from - 1])) ||
	       (from + size < view.size && isalnum((unsigned char)view.at[from + size]));
}

static bool is_word_at(struct text view, size_t from, struct text word)
{
	return word.size <= view.size - from && memcmp(view.at + from, word.at, word.size) == 0 &&
	       (word.size >= SHORT_WORD || !touches(view, from, word.size));
}

static uint32_t bit_of(const struct secrets *secrets, const char *at)
{
	uint32_t beginning;
	memcpy(&beginning, at, sizeof beginning);
	return (beginning * 0x9e3779b1u) >> secrets->shift;
}

/* The first word that does not sort before the four bytes. */
static size_t first_word(const struct secrets *secrets, const char *at)
{
	size_t low = 0, high = secrets->word_count;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (memcmp(secrets->words[middle].at, at, BEGINNING) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static bool holds_short(const struct secrets *secrets, struct text view, size_t from)
{
	for (size_t i = 0; i < secrets->short_count; i++)
		if (is_word_at(view, from, secrets->shorts[i]))
			return true;
	return false;
}

bool secrets_hold_word(const struct secrets *secrets, struct text view)
{
	for (size_t from = 0; from < view.size; from++) {
		if (secrets->short_begins[(unsigned char)view.at[from]] && holds_short(secrets, view, from))
			return true;
		if (secrets->word_count == 0 || view.size - from < BEGINNING)
			continue;
		const char *at = view.at + from;
		uint32_t bit = bit_of(secrets, at);
		if (!(secrets->beginnings[bit / 8] & 1u << bit % 8))
			continue;
		for (size_t i = first_word(secrets, at);
		     i < secrets->word_count && memcmp(secrets->words[i].at, at, BEGINNING) == 0; i++)
			if (is_word_at(view, from, secrets->words[i]))
				return true;
	}
	return false;
}

static int compare_prefixes(const void *a, const void *b)
{
	const struct prefix *one = a, *other = b;
	if (one->length != other->length)
		return one->length < other->length ? -1 : 1;
	return address_compare(one->address, other->address);
}

bool secrets_hold_address(const struct secrets *secrets, struct address address)
{
	size_t from = 0, half = (size_t)address.bytes[12] << 8 | address.bytes[13];
	if (address_is_v4(address) && !(secrets->halves[half / 8] & 1u << half % 8))
		return false;
	while (from < secrets->prefix_count) { /* once for each length */
		struct prefix asked = prefix_of(address, secrets->prefixes[from].length);
		size_t low = from, high = secrets->prefix_count;
		while (low < high) {
			size_t middle = low + (high - low) / 2;
			int order = compare_prefixes(&secrets->prefixes[middle], &asked);
			if (order == 0)
				return true;
			low = order < 0 ? middle + 1 : low;
			high = order < 0 ? high : middle;
		}
		while (low < secrets->prefix_count && secrets->prefixes[low].length == asked.length)
			low++;
		from = low;
	}
	return false;
}

/* ── making ready ─ */

struct making {
	struct text *words; /* room for three of each */
	size_t count;
	struct arena *arena;
};

static bool add(struct making *making, struct text word)
{
	struct builder folded = { 0 };
	view_fold(&folded, text_trim(word));
	struct text whole = { folded.at, folded.size }, copy = TEXT_NONE;
	bool fine = !folded.failed;
	if (fine && whole.size) {
		copy = arena_text(making->arena, whole);
		fine = copy.at != NULL;
		making->words[making->count] = copy;
		making->count += fine;
	}
	builder_free(&folded);
	return fine;
}

static bool is_ascii(struct text text)
{
	for (size_t i = 0; i < text.size; i++)
		if ((unsigned char)text.at[i] >= 0x80)
			return false;
	return true;
}

/* A name of a domain in both its forms. */
static bool add_forms(struct making *making, struct text word)
{
	char *encoded = NULL, *text = arena_string(making->arena, word);
	bool fine = text && add(making, word);
	if (fine && !is_ascii(word) && idn2_to_ascii_8z(text, &encoded, IDN2_NONTRANSITIONAL) == IDN2_OK)
		fine = add(making, text_of(encoded));
	idn2_free(encoded);
	encoded = NULL;
	if (fine && text_find_nocase(word, TEXT("xn--")) >= 0 && idn2_to_unicode_8z8z(text, &encoded, 0) == IDN2_OK)
		fine = add(making, text_of(encoded));
	idn2_free(encoded);
	return fine;
}

static int compare_words(const void *a, const void *b)
{
	const struct text *one = a, *other = b;
	size_t size = one->size < other->size ? one->size : other->size;
	int order = size ? memcmp(one->at, other->at, size) : 0;
	return order ? order : one->size < other->size ? -1 : one->size > other->size;
}

/* Sorted, each once, the short ones apart. */
static bool index_words(struct secrets *secrets, struct making *making)
{
	unsigned bits = BITS_LEAST;
	while (bits < BITS_MOST && making->count * BITS_A_WORD > 1ull << bits)
		bits++;
	secrets->shift = 32 - bits;
	uint8_t *beginnings = arena_take(making->arena, (1u << bits) / 8);
	struct text *shorts = arena_take(making->arena, making->count * sizeof *shorts);
	size_t kept = 0;
	if (!beginnings || !shorts)
		return false;
	if (making->count)
		qsort(making->words, making->count, sizeof *making->words, compare_words);
	for (size_t i = 0; i < making->count; i++) {
		struct text word = making->words[i];
		if (i && compare_words(&word, &making->words[i - 1]) == 0)
			continue;
		if (word.size < BEGINNING) {
			shorts[secrets->short_count++] = word;
			secrets->short_begins[(unsigned char)word.at[0]] = true;
			continue;
		}
		uint32_t bit = bit_of(secrets, word.at);
		beginnings[bit / 8] = (uint8_t)(beginnings[bit / 8] | 1u << bit % 8);
		kept++;
	}
	/* Those that are kept, in their order. */
	struct text *words = arena_take(making->arena, (kept + 1) * sizeof *words);
	if (!words)
		return false;
	for (size_t i = 0; i < making->count; i++)
		if (making->words[i].size >= BEGINNING &&
		    (i == 0 || compare_words(&making->words[i], &making->words[i - 1]) != 0))
			words[secrets->word_count++] = making->words[i];
	secrets->words = words;
	secrets->shorts = shorts;
	secrets->beginnings = beginnings;
	return true;
}

/* Which first halves of IPv4 addresses the prefixes hold, or a part of. */
static bool index_halves(struct secrets *secrets, struct arena *arena)
{
	uint8_t *halves = arena_take(arena, HALVES / 8);
	const struct address first = { { [10] = 0xff, [11] = 0xff } };
	for (size_t i = 0; i < secrets->prefix_count && halves; i++) {
		const struct prefix *prefix = &secrets->prefixes[i];
		const uint8_t *bytes = prefix->address.bytes;
		bool all = prefix->length <= 96 && prefix_contains(*prefix, first);
		if (!all && !address_is_v4(prefix->address))
			continue;
		size_t from = all ? 0 : (size_t)bytes[12] << 8 | bytes[13];
		size_t count = all ? HALVES : prefix->length < 112 ? (size_t)1 << (112 - prefix->length) : 1;
		for (size_t half = from; half < from + count; half++)
			halves[half / 8] = (uint8_t)(halves[half / 8] | 1u << half % 8);
	}
	secrets->halves = halves;
	return halves != NULL;
}

bool secrets_make(struct secrets *secrets, const struct text *words, size_t word_count, const struct prefix *prefixes,
    size_t prefix_count, struct arena *arena)
{
	struct making making = { .arena = arena, .words = arena_take(arena, (3 * word_count + 1) * sizeof *words) };
	struct prefix *sorted = arena_take(arena, (prefix_count + 1) * sizeof *sorted);
	*secrets = (struct secrets){ 0 };
	if (!making.words || !sorted)
		return false;
	for (size_t i = 0; i < word_count; i++)
		if (!add_forms(&making, words[i]))
			return false;
	for (size_t i = 0; i < prefix_count; i++)
		sorted[i] = prefix_of(prefixes[i].address, prefixes[i].length);
	if (prefix_count)
		qsort(sorted, prefix_count, sizeof *sorted, compare_prefixes);
	secrets->prefixes = sorted;
	secrets->prefix_count = prefix_count;
	return index_halves(secrets, arena) && index_words(secrets, &making);
}
