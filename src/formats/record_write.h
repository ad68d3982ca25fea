/*
 * Records as lines of EVE: the one way in which what other programs logged goes out.
 */
#ifndef NOROSHI_FORMATS_RECORD_WRITE_H
#define NOROSHI_FORMATS_RECORD_WRITE_H

#include "formats/eve_alert.h"
#include "formats/record.h"

/* One line. What was EVE already goes out as it came, with a community id. `host` is the sensor's name, or empty. */
void record_write(struct builder *to, struct text host, const struct record *record);
/* One line: an alert about the record, with the record's members. */
void record_write_alert(
    struct builder *to, struct text host, const struct record *record, const struct eve_alert *alert);

#endif
