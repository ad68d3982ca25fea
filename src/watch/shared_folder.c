/*
 * The folder of what is shared; see shared_folder.h.
 */
#include "watch/shared_folder.h"

#include "base/file.h"
#include "base/log.h"
#include "base/stream.h"
#include "watch/detection_sets.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#define PATH_ROOM 4352
#define FOLD_AT 16384u       /* indicators that changed */
#define FOLD_AT_ONCE 131072u /* with so many it does not wait any more */
#define FOLD_EVERY MINUTE    /* not more often otherwise */
#define QUIET SECOND         /* so long nothing came: all that was there has */
#define CHANGES_LARGEST (1u << 30)
#define BEHIND 10 /* how nice whoever folds is */

struct shared_folder {
	char set[PATH_ROOM], changes[PATH_ROOM], next[PATH_ROOM + 8];
	struct indicator_recent *recent;
	int lock, journal;         /* -1: none is open */
	struct builder rest;       /* of a line that is not whole */
	struct builder since;      /* lines that came since the fold under way began */
	bool fresh;                /* what the set holds is of another epoch */
	pid_t folder;              /* 0: nobody folds */
	uint64_t folding;          /* up to this number */
	nanoseconds folded, heard; /* monotonic */
};

struct indicator_recent_state shared_folder_state(const struct shared_folder *folder)
{
	return indicator_recent_state(folder->recent);
}

/* ── the file of changes ─ */

static bool write_all(int descriptor, struct text text)
{
	while (text.size > 0) {
		ssize_t size = write(descriptor, text.at, text.size);
		if (size < 0 && errno == EINTR)
			continue;
		if (size <= 0)
			return false;
		text = (struct text){ text.at + size, text.size - (size_t)size };
	}
	return true;
}

/* A new file: its head, and these lines. It takes the place of the one before by its name. */
static enum error begin_changes(
    struct shared_folder *folder, uint64_t since, struct text lines, struct failure *failure)
{
	char head[160];
	struct indicator_recent_state state = indicator_recent_state(folder->recent);
	int descriptor = open(folder->next, O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0644);
	snprintf(head, sizeof head, "{\"epoch\":\"%s\",\"since\":%llu}\n", state.epoch, (unsigned long long)since);
	if (descriptor < 0)
		return fail_errno(failure, "%s", folder->next);
	if ((state.epoch[0] && !write_all(descriptor, text_of(head))) || !write_all(descriptor, lines) ||
	    rename(folder->next, folder->changes) != 0) {
		enum error error = fail_errno(failure, "%s", folder->next);
		close(descriptor);
		return error;
	}
	if (folder->journal >= 0)
		close(folder->journal);
	folder->journal = descriptor;
	return OK;
}

/* What the last one to keep the folder left: whole lines are taken, and stay. */
static enum error read_changes(struct shared_folder *folder, uint64_t as_of, struct failure *failure)
{
	struct failure ignored;
	struct builder kept = { 0 };
	char *bytes = NULL;
	size_t size = 0;
	enum error error = file_read(folder->changes, CHANGES_LARGEST, &bytes, &size, failure);
	if (error && error != ERROR_NOT_FOUND)
		return error;
	struct text rest = { bytes, error ? 0 : size };
	while (memchr(rest.at ? rest.at : "", '\n', rest.size)) {
		struct text line = text_cut(&rest, '\n');
		uint64_t before = indicator_recent_state(folder->recent).number;
		bool begun = indicator_recent_state(folder->recent).epoch[0];
		if (indicator_recent_take(folder->recent, line, &ignored) != OK || !begun)
			continue;
		if (indicator_recent_state(folder->recent).number > before &&
		    indicator_recent_state(folder->recent).number > as_of) {
			build_text(&kept, line);
			build_char(&kept, '\n');
		}
	}
	free(bytes);
	indicator_recent_forget(folder->recent, as_of);
	error = kept.failed ? fail(failure, ERROR_MEMORY, "no memory for changes of indicators")
			    : begin_changes(folder, as_of, (struct text){ kept.at, kept.size }, failure);
	builder_free(&kept);
	return error;
}

