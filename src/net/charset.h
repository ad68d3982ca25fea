/*
 * Text in the character sets of mail, as UTF-8, by the C library's iconv(3).
 *
 * Only sets on our own list are ever asked for: the name comes from strangers, and opening a set loads its module from
 * disk. A process that gives up its files calls charset_load() before.
 */
#ifndef NOROSHI_NET_CHARSET_H
#define NOROSHI_NET_CHARSET_H

#include "base/text.h"

/* Adds `text` as UTF-8; what is malformed becomes U+FFFD. False, with nothing added, when the set is not known. */
bool charset_decode(struct text charset, struct text text, struct builder *to);

/* Loads the modules of all sets, and keeps them for the life of the process. */
void charset_load(void);

#endif
