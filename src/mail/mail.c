/*
 * Writes mail messages: header folding, encoded words, base64 body.
 */
#include "mail/mail.h"

#include "base/base64.h"
#include "model/organisation.h"

#include <string.h>
#include <time.h>

#define ENCODED_WORD_BYTES                                                                                             \
	42                 /* of UTF-8: 56 base64 characters + "=?UTF-8?B?" + "?=" = 68, the longest allowed is 75     \
			    */
#define BODY_LINE_BYTES 57 /* 76 base64 characters, RFC 2045 6.8 */
#define IDENTITY_LARGEST 100
#define ADDRESS_SPECIAL "\"\\<>@,;:()[]." /* RFC 5322, 3.2.3 */

static void write_base64(struct builder *to, const uint8_t *at, size_t size)
{
	char text[BASE64_SIZE(BODY_LINE_BYTES)];
	build_text(to, text_of(base64_format(at, size, text)));
}

/* One line of printable UTF-8: what is malformed becomes U+FFFD, control characters and line breaks become nothing or a
 * space. */
static void make_line(struct text text, struct builder *line)
{
	char piece[3 * 256 + 1];
	for (size_t start = 0; start < text.size;) {
		size_t size = text.size - start < 256 ? text.size - start : 256;
		/* do not cut inside a character */
		while (size > 1 && start + size < text.size && ((uint8_t)text.at[start + size] & 0xc0) == 0x80)
			size--;
		size_t written = text_make_printable((struct text){ text.at + start, size }, piece);
		for (size_t i = 0; i < written; i++)
			build_char(line, piece[i] == '\n' || piece[i] == '\t' ? ' ' : piece[i]);
		start += size;
	}
}

/* May stand in a header as it is: ASCII, none of `special` (what means something there), no look of an encoded word. */
static bool is_plain(struct text text, size_t longest, const char *special)
{
	if (text.size > longest || text_find(text, TEXT("=?")) >= 0)
		return false;
	for (size_t i = 0; i < text.size; i++)
		if (text.at[i] < 0x20 || text.at[i] > 0x7e || strchr(special, text.at[i]))
			return false;
	return text.size == 0 || (text.at[0] != ' ' && text.at[text.size - 1] != ' ');
}

/* RFC 2047: words of whole characters, each on a line of its own. */
static void write_encoded(struct builder *to, struct text text)
{
	for (size_t start = 0; start < text.size;) {
		size_t size = text.size - start < ENCODED_WORD_BYTES ? text.size - start : ENCODED_WORD_BYTES;
		while (size > 1 && start + size < text.size && ((uint8_t)text.at[start + size] & 0xc0) == 0x80)
			size--;
		build_text(to, start > 0 ? TEXT("\r\n =?UTF-8?B?") : TEXT("=?UTF-8?B?"));
		write_base64(to, (const uint8_t *)text.at + start, size);
		build_text(to, TEXT("?="));
		start += size;
	}
}

static void write_words(struct builder *to, struct text text, size_t room, const char *special)
{
	struct builder line = { 0 };
	make_line(text, &line);
	struct text whole = { line.at, line.size };
	if (is_plain(whole, room, special))
		build_text(to, whole);
	else
		write_encoded(to, whole);
	to->failed |= line.failed;
	builder_free(&line);
}

bool mail_is_written(struct text mail)
{
	if (!mail_is_plausible(mail))
		return false;
	for (size_t i = 0; i < mail.size; i++)
		if (mail.at[i] <= 0x20 || mail.at[i] > 0x7e ||
		    (!strchr("@.", mail.at[i]) && strchr(ADDRESS_SPECIAL, mail.at[i])))
			return false;
	return true;
}

static enum error write_address(
    struct builder *to, const char *header, const struct mail_address *address, struct failure *failure)
{
	if (!mail_is_written(address->mail))
		return fail(
		    failure, ERROR_INPUT, "%s: this is not a mail address: expected local@domain in ASCII", header);
	build_format(to, "%s: ", header);
	if (address->name.size > 0) {
		write_words(to, address->name, 60, ADDRESS_SPECIAL);
		build_text(to, TEXT("\r\n "));
	}
	build_char(to, '<');
	build_text(to, address->mail);
	build_text(to, TEXT(">\r\n"));
	return OK;
}

static void write_date(struct builder *to, nanoseconds date)
{
	static const char *const days[] = { "Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat" };
	static const char *const months[] = { "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct",
		"Nov", "Dec" };
	time_t seconds = (time_t)(date / SECOND);
	struct tm tm;
	gmtime_r(&seconds, &tm);
	build_format(to, "Date: %s, %d %s %d %02d:%02d:%02d +0000\r\n", days[tm.tm_wday], tm.tm_mday, months[tm.tm_mon],
	    tm.tm_year + 1900, tm.tm_hour, tm.tm_min, tm.tm_sec);
}

