/*
 * UTF-16 as UTF-8: names in certificates (most significant byte first) and in what Windows sends (least significant
 * byte first).
 */
#ifndef NOROSHI_NET_UTF16_H
#define NOROSHI_NET_UTF16_H

#include "net/cursor.h"

/* Adds one code point; what is none becomes U+FFFD. */
void utf16_build_code_point(struct builder *to, uint32_t code);
/* Adds what is left of the cursor; an odd last byte is left out. */
void utf16_build(struct builder *to, struct cursor from, bool little);

#endif
