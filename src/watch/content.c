/*
 * Fingerprints of pages: near pages have near fingerprints. See availability.h.
 */
#include "watch/availability.h"

#include "base/hash.h"

#define WORD 64 /* bytes of a word that count */

struct words {
	int32_t sums[64]; /* of each bit, over the words */
	uint64_t before;  /* hash of the word before: pairs of words are hashed */
	char word[WORD];
	unsigned size;
	bool wide; /* `word` is a character beyond ASCII */
	bool any;
};

static void end_word(struct words *words)
{
	if (words->size == 0)
		return;
	uint64_t hash = hash_bytes(words->word, words->size, words->before);
	for (unsigned bit = 0; bit < 64; bit++)
		words->sums[bit] += hash >> bit & 1 ? 1 : -1;
	words->before = hash_bytes(words->word, words->size, 0);
	words->size = 0;
	words->any = true;
}

/* A word of letters; beyond ASCII, where words are not told apart by spaces, each character. */
static void take_byte(struct words *words, unsigned char c)
{
	bool wide = c >= 0x80, begins = wide && (c & 0xc0) != 0x80;
	if (begins || wide != words->wide || words->size == WORD)
		end_word(words);
	words->wide = wide;
	words->word[words->size++] = (char)c;
}

uint64_t content_fingerprint(const void *body, uint64_t size)
{
	const unsigned char *at = body;
	struct words words = { 0 };
	bool tag = false;
	for (uint64_t i = 0; i < size; i++) {
		unsigned char c = at[i];
		if (c == '<')
			tag = true;
		if (!tag && (c >= 0x80 || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z')))
			take_byte(&words, c);
		else
			end_word(&words);
		if (c == '>')
			tag = false;
	}
	end_word(&words);
	uint64_t fingerprint = 0;
	for (unsigned bit = 0; bit < 64 && words.any; bit++)
		fingerprint |= (uint64_t)(words.sums[bit] > 0) << bit;
	/* A body without words is told by its bytes. */
	if (!words.any && size)
		fingerprint = hash_bytes(body, size, 0);
	return size && fingerprint == 0 ? 1 : fingerprint;
}

unsigned content_distance(uint64_t one, uint64_t other)
{
	return (unsigned)__builtin_popcountll(one ^ other);
}
