/*
 * Lines of the protocols that are text, as their bytes come.
 */
#ifndef NOROSHI_NET_LINE_H
#define NOROSHI_NET_LINE_H

#include "base/text.h"

#include <stdint.h>
#include <string.h>

/* The line at the beginning of `bytes` without its end (LF, and CRs before it); *taken is its size with its end, 0 when
 * there is no end yet: it is looked for from `scanned` on. */
static inline struct text line_read(const uint8_t *bytes, size_t size, size_t scanned, size_t *taken)
{
	const uint8_t *end = scanned < size ? memchr(bytes + scanned, '\n', size - scanned) : NULL;
	*taken = end ? (size_t)(end - bytes) + 1 : 0;
	struct text line = { (const char *)bytes, end ? *taken - 1 : 0 };
	while (line.size && line.at[line.size - 1] == '\r')
		line.size--;
	return line;
}

/* For recognition: the first line of what a side sent. One that does not end within LINE_DECIDING bytes is none of
 * these protocols', however much more is there to look at: *over. */
#define LINE_DECIDING 512u
static inline struct text line_first(struct text bytes, bool *over)
{
	size_t taken, some = bytes.size < LINE_DECIDING ? bytes.size : LINE_DECIDING;
	struct text line = line_read((const uint8_t *)bytes.at, some, 0, &taken);
	*over = !taken && some == LINE_DECIDING;
	return taken ? line : (struct text){ NULL, 0 };
}

#endif
