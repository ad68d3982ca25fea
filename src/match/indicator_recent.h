/*
 * What changed lately of a large set of indicators: a small set that is looked at beside it, so that an addition or a
 * withdrawal is in force in milliseconds and the large set need not be made anew.
 *
 *   lines of changes → struct indicator_recent (what each indicator is now) → compile → overlay, immutable
 *   large set + recent → indicator_recent_fold() → the next large set; what it holds leaves the recent ones
 *
 * A change is one line of JSON (docs/formats/indicators.md):
 *
 *   {"number":17,"id":4711,"action":"alert","values":[["domain","evil.example"],["url","evil.example/a"]]}
 *   {"number":18,"id":4711}                         it is withdrawn
 *   {"epoch":"9f…","since":16}                      numbers begin anew: what is recent is forgotten
 *
 * A line says all of an indicator, so that the newest one of an id is all that counts, and whoever takes only whole
 * lines never has half of a change. Numbers grow; a line with one that was taken before is passed over.
 */
#ifndef NOROSHI_MATCH_INDICATOR_RECENT_H
#define NOROSHI_MATCH_INDICATOR_RECENT_H

#include "match/indicator_set.h"

#define INDICATOR_CHANGE_LINE (1u << 20) /* bytes */
#define INDICATOR_CHANGE_VALUES 1024u    /* of one indicator */
#define INDICATOR_RECENT_MOST 262144u    /* indicators */
#define INDICATOR_RECENT_BYTES (64u << 20)
#define INDICATOR_EPOCH 64 /* bytes of the longest with its NUL: letters and digits */

struct indicator_recent;                             /* one thread */
struct indicator_recent *indicator_recent_new(void); /* NULL without memory */
void indicator_recent_free(struct indicator_recent *recent);

/* Takes a line. ERROR_INPUT: it is malformed (a value is none of its kind, too), and left out whole. ERROR_LIMIT: there
 * is no room for it until what is recent was folded: again then. */
enum error indicator_recent_take(struct indicator_recent *recent, struct text line, struct failure *failure);

struct indicator_recent_state {
	uint64_t number;             /* of the newest change that was taken */
	char epoch[INDICATOR_EPOCH]; /* "" before a line said one */
	uint32_t changed;            /* indicators, those that are withdrawn among them */
	size_t bytes;
};
struct indicator_recent_state indicator_recent_state(const struct indicator_recent *recent);

/* What a large set holds up to that change need not be held here any more. */
void indicator_recent_forget(struct indicator_recent *recent, uint64_t as_of);

struct indicator_overlay; /* any number of threads */
enum error indicator_recent_compile(
    const struct indicator_recent *recent, struct indicator_overlay **overlay, struct failure *failure);
void indicator_overlay_free(struct indicator_overlay *overlay);                               /* NULL is fine */
const struct indicator_set *indicator_overlay_added(const struct indicator_overlay *overlay); /* NULL for NULL */
/* Whether what the large set says of this indicator counts no more: it was withdrawn, or is another now. */
bool indicator_overlay_hides(const struct indicator_overlay *overlay, uint32_t id);

/* The large set (NULL: there is none) with all that is recent, as a new one. */
enum error indicator_recent_fold(const struct indicator_recent *recent, const struct indicator_set *large,
    struct indicator_set **set, struct failure *failure);

#endif
