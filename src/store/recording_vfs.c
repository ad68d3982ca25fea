/*
 * The recording VFS; see recording_vfs.h. In: SQLite's calls; out: the same calls to the default VFS, and records.
 */
#include "store/recording_vfs.h"

#ifdef FILE_RECORDING

#include "base/file_journal.h"

#include <errno.h>
#include <pthread.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct recording_file {
	sqlite3_file base;
	const char *path; /* SQLite keeps it as long as the file is open; NULL = temporary, not recorded */
	uint64_t inode;
	sqlite3_file *real; /* behind this struct */
};

/* As in base/file_journal.c: in the recording build alone. */
static sqlite3_vfs vfs, *unix_vfs;
static int (*open_folder)(const char *path, int *descriptor);
static _Thread_local bool folder_opened;

static struct recording_file *recording(sqlite3_file *file)
{
	return (struct recording_file *)(void *)file;
}

static int watch_open_folder(const char *path, int *descriptor)
{
	folder_opened = true;
	return open_folder(path, descriptor);
}

static int code_of(int number, int code)
{
	errno = number;
	return number == ENOSPC ? SQLITE_FULL : code;
}

/* The folder of `path` was synced just now, by SQLite. */
static void record_folder(const char *path)
{
	const char *slash = strrchr(path, '/');
	if (!folder_opened || !slash)
		return;
	int number = file_journal_begin(); /* an error of this SQLite passes over */
	file_journal_end(&(struct file_record){ .operation = FILE_SYNC_FOLDER,
	    .error = number,
	    .path = { path, slash == path ? 1 : (size_t)(slash - path) } });
}

/* ── one file ─ */

static int record_write(sqlite3_file *file, const void *at, int size, sqlite3_int64 offset)
{
	struct recording_file *self = recording(file);
	if (!self->path)
		return self->real->pMethods->xWrite(self->real, at, size, offset);
	int number = file_journal_begin(), code = SQLITE_OK;
	int wanted = number ? size / 2 : size;
	if (wanted)
		code = self->real->pMethods->xWrite(self->real, at, wanted, offset);
	if (number)
		code = code_of(number, SQLITE_IOERR_WRITE);
	else if (code != SQLITE_OK)
		number = EIO;
	file_journal_end(&(struct file_record){ .operation = FILE_WRITE,
	    .error = number,
	    .inode = self->inode,
	    .offset = (uint64_t)offset,
	    .path = text_of(self->path),
	    .data = { at, (size_t)wanted } });
	return code;
}

static int record_truncate(sqlite3_file *file, sqlite3_int64 size)
{
	struct recording_file *self = recording(file);
	if (!self->path)
		return self->real->pMethods->xTruncate(self->real, size);
	int number = file_journal_begin();
	int code = number ? code_of(number, SQLITE_IOERR_TRUNCATE) : self->real->pMethods->xTruncate(self->real, size);
	file_journal_end(&(struct file_record){ .operation = FILE_TRUNCATE,
	    .error = number || code == SQLITE_OK ? number : EIO,
	    .inode = self->inode,
	    .offset = (uint64_t)size,
	    .path = text_of(self->path) });
	return code;
}

static int record_sync(sqlite3_file *file, int flags)
{
	struct recording_file *self = recording(file);
	if (!self->path)
		return self->real->pMethods->xSync(self->real, flags);
	folder_opened = false;
	int number = file_journal_begin();
	int code = number ? code_of(number, SQLITE_IOERR_FSYNC) : self->real->pMethods->xSync(self->real, flags);
	file_journal_end(&(struct file_record){ .operation = FILE_SYNC,
	    .error = number || code == SQLITE_OK ? number : EIO,
	    .inode = self->inode,
	    .path = text_of(self->path) });
	record_folder(self->path);
	return code;
}

static int pass_close(sqlite3_file *file)
{
	return recording(file)->real->pMethods->xClose(recording(file)->real);
}

static int pass_read(sqlite3_file *file, void *at, int size, sqlite3_int64 offset)
{
	return recording(file)->real->pMethods->xRead(recording(file)->real, at, size, offset);
}

static int pass_size(sqlite3_file *file, sqlite3_int64 *size)
{
	return recording(file)->real->pMethods->xFileSize(recording(file)->real, size);
}

static int pass_lock(sqlite3_file *file, int level)
{
	return recording(file)->real->pMethods->xLock(recording(file)->real, level);
}

static int pass_unlock(sqlite3_file *file, int level)
{
	return recording(file)->real->pMethods->xUnlock(recording(file)->real, level);
}

static int pass_check_lock(sqlite3_file *file, int *result)
{
	return recording(file)->real->pMethods->xCheckReservedLock(recording(file)->real, result);
}

static int pass_control(sqlite3_file *file, int operation, void *argument)
{
	return recording(file)->real->pMethods->xFileControl(recording(file)->real, operation, argument);
}

