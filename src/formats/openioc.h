/*
 * OpenIOC 1.0 and 1.1 as items: each document an indicator of STIX with one pattern.
 *
 * Source: the schemas ioc.xsd of OpenIOC 1.0 (Mandiant, 2011) and 1.1 (2013). Items joined by OR become alternatives;
 * joined by AND, observations that must all be made (also where OpenIOC means properties of one file: there the pattern
 * is wider). What STIX has no word for is left out where it is one of several alternatives, and takes all that it is
 * joined to by AND with it.
 *
 * XML is read by expat, as a stream; a document type declaration ends the document (no entity is ever expanded, nothing
 * is fetched). Decision 0081.
 */
#ifndef NOROSHI_FORMATS_OPENIOC_H
#define NOROSHI_FORMATS_OPENIOC_H

#include "base/memory.h"
#include "base/stream.h"
#include "model/item.h"

#define OPENIOC_LARGEST (16u << 20) /* bytes of a document */
#define OPENIOC_DEEPEST 64u
#define OPENIOC_ITEMS 65536u /* of a document */

struct openioc;
typedef void (*openioc_complaint)(void *context, const struct failure *failure);

/* `complain` is told of what had to be left out. NULL without memory. */
struct openioc *openioc_new(struct stream *stream, openioc_complaint complain, void *context);
void openioc_free(struct openioc *openioc);
/* The document's indicator, then ERROR_END. ERROR_INPUT: it cannot be read, or nothing of it can be said in STIX. */
enum error openioc_next(struct openioc *openioc, struct arena *arena, struct item *item, struct failure *failure);

#endif
