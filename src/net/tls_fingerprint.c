/*
 * JA3, JA3S and JA4 of a hello that was read.
 */
#include "net/tls_fingerprint.h"

#include "base/hash.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ── JA3 ─ */

/* Decimal, with '-' before it when something other than ',' stands before. */
static void build_number(struct builder *to, uint16_t value)
{
	char digits[8], *at = digits + sizeof digits;
	do
		*--at = (char)('0' + value % 10);
	while (value /= 10);
	if (to->size > 0 && to->at[to->size - 1] != ',')
		*--at = '-';
	build_text(to, (struct text){ at, (size_t)(digits + sizeof digits - at) });
}

static void build_numbers(struct builder *to, struct cursor list)
{
	while (list.left >= 2) {
		uint16_t value = cursor_u16(&list);
		if (!tls_is_grease(value))
			build_number(to, value);
	}
	build_char(to, ',');
}

static void build_extensions(struct builder *to, struct cursor extensions)
{
	uint16_t type;
	struct cursor body;
	while (tls_extension_next(&extensions, &type, &body))
		if (!tls_is_grease(type))
			build_number(to, type);
}

void ja3_string(const struct tls_hello *client, struct builder *to)
{
	build_number(to, client->legacy_version);
	build_char(to, ',');
	build_numbers(to, client->ciphers);
	build_extensions(to, client->extensions);
	build_char(to, ',');
	build_numbers(to, client->groups);
	struct cursor formats = client->formats;
	while (formats.left > 0)
		build_number(to, cursor_u8(&formats));
}

void ja3s_string(const struct tls_hello *server, struct builder *to)
{
	build_number(to, server->legacy_version);
	build_char(to, ',');
	build_numbers(to, server->ciphers);
	build_extensions(to, server->extensions);
}

char *ja3_hash(struct text string, char to[static JA3_TEXT])
{
	uint8_t digest[16];
	md5(string.at, string.size, digest);
	return hex_format(digest, sizeof digest, to);
}

/* ── JA4 ─ */

/* More of anything than this is not looked at: a hello of 16 KiB cannot hold more extensions. */
#define LIST_MOST 4096

struct list {
	size_t count;
	uint16_t values[LIST_MOST];
};

static void list_add(struct list *list, uint16_t value)
{
	if (!tls_is_grease(value) && list->count < LIST_MOST)
		list->values[list->count++] = value;
}

static void list_read(struct list *list, struct cursor from)
{
	list->count = 0;
	while (from.left >= 2)
		list_add(list, cursor_u16(&from));
}

static int compare_values(const void *a, const void *b)
{
	return *(const uint16_t *)a - *(const uint16_t *)b;
}

static void list_sort(struct list *list)
{
	qsort(list->values, list->count, sizeof *list->values, compare_values);
}

/* "c02b,c02f", at most what fits. Returns the bytes written. */
static size_t list_write(const struct list *list, char *to)
{
	static const char digits[] = "0123456789abcdef";
	char *at = to;
	for (size_t i = 0; i < list->count; i++) {
		if (i > 0)
			*at++ = ',';
		for (int shift = 12; shift >= 0; shift -= 4)
			*at++ = digits[list->values[i] >> shift & 15];
	}
	return (size_t)(at - to);
}

/* Twelve hexadecimal digits of SHA-256, or zeros for nothing. */
static void write_hash(const char *text, size_t size, char to[static 13])
{
	uint8_t digest[32] = { 0 };
	if (size > 0)
		sha256(text, size, digest);
	hex_format(digest, 6, to);
}

static const char *version_code(uint16_t version)
{
	switch (version) {
	case TLS_1_3:
		return "13";
	case TLS_1_2:
		return "12";
	case TLS_1_1:
		return "11";
	case TLS_1_0:
		return "10";
	case TLS_SSL3:
		return "s3";
	case TLS_SSL2:
		return "s2";
	case DTLS_1_0:
		return "d1";
	case DTLS_1_2:
		return "d2";
	case DTLS_1_3:
		return "d3";
	default:
		return "00";
	}
}

static bool is_alphanumeric(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

/* First and last character of the first protocol's name; of its hexadecimal form when one of them is no letter or
 * digit. */
static void alpn_code(struct cursor names, char to[static 3])
{
	struct cursor name = cursor_part8(&names);
	struct text text = cursor_rest(&name);
	strcpy(to, "00");
	if (text.size == 0)
		return;
	to[0] = text.at[0];
	to[1] = text.at[text.size - 1];
	if (!is_alphanumeric(to[0]) || !is_alphanumeric(to[1])) {
		char first[3], last[3];
		hex_format(text.at, 1, first);
		hex_format(text.at + text.size - 1, 1, last);
		to[0] = first[0];
		to[1] = last[1];
	}
}

/* Counts are of two digits. */
static unsigned two_digits(size_t count)
{
	return count > 99 ? 99 : (unsigned)count;
}

char *ja4_format(const struct tls_hello *client, enum ja4_carrier carrier, char to[static JA4_TEXT])
{
	struct list ciphers, extensions, signatures;
	char text[2 * 5 * LIST_MOST], alpn[3], hashes[2][13];
	struct cursor rest = client->extensions, body;
	uint16_t type;
	size_t all = 0;
	extensions.count = 0;
	list_read(&ciphers, client->ciphers);
	while (tls_extension_next(&rest, &type, &body)) {
		all += !tls_is_grease(type);
		if (type != TLS_EXTENSION_SERVER_NAME && type != TLS_EXTENSION_ALPN)
			list_add(&extensions, type);
	}
	list_read(&signatures, client->signatures);
	alpn_code(client->alpn, alpn);
	list_sort(&ciphers);
	list_sort(&extensions);
	write_hash(text, list_write(&ciphers, text), hashes[0]);
	size_t size = list_write(&extensions, text);
	if (size > 0 && signatures.count > 0) {
		text[size++] = '_';
		size += list_write(&signatures, text + size);
	}
	write_hash(text, size, hashes[1]);
	snprintf(to, JA4_TEXT, "%c%s%c%02u%02u%s_%s_%s", (char)carrier, version_code(client->version),
	    client->has_server_name ? 'd' : 'i', two_digits(ciphers.count), two_digits(all), alpn, hashes[0],
	    hashes[1]);
	return to;
}
