/*
 * Who reads what was released. Reads are noted in memory, where they cost nothing, and written about every second, few
 * at a time; a keeper that is killed forgets those of the last second. In the keeper.
 *
 *   pages and reads of one release ─┐
 *   objects by TAXII ───────────────┴─► readers_note_…() ─► memory ─tick─► store/reading.h ─► /v1/items/{item}/readers
 *
 * An organisation's reads of its own items, and the centre's, are not noted.
 */
#ifndef NOROSHI_INTEL_READERS_H
#define NOROSHI_INTEL_READERS_H

#include "http/call.h"
#include "store/items.h"
#include "store/reading.h"

extern const struct capability readers_capability;

/* A release was shown to the caller. */
void readers_note_opened(struct call *call, const struct release *release);
/* One object of a collection was. */
void readers_note_entry(struct call *call, const struct collection *collection, const struct entry *entry);
/* And a page of it: what the query asked for, up to `reached`. */
void readers_note_page(struct call *call, const struct collection *collection, const struct entry_query *query,
    int64_t reached, unsigned objects);

/* `readers` and `others` of an item, for its owner and for analysts (reader_routes.c). */
enum error readers_output(struct call *call, uint32_t organisation, struct text item, struct failure *failure);

#endif
