/*
 * Notes on periods: why a year is unlike others, in both languages, kept with the tables (TABLES/notes.conf) and shown
 * beside every figure of that period.
 *
 *   notes = ( { period = "2020"; ja = "…"; en = "…"; author = "…"; written = "2021-02-16T00:00:00Z"; left_out = true; }
 * );
 *
 * `left_out`: its days are no part of trends: series pass over them, and nothing is compared with them unless it is
 * asked for.
 */
#ifndef NOROSHI_DARKNET_VIEWS_NOTES_H
#define NOROSHI_DARKNET_VIEWS_NOTES_H

#include "darknet/view/period.h"

#include "base/time.h"

#define VIEW_NOTES_MOST 1000
#define VIEW_NOTE_LONGEST 2000 /* bytes of a text */

struct view_note {
	char *period, *japanese, *english, *author, *written_text; /* malloc()ed */
	bool left_out;
	struct view_period days;
	nanoseconds written;
};

struct view_notes { /* zeroed: none */
	struct view_note *items;
	size_t count, room; /* in the order of the file */
};

/* Of the folder of tables; without the file there are none. ERROR_INPUT says file, line and what was expected. */
enum error view_notes_read(const char *folder, struct view_notes *notes, struct failure *failure);
enum error view_notes_parse(const char *name, struct text text, struct view_notes *notes, struct failure *failure);
void view_notes_free(struct view_notes *notes);

/* One more, durably; `period` and the texts say it, `written` is now unless it is set. Two at once: one of them is
 * ERROR_CONFLICT and nothing is lost. Comments that a person wrote into the file are lost. */
enum error view_notes_add(const char *folder, const struct view_note *note, struct failure *failure);
void view_notes_write(const struct view_notes *notes, struct builder *to);

/* One more in memory: a copy, checked as those of a file are. ERROR_INPUT, ERROR_LIMIT, ERROR_MEMORY. */
enum error view_notes_take(struct view_notes *notes, const struct view_note *note, struct failure *failure);

/* What a period is compared with: what is before it, but not with what a note leaves out. */
struct view_period view_notes_against(
    const struct view_notes *notes, const struct view_period *period, enum period_form form);
/* Whether a day of the period is left out of trends. */
bool view_notes_leave_out(const struct view_notes *notes, const struct view_period *period);

#endif
