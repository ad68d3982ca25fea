/*
 * Warning lists: MISP's documents into one compiled set of prefixes and names, and a few substrings. In: list files
 * and our table of kinds; out: the list that knows an address or a name. Called by triage/ and, later, by the sharing
 * of indicators.
 */
#include "match/warninglist.h"

#include "base/json.h"
#include "match/indicator_set.h"
#include "match/name.h"

#include <stdlib.h>
#include <string.h>

#define MOST_LISTS 4096
#define MOST_SUBSTRINGS 2000
#define MOST_KINDS 10000 /* lines of the table */
#define DEEPEST 16

struct kind_line {
	char *pattern;
	enum warninglist_kind kind;
};

struct substring {
	char *part;
	uint32_t number;
};

struct warninglists {
	struct warninglist *lists;
	size_t list_count;
	struct kind_line *kinds;
	size_t kind_count;
	struct indicator_builder *builder; /* until the lists are compiled */
	struct indicator_set *entries;
	struct substring *substrings;
	size_t substring_count;
	struct json_parser *parser;
	struct warninglists_counts counts;
	warninglist_skipped skipped;
	void *context;
};

const char *warninglist_kind_code(enum warninglist_kind kind)
{
	static const char *const codes[] = { "scanner", "crawler", "check", "service", "rented", "special", "popular",
		"other" };
	return kind < WARNINGLIST_KINDS ? codes[kind] : "other";
}

/* What the sets carry for each list: ascending by kind, so that the kind that counts most is found first. */
static uint32_t number_of(const struct warninglists *lists, const struct warninglist *list)
{
	return (uint32_t)list->kind << 16 | (uint32_t)(list - lists->lists);
}

static const struct warninglist *list_of(const struct warninglists *lists, uint32_t number)
{
	return &lists->lists[number & 0xffff];
}

/* ── making ─ */

struct warninglists *warninglists_new(warninglist_skipped skipped, void *context)
{
	struct warninglists *lists = calloc(1, sizeof *lists);
	if (!lists)
		return NULL;
	lists->lists = calloc(MOST_LISTS, sizeof *lists->lists);
	lists->substrings = calloc(MOST_SUBSTRINGS, sizeof *lists->substrings);
	lists->builder = indicator_builder_new();
	lists->parser = json_parser_new(DEEPEST);
	lists->skipped = skipped;
	lists->context = context;
	if (!lists->lists || !lists->substrings || !lists->builder || !lists->parser) {
		warninglists_free(lists);
		return NULL;
	}
	return lists;
}

void warninglists_free(struct warninglists *lists)
{
	if (!lists)
		return;
	for (size_t i = 0; i < lists->list_count; i++) {
		free(lists->lists[i].name);
		free(lists->lists[i].description);
		free(lists->lists[i].file);
	}
	for (size_t i = 0; i < lists->kind_count; i++)
		free(lists->kinds[i].pattern);
	for (size_t i = 0; i < lists->substring_count; i++)
		free(lists->substrings[i].part);
	free(lists->lists);
	free(lists->kinds);
	free(lists->substrings);
	indicator_builder_free(lists->builder);
	indicator_set_free(lists->entries);
	json_parser_free(lists->parser);
	free(lists);
}

/* ── our table of kinds ─ */

static bool kind_named(struct text code, enum warninglist_kind *kind)
{
	for (int i = 0; i < WARNINGLIST_KINDS; i++)
		if (text_equal(code, text_of(warninglist_kind_code((enum warninglist_kind)i)))) {
			*kind = (enum warninglist_kind)i;
			return true;
		}
	return false;
}

static enum error kind_add(struct warninglists *lists, enum warninglist_kind kind, struct text pattern)
{
	if (lists->kind_count >= MOST_KINDS)
		return ERROR_LIMIT;
	struct kind_line *kinds = realloc(lists->kinds, (lists->kind_count + 1) * sizeof *kinds);
	if (!kinds)
		return ERROR_MEMORY;
	lists->kinds = kinds;
	char *copy = strndup(pattern.at, pattern.size);
	if (!copy)
		return ERROR_MEMORY;
	kinds[lists->kind_count++] = (struct kind_line){ copy, kind };
	return OK;
}

