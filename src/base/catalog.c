/*
 * Compiled gettext catalogues (.mo), read here because the C library's gettext has one language for each thread by way
 * of its locale and environment, while a server needs another one for each request (docs/decisions/0032). In: a file's
 * bytes, taken as hostile. Out: translations. Called by templates, mails and the command line.
 */
#include "base/catalog.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define LARGEST (16u << 20)
#define MAGIC 0x950412deu
#define MAGIC_SWAPPED 0xde120495u
#define HEADER 20 /* bytes up to the offset of the translations */

struct entry {
	struct text id, string;
};

struct catalog {
	char *bytes;
	size_t size, count;
	bool swapped;
	struct entry *entries; /* sorted by id */
};

static uint32_t number_at(const struct catalog *catalog, size_t offset)
{
	uint32_t number;
	memcpy(&number, catalog->bytes + offset, sizeof number);
	return catalog->swapped ? __builtin_bswap32(number) : number;
}

/* One descriptor (length, offset): within the file, NUL behind it, UTF-8. */
static bool read_string(const struct catalog *catalog, size_t descriptor, struct text *text)
{
	size_t size = number_at(catalog, descriptor), offset = number_at(catalog, descriptor + 4);
	if (offset >= catalog->size || size >= catalog->size - offset || catalog->bytes[offset + size] != 0)
		return false;
	*text = (struct text){ catalog->bytes + offset, size };
	/* Plural forms stand behind a NUL; the first is what counts here. */
	text->size = strlen(text->at) < size ? strlen(text->at) : size;
	return text_utf8_valid(*text) == text->size;
}

static enum error read_entries(struct catalog *catalog, struct failure *failure)
{
	uint32_t magic = number_at(catalog, 0);
	if (magic == MAGIC_SWAPPED)
		catalog->swapped = true;
	else if (magic != MAGIC)
		return fail(failure, ERROR_CORRUPT, "not a gettext catalogue: its first four bytes are others");
	size_t count = number_at(catalog, 8), ids = number_at(catalog, 12), strings = number_at(catalog, 16);
	if (number_at(catalog, 4) >> 16 > 1)
		return fail(failure, ERROR_VERSION, "gettext catalogue: unknown format version");
	if (count > catalog->size / 16 || ids > catalog->size - count * 8 || strings > catalog->size - count * 8)
		return fail(failure, ERROR_CORRUPT, "gettext catalogue: its tables go beyond its end");
	catalog->entries = calloc(count + 1, sizeof *catalog->entries);
	if (!catalog->entries)
		return fail(failure, ERROR_MEMORY, "no memory for a gettext catalogue");
	for (size_t i = 0; i < count; i++) {
		struct entry *entry = &catalog->entries[i];
		if (!read_string(catalog, ids + i * 8, &entry->id) ||
		    !read_string(catalog, strings + i * 8, &entry->string))
			return fail(failure, ERROR_CORRUPT, "gettext catalogue: text %zu is malformed", i);
		if (i > 0 && text_compare(entry[-1].id, entry->id) > 0)
			return fail(failure, ERROR_CORRUPT, "gettext catalogue: text %zu is out of order", i);
	}
	catalog->count = count;
	return OK;
}

enum error catalog_read(struct text bytes, struct catalog **made, struct failure *failure)
{
	if (bytes.size < HEADER || bytes.size > LARGEST)
		return fail(failure, ERROR_CORRUPT, "gettext catalogue: %zu bytes are too few or too many", bytes.size);
	struct catalog *catalog = calloc(1, sizeof *catalog);
	char *copy = malloc(bytes.size + 1);
	if (!catalog || !copy) {
		free(catalog);
		free(copy);
		return fail(failure, ERROR_MEMORY, "no memory for a gettext catalogue");
	}
	memcpy(copy, bytes.at, bytes.size);
	copy[bytes.size] = 0;
	catalog->bytes = copy;
	catalog->size = bytes.size;
	enum error error = read_entries(catalog, failure);
	if (error)
		catalog_free(catalog);
	else
		*made = catalog;
	return error;
}

enum error catalog_open(const char *path, struct catalog **catalog, struct failure *failure)
{
	struct stat about;
	int descriptor = open(path, O_RDONLY | O_CLOEXEC);
	if (descriptor < 0 || fstat(descriptor, &about) < 0) {
		enum error error = fail_errno(failure, "cannot open %s", path);
		if (descriptor >= 0)
			close(descriptor);
		return error;
	}
	size_t size = about.st_size > 0 && about.st_size <= LARGEST ? (size_t)about.st_size : 0, got = 0;
	char *bytes = malloc(size + 1);
	ssize_t part = 1;
	while (bytes && got < size && (part = read(descriptor, bytes + got, size - got)) > 0)
		got += (size_t)part;
	int number = errno;
	close(descriptor);
	errno = number;
	enum error error = !bytes     ? fail(failure, ERROR_MEMORY, "no memory for %s", path)
			   : part < 0 ? fail_errno(failure, "cannot read %s", path)
				      : catalog_read((struct text){ bytes, got }, catalog, failure);
	free(bytes);
	return error;
}

void catalog_free(struct catalog *catalog)
{
	if (!catalog)
		return;
	free(catalog->entries);
	free(catalog->bytes);
	free(catalog);
}

size_t catalog_count(const struct catalog *catalog)
{
	return catalog ? catalog->count : 0;
}

struct text catalog_text(const struct catalog *catalog, struct text msgid)
{
	size_t low = 0, high = catalog && msgid.size > 0 ? catalog->count : 0;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		int order = text_compare(msgid, catalog->entries[middle].id);
		if (order == 0)
			return catalog->entries[middle].string.size > 0 ? catalog->entries[middle].string : msgid;
		if (order < 0)
			high = middle;
		else
			low = middle + 1;
	}
	return msgid;
}

const char *catalog_string(const struct catalog *catalog, const char *msgid)
{
	/* Both the catalogue's texts and a C string are NUL-terminated. */
	return msgid ? catalog_text(catalog, text_of(msgid)).at : "";
}

const struct catalog *catalog_for(const struct catalog *japanese, struct text language)
{
	return text_equal(language, TEXT("ja")) ? japanese : NULL;
}

void catalog_build(
    const struct catalog *catalog, struct text msgid, const struct text *parameters, size_t count, struct builder *to)
{
	struct text text = catalog_text(catalog, msgid);
	size_t start = 0;
	for (size_t i = 0; catalog && text.at == msgid.at && i + 2 < msgid.size; i++) {
		struct text behind = { msgid.at + i + 2, msgid.size - i - 2 };
		if (msgid.at[i] != ':' || msgid.at[i + 1] != ' ')
			continue;
		struct text found = catalog_text(catalog, behind);
		if (found.at == behind.at)
			continue;
		build_text(to, (struct text){ msgid.at, i + 2 });
		text = found;
	}
	if (text.size == 0)
		return;
	for (size_t i = 0; i + 2 < text.size; i++) {
		char digit = text.at[i + 1];
		if (text.at[i] != '{' || text.at[i + 2] != '}' || digit < '0' || digit > '9')
			continue;
		build_text(to, (struct text){ text.at + start, i - start });
		if ((size_t)(digit - '0') < count)
			build_text(to, parameters[digit - '0']);
		i += 2;
		start = i + 1;
	}
	build_text(to, (struct text){ text.at + start, text.size - start });
}
