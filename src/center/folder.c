/*
 * Folders that appear whole. See folder.h.
 */
#include "center/folder.h"

#include "base/file.h"

#include <dirent.h>
#include <errno.h>
#include <ftw.h>
#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static int remove_one(const char *path, const struct stat *about, int flag, struct FTW *where)
{
	(void)about;
	(void)flag;
	(void)where;
	return remove(path);
}

void folder_remove(const char *path)
{
	nftw(path, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

/* Not there, or there without anything in it. */
static enum error is_free(const char *path, struct failure *failure)
{
	DIR *folder = opendir(path);
	if (!folder && errno == ENOENT)
		return OK;
	if (!folder)
		return fail_errno(failure, "cannot use %s", path);
	bool empty = true;
	struct dirent *entry;
	while (empty && (entry = readdir(folder)))
		empty = strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0;
	closedir(folder);
	return empty ? OK
		     : fail(failure, ERROR_CONFLICT, "%s is not empty: nothing is written over what is there", path);
}

enum error folder_begin(const char *path, struct folder *folder, struct failure *failure)
{
	*folder = (struct folder){ 0 };
	size_t size = strlen(path);
	while (size > 1 && path[size - 1] == '/')
		size--;
	if (!text_copy((struct text){ path, size }, folder->path, sizeof folder->path))
		return fail(failure, ERROR_LIMIT, "%.100s…: the path is too long", path);
	snprintf(folder->partial, sizeof folder->partial, "%s.partial", folder->path);
	enum error error = is_free(folder->path, failure);
	if (error)
		return error;
	if (access(folder->partial, F_OK) == 0)
		return fail(failure, ERROR_CONFLICT,
		    "%s is there: another one is being made, or one was interrupted; remove it when nobody works on it",
		    folder->partial);
	error = directory_make(folder->partial, 0700, failure);
	folder->begun = !error;
	return error;
}

enum error folder_make(const struct folder *folder, const char *name, struct failure *failure)
{
	char path[4400];
	snprintf(path, sizeof path, "%s/%s", folder->partial, name);
	return directory_make(path, 0700, failure);
}

static enum error account_find(const char *user, uid_t *uid, gid_t *gid, struct failure *failure)
{
	struct passwd *account = getpwnam(user);
	*uid = 0;
	*gid = 0;
	if (!account)
		return fail(failure, ERROR_USAGE, "this system has no account \"%s\", whose the data is", user);
	*uid = account->pw_uid;
	*gid = account->pw_gid;
	return OK;
}

static enum error give_below(const char *path, uid_t uid, gid_t gid, struct failure *failure)
{
	DIR *list = opendir(path);
	struct dirent *entry;
	enum error error = OK;
	while (list && !error && (entry = readdir(list))) {
		char inside[4400];
		struct stat about;
		if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
			continue;
		snprintf(inside, sizeof inside, "%s/%s", path, entry->d_name);
		if (lstat(inside, &about) == 0 && S_ISDIR(about.st_mode))
			error = give_below(inside, uid, gid, failure);
		else if (lchown(inside, uid, gid) != 0)
			error = fail_errno(failure, "cannot give %s to its account", inside);
	}
	if (list)
		closedir(list);
	return error || lchown(path, uid, gid) == 0 ? error
						    : fail_errno(failure, "cannot give %s to its account", path);
}

enum error folder_give(const struct folder *folder, const char *user, struct failure *failure)
{
	uid_t uid;
	gid_t gid;
	if (geteuid() != 0 || !user || !*user || !folder->begun)
		return OK;
	enum error error = account_find(user, &uid, &gid, failure);
	return error ? error : give_below(folder->partial, uid, gid, failure);
}

enum error folder_commit(struct folder *folder, struct failure *failure)
{
	if (!folder->begun)
		return OK;
	/* What is in it became durable, with its name, when it was made: by base/file.h or store_copy(). */
	enum error error = file_rename(folder->partial, folder->path, failure);
	folder->committed = !error;
	return error;
}

void folder_abandon(struct folder *folder)
{
	if (folder->begun)
		folder_remove(folder->committed ? folder->path : folder->partial);
	folder->begun = false;
}

/* ── as the data's account ─ */

enum error owner_begin(const char *user, struct failure *failure)
{
	uid_t uid;
	gid_t gid;
	if (geteuid() != 0 || !user || !*user)
		return OK;
	enum error error = account_find(user, &uid, &gid, failure);
	if (error)
		return error;
	if (initgroups(user, gid) == 0 && setegid(gid) == 0 && seteuid(uid) == 0)
		return OK;
	error = fail_errno(failure, "cannot work as %s", user);
	owner_end();
	return error;
}

void owner_end(void)
{
	if (getuid() == 0 && seteuid(0) == 0 && setegid(0) == 0)
		setgroups(0, NULL);
}
