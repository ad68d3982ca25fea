/*
 * Zeek's tab-separated logs: header lines and rows (Zeek manual, "Log formats"). For the files of this room only.
 */
#ifndef NOROSHI_FORMATS_ZEEK_TABLE_H
#define NOROSHI_FORMATS_ZEEK_TABLE_H

#include "base/error.h"
#include "base/memory.h"
#include "base/text.h"

#include <stdint.h>

#define ZEEK_COLUMNS 256
#define ZEEK_NAME 32

/* What the header lines declared. They may come again, with other columns. */
struct zeek_table {
	char separator, set_separator;
	char empty[ZEEK_NAME], unset[ZEEK_NAME];
	char path[ZEEK_NAME]; /* "notice"; empty = not declared */
	uint8_t numbers[ZEEK_COLUMNS];
	uint32_t columns; /* 0 = no #fields yet */
};

void zeek_table_begin(struct zeek_table *table);
/* A line that begins with '#'. `number_of` gives the number of each column of #fields; 0 = of no interest. */
void zeek_table_header(
    struct zeek_table *table, struct text line, uint8_t (*number_of)(const struct zeek_table *table, struct text name));
/* A row: tells each column that has a number and a value. ERROR_INPUT when it has not as many columns as #fields. */
enum error zeek_table_row(const struct zeek_table *table, struct text line,
    void (*each)(void *context, uint8_t number, struct text value), void *context, struct failure *failure);

/* Undoes \x09 and its like, in the arena when there is one to undo. An escape may say any byte: what is no UTF-8 with
 * it stays escaped. */
struct text zeek_unescape(struct arena *arena, struct text text);

#endif
