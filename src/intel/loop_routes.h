/*
 * Handlers of the loop's routes that stand in files of their own.
 */
#ifndef NOROSHI_INTEL_LOOP_ROUTES_H
#define NOROSHI_INTEL_LOOP_ROUTES_H

#include "http/call.h"

/* loop_rules.c: what a community lets travel by itself, and what it thinks of sources. */
enum error shared_rule_read(struct call *call, struct failure *failure);
enum error shared_rule_change(struct call *call, struct failure *failure);
enum error shared_source_change(struct call *call, struct failure *failure);

/* loop_seen.c */
enum error shared_read(struct call *call, struct failure *failure);
enum error shared_sighting(struct call *call, struct failure *failure);

/* loop_routes.c: what became of something that was given. */
struct loop_answer;
void loop_answer_output(json_t *output, const struct loop_answer *answer);
json_t *loop_answer_words(const struct loop_answer *answer); /* the reasons with their words, for people */

#endif
