/*
 * Habits of sources and their networks; see the header. Two steps: who comes on a second day has a record from then on.
 */
#include "darknet/trend/habits.h"

#include "base/hash_inline.h"
#include "base/memory.h"
#include "darknet/packet/arrival.h"
#include "darknet/packet/method.h"
#include "darknet/trend/kept.h"
#include "darknet/trend/sighting.h"
#include "net/address.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define LEAST_DAYS 4
#define LEAST_SPAN 7 /* the first and the last day among them */
#define LEAST_PORTS 20
#define LEAST_FRESH 4
#define EVEN 1.0986 /* ln 3 */
#define MOSTLY 0.9
#define REGULAR 0.8
#define WIDE 0.1    /* of the telescope, on a day */
#define FORGET 0.9f /* of what earlier days sent, each day */
#define WAYS 8      /* records that want one place */
#define WAITING 64
#define KEY_SOURCE 61 /* seeds */
#define KEY_NETWORK 62
#define PORT_WORDS 4 /* linear counting (Whang et al. 1990) on 256 bits: some 1,000 ports */

#define METHODS_OF_ATTACKS                                                                                             \
	(1u << METHOD_TERMINAL | 1u << METHOD_SMB1 | 1u << METHOD_SMB2 | 1u << METHOD_PPTP | 1u << METHOD_TELNET |     \
	    1u << METHOD_REDIS | 1u << METHOD_ADB | 1u << METHOD_TDS)

const struct habits_settings habits_usual = { .seen = 1 << 21, .records = 1 << 17 };

struct record {
	uint64_t ports[PORT_WORDS];
	uint64_t hosts[PORT_WORDS];   /* of a network: its sources */
	uint32_t days;                /* bit i: it was there i days before `day` */
	uint32_t wide;                /* the same: for a tenth of the telescope */
	uint32_t day;                 /* since 1970 */
	uint32_t today, targets;      /* of `day`: packets; targets of each activity, added up */
	float days_sum, sum, squares; /* of earlier days, weighted: how many; ln of their packets, and squares of it */
	float packets, honest, bad;   /* the same, today's included: all; by an honest tool; what no scanner sends */
	uint8_t fresh;                /* days on which it asked for a port for the first time */
	bool fresh_today;
};

struct waiting {
	struct activity activity;
	uint64_t keys[2]; /* of the source, of its network */
};

struct habits {
	sighting_line *seen;
	size_t seen_mask;
	uint64_t (*keys)[WAYS]; /* of the records, a line of the cache for each place; 0 = free */
	struct record (*records)[WAYS];
	size_t mask;
	struct waiting waiting[WAITING];
	size_t waiting_count;
	uint64_t addresses, displaced;
};

static size_t power(size_t room)
{
	size_t size = 1;
	while (size < room)
		size *= 2;
	return size;
}

static void *new_table(size_t size)
{
	void *at = memory_wide(size);
	return at ? memset(at, 0, size) : NULL;
}

struct habits *habits_new(const struct habits_settings *settings)
{
	struct habits *habits = calloc(1, sizeof *habits);
	if (!habits)
		return NULL;
	habits->seen_mask = power(settings->seen / SIGHTINGS) - 1;
	habits->mask = power(settings->records / WAYS) - 1;
	habits->seen = new_table((habits->seen_mask + 1) * sizeof *habits->seen);
	habits->keys = new_table((habits->mask + 1) * sizeof *habits->keys);
	habits->records = calloc(habits->mask + 1, sizeof *habits->records);
	if (habits->seen && habits->keys && habits->records)
		return habits;
	habits_free(habits);
	return NULL;
}

void habits_free(struct habits *habits)
{
	if (!habits)
		return;
	free(habits->seen);
	free(habits->keys);
	free(habits->records);
	free(habits);
}

void habits_addresses(struct habits *habits, uint64_t addresses)
{
	habits->addresses = addresses;
}

/* ── keys ─ */

static uint64_t key_of(struct address address, bool network)
{
	bool v4 = address_is_v4(address);
	unsigned bytes = network ? (v4 ? 15 : 6) : v4 ? 16 : 8;
	memset(address.bytes + bytes, 0, sizeof address.bytes - bytes);
	uint64_t key = hash_16_inline(&address, network ? KEY_NETWORK : KEY_SOURCE);
	return key ? key : 1;
}

