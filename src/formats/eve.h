/*
 * What a Suricata event says beside its rule. Wazuh passes whole EVE events on within its own alerts, so its reader
 * uses this too.
 */
#ifndef NOROSHI_FORMATS_EVE_H
#define NOROSHI_FORMATS_EVE_H

#include "formats/format.h"

/* Fills outcome, tactics, protocol and object from the members of an EVE event; what is absent stays as it is. */
void eve_details(struct format_reader *reader, struct json_value event, struct alert *alert);

/* Fills the addresses and ports of both ends; ERROR_INPUT names the one that is none. */
enum error eve_ends(struct json_value event, struct alert *alert, struct failure *failure);

/* For `recognise` of whoever reads EVE. */
int eve_recognise(struct text beginning, struct json_parser *parser);

/* Suricata's priorities: 1 is the gravest. */
enum severity eve_severity(struct text priority);

#endif
