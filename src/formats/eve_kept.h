/*
 * Events of EVE that are no alerts, as the centre keeps them (model/kept_record.h). Inside formats/ only: eve.c asks
 * for it where format_settings.records says so.
 */
#ifndef NOROSHI_FORMATS_EVE_KEPT_H
#define NOROSHI_FORMATS_EVE_KEPT_H

#include "formats/format.h"

/* Whether events of this type are records: all but alerts, and what a sensor says of itself ("stats"). */
bool eve_is_kept(struct text type);

/* ERROR_INPUT names the field that is wrong: without a time, or with ends that are no addresses, it is no record. */
enum error eve_kept(struct format_reader *reader, struct json_value event, struct text type, struct alert *record,
    struct failure *failure);

#endif
