/*
 * Base64 (base/base64.h).
 */
#include "base/base64.h"

static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

char *base64_format(const void *at, size_t size, char *to)
{
	const uint8_t *from = at;
	char *next = to;
	for (size_t i = 0; i < size; i += 3) {
		size_t left = size - i;
		uint32_t bits = (uint32_t)from[i] << 16 | (left > 1 ? (uint32_t)from[i + 1] << 8 : 0) |
				(left > 2 ? from[i + 2] : 0u);
		*next++ = digits[bits >> 18 & 63];
		*next++ = digits[bits >> 12 & 63];
		*next++ = left > 1 ? digits[bits >> 6 & 63] : '=';
		*next++ = left > 2 ? digits[bits & 63] : '=';
	}
	*next = 0;
	return to;
}

static int value_of(char c)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26;
	if (c >= '0' && c <= '9')
		return c - '0' + 52;
	return c == '+' ? 62 : c == '/' ? 63 : -1;
}

/* Writes the whole bytes that the digits so far make, and begins a group. */
static size_t end_group(struct base64_decoder *decoder, uint8_t *to)
{
	unsigned bytes = decoder->digits * 6 / 8;
	uint32_t bits = decoder->bits << (24 - 6 * decoder->digits);
	for (unsigned i = 0; i < bytes; i++)
		to[i] = (uint8_t)(bits >> (16 - 8 * i));
	*decoder = (struct base64_decoder){ 0 };
	return bytes;
}

size_t base64_decode(struct base64_decoder *decoder, const char *at, size_t size, uint8_t *to)
{
	size_t written = 0;
	for (size_t i = 0; i < size; i++) {
		int value = value_of(at[i]);
		if (value >= 0) {
			decoder->bits = decoder->bits << 6 | (uint32_t)value;
			decoder->digits++;
		}
		if (decoder->digits == 4 || (at[i] == '=' && decoder->digits))
			written += end_group(decoder, to + written);
	}
	return written;
}
