/*
 * SSH (RFC 4253, 4252): the key exchange that today's clients have (curve25519-sha256, RFC 8731; ssh-ed25519, RFC
 * 8709), and then every name and password that is tried, each refused. There is nothing behind it: no session can be
 * opened.
 *
 * The host key is made at the start of the decoy and is nobody's identity.
 */
#include "decoy/session.h"

#include "base/codec.h"
#include "base/hash.h"
#include "decoy/ssh_packet.h"
#include "net/cursor.h"

#include <sodium.h>
#include <string.h>

#define VERSION "SSH-2.0-OpenSSH_9.2p1"
#define VERSION_MOST 255
#define TRIES_MOST 6
#define LISTS 10 /* of names, in the offer */
#define POINT 32 /* bytes of X25519 */
#define HASH 32

enum ssh_message {
	SSH_DISCONNECT = 1,
	SSH_IGNORE,
	SSH_UNIMPLEMENTED,
	SSH_DEBUG,
	SSH_SERVICE_REQUEST,
	SSH_SERVICE_ACCEPT,
	SSH_EXT_INFO,
	SSH_KEXINIT = 20,
	SSH_NEWKEYS,
	SSH_ECDH_INIT = 30,
	SSH_ECDH_REPLY,
	SSH_AUTH_REQUEST = 50,
	SSH_AUTH_FAILURE
};

struct ssh {
	enum { AT_VERSION, AT_OFFER, AT_POINT, AT_NEW_KEYS, AT_SERVICE } where;
	bool guessed; /* the next packet is of a guess that was wrong */
	unsigned tries;
	struct builder client_version, client_offer, offer;
	struct ssh_packets packets;
	uint8_t in_key[SSH_KEY], in_start[SSH_KEY], in_mac[SSH_MAC];
};

/* ── writing as RFC 4251, 5, has it ─ */

static void put_number(struct builder *to, uint32_t value)
{
	const char bytes[] = { (char)(value >> 24), (char)(value >> 16), (char)(value >> 8), (char)value };
	build_text(to, (struct text){ bytes, sizeof bytes });
}

static void put_string(struct builder *to, struct text text)
{
	put_number(to, (uint32_t)text.size);
	build_text(to, text);
}

#define BYTES(array) ((struct text){ (const char *)(array), sizeof(array) })

/* Positive, without zeros before it. */
static void put_mpint(struct builder *to, struct text bytes)
{
	while (bytes.size && bytes.at[0] == 0)
		bytes.at++, bytes.size--;
	bool high = bytes.size && (uint8_t)bytes.at[0] & 0x80;
	put_number(to, (uint32_t)(bytes.size + high));
	if (high)
		build_char(to, 0);
	build_text(to, bytes);
}

static void send(struct session *session, struct builder *packet)
{
	struct ssh *ssh = session->state;
	if (packet->failed)
		session->answer.failed = true;
	else
		ssh_packet_write(&ssh->packets, session->settings->random, (struct text){ packet->at, packet->size },
		    &session->answer);
	builder_free(packet);
}

/* ── offers ─ */

static const char *const offers[LISTS] = { "curve25519-sha256,curve25519-sha256@libssh.org", "ssh-ed25519",
	"aes128-ctr", "aes128-ctr", "hmac-sha2-256", "hmac-sha2-256", "none", "none", "", "" };

static void ssh_begin(struct session *session)
{
	struct ssh *ssh = session->state;
	struct builder packet = { 0 };
	char cookie[16];
	session->settings->random(cookie, sizeof cookie);
	build_char(&ssh->offer, SSH_KEXINIT);
	build_text(&ssh->offer, (struct text){ cookie, sizeof cookie });
	for (size_t i = 0; i < LISTS; i++)
		put_string(&ssh->offer, text_of(offers[i]));
	build_char(&ssh->offer, 0); /* no guess */
	put_number(&ssh->offer, 0);
	session_answer(session, TEXT(VERSION "\r\n"));
	build_text(&packet, (struct text){ ssh->offer.at, ssh->offer.size });
	send(session, &packet);
}

static bool list_has(struct text list, const char *name)
{
	while (list.size)
		if (text_equal(text_cut(&list, ','), text_of(name)))
			return true;
	return false;
}

/* HASSH: MD5 of the lists that are as typical of a client as its name. */
static void record_hassh(struct session *session, const struct text lists[static LISTS])
{
	struct builder text = { 0 };
	uint8_t digest[16];
	char hex[HEX_SIZE(sizeof digest)];
	build_text(&text, lists[0]);
	for (size_t i = 2; i < 8; i += 2) {
		build_char(&text, ';');
		build_text(&text, lists[i]);
	}
	if (!text.failed) {
		md5(text.at, text.size, digest);
		session_fact(session, FACT_HASSH, text_of(hex_format(digest, sizeof digest, hex)));
	}
	builder_free(&text);
}

