/*
 * Files that came, into a folder; see parcel_take.h.
 */
#include "intel/parcel_take.h"

#include "base/file.h"
#include "intel/parcel_items.h"
#include "intel/parcel_shared.h"

#include <inttypes.h>
#include <stdlib.h>

#define PATH_ROOM 4352

struct arrived {
	const char *path;
	struct parcel_head head;
	uint8_t digest[32];
};

struct taking {
	const struct parcel_taking *how;
	struct parcel_took *took;
	struct parcel_chain chain;
	struct parcel_items *items;
	struct parcel_shared *shared;
	struct parcel_reader *reader;
};

static void name_in(const struct taking *taking, const char *name, char to[static PATH_ROOM])
{
	snprintf(to, PATH_ROOM, "%.4200s/%s", taking->how->folder, name);
}

/* ── one file ─ */

static enum error open_file(const struct taking *taking, const char *path, struct arrived *file,
    struct builder *content, struct failure *failure)
{
	char *at = NULL;
	size_t size;
	enum error error = file_read(path, PARCEL_LARGEST, &at, &size, failure);
	if (error)
		return error;
	sha256(at, size, file->digest);
	file->path = path;
	error = parcel_cms_unseal(taking->how->cms, (struct text){ at, size }, taking->how->now, content, failure);
	free(at);
	if (!error)
		error = parcel_begin(taking->reader, (struct text){ content->at, content->size }, &file->head, failure);
	if (error)
		return error;
	/* Who may open it may seal it again for somebody else. */
	if (strcmp(file->head.to, parcel_cms_own(taking->how->cms)) != 0)
		return fail(failure, ERROR_DENIED, "it was written for %s", file->head.to);
	if (strcmp(file->head.from, parcel_cms_other(taking->how->cms)) != 0)
		return fail(failure, ERROR_DENIED, "it says to be from %s", file->head.from);
	return OK;
}

static void close_content(struct builder *content)
{
	if (content->at)
		explicit_bzero(content->at, content->size);
	builder_free(content);
}

/* Whether all of it can be read. */
static enum error check_lines(struct taking *taking, struct failure *failure)
{
	struct parcel_line line;
	enum error error;
	while (!(error = parcel_next(taking->reader, &line, failure)))
		;
	return error == ERROR_END ? OK : error;
}

static enum error apply_line(
    struct taking *taking, const struct parcel_line *line, struct builder *messages, struct failure *failure)
{
	switch (line->kind) {
	case PARCEL_OBJECT:
		taking->took->objects++;
		return parcel_items_put(taking->items, line->id, line->modified.when, line->json, failure);
	case PARCEL_WITHDRAWN:
		taking->took->withdrawn++;
		parcel_items_remove(taking->items, line->id);
		return OK;
	case PARCEL_SHARED:
		taking->took->changes++;
		return parcel_shared_take(taking->shared, line->json, failure);
	default:
		taking->took->messages++;
		build_text(messages, line->json);
		build_char(messages, '\n');
		return messages->failed ? fail(failure, ERROR_MEMORY, "no memory for messages") : OK;
	}
}

static enum error save_messages(const struct taking *taking, const struct parcel_head *head,
    const struct builder *messages, struct failure *failure)
{
	char folder[PATH_ROOM], path[PATH_ROOM + 64], chain[UUID_TEXT];
	if (!messages->size)
		return OK;
	name_in(taking, "messages", folder);
	snprintf(
	    path, sizeof path, "%s/%.8s-%06" PRIu64 ".jsonl", folder, uuid_format(head->chain, chain), head->number);
	enum error error = directory_make(folder, 0700, failure);
	return error ? error : file_replace(path, (struct text){ messages->at, messages->size }, 0600, failure);
}

static enum error apply(struct taking *taking, const struct arrived *file, struct text content, struct failure *failure)
{
	struct parcel_head head;
	struct parcel_line line;
	struct builder messages = { 0 };
	enum error error = parcel_begin(taking->reader, content, &head, failure);
	while (!error && !(error = parcel_next(taking->reader, &line, failure))) {
		if (taking->how->forward && line.kind != PARCEL_SHARED)
			error = taking->how->forward(taking->how->context, &line, failure);
		if (!error)
			error = apply_line(taking, &line, &messages, failure);
	}
	if (error == ERROR_END)
		error = taking->how->forward ? taking->how->forward(taking->how->context, NULL, failure) : OK;
	if (!error)
		error = save_messages(taking, &head, &messages, failure);
	if (!error)
		error = parcel_chain_advance(&taking->chain, &head, file->digest, failure);
	builder_free(&messages);
	return error;
}

/* ── all of them ─ */

static int by_number(const void *one, const void *other)
{
	const struct arrived *a = one, *b = other;
	return a->head.number < b->head.number ? -1 : a->head.number > b->head.number;
}

static void tell(struct taking *taking, const struct arrived *file, enum parcel_place place, const struct failure *why)
{
	taking->took->taken += place == PARCEL_EXPECTED && !why;
	taking->took->before += place == PARCEL_TAKEN && !why;
	taking->took->refused += why != NULL;
	taking->how->tell(taking->how->context, file->path, &file->head, place, why);
}