/* ── folding ─ */

static enum error read_set(const char *path, struct indicator_set **set, struct failure *failure)
{
	struct stream *stream;
	*set = NULL;
	if (access(path, F_OK) != 0 && errno == ENOENT)
		return OK;
	enum error error = stream_open(path, &stream, failure);
	if (error)
		return error;
	error = indicator_set_read(stream, set, failure);
	stream_close(stream);
	return error;
}

static _Noreturn void fold(const struct shared_folder *folder)
{
	struct indicator_set *large = NULL, *folded;
	struct failure failure = { 0 };
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	setpriority(PRIO_PROCESS, 0, BEHIND);
	enum error error = folder->fresh ? OK : read_set(folder->set, &large, &failure);
	if (!error)
		error = indicator_recent_fold(folder->recent, large, &folded, &failure);
	if (!error)
		error = indicator_set_write(folded, folder->set, &failure);
	if (error)
		log_write(LOG_ERROR, "what changed cannot be folded", LOG_FIELD_STRING("why", failure.words));
	_exit(error ? 1 : 0);
}

static void begin_fold(struct shared_folder *folder)
{
	struct indicator_recent_state state = indicator_recent_state(folder->recent);
	folder->folded = time_monotonic();
	folder->folder = fork();
	if (folder->folder == 0)
		fold(folder);
	if (folder->folder < 0) {
		folder->folder = 0;
		return;
	}
	folder->folding = state.number;
	builder_clear(&folder->since);
}

/* `wait`: for its end, else only whether it has ended. */
static enum error end_fold(struct shared_folder *folder, bool wait, struct failure *failure)
{
	int status = 0;
	if (folder->folder == 0 || waitpid(folder->folder, &status, wait ? 0 : WNOHANG) == 0)
		return OK;
	folder->folder = 0;
	if (!WIFEXITED(status) || WEXITSTATUS(status) != 0 || folder->since.failed)
		return wait ? fail(failure, ERROR_LIMIT, "what changed cannot be folded into the set") : OK;
	folder->fresh = false;
	indicator_recent_forget(folder->recent, folder->folding);
	enum error error =
	    begin_changes(folder, folder->folding, (struct text){ folder->since.at, folder->since.size }, failure);
	builder_clear(&folder->since);
	return error;
}

enum error shared_folder_tend(struct shared_folder *folder, struct failure *failure)
{
	enum error error = end_fold(folder, false, failure);
	struct indicator_recent_state state = indicator_recent_state(folder->recent);
	nanoseconds now = time_monotonic();
	bool quiet = now - folder->heard > QUIET;
	bool due = state.changed >= FOLD_AT_ONCE || (state.changed >= FOLD_AT && now - folder->folded > FOLD_EVERY) ||
		   (folder->fresh && quiet);
	if (!error && !folder->folder && due)
		begin_fold(folder);
	return error;
}

/* ── lines ─ */

static enum error take_line(
    struct shared_folder *folder, struct text line, struct builder *accepted, struct failure *failure)
{
	struct failure why;
	struct indicator_recent_state before = indicator_recent_state(folder->recent);
	if (line.size == 0)
		return OK;
	enum error error = indicator_recent_take(folder->recent, line, &why);
	if (error == ERROR_LIMIT) { /* until there is room */
		if (!folder->folder)
			begin_fold(folder);
		error = end_fold(folder, true, failure);
		if (!error)
			error = indicator_recent_take(folder->recent, line, &why);
	}
	if (error == ERROR_INPUT) {
		log_write(LOG_WARNING, "a change of indicators is passed over", LOG_FIELD_STRING("why", why.words));
		return OK;
	}
	if (error)
		return error;
	struct indicator_recent_state now = indicator_recent_state(folder->recent);
	if (strcmp(now.epoch, before.epoch) != 0) {
		folder->fresh = true;
		builder_clear(accepted);
		builder_clear(&folder->since);
		return begin_changes(folder, now.number, TEXT_NONE, failure);
	}
	if (now.number != before.number) {
		build_text(accepted, line);
		build_char(accepted, '\n');
	}
	return OK;
}

