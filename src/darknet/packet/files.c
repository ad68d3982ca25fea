/*
 * Files merged by time; see files.h.
 */
#include "darknet/packet/files.h"

#include "net/capture_file.h"

#include <stdlib.h>
#include <unistd.h>

#define BATCH 64

struct open_file {
	struct capture_file *file; /* NULL: at its end */
	struct frame frames[BATCH];
	size_t at, count;
};

struct merge {
	struct open_file *files;
	size_t count;
	const struct files_visitor *visitor;
	struct files_counts *counts;
};

static void end_file(struct merge *merge, struct open_file *open, enum error error, const struct failure *failure)
{
	if (error != ERROR_END) {
		merge->visitor->wrong(merge->visitor->context, failure);
		merge->counts->unread++;
	}
	merge->counts->truncated += open->file && capture_file_truncated(open->file);
	capture_file_close(open->file);
	open->file = NULL;
	open->at = open->count = 0;
}

static void fill(struct merge *merge, struct open_file *open)
{
	struct failure failure;
	open->at = 0;
	enum error error = capture_file_read(open->file, open->frames, BATCH, &open->count, &failure);
	if (error)
		end_file(merge, open, error, &failure);
}

/* The file with the earliest frame, and until when it is the earliest; NULL: all are at their end. */
static struct open_file *earliest(struct merge *merge, nanoseconds *until)
{
	struct open_file *first = NULL;
	*until = INT64_MAX;
	for (size_t i = 0; i < merge->count; i++) {
		struct open_file *open = &merge->files[i];
		if (!open->file)
			continue;
		nanoseconds time = open->frames[open->at].time;
		if (!first || time < first->frames[first->at].time) {
			*until = first ? first->frames[first->at].time : *until;
			first = open;
		} else if (time < *until) {
			*until = time;
		}
	}
	return first;
}

static enum error merge_all(struct merge *merge, struct failure *failure)
{
	struct open_file *open;
	nanoseconds until;
	enum error error = OK;

	while (!error && (open = earliest(merge, &until))) {
		size_t end = open->at + 1;
		while (end < open->count && open->frames[end].time < until)
			end++;
		error =
		    merge->visitor->frames(merge->visitor->context, open->frames + open->at, end - open->at, failure);
		open->at = end;
		if (open->at == open->count)
			fill(merge, open);
	}
	return error;
}

enum error files_read(struct files_source *sources, size_t count, const struct files_visitor *visitor,
    struct files_counts *counts, struct failure *failure)
{
	struct merge merge = { calloc(count, sizeof *merge.files), count, visitor, counts };

	*counts = (struct files_counts){ 0 };
	if (!merge.files || count > FILES_MOST) {
		free(merge.files);
		return fail(failure, ERROR_LIMIT, "at most %d files at once", FILES_MOST);
	}
	for (size_t i = 0; i < count; i++) {
		struct failure wrong;
		if (sources[i].descriptor < 0) {
			counts->unread++;
			continue;
		}
		enum error error =
		    capture_file_descriptor(sources[i].descriptor, sources[i].path, &merge.files[i].file, &wrong);
		sources[i].descriptor = -1;
		if (error)
			end_file(&merge, &merge.files[i], error, &wrong);
		else
			fill(&merge, &merge.files[i]);
	}
	enum error error = merge_all(&merge, failure);
	for (size_t i = 0; i < count; i++)
		capture_file_close(merge.files[i].file);
	free(merge.files);
	return error;
}
