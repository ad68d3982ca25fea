/*
 * Name sets: a hash table of whole names; a look-up asks for the name and for each name above it.
 */
#include "match/name_set.h"

#include "base/character.h"
#include "base/hash.h"

#include <stdlib.h>
#include <string.h>

struct entry {
	char *name;
	uint32_t next; /* in the same bucket, index + 1 */
	uint32_t number;
	bool below;
};

struct name_set {
	struct entry *entries;
	size_t count, room;
	uint32_t *buckets; /* index + 1; as many as `room` */
};

struct name_set *name_set_new(void)
{
	return calloc(1, sizeof(struct name_set));
}

void name_set_free(struct name_set *set)
{
	if (!set)
		return;
	for (size_t i = 0; i < set->count; i++)
		free(set->entries[i].name);
	free(set->entries);
	free(set->buckets);
	free(set);
}

bool name_normalize(struct text name, char to[static NAME_LONGEST + 1])
{
	if (name.size > 0 && name.at[name.size - 1] == '.')
		name.size--;
	if (name.size == 0 || name.size > NAME_LONGEST)
		return false;
	size_t label = 0;
	for (size_t i = 0; i < name.size; i++) {
		char c = char_lower(name.at[i]);
		bool good = (c >= 'a' && c <= 'z') || char_is_digit(c) || c == '-' || c == '_';
		if (c == '.' ? label == 0 : !good)
			return false;
		label = c == '.' ? 0 : label + 1;
		if (label > 63)
			return false;
		to[i] = c;
	}
	to[name.size] = '\0';
	return true;
}

static size_t bucket_of(const struct name_set *set, const char *name, size_t size)
{
	return (size_t)hash_bytes(name, size, 0) & (set->room - 1);
}

static void chain(struct name_set *set, size_t index)
{
	uint32_t *bucket = &set->buckets[bucket_of(set, set->entries[index].name, strlen(set->entries[index].name))];
	set->entries[index].next = *bucket;
	*bucket = (uint32_t)index + 1;
}

static bool grow(struct name_set *set)
{
	size_t room = set->room ? set->room * 2 : 1024;
	struct entry *entries = realloc(set->entries, room * sizeof *entries);
	if (!entries)
		return false;
	set->entries = entries;
	uint32_t *buckets = calloc(room, sizeof *buckets);
	if (!buckets)
		return false;
	free(set->buckets);
	set->buckets = buckets;
	set->room = room;
	for (size_t i = 0; i < set->count; i++)
		chain(set, i);
	return true;
}

/* The same name with the same number again adds nothing, so that chains stay short whatever the lists hold. */
static bool is_there(const struct name_set *set, const char *name, bool below, uint32_t number)
{
	uint32_t i = set->room ? set->buckets[bucket_of(set, name, strlen(name))] : 0;
	for (; i; i = set->entries[i - 1].next) {
		const struct entry *entry = &set->entries[i - 1];
		if (entry->number == number && entry->below == below && strcmp(entry->name, name) == 0)
			return true;
	}
	return false;
}

enum error name_set_add(struct name_set *set, const char *name, bool below, uint32_t number)
{
	if (is_there(set, name, below, number))
		return OK;
	if (set->count >= NAME_SET_LARGEST)
		return ERROR_LIMIT;
	char *copy = strdup(name);
	if (!copy || (set->count == set->room && !grow(set))) {
		free(copy);
		return ERROR_MEMORY;
	}
	set->entries[set->count] = (struct entry){ copy, 0, number, below };
	chain(set, set->count++);
	return OK;
}

void name_set_find(
    const struct name_set *set, const char *name, void (*each)(void *context, uint32_t number), void *context)
{
	if (set->count == 0)
		return;
	bool whole = true;
	for (const char *at = name; at; whole = false) {
		size_t size = strlen(at);
		for (uint32_t i = set->buckets[bucket_of(set, at, size)]; i; i = set->entries[i - 1].next) {
			const struct entry *entry = &set->entries[i - 1];
			if ((whole || entry->below) && strcmp(entry->name, at) == 0)
				each(context, entry->number);
		}
		at = strchr(at, '.');
		if (at)
			at++;
	}
}
