/*
 * Matching: what the filters find are candidates; each is tried whole: header, flow, flowbits, conditions, and then
 * its threshold.
 */
#include "match/signature_inside.h"

#include <stdlib.h>
#include <string.h>

#define VALUES_MOST 512 /* fields of one struct of facts that are looked at */

struct signature_matcher {
	struct signature_memory memory;
	struct inspection inspection;
	uint64_t set; /* id; 0 = none */
	bool remembers;
	hs_scratch_t *scratch;
	uint32_t *stamps; /* of each signature: the last event that it was a candidate of */
	uint32_t *candidates;
	uint32_t stamp, candidate_count, room;
	uint8_t *window; /* what is kept of a side and the new bytes */
	size_t window_room;
	struct signature_matcher_counts counts;
};

/* One event: payload of a side, or the fields of facts. */
struct event {
	const struct signature_set *set;
	const struct flow *flow;
	nanoseconds time;
	struct flow_memory *state;
	bool payload;
	enum side side; /* of payload */
	struct subject subject;
	const struct signature_field *fields;
	size_t field_count;
	signature_visitor visit;
	void *context;
};

struct signature_matcher *signature_matcher_new(const struct signature_settings *settings)
{
	struct signature_matcher *matcher = calloc(1, sizeof *matcher);
	if (!matcher)
		return NULL;
	matcher->inspection.match = pcre2_match_data_create(1, NULL);
	matcher->inspection.limits = pcre2_match_context_create(NULL);
	if (!matcher->inspection.match || !matcher->inspection.limits ||
	    !signature_memory_make(&matcher->memory, settings)) {
		signature_matcher_free(matcher);
		return NULL;
	}
	pcre2_set_match_limit(matcher->inspection.limits, 10000);
	pcre2_set_depth_limit(matcher->inspection.limits, 1500);
	return matcher;
}

void signature_matcher_free(struct signature_matcher *matcher)
{
	if (!matcher)
		return;
	signature_memory_free(&matcher->memory);
	pcre2_match_data_free(matcher->inspection.match);
	pcre2_match_context_free(matcher->inspection.limits);
	hs_free_scratch(matcher->scratch);
	free(matcher->stamps);
	free(matcher->candidates);
	free(matcher->window);
	free(matcher);
}

/* False without memory: then nothing is matched, and it is tried again the next time. */
static bool take_set(struct signature_matcher *matcher, const struct signature_set *set)
{
	if (!set || matcher->set == set->id)
		return set;
	matcher->set = 0;
	for (int i = 0; i < BUFFER_COUNT; i++)
		if (set->filters[i].database &&
		    hs_alloc_scratch(set->filters[i].database, &matcher->scratch) != HS_SUCCESS)
			return false;
	free(matcher->stamps);
	free(matcher->candidates);
	matcher->stamps = calloc((size_t)set->count + 1, sizeof *matcher->stamps);
	matcher->candidates = calloc((size_t)set->count + 1, sizeof *matcher->candidates);
	matcher->stamp = 0;
	if (!matcher->stamps || !matcher->candidates)
		return false;
	if (matcher->remembers)
		signature_memory_clear(&matcher->memory);
	matcher->remembers = true;
	matcher->set = set->id;
	return true;
}

/* ── candidates ─ */

static void begin_event(struct signature_matcher *matcher, const struct signature_set *set)
{
	matcher->candidate_count = 0;
	if (++matcher->stamp == 0) {
		memset(matcher->stamps, 0, set->count * sizeof *matcher->stamps);
		matcher->stamp = 1;
	}
}

static void add_candidates(struct signature_matcher *matcher, const uint32_t *numbers, uint32_t count)
{
	for (uint32_t i = 0; i < count; i++)
		if (matcher->stamps[numbers[i]] != matcher->stamp) {
			matcher->stamps[numbers[i]] = matcher->stamp;
			matcher->candidates[matcher->candidate_count++] = numbers[i];
		}
}

struct scan {
	struct signature_matcher *matcher;
	const struct filter *filter;
};

