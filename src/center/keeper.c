/*
 * The keeper: opens what rests, replays to the capabilities what they have not judged yet, and runs the loop.
 */
#include "center/keeper.h"
#include "center/feed.h"

#include "base/catalog.h"
#include "base/data.h"
#include "base/file.h"
#include "base/log.h"
#include "bus/channel.h"
#include "center/capabilities.h"
#include "center/center.h"
#include "center/confine.h"
#include "center/keeping.h"
#include "center/message.h"
#include "center/tally.h"
#include "match/territory.h"
#include "store/record_store.h"

#include <errno.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define EXPIRY_EVERY HOUR
#define COUNTERS_EVERY 2 /* ticks */
#define REOPEN_EVERY (2 * SECOND)
#define LOCK_PATIENCE (20 * SECOND) /* a keeper whose supervisor was killed closes its files within this */
#define LOCK_EVERY (50 * MILLISECOND)

static void keeper_changed(struct center *center, uint32_t organisation, const char *noun, const char *id)
{
	struct keeper *keeper = center->keeper;
	struct builder body = { 0 };
	if (!keeper->front || channel_waiting(keeper->front) > CHANNEL_LARGEST / 4)
		return; /* pages ask again by themselves */
	put_u32(&body, organisation);
	put_text(&body, text_of(noun));
	put_text(&body, text_of(id));
	if (!body.failed)
		channel_send(keeper->front, MESSAGE_CHANGED, 0, (struct text){ body.at, body.size });
	builder_free(&body);
}

static void keeper_hear(struct center *center, const struct heard *heard)
{
	for (size_t i = 0; capabilities[i]; i++)
		if (capabilities[i]->heard)
			capabilities[i]->heard(center, heard);
}

static enum error history_reopen(struct keeper *keeper, struct failure *failure)
{
	struct history_repair repair = { 0 };
	keeper->opened_last = time_monotonic();
	enum error error = history_open(keeper->history_folder, &keeper->history, &repair, failure);
	keeper->repair = repair;
	if (error != OK) {
		keeper->history = NULL;
		keeper->history_away = error;
		return error;
	}
	keeper->center.history = keeper->history;
	if (*repair.words)
		log_write(LOG_WARNING, "history was repaired at its opening", LOG_FIELD_STRING("what", repair.words),
		    LOG_FIELD_NUMBER("cut_bytes", repair.cut_bytes), LOG_FIELD_NUMBER("bad_frames", repair.bad_frames));
	return OK;
}

/* At the start: the keeper of a killed supervisor may still be closing the same files. */
static enum error history_wait(struct keeper *keeper, struct failure *failure)
{
	nanoseconds end = time_monotonic() + LOCK_PATIENCE;
	bool said = false;
	enum error error;
	while ((error = history_reopen(keeper, failure)) == ERROR_CONFLICT && time_monotonic() < end) {
		if (!said)
			log_write(LOG_WARNING, "the keeper before this one has not ended yet: waiting",
			    LOG_FIELD_STRING("why", failure->words));
		said = true;
		nanosleep(&(struct timespec){ .tv_nsec = LOCK_EVERY }, NULL);
	}
	return error;
}

struct replay {
	struct keeper *keeper;
	const struct capability *capability;
	uint64_t frames, alerts;
};

static enum error replay_frame(void *context, const struct history_batch *batch, uint64_t first_position,
    struct reader *encoded, struct failure *failure)
{
	struct replay *replay = context;
	replay->frames++;
	replay->alerts += batch->alerts;
	return replay->capability->alerts(&replay->keeper->center, batch, first_position, encoded, failure);
}

