/*
 * Objects of STIX out of a stream of any length, as items: a bundle, an envelope of TAXII, single objects one behind
 * the other, an array of them, or several of all these. One object is in memory at a time.
 */
#ifndef NOROSHI_FORMATS_STIX_STREAM_H
#define NOROSHI_FORMATS_STIX_STREAM_H

#include "base/stream.h"
#include "formats/stix.h"

struct stix_stream; /* one thread */

/* `stream` is borrowed. NULL without memory. */
struct stix_stream *stix_stream_new(struct stream *stream);
void stix_stream_free(struct stix_stream *stix);

/* The next item, in the arena (which is the caller's to clear). ERROR_INPUT: an object cannot be read, which the
 * failure names ("object 3, line 17, indicator--…: confidence: …"), and the next call goes on behind it. ERROR_END at
 * the end. Any other error ends the reading. */
enum error stix_stream_next(struct stix_stream *stix, struct arena *arena, struct item *item, struct failure *failure);

uint64_t stix_stream_objects(const struct stix_stream *stix); /* met so far, bad ones too */
/* The last bundle or envelope without its objects, as JSON; empty before its end, or when there was none. */
struct text stix_stream_bundle(const struct stix_stream *stix);

#endif
