/*
 * Scans: threshold random walk (Jung, Paxson, Berger, Balakrishnan: "Fast Portscan Detection Using Sequential
 * Hypothesis Testing", IEEE S&P 2004). Each first contact of a source with a host and port that fails makes it likelier
 * that it scans, each that succeeds less likely. Nothing is counted in a window of time, so slow scans are found too.
 * The walk does not go below where it began: an old friend that begins to scan is found as soon as a stranger.
 */
#include "watch/behaviour.h"

#include "base/hash.h"
#include "watch/behaviour_table.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BENIGN 0.8  /* first contacts of a benign host that succeed: the paper's θ0 */
#define SCANNER 0.2 /* of a scanner: θ1 */

struct contact {
	struct address source, target;
	uint16_t port;
	uint8_t ip_protocol, unused;
};

struct source {
	double walk;
	nanoseconds first, said;
	uint32_t contacts, failed; /* since the walk began */
	struct distinct hosts, ports;
	struct address target; /* the newest that failed */
	uint16_t port;
};

struct scan {
	const struct behaviour_settings *settings;
	struct behaviour_table *contacts, *sources;
	double enough;
};

static void scan_free(void *state)
{
	struct scan *scan = state;
	table_free(scan->contacts);
	table_free(scan->sources);
	free(scan);
}

static void *scan_make(const struct behaviour_settings *settings)
{
	struct scan *scan = calloc(1, sizeof *scan);
	if (!scan)
		return NULL;
	scan->settings = settings;
	scan->enough = log(settings->scan_beta / settings->scan_alpha);
	scan->contacts = table_new(settings->entries * 8, sizeof(struct contact), 0, settings->seed);
	scan->sources = table_new(settings->entries, sizeof(struct address), sizeof(struct source), settings->seed);
	if (!scan->contacts || !scan->sources) {
		scan_free(scan);
		return NULL;
	}
	return scan;
}

static void tell(const struct seen_flow *flow, struct source *source, finding_sink sink, void *context)
{
	uint32_t hosts = distinct_count(&source->hosts), ports = distinct_count(&source->ports);
	struct finding finding = { .kind = ports > 2 * hosts ? FINDING_SCAN_PORTS : FINDING_SCAN_HOSTS,
		.first = source->first,
		.last = flow->last,
		.source = flow->ends[SIDE_CLIENT].address,
		.ip_protocol = flow->ip_protocol,
		.count = source->contacts,
		.likelihood = 1 - 1 / (1 + exp(source->walk)) };
	if (hosts == 1)
		finding.target = source->target;
	if (ports == 1)
		finding.port = source->port;
	snprintf(finding.words, sizeof finding.words, "%u of %u first contacts failed, %u hosts, %u ports in %.0f s",
	    source->failed, source->contacts, hosts, ports, (double)(flow->last - source->first) / (double)SECOND);
	sink(context, &finding);
	source->said = flow->last;
}

static void scan_flow(void *state, const struct seen_flow *flow, finding_sink sink, void *context)
{
	struct scan *scan = state;
	struct contact contact;
	bool fresh;
	if (!flow->began || (flow->ip_protocol != 6 && flow->ip_protocol != 17))
		return;
	memset(&contact, 0, sizeof contact);
	contact.source = flow->ends[SIDE_CLIENT].address;
	contact.target = flow->ends[SIDE_SERVER].address;
	contact.port = flow->ends[SIDE_SERVER].port;
	contact.ip_protocol = flow->ip_protocol;
	if (contact.target.bytes[0] == 0xff || (address_is_v4(contact.target) && contact.target.bytes[12] >= 224))
		return; /* multicast is not answered */
	table_take(scan->contacts, &contact, flow->last, &fresh);
	if (!fresh)
		return;
	struct source *source = table_take(scan->sources, &contact.source, flow->last, NULL);
	if (source->walk <= 0)
		*source = (struct source){ .first = flow->first, .said = source->said };
	source->contacts++;
	source->walk += flow->answered ? log(SCANNER / BENIGN) : log((1 - SCANNER) / (1 - BENIGN));
	if (flow->answered)
		return;
	source->failed++;
	source->target = contact.target;
	source->port = contact.port;
	distinct_add(&source->hosts, hash_bytes(&contact.target, sizeof contact.target, scan->settings->seed));
	distinct_add(&source->ports, hash_u64(contact.port, scan->settings->seed));
	if (source->walk < scan->enough)
		return;
	source->walk = scan->enough; /* when it scans no more, it is believed again as soon as a stranger */
	if (!source->said || flow->last - source->said >= scan->settings->repeat)
		tell(flow, source, sink, context);
}

static uint64_t scan_forgotten(const void *state)
{
	const struct scan *scan = state;
	return table_forgotten(scan->contacts) + table_forgotten(scan->sources);
}

const struct detector detector_scan = {
	.make = scan_make,
	.free = scan_free,
	.flow = scan_flow,
	.forgotten = scan_forgotten,
};
