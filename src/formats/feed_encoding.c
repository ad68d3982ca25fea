/*
 * Encodings that expat does not have, by iconv: those of one byte, and the two of Japanese publishers whose characters
 * can be told apart by their first byte. ISO-2022-JP cannot, and is refused.
 */
#include "formats/feed.h"

#include <expat.h>
#include <iconv.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum shape { ONE_BYTE, SHIFT_JIS, EUC_JP };

static const struct {
	const char *name, *known; /* as documents write it; as iconv knows it */
	enum shape shape;
} encodings[] = {
	{ "shift_jis", "CP932", SHIFT_JIS },
	{ "shift-jis", "CP932", SHIFT_JIS },
	{ "sjis", "CP932", SHIFT_JIS },
	{ "x-sjis", "CP932", SHIFT_JIS },
	{ "windows-31j", "CP932", SHIFT_JIS },
	{ "cp932", "CP932", SHIFT_JIS },
	{ "euc-jp", "EUC-JP-MS", EUC_JP },
	{ "x-euc-jp", "EUC-JP-MS", EUC_JP },
	{ "windows-1252", "CP1252", ONE_BYTE },
	{ "iso-8859-15", "ISO-8859-15", ONE_BYTE },
};

/* Bytes of the character that begins with this one. */
static unsigned bytes_of(enum shape shape, unsigned first)
{
	if (shape == SHIFT_JIS)
		return (first >= 0x81 && first <= 0x9f) || (first >= 0xe0 && first <= 0xfc) ? 2 : 1;
	if (shape == EUC_JP)
		return first == 0x8f ? 3 : first == 0x8e || (first >= 0xa1 && first <= 0xfe) ? 2 : 1;
	return 1;
}

struct conversion {
	iconv_t iconv;
	enum shape shape;
};

/* -1: it is no character. */
static int convert(const struct conversion *conversion, const char *bytes, unsigned count)
{
	char in[4], *from = in;
	uint32_t code = 0;
	char *to = (char *)&code;
	size_t left = count, room = sizeof code;
	memcpy(in, bytes, count);
	iconv(conversion->iconv, NULL, NULL, NULL, NULL);
	if (iconv(conversion->iconv, &from, &left, &to, &room) == (size_t)-1 || left || room)
		return -1;
	return (int)code;
}

static int convert_long(void *context, const char *bytes)
{
	const struct conversion *conversion = context;
	return convert(conversion, bytes, bytes_of(conversion->shape, (unsigned char)*bytes));
}

static void let_go(void *context)
{
	struct conversion *conversion = context;
	iconv_close(conversion->iconv);
	free(conversion);
}

int feed_encoding(void *context, const char *name, void *encoding)
{
	XML_Encoding *to = encoding;
	size_t known = 0, all = sizeof encodings / sizeof *encodings;
	(void)context;
	while (known < all && strcasecmp(encodings[known].name, name) != 0)
		known++;
	struct conversion *conversion = known < all ? malloc(sizeof *conversion) : NULL;
	if (!conversion)
		return XML_STATUS_ERROR;
	*conversion = (struct conversion){ iconv_open(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__ ? "UCS-4LE" : "UCS-4BE",
					       encodings[known].known),
		encodings[known].shape };
	if (conversion->iconv == (iconv_t)-1) {
		free(conversion);
		return XML_STATUS_ERROR;
	}
	for (unsigned byte = 0; byte < 256; byte++) {
		unsigned count = bytes_of(conversion->shape, byte);
		char one = (char)byte;
		to->map[byte] = count == 1 ? convert(conversion, &one, 1) : -(int)count;
	}
	to->data = conversion;
	to->convert = convert_long;
	to->release = let_go;
	return XML_STATUS_OK;
}
