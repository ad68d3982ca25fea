/*
 * Hexadecimal digits, and UUIDs (RFC 4122, RFC 9562). Declared in base/hash.h.
 */
#include "base/hash.h"

#include "base/character.h"

#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>

char *hex_format(const void *at, size_t size, char *to)
{
	static const char digits[] = "0123456789abcdef";
	const uint8_t *bytes = at;
	for (size_t i = 0; i < size; i++) {
		to[2 * i] = digits[bytes[i] >> 4];
		to[2 * i + 1] = digits[bytes[i] & 15];
	}
	to[2 * size] = 0;
	return to;
}

bool hex_parse(struct text text, void *to, size_t size)
{
	uint8_t *bytes = to;
	if (text.size % 2 || text.size / 2 != size)
		return false;
	/* 16 + the value of each digit: digits of hashes are random, and branches on them mostly guessed wrong */
	static const uint8_t values[256] = { ['0'] = 16,
		17,
		18,
		19,
		20,
		21,
		22,
		23,
		24,
		25,
		['A'] = 26,
		27,
		28,
		29,
		30,
		31,
		['a'] = 26,
		27,
		28,
		29,
		30,
		31 };
	unsigned all = 16;
	for (size_t i = 0; i < text.size; i++)
		all &= values[(unsigned char)text.at[i]];
	if (!all)
		return false;
	for (size_t i = 0; i < size; i++)
		bytes[i] = (uint8_t)(values[(unsigned char)text.at[2 * i]] << 4 |
				     (values[(unsigned char)text.at[2 * i + 1]] & 15));
	return true;
}

static struct uuid uuid_marked(struct uuid uuid, unsigned version)
{
	uuid.bytes[6] = (uint8_t)((uuid.bytes[6] & 0x0f) | version << 4);
	uuid.bytes[8] = (uint8_t)((uuid.bytes[8] & 0x3f) | 0x80);
	return uuid;
}

struct uuid uuid_ordered(nanoseconds now)
{
	struct uuid uuid;
	uint64_t milliseconds = (uint64_t)(now / MILLISECOND);
	unsigned rest = (unsigned)(now % MILLISECOND / MICROSECOND) << 2; /* of 12 bits */
	random_bytes(uuid.bytes, sizeof uuid.bytes);
	for (int i = 0; i < 6; i++)
		uuid.bytes[i] = (uint8_t)(milliseconds >> (40 - 8 * i));
	uuid.bytes[6] = (uint8_t)(0x70 | (rest >> 8));
	uuid.bytes[7] = (uint8_t)rest;
	uuid.bytes[8] = (uint8_t)((uuid.bytes[8] & 0x3f) | 0x80);
	return uuid;
}

struct uuid uuid_random(void)
{
	struct uuid uuid;
	random_bytes(uuid.bytes, sizeof uuid.bytes);
	return uuid_marked(uuid, 4);
}

struct uuid uuid_derived(struct uuid space, const void *at, size_t size)
{
	uint8_t digest[EVP_MAX_MD_SIZE];
	struct uuid uuid;
	EVP_MD_CTX *context = EVP_MD_CTX_new();
	if (!context || EVP_DigestInit_ex(context, EVP_sha256(), NULL) != 1 ||
	    EVP_DigestUpdate(context, space.bytes, sizeof space.bytes) != 1 ||
	    EVP_DigestUpdate(context, at, size) != 1 || EVP_DigestFinal_ex(context, digest, NULL) != 1)
		abort(); /* as sha256(): an identity that could not be made has no safe value */
	EVP_MD_CTX_free(context);
	memcpy(uuid.bytes, digest, sizeof uuid.bytes);
	return uuid_marked(uuid, 8);
}

char *uuid_format(struct uuid uuid, char to[static UUID_TEXT])
{
	char digits[HEX_SIZE(16)];
	char *end = to;
	hex_format(uuid.bytes, sizeof uuid.bytes, digits);
	for (int i = 0; i < 32; i++) {
		if (i == 8 || i == 12 || i == 16 || i == 20)
			*end++ = '-';
		*end++ = digits[i];
	}
	*end = 0;
	return to;
}

bool uuid_parse(struct text text, struct uuid *uuid)
{
	char digits[32];
	size_t count = 0;
	if (text.size != UUID_TEXT - 1)
		return false;
	for (size_t i = 0; i < text.size; i++) {
		bool dash = i == 8 || i == 13 || i == 18 || i == 23;
		if (dash && text.at[i] != '-')
			return false;
		if (!dash)
			digits[count++] = text.at[i];
	}
	return hex_parse((struct text){ digits, sizeof digits }, uuid->bytes, sizeof uuid->bytes);
}

bool uuid_equal(struct uuid a, struct uuid b)
{
	return memcmp(a.bytes, b.bytes, sizeof a.bytes) == 0;
}

bool uuid_is_nil(struct uuid uuid)
{
	return uuid_equal(uuid, (struct uuid){ { 0 } });
}
