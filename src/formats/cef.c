/*
 * ArcSight's Common Event Format, bare or behind a syslog header (RFC 3164 or 5424).
 *
 *   CEF:0|Vendor|Product|Version|Class id|Name|Severity|key=value key=value …
 *
 * In: lines. Out: alerts. Source: "Implementing ArcSight Common Event Format", version 25: `|` and `\` are escaped in
 * the header, `=` and `\` in the extension; a value runs to the next key.
 */
#include "base/memory.h"
#include "formats/dates.h"
#include "formats/fields.h"

#include <string.h>

enum key {
	KEY_OTHER,
	KEY_START,
	KEY_RECEIVED,
	KEY_END,
	KEY_SOURCE,
	KEY_SOURCE6,
	KEY_SOURCE_PORT,
	KEY_SOURCE_HOST,
	KEY_SOURCE_USER,
	KEY_TARGET,
	KEY_TARGET6,
	KEY_TARGET_PORT,
	KEY_TARGET_HOST,
	KEY_TARGET_USER,
	KEY_DEVICE,
	KEY_DEVICE_HOST,
	KEY_PROTOCOL,
	KEY_APPLICATION,
	KEY_REQUEST,
	KEY_PATH,
	KEY_FILE,
	KEY_TARGET_DOMAIN,
	KEY_CATEGORY,
	KEY_ACTION,
	KEY_OUTCOME,
	KEY_COUNT,
	KEY_LIMIT
};

static const char *const key_names[KEY_LIMIT] = {
	[KEY_START] = "start",
	[KEY_RECEIVED] = "rt",
	[KEY_END] = "end",
	[KEY_SOURCE] = "src",
	[KEY_SOURCE6] = "c6a2",
	[KEY_SOURCE_PORT] = "spt",
	[KEY_SOURCE_HOST] = "shost",
	[KEY_SOURCE_USER] = "suser",
	[KEY_TARGET] = "dst",
	[KEY_TARGET6] = "c6a3",
	[KEY_TARGET_PORT] = "dpt",
	[KEY_TARGET_HOST] = "dhost",
	[KEY_TARGET_USER] = "duser",
	[KEY_DEVICE] = "dvc",
	[KEY_DEVICE_HOST] = "dvchost",
	[KEY_PROTOCOL] = "proto",
	[KEY_APPLICATION] = "app",
	[KEY_REQUEST] = "request",
	[KEY_PATH] = "filePath",
	[KEY_FILE] = "fname",
	[KEY_TARGET_DOMAIN] = "destinationDnsDomain",
	[KEY_CATEGORY] = "cat",
	[KEY_ACTION] = "act",
	[KEY_OUTCOME] = "outcome",
	[KEY_COUNT] = "cnt",
};

#define HEADERS 7 /* version, vendor, product, version, class id, name, severity */
enum header { HEADER_CEF, HEADER_VENDOR, HEADER_PRODUCT, HEADER_VERSION, HEADER_ID, HEADER_NAME, HEADER_SEVERITY };

/* Takes away the escapes: \n and \r become line breaks, of any other pair the second character stays. */
static struct text unescape(struct format_reader *reader, struct text text)
{
	if (!text.size || !memchr(text.at, '\\', text.size))
		return text;
	struct text copy = arena_text(reader->arena, text);
	char *to = (char *)(uintptr_t)copy.at;
	size_t size = 0;
	for (size_t i = 0; i < copy.size; i++) {
		char c = copy.at[i];
		if (c == '\\' && i + 1 < copy.size) {
			c = copy.at[++i];
			c = c == 'n' ? '\n' : c == 'r' ? '\r' : c;
		}
		to[size++] = c;
	}
	return (struct text){ to, size };
}

/* Where CEF begins: at the start, or behind the blank or colon that ends a syslog header. */
static ptrdiff_t find_cef(struct text line)
{
	for (size_t from = 0; from < line.size;) {
		ptrdiff_t at = text_find((struct text){ line.at + from, line.size - from }, TEXT("CEF:"));
		if (at < 0)
			return -1;
		size_t place = from + (size_t)at;
		bool begins = place == 0 || line.at[place - 1] == ' ' || line.at[place - 1] == ':';
		if (begins && place + 5 < line.size && line.at[place + 4] >= '0' && line.at[place + 4] <= '9')
			return (ptrdiff_t)place;
		from = place + 4;
	}
	return -1;
}