static int pass_sector(sqlite3_file *file)
{
	return recording(file)->real->pMethods->xSectorSize(recording(file)->real);
}

static int pass_character(sqlite3_file *file)
{
	return recording(file)->real->pMethods->xDeviceCharacteristics(recording(file)->real);
}

static int pass_map(sqlite3_file *file, int page, int size, int extend, void volatile **at)
{
	return recording(file)->real->pMethods->xShmMap(recording(file)->real, page, size, extend, at);
}

static int pass_map_lock(sqlite3_file *file, int offset, int count, int flags)
{
	return recording(file)->real->pMethods->xShmLock(recording(file)->real, offset, count, flags);
}

static void pass_barrier(sqlite3_file *file)
{
	recording(file)->real->pMethods->xShmBarrier(recording(file)->real);
}

static int pass_unmap(sqlite3_file *file, int remove)
{
	return recording(file)->real->pMethods->xShmUnmap(recording(file)->real, remove);
}

/* Version 2: without xFetch no page is written through a mapping, past the record. */
static const sqlite3_io_methods methods = {
	.iVersion = 2,
	.xClose = pass_close,
	.xRead = pass_read,
	.xWrite = record_write,
	.xTruncate = record_truncate,
	.xSync = record_sync,
	.xFileSize = pass_size,
	.xLock = pass_lock,
	.xUnlock = pass_unlock,
	.xCheckReservedLock = pass_check_lock,
	.xFileControl = pass_control,
	.xSectorSize = pass_sector,
	.xDeviceCharacteristics = pass_character,
	.xShmMap = pass_map,
	.xShmLock = pass_map_lock,
	.xShmBarrier = pass_barrier,
	.xShmUnmap = pass_unmap,
};

/* ── names ─ */

static int record_create(const char *path, struct recording_file *self, int flags, int *given)
{
	int number = file_journal_begin();
	int code =
	    number ? code_of(number, SQLITE_CANTOPEN) : unix_vfs->xOpen(unix_vfs, path, self->real, flags, given);
	struct stat status = { 0 };
	if (code == SQLITE_OK && stat(path, &status) < 0)
		number = errno;
	file_journal_end(&(struct file_record){ .operation = FILE_CREATE,
	    .error = number || code == SQLITE_OK ? number : EIO,
	    .inode = status.st_ino,
	    .offset = status.st_mode & 0777,
	    .path = text_of(path) });
	return code;
}

static int record_open(sqlite3_vfs *own, const char *path, sqlite3_file *file, int flags, int *given)
{
	(void)own;
	struct recording_file *self = recording(file);
	struct stat status = { 0 };
	bool temporary = !path || flags & SQLITE_OPEN_DELETEONCLOSE;
	*self = (struct recording_file){ .real = (sqlite3_file *)(void *)(self + 1) };
	self->real->pMethods = NULL;
	int code = !temporary && flags & SQLITE_OPEN_CREATE && access(path, F_OK) != 0
		       ? record_create(path, self, flags, given)
		       : unix_vfs->xOpen(unix_vfs, path, self->real, flags, given);
	if (code == SQLITE_OK && !temporary && stat(path, &status) == 0) {
		self->path = path;
		self->inode = status.st_ino;
	}
	if (self->real->pMethods)
		self->base.pMethods = &methods;
	return code;
}

static int record_delete(sqlite3_vfs *own, const char *path, int sync_folder)
{
	(void)own;
	if (access(path, F_OK) != 0)
		return unix_vfs->xDelete(unix_vfs, path, sync_folder);
	folder_opened = false;
	int number = file_journal_begin();
	int code = number ? code_of(number, SQLITE_IOERR_DELETE) : unix_vfs->xDelete(unix_vfs, path, sync_folder);
	file_journal_end(&(struct file_record){
	    .operation = FILE_REMOVE, .error = number || code == SQLITE_OK ? number : EIO, .path = text_of(path) });
	record_folder(path);
	return code;
}

static void make(void)
{
	unix_vfs = sqlite3_vfs_find("unix");
	if (!unix_vfs || unix_vfs->iVersion < 3)
		abort();
	open_folder = (int (*)(const char *, int *))unix_vfs->xGetSystemCall(unix_vfs, "openDirectory");
	if (unix_vfs->xSetSystemCall(unix_vfs, "openDirectory", (sqlite3_syscall_ptr)watch_open_folder) != SQLITE_OK)
		abort();
	vfs = *unix_vfs;
	vfs.zName = "recording";
	vfs.szOsFile = (int)sizeof(struct recording_file) + unix_vfs->szOsFile;
	vfs.pNext = NULL;
	vfs.xOpen = record_open;
	vfs.xDelete = record_delete;
	if (sqlite3_vfs_register(&vfs, 1) != SQLITE_OK)
		abort();
}

void recording_vfs_use(void)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;
	pthread_once(&once, make);
}

#endif