static void take_offer(struct session *session, struct ssh *ssh, struct text packet)
{
	struct cursor from = cursor_of_text(packet);
	struct text lists[LISTS];
	cursor_skip(&from, 17);
	for (size_t i = 0; i < LISTS; i++) {
		struct cursor list = cursor_part32(&from);
		lists[i] = cursor_rest(&list);
	}
	uint8_t guess = cursor_u8(&from);
	if (from.failed) {
		session->end = SESSION_BROKEN;
		return;
	}
	record_hassh(session, lists);
	struct text first = lists[0], first_key = lists[1];
	bool common = list_has(lists[0], "curve25519-sha256") || list_has(lists[0], "curve25519-sha256@libssh.org");
	for (size_t i = 1; i < 8; i++)
		common = common && list_has(lists[i], offers[i]);
	if (!common) { /* its client, its offer and that is all */
		session->end = SESSION_DONE;
		return;
	}
	/* A guess is right when both sides like the same best (RFC 4253, 7.1). */
	ssh->guessed = guess && !(text_equal(text_cut(&first, ','), TEXT("curve25519-sha256")) &&
				    text_equal(text_cut(&first_key, ','), TEXT("ssh-ed25519")));
	build_text(&ssh->client_offer, packet);
	ssh->where = AT_POINT;
}

/* ── keys ─ */

struct exchange {
	uint8_t secret[POINT], point[POINT], shared[POINT], hash[HASH];
	struct builder host_key, shared_text; /* as they are hashed */
};

static void hash_exchange(const struct ssh *ssh, struct text client_point, struct exchange *exchange)
{
	struct builder text = { 0 };
	put_string(&text, (struct text){ ssh->client_version.at, ssh->client_version.size });
	put_string(&text, TEXT(VERSION));
	put_string(&text, (struct text){ ssh->client_offer.at, ssh->client_offer.size });
	put_string(&text, (struct text){ ssh->offer.at, ssh->offer.size });
	put_string(&text, (struct text){ exchange->host_key.at, exchange->host_key.size });
	put_string(&text, client_point);
	put_string(&text, BYTES(exchange->point));
	build_text(&text, (struct text){ exchange->shared_text.at, exchange->shared_text.size });
	sha256(text.at, text.size, exchange->hash);
	builder_free(&text);
}

/* RFC 4253, 7.2; the hash of the first exchange is the session's name. */
static void derive(const struct exchange *exchange, char letter, uint8_t *to, size_t size)
{
	struct builder text = { 0 };
	uint8_t digest[HASH];
	build_text(&text, (struct text){ exchange->shared_text.at, exchange->shared_text.size });
	build_text(&text, BYTES(exchange->hash));
	build_char(&text, letter);
	build_text(&text, BYTES(exchange->hash));
	sha256(text.at, text.size, digest);
	memcpy(to, digest, size);
	builder_free(&text);
}

static void send_reply(struct session *session, const struct exchange *exchange)
{
	struct builder packet = { 0 }, signature = { 0 };
	uint8_t signed_hash[crypto_sign_BYTES];
	crypto_sign_detached(signed_hash, NULL, exchange->hash, HASH, session->settings->host_key);
	put_string(&signature, TEXT("ssh-ed25519"));
	put_string(&signature, BYTES(signed_hash));
	build_char(&packet, SSH_ECDH_REPLY);
	put_string(&packet, (struct text){ exchange->host_key.at, exchange->host_key.size });
	put_string(&packet, BYTES(exchange->point));
	put_string(&packet, (struct text){ signature.at, signature.size });
	builder_free(&signature);
	send(session, &packet);
	struct builder keys = { 0 };
	build_char(&keys, SSH_NEWKEYS);
	send(session, &keys);
}

static void key_both(struct session *session, struct ssh *ssh, const struct exchange *exchange)
{
	uint8_t key[SSH_KEY], start[SSH_KEY], mac[SSH_MAC];
	derive(exchange, 'A', ssh->in_start, SSH_KEY);
	derive(exchange, 'B', start, SSH_KEY);
	derive(exchange, 'C', ssh->in_key, SSH_KEY);
	derive(exchange, 'D', key, SSH_KEY);
	derive(exchange, 'E', ssh->in_mac, SSH_MAC);
	derive(exchange, 'F', mac, SSH_MAC);
	if (!ssh_direction_key(&ssh->packets.out, key, start, mac))
		session->end = SESSION_FULL;
	ssh->where = AT_NEW_KEYS;
}

static void take_point(struct session *session, struct ssh *ssh, struct text packet)
{
	struct cursor from = cursor_of_text(packet);
	struct exchange exchange = { .secret = { 0 } };
	cursor_skip(&from, 1);
	struct cursor part = cursor_part32(&from);
	struct text point = cursor_rest(&part);
	session->settings->random(exchange.secret, POINT);
	bool fits = point.size == POINT && crypto_scalarmult_base(exchange.point, exchange.secret) == 0 &&
		    crypto_scalarmult(exchange.shared, exchange.secret, (const uint8_t *)point.at) == 0;
	if (fits) {
		put_string(&exchange.host_key, TEXT("ssh-ed25519"));
		put_string(&exchange.host_key, (struct text){ (const char *)session->settings->host_key + 32, 32 });
		put_mpint(&exchange.shared_text, BYTES(exchange.shared));
		hash_exchange(ssh, point, &exchange);
		send_reply(session, &exchange);
		key_both(session, ssh, &exchange);
	} else {
		session->end = SESSION_BROKEN;
	}
	builder_free(&exchange.host_key);
	builder_free(&exchange.shared_text);
	sodium_memzero(&exchange, sizeof exchange);
}

