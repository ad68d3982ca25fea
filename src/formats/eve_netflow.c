/*
 * EVE records of flows that others reported ("netflow", one direction each), as Suricata writes its own. The reporter
 * stands as `host`; what its record says of sampling and of its domain, in metadata.flowvars.
 */
#include "formats/eve_netflow.h"
#include "base/hash.h"
#include "formats/eve_record.h"

#include <netinet/in.h>
#include <stdio.h>

static void variable(struct builder *to, const char *name, uint64_t value)
{
	char digits[24];
	snprintf(digits, sizeof digits, "%llu", (unsigned long long)value);
	eve_object(to, NULL);
	eve_text(to, "key", text_of(name));
	eve_text(to, "value", text_of(digits));
	eve_object_end(to);
}

static void write_metadata(struct builder *to, const struct flow_record *record)
{
	eve_object(to, "metadata");
	size_t opened = eve_array(to, "flowvars");
	variable(to, "domain", record->domain);
	if (record->sampling)
		variable(to, "sampling", record->sampling);
	eve_array_end(to, opened);
	eve_object_end(to);
}

static void write_counts(struct builder *to, const struct flow_record *record, uint64_t packets, uint64_t bytes)
{
	eve_object(to, "netflow");
	eve_number(to, "pkts", packets);
	eve_number(to, "bytes", bytes);
	eve_time(to, "start", record->first);
	eve_time(to, "end", record->last);
	eve_number(to, "age", record->last > record->first ? (uint64_t)((record->last - record->first) / SECOND) : 0);
	eve_object_end(to);
}

static void write_one(struct builder *to, const struct flow_record *record, struct flow *flow, enum side from)
{
	char exporter[ADDRESS_TEXT];
	const struct eve_source source = { .host = text_of(address_format(record->exporter, exporter)) };
	eve_begin(to, &source, "netflow", record->last, flow, from);
	write_metadata(to, record);
	write_counts(to, record, flow->packets[from], flow->bytes[from]);
	if (flow->ip_protocol == IPPROTO_TCP && from == SIDE_CLIENT) {
		char flags[4];
		snprintf(flags, sizeof flags, "%02x", record->tcp_flags);
		eve_object(to, "tcp");
		eve_text(to, "tcp_flags", text_of(flags));
		eve_object_end(to);
	}
	eve_end(to);
}

void eve_netflow(struct builder *to, const struct flow_record *record)
{
	struct flow flow = { .first = record->first,
		.last = record->last,
		.packets = { record->packets, record->packets_back },
		.bytes = { record->bytes, record->bytes_back },
		.ends = { record->source, record->destination },
		.vlan = { record->vlan },
		.ip_protocol = record->ip_protocol,
		.ip_version = record->ip_version };
	const uint64_t ends[2] = { hash_bytes(&record->source, sizeof record->source, record->ip_protocol),
		hash_bytes(&record->destination, sizeof record->destination, record->ip_protocol) };
	/* the same for both directions, as a flow's number is; it fits a signed number */
	flow.id = (hash_u64(ends[0] + ends[1], (uint64_t)record->domain) >> 1) | 1;
	if (record->packets || record->bytes)
		write_one(to, record, &flow, SIDE_CLIENT);
	if (record->packets_back || record->bytes_back)
		write_one(to, record, &flow, SIDE_SERVER);
}
