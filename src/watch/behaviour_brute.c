/*
 * Brute force: many short sessions of one source with one service that asks who one is, alike in size, because a
 * refusal is always the same. In: flows; nothing of their content is looked at, so it works for encrypted services.
 * Where answers are read (HTTP 401), many that refuse are enough.
 */
#include "watch/behaviour.h"

#include "watch/behaviour_table.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SESSION_LONGEST (2 * MINUTE) /* of one try */
#define ALIKE 0.5                    /* standard deviation over mean of what the service answers */

struct pair {
	struct address source, target;
	uint16_t port;
	uint8_t unused[6];
};

struct tries {
	nanoseconds first, said;
	uint32_t count;
	double mean, squares; /* of the bytes that the service sent (Welford 1962) */
};

struct brute {
	const struct behaviour_settings *settings;
	struct behaviour_table *pairs, *refusals; /* of sessions alike; of answers that refuse */
};

static void brute_free(void *state)
{
	struct brute *brute = state;
	table_free(brute->pairs);
	table_free(brute->refusals);
	free(brute);
}

static void *brute_make(const struct behaviour_settings *settings)
{
	struct brute *brute = calloc(1, sizeof *brute);
	if (!brute)
		return NULL;
	brute->settings = settings;
	brute->pairs = table_new(settings->entries, sizeof(struct pair), sizeof(struct tries), settings->seed);
	brute->refusals = table_new(settings->entries / 8, sizeof(struct pair), sizeof(struct tries), settings->seed);
	if (!brute->pairs || !brute->refusals) {
		brute_free(brute);
		return NULL;
	}
	return brute;
}

static bool asks_who_one_is(const struct seen_flow *flow)
{
	static const uint16_t ports[] = { 21, 22, 23, 88, 110, 143, 389, 445, 465, 587, 636, 993, 995, 1433, 1521, 2222,
		3306, 3389, 5432, 5900, 5985, 5986 };
	if (flow->protocol == PROTOCOL_SSH || flow->protocol == PROTOCOL_FTP || flow->protocol == PROTOCOL_RDP ||
	    flow->protocol == PROTOCOL_SMB || flow->protocol == PROTOCOL_KERBEROS || flow->protocol == PROTOCOL_POP3 ||
	    flow->protocol == PROTOCOL_IMAP)
		return true;
	for (size_t i = 0; i < sizeof ports / sizeof *ports; i++)
		if (flow->ends[SIDE_SERVER].port == ports[i])
			return true;
	return false;
}

static struct finding finding_of(
    const struct pair *pair, struct address source, const struct tries *tries, nanoseconds now)
{
	return (struct finding){ .kind = FINDING_BRUTE_FORCE,
		.first = tries->first,
		.last = now,
		.source = source,
		.target = pair->target,
		.port = pair->port,
		.ip_protocol = 6,
		.count = tries->count,
		.likelihood = 1 };
}

static void tell(const struct pair *pair, struct address source, struct tries *tries, nanoseconds now,
    finding_sink sink, void *context)
{
	struct finding finding = finding_of(pair, source, tries, now);
	snprintf(finding.words, sizeof finding.words,
	    "%u sessions in %.0f s, %.0f bytes answered to each, give or take %.0f", tries->count,
	    (double)(now - tries->first) / (double)SECOND, tries->mean, sqrt(tries->squares / tries->count));
	sink(context, &finding);
	tries->said = now;
}

static void brute_flow(void *state, const struct seen_flow *flow, finding_sink sink, void *context)
{
	struct brute *brute = state;
	const struct behaviour_settings *settings = brute->settings;
	struct pair pair;
	if (!flow->began || !flow->answered || flow->sampling > 1 || flow->last - flow->first > SESSION_LONGEST ||
	    !asks_who_one_is(flow))
		return;
	memset(&pair, 0, sizeof pair);
	pair.source = behaviour_source(settings, flow->ends[SIDE_CLIENT].address);
	pair.target = flow->ends[SIDE_SERVER].address;
	pair.port = flow->ends[SIDE_SERVER].port;
	struct tries *tries = table_take(brute->pairs, &pair, flow->last, NULL);
	if (tries->count == 0 || flow->last - tries->first > settings->brute_window)
		*tries = (struct tries){ .first = flow->first, .said = tries->said };
	double size = (double)flow->bytes[SIDE_SERVER], before = size - tries->mean;
	tries->count++;
	tries->mean += before / tries->count;
	tries->squares += before * (size - tries->mean);
	bool alike = sqrt(tries->squares / tries->count) <= ALIKE * tries->mean;
	if (tries->count >= settings->brute_flows && alike &&
	    (!tries->said || flow->last - tries->said >= settings->repeat))
		tell(&pair, flow->ends[SIDE_CLIENT].address, tries, flow->last, sink, context);
}

/* Refusals that were read need not be alike; a program that asks once without saying who it is was not refused. */
static void brute_refused(void *state, const struct seen_refusal *refusal, finding_sink sink, void *context)
{
	struct brute *brute = state;
	const struct behaviour_settings *settings = brute->settings;
	struct pair pair;
	memset(&pair, 0, sizeof pair);
	pair.source = behaviour_source(settings, refusal->client);
	pair.target = refusal->server;
	pair.port = refusal->port;
	struct tries *tries = table_take(brute->refusals, &pair, refusal->time, NULL);
	if (tries->count == 0 || refusal->time - tries->first > settings->brute_window)
		*tries = (struct tries){ .first = refusal->time, .said = tries->said };
	tries->count++;
	if (tries->count < settings->brute_flows || (tries->said && refusal->time - tries->said < settings->repeat))
		return;
	struct finding finding = finding_of(&pair, refusal->client, tries, refusal->time);
	snprintf(finding.words, sizeof finding.words, "%u sign-ins refused in %.0f s", tries->count,
	    (double)(refusal->time - tries->first) / (double)SECOND);
	sink(context, &finding);
	tries->said = refusal->time;
}

static uint64_t brute_forgotten(const void *state)
{
	const struct brute *brute = state;
	return table_forgotten(brute->pairs) + table_forgotten(brute->refusals);
}

const struct detector detector_brute = {
	.make = brute_make,
	.free = brute_free,
	.flow = brute_flow,
	.refused = brute_refused,
	.forgotten = brute_forgotten,
	.spares_scanners = true,
};
