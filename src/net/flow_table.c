/*
 * The table of flows; see flow_table.h.
 *
 * An index of (hash, entry) pairs, open addressing with linear probing: one line of cache a look-up. Entries lie in one
 * array. When a flow ends for quiet is kept in a wheel of seconds: a packet does not touch it; a flow whose second
 * comes is looked at, and put into a later one when it was not quiet.
 */
#include "net/flow_table.h"

#include "base/hash.h"
#include "base/memory.h"

#define XXH_INLINE_ALL /* as hash_bytes(), in place: one for each packet, of a size that the compiler knows */
#include <xxhash.h>

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#define WHEEL 1024u /* seconds; what ends later is looked at in between */
#define LOOK_AT 4   /* so many of the soonest to end, when one must go */

_Static_assert(sizeof(struct flow_entry) == 128, "two lines of cache");

struct place {
	uint32_t hash, entry; /* entry 0: free */
};

struct flow_table {
	struct flow_table_settings settings;
	struct place *index;
	struct flow_entry *entries; /* [0] is none */
	uint32_t mask, used, free;  /* index size - 1; entries ever used; first of those given back, by `next` */
	uint32_t active;
	int64_t second;  /* up to which the wheel was looked at */
	int64_t soonest; /* nothing ends after `second` and before this one */
	uint64_t seed, next_id, begun, forced;
	struct slot {
		uint32_t first, last;
	} wheel[WHEEL]; /* in the order in which they came: the first was quiet for the longest, more or less */
};

/* ── memory: large pages, and none of it before it is used ─ */

static void *take_memory(size_t size)
{
	void *at = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	if (at == MAP_FAILED)
		return NULL;
	memory_widen(at, size);
	return at;
}

struct flow_table *flow_table_new(const struct flow_table_settings *settings)
{
	struct flow_table *table = calloc(1, sizeof *table);
	size_t places = 1024;

	if (!table || settings->flows >= UINT32_MAX / 2) {
		free(table);
		return NULL;
	}
	while (places < (size_t)settings->flows * 2)
		places *= 2;
	table->settings = *settings;
	table->mask = (uint32_t)(places - 1);
	table->index = take_memory(places * sizeof *table->index);
	table->entries = take_memory(((size_t)settings->flows + 1) * sizeof *table->entries);
	table->next_id = settings->first_id;
	table->second = INT64_MIN;
	random_bytes(&table->seed, sizeof table->seed); /* strangers choose the keys */
	if (!table->index || !table->entries) {
		flow_table_free(table);
		return NULL;
	}
	return table;
}

void flow_table_free(struct flow_table *table)
{
	if (!table)
		return;
	if (table->index)
		munmap(table->index, ((size_t)table->mask + 1) * sizeof *table->index);
	if (table->entries)
		munmap(table->entries, ((size_t)table->settings.flows + 1) * sizeof *table->entries);
	free(table);
}

/* ── what makes packets one flow ─ */

struct key {
	uint64_t ends[4]; /* two addresses, the smaller one first */
	uint64_t ports;   /* and tags */
	uint64_t protocol;
};
_Static_assert(sizeof(struct key) == 48, "no padding: hashed as bytes");

enum { ICMP = 1, TCP = 6, ICMPV6 = 58 };

static bool is_icmp(uint8_t protocol)
{
	return protocol == ICMP || protocol == ICMPV6;
}

/* The request that a type of ICMP answers; the type itself when it answers none. */
static uint16_t icmp_request(uint8_t protocol, uint16_t type)
{
	if (protocol == ICMPV6)
		return type == 129 || type == 134 || type == 136 ? (uint16_t)(type - 1) : type;
	if (type == 0)
		return 8;
	return type == 14 || type == 16 || type == 18 ? (uint16_t)(type - 1) : type;
}

/* Of both directions the same; smaller is what the words say, in this machine's order. */
static struct key key_of(const struct packet *packet)
{
	uint64_t from[2], to[2];
	memcpy(from, packet->source.bytes, sizeof from);
	memcpy(to, packet->destination.bytes, sizeof to);
	bool same = from[0] == to[0] && from[1] == to[1], icmp = is_icmp(packet->ip_protocol);
	bool turned = from[0] != to[0] ? from[0] > to[0] : from[1] > to[1];

