/*
 * The slow, plain reading of JSON (RFC 8259) that says where a text is wrong and why. Only base/json.cc uses it: after
 * the fast parser refused a text.
 */
#ifndef NOROSHI_BASE_JSON_SCAN_H
#define NOROSHI_BASE_JSON_SCAN_H

#include "base/text.h"

#define JSON_DEEPEST 1024 /* containers within each other, whatever the caller allows */

struct json_offence {
	size_t at;         /* byte offset in the text */
	const char *words; /* "expected ':' after a key" */
};

/* Called for every number that fits neither 64 bits nor a finite double, with its place. */
typedef void (*json_large_number)(void *context, size_t at, size_t size);

/* True when `text` is one well-formed value with at most `deepest` containers, empty ones not counted, within each
 * other. */
bool json_scan(
    struct text text, unsigned deepest, json_large_number large, void *context, struct json_offence *offence);

#endif