enum error warninglists_kinds(struct warninglists *lists, const char *name, struct text table, struct failure *failure)
{
	for (unsigned line = 1; table.size > 0; line++) {
		struct text pattern = text_trim(text_cut(&table, '\n'));
		if (pattern.size == 0 || pattern.at[0] == '#')
			continue;
		enum warninglist_kind kind;
		struct text code = text_cut(&pattern, '\t');
		if (!kind_named(code, &kind))
			return fail(failure, ERROR_INPUT, "%s:%u: there is no kind of warning lists \"%.*s\"", name,
			    line, (int)(code.size < 40 ? code.size : 40), code.at);
		pattern = text_trim(pattern);
		if (pattern.size == 0 || memchr(pattern.at, '\0', pattern.size))
			return fail(
			    failure, ERROR_INPUT, "%s:%u: expected a kind, a tab and the name of a list", name, line);
		enum error error = kind_add(lists, kind, pattern);
		if (error)
			return fail(failure, error, "%s:%u: no room for more kinds", name, line);
	}
	return OK;
}

/* "*" stands for anything. Linear in the name for each star: the last star is the only one that is taken back. */
static bool pattern_matches(const char *pattern, const char *name)
{
	const char *star = NULL, *again = NULL;
	while (*name) {
		if (*pattern == '*') {
			star = pattern++;
			again = name;
		} else if (*pattern == *name) {
			pattern++;
			name++;
		} else if (star) {
			pattern = star + 1;
			name = ++again;
		} else {
			return false;
		}
	}
	while (*pattern == '*')
		pattern++;
	return *pattern == '\0';
}

static enum warninglist_kind kind_of(const struct warninglists *lists, const char *name)
{
	for (size_t i = 0; i < lists->kind_count; i++)
		if (strcmp(lists->kinds[i].pattern, name) == 0)
			return lists->kinds[i].kind;
	for (size_t i = 0; i < lists->kind_count; i++)
		if (pattern_matches(lists->kinds[i].pattern, name))
			return lists->kinds[i].kind;
	return WARNINGLIST_OTHER;
}

/* ── entries ─ */

struct adding {
	struct warninglists *lists;
	struct warninglist *list;
	bool about_names; /* the list may be matched against domain names */
};

/* What is wrong with the entry, or NULL; *error is set only when the whole loading has to end. */
typedef const char *(*entry_adder)(struct adding *adding, struct text entry, enum error *error);

static const char *add_address(struct adding *adding, struct text entry, enum error *error)
{
	struct prefix prefix;
	if (!prefix_parse(entry, &prefix))
		return "neither an address nor a prefix";
	*error = indicator_builder_add_prefix(
	    adding->lists->builder, prefix, INDICATOR_OBSERVE, number_of(adding->lists, adding->list));
	adding->lists->counts.addresses += !*error;
	return NULL;
}

static const char *add_name(
    struct adding *adding, enum indicator_kind kind, struct text entry, const char *otherwise, enum error *error)
{
	*error = indicator_builder_add(
	    adding->lists->builder, kind, entry, INDICATOR_OBSERVE, number_of(adding->lists, adding->list), NULL);
	if (*error == ERROR_INPUT) {
		*error = OK;
		return otherwise;
	}
	adding->lists->counts.names += !*error;
	return NULL;
}

static const char *add_hostname(struct adding *adding, struct text entry, enum error *error)
{
	if (entry.size > 0 && entry.at[0] == '.')
		entry = (struct text){ entry.at + 1, entry.size - 1 };
	return add_name(adding, INDICATOR_DOMAIN, entry, "not a domain name", error);
}