static int found(unsigned id, unsigned long long from, unsigned long long to, unsigned flags, void *context)
{
	const struct scan *scan = context;
	(void)from;
	(void)to;
	(void)flags;
	uint32_t first = scan->filter->first[id];
	add_candidates(scan->matcher, scan->filter->signatures + first, scan->filter->first[id + 1] - first);
	return 0;
}

/* Whether a pattern was found; signatures without one are candidates too. */
static bool filter_scan(struct signature_matcher *matcher, const struct filter *filter, const void *at, size_t size)
{
	struct scan scan = { matcher, filter };
	if (filter->database && size > 0 && size <= UINT32_MAX)
		hs_scan(filter->database, at, (unsigned)size, 0, matcher->scratch, found, &scan);
	bool any = matcher->candidate_count > 0;
	add_candidates(matcher, filter->unfiltered, filter->unfiltered_count);
	return any;
}

static int compare_numbers(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
	return x < y ? -1 : x > y;
}

/* ── trying one ─ */

static bool ends_hold(const struct signature *signature, const struct flow *flow, enum side from)
{
	const struct flow_end *source = &flow->ends[from], *destination = &flow->ends[OTHER_SIDE(from)];
	return port_list_holds(&signature->ends[0].ports, source->port) &&
	       port_list_holds(&signature->ends[1].ports, destination->port) &&
	       address_list_holds(&signature->ends[0].addresses, &source->address) &&
	       address_list_holds(&signature->ends[1].addresses, &destination->address);
}

static bool direction_holds(const struct signature *signature, const struct flow *flow, enum side from)
{
	if (signature->direction == DIRECTION_TO_SERVER && from != SIDE_CLIENT)
		return false;
	if (signature->direction == DIRECTION_TO_CLIENT && from != SIDE_SERVER)
		return false;
	return ends_hold(signature, flow, from) ||
	       (signature->both_ways && ends_hold(signature, flow, OTHER_SIDE(from)));
}

/* Who sent what the signature looks at, when its header holds. */
static bool header_holds(const struct signature *signature, const struct event *event, enum side *from)
{
	const struct flow *flow = event->flow;
	bool established = flow->state != FLOW_NEW || flow->midstream;
	if (signature->ip_protocol && signature->ip_protocol != flow->ip_protocol)
		return false;
	if (signature->icmp && flow->ip_protocol != 1 && flow->ip_protocol != 58)
		return false;
	if (signature->protocol != PROTOCOL_UNKNOWN && signature->protocol != flow->protocol &&
	    !(signature->protocol == PROTOCOL_HTTP && flow->protocol == PROTOCOL_HTTP2))
		return false;
	if ((signature->established && !established) || (signature->not_established && established))
		return false;
	if (event->payload) {
		*from = event->side;
		return direction_holds(signature, flow, *from);
	}
	for (int side = SIDE_CLIENT; side <= SIDE_SERVER; side++)
		if (direction_holds(signature, flow, (enum side)side)) {
			*from = (enum side)side;
			return true;
		}
	return false;
}

static bool bit_of(const struct flow_memory *state, uint8_t bit)
{
	return state->bits[bit / 64] >> bit % 64 & 1;
}

static bool bits_hold(const struct signature *signature, const struct flow_memory *state)
{
	for (uint16_t i = 0; i < signature->bit_count; i++) {
		const struct flow_bit *bit = &signature->bits[i];
		bool any = false;
		for (uint8_t j = 0; j < bit->count; j++)
			any |= bit_of(state, bit->bits[j]);
		if ((bit->verb == BIT_ISSET && !any) || (bit->verb == BIT_ISNOTSET && any))
			return false;
	}
	return true;
}

static void bits_change(const struct signature *signature, struct flow_memory *state)
{
	for (uint16_t i = 0; i < signature->bit_count; i++) {
		const struct flow_bit *bit = &signature->bits[i];
		uint64_t mask = 1ull << bit->bits[0] % 64, *word = &state->bits[bit->bits[0] / 64];
		if (bit->verb == BIT_SET)
			*word |= mask;
		else if (bit->verb == BIT_UNSET)
			*word &= ~mask;
		else if (bit->verb == BIT_TOGGLE)
			*word ^= mask;
	}
}

