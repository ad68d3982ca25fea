/*
 * Structured log lines on standard error: one JSON object a line ("time", "level", "part", "what", then the fields), or
 * plain text when standard error is a terminal. No secret is ever passed in; text from outside is made printable.
 */
#ifndef NOROSHI_BASE_LOG_H
#define NOROSHI_BASE_LOG_H

#include "base/text.h"
#include "base/time.h"

#include <stdbool.h>
#include <stdint.h>

enum log_level { LOG_DEBUG, LOG_INFO, LOG_WARNING, LOG_ERROR };

struct log_field {
	const char *name; /* NULL ends a list */
	enum { LOG_TEXT, LOG_NUMBER, LOG_TIME } kind;
	struct text text;
	int64_t number;
};
#define LOG_FIELD_TEXT(name_, text_) ((struct log_field){ .name = (name_), .kind = LOG_TEXT, .text = (text_) })
#define LOG_FIELD_STRING(name_, string_)                                                                               \
	((struct log_field){ .name = (name_), .kind = LOG_TEXT, .text = text_of(string_) })
#define LOG_FIELD_NUMBER(name_, number_)                                                                               \
	((struct log_field){ .name = (name_), .kind = LOG_NUMBER, .number = (int64_t)(number_) })
#define LOG_FIELD_TIME(name_, time_) ((struct log_field){ .name = (name_), .kind = LOG_TIME, .number = (time_) })

/* Set once in main (and in each process after its fork), before anything runs beside it: the process's part ("keeper"),
 * the least level shown, JSON or plain text (usually !isatty(2)). Without it: LOG_INFO, JSON, no part. */
void log_setup(const char *part, enum log_level least, bool json);
/* One line of at most 4 KiB: a field shows its first 1,024 bytes, and fields that no longer fit are left out with
 * "left_out":"fields". Never waits longer than 50 ms for a reader of standard error: the line is dropped then, and the
 * next one that goes out says how many were ("dropped"). Keeps errno. Any thread. Processes ignore SIGPIPE. */
void log_fields(enum log_level level, const char *what, const struct log_field *fields);

/* log_write(LOG_INFO, "batch stored", LOG_FIELD_NUMBER("alerts", n)) */
#define log_write(level, what, ...)                                                                                    \
	log_fields(level, what, (const struct log_field[]){ __VA_ARGS__ __VA_OPT__(, ){ .name = NULL } })

#endif