static const char *add_string(struct adding *adding, struct text entry, enum error *error)
{
	return add_name(adding, INDICATOR_HOSTNAME, entry,
	    "not a domain name, and the type is string: it would match nothing", error);
}

static const char *add_substring(struct adding *adding, struct text entry, enum error *error)
{
	struct warninglists *lists = adding->lists;
	char part[NAME_LONGEST + 1];
	struct text bare = entry.size > 1 && entry.at[0] == '.' ? (struct text){ entry.at + 1, entry.size - 1 } : entry;
	if (!name_normalize(bare, part))
		return "not a part of a domain name";
	if (lists->substring_count >= MOST_SUBSTRINGS) {
		*error = ERROR_LIMIT;
		return NULL;
	}
	char *copy = calloc(1, entry.size + 1);
	if (!copy) {
		*error = ERROR_MEMORY;
		return NULL;
	}
	copy[0] = '.';
	strcpy(copy + (bare.at != entry.at), part);
	lists->substrings[lists->substring_count++] = (struct substring){ copy, number_of(lists, adding->list) };
	lists->counts.substrings++;
	return NULL;
}

static const char *skip_regex(struct adding *adding, struct text entry, enum error *error)
{
	(void)entry;
	(void)error;
	adding->lists->counts.regex_skipped++;
	return "regular expressions are not used";
}

static entry_adder adder_of(struct text type)
{
	static const struct {
		const char *type;
		entry_adder add;
	} adders[] = { { "cidr", add_address }, { "hostname", add_hostname }, { "string", add_string },
		{ "substring", add_substring }, { "regex", skip_regex } };
	for (size_t i = 0; i < sizeof adders / sizeof *adders; i++)
		if (text_equal(type, text_of(adders[i].type)))
			return adders[i].add;
	return NULL;
}

/* Whether the list is about names; hashes, mail addresses and the like are strings too. */
static bool is_about_names(struct json_value attributes)
{
	static const char *const names[] = { "hostname", "domain", "domain|ip", "hostname|port" };
	struct json_walk walk = { 0 };
	while (json_next(attributes, &walk))
		for (size_t i = 0; i < sizeof names / sizeof *names; i++)
			if (text_equal(json_text(walk.value), text_of(names[i])))
				return true;
	return false;
}

static void skip_entry(struct adding *adding, struct text entry, const char *why)
{
	struct warninglists *lists = adding->lists;
	adding->list->skipped++;
	lists->counts.entries_skipped++;
	if (lists->skipped)
		lists->skipped(lists->context, adding->list->file, entry, why);
}

static enum error add_entries(struct adding *adding, entry_adder add, struct json_value entries)
{
	struct json_walk walk = { 0 };
	enum error error = OK;
	while (!error && json_next(entries, &walk)) {
		bool string = json_kind(walk.value) == JSON_IS_STRING;
		struct text entry = json_text(walk.value);
		const char *why = string ? add(adding, entry, &error) : "not a text";
		if (why)
			skip_entry(adding, entry, why);
		else if (!error)
			adding->list->entries++;
	}
	return error;
}

/* ── documents ─ */

/* A file that is no warning list does not keep the others from being used. */
static enum error skip_file(struct warninglists *lists, const char *file, const char *why)
{
	lists->counts.files_skipped++;
	if (lists->skipped)
		lists->skipped(lists->context, file, TEXT_NONE, why);
	return OK;
}

static char *printable(struct text text)
{
	if (text.size > 1000)
		text.size = 1000;
	char *to = malloc(3 * text.size + 1);
	if (to)
		text_make_printable(text, to);
	return to;
}

