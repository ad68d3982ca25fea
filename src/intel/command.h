/*
 * `noroshi intel`: the command, and its verbs.
 */
#ifndef NOROSHI_INTEL_COMMAND_H
#define NOROSHI_INTEL_COMMAND_H

#include "base/catalog.h"

int intel_command(int argc, char **argv); /* as struct command's run */

/* argv[0] is the verb. */
int intel_check(int argc, char **argv);
int intel_convert(int argc, char **argv);
int intel_import(int argc, char **argv);
int intel_pack(int argc, char **argv);
int intel_unpack(int argc, char **argv);

/* ── what verbs share ─ */

/* Help, a line each; an empty one is a break. `japanese` may be NULL. */
void intel_print(const struct catalog *japanese, const char *const *lines, size_t count);
/* The option --language: NULL, or what is wrong. */
const char *intel_set_language(const char **language, const char *value);

#endif
