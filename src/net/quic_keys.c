/*
 * Initial keys of QUIC. HKDF (RFC 5869) is two uses of HMAC here, because no secret is longer than one hash.
 */
#include "net/quic_keys.h"

#include "base/hash.h"

#include <openssl/evp.h>
#include <string.h>

#define SALT 20
#define TAG 16    /* of AES-128-GCM */
#define SAMPLE 16 /* RFC 9001 5.4.2 */

/* ── versions ─ */

static const struct {
	uint32_t first, last;
	uint8_t salt[SALT];
} salts[] = {
	{ QUIC_1, QUIC_1,
	    { 0x38, 0x76, 0x2c, 0xf7, 0xf5, 0x59, 0x34, 0xb3, 0x4d, 0x17, 0x9a, 0xe6, 0xa4, 0xc8, 0x0c, 0xad, 0xcc,
		0xbb, 0x7f, 0x0a } },
	{ QUIC_2, QUIC_2,
	    { 0x0d, 0xed, 0xe3, 0xde, 0xf7, 0x00, 0xa6, 0xdb, 0x81, 0x93, 0x81, 0xbe, 0x6e, 0x26, 0x9d, 0xcb, 0xf9,
		0xbd, 0x2e, 0xd9 } },
	{ 0xff000021, 0xff000022, /* drafts 33 and 34: as version 1 */
	    { 0x38, 0x76, 0x2c, 0xf7, 0xf5, 0x59, 0x34, 0xb3, 0x4d, 0x17, 0x9a, 0xe6, 0xa4, 0xc8, 0x0c, 0xad, 0xcc,
		0xbb, 0x7f, 0x0a } },
	{ 0xff00001d, 0xff000020, /* drafts 29 to 32 */
	    { 0xaf, 0xbf, 0xec, 0x28, 0x99, 0x93, 0xd2, 0x4c, 0x9e, 0x97, 0x86, 0xf1, 0x9c, 0x61, 0x11, 0xe0, 0x43,
		0x90, 0xa8, 0x99 } },
	{ 0xff000017, 0xff00001c, /* drafts 23 to 28 */
	    { 0xc3, 0xee, 0xf7, 0x12, 0xc7, 0x2e, 0xbb, 0x5a, 0x11, 0xa7, 0xd2, 0x43, 0x2b, 0xb4, 0x63, 0x65, 0xbe,
		0xf9, 0xf5, 0x02 } },
	{ 0xff000016, 0xff000016, /* draft 22 */
	    { 0x7f, 0xbc, 0xdb, 0x0e, 0x7c, 0x66, 0xbb, 0xe9, 0x19, 0x3a, 0x96, 0xcd, 0x21, 0x51, 0x9e, 0xbd, 0x7a,
		0x02, 0x64, 0x4a } },
	{ 0xfaceb001, 0xfaceb001, /* Facebook's mvfst on draft 22 */
	    { 0x7f, 0xbc, 0xdb, 0x0e, 0x7c, 0x66, 0xbb, 0xe9, 0x19, 0x3a, 0x96, 0xcd, 0x21, 0x51, 0x9e, 0xbd, 0x7a,
		0x02, 0x64, 0x4a } },
	{ 0xfaceb002, 0xfaceb00e, /* and on draft 27 */
	    { 0xc3, 0xee, 0xf7, 0x12, 0xc7, 0x2e, 0xbb, 0x5a, 0x11, 0xa7, 0xd2, 0x43, 0x2b, 0xb4, 0x63, 0x65, 0xbe,
		0xf9, 0xf5, 0x02 } },
	{ QUIC_Q050, QUIC_Q050,
	    { 0x50, 0x45, 0x74, 0xef, 0xd0, 0x66, 0xfe, 0x2f, 0x9d, 0x94, 0x5c, 0xfc, 0xdb, 0xd3, 0xa7, 0xf0, 0xd3,
		0xb5, 0x6b, 0x45 } },
	{ QUIC_T050, QUIC_T050,
	    { 0x7f, 0xf5, 0x79, 0xe5, 0xac, 0xd0, 0x72, 0x91, 0x55, 0x80, 0x30, 0x4c, 0x43, 0xa2, 0x36, 0x7c, 0x60,
		0x48, 0x83, 0x10 } },
	{ QUIC_T051, QUIC_T051,
	    { 0x7a, 0x4e, 0xde, 0xf4, 0xe7, 0xcc, 0xee, 0x5f, 0xa4, 0x50, 0x6c, 0x19, 0x12, 0x4f, 0xc8, 0xcc, 0xda,
		0x6e, 0x03, 0x3d } },
};

/* Versions that force a negotiation (RFC 9000 15): clients that send them seal as draft 29 did. */
static bool is_reserved(uint32_t version)
{
	return (version & 0x0f0f0f0f) == 0x0a0a0a0a;
}

static const uint8_t *salt_of(uint32_t version)
{
	if (is_reserved(version))
		version = 0xff00001d;
	for (size_t i = 0; i < sizeof salts / sizeof *salts; i++)
		if (version >= salts[i].first && version <= salts[i].last)
			return salts[i].salt;
	return NULL;
}

