/*
 * Warning lists: what is known to be harmless, or at least known, in MISP's format (one JSON document a list: name,
 * description, version, type, matching_attributes, list; https://github.com/MISP/misp-warninglists). They answer "is
 * this address a known scanner?" for triage and "is this indicator a mistake?" for sharing.
 *
 * What the types mean is what MISP's own server does with them:
 *   cidr       the address lies in one of the prefixes
 *   hostname   the name is an entry or a name below it, whether the entry begins with a dot or not
 *   string     the name equals the entry (an entry with a dot at its beginning thus equals no name)
 *   substring  the name contains the entry
 *   regex      not used; counted as skipped
 * Lists of other things than addresses and names (hashes, mail addresses, …) are kept as lists without entries.
 *
 * What a list is about decides what may follow from it. That does not stand in the lists, so a small table of ours says
 * it (warninglists/kinds): a rented cloud address is known too, and yet attackers rent there.
 */
#ifndef NOROSHI_MATCH_WARNINGLIST_H
#define NOROSHI_MATCH_WARNINGLIST_H

#include "base/error.h"
#include "base/text.h"
#include "net/address.h"

#include <stddef.h>
#include <stdint.h>

enum warninglist_kind {
	WARNINGLIST_SCANNER, /* scans the Internet for research or as a service and says who it is */
	WARNINGLIST_CRAWLER, /* fetches public pages for a search engine or the like */
	WARNINGLIST_CHECK,   /* checks that are ordered or expected: awareness campaigns, reachability, certificates,
				updates */
	WARNINGLIST_SERVICE, /* run by its owner alone: resolvers, mail of the large providers, office services,
				sinkholes */
	WARNINGLIST_RENTED,  /* clouds, CDNs, VPNs, sites where anybody places content: known, but anybody may be behind
				it */
	WARNINGLIST_SPECIAL, /* reserved addresses and names */
	WARNINGLIST_POPULAR, /* much visited sites */
	WARNINGLIST_OTHER,   /* not in our table: never used to remove anything unless configured by name */
	WARNINGLIST_KINDS,
};
const char *warninglist_kind_code(enum warninglist_kind kind); /* "scanner", … */

struct warninglist {
	char *name, *description, *file;
	uint64_t version; /* as the list says, usually a date: 20240115 */
	enum warninglist_kind kind;
	char type[12];
	uint32_t entries, skipped; /* in use; not understood */
};

struct warninglists;
struct indicator_match; /* match/indicator_set.h */

struct warninglists_counts {
	uint32_t lists, files_skipped, regex_skipped;
	uint64_t addresses, names, substrings, entries_skipped;
};

/* Told for each thing that was left out: the file, the entry (empty: the whole file), and why. May be NULL. */
typedef void (*warninglist_skipped)(void *context, const char *file, struct text entry, const char *why);

/* Loads FOLDER/x.json and FOLDER/x/list.json, in the order of their names. `kinds` is the path of our table; NULL:
 * every list is OTHER. A file that is no warning list is skipped and counted; what cannot be read at all is an error.
 * Bounds: 4,096 files of at most 64 MiB, 32 M addresses and names, 2,000 substrings. */
enum error warninglists_load(const char *folder, const char *kinds, warninglist_skipped skipped, void *context,
    struct warninglists **lists, struct failure *failure);
void warninglists_free(struct warninglists *lists);

/* The steps of loading, for what does not lie in a folder: new, kinds, add for each document, compile; then only
 * questions. */
struct warninglists *warninglists_new(warninglist_skipped skipped, void *context);
/* Lines of "KIND<tab>name of a list"; "*" in a name stands for anything; exact names count before; # begins a comment.
 */
enum error warninglists_kinds(struct warninglists *lists, const char *name, struct text table, struct failure *failure);
enum error warninglists_add(
    struct warninglists *lists, const char *file, struct text document, struct failure *failure);
enum error warninglists_compile(struct warninglists *lists, struct failure *failure);

/* The list that holds the address or name, of the kinds wanted (bits 1 << kind; 0 = any), the first kind in the order
 * above when there are several; NULL when there is none. Names: any case, a dot at the end is fine. Any number of
 * threads. */
const struct warninglist *warninglist_address(const struct warninglists *lists, struct address address, unsigned kinds);
const struct warninglist *warninglist_domain(const struct warninglists *lists, struct text name, unsigned kinds);

/* Every prefix and name (INDICATOR_DOMAIN: and all below it) of all lists; substrings are none. */
void warninglists_each(
    const struct warninglists *lists, void (*visit)(void *context, const struct indicator_match *entry), void *context);

void warninglists_count(const struct warninglists *lists, struct warninglists_counts *counts);
const struct warninglist *warninglist_get(const struct warninglists *lists, size_t index); /* NULL beyond the last */

#endif
