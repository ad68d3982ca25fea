/*
 * Makes the tree of recipients. See tree.h.
 */
#include "reach/tree.h"

#include <stdlib.h>
#include <string.h>

static int by_name(const void *a, const void *b)
{
	const struct dispatch_contact *const *one = a, *const *other = b;
	return strcmp((*one)->name, (*other)->name);
}

static enum error find_parents(struct tree *tree, struct arena *arena, struct failure *failure)
{
	const struct dispatch_contact **sorted = arena_take(arena, (tree->count + 1) * sizeof *sorted);
	if (!sorted)
		return fail(failure, ERROR_MEMORY, "no memory for the directory");
	for (uint32_t i = 0; i < tree->count; i++)
		sorted[i] = &tree->contacts[i];
	qsort(sorted, tree->count, sizeof *sorted, by_name);
	for (uint32_t i = 1; i < tree->count; i++)
		if (by_name(&sorted[i - 1], &sorted[i]) == 0)
			return fail(failure, ERROR_INPUT, "name: \"%s\" stands twice in the list", sorted[i]->name);
	for (uint32_t i = 0; i < tree->count; i++) {
		struct dispatch_contact wanted;
		const struct dispatch_contact *key = &wanted;
		tree->parents[i] = TREE_NONE;
		if (!tree->contacts[i].parent[0])
			continue;
		memcpy(wanted.name, tree->contacts[i].parent, sizeof wanted.name);
		const struct dispatch_contact **found = bsearch(&key, sorted, tree->count, sizeof *sorted, by_name);
		if (!found)
			return fail(failure, ERROR_INPUT, "parent: \"%s\" of \"%s\" is not in the list",
			    tree->contacts[i].parent, tree->contacts[i].name);
		tree->parents[i] = (uint32_t)(*found - tree->contacts);
	}
	return OK;
}

static enum error find_levels(struct tree *tree, struct failure *failure)
{
	for (uint32_t i = 0; i < tree->count; i++) {
		unsigned level = 0;
		for (uint32_t at = tree->parents[i]; at != TREE_NONE && level < DISPATCH_TIERS; at = tree->parents[at])
			level++;
		if (level == DISPATCH_TIERS)
			return fail(failure, ERROR_INPUT,
			    "parent: \"%s\" stands under itself, or under more than %d tiers", tree->contacts[i].name,
			    DISPATCH_TIERS - 1);
		tree->levels[i] = (uint8_t)level;
		tree->deepest = level > tree->deepest ? level : tree->deepest;
	}
	return OK;
}

enum error tree_make(const struct dispatch_contact *contacts, uint32_t count, bool agreed_only, struct arena *arena,
    struct tree *tree, struct failure *failure)
{
	*tree = (struct tree){ .contacts = contacts,
		.count = count,
		.parents = arena_take(arena, count * sizeof *tree->parents),
		.levels = arena_take(arena, count),
		.left_out = arena_take(arena, count * sizeof *tree->left_out) };
	if (count > TREE_MOST)
		return fail(failure, ERROR_INPUT, "a list holds at most %d contacts", TREE_MOST);
	if (!tree->parents || !tree->levels || !tree->left_out)
		return fail(failure, ERROR_MEMORY, "no memory for the directory");
	enum error error = find_parents(tree, arena, failure);
	if (error == OK)
		error = find_levels(tree, failure);
	for (uint32_t i = 0; i < count && error == OK; i++) {
		tree->left_out[i] = agreed_only && !contacts[i].agreed;
		tree->included += !tree->left_out[i];
	}
	return error;
}

uint32_t tree_above(const struct tree *tree, uint32_t index)
{
	uint32_t at = tree->parents[index];
	while (at != TREE_NONE && tree->left_out[at])
		at = tree->parents[at];
	return at;
}

const struct dispatch_contact *tree_body(const struct tree *tree, uint32_t index)
{
	if (tree->deepest == 0)
		return NULL;
	while (index != TREE_NONE && tree->levels[index] > tree->deepest - 1)
		index = tree->parents[index];
	return index != TREE_NONE && tree->levels[index] == tree->deepest - 1 ? &tree->contacts[index] : NULL;
}