/* Those that can be opened at all, in the order of their numbers. */
static unsigned read_heads(struct taking *taking, char **paths, unsigned count, struct arrived *files)
{
	unsigned good = 0;
	for (unsigned i = 0; i < count; i++) {
		struct builder content = { 0 };
		struct failure why = { 0 };
		files[good] = (struct arrived){ .path = paths[i] };
		enum error error = open_file(taking, paths[i], &files[good], &content, &why);
		if (!error)
			error = check_lines(taking, &why);
		close_content(&content);
		if (error)
			tell(taking, &files[good], PARCEL_EXPECTED, &why);
		else
			good++;
	}
	if (good > 1)
		qsort(files, good, sizeof *files, by_number);
	return good;
}

static enum error begin_anew(struct taking *taking, struct failure *failure)
{
	struct failure ignored;
	char path[PATH_ROOM];
	parcel_chain_free(&taking->chain);
	parcel_items_free(taking->items);
	parcel_shared_free(taking->shared);
	taking->items = NULL;
	taking->shared = NULL;
	enum error error = parcel_chain_read("", &taking->chain, &ignored);
	if (!error)
		error = parcel_items_read("", &taking->items, failure);
	name_in(taking, "shared", path);
	return error ? error : parcel_shared_open(path, true, &taking->shared, failure);
}

static enum error refuse(
    const struct taking *taking, const struct arrived *file, enum parcel_place place, struct failure *why)
{
	switch (place) {
	case PARCEL_LATER:
		if (!taking->took->missing_from) {
			taking->took->missing_from = taking->chain.begun ? taking->chain.next : 1;
			taking->took->missing_to = file->head.number - 1;
		}
		return fail(
		    why, ERROR_NOT_FOUND, "number %" PRIu64 " comes behind files that are missing", file->head.number);
	case PARCEL_FORKED:
		return fail(why, ERROR_CONFLICT,
		    "number %" PRIu64 " does not follow the file before it: another file of that number was taken",
		    file->head.number);
	default:
		return fail(
		    why, ERROR_CONFLICT, "it is of another chain: if the sender began anew, say so with --new-chain");
	}
}

static enum error take_one(struct taking *taking, struct arrived *file, struct failure *failure)
{
	struct failure why = { 0 };
	struct builder content = { 0 };
	enum error error = OK;
	if (taking->how->new_chain && taking->chain.begun && file->head.number == 1 &&
	    !uuid_equal(taking->chain.id, file->head.chain))
		error = begin_anew(taking, failure);
	enum parcel_place place = parcel_chain_place(&taking->chain, &file->head, file->digest);
	if (error)
		return error;
	if (place == PARCEL_TAKEN) {
		tell(taking, file, place, NULL);
		return OK;
	}
	if (place != PARCEL_EXPECTED) {
		refuse(taking, file, place, &why);
		tell(taking, file, place, &why);
		return OK;
	}
	struct arrived again;
	error = open_file(taking, file->path, &again, &content, &why);
	if (!error && memcmp(again.digest, file->digest, sizeof again.digest) != 0)
		error = fail(&why, ERROR_CONFLICT, "it was changed while it was read");
	if (error) { /* nothing was changed by it */
		tell(taking, file, place, &why);
		error = OK;
	} else if (!(error = apply(taking, file, (struct text){ content.at, content.size }, failure))) {
		tell(taking, file, place, NULL);
	}
	close_content(&content);
	return error;
}

static enum error save(struct taking *taking, struct failure *failure)
{
	char path[PATH_ROOM];
	name_in(taking, "items.json", path);
	enum error error = parcel_items_write(taking->items, path, failure);
	if (!error)
		error = parcel_shared_write(taking->shared, failure);
	name_in(taking, "chain.json", path);
	return error ? error : parcel_chain_write(path, &taking->chain, failure);
}

static enum error open_folder(struct taking *taking, struct failure *failure)
{
	char path[PATH_ROOM];
	enum error error = directory_make(taking->how->folder, 0700, failure);
	name_in(taking, "chain.json", path);
	if (!error)
		error = parcel_chain_read(path, &taking->chain, failure);
	if (!error && taking->chain.begun &&
	    (strcmp(taking->chain.from, parcel_cms_other(taking->how->cms)) != 0 ||
		strcmp(taking->chain.to, parcel_cms_own(taking->how->cms)) != 0))
		error = fail(failure, ERROR_CONFLICT, "%s: this folder is of files from %s to %s", taking->how->folder,
		    taking->chain.from, taking->chain.to);
	name_in(taking, "items.json", path);
	if (!error)
		error = parcel_items_read(path, &taking->items, failure);
	name_in(taking, "shared", path);
	if (!error)
		error = parcel_shared_open(path, false, &taking->shared, failure);
	if (!error && !(taking->reader = parcel_reader_new()))
		error = fail(failure, ERROR_MEMORY, "no memory for files");
	return error;
}

enum error parcel_take(
    const struct parcel_taking *how, char **paths, unsigned count, struct parcel_took *took, struct failure *failure)
{
	struct taking taking = { .how = how, .took = took };
	struct arrived *files = calloc(count + 1, sizeof *files);
	unsigned good = 0;
	*took = (struct parcel_took){ 0 };
	enum error error =
	    files ? open_folder(&taking, failure) : fail(failure, ERROR_MEMORY, "no memory for %u files", count);
	if (!error)
		good = read_heads(&taking, paths, count, files);
	for (unsigned i = 0; i < good && !error; i++)
		error = take_one(&taking, &files[i], failure);
	if (!error && took->taken)
		error = save(&taking, failure);
	took->next = taking.chain.next;
	parcel_chain_free(&taking.chain);
	parcel_items_free(taking.items);
	parcel_shared_free(taking.shared);
	parcel_reader_free(taking.reader);
	free(files);
	return error;
}
