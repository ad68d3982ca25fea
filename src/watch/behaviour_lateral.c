/*
 * Lateral movement: a host inside reaches several others inside within an hour, by the means of administration, that it
 * did not reach before. What is met while it learns is usual; so is what was met once, as long as it is remembered.
 * Only what succeeded counts: what fails is a scan.
 */
#include "watch/behaviour.h"

#include "base/hash.h"
#include "watch/behaviour_table.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct pair {
	struct address source, target;
};

struct mover {
	nanoseconds first, said;
	uint32_t hosts;
	struct address newest;
	struct distinct ports;
};

struct lateral {
	const struct behaviour_settings *settings;
	struct behaviour_table *pairs, *movers;
	nanoseconds began;
};

static void lateral_free(void *state)
{
	struct lateral *lateral = state;
	table_free(lateral->pairs);
	table_free(lateral->movers);
	free(lateral);
}

static void *lateral_make(const struct behaviour_settings *settings)
{
	struct lateral *lateral = calloc(1, sizeof *lateral);
	if (!lateral)
		return NULL;
	lateral->settings = settings;
	lateral->pairs = table_new(settings->entries, sizeof(struct pair), 0, settings->seed);
	lateral->movers =
	    table_new(settings->entries / 8, sizeof(struct address), sizeof(struct mover), settings->seed);
	if (!lateral->pairs || !lateral->movers) {
		lateral_free(lateral);
		return NULL;
	}
	return lateral;
}

static bool administers(const struct seen_flow *flow)
{
	static const uint16_t ports[] = { 22, 23, 135, 139, 445, 3389, 5900, 5985, 5986 };
	for (size_t i = 0; i < sizeof ports / sizeof *ports; i++)
		if (flow->ends[SIDE_SERVER].port == ports[i])
			return true;
	return flow->protocol == PROTOCOL_SSH || flow->protocol == PROTOCOL_RDP || flow->protocol == PROTOCOL_SMB;
}

static void tell(const struct seen_flow *flow, struct mover *mover, finding_sink sink, void *context)
{
	uint32_t ports = distinct_count(&mover->ports);
	struct finding finding = { .kind = FINDING_LATERAL,
		.first = mover->first,
		.last = flow->last,
		.source = flow->ends[SIDE_CLIENT].address,
		.target = mover->newest,
		.port = ports == 1 ? flow->ends[SIDE_SERVER].port : 0,
		.ip_protocol = flow->ip_protocol,
		.count = mover->hosts,
		.likelihood = 0.7 };
	snprintf(finding.words, sizeof finding.words,
	    "%u hosts that it never reached before, in %.0f min, %u ports; the newest is shown", mover->hosts,
	    (double)(flow->last - mover->first) / (double)MINUTE, ports);
	sink(context, &finding);
	mover->said = flow->last;
}

static void lateral_flow(void *state, const struct seen_flow *flow, finding_sink sink, void *context)
{
	struct lateral *lateral = state;
	const struct behaviour_settings *settings = lateral->settings;
	struct pair pair = { flow->ends[SIDE_CLIENT].address, flow->ends[SIDE_SERVER].address };
	bool fresh;
	lateral->began = lateral->began ? lateral->began : flow->last;
	if (!flow->began || !flow->answered || !administers(flow) || !behaviour_is_home(settings, pair.source) ||
	    !behaviour_is_home(settings, pair.target))
		return;
	table_take(lateral->pairs, &pair, flow->last, &fresh);
	if (!fresh || flow->last - lateral->began < settings->lateral_learn)
		return;
	struct mover *mover = table_take(lateral->movers, &pair.source, flow->last, NULL);
	if (mover->hosts == 0 || flow->last - mover->first > HOUR)
		*mover = (struct mover){ .first = flow->first, .said = mover->said };
	mover->hosts++;
	mover->newest = pair.target;
	distinct_add(&mover->ports, hash_u64(flow->ends[SIDE_SERVER].port, settings->seed));
	if (mover->hosts >= settings->lateral_hosts && (!mover->said || flow->last - mover->said >= settings->repeat))
		tell(flow, mover, sink, context);
}

static uint64_t lateral_forgotten(const void *state)
{
	const struct lateral *lateral = state;
	return table_forgotten(lateral->pairs) + table_forgotten(lateral->movers);
}

const struct detector detector_lateral = {
	.make = lateral_make,
	.free = lateral_free,
	.flow = lateral_flow,
	.forgotten = lateral_forgotten,
	.spares_scanners = true,
};
