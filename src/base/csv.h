/*
 * Cells of CSV files (RFC 4180) that people open in spreadsheets.
 */
#ifndef NOROSHI_BASE_CSV_H
#define NOROSHI_BASE_CSV_H

#include "base/text.h"

/* Quoted; what a spreadsheet would take for a formula begins with an apostrophe. */
void csv_put(struct builder *to, const char *text);

#endif
