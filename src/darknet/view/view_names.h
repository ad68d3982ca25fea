/*
 * Names for people: of countries (ISO 3166-1, with the translations that Debian's iso-codes brings) and of methods.
 *
 * What programs read has codes. The names are read from /usr/share at the start; without the package there are codes
 * alone. Read only after it is made: any number of threads.
 */
#ifndef NOROSHI_DARKNET_VIEW_NAMES_H
#define NOROSHI_DARKNET_VIEW_NAMES_H

#include "base/catalog.h"
#include "darknet/view/views.h"

struct view_names;

struct view_names *view_names_load(void); /* NULL: they are not there, or no memory */
void view_names_free(struct view_names *names);
/* The common name where there is one ("Taiwan"); NULL: not known. `names` may be NULL. Lives as long as the names. */
const char *view_country_name(const struct view_names *names, const char code[2], bool japanese);
const char *view_method_title(unsigned method); /* a msgid: "Windows Terminal server (RDP)"; "" of METHOD_NONE */

/* What stands beside the code ("JP", "smb1"): "Japan", "SMB version 1"; NULL: nothing more is known. `japanese`: the
 * catalogue, NULL for English. */
const char *view_item_name(const struct view_names *names, const struct view *view, const struct view_cell *cell,
    const struct catalog *japanese);

#endif
