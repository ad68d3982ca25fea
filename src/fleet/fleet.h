/*
 * How a sensor does, told from what it delivers alone: a pure function of what was heard and of the time, for one
 * sensor at a time.
 *
 *   heard (model/heard.h) ─► habit of the sensor ─► gaps that begin, change and end (model/gap.h)
 *
 * Conditions, each with its own way to begin and to end, so that none flickers:
 *
 *   silent    nothing came for the configured time, or for some times the sensor's usual interval, whichever is longer.
 *             Ends when it was heard again and did not fall silent for `recover`.
 *   slow      in a whole hour less came than `slow_share` of what is usual for it at that hour of a working day or of a
 *             weekend; once that is known from `slow_days` days and at least `slow_least` records are usual. Ends with
 *             an hour of at least twice that share.
 *   dropping  in a window its capture lost at least `drop_share` of the packets (EVE stats), or its agent says that
 *             content is lost. Ends with a window of at most half that share.
 *   drifting  the least delay (received − occurred) within a window is farther from 0 than `drift`. A clock that is
 *             ahead shows as a negative delay; a clock behind looks like late delivery, so where the agent says what
 * its clock shows, that is believed instead. Ends with a window within half of `drift`. sampled   flows say that one
 * packet in so many was looked at. Ends a day after the last that said so. never     enrolled, and not heard of yet.
 *
 * Times are the centre's (received). The habit is bounded: some 500 bytes for each sensor.
 */
#ifndef NOROSHI_FLEET_FLEET_H
#define NOROSHI_FLEET_FLEET_H

#include "base/codec.h"
#include "base/error.h"
#include "model/gap.h"
#include "model/heard.h"

struct fleet_settings {
	nanoseconds silence; /* center.silence */
	double silence_factor;
	nanoseconds recover;
	double slow_share;
	int64_t slow_least, slow_days;
	double drop_share;
	int64_t drop_least;
	nanoseconds drop_window;
	nanoseconds drift, clock_window;
	nanoseconds never, tell_every; /* of tell.h: when the owner is told */
	nanoseconds keep;              /* of ended gaps */
	int64_t keep_most;             /* ended gaps of one sensor */
};

#define FLEET_HOURS 48 /* of a working day, then of a day of the weekend; in Japan's time */

struct fleet_sensor {
	uint32_t sensor, organisation;
	nanoseconds known, last; /* since when; heard last, 0 = never */
	double interval;         /* usual, between two hearings; nanoseconds; 0 = not known yet */
	nanoseconds told;        /* its owner, last */
	/* rate */
	int64_t hour;               /* that is being counted, in hours since the epoch */
	bool partial;               /* it was not listened to for all of it */
	uint64_t records;           /* in it */
	double usual[FLEET_HOURS];  /* records in such an hour */
	uint16_t days[FLEET_HOURS]; /* that this is made from */
	/* the same of a telescope's packets: lines come however few they count */
	uint64_t arrived;
	double usual_arrived[FLEET_HOURS];
	uint16_t days_arrived[FLEET_HOURS];
	/* losses */
	bool counted; /* `packets` and `drops` are those that the sensor said last */
	uint64_t packets, drops, content;
	nanoseconds window;    /* its beginning; 0 = nothing was said in it */
	uint64_t passed, lost; /* in it */
	/* clock */
	nanoseconds clock;        /* beginning of the window; 0 = nothing was heard in it */
	nanoseconds delay;        /* the least in it */
	bool delayed, clock_told; /* `delay`, `clock_said` are of this window */
	nanoseconds clock_said;   /* by the agent: its clock − ours */
	bool wrote;               /* `written` is of this window */
	nanoseconds written;      /* the least delay of a telescope's own lines */
	nanoseconds error;        /* of the last whole window: positive = ahead */
	nanoseconds sampled;      /* when sampling was heard of last */
	/* Open gaps; those that are told of here only are not kept with the habit. */
	struct fleet_condition {
		bool on;
		nanoseconds better; /* since when it looks as if it were over; 0 = it does not */
		struct gap gap;
	} conditions[GAP_KINDS];
};

/* A sensor that was not met before. `last`: what the store knows of it. */
void fleet_meet(struct fleet_sensor *sensor, uint32_t number, uint32_t organisation, nanoseconds last, nanoseconds now);
/* A gap of it that was open when the process before ended. */
void fleet_resume(struct fleet_sensor *sensor, const struct gap *gap);

/* Begin, change or end of a gap (`gap->to` is set then): keep it, and put its number into it. */
typedef void (*fleet_changed)(void *context, struct fleet_sensor *sensor, struct gap *gap);

void fleet_hear(const struct fleet_settings *settings, struct fleet_sensor *sensor, const struct heard *heard,
    fleet_changed changed, void *context);
/* `awake`: since when the centre has listened without a break; before that nobody can be told to be silent. */
void fleet_judge(const struct fleet_settings *settings, struct fleet_sensor *sensor, nanoseconds now, nanoseconds awake,
    fleet_changed changed, void *context);

/* After so long without a word it is called silent. */
nanoseconds fleet_patience(const struct fleet_settings *settings, const struct fleet_sensor *sensor);
/* What is usual at the hour of `now`; 0 = not known yet. */
double fleet_usual(const struct fleet_settings *settings, const struct fleet_sensor *sensor, nanoseconds now);
/* The condition to show where there is room for one: "silent", "never", "dropping", "slow", "drifting" or "ok". */
const char *fleet_state(const bool on[static GAP_KINDS]);

/* The habit, without the conditions (version first). */
void fleet_encode(const struct fleet_sensor *sensor, struct builder *to);
enum error fleet_decode(struct reader *from, struct fleet_sensor *sensor, struct failure *failure);

#endif
