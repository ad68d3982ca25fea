/*
 * EVE records of POP3 commands (net/pop3.h).
 */
#include "formats/eve_writers.h"
#include "net/pop3.h"

static void write_pop3(const struct dissection *dissection, enum side side, const void *facts, struct builder *to)
{
	const struct pop3_command *fact = facts;
	struct text rest = fact->argument;
	(void)dissection, (void)side;
	eve_number(to, "tx_id", fact->tx_id);
	eve_object(to, "pop3");
	eve_object(to, "request");
	eve_text(to, "command", fact->command);
	size_t opened = eve_array(to, "args");
	while (rest.size)
		eve_text(to, NULL, text_cut(&rest, ' '));
	eve_array_end(to, opened);
	eve_object_end(to);
	if (fact->answered) {
		eve_object(to, "response");
		eve_bool(to, "success", fact->granted);
		eve_text(to, "status", fact->granted ? TEXT("OK") : TEXT("ERR"));
		eve_object_end(to);
	}
	eve_object_end(to);
}

const struct eve_writer eve_pop3 = { PROTOCOL_POP3, "pop3", write_pop3 };
