/*
 * Feeds of publishers: Atom 1.0 (RFC 4287), RSS 2.0 (https://www.rssboard.org/rss-specification; 0.9x reads the same)
 * and RSS 1.0 (RDF Site Summary, with the modules Dublin Core, DCMI terms and content). In: the whole document, bytes
 * of a stranger. Out: its entries one by one, as plain text.
 *
 * Any element of another vocabulary is passed over. Nothing is fetched; a document that declares an entity ends there
 * with an error. Encodings: UTF-8, UTF-16, ISO-8859-1 and US-ASCII, and by iconv Shift_JIS (as Windows has it), EUC-JP,
 * Windows-1252 and ISO-8859-15.
 */
#ifndef NOROSHI_FORMATS_FEED_H
#define NOROSHI_FORMATS_FEED_H

#include "base/error.h"
#include "base/text.h"
#include "base/time.h"

#include <stdint.h>

#define FEED_NAME 1024     /* bytes that are kept of a title, an id or an address; an address that is longer is none */
#define FEED_SUMMARY 16384 /* of a summary; what is longer is cut at a character's border */
#define FEED_RAW (256u << 10) /* of a field as it is written: what lies behind is passed over */
#define FEED_DEEPEST 100u     /* elements within each other */

/* Texts are UTF-8 without control characters but line feeds, trimmed, empty when absent, and live until the function
 * that took them returns. */
struct feed_entry {
	struct text id;   /* atom:id, guid, rdf:about */
	struct text link; /* http:// or https://, as written */
	struct text title;
	struct text summary;
	struct text source;             /* the title of the feed, where it stood before the entry */
	nanoseconds published, updated; /* 0 = it does not say, or nothing that is a date */
};

struct feed_reader {
	enum error (*entry)(
	    void *context, const struct feed_entry *entry); /* anything but OK ends the reading with it */
	void *context;
};

/* ERROR_INPUT: not a feed, not well-formed, more than `most` entries …: the entries before that were given. */
enum error feed_parse(struct text document, uint32_t most, const struct feed_reader *reader, struct failure *failure);

/* ── pieces, for this room and tests ─ */

/* What a person reads of it, at most `most` bytes: without tags, scripts and comments where it is HTML. Spaces become
 * one space, a block of HTML a line. */
void feed_text(struct text written, bool html, size_t most, struct builder *to);
/* RFC 3339, its shorter forms of W3CDTF (a day, or without seconds), RFC 822 and 2822. */
bool feed_date(struct text text, nanoseconds *time);
/* For expat: XML_SetUnknownEncodingHandler(). */
int feed_encoding(void *context, const char *name, void *encoding /* XML_Encoding */);

#endif
