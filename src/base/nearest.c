/*
 * The nearest known name, for messages about a name that somebody mistyped. Declared in base/config.h.
 */
#include "base/config.h"

#include "base/character.h"

#include <string.h>

#define LONGEST 64

static unsigned least(unsigned a, unsigned b)
{
	return a < b ? a : b;
}

/* Damerau-Levenshtein distance (optimal string alignment): insertions, deletions, changes, swapped neighbours. */
static unsigned edit_distance(const char *a, size_t a_size, const char *b, size_t b_size)
{
	unsigned rows[3][LONGEST + 1];
	unsigned *before = rows[0], *last = rows[1], *row = rows[2];
	for (size_t j = 0; j <= b_size; j++)
		last[j] = (unsigned)j;
	memcpy(before, last, sizeof rows[0]);
	for (size_t i = 1; i <= a_size; i++) {
		row[0] = (unsigned)i;
		for (size_t j = 1; j <= b_size; j++) {
			char x = char_lower(a[i - 1]), y = char_lower(b[j - 1]);
			row[j] = least(least(last[j], row[j - 1]) + 1, last[j - 1] + (x != y));
			if (i > 1 && j > 1 && x == char_lower(b[j - 2]) && char_lower(a[i - 2]) == y)
				row[j] = least(row[j], before[j - 2] + 1);
		}
		unsigned *spare = before;
		before = last;
		last = row;
		row = spare;
	}
	return last[b_size];
}

const char *nearest_name(const char *unknown, const char *const *known)
{
	size_t size = strlen(unknown);
	const char *nearest = NULL;
	unsigned nearest_distance = 0;
	if (size == 0 || size > LONGEST)
		return NULL;
	for (; *known; known++) {
		size_t known_size = strlen(*known);
		if (known_size > LONGEST)
			continue;
		unsigned distance = edit_distance(unknown, size, *known, known_size);
		unsigned near = (unsigned)(known_size < size ? known_size : size) / 3 + 1;
		/* An abbreviation: "cert" for "certificate". */
		if (size >= 3 && known_size > size && strncmp(unknown, *known, size) == 0)
			distance = least(distance, 2);
		if (distance <= (near < 2 ? 2 : near) && distance < size && (!nearest || distance < nearest_distance)) {
			nearest = *known;
			nearest_distance = distance;
		}
	}
	return nearest;
}
