/*
 * Files that end: what is gone or truncated goes into the spool while it still can, what was delivered is closed and
 * in the end forgotten, what is lost is said. Called by agent.c after each scan; see tend.h.
 */
#include "watch/tend.h"

#include "base/file.h"
#include "base/log.h"
#include "watch/received.h"

#include <stdlib.h>
#include <string.h>

#define DONE_MOST 1000 /* ended files that are remembered */

bool follow_has_ended(const struct agent *agent, const struct follow *follow, nanoseconds now)
{
	bool quiet = now - follow->changed >= agent->settings->linger;

	if (agent->settings->finished || (follow->source && source_compressed(follow->source)))
		return true;
	if (follow->state == FOLLOW_GONE)
		return follow->source ? quiet : now - follow->missing >= agent->settings->linger;
	return quiet && strcmp(follow->path, follow->home) != 0;
}

bool agent_say_lost(struct agent *agent, const struct loss *loss)
{
	if (loss->bytes == 0)
		return true;
	if (!loss_say(agent->settings->folder, loss))
		return false;
	agent->counts.lost_files++;
	agent->counts.lost_bytes += loss->bytes;
	return true;
}

static bool say_lost(struct agent *agent, const struct follow *follow, uint64_t from, uint64_t end, const char *why)
{
	const struct loss loss = { .file = follow->home,
		.epoch = follow->epoch,
		.from = from,
		.bytes = end > from ? end - from : 0,
		.unanswered = follow->pending_end > from ? follow->pending_end - from : 0,
		.why = why };

	return agent_say_lost(agent, &loss);
}

void agent_say_cut(struct agent *agent, struct follow *follow)
{
	if (follow->cut.begin == follow->cut.end ||
	    !say_lost(agent, follow, follow->cut.begin, follow->cut.end,
		"it was written after the copy was made and before the file was truncated"))
		return;
	follow->cut = (struct spool_range){ 0, 0 };
	agent->unsaved = true;
}

static void spool_rest(struct agent *agent, struct follow *follow, nanoseconds now)
{
	struct failure failure;
	bool same;
	struct spool_range before = follow->spooled;
	bool busy = agent->current != NULL; /* then the batch's room holds what is under way */
	uint8_t *room = busy ? malloc(BATCH_BYTES) : agent->batch.content;

	if (!room)
		return;
	enum error error = follow_spool(follow, agent->spool, room, &same, &failure);
	if (busy)
		free(room);
	agent->unsaved |= before.begin != follow->spooled.begin || before.end != follow->spooled.end;
	if (!error && !same) {
		follow_detach(follow, now);
		agent->unsaved = true;
	} else if (error && error != ERROR_AGAIN && !follow->spool_full) {
		follow->spool_full = true;
		agent->counts.spool_full++;
		log_write(LOG_WARNING, "cannot be spooled: it is lost if the file vanishes before it is delivered",
		    LOG_FIELD_STRING("file", follow->path), LOG_FIELD_STRING("why", failure.words));
	}
}

void agent_rescue(struct agent *agent)
{
	struct follow *follow = agent->current;
	struct failure failure;

	if (!follow || follow->source || follow->spooled.end >= follow->pending_end)
		return;
	uint64_t place = follow->identity.place;
	uint64_t from = follow->spooled.end > place ? follow->spooled.end : place;
	if (follow->spooled.end <= place)
		spool_drop(agent->spool, follow->epoch, &follow->spooled);
	enum error error = spool_add(agent->spool, follow->epoch, &follow->spooled, from,
	    agent->batch.content + (from - place), (uint32_t)(follow->pending_end - from), &failure);
	agent->unsaved = true;
	if (error)
		log_write(LOG_WARNING, "a batch under way is held in memory only",
		    LOG_FIELD_STRING("file", follow->home), LOG_FIELD_STRING("why", failure.words));
}

