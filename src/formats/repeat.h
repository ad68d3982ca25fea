/*
 * Lines that say, but for their time, what an earlier line of the same file said: most alerts do. What such a line
 * means is looked up instead of being read again. Used by format.c, for formats whose lines begin with the time.
 *
 * A line is known by its tail, everything behind the time, compared byte for byte (the hash only finds it). Bounded: a
 * tail is kept when it comes for the second time, so that lines which never repeat cost little; when the room is used
 * up everything is forgotten and learned anew.
 */
#ifndef NOROSHI_FORMATS_REPEAT_H
#define NOROSHI_FORMATS_REPEAT_H

#include "formats/format.h"

struct repeats;

struct repeat {
	uint64_t shape;     /* counts from 1; never given twice by one `repeats` */
	struct text tail;   /* the texts of `alert` lie in it */
	struct alert alert; /* its times and `original` mean nothing */
	size_t next;        /* repeat.c: the place of what came behind it the last time */
};

struct repeats *repeats_new(void); /* NULL without memory */
void repeats_free(struct repeats *repeats);
/* What is known of the tail, valid until the next repeats_learn(); NULL = nothing. */
const struct repeat *repeats_find(struct repeats *repeats, struct text tail);
/* Notes what the tail that was looked for last turned out to mean. The texts of `alert` lie in the tail, or live as
 * long as `repeats`. Gives its shape; 0 = not kept. */
uint64_t repeats_learn(struct repeats *repeats, struct text tail, const struct alert *alert);

#endif
