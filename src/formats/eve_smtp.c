/*
 * EVE records of mail transactions (net/smtp.h): "smtp" the envelope, "email" what the message says, "files" its
 * attachments.
 */
#include "formats/eve_writers.h"
#include "net/smtp.h"

#include "base/hash.h"

/* The addresses of a header, which commas separate, but not within quotation marks and angle brackets. */
static void write_addresses(struct builder *to, const char *name, struct text list)
{
	size_t opened = eve_array(to, name), from = 0;
	bool quoted = false, bracketed = false;
	for (size_t i = 0; i <= list.size; i++) {
		char c = i < list.size ? list.at[i] : ',';
		quoted ^= c == '"';
		bracketed = c == '<' || (bracketed && c != '>');
		if (i < list.size && (c != ',' || quoted || bracketed))
			continue;
		eve_text(to, NULL, text_trim((struct text){ list.at + from, i - from }));
		from = i + 1;
	}
	eve_array_end(to, opened);
}

static void write_message(struct builder *to, const struct smtp_mail *mail)
{
	const struct mime_message *message = mail->message;
	eve_object(to, "email");
	eve_text(to, "status", mail->complete ? TEXT("PARSE_DONE") : TEXT("BODY_STARTED"));
	eve_text(to, "from", message->from);
	if (message->to.size)
		write_addresses(to, "to", message->to);
	if (message->cc.size)
		write_addresses(to, "cc", message->cc);
	size_t opened = eve_array(to, "attachment");
	for (size_t i = 0; i < message->count; i++)
		eve_text(to, NULL, message->attachments[i].name);
	eve_array_end(to, opened);
	eve_text(to, "subject", message->subject);
	eve_text(to, "date", message->date);
	eve_text(to, "message_id", message->message_id);
	eve_text(to, "x_mailer", message->x_mailer);
	eve_object_end(to);
}

static void write_files(struct builder *to, const struct smtp_mail *mail)
{
	char hex[HEX_SIZE(32)];
	size_t opened = eve_array(to, "files");
	for (size_t i = 0; i < mail->message->count; i++) {
		const struct mime_attachment *file = &mail->message->attachments[i];
		eve_object(to, NULL);
		eve_text(to, "filename", file->name);
		if (file->hashed)
			eve_text(to, "sha256", text_of(hex_format(file->sha256, sizeof file->sha256, hex)));
		eve_bool(to, "gaps", !file->hashed);
		eve_text(to, "state", mail->complete ? TEXT("CLOSED") : TEXT("TRUNCATED"));
		eve_number(to, "size", file->size);
		eve_number(to, "tx_id", mail->tx_id);
		eve_object_end(to);
	}
	eve_array_end(to, opened);
}

static void write_smtp(const struct dissection *dissection, enum side side, const void *facts, struct builder *to)
{
	const struct smtp_mail *mail = facts;
	(void)dissection, (void)side;
	eve_number(to, "tx_id", mail->tx_id);
	eve_object(to, "smtp");
	eve_text(to, "helo", mail->helo);
	eve_text(to, "mail_from", mail->from);
	size_t opened = eve_array(to, "rcpt_to");
	for (size_t i = 0; i < mail->to_count; i++)
		eve_text(to, NULL, mail->to[i]);
	eve_array_end(to, opened);
	eve_object_end(to);
	if (mail->message) {
		write_message(to, mail);
		write_files(to, mail);
	}
}

const struct eve_writer eve_smtp = { PROTOCOL_SMTP, "smtp", write_smtp };