static bool split_headers(struct format_reader *reader, struct text *rest, struct text headers[HEADERS])
{
	for (unsigned i = 0; i < HEADERS; i++) {
		size_t end = 0;
		while (end < rest->size && rest->at[end] != '|')
			end += rest->at[end] == '\\' ? 2 : 1;
		if (end >= rest->size && i + 1 < HEADERS)
			return false;
		end = end < rest->size ? end : rest->size;
		headers[i] = unescape(reader, text_trim((struct text){ rest->at, end }));
		size_t behind = end < rest->size ? end + 1 : end;
		*rest = (struct text){ rest->at + behind, rest->size - behind };
	}
	return true;
}

static bool is_key_character(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '.' ||
	       c == '-' || c == '[' || c == ']';
}

/* The next `key=` that is not escaped, at or behind `from`: where its key begins and where its `=` stands. */
static bool next_key(struct text text, size_t from, size_t *key, size_t *equals)
{
	for (size_t i = from; i < text.size; i++) {
		if (text.at[i] == '\\') {
			i++;
			continue;
		}
		if (text.at[i] != '=')
			continue;
		size_t start = i;
		while (start > from && is_key_character(text.at[start - 1]))
			start--;
		if (start < i && (start == 0 || text.at[start - 1] == ' ')) {
			*key = start;
			*equals = i;
			return true;
		}
	}
	return false;
}

static enum key key_named(struct text name)
{
	for (unsigned key = KEY_START; key < KEY_LIMIT; key++)
		if (text_equal(name, text_of(key_names[key])))
			return (enum key)key;
	return KEY_OTHER;
}

/* "cs3Label=MITRE Tactic cs3=Execution": a custom string whose label speaks of tactics. */
struct custom {
	bool labelled[10];
	struct text value[10];
};

static void note_custom(struct custom *custom, struct text name, struct text value)
{
	if (name.size < 3 || name.at[0] != 'c' || name.at[1] != 's' || name.at[2] < '0' || name.at[2] > '9')
		return;
	unsigned number = (unsigned)(name.at[2] - '0');
	if (name.size == 3)
		custom->value[number] = value;
	else if (text_ends(name, TEXT("Label")))
		custom->labelled[number] = text_find_nocase(value, TEXT("tactic")) >= 0;
}

static void split_extension(
    struct format_reader *reader, struct text text, struct text values[KEY_LIMIT], uint16_t *tactics)
{
	struct custom custom = { 0 };
	size_t key, equals, following, following_equals;
	bool more = next_key(text, 0, &key, &equals);
	while (more) {
		more = next_key(text, equals + 1, &following, &following_equals);
		size_t end = more ? following : text.size;
		struct text name = { text.at + key, equals - key };
		struct text value =
		    unescape(reader, text_trim((struct text){ text.at + equals + 1, end - equals - 1 }));
		values[key_named(name)] = value;
		note_custom(&custom, name, value);
		key = following;
		equals = following_equals;
	}
	for (unsigned i = 0; i < 10; i++)
		if (custom.labelled[i])
			*tactics |= field_tactics_list(custom.value[i]);
}

/* The header of syslog before CEF: its time and its host. */
static void read_syslog(struct format_reader *reader, struct text header, struct alert *alert, bool *has_time)
{
	struct text rest = header;
	if (rest.size && *rest.at == '<') {
		text_cut(&rest, '>');
		if (text_starts(rest, TEXT("1 "))) /* RFC 5424: version, time, host */
			rest = (struct text){ rest.at + 2, rest.size - 2 };
	}
	struct text first = rest;
	struct text word = text_cut(&first, ' ');
	*has_time = date_parse_month_name(rest, reader->settings, &alert->occurred, &alert->zone_assumed, &rest);
	if (!*has_time && time_parse(word, reader->settings->zone, &alert->occurred, &alert->zone_assumed)) {
		*has_time = true;
		rest = first;
	}
	if (*has_time) {
		rest = text_trim(rest);
		alert->host = text_cut(&rest, ' ');
	}
}

static enum error set_time(struct format_reader *reader, const struct text *values, bool has_time, struct alert *alert,
    struct failure *failure)
{
	static const enum key keys[] = { KEY_START, KEY_RECEIVED, KEY_END };
	for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
		struct text value = values[keys[i]];
		if (!value.size)
			continue;
		if (date_parse_month_name(value, reader->settings, &alert->occurred, &alert->zone_assumed, NULL))
			return OK;
		return field_time(reader, value, key_names[keys[i]], alert, failure);
	}
	if (has_time)
		return OK;
	return fail(failure, ERROR_INPUT,
	    "rt: there is none, nor start, end or a time in a syslog header; one of them was expected");
}

