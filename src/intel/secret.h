/*
 * Whether a text tells what may not be told: names and domains of organisations, mail addresses under these, and
 * addresses of their networks, however they are written: upper or lower case, full width, with invisible characters
 * between, defanged ("aoba[.]example", "hxxp"), escaped as in a regular expression, percent- and quoted-printable,
 * base64 (at any offset, UTF-16 too), hexadecimal, punycode (RFC 3492), reversed for in-addr.arpa, with dashes.
 *
 * What is meant to be found may be tens of thousands of words: an index of their first bytes makes looking cost as much
 * as the text is long (some 5 ns a byte and view, of which a run of base64 or hexadecimal has four to six). What is
 * looked through is one property of one item. A word of fewer
 * than six bytes is found only where no letter or digit of ASCII touches it ("ume" is not in "volume").
 */
#ifndef NOROSHI_INTEL_SECRET_H
#define NOROSHI_INTEL_SECRET_H

#include "base/memory.h"
#include "base/text.h"
#include "net/address.h"

struct secrets {
	const struct text *words; /* as secrets_make() folded them, ascending */
	size_t word_count;
	const struct prefix *prefixes; /* by length, then by address */
	size_t prefix_count;
	const uint8_t *beginnings; /* a bit for each hash of four first bytes, of 32 - `shift` bits */
	unsigned shift;
	size_t short_count; /* words of fewer than four bytes, which lie in `shorts` */
	const struct text *shorts;
	bool short_begins[256]; /* by their first byte */
	const uint8_t *halves;  /* a bit for each first half of an IPv4 address of which a prefix holds any */
};

/* Names, titles, domains as people write them (empty ones are passed over). Copies them into the arena. false: no
 * memory. */
bool secrets_make(struct secrets *secrets, const struct text *words, size_t word_count, const struct prefix *prefixes,
    size_t prefix_count, struct arena *arena);
/* secret_index.c: whether a text in the form of the words (view_fold()) holds one of them; whether one of the prefixes
 * holds the address. */
bool secrets_hold_word(const struct secrets *secrets, struct text view);
bool secrets_hold_address(const struct secrets *secrets, struct address address);
/* Whether it stands in the text as it is, or defanged: nothing is decoded. true as well when there is no memory to
 * look.
 */
bool secrets_stand_in(const struct secrets *secrets, struct text text);
/* Whether it stands there in any writing. */
bool secrets_found(const struct secrets *secrets, struct text text);

#endif
