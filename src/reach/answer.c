/*
 * Reads mails that came in. See answer.h.
 */
#include "reach/answer.h"

#include "net/mime.h"

#include <ctype.h>
#include <string.h>

#define HEADER_LARGEST 8192 /* bytes of one header, unfolded */
#define PARTS_MOST 16

const char *mail_answer_kind_code(enum mail_answer_kind kind)
{
	static const char *const codes[] = { "none", "bounce", "delay", "automatic", "reply" };
	return codes[kind];
}

/* ── headers ─ */

static struct text without_cr(struct text line)
{
	if (line.size > 0 && line.at[line.size - 1] == '\r')
		line.size--;
	return line;
}

static bool is_folded(struct text rest)
{
	return rest.size > 0 && (rest.at[0] == ' ' || rest.at[0] == '\t');
}

/* Takes one header off `*rest`, unfolded into `value`; false at the empty line (which is taken, too) or the end. */
static bool next_header(struct text *rest, struct text *name, struct builder *value)
{
	builder_clear(value);
	if (rest->size == 0)
		return false;
	struct text line = without_cr(text_cut(rest, '\n'));
	if (line.size == 0)
		return false;
	ptrdiff_t colon = text_find(line, TEXT(":"));
	*name = colon < 0 ? TEXT_NONE : text_trim((struct text){ line.at, (size_t)colon });
	if (colon >= 0)
		build_text(value, text_trim((struct text){ line.at + colon + 1, line.size - (size_t)colon - 1 }));
	while (is_folded(*rest)) {
		line = text_trim(without_cr(text_cut(rest, '\n')));
		if (value->size + line.size < HEADER_LARGEST) {
			build_char(value, ' ');
			build_text(value, line);
		}
	}
	return true;
}

static struct text text_in(const struct builder *value)
{
	return (struct text){ value->at, value->size };
}

/* "<dispatch.UUID.1@domain>" anywhere in the value. */
static bool find_identity(struct text value, struct uuid *recipient)
{
	static const struct text mark = { "<" ANSWER_IDENTITY, sizeof "<" ANSWER_IDENTITY - 1 };
	ptrdiff_t at;
	while ((at = text_find(value, mark)) >= 0) {
		size_t skip = (size_t)at + mark.size;
		value = (struct text){ value.at + skip, value.size - skip };
		if (value.size >= UUID_TEXT - 1 && uuid_parse((struct text){ value.at, UUID_TEXT - 1 }, recipient) &&
		    !uuid_is_nil(*recipient))
			return true;
	}
	return false;
}

/* "Name <a@b>" or "a@b (Name)": the address, lower case. */
static void take_address(struct text value, char *to, size_t size)
{
	ptrdiff_t open = text_find(value, TEXT("<"));
	while (open >= 0) { /* the last one: names may hold the sign */
		value = (struct text){ value.at + open + 1, value.size - (size_t)open - 1 };
		open = text_find(value, TEXT("<"));
	}
	struct text address = text_cut(&value, '>');
	address = text_trim(text_cut(&address, '('));
	to[0] = '\0';
	if (!mail_is_plausible(address) || address.size >= size)
		return;
	for (size_t i = 0; i < address.size; i++)
		to[i] = (char)tolower((unsigned char)address.at[i]);
	to[address.size] = '\0';
}

/* ── the message's own header ─ */

struct head {
	bool ours, automatic, daemon;
	struct uuid recipient;
	char from[MAIL_SIZE];
	struct builder type; /* Content-Type */
};

static bool is_daemon(const char *from)
{
	return strncmp(from, "mailer-daemon@", 14) == 0 || strncmp(from, "postmaster@", 11) == 0;
}

static bool is_automatic(struct text name, struct text value)
{
	if (text_equal_nocase(name, TEXT("Auto-Submitted")))
		return !text_equal_nocase(text_trim(value), TEXT("no"));
	if (text_equal_nocase(name, TEXT("Precedence")))
		return text_equal_nocase(value, TEXT("auto_reply")) || text_equal_nocase(value, TEXT("bulk")) ||
		       text_equal_nocase(value, TEXT("junk"));
	return text_equal_nocase(name, TEXT("X-Autoreply")) || text_equal_nocase(name, TEXT("X-Autorespond"));
}

static void take_head(struct text *rest, struct head *head)
{
	struct text name;
	struct builder value = { 0 };
	while (next_header(rest, &name, &value)) {
		struct text text = text_in(&value);
		if (text_equal_nocase(name, TEXT("In-Reply-To")) || text_equal_nocase(name, TEXT("References")))
			head->ours |= !head->ours && find_identity(text, &head->recipient);
		else if (text_equal_nocase(name, TEXT("From")))
			take_address(text, head->from, sizeof head->from);
		else if (text_equal_nocase(name, TEXT("Return-Path")))
			head->daemon |= text_equal(text_trim(text), TEXT("<>"));
		else if (text_equal_nocase(name, TEXT("Content-Type"))) {
			builder_clear(&head->type);
			build_text(&head->type, text);
		}
		head->automatic |= is_automatic(name, text);
	}
	head->daemon |= is_daemon(head->from);
	builder_free(&value);
}

/* ── delivery status notifications ─ */

struct report {
	bool failed, other; /* Action: failed; any other action */
};