	if (same && !icmp)
		turned = packet->ports[0] > packet->ports[1];
	uint64_t first = packet->ports[turned], second = packet->ports[!turned];
	if (icmp) {
		first = icmp_request(packet->ip_protocol, packet->ports[0]);
		second = packet->ports[1];
	}
	return (struct key){
		.ends = { turned ? to[0] : from[0], turned ? to[1] : from[1], turned ? from[0] : to[0],
		    turned ? from[1] : to[1] },
		.ports = first | second << 16 | (uint64_t)packet->vlan[0] << 32 | (uint64_t)packet->vlan[1] << 48,
		.protocol = packet->ip_protocol | (uint64_t)packet->ip_version << 8,
	};
}

uint32_t flow_table_hash(const struct flow_table *table, const struct packet *packet)
{
	struct key key = key_of(packet);

	return (uint32_t)XXH3_64bits_withSeed(&key, sizeof key, table->seed);
}

static void prefetch_index(const struct flow_table *table, uint32_t hash)
{
	__builtin_prefetch(&table->index[hash & table->mask], 1);
}

/* Whether the packet is of this flow, and of which side. */
static bool matches(const struct flow *flow, const struct packet *packet, enum side *side)
{
	const struct flow_end *client = &flow->ends[SIDE_CLIENT], *server = &flow->ends[SIDE_SERVER];

	if (flow->ip_protocol != packet->ip_protocol || flow->ip_version != packet->ip_version ||
	    memcmp(flow->vlan, packet->vlan, sizeof flow->vlan) != 0)
		return false;
	bool forward =
	    address_equal(client->address, packet->source) && address_equal(server->address, packet->destination);
	bool backward =
	    address_equal(server->address, packet->source) && address_equal(client->address, packet->destination);
	if (is_icmp(flow->ip_protocol)) {
		uint16_t request = icmp_request(flow->ip_protocol, packet->ports[0]);
		*side = forward && !(backward && request != packet->ports[0]) ? SIDE_CLIENT : SIDE_SERVER;
		return (forward || backward) && client->port == request && server->port == packet->ports[1];
	}
	forward = forward && client->port == packet->ports[0] && server->port == packet->ports[1];
	backward = backward && server->port == packet->ports[0] && client->port == packet->ports[1];
	*side = forward ? SIDE_CLIENT : SIDE_SERVER;
	return forward || backward;
}

/* ── the wheel ─ */

static nanoseconds timeout_of(const struct flow_table *table, const struct flow *flow)
{
	if (flow->ip_protocol != TCP)
		return table->settings.timeout_udp;
	if (flow->state == FLOW_CLOSED)
		return table->settings.timeout_closed;
	return flow->state == FLOW_NEW ? table->settings.timeout_new : table->settings.timeout_established;
}

static uint32_t slot_of(int64_t second)
{
	return (uint32_t)((uint64_t)second % WHEEL);
}

static void wheel_put(struct flow_table *table, uint32_t number)
{
	struct flow_entry *entry = &table->entries[number];
	int64_t second = (entry->flow.last + timeout_of(table, &entry->flow)) / SECOND + 1;

	if (second <= table->second)
		second = table->second + 1;
	if (second >= table->second + WHEEL)
		second = table->second + WHEEL - 1;
	if (second < table->soonest)
		table->soonest = second;
	struct slot *slot = &table->wheel[slot_of(second)];
	entry->next = 0;
	entry->flow.slot = slot_of(second) & (WHEEL - 1);
	entry->previous = slot->last;
	*(slot->last ? &table->entries[slot->last].next : &slot->first) = number;
	slot->last = number;
}

static void wheel_remove(struct flow_table *table, const struct flow_entry *entry)
{
	struct slot *slot = &table->wheel[entry->flow.slot];

	*(entry->previous ? &table->entries[entry->previous].next : &slot->first) = entry->next;
	*(entry->next ? &table->entries[entry->next].previous : &slot->last) = entry->previous;
}

