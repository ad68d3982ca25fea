/*
 * Indicators: names and actions, compared forms, and the table of which field is compared with what.
 */
#include "match/indicator.h"

#include "base/character.h"
#include "base/hash.h"
#include "match/name.h"
#include "match/url.h"
#include "net/address.h"

#include <assert.h>
#include <string.h>

static_assert(URL_LONGEST <= INDICATOR_VALUE, "a URL fits");

static const char *const kind_names[INDICATOR_KINDS] = {
	[INDICATOR_ADDRESS] = "address",
	[INDICATOR_DOMAIN] = "domain",
	[INDICATOR_HOSTNAME] = "hostname",
	[INDICATOR_URL] = "url",
	[INDICATOR_MD5] = "md5",
	[INDICATOR_SHA1] = "sha1",
	[INDICATOR_SHA256] = "sha256",
	[INDICATOR_JA3] = "ja3",
	[INDICATOR_JA3S] = "ja3s",
	[INDICATOR_JA4] = "ja4",
	[INDICATOR_HASSH] = "hassh",
	[INDICATOR_HASSH_SERVER] = "hassh-server",
	[INDICATOR_CERTIFICATE_SHA1] = "certificate-sha1",
	[INDICATOR_CERTIFICATE_SHA256] = "certificate-sha256",
	[INDICATOR_MAIL] = "mail",
	[INDICATOR_SUBJECT] = "subject",
};

/* MISP's types of attributes (https://www.misp-standard.org/rfc/misp-standard-core.html, 2.4.2.4). */
static const struct {
	const char *name;
	enum indicator_kind kind;
} other_names[] = {
	{ "ip", INDICATOR_ADDRESS },
	{ "ip-src", INDICATOR_ADDRESS },
	{ "ip-dst", INDICATOR_ADDRESS },
	{ "prefix", INDICATOR_ADDRESS },
	{ "ja3-fingerprint-md5", INDICATOR_JA3 },
	{ "ja3s-fingerprint-md5", INDICATOR_JA3S },
	{ "hassh-md5", INDICATOR_HASSH },
	{ "hasshserver-md5", INDICATOR_HASSH_SERVER },
	{ "x509-fingerprint-sha1", INDICATOR_CERTIFICATE_SHA1 },
	{ "x509-fingerprint-sha256", INDICATOR_CERTIFICATE_SHA256 },
	{ "email", INDICATOR_MAIL },
	{ "email-src", INDICATOR_MAIL },
	{ "email-dst", INDICATOR_MAIL },
	{ "email-subject", INDICATOR_SUBJECT },
};

static const char *const action_names[INDICATOR_ACTIONS] = { "observe", "alert", "block" };

const char *indicator_kind_name(enum indicator_kind kind)
{
	return kind_names[kind];
}

bool indicator_kind_named(struct text name, enum indicator_kind *kind)
{
	for (int i = 0; i < INDICATOR_KINDS; i++)
		if (text_equal_nocase(name, text_of(kind_names[i]))) {
			*kind = (enum indicator_kind)i;
			return true;
		}
	for (size_t i = 0; i < sizeof other_names / sizeof *other_names; i++)
		if (text_equal_nocase(name, text_of(other_names[i].name))) {
			*kind = other_names[i].kind;
			return true;
		}
	return false;
}

const char *indicator_action_name(enum indicator_action action)
{
	return action_names[action];
}

bool indicator_action_named(struct text name, enum indicator_action *action)
{
	for (int i = 0; i < INDICATOR_ACTIONS; i++)
		if (text_equal_nocase(name, text_of(action_names[i]))) {
			*action = (enum indicator_action)i;
			return true;
		}
	return false;
}

/* ── compared forms ─ */

static size_t normalize_address(struct text value, uint8_t *to)
{
	struct prefix prefix;
	if (!prefix_parse(value, &prefix))
		return 0;
	to[0] = prefix.length;
	bool v4 = prefix.length >= 96 && address_is_v4(prefix.address);
	memcpy(to + 1, prefix.address.bytes + (v4 ? 12 : 0), v4 ? 4 : 16);
	return v4 ? 5 : 17;
}

