/*
 * Linux audit logs (audit.log of auditd; Linux Audit documentation, "Audit event fields" and "message types"): lines
 * type=… msg=audit(TIME:SERIAL): key=value …, of which those with the same time and serial are one event.
 *
 * In: lines. Out: one record of type "endpoint" for an event. Up to EVENTS of them are open at a time, since lines of
 * several may be mixed; one is whole at its PROCTITLE or EOE, when it is of a type that stands alone, when lines two
 * seconds younger have come, when another needs its place, and at the end.
 */
#include "formats/record_auditd.h"

#include "formats/fields.h"

#include <stdlib.h>
#include <string.h>

#define EVENTS 16
#define WAITS (2 * SECOND)

struct auditd {
	struct audit_event events[EVENTS];
	nanoseconds newest;
	uint64_t number;           /* of the event that began last */
	struct audit_event *given; /* its texts are in use until the next one is asked for */
};

/* ── lines ─ */

/* "node=web1 type=SYSCALL msg=audit(1364481363.243:24287): arch=…" */
static enum error read_head(struct text *line, struct audit_head *head, struct failure *failure)
{
	char quoted[QUOTED];
	ptrdiff_t type = text_starts(*line, TEXT("type=")) ? 0 : text_find(*line, TEXT(" type="));
	ptrdiff_t audit = text_find(*line, TEXT("audit("));
	*head = (struct audit_head){ 0 };
	if (audit < 0 || type < 0 || type > audit)
		return fail(failure, ERROR_INPUT, "type=… msg=audit(TIME:SERIAL): was expected, not %s",
		    field_quote(*line, quoted));
	struct text before = { line->at, (size_t)type };
	ptrdiff_t node = text_find(before, TEXT("node="));
	if (node >= 0) {
		struct text rest = { before.at + node + 5, before.size - (size_t)node - 5 };
		head->node = text_cut(&rest, ' ');
	}
	struct text rest = { line->at + type, line->size - (size_t)type };
	text_cut(&rest, '=');
	head->type = text_cut(&rest, ' ');
	struct text stamp = { line->at + audit + 6, line->size - (size_t)audit - 6 };
	struct text body = stamp;
	stamp = text_cut(&body, ')');
	head->stamp = stamp;
	struct text time = text_cut(&stamp, ':');
	if (!time_parse_epoch(time, &head->time) || !stamp.size || !text_starts(body, TEXT(":")))
		return fail(failure, ERROR_INPUT, "audit(%.60s): a time and a serial number were expected",
		    field_quote(head->stamp, quoted));
	*line = text_trim((struct text){ body.at + 1, body.size - 1 });
	return OK;
}

static bool is_same(const struct audit_event *event, const struct audit_head *head)
{
	return text_equal(audit_text(event, event->stamp), head->stamp) &&
	       text_equal(audit_text(event, event->node), head->node);
}

/* Types whose events have several lines: those that the kernel makes of a system call. */
static bool has_company(struct text type)
{
	static const char *const types[] = { "SYSCALL", "EXECVE", "CWD", "PATH", "SOCKADDR", "PROCTITLE", "BPRM_FCAPS",
		"OBJ_PID", "IPC", "MMAP", "FD_PAIR", "MQ_OPEN", "CAPSET", "SOCKETCALL", "KERN_MODULE", "TIME_INJOFFSET",
		"CONFIG_CHANGE", "AVC", "SECCOMP", "EOE", "INTEGRITY_RULE", "NETFILTER_CFG", "FANOTIFY", "BPF" };
	for (size_t i = 0; i < sizeof types / sizeof *types; i++)
		if (text_equal(type, text_of(types[i])))
			return true;
	return false;
}

static struct audit_event *place_for(struct auditd *auditd, const struct audit_head *head)
{
	struct audit_event *oldest = NULL;
	for (size_t i = 0; i < EVENTS; i++) {
		struct audit_event *event = &auditd->events[i];
		if (event->open && !event->whole && is_same(event, head))
			return event;
	}
	for (size_t i = 0; i < EVENTS; i++) {
		struct audit_event *event = &auditd->events[i];
		if (!event->open)
			return event;
		if (!oldest || event->number < oldest->number)
			oldest = event;
	}
	return oldest; /* cannot be: auditd_line() gives one out before it takes more than all but one */
}

static enum error auditd_line(
    struct record_reader *reader, struct text line, struct record *record, struct failure *failure)
{
	struct auditd *auditd = reader->state;
	struct audit_head head;
	(void)record;
	enum error error = read_head(&line, &head, failure);
	if (error)
		return error;
	struct audit_event *event = place_for(auditd, &head);
	if (!event->open)
		audit_event_begin(event, &head, ++auditd->number);
	audit_event_add(event, head.type, line);
	if (event->text.failed)
		return fail(failure, ERROR_MEMORY, "no memory for an event");
	event->whole =
	    text_equal(head.type, TEXT("PROCTITLE")) || text_equal(head.type, TEXT("EOE")) || !has_company(head.type);
	if (head.time > auditd->newest)
		auditd->newest = head.time;
	return ERROR_AGAIN;
}

/* The oldest event that nothing more is expected of; of a full table the oldest. */
static struct audit_event *ready(struct auditd *auditd, bool last)
{
	struct audit_event *found = NULL, *oldest = NULL;
	size_t open = 0;
	for (size_t i = 0; i < EVENTS; i++) {
		struct audit_event *event = &auditd->events[i];
		if (!event->open)
			continue;
		open++;
		bool over = last || event->whole || event->time < auditd->newest - WAITS;
		if (over && (!found || event->number < found->number))
			found = event;
		if (!oldest || event->number < oldest->number)
			oldest = event;
	}
	return found ? found : open == EVENTS ? oldest : NULL;
}

static enum error auditd_whole(struct record_reader *reader, bool last, struct record *record)
{
	struct auditd *auditd = reader->state;
	if (auditd->given)
		auditd->given->open = false;
	auditd->given = ready(auditd, last);
	if (!auditd->given)
		return ERROR_AGAIN;
	audit_event_fill(reader, auditd->given, record);
	return OK;
}

static enum error auditd_start(struct record_reader *reader, struct failure *failure)
{
	reader->state = calloc(1, sizeof(struct auditd));
	return reader->state ? OK : fail(failure, ERROR_MEMORY, "no memory for a reader");
}

static void auditd_stop(struct record_reader *reader)
{
	struct auditd *auditd = reader->state;
	for (size_t i = 0; i < EVENTS; i++)
		builder_free(&auditd->events[i].text);
	free(auditd);
}

static int auditd_recognise(struct text beginning, struct json_parser *parser)
{
	(void)parser;
	struct text line = text_cut(&beginning, '\n');
	ptrdiff_t type = text_find(line, TEXT("type=")), audit = text_find(line, TEXT(" msg=audit("));
	return type >= 0 && audit > type && !text_starts(line, TEXT("{")) ? 90 : 0;
}

const struct record_format record_auditd = {
	.name = "auditd",
	.title = "Linux audit.log of auditd",
	.proven = false,
	.recognise = auditd_recognise,
	.start = auditd_start,
	.stop = auditd_stop,
	.line = auditd_line,
	.whole = auditd_whole,
};
