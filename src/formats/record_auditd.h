/*
 * An event of Linux' audit log: the lines of one serial number, and the record that they make. For the files of this
 * room only.
 */
#ifndef NOROSHI_FORMATS_RECORD_AUDITD_H
#define NOROSHI_FORMATS_RECORD_AUDITD_H

#include "formats/record_inner.h"

#define AUDIT_LINES 64          /* of one event; further ones are left out */
#define AUDIT_TEXT (256u << 10) /* bytes of them */

struct audit_head {
	struct text type, node, stamp; /* "SYSCALL", "web1", "1364481363.243:24287" */
	nanoseconds time;
};

/* A part of an event's text: that may move while it grows. */
struct audit_part {
	uint32_t at, size;
};

struct audit_event {
	bool open, whole;
	uint64_t number; /* in the order in which they began */
	nanoseconds time;
	struct builder text;
	struct audit_part node, stamp;
	struct audit_line {
		struct audit_part type, body;
	} lines[AUDIT_LINES];
	uint32_t count;
};

struct text audit_text(const struct audit_event *event, struct audit_part part);
void audit_event_begin(struct audit_event *event, const struct audit_head *head, uint64_t number);
void audit_event_add(struct audit_event *event, struct text type, struct text body);
void audit_event_fill(struct record_reader *reader, const struct audit_event *event, struct record *record);

#endif