bool quic_version_known(uint32_t version)
{
	return salt_of(version) != NULL;
}

/* ── derivation ─ */

/* HKDF-Expand-Label of RFC 8446 7.1 without a context, for at most 32 bytes: the first block. */
static void expand(const uint8_t secret[32], const char *label, uint8_t *to, size_t size)
{
	uint8_t info[64], block[32];
	size_t length = 6 + strlen(label), at = 0;
	info[at++] = 0;
	info[at++] = (uint8_t)size;
	info[at++] = (uint8_t)length;
	memcpy(info + at, "tls13 ", 6);
	memcpy(info + at + 6, label, length - 6);
	at += length;
	info[at++] = 0; /* no context */
	info[at++] = 1; /* the first block */
	hmac_sha256(secret, 32, info, at, block);
	memcpy(to, block, size);
}

bool quic_keys_derive(uint32_t version, struct text connection, struct quic_keys keys[2])
{
	static const char *const sides[] = { "client in", "server in" };
	const uint8_t *salt = salt_of(version);
	uint8_t initial[32], secret[32];
	if (!salt)
		return false;
	hmac_sha256(salt, SALT, connection.at, connection.size, initial);
	for (int side = 0; side < 2; side++) {
		expand(initial, sides[side], secret, sizeof secret);
		expand(secret, version == QUIC_2 ? "quicv2 key" : "quic key", keys[side].key, sizeof keys[side].key);
		expand(secret, version == QUIC_2 ? "quicv2 iv" : "quic iv", keys[side].iv, sizeof keys[side].iv);
		expand(
		    secret, version == QUIC_2 ? "quicv2 hp" : "quic hp", keys[side].header, sizeof keys[side].header);
	}
	return true;
}

/* ── packets ─ */

/* RFC 9001 5.4.3: AES-128-ECB of the sample. */
static bool header_mask(EVP_CIPHER_CTX *context, const uint8_t key[16], const uint8_t sample[SAMPLE], uint8_t mask[16])
{
	int size;
	return EVP_EncryptInit_ex(context, EVP_aes_128_ecb(), NULL, key, NULL) == 1 &&
	       EVP_CIPHER_CTX_set_padding(context, 0) == 1 &&
	       EVP_EncryptUpdate(context, mask, &size, sample, SAMPLE) == 1;
}

/* What the tag protects no mutation of a fuzzer survives: there it is not looked at. */
static bool tag_fits(EVP_CIPHER_CTX *context, const char *tag, uint8_t *end)
{
#ifdef FUZZING_BUILD_MODE_UNSAFE_FOR_PRODUCTION
	(void)context, (void)tag, (void)end;
	return true;
#else
	int size = 0;
	return EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_GCM_SET_TAG, TAG, (void *)(uintptr_t)tag) == 1 &&
	       EVP_DecryptFinal_ex(context, end, &size) == 1;
#endif
}

static size_t open_payload(EVP_CIPHER_CTX *context, const struct quic_keys *keys, const uint8_t nonce[12],
    struct text header, struct text sealed, uint8_t *to)
{
	int size = 0;
	size_t length = sealed.size - TAG;
	bool good = EVP_DecryptInit_ex(context, EVP_aes_128_gcm(), NULL, keys->key, nonce) == 1 &&
		    EVP_DecryptUpdate(context, NULL, &size, (const uint8_t *)header.at, (int)header.size) == 1 &&
		    EVP_DecryptUpdate(context, to, &size, (const uint8_t *)sealed.at, (int)length) == 1 &&
		    tag_fits(context, sealed.at + length, to + size);
	return good ? length : 0;
}

size_t quic_open(const struct quic_keys *keys, struct text packet, size_t number, uint8_t *to)
{
	enum { HEADER_LARGEST = 2048, NUMBER_LARGEST = 4 };
	uint8_t mask[16], header[HEADER_LARGEST], nonce[12];
	if (number + NUMBER_LARGEST > sizeof header || number + NUMBER_LARGEST + SAMPLE > packet.size ||
	    packet.size > 65535)
		return 0;
	EVP_CIPHER_CTX *context = EVP_CIPHER_CTX_new();
	size_t opened = 0;
	if (context && header_mask(context, keys->header, (const uint8_t *)packet.at + number + NUMBER_LARGEST, mask)) {
		memcpy(header, packet.at, number + NUMBER_LARGEST);
		header[0] ^= mask[0] & 0x0f;
		size_t bytes = (header[0] & 3u) + 1;
		memcpy(nonce, keys->iv, sizeof nonce);
		for (size_t i = 0; i < bytes; i++) {
			header[number + i] ^= mask[1 + i];
			nonce[sizeof nonce - bytes + i] ^= header[number + i];
		}
		struct text sealed = { packet.at + number + bytes, packet.size - number - bytes };
		if (sealed.size > TAG)
			opened = open_payload(
			    context, keys, nonce, (struct text){ (const char *)header, number + bytes }, sealed, to);
	}
	EVP_CIPHER_CTX_free(context);
	return opened;
}
