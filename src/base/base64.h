/*
 * Base64 (RFC 4648, 4).
 */
#ifndef NOROSHI_BASE_BASE64_H
#define NOROSHI_BASE_BASE64_H

#include <stddef.h>
#include <stdint.h>

#define BASE64_SIZE(bytes) (((bytes) + 2) / 3 * 4 + 1)
/* With its padding and a NUL; `to` has BASE64_SIZE(size). Returns `to`. */
char *base64_format(const void *at, size_t size, char *to);

/* Decoding in pieces, as mail is read (RFC 2045, 6.8): what is no digit is skipped, '=' ends a group. Zeroed it is at
 * the beginning. */
struct base64_decoder {
	uint32_t bits;
	unsigned digits; /* in `bits` */
};
/* `to` has room for size / 4 × 3 + 3 bytes. Returns how many were written. */
size_t base64_decode(struct base64_decoder *decoder, const char *at, size_t size, uint8_t *to);

#endif
