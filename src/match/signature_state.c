/*
 * What a matcher remembers between packets: state of flows, and counts of thresholds. Both lie in tables of sets of
 * eight and four places; in a full set the one that was not used for the longest time goes. The last bytes of streams
 * lie in a pool beside them.
 */
#include "base/hash.h"
#include "match/signature_inside.h"

#include <stdlib.h>
#include <string.h>

enum { FLOWS_OF_SET = 8, COUNTS_OF_SET = 4 };

struct flow_set {
	uint64_t ids[FLOWS_OF_SET]; /* 0 = free */
	nanoseconds used[FLOWS_OF_SET];
};

struct threshold_state {
	uint32_t signature; /* + 1; 0 = free */
	uint32_t count;
	struct address a, b;
	nanoseconds began, used;
};

const struct signature_settings signature_defaults = { .flows = 65536, .counts = 65536 };

static uint32_t sets_of(uint32_t places, uint32_t each)
{
	uint32_t sets = 1;
	while (sets < 1u << 26 && (uint64_t)sets * each < places)
		sets *= 2;
	return sets;
}

bool signature_memory_make(struct signature_memory *memory, const struct signature_settings *settings)
{
	memory->flow_sets = sets_of(settings->flows, FLOWS_OF_SET);
	memory->count_sets = sets_of(settings->counts, COUNTS_OF_SET);
	memory->sets = calloc(memory->flow_sets, sizeof *memory->sets);
	memory->flows = calloc((size_t)memory->flow_sets * FLOWS_OF_SET, sizeof *memory->flows);
	memory->tails = calloc((size_t)memory->flow_sets * FLOWS_OF_SET + 1, sizeof *memory->tails);
	memory->tails_free = calloc((size_t)memory->flow_sets * FLOWS_OF_SET, sizeof *memory->tails_free);
	memory->counts = calloc((size_t)memory->count_sets * COUNTS_OF_SET, sizeof *memory->counts);
	return memory->sets && memory->flows && memory->tails && memory->tails_free && memory->counts;
}

void signature_memory_free(struct signature_memory *memory)
{
	free(memory->sets);
	free(memory->flows);
	free(memory->tails);
	free(memory->tails_free);
	free(memory->counts);
}

void signature_memory_clear(struct signature_memory *memory)
{
	memset(memory->sets, 0, memory->flow_sets * sizeof *memory->sets);
	memory->tails_used = memory->tails_free_count = 0;
	for (size_t i = 0; i < (size_t)memory->count_sets * COUNTS_OF_SET; i++)
		memory->counts[i].signature = 0;
}

/* ── flows ─ */

/* As many as flows: there is always one. */
struct tails *flow_memory_tails(struct signature_memory *memory, struct flow_memory *state)
{
	if (state->tails == 0)
		state->tails = memory->tails_free_count > 0 ? memory->tails_free[--memory->tails_free_count]
							    : ++memory->tails_used;
	return &memory->tails[state->tails];
}

static void give_tails_back(struct signature_memory *memory, struct flow_memory *state)
{
	if (state->tails)
		memory->tails_free[memory->tails_free_count++] = state->tails;
	state->tails = 0;
}

static uint32_t set_of(const struct signature_memory *memory, uint64_t id)
{
	return (uint32_t)hash_u64(id, 0) & (memory->flow_sets - 1);
}

struct flow_memory *flow_memory_get(struct signature_memory *memory, const struct flow *flow, nanoseconds now)
{
	uint32_t number = set_of(memory, flow->id);
	struct flow_set *set = &memory->sets[number];
	struct flow_memory *flows = &memory->flows[(size_t)number * FLOWS_OF_SET];
	int oldest = 0;
	for (int i = 0; i < FLOWS_OF_SET; i++) {
		if (flow->id && set->ids[i] == flow->id) {
			set->used[i] = now;
			return &flows[i];
		}
		if (set->ids[oldest] && (set->ids[i] == 0 || set->used[i] < set->used[oldest]))
			oldest = i;
	}
	if (set->ids[oldest]) {
		memory->flows_forgotten++;
		give_tails_back(memory, &flows[oldest]);
	}
	flows[oldest] = (struct flow_memory){ 0 };
	set->ids[oldest] = flow->id;
	set->used[oldest] = now;
	return &flows[oldest];
}

void flow_memory_drop(struct signature_memory *memory, const struct flow *flow)
{
	uint32_t number = set_of(memory, flow->id);
	struct flow_set *set = &memory->sets[number];
	for (int i = 0; i < FLOWS_OF_SET; i++)
		if (flow->id && set->ids[i] == flow->id) {
			set->ids[i] = 0;
			give_tails_back(memory, &memory->flows[(size_t)number * FLOWS_OF_SET + (size_t)i]);
		}
}

/* ── thresholds ─ */

static struct threshold_state *count_of(
    struct signature_memory *memory, uint32_t number, const struct address keys[static 2], nanoseconds now)
{
	uint64_t hash = hash_bytes(keys, 2 * sizeof *keys, number);
	struct threshold_state *set = &memory->counts[(hash & (memory->count_sets - 1)) * COUNTS_OF_SET];
	struct threshold_state *oldest = set;
	for (int i = 0; i < COUNTS_OF_SET; i++) {
		if (set[i].signature == number + 1 && address_equal(set[i].a, keys[0]) &&
		    address_equal(set[i].b, keys[1]))
			return &set[i];
		if (oldest->signature && (set[i].signature == 0 || set[i].used < oldest->used))
			oldest = &set[i];
	}
	memory->counts_forgotten += oldest->signature != 0;
	*oldest = (struct threshold_state){ .signature = number + 1, .a = keys[0], .b = keys[1], .began = now };
	return oldest;
}

bool threshold_passes(struct signature_memory *memory, const struct signature *signature, uint32_t number,
    const struct flow *flow, enum side from, nanoseconds now)
{
	const struct threshold *threshold = &signature->threshold;
	if (threshold->kind == THRESHOLD_NONE)
		return true;
	struct address keys[2] = { { { 0 } }, { { 0 } } };
	if (threshold->track == TRACK_SOURCE || threshold->track == TRACK_BOTH)
		keys[0] = flow->ends[from].address;
	if (threshold->track == TRACK_DESTINATION || threshold->track == TRACK_BOTH)
		keys[1] = flow->ends[OTHER_SIDE(from)].address;
	struct threshold_state *state = count_of(memory, number, keys, now);
	if (now - state->began >= threshold->seconds) {
		state->began = now;
		state->count = 0;
	}
	state->used = now;
	state->count += state->count < UINT32_MAX;
	switch (threshold->kind) {
	case THRESHOLD_LIMIT:
		return state->count <= threshold->count;
	case THRESHOLD_EACH:
		return state->count % threshold->count == 0;
	case THRESHOLD_ONCE:
		return state->count == threshold->count;
	default:
		return state->count > threshold->count;
	}
}
