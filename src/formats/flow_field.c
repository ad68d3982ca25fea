/*
 * Records of NetFlow v9 and IPFIX, field by field: the information elements that make a flow record (IANA, "IPFIX
 * Information Elements", whose first 127 are those of NetFlow v9, RFC 3954, 8), those of the other way (RFC 5103), and
 * what options say of sampling (RFC 5477).
 */
#include "formats/flow_export_inner.h"

#include <string.h>

#define ENTERPRISE_REVERSE 29305u /* RFC 5103, 6.1 */
#define NTP_EPOCH 2208988800ll    /* seconds from 1900 to 1970 */

enum element {
	BYTES = 1,
	PACKETS = 2,
	PROTOCOL = 4,
	TOS = 5,
	TCP_FLAGS = 6,
	SOURCE_PORT = 7,
	SOURCE_V4 = 8,
	INTERFACE_IN = 10,
	DESTINATION_PORT = 11,
	DESTINATION_V4 = 12,
	INTERFACE_OUT = 14,
	NEXT_HOP_V4 = 15,
	AS_SOURCE = 16,
	AS_DESTINATION = 17,
	LAST_UPTIME = 21,
	FIRST_UPTIME = 22,
	SOURCE_V6 = 27,
	DESTINATION_V6 = 28,
	ICMP_TYPE_CODE = 32,
	SAMPLING_INTERVAL = 34,
	SAMPLER_ID = 48,
	SAMPLER_INTERVAL = 50,
	VLAN = 58,
	IP_VERSION = 60,
	NEXT_HOP_V6 = 62,
	BYTES_TOTAL = 85,
	PACKETS_TOTAL = 86,
	ICMP6_TYPE_CODE = 139,
	FIRST_SECONDS = 150,
	LAST_SECONDS = 151,
	FIRST_MILLISECONDS = 152,
	LAST_MILLISECONDS = 153,
	FIRST_MICROSECONDS = 154,
	LAST_MICROSECONDS = 155,
	FIRST_NANOSECONDS = 156,
	LAST_NANOSECONDS = 157,
	BOOT_MILLISECONDS = 160,
	ICMP_TYPE = 176,
	ICMP_CODE = 177,
	ICMP6_TYPE = 178,
	ICMP6_CODE = 179,
	INITIATOR_BYTES = 231,
	RESPONDER_BYTES = 232,
	VLAN_DOT1Q = 243,
	INITIATOR_PACKETS = 298,
	RESPONDER_PACKETS = 299,
	SELECTOR_ID = 302,
	PACKETS_BETWEEN = 306,
	PACKET_INTERVAL = 305,
};

/* What a record says beside the flow itself. */
struct said {
	uint64_t sampler, interval, space, random;
	bool has_sampler, has_addresses, has_first, has_last;
	uint64_t icmp_type, icmp_code;
	bool has_icmp;
	uint64_t boot;
};

/* Numbers may be sent in fewer bytes than they have (RFC 7011, 6.2); of more the last eight count. */
static uint64_t number(struct cursor value)
{
	uint64_t sum = 0;
	if (value.left > 8)
		cursor_skip(&value, value.left - 8);
	while (value.left)
		sum = sum << 8 | cursor_u8(&value);
	return sum;
}

static struct address address_v4(struct cursor value)
{
	struct address address = { 0 };
	const uint8_t *at = value.left == 4 ? cursor_bytes(&value, 4) : NULL;
	if (at && number(cursor_of(at, 4))) {
		address.bytes[10] = address.bytes[11] = 0xff;
		memcpy(address.bytes + 12, at, 4);
	}
	return address;
}

static struct address address_v6(struct cursor value)
{
	struct address address = { 0 };
	const uint8_t *at = value.left == 16 ? cursor_bytes(&value, 16) : NULL;
	if (at)
		memcpy(address.bytes, at, 16);
	return address;
}

/* 64 bits of NTP: seconds since 1900, and a fraction (RFC 5905, 6). */
static nanoseconds ntp_time(uint64_t value)
{
	return ((nanoseconds)(value >> 32) - NTP_EPOCH) * SECOND +
	       (nanoseconds)((value & 0xffffffffu) * (uint64_t)SECOND >> 32);
}

static nanoseconds limited(uint64_t value, nanoseconds unit)
{
	return value > (uint64_t)(INT64_MAX / unit) ? 0 : (nanoseconds)value * unit;
}

