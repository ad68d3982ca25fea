/*
 * The files of the pages, read once into memory. In: the web folder. Out: a table by name, with types and hashes.
 * Called by the front process at its start; the server looks names up in it.
 */
#include "http/asset.h"

#include "base/hash.h"
#include "base/memory.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define FILES_MOST 2000
#define BYTES_MOST (32u << 20)
#define FOLDERS_DEEP 8
#define NAME_LARGEST 120

struct assets {
	struct asset *items;
	size_t count, room, bytes;
};

static const char *type_of(const char *name)
{
	static const char *const types[][2] = {
		{ ".css", "text/css; charset=utf-8" },
		{ ".js", "text/javascript; charset=utf-8" },
		{ ".mjs", "text/javascript; charset=utf-8" },
		{ ".svg", "image/svg+xml" },
		{ ".png", "image/png" },
		{ ".ico", "image/x-icon" },
		{ ".woff2", "font/woff2" },
		{ ".webmanifest", "application/manifest+json" },
		{ ".txt", "text/plain; charset=utf-8" },
		{ ".json", "application/json" },
	};
	const char *suffix = strrchr(name, '.');
	for (size_t i = 0; suffix && i < sizeof types / sizeof *types; i++)
		if (strcmp(suffix, types[i][0]) == 0)
			return types[i][1];
	return NULL;
}

static enum error read_whole(int descriptor, size_t size, char **content, struct failure *failure, const char *name)
{
	char *at = malloc(size + 1);
	size_t got = 0;
	if (!at)
		return fail(failure, ERROR_MEMORY, "no memory for %s", name);
	while (got < size) {
		ssize_t part = read(descriptor, at + got, size - got);
		if (part <= 0) {
			free(at);
			return part < 0 ? fail_errno(failure, "cannot read %s", name)
					: fail(failure, ERROR_SYSTEM, "%s became shorter while it was read", name);
		}
		got += (size_t)part;
	}
	at[size] = 0;
	*content = at;
	return OK;
}

static struct asset *asset_room(struct assets *assets)
{
	if (assets->count == assets->room) {
		void *more = array_grow(assets->items, &assets->room, 64, sizeof *assets->items);
		if (!more)
			return NULL;
		assets->items = more;
	}
	return &assets->items[assets->count];
}

