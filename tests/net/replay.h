/*
 * A capture file through an observer of its own.
 */
#ifndef NOROSHI_TESTS_NET_REPLAY_H
#define NOROSHI_TESTS_NET_REPLAY_H

#include "net/capture_file.h"
#include "net/observer.h"

/* What becomes of a frame; whatever it is, through observer_frame(). */
typedef void (*replay_take)(void *context, struct observer *observer, const struct frame *frame);

/* Each frame goes through `take` (NULL: to the observer as it is); then the flows end. Closes the file. */
struct observer_counts replay_capture(
    struct capture_file *file, const struct observer_settings *settings, replay_take take, void *context);

#endif
