/*
 * What there is to tell an organisation about addresses of its own that appeared in telescopes. Pure: lines in, news
 * out; no clock, no store.
 *
 *   struct appeared (one line of one telescope) ─► owners_take() ─► struct appearance ─► owners_news() ─► a bulletin
 *
 * One address and kind is one appearance, however many telescopes saw it. It is told when it begins, once more for each
 * `tell_every` that it goes on, and when nothing was seen for `quiet`. One organisation is told not more often than
 * each `digest`: what comes meanwhile waits and is told together.
 */
#ifndef NOROSHI_DARKNET_OWNERS_H
#define NOROSHI_DARKNET_OWNERS_H

#include "model/appearance.h"

struct owners_settings {
	nanoseconds tell_every, quiet, digest;
};

enum owners_news {
	OWNERS_NOTHING,
	OWNERS_BEGINS,
	OWNERS_GOES_ON,
	OWNERS_STOPPED,
	OWNERS_WAS, /* it began and was over before anybody was told */
};

/* Takes a line. `appearance` has its number (0 = new), organisation, address and kind. What had ended, or was quiet for
 * so long, begins anew. `told`: when its organisation was last told of anything. A line may come late, early or in any
 * order: the same lines give the same appearance as long as it did not end between them. */
void owners_take(struct appearance *appearance, const struct appeared *line, const struct owners_settings *settings,
    nanoseconds told, nanoseconds now);

/* What there is to tell now. */
enum owners_news owners_news(
    const struct appearance *appearance, const struct owners_settings *settings, nanoseconds now);
/* It was told: notes it, and when to look again. */
void owners_told(
    struct appearance *appearance, enum owners_news news, const struct owners_settings *settings, nanoseconds now);

#endif
