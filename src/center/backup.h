/*
 * Backups of a centre that runs or not: a folder with everything that makes it, and a manifest (manifest.h).
 *
 *   state/          the state store of one moment, and the files of capabilities that go with it (checkpoints)
 *   history/        the alerts, at least up to that moment, and their verdicts
 *   records/        the records that are no alerts: N-NNNNNNNN.records of organisation N
 *   configuration/  noroshi.conf as it was
 *   secrets/        key, certificate, files of secrets, the key of the machines' authority; only when asked for
 *
 * The state store's moment comes first, history is read after it: history is never behind the store, and what it has
 * more is judged at the next start, as after a crash. docs/decisions/0012-backup.md says why.
 */
#ifndef NOROSHI_CENTER_BACKUP_H
#define NOROSHI_CENTER_BACKUP_H

#include "base/copy.h"
#include "center/manifest.h"

/* How far a long work is; shown on a terminal. */
struct progress {
	const char *what;
	uint64_t done, total; /* bytes */
	nanoseconds shown;
	bool show;
};
void progress_moved(void *progress, uint64_t bytes);
void progress_end(struct progress *progress);

/* Makes the backup `to` of the centre that the file `config` configures, and notes it in the store's log. `secrets`:
 * with key, certificate and secrets. Leaves nothing when it fails. Gives what the manifest says and its digest. */
enum error backup_make(const char *config, const char *to, bool secrets, struct progress *progress,
    struct manifest *manifest, uint8_t digest[32], struct failure *failure);

/* Reads every file of a backup: there, of its size and digest, and none beside the manifest's. */
enum error backup_verify(const char *folder, struct progress *progress, struct manifest *manifest, uint8_t digest[32],
    struct failure *failure);

/* Where a backup goes; paths that must not be there, or be empty folders. */
struct restore_wish {
	const char *backup, *state;
	const char *history;       /* NULL = in the state folder */
	const char *configuration; /* NULL = is not restored */
	const char *user;          /* whose it becomes when root restores; NULL = as the manifest says */
};
/* Every digest is checked while it is copied; the store is opened (and brought forward) and notes in its log where it
 * came from. Leaves nothing when it fails. */
enum error backup_restore(const struct restore_wish *wish, struct progress *progress, struct manifest *manifest,
    uint8_t digest[32], struct failure *failure);

/* Notes in the log what the command line did. */
struct store;
enum error backup_note(struct store *store, const char *what, const char *outcome, const struct manifest *manifest,
    const uint8_t digest[32], struct failure *failure);

#endif
