/*
 * Records of flow exporters to flows with two sides. See flow_join.h.
 *
 * A hash table with chains over a fixed number of entries, which hang in one of two lists: those that wait to be told,
 * in the order in which they began to, and those that were told and may go on.
 */
#include "watch/flow_join.h"

#include "base/hash.h"
#include "watch/behaviour_table.h"

#include <stdlib.h>
#include <string.h>

#define TCP 6
#define ICMP 1
#define ICMP6 58
#define TCP_SYN 0x02
#define TCP_RST 0x04
#define TCP_ACK 0x10
#define PORT_EPHEMERAL 1024
/* After so much quiet the same ends are another flow, as in the flow table. A SYN begins another one sooner. */
#define QUIET_TCP (10 * MINUTE)
#define QUIET_OTHER (5 * MINUTE)
#define QUIET_SYN (5 * SECOND)

const struct flow_join_settings flow_join_defaults = { .flows = 1u << 18, .wait = MINUTE, .keep = 40 * MINUTE };

/* Both ends, the lesser first, so that both directions have the same. */
struct key {
	struct flow_end low, high;
	struct address exporter;
	uint32_t domain;
	uint8_t ip_protocol, unused[3];
};

struct service {
	struct address address;
	uint16_t port;
	uint8_t ip_protocol, unused;
};

enum list { TOLD, WAITS, LISTS };

struct entry {
	struct key key;
	struct flow flow;  /* once it was told, side 0 is the client */
	nanoseconds since; /* in its list */
	nanoseconds side_first[2];
	uint32_t sampling;
	uint32_t chain, older, newer; /* numbers of entries, from 1 */
	uint8_t list;                 /* enum list */
	bool told;                    /* its beginning */
};

struct flow_join {
	struct flow_join_settings settings;
	struct entry *entries; /* number n is at n - 1 */
	uint32_t *heads, mask;
	struct behaviour_table *services; /* struct service → flows that had this end */
	uint32_t used, oldest[LISTS], newest[LISTS];
	nanoseconds now;
	struct flow_join_counts counts;
};

struct flow_join *flow_join_new(const struct flow_join_settings *settings)
{
	struct flow_join *join = calloc(1, sizeof *join);
	if (!join)
		return NULL;
	uint32_t size = 64;
	while (size < settings->flows && size < 1u << 26)
		size *= 2;
	join->settings = *settings;
	join->settings.flows = size;
	join->mask = size - 1;
	join->entries = calloc(size, sizeof *join->entries);
	join->heads = calloc(size, sizeof *join->heads);
	join->services = table_new(size, sizeof(struct service), sizeof(uint32_t), settings->seed);
	if (!join->entries || !join->heads || !join->services) {
		flow_join_free(join);
		return NULL;
	}
	return join;
}

void flow_join_free(struct flow_join *join)
{
	if (!join)
		return;
	free(join->entries);
	free(join->heads);
	table_free(join->services);
	free(join);
}

struct flow_join_counts flow_join_count(const struct flow_join *join)
{
	return join->counts;
}

/* ── entries ─ */

static struct entry *at(struct flow_join *join, uint32_t number)
{
	return &join->entries[number - 1];
}

static uint32_t *head_of(struct flow_join *join, const struct key *key)
{
	return &join->heads[hash_bytes(key, sizeof *key, join->settings.seed) & join->mask];
}

static void unhang(struct flow_join *join, uint32_t number)
{
	const struct entry *entry = at(join, number);
	*(entry->older ? &at(join, entry->older)->newer : &join->oldest[entry->list]) = entry->newer;
	*(entry->newer ? &at(join, entry->newer)->older : &join->newest[entry->list]) = entry->older;
}

static void hang(struct flow_join *join, uint32_t number, enum list list)
{
	struct entry *entry = at(join, number);
	entry->list = (uint8_t)list;
	entry->since = join->now;
	entry->older = join->newest[list];
	entry->newer = 0;
	*(entry->older ? &at(join, entry->older)->newer : &join->oldest[list]) = number;
	join->newest[list] = number;
}

