/*
 * Syslog: any bytes as a stream of messages, in two pieces, and each of its messages read; or, behind a first byte that
 * is odd, as one message.
 *
 * Sources: formats/syslog.c, formats/syslog_5424.c, formats/syslog_journal.c, formats/syslog_frame.c.
 */
#include "formats/syslog.h"
#include "formats/syslog_frame.h"
#include "fuzz.h"

#define RECEIVED (1800000000 * SECOND)

static void read_one(void *context, struct text bytes)
{
	struct syslog_message message;
	struct failure failure = { .words = "" };
	struct builder value = { 0 };
	enum error error = syslog_read(context, bytes, RECEIVED, &message, &failure);
	CHECK(error == OK || error == ERROR_INPUT || error == ERROR_MEMORY);
	CHECK(!error == !failure.words[0]);
	CHECK(!error || message.form == SYSLOG_BARE);
	CHECK(message.facility < 24 && message.severity < 8);
	CHECK(text_utf8_valid(message.message) == message.message.size);
	CHECK(message.host.size <= bytes.size && message.application.size <= bytes.size);
	struct syslog_parameter parameter = { .rest = message.data };
	while (syslog_parameter_next(&parameter)) {
		builder_clear(&value);
		syslog_value(parameter.value, &value);
		CHECK(value.size <= parameter.value.size && parameter.id.size > 0 && parameter.name.size > 0);
	}
	CHECK(!parameter.rest.size); /* what the reader took is read whole */
	builder_free(&value);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct syslog_settings settings = { .zone = 9 * 3600 };
	struct syslog_framer framer = { .longest = 512 };
	struct text bytes = { (const char *)data + 1, size - 1 };
	if (size == 0)
		return 0;
	struct syslog_reader *reader = syslog_reader_new(&settings);
	if (!reader)
		return 0;
	if (data[0] & 1) {
		read_one(reader, bytes);
	} else {
		size_t half = bytes.size * data[0] / 255;
		syslog_frame(&framer, (struct text){ bytes.at, half }, read_one, reader);
		syslog_frame(&framer, (struct text){ bytes.at + half, bytes.size - half }, read_one, reader);
		syslog_frame_end(&framer, read_one, reader);
		CHECK(framer.held.size <= framer.longest);
	}
	syslog_framer_free(&framer);
	syslog_reader_free(reader);
	return 0;
}
