/*
 * Volumes of sealed files; see parcel_write.h.
 */
#include "intel/parcel_write.h"

#include "base/file.h"

#include <inttypes.h>
#include <stdlib.h>
#include <unistd.h>

#define OVERHEAD 4096u /* of sealing: names, certificate, keys */
#define PATH_ROOM 4400

struct parcel_writer {
	struct parcel_writing how;
	struct parcel_chain chain;
	struct builder lines; /* of the volume that is being filled */
	uint64_t count;       /* of them */
	uint64_t first;       /* number of the first volume; 0 = none */
	json_t *made;         /* names */
};

static void path_of(const struct parcel_writer *writer, const char *name, const char *suffix, char to[static PATH_ROOM])
{
	snprintf(to, PATH_ROOM, "%.4000s/%.300s%s", writer->how.folder, name, suffix);
}

/* Of all that is due: what has not been renamed yet. What is neither there nor to be renamed was carried away. */
static enum error finish_pending(const struct parcel_writer *writer, struct failure *failure)
{
	size_t i;
	json_t *each;
	json_array_foreach(writer->chain.pending, i, each)
	{
		char from[PATH_ROOM], to[PATH_ROOM];
		const char *name = json_string_value(each);
		path_of(writer, name ? name : "", ".part", from);
		path_of(writer, name ? name : "", "", to);
		enum error error = access(from, F_OK) == 0 ? file_rename(from, to, failure) : OK;
		if (error)
			return error;
	}
	return OK;
}

static enum error check_parties(struct parcel_writer *writer, struct failure *failure)
{
	struct parcel_chain *chain = &writer->chain;
	const char *own = parcel_cms_own(writer->how.cms), *other = parcel_cms_other(writer->how.cms);
	if (chain->begun && (strcmp(chain->from, own) != 0 || strcmp(chain->to, other) != 0))
		return fail(failure, ERROR_CONFLICT, "%s: this chain is from %s to %s, not from %s to %s",
		    writer->how.chain, chain->from, chain->to, own, other);
	return OK;
}

enum error parcel_writer_open(const struct parcel_writing *how, struct parcel_writer **opened, struct failure *failure)
{
	struct parcel_writer *writer = calloc(1, sizeof *writer);
	if (!writer)
		return fail(failure, ERROR_MEMORY, "no memory for files");
	writer->how = *how;
	writer->made = json_array();
	enum error error = parcel_chain_read(how->chain, &writer->chain, failure);
	if (!error)
		error = check_parties(writer, failure);
	if (!error)
		error = finish_pending(writer, failure);
	if (error)
		parcel_writer_free(writer);
	else
		*opened = writer;
	return error;
}

void parcel_writer_free(struct parcel_writer *writer)
{
	if (!writer)
		return;
	if (writer->lines.at)
		explicit_bzero(writer->lines.at, writer->lines.size);
	builder_free(&writer->lines);
	parcel_chain_free(&writer->chain);
	json_decref(writer->made);
	free(writer);
}

json_t *parcel_writer_sources(struct parcel_writer *writer)
{
	return writer->chain.sources;
}

/* ── a volume ─ */

static enum error save_volume(
    struct parcel_writer *writer, const struct parcel_head *head, struct text sealed, struct failure *failure)
{
	char name[96], id[UUID_TEXT], path[PATH_ROOM];
	uint8_t digest[32];
	/* Short, in the letters that every file system has. */
	snprintf(name, sizeof name, "%.8s-%06" PRIu64 ".p7m", uuid_format(head->chain, id), head->number);
	path_of(writer, name, ".part", path);
	enum error error = file_replace(path, sealed, 0600, failure);
	if (error)
		return error;
	sha256(sealed.at, sealed.size, digest);
	if (!writer->first)
		writer->first = head->number;
	if (!writer->made || json_array_append_new(writer->made, json_string(name)) != 0)
		return fail(failure, ERROR_MEMORY, "no memory for files");
	return parcel_chain_advance(&writer->chain, head, digest, failure);
}

static enum error end_volume(struct parcel_writer *writer, struct failure *failure)
{
	struct builder content = { 0 }, sealed = { 0 };
	struct parcel_head head = { .chain = writer->chain.id, .number = writer->chain.next, .made = writer->how.now };
	memcpy(head.previous, writer->chain.last, sizeof head.previous);
	text_copy(text_of(parcel_cms_own(writer->how.cms)), head.from, sizeof head.from);
	text_copy(text_of(parcel_cms_other(writer->how.cms)), head.to, sizeof head.to);
	parcel_head_build(&head, &content);
	build_text(&content, (struct text){ writer->lines.at, writer->lines.size });
	build_format(&content, "{\"end\":%" PRIu64 "}\n", writer->count);
	enum error error = content.failed ? fail(failure, ERROR_MEMORY, "no memory for a file")
					  : parcel_cms_seal(writer->how.cms, (struct text){ content.at, content.size },
						writer->how.now, &sealed, failure);
	if (!error)
		error = save_volume(writer, &head, (struct text){ sealed.at, sealed.size }, failure);
	if (content.at)
		explicit_bzero(content.at, content.size);
	builder_free(&content);
	builder_free(&sealed);
	builder_clear(&writer->lines);
	writer->count = 0;
	return error;
}

/* ── lines ─ */

enum error parcel_write(struct parcel_writer *writer, enum parcel_kind kind, struct text text, struct text collection,
    struct failure *failure)
{
	static const char *const members[] = { "object", "withdrawn", "shared", "message" };
	uint64_t size = text.size + collection.size + 64;
	enum error error = OK;
	if (size > PARCEL_LINE)
		return fail(failure, ERROR_LIMIT, "an object has more than %u bytes", PARCEL_LINE);
	if (writer->count && writer->lines.size + size + OVERHEAD > writer->how.volume)
		error = end_volume(writer, failure);
	if (error)
		return error;
	build_format(&writer->lines, "{\"%s\":", members[kind]);
	if (kind == PARCEL_WITHDRAWN)
		build_json_string(&writer->lines, text);
	else
		build_text(&writer->lines, text);
	if (collection.size) {
		build_text(&writer->lines, TEXT(",\"collection\":"));
		build_json_string(&writer->lines, collection);
	}
	build_text(&writer->lines, TEXT("}\n"));
	writer->count++;
	return writer->lines.failed ? fail(failure, ERROR_MEMORY, "no memory for a file") : OK;
}

enum error parcel_writer_commit(struct parcel_writer *writer, uint64_t *first, unsigned *files, struct failure *failure)
{
	enum error error = writer->count ? end_volume(writer, failure) : OK;
	*first = writer->first;
	*files = (unsigned)json_array_size(writer->made);
	if (error || *files == 0)
		return error;
	json_decref(writer->chain.pending);
	writer->chain.pending = json_incref(writer->made);
	error = parcel_chain_write(writer->how.chain, &writer->chain, failure);
	return error ? error : finish_pending(writer, failure);
}
