/*
 * Known scanners, crawlers and checks, from warning lists: what they cause needs no person. Called by triage.c through
 * triage_set_known().
 */
#ifndef NOROSHI_TRIAGE_KNOWN_H
#define NOROSHI_TRIAGE_KNOWN_H

#include "base/error.h"
#include "match/warninglist.h"
#include "model/alert.h"

/* Loads the lists of a folder, with our table of what each is about. What is skipped is logged. */
enum error known_load(const char *folder, struct warninglists **lists, struct failure *failure);
/* The name of the list that the far side is on, if it is a scanner, crawler or check; NULL otherwise. `context` = the
 * lists. */
const char *known_source(void *context, const struct alert *alert, struct address remote);

#endif
