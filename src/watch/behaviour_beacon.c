/*
 * Beacons: a host inside calls the same address and port outside again and again, in time; and how likely the address
 * is a command-and-control server, from flows alone (catalogue row W11).
 *
 * In time: the median absolute deviation of the intervals is small against their median. A call at every interval with
 * a jitter of ± j has j / 2; calls by chance (Poisson) have 0.69. Calls within a second are one.
 *
 * Likelihood: a logistic function of what speaks for it (likelihood_of()); its weights are set by hand and stand in
 * docs/detectors.md. Each target keeps that of the host for which it is greatest, with its evidence.
 */
#include "watch/behaviour.h"

#include "base/hash.h"
#include "watch/behaviour_table.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define KEPT 48           /* intervals of a pair */
#define JITTER_OF_FEW 3.0 /* over the number of intervals: so much less jitter is allowed */
#define FEW_HOSTS 8       /* that visit an address make no service of it in a small network */

struct pair {
	struct address source, target;
	uint16_t port;
	uint8_t ip_protocol, unused[5];
};

struct calls {
	nanoseconds first, last, said; /* starts of flows */
	uint32_t count, next;
	float intervals[KEPT]; /* seconds; a ring */
	double mean, squares;  /* of the bytes that the client sent */
	bool estimated;        /* they are, because packets were sampled */
};

struct target {
	nanoseconds first;
	/* All that call it; those that did half as often as a beacon has to; those that do so in time. */
	struct distinct sources, often, regular;
	struct likely_control control; /* calls 0: none */
};

struct beacon {
	const struct behaviour_settings *settings;
	struct behaviour_table *pairs, *targets;
	struct distinct inside; /* hosts that call outside */
	nanoseconds began;
};

static void beacon_free(void *state)
{
	struct beacon *beacon = state;
	table_free(beacon->pairs);
	table_free(beacon->targets);
	free(beacon);
}

static void *beacon_make(const struct behaviour_settings *settings)
{
	struct beacon *beacon = calloc(1, sizeof *beacon);
	if (!beacon)
		return NULL;
	beacon->settings = settings;
	beacon->pairs = table_new(settings->entries, sizeof(struct pair), sizeof(struct calls), settings->seed);
	beacon->targets = table_new(settings->entries, sizeof(struct address), sizeof(struct target), settings->seed);
	if (!beacon->pairs || !beacon->targets) {
		beacon_free(beacon);
		return NULL;
	}
	return beacon;
}

/* ── regularity ─ */

static int by_value(const void *one, const void *other)
{
	float a = *(const float *)one, b = *(const float *)other;
	return (a > b) - (a < b);
}

static double median(float *values, uint32_t count)
{
	qsort(values, count, sizeof *values, by_value);
	return count % 2 ? (double)values[count / 2] : ((double)values[count / 2 - 1] + (double)values[count / 2]) / 2;
}

struct rhythm {
	double interval, jitter; /* seconds; deviation over median */
	uint32_t intervals;
};

static struct rhythm rhythm_of(const struct calls *calls)
{
	float values[KEPT];
	uint32_t count = calls->count < KEPT ? calls->count : KEPT;
	memcpy(values, calls->intervals, count * sizeof *values);
	struct rhythm rhythm = { .interval = median(values, count), .intervals = count };
	for (uint32_t i = 0; i < count; i++)
		values[i] = fabsf(calls->intervals[i] - (float)rhythm.interval);
	rhythm.jitter = rhythm.interval > 0 ? median(values, count) / rhythm.interval : INFINITY;
	return rhythm;
}

static bool is_regular(const struct behaviour_settings *settings, const struct calls *calls, struct rhythm *rhythm)
{
	if (calls->count < settings->beacon_intervals || calls->last - calls->first < settings->beacon_span)
		return false;
	*rhythm = rhythm_of(calls);
	return rhythm->jitter <= settings->beacon_jitter - JITTER_OF_FEW / rhythm->intervals &&
	       rhythm->interval * (double)SECOND >= (double)settings->beacon_least;
}