/* `alerts` (may be NULL) becomes how many were read again. */
static enum error keeper_replay(struct keeper *keeper, uint64_t *alerts, struct failure *failure)
{
	struct work work;
	enum error error = work_begin(&work, "replay", failure);
	if (error == OK && alerts)
		error = batches_recount(keeper, &work, failure);
	for (size_t i = 0; capabilities[i] && error == OK; i++) {
		const struct capability *capability = capabilities[i];
		if (!capability->alerts || !capability->replay_from)
			continue;
		struct replay replay = { .keeper = keeper, .capability = capability };
		error = history_replay(keeper->history, work.scope, capability->replay_from(&keeper->center),
		    replay_frame, &replay, failure);
		if (alerts)
			*alerts += replay.alerts;
		if (replay.alerts > 0)
			log_write(LOG_INFO, "alerts behind the last checkpoint were read again",
			    LOG_FIELD_STRING("capability", capability->name),
			    LOG_FIELD_NUMBER("batches", replay.frames), LOG_FIELD_NUMBER("alerts", replay.alerts));
	}
	work_end(&work);
	return error;
}

/* History was closed because it could not be made durable: what was judged since the last checkpoint may not be in it,
 * and it may hold frames that nobody was handed. The capabilities that read alerts begin again at their checkpoint. */
static void capabilities_again(struct keeper *keeper)
{
	struct failure failure = { 0 };
	struct history *history = keeper->history;
	enum error error = OK;
	keeper->center.history = NULL; /* nothing of this run is to be kept */
	for (size_t i = 0; capabilities[i]; i++)
		if (capabilities[i]->replay_from && capabilities[i]->stop)
			capabilities[i]->stop(&keeper->center);
	keeper->center.history = history;
	for (size_t i = 0; capabilities[i] && error == OK; i++)
		if (capabilities[i]->replay_from && capabilities[i]->start)
			error = capabilities[i]->start(&keeper->center, &failure);
	if (error == OK)
		error = keeper_replay(keeper, NULL, &failure);
	if (error == OK) {
		log_write(LOG_INFO, "history is open again: alerts behind the last checkpoint were judged again");
		return;
	}
	log_write(
	    LOG_ERROR, "the keeper cannot go on: it ends and is started again", LOG_FIELD_STRING("why", failure.words));
	_exit(1); /* everything acknowledged is durable; nothing in memory may be kept */
}

static void expire(struct keeper *keeper, const struct work *work)
{
	struct failure failure = { 0 };
	uint64_t alerts = 0;
	nanoseconds now = keeper->center.now();
	if (store_begin(keeper->store, &failure) == OK) {
		if (store_session_expire(keeper->store, work->scope, now, &failure) != OK ||
		    store_bulletin_expire(
			keeper->store, work->scope, now - keeper->process->settings.retention, &failure) != OK ||
		    store_commit(keeper->store, &failure) != OK)
			store_rollback(keeper->store);
	}
	if (keeper->history &&
	    history_expire(keeper->history, now - keeper->process->settings.retention, &alerts, &failure) != OK)
		log_write(LOG_ERROR, "old alerts cannot be removed", LOG_FIELD_STRING("why", failure.words));
	if (alerts > 0)
		log_write(LOG_INFO, "alerts beyond the retention were removed", LOG_FIELD_NUMBER("alerts", alerts));
}

/* What is too old goes at the start and then every hour; records also when somebody changed how long they are kept. */
static void forget(struct keeper *keeper, nanoseconds now)
{
	struct work work;
	struct failure failure = { 0 };
	bool due = keeper->hour_last == 0 || now - keeper->hour_last > EXPIRY_EVERY;
	if ((!due && !keeper->center.capture_changed) || work_begin(&work, "retention", &failure) != OK)
		return;
	keeper->center.capture_changed = false;
	keeping_expire(keeper, &work);
	if (due) {
		keeper->hour_last = now;
		expire(keeper, &work);
	}
	work_end(&work);
}

static void send_counters(struct keeper *keeper)
{
	struct builder text = { 0 }, body = { 0 };
	counters_write(keeper->process->counters, &text);
	put_text(&body, (struct text){ text.at, text.size });
	if (keeper->front && !body.failed && channel_waiting(keeper->front) < (8u << 20))
		channel_send(keeper->front, MESSAGE_COUNTERS, 0, (struct text){ body.at, body.size });
	builder_free(&text);
	builder_free(&body);
}

