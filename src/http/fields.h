/*
 * Fields of a request: from text (path, query, form) or JSON to typed values, checked against the route's table; and
 * the encoding in which they cross from front to keeper, checked again on the other side.
 *
 * Typed values are a JSON object of the table's names: TEXT, LINES, UUID, CHOICE, ADDRESS, PREFIX, CURSOR, SECRET
 * strings (addresses and prefixes in RFC 5952 text, UUIDs in lower case); INTEGER numbers; TIME integer nanoseconds;
 * REAL numbers; BOOLEAN true/false; LIST arrays of strings. Absent optional fields are absent.
 */
#ifndef NOROSHI_HTTP_FIELDS_H
#define NOROSHI_HTTP_FIELDS_H

#include "base/codec.h"
#include "base/error.h"
#include "base/text.h"
#include "http/route.h"

#include <jansson.h>

/* What the failure's words name is the field, what was expected, and for an unknown one the nearest known name. All
 * return ERROR_INPUT or ERROR_MEMORY. `into` is an object that grows. */

/* One value as text: of a path segment, a query or a form. A field that was set before is an error, unless it is a
 * LIST. Empty optional values of queries and forms count as absent. `text` is decoded already. */
enum error field_set(const struct route *route, enum field_place place, struct text name, struct text text,
    json_t *into, struct failure *failure);

/* application/x-www-form-urlencoded, as in a query or a form's body (WHATWG URL, 5.1; "+" is a space). `text` is
 * encoded. A pair called "form_token" is not a field: its value is copied to `form_token` (room for 65 bytes; may be
 * NULL: then it is unknown like any other). */
enum error fields_read_form(const struct route *route, enum field_place place, struct text text, json_t *into,
    char *form_token, struct failure *failure);
/* A JSON object (RFC 8259) of at most 32 levels; members are the fields of IN_BODY. */
enum error fields_read_json(const struct route *route, struct text text, json_t *into, struct failure *failure);
/* Every required field is there. Call after all places were read. */
enum error fields_complete(const struct route *route, const json_t *fields, struct failure *failure);

/* Checks an object of typed values: names, types, lengths, ranges, required ones. The keeper does so again with what it
 * got. */
enum error fields_check(const struct route *route, const json_t *fields, struct failure *failure);

/* u16 count, then for each: u16 index in the table and the value. */
void fields_encode(const struct route *route, const json_t *fields, struct builder *to);
/* Reads and checks. `fields` is new; the caller's to json_decref(). */
enum error fields_decode(const struct route *route, struct reader *from, json_t **fields, struct failure *failure);

/* Percent-decodes (RFC 3986, 2.1) into `to` (room for text.size + 1); `plus` makes "+" a space. False for a broken
 * escape, a NUL, or what is not UTF-8 afterwards. */
bool percent_decode(struct text text, bool plus, char *to, size_t *size);
void percent_encode(struct text text, struct builder *to); /* everything but unreserved characters */

#endif
