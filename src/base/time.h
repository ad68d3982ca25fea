/*
 * Time: nanoseconds since 1970-01-01T00:00:00Z in a signed 64-bit number (to the year 2262), UTC, no leap seconds.
 */
#ifndef NOROSHI_BASE_TIME_H
#define NOROSHI_BASE_TIME_H

#include "base/text.h"

#include <stdint.h>

typedef int64_t nanoseconds;

#define MICROSECOND ((nanoseconds)1000)
#define MILLISECOND (1000 * MICROSECOND)
#define SECOND (1000 * MILLISECOND)
#define MINUTE (60 * SECOND)
#define HOUR (60 * MINUTE)
#define DAY (24 * HOUR)

nanoseconds time_now(void);       /* the wall clock */
nanoseconds time_monotonic(void); /* for intervals only */

/* RFC 3339, and the forms that detectors write: "2020-03-04T13:55:05.224939+0000", a space for the T, a comma for the
 * point, "+hh:mm", "+hhmm", "+hh" or "Z", one space before it, no zone (then `zone` seconds east of UTC is taken and
 * *assumed, when not NULL, true, otherwise false). Years 1970–2262. Second 60 becomes 59.999999999; hour 24 is none;
 * what is finer than nanoseconds is cut off. False, with nothing written, when it is none of these or does not fit. */
bool time_parse(struct text text, int zone, nanoseconds *time, bool *assumed);

/* "Z", "+09:00", "+0900" or "+09" alone: seconds east of UTC. */
bool time_parse_zone(struct text text, int *zone);

/* Seconds since the epoch, whole or decimal ("1642204801", "1583330105.224939"), exact to the nanosecond, no sign and
 * no exponent. A whole part over 9223372036 (the year 2262) is in milliseconds, over 1000 times that in microseconds,
 * over 1000 times that in nanoseconds. */
bool time_parse_epoch(struct text text, nanoseconds *time);

#define TIME_TEXT 36 /* room for a time with its NUL */
/* RFC 3339 in UTC, of any 64-bit time, with the fewest of 0, 3, 6 or 9 decimals that lose nothing. Returns `to`. */
char *time_format(nanoseconds time, char to[static TIME_TEXT]);
/* As EVE JSON writes it: always microseconds, and "+0000". Returns `to`. */
char *time_format_micro(nanoseconds time, char to[static TIME_TEXT]);
/* As TAXII 2.1 writes it: always microseconds, and "Z". Returns `to`. */
char *time_format_taxii(nanoseconds time, char to[static TIME_TEXT]);

/* Durations as people write them in a configuration: "10 min", "90s", "2h", "1.5 h", "7d", "500ms": a number without a
 * sign and a unit (w week d day h hour min m minute s sec second ms us µs ns, plurals too), or "0". */
bool duration_parse(struct text text, nanoseconds *duration);
/* In the largest unit that divides it: "10 min"; duration_parse() reads it back when it is not negative. */
char *duration_format(nanoseconds duration, char to[static TIME_TEXT]);

#endif