/* Whether it was there on an earlier day; it is from now on. Of those that want one place the stalest goes. */
static bool seen_before(struct habits *habits, uint64_t key, uint32_t day)
{
	uint32_t *line = habits->seen[key & habits->seen_mask], now = day & 0xff;
	uint32_t fingerprint = sighting_fingerprint(key);

	for (unsigned found = sighting_find(line, fingerprint); found; found &= found - 1) {
		unsigned age = sighting_age(line[__builtin_ctz(found)], now);
		if (age <= HABIT_DAYS)
			return age > 0;
	}
	line[sighting_oldest(line, now)] = fingerprint << 8 | now;
	return false;
}

/* ── records ─ */

static size_t place_of(const struct habits *habits, uint64_t key)
{
	return (key >> 20) & habits->mask;
}

static struct record *find(const struct habits *habits, uint64_t key)
{
	size_t place = place_of(habits, key);
	for (size_t way = 0; way < WAYS; way++)
		if (habits->keys[place][way] == key)
			return &habits->records[place][way];
	return NULL;
}

/* 0: it is free, or forgotten: sooner what has not come often yet. */
static unsigned days_of(const struct record *record, uint32_t day)
{
	uint32_t ago = day > record->day ? day - record->day : 0;
	unsigned days = (unsigned)__builtin_popcount(record->days);
	return ago < (days < LEAST_DAYS ? LEAST_SPAN + 1 : HABIT_DAYS) ? days : 0;
}

static struct record *make(struct habits *habits, uint64_t key, uint32_t day)
{
	size_t place = place_of(habits, key), least = 0;
	struct record *records = habits->records[place];
	for (size_t way = 1; way < WAYS; way++) {
		unsigned days = days_of(&records[way], day), fewest = days_of(&records[least], day);
		if (days < fewest || (days == fewest && records[way].day < records[least].day))
			least = way;
	}
	if (days_of(&records[least], day) > 1) { /* none of them for one that came twice: they are worth more */
		habits->displaced++;
		return NULL;
	}
	habits->displaced += days_of(&records[least], day) > 0;
	habits->keys[place][least] = key;
	records[least] = (struct record){ .days = 1, .day = day };
	return &records[least];
}

/* The days up to `day` are over. */
static void reach_day(struct record *record, uint32_t day)
{
	if (day <= record->day)
		return;
	uint32_t passed = day - record->day;
	float packets = logf((float)record->today + 1), left = powf(FORGET, (float)(passed < 200 ? passed : 200));
	record->days_sum = (record->days_sum + 1) * left;
	record->sum = (record->sum + packets) * left;
	record->squares = (record->squares + packets * packets) * left;
	record->packets *= left;
	record->honest *= left;
	record->bad *= left;
	if (passed >= HABIT_DAYS) { /* what it did was too long ago */
		*record = (struct record){ .bad = record->bad, .packets = record->bad };
		passed = 0;
	}
	record->days = (record->days << passed | 1) & ((1u << HABIT_DAYS) - 1);
	record->wide = record->wide << passed & ((1u << HABIT_DAYS) - 1);
	record->day = day;
	record->today = record->targets = 0;
	record->fresh_today = false;
}

static bool set_bit(uint64_t bits[static PORT_WORDS], uint64_t hash)
{
	uint64_t bit = (uint64_t)1 << (hash & 63), *word = &bits[hash >> 6 & (PORT_WORDS - 1)];
	bool was = *word & bit;
	*word |= bit;
	return !was;
}

static unsigned count_bits(const uint64_t bits[static PORT_WORDS])
{
	const double all = 64 * PORT_WORDS;
	unsigned set = 0;
	for (unsigned i = 0; i < PORT_WORDS; i++)
		set += (unsigned)__builtin_popcountll(bits[i]);
	double count = set < all ? -all * log(1 - set / all) : 1000;
	return (unsigned)(count < 1000 ? count + 0.5 : 1000);
}

static bool is_bad(const struct activity *activity)
{
	return activity->kind != ARRIVAL_PROBE || activity->tool == TOOL_MIRAI ||
	       METHODS_OF_ATTACKS >> activity->method & 1;
}

static bool is_honest(uint8_t tool)
{
	return tool == TOOL_ZMAP || tool == TOOL_MASSCAN;
}