/* False when the element is no time. */
static bool take_time(
    struct flow_reading *reading, uint16_t id, uint64_t value, struct flow_record *record, struct said *said)
{
	nanoseconds time;
	bool first;
	if (id == FIRST_UPTIME || id == LAST_UPTIME) {
		if (!reading->has_uptime)
			return true;
		time = flow_uptime(reading, (uint32_t)value);
		first = id == FIRST_UPTIME;
	} else if (id >= FIRST_SECONDS && id <= LAST_NANOSECONDS) {
		time = id < FIRST_MILLISECONDS   ? limited(value, SECOND)
		       : id < FIRST_MICROSECONDS ? limited(value, MILLISECOND)
						 : ntp_time(value);
		first = id % 2 == 0;
	} else {
		return false;
	}
	/* before 1970 is no time; and the difference of two that are not negative cannot overflow */
	*(first ? &record->first : &record->last) = time > 0 ? time : 0;
	*(first ? &said->has_first : &said->has_last) = true;
	return true;
}

/* Addresses and ports. False when the element is none. */
static bool take_end(uint16_t id, struct cursor value, struct flow_record *record, struct said *said)
{
	switch (id) {
	case SOURCE_V4:
	case DESTINATION_V4:
		*(id == SOURCE_V4 ? &record->source : &record->destination) = (struct flow_end){ address_v4(value),
			(id == SOURCE_V4 ? record->source : record->destination).port };
		record->ip_version = 4;
		said->has_addresses = true;
		return true;
	case SOURCE_V6:
		record->source.address = address_v6(value);
		break;
	case DESTINATION_V6:
		record->destination.address = address_v6(value);
		break;
	case NEXT_HOP_V4:
		record->next_hop = address_v4(value);
		return true;
	case NEXT_HOP_V6:
		record->next_hop = address_v6(value);
		return true;
	case SOURCE_PORT:
		record->source.port = (uint16_t)number(value);
		return true;
	case DESTINATION_PORT:
		record->destination.port = (uint16_t)number(value);
		return true;
	default:
		return false;
	}
	record->ip_version = 6;
	said->has_addresses = true;
	return true;
}

static bool take_icmp(uint16_t id, uint64_t value, struct said *said)
{
	switch (id) {
	case ICMP_TYPE_CODE:
	case ICMP6_TYPE_CODE:
		if (value == 0 && said->has_icmp) /* a template for both versions has both */
			return true;
		said->icmp_type = value >> 8 & 0xff;
		said->icmp_code = value & 0xff;
		break;
	case ICMP_TYPE:
	case ICMP6_TYPE:
		said->icmp_type = value & 0xff;
		break;
	case ICMP_CODE:
	case ICMP6_CODE:
		said->icmp_code = value & 0xff;
		break;
	default:
		return false;
	}
	said->has_icmp = true;
	return true;
}

static bool take_sampling(uint16_t id, uint64_t value, struct said *said)
{
	switch (id) {
	case SAMPLER_ID:
	case SELECTOR_ID:
		said->sampler = value;
		said->has_sampler = true;
		return true;
	case SAMPLING_INTERVAL:
	case SAMPLER_INTERVAL:
		said->random = value;
		return true;
	case PACKET_INTERVAL:
		said->interval = value;
		return true;
	case PACKETS_BETWEEN:
		said->space = value;
		return true;
	case BOOT_MILLISECONDS:
		said->boot = value;
		return true;
	default:
		return false;
	}
}

static void take_number(uint16_t id, uint64_t value, struct flow_record *record)
{
	switch (id) {
	case BYTES:
	case BYTES_TOTAL:
	case INITIATOR_BYTES:
		record->bytes = value;
		break;
	case PACKETS:
	case PACKETS_TOTAL:
	case INITIATOR_PACKETS:
		record->packets = value;
		break;
	case RESPONDER_BYTES:
		record->bytes_back = value;
		break;
	case RESPONDER_PACKETS:
		record->packets_back = value;
		break;
	case PROTOCOL:
		record->ip_protocol = (uint8_t)value;
		break;
	case TOS:
		record->tos = (uint8_t)value;
		break;
	case TCP_FLAGS:
		record->tcp_flags = (uint8_t)value;
		break;
	case INTERFACE_IN:
		record->interface_in = (uint32_t)value;
		break;
	case INTERFACE_OUT:
		record->interface_out = (uint32_t)value;
		break;
	case AS_SOURCE:
		record->as_source = (uint32_t)value;
		break;
	case AS_DESTINATION:
		record->as_destination = (uint32_t)value;
		break;
	case VLAN:
	case VLAN_DOT1Q:
		record->vlan = value & 0xfff;
		break;
	default:
		break;
	}
}

