/*
 * Whether a text tells what may not be told: names and domains of organisations, mail addresses under these, and
 * addresses of their networks, however they are written: upper or lower case, full width, with invisible characters
 * between, defanged ("aoba[.]example", "hxxp"), escaped as in a regular expression, percent- and quoted-printable,
 * base64 (at any offset, UTF-16 too), hexadecimal, punycode (RFC 3492), reversed for in-addr.arpa, with dashes.
 *
 * What is meant to be found is a list of a few hundred words; what is looked through is one property of one item. A
 * word of fewer than six bytes is found only where no letter or digit of ASCII touches it ("ume" is not in "volume").
 */
#ifndef NOROSHI_INTEL_SECRET_H
#define NOROSHI_INTEL_SECRET_H

#include "base/memory.h"
#include "base/text.h"
#include "net/address.h"

struct secrets {
	const struct text *words; /* as secrets_make() folded them */
	size_t word_count;
	const struct prefix *prefixes; /* the caller's */
	size_t prefix_count;
};

/* Names, titles, domains as people write them (empty ones are passed over). false: no memory. */
bool secrets_make(struct secrets *secrets, const struct text *words, size_t word_count, const struct prefix *prefixes,
    size_t prefix_count, struct arena *arena);
/* true as well when there is no memory to look. */
bool secrets_found(const struct secrets *secrets, struct text text);

#endif
