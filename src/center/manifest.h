/*
 * What a backup says about itself: file `manifest.json` in its folder. Every file with its size and SHA-256, the
 * versions of what they hold, and the moment they are of. `manifest.sha256` beside it is for `sha256sum --check`.
 */
#ifndef NOROSHI_CENTER_MANIFEST_H
#define NOROSHI_CENTER_MANIFEST_H

#include "base/error.h"
#include "base/hash.h"
#include "base/time.h"

#include <stdbool.h>
#include <stddef.h>

#define MANIFEST_FORMAT 2 /* of the folder and of this file; 1: without records */
#define MANIFEST_NAME 96
#define MANIFEST_FILES 200000 /* at most */

struct manifest_file {
	char name[MANIFEST_NAME]; /* "history/00000001.alerts": one folder and one name */
	uint64_t size;
	uint8_t digest[32]; /* SHA-256 */
};

struct manifest {
	char program[32];   /* version of the program that made it */
	char user[64];      /* whose the data was; empty = not known */
	nanoseconds point;  /* the state store's moment: everything acknowledged before is in the backup */
	nanoseconds made;   /* when the last file was complete */
	uint32_t schema;    /* of the state store */
	uint64_t log_lines; /* of the log of who did what */
	uint8_t log_hash[32];
	uint64_t history_end; /* the position that the next alert gets */
	bool secrets;         /* keys, certificate and passwords are in it */
	struct manifest_file *files;
	size_t count, room;
};

enum error manifest_add(
    struct manifest *manifest, const char *name, uint64_t size, const uint8_t digest[32], struct failure *failure);
uint64_t manifest_bytes(const struct manifest *manifest);
void manifest_free(struct manifest *manifest);

/* Writes both files, durable. `digest` becomes the manifest's own. */
enum error manifest_write(
    const struct manifest *manifest, const char *folder, uint8_t digest[32], struct failure *failure);
/* ERROR_NOT_FOUND: no backup; ERROR_VERSION: of a newer format, or its state store is newer than this program;
 * ERROR_CORRUPT: damaged. Names that lead out of the folder do not pass. */
enum error manifest_read(const char *folder, struct manifest *manifest, uint8_t digest[32], struct failure *failure);
enum error manifest_parse(struct text text, struct manifest *manifest, struct failure *failure);

#endif
