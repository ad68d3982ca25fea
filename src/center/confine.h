/*
 * What a process of the centre gives up once it holds what it needs: the rights of root, core dumps, new privileges,
 * files beyond its own, and the system calls that none of ours uses.
 */
#ifndef NOROSHI_CENTER_CONFINE_H
#define NOROSHI_CENTER_CONFINE_H

#include "base/landlock.h"

/* At once in every process: umask 027, no core dumps, not traceable by others of the same user, SIGTERM when the
 * supervisor dies. */
enum error confine_early(struct failure *failure);

/* Becomes `user` for good when running as root; without one ERROR_USAGE, unless `may_stay`. Nothing when not root. */
enum error confine_user(const char *user, bool may_stay, struct failure *failure);

struct option_group;
/* The files and folders that the configuration names for capabilities (not the centre's own), with files of secrets or
 * without; for reading. Gives how many were put into `paths`. */
size_t confine_options(const struct option_group *groups, bool secrets, struct confine_path *paths, size_t room);

/* No new privileges, a list of refused system calls (seccomp), and no file but these and what is below them (Landlock,
 * where the kernel has it: *landlocked says so). Threads started before keep their rights. */
enum error confine_files(const struct confine_path *paths, size_t count, bool *landlocked, struct failure *failure);

#endif
