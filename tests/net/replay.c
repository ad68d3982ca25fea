/*
 * Replaying captures (replay.h).
 */
#include "replay.h"

#include <stdlib.h>

#define BATCH 64 /* frames */

struct observer_counts replay_capture(
    struct capture_file *file, const struct observer_settings *settings, replay_take take, void *context)
{
	struct observer *observer = observer_new(settings);
	struct frame frames[BATCH];
	size_t count;

	if (!observer)
		abort();
	while (capture_file_read(file, frames, BATCH, &count, NULL) == OK)
		for (size_t i = 0; i < count; i++)
			if (take)
				take(context, observer, &frames[i]);
			else
				observer_frame(observer, &frames[i]);
	observer_finish(observer);
	struct observer_counts counts = observer_count(observer);
	observer_free(observer);
	capture_file_close(file);
	return counts;
}
