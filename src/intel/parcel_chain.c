/*
 * The state of a chain, and what a file is to it; see parcel_chain.h.
 */
#include "intel/parcel_chain.h"

#include "base/file.h"

#include <stdlib.h>

#define FILE_LARGEST (4u << 20)

static bool take_text(const json_t *root, const char *key, char *to, size_t room)
{
	const char *text = json_string_value(json_object_get(root, key));
	return text && text[0] && text_copy(text_of(text), to, room);
}

static bool take(const json_t *root, struct parcel_chain *chain)
{
	json_t *next = json_object_get(root, "next"), *taken = json_object_get(root, "taken"),
	       *pending = json_object_get(root, "pending"), *sources = json_object_get(root, "sources");
	chain->begun = true;
	chain->next = (uint64_t)json_integer_value(next);
	if (!json_is_integer(next) || json_integer_value(next) < 2 ||
	    !uuid_parse(text_of(json_string_value(json_object_get(root, "chain"))), &chain->id) ||
	    !hex_parse(text_of(json_string_value(json_object_get(root, "last"))), chain->last, 32) ||
	    !take_text(root, "from", chain->from, sizeof chain->from) ||
	    !take_text(root, "to", chain->to, sizeof chain->to) || !json_is_array(taken) || !json_is_array(pending) ||
	    !json_is_object(sources))
		return false;
	chain->taken = json_incref(taken);
	chain->pending = json_incref(pending);
	chain->sources = json_incref(sources);
	return true;
}

enum error parcel_chain_read(const char *path, struct parcel_chain *chain, struct failure *failure)
{
	char *at;
	size_t size;
	*chain = (struct parcel_chain){ .next = 1 };
	enum error error = file_read(path, FILE_LARGEST, &at, &size, failure);
	if (error == ERROR_NOT_FOUND) {
		chain->id = uuid_random();
		chain->taken = json_array();
		chain->pending = json_array();
		chain->sources = json_object();
		return chain->taken && chain->pending && chain->sources ? OK : fail(failure, ERROR_MEMORY, "no memory");
	}
	if (error)
		return error;
	json_t *root = json_loadb(at, size, JSON_REJECT_DUPLICATES, NULL);
	if (!root || !take(root, chain))
		error = fail(failure, ERROR_CORRUPT, "%s: it does not say where a chain of files stands", path);
	json_decref(root);
	free(at);
	return error;
}

enum error parcel_chain_write(const char *path, const struct parcel_chain *chain, struct failure *failure)
{
	char id[UUID_TEXT], last[HEX_SIZE(32)];
	json_t *root = json_pack("{s:s,s:I,s:s,s:s,s:s,s:O,s:O,s:O}", "chain", uuid_format(chain->id, id), "next",
	    (json_int_t)chain->next, "last", hex_format(chain->last, 32, last), "from", chain->from, "to", chain->to,
	    "taken", chain->taken, "pending", chain->pending, "sources", chain->sources);
	char *text = root ? json_dumps(root, JSON_COMPACT) : NULL;
	enum error error = text ? file_replace(path, text_of(text), 0600, failure)
				: fail(failure, ERROR_MEMORY, "no memory to write %s", path);
	free(text);
	json_decref(root);
	return error;
}

void parcel_chain_free(struct parcel_chain *chain)
{
	json_decref(chain->taken);
	json_decref(chain->pending);
	json_decref(chain->sources);
	*chain = (struct parcel_chain){ 0 };
}

static bool was_taken(const struct parcel_chain *chain, const char *digest)
{
	size_t i;
	json_t *each;
	json_array_foreach(chain->taken, i,
	    each) if (strcmp(json_string_value(each) ? json_string_value(each) : "", digest) == 0) return true;
	return false;
}

enum parcel_place parcel_chain_place(
    const struct parcel_chain *chain, const struct parcel_head *head, const uint8_t digest[static 32])
{
	char hex[HEX_SIZE(32)];
	if (!chain->begun)
		return head->number == 1 ? PARCEL_EXPECTED : PARCEL_LATER;
	if (!uuid_equal(chain->id, head->chain))
		return PARCEL_OTHER;
	if (head->number > chain->next)
		return PARCEL_LATER;
	if (head->number == chain->next)
		return memcmp(head->previous, chain->last, 32) == 0 ? PARCEL_EXPECTED : PARCEL_FORKED;
	/* Of those before the oldest digest that is kept the number has to do. */
	uint64_t kept = json_array_size(chain->taken);
	return was_taken(chain, hex_format(digest, 32, hex)) || head->number + kept < chain->next ? PARCEL_TAKEN
												  : PARCEL_FORKED;
}

enum error parcel_chain_advance(struct parcel_chain *chain, const struct parcel_head *head,
    const uint8_t digest[static 32], struct failure *failure)
{
	char hex[HEX_SIZE(32)];
	if (json_array_append_new(chain->taken, json_string(hex_format(digest, 32, hex))) != 0)
		return fail(failure, ERROR_MEMORY, "no memory for a chain of files");
	if (json_array_size(chain->taken) > CHAIN_TAKEN)
		json_array_remove(chain->taken, 0);
	chain->begun = true;
	chain->id = head->chain;
	chain->next = head->number + 1;
	memcpy(chain->last, digest, 32);
	text_copy(text_of(head->from), chain->from, sizeof chain->from);
	text_copy(text_of(head->to), chain->to, sizeof chain->to);
	return OK;
}
