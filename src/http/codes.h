/*
 * The words for codes that are stored and sent: states, verdicts, roles … English msgids, translated by the catalogue.
 */
#ifndef NOROSHI_HTTP_CODES_H
#define NOROSHI_HTTP_CODES_H

#include "base/text.h"

/* The msgid for a code of a group ("verdict", "background"); NULL when there is none. */
const char *code_words(struct text group, struct text code);
bool code_group_exists(struct text group);

#endif
