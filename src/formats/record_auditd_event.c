/*
 * What the lines of an audit event say. Texts that may hold anything are written in quotation marks, or else, when they
 * hold a blank, a quotation mark or a control character, as hexadecimal digits (auparse's "encoded" fields). Called by
 * record_auditd.c.
 */
#include "formats/record_auditd.h"

#include "base/character.h"

#include <netinet/in.h>
#include <string.h>

#define ARGUMENTS 64 /* of a command line that are put together */

struct text audit_text(const struct audit_event *event, struct audit_part part)
{
	return part.size ? (struct text){ event->text.at + part.at, part.size } : TEXT_NONE;
}

static struct audit_part keep(struct audit_event *event, struct text text)
{
	struct audit_part part = { (uint32_t)event->text.size, (uint32_t)text.size };
	build_text(&event->text, text);
	return part;
}

void audit_event_begin(struct audit_event *event, const struct audit_head *head, uint64_t number)
{
	struct builder text = event->text;
	builder_clear(&text);
	*event = (struct audit_event){ .open = true, .number = number, .time = head->time, .text = text };
	event->node = keep(event, head->node);
	event->stamp = keep(event, head->stamp);
}

void audit_event_add(struct audit_event *event, struct text type, struct text body)
{
	if (event->count == AUDIT_LINES || event->text.size + body.size > AUDIT_TEXT)
		return;
	struct audit_line line = { .type = keep(event, type), .body = keep(event, body) };
	event->lines[event->count++] = line;
}

/* ── fields ─ */

struct field_walk {
	struct text rest, key, value;
	bool quoted;
};

/* key=value, value in quotation marks or not; enriched fields stand behind a group separator. */
static bool next_field(struct field_walk *walk)
{
	struct text *rest = &walk->rest;
	while (rest->size && (*rest->at == ' ' || *rest->at == 0x1d || *rest->at == '\'')) {
		rest->at++;
		rest->size--;
	}
	size_t size = 0;
	while (size < rest->size && rest->at[size] != '=' && rest->at[size] != ' ')
		size++;
	if (size == 0 && !rest->size)
		return false;
	walk->key = (struct text){ rest->at, size };
	bool has_value = size < rest->size && rest->at[size] == '=';
	size_t skip = size + (size < rest->size);
	rest->at += skip;
	rest->size -= skip;
	walk->value = TEXT_NONE;
	walk->quoted = false;
	if (!has_value)
		return true;
	if (rest->size && *rest->at == '\'' && text_equal(walk->key, TEXT("msg")))
		return true; /* fields of a program stand within: they follow as if they stood here */
	walk->quoted = rest->size && *rest->at == '"';
	if (walk->quoted) {
		rest->at++;
		rest->size--;
		walk->value = text_cut(rest, '"');
		return true;
	}
	for (size = 0; size < rest->size && rest->at[size] != ' ' && rest->at[size] != 0x1d && rest->at[size] != '\'';)
		size++;
	walk->value = (struct text){ rest->at, size };
	rest->at += size;
	rest->size -= size;
	return true;
}

/* The text that hexadecimal digits stand for; NUL between arguments becomes a blank. What is no UTF-8 stays as it is.
 */
static struct text decoded(struct record_reader *reader, const struct field_walk *field)
{
	struct text text = field->value;
	if (field->quoted || text.size < 2 || text.size % 2)
		return text;
	for (size_t i = 0; i < text.size; i++)
		if (char_hex(text.at[i]) < 0)
			return text;
	char *to = arena_take(reader->arena, text.size / 2 + 1);
	if (!to)
		return text;
	for (size_t i = 0; i < text.size / 2; i++) {
		char c = (char)(char_hex(text.at[2 * i]) << 4 | char_hex(text.at[2 * i + 1]));
		to[i] = c ? c : ' ';
	}
	struct text result = { to, text.size / 2 };
	return text_utf8_valid(result) < result.size ? text : text_trim(result);
}

static bool says_nothing(const struct field_walk *field)
{
	static const char *const nothing[] = { "?", "(null)", "(none)", "(unknown)", "unset", "4294967295" };
	for (size_t i = 0; i < sizeof nothing / sizeof *nothing; i++)
		if (text_equal(field->value, text_of(nothing[i])))
			return true;
	return field->value.size == 0;
}