enum error warninglists_add(struct warninglists *lists, const char *file, struct text document, struct failure *failure)
{
	struct json_value root;
	struct failure why = { 0 };
	enum error error = json_parse(lists->parser, document, &root, &why);
	if (error == ERROR_MEMORY)
		return fail(failure, error, "no memory to read %s", file);
	if (error)
		return skip_file(lists, file, why.words);
	struct text type = json_text(json_get(root, "type"));
	entry_adder add = adder_of(type);
	struct json_value entries = json_get(root, "list");
	if (json_kind(root) != JSON_IS_OBJECT || json_text(json_get(root, "name")).size == 0 ||
	    json_kind(entries) != JSON_IS_ARRAY)
		return skip_file(lists, file, "expected an object with a name and a list: no warning list");
	if (!add)
		return skip_file(lists, file, "the type is none of cidr, hostname, string, substring, regex");
	if (lists->list_count >= MOST_LISTS)
		return fail(failure, ERROR_LIMIT, "%s: more than %d warning lists", file, MOST_LISTS);
	struct warninglist *list = &lists->lists[lists->list_count++];
	list->name = printable(json_text(json_get(root, "name")));
	list->description = printable(json_text(json_get(root, "description")));
	list->file = strdup(file);
	text_copy(type, list->type, sizeof list->type);
	json_to_u64(json_get(root, "version"), &list->version);
	if (!list->name || !list->description || !list->file)
		return fail(failure, ERROR_MEMORY, "no memory to read %s", file);
	list->kind = kind_of(lists, list->name);
	lists->counts.lists++;
	struct adding adding = { lists, list, is_about_names(json_get(root, "matching_attributes")) };
	if (add != add_address && add != skip_regex && !adding.about_names)
		return OK;
	error = add_entries(&adding, add, entries);
	return error ? fail(failure, error, "%s: %s", file,
			   error == ERROR_LIMIT ? "too many entries in all warning lists together" : "no memory")
		     : OK;
}

enum error warninglists_compile(struct warninglists *lists, struct failure *failure)
{
	enum error error = indicator_builder_compile(lists->builder, &lists->entries, failure);
	lists->builder = NULL;
	json_parser_free(lists->parser); /* large after large lists */
	lists->parser = NULL;
	return error;
}

/* ── questions ─ */

struct wanted {
	unsigned kinds;
	uint32_t best; /* UINT32_MAX = none */
};

static void take_best(struct wanted *wanted, uint32_t number)
{
	if (number < wanted->best && (!wanted->kinds || wanted->kinds & 1u << (number >> 16)))
		wanted->best = number;
}

static void take_match(void *context, const struct indicator_match *match)
{
	take_best(context, match->number);
}

static const struct warninglist *best_list(const struct warninglists *lists, const struct wanted *wanted)
{
	return wanted->best == UINT32_MAX ? NULL : list_of(lists, wanted->best);
}

const struct warninglist *warninglist_address(const struct warninglists *lists, struct address address, unsigned kinds)
{
	struct wanted wanted = { kinds, UINT32_MAX };
	indicator_set_address(lists->entries, address, take_match, &wanted);
	return best_list(lists, &wanted);
}

const struct warninglist *warninglist_domain(const struct warninglists *lists, struct text name, unsigned kinds)
{
	char normal[NAME_LONGEST + 1];
	struct wanted wanted = { kinds, UINT32_MAX };
	if (!name_normalize(name, normal))
		return NULL;
	indicator_set_kinds(lists->entries, INDICATOR_BIT(INDICATOR_DOMAIN) | INDICATOR_BIT(INDICATOR_HOSTNAME),
	    text_of(normal), take_match, &wanted);
	for (size_t i = 0; i < lists->substring_count; i++)
		if (strstr(normal, lists->substrings[i].part))
			take_best(&wanted, lists->substrings[i].number);
	return best_list(lists, &wanted);
}

void warninglists_each(
    const struct warninglists *lists, void (*visit)(void *context, const struct indicator_match *entry), void *context)
{
	indicator_set_each(lists->entries, visit, context);
}

void warninglists_count(const struct warninglists *lists, struct warninglists_counts *counts)
{
	*counts = lists->counts;
}

const struct warninglist *warninglist_get(const struct warninglists *lists, size_t index)
{
	return index < lists->list_count ? &lists->lists[index] : NULL;
}
