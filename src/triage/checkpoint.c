/*
 * Checkpoints of triage. See adapter.h.
 *
 * File `triage-GENERATION.checkpoint`: magic, version, generation, position, length (all little-endian), the state,
 * CRC-32C of everything before it. The value "triage.checkpoint" in the store names the generation that counts.
 */
#include "triage/adapter.h"

#include "base/counter.h"
#include "base/file.h"
#include "base/log.h"
#include "base/memory.h"

#include <inttypes.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAGIC 0x4e525443u /* NRTC */
#define VERSION 1u
#define LARGEST ((size_t)4 << 30)
#define KEY "triage.checkpoint"
#define NAME "triage-%" PRIu64 ".checkpoint"

/* ── writing ─ */

static void file_name(const struct adapter *adapter, uint64_t generation, char *to, size_t size)
{
	snprintf(to, size, "%s/" NAME, adapter->center->folder, generation);
}

static enum error state_build(struct adapter *adapter, uint64_t generation, struct builder *to, struct failure *failure)
{
	struct builder state = { 0 };
	enum error error = triage_save(adapter->triage, &state, failure);
	put_u32(to, MAGIC);
	put_u32(to, VERSION);
	put_u64(to, generation);
	put_u64(to, adapter->position);
	put_text(to, (struct text){ state.at, state.size });
	if (!to->failed)
		put_u32(to, checksum(0, to->at, to->size));
	builder_free(&state);
	if (!error && to->failed)
		error = fail(failure, ERROR_MEMORY, "no memory for a checkpoint of triage");
	return error;
}

/* The counts and the name of the checkpoint that they belong to: one transaction. */
static enum error commit(struct adapter *adapter, uint64_t generation, struct failure *failure)
{
	struct store *store = adapter->center->store;
	char value[32];
	enum error error = store_begin(store, failure);
	if (error)
		return error;
	error = counted_store(adapter, failure);
	snprintf(value, sizeof value, "%" PRIu64, generation);
	if (!error)
		error = store_value_put(store, KEY, text_of(value), failure);
	if (!error)
		error = store_commit(store, failure);
	if (error)
		store_rollback(store);
	return error;
}

/* The state is copied while all else waits (some 10 ms for 60 MB); the disk, which takes a hundred times as long, is
 * waited for by a thread. It owns the struct until `written`. */
struct saving {
	pthread_t thread;
	atomic_bool written;
	uint64_t generation, position;
	nanoseconds held;
	char path[4400], superseded[4400]; /* the one before the newest, which nobody needs */
	struct builder bytes;
	enum error error;
	struct failure failure;
};

static void *save(void *context)
{
	struct saving *saving = context;
	if (*saving->superseded)
		file_remove(saving->superseded, NULL); /* a leftover is removed at the next start */
	saving->error =
	    file_replace(saving->path, (struct text){ saving->bytes.at, saving->bytes.size }, 0600, &saving->failure);
	atomic_store(&saving->written, true);
	return NULL;
}

static void saving_free(struct saving *saving)
{
	if (saving)
		builder_free(&saving->bytes);
	free(saving);
}

static enum error saving_start(struct adapter *adapter, struct saving *saving, struct failure *failure)
{
	saving->generation = adapter->generation + 1;
	saving->position = adapter->position;
	file_name(adapter, saving->generation, saving->path, sizeof saving->path);
	if (adapter->generation > 1)
		file_name(adapter, adapter->generation - 1, saving->superseded, sizeof saving->superseded);
	enum error error = state_build(adapter, saving->generation, &saving->bytes, failure);
	if (!error && pthread_create(&saving->thread, NULL, save, saving) != 0)
		error = fail(failure, ERROR_SYSTEM, "no thread to write a checkpoint of triage");
	return error;
}

enum error checkpoint_begin(struct adapter *adapter, struct failure *failure)
{
	nanoseconds begun = time_monotonic();
	/* What was judged before the position must rest in history first: it is not judged again after a restart. */
	enum error error = adapter->center->history
			       ? history_sync(adapter->center->history, failure)
			       : fail(failure, ERROR_SYSTEM, "history is closed: no checkpoint of triage is written");
	if (error)
		return error;
	struct saving *saving = calloc(1, sizeof *saving);
	error = saving ? saving_start(adapter, saving, failure)
		       : fail(failure, ERROR_MEMORY, "no memory for a checkpoint of triage");
	if (error) {
		saving_free(saving);
		return error;
	}
	adapter->leaving = adapter->counted;
	adapter->counted = (struct counted){ 0 };
	adapter->saving = saving;
	saving->held = time_monotonic() - begun;
	return OK;
}

