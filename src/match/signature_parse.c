/*
 * One rule: its header, its options, and what follows from them together.
 */
#include "base/character.h"
#include "match/signature_inside.h"

#include <stdlib.h>
#include <string.h>

/* ── header ─ */

/* The next word; what stands in brackets is one, blanks and all. */
static struct text cut_word(struct text *rest)
{
	int brackets = 0;
	size_t end = 0;
	*rest = text_trim(*rest);
	for (; end < rest->size && (brackets > 0 || !char_is_space(rest->at[end])); end++)
		brackets += (rest->at[end] == '[') - (rest->at[end] == ']');
	struct text word = { rest->at, end };
	*rest = (struct text){ rest->at + end, rest->size - end };
	return word;
}

static enum error take_action(struct signature *signature, struct text word, struct failure *failure)
{
	static const char *const actions[] = { "alert", "drop", "reject", "pass" };
	for (int i = 0; i < 4; i++)
		if (text_equal(word, text_of(actions[i]))) {
			signature->alert.action = actions[i];
			signature->pass = i == 3;
			return OK;
		}
	return fail(
	    failure, ERROR_INPUT, "the action \"%.*s\" is not known", (int)(word.size < 40 ? word.size : 40), word.at);
}

static const struct protocol_name {
	const char *name;
	uint8_t ip_protocol;
	enum protocol protocol;
	bool icmp;
} protocol_names[] = {
	{ "ip", 0, PROTOCOL_UNKNOWN, false },
	{ "tcp", 6, PROTOCOL_UNKNOWN, false },
	{ "tcp-pkt", 6, PROTOCOL_UNKNOWN, false },
	{ "tcp-stream", 6, PROTOCOL_UNKNOWN, false },
	{ "udp", 17, PROTOCOL_UNKNOWN, false },
	{ "icmp", 0, PROTOCOL_UNKNOWN, true },
	{ "dns", 0, PROTOCOL_DNS, false },
	{ "tls", 0, PROTOCOL_TLS, false },
	{ "ssl", 0, PROTOCOL_TLS, false },
	{ "quic", 0, PROTOCOL_QUIC, false },
	{ "http", 0, PROTOCOL_HTTP, false },
	{ "http1", 0, PROTOCOL_HTTP, false },
	{ "http2", 0, PROTOCOL_HTTP2, false },
	{ "smtp", 0, PROTOCOL_SMTP, false },
	{ "ssh", 0, PROTOCOL_SSH, false },
	{ "ftp", 0, PROTOCOL_FTP, false },
	{ "smb", 0, PROTOCOL_SMB, false },
	{ "rdp", 0, PROTOCOL_RDP, false },
	{ "krb5", 0, PROTOCOL_KERBEROS, false },
	{ "mqtt", 0, PROTOCOL_MQTT, false },
	{ "modbus", 0, PROTOCOL_MODBUS, false },
	{ "dnp3", 0, PROTOCOL_DNP3, false },
	{ "pop3", 0, PROTOCOL_POP3, false },
	{ "imap", 0, PROTOCOL_IMAP, false },
};

static enum error take_protocol(struct signature *signature, struct text word, struct failure *failure)
{
	for (size_t i = 0; i < sizeof protocol_names / sizeof *protocol_names; i++)
		if (text_equal(word, text_of(protocol_names[i].name))) {
			signature->ip_protocol = protocol_names[i].ip_protocol;
			signature->protocol = protocol_names[i].protocol;
			signature->icmp = protocol_names[i].icmp;
			return OK;
		}
	return fail(failure, ERROR_INPUT, "the protocol \"%.*s\" is not known", (int)(word.size < 40 ? word.size : 40),
	    word.at);
}

static enum error take_ends(
    const struct signature_reader *reader, struct signature *signature, struct text *rest, struct failure *failure)
{
	for (int i = 0; i < 2; i++) {
		struct end_list *end = &signature->ends[i];
		struct text addresses = cut_word(rest), ports = cut_word(rest);
		if (ports.size == 0)
			return fail(failure, ERROR_INPUT, "expected: action protocol address port -> address port (…)");
		enum error error = address_list_parse(
		    reader->arena, addresses, reader->lookup, reader->variables, &end->addresses, failure);
		if (!error)
			error = port_list_parse(
			    reader->arena, ports, reader->lookup, reader->variables, &end->ports, failure);
		if (error)
			return error;
		if (i == 1)
			break;
		struct text arrow = cut_word(rest);
		signature->both_ways = text_equal(arrow, TEXT("<>"));
		if (!signature->both_ways && !text_equal(arrow, TEXT("->")))
			return fail(failure, ERROR_INPUT, "expected -> or <> between source and destination");
	}
	return OK;
}

/* ── options ─ */

/* Up to the next ';' that stands neither in quotation marks nor behind a backslash. */
static bool cut_option(struct text *rest, struct text *option)
{
	bool quoted = false;
	for (size_t i = 0; i < rest->size; i++) {
		char c = rest->at[i];
		if (c == '\\') {
			i++;
		} else if (c == '"') {
			quoted = !quoted;
		} else if (c == ';' && !quoted) {
			*option = text_trim((struct text){ rest->at, i });
			*rest = text_trim((struct text){ rest->at + i + 1, rest->size - i - 1 });
			return true;
		}
	}
	return false;
}

