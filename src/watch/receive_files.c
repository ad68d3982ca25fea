/*
 * Log files of the receiver: an agent within the agent follows them, through rotation and restarts, and delivers to the
 * detectors instead of to a centre. Whether somebody empties or removes such a file, without a copy beside it, is
 * looked at here: that is no rotation.
 */
#include "watch/receive_inner.h"

#include "base/log.h"
#include "base/memory.h"

#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define STEPS 64             /* batches in one turn */
#define COPIED (10 * MINUTE) /* a copy was written no longer ago */
#define WATCHED_MOST ((size_t)1024)

struct emptied {
	char *path;
	uint64_t inode, size;
	bool seen; /* this time */
};

static enum delivery deliver(
    void *context, const struct follow *follow, const struct batch *batch, struct delivery_answer *answer)
{
	struct receiving *receiving = context;
	struct receive *receive = receiving->receive;
	struct failure failure;
	struct text rest = { (const char *)batch->content, batch->end - batch->begin };
	const struct receive_from from = { .peer = text_of(follow->home),
		.stream = hash_text(text_of(follow->home), 0) };
	if (receive->full)
		return LATER;
	while (rest.size > 0) {
		struct text line = text_cut(&rest, '\n');
		if (text_trim(line).size > 0)
			receive_message(receiving, line, &from);
	}
	if (received_write(receive->received, &failure) || received_sync(receive->received, &failure)) {
		text_copy(text_of(failure.words), answer->words, sizeof answer->words);
		return LATER;
	}
	return DELIVERED;
}

/* Does a file beside it hold what was in it: the same file under another name, or a copy? */
static bool has_copy(const struct emptied *old)
{
	char pattern[4352];
	glob_t found;
	bool copied = false;
	nanoseconds now = time_now();
	snprintf(pattern, sizeof pattern, "%s[.-]*", old->path);
	if (glob(pattern, 0, NULL, &found) != 0)
		return false;
	for (size_t i = 0; i < found.gl_pathc && !copied; i++) {
		struct stat about;
		const char *dot = strrchr(found.gl_pathv[i], '.');
		if (stat(found.gl_pathv[i], &about) != 0)
			continue;
		bool packed = dot && (strcmp(dot, ".gz") == 0 || strcmp(dot, ".zst") == 0 || strcmp(dot, ".xz") == 0);
		bool recent = now - about.st_mtim.tv_sec * SECOND < COPIED;
		copied = about.st_ino == old->inode || (recent && (packed || (uint64_t)about.st_size >= old->size));
	}
	globfree(&found);
	return copied;
}

static void say_emptied(struct receiving *receiving, const struct emptied *old, const char *how)
{
	char host[256] = "";
	struct auth_finding finding = { .kind = AUTH_LOG_CLEARED,
		.first = time_now(),
		.last = time_now(),
		.object = text_of(old->path),
		.count = 1 };
	if (gethostname(host, sizeof host - 1) != 0 || !*host)
		text_copy(text_of(receiving->source->name), host, sizeof host);
	finding.host = text_of(host);
	snprintf(finding.words, sizeof finding.words,
	    "the file was %s: %llu bytes are gone, and no copy stands beside it", how, (unsigned long long)old->size);
	receive_finding(receiving->receive, &finding);
}

static void look_at(struct receiving *receiving, const char *path)
{
	struct stat about;
	struct emptied *file = NULL;
	if (stat(path, &about) != 0 || !S_ISREG(about.st_mode))
		return;
	for (size_t i = 0; i < receiving->emptied_count && !file; i++)
		if (strcmp(receiving->emptied[i].path, path) == 0)
			file = &receiving->emptied[i];
	if (!file) {
		if (receiving->emptied_count == WATCHED_MOST)
			return;
		file = &receiving->emptied[receiving->emptied_count];
		*file = (struct emptied){ .path = strdup(path), .inode = about.st_ino };
		if (!file->path)
			return;
		receiving->emptied_count++;
	}
	bool other = file->inode != about.st_ino;
	if (file->size > 0 && (other || (uint64_t)about.st_size < file->size) && !has_copy(file))
		say_emptied(receiving, file, other ? "replaced" : "emptied in place");
	file->inode = about.st_ino;
	file->size = (uint64_t)about.st_size;
	file->seen = true;
}

static void look_for_emptied(struct receiving *receiving)
{
	const struct receive_source *source = receiving->source;
	for (size_t i = 0; i < receiving->emptied_count; i++)
		receiving->emptied[i].seen = false;
	for (size_t i = 0; i < source->file_count; i++) {
		glob_t found;
		if (glob(source->files[i], 0, NULL, &found) != 0)
			continue;
		for (size_t k = 0; k < found.gl_pathc; k++)
			look_at(receiving, found.gl_pathv[k]);
		globfree(&found);
	}
	for (size_t i = 0; i < receiving->emptied_count;) {
		struct emptied *file = &receiving->emptied[i++];
		if (file->seen)
			continue;
		if (file->size > 0 && !has_copy(file))
			say_emptied(receiving, file, "removed");
		free(file->path);
		*file = receiving->emptied[--receiving->emptied_count];
		i--;
	}
}

enum error receive_files_open(struct receiving *receiving, struct failure *failure)
{
	const struct receive_source *source = receiving->source;
	const struct receive_settings *settings = receiving->receive->settings;
	char *folder;
	receiving->emptied = calloc(WATCHED_MOST, sizeof *receiving->emptied);
	if (!receiving->emptied || asprintf(&folder, "%s/files-%s", settings->folder, source->name) < 0)
		return fail(failure, ERROR_MEMORY, "no memory to follow files");
	receiving->files_settings = (struct agent_settings){ .patterns = (const char *const *)source->files,
		.pattern_count = source->file_count,
		.folder = folder,
		.format = "eve", /* any: nobody asks */
		.spool_limit = settings->limit,
		.linger = MINUTE,
		.settle = 5 * SECOND,
		.give_up = 10 * MINUTE,
		.retry_least = SECOND,
		.retry_most = SECOND,
		.deliver = deliver,
		.context = receiving };
	return agent_new(&receiving->files_settings, &receiving->files, failure);
}

void receive_files_tick(struct receiving *receiving, nanoseconds now)
{
	struct failure failure;
	if (agent_scan(receiving->files, now, &failure) != OK)
		log_write(LOG_WARNING, "not every log can be followed", LOG_FIELD_STRING("why", failure.words));
	for (int i = 0; i < STEPS && agent_work(receiving->files, now) == AGENT_MORE; i++)
		;
	look_for_emptied(receiving);
}

void receive_files_close(struct receiving *receiving)
{
	agent_free(receiving->files);
	for (size_t i = 0; i < receiving->emptied_count; i++)
		free(receiving->emptied[i].path);
	free(receiving->emptied);
	free((char *)(uintptr_t)receiving->files_settings.folder);
}
