/*
 * Hashes and random numbers: XXH3 from libxxhash, SHA-256, SHA-1 and MD5 from OpenSSL, getrandom(2).
 *
 * OpenSSL's SHA256_Init() and the like are deprecated in favour of EVP, which looks its algorithms up by name for each
 * digest; for a few bytes that takes longer than the digest.
 */
#include "base/hash.h"

#define OPENSSL_SUPPRESS_DEPRECATED /* SHA256_Init() and the like */
#define XXH_INLINE_ALL
#include <xxhash.h>

#include <endian.h>
#include <errno.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/md5.h>
#include <openssl/sha.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

uint64_t hash_bytes(const void *at, size_t size, uint64_t seed)
{
	return XXH3_64bits_withSeed(at, size, seed);
}

uint64_t hash_text(struct text text, uint64_t seed)
{
	return XXH3_64bits_withSeed(text.at, text.size, seed);
}

uint64_t hash_u64(uint64_t value, uint64_t seed)
{
	value = htole64(value);
	return XXH3_64bits_withSeed(&value, sizeof value, seed);
}

struct hash128 hash128_bytes(const void *at, size_t size, uint64_t seed)
{
	XXH128_hash_t hash = XXH3_128bits_withSeed(at, size, seed);
	return (struct hash128){ .high = hash.high64, .low = hash.low64 };
}

/* ── digests: a failure would leave no safe value to go on with ─ */

void crypto_load(void)
{
	uint8_t digest[EVP_MAX_MD_SIZE];
	if (EVP_Digest("", 0, digest, NULL, EVP_sha256(), NULL) != 1)
		abort();
}

struct sha256 {
	SHA256_CTX context;
};

static void begin_sha256(struct sha256 *hash)
{
	if (!SHA256_Init(&hash->context))
		abort();
}

static void finish_sha256(struct sha256 *hash, uint8_t digest[32])
{
	if (!SHA256_Final(digest, &hash->context))
		abort();
}

void sha256(const void *at, size_t size, uint8_t digest[32])
{
	struct sha256 hash;
	begin_sha256(&hash);
	sha256_add(&hash, at, size);
	finish_sha256(&hash, digest);
}

void sha1(const void *at, size_t size, uint8_t digest[20])
{
	SHA_CTX context;
	if (!SHA1_Init(&context) || !SHA1_Update(&context, at, size) || !SHA1_Final(digest, &context))
		abort();
}

void md5(const void *at, size_t size, uint8_t digest[16])
{
	MD5_CTX context;
	if (!MD5_Init(&context) || !MD5_Update(&context, at, size) || !MD5_Final(digest, &context))
		abort();
}

struct sha256 *sha256_begin(void)
{
	struct sha256 *hash = malloc(sizeof *hash);
	if (!hash)
		abort();
	begin_sha256(hash);
	return hash;
}

void sha256_add(struct sha256 *hash, const void *at, size_t size)
{
	if (!SHA256_Update(&hash->context, at, size))
		abort();
}

void sha256_end(struct sha256 *hash, uint8_t digest[32])
{
	if (digest)
		finish_sha256(hash, digest);
	free(hash);
}

/* RFC 2104, with the digest that uses the processor's instructions. */
void hmac_sha256(const void *key, size_t key_size, const void *at, size_t size, uint8_t digest[32])
{
	uint8_t padded[SHA256_CBLOCK] = { 0 };
	struct sha256 inner, outer;
	if (key_size > sizeof padded)
		sha256(key, key_size, padded);
	else if (key_size > 0)
		memcpy(padded, key, key_size);
	for (size_t i = 0; i < sizeof padded; i++)
		padded[i] ^= 0x36;
	begin_sha256(&inner);
	sha256_add(&inner, padded, sizeof padded);
	sha256_add(&inner, at, size);
	finish_sha256(&inner, digest);
	for (size_t i = 0; i < sizeof padded; i++)
		padded[i] ^= 0x36 ^ 0x5c;
	begin_sha256(&outer);
	sha256_add(&outer, padded, sizeof padded);
	sha256_add(&outer, digest, 32);
	finish_sha256(&outer, digest);
	OPENSSL_cleanse(padded, sizeof padded);
	OPENSSL_cleanse(&inner, sizeof inner);
	OPENSSL_cleanse(&outer, sizeof outer);
}

bool bytes_equal_secret(const void *a, const void *b, size_t size)
{
	return CRYPTO_memcmp(a, b, size) == 0;
}

void random_bytes(void *at, size_t size)
{
	unsigned char *to = at;
	while (size) {
		ssize_t got = getrandom(to, size, 0);
		if (got < 0 && errno != EINTR)
			abort(); /* only a kernel without the call: a guessable secret must not follow */
		if (got > 0) {
			to += got;
			size -= (size_t)got;
		}
	}
}