static size_t normalize_name(struct text value, uint8_t *to)
{
	struct address address; /* is looked for as one, never as a name */
	if (!name_normalize(value, (char *)to) || address_parse(text_of((char *)to), &address))
		return 0;
	return strlen((char *)to);
}

static size_t hash_size(enum indicator_kind kind)
{
	switch (kind) {
	case INDICATOR_MD5:
	case INDICATOR_JA3:
	case INDICATOR_JA3S:
	case INDICATOR_HASSH:
	case INDICATOR_HASSH_SERVER:
		return 16;
	case INDICATOR_SHA1:
	case INDICATOR_CERTIFICATE_SHA1:
		return 20;
	case INDICATOR_SHA256:
	case INDICATOR_CERTIFICATE_SHA256:
		return 32;
	default:
		return 0;
	}
}

/* Digits, or pairs of digits with colons between them as certificates are shown. */
static size_t normalize_hash(struct text value, size_t size, uint8_t *to)
{
	char digits[64];
	size_t count = 0;
	bool colons = value.size == 3 * size - 1;
	if (!colons)
		return hex_parse(value, to, size) ? size : 0;
	for (size_t i = 0; i < value.size; i++) {
		if (i % 3 == 2 && value.at[i] == ':')
			continue;
		if (count == sizeof digits)
			return 0;
		digits[count++] = value.at[i];
	}
	return hex_parse((struct text){ digits, count }, to, size) ? size : 0;
}

/* "t13d1516h2_8daaf6152771_b186095e22b6" (https://github.com/FoxIO-LLC/ja4, JA4) */
static size_t normalize_ja4(struct text value, uint8_t *to)
{
	if (value.size != 36)
		return 0;
	for (size_t i = 0; i < value.size; i++) {
		char c = char_lower(value.at[i]);
		bool good = i == 10 || i == 23 ? c == '_'
			    : i < 10           ? char_is_digit(c) || (c >= 'a' && c <= 'z')
					       : char_hex(c) >= 0;
		if (!good)
			return 0;
		to[i] = (uint8_t)c;
	}
	return value.size;
}

static size_t normalize_mail(struct text value, uint8_t *to)
{
	value = text_trim(value);
	if (value.size > 2 && value.at[0] == '<' && value.at[value.size - 1] == '>')
		value = (struct text){ value.at + 1, value.size - 2 };
	char name[NAME_LONGEST + 1];
	size_t at = value.size;
	while (at > 0 && value.at[at - 1] != '@')
		at--;
	if (at < 2 || value.size > 320 || !name_normalize((struct text){ value.at + at, value.size - at }, name))
		return 0;
	for (size_t i = 0; i < at; i++) {
		if ((unsigned char)value.at[i] <= ' ')
			return 0;
		to[i] = (uint8_t)char_lower(value.at[i]);
	}
	memcpy(to + at, name, strlen(name));
	return at + strlen(name);
}

static size_t normalize_subject(struct text value, uint8_t *to)
{
	size_t size = 0;
	value = text_trim(value);
	for (size_t i = 0; i < value.size; i++) {
		bool space = char_is_space(value.at[i]);
		if (space && char_is_space(value.at[i - 1])) /* the first is none: trimmed */
			continue;
		if (size == INDICATOR_VALUE || (!space && (unsigned char)value.at[i] < ' '))
			return 0;
		to[size++] = space ? ' ' : (uint8_t)char_lower(value.at[i]);
	}
	return size;
}

size_t indicator_normalize(enum indicator_kind kind, struct text value, uint8_t to[static INDICATOR_VALUE])
{
	switch (kind) {
	case INDICATOR_ADDRESS:
		return normalize_address(value, to);
	case INDICATOR_DOMAIN:
	case INDICATOR_HOSTNAME:
		return normalize_name(value, to);
	case INDICATOR_URL:
		return url_normalize(value, (char *)to);
	case INDICATOR_JA4:
		return normalize_ja4(value, to);
	case INDICATOR_MAIL:
		return normalize_mail(value, to);
	case INDICATOR_SUBJECT:
		return normalize_subject(value, to);
	default:
		return normalize_hash(value, hash_size(kind), to);
	}
}

