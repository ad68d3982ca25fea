/*
 * The agent's work, one batch at a time; see agent.h.
 */
#include "watch/agent.h"

#include "base/file.h"
#include "base/json.h"
#include "base/log.h"
#include "formats/format.h"
#include "watch/recognise.h"
#include "watch/record_feed.h"
#include "watch/refused.h"
#include "watch/tend.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#define DENIED_WAIT (5 * MINUTE)

static void save(struct agent *agent)
{
	struct failure failure;

	if (!agent->unsaved)
		return;
	if (positions_save(agent->positions, &agent->follows, &failure) == OK)
		agent->unsaved = false;
	else
		log_write(LOG_ERROR, "positions cannot be saved", LOG_FIELD_STRING("why", failure.words));
}

static bool epoch_in_use(void *context, struct hash128 epoch)
{
	const struct agent *agent = context;

	for (size_t i = 0; i < agent->follows.count; i++)
		if (agent->follows.items[i]->epoch.high == epoch.high &&
		    agent->follows.items[i]->epoch.low == epoch.low)
			return true;
	return false;
}

/* After a crash as after a stop: where it stands, and what may have been sent without an answer. */
static void say_begin(const struct agent *agent)
{
	uint64_t followed = 0, under_way = 0;
	for (size_t i = 0; i < agent->follows.count; i++) {
		const struct follow *follow = agent->follows.items[i];
		followed += follow->state != FOLLOW_DONE;
		under_way += follow->pending_end > follow->identity.place;
	}
	log_write(LOG_INFO, "the agent goes on", LOG_FIELD_NUMBER("files", followed),
	    LOG_FIELD_NUMBER("batches_sent_again", under_way),
	    LOG_FIELD_NUMBER("spooled_bytes", spool_used(agent->spool)));
}

static enum error agent_open(struct agent *agent, struct failure *failure)
{
	const char *folder = agent->settings->folder;
	char path[4200];

	enum error error = directory_make(folder, 0700, failure);
	if (error)
		return error;
	snprintf(path, sizeof path, "%s/lock", folder);
	agent->lock = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (agent->lock < 0)
		return fail_errno(failure, "%s", path);
	if (flock(agent->lock, LOCK_EX | LOCK_NB) != 0)
		return fail(failure, ERROR_CONFLICT, "%s: another agent is using this folder", folder);
	snprintf(path, sizeof path, "%s/spool", folder);
	error = spool_open(path, agent->settings->spool_limit, &agent->spool, failure);
	if (error)
		return error;
	error = positions_load(agent->positions, &agent->follows, failure);
	if (error)
		return error;
	for (size_t i = 0; i < agent->follows.count; i++)
		spool_claim(agent->spool, agent->follows.items[i]->epoch, &agent->follows.items[i]->spooled);
	spool_sweep(agent->spool, epoch_in_use, agent);
	say_begin(agent);
	return OK;
}

enum error agent_new(const struct agent_settings *settings, struct agent **made, struct failure *failure)
{
	struct agent *agent = calloc(1, sizeof *agent);

	if (!agent)
		return fail(failure, ERROR_MEMORY, "no memory for the agent");
	agent->settings = settings;
	agent->lock = -1;
	agent->batch.content = malloc(BATCH_BYTES);
	agent->parser = json_parser_new(64);
	if (asprintf(&agent->positions, "%s/positions", settings->folder) < 0)
		agent->positions = NULL;
	enum error error = agent->batch.content && agent->parser && agent->positions
			       ? agent_open(agent, failure)
			       : fail(failure, ERROR_MEMORY, "no memory for the agent");
	if (error) {
		agent_free(agent);
		return error;
	}
	*made = agent;
	return OK;
}

void agent_free(struct agent *agent)
{
	if (!agent)
		return;
	save(agent);
	follows_clear(&agent->follows);
	spool_close(agent->spool);
	json_parser_free(agent->parser);
	free(agent->batch.content);
	free(agent->positions);
	if (agent->lock >= 0)
		close(agent->lock);
	free(agent);
}

enum error agent_scan(struct agent *agent, nanoseconds now, struct failure *failure)
{
	struct candidates candidates;
	bool changed = false;

	agent->rescan = false;
	agent->asked_again = refused_asked_again(agent->settings->folder);
	enum error error = candidates_find(
	    agent->settings->patterns, agent->settings->pattern_count, &agent->follows, &candidates, failure);

	if (error)
		return error;
	error = recognise(&agent->follows, &candidates, agent->spool, now, agent->settings->settle, &changed, failure);
	if (!error && candidates.left_out > 0)
		error = fail(failure, ERROR_LIMIT, "%llu files beyond the first %d are not looked at",
		    (unsigned long long)candidates.left_out, CANDIDATE_MOST);
	candidates_clear(&candidates);
	agent->unsaved |= changed;
	agent_rescue(agent);
	agent_tend(agent, now);
	agent_rescue(agent); /* tending may have found a change too */
	agent_forget(agent);
	save(agent);
	return error;
}

