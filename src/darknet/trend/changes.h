/*
 * Changes: what rises and falls against its own history, by port, country and network, over an hour, a day, a week and
 * a year; and ports that are new.
 *
 *   activities → changes_add() … changes_check() → struct change, as soon as it is certain
 *
 * Counted are sources, not packets: one source that sends a lot is a scan event and no change of a port. Hour: the
 * sources of a bin, against the negative binomial law that the history expects (history.h). Day: the different sources
 * of a day, against those of its days before (days.h). Week: the mean of the last seven of such days against the median
 * of the four weeks before. Year: the same against the same week a year ago. An alarm is what is more surprising than
 * chance makes `alarms` times a month over all of them, as measured (tail.h). A rise is told within the open bin or
 * day, as soon as its count is beyond what all of the bin or day could be: counts only grow, so looking often makes no
 * more false alarms than looking once. A fall is told when the bin, day or week closed. One alarm for each thing and
 * span until it was quiet for a day (a week's: until the next).
 *
 * Hours in which the sensor did not listen are no falls, and teach nothing: changes_close().
 *
 * Bounded (history.h). Known research scanners do not count; backscatter neither: attacks are victims. One thread.
 */
#ifndef NOROSHI_DARKNET_CHANGES_H
#define NOROSHI_DARKNET_CHANGES_H

#include "base/codec.h"
#include "darknet/packet/activity.h"
#include "darknet/trend/history.h"

enum change_of { CHANGE_PORT, CHANGE_COUNTRY, CHANGE_NETWORK, CHANGE_OFS };
enum change_over { CHANGE_HOUR, CHANGE_DAY, CHANGE_WEEK, CHANGE_YEAR, CHANGE_OVERS };

struct changes_settings {
	nanoseconds bin;
	double alarms;  /* by chance in a month (30 days), over everything */
	unsigned least; /* sources: less than that is no rise, and a fall only from four times as many */
	unsigned learn; /* days before the first is told */
	size_t most;    /* ports, countries and networks, 560 bytes each */
	size_t seen;    /* pairs of source and port of a day, and sources: 4 bytes each */
	int zone;       /* seconds east of UTC, of days */
};
extern const struct changes_settings
    changes_usual; /* bins of an hour, one false alarm a month, 14 days, 16,384, 4 Mi */

struct change {
	nanoseconds noticed;
	nanoseconds from, to; /* what was counted; `to` is behind it */
	enum change_of of;
	enum change_over over;
	bool rise;  /* or fall */
	bool first; /* a port, country or network that was not seen before the last day, since we look */
	uint16_t port;
	uint8_t protocol;
	uint32_t network;
	char country[2];
	/* Sources in a bin; different sources of a day; of a week and year the mean of its days. */
	double observed, expected;
	double awake; /* the share of the bin or day in which the sensor listened, as far as it is over; of weeks 1 */
	double surprise, threshold; /* -ln of the probability, and where alarms begin now */
};

typedef void (*change_visitor)(void *context, const struct change *change);

struct changes;

struct changes *changes_new(const struct changes_settings *settings); /* NULL without memory */
void changes_free(struct changes *changes);
/* Rows of the open bin. Many at once are cheaper: what they look up is fetched meanwhile. */
void changes_add(struct changes *changes, const struct activity *activities, size_t count);
void changes_check(struct changes *changes, nanoseconds now, change_visitor visit, void *context);
/* The bin that began at `bin` ended; every bin must be closed, in order. `awake`: the share of it in which the sensor
 * listened (1: all of it). What is missing of it is no fall; of less than half of a bin or day nothing is learnt, and
 * no fall is told. */
void changes_close(struct changes *changes, nanoseconds bin, double awake, change_visitor visit, void *context);
uint64_t changes_displaced(const struct changes *changes); /* that had no room */

/* Kept over a restart: written, and read into a new one of the same settings. What is no such thing fails the reader;
 * what it was read into is then good for nothing but to be freed. */
void changes_put(const struct changes *changes, struct builder *to);
void changes_get(struct changes *changes, struct reader *from);

#endif
