/*
 * The thread of a live sensor that takes large sets: reading and checking one lasts seconds, and meanwhile the main
 * thread goes on taking changes.
 */
#ifndef NOROSHI_WATCH_TAKER_H
#define NOROSHI_WATCH_TAKER_H

#include "watch/detection_sets.h"

struct taker;

/* Begins the thread, nice to workers, and returns when it needs no more rights: before the sandbox. */
enum error taker_new(struct detection_sets *sets, int nice, struct taker **taker, struct failure *failure);
void taker_free(struct taker *taker); /* waits for what it is at; NULL is fine */

/* As detection_sets_take(), later. */
void taker_give(struct taker *taker, enum detection_kind kind, int sealed);

struct taken {
	enum detection_kind kind;
	struct failure failure; /* its code is OK when the set is in force */
	nanoseconds used;
};
int taker_descriptor(const struct taker *taker); /* readable when there is something for taker_next() */
bool taker_next(struct taker *taker, struct taken *taken);

#endif
