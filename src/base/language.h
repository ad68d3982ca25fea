/*
 * In which language a command speaks to whoever runs it.
 */
#ifndef NOROSHI_BASE_LANGUAGE_H
#define NOROSHI_BASE_LANGUAGE_H

struct catalog;

/* The Japanese strings when `wish` is "ja", or it is NULL and the environment (LC_ALL, LC_MESSAGES, LANG) says so; NULL
 * = English, also where there are none. catalog_free() is the caller's. */
struct catalog *language_catalog(const char *wish);

#endif
