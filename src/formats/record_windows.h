/*
 * A Windows event, and what is made of its data. For the files of this room only.
 */
#ifndef NOROSHI_FORMATS_RECORD_WINDOWS_H
#define NOROSHI_FORMATS_RECORD_WINDOWS_H

#include "formats/record_inner.h"

#define WINDOWS_DATA 128 /* of one event; further ones are left out */

struct windows_event {
	uint32_t id;
	struct text id_text, provider, channel;
	struct windows_datum {
		struct text name, value;
	} data[WINDOWS_DATA];
	size_t count;
};

/* Adds what the data say, and what the event is. */
void windows_fill(struct record_reader *reader, const struct windows_event *event, struct record *record);

#endif
