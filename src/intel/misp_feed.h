/*
 * A feed of MISP, written into a folder: each event a file, manifest.json with what a reader chooses by, hashes.csv
 * with the MD5 of every value, so that another MISP finds overlaps without fetching events.
 *
 * Events come first, the manifest last: whoever reads meanwhile finds whole files, and never a name without its file.
 * Source: MISP's feed format as PyMISP's feed generator writes it.
 */
#ifndef NOROSHI_INTEL_MISP_FEED_H
#define NOROSHI_INTEL_MISP_FEED_H

#include "base/error.h"
#include "base/text.h"

struct misp_feed; /* one thread */

/* The folder is made when it is not there. */
enum error misp_feed_open(const char *folder, struct misp_feed **feed, struct failure *failure);
void misp_feed_free(struct misp_feed *feed); /* NULL is fine */

/* {"Event": {…}}; of two with one UUID the later counts. ERROR_INPUT: it is none. */
enum error misp_feed_event(struct misp_feed *feed, struct text json, struct failure *failure);
/* Every event of {"response": […]}; what else is in it is passed over. */
enum error misp_feed_events(struct misp_feed *feed, struct text json, struct failure *failure);
/* The manifest and hashes.csv; files of events that the manifest before named, and that are not in this one, go. */
enum error misp_feed_commit(struct misp_feed *feed, struct failure *failure);
unsigned misp_feed_count(const struct misp_feed *feed);

#endif