/* ── likelihood ─ */

static bool is_common(uint16_t port)
{
	static const uint16_t ports[] = { 25, 53, 80, 110, 143, 443, 465, 587, 853, 993, 995 };
	for (size_t i = 0; i < sizeof ports / sizeof *ports; i++)
		if (port == ports[i])
			return true;
	return false;
}

static double likelihood_of(const struct likely_control *control, double most_jitter)
{
	double score = -1.0;
	score += 2.5 * (1 - control->jitter / most_jitter); /* in time */
	if (control->variation >= 0)                        /* always the same is said */
		score += control->variation < 0.1 ? 1.0 : control->variation < 0.5 ? 0.3 : -0.5;
	score += control->common_port ? -0.3 : 0.8;
	if (control->everybody)
		score -= 4.0;
	else if (control->regular > 1)
		score += 0.5;
	if (control->fresh)
		score += 1.0;
	return 1 / (1 + exp(-score));
}

static struct likely_control control_of(
    const struct calls *calls, const struct rhythm *rhythm, const struct seen_flow *flow)
{
	const struct flow_end *server = &flow->ends[SIDE_SERVER];
	struct likely_control control = { .address = server->address,
		.source = flow->ends[SIDE_CLIENT].address,
		.port = server->port,
		.ip_protocol = flow->ip_protocol,
		.first = calls->first,
		.last = calls->last,
		.calls = calls->count + 1,
		.interval = rhythm->interval,
		.jitter = rhythm->jitter,
		.variation = calls->estimated  ? -1
			     : calls->mean > 0 ? sqrt(calls->squares / (calls->count + 1)) / calls->mean
					       : 1,
		.common_port = is_common(server->port) };
	return control;
}

/* What a good part of all hosts calls is a service that everybody uses; what few do in time, they have in common. At
 * night few are awake: three are enough for a part. What is new today may be what several hosts have caught, so that it
 * takes more of them. Where a quarter only looks in, now and then, one that calls in time is not like them: there a
 * fifth of a small network is too few, and it takes half of it, or more than eight. */
static bool is_everybodys(const struct target *target, const struct likely_control *control)
{
	double part = (control->fresh ? 0.5 : 0.2) * control->inside;
	double small = control->inside < 2 * FEW_HOSTS ? 0.5 * control->inside : FEW_HOSTS;
	if (4 * distinct_count(&target->often) <= 3 * control->hosts && part < small)
		part = small;
	return control->hosts >= 3 && control->hosts > part;
}

/* What is known of the target by now changes what was said of a host before. */
static void weigh(
    const struct beacon *beacon, const struct target *target, nanoseconds now, struct likely_control *control)
{
	control->hosts = distinct_count(&target->sources);
	control->regular = distinct_count(&target->regular);
	control->inside = distinct_count(&beacon->inside);
	control->fresh = now - beacon->began > DAY && now - target->first < DAY &&
			 target->first - beacon->began > DAY / 2; /* not of what is usual, at the very end of its day */
	control->everybody = is_everybodys(target, control);
	control->likelihood = likelihood_of(control, beacon->settings->beacon_jitter);
}

/* ── flows ─ */

static void tell(const struct seen_flow *flow, struct calls *calls, const struct likely_control *control,
    finding_sink sink, void *context)
{
	struct finding finding = { .kind = FINDING_BEACON,
		.first = control->first,
		.last = control->last,
		.source = flow->ends[SIDE_CLIENT].address,
		.target = control->address,
		.port = control->port,
		.ip_protocol = flow->ip_protocol,
		.count = control->calls,
		.likelihood = control->likelihood };
	snprintf(finding.words, sizeof finding.words,
	    "%u calls, every %.1f s, jitter %.0f %%, %.0f bytes each; %u hosts call it; likelihood %.2f", finding.count,
	    control->interval, control->jitter * 100, calls->mean, control->hosts, finding.likelihood);
	sink(context, &finding);
	calls->said = flow->last;
}