static void keeper_tick(void *context)
{
	struct process *process = context;
	struct keeper *keeper = process->self;
	struct failure failure = { 0 };
	nanoseconds now = time_monotonic();
	if (!keeper->history && now - keeper->opened_last > REOPEN_EVERY) {
		if (history_reopen(keeper, &failure) != OK)
			log_write(LOG_ERROR, "history cannot be opened", LOG_FIELD_STRING("why", failure.words));
		else
			capabilities_again(keeper);
	}
	batches_tick(keeper);
	/* Without history no capability can go on: it would have nowhere to put what it finds. */
	for (size_t i = 0; keeper->history && capabilities[i]; i++)
		if (capabilities[i]->tick)
			capabilities[i]->tick(&keeper->center, keeper->center.now());
	deliveries_tick(keeper);
	remotes_tick(keeper);
	subjects_tick(keeper);
	if (keeper->ticks++ % COUNTERS_EVERY == 0)
		send_counters(keeper);
	forget(keeper, now);
}

static void keeper_round(void *context)
{
	struct process *process = context;
	struct keeper *keeper = process->self;
	batches_round(keeper);
	requests_round(keeper);
	feed_round(keeper);
	imports_round(keeper);
	remotes_round(keeper);
}

static void take_address(struct keeper *keeper, struct text body)
{
	struct reader from = reader_of(body.at, body.size);
	struct text address = get_text(&from), machines = get_text(&from);
	const char *url = keeper->process->settings.public_url;
	text_copy(url && *url ? text_of(url) : address, keeper->public_url, sizeof keeper->public_url);
	machines_address(keeper, machines);
}

static void front_said(void *context, const struct message *message)
{
	struct process *process = context;
	struct keeper *keeper = process->self;
	switch (message->kind) {
	case MESSAGE_ADMIT:
		batches_admit(keeper, message);
		break;
	case MESSAGE_INGEST:
		batches_receive(keeper, message);
		break;
	case MESSAGE_DROPPED:
		batches_dropped(keeper, message);
		break;
	case MESSAGE_PUSH:
		imports_receive(keeper, message, false);
		break;
	case MESSAGE_CALL:
		requests_receive(keeper, message);
		break;
	case MESSAGE_ADDRESS:
		take_address(keeper, message->body);
		break;
	default:
		log_write(LOG_WARNING, "a message of an unknown kind", LOG_FIELD_NUMBER("kind", message->kind));
	}
}

static void front_gone(void *context, const struct failure *failure)
{
	(void)failure;
	struct process *process = context;
	struct keeper *keeper = process->self;
	channel_free(keeper->front);
	keeper->front = NULL;
	imports_forget(keeper);
}

static void courier_said(void *context, const struct message *message)
{
	struct process *process = context;
	if (message->kind == MESSAGE_DELIVERED)
		deliveries_result(process->self, message);
	else if (message->kind == MESSAGE_TURNED)
		remotes_turned(process->self, message);
	else if (message->kind == MESSAGE_PUSH)
		imports_receive(process->self, message, true);
}

static void courier_gone(void *context, const struct failure *failure)
{
	(void)failure;
	struct process *process = context;
	struct keeper *keeper = process->self;
	channel_free(keeper->courier);
	keeper->courier = NULL;
	deliveries_forget(keeper);
	remotes_forget(keeper);
}

static void keeper_peer(struct process *process, enum process_kind kind, int descriptor)
{
	struct keeper *keeper = process->self;
	struct failure failure = { 0 };
	bool front = kind == PROCESS_FRONT;
	struct channel **channel = front ? &keeper->front : &keeper->courier;
	if (*channel && front)
		front_gone(process, &failure);
	else if (*channel)
		courier_gone(process, &failure);
	/* Fronts number their exchanges anew: an answer to an earlier one must not reach another's client. */
	keeper->front_generation += front;
	if (channel_new(process->loop, descriptor, front ? front_said : courier_said, front ? front_gone : courier_gone,
		process, channel, &failure) != OK) {
		*channel = NULL;
		log_write(LOG_ERROR, "no channel to another process", LOG_FIELD_STRING("why", failure.words));
	} else if (front) {
		machines_let_in(keeper);
	}
}