/* ── telling ─ */

/* How many flows had this end; a client has another port for each of them. */
static uint32_t *use_of(struct flow_join *join, const struct flow *flow, enum side side)
{
	struct service service;
	memset(&service, 0, sizeof service);
	service.address = flow->ends[side].address;
	service.port = flow->ends[side].port;
	service.ip_protocol = flow->ip_protocol;
	return table_take(join->services, &service, flow->last, NULL);
}

/* Meters that give both directions the same times leave open who was first. Of what crosses the border, more is called
 * from inside. */
static enum side busier(struct flow_join *join, const struct flow *flow)
{
	uint32_t first = *use_of(join, flow, SIDE_CLIENT), second = *use_of(join, flow, SIDE_SERVER);
	if (first != second)
		return first > second ? SIDE_CLIENT : SIDE_SERVER;
	const struct behaviour_settings *behaviour = join->settings.behaviour;
	bool inside[2] = { behaviour_is_home(behaviour, flow->ends[0].address),
		behaviour_is_home(behaviour, flow->ends[1].address) };
	if (inside[0] != inside[1])
		return inside[0] ? SIDE_SERVER : SIDE_CLIENT;
	return flow->ends[SIDE_CLIENT].port < flow->ends[SIDE_SERVER].port ? SIDE_CLIENT : SIDE_SERVER;
}

/* What TCP says: a SYN without ACK, or a probe that no connection sends, comes from the client; a side that did nothing
 * but refuse is the server. */
static bool tcp_says(const struct flow *flow, enum side *client)
{
	for (unsigned i = 0; flow->ip_protocol == TCP && i < 2; i++) {
		uint8_t flags = flow->tcp_flags[i];
		*client = (flags & ~TCP_ACK) == TCP_RST ? OTHER_SIDE(i) : (enum side)i;
		if ((flags && !(flags & TCP_ACK)) || flags == (TCP_RST | TCP_ACK))
			return true;
	}
	return false;
}

/* Else who was first is; else who is not the one that many flows have in common. Of one direction only: who has the
 * higher port, where one of them is a service's. */
static enum side client_of(struct flow_join *join, const struct entry *entry)
{
	const struct flow *flow = &entry->flow;
	const uint16_t ports[2] = { flow->ends[0].port, flow->ends[1].port };
	enum side client;
	if (tcp_says(flow, &client))
		return client;
	if (flow->packets[0] && flow->packets[1]) {
		if (entry->side_first[0] != entry->side_first[1])
			return entry->side_first[0] < entry->side_first[1] ? SIDE_CLIENT : SIDE_SERVER;
		return OTHER_SIDE(busier(join, flow));
	}
	if ((ports[0] < PORT_EPHEMERAL) != (ports[1] < PORT_EPHEMERAL))
		return ports[0] > ports[1] ? SIDE_CLIENT : SIDE_SERVER;
	return flow->packets[0] ? SIDE_CLIENT : SIDE_SERVER;
}

static void turn(struct entry *entry)
{
	const struct entry was = *entry;
	for (unsigned i = 0; i < 2; i++) {
		entry->flow.ends[i] = was.flow.ends[1 - i];
		entry->flow.packets[i] = was.flow.packets[1 - i];
		entry->flow.bytes[i] = was.flow.bytes[1 - i];
		entry->flow.tcp_flags[i] = was.flow.tcp_flags[1 - i];
		entry->side_first[i] = was.side_first[1 - i];
	}
}

/* The flags of TCP are of all packets of a side. A client that sent an ACK got something to acknowledge: where the
 * other direction takes another way, or was not sampled, its answer shows in them. */
static bool is_answered(const struct flow *flow)
{
	if (flow->ip_protocol != TCP)
		return flow->packets[SIDE_SERVER] > 0;
	if (flow->tcp_flags[SIDE_SERVER] & TCP_RST && !(flow->tcp_flags[SIDE_SERVER] & TCP_SYN))
		return false;
	return flow->packets[SIDE_SERVER] > 0 || flow->tcp_flags[SIDE_CLIENT] & TCP_ACK;
}