static bool is_identity(struct text identity)
{
	for (size_t i = 0; i < identity.size; i++) {
		char c = identity.at[i];
		bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
		if (!letter && (!strchr(".-", c) || c == '\0' || i == 0 || i + 1 == identity.size))
			return false;
	}
	return identity.size > 0 && identity.size <= IDENTITY_LARGEST;
}

static void write_identity(struct builder *to, const char *header, struct text identity, struct text domain)
{
	build_format(to, "%s: <%.*s@%.*s>\r\n", header, (int)identity.size, identity.at, (int)domain.size, domain.at);
}

static void write_lines(struct builder *to, struct text bytes)
{
	for (size_t start = 0; start < bytes.size; start += BODY_LINE_BYTES) {
		size_t left = bytes.size - start;
		write_base64(to, (const uint8_t *)bytes.at + start, left < BODY_LINE_BYTES ? left : BODY_LINE_BYTES);
		build_text(to, TEXT("\r\n"));
	}
}

/* The body with CRLF line ends (RFC 2049: canonical form before base64), and its headers. */
static void write_body(struct builder *to, struct text body)
{
	struct builder canonical = { 0 };
	for (size_t i = 0; i < body.size; i++) {
		if (body.at[i] == '\r')
			continue;
		if (body.at[i] == '\n')
			build_char(&canonical, '\r');
		build_char(&canonical, body.at[i]);
	}
	build_text(to, TEXT("Content-Type: text/plain; charset=utf-8\r\n"
			    "Content-Transfer-Encoding: base64\r\n"
			    "\r\n"));
	write_lines(to, (struct text){ canonical.at, canonical.size });
	to->failed |= canonical.failed;
	builder_free(&canonical);
}

/* RFC 2046, 5.1: no line of base64 begins with the boundary's hyphens. */
static void write_parts(struct builder *to, const struct mail *mail)
{
	int name = (int)mail->attachment.name.size, identity = (int)mail->identity.size;
	build_format(to, "Content-Type: multipart/mixed; boundary=\"=_%.*s\"\r\n\r\n--=_%.*s\r\n", identity,
	    mail->identity.at, identity, mail->identity.at);
	write_body(to, mail->body);
	build_format(to,
	    "\r\n--=_%.*s\r\nContent-Type: %.*s\r\nContent-Transfer-Encoding: base64\r\n"
	    "Content-Disposition: attachment; filename=\"%.*s\"\r\n\r\n",
	    identity, mail->identity.at, (int)mail->attachment.type.size, mail->attachment.type.at, name,
	    mail->attachment.name.at);
	write_lines(to, mail->attachment.bytes);
	build_format(to, "\r\n--=_%.*s--\r\n", identity, mail->identity.at);
}

void mail_time(nanoseconds time, struct builder *to)
{
	char jst[32], utc[32];
	time_t seconds = (time_t)(time / SECOND), seconds_jst = seconds + 9 * 3600;
	struct tm tm;
	strftime(jst, sizeof jst, "%Y-%m-%d %H:%M", gmtime_r(&seconds_jst, &tm));
	strftime(utc, sizeof utc, "%Y-%m-%d %H:%M", gmtime_r(&seconds, &tm));
	build_format(to, "%s JST (%s UTC)", jst, utc);
}

enum error mail_write(const struct mail *mail, struct builder *to, struct failure *failure)
{
	if (!is_identity(mail->identity) || (mail->answers.size > 0 && !is_identity(mail->answers)))
		return fail(failure, ERROR_INPUT, "mail: the identity must be letters, digits, '.' and '-'");
	if (mail->attachment.name.size > 0 && !is_identity(mail->attachment.name))
		return fail(failure, ERROR_INPUT, "mail: the file's name must be letters, digits, '.' and '-'");
	enum error error = write_address(to, "From", &mail->from, failure);
	if (error == OK)
		error = write_address(to, "To", &mail->to, failure);
	if (error != OK)
		return error;
	struct text domain = mail->from.mail;
	text_cut(&domain, '@');
	build_text(to, TEXT("Subject: "));
	write_words(to, mail->subject, 66, "");
	build_text(to, TEXT("\r\n"));
	write_date(to, mail->date);
	write_identity(to, "Message-ID", mail->identity, domain);
	if (mail->answers.size > 0) {
		write_identity(to, "In-Reply-To", mail->answers, domain);
		write_identity(to, "References", mail->answers, domain);
	}
	build_text(to, TEXT("Auto-Submitted: auto-generated\r\n" /* RFC 3834: keeps out-of-office replies away */
			    "MIME-Version: 1.0\r\n"));
	if (mail->attachment.name.size > 0)
		write_parts(to, mail);
	else
		write_body(to, mail->body);
	return to->failed ? fail(failure, ERROR_MEMORY, "mail: no memory") : OK;
}
