/*
 * What `noroshi probe` writes: a line of JSON for each measurement, which it reads back (`--replay`); lines of JSON or
 * text for what was found; and alerts in our CSV (docs/formats/alerts.md), for triage.
 */
#ifndef NOROSHI_WATCH_PROBE_RECORD_H
#define NOROSHI_WATCH_PROBE_RECORD_H

#include "base/json.h"
#include "watch/probe_options.h"

/* One line each, with its line break. */
void probe_record_write(const struct probe_options *options, const struct measurement *measurement,
    enum site_state state, struct builder *to);
/* ERROR_INPUT with the member and what was expected; ERROR_NOT_FOUND for a site that is not in the options. */
enum error probe_record_read(const struct probe_options *options, struct json_parser *parser, struct text line,
    struct measurement *measurement, struct failure *failure);

void probe_signal_json(const struct probe_options *options, const struct signal *signal, struct builder *to);
void probe_signal_text(const struct probe_options *options, const struct signal *signal, struct builder *to);

extern const char probe_alert_header[]; /* of the CSV, with its line break */
/* Nothing for SIGNAL_UP: that a site answers again is no alert. */
void probe_signal_alert(const struct probe_options *options, const struct signal *signal, struct builder *to);

#endif
