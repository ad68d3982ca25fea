/*
 * The capture policy that a member's own configuration file says; capture_file.h has its options. (This header stands
 * beside getopt.h, that one cannot.)
 */
#ifndef NOROSHI_WATCH_CAPTURE_LOCAL_H
#define NOROSHI_WATCH_CAPTURE_LOCAL_H

#include "model/capture_policy.h"

/* The group `capture` of a file that holds only that, over `policy`. */
enum error capture_local_read(const char *path, struct capture_policy *policy, struct failure *failure);

#endif
