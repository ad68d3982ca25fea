/*
 * A model of a folder, filled from a journal of file operations (base/file_journal.h): contents by inode, names, and of
 * both what is durable. Included by tests after cmocka.h.
 */
#ifndef NOROSHI_TESTS_FOLDER_MODEL_H
#define NOROSHI_TESTS_FOLDER_MODEL_H

#include "base/file_journal.h"

#include <stdlib.h>
#include <string.h>

#define CONTENTS 64
#define NAMES 32

struct content {
	uint64_t inode;
	char *at, *durable;
	size_t size, durable_size;
};

struct name {
	char path[256];
	int content, durable; /* index of the content; -1 = not there */
};

struct folder {
	struct content contents[CONTENTS];
	struct name names[NAMES];
	int content_count, name_count;
};

static struct name *name_of(struct folder *folder, struct text path)
{
	for (int i = 0; i < folder->name_count; i++)
		if (text_equal(text_of(folder->names[i].path), path))
			return &folder->names[i];
	assert_true(folder->name_count < NAMES);
	struct name *name = &folder->names[folder->name_count++];
	assert_true(text_copy(path, name->path, sizeof name->path));
	name->content = name->durable = -1;
	return name;
}

static struct content *content_of(struct folder *folder, uint64_t inode)
{
	for (int i = folder->content_count - 1; i >= 0; i--)
		if (folder->contents[i].inode == inode)
			return &folder->contents[i];
	fail_msg("the journal writes to a file that it did not create");
	return NULL;
}

static void content_resize(struct content *content, size_t size)
{
	content->at = realloc(content->at, size + 1);
	if (size > content->size)
		memset(content->at + content->size, 0, size - content->size);
	content->size = size;
	content->at[size] = '\0';
}

static bool is_in(const char *path, struct text folder)
{
	return text_starts(text_of(path), folder) && !strchr(path + folder.size + 1, '/');
}

static void replay(struct folder *folder, const struct file_record *record)
{
	if (record->error && record->operation != FILE_WRITE)
		return;
	struct content *content;
	switch (record->operation) {
	case FILE_CREATE:
		assert_true(folder->content_count < CONTENTS);
		folder->contents[folder->content_count].inode = record->inode;
		content_resize(&folder->contents[folder->content_count], 0);
		name_of(folder, record->path)->content = folder->content_count++;
		break;
	case FILE_WRITE:
		content = content_of(folder, record->inode);
		if (record->offset + record->data.size > content->size)
			content_resize(content, record->offset + record->data.size);
		memcpy(content->at + record->offset, record->data.at, record->data.size);
		break;
	case FILE_TRUNCATE:
		content_resize(content_of(folder, record->inode), record->offset);
		break;
	case FILE_SYNC:
		content = content_of(folder, record->inode);
		content->durable = realloc(content->durable, content->size + 1);
		memcpy(content->durable, content->at, content->size);
		content->durable_size = content->size;
		break;
	case FILE_RENAME:
		name_of(folder, record->other)->content = name_of(folder, record->path)->content;
		name_of(folder, record->path)->content = -1;
		break;
	case FILE_REMOVE:
		name_of(folder, record->path)->content = -1;
		break;
	case FILE_SYNC_FOLDER:
		for (int i = 0; i < folder->name_count; i++)
			if (is_in(folder->names[i].path, record->path))
				folder->names[i].durable = folder->names[i].content;
		break;
	case FILE_MAKE_FOLDER:
	case FILE_MARK:
		break;
	}
}

static void folder_free(struct folder *folder)
{
	for (int i = 0; i < folder->content_count; i++) {
		free(folder->contents[i].at);
		free(folder->contents[i].durable);
	}
}

#endif
