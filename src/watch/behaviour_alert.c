/*
 * Findings as alerts. See behaviour_alert.h.
 */
#include "watch/behaviour_alert.h"

#include "model/alert.h"
#include "net/dns.h"
#include "net/http.h"

#include <inttypes.h>
#include <stdio.h>

/* 1 = highest, as Suricata's priorities. */
static uint32_t severity_of(enum finding_kind kind)
{
	switch (kind) {
	case FINDING_BEACON:
	case FINDING_DNS_TUNNEL:
	case FINDING_LATERAL:
		return 1;
	case FINDING_SCAN_HOSTS:
	case FINDING_SCAN_PORTS:
	case FINDING_LONG_FLOW:
		return 3;
	default:
		return 2;
	}
}

void behaviour_alert_write(
    const struct finding *finding, const struct eve_source *source, const struct flow *flow, struct builder *to)
{
	char first[TIME_TEXT], count[16], likelihood[16];
	struct eve_alert alert = { .gid = BEHAVIOUR_GID,
		.signature_id = 1 + (uint32_t)finding->kind,
		.rev = 1,
		.severity = severity_of(finding->kind),
		.signature = text_of(finding_words(finding->kind)),
		.category = TEXT("behaviour"),
		.from = SIDE_CLIENT };
	snprintf(count, sizeof count, "%" PRIu32, finding->count);
	snprintf(likelihood, sizeof likelihood, "%.2f", finding->likelihood);
	time_format(finding->first, first);
	eve_alert_pair(&alert, TEXT("behaviour"), text_of(finding_code(finding->kind)));
	eve_alert_pair(&alert, TEXT("facts"), text_of(finding->words));
	eve_alert_pair(&alert, TEXT("since"), text_of(first));
	eve_alert_pair(&alert, TEXT("count"), text_of(count));
	eve_alert_pair(&alert, TEXT("likelihood"), text_of(likelihood));
	for (unsigned tactic = 0; tactic < TACTIC_COUNT; tactic++)
		if (finding_tactics(finding->kind) >> tactic & 1)
			eve_alert_pair(&alert, TEXT("mitre_tactic_id"), text_of(tactic_id((enum tactic)tactic)));
	if (finding->object.size)
		eve_alert_pair(&alert, TEXT("domain"), finding->object);
	eve_alert_write(to, source, flow, finding->last, NULL, SIDE_CLIENT, NULL, &alert);
}

static void tell_name(struct behaviour *behaviour, const struct dissection *dissection, const void *facts)
{
	const struct dns_message *message = facts;
	struct dns_walk walk = { .message = message };
	struct dns_record record;
	if (message->kind != DNS_UNICAST || !(message->flags & DNS_RESPONSE) || !dns_next(&walk, &record) ||
	    record.section != DNS_QUERIES)
		return;
	for (unsigned i = 0; i < record.name.size; i++)
		if (record.name.at[i] >= 'A' && record.name.at[i] <= 'Z')
			record.name.at[i] = (char)(record.name.at[i] + ('a' - 'A'));
	const struct seen_name seen = { .time = dissection->time,
		.client = dissection->flow->ends[SIDE_CLIENT].address,
		.name = dns_name_text(&record.name),
		.type = record.type,
		.rcode = (uint8_t)DNS_RCODE(message) };
	behaviour_name(behaviour, &seen);
}

/* Only an answer to a request that said who it is refuses: browsers ask without it first. */
static void tell_refusal(struct behaviour *behaviour, const struct dissection *dissection, const void *facts)
{
	const struct http_exchange *exchange = facts;
	if (exchange->status != 401 || http_header(exchange->request.head, "authorization").size == 0)
		return;
	const struct flow_end *ends = dissection->flow->ends;
	const struct seen_refusal seen = { .time = dissection->time,
		.client = ends[SIDE_CLIENT].address,
		.server = ends[SIDE_SERVER].address,
		.port = ends[SIDE_SERVER].port };
	behaviour_refusal(behaviour, &seen);
}

void behaviour_facts(struct behaviour *behaviour, const struct dissection *dissection, const void *facts)
{
	switch (dissection->dissector->protocol) {
	case PROTOCOL_DNS:
		tell_name(behaviour, dissection, facts);
		break;
	case PROTOCOL_HTTP:
	case PROTOCOL_HTTP2:
		tell_refusal(behaviour, dissection, facts);
		break;
	default:
		break;
	}
}
