/*
 * Dates as fast.log, syslog and CEF write them: without a year, with the month's name, with the month first. For this
 * room only.
 */
#ifndef NOROSHI_FORMATS_DATES_H
#define NOROSHI_FORMATS_DATES_H

#include "formats/format.h"

/* "03/04/2020-13:55:05.224939", "03/04/20-13:55:05.22", "03/04-13:55:05.224939" (Suricata, Snort). They name no zone.
 */
bool date_parse_slashes(struct text text, const struct format_settings *settings, nanoseconds *time);

/* "Mar  4 13:55:05" (RFC 3164), "Mar 04 2020 13:55:05.224 UTC" and the other forms of CEF; *assumed = it named no zone
 * that we know (UTC, GMT, Z, +09:00). *rest is what follows; pass NULL to insist that nothing does. */
bool date_parse_month_name(
    struct text text, const struct format_settings *settings, nanoseconds *time, bool *assumed, struct text *rest);

#endif
