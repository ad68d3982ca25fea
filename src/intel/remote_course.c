/*
 * Positions and dates of remotes. In: what a turn brought. Out: where the next one begins, and when.
 */
#include "intel/remote_course.h"

#include <string.h>

#define LOOK_AGAIN (30 * SECOND) /* at objects that the server is not done with */

static nanoseconds when_of(const char *written)
{
	struct item_time time;
	return *written && item_time_parse(text_of(written), &time) ? time.when : 0;
}

static void set(char *to, size_t size, const char *from)
{
	text_copy(text_of(from), to, size);
}

/* `to` becomes the later one. */
static void advance(char to[static TIME_TEXT], const char *date)
{
	if (when_of(date) > when_of(to))
		memmove(to, date, strlen(date) + 1);
}

static nanoseconds next_time(const struct remote *remote, nanoseconds now, uint64_t random)
{
	return now + remote->every - (nanoseconds)(random % (uint64_t)(remote->every / 16));
}

static void go_on_by_date(struct remote *remote)
{
	advance(remote->after, remote->reached);
	remote->next[0] = remote->reached[0] = 0;
}

void remote_failed(struct remote *remote, enum remote_way way, const char *words, const struct remote_answer *answer,
    nanoseconds now, uint64_t random)
{
	struct remote_course *course = &remote->course[way];
	nanoseconds asked = answer->retry_after * SECOND;
	bool unknown = answer->http == 400 || answer->http == 404 || answer->http == 410;
	course->failures += course->failures < UINT32_MAX;
	course->last = now;
	nanoseconds wait = remote_wait(remote, course->failures, random);
	if (asked > REMOTE_RETRY_MOST)
		asked = REMOTE_RETRY_MOST;
	course->due = now + (asked > wait ? asked : wait);
	set(course->words, sizeof course->words, words);
	if (unknown && way == REMOTE_POLL && *remote->next)
		go_on_by_date(remote);
	if (unknown && way == REMOTE_PUSH)
		remote->status[0] = 0;
}

/* NULL, or what is contradictory. */
static const char *go_on(struct remote *remote, const struct remote_answer *answer, nanoseconds now)
{
	if (when_of(answer->reached) > now + REMOTE_AHEAD_MOST)
		return "the server says that objects were added in the future";
	if (!answer->more) {
		advance(remote->reached, answer->reached);
		go_on_by_date(remote);
		return NULL;
	}
	if (*answer->next && strcmp(answer->next, remote->next) == 0)
		return "the server says that there is more, and leads to the same page again";
	if (*answer->next) {
		advance(remote->reached, answer->reached);
		set(remote->next, sizeof remote->next, answer->next);
		return NULL;
	}
	if (when_of(answer->reached) <= when_of(remote->after))
		return "the server says that there is more, and neither `next` nor a later date to go on behind";
	advance(remote->reached, answer->reached);
	go_on_by_date(remote);
	return NULL;
}

/* A feed is whole with each answer: there is nothing to go on behind but what it was known by. */
static enum error feed_polled(
    struct remote *remote, const struct remote_answer *answer, nanoseconds now, uint64_t random)
{
	struct remote_course *course = &remote->course[REMOTE_POLL];
	if (*answer->problem) {
		remote_failed(remote, REMOTE_POLL, answer->problem, answer, now, random);
		return ERROR_INPUT;
	}
	if (answer->http == 200) {
		set(remote->etag, sizeof remote->etag, answer->etag);
		set(remote->changed, sizeof remote->changed, answer->changed);
	}
	course->failures = 0;
	course->last = now;
	course->due = next_time(remote, now, random);
	course->words[0] = 0;
	return OK;
}

enum error remote_polled(struct remote *remote, const struct remote_answer *answer, nanoseconds now, uint64_t random)
{
	if (remote->kind == REMOTE_FEED)
		return feed_polled(remote, answer, now, random);
	struct remote_course *course = &remote->course[REMOTE_POLL];
	const char *problem = go_on(remote, answer, now);
	if (problem) {
		remote_failed(remote, REMOTE_POLL, problem, answer, now, random);
		return ERROR_INPUT;
	}
	course->failures = 0;
	course->last = now;
	/* Nothing on the page and more behind it: a walk through what the server passes over, at no great pace. */
	course->due = answer->more && answer->objects ? now : next_time(remote, now, random);
	set(course->words, sizeof course->words,
	    answer->objects && !*answer->reached && !answer->more
		? "the server says no dates (X-TAXII-Date-Added-Last): all of it is asked for again each time"
		: "");
	return OK;
}

void remote_pushed(struct remote *remote, const struct remote_answer *answer, int64_t given, bool more, nanoseconds now,
    uint64_t random)
{
	struct remote_course *course = &remote->course[REMOTE_PUSH];
	course->failures = 0;
	course->last = now;
	course->words[0] = 0;
	if (!answer->complete) {
		set(remote->status, sizeof remote->status, answer->status);
		remote->status_given = given;
		course->due = now + (remote->every < LOOK_AGAIN ? remote->every : LOOK_AGAIN);
		return;
	}
	remote->status[0] = 0;
	remote->status_given = 0;
	remote->given = given;
	course->good += answer->good;
	course->bad += answer->bad;
	course->due = more ? now : next_time(remote, now, random);
}

void remote_restart(struct remote *remote)
{
	remote->after[0] = remote->next[0] = remote->reached[0] = remote->status[0] = 0;
	remote->etag[0] = remote->changed[0] = 0;
	remote->given = remote->status_given = 0;
	for (unsigned way = 0; way < REMOTE_WAYS; way++)
		remote->course[way] = (struct remote_course){ 0 };
}