static void take_printable(struct text text, char *to, size_t size)
{
	char printable[3 * 256 + 1];
	if (text.size > 256)
		text.size = text_utf8_valid((struct text){ text.at, 256 });
	size_t written = text_make_printable(text, printable);
	text_copy((struct text){ printable, written }, to, size);
}

/* message/delivery-status (RFC 3464, 2.1): groups of fields apart by empty lines. One recipient is in our mails. */
static void take_status(struct text part, struct report *report, struct mail_answer *answer)
{
	struct text name;
	struct builder value = { 0 };
	while (part.size > 0) {
		if (!next_header(&part, &name, &value))
			continue; /* the next group */
		struct text text = text_in(&value);
		if (text_equal_nocase(name, TEXT("Action"))) {
			bool failed = text_equal_nocase(text, TEXT("failed"));
			report->failed |= failed;
			report->other |= !failed;
		} else if (text_equal_nocase(name, TEXT("Status")))
			take_printable(text_cut(&text, ' '), answer->status, sizeof answer->status);
		else if (text_equal_nocase(name, TEXT("Diagnostic-Code")))
			take_printable(text, answer->words, sizeof answer->words);
	}
	builder_free(&value);
}

/* The header of our own mail, as it came back. */
static void take_original(struct text part, struct head *head)
{
	struct text name;
	struct builder value = { 0 };
	while (!head->ours && next_header(&part, &name, &value))
		if (text_equal_nocase(name, TEXT("Message-ID")))
			head->ours = find_identity(text_in(&value), &head->recipient);
	builder_free(&value);
}

static void take_part(struct text part, struct head *head, struct report *report, struct mail_answer *answer)
{
	struct text name, type = TEXT_NONE;
	struct builder value = { 0 }, kind = { 0 };
	while (next_header(&part, &name, &value)) {
		if (text_equal_nocase(name, TEXT("Content-Type"))) {
			builder_clear(&kind);
			build_text(&kind, text_in(&value));
		}
	}
	type = text_in(&kind);
	type = text_trim(text_cut(&type, ';'));
	if (text_equal_nocase(type, TEXT("message/delivery-status")) ||
	    text_equal_nocase(type, TEXT("message/global-delivery-status")))
		take_status(part, report, answer);
	else if (text_equal_nocase(type, TEXT("message/rfc822")) ||
		 text_equal_nocase(type, TEXT("text/rfc822-headers")) ||
		 text_equal_nocase(type, TEXT("message/global")) ||
		 text_equal_nocase(type, TEXT("message/global-headers")))
		take_original(part, head);
	builder_free(&value);
	builder_free(&kind);
}

/* The part before the next "--boundary" line; false when there is none. */
static bool next_part(struct text *rest, struct text boundary, struct text *part, bool *last)
{
	const char *start = rest->at;
	while (rest->size > 0) {
		const char *line_at = rest->at;
		struct text line = text_trim(without_cr(text_cut(rest, '\n')));
		if (line.size < boundary.size + 2 || !text_starts(line, TEXT("--")) ||
		    !text_starts((struct text){ line.at + 2, line.size - 2 }, boundary))
			continue;
		*part = (struct text){ start, (size_t)(line_at - start) };
		*last = text_ends(line, TEXT("--")) && line.size >= boundary.size + 4;
		return true;
	}
	return false;
}

static bool take_report(struct text body, struct head *head, struct report *report, struct mail_answer *answer)
{
	struct builder boundary = { 0 };
	struct text type = text_in(&head->type), part;
	bool last = false, is_report = text_starts(type, TEXT("multipart/report")) ||
				       text_find_nocase(type, TEXT("multipart/report")) == 0;
	if (is_report && mime_parameter(type, "boundary", &boundary) && boundary.size > 0) {
		struct text mark = text_in(&boundary);
		bool found = next_part(&body, mark, &part, &last); /* before the first one stands nothing of interest */
		for (int i = 0; i < PARTS_MOST && found && !last; i++) {
			found = next_part(&body, mark, &part, &last);
			if (found)
				take_part(part, head, report, answer);
		}
	}
	builder_free(&boundary);
	return is_report && (report->failed || report->other);
}

void mail_answer_read(struct text message, struct mail_answer *answer)
{
	struct head head = { 0 };
	struct report report = { 0 };
	struct text rest = message;
	*answer = (struct mail_answer){ 0 };
	if (text_starts(message, TEXT("From "))) /* a line of mbox before it */
		text_cut(&rest, '\n');
	take_head(&rest, &head);
	bool is_report = take_report(rest, &head, &report, answer);
	if (!head.ours && head.daemon && !is_report) /* older servers put the mail behind their words */
		head.ours = find_identity(rest, &head.recipient);
	builder_free(&head.type);
	if (!head.ours)
		*answer = (struct mail_answer){ 0 };
	else if (is_report || head.daemon)
		answer->kind = report.failed || (!is_report && head.daemon) ? ANSWER_BOUNCE : ANSWER_DELAY;
	else
		answer->kind = head.automatic ? ANSWER_AUTOMATIC : ANSWER_REPLY;
	if (head.ours)
		answer->recipient = head.recipient;
	if (answer->kind == ANSWER_REPLY)
		memcpy(answer->from, head.from, sizeof answer->from);
}
