/*
 * Reassembly of IP datagrams; see fragments.h. A datagram is a buffer and one bit for each 8 bytes of it that came:
 * fragments begin at multiples of 8, and only the last one ends elsewhere.
 */
#include "net/fragments.h"

#include "base/hash.h"

#include <stdlib.h>
#include <string.h>

#define LARGEST 65535u /* bytes of a datagram behind its header */
#define UNITS (LARGEST / 8 + 1)
#define BUCKETS 1024u
#define MOST_PACKETS 16384u /* of one datagram: more are doubles without end */

struct key {
	struct address source, destination;
	uint32_t id;
	uint16_t vlan[2];
	uint8_t version, protocol; /* protocol: of IPv4 only */
};

struct unfinished {
	struct key key;
	struct unfinished *next;          /* in the bucket */
	struct unfinished *newer, *older; /* by the first fragment */
	nanoseconds first;
	uint8_t *bytes;
	uint32_t room, end /* 0 = not known */, units, packets;
	uint64_t ip_bytes;
	bool broken; /* takes what comes, gives nothing */
	uint8_t came[(UNITS + 7) / 8];
};

struct fragments {
	struct unfinished *buckets[BUCKETS];
	struct unfinished *oldest, *newest;
	uint8_t *given; /* to the caller of the last call */
	uint64_t memory, most, dropped, seed;
	nanoseconds timeout;
};

struct fragments *fragments_new(uint64_t memory, nanoseconds timeout)
{
	struct fragments *fragments = calloc(1, sizeof *fragments);

	if (!fragments)
		return NULL;
	fragments->most = memory;
	fragments->timeout = timeout;
	random_bytes(&fragments->seed, sizeof fragments->seed); /* strangers choose the keys */
	return fragments;
}

static struct unfinished **bucket_of(struct fragments *fragments, const struct key *key)
{
	return &fragments->buckets[hash_bytes(key, sizeof *key, fragments->seed) % BUCKETS];
}

static void forget(struct fragments *fragments, struct unfinished *unfinished)
{
	struct unfinished **place = bucket_of(fragments, &unfinished->key);

	while (*place != unfinished)
		place = &(*place)->next;
	*place = unfinished->next;
	*(unfinished->older ? &unfinished->older->newer : &fragments->oldest) = unfinished->newer;
	*(unfinished->newer ? &unfinished->newer->older : &fragments->newest) = unfinished->older;
	fragments->memory -= sizeof *unfinished + unfinished->room;
	free(unfinished->bytes);
	free(unfinished);
}

static void give_up(struct fragments *fragments, struct unfinished *unfinished)
{
	fragments->dropped += unfinished->packets;
	forget(fragments, unfinished);
}

void fragments_free(struct fragments *fragments)
{
	if (!fragments)
		return;
	while (fragments->oldest)
		forget(fragments, fragments->oldest);
	free(fragments->given);
	free(fragments);
}

static struct key key_of(const struct packet *packet)
{
	struct key key;

	memset(&key, 0, sizeof key); /* with its padding: it is hashed and compared as bytes */
	key.source = packet->source;
	key.destination = packet->destination;
	key.id = packet->fragment_id;
	memcpy(key.vlan, packet->vlan, sizeof key.vlan);
	key.version = packet->ip_version;
	key.protocol = packet->ip_version == 4 ? packet->ip_protocol : 0;
	return key;
}

/* Makes room for `more` bytes by giving up the oldest, but not `keep`. */
static bool make_room(struct fragments *fragments, const struct unfinished *keep, uint64_t more)
{
	while (fragments->memory + more > fragments->most) {
		struct unfinished *oldest = fragments->oldest;
		if (oldest == keep)
			oldest = oldest ? oldest->newer : NULL;
		if (!oldest)
			return false;
		give_up(fragments, oldest);
	}
	return true;
}

static struct unfinished *find(struct fragments *fragments, const struct packet *packet, nanoseconds now)
{
	struct key key = key_of(packet);

	while (fragments->oldest && now - fragments->oldest->first > fragments->timeout)
		give_up(fragments, fragments->oldest);
	struct unfinished **bucket = bucket_of(fragments, &key);
	for (struct unfinished *at = *bucket; at; at = at->next)
		if (memcmp(&at->key, &key, sizeof key) == 0)
			return at;
	struct unfinished *unfinished = calloc(1, sizeof *unfinished);
	if (!unfinished || !make_room(fragments, NULL, sizeof *unfinished)) {
		free(unfinished);
		return NULL;
	}
	unfinished->key = key;
	unfinished->first = now;
	unfinished->next = *bucket;
	*bucket = unfinished;
	unfinished->older = fragments->newest;
	*(fragments->newest ? &fragments->newest->newer : &fragments->oldest) = unfinished;
	fragments->newest = unfinished;
	fragments->memory += sizeof *unfinished;
	return unfinished;
}

