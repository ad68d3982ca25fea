/*
 * DNP3 over TCP and UDP (IEEE 1815-2012): one fact for each application fragment, put together from the link frames
 * that carry it. Checksums are verified; a frame whose header's is wrong is searched past, as receivers do.
 */
#ifndef NOROSHI_NET_DNP3_H
#define NOROSHI_NET_DNP3_H

#include "net/dissector.h"

#define DNP3_FRAGMENT_LARGEST 4096 /* bytes of an application fragment that are kept */

enum dnp3_function {
	DNP3_CONFIRM = 0,
	DNP3_READ = 1,
	DNP3_RESPONSE = 129,
	DNP3_UNSOLICITED = 130,
};

/* Bits of the link control byte (9.2.4.1.3). */
enum { DNP3_LINK_DIRECTION = 0x80, DNP3_LINK_PRIMARY = 0x40, DNP3_LINK_COUNT = 0x20, DNP3_LINK_COUNT_VALID = 0x10 };
/* Bits of the application control byte (4.2.2.2). */
enum { DNP3_FIRST = 0x80, DNP3_FINAL = 0x40, DNP3_CONFIRMED = 0x20, DNP3_IS_UNSOLICITED = 0x10 };

struct dnp3_fragment {
	uint8_t link; /* control byte of the (last) frame */
	uint16_t source, destination;
	uint8_t control, function;
	uint16_t indications; /* internal indications of a response: the first byte is the high one */
	bool complete;        /* all of it was kept */
	struct text objects;  /* what follows: dnp3_object_next() */
};

/* A header of an object (4.2.2.7). */
struct dnp3_object {
	uint8_t group, variation, qualifier; /* prefix code: bits 4–6; range code: bits 0–3 */
	bool has_range, has_count;
	uint32_t start, stop, count;
};

/* Walks the headers of a request, which is all there is of a read; behind a header with data of its own the walk ends,
 * for their sizes are those of hundreds of object types. */
bool dnp3_object_next(struct text *objects, struct dnp3_object *object, bool data_follows);

extern const struct dissector dissector_dnp3;

#endif
