/*
 * Does it seem to have succeeded? From the answer's status and size, what that path usually answers, and how long it
 * took.
 */
#ifndef NOROSHI_WATCH_WEBATTACK_JUDGE_H
#define NOROSHI_WATCH_WEBATTACK_JUDGE_H

#include "watch/webattack.h"
#include "watch/webattack_memory.h"
#include "watch/webattack_scan.h"

/* Of one request. `source` may be changed: it remembers what a scanner was answered. */
struct judgement judge_request(enum attack attack, const struct weblog_request *request, const struct hits *hits,
    const struct normal *normal, const struct path *path, struct source *source);
/* Of one that tries a value without a shape of its own. */
struct judgement judge_value(const struct weblog_request *request, const struct path *path);
/* Of a sequence that asks for one bit each. */
struct judgement judge_blind(const struct finding *finding);
/* A clean answer becomes part of what is usual. */
void judge_learn(struct path *path, const struct weblog_request *request);

#endif