/* ── facts ─ */

static const struct {
	const char *type; /* NULL = of any line */
	const char *key;
	enum member member;
	bool encoded;
} facts[] = {
	{ NULL, "exe", MEMBER_PROCESS_PATH, true },
	{ NULL, "pid", MEMBER_PROCESS_ID, false },
	{ NULL, "ppid", MEMBER_PARENT_ID, false },
	{ NULL, "acct", MEMBER_ENDPOINT_TARGET_USER, true },
	{ NULL, "op", MEMBER_ENDPOINT_OPERATION, false },
	{ NULL, "key", MEMBER_ENDPOINT_KEY, true },
	{ "CWD", "cwd", MEMBER_PROCESS_FOLDER, true },
	{ "PATH", "name", MEMBER_ENDPOINT_FILE, true },
	{ "USER_CMD", "cmd", MEMBER_PROCESS_COMMAND, true },
	{ "SERVICE_START", "unit", MEMBER_SERVICE_NAME, false },
	{ "SERVICE_STOP", "unit", MEMBER_SERVICE_NAME, false },
};

/* What is put together of several fields. */
struct whole {
	struct text user, user_name, login, login_name, call, call_name, outcome, enabled, title;
	struct text arguments[2 * ARGUMENTS]; /* with blanks between */
	size_t count;
};

static void take_outcome(struct whole *whole, struct text value)
{
	bool fine =
	    text_equal(value, TEXT("yes")) || text_equal(value, TEXT("success")) || text_equal(value, TEXT("1"));
	whole->outcome = fine ? TEXT("success") : TEXT("failure");
}

/* Numbers, and in capitals the names that an enriched log adds. */
static struct text *place_of(struct whole *whole, struct text key)
{
	struct {
		const char *key;
		struct text *place;
	} places[] = { { "uid", &whole->user }, { "UID", &whole->user_name }, { "auid", &whole->login },
		{ "AUID", &whole->login_name }, { "syscall", &whole->call }, { "SYSCALL", &whole->call_name },
		{ "audit_enabled", &whole->enabled } };
	for (size_t i = 0; i < sizeof places / sizeof *places; i++)
		if (text_equal(key, text_of(places[i].key)))
			return places[i].place;
	return NULL;
}

static void take_field(struct record_reader *reader, struct text type, const struct field_walk *field,
    struct whole *whole, struct record *record)
{
	struct text key = field->key;
	for (size_t i = 0; i < sizeof facts / sizeof *facts; i++)
		if (text_equal(key, text_of(facts[i].key)) &&
		    (!facts[i].type || text_equal(type, text_of(facts[i].type))))
			record_add(record, facts[i].member, facts[i].encoded ? decoded(reader, field) : field->value);
	struct text *place = place_of(whole, key);
	if (place)
		*place = field->value;
	else if (text_equal(key, TEXT("success")) || text_equal(key, TEXT("res")))
		take_outcome(whole, field->value);
	else if (text_equal(key, TEXT("proctitle")))
		whole->title = decoded(reader, field); /* cut at 128 bytes; EXECVE has all of it */
	else if (text_equal(key, TEXT("addr")))
		record_try_end(&record->flow.ends[SIDE_CLIENT], field->value);
	else if (text_equal(type, TEXT("EXECVE")) && key.size > 1 && key.at[0] == 'a' && char_is_digit(key.at[1]) &&
		 whole->count + 2 <= 2 * ARGUMENTS) {
		if (whole->count)
			whole->arguments[whole->count++] = TEXT(" ");
		whole->arguments[whole->count++] = decoded(reader, field);
	}
}