/* An exporter that tells no flags is believed. Of what was sampled, a datagram without its answer says nothing, and any
 * packet of TCP says who calls whom. */
static bool has_begun(const struct entry *entry, const struct seen_flow *seen, bool probe)
{
	uint8_t flags = entry->flow.tcp_flags[SIDE_CLIENT];
	if (entry->told || seen->packets[SIDE_CLIENT] == 0)
		return false;
	if (entry->flow.ip_protocol != TCP)
		return seen->sampling == 1 || seen->answered;
	return probe || seen->sampling > 1 || !flags || flags & TCP_SYN;
}

static void tell(struct flow_join *join, uint32_t number)
{
	struct entry *entry = at(join, number);
	if (!entry->told && client_of(join, entry) == SIDE_SERVER)
		turn(entry);
	struct joined_flow joined = { .flow = entry->flow, .exporter = entry->key.exporter };
	struct flow *flow = &joined.flow;
	uint32_t times = entry->sampling > 1 ? entry->sampling : 1;
	for (unsigned i = 0; i < 2; i++) {
		flow->packets[i] *= times;
		flow->bytes[i] *= times;
		entry->flow.packets[i] = entry->flow.bytes[i] = 0;
	}
	uint8_t flags = flow->tcp_flags[SIDE_CLIENT];
	bool probe = flow->ip_protocol == TCP && flags && !(flags & (TCP_SYN | TCP_ACK | TCP_RST));
	joined.seen = seen_flow_of(flow);
	joined.seen.sampling = times;
	joined.seen.answered = !probe && is_answered(flow);
	joined.seen.began = has_begun(entry, &joined.seen, probe);
	*(entry->told ? &join->counts.continued : &join->counts.flows) += 1;
	join->counts.alone += !entry->told && !(flow->packets[0] && flow->packets[1]);
	entry->told = true;
	unhang(join, number);
	hang(join, number, TOLD);
	join->settings.told(join->settings.context, &joined);
}

/* ── room ─ */

static void forget(struct flow_join *join, uint32_t number)
{
	uint32_t *link = head_of(join, &at(join, number)->key);
	while (*link != number)
		link = &at(join, *link)->chain;
	*link = at(join, number)->chain;
	unhang(join, number);
}

/* A number that no flow has: a new one, that of the flow that was told longest ago, or of the one that waits longest.
 */
static uint32_t room(struct flow_join *join)
{
	if (join->used < join->settings.flows)
		return ++join->used;
	if (!join->oldest[TOLD]) {
		join->counts.early++;
		tell(join, join->oldest[WAITS]);
	}
	uint32_t number = join->oldest[TOLD];
	forget(join, number);
	return number;
}

void flow_join_time(struct flow_join *join, nanoseconds now)
{
	join->now = now > join->now ? now : join->now;
	while (join->oldest[WAITS] && join->now - at(join, join->oldest[WAITS])->since >= join->settings.wait)
		tell(join, join->oldest[WAITS]);
}

void flow_join_finish(struct flow_join *join)
{
	while (join->oldest[WAITS])
		tell(join, join->oldest[WAITS]);
}

/* ── records ─ */

static struct key key_of(const struct flow_record *record, const struct flow_end ends[2])
{
	struct key key;
	int order = address_compare(ends[0].address, ends[1].address);
	bool swapped = order > 0 || (order == 0 && ends[0].port > ends[1].port);
	memset(&key, 0, sizeof key); /* it is compared as bytes */
	key.low.address = ends[swapped].address;
	key.low.port = ends[swapped].port;
	key.high.address = ends[!swapped].address;
	key.high.port = ends[!swapped].port;
	key.exporter = record->exporter;
	key.domain = record->domain;
	key.ip_protocol = record->ip_protocol;
	return key;
}

