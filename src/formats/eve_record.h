/*
 * Writes EVE records (one JSON object a line) as current Suricata does: same names, same nesting, so that whoever reads
 * its EVE output reads ours. Which members there are: Suricata's own eve schema, DNS in its version 3 form.
 *
 *   eve_begin()  {"timestamp":…,"flow_id":…,"event_type":…,…,"src_ip":…
 *   members      ,"dns":{…}           by the table of writers, one file a protocol (eve_dns.c …)
 *   eve_end()    }\n
 *
 * Nothing here allocates but the builder, whose `failed` says at the end whether the record is whole. Every text is
 * escaped, and bytes that are no UTF-8 become U+FFFD.
 */
#ifndef NOROSHI_FORMATS_EVE_RECORD_H
#define NOROSHI_FORMATS_EVE_RECORD_H

#include "net/dissector.h"
#include "net/flow.h"
#include "net/observer.h"

/* Where records come from; an empty text is left out. */
struct eve_source {
	struct text host;          /* the sensor's name */
	struct text in_iface;      /* live */
	struct text pcap_filename; /* from a file */
	struct text community;     /* the flow's id as another program has it; empty = it is made here */
	bool log;                  /* another program's records: no packet was seen, ends may be absent */
};

/* The head that all records have. `from` is the side that stands as src_ip: the client for what is about a whole
 * exchange (as Suricata has it for everything but alerts, which stand as their packet). Leaves the object open. */
void eve_begin(struct builder *to, const struct eve_source *source, const char *event_type, nanoseconds time,
    const struct flow *flow, enum side from);
void eve_end(struct builder *to);

/* A kind of record of a protocol. A protocol may have several; each of them sees each fact. */
struct eve_writer {
	enum protocol protocol;
	const char *event_type;
	/* Adds the record's members (",\"tx_id\":0,\"dns\":{…}"). */
	void (*write)(const struct dissection *dissection, enum side side, const void *facts, struct builder *to);
	bool (*covers)(const void *facts); /* whether these facts are such a record; NULL: all of the protocol are */
};
extern const struct eve_writer *const eve_writers[]; /* ends with NULL; eve_writers.c */

/* Adds every record that there is of these facts, each a line; returns how many. */
unsigned eve_facts(struct builder *to, const struct eve_source *source, const struct dissection *dissection,
    enum side side, const void *facts);
/* Adds to an open object (an alert's) the members that its facts have in their own record; false = none. */
bool eve_members(struct builder *to, const struct dissection *dissection, enum side side, const void *facts);

/* One line each: a flow that ended, and what was against a protocol's standard. */
void eve_flow(struct builder *to, const struct eve_source *source, const struct flow *flow, enum flow_over why);
void eve_flow_members(struct builder *to, const struct flow *flow, enum flow_over why); /* what is behind its head */
void eve_anomaly(struct builder *to, const struct eve_source *source, const struct dissection *dissection,
    enum side side, const char *event);

/* Opens the object "flow" with what has been counted so far. */
void eve_flow_object(struct builder *to, const struct flow *flow);

/* For the writers: members of an object, or items of an array (`name` = NULL), with a comma before each but the first.
 * Their names are literals mostly, whose length is known where they stand: so these are inline. */
void eve_name(struct builder *to, struct text name); /* the comma, and the name with its colon; its value comes next */
void eve_digits(struct builder *to, uint64_t value);

static inline void eve_string(struct builder *to, const char *name, struct text value)
{
	eve_name(to, text_of(name));
	build_json_string(to, value);
}

/* Leaves an empty text out. */
static inline void eve_text(struct builder *to, const char *name, struct text value)
{
	if (value.size)
		eve_string(to, name, value);
}

/* A text without anything that JSON escapes: ours, never a stranger's. */
static inline void eve_plain(struct builder *to, const char *name, struct text value)
{
	eve_name(to, text_of(name));
	build_char(to, '"');
	build_text(to, value);
	build_char(to, '"');
}

static inline void eve_number(struct builder *to, const char *name, uint64_t value)
{
	eve_name(to, text_of(name));
	eve_digits(to, value);
}

static inline void eve_bool(struct builder *to, const char *name, bool value)
{
	eve_name(to, text_of(name));
	build_text(to, value ? TEXT("true") : TEXT("false"));
}

static inline void eve_true(struct builder *to, const char *name)
{
	eve_bool(to, name, true);
}

static inline void eve_object(struct builder *to, const char *name)
{
	eve_name(to, text_of(name));
	build_char(to, '{');
}

static inline void eve_object_end(struct builder *to)
{
	build_char(to, '}');
}

/* As Suricata names protocols of IP; others by their number, which is written to `number`. */
#define EVE_PROTOCOL 4
const char *eve_protocol(uint8_t ip_protocol, char number[static EVE_PROTOCOL]);
void eve_time(struct builder *to, const char *name, nanoseconds time); /* "2026-01-31T12:00:00.000000+0000" */
/* In lower case, of at least so many digits. */
void eve_hex(struct builder *to, const char *name, unsigned value, int digits);
/* An array is left out when nothing came into it; eve_array_end() takes what eve_array() returned. */
size_t eve_array(struct builder *to, const char *name);
void eve_array_end(struct builder *to, size_t opened);

#endif
