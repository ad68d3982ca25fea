/*
 * Positions of alerts as people and programs see them. History numbers the alerts of all organisations through: whoever
 * saw the numbers of their own would know how many others sent in between. So they leave the centre enciphered, by a
 * key that the centre made for itself, and come back the same way.
 *
 * A Feistel network of four rounds over 64 bits with HMAC-SHA-256 as its function (Luby and Rackoff, 1988).
 */
#include "triage/adapter.h"
#include "triage/routes.h"

#include <string.h>

#define KEY_NAME "triage.position.key"
#define ROUNDS 4

static uint32_t mix(const uint8_t key[32], uint8_t round, uint32_t half)
{
	uint8_t text[5] = { round, (uint8_t)(half >> 24), (uint8_t)(half >> 16), (uint8_t)(half >> 8), (uint8_t)half };
	uint8_t digest[32];
	hmac_sha256(key, 32, text, sizeof text, digest);
	return (uint32_t)digest[0] << 24 | (uint32_t)digest[1] << 16 | (uint32_t)digest[2] << 8 | digest[3];
}

/* Without the adapter (handlers that tests call by themselves) the key is all zeros. */
static void key_of(const struct center *center, uint8_t key[32])
{
	const struct adapter *adapter = center ? center_state(center, "triage") : NULL;
	memset(key, 0, 32);
	if (adapter)
		memcpy(key, adapter->position_key, 32);
}

static uint64_t hide(const uint8_t key[32], uint64_t position)
{
	uint32_t left = (uint32_t)(position >> 32), right = (uint32_t)position;
	for (uint8_t round = 0; round < ROUNDS; round++) {
		uint32_t next = left ^ mix(key, round, right);
		left = right;
		right = next;
	}
	return (uint64_t)left << 32 | right;
}

static uint64_t reveal(const uint8_t key[32], uint64_t hidden)
{
	uint32_t left = (uint32_t)(hidden >> 32), right = (uint32_t)hidden;
	for (uint8_t round = ROUNDS; round-- > 0;) {
		uint32_t before = right ^ mix(key, round, left);
		right = left;
		left = before;
	}
	return (uint64_t)left << 32 | right;
}

uint64_t position_shown(const struct center *center, uint64_t position, bool hidden)
{
	uint8_t key[32];
	key_of(center, key);
	return hidden ? hide(key, position) : reveal(key, position);
}

uint64_t position_hide(const struct call *call, uint64_t position)
{
	return position_shown(call->center, position, true);
}

uint64_t position_reveal(const struct call *call, uint64_t hidden)
{
	return position_shown(call->center, hidden, false);
}

enum error position_key_load(struct adapter *adapter, struct failure *failure)
{
	struct text value;
	char hex[HEX_SIZE(32)];
	enum error error = store_value_get(adapter->center->store, KEY_NAME, adapter->arena, &value, failure);
	if (error == OK)
		return hex_parse(value, adapter->position_key, sizeof adapter->position_key)
			   ? OK
			   : fail(failure, ERROR_CORRUPT, "state store: the key of positions is damaged");
	if (error != ERROR_NOT_FOUND)
		return error;
	random_bytes(adapter->position_key, sizeof adapter->position_key);
	hex_format(adapter->position_key, sizeof adapter->position_key, hex);
	return store_value_put(adapter->center->store, KEY_NAME, text_of(hex), failure);
}