static enum error take_options(struct signature_draft *draft, struct text rest, struct failure *failure)
{
	rest = text_trim(rest);
	if (rest.size < 2 || rest.at[0] != '(' || rest.at[rest.size - 1] != ')')
		return fail(failure, ERROR_INPUT, "expected options in parentheses behind the header");
	rest = text_trim((struct text){ rest.at + 1, rest.size - 2 });
	while (rest.size > 0) {
		struct text option;
		if (!cut_option(&rest, &option))
			return fail(failure, ERROR_INPUT, "an option does not end with a semicolon");
		struct text value = option, name = text_trim(text_cut(&value, ':'));
		enum error error = option.size ? option_take(draft, name, text_trim(value), failure) : OK;
		if (error)
			return error;
	}
	return OK;
}

/* ── what follows ─ */

static bool moves(const struct condition *condition)
{
	return (condition->kind == CONDITION_CONTENT || condition->kind == CONDITION_PCRE) && !condition->negated;
}

static void mark_followed(struct condition *conditions, size_t count)
{
	for (size_t i = 0; i < count; i++)
		for (size_t j = i + 1; j < count && moves(&conditions[i]); j++) {
			conditions[i].followed |= conditions[j].relative;
			if (conditions[j].relative || moves(&conditions[j]))
				break;
		}
}

/* Which way the signature looks, when it does not say: as its fields do. */
static enum error find_direction(struct signature_draft *draft, struct failure *failure)
{
	enum direction *direction = &draft->signature->direction;
	if ((draft->to_server_field && draft->to_client_field) ||
	    (draft->to_server_field && *direction == DIRECTION_TO_CLIENT) ||
	    (draft->to_client_field && *direction == DIRECTION_TO_SERVER))
		return fail(failure, ERROR_INPUT, "looks at both directions, or at one that it excludes");
	if (draft->to_server_field)
		*direction = DIRECTION_TO_SERVER;
	if (draft->to_client_field)
		*direction = DIRECTION_TO_CLIENT;
	return OK;
}

static enum error settle_groups(struct signature_draft *draft, struct failure *failure)
{
	struct signature *signature = draft->signature;
	bool payload = false, fields = false;
	uint16_t kept = 0;
	for (uint16_t i = 0; i < draft->group_count; i++) {
		struct group group = draft->groups[i];
		if (group.count == 0)
			continue;
		if (group.buffers[1] != BUFFER_COUNT && signature->direction != DIRECTION_ANY) {
			group.buffers[0] = group.buffers[signature->direction == DIRECTION_TO_CLIENT];
			group.buffers[1] = BUFFER_COUNT;
		}
		*(group.buffers[0] == BUFFER_PAYLOAD ? &payload : &fields) = true;
		mark_followed(draft->conditions + group.first, group.count);
		draft->groups[kept++] = group;
	}
	draft->group_count = kept;
	return payload && fields ? fail(failure, ERROR_INPUT, "looks at payload and at fields: not read together") : OK;
}

static void *keep(struct arena *arena, const void *items, size_t bytes)
{
	void *copy = arena_take(arena, bytes);
	if (copy && bytes)
		memcpy(copy, items, bytes);
	return copy;
}

static enum error settle(struct signature_draft *draft, struct failure *failure)
{
	struct signature *signature = draft->signature;
	struct arena *arena = draft->reader->arena;
	enum error error = find_direction(draft, failure);
	if (!error)
		error = settle_groups(draft, failure);
	if (error)
		return error;
	if (signature->alert.sid == 0)
		return fail(failure, ERROR_INPUT, "there is no sid, or it is 0");
	if (signature->alert.priority == 0)
		signature->alert.priority = 3;
	signature->conditions = keep(arena, draft->conditions, draft->condition_count * sizeof *draft->conditions);
	signature->groups = keep(arena, draft->groups, draft->group_count * sizeof *draft->groups);
	signature->bits = keep(arena, draft->bits, draft->bit_count * sizeof *draft->bits);
	if (!signature->conditions || !signature->groups || !signature->bits)
		return fail(failure, ERROR_MEMORY, "no memory");
	signature->condition_count = draft->condition_count;
	signature->group_count = draft->group_count;
	signature->bit_count = draft->bit_count;
	bool sets = false, asks = false;
	for (uint16_t i = 0; i < draft->bit_count; i++)
		*(draft->bits[i].verb >= BIT_ISSET ? &asks : &sets) = true;
	signature->order = signature->pass ? 0 : !sets ? 3 : asks ? 2 : 1;
	return OK;
}

static enum error parse(struct signature_draft *draft, struct text rule, struct failure *failure)
{
	enum error error = take_action(draft->signature, cut_word(&rule), failure);
	if (!error)
		error = take_protocol(draft->signature, cut_word(&rule), failure);
	if (!error)
		error = take_ends(draft->reader, draft->signature, &rule, failure);
	if (!error)
		error = take_options(draft, rule, failure);
	return error ? error : settle(draft, failure);
}

enum error signature_parse(
    const struct signature_reader *reader, struct text rule, struct signature *signature, struct failure *failure)
{
	struct signature_draft *draft = calloc(1, sizeof *draft);
	if (!draft)
		return fail(failure, ERROR_MEMORY, "no memory");
	*signature = (struct signature){ 0 };
	signature->alert = (struct signature_alert){ .gid = 1, .message = "", .classtype = "", .metadata = "" };
	draft->reader = reader;
	draft->signature = signature;
	enum error error = parse(draft, rule, failure);
	for (uint16_t i = 0; error && i < draft->condition_count; i++)
		pcre2_code_free(draft->conditions[i].code);
	free(draft);
	return error;
}

void signature_release(struct signature *signature)
{
	for (uint16_t i = 0; i < signature->condition_count; i++)
		pcre2_code_free(signature->conditions[i].code);
}