/* An echo and its answer are one flow, as the flow table has them: type 8 or 128 at the client. */
static void as_echo(const struct flow_record *record, struct flow_end ends[2])
{
	uint16_t type = record->source.port, ask = record->ip_protocol == ICMP ? 8 : 128;
	uint16_t answer = record->ip_protocol == ICMP ? 0 : 129;
	if ((record->ip_protocol != ICMP && record->ip_protocol != ICMP6) || (type != ask && type != answer))
		return;
	ends[type == answer].port = ask;
	ends[type != answer].port = 0;
}

/* The same ends, and yet another flow. */
static bool is_another(
    const struct flow_join *join, const struct entry *entry, const struct flow_record *record, nanoseconds moved)
{
	nanoseconds quiet = record->first - moved - entry->flow.last;
	if (entry->list == TOLD && join->now - entry->since > join->settings.keep)
		return true;
	if (record->ip_protocol == TCP)
		return quiet > QUIET_TCP || (record->tcp_flags & TCP_SYN && quiet > QUIET_SYN);
	return quiet > QUIET_OTHER;
}

/* The entry of the record's flow, new or not, in the list of those that wait. */
static struct entry *take(
    struct flow_join *join, const struct flow_record *record, const struct flow_end ends[2], nanoseconds moved)
{
	const struct key key = key_of(record, ends);
	uint32_t *head = head_of(join, &key), number = *head;
	while (number && memcmp(&at(join, number)->key, &key, sizeof key) != 0)
		number = at(join, number)->chain;
	if (number && is_another(join, at(join, number), record, moved)) {
		if (at(join, number)->list == WAITS)
			tell(join, number);
		forget(join, number);
	} else if (number) {
		if (at(join, number)->list == TOLD) {
			unhang(join, number);
			hang(join, number, WAITS);
		}
		return at(join, number);
	} else {
		number = room(join);
	}
	struct entry *entry = at(join, number);
	*entry = (struct entry){ .key = key, .chain = *head };
	*head = number;
	entry->flow = (struct flow){ .id = (hash_bytes(&key, sizeof key, join->settings.seed) >> 1) | 1,
		.first = record->first - moved,
		.last = record->last - moved,
		.ends = { ends[0], ends[1] },
		.vlan = { record->vlan },
		.ip_protocol = record->ip_protocol,
		.ip_version = record->ip_version };
	hang(join, number, WAITS);
	++*use_of(join, &entry->flow, SIDE_CLIENT);
	++*use_of(join, &entry->flow, SIDE_SERVER);
	return entry;
}

static void add(struct entry *entry, const struct flow_record *record, const struct flow_end *source, nanoseconds moved)
{
	struct flow *flow = &entry->flow;
	nanoseconds first = record->first - moved, last = record->last - moved;
	bool same = address_equal(flow->ends[0].address, source->address) && flow->ends[0].port == source->port;
	enum side from = same ? SIDE_CLIENT : SIDE_SERVER, back = OTHER_SIDE(from);
	flow->first = first < flow->first ? first : flow->first;
	flow->last = last > flow->last ? last : flow->last;
	if (!flow->packets[from] || first < entry->side_first[from])
		entry->side_first[from] = first;
	if (record->packets_back && !flow->packets[back])
		entry->side_first[back] = first + 1; /* RFC 5103: the first direction is the initiator's */
	flow->packets[from] += record->packets;
	flow->bytes[from] += record->bytes;
	flow->packets[back] += record->packets_back;
	flow->bytes[back] += record->bytes_back;
	flow->tcp_flags[from] |= record->tcp_flags;
	entry->sampling = record->sampling > entry->sampling ? record->sampling : entry->sampling;
}

void flow_join_record(struct flow_join *join, const struct flow_record *record, nanoseconds received)
{
	struct flow_end ends[2] = { record->source, record->destination };
	flow_join_time(join, received);
	join->counts.records++;
	if (!address_exists(ends[0].address) || !address_exists(ends[1].address))
		return; /* a template without addresses */
	nanoseconds moved = record->last > join->now ? record->last - join->now : 0;
	join->counts.future += moved > 0;
	as_echo(record, ends);
	add(take(join, record, ends, moved), record, &ends[0], moved);
}
