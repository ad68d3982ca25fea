/*
 * The list of detectors, and what they share. See behaviour.h.
 */
#include "watch/behaviour.h"

#include "model/alert.h"

#include <stdlib.h>

extern const struct detector detector_scan, detector_brute, detector_beacon, detector_transfer, detector_names,
    detector_lateral;

const struct detector *const detectors[] = {
	&detector_scan,
	&detector_brute,
	&detector_beacon,
	&detector_transfer,
	&detector_names,
	&detector_lateral,
	NULL,
};
#define DETECTORS (sizeof detectors / sizeof *detectors - 1)

const struct behaviour_settings behaviour_defaults = {
	.entries = 65536,
	.repeat = HOUR,
	.scan_alpha = 1e-5,
	.scan_beta = 0.99,
	.brute_flows = 30,
	.brute_window = 5 * MINUTE,
	.beacon_intervals = 20,
	.beacon_jitter = 0.36,
	.beacon_likelihood = 0.3,
	.beacon_least = 2 * SECOND,
	.beacon_span = 15 * MINUTE,
	.upload_bytes = 200000000,
	.upload_ratio = 10,
	.long_flow = 4 * HOUR,
	.tunnel_names = 60,
	.tunnel_length = 24,
	.generated_names = 30,
	.names_window = 10 * MINUTE,
	.lateral_hosts = 5,
	.lateral_learn = DAY,
};

static const struct {
	const char *code, *words;
	uint16_t tactics;
} kinds[FINDING_KINDS] = {
	[FINDING_SCAN_HOSTS] = { "noroshi:scan-hosts", "One port of many hosts is tried", 1u << TACTIC_RECONNAISSANCE },
	[FINDING_SCAN_PORTS] = { "noroshi:scan-ports", "Many ports of a host are tried", 1u << TACTIC_RECONNAISSANCE },
	[FINDING_BRUTE_FORCE] = { "noroshi:brute-force", "Many sign-ins are tried one after another",
	    1u << TACTIC_CREDENTIAL_ACCESS },
	[FINDING_BEACON] = { "noroshi:beacon", "A host calls the same address again and again in time",
	    1u << TACTIC_COMMAND_AND_CONTROL },
	[FINDING_UPLOAD] = { "noroshi:upload", "Much more goes out to an address than comes in",
	    1u << TACTIC_EXFILTRATION },
	[FINDING_LONG_FLOW] = { "noroshi:long-flow", "A connection to outside lasts very long",
	    1u << TACTIC_COMMAND_AND_CONTROL },
	[FINDING_DNS_TUNNEL] = { "noroshi:dns-tunnel", "Many long names below one domain are asked for",
	    1u << TACTIC_COMMAND_AND_CONTROL | 1u << TACTIC_EXFILTRATION },
	[FINDING_GENERATED_NAMES] = { "noroshi:generated-names", "Many domains that do not exist are asked for",
	    1u << TACTIC_COMMAND_AND_CONTROL },
	[FINDING_LATERAL] = { "noroshi:lateral",
	    "A host reaches several others that it never did, by means of administration",
	    1u << TACTIC_LATERAL_MOVEMENT },
};

const char *finding_code(enum finding_kind kind)
{
	return kinds[kind].code;
}

const char *finding_words(enum finding_kind kind)
{
	return kinds[kind].words;
}

uint16_t finding_tactics(enum finding_kind kind)
{
	return kinds[kind].tactics;
}

/* ── what is seen ─ */

#define TCP 6
#define TCP_SYN 0x02
#define TCP_RST 0x04
#define TCP_ACK 0x10

struct seen_flow seen_flow_of(const struct flow *flow)
{
	bool tcp = flow->ip_protocol == TCP;
	bool refused = tcp && (flow->tcp_flags[SIDE_SERVER] & TCP_RST) && !(flow->tcp_flags[SIDE_SERVER] & TCP_SYN);
	bool probe =
	    tcp && flow->packets[SIDE_CLIENT] > 0 && !(flow->tcp_flags[SIDE_CLIENT] & (TCP_SYN | TCP_ACK | TCP_RST));
	return (struct seen_flow){ .first = flow->first,
		.last = flow->last,
		.ends = { flow->ends[0], flow->ends[1] },
		.packets = { flow->packets[0], flow->packets[1] },
		.bytes = { flow->bytes[0], flow->bytes[1] },
		.sampling = 1,
		.ip_protocol = flow->ip_protocol,
		.protocol = flow->protocol,
		.began = probe || (!flow->midstream && (!tcp || flow->tcp_flags[SIDE_CLIENT] & TCP_SYN)),
		.answered = !probe && flow->packets[SIDE_SERVER] > 0 && !refused };
}

