/*
 * Where the program's own unchanging files are: pages, translations, warning lists. Beside the program when it runs
 * from a build folder (which notes its source folder in `source-folder`), else below its installation prefix.
 */
#ifndef NOROSHI_BASE_DATA_H
#define NOROSHI_BASE_DATA_H

#include "base/error.h"

#include <stddef.h>

/* The path of `name` ("web", "warninglists"): SOURCE/name or PREFIX/share/noroshi/name. ERROR_SYSTEM names what was
 * tried. */
enum error data_find(const char *name, char *path, size_t size, struct failure *failure);
/* The catalogue of a language: BUILD/po/ja/LC_MESSAGES/noroshi.mo or PREFIX/share/locale/ja/LC_MESSAGES/noroshi.mo. */
enum error data_find_catalog(const char *language, char *path, size_t size, struct failure *failure);

#endif
