/*
 * What the agent knows, on disk: one file, replaced as a whole, checked by CRC-32C. docs/formats/agent-state.md has the
 * bytes.
 */
#ifndef NOROSHI_WATCH_POSITION_H
#define NOROSHI_WATCH_POSITION_H

#include "watch/follow.h"

#define FOLLOW_MOST 4096 /* files at once */

struct follows {
	struct follow **items;
	size_t count, room;
};

enum error follows_add(
    struct follows *follows, struct follow *follow, struct failure *failure); /* takes it over when OK */
void follows_remove(struct follows *follows, size_t index);                   /* frees it */
void follows_clear(struct follows *follows);

/* OK with none when there is no such file yet. ERROR_CORRUPT, ERROR_VERSION: nothing was read. */
enum error positions_load(const char *path, struct follows *follows, struct failure *failure);
enum error positions_save(const char *path, const struct follows *follows, struct failure *failure);

#endif