static bool subject_holds(struct signature_matcher *matcher, const struct signature *signature,
    const struct group *group, const struct subject *subject)
{
	bool held = group_holds(&matcher->inspection, signature, group, subject);
	matcher->counts.exhausted += matcher->inspection.exhausted;
	return held;
}

/* Whether one value of the group's field, or the payload, holds all its conditions. */
static bool one_holds(struct signature_matcher *matcher, const struct signature *signature, const struct group *group,
    const struct event *event)
{
	if (event->payload)
		return subject_holds(matcher, signature, group, &event->subject);
	for (size_t i = 0; i < event->field_count; i++) {
		const struct signature_field *field = &event->fields[i];
		if (field->field != group->buffers[0] && field->field != group->buffers[1])
			continue;
		const struct subject subject = { (const uint8_t *)(field->value.at ? field->value.at : ""),
			field->value.size, 0, field->value.size };
		if (subject_holds(matcher, signature, group, &subject))
			return true;
	}
	return false;
}

static bool fired_before(const struct event *event, uint32_t number)
{
	for (size_t i = 0; i < sizeof event->state->fired / sizeof *event->state->fired; i++)
		if (event->state->fired[i].signature == number + 1 && event->state->fired[i].side == event->side)
			return true;
	return false;
}

static void note_fired(const struct event *event, uint32_t number)
{
	struct flow_memory *state = event->state;
	size_t at = state->fired_next++ % (sizeof state->fired / sizeof *state->fired);
	state->fired[at].signature = number + 1;
	state->fired[at].side = (uint8_t)event->side;
}

static bool is_met(struct signature_matcher *matcher, const struct event *event, uint32_t number, enum side *from)
{
	const struct signature *signature = &event->set->signatures[number];
	if (!header_holds(signature, event, from) || !bits_hold(signature, event->state))
		return false;
	for (uint16_t i = 0; i < signature->group_count; i++)
		if (!one_holds(matcher, signature, &signature->groups[i], event))
			return false;
	return true;
}

static void try_candidates(struct signature_matcher *matcher, const struct event *event)
{
	matcher->counts.candidates += matcher->candidate_count;
	if (matcher->candidate_count > 1)
		qsort(matcher->candidates, matcher->candidate_count, sizeof *matcher->candidates, compare_numbers);
	for (uint32_t i = 0; i < matcher->candidate_count; i++) {
		uint32_t number = matcher->candidates[i];
		const struct signature *signature = &event->set->signatures[number];
		/* header alone: once; of TCP: the bytes that it was met in are looked at again with the next ones */
		bool once = event->payload && (event->flow->ip_protocol == 6 || signature->group_count == 0);
		enum side from;
		if ((once && fired_before(event, number)) || !is_met(matcher, event, number, &from))
			continue;
		if (once)
			note_fired(event, number);
		bits_change(signature, event->state);
		if (signature->pass)
			return;
		if (!threshold_passes(&matcher->memory, signature, number, event->flow, from, event->time)) {
			matcher->counts.suppressed++;
			continue;
		}
		if (signature->silent)
			continue;
		struct signature_alert alert = signature->alert;
		alert.from = from;
		matcher->counts.alerts++;
		event->visit(event->context, &alert);
	}
}

/* ── events ─ */

/* What is kept of the side and the new bytes, in one piece. */
static const uint8_t *window_of(
    struct signature_matcher *matcher, const uint8_t *tail, size_t kept, const uint8_t *bytes, size_t size)
{
	if (kept == 0)
		return bytes;
	if (matcher->window_room < kept + size) {
		uint8_t *window = realloc(matcher->window, kept + size + 65536);
		if (!window)
			return NULL;
		matcher->window = window;
		matcher->window_room = kept + size + 65536;
	}
	memcpy(matcher->window, tail, kept);
	memcpy(matcher->window + kept, bytes, size);
	return matcher->window;
}

/* Of what is kept only as much is scanned again as a pattern over the border may need, unless one stands in it: then
 * the rest of its signature may have come. */
