/*
 * Between items on their way into the store (imports.c) and turns with remotes (remotes.c), in the keeper.
 */
#ifndef NOROSHI_CENTER_IMPORTS_H
#define NOROSHI_CENTER_IMPORTS_H

#include "center/keeper.h"
#include "model/collection.h"

/* The turn is over: what there was of its import is forgotten. */
void imports_drop(struct keeper *keeper, struct uuid import);

/* Whether the import is the page of this turn; then as what its items come, by which remote, and whether that is a
 * feed, whose entries are known by more than their ids. Such an import has no
 * row: what becomes of it is the remote's. */
bool remotes_import(
    struct keeper *keeper, uint64_t turn, struct uuid id, struct import *import, char feed[static 64], bool *entries);
/* Its last part, inside the transaction that keeps it. `failures`: a JSON list. */
enum error remotes_last(struct keeper *keeper, const struct work *work, uint64_t turn, const struct import *import,
    struct text failures, struct failure *failure);
/* A part is durable, or could not be kept. */
void remotes_kept(struct keeper *keeper, uint64_t turn, bool kept, bool last);
/* Whether the collection has the same version of the same object from somebody else already: what we gave comes back.
 */
enum error remotes_echo(struct keeper *keeper, const struct collection *collection, const struct item *item, bool *echo,
    struct failure *failure);

#endif