static void take_field(struct flow_reading *reading, const struct template_field *field, struct cursor value,
    struct flow_record *record, struct said *said)
{
	uint64_t plain = value.left <= 8 ? number(value) : 0;
	if (field->enterprise == ENTERPRISE_REVERSE) {
		if (field->id == BYTES || field->id == BYTES_TOTAL)
			record->bytes_back = plain;
		else if (field->id == PACKETS || field->id == PACKETS_TOTAL)
			record->packets_back = plain;
		return;
	}
	if (field->enterprise)
		return;
	if (take_end(field->id, value, record, said) || take_time(reading, field->id, plain, record, said) ||
	    take_icmp(field->id, plain, said) || take_sampling(field->id, plain, said))
		return;
	take_number(field->id, plain, record);
}

/* What an exporter says of its sampling: one packet in so many, for all or for a sampler that records name. */
static void learn_options(struct flow_reading *reading, const struct said *said)
{
	struct flow_domain *domain = reading->domain;
	uint64_t rate = said->random     ? said->random
			: said->interval ? (said->interval + said->space) / said->interval
					 : 0;
	if (said->boot) {
		domain->boot = limited(said->boot, MILLISECOND);
		flow_set_boot(reading);
	}
	if (!rate || rate > UINT32_MAX)
		return;
	domain->sampling = (uint32_t)rate;
	if (!said->has_sampler)
		return;
	size_t i = 0;
	while (i < domain->sampler_count && domain->samplers[i].id != said->sampler)
		i++;
	if (i == SAMPLERS_MOST)
		i = said->sampler % SAMPLERS_MOST;
	else if (i == domain->sampler_count)
		domain->sampler_count++;
	domain->samplers[i] = (struct sampler){ said->sampler, (uint32_t)rate };
}

static uint32_t sampling_of(const struct flow_domain *domain, const struct said *said)
{
	if (said->random && said->random <= UINT32_MAX)
		return (uint32_t)said->random;
	for (size_t i = 0; said->has_sampler && i < domain->sampler_count; i++)
		if (domain->samplers[i].id == said->sampler)
			return domain->samplers[i].rate;
	return said->has_sampler ? 0 : domain->sampling;
}

static void give(struct flow_reading *reading, struct flow_record *record, const struct said *said)
{
	if (!said->has_addresses || (!record->packets && !record->bytes && !record->packets_back)) {
		reading->counts->skipped++;
		return;
	}
	if (!said->has_last)
		record->last = said->has_first ? record->first : reading->exported;
	if (!said->has_first)
		record->first = record->last;
	if (said->has_icmp && (record->ip_protocol == 1 || record->ip_protocol == 58)) {
		record->source.port = (uint16_t)said->icmp_type;
		record->destination.port = (uint16_t)said->icmp_code;
	} else if (record->ip_protocol == 1 || record->ip_protocol == 58) { /* as NetFlow v5 has it */
		record->source.port = record->destination.port >> 8;
		record->destination.port &= 0xff;
	}
	record->sampling = sampling_of(reading->domain, said);
	flow_give(reading, record);
}

enum error flow_data_record(struct flow_reading *reading, const struct template *template, struct cursor *from)
{
	struct flow_record record = { 0 };
	struct said said = { 0 };
	for (uint16_t i = 0; i < template->count; i++) {
		const struct template_field *field = &template->fields[i];
		size_t size = field->size;
		if (size == TEMPLATE_VARIABLE && reading->domain->format == FLOW_IPFIX) {
			size = cursor_u8(from);
			if (size == 255)
				size = cursor_u16(from);
		}
		struct cursor value = cursor_part(from, size);
		if (value.failed)
			return fail(reading->failure, ERROR_INPUT, "a record of template %u ends within its field %u",
			    template->id, i + 1u);
		/* what an options record of v9 is about has numbers of its own (RFC 3954, 6.1) */
		if (i < template->scopes && reading->domain->format == FLOW_NETFLOW9)
			continue;
		take_field(reading, field, value, &record, &said);
	}
	if (template->options) {
		reading->counts->options++;
		reading->options++;
		learn_options(reading, &said);
	} else {
		give(reading, &record, &said);
	}
	return OK;
}