void agent_tell_format(struct agent *agent, struct follow *follow, const struct batch *batch)
{
	struct failure ignored;
	size_t size = batch->end - batch->begin;
	const char *name = agent->settings->format;

	follow->own = agent_owns(agent, follow);
	if (follow->format[0])
		return;
	if (follow->own) { /* "00000001.lan.records.eve" */
		const char *dot = strrchr(follow->home, '.');
		const struct format *format = dot ? format_named(dot + 1) : NULL;
		name = format ? format->name : NULL;
	} else if (!name) {
		struct text beginning = { (const char *)batch->content, size < 16384 ? size : 16384 };
		if (batch->begin > 0 && follow->preamble_size > 0) /* header lines tell more than what follows them */
			beginning = (struct text){ follow->preamble, follow->preamble_size };
		const struct format *format = format_recognise(beginning, agent->parser, &ignored);
		int sure = format ? format->recognise(beginning, agent->parser) : 0;
		const char *records = record_feed_recognise(beginning, agent->parser, sure);
		if (records)
			snprintf(follow->format, sizeof follow->format, RECORD_FEED_PREFIX "%s", records);
		name = format && !records ? format->name : NULL;
	}
	if (name)
		text_copy(text_of(name), follow->format, sizeof follow->format);
}

static void note_skips(struct agent *agent, const struct follow *follow, const struct follow_notes *notes)
{
	if (notes->skipped > 0)
		agent->unsaved = true;
	if (notes->too_long == 0)
		return;
	agent->counts.too_long += notes->too_long;
	log_write(LOG_WARNING, "a line is longer than a batch and is left out", LOG_FIELD_STRING("file", follow->path),
	    LOG_FIELD_NUMBER("begins_at", notes->at), LOG_FIELD_NUMBER("limit", BATCH_BYTES));
}

/* Asks one file for its next batch. */
static enum follow_step ask(struct agent *agent, struct follow *follow, nanoseconds now)
{
	struct follow_notes notes = { 0 };
	struct failure failure;
	enum follow_step step;
	uint64_t seen = follow->seen;

	if (follow->state == FOLLOW_DONE || (!follow->source && !follow_in_spool(follow)))
		return STEP_NOTHING;
	bool last = follow_has_ended(agent, follow, now);
	enum error error = follow_read(follow, agent->spool, last, &agent->batch, &step, &notes, &failure);
	if (follow->seen > seen)
		follow->changed = now;
	note_skips(agent, follow, &notes);
	agent_say_cut(agent, follow);
	if (follow->source && source_broken(follow->source) && !follow->broken_said) {
		follow->broken_said = true;
		agent->counts.broken++;
		log_write(LOG_ERROR, "a compressed file breaks off: what stands before is shipped",
		    LOG_FIELD_STRING("file", follow->path), LOG_FIELD_STRING("why", source_broken(follow->source)));
	}
	if (error) {
		if (error != ERROR_AGAIN)
			log_write(LOG_ERROR, "cannot be read", LOG_FIELD_STRING("why", failure.words));
		return STEP_NOTHING;
	}
	if (step == STEP_CHANGED) {
		agent->rescan = true;
		if (follow->source) {
			follow_detach(follow, now);
		} else { /* what was spooled of the pending batch is not what was sent */
			agent_give_up_pending(agent, follow);
			step = follow->state == FOLLOW_DONE ? STEP_CHANGED : STEP_NOTHING;
		}
		agent->unsaved = true;
	}
	return step;
}

/* The next batch of any file: what has been renamed or removed goes before what is alive, then each in turn. */
static enum follow_step next_batch(struct agent *agent, nanoseconds now)
{
	size_t count = agent->follows.count;

	for (int pass = 0; pass < 2; pass++)
		for (size_t i = 0; i < count; i++) {
			size_t index = (agent->turn + i) % count;
			struct follow *follow = agent->follows.items[index];
			bool alive = follow->state == FOLLOW_HERE && strcmp(follow->path, follow->home) == 0;
			if (alive != (pass == 1))
				continue;
			enum follow_step step = ask(agent, follow, now);
			if (step == STEP_NOTHING)
				continue;
			if (step == STEP_BATCH) {
				agent->current = follow;
				agent->turn = index + 1;
			}
			return step;
		}
	return STEP_NOTHING;
}

void agent_taken(struct agent *agent, struct follow *follow, const struct delivery_answer *answer)
{
	uint64_t bytes = agent->batch.end - agent->batch.begin;

	agent->counts.batches++;
	agent->counts.lines += agent->batch.lines;
	agent->counts.bytes += bytes;
	agent->counts.alerts += answer->alerts;
	agent->counts.malformed += answer->malformed;
	agent->counts.doubtful += answer->doubtful;
	agent->counts.withheld += answer->withheld;
	agent->counts.repeated += answer->repeated;
	if (answer->malformed + answer->doubtful > 0) /* one line for a batch, whatever it holds */
		log_write(LOG_WARNING, "the centre complains about lines", LOG_FIELD_STRING("file", follow->path),
		    LOG_FIELD_NUMBER("malformed", answer->malformed), LOG_FIELD_NUMBER("doubtful", answer->doubtful),
		    LOG_FIELD_NUMBER("first_at", answer->place), LOG_FIELD_STRING("why", answer->words));
	follow->lines += agent->batch.lines;
	follow->bytes += bytes;
}

