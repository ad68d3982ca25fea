/*
 * Habits: who has behaved for days as scanners of researchers do. A label, no verdict: whoever behaves so earns it, an
 * attacker too, so nothing may be left out, silenced or excused because of it (docs/decisions/0103).
 *
 *   whole activities, in order of their bins → habits_add() … habits_of() → struct habit
 *
 * What is asked, of the last 28 days; each alone is common, all together are not:
 *
 * - schedule: it was there on at least 4 days, the first of them at least 6 days before the last, and at least four of
 *   five pauses between them are as long as their median, but for a day
 * - rate: packets of a day differ by a factor of three as a rule, not more: the standard deviation of their natural
 *   logarithm is at most ln 3
 * - ports: at least 20 different ones, new ones on at least 4 days; or it asked, with the fingerprint below, for a
 *   tenth of the telescope's addresses on each of at least 4 days
 * - nothing else: no worm's header, no payload of an attack (method.h: remote desktops, SMB, PPTP, telnet, Redis, ADB,
 *   SQL), no answers and no broken packets: nine of ten are probes without any of these
 * - tool: nine of ten packets are ZMap's or masscan's by their header (header.h): asked of groups of neighbours, and
 *   what makes a source's habit one of medium confidence instead of low
 *
 * Sources: Durumeric, Bailey, Halderman, "An Internet-Wide View of Internet-Wide Scanning", USENIX Security 2014
 * (scanners of researchers by tool, by coverage and by coming back); Anand, Kallitsis, Sippe, Dainotti, "Aggressive
 * Internet-Wide Scanners: Network Impact and Longitudinal Characterization", 2023, arXiv:2305.07193 (a tenth of the
 * dark addresses in a day; many ports); Collins, Hussain, Schwab, "Identifying and Differentiating Acknowledged
 * Scanners in Network Traffic", EuroS&PW 2023 (who says what he does scans all the time, many ports, evenly, from
 * groups of neighbours). The numbers are ours, and were measured: docs/darknet-detection.md.
 *
 * Neighbours: the same is asked of each /24 (IPv6: /48) as a whole, for those whose addresses take turns; then at least
 * two of them must have come, and the fingerprint is a must.
 *
 * Bounded: 8 MB to know who was there on an earlier day, 14 MB for 131,072 sources and networks that were; of eight
 * that want one place the one with the fewest days, then the stalest, goes, counted. Days are of UTC. One thread.
 */
#ifndef NOROSHI_DARKNET_HABITS_H
#define NOROSHI_DARKNET_HABITS_H

#include "base/codec.h"
#include "darknet/packet/activity.h"

#include <stdbool.h>
#include <stddef.h>

#define HABIT_DAYS 28

enum habit_confidence { HABIT_NONE, HABIT_LOW, HABIT_MEDIUM };

struct habit {
	uint8_t confidence; /* enum habit_confidence; HABIT_NONE: it does not behave so, or not for long enough */
	bool tool;          /* ZMap's or masscan's fingerprint */
	bool neighbours;    /* it is said of its /24 or /48; then: */
	unsigned sources;   /* that came from there, an estimate; 1 = it alone */
	unsigned days;      /* on which it was there, of … */
	unsigned span;      /* … so many */
	unsigned ports;     /* an estimate; 1,000 = that many or more */
	double scatter;     /* coefficient of variation of the packets of a day */
};

struct habits_settings {
	size_t seen;    /* 4 bytes each */
	size_t records; /* 120 bytes each */
};
extern const struct habits_settings habits_usual;

struct habits;

struct habits *habits_new(const struct habits_settings *settings); /* NULL without memory */
void habits_free(struct habits *habits);
/* Of the telescope; 0, as at the beginning: nobody asks for a tenth of them. */
void habits_addresses(struct habits *habits, uint64_t addresses);
/* Up to 64 wait until what they look up is near; whatever is asked comes after them. */
void habits_add(struct habits *habits, const struct activity *activity);
/* What is known at the last activity; IPv6: of its /64. `tool`: what it uses now, enum arrival_tool. What its
 * neighbours do says nothing of who uses another than ZMap or masscan. */
struct habit habits_of(struct habits *habits, struct address source, uint8_t tool);
uint64_t habits_displaced(struct habits *habits);

/* Kept over a restart: written, and read into new ones of the same settings. What is no such thing fails the reader;
 * what it was read into is then good for nothing but to be freed. */
void habits_put(struct habits *habits, struct builder *to);
void habits_get(struct habits *habits, struct reader *from);

#endif
