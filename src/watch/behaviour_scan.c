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

/* First contacts of a source that failed, and what they were with. */
struct evidence {
	nanoseconds first;
	uint32_t contacts, failed;
	struct distinct hosts, ports;
};

struct source {
	double walk;
	struct evidence newest; /* since the walk began */
	struct {
		nanoseconds said;
		struct evidence evidence; /* since it was said */
	} kinds[2];                       /* of hosts, of ports */
	struct address target;            /* the newest that failed */
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

static void tell(const struct seen_flow *flow, const struct source *source, enum finding_kind kind,
    const struct evidence *evidence, finding_sink sink, void *context)
{
	uint32_t hosts = distinct_count(&evidence->hosts), ports = distinct_count(&evidence->ports);
	struct finding finding = { .kind = kind,
		.first = evidence->first,
		.last = flow->last,
		.source = flow->ends[SIDE_CLIENT].address,
		.ip_protocol = flow->ip_protocol,
		.count = evidence->contacts,
		.likelihood = 1 - 1 / (1 + exp(source->walk)) };
	if (hosts == 1)
		finding.target = source->target;
	if (ports == 1)
		finding.port = source->port;
	snprintf(finding.words, sizeof finding.words, "%u of %u first contacts failed, %u hosts, %u ports in %.0f s",
	    evidence->failed, evidence->contacts, hosts, ports,
	    (double)(flow->last - evidence->first) / (double)SECOND);
	sink(context, &finding);
}

static void add_evidence(struct evidence *sum, const struct evidence *more)
{
	if (sum->contacts == 0)
		sum->first = more->first;
	sum->contacts += more->contacts;
	sum->failed += more->failed;
	distinct_join(&sum->hosts, &more->hosts);
	distinct_join(&sum->ports, &more->ports);
}

/* The walk has gone far enough: what it was made of says which kind, and the next one begins. A source that does both
 * is said to do both. */
static void conclude(
    const struct scan *scan, const struct seen_flow *flow, struct source *source, finding_sink sink, void *context)
{
	bool ports = distinct_count(&source->newest.ports) > 2 * distinct_count(&source->newest.hosts);
	struct evidence *evidence = &source->kinds[ports].evidence;
	nanoseconds *said = &source->kinds[ports].said;
	add_evidence(evidence, &source->newest);
	if (!*said || flow->last - *said >= scan->settings->repeat) {
		tell(flow, source, ports ? FINDING_SCAN_PORTS : FINDING_SCAN_HOSTS, evidence, sink, context);
		*evidence = (struct evidence){ 0 };
		*said = flow->last;
	}
	source->walk = 0;
}

/* TCP, UDP, and the question whether a host is there (echo request, RFC 792 and 4443), which has no port. */
static bool is_contact(const struct seen_flow *flow)
{
	return flow->ip_protocol == 6 || flow->ip_protocol == 17 ||
	       (flow->ip_protocol == 1 && flow->ends[SIDE_CLIENT].port == 8) ||
	       (flow->ip_protocol == 58 && flow->ends[SIDE_CLIENT].port == 128);
}

static void scan_flow(void *state, const struct seen_flow *flow, finding_sink sink, void *context)
{
	struct scan *scan = state;
	struct contact contact;
	bool fresh;
	if (!flow->began || !is_contact(flow))
		return;
	memset(&contact, 0, sizeof contact);
	contact.source = behaviour_source(scan->settings, flow->ends[SIDE_CLIENT].address);
	contact.target = flow->ends[SIDE_SERVER].address;
	contact.port = flow->ends[SIDE_SERVER].port;
	contact.ip_protocol = flow->ip_protocol;
	if (contact.target.bytes[0] == 0xff || (address_is_v4(contact.target) && contact.target.bytes[12] >= 224))
		return; /* multicast is not answered */
	table_take(scan->contacts, &contact, flow->last, &fresh);
	if (!fresh)
		return;
	struct source *source = table_take(scan->sources, &contact.source, flow->last, NULL);
	struct evidence *newest = &source->newest;
	if (source->walk <= 0) {
		source->walk = 0;
		*newest = (struct evidence){ .first = flow->first };
	}
	newest->contacts++;
	source->walk += flow->answered ? log(SCANNER / BENIGN) : log((1 - SCANNER) / (1 - BENIGN));
	if (flow->answered)
		return;
	newest->failed++;
	source->target = contact.target;
	source->port = contact.port;
	distinct_add(&newest->hosts, hash_bytes(&contact.target, sizeof contact.target, scan->settings->seed));
	distinct_add(&newest->ports, hash_u64(contact.port, scan->settings->seed));
	if (source->walk >= scan->enough)
		conclude(scan, flow, source, sink, context);
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
	.spares_scanners = true,
};