/* As root: the folders belong to the user that the keeper becomes. */
static enum error folders_make(struct keeper *keeper, struct failure *failure)
{
	const struct process *process = keeper->process;
	const char *user = process->settings.user,
		   *folders[] = { process_state_folder(process), keeper->history_folder };
	for (size_t i = 0; i < 2; i++) {
		enum error error = directory_make(folders[i], 0750, failure);
		if (error != OK)
			return error;
		struct passwd *account = geteuid() == 0 && user && *user ? getpwnam(user) : NULL;
		if (account && chown(folders[i], account->pw_uid, account->pw_gid) != 0)
			return fail_errno(failure, "cannot give %s to %s", folders[i], user);
	}
	return OK;
}

static enum error keeper_confine(struct keeper *keeper, struct failure *failure)
{
	char web[4096] = "", lists[4096] = "", catalogs[4096] = "", telescope[4096] = "";
	struct failure ignored;
	data_find("web", web, sizeof web, &ignored);
	data_find("warninglists", lists, sizeof lists, &ignored);
	data_find("telescope", telescope, sizeof telescope, &ignored);
	data_find_catalog("ja", catalogs, sizeof catalogs, &ignored);
	if (!keeper->japanese && *catalogs && catalog_open(catalogs, &keeper->japanese, &ignored) != OK)
		log_write(LOG_WARNING, "the Japanese words cannot be read: no Japanese letter is sent",
		    LOG_FIELD_STRING("why", ignored.words));
	char program[4096] = "";
	ssize_t size = readlink("/proc/self/exe", program, sizeof program - 1);
	char *name = size > 0 ? strrchr(program, '/') : NULL;
	if (name)
		*name = 0; /* beside it a build folder notes where the program's data is */
	struct confine_path paths[64] = {
		{ process_state_folder(keeper->process), true },
		{ keeper->history_folder, true },
		{ web, false },
		{ lists, false },
		{ telescope, false },
		{ catalogs, false },
		{ program, false },
		{ "/etc", false },
		{ "/usr/share", false },
		{ "/dev", false },
		{ "/proc/self", false },
	};
	size_t count = 11;
	count += confine_options(keeper->process->groups, false, paths + count, sizeof paths / sizeof *paths - count);
	bool landlocked;
	enum error error = confine_files(paths, count, &landlocked, failure);
	if (error == OK && !landlocked)
		log_write(LOG_WARNING, "this kernel has no Landlock: the keeper is not confined to its files");
	return error;
}

static enum error keeper_open(struct keeper *keeper, struct failure *failure)
{
	char location[4400];
	snprintf(location, sizeof location, "sqlite:%s/noroshi.db", process_state_folder(keeper->process));
	enum error error = store_open(location, &keeper->store, failure);
	if (error == OK)
		error = history_wait(keeper, failure);
	if (error == OK) {
		snprintf(location, sizeof location, "%s/" RECORDS_FOLDER, keeper->history_folder);
		error = record_store_open(location, &keeper->records, failure);
	}
	if (error == OK)
		error = passwords_new(keeper->process->loop, &keeper->passwords, failure);
	if (error == OK)
		error = batches_new(&keeper->batches, keeper->process->counters, failure);
	if (error == OK && !(keeper->tallies = tallies_new()))
		error = fail(failure, ERROR_MEMORY, "no memory for batches");
	if (error == OK)
		error = requests_new(&keeper->requests, keeper->process->counters, failure);
	if (error == OK)
		error = imports_new(&keeper->imports, keeper->process->counters, failure);
	if (error == OK)
		error = remotes_new(&keeper->remotes, keeper->process->counters, failure);
	if (error == OK)
		error = deliveries_new(&keeper->deliveries, keeper->process->counters, failure);
	if (error == OK)
		error = imports_start(keeper, failure);
	if (error == OK)
		error = machines_open(keeper, failure);
	struct work work = { 0 };
	if (error == OK)
		error = work_begin(&work, "cursors", failure);
	if (error == OK)
		error = cursors_key_load(keeper, work.arena, failure);
	work_end(&work);
	route_tables(keeper->tables);
	if (error == OK)
		error = router_new(keeper->tables, &keeper->router, failure);
	return error;
}

