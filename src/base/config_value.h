/*
 * One option's value: from words to the settings struct and back. Used by base/config.c alone.
 */
#ifndef NOROSHI_BASE_CONFIG_VALUE_H
#define NOROSHI_BASE_CONFIG_VALUE_H

#include "base/config.h"

/* All take the settings struct that the option's offset is in. The words of a failure say what was expected, without
 * the place: the caller knows it. */

/* `folder` is what relative paths are relative to (NULL: they stay as they are). Frees the value that was there. */
enum error value_from_text(
    const struct option *option, void *settings, struct text text, const char *folder, struct failure *failure);
enum error value_from_integer(const struct option *option, void *settings, int64_t number, struct failure *failure);
enum error value_from_real(const struct option *option, void *settings, double number, struct failure *failure);
enum error value_from_boolean(const struct option *option, void *settings, bool value, struct failure *failure);
enum error value_add_item(const struct option *option, void *settings, struct text item, struct failure *failure);
/* The option's default; a default that is refused is a mistake in the table. */
enum error value_initial(const struct option *option, void *settings, struct failure *failure);
void value_free(const struct option *option, void *settings);
/* `from` is left empty. */
void value_move(const struct option *option, void *from, void *to);
void value_write(const struct option *option, const void *settings, struct builder *to); /* as in the file */
/* "10 min to 30 d", "at least 1"; empty when any value goes. */
void value_write_range(const struct option *option, struct builder *to);
/* What kind of value is expected, as in "expected a duration with its unit, such as \"10 min\"". */
const char *value_kind(const struct option *option);

#endif