static void add_to(const struct habits *habits, struct record *record, const struct activity *activity, uint32_t day)
{
	uint64_t port = (uint64_t)activity->protocol << 16 | activity->port;

	reach_day(record, day);
	record->packets += (float)activity->packets;
	if (is_bad(activity)) {
		record->bad += (float)activity->packets;
		return;
	}
	if (is_honest(activity->tool))
		record->honest += (float)activity->packets;
	uint32_t room = UINT32_MAX - record->today;
	record->today += activity->packets < room ? activity->packets : room;
	room = UINT32_MAX - record->targets;
	record->targets += activity->targets < room ? activity->targets : room;
	if (habits->addresses && record->targets >= WIDE * (double)habits->addresses)
		record->wide |= 1;
	if (set_bit(record->ports, hash_u64_inline(port, KEY_SOURCE)) && !record->fresh_today) {
		record->fresh_today = true;
		record->fresh = (uint8_t)(record->fresh + (record->fresh < UINT8_MAX));
	}
}

static void take(struct habits *habits, const struct waiting *waiting)
{
	const struct activity *activity = &waiting->activity;
	uint32_t day = (uint32_t)(activity->bin / DAY);
	for (int network = 0; network < 2; network++) {
		uint64_t key = waiting->keys[network];
		struct record *record = find(habits, key);
		if (!record && seen_before(habits, key, day))
			record = make(habits, key, day);
		if (!record)
			continue;
		add_to(habits, record, activity, day);
		if (network)
			set_bit(record->hosts, hash_16_inline(&activity->source, KEY_NETWORK));
	}
}

static void take_waiting(struct habits *habits)
{
	for (size_t i = 0; i < habits->waiting_count; i++)
		take(habits, &habits->waiting[i]);
	habits->waiting_count = 0;
}

void habits_add(struct habits *habits, const struct activity *activity)
{
	struct waiting *waiting = &habits->waiting[habits->waiting_count++];
	waiting->activity = *activity;
	for (int network = 0; network < 2; network++) {
		uint64_t key = waiting->keys[network] = key_of(activity->source, network);
		__builtin_prefetch(habits->seen[key & habits->seen_mask], 1);
		__builtin_prefetch(habits->keys[place_of(habits, key)]);
	}
	if (habits->waiting_count == WAITING)
		take_waiting(habits);
}

uint64_t habits_displaced(struct habits *habits)
{
	take_waiting(habits);
	return habits->displaced;
}

/* ── judging ─ */

/* Whether at least four of five pauses are as long as their median, but for a day. */
static bool is_regular(uint32_t days)
{
	unsigned pauses[HABIT_DAYS + 1] = { 0 }, count = 0, median = 0, alike = 0, below = 0;
	int before = -1;
	for (int i = 0; i < HABIT_DAYS; i++) {
		if (!(days >> i & 1))
			continue;
		if (before >= 0) {
			pauses[i - before]++;
			count++;
		}
		before = i;
	}
	for (median = 1; median < HABIT_DAYS && (below += pauses[median]) * 2 < count; median++)
		;
	for (unsigned pause = median > 1 ? median - 1 : 1; pause <= median + 1 && pause <= HABIT_DAYS; pause++)
		alike += pauses[pause];
	return count > 0 && alike >= REGULAR * count;
}

/* Of the days that are over. */
static double scatter_of(const struct record *record)
{
	double days = record->days_sum, mean = record->sum / days;
	double variance = record->squares / days - mean * mean;
	return days > 0 ? sqrt(variance > 0 ? variance : 0) : INFINITY;
}

static struct habit judge(const struct record *record, bool network)
{
	struct habit habit = { .neighbours = network, .sources = 1 };
	if (!record || !record->days)
		return habit;
	habit.days = (unsigned)__builtin_popcount(record->days);
	habit.span = 32 - (unsigned)__builtin_clz(record->days);
	habit.ports = count_bits(record->ports);
	habit.scatter = scatter_of(record);
	habit.tool = record->honest >= (float)MOSTLY * record->packets;
	if (network)
		habit.sources = count_bits(record->hosts);
	bool long_enough = habit.days >= LEAST_DAYS && habit.span >= LEAST_SPAN && is_regular(record->days);
	bool clean = record->bad <= (float)(1 - MOSTLY) * record->packets;
	bool turns = habit.ports >= LEAST_PORTS && record->fresh >= LEAST_FRESH;
	bool wide = habit.tool && __builtin_popcount(record->wide) >= LEAST_DAYS;
	bool neighbours = !network || (habit.tool && habit.sources >= 2);
	if (long_enough && clean && (turns || wide) && neighbours && habit.scatter <= EVEN)
		habit.confidence = habit.tool ? HABIT_MEDIUM : HABIT_LOW;
	return habit;
}

struct habit habits_of(struct habits *habits, struct address source, uint8_t tool)
{
	take_waiting(habits);
	struct habit own = judge(find(habits, key_of(source, false)), false);
	if (own.confidence == HABIT_MEDIUM || !is_honest(tool))
		return own;
	struct habit all = judge(find(habits, key_of(source, true)), true);
	return all.confidence > own.confidence ? all : own;
}