/* saddr: a struct sockaddr of the machine that wrote it, little-endian; who was connected to. */
static void take_socket(struct text hex, struct record *record)
{
	struct flow_end *server = &record->flow.ends[SIDE_SERVER];
	uint8_t bytes[28] = { 0 };
	size_t size = hex.size / 2 < sizeof bytes ? hex.size / 2 : sizeof bytes;
	for (size_t i = 0; i < size; i++) {
		int high = char_hex(hex.at[2 * i]), low = char_hex(hex.at[2 * i + 1]);
		if (high < 0 || low < 0)
			return;
		bytes[i] = (uint8_t)(high << 4 | low);
	}
	bool v4 = bytes[0] == AF_INET && bytes[1] == 0 && size >= 8;
	bool v6 = bytes[0] == AF_INET6 && bytes[1] == 0 && size >= 24;
	if (!v4 && !v6)
		return;
	server->port = (uint16_t)(bytes[2] << 8 | bytes[3]);
	if (v6) {
		memcpy(server->address.bytes, bytes + 8, 16);
	} else {
		memset(server->address.bytes + 10, 0xff, 2);
		memcpy(server->address.bytes + 12, bytes + 4, 4);
	}
}

static void take_line(
    struct record_reader *reader, struct text type, struct text body, struct whole *whole, struct record *record)
{
	struct field_walk walk = { .rest = body };
	while (next_field(&walk)) {
		if (text_equal(type, TEXT("SOCKADDR")) && text_equal(walk.key, TEXT("saddr")))
			take_socket(walk.value, record);
		else if (!says_nothing(&walk))
			take_field(reader, type, &walk, whole, record);
	}
}

static struct text action_of(struct text type, const struct whole *whole)
{
	static const char *const actions[][2] = { { "EXECVE", "process-created" }, { "USER_LOGIN", "signed-in" },
		{ "USER_AUTH", "authenticated" }, { "USER_CMD", "command" }, { "ADD_USER", "account-created" },
		{ "ADD_GROUP", "group-created" }, { "USER_MGMT", "account-changed" },
		{ "SERVICE_START", "service-started" }, { "SERVICE_STOP", "service-stopped" },
		{ "DAEMON_END", "audit-stopped" }, { "SOCKADDR", "connection" }, { "KERN_MODULE", "driver-loaded" } };
	bool executes = text_equal(whole->call_name, TEXT("execve")) || text_equal(whole->call_name, TEXT("execveat"));
	if (text_equal(type, TEXT("SYSCALL")) && executes)
		return TEXT("process-created");
	if (text_equal(type, TEXT("CONFIG_CHANGE")) && text_equal(whole->enabled, TEXT("0")))
		return TEXT("audit-disabled");
	for (size_t i = 0; i < sizeof actions / sizeof *actions; i++)
		if (text_equal(type, text_of(actions[i][0])))
			return text_of(actions[i][1]);
	return TEXT_NONE;
}

void audit_event_fill(struct record_reader *reader, const struct audit_event *event, struct record *record)
{
	struct whole *whole = arena_take(reader->arena, sizeof *whole);
	record->type = "endpoint";
	record->occurred = event->time;
	if (!whole)
		return;
	for (uint32_t i = 0; i < event->count; i++)
		take_line(reader, audit_text(event, event->lines[i].type), audit_text(event, event->lines[i].body),
		    whole, record);
	for (uint32_t i = 0; i < event->count; i++)
		record_add(record, MEMBER_ENDPOINT_ACTION, action_of(audit_text(event, event->lines[i].type), whole));
	if (event->count)
		record_add(record, MEMBER_ENDPOINT_EVENT, audit_text(event, event->lines[0].type));
	record_add(record, MEMBER_ENDPOINT_PROVIDER, TEXT("auditd"));
	struct text node = audit_text(event, event->node);
	record_add(record, MEMBER_ENDPOINT_HOST, node.size ? node : reader->settings.host);
	record_add(record, MEMBER_ENDPOINT_USER, whole->user_name.size ? whole->user_name : whole->user);
	record_add(record, MEMBER_ENDPOINT_LOGIN_USER, whole->login_name.size ? whole->login_name : whole->login);
	record_add(record, MEMBER_ENDPOINT_SYSCALL, whole->call_name.size ? whole->call_name : whole->call);
	record_add(record, MEMBER_ENDPOINT_OUTCOME, whole->outcome);
	record_add(record, MEMBER_PROCESS_COMMAND,
	    whole->count ? arena_concat(reader->arena, whole->arguments, whole->count) : whole->title);
	record_ends_known(record);
}
