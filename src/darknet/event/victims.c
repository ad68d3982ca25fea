/*
 * From events of backscatter to attacks; see victims.h.
 */
#include "darknet/event/victims.h"

#include <math.h>
#include <string.h>

#define LEAST_ANSWERS 25
#define LEAST_QUESTIONS 3

/* Larger than the question would have been, by what US-CERT TA14-017A says of each service. */
static bool amplifies(unsigned payload)
{
	switch (payload) {
	case PAYLOAD_DNS:
	case PAYLOAD_NTP:
	case PAYLOAD_SSDP:
	case PAYLOAD_MEMCACHED:
	case PAYLOAD_CLDAP:
	case PAYLOAD_SNMP:
	case PAYLOAD_NETBIOS:
	case PAYLOAD_PORTMAP:
	case PAYLOAD_COAP:
	case PAYLOAD_WSD:
	case PAYLOAD_GAME:
	case PAYLOAD_CHARGEN:
	case PAYLOAD_TFTP:
		return true;
	default:
		return false;
	}
}

bool victim_judge(const struct victim_settings *settings, const struct source_event *event, struct victim *victim)
{
	double seconds = (double)(event->latest - event->first) / (double)SECOND; /* answers are repeated after that */
	double addresses = (double)settings->space->size;
	bool v4 = address_is_v4(event->source) && addresses > 0;

	if (event->kind != ARRIVAL_BACKSCATTER || event->targets < LEAST_QUESTIONS ||
	    event->packets < (settings->least_answers ? settings->least_answers : LEAST_ANSWERS))
		return false;
	*victim = (struct victim){ .victim = event->source,
		.first = event->first,
		.last = event->last,
		.packets = event->packets,
		.attacked = event->targets,
		.error = event->target_error,
		.rate = { NAN, 0, INFINITY },
		.peak = NAN,
		.port_listed = event->port_listed,
		.port_count = event->port_count,
		.port_least = event->port_least,
		.marks = event->marks,
		.reflector = amplifies(event->content) ? event->content : PAYLOAD_NONE,
		.answer = event->bytes ? (double)event->bytes / event->packets : NAN };
	memcpy(victim->ports, event->ports, event->port_listed * sizeof *event->ports);
	if (v4)
		victim->rate =
		    estimate_widened(estimate_attack_rate(event->targets, seconds, addresses), event->target_error);
	if (v4 && event->busiest) /* repeated answers as often as in the whole */
		victim->peak = event->busiest * (event->targets / event->packets) / 60 * INTERNET_V4 / addresses;
	return true;
}

const char *victim_vector(unsigned index)
{
	static const char *const names[VICTIM_VECTORS] = { "syn", "tcp", "udp", "icmp", "other", "sctp", "other" };
	return index < VICTIM_VECTORS ? names[index] : "other";
}