static struct calls *note_call(struct beacon *beacon, const struct seen_flow *flow)
{
	struct pair pair;
	bool fresh;
	memset(&pair, 0, sizeof pair);
	pair.source = flow->ends[SIDE_CLIENT].address;
	pair.target = flow->ends[SIDE_SERVER].address;
	pair.port = flow->ends[SIDE_SERVER].port;
	pair.ip_protocol = flow->ip_protocol;
	struct calls *calls = table_take(beacon->pairs, &pair, flow->last, &fresh);
	if (fresh)
		calls->first = calls->last = flow->first;
	calls->estimated |= flow->sampling > 1;
	nanoseconds interval = flow->first - calls->last;
	double size = (double)flow->bytes[SIDE_CLIENT], before = size - calls->mean;
	if (interval >= SECOND) {
		calls->intervals[calls->next] = (float)((double)interval / (double)SECOND);
		calls->next = (calls->next + 1) % KEPT;
		calls->count++;
		calls->last = flow->first;
	}
	calls->mean += before / (calls->count + 1);
	calls->squares += before * (size - calls->mean);
	return interval >= SECOND ? calls : NULL;
}

static void beacon_flow(void *state, const struct seen_flow *flow, finding_sink sink, void *context)
{
	struct beacon *beacon = state;
	struct address source = flow->ends[SIDE_CLIENT].address, outside = flow->ends[SIDE_SERVER].address;
	struct rhythm rhythm;
	uint16_t port = flow->ends[SIDE_SERVER].port;
	bool clock = flow->ip_protocol == 17 && (port == 123 || port == 53);
	if (!flow->began || clock || (flow->ip_protocol != 6 && flow->ip_protocol != 17) ||
	    !behaviour_is_home(beacon->settings, source) || behaviour_is_home(beacon->settings, outside))
		return;
	uint64_t hash = hash_bytes(&source, sizeof source, beacon->settings->seed);
	beacon->began = beacon->began ? beacon->began : flow->last;
	distinct_add(&beacon->inside, hash);
	bool fresh;
	struct target *target = table_take(beacon->targets, &outside, flow->last, &fresh);
	if (fresh)
		target->first = flow->first;
	distinct_add(&target->sources, hash);
	struct calls *calls = note_call(beacon, flow);
	if (calls && calls->count >= beacon->settings->beacon_intervals / 2)
		distinct_add(&target->often, hash);
	if (!calls || !is_regular(beacon->settings, calls, &rhythm))
		return;
	distinct_add(&target->regular, hash);
	struct likely_control control = control_of(calls, &rhythm, flow);
	weigh(beacon, target, flow->last, &control);
	weigh(beacon, target, flow->last, &target->control);
	if (control.likelihood >= target->control.likelihood || !target->control.calls ||
	    address_equal(target->control.source, source))
		target->control = control;
	bool again = calls->said && flow->last - calls->said < beacon->settings->repeat;
	if (!again && control.likelihood >= beacon->settings->beacon_likelihood)
		tell(flow, calls, &control, sink, context);
}

struct controls {
	double least;
	control_sink sink;
	void *context;
};

static void visit_target(void *context, const void *key, const void *value)
{
	const struct controls *controls = context;
	const struct target *target = value;
	(void)key;
	if (target->control.calls && target->control.likelihood >= controls->least)
		controls->sink(controls->context, &target->control);
}

static void beacon_controls(const void *state, control_sink sink, void *context)
{
	const struct beacon *beacon = state;
	struct controls controls = { beacon->settings->beacon_likelihood, sink, context };
	table_each(beacon->targets, visit_target, &controls);
}

static uint64_t beacon_forgotten(const void *state)
{
	const struct beacon *beacon = state;
	return table_forgotten(beacon->pairs) + table_forgotten(beacon->targets);
}

const struct detector detector_beacon = {
	.make = beacon_make,
	.free = beacon_free,
	.flow = beacon_flow,
	.controls = beacon_controls,
	.forgotten = beacon_forgotten,
	.spares_services = true,
};
