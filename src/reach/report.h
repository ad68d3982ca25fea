/*
 * The reach table as text for a terminal or a mail: tables with a line each, aligned also where the words are Japanese.
 */
#ifndef NOROSHI_REACH_REPORT_H
#define NOROSHI_REACH_REPORT_H

#include "base/catalog.h"

#include <jansson.h>

/* `table` is reach_table_json()'s; `catalog` the Japanese one, or NULL for English. */
void reach_report(json_t *table, const struct catalog *catalog, struct builder *to);

#endif
