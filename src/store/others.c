/*
 * Looks for other organisations' names, domains and addresses in a text.
 */
#include "store/others.h"

#include <string.h>

struct search {
	struct store *store;
	const struct scope *scope;
	uint32_t organisation;
	struct text text;
	char found[256];
	enum error error;
	struct failure *failure;
};

static bool is_word(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
}

/* As a word of its own when it is ASCII: the organisation "it" is not in "with". */
static bool stands_in(struct text whole, struct text part)
{
	if (part.size < 2)
		return false;
	bool ascii = is_word(part.at[0]) && is_word(part.at[part.size - 1]);
	for (;;) {
		ptrdiff_t at = text_find_nocase(whole, part);
		if (at < 0)
			return false;
		size_t end = (size_t)at + part.size;
		if (!ascii ||
		    ((at == 0 || !is_word(whole.at[at - 1])) && (end == whole.size || !is_word(whole.at[end]))))
			return true;
		whole = (struct text){ whole.at + at + 1, whole.size - (size_t)at - 1 };
	}
}

static void note(struct search *search, const char *name)
{
	if (!search->found[0] && stands_in(search->text, text_of(name)))
		text_copy(text_of(name), search->found, sizeof search->found);
}

/* Every run of address characters that is an address of the prefix. */
static void note_addresses(struct search *search, struct prefix prefix)
{
	static const char characters[] = "0123456789abcdefABCDEF.:";
	const char *at = search->text.at, *end = at + search->text.size;
	while (at < end && !search->found[0]) {
		const char *start = at;
		while (at < end && *at != '\0' && strchr(characters, *at))
			at++;
		struct text run = { start, (size_t)(at - start) };
		while (run.size > 0 && (run.at[run.size - 1] == '.' || run.at[run.size - 1] == ':'))
			run.size--;
		struct address address;
		uint16_t port;
		if (run.size >= 3 && (address_parse(run, &address) || address_parse_port(run, &address, &port)) &&
		    prefix_contains(prefix, address))
			text_copy(run, search->found, sizeof search->found);
		if (at == start)
			at++;
	}
}

static void each_space(void *context, const struct organisation_space *space)
{
	struct search *search = context;
	if (space->prefix.length > 0)
		note_addresses(search, space->prefix);
	note(search, space->domain);
}

static void each_organisation(void *context, const struct organisation *organisation)
{
	struct search *search = context;
	if (organisation->number == search->organisation || search->error != OK)
		return;
	note(search, organisation->name);
	note(search, organisation->title_ja);
	note(search, organisation->title_en);
	search->error =
	    store_space_each(search->store, search->scope, organisation->number, each_space, search, search->failure);
}

enum error others_absent(struct store *store, const struct scope *scope, uint32_t organisation, const char *field,
    struct text text, struct failure *failure)
{
	struct search search = {
		.store = store, .scope = scope, .organisation = organisation, .text = text, .failure = failure
	};
	if (text.size == 0)
		return OK;
	enum error error = store_organisation_all(store, scope, each_organisation, &search, failure);
	if (error == OK)
		error = search.error;
	if (error != OK)
		return error;
	return search.found[0]
		   ? fail(failure, ERROR_INPUT,
			 "%s: \"%s\" belongs to another organisation; a notice may not tell of it", field, search.found)
		   : OK;
}
