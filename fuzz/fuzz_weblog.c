/*
 * The readers of web-server logs, told by content: any bytes as a log.
 *
 * Sources: formats/weblog.c, formats/weblog_combined.c, formats/weblog_json.c, formats/weblog_w3c.c.
 */
#include "formats/weblog.h"
#include "fuzz.h"

static void check_text(struct text text)
{
	for (size_t i = 0; i < text.size; i++)
		CHECK(text.at[i] == text.at[i]); /* every byte can be read: the sanitizer watches */
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct weblog_reader *reader;
	struct weblog_request request;
	struct weblog_counts counts = { 0 };
	struct stream *stream;
	struct line line;
	if (stream_open_memory("fuzz", data, size, &stream, NULL))
		return 0;
	if (weblog_reader_new(9 * 3600, &reader, NULL) == OK) {
		while (weblog_read(reader, stream, &line, &request, &counts, NULL, NULL, NULL) == OK) {
			check_text(request.target);
			check_text(request.agent);
			check_text(request.referer);
			check_text(request.client_name);
			check_text(request.server);
			check_text(request.account);
			CHECK(request.status < 1000 && request.duration >= 0);
		}
		CHECK(counts.lines == counts.requests + counts.skipped + counts.malformed);
		weblog_reader_free(reader);
	}
	stream_close(stream);
	return 0;
}