static bool grow(struct fragments *fragments, struct unfinished *unfinished, uint32_t size)
{
	if (size <= unfinished->room)
		return true;
	uint32_t room = size < 4096 ? 4096 : (size + 16383) & ~16383u;
	if (!make_room(fragments, unfinished, room - unfinished->room))
		return false;
	uint8_t *more = realloc(unfinished->bytes, room);
	if (!more)
		return false;
	unfinished->bytes = more;
	fragments->memory += room - unfinished->room;
	unfinished->room = room;
	return true;
}

/* Copies what did not come before; whether something did. */
static bool put(struct unfinished *unfinished, const struct packet *packet)
{
	bool overlaps = false;

	for (uint32_t from = 0; from < packet->size; from += 8) {
		uint32_t size = packet->size - from < 8 ? packet->size - from : 8;
		uint32_t unit = (packet->fragment_offset + from) / 8;
		if (unfinished->came[unit / 8] & 1u << unit % 8) {
			overlaps = true;
			continue;
		}
		unfinished->came[unit / 8] |= (uint8_t)(1u << unit % 8);
		unfinished->units++;
		memcpy(unfinished->bytes + packet->fragment_offset + from, packet->at + from, size);
	}
	return overlaps;
}

/* The same fragment again, as a network may double it, is no overlap. */
static bool is_double(const struct unfinished *unfinished, const struct packet *packet)
{
	uint32_t end = packet->fragment_offset + packet->size;

	for (uint32_t unit = packet->fragment_offset / 8; unit < (end + 7) / 8; unit++)
		if (!(unfinished->came[unit / 8] & 1u << unit % 8))
			return false;
	return end <= unfinished->room &&
	       memcmp(unfinished->bytes + packet->fragment_offset, packet->at, packet->size) == 0;
}

/* NULL: the fragment may be taken. */
static const char *refusal(const struct packet *packet)
{
	bool v6 = packet->ip_version == 6;

	if ((uint64_t)packet->fragment_offset + packet->size + packet->not_captured > LARGEST)
		return v6 ? "decoder.ipv6.frag_pkt_too_large" : "decoder.ipv4.frag_pkt_too_large";
	if (packet->more_fragments && (packet->size % 8 != 0 || packet->size == 0) && packet->not_captured == 0)
		return v6 ? "decoder.ipv6.frag_invalid_length" : "decoder.ipv4.frag_ignored";
	return NULL;
}

static bool take(
    struct fragments *fragments, struct unfinished *unfinished, const struct packet *packet, const char **event)
{
	uint32_t end = packet->fragment_offset + packet->size;

	if (packet->not_captured || packet->damaged || !grow(fragments, unfinished, end ? end : 1))
		return false;
	if (packet->size > 0 && is_double(unfinished, packet))
		return true;
	bool beyond = !packet->more_fragments && unfinished->end && unfinished->end != end;
	if (!packet->more_fragments && !unfinished->end)
		unfinished->end = end;
	beyond |= unfinished->end && end > unfinished->end;
	if (put(unfinished, packet) || beyond) {
		*event = packet->ip_version == 6 ? "decoder.ipv6.frag_overlap" : "decoder.ipv4.frag_overlap";
		return packet->ip_version != 6 && !beyond;
	}
	return true;
}

bool fragments_add(struct fragments *fragments, const struct packet *packet, nanoseconds now, struct datagram *datagram,
    const char **event)
{
	*event = refusal(packet);
	struct unfinished *unfinished = *event ? NULL : find(fragments, packet, now);
	if (!unfinished) {
		fragments->dropped++;
		return false;
	}
	unfinished->packets++;
	unfinished->ip_bytes += packet->ip_size;
	if (!unfinished->broken && !take(fragments, unfinished, packet, event))
		unfinished->broken = true;
	if (unfinished->packets > MOST_PACKETS) {
		give_up(fragments, unfinished);
		return false;
	}
	if (unfinished->broken || !unfinished->end || unfinished->units < (unfinished->end + 7) / 8)
		return false;
	free(fragments->given);
	fragments->given = unfinished->bytes;
	*datagram = (struct datagram){ unfinished->bytes, unfinished->end, unfinished->packets, unfinished->ip_bytes };
	unfinished->bytes = NULL;
	forget(fragments, unfinished);
	return true;
}

uint64_t fragments_dropped(const struct fragments *fragments)
{
	return fragments->dropped;
}
