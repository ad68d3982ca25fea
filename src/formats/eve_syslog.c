/*
 * Syslog messages as records; see eve_syslog.h.
 */
#include "formats/eve_syslog.h"

#include "formats/eve_record.h"

static void write_data(struct builder *to, struct text data)
{
	struct syslog_parameter parameter = { .rest = data };
	struct builder value = { 0 };
	size_t opened = eve_array(to, "structured_data");
	while (syslog_parameter_next(&parameter)) { /* an array: names may come again */
		builder_clear(&value);
		syslog_value(parameter.value, &value);
		eve_object(to, NULL);
		eve_string(to, "id", parameter.id);
		eve_string(to, "name", parameter.name);
		eve_string(to, "value", (struct text){ value.at, value.size });
		eve_object_end(to);
	}
	eve_array_end(to, opened);
	builder_free(&value);
}

static void write_fact(struct builder *to, const struct auth_fact *fact)
{
	char address[ADDRESS_TEXT];
	eve_object(to, "auth");
	eve_string(to, "kind", text_of(auth_kind_name(fact->kind)));
	eve_text(to, "service", fact->service);
	eve_text(to, "account", fact->account);
	eve_text(to, "target", fact->target);
	eve_text(to, "source", text_of(address_format(fact->source, address)));
	eve_text(to, "source_name", fact->source_name);
	if (fact->source_port)
		eve_number(to, "source_port", fact->source_port);
	eve_text(to, "method", fact->method);
	eve_text(to, "terminal", fact->terminal);
	eve_text(to, "session", fact->session);
	eve_text(to, "object", fact->object);
	eve_number(to, "repeats", fact->repeats);
	if (fact->unknown_account)
		eve_true(to, "unknown_account");
	eve_object_end(to);
}

static void write_message(struct builder *to, const struct syslog_message *message, const struct eve_syslog *came)
{
	eve_object(to, "syslog");
	eve_text(to, "source", came->source);
	eve_text(to, "transport", came->transport);
	eve_text(to, "peer", came->peer);
	eve_text(to, "form", text_of(syslog_form_name(message->form)));
	if (message->has_priority) {
		eve_text(to, "facility", text_of(syslog_facility_name(message->facility)));
		eve_text(to, "severity", text_of(syslog_severity_name(message->severity)));
	}
	eve_text(to, "hostname", message->host);
	eve_text(to, "app_name", message->application);
	eve_text(to, "proc_id", message->process);
	eve_text(to, "msg_id", message->message_id);
	if (message->has_sequence)
		eve_number(to, "sequence", message->sequence);
	if (message->data.size)
		write_data(to, message->data);
	eve_string(to, "message", message->message);
	if (message->time_missing)
		eve_true(to, "time_missing");
	if (message->zone_assumed)
		eve_true(to, "zone_assumed");
	if (came->malformed)
		eve_string(to, "malformed", text_of(came->malformed));
	eve_object_end(to);
}

void eve_syslog(struct builder *to, const struct syslog_message *message, const struct auth_fact *fact,
    const struct eve_syslog *came)
{
	char address[ADDRESS_TEXT];
	build_char(to, '{');
	eve_time(to, "timestamp", message->occurred);
	eve_string(to, "event_type", TEXT("syslog"));
	eve_text(to, "host", message->host);
	eve_text(to, "src_ip", text_of(address_format(came->sender, address)));
	eve_time(to, "received", came->received);
	write_message(to, message, came);
	if (fact && fact->kind != AUTH_NONE)
		write_fact(to, fact);
	build_text(to, TEXT("}\n"));
}
