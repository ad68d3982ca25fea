/*
 * EVE records of Kerberos messages.
 */
#include "formats/eve_writers.h"
#include "net/kerberos.h"

#include <stdio.h>

static const char *type_name(enum kerberos_type type)
{
	switch (type) {
	case KERBEROS_AS_REQ:
		return "KRB_AS_REQ";
	case KERBEROS_AS_REP:
		return "KRB_AS_REP";
	case KERBEROS_TGS_REQ:
		return "KRB_TGS_REQ";
	case KERBEROS_TGS_REP:
		return "KRB_TGS_REP";
	case KERBEROS_ERROR:
		return "KRB_ERROR";
	default:
		return "UNKNOWN";
	}
}

/* A name, or the number. */
static void write_named(struct builder *to, const char *member, const char *name, int32_t number)
{
	char text[16];
	snprintf(text, sizeof text, "%d", number);
	eve_text(to, member, text_of(name ? name : text));
}

static void write_kerberos(const struct dissection *dissection, enum side side, const void *facts, struct builder *to)
{
	const struct kerberos_message *message = facts;
	(void)dissection, (void)side;
	eve_object(to, "krb5");
	eve_text(to, "msg_type", text_of(type_name(message->type)));
	if (message->type == KERBEROS_ERROR) {
		eve_text(to, "failed_request", text_of(type_name(message->failed)));
		write_named(to, "error_code", kerberos_error_name(message->error), message->error);
	}
	eve_text(to, "cname", message->client);
	eve_text(to, "realm", message->realm);
	eve_text(to, "sname", message->service);
	if (message->encryption != 0) {
		write_named(to, "encryption", kerberos_encryption_name(message->encryption), message->encryption);
		eve_bool(to, "weak_encryption", kerberos_encryption_weak(message->encryption));
	}
	if (message->ticket_encryption != 0) {
		write_named(to, "ticket_encryption", kerberos_encryption_name(message->ticket_encryption),
		    message->ticket_encryption);
		eve_bool(to, "ticket_weak_encryption", kerberos_encryption_weak(message->ticket_encryption));
	}
	eve_object_end(to);
}

const struct eve_writer eve_kerberos = { PROTOCOL_KERBEROS, "krb5", write_kerberos };
