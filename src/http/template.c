/*
 * The pages' templates: read from the web folder at the start. In: files. Out: parsed templates by name. Called by the
 * front process and by tests; rendering is in template_render.c.
 */
#include "http/template_node.h"

#include "base/memory.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define FILE_LARGEST (1u << 20)
#define FILES_MOST 500

ptrdiff_t template_find(const struct templates *templates, bool page, struct text name)
{
	for (size_t i = 0; i < templates->count; i++)
		if (templates->items[i].page == page && text_equal(text_of(templates->items[i].name), name))
			return (ptrdiff_t)i;
	return -1;
}

/* Takes `source` over, also when it fails. */
static enum error add_item(
    struct templates *templates, bool page, const char *file, char *source, size_t size, struct failure *failure)
{
	if (templates->count == templates->room) {
		void *more = templates->room <= FILES_MOST
				 ? array_grow(templates->items, &templates->room, 32, sizeof *templates->items)
				 : NULL;
		if (!more) {
			free(source);
			return fail(failure, ERROR_MEMORY, "no memory for templates, or too many");
		}
		templates->items = more;
	}
	struct parsed *parsed = &templates->items[templates->count];
	*parsed = (struct parsed){ .source = source, .source_size = size, .page = page };
	const char *slash = strrchr(file, '/');
	const char *base = slash ? slash + 1 : file, *dot = strrchr(base, '.');
	parsed->name = strndup(base, dot ? (size_t)(dot - base) : strlen(base));
	parsed->file = strdup(file);
	templates->count++; /* from here on templates_free() frees it */
	if (!parsed->name || !parsed->file)
		return fail(failure, ERROR_MEMORY, "no memory for templates");
	size_t valid = text_utf8_valid((struct text){ source, size });
	if (valid != size || memchr(source, 0, size))
		return fail(failure, ERROR_INPUT, "%s: not UTF-8 at byte %zu", file, valid);
	return OK;
}

static enum error read_file(
    struct templates *templates, int folder, const char *entry, const char *file, bool page, struct failure *failure)
{
	struct stat about;
	int descriptor = openat(folder, entry, O_RDONLY | O_CLOEXEC);
	if (descriptor < 0 || fstat(descriptor, &about) < 0) {
		enum error error = fail_errno(failure, "cannot open %s", file);
		if (descriptor >= 0)
			close(descriptor);
		return error;
	}
	if (about.st_size > FILE_LARGEST) {
		close(descriptor);
		return fail(failure, ERROR_LIMIT, "%s: larger than %u bytes", file, FILE_LARGEST);
	}
	size_t size = (size_t)about.st_size, got = 0;
	char *source = malloc(size + 1);
	ssize_t part = 1;
	while (source && got < size && (part = read(descriptor, source + got, size - got)) > 0)
		got += (size_t)part;
	close(descriptor);
	if (!source || part < 0) {
		free(source);
		return part < 0 ? fail_errno(failure, "cannot read %s", file)
				: fail(failure, ERROR_MEMORY, "no memory for %s", file);
	}
	source[got] = 0;
	return add_item(templates, page, file, source, got, failure);
}

static enum error read_folder(
    struct templates *templates, const char *folder, const char *below, bool page, struct failure *failure)
{
	char path[4096], file[400];
	snprintf(path, sizeof path, "%s/%s", folder, below);
	DIR *directory = opendir(path);
	if (!directory)
		return fail_errno(failure, "cannot open %s", path);
	enum error error = OK;
	for (const struct dirent *entry; !error && (entry = readdir(directory));) {
		if (entry->d_name[0] == '.' || !text_ends(text_of(entry->d_name), TEXT(".html")))
			continue;
		snprintf(file, sizeof file, "%s/%s", below, entry->d_name);
		error = read_file(templates, dirfd(directory), entry->d_name, file, page, failure);
	}
	closedir(directory);
	return error;
}

static enum error parse_all(struct templates *templates, struct failure *failure)
{
	enum error error = OK;
	for (size_t i = 0; i < templates->count && !error; i++)
		error = template_parse(templates, i, failure);
	return error;
}

enum error templates_new(const char *folder, const struct catalog *catalog, const struct assets *assets,
    struct templates **made, struct failure *failure)
{
	struct templates *templates = calloc(1, sizeof *templates);
	if (!templates)
		return fail(failure, ERROR_MEMORY, "no memory for templates");
	templates->catalog = catalog;
	templates->assets = assets;
	enum error error = read_folder(templates, folder, "pages", true, failure);
	if (!error)
		error = read_folder(templates, folder, "partials", false, failure);
	if (!error)
		error = parse_all(templates, failure);
	if (error)
		templates_free(templates);
	else
		*made = templates;
	return error;
}

enum error templates_new_text(
    const char *name, struct text text, const struct catalog *catalog, struct templates **made, struct failure *failure)
{
	struct templates *templates = calloc(1, sizeof *templates);
	char *source = malloc(text.size + 1);
	if (!templates || !source) {
		free(templates);
		free(source);
		return fail(failure, ERROR_MEMORY, "no memory for templates");
	}
	if (text.size > 0)
		memcpy(source, text.at, text.size);
	source[text.size] = 0;
	templates->catalog = catalog;
	enum error error = add_item(templates, true, name, source, text.size, failure);
	if (!error)
		error = parse_all(templates, failure);
	if (error)
		templates_free(templates);
	else
		*made = templates;
	return error;
}

void templates_free(struct templates *templates)
{
	if (!templates)
		return;
	for (size_t i = 0; i < templates->count; i++) {
		struct parsed *parsed = &templates->items[i];
		free(parsed->name);
		free(parsed->file);
		free(parsed->source);
		free(parsed->nodes);
	}
	free(templates->items);
	free(templates);
}

bool templates_have(const struct templates *templates, const char *page)
{
	return template_find(templates, true, text_of(page)) >= 0;
}

const struct assets *templates_assets(const struct templates *templates)
{
	return templates->assets;
}

const struct catalog *templates_catalog(const struct templates *templates)
{
	return templates->catalog;
}