/* "0–3 Low, 4–6 Medium, 7–8 High, 9–10 Very-High", or these words. */
static enum severity severity_of(struct text text)
{
	enum severity severity = SEVERITY_UNKNOWN;
	uint64_t number;
	if (text_to_u64(text, &number))
		return number <= 3   ? SEVERITY_LOW
		       : number <= 6 ? SEVERITY_MEDIUM
		       : number <= 8 ? SEVERITY_HIGH
				     : SEVERITY_CRITICAL;
	if (text_equal_nocase(text, TEXT("very-high")) || text_equal_nocase(text, TEXT("very high")))
		return SEVERITY_CRITICAL;
	severity_parse(text, &severity);
	return severity;
}

static void set_ends(const struct text *values, struct alert *alert)
{
	struct text logger = alert->host; /* who sent the syslog message */
	field_try_address(values[KEY_SOURCE].size ? values[KEY_SOURCE] : values[KEY_SOURCE6], &alert->source);
	field_try_address(values[KEY_TARGET].size ? values[KEY_TARGET] : values[KEY_TARGET6], &alert->target);
	field_try_port(values[KEY_SOURCE_PORT], &alert->source_port);
	field_try_port(values[KEY_TARGET_PORT], &alert->target_port);
	bool is_target = field_concern(alert);
	bool is_source = !is_target && address_exists(alert->host_address);
	alert->host = values[is_source ? KEY_SOURCE_HOST : KEY_TARGET_HOST];
	if (alert->host.size || address_exists(alert->host_address))
		return;
	alert->host = values[KEY_DEVICE_HOST].size ? values[KEY_DEVICE_HOST] : logger;
	field_try_address(values[KEY_DEVICE], &alert->host_address);
}

static void set_rest(const struct text *values, struct alert *alert)
{
	static const enum key objects[] = { KEY_REQUEST, KEY_PATH, KEY_FILE, KEY_TARGET_DOMAIN };
	for (size_t i = 0; i < sizeof objects / sizeof *objects && !alert->object.size; i++)
		alert->object = values[objects[i]];
	alert->category = values[KEY_CATEGORY];
	alert->protocol = values[values[KEY_APPLICATION].size ? KEY_APPLICATION : KEY_PROTOCOL];
	alert->account = values[values[KEY_TARGET_USER].size ? KEY_TARGET_USER : KEY_SOURCE_USER];
	alert->outcome = field_outcome(values[KEY_OUTCOME]);
	if (!alert->outcome && field_outcome(values[KEY_ACTION]) == OUTCOME_FAILED)
		alert->outcome = OUTCOME_FAILED;
	uint64_t count;
	if (text_to_u64(values[KEY_COUNT], &count) && count > 1)
		alert->repeats = count > UINT32_MAX ? UINT32_MAX : (uint32_t)count;
}

static enum error cef_line(struct format_reader *reader, struct text line, struct alert *alert, struct failure *failure)
{
	struct text headers[HEADERS], values[KEY_LIMIT] = { 0 };
	bool has_time = false;
	ptrdiff_t at = find_cef(line);
	if (at < 0)
		return fail(failure, ERROR_INPUT, "CEF:0| was expected at the start or behind a syslog header");
	struct text rest = { line.at + at, line.size - (size_t)at };
	if (!split_headers(reader, &rest, headers))
		return fail(failure, ERROR_INPUT, "CEF's seven headers, each closed by |, were expected");
	if (at)
		read_syslog(reader, (struct text){ line.at, (size_t)at }, alert, &has_time);
	split_extension(reader, rest, values, &alert->tactics);
	enum error error = set_time(reader, values, has_time, alert, failure);
	if (error)
		return error;
	const struct text maker[] = { headers[HEADER_VENDOR], TEXT(" "), headers[HEADER_PRODUCT] };
	bool named = text_starts(headers[HEADER_PRODUCT], headers[HEADER_VENDOR]); /* "Vendor", "Vendor Firewall" */
	alert->detector = named ? headers[HEADER_PRODUCT] : field_concat(reader, maker, sizeof maker / sizeof *maker);
	alert->signature = headers[HEADER_NAME].size ? headers[HEADER_NAME] : headers[HEADER_ID];
	alert->signature_id = headers[HEADER_ID];
	alert->severity = severity_of(headers[HEADER_SEVERITY]);
	set_ends(values, alert);
	set_rest(values, alert);
	return OK;
}

