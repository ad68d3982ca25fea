/*
 * What the readers of flow exports share. For the files of this room only.
 */
#ifndef NOROSHI_FORMATS_FLOW_EXPORT_INNER_H
#define NOROSHI_FORMATS_FLOW_EXPORT_INNER_H

#include "formats/flow_export.h"
#include "net/cursor.h"

struct template_field {
	uint32_t enterprise; /* 0 = IANA's */
	uint16_t id;
	uint16_t size; /* bytes; TEMPLATE_VARIABLE */
};
#define TEMPLATE_VARIABLE 65535u /* the length stands in each record (RFC 7011, 7) */

struct template
{
	uint16_t id; /* 256 … ; 0 = free */
	uint16_t count;
	uint16_t scopes; /* of an options template: so many of the fields say what it is about */
	bool options;
	uint32_t least; /* bytes that a record has at least; not 0 */
	uint64_t used;  /* when, by the exporter's count of datagrams */
	struct template_field *fields;
};

#define SAMPLERS_MOST 16

/* One observation domain of one exporter. */
struct flow_domain {
	uint64_t key; /* 0 = free */
	nanoseconds seen;
	struct address exporter;
	uint32_t id;
	uint8_t format; /* enum flow_format */
	struct template *templates;
	uint64_t datagrams;
	bool sequence_known;
	uint32_t sequence;       /* that the next datagram should have; of IPFIX: that the newest one had */
	uint32_t flows, options; /* IPFIX: records of the newest message */
	bool counts_itself;      /* IPFIX: its sequence has the message's own records in it */
	uint32_t sampling;       /* for all of it; 0 = not said */
	struct sampler {
		uint64_t id;
		uint32_t rate;
	} samplers[SAMPLERS_MOST];
	size_t sampler_count;
	nanoseconds boot; /* of the exporter, where its options say so (IPFIX 160); 0 = they do not */
};

/* One datagram being read. */
struct flow_reading {
	struct flow_export *export;
	struct flow_export_counts *counts;
	struct flow_domain *domain;
	struct address exporter;
	nanoseconds received;
	nanoseconds exported;    /* as its header says */
	bool has_uptime;         /* of the exporter, when it exported this */
	uint32_t uptime;         /* milliseconds; goes round after 49 days */
	uint32_t flows, options; /* records in it so far */
	struct failure *failure;
};

/* The domain, made when it is new; NULL without memory. */
struct flow_domain *flow_domain_of(
    struct flow_export *export, enum flow_format format, struct address exporter, uint32_t id, nanoseconds now);
/* Counts what is missing before `sequence`; the next one should be `sequence` + `step`. */
void flow_sequence(struct flow_reading *reading, uint32_t sequence, uint32_t step);
/* A time that counts from the exporter's start: the one that is nearest to when it exported this. */
void flow_set_boot(struct flow_reading *reading); /* what the domain's options say of the exporter's start */
nanoseconds flow_uptime(const struct flow_reading *reading, uint32_t milliseconds);
void flow_give(struct flow_reading *reading, struct flow_record *record);

/* NULL = there is none. */
struct template *flow_template_find(struct flow_domain *domain, const struct flow_export *export, uint16_t id);
/* Takes a copy of the fields. */
bool flow_template_learn(struct flow_reading *reading, const struct template *template);
void flow_template_forget(struct flow_reading *reading, uint16_t id); /* 0 = all of them */

/* One record by its template. */
enum error flow_data_record(struct flow_reading *reading, const struct template *template, struct cursor *from);

enum error netflow5_read(struct flow_reading *reading, struct cursor *from);
enum error netflow9_read(struct flow_reading *reading, struct cursor *from);
enum error ipfix_read(struct flow_reading *reading, struct cursor *from);
enum error sflow5_read(struct flow_reading *reading, struct cursor *from);

#endif
