/*
 * Hashes and random numbers: XXH3 from libxxhash, SHA-256, SHA-1 and MD5 from OpenSSL, HMAC from libsodium,
 * getrandom(2).
 */
#include "base/hash.h"

#define OPENSSL_SUPPRESS_DEPRECATED /* SHA1_Init() */
#define XXH_INLINE_ALL
#include <xxhash.h>

#include <endian.h>
#include <errno.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/sha.h>
#include <sodium.h>
#include <stdlib.h>
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

/* A digest that could not be made has no safe value to go on with: these fail only without memory, or with a broken
 * OpenSSL configuration, and then the process ends. */
void sha256(const void *at, size_t size, uint8_t digest[32])
{
	if (!SHA256(size ? at : "", size, digest))
		abort();
}

void sha1(const void *at, size_t size, uint8_t digest[20])
{
	SHA_CTX context; /* OpenSSL's one call for all looks its algorithms up at each call, which takes longer than the
			    hash */
	if (!SHA1_Init(&context) || !SHA1_Update(&context, at, size) || !SHA1_Final(digest, &context))
		abort();
}

void md5(const void *at, size_t size, uint8_t digest[16])
{
	if (EVP_Digest(size ? at : (const void *)"", size, digest, NULL, EVP_md5(), NULL) != 1)
		abort();
}

struct sha256 *sha256_begin(void)
{
	EVP_MD_CTX *context = EVP_MD_CTX_new();
	if (!context || EVP_DigestInit_ex(context, EVP_sha256(), NULL) != 1)
		abort();
	return (struct sha256 *)context;
}

void sha256_add(struct sha256 *hash, const void *at, size_t size)
{
	if (EVP_DigestUpdate((EVP_MD_CTX *)hash, at, size) != 1)
		abort();
}

void sha256_end(struct sha256 *hash, uint8_t digest[32])
{
	if (digest && EVP_DigestFinal_ex((EVP_MD_CTX *)hash, digest, NULL) != 1)
		abort();
	EVP_MD_CTX_free((EVP_MD_CTX *)hash);
}

void hmac_sha256(const void *key, size_t key_size, const void *at, size_t size, uint8_t digest[32])
{
	crypto_auth_hmacsha256_state state; /* libsodium's, because OpenSSL's looks its algorithms up at each call */
	crypto_auth_hmacsha256_init(&state, key, key_size);
	crypto_auth_hmacsha256_update(&state, at, size);
	crypto_auth_hmacsha256_final(&state, digest);
	sodium_memzero(&state, sizeof state);
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
