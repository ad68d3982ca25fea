/*
 * The files of the pages (CSS, JavaScript modules, icons, fonts): a table made at the start from the web folder; what a
 * request names is looked up in it and never becomes a path. Content is held in memory with its hash, so that addresses
 * with the hash can be kept by browsers for ever.
 */
#ifndef NOROSHI_HTTP_ASSET_H
#define NOROSHI_HTTP_ASSET_H

#include "base/error.h"
#include "base/text.h"

struct assets;

struct asset {
	const char *name; /* below the folder: "app.css", "js/queue.js" */
	const char *type; /* "text/css; charset=utf-8" */
	struct text content;
	char hash[17]; /* hex, of the content and, for .js and .css, of everything they may import */
	char url[160]; /* "/web/app.css?v=0123456789abcdef" */
};

/* Every regular file below FOLDER with a known suffix (css js mjs svg png ico woff2 webmanifest txt json), without
 * pages/, partials/, node_modules/ and names that start with a dot. At most 32 MiB and 2,000 files; symbolic links are
 * not followed. */
enum error assets_new(const char *folder, struct assets **assets, struct failure *failure);
void assets_free(struct assets *assets);
const struct asset *asset_find(const struct assets *assets, struct text name); /* NULL when there is none */
size_t assets_count(const struct assets *assets);

#endif
