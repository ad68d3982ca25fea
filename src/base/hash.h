/*
 * Hashes, random numbers and identifiers.
 */
#ifndef NOROSHI_BASE_HASH_H
#define NOROSHI_BASE_HASH_H

#include "base/text.h"
#include "base/time.h"

#include <stdint.h>

/* Fast, not secret: XXH3 (64 bits). `seed` keeps tables of different meaning apart. Stable across versions: files hold
 * it. */
uint64_t hash_bytes(const void *at, size_t size, uint64_t seed);
uint64_t hash_text(struct text text, uint64_t seed);
uint64_t hash_u64(uint64_t value, uint64_t seed);

/* 128 bits (XXH3), for identities derived from content that is known to be unique, such as a batch id. */
struct hash128 {
	uint64_t high, low;
};
struct hash128 hash128_bytes(const void *at, size_t size, uint64_t seed);

/* CRC-32C (Castagnoli; RFC 3720 B.4), as every block of our files carries it. Start with crc = 0. */
uint32_t checksum(uint32_t crc, const void *at, size_t size);
uint32_t checksum_portable(
    uint32_t crc, const void *at, size_t size); /* the same without the processor's instruction */

/* SHA-256 (FIPS 180-4), and HMAC (RFC 2104) with it. Like everything here that cannot return a safe value without its
 * library, they end the process when OpenSSL cannot make the digest at all, or there is no memory. */
void sha256(const void *at, size_t size, uint8_t digest[32]);
/* The same in pieces; sha256_end() frees it (`digest` may be NULL: given up). */
struct sha256;
struct sha256 *sha256_begin(void);
void sha256_add(struct sha256 *hash, const void *at, size_t size);
void sha256_end(struct sha256 *hash, uint8_t digest[32]);
/* SHA-1 (FIPS 180-4) and MD5 (RFC 1321): names that others gave to certificates, files and fingerprints. Not safe
 * against forgery: never for integrity or secrets. */
void sha1(const void *at, size_t size, uint8_t digest[20]);
void md5(const void *at, size_t size, uint8_t digest[16]);
void hmac_sha256(const void *key, size_t key_size, const void *at, size_t size, uint8_t digest[32]);

/* Has OpenSSL read its configuration and its algorithms: for whoever gives up files and uses any of it afterwards. */
void crypto_load(void);

/* Compares in time that does not depend on the contents. */
bool bytes_equal_secret(const void *a, const void *b, size_t size);

void random_bytes(void *at, size_t size); /* getrandom(2); never fails */

#define HEX_SIZE(bytes) ((bytes)*2 + 1)
char *hex_format(const void *at, size_t size, char *to); /* `to` has HEX_SIZE(size); lower case */
bool hex_parse(struct text text, void *to, size_t size); /* exactly 2 × size digits */

/* RFC 4122 UUIDs in network byte order. */
struct uuid {
	uint8_t bytes[16];
};
#define UUID_TEXT 37
struct uuid uuid_random(void);             /* version 4 */
struct uuid uuid_ordered(nanoseconds now); /* version 7 (RFC 9562): later ones sort behind, to the microsecond */
struct uuid uuid_derived(struct uuid space, const void *at,
    size_t size); /* version 8 (RFC 9562): SHA-256 of the space's bytes and then these */
char *uuid_format(struct uuid uuid, char to[static UUID_TEXT]);
bool uuid_parse(struct text text, struct uuid *uuid); /* 8-4-4-4-12 digits of either case, any version */
bool uuid_equal(struct uuid a, struct uuid b);
bool uuid_is_nil(struct uuid uuid);

#endif
