/*
 * The own history of each port, country and network: what is to be expected of it now.
 *
 *   histories_add() in a bin → histories_close() → history_expected() of any later bin
 *
 * A level that follows its days, times a factor for the hour of the day and one for the day of the week, and how much
 * its counts scatter beyond Poisson's law (negative binomial: variance mean + mean²/size). Robust: what is further than
 * three deviations from what was expected counts as three, so that a burst is no new level; what stays there for days
 * counts more and more, and is one. Memory: 230 bytes for each, a bounded number; when there is no room the least one
 * goes, counted. Fed with numbers of sources, whose tails are shorter than packets'.
 *
 * One thread. Times are UTC; days and hours those of `zone` (seconds east).
 */
#ifndef NOROSHI_DARKNET_HISTORY_H
#define NOROSHI_DARKNET_HISTORY_H

#include "base/codec.h"
#include "base/time.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct history_mark {
	float peak;               /* the highest score lately */
	uint32_t peak_bin, quiet; /* no alarm before this bin */
};

struct history {
	uint64_t key;
	float now;                    /* the open bin's count */
	float level;                  /* per bin, without the season */
	float scatter;                /* 1/size */
	bool fresh;                   /* not kept: for whoever watches it */
	float hour[24], day[7];       /* factors, about 1 */
	uint16_t strange;             /* bins in a row that were beyond what was expected, all on one side */
	bool above;                   /* … which */
	uint32_t bins;                /* that it learned from: also those before it was first seen, when nothing came */
	uint32_t since;               /* bins of the table before it was first seen */
	struct history_mark marks[4]; /* for whoever watches it */
};

struct expected {
	double mean, size;
};

struct histories;

struct histories *histories_new(size_t most, nanoseconds bin, int zone); /* NULL without memory */
void histories_free(struct histories *histories);

/* Keys of any 64 bits but 0. The pointer holds until the next call that adds a key. Never NULL. */
struct history *histories_add(struct histories *histories, uint64_t key, double amount);
struct history *histories_get(struct histories *histories, uint64_t key);              /* NULL: not known */
const struct history *histories_find(const struct histories *histories, uint64_t key); /* NULL: not known */
/* The same, looked for first at `index`: what histories_fetch_found() said of it. */
struct history *histories_add_at(struct histories *histories, uint64_t key, double amount, size_t index);
/* The key will be asked for soon: first the places where it may stand, then, when they are near, what stands there
 * (its histories_index(), most probably), are fetched meanwhile. */
void histories_fetch(const struct histories *histories, uint64_t key);
size_t histories_fetch_found(const struct histories *histories, uint64_t key);
/* The open bin, which began at `bin`, ended: all learn, also what did not come. `awake`: the share of it in which the
 * sensor listened; of less than half of a bin nothing is learnt. */
void histories_close(struct histories *histories, nanoseconds bin, double awake);
uint64_t histories_displaced(const struct histories *histories);
size_t histories_count(const struct histories *histories);
size_t histories_room(const struct histories *histories);  /* the most that there can be */
uint32_t histories_age(const struct histories *histories); /* bins that were learnt from */
/* Below histories_count(), or what it was of what it displaced: where whoever watches it may have more of its own. */
size_t histories_index(const struct histories *histories, const struct history *history);
/* Kept over a restart: written, and read into a new one of the same settings. What is no such thing fails the reader;
 * what it was read into is then good for nothing but to be freed. */
void histories_put(const struct histories *histories, struct builder *to);
void histories_get_kept(struct histories *histories, struct reader *from);
/* Visits all, in no order; `visit` adds none. */
typedef void (*history_visitor)(void *context, struct history *history);
void histories_change(struct histories *histories, history_visitor visit, void *context);

/* The season's factor of a bin that begins at `bin`, that of its day of the week alone; and what is expected in it. */
double history_day(const struct histories *histories, const struct history *history, nanoseconds bin);
double history_season(const struct histories *histories, const struct history *history, nanoseconds bin);
struct expected history_expected(const struct histories *histories, const struct history *history, nanoseconds bin);

#endif
