/*
 * The binary packets of SSH; see ssh_packet.h.
 */
#include "decoy/ssh_packet.h"

#include "base/codec.h"
#include "base/hash.h"
#include "net/cursor.h"

#include <openssl/evp.h>
#include <string.h>

#define LENGTH 4u
#define PLAIN_BLOCK 8u

bool ssh_direction_key(struct ssh_direction *direction, const uint8_t key[SSH_KEY], const uint8_t start[SSH_KEY],
    const uint8_t mac[SSH_MAC])
{
	/* Counter mode: what encrypts decrypts. */
	EVP_CIPHER_CTX *cipher = EVP_CIPHER_CTX_new();
	if (!cipher || EVP_EncryptInit_ex(cipher, EVP_aes_128_ctr(), NULL, key, start) != 1) {
		EVP_CIPHER_CTX_free(cipher);
		return false;
	}
	direction->cipher = cipher;
	memcpy(direction->mac, mac, SSH_MAC);
	return true;
}

static bool crypt(struct ssh_direction *direction, const char *from, size_t size, char *to)
{
	int done = 0;
	return size == 0 ||
	       EVP_EncryptUpdate(direction->cipher, (uint8_t *)to, &done, (const uint8_t *)from, (int)size);
}

/* RFC 4253, 6.4: over the number of the packet and all of it, not encrypted. */
static bool checksum_of(const struct ssh_direction *direction, struct text whole, uint8_t to[static SSH_MAC])
{
	struct builder text = { 0 };
	const uint32_t n = direction->sequence;
	const char number[] = { (char)(n >> 24), (char)(n >> 16), (char)(n >> 8), (char)n };
	build_text(&text, (struct text){ number, sizeof number });
	build_text(&text, whole);
	bool done = !text.failed;
	if (done)
		hmac_sha256(direction->mac, SSH_MAC, text.at, text.size, to);
	builder_free(&text);
	return done;
}

static struct text without_padding(struct text whole, bool *broken)
{
	struct cursor from = cursor_of_text(whole);
	uint32_t length = cursor_u32(&from);
	uint8_t padding = cursor_u8(&from);
	if (from.failed || padding + 1u > length)
		*broken = true;
	return cursor_text(&from, *broken ? 0 : length - 1 - padding);
}

static size_t read_plain(struct ssh_packets *packets, struct text input, struct text *packet, bool *broken)
{
	struct cursor from = cursor_of_text(input);
	if (input.size < LENGTH)
		return 0;
	uint32_t length = cursor_u32(&from);
	if (length < 2 || length > SSH_PACKET_MOST) {
		*broken = true;
		return 0;
	}
	if (from.left < length)
		return 0;
	packets->in.sequence++;
	*packet = without_padding((struct text){ input.at, LENGTH + length }, broken);
	return LENGTH + length;
}

static size_t read_crypted(struct ssh_packets *packets, struct text input, struct text *packet, bool *broken)
{
	struct ssh_direction *in = &packets->in;
	if (!packets->begun) {
		if (input.size < SSH_KEY)
			return 0;
		packets->begun = true;
		*broken = !crypt(in, input.at, SSH_KEY, (char *)packets->first);
		return SSH_KEY;
	}
	struct cursor from = cursor_of(packets->first, SSH_KEY);
	uint32_t length = cursor_u32(&from);
	if (length < SSH_KEY - LENGTH || length > SSH_PACKET_MOST || (length + LENGTH) % SSH_KEY) {
		*broken = true;
		return 0;
	}
	size_t rest = length + LENGTH - SSH_KEY;
	if (input.size < rest + SSH_MAC)
		return 0;
	uint8_t mac[SSH_MAC];
	builder_clear(&packets->plain);
	build_text(&packets->plain, (struct text){ (const char *)packets->first, SSH_KEY });
	*broken = !build_room(&packets->plain, rest) || !crypt(in, input.at, rest, packets->plain.at + SSH_KEY);
	packets->plain.size += *broken ? 0 : rest;
	struct text whole = { packets->plain.at, packets->plain.size };
	*broken = *broken || !checksum_of(in, whole, mac) || !bytes_equal_secret(mac, input.at + rest, SSH_MAC);
	if (!*broken)
		*packet = without_padding(whole, broken);
	in->sequence++;
	packets->begun = false;
	return rest + SSH_MAC;
}

size_t ssh_packet_read(struct ssh_packets *packets, struct text input, struct text *packet, bool *broken)
{
	*packet = TEXT_NONE;
	return packets->in.cipher ? read_crypted(packets, input, packet, broken)
				  : read_plain(packets, input, packet, broken);
}

void ssh_packet_write(
    struct ssh_packets *packets, void (*random)(void *at, size_t size), struct text packet, struct builder *to)
{
	struct ssh_direction *out = &packets->out;
	size_t block = out->cipher ? SSH_KEY : PLAIN_BLOCK, padding = block - (LENGTH + 1 + packet.size) % block;
	char filler[2 * SSH_KEY];
	uint8_t mac[SSH_MAC];
	padding += padding < 4 ? block : 0;
	uint32_t length = (uint32_t)(1 + packet.size + padding);
	const char head[] = { (char)(length >> 24), (char)(length >> 16), (char)(length >> 8), (char)length,
		(char)padding };
	size_t begin = to->size;
	random(filler, sizeof filler);
	build_text(to, (struct text){ head, sizeof head });
	build_text(to, packet);
	build_text(to, (struct text){ filler, padding });
	if (to->failed)
		return;
	if (out->cipher) {
		size_t size = to->size - begin;
		if (!checksum_of(out, (struct text){ to->at + begin, size }, mac) ||
		    !crypt(out, to->at + begin, size, to->at + begin))
			to->failed = true;
		build_text(to, (struct text){ (const char *)mac, SSH_MAC });
	}
	out->sequence++;
}

void ssh_packets_free(struct ssh_packets *packets)
{
	EVP_CIPHER_CTX_free(packets->in.cipher);
	EVP_CIPHER_CTX_free(packets->out.cipher);
	builder_free(&packets->plain);
}
