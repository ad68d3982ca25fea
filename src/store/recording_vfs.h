/*
 * SQLite's own files in the journal of file operations (base/file_journal.h): a VFS that passes everything to the
 * default one and records what changes a durable file. It exists in the recording build alone.
 *
 * What SQLite 3.40 does on Linux, seen with strace, and what is recorded of it:
 *
 *   xOpen     creates the database, `-journal` and `-wal`. Temporary files are removed on closing and not recorded.
 *   xWrite    one pwrite(); of the write-ahead log 24 bytes and a page for each frame.
 *   xSync     fdatasync(); and the first one of a `-journal` or `-wal` also syncs the folder, whose failure SQLite
 *             passes over. Whether it did is not guessed: the VFS's own "openDirectory" is watched, which SQLite calls
 *             for nothing else.
 *   xDelete   unlink(); the folder is synced only when SQLite asks for that, which it does not with synchronous=FULL: a
 *             removed journal may be back after a power cut until the folder is synced for another reason.
 *   xShmMap   the index of the write-ahead log. It is never synced and SQLite rebuilds it: not recorded, so that it is
 *             gone after the cut.
 */
#ifndef NOROSHI_STORE_RECORDING_VFS_H
#define NOROSHI_STORE_RECORDING_VFS_H

/* Makes it the default VFS; again is fine. Before any database is opened; any thread. */
#ifdef FILE_RECORDING
void recording_vfs_use(void);
#else
static inline void recording_vfs_use(void)
{
}
#endif

#endif
