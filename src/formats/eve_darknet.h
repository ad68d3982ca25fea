/*
 * Alerts of a telescope (docs/formats/darknet-lines.md): an address appeared as a source, something changed, sources
 * act together. For eve.c, of writers that are telescopes (format_settings.telescope).
 */
#ifndef NOROSHI_FORMATS_EVE_DARKNET_H
#define NOROSHI_FORMATS_EVE_DARKNET_H

#include "formats/fields.h"

/* Whether an alert of EVE is a telescope's, or a decoy's (docs/formats/decoy-lines.md): a telescope that answers. */
bool eve_is_darknet(struct json_value event);
/* Detector, signature, severity and object; `object` is "port=23/tcp tool=mirai worm=mirai targets=1 addresses=65536",
 * which model/appearance.h reads. Time and addresses are the caller's. No host is concerned until somebody knows whose
 * the address is. ERROR_INPUT: it does not say what it is. */
enum error eve_darknet(
    struct format_reader *reader, struct json_value event, struct alert *alert, struct failure *failure);

#endif