/* Exponential, with jitter: between half and the whole of the step, so that many agents do not come back together. */
static void back_off(struct agent *agent, nanoseconds now, nanoseconds asked)
{
	nanoseconds step = agent->settings->retry_least;
	uint32_t dice;

	for (unsigned i = 0; i < agent->attempts && step < agent->settings->retry_most; i++)
		step *= 2;
	if (step > agent->settings->retry_most)
		step = agent->settings->retry_most;
	random_bytes(&dice, sizeof dice);
	step = step / 2 + (nanoseconds)((double)step / 2 * (dice / 4294967296.0));
	if (asked > 0)
		step = asked + step / 4;
	agent->wake = now + step;
	agent->attempts++;
	agent->counts.failures++;
}

enum agent_next agent_put_off(
    struct agent *agent, enum delivery what, const struct delivery_answer *answer, nanoseconds now)
{
	if (agent->attempts == 0 || agent->denied != (what == DENIED))
		log_write(what == DENIED ? LOG_ERROR : LOG_WARNING,
		    what == DENIED ? "the centre does not accept this agent: nothing is shipped until that is mended"
				   : "the centre takes nothing now",
		    LOG_FIELD_STRING("why", answer->words));
	agent->denied = what == DENIED;
	back_off(agent, now, what == DENIED ? DENIED_WAIT : answer->wait);
	return AGENT_WAIT;
}

void agent_reached(struct agent *agent)
{
	if (agent->attempts > 0)
		log_write(LOG_INFO, "the centre takes batches again", LOG_FIELD_NUMBER("attempts", agent->attempts));
	agent->attempts = 0;
	agent->denied = false;
	agent->wake = 0;
}

static enum agent_next deliver(struct agent *agent, nanoseconds now)
{
	struct delivery_answer answer = { 0 };
	struct failure failure;
	struct follow *follow = agent->current;
	enum delivery what = agent->settings->deliver(agent->settings->context, follow, &agent->batch, &answer);

	if (what == DENIED || what == LATER)
		return agent_put_off(agent, what, &answer, now);
	if (what == REFUSED && agent_keep_refused(agent, &answer, &failure) != OK) {
		log_write(
		    LOG_ERROR, "a refused batch cannot be kept: it waits", LOG_FIELD_STRING("why", failure.words));
		back_off(agent, now, 0);
		return AGENT_WAIT;
	}
	agent_reached(agent);
	if (what == DELIVERED)
		agent_taken(agent, follow, &answer);
	follow_done(follow, &agent->batch);
	if (follow->spooled.end <= follow->identity.place)
		spool_drop(agent->spool, follow->epoch, &follow->spooled);
	agent->unsaved = true;
	agent->current = NULL;
	return AGENT_MORE;
}

enum agent_next agent_work(struct agent *agent, nanoseconds now)
{
	if (now < agent->wake)
		return AGENT_WAIT;
	if (!agent->current) {
		enum follow_step step = agent->follows.count > 0 ? next_batch(agent, now) : STEP_NOTHING;
		if (step == STEP_NOTHING) {
			save(agent);
			return agent_send_again(agent, now);
		}
		if (step != STEP_BATCH)
			return AGENT_MORE;
		agent_tell_format(agent, agent->current, &agent->batch);
		follow_pending(agent->current, &agent->batch);
		agent->unsaved = true;
	}
	save(agent);
	if (agent->unsaved) { /* a batch whose bounds are not on disk is not sent */
		back_off(agent, now, 0);
		return AGENT_WAIT;
	}
	return deliver(agent, now);
}

bool agent_wants_scan(const struct agent *agent)
{
	return agent->rescan;
}

void agent_folders(const struct agent *agent, void (*each)(void *context, const char *folder), void *context)
{
	char folder[4096];

	for (size_t i = 0; i < agent->follows.count; i++) {
		const char *home = agent->follows.items[i]->home, *name = strrchr(home, '/');
		int size = name ? (int)(name - home) : 0;
		if (agent->follows.items[i]->state != FOLLOW_DONE &&
		    snprintf(folder, sizeof folder, "%.*s", size, home) < (int)sizeof folder)
			each(context, name ? (size ? folder : "/") : ".");
	}
}

bool agent_denied(const struct agent *agent)
{
	return agent->denied;
}

nanoseconds agent_wake(const struct agent *agent)
{
	return agent->wake;
}

void agent_count(const struct agent *agent, struct agent_counts *counts)
{
	*counts = agent->counts;
	counts->spooled = spool_used(agent->spool);
	for (size_t i = 0; i < agent->follows.count; i++) {
		counts->files += agent->follows.items[i]->state != FOLLOW_DONE;
		counts->waiting_files +=
		    agent->follows.items[i]->state != FOLLOW_DONE && !follow_drained(agent->follows.items[i]);
	}
}
