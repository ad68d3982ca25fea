/*
 * Changes for sensors folded into a set; see parcel_shared.h. The names of the files are those of the follower's folder
 * (docs/formats/indicators.md).
 */
#include "intel/parcel_shared.h"

#include "base/file.h"
#include "base/stream.h"
#include "match/indicator_recent.h"

#include <stdio.h>
#include <stdlib.h>

#define PATH_ROOM 4352

struct parcel_shared {
	char folder[4200], set[PATH_ROOM], changes[PATH_ROOM];
	struct indicator_recent *recent;
	struct indicator_set *large;
	bool changed;
};

/* What is there, unless it was of another epoch. The epoch stands in the file of changes alone. */
static enum error read_folder(struct parcel_shared *shared, struct failure *failure)
{
	char *at = NULL;
	size_t size = 0;
	struct stream *stream;
	enum error error = file_read(shared->changes, INDICATOR_CHANGE_LINE, &at, &size, failure);
	if (error)
		return error == ERROR_NOT_FOUND ? OK : error;
	error = indicator_recent_take(shared->recent, text_trim((struct text){ at, size }), failure);
	free(at);
	if (!error)
		error = stream_open(shared->set, &stream, failure);
	if (error)
		return error;
	error = indicator_set_read(stream, &shared->large, failure);
	stream_close(stream);
	return error;
}

enum error parcel_shared_open(const char *folder, bool fresh, struct parcel_shared **opened, struct failure *failure)
{
	struct parcel_shared *shared = calloc(1, sizeof *shared);
	enum error error = OK;
	if (!shared || !(shared->recent = indicator_recent_new()))
		error = fail(failure, ERROR_MEMORY, "no memory for changes of indicators");
	if (!error) {
		snprintf(shared->folder, sizeof shared->folder, "%.4100s", folder);
		snprintf(shared->set, sizeof shared->set, "%s/indicators", shared->folder);
		snprintf(shared->changes, sizeof shared->changes, "%s/changes", shared->folder);
	}
	if (!error && !fresh)
		error = read_folder(shared, failure);
	if (error)
		parcel_shared_free(shared);
	else
		*opened = shared;
	return error;
}

void parcel_shared_free(struct parcel_shared *shared)
{
	if (!shared)
		return;
	indicator_recent_free(shared->recent);
	indicator_set_free(shared->large);
	free(shared);
}

static enum error fold(struct parcel_shared *shared, struct failure *failure)
{
	struct indicator_set *folded;
	enum error error = indicator_recent_fold(shared->recent, shared->large, &folded, failure);
	if (error)
		return error;
	indicator_set_free(shared->large);
	shared->large = folded;
	indicator_recent_forget(shared->recent, indicator_recent_state(shared->recent).number);
	return OK;
}

enum error parcel_shared_take(struct parcel_shared *shared, struct text line, struct failure *failure)
{
	struct indicator_recent_state before = indicator_recent_state(shared->recent);
	enum error error = indicator_recent_take(shared->recent, line, failure);
	if (error == ERROR_LIMIT && !(error = fold(shared, failure)))
		error = indicator_recent_take(shared->recent, line, failure);
	if (error)
		return error;
	if (strcmp(indicator_recent_state(shared->recent).epoch, before.epoch) != 0) {
		indicator_set_free(shared->large);
		shared->large = NULL;
	}
	shared->changed = true;
	return OK;
}

enum error parcel_shared_write(struct parcel_shared *shared, struct failure *failure)
{
	char head[160];
	if (!shared->changed)
		return OK;
	enum error error = fold(shared, failure);
	if (!error)
		error = directory_make(shared->folder, 0750, failure);
	if (!error)
		error = indicator_set_write(shared->large, shared->set, failure);
	struct indicator_recent_state state = indicator_recent_state(shared->recent);
	snprintf(
	    head, sizeof head, "{\"epoch\":\"%s\",\"since\":%llu}\n", state.epoch, (unsigned long long)state.number);
	return error ? error : file_replace(shared->changes, text_of(head), 0644, failure);
}