static size_t scanned_before(const struct filter *filter, const struct flow_memory *state, enum side side)
{
	size_t kept = state->tail_size[side], border = filter->longest > 0 ? filter->longest - 1 : 0;
	return state->tail_found[side] || kept < border ? 0 : kept - border;
}

static void match_stream(struct signature_matcher *matcher, struct event *event, uint64_t offset, const uint8_t *bytes)
{
	const struct filter *filter = &event->set->filters[BUFFER_PAYLOAD];
	enum side side = event->side;
	struct flow_memory *state = flow_memory_get(&matcher->memory, event->flow, event->time);
	uint8_t *tail = flow_memory_tails(&matcher->memory, state)->at[side];
	size_t size = event->subject.unit;
	if (offset != state->next[side])
		state->tail_size[side] = 0; /* bytes in between were not seen */
	state->next[side] = offset + size;
	size_t kept = state->tail_size[side];
	const uint8_t *window = window_of(matcher, tail, kept, bytes, size);
	if (!window)
		return;
	size_t before = scanned_before(filter, state, side);
	event->state = state;
	event->subject = (struct subject){ window, kept + size, offset - kept, size };
	state->tail_found[side] = filter_scan(matcher, filter, window + before, kept + size - before);
	try_candidates(matcher, event);
	state->tail_size[side] = (uint16_t)(kept + size < TAIL ? kept + size : TAIL);
	memcpy(tail, window + kept + size - state->tail_size[side], state->tail_size[side]);
}

static void match_datagram(struct signature_matcher *matcher, struct event *event, const uint8_t *bytes)
{
	event->subject.at = bytes;
	event->subject.size = event->subject.unit;
	filter_scan(matcher, &event->set->filters[BUFFER_PAYLOAD], bytes, event->subject.size);
	if (matcher->candidate_count == 0)
		return;
	event->state = flow_memory_get(&matcher->memory, event->flow, event->time);
	try_candidates(matcher, event);
}

void signature_matcher_payload(struct signature_matcher *matcher, const struct signature_set *set,
    const struct flow *flow, enum side side, nanoseconds time, uint64_t offset, const uint8_t *bytes, size_t size,
    signature_visitor visit, void *context)
{
	if (size == 0 || !take_set(matcher, set))
		return;
	struct event event = { .set = set,
		.flow = flow,
		.time = time,
		.payload = true,
		.side = side,
		.subject = { .unit = size },
		.visit = visit,
		.context = context };
	matcher->counts.bytes += size;
	begin_event(matcher, set);
	if (flow->ip_protocol == 6)
		match_stream(matcher, &event, offset, bytes);
	else
		match_datagram(matcher, &event, bytes);
}

void signature_matcher_fields(struct signature_matcher *matcher, const struct signature_set *set,
    const struct flow *flow, nanoseconds time, const struct signature_field *fields, size_t count,
    signature_visitor visit, void *context)
{
	if (count == 0 || !take_set(matcher, set))
		return;
	struct event event = { .set = set,
		.flow = flow,
		.time = time,
		.fields = fields,
		.field_count = count < VALUES_MOST ? count : VALUES_MOST,
		.visit = visit,
		.context = context };
	begin_event(matcher, set);
	for (size_t i = 0; i < event.field_count; i++) {
		if (fields[i].field >= FIELD_COUNT)
			continue;
		filter_scan(matcher, &set->filters[fields[i].field], fields[i].value.at, fields[i].value.size);
		matcher->counts.values++;
	}
	if (matcher->candidate_count == 0)
		return;
	event.state = flow_memory_get(&matcher->memory, flow, time);
	try_candidates(matcher, &event);
}

void signature_matcher_flow_over(struct signature_matcher *matcher, const struct flow *flow)
{
	flow_memory_drop(&matcher->memory, flow);
}

struct signature_matcher_counts signature_matcher_count(const struct signature_matcher *matcher)
{
	struct signature_matcher_counts counts = matcher->counts;
	counts.flows_forgotten = matcher->memory.flows_forgotten;
	counts.counts_forgotten = matcher->memory.counts_forgotten;
	return counts;
}
