/*
 * Day tables as a folder, filled by a telescope: FOLDER/SENSOR/2022-03-01/PART.table.
 *
 *   day_folder_begin(part) → day_folder_add() each activity, in the order of bins → day_folder_end()
 *
 * A part is one input (a capture, one run of a live sensor). All that a part says of a day is one file, replaced whole:
 * a capture that is read twice, or read again after the reader was killed, counts once. Days are written when the next
 * one begins, and at day_folder_flush(); a late activity takes its day up again. Days between two that had
 * something are days of the part, unless they are more than 62 in a row.
 */
#ifndef NOROSHI_DARKNET_DAY_FOLDER_H
#define NOROSHI_DARKNET_DAY_FOLDER_H

#include "darknet/day/day_table.h"

struct day_folder; /* one thread */

struct day_folder_part {
	const char *folder, *sensor, *part; /* sensor, part: letters, digits, ".", "_", "-", not "." first */
	int zone;                           /* seconds east of UTC */
	uint64_t addresses;                 /* of the telescope */
};

/* Makes the folders. ERROR_USAGE: a name has other characters. The texts are copied. */
enum error day_folder_begin(const struct day_folder_part *part, struct day_folder **folder_of, struct failure *failure);
enum error day_folder_add(struct day_folder *folder_of, const struct activity *activity, struct failure *failure);
/* The telescope was awake, from one time to another, in order of time, and not in between; days in which nothing came
 * are days too. Before it is said, each day with an activity, and those between, count as whole. */
void day_folder_awake(struct day_folder *folder_of, nanoseconds from, nanoseconds to);
enum error day_folder_flush(struct day_folder *folder_of, struct failure *failure); /* what stands so far is durable */
enum error day_folder_end(struct day_folder *folder_of, struct failure *failure);   /* and frees; NULL is fine */
void day_folder_abandon(struct day_folder *folder_of); /* frees; what was not flushed is gone */

/* Every file of the folder, by sensor, day and part. With `sensor` not NULL those of that one. */
enum error day_folder_each(const char *folder, const char *sensor, int64_t from_day, int64_t to_day,
    enum error (*told)(void *context, const char *path, struct failure *failure), void *context,
    struct failure *failure);

#endif
