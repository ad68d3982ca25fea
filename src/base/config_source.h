/*
 * What libconfig does not check for itself: used by base/config.c alone.
 */
#ifndef NOROSHI_BASE_CONFIG_SOURCE_H
#define NOROSHI_BASE_CONFIG_SOURCE_H

#include "base/error.h"
#include "base/text.h"

/* Copies a configuration's text for libconfig. Whole numbers beyond 32 bits, which libconfig would silently cut, get
 * the suffix that keeps them. Refused, with the line: what is not UTF-8 or holds a NUL, numbers beyond 64 bits, and
 * @include (the text is handed to confined processes as it is). `name` is for the failure. */
enum error config_source_prepare(const char *name, struct text text, struct builder *to, struct failure *failure);

#endif
