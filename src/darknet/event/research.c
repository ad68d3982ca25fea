/*
 * Scanners that say who they are; see research.h.
 */
#include "darknet/event/research.h"

#include "base/memory.h"
#include "base/stream.h"

#include <stdlib.h>
#include <string.h>

#define LINE_LONGEST 1024
#define NAMES_MOST ((size_t)16 << 20)
#define SCANNERS (1u << WARNINGLIST_SCANNER)

struct named {
	struct address address;
	struct text name;
};

struct research {
	const struct warninglists *lists;
	struct arena *arena;
	struct named *named; /* by address */
	size_t count, room;
};

static int compare(const void *a, const void *b)
{
	return address_compare(((const struct named *)a)->address, ((const struct named *)b)->address);
}

static enum error add_line(
    struct research *research, const char *path, const struct line *line, struct failure *failure)
{
	struct text whole = text_trim(line->text);
	struct address address;
	size_t end = 0;

	if (whole.size == 0 || whole.at[0] == '#')
		return OK;
	while (end < whole.size && whole.at[end] != ' ' && whole.at[end] != '\t')
		end++;
	struct text first = { whole.at, end }, name = text_trim((struct text){ whole.at + end, whole.size - end });
	if (line->cut || !address_parse(first, &address) || !name.size)
		return fail(failure, ERROR_INPUT, "%s: line %llu: \"ADDRESS NAME\" was expected", path,
		    (unsigned long long)line->number);
	if (research->count == NAMES_MOST)
		return fail(failure, ERROR_LIMIT, "%s: more than %zu names", path, NAMES_MOST);
	if (research->count == research->room) {
		struct named *more = array_grow(research->named, &research->room, 1024, sizeof *more);
		if (!more)
			return fail(failure, ERROR_MEMORY, "%s: no memory for its names", path);
		research->named = more;
	}
	struct text kept = arena_text(research->arena, name);
	if (!kept.at)
		return fail(failure, ERROR_MEMORY, "%s: no memory for its names", path);
	research->named[research->count++] = (struct named){ address_group(address), kept };
	return OK;
}

static enum error read_names(struct research *research, const char *path, struct failure *failure)
{
	struct stream *stream;
	struct line line;
	enum error error = stream_open(path, &stream, failure);

	if (error)
		return error;
	while (!(error = stream_line(stream, LINE_LONGEST, &line, failure)))
		if ((error = add_line(research, path, &line, failure)))
			break;
	stream_close(stream);
	if (error != ERROR_END)
		return error;
	if (research->count)
		qsort(research->named, research->count, sizeof *research->named, compare);
	return OK;
}

enum error research_new(
    const struct warninglists *lists, const char *names, struct research **made, struct failure *failure)
{
	struct research *research = calloc(1, sizeof *research);
	enum error error = OK;

	if (research)
		*research = (struct research){ .lists = lists, .arena = arena_new(0) };
	if (!research || !research->arena)
		error = fail(failure, ERROR_MEMORY, "no memory for research scanners");
	else if (names)
		error = read_names(research, names, failure);
	if (error)
		research_free(research);
	else
		*made = research;
	return error;
}

void research_free(struct research *research)
{
	if (!research)
		return;
	arena_free(research->arena);
	free(research->named);
	free(research);
}

struct text research_name(const struct research *research, struct address source)
{
	const struct named key = { .address = source };
	const struct named *found = research && research->count ? bsearch(&key, research->named, research->count,
								      sizeof *research->named, compare)
								: NULL;
	return found ? found->name : TEXT_NONE;
}

unsigned research_evidence(const struct research *research, struct address source)
{
	if (!research || !research->lists)
		return 0;
	struct text name = research_name(research, source);
	return (warninglist_address(research->lists, source, SCANNERS) ? RESEARCH_LIST : 0) |
	       (name.size && warninglist_domain(research->lists, name, SCANNERS) ? RESEARCH_NAME : 0);
}

const struct warninglist *research_of(const struct research *research, struct address source)
{
	if (!research || !research->lists)
		return NULL;
	const struct warninglist *list = warninglist_address(research->lists, source, SCANNERS);
	struct text name = list ? TEXT_NONE : research_name(research, source);
	return name.size ? warninglist_domain(research->lists, name, SCANNERS) : list;
}
