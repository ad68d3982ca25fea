/*
 * EVE records of SSH connections.
 */
#include "formats/eve_writers.h"
#include "net/ssh.h"

static void write_hello(struct builder *to, const char *member, const struct ssh_hello *hello)
{
	if (hello->protocol.size == 0)
		return;
	eve_object(to, member);
	eve_text(to, "proto_version", hello->protocol);
	eve_text(to, "software_version", hello->software);
	if (hello->hassh.size > 0) {
		eve_object(to, "hassh");
		eve_text(to, "hash", text_of(hello->hassh_hash));
		eve_text(to, "string", hello->hassh);
		eve_object_end(to);
	}
	eve_object_end(to);
}

static void write_ssh(const struct dissection *dissection, enum side side, const void *facts, struct builder *to)
{
	const struct ssh_connection *fact = facts;
	(void)dissection, (void)side;
	eve_object(to, "ssh");
	write_hello(to, "client", &fact->hello[SIDE_CLIENT]);
	write_hello(to, "server", &fact->hello[SIDE_SERVER]);
	eve_object_end(to);
}

const struct eve_writer eve_ssh = { PROTOCOL_SSH, "ssh", write_ssh };
