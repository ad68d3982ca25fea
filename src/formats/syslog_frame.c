/*
 * Messages out of a stream; see syslog_frame.h.
 */
#include "formats/syslog_frame.h"

#include "base/character.h"

static void hold(struct syslog_framer *framer, struct text bytes)
{
	size_t room = framer->longest - framer->held.size;
	if (bytes.size > room) {
		framer->cut += !framer->cutting;
		framer->cutting = true;
		bytes.size = room;
	}
	if (bytes.size > 0)
		build_text(&framer->held, bytes);
}

static void give(struct syslog_framer *framer, void (*frame)(void *context, struct text message), void *context)
{
	struct text message = { framer->held.at, framer->held.size };
	if (message.size > 0 && message.at[message.size - 1] == '\r')
		message.size--;
	if (message.size > 0) {
		framer->counted_messages += framer->counted;
		framer->line_messages += !framer->counted;
		frame(context, message);
	}
	builder_clear(&framer->held);
	framer->counted = framer->cutting = false;
}

/* What is held is digits and a blank, and now something comes: is it a message whose octets were counted? A "<" behind
 * the blank says so (RFC 6587, 3.4.1); "123 bottles" is a line. */
static bool is_count(const struct builder *held, char next, uint64_t *count)
{
	return held->size > 1 && held->size <= SYSLOG_COUNT_MOST + 1 && held->at[held->size - 1] == ' ' &&
	       next == '<' && *held->at != '0' && text_to_u64((struct text){ held->at, held->size - 1 }, count);
}

/* Bytes up to the end of a line, or of a count. */
static size_t take_line(
    struct syslog_framer *framer, struct text bytes, void (*frame)(void *context, struct text message), void *context)
{
	bool digits = true; /* what is held may still be a count */
	for (size_t i = 0; i < framer->held.size && digits; i++)
		digits = char_is_digit(framer->held.at[i]) || (i + 1 == framer->held.size && framer->held.at[i] == ' ');
	if (digits && is_count(&framer->held, *bytes.at, &framer->left)) {
		builder_clear(&framer->held);
		framer->counted = true;
		return 0;
	}
	if (digits && framer->held.size <= SYSLOG_COUNT_MOST &&
	    (char_is_digit(*bytes.at) || *bytes.at == ' ')) { /* one at a time while it may be a count */
		hold(framer, (struct text){ bytes.at, 1 });
		return 1;
	}
	size_t size = 0;
	while (size < bytes.size && bytes.at[size] != '\n' && bytes.at[size] != 0)
		size++;
	hold(framer, (struct text){ bytes.at, size });
	if (size < bytes.size) {
		give(framer, frame, context);
		size++;
	}
	return size;
}

static size_t take_counted(
    struct syslog_framer *framer, struct text bytes, void (*frame)(void *context, struct text message), void *context)
{
	size_t size = bytes.size < framer->left ? bytes.size : (size_t)framer->left;
	hold(framer, (struct text){ bytes.at, size });
	framer->left -= size;
	if (framer->left == 0)
		give(framer, frame, context);
	return size;
}

bool syslog_frame(
    struct syslog_framer *framer, struct text bytes, void (*frame)(void *context, struct text message), void *context)
{
	while (bytes.size > 0 && !framer->held.failed) {
		size_t size = framer->counted ? take_counted(framer, bytes, frame, context)
					      : take_line(framer, bytes, frame, context);
		bytes = (struct text){ bytes.at + size, bytes.size - size };
	}
	return !framer->held.failed;
}

bool syslog_frame_end(struct syslog_framer *framer, void (*frame)(void *context, struct text message), void *context)
{
	if (framer->counted)
		return false;
	give(framer, frame, context);
	return true;
}

void syslog_framer_free(struct syslog_framer *framer)
{
	builder_free(&framer->held);
}