static void center_fill(struct keeper *keeper)
{
	keeper->denied = counter_get(keeper->process->counters, COUNTER_TOTAL, "noroshi_denied",
	    "Requests that the policy refused.", NULL, TEXT_NONE);
	keeper->center = (struct center){
		.store = keeper->store,
		.history = keeper->history,
		.records = keeper->records,
		.japanese = keeper->japanese,
		.counters = keeper->process->counters,
		.loop = keeper->process->loop,
		.folder = process_state_folder(keeper->process),
		.public_url = keeper->public_url,
		.silence = &keeper->process->settings.silence,
		.now = time_now,
		.changed = keeper_changed,
		.hear = keeper_hear,
		.keeper = keeper,
	};
	text_copy(text_of(keeper->process->settings.public_url), keeper->public_url, sizeof keeper->public_url);
}

static enum error keeper_start(struct process *process, struct failure *failure)
{
	struct keeper *keeper = process->self;
	struct builder facts = { 0 };
	uint64_t again = 0;
	keeper->process = process;
	process_history_folder(process, keeper->history_folder);
	enum error error = folders_make(keeper, failure);
	if (error == OK)
		error = confine_user(process->settings.user, process->wishes.ephemeral, failure);
	if (error == OK)
		error = keeper_confine(keeper, failure);
	if (error == OK)
		error = keeper_open(keeper, failure);
	if (error != OK)
		return error;
	center_fill(keeper);
	for (size_t i = 0; capabilities[i] && error == OK; i++)
		if (capabilities[i]->start)
			error = capabilities[i]->start(&keeper->center, failure);
	if (error == OK)
		error = keeper_replay(keeper, &again, failure);
	if (error == OK)
		forget(keeper, time_monotonic());
	if (error == OK && process->wishes.ephemeral && !process->wishes.restarted)
		error = bootstrap(keeper, &facts, failure);
	if (error == OK && !loop_timer(process->loop, SECOND, SECOND, keeper_tick, process))
		error = fail(failure, ERROR_MEMORY, "no memory for a timer");
	if (error == OK) {
		loop_after_round(process->loop, keeper_round, process);
		log_write(LOG_INFO, "the keeper goes on", LOG_FIELD_NUMBER("cut_bytes", keeper->repair.cut_bytes),
		    LOG_FIELD_NUMBER("bad_frames", keeper->repair.bad_frames),
		    LOG_FIELD_NUMBER("alerts_read_again", again),
		    LOG_FIELD_STRING("history", *keeper->repair.words ? keeper->repair.words : "nothing to repair"));
		process_ready(process, "", (struct text){ facts.at, facts.size });
	}
	builder_free(&facts);
	return error;
}

static void keeper_end(struct process *process)
{
	struct keeper *keeper = process->self;
	keeper_round(process);
	batches_tick(keeper);
	feed_end(keeper);
	passwords_free(keeper->passwords);
	territory_free(keeper->territory);
	for (size_t i = 0; keeper->history && capabilities[i]; i++)
		if (capabilities[i]->stop)
			capabilities[i]->stop(&keeper->center);
	record_store_close(keeper->records);
	history_close(keeper->history);
	store_close(keeper->store);
	machines_close(keeper);
	log_write(LOG_INFO, "the keeper has closed store and history");
}

int keeper_run(void)
{
	static const struct process_hooks hooks = {
		.start = keeper_start,
		.peer = keeper_peer,
		.end = keeper_end,
	};
	struct keeper keeper = { 0 };
	return process_run(PROCESS_KEEPER, &hooks, &keeper);
}
