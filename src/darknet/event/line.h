/*
 * The line of a source, and what the parts of sources.c share.
 */
#ifndef NOROSHI_DARKNET_LINE_H
#define NOROSHI_DARKNET_LINE_H

#include "darknet/event/cardinality.h"
#include "darknet/event/sources.h"
#include "darknet/packet/arrival.h"

#include <stddef.h>

#define LINE_OCCUPIED 1
#define LINE_V6 2
#define LINE_UNTRAILED 4 /* there was no trail: `trail` counts changes of the target instead */
#define LINE_CONTENT 3   /* the bits above: enum arrival_payload */

/* What one packet adds, worked out once. */
struct touch {
	uint64_t key;  /* IPv4: the address; IPv6: the first 64 bits */
	uint64_t hash; /* of key, kind and version */
	nanoseconds time;
	uint32_t item; /* what is counted as a target: struct source_event */
	uint32_t place;
	uint32_t shape;
	uint16_t port;
	uint8_t protocol, kind, mark;
	uint8_t method; /* of ICMP none: there its kind says it */
	bool v6;
	uint32_t line; /* line_table_peek() */
	const struct arrival *arrival;
};

struct line { /* one cache line */
	uint64_t key;
	nanoseconds first;            /* of the event */
	uint32_t last;                /* milliseconds since then */
	uint16_t bin_first, bin_last; /* of the activity that stands here: bin_part() */
	uint32_t packets;             /* of the event; 0 = it is over, and the activity is not yet told */
	uint32_t bin_packets;         /* of the activity; 0 = there is none in this bin */
	uint64_t seen;                /* the activity's targets: a bit each, by hash */
	uint32_t shape;               /* the activity's; 0 = several */
	uint16_t port;                /* of the activity; without a trail: of the event */
	uint8_t protocol, kind;
	uint32_t trail;      /* 0 = none */
	uint32_t targets[2]; /* the first two different items; twice the same: one */
	uint8_t tool, votes; /* Boyer and Moore's majority: tool, and by how much it leads */
	uint8_t marks;
	uint8_t flags;
};
_Static_assert(sizeof(struct line) == 64, "a line is a cache line");

/* Not secret: what collides only shortens how far a table looks (LOOKED in table.c). */
static inline uint64_t line_hash(uint64_t key, uint8_t kind, bool v6)
{
	uint64_t hash = (key ^ (uint64_t)(kind * 2u + v6) << 61) * 0x9e3779b97f4a7c15ull;
	hash ^= hash >> 32;
	return hash * 0xd6e8feb86659fd93ull;
}

/* The bit of a target among 64. */
static inline uint64_t line_seen(uint32_t place)
{
	return (uint64_t)1 << (place * 0x9e3779b1u >> 26);
}

/* ── activities beyond the first of a source in a bin, and those with a method ─ */

struct row {
	uint64_t key, seen;
	uint32_t packets, shape;
	uint16_t first, last; /* bin_part() */
	uint16_t port;
	uint8_t protocol, kind, tool, method;
	bool v6, used;
};

struct rows {
	struct row *at;
	size_t room, count, most;
	uint64_t lost; /* packets */
};

/* `part`: bin_part() of its time. */
/* True: it is a new row. */
bool rows_add(struct rows *rows, const struct touch *touch, uint8_t tool, uint16_t part);
void rows_clear(struct rows *rows);

/* ── what is more than a line ─ */

/* What each packet touches stands in the first cache line. */
struct trail {
	_Alignas(64) uint64_t bytes;
	uint32_t minute, minute_packets, busiest;
	uint32_t sequence; /* of the last SYN */
	union {
		uint32_t key; /* of the last SYN */
		uint32_t
		    latest; /* backscatter: of the last question that was new; milliseconds since the event began */
	};
	uint32_t item;       /* of the last packet */
	uint32_t port_block; /* a bitmap of ports once the list is full */
	uint32_t port_count;
	struct source_port last_port; /* was added already */
	bool sequence_known, port_least;
	struct cardinality targets;
	struct source_port ports[SOURCE_PORTS];
};
_Static_assert(offsetof(struct trail, targets.few) == 64, "the first line holds what each packet touches");

struct trails {
	struct trail *at; /* from number 1; address space for all of them, memory as they come */
	uint32_t *spare;
	uint32_t made, most, spare_count;
	struct blocks blocks;
};

bool trails_init(struct trails *trails, uint32_t most, uint32_t blocks);
void trails_free(struct trails *trails);
/* 0: at the bound, or no memory. Zeroed. */
uint32_t trails_take(struct trails *trails);
void trails_give(struct trails *trails, uint32_t trail);
static inline struct trail *trail_at(const struct trails *trails, uint32_t trail)
{
	return &trails->at[trail];
}
void trail_port(struct trail *trail, struct trails *trails, uint16_t port, uint8_t protocol);
/* Whether what it asks, or answers, was not there before; of many: perhaps. */
bool trail_packet(struct trail *trail, struct trails *trails, const struct touch *touch, bool exact);
/* A tool that two packets together tell, of a probe whose header alone says nothing; TOOL_UNKNOWN. */
uint8_t trail_tool(struct trail *trail, const struct touch *touch);