static bool is_among(const struct prefix *prefixes, size_t count, struct address address)
{
	for (size_t i = 0; i < count; i++)
		if (prefix_contains(prefixes[i], address))
			return true;
	return false;
}

bool behaviour_is_home(const struct behaviour_settings *settings, struct address address)
{
	if (settings->home_count == 0)
		return address_is_private(address);
	return is_among(settings->home, settings->home_count, address);
}

struct address behaviour_source(const struct behaviour_settings *settings, struct address address)
{
	return behaviour_is_home(settings, address) ? address : address_group(address);
}

/* ── all of them ─ */

struct behaviour {
	struct behaviour_settings settings;
	finding_sink sink;
	void *context;
	void *states[DETECTORS];
};

struct behaviour *behaviour_new(const struct behaviour_settings *settings, finding_sink sink, void *context)
{
	struct behaviour *behaviour = calloc(1, sizeof *behaviour);
	if (!behaviour)
		return NULL;
	behaviour->settings = *settings;
	behaviour->sink = sink;
	behaviour->context = context;
	for (size_t i = 0; i < DETECTORS; i++) {
		behaviour->states[i] = detectors[i]->make(&behaviour->settings);
		if (!behaviour->states[i]) {
			behaviour_free(behaviour);
			return NULL;
		}
	}
	return behaviour;
}

void behaviour_free(struct behaviour *behaviour)
{
	for (size_t i = 0; behaviour && i < DETECTORS; i++)
		if (behaviour->states[i])
			detectors[i]->free(behaviour->states[i]);
	free(behaviour);
}

void behaviour_flow(struct behaviour *behaviour, const struct seen_flow *flow)
{
	const struct behaviour_settings *settings = &behaviour->settings;
	bool scanner = is_among(settings->scanners, settings->scanner_count, flow->ends[SIDE_CLIENT].address);
	bool service = is_among(settings->services, settings->service_count, flow->ends[SIDE_SERVER].address);
	for (size_t i = 0; i < DETECTORS; i++)
		if (detectors[i]->flow && !(scanner && detectors[i]->spares_scanners) &&
		    !(service && detectors[i]->spares_services))
			detectors[i]->flow(behaviour->states[i], flow, behaviour->sink, behaviour->context);
}

static bool is_service(const struct behaviour_settings *settings, struct text name)
{
	for (size_t i = 0; i < settings->service_domain_count; i++) {
		struct text domain = settings->service_domains[i];
		if (text_ends(name, domain) &&
		    (name.size == domain.size || name.at[name.size - domain.size - 1] == '.'))
			return true;
	}
	return false;
}

void behaviour_name(struct behaviour *behaviour, const struct seen_name *name)
{
	bool service = is_service(&behaviour->settings, name->name);
	for (size_t i = 0; i < DETECTORS; i++)
		if (detectors[i]->named && !(service && detectors[i]->spares_services))
			detectors[i]->named(behaviour->states[i], name, behaviour->sink, behaviour->context);
}

void behaviour_refusal(struct behaviour *behaviour, const struct seen_refusal *refusal)
{
	const struct behaviour_settings *settings = &behaviour->settings;
	bool scanner = is_among(settings->scanners, settings->scanner_count, refusal->client);
	for (size_t i = 0; i < DETECTORS; i++)
		if (detectors[i]->refused && !(scanner && detectors[i]->spares_scanners))
			detectors[i]->refused(behaviour->states[i], refusal, behaviour->sink, behaviour->context);
}

void behaviour_controls(const struct behaviour *behaviour, control_sink sink, void *context)
{
	for (size_t i = 0; i < DETECTORS; i++)
		if (detectors[i]->controls)
			detectors[i]->controls(behaviour->states[i], sink, context);
}

uint64_t behaviour_forgotten(const struct behaviour *behaviour)
{
	uint64_t sum = 0;
	for (size_t i = 0; i < DETECTORS; i++)
		sum += detectors[i]->forgotten(behaviour->states[i]);
	return sum;
}