bool indicator_guess(struct text value, enum indicator_kind *kind)
{
	static const enum indicator_kind order[] = { INDICATOR_ADDRESS, INDICATOR_MD5, INDICATOR_SHA1, INDICATOR_SHA256,
		INDICATOR_JA4, INDICATOR_URL, INDICATOR_MAIL, INDICATOR_DOMAIN };
	uint8_t form[INDICATOR_VALUE];
	for (size_t i = 0; i < sizeof order / sizeof *order; i++)
		if (indicator_normalize(order[i], value, form)) {
			*kind = order[i];
			/* a word or a number alone is more likely a mistake than a domain */
			return *kind != INDICATOR_DOMAIN || memchr(value.at, '.', value.size);
		}
	return false;
}

static char *format_address(const uint8_t *value, size_t size, char *to)
{
	struct prefix prefix = { .length = value[0] };
	if (size == 5)
		memset(prefix.address.bytes + 10, 0xff, 2);
	memcpy(prefix.address.bytes + (size == 5 ? 12 : 0), value + 1, size - 1);
	return prefix.length == 128 ? address_format(prefix.address, to) : prefix_format(prefix, to);
}

char *indicator_format(enum indicator_kind kind, const uint8_t *value, size_t size, char to[static INDICATOR_TEXT])
{
	if (kind == INDICATOR_ADDRESS && (size == 5 || size == 17))
		return format_address(value, size, to);
	if (hash_size(kind) > 0 && size <= 32)
		return hex_format(value, size, to);
	memcpy(to, value, size);
	to[size] = '\0';
	return to;
}

/* ── fields ─ */

#define NAMES (INDICATOR_BIT(INDICATOR_DOMAIN) | INDICATOR_BIT(INDICATOR_HOSTNAME))
#define HOSTS (NAMES | INDICATOR_BIT(INDICATOR_ADDRESS))

unsigned indicator_kinds_of(enum field field)
{
	static const unsigned kinds[FIELD_COUNT] = {
		[FIELD_DNS_QUERY] = NAMES,
		[FIELD_DNS_NAME] = NAMES,
		[FIELD_DNS_ADDRESS] = INDICATOR_BIT(INDICATOR_ADDRESS),
		[FIELD_TLS_SNI] = HOSTS,
		[FIELD_TLS_JA3] = INDICATOR_BIT(INDICATOR_JA3),
		[FIELD_TLS_JA3S] = INDICATOR_BIT(INDICATOR_JA3S),
		[FIELD_TLS_JA4] = INDICATOR_BIT(INDICATOR_JA4),
		[FIELD_TLS_CERTIFICATE] = INDICATOR_BIT(INDICATOR_CERTIFICATE_SHA256),
		[FIELD_TLS_CERTIFICATE_SHA1] = INDICATOR_BIT(INDICATOR_CERTIFICATE_SHA1),
		[FIELD_TLS_NAME] = NAMES,
		[FIELD_HTTP_HOST] = HOSTS,
		[FIELD_HTTP_URL] = INDICATOR_BIT(INDICATOR_URL),
		[FIELD_FILE_SHA256] = INDICATOR_BIT(INDICATOR_SHA256),
		[FIELD_FILE_SHA1] = INDICATOR_BIT(INDICATOR_SHA1),
		[FIELD_FILE_MD5] = INDICATOR_BIT(INDICATOR_MD5),
		[FIELD_MAIL_FROM] = INDICATOR_BIT(INDICATOR_MAIL) | NAMES,
		[FIELD_MAIL_TO] = INDICATOR_BIT(INDICATOR_MAIL) | NAMES,
		[FIELD_MAIL_SUBJECT] = INDICATOR_BIT(INDICATOR_SUBJECT),
		[FIELD_MAIL_HELO] = HOSTS,
		[FIELD_SSH_HASSH] = INDICATOR_BIT(INDICATOR_HASSH),
		[FIELD_SSH_HASSH_SERVER] = INDICATOR_BIT(INDICATOR_HASSH_SERVER),
	};
	return field < FIELD_COUNT ? kinds[field] : 0;
}
