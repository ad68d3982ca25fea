/*
 * MISP's JSON as items, and items as that JSON: events with their attributes, objects, tags and galaxies, answers and
 * feeds of them, sharing groups.
 *
 * Source: MISP core format (draft-dulaunoy-misp-core-format), and what servers and PyMISP write: numbers as texts,
 * empty lists, events with or without {"Event": …} around them.
 *
 * An event is an item; so is each object and attribute. `source_ref` names what has it, and the parent's `references`
 * name its children in their order (where its text had the list, `kept` has an empty one). A property that is not of
 * the usual form (a null, a number in a text's place) is kept as it came. Tags: `markings` has them as they came,
 * `labels` their names; who takes a name out of `labels` or puts one in does so with the tag. A child without a TLP of
 * its own has its parent's (not `tlp_marked`); its PAP is its own alone.
 */
#ifndef NOROSHI_FORMATS_MISP_H
#define NOROSHI_FORMATS_MISP_H

#include "base/json.h"
#include "base/memory.h"
#include "base/stream.h"
#include "model/item.h"

#define MISP_LARGEST (64u << 20) /* bytes of one event; reading takes some 16 times as many of memory */
#define MISP_DEEPEST 64u

struct misp_stream; /* one thread */

/* What is wrong with a part of an event, which is left out: "event 2, …uuid…: attribute 7: uuid: a UUID was expected".
 */
typedef void (*misp_complaint)(void *context, const struct failure *failure);

/* `stream` is borrowed; `complain` may be NULL. NULL without memory. */
struct misp_stream *misp_stream_new(struct stream *stream, misp_complaint complain, void *context);
void misp_stream_free(struct misp_stream *misp);

/* An event and all in it, a sharing group, or attributes without an event. */
struct misp_piece {
	struct item *items; /* parents before their children */
	uint32_t count;
	bool wrapped; /* as {"Event": …} */
};
/* ERROR_INPUT: what stands here is none; the next call goes on behind it. ERROR_END at the end. Everything of the piece
 * is in the arena. */
enum error misp_stream_next(
    struct misp_stream *misp, struct arena *arena, struct misp_piece *piece, struct failure *failure);
/* What was around the events, {"response": []}, as JSON; empty when nothing was. */
struct text misp_stream_around(const struct misp_stream *misp);

/* Appends what has no parent among them, each with its children, a comma between two. Items of STIX are passed over.
 * False without memory. */
bool misp_write(const struct item *items, uint32_t count, struct builder *to);

#endif
