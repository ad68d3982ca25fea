/*
 * EVE records of FTP commands with their replies (net/ftp.h).
 */
#include "formats/eve_writers.h"
#include "net/ftp.h"

#include <stdio.h>

/* Each code once for the lines that follow each other with it. */
static void write_codes(struct builder *to, const struct ftp_command *fact)
{
	size_t opened = eve_array(to, "completion_code");
	uint16_t before = 0;
	for (size_t i = 0; i < fact->reply_count; i++) {
		char text[8];
		if (!fact->codes[i] || fact->codes[i] == before)
			continue;
		before = fact->codes[i];
		snprintf(text, sizeof text, "%03u", (unsigned)before);
		eve_text(to, NULL, text_of(text));
	}
	eve_array_end(to, opened);
}

static void write_ftp(const struct dissection *dissection, enum side side, const void *facts, struct builder *to)
{
	const struct ftp_command *fact = facts;
	(void)dissection, (void)side;
	eve_number(to, "tx_id", fact->tx_id);
	eve_object(to, "ftp");
	eve_text(to, "command", fact->command);
	eve_text(to, "command_data", fact->argument);
	write_codes(to, fact);
	size_t opened = eve_array(to, "reply");
	for (size_t i = 0; i < fact->reply_count; i++)
		eve_text(to, NULL, fact->reply[i]);
	eve_array_end(to, opened);
	if (fact->port) {
		eve_text(to, "mode", fact->passive ? TEXT("passive") : TEXT("active"));
		eve_number(to, "dynamic_port", fact->port);
	}
	eve_text(to, "reply_received", fact->reply_count ? TEXT("yes") : TEXT("no"));
	if (fact->reply_cut)
		eve_true(to, "reply_truncated");
	eve_object_end(to);
}

const struct eve_writer eve_ftp = { PROTOCOL_FTP, "ftp", write_ftp };