/* ── */

/* ── the table of lines ─ */

#define BUCKET_SLOTS 8u

struct line_bucket {                 /* one cache line */
	uint32_t hash[BUCKET_SLOTS]; /* line_table_part(); 0 = free */
	uint32_t line[BUCKET_SLOTS]; /* its number */
};

struct line_table {
	struct line *at;             /* from number 1, in the order in which they came; those without flags are free */
	struct line_bucket *buckets; /* 2 to the power of `bits` */
	unsigned bits;
	uint32_t most, made, count; /* lines: the bound; so many numbers were given, 0 included; in use */
	uint32_t spare;             /* the last that was given back, a chain by `trail`; 0 = none */
};

/* The part of a line_hash() that a slot holds, never 0; its upper bits say where the look begins. */
static inline uint32_t line_table_part(uint64_t hash)
{
	uint32_t part = (uint32_t)(hash >> 32);
	return part ? part : 1;
}
static inline size_t line_table_home(const struct line_table *table, uint32_t part)
{
	return part >> (32 - table->bits);
}
static inline bool line_is(const struct line *line, const struct touch *touch)
{
	return line->flags && line->key == touch->key && line->kind == touch->kind &&
	       !(line->flags & LINE_V6) == !touch->v6;
}

bool line_table_init(struct line_table *table, uint32_t most); /* false: no memory */
void line_table_free(struct line_table *table);
/* The number of the line that is most probably the source's; 0: it surely has none. Does not look at lines. */
uint32_t line_table_peek(const struct line_table *table, uint64_t hash);
enum line_found {
	LINE_KNOWN,
	LINE_NEW,     /* a free line, which is its own from now on: to be filled at once */
	LINE_FULL,    /* all lines are taken */
	LINE_CROWDED, /* too many others stand where it belongs */
	LINE_NO_MEMORY,
};
enum line_found line_table_find(struct line_table *table, const struct touch *touch, struct line **line);
/* The stalest of the sources near the place where this one belongs. */
struct line *line_table_stalest(const struct line_table *table, const struct touch *touch);
void line_table_remove(struct line_table *table, struct line *line);
/* In a crowd: line_table_stalest()'s line is this source's now, to be filled at once. */
void line_table_replace(struct line_table *table, const struct line *line, const struct touch *touch);
void line_table_clear(struct line_table *table); /* no line is taken */

/* ── when lines end; expiry.c ─ */

struct expiry {
	uint32_t *next;  /* by number of a line: the one behind it in its slot; 0 = it is in none */
	uint32_t *slots; /* the first of each; 0 = none */
	size_t slot_count, size, waiting;
	nanoseconds length, timeout; /* of a slot; of silence */
	nanoseconds until;           /* the end of the slot that is over next: what is due earlier has ended */
};

struct sources;

bool expiry_init(struct expiry *expiry, nanoseconds timeout, uint32_t lines); /* false: no memory */
void expiry_free(struct expiry *expiry);
void expiry_begin(struct expiry *expiry, nanoseconds now); /* nothing waits */
/* The line's last packet came at `last`, and it goes on. */
void expiry_add(struct expiry *expiry, uint32_t number, nanoseconds last);
/* Ends what was silent for longer than the time-out at the end of each slot up to `now`, slot by slot. */
void expiry_reach(struct sources *sources, nanoseconds now);

/* ── */

struct sources {
	struct source_settings settings;
	struct line_table table;
	struct expiry expiry;
	nanoseconds wake; /* a packet from then on ends a bin, or a slot of silence */
	nanoseconds bin_begin, bin_end;
	uint64_t bin_unit; /* nanoseconds, rounded up */
	bool begun, exact; /* exact: places fit into a bitmap */
	struct rows rows;
	struct trails trails;
	struct source_counts counts;
};

/* Times within a bin are kept as 65,536ths of it: 55 ms of an hour. */
static inline uint16_t bin_part(const struct sources *sources, nanoseconds time)
{
	return (uint16_t)((uint64_t)(time - sources->bin_begin) / sources->bin_unit);
}
static inline nanoseconds bin_time(const struct sources *sources, uint16_t part)
{
	return sources->bin_begin + (nanoseconds)(part * sources->bin_unit);
}
static inline nanoseconds line_last(const struct line *line)
{
	return line->first + line->last * MILLISECOND;
}

/* touch.c */
void touch_of(const struct arrival *arrival, struct touch *touch);

/* tell.c */
void tell_line(struct sources *sources, struct line *line); /* its activity of the bin, which is none then */
void tell_rows(struct sources *sources);
void tell_first(const struct sources *sources, const struct line *line, const struct touch *touch);
void end_event(struct sources *sources, struct line *line); /* the line stays taken */
/* At the end of a bin: that the event goes on, where it is time to say so. */
void tell_again(struct sources *sources, const struct line *line, nanoseconds next_bin);
static inline void tell_begun(const struct sources *sources, const struct touch *touch)
{
	if (__builtin_expect(sources->settings.begun != NULL, 0))
		sources->settings.begun(sources->settings.context, touch->arrival);
}
/* The address of a key. */
struct address line_source(uint64_t key, bool v6);

#endif
