/*
 * Texts that the outputs of `noroshi weblog` share.
 */
#ifndef NOROSHI_WATCH_WEBLOG_TEXT_H
#define NOROSHI_WATCH_WEBLOG_TEXT_H

#include "watch/webattack.h"

struct catalog;

/* A decoded request as an address again ('?' and '&' between its parts), printable, cut to EXAMPLE_MOST bytes. */
void weblog_shown(struct text text, char *to, size_t size);
/* Why it is judged so, in words. NULL = English. */
void weblog_judgement(const struct catalog *catalog, const struct judgement *judgement, struct builder *to);
/* The members "success" and "why", with a comma before each. */
void weblog_judgement_json(const struct judgement *judgement, struct builder *to);

#endif