/* ── where the values stand ─ */

static const char *const header_names[HEADERS] = {
	[HEADER_CEF] = "CEF",
	[HEADER_VENDOR] = "deviceVendor",
	[HEADER_PRODUCT] = "deviceProduct",
	[HEADER_VERSION] = "deviceVersion",
	[HEADER_ID] = "deviceEventClassId",
	[HEADER_NAME] = "name",
	[HEADER_SEVERITY] = "severity",
};

struct places {
	struct text line;
	struct format_field *fields;
	size_t count;
};

static void add_field(struct places *places, struct text name, const char *at, size_t size)
{
	size_t begin = (size_t)(at - places->line.at);
	if (places->count < FORMAT_FIELDS)
		places->fields[places->count] = (struct format_field){ name, begin, begin + size };
	places->count++;
}

static unsigned custom_number(struct text name)
{
	bool custom = name.size >= 3 && text_starts(name, TEXT("cs")) && name.at[2] >= '0' && name.at[2] <= '9';
	return custom ? (unsigned)(name.at[2] - '0') : 10;
}

/* A custom string is known by its label alone: the one of tactics is read. */
static void find_tactics(struct text text, bool tactic[static 10])
{
	size_t key, equals, following, following_equals;
	bool more = next_key(text, 0, &key, &equals);
	while (more) {
		more = next_key(text, equals + 1, &following, &following_equals);
		struct text name = { text.at + key, equals - key };
		struct text value = { text.at + equals + 1, (more ? following : text.size) - equals - 1 };
		unsigned number = custom_number(name);
		if (number < 10 && name.size == 8 && text_ends(name, TEXT("Label")))
			tactic[number] = text_find_nocase(value, TEXT("tactic")) >= 0;
		key = following;
		equals = following_equals;
	}
}

static void lay_out_extension(struct places *places, struct text text)
{
	bool tactic[10] = { false };
	size_t key, equals, following, following_equals;
	bool more = next_key(text, 0, &key, &equals);
	find_tactics(text, tactic);
	add_field(places, TEXT_NONE, text.at, more ? key : text.size); /* before the first key: nobody knows what */
	while (more) {
		more = next_key(text, equals + 1, &following, &following_equals);
		size_t end = more ? following : text.size;
		struct text value = text_trim((struct text){ text.at + equals + 1, end - equals - 1 });
		struct text name = { text.at + key, equals - key };
		if (name.size == 3 && custom_number(name) < 10 && tactic[custom_number(name)])
			name = TEXT("tactic");
		add_field(places, name, value.size ? value.at : text.at + equals + 1, value.size);
		key = following;
		equals = following_equals;
	}
}

static enum format_layout cef_layout(
    struct format_reader *reader, struct text line, struct format_field fields[static FORMAT_FIELDS], size_t *count)
{
	struct places places = { .line = line, .fields = fields };
	(void)reader;
	ptrdiff_t at = find_cef(line);
	if (at < 0)
		return LAYOUT_MISFIT;
	struct text rest = { line.at + at, line.size - (size_t)at };
	for (unsigned i = 0; i < HEADERS; i++) {
		size_t end = 0;
		while (end < rest.size && rest.at[end] != '|')
			end += rest.at[end] == '\\' ? 2 : 1;
		if (end >= rest.size && i + 1 < HEADERS)
			return LAYOUT_MISFIT;
		end = end < rest.size ? end : rest.size;
		add_field(&places, text_of(header_names[i]), rest.at, end);
		size_t behind = end < rest.size ? end + 1 : end;
		rest = (struct text){ rest.at + behind, rest.size - behind };
	}
	lay_out_extension(&places, rest);
	*count = places.count;
	return places.count > FORMAT_FIELDS ? LAYOUT_MISFIT : LAYOUT_FIELDS;
}

static int cef_recognise(struct text beginning, struct json_parser *parser)
{
	(void)parser;
	struct text rest = beginning;
	for (int i = 0; rest.size && i < 8; i++) {
		struct text line = text_cut(&rest, '\n');
		ptrdiff_t at = line.size && line.at[0] != '{' ? find_cef(line) : -1;
		if (at >= 0 && text_find((struct text){ line.at + at, line.size - (size_t)at }, TEXT("|")) == 5)
			return 93;
	}
	return 0;
}

const struct format format_cef = {
	.name = "cef",
	.title = "ArcSight CEF, bare or in syslog",
	.proven = false,
	.recognise = cef_recognise,
	.line = cef_line,
	.layout = cef_layout,
};
