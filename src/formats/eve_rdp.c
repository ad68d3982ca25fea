/*
 * EVE records of RDP connections.
 */
#include "formats/eve_writers.h"
#include "net/rdp.h"

#include <stdio.h>

static void write_client(struct builder *to, const struct rdp_message *message)
{
	char text[16];
	struct cursor channels = message->channels;
	struct text channel;
	eve_object(to, "client");
	snprintf(text, sizeof text, "0x%x", (unsigned)message->version);
	eve_text(to, "version", text_of(text));
	eve_number(to, "desktop_width", message->width);
	eve_number(to, "desktop_height", message->height);
	snprintf(text, sizeof text, "0x%x", (unsigned)message->keyboard_layout);
	eve_text(to, "keyboard_layout", text_of(text));
	snprintf(text, sizeof text, "%u", (unsigned)message->build);
	eve_text(to, "build", text_of(text));
	eve_text(to, "client_name", text_of(message->name));
	snprintf(text, sizeof text, "%u", (unsigned)message->keyboard_type);
	eve_text(to, "keyboard_type", text_of(text));
	eve_number(to, "function_keys", message->function_keys);
	eve_object_end(to);
	size_t opened = eve_array(to, "channels");
	while (rdp_channel_next(&channels, &channel))
		eve_string(to, NULL, channel);
	eve_array_end(to, opened);
}

static void write_rdp(const struct dissection *dissection, enum side side, const void *facts, struct builder *to)
{
	static const char *const types[] = {
		[RDP_REQUEST] = "initial_request",
		[RDP_RESPONSE] = "initial_response",
		[RDP_REFUSAL] = "initial_response",
		[RDP_CLIENT] = "connect_request",
	};
	const struct rdp_message *message = facts;
	(void)dissection, (void)side;
	eve_object(to, "rdp");
	eve_number(to, "tx_id", message->tx_id);
	eve_text(to, "event_type", text_of(types[message->kind]));
	eve_text(to, "cookie", message->cookie);
	if (message->kind == RDP_CLIENT)
		write_client(to, message);
	eve_object_end(to);
}

const struct eve_writer eve_rdp = { PROTOCOL_RDP, "rdp", write_rdp };
