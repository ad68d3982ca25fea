/*
 * Datagrams of flow exporters: told by their version, taken apart, and turned into flow records.
 *
 *   datagram → flow_export_datagram() → netflow5.c, netflow9.c, ipfix.c, sflow5.c → struct flow_record → listener
 *
 * NetFlow v9 and IPFIX say with templates what their records mean, so what each exporter said is remembered, for each
 * of its observation domains: bounded in exporters, templates and fields. Losses are seen in the sequence numbers.
 * One thread.
 */
#ifndef NOROSHI_FORMATS_FLOW_EXPORT_H
#define NOROSHI_FORMATS_FLOW_EXPORT_H

#include "base/error.h"
#include "formats/flow_record.h"

#include <stddef.h>

enum flow_format { FLOW_NETFLOW5, FLOW_NETFLOW9, FLOW_IPFIX, FLOW_SFLOW5, FLOW_FORMAT_COUNT };
const char *flow_format_name(enum flow_format format); /* "netflow5" … */

struct flow_export_counts {
	uint64_t datagrams, malformed; /* malformed: they, or a part of them, could not be read */
	uint64_t records;              /* flows; of sFlow: sampled packets */
	uint64_t templates, withdrawn; /* learned or learned anew; taken back by their exporter */
	uint64_t sets_unknown;         /* sets of data whose template did not come yet: left out */
	uint64_t options;              /* records about the exporter itself */
	uint64_t skipped;              /* counter samples of sFlow, samples without an IP packet, records of no flow */
	uint64_t lost;                 /* flows (v5, IPFIX) or datagrams (v9, sFlow) that the sequence numbers miss */
	uint64_t restarted;            /* sequences that went back: the exporter began anew, or a datagram came late */
	uint64_t forgotten;            /* templates and exporters that others took the place of */
};

struct flow_export_settings {
	uint32_t exporters; /* at most so many pairs of exporter and domain; the longest quiet goes first */
	uint32_t templates; /* for each; the longest unused goes first */
};
extern const struct flow_export_settings flow_export_defaults;
#define TEMPLATE_FIELDS_MOST 256

struct flow_listener {
	void (*record)(void *context, const struct flow_record *record);
	void *context;
};

struct flow_export;
struct flow_export *flow_export_new(
    const struct flow_export_settings *settings, const struct flow_listener *listener); /* NULL without memory */
void flow_export_free(struct flow_export *export);

/* One datagram from `exporter`. ERROR_INPUT when something in it could not be read: what came before it has been given
 * to the listener. ERROR_USAGE when it is none of the formats. */
enum error flow_export_datagram(struct flow_export *export, struct address exporter, nanoseconds received,
    const void *bytes, size_t size, struct failure *failure);

const struct flow_export_counts *flow_export_count(const struct flow_export *export, enum flow_format format);

#endif