/* ── ends ─ */

/* Takes a pair out and closes the hole that it leaves, so that no probe stops at it. */
static void index_remove(struct flow_table *table, uint32_t number, uint32_t hash)
{
	uint32_t hole = hash & table->mask;

	while (table->index[hole].entry != number)
		hole = (hole + 1) & table->mask;
	for (uint32_t at = (hole + 1) & table->mask; table->index[at].entry; at = (at + 1) & table->mask) {
		uint32_t home = table->index[at].hash & table->mask;
		if (((at - home) & table->mask) < ((at - hole) & table->mask))
			continue; /* it would come before its home */
		table->index[hole] = table->index[at];
		hole = at;
	}
	table->index[hole].entry = 0;
}

/* The entry is out of the wheel already. */
static void end_entry(struct flow_table *table, uint32_t number, enum flow_over why)
{
	struct flow_entry *entry = &table->entries[number];

	table->settings.over(table->settings.context, entry, why);
	index_remove(table, number, entry->flow.hash);
	entry->next = table->free;
	table->free = number;
	table->active--;
}

static bool is_quiet(const struct flow_table *table, const struct flow *flow, nanoseconds now)
{
	return now - flow->last > timeout_of(table, flow);
}

static void look_at_slot(struct flow_table *table, uint32_t slot, nanoseconds now)
{
	uint32_t number = table->wheel[slot].first;

	table->wheel[slot] = (struct slot){ 0 };
	while (number) {
		uint32_t next = table->entries[number].next;
		if (next)
			prefetch_index(table, table->entries[next].flow.hash);
		if (is_quiet(table, &table->entries[number].flow, now))
			end_entry(table, number, FLOW_TIMEOUT);
		else
			wheel_put(table, number);
		number = next;
	}
}

void flow_table_time(struct flow_table *table, nanoseconds now)
{
	int64_t second = now / SECOND;

	if (second <= table->second)
		return;
	int64_t from = table->second + 1;
	if (table->second == INT64_MIN || second - from >= WHEEL)
		from = second - WHEEL + 1;
	table->second = second;
	for (; from <= second; from++)
		look_at_slot(table, slot_of(from), now);
}

void flow_table_end(struct flow_table *table, enum flow_over why)
{
	for (uint32_t slot = 0; slot < WHEEL; slot++)
		while (table->wheel[slot].first) {
			uint32_t number = table->wheel[slot].first;
			wheel_remove(table, &table->entries[number]);
			end_entry(table, number, why);
		}
	table->second = INT64_MIN; /* the next source may have another time */
}

/* The table is full: of the first few that the wheel names, the longest quiet goes. */
static void force_one(struct flow_table *table)
{
	uint32_t longest = 0;
	int looked = 0;
	int64_t second = table->second + 1;

	/* The soonest is found where it was left: a full table asks for every flow that begins. */
	if (second < table->soonest)
		second = table->soonest;
	while (second < table->second + WHEEL && !table->wheel[slot_of(second)].first)
		second++;
	table->soonest = second;
	for (; second < table->second + WHEEL && looked < LOOK_AT; second++)
		for (uint32_t at = table->wheel[slot_of(second)].first; at && looked < LOOK_AT;
		     at = table->entries[at].next, looked++) {
			prefetch_index(table, table->entries[at].flow.hash); /* the next ones to go */
			if (!longest || table->entries[at].flow.last < table->entries[longest].flow.last)
				longest = at;
		}
	if (!longest)
		return;
	wheel_remove(table, &table->entries[longest]);
	table->forced++;
	end_entry(table, longest, FLOW_FORCED);
}

/* ── beginnings ─ */