enum error checkpoint_end(struct adapter *adapter, bool wait, struct failure *failure)
{
	struct saving *saving = adapter->saving;
	if (!saving || (!wait && !atomic_load(&saving->written)))
		return OK;
	nanoseconds begun = time_monotonic();
	pthread_join(saving->thread, NULL);
	adapter->saving = NULL;
	enum error error = saving->error;
	if (error && failure)
		*failure = saving->failure;
	if (!error)
		error = commit(adapter, saving->generation, failure);
	if (error) {
		counted_return(adapter);
	} else {
		counted_free(&adapter->leaving);
		adapter->generation = saving->generation;
		adapter->checkpointed = saving->position;
		adapter->checkpoint_at = time_monotonic();
		adapter->checkpoint_held = saving->held + adapter->checkpoint_at - begun;
		counter_observe(adapter->checkpoint_seconds, (double)adapter->checkpoint_held / (double)SECOND);
	}
	saving_free(saving);
	return error;
}

void checkpoint_drop(struct adapter *adapter)
{
	if (!adapter->saving)
		return;
	pthread_join(adapter->saving->thread, NULL);
	saving_free(adapter->saving);
	adapter->saving = NULL;
	counted_return(adapter);
}

enum error checkpoint_write(struct adapter *adapter, struct failure *failure)
{
	enum error error = checkpoint_end(adapter, true, failure);
	if (!error)
		error = checkpoint_begin(adapter, failure);
	return error ? error : checkpoint_end(adapter, true, failure);
}

enum error checkpoint_resting(struct store *store, char name[static 64], struct failure *failure)
{
	struct text value;
	struct arena *arena = arena_new(1 << 16);
	uint64_t generation = 0;
	*name = 0;
	enum error error = arena ? store_value_get(store, KEY, arena, &value, failure)
				 : fail(failure, ERROR_MEMORY, "no memory to look for the checkpoint");
	if (!error && text_to_u64(value, &generation) && generation)
		snprintf(name, 64, NAME, generation);
	arena_free(arena);
	return error == ERROR_NOT_FOUND ? OK : error; /* nothing was judged yet */
}

/* ── reading ─ */

static enum error state_load(struct adapter *adapter, uint64_t generation, struct text bytes, struct failure *failure)
{
	if (bytes.size < 4)
		return fail(failure, ERROR_CORRUPT, "it is empty");
	struct reader from = reader_of(bytes.at, bytes.size - 4), sum = reader_of(bytes.at + bytes.size - 4, 4);
	if (get_u32(&from) != MAGIC || checksum(0, bytes.at, bytes.size - 4) != get_u32(&sum))
		return fail(failure, ERROR_CORRUPT, "its checksum does not fit");
	if (get_u32(&from) != VERSION)
		return fail(failure, ERROR_VERSION, "it is of another version");
	uint64_t found = get_u64(&from), position = get_u64(&from);
	struct text state = get_text(&from);
	if (found != generation || !reader_done(&from))
		return fail(failure, ERROR_CORRUPT, "its structure does not fit");
	enum error error = triage_load(adapter->triage, state, failure);
	if (!error)
		adapter->position = adapter->checkpointed = position;
	return error;
}

static enum error start_anew(
    struct adapter *adapter, const char *path, const struct failure *why, struct failure *failure)
{
	log_write(LOG_WARNING,
	    "the checkpoint of triage cannot be used: everything is judged again from the beginning of history",
	    LOG_FIELD_STRING("file", path), LOG_FIELD_STRING("why", why->words));
	enum error error = store_begin(adapter->center->store, failure);
	if (!error)
		error = store_counts_clear(adapter->center->store, adapter->scope, failure);
	if (!error)
		error = store_commit(adapter->center->store, failure);
	if (error)
		store_rollback(adapter->center->store);
	adapter->position = adapter->checkpointed = 0;
	/* Half of the damaged one may have been taken in. */
	return error ? error : adapter_triage(adapter, failure);
}

enum error checkpoint_read(struct adapter *adapter, struct failure *failure)
{
	char path[4400];
	char *bytes = NULL;
	size_t size = 0;
	struct text value;
	struct failure why = { 0 };
	enum error error = store_value_get(adapter->center->store, KEY, adapter->arena, &value, failure);
	if (error == ERROR_NOT_FOUND)
		return OK; /* the first start */
	if (error || !text_to_u64(value, &adapter->generation))
		return error ? error : fail(failure, ERROR_CORRUPT, "the value %s in the store is not a number", KEY);
	if (adapter->generation > 1) { /* a kill between the commit and the removal leaves it */
		file_name(adapter, adapter->generation - 1, path, sizeof path);
		file_remove(path, NULL);
	}
	file_name(adapter, adapter->generation, path, sizeof path);
	error = file_read(path, LARGEST, &bytes, &size, &why);
	if (!error)
		error = state_load(adapter, adapter->generation, (struct text){ bytes, size }, &why);
	free(bytes);
	return error ? start_anew(adapter, path, &why, failure) : OK;
}