void agent_give_up_pending(struct agent *agent, struct follow *follow)
{
	uint64_t known = follow->seen > follow->pending_end ? follow->seen : follow->pending_end;

	if (!say_lost(agent, follow, follow->identity.place, known, "what was spooled of it is damaged"))
		return;
	follow->pending_end = 0;
	agent_end_follow(agent, follow);
}

void agent_end_follow(struct agent *agent, struct follow *follow)
{
	spool_drop(agent->spool, follow->epoch, &follow->spooled);
	source_close(follow->source);
	follow->source = NULL;
	follow->state = FOLLOW_DONE;
	follow->ended = time_now();
	agent->unsaved = true;
}

/* Content without a name: safe in the spool, delivered, or given up. */
static void tend_gone(struct agent *agent, struct follow *follow, nanoseconds now)
{
	bool quiet = now - follow->changed >= agent->settings->linger;

	if (follow->source) {
		spool_rest(agent, follow, now);
		if (follow->source && quiet && follow_drained(follow))
			agent_end_follow(agent, follow);
		return;
	}
	if (follow == agent->current)
		return;
	if (follow->missing == 0)
		follow->missing = now;
	if (follow_unknown(follow) && follow->seen == 0) { /* it was empty as far as we know */
		agent_end_follow(agent, follow);
		return;
	}
	if (follow_in_spool(follow) || now - follow->missing < agent->settings->give_up)
		return;
	uint64_t known = follow->seen > follow->pending_end ? follow->seen : follow->pending_end;
	if (!say_lost(agent, follow, follow->identity.place, known,
		"it was truncated or removed, and no copy of it was found"))
		return;
	follow->pending_end = 0;
	agent_end_follow(agent, follow);
}

bool agent_owns(const struct agent *agent, const struct follow *follow)
{
	const char *own = agent->settings->own;
	size_t size = own ? strlen(own) : 0;

	return own && strncmp(follow->home, own, size) == 0 && follow->home[size] == '/';
}

/* Delivered, and another one of its kind is written now. */
static bool is_over(const struct agent *agent, const struct follow *follow)
{
	if (follow == agent->current || !follow_drained(follow) || follow_unknown(follow))
		return false;
	for (size_t i = 0; i < agent->follows.count; i++)
		if (received_is_older(follow->home, agent->follows.items[i]->home))
			return true;
	return false;
}

/* What is our own does not vanish: it needs no copy, and goes when it is delivered. */
static void tend_own(struct agent *agent, struct follow *follow)
{
	struct failure failure;

	if (!is_over(agent, follow))
		return;
	if (file_remove(follow->path, &failure) != OK)
		log_write(LOG_WARNING, "what is delivered cannot be removed", LOG_FIELD_STRING("why", failure.words));
	else
		agent_end_follow(agent, follow);
}

void agent_tend(struct agent *agent, nanoseconds now)
{
	bool away = agent->attempts > 0;

	for (size_t i = 0; i < agent->follows.count; i++) {
		struct follow *follow = agent->follows.items[i];
		agent_say_cut(agent, follow);
		if (follow->state == FOLLOW_GONE)
			tend_gone(agent, follow, now);
		if (follow->state != FOLLOW_HERE || !follow->source)
			continue;
		if (agent_owns(agent, follow)) {
			tend_own(agent, follow);
		} else if (away && !follow_drained(follow)) {
			spool_rest(agent, follow, now);
		} else if (follow_has_ended(agent, follow, now) && follow_drained(follow) && follow != agent->current) {
			source_close(follow->source); /* a rotated file that rests needs no descriptor */
			follow->source = NULL;
		}
	}
}

void agent_forget(struct agent *agent)
{
	for (;;) {
		size_t done = 0, oldest = 0;
		for (size_t i = 0; i < agent->follows.count; i++) {
			const struct follow *follow = agent->follows.items[i];
			if (follow->state != FOLLOW_DONE)
				continue;
			if (done == 0 || follow->ended < agent->follows.items[oldest]->ended)
				oldest = i;
			done++;
		}
		if (done <= DONE_MOST)
			return;
		follows_remove(&agent->follows, oldest);
		agent->unsaved = true;
	}
}