enum error shared_folder_take(struct shared_folder *folder, struct text bytes, struct failure *failure)
{
	struct builder accepted = { 0 };
	enum error error = OK;
	build_text(&folder->rest, bytes);
	struct text rest = { folder->rest.at, folder->rest.size };
	while (!error && rest.size > 0 && memchr(rest.at, '\n', rest.size))
		error = take_line(folder, text_trim(text_cut(&rest, '\n')), &accepted, failure);
	if (rest.size > 0 && rest.at != folder->rest.at)
		memmove(folder->rest.at, rest.at, rest.size);
	folder->rest.size = rest.size;
	if (!error && (folder->rest.failed || accepted.failed || rest.size > INDICATOR_CHANGE_LINE))
		error = fail(failure, ERROR_LIMIT, "a line is longer than %u bytes", INDICATOR_CHANGE_LINE);
	if (accepted.size > 0) {
		folder->heard = time_monotonic();
		if (folder->folder)
			build_text(&folder->since, (struct text){ accepted.at, accepted.size });
		if (!write_all(folder->journal, (struct text){ accepted.at, accepted.size }) && !error)
			error = fail_errno(failure, "%s", folder->changes);
	}
	builder_free(&accepted);
	return error;
}

void shared_folder_cut(struct shared_folder *folder)
{
	builder_clear(&folder->rest);
}

/* ── life ─ */

static enum error take_folder(struct shared_folder *folder, const char *path, struct failure *failure)
{
	struct indicator_set *set;
	enum error error = directory_make(path, 0755, failure);
	if (error)
		return error;
	folder->lock = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (folder->lock < 0)
		return fail_errno(failure, "%s", path);
	if (flock(folder->lock, LOCK_EX | LOCK_NB) != 0)
		return fail(failure, ERROR_CONFLICT, "%s: another process keeps this folder", path);
	error = read_set(folder->set, &set, failure);
	if (error) { /* a set that cannot be read is made anew */
		log_write(LOG_ERROR, "the set of what is shared is made anew", LOG_FIELD_STRING("why", failure->words));
		folder->fresh = true;
		return begin_changes(folder, 0, TEXT_NONE, failure);
	}
	uint64_t as_of = indicator_set_as_of(set);
	indicator_set_free(set);
	return read_changes(folder, as_of, failure);
}

enum error shared_folder_open(const char *path, struct shared_folder **folder, struct failure *failure)
{
	struct shared_folder *made = calloc(1, sizeof *made);
	if (!made || !(made->recent = indicator_recent_new())) {
		free(made);
		return fail(failure, ERROR_MEMORY, "no memory for what is shared");
	}
	made->lock = made->journal = -1;
	snprintf(made->set, sizeof made->set, "%s/" SHARED_SET, path);
	snprintf(made->changes, sizeof made->changes, "%s/" SHARED_CHANGES, path);
	snprintf(made->next, sizeof made->next, "%s.new", made->changes);
	made->heard = time_monotonic();
	enum error error = take_folder(made, path, failure);
	if (error)
		shared_folder_free(made);
	else
		*folder = made;
	return error;
}

void shared_folder_free(struct shared_folder *folder)
{
	struct failure ignored;
	if (!folder)
		return;
	end_fold(folder, true, &ignored);
	if (folder->journal >= 0)
		close(folder->journal);
	if (folder->lock >= 0)
		close(folder->lock);
	indicator_recent_free(folder->recent);
	builder_free(&folder->rest);
	builder_free(&folder->since);
	free(folder);
}