static enum error add_file(
    struct assets *assets, int folder, const char *file, const char *name, struct failure *failure)
{
	struct stat about;
	int descriptor = openat(folder, file, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	if (descriptor < 0)
		return errno == ELOOP ? OK : fail_errno(failure, "cannot open %s", name);
	enum error error = OK;
	char *content = NULL, *kept = NULL;
	struct asset *asset = asset_room(assets);
	if (fstat(descriptor, &about) < 0 || !S_ISREG(about.st_mode)) {
		close(descriptor);
		return OK;
	}
	if (assets->count == FILES_MOST || (uint64_t)about.st_size > BYTES_MOST - assets->bytes)
		error =
		    fail(failure, ERROR_LIMIT, "more than %u files or %u bytes of web files", FILES_MOST, BYTES_MOST);
	else
		error = read_whole(descriptor, (size_t)about.st_size, &content, failure, name);
	close(descriptor);
	if (error)
		return error;
	kept = strdup(name);
	if (!kept || !asset) {
		free(kept);
		free(content);
		return fail(failure, ERROR_MEMORY, "no memory for %s", name);
	}
	*asset = (struct asset){ .name = kept, .type = type_of(name), .content = { content, (size_t)about.st_size } };
	assets->bytes += (size_t)about.st_size;
	assets->count++;
	return OK;
}

static bool is_left_out(const char *prefix, const char *name)
{
	return name[0] == '.' || strcmp(name, "node_modules") == 0 ||
	       (*prefix == 0 && (strcmp(name, "pages") == 0 || strcmp(name, "partials") == 0));
}

/* Names in an address need no encoding. */
static bool is_plain(const char *name)
{
	for (; *name; name++)
		if (!((*name >= 'a' && *name <= 'z') || (*name >= 'A' && *name <= 'Z') ||
			(*name >= '0' && *name <= '9') || strchr("-._", *name)))
			return false;
	return true;
}

static enum error add_folder(
    struct assets *assets, int descriptor, const char *prefix, unsigned depth, struct failure *failure);

static enum error add_entry(struct assets *assets, int folder, const char *prefix, const struct dirent *entry,
    unsigned depth, struct failure *failure)
{
	char name[NAME_LARGEST];
	if (is_left_out(prefix, entry->d_name) || !is_plain(entry->d_name))
		return OK;
	if (snprintf(name, sizeof name, "%s%s", prefix, entry->d_name) >= (int)sizeof name - 1)
		return fail(failure, ERROR_LIMIT, "the name of a web file is too long: %s", entry->d_name);
	int inner = openat(folder, entry->d_name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (inner >= 0) {
		if (depth >= FOLDERS_DEEP) {
			close(inner);
			return fail(failure, ERROR_LIMIT, "web folders deeper than %u", FOLDERS_DEEP);
		}
		strcat(name, "/");
		return add_folder(assets, inner, name, depth + 1, failure);
	}
	return type_of(entry->d_name) ? add_file(assets, folder, entry->d_name, name, failure) : OK;
}

/* Takes the descriptor over. */
static enum error add_folder(
    struct assets *assets, int descriptor, const char *prefix, unsigned depth, struct failure *failure)
{
	DIR *directory = fdopendir(descriptor);
	if (!directory) {
		close(descriptor);
		return fail_errno(failure, "cannot read the web folder");
	}
	enum error error = OK;
	for (const struct dirent *entry; !error && (entry = readdir(directory));)
		error = add_entry(assets, descriptor, prefix, entry, depth, failure);
	closedir(directory);
	return error;
}

static int by_name(const void *a, const void *b)
{
	return strcmp(((const struct asset *)a)->name, ((const struct asset *)b)->name);
}

static bool can_import(const struct asset *asset)
{
	return text_starts(text_of(asset->type), TEXT("text/javascript")) ||
	       text_starts(text_of(asset->type), TEXT("text/css"));
}

/* Modules import each other by plain names, so a script's address must change when any of them does: all scripts and
 * style sheets carry the hash of all of them. */
static void make_hashes(struct assets *assets)
{
	struct hash128 all = { 0, 0 };
	for (size_t i = 0; i < assets->count; i++) {
		struct asset *asset = &assets->items[i];
		if (!can_import(asset))
			continue;
		struct hash128 one = hash128_bytes(asset->content.at, asset->content.size, i);
		all.high = hash_u64(one.high, all.high);
		all.low = hash_u64(one.low, all.low);
	}
	for (size_t i = 0; i < assets->count; i++) {
		struct asset *asset = &assets->items[i];
		uint64_t hash = can_import(asset) ? hash_u64(all.low, all.high)
						  : hash_bytes(asset->content.at, asset->content.size, 0);
		snprintf(asset->hash, sizeof asset->hash, "%016llx", (unsigned long long)hash);
		snprintf(asset->url, sizeof asset->url, "/web/%s?v=%s", asset->name, asset->hash);
	}
}

enum error assets_new(const char *folder, struct assets **made, struct failure *failure)
{
	struct assets *assets = calloc(1, sizeof *assets);
	if (!assets)
		return fail(failure, ERROR_MEMORY, "no memory for the web files");
	int descriptor = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	enum error error = descriptor < 0 ? fail_errno(failure, "cannot open the web folder %s", folder)
					  : add_folder(assets, descriptor, "", 0, failure);
	if (error) {
		assets_free(assets);
		return error;
	}
	if (assets->count > 0)
		qsort(assets->items, assets->count, sizeof *assets->items, by_name);
	make_hashes(assets);
	*made = assets;
	return OK;
}

void assets_free(struct assets *assets)
{
	if (!assets)
		return;
	for (size_t i = 0; i < assets->count; i++) {
		free((void *)assets->items[i].name);
		free((void *)assets->items[i].content.at);
	}
	free(assets->items);
	free(assets);
}

const struct asset *asset_find(const struct assets *assets, struct text name)
{
	size_t low = 0, high = assets ? assets->count : 0;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		int order = text_compare(name, text_of(assets->items[middle].name));
		if (order == 0)
			return &assets->items[middle];
		if (order < 0)
			high = middle;
		else
			low = middle + 1;
	}
	return NULL;
}

size_t assets_count(const struct assets *assets)
{
	return assets ? assets->count : 0;
}
