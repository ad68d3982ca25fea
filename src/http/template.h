/*
 * Pages: HTML templates over JSON. Everything from data is escaped; there is no way to write it unescaped.
 *
 *   {{name}} {{a.b}} {{.}} {{@number}}   the value, escaped for HTML text and quoted attributes; @number: 1 … in a list
 *   {{url name}}                         percent-encoded, for a part of an address
 *   {{#name}}…{{/name}} {{^name}}…{{/name}}   for each item, or once for an object or true value; when there is none
 *   {{#is name "open"}}…{{/is}} {{^is name "open"}}…{{/is}}   when the value is this text, and when it is not
 *   {{> partial}}                        web/partials/partial.html, with the same data
 *   {{_ "msgid"}} {{_ "{0} of {1}" a b}} the translation; {0} {1} … are replaced by values
 *   {{_ name}}                           the translation of a value that is one of our msgids
 *   {{date name}} {{second name}} {{day name}}   to the minute, the second, the day: <time datetime="…">: RFC 3339 text
 * for en
 *   {{number name}} {{number name 2}}    grouped digits; with decimals
 *   {{t_code "role" name}} {{t_code "role" "member"}}   the words for a code: verdict, role, severity … (http/codes.h)
 *   {{reason name}}                      the sentence of a reason {"code": …, "parameters": [...]} (model/reason.h)
 *   {{asset "app.css"}}                  /web/app.css?v=HASH
 *   {{! a comment}}
 *
 * Names are looked up from the innermost section outwards. Numbers 0 and "" are values that show; null, false, "", []
 * and absent ones open no section (0 does). Templates are read and checked once, at the start: errors name file and
 * line, also a missing partial, an unknown asset, a value outside quotes in a tag, a value inside <script> or <style>.
 * At most 64 levels deep, and `largest` bytes come out.
 */
#ifndef NOROSHI_HTTP_TEMPLATE_H
#define NOROSHI_HTTP_TEMPLATE_H

#include "base/catalog.h"
#include "base/error.h"
#include "base/text.h"
#include "http/asset.h"

#include <jansson.h>

struct templates;

/* Reads FOLDER/pages/ *.html and FOLDER/partials/ *.html. `catalog` is the Japanese one, NULL = none; it and `assets`
 * (may be NULL) must outlive the templates. */
enum error templates_new(const char *folder, const struct catalog *catalog, const struct assets *assets,
    struct templates **templates, struct failure *failure);
/* The same from memory, one page with this name: for tests and fuzzing. */
enum error templates_new_text(const char *name, struct text text, const struct catalog *catalog,
    struct templates **templates, struct failure *failure);
void templates_free(struct templates *templates);
bool templates_have(const struct templates *templates, const char *page);
const struct assets *templates_assets(const struct templates *templates);
const struct catalog *templates_catalog(const struct templates *templates);

#define TEMPLATE_LARGEST (4u << 20) /* bytes of one page */

/* Appends the page. `language` is "ja" or "en". ERROR_LIMIT when it grows too large or too deep, ERROR_USAGE for an
 * unknown page. */
enum error template_render(const struct templates *templates, const char *page, json_t *data, struct text language,
    struct builder *to, struct failure *failure);

#endif