/* ── kept over a restart ─ */

static void put_record(struct builder *to, uint64_t key, const struct record *record)
{
	const float sums[] = { record->days_sum, record->sum, record->squares, record->packets, record->honest,
		record->bad };
	put_u64(to, key);
	put_bytes(to, record->ports, sizeof record->ports);
	put_bytes(to, record->hosts, sizeof record->hosts);
	put_u32(to, record->days);
	put_u32(to, record->wide);
	put_u32(to, record->day);
	put_u32(to, record->today);
	put_u32(to, record->targets);
	for (size_t i = 0; i < sizeof sums / sizeof *sums; i++)
		put_float(to, sums[i]);
	put_u8(to, record->fresh);
	put_u8(to, record->fresh_today);
}

static void get_words(struct reader *from, uint64_t words[static PORT_WORDS])
{
	const void *at = get_bytes(from, PORT_WORDS * sizeof *words);
	if (at)
		memcpy(words, at, PORT_WORDS * sizeof *words);
}

/* Gives its key. */
static uint64_t get_record(struct reader *from, struct record *record)
{
	float *const sums[] = { &record->days_sum, &record->sum, &record->squares, &record->packets, &record->honest,
		&record->bad };
	uint64_t key = get_u64(from);
	get_words(from, record->ports);
	get_words(from, record->hosts);
	record->days = get_u32_below(from, (uint64_t)1 << HABIT_DAYS);
	record->wide = get_u32_below(from, (uint64_t)1 << HABIT_DAYS);
	record->day = get_u32_below(from, INT32_MAX);
	record->today = get_u32(from);
	record->targets = get_u32(from);
	for (size_t i = 0; i < sizeof sums / sizeof *sums; i++)
		*sums[i] = get_float(from, 0, 1e30f);
	record->fresh = get_u8(from);
	record->fresh_today = get_u8(from);
	if (key == 0 || !record->days)
		from->failed = true;
	return key;
}

void habits_put(struct habits *habits, struct builder *to)
{
	uint64_t count = 0;
	take_waiting(habits);
	put_u64(to, habits->seen_mask);
	put_u64(to, habits->mask);
	put_u64(to, habits->displaced);
	for (size_t i = 0; i <= habits->seen_mask; i++)
		count += habits->seen[i][0] != 0;
	put_u64(to, count);
	for (size_t i = 0; i <= habits->seen_mask; i++) {
		uint8_t used = 0;
		while (used < SIGHTINGS && habits->seen[i][used])
			used++;
		if (!used)
			continue;
		put_u32(to, (uint32_t)i);
		put_u8(to, used);
		put_u32s(to, habits->seen[i], used);
	}
	count = 0;
	for (size_t i = 0; i < (habits->mask + 1) * WAYS; i++)
		count += habits->keys[i / WAYS][i % WAYS] != 0;
	put_u64(to, count);
	for (size_t i = 0; i < (habits->mask + 1) * WAYS; i++)
		if (habits->keys[i / WAYS][i % WAYS])
			put_record(to, habits->keys[i / WAYS][i % WAYS], &habits->records[i / WAYS][i % WAYS]);
}

static void get_seen(struct habits *habits, struct reader *from)
{
	for (uint64_t count = get_u64_below(from, habits->seen_mask + 2); count > 0 && !from->failed; count--) {
		uint32_t *line = habits->seen[get_u32_below(from, habits->seen_mask + 1)];
		uint8_t used = get_u8(from);
		if (used == 0 || used > SIGHTINGS || line[0])
			from->failed = true;
		for (size_t way = 0; way < used && !from->failed; way++)
			if (!(line[way] = get_u32(from)))
				from->failed = true;
	}
}

void habits_get(struct habits *habits, struct reader *from)
{
	get_same(from, habits->seen_mask);
	get_same(from, habits->mask);
	habits->displaced = get_u64(from);
	get_seen(habits, from);
	for (uint64_t count = get_u64_below(from, (habits->mask + 1) * WAYS + 1); count > 0 && !from->failed; count--) {
		struct record record;
		uint64_t key = get_record(from, &record);
		size_t way = 0, place = place_of(habits, key);
		while (way < WAYS && habits->keys[place][way])
			way++;
		if (way == WAYS || find(habits, key))
			from->failed = true;
		if (from->failed)
			continue;
		habits->keys[place][way] = key;
		habits->records[place][way] = record;
	}
}
