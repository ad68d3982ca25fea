/*
 * When each signature was met for the first time, in days since the vulnerability that it is about became known
 * (catalogue row T05).
 *
 *   EVE alerts (of our sensor or of Suricata), rules, what was kept → struct signature_hits → a table, or JSON
 */
#ifndef NOROSHI_WATCH_SIGNATURE_HITS_H
#define NOROSHI_WATCH_SIGNATURE_HITS_H

#include "base/stream.h"
#include "match/disclosure.h"

#include <stdio.h>

#define SIGNATURE_HITS_MOST 262144u /* signatures that are remembered; further ones are counted */

struct signature_hit {
	uint64_t gid, sid;
	nanoseconds first, last; /* 0: never met */
	uint64_t count;
	bool raised; /* one of them was a new vulnerability's with a public proof of concept */
	struct disclosure disclosure;
	char message[120]; /* cut */
};

struct signature_hits;
struct signature_hits *signature_hits_new(void); /* NULL without memory */
void signature_hits_free(struct signature_hits *hits);

struct signature_hits_counts {
	uint64_t lines, alerts; /* read; of them alerts of signatures */
	uint64_t malformed;     /* no JSON, or an alert without its time or number */
	uint64_t left_out;      /* alerts of signatures beyond SIGNATURE_HITS_MOST */
};

/* Adds the alerts of EVE JSON. Only the stream or memory stop it. */
enum error signature_hits_read(struct signature_hits *hits, struct stream *stream, struct failure *failure);
/* A signature that may not have been met: a rule's numbers, message and metadata. */
enum error signature_hits_rule(struct signature_hits *hits, uint64_t gid, uint64_t sid, struct text message,
    struct text metadata, struct failure *failure);
struct signature_hits_counts signature_hits_count(const struct signature_hits *hits);

/* A file of what was found before: signature_hits_keep() replaces it as a whole, signature_hits_load() adds it.
 * ERROR_NOT_FOUND when there is none, ERROR_INPUT when it is none of ours. */
enum error signature_hits_load(struct signature_hits *hits, const char *path, struct failure *failure);
enum error signature_hits_keep(struct signature_hits *hits, const char *path, struct failure *failure);

/* Most urgent first: raised, then by days from disclosure to the first hit; then what was never met. `all`: also
 * signatures whose day of disclosure is not known. False when it cannot be written. */
bool signature_hits_write(struct signature_hits *hits, bool json, bool all, FILE *to);

#endif