/* ── names and passwords ─ */

static struct text string_of(struct cursor *from)
{
	struct cursor part = cursor_part32(from);
	return cursor_rest(&part);
}

static void take_request(struct session *session, struct ssh *ssh, struct text packet)
{
	struct cursor from = cursor_of_text(packet);
	struct builder answer = { 0 };
	cursor_skip(&from, 1);
	struct text name = string_of(&from);
	string_of(&from); /* what for */
	if (text_equal(string_of(&from), TEXT("password"))) {
		cursor_skip(&from, 1); /* whether it is to be changed */
		struct text password = string_of(&from);
		if (!from.failed)
			session_fact_pair(session, FACT_CREDENTIAL, name, password);
		ssh->tries++;
	}
	build_char(&answer, SSH_AUTH_FAILURE);
	put_string(&answer, TEXT("password"));
	build_char(&answer, 0);
	send(session, &answer);
	if (from.failed || ssh->tries >= TRIES_MOST)
		session->end = from.failed ? SESSION_BROKEN : SESSION_DONE;
}

static void take_service(struct session *session, struct ssh *ssh, struct text packet)
{
	struct cursor from = cursor_of_text(packet);
	struct builder answer = { 0 };
	uint8_t kind = cursor_u8(&from);
	if (kind == SSH_AUTH_REQUEST) {
		take_request(session, ssh, packet);
	} else if (kind == SSH_SERVICE_REQUEST && text_equal(string_of(&from), TEXT("ssh-userauth"))) {
		build_char(&answer, SSH_SERVICE_ACCEPT);
		put_string(&answer, TEXT("ssh-userauth"));
		send(session, &answer);
	} else {
		session->end = SESSION_BROKEN; /* keys are not made anew either */
	}
}

static void take_packet(struct session *session, struct ssh *ssh, struct text packet)
{
	uint8_t kind = packet.size ? (uint8_t)packet.at[0] : 0;
	bool guessed = ssh->guessed;
	ssh->guessed = false;
	if (kind == SSH_DISCONNECT)
		session->end = SESSION_DONE;
	else if (kind == SSH_IGNORE || kind == SSH_UNIMPLEMENTED || kind == SSH_DEBUG || kind == SSH_EXT_INFO)
		ssh->guessed = guessed;
	else if (guessed)
		return;
	else if (ssh->where == AT_OFFER && kind == SSH_KEXINIT)
		take_offer(session, ssh, packet);
	else if (ssh->where == AT_POINT && kind == SSH_ECDH_INIT)
		take_point(session, ssh, packet);
	else if (ssh->where == AT_NEW_KEYS && kind == SSH_NEWKEYS) {
		if (!ssh_direction_key(&ssh->packets.in, ssh->in_key, ssh->in_start, ssh->in_mac))
			session->end = SESSION_FULL;
		ssh->where = AT_SERVICE;
	} else if (ssh->where == AT_SERVICE)
		take_service(session, ssh, packet);
	else
		session->end = SESSION_BROKEN;
}

/* ── */

static size_t take_version(struct session *session, struct ssh *ssh, struct text input)
{
	struct text rest = input, line = text_cut(&rest, '\n');
	size_t used = line.size + 1;
	if (line.size == input.size) {
		if (input.size > VERSION_MOST + 1) /* the \r of a longest line may be there already */
			session->end = SESSION_BROKEN;
		return 0;
	}
	if (text_ends(line, TEXT("\r")))
		line.size--;
	if (line.size > VERSION_MOST || !text_starts(line, TEXT("SSH-2.0-"))) {
		session_payload(session, input);
		session->end = SESSION_BROKEN;
		return input.size;
	}
	session_fact(session, FACT_CLIENT, line);
	build_text(&ssh->client_version, line);
	ssh->where = AT_OFFER;
	return used;
}

static size_t ssh_step(struct session *session, struct text input)
{
	struct ssh *ssh = session->state;
	struct text packet;
	bool broken = false;
	if (ssh->where == AT_VERSION)
		return take_version(session, ssh, input);
	size_t used = ssh_packet_read(&ssh->packets, input, &packet, &broken);
	if (broken)
		session->end = SESSION_BROKEN;
	else if (packet.at)
		take_packet(session, ssh, packet);
	return used;
}

static void ssh_clear(struct session *session)
{
	struct ssh *ssh = session->state;
	builder_free(&ssh->client_version);
	builder_free(&ssh->client_offer);
	builder_free(&ssh->offer);
	ssh_packets_free(&ssh->packets);
}

const struct protocol ssh_protocol = {
	.name = "ssh",
	.state_size = sizeof(struct ssh),
	.begin = ssh_begin,
	.step = ssh_step,
	.clear = ssh_clear,
};
