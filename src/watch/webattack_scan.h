/*
 * Finding patterns in requests: one Vectorscan database, and a memory of what was clean, since most requests of a log
 * were made before.
 */
#ifndef NOROSHI_WATCH_WEBATTACK_SCAN_H
#define NOROSHI_WATCH_WEBATTACK_SCAN_H

#include "base/error.h"
#include "watch/webattack_normal.h"
#include "watch/webattack_pattern.h"

#include <stdint.h>

#define HITS_MOST 48

struct hit {
	uint16_t pattern; /* pattern_at() */
	uint8_t weight;
};

/* What was found in one request; each pattern once, with the most that it weighed. */
struct hits {
	struct hit items[HITS_MOST];
	size_t count;
	unsigned weights[ATTACK_COUNT]; /* added up */
	bool discloses, inference;
};

struct scanner; /* one thread */

enum error scanner_new(struct scanner **scanner, struct failure *failure);
void scanner_free(struct scanner *scanner);

/* Adds what is found to `hits`, which starts zeroed. True when something was: then scanner_normal() is the text. */
bool scanner_target(struct scanner *scanner, struct text target, struct hits *hits);
/* `foreign`: the header names another page (a Referer that is an address): only exploits count in it, since a browser
 * repeats there what stood in the address before. */
bool scanner_header(struct scanner *scanner, struct text header, bool foreign, struct hits *hits);
const struct normal *scanner_normal(const struct scanner *scanner);

#endif
