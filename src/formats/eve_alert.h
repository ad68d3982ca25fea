/*
 * EVE records of alerts: what indicators and signatures met.
 */
#ifndef NOROSHI_FORMATS_EVE_ALERT_H
#define NOROSHI_FORMATS_EVE_ALERT_H

#include "formats/eve_record.h"

#define EVE_METADATA_MOST 32

struct eve_alert {
	uint32_t gid, signature_id, rev;
	uint32_t severity; /* 1 = highest */
	struct text signature, category;
	/* Names may repeat: their values then stand in one array. */
	struct eve_metadata {
		struct text name, value;
	} metadata[EVE_METADATA_MOST];
	size_t metadata_count;
	enum side from; /* stands as src_ip */
};

/* Adds the pairs of "name value, name value". */
void eve_alert_metadata(struct eve_alert *alert, struct text pairs);
void eve_alert_pair(struct eve_alert *alert, struct text name, struct text value); /* beyond the limit: left out */

/* One line. `dissection` and `facts` may be NULL: then nothing is said about the protocol. */
void eve_alert_write(struct builder *to, const struct eve_source *source, const struct flow *flow, nanoseconds time,
    const struct dissection *dissection, enum side side, const void *facts, const struct eve_alert *alert);

/* The same in two parts, for whoever has its own members between. */
void eve_alert_begin(struct builder *to, const struct eve_source *source, const struct flow *flow, nanoseconds time,
    const struct eve_alert *alert);
void eve_alert_end(
    struct builder *to, const struct eve_source *source, const struct flow *flow, const struct eve_alert *alert);

#endif
