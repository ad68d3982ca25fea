/*
 * The journal of file operations: written in the recording build around each operation, read back by tests.
 */
#include "base/file_journal.h"

#include "base/hash.h"

#define MAGIC 0x314a464eu

#ifdef FILE_RECORDING

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

/* The only mutable state of base/: it exists in the recording build alone, where the environment, not the program,
 * decides. */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct {
	int descriptor; /* of the journal; of this process alone, since flock() belongs to the open file */
	pid_t process;
	uint64_t number, fail_at;
	int fail_with; /* KILLED: the process ends there */
	bool recording;
} journal;

#define KILLED (-1)

static int errno_named(const char *name)
{
	if (strcmp(name, "KILL") == 0)
		return KILLED;
	for (int number = 1; number < 256; number++) {
		const char *known = strerrorname_np(number);
		if (known && strcmp(known, name) == 0)
			return number;
	}
	fprintf(stderr, "NOROSHI_FILE_FAIL: no error is called %s\n", name);
	abort();
}

/* Once for each process, also for the child of a fork. */
static void journal_start(void)
{
	if (journal.process == getpid())
		return;
	if (journal.process && journal.recording)
		close(journal.descriptor);
	journal.process = getpid();
	journal.number = journal.fail_at = 0;
	const char *path = getenv("NOROSHI_FILE_JOURNAL"), *failing = getenv("NOROSHI_FILE_FAIL");
	journal.recording = path != NULL;
	if (path) {
		journal.descriptor = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
		if (journal.descriptor < 0) {
			perror(path);
			abort();
		}
	}
	if (failing) {
		char *rest;
		journal.fail_at = strtoull(failing, &rest, 10);
		journal.fail_with = errno_named(*rest == ':' ? rest + 1 : rest);
	}
}

int file_journal_begin(void)
{
	pthread_mutex_lock(&lock);
	journal_start();
	if (journal.recording)
		flock(journal.descriptor, LOCK_EX);
	if (++journal.number != journal.fail_at)
		return 0;
	if (journal.fail_with == KILLED)
		raise(SIGKILL);
	return journal.fail_with;
}

/* A folder may be removed or reached through links: the journal names it as it is now. */
static void put_path(struct builder *to, struct text path)
{
	char folder[PATH_MAX], whole[PATH_MAX];
	const char *slash = path.size ? memrchr(path.at, '/', path.size) : NULL;
	size_t size = slash ? (size_t)(slash - path.at) : 0;
	struct text name = slash ? (struct text){ slash + 1, path.size - size - 1 } : path;
	snprintf(folder, sizeof folder, "%.*s", slash && size ? (int)size : 1,
	    slash && size ? path.at
	    : slash       ? "/"
			  : ".");
	if (path.size == 0 || !realpath(folder, whole)) {
		put_text(to, path);
		return;
	}
	struct builder absolute = { 0 };
	if (strcmp(whole, "/") != 0)
		build_text(&absolute, text_of(whole));
	build_char(&absolute, '/');
	build_text(&absolute, name);
	put_text(to, (struct text){ absolute.at, absolute.size });
	builder_free(&absolute);
}

static void write_record(const struct file_record *record)
{
	struct builder fields = { 0 }, whole = { 0 };
	put_u8(&fields, (uint8_t)record->operation);
	put_u64(&fields, record->operation == FILE_MARK ? 0 : journal.number);
	put_u32(&fields, (uint32_t)journal.process);
	put_u32(&fields, (uint32_t)record->error);
	put_u64(&fields, record->inode);
	put_u64(&fields, record->offset);
	put_path(&fields, record->path);
	put_path(&fields, record->other);
	put_text(&fields, record->data);
	put_u32(&whole, MAGIC);
	put_u32(&whole, (uint32_t)fields.size);
	put_bytes(&whole, fields.at, fields.size);
	put_u32(&whole, checksum(0, fields.at, fields.size));
	for (size_t done = 0; done < whole.size && !fields.failed && !whole.failed;) {
		ssize_t written = write(journal.descriptor, whole.at + done, whole.size - done);
		if (written < 0 && errno != EINTR) {
			perror("the journal of file operations");
			abort();
		}
		done += written > 0 ? (size_t)written : 0;
	}
	builder_free(&fields);
	builder_free(&whole);
}

void file_journal_end(const struct file_record *record)
{
	int number = errno;
	if (journal.recording) {
		write_record(record);
		flock(journal.descriptor, LOCK_UN);
	}
	pthread_mutex_unlock(&lock);
	errno = number;
}

void file_mark(struct text data)
{
	pthread_mutex_lock(&lock);
	journal_start();
	if (journal.recording)
		flock(journal.descriptor, LOCK_EX);
	file_journal_end(&(struct file_record){ .operation = FILE_MARK, .data = data });
}

#endif

enum error file_journal_next(struct reader *journal_bytes, struct file_record *record, struct failure *failure)
{
	size_t left = (size_t)(journal_bytes->end - journal_bytes->at);
	if (left == 0)
		return ERROR_END;
	uint32_t magic = get_u32(journal_bytes), size = get_u32(journal_bytes);
	const void *at = get_bytes(journal_bytes, size);
	uint32_t sum = get_u32(journal_bytes);
	if (journal_bytes->failed || magic != MAGIC || sum != checksum(0, at, size))
		return fail(
		    failure, ERROR_CORRUPT, "no record of file operations %zu bytes before the journal's end", left);
	struct reader fields = reader_of(at, size);
	record->operation = (enum file_operation)get_u8(&fields);
	record->number = get_u64(&fields);
	record->process = get_u32(&fields);
	record->error = (int)get_u32(&fields);
	record->inode = get_u64(&fields);
	record->offset = get_u64(&fields);
	record->path = get_text(&fields);
	record->other = get_text(&fields);
	record->data = get_text(&fields);
	if (!reader_done(&fields))
		return fail(failure, ERROR_CORRUPT,
		    "a record of file operations %zu bytes before the journal's end has other fields", left);
	return OK;
}
