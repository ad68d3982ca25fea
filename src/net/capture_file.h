/*
 * Capture files: pcap (microseconds and nanoseconds, either byte order, the modified form of Kuznetzov) and pcapng
 * (several sections and interfaces; blocks IDB, EPB, SPB and the old PB), told by their first bytes.
 *
 *   file, pipe or bytes → capture_file_read() → struct frame → observer
 *
 * Large reads, no map: a file that is cut while it is read gives an error, not a signal. One thread for a file.
 * Sources: draft-ietf-opsawg-pcap, draft-ietf-opsawg-pcapng.
 */
#ifndef NOROSHI_NET_CAPTURE_FILE_H
#define NOROSHI_NET_CAPTURE_FILE_H

#include "base/error.h"
#include "net/frame.h"

#include <stdbool.h>
#include <stddef.h>

struct capture_file;

/* "-" is standard input. ERROR_INPUT when it is no capture file, ERROR_SYSTEM when it cannot be read. */
enum error capture_file_open(const char *path, struct capture_file **file, struct failure *failure);
/* An open descriptor, which is closed with the file; `name` is for the failures' words. */
enum error capture_file_descriptor(
    int descriptor, const char *name, struct capture_file **file, struct failure *failure);
/* Bytes that live as long as the file. */
enum error capture_file_bytes(const void *at, size_t size, struct capture_file **file, struct failure *failure);
void capture_file_close(struct capture_file *file); /* NULL is fine */

/* 1 to `room` frames, which live until the next call. ERROR_END behind the last one; ERROR_INPUT when the file goes on
 * with what is no packet: what stood before it has been handed out, and every further call says the same. */
enum error capture_file_read(
    struct capture_file *file, struct frame *frames, size_t room, size_t *count, struct failure *failure);

/* The file ended inside a packet or block, which was left out: it was copied while it was written, or cut. */
bool capture_file_truncated(const struct capture_file *file);

#endif