/* Who sent first is the client, unless the packet itself is an answer. */
static void begin_flow(struct flow *flow, const struct packet *packet, enum side *side)
{
	bool answer = packet->ip_protocol == TCP && (packet->tcp_flags & (TCP_SYN | TCP_ACK)) == (TCP_SYN | TCP_ACK);
	uint16_t ports[2] = { packet->ports[0], packet->ports[1] };

	if (is_icmp(packet->ip_protocol)) {
		uint16_t request = icmp_request(packet->ip_protocol, ports[0]);
		answer = request != ports[0];
		ports[0] = answer ? ports[1] : request;
		ports[1] = answer ? request : ports[1];
	}
	*side = answer ? SIDE_SERVER : SIDE_CLIENT;
	flow->ends[*side] = (struct flow_end){ packet->source, ports[0] };
	flow->ends[OTHER_SIDE(*side)] = (struct flow_end){ packet->destination, ports[1] };
	memcpy(flow->vlan, packet->vlan, sizeof flow->vlan);
	flow->ip_protocol = packet->ip_protocol;
	flow->ip_version = packet->ip_version;
	flow->tunnel = packet->tunnel;
	flow->midstream = packet->ip_protocol == TCP && (packet->tcp_flags & (TCP_SYN | TCP_ACK)) != TCP_SYN;
}

static struct flow_entry *begin_entry(
    struct flow_table *table, uint32_t hash, const struct packet *packet, nanoseconds now, enum side *side)
{
	if (!table->free && table->used == table->settings.flows)
		force_one(table);
	uint32_t number = table->free;
	if (number)
		table->free = table->entries[number].next;
	else
		number = ++table->used;
	struct flow_entry *entry = &table->entries[number];
	*entry = (struct flow_entry){ .flow = { .id = table->next_id, .first = now, .last = now, .hash = hash } };
	table->next_id += table->settings.id_step;
	table->begun++;
	table->active++;
	begin_flow(&entry->flow, packet, side);
	uint32_t at = hash & table->mask;
	while (table->index[at].entry)
		at = (at + 1) & table->mask;
	table->index[at] = (struct place){ hash, number };
	wheel_put(table, number);
	return entry;
}

/* A SYN after the end: the same ends begin anew. */
static bool begins_anew(const struct flow *flow, const struct packet *packet)
{
	return flow->ip_protocol == TCP && flow->state == FLOW_CLOSED &&
	       (packet->tcp_flags & (TCP_SYN | TCP_ACK | TCP_RST)) == TCP_SYN;
}

struct flow_entry *flow_table_find(
    struct flow_table *table, const struct packet *packet, uint32_t hash, nanoseconds now, enum side *side)
{
	for (uint32_t at = hash & table->mask; table->index[at].entry; at = (at + 1) & table->mask) {
		if (table->index[at].hash != hash)
			continue;
		uint32_t number = table->index[at].entry;
		struct flow_entry *entry = &table->entries[number];
		if (!matches(&entry->flow, packet, side))
			continue;
		bool quiet = is_quiet(table, &entry->flow, now), anew = begins_anew(&entry->flow, packet);
		if (!quiet && !anew)
			return entry;
		wheel_remove(table, entry);
		end_entry(table, number, quiet ? FLOW_TIMEOUT : FLOW_REUSED);
		break;
	}
	return begin_entry(table, hash, packet, now, side);
}

uint32_t flow_table_prefetch(const struct flow_table *table, const struct packet *packet)
{
	uint32_t hash = flow_table_hash(table, packet);

	prefetch_index(table, hash);
	return hash;
}

void flow_table_prefetch_entry(const struct flow_table *table, uint32_t hash)
{
	for (uint32_t at = hash & table->mask; table->index[at].entry; at = (at + 1) & table->mask)
		if (table->index[at].hash == hash) {
			const struct flow_entry *entry = &table->entries[table->index[at].entry];
			__builtin_prefetch(entry, 1);
			__builtin_prefetch((const char *)entry + 64, 1);
			return;
		}
}

void flow_table_state(struct flow_table *table, struct flow_entry *entry, enum flow_state state)
{
	if (entry->flow.state == state)
		return;
	wheel_remove(table, entry);
	entry->flow.state = (uint8_t)state;
	wheel_put(table, (uint32_t)(entry - table->entries));
}

uint64_t flow_table_begun(const struct flow_table *table)
{
	return table->begun;
}

uint64_t flow_table_forced(const struct flow_table *table)
{
	return table->forced;
}

uint32_t flow_table_active(const struct flow_table *table)
{
	return table->active;
}
