/*
 * Translations: a compiled gettext catalogue (.mo; GNU gettext manual, "The Format of GNU MO Files"), looked up for
 * each request in its own language. The msgids are the English texts; so English needs no catalogue.
 *
 * Read only after it is made, so any thread may look up.
 */
#ifndef NOROSHI_BASE_CATALOG_H
#define NOROSHI_BASE_CATALOG_H

#include "base/error.h"
#include "base/text.h"

/* Marks a msgid in C for extraction (xgettext -kN_) and does nothing else. */
#ifndef N_
#define N_(msgid) (msgid)
#endif

struct catalog;

/* The file is copied into memory and checked whole: every offset within it, every text NUL-terminated, UTF-8. */
enum error catalog_open(const char *path, struct catalog **catalog, struct failure *failure);
enum error catalog_read(struct text bytes, struct catalog **catalog, struct failure *failure); /* copies */
void catalog_free(struct catalog *catalog);
size_t catalog_count(const struct catalog *catalog);

/* The translation, or `msgid` itself when there is none or `catalog` is NULL. Lives as long as the catalogue. */
struct text catalog_text(const struct catalog *catalog, struct text msgid);
const char *catalog_string(const struct catalog *catalog, const char *msgid);

/* `japanese` for "ja"; NULL, which means English, for any other language. */
const struct catalog *catalog_for(const struct catalog *japanese, struct text language);

/* Appends the translation of `msgid` with {0} … {9} replaced by the parameters. Of words that name a field or a path
 * first ("community: to which one?") what stands behind it is translated, when the whole is not there. */
void catalog_build(
    const struct catalog *catalog, struct text msgid, const struct text *parameters, size_t count, struct builder *to);

#endif
