/*
 * OpenIOC into a pattern of STIX; see openioc.h. The tree is folded while it is read: an open Indicator holds the
 * patterns of its children so far, and becomes one pattern when it ends.
 */
#include "formats/openioc.h"

#include <expat.h>
#include <stdlib.h>
#include <string.h>

struct level {
	struct builder pattern;
	bool all;  /* AND */
	bool lost; /* something joined by AND cannot be said */
	uint32_t parts;
};

struct openioc {
	struct stream *stream;
	openioc_complaint complain;
	void *context;
	XML_Parser parser;
	bool over;
	/* the document at hand */
	struct level levels[OPENIOC_DEEPEST];
	unsigned depth, elements; /* open Indicators; open elements */
	uint32_t items;
	struct builder text, id, name, description, modified, search, condition, content, root;
	bool root_all, negated;
	const char *problem;
};

struct openioc *openioc_new(struct stream *stream, openioc_complaint complain, void *context)
{
	struct openioc *openioc = calloc(1, sizeof *openioc);
	if (!openioc)
		return NULL;
	openioc->stream = stream;
	openioc->complain = complain;
	openioc->context = context;
	openioc->parser = XML_ParserCreate("UTF-8");
	if (!openioc->parser) {
		free(openioc);
		return NULL;
	}
	return openioc;
}

void openioc_free(struct openioc *openioc)
{
	if (!openioc)
		return;
	struct builder *const builders[] = { &openioc->text, &openioc->id, &openioc->name, &openioc->description,
		&openioc->modified, &openioc->search, &openioc->condition, &openioc->content, &openioc->root };
	for (size_t i = 0; i < sizeof builders / sizeof *builders; i++)
		builder_free(builders[i]);
	for (size_t i = 0; i < OPENIOC_DEEPEST; i++)
		builder_free(&openioc->levels[i].pattern);
	XML_ParserFree(openioc->parser);
	free(openioc);
}

static void stop(struct openioc *openioc, const char *problem)
{
	if (!openioc->problem)
		openioc->problem = problem;
	XML_StopParser(openioc->parser, XML_FALSE);
}

static struct text built(const struct builder *builder)
{
	return (struct text){ builder->at, builder->size };
}

static void set(struct builder *to, struct text text)
{
	builder_clear(to);
	build_text(to, text);
}

/* ── patterns ─ */

/* Terms of OpenIOC and paths of STIX that mean the same. */
static const struct {
	const char *term, *path;
} terms[] = {
	{ "DnsEntryItem/Host", "domain-name:value" },
	{ "DnsEntryItem/RecordName", "domain-name:value" },
	{ "Network/DNS", "domain-name:value" },
	{ "Network/URI", "url:value" },
	{ "UrlHistoryItem/URL", "url:value" },
	{ "FileDownloadHistoryItem/SourceURL", "url:value" },
	{ "Network/UserAgent", "network-traffic:extensions.'http-request-ext'.request_header.'User-Agent'" },
	{ "Email/From", "email-addr:value" },
	{ "Email/Subject", "email-message:subject" },
	{ "Email/Attachment/Name", "file:name" },
	{ "FileItem/FileName", "file:name" },
	{ "FileItem/Md5sum", "file:hashes.MD5" },
	{ "FileItem/Sha1sum", "file:hashes.'SHA-1'" },
	{ "FileItem/Sha256sum", "file:hashes.'SHA-256'" },
	{ "FileItem/SizeInBytes", "file:size" },
	{ "ProcessItem/name", "process:image_ref.name" },
	{ "ProcessItem/arguments", "process:command_line" },
	{ "RegistryItem/Path", "windows-registry-key:key" },
	{ "RegistryItem/KeyPath", "windows-registry-key:key" },
	{ "RegistryItem/ValueName", "windows-registry-key:values[*].name" },
	{ "RegistryItem/Text", "windows-registry-key:values[*].data" },
	{ "ServiceItem/name", "process:extensions.'windows-service-ext'.service_name" },
	{ "ProcessItem/HandleList/Handle/Name", "mutex:name" },
};

static const char *path_of(struct text term, struct text value)
{
	static const char *const addresses[] = { "PortItem/remoteIP", "RouteEntryItem/Destination", "Network/IP",
		"DnsEntryItem/RecordData/IPv4Address" };
	for (size_t i = 0; i < sizeof addresses / sizeof *addresses; i++)
		if (text_equal_nocase(term, text_of(addresses[i])))
			return memchr(value.at, ':', value.size) ? "ipv6-addr:value" : "ipv4-addr:value";
	for (size_t i = 0; i < sizeof terms / sizeof *terms; i++)
		if (text_equal_nocase(term, text_of(terms[i].term)))
			return terms[i].path;
	return NULL;
}

static void build_string(struct builder *to, const char *before, struct text text, const char *behind, bool like)
{
	build_format(to, "'%s", before);
	for (size_t i = 0; i < text.size; i++) {
		if (text.at[i] == '\'' || text.at[i] == '\\')
			build_char(to, '\\');
		build_char(to, like && (text.at[i] == '%' || text.at[i] == '_') ? '_' : text.at[i]);
	}
	build_format(to, "%s'", behind);
}

/* [path = 'value'] of the IndicatorItem at hand; false when STIX cannot say it. */
static bool build_comparison(struct openioc *openioc, struct builder *to)
{
	struct text value = text_trim(built(&openioc->content)), condition = built(&openioc->condition);
	const char *path = value.size ? path_of(built(&openioc->search), value) : NULL;
	uint64_t number;
	bool is_number = path && strcmp(path, "file:size") == 0;
	if (!path || (is_number && !text_to_u64(value, &number)))
		return false;
	build_format(to, "[%s%s ", path, openioc->negated ? " NOT" : "");
	if (is_number && text_equal(condition, TEXT("is")))
		build_format(to, "= %lu", (unsigned long)number);
	else if (is_number)
		return false;
	else if (text_equal(condition, TEXT("is")))
		build_text(to, TEXT("= ")), build_string(to, "", value, "", false);
	else if (text_equal(condition, TEXT("contains")))
		build_text(to, TEXT("LIKE ")), build_string(to, "%", value, "%", true);
	else if (text_equal(condition, TEXT("starts-with")))
		build_text(to, TEXT("LIKE ")), build_string(to, "", value, "%", true);
	else if (text_equal(condition, TEXT("ends-with")))
		build_text(to, TEXT("LIKE ")), build_string(to, "%", value, "", true);
	else if (text_equal(condition, TEXT("matches")))
		build_text(to, TEXT("MATCHES ")), build_string(to, "", value, "", false);
	else
		return false;
	build_char(to, ']');
	return true;
}

static void say_lost(struct openioc *openioc, bool all)
{
	struct failure why;
	struct text term = built(&openioc->search), condition = built(&openioc->condition);
	fail(&why, ERROR_INPUT, "line %lu: %.*s %.*s: STIX has no word for this%s",
	    (unsigned long)XML_GetCurrentLineNumber(openioc->parser), (int)(term.size < 80 ? term.size : 80), term.at,
	    (int)(condition.size < 20 ? condition.size : 20), condition.at,
	    all ? "; what it is joined to by AND is left out with it" : "");
	if (openioc->complain)
		openioc->complain(openioc->context, &why);
}

static void add_part(struct level *level, struct text pattern, bool brackets)
{
	if (level->parts++)
		build_text(&level->pattern, level->all ? TEXT(" AND ") : TEXT(" OR "));
	build_text(&level->pattern, brackets ? TEXT("(") : TEXT_NONE);
	build_text(&level->pattern, pattern);
	build_text(&level->pattern, brackets ? TEXT(")") : TEXT_NONE);
}

static void end_comparison(struct openioc *openioc)
{
	struct level *level = &openioc->levels[openioc->depth - 1];
	struct builder pattern = { 0 };
	if (++openioc->items > OPENIOC_ITEMS) {
		stop(openioc, "at most 65,536 items were expected");
	} else if (build_comparison(openioc, &pattern)) {
		add_part(level, built(&pattern), false);
	} else {
		level->lost |= level->all;
		say_lost(openioc, level->all);
	}
	builder_free(&pattern);
}

/* The Indicator that ends becomes a part of the one around it. */
static void end_level(struct openioc *openioc)
{
	struct level *level = &openioc->levels[--openioc->depth];
	bool said = level->parts > 0 && !level->lost;
	if (openioc->depth == 0) {
		set(&openioc->root, said ? built(&level->pattern) : TEXT_NONE);
		return;
	}
	struct level *around = level - 1;
	if (said)
		add_part(around, built(&level->pattern), level->parts > 1);
	else
		around->lost |= around->all;
}

/* ── elements ─ */

/* Without its namespace's prefix. */
static struct text local(const XML_Char *name)
{
	struct text text = text_of(name), rest = text;
	struct text first = text_cut(&rest, ':');
	return first.size < text.size ? rest : text;
}

static struct text attribute(const XML_Char **attributes, const char *name)
{
	for (; *attributes; attributes += 2)
		if (strcmp(attributes[0], name) == 0)
			return text_of(attributes[1]);
	return TEXT_NONE;
}

static void begin_element(void *context, const XML_Char *name, const XML_Char **attributes)
{
	struct openioc *openioc = context;
	struct text element = local(name);
	if (++openioc->elements > 2 * OPENIOC_DEEPEST) {
		stop(openioc, "elements within each other: fewer were expected");
		return;
	}
	builder_clear(&openioc->text);
	if (text_equal(element, TEXT("ioc")) || text_equal(element, TEXT("OpenIOC"))) {
		set(&openioc->id, attribute(attributes, "id"));
		set(&openioc->modified, attribute(attributes, "last-modified"));
	} else if (text_equal(element, TEXT("Indicator"))) {
		if (openioc->depth == OPENIOC_DEEPEST) {
			stop(openioc, "indicators within each other: fewer were expected");
			return;
		}
		struct level *level = &openioc->levels[openioc->depth++];
		builder_clear(&level->pattern);
		level->all = text_equal_nocase(attribute(attributes, "operator"), TEXT("AND"));
		level->lost = false;
		level->parts = 0;
	} else if (text_equal(element, TEXT("IndicatorItem"))) {
		set(&openioc->condition, attribute(attributes, "condition"));
		openioc->negated = text_equal(attribute(attributes, "negate"), TEXT("true"));
		builder_clear(&openioc->search);
		builder_clear(&openioc->content);
		if (text_equal(built(&openioc->condition), TEXT("isnot")) ||
		    text_equal(built(&openioc->condition), TEXT("containsnot"))) {
			openioc->negated = true;
			set(&openioc->condition, openioc->condition.size == 5 ? TEXT("is") : TEXT("contains"));
		}
	} else if (text_equal(element, TEXT("Context"))) {
		set(&openioc->search, attribute(attributes, "search"));
	}
}

static void end_element(void *context, const XML_Char *name)
{
	struct openioc *openioc = context;
	struct text element = local(name), text = text_trim(built(&openioc->text));
	openioc->elements--;
	if (text_equal(element, TEXT("short_description")))
		set(&openioc->name, text);
	else if (text_equal(element, TEXT("description")))
		set(&openioc->description, text);
	else if (text_equal(element, TEXT("Content")))
		set(&openioc->content, text);
	else if (text_equal(element, TEXT("IndicatorItem")) && openioc->depth > 0)
		end_comparison(openioc);
	else if (text_equal(element, TEXT("Indicator")) && openioc->depth > 0)
		end_level(openioc);
	builder_clear(&openioc->text);
}

static void take_text(void *context, const XML_Char *text, int size)
{
	struct openioc *openioc = context;
	build_text(&openioc->text, (struct text){ text, (size_t)size });
}

static void refuse_type(
    void *context, const XML_Char *name, const XML_Char *system, const XML_Char *public, int internal)
{
	(void)name, (void)system, (void)public, (void)internal;
	stop(context, "no document type declaration was expected (entities are not expanded)");
}

/* ── the document ─ */

static enum error parse(struct openioc *openioc, struct failure *failure)
{
	char piece[16384];
	size_t got = 1, all = 0;
	XML_SetUserData(openioc->parser, openioc);
	XML_SetElementHandler(openioc->parser, begin_element, end_element);
	XML_SetCharacterDataHandler(openioc->parser, take_text);
	XML_SetStartDoctypeDeclHandler(openioc->parser, refuse_type);
	while (got) {
		enum error error = stream_read(openioc->stream, piece, sizeof piece, &got, failure);
		if (error)
			return error;
		all += got;
		if (all > OPENIOC_LARGEST)
			return fail(failure, ERROR_INPUT, "at most %u MiB were expected", OPENIOC_LARGEST >> 20);
		if (XML_Parse(openioc->parser, piece, (int)got, got == 0) == XML_STATUS_OK)
			continue;
		return fail(failure, ERROR_INPUT, "XML, line %lu: %s",
		    (unsigned long)XML_GetCurrentLineNumber(openioc->parser),
		    openioc->problem ? openioc->problem : XML_ErrorString(XML_GetErrorCode(openioc->parser)));
	}
	return OK;
}

static bool give(struct openioc *openioc, struct arena *arena, struct item *item)
{
	struct text modified = built(&openioc->modified);
	struct item_time time = { 0 };
	bool zoned = item_time_parse(modified, &time);
	if (!zoned && modified.size == 19) { /* of version 1.0: no zone, in UTC */
		char text[21];
		memcpy(text, modified.at, 19);
		memcpy(text + 19, "Z", 2);
		zoned = item_time_parse((struct text){ text, 20 }, &time);
	}
	*item = (struct item){ .kind = ITEM_INDICATOR,
		.form = ITEM_STIX_21,
		.type = TEXT("indicator"),
		.tlp = TLP_AMBER,
		.present =
		    (openioc->name.size ? ITEM_HAS_NAME : 0u) | (openioc->description.size ? ITEM_HAS_DESCRIPTION : 0u),
		.id = arena_concat(arena, (struct text[]){ TEXT("indicator--"), built(&openioc->id) }, 2),
		.name = arena_text(arena, built(&openioc->name)),
		.description = arena_text(arena, built(&openioc->description)),
		.pattern = arena_text(arena, built(&openioc->root)),
		.pattern_type = TEXT("stix"),
		.created.when = zoned ? time.when : time_now() };
	item->modified = item->valid_from = item->created;
	return item->id.at && item->name.at && item->description.at && item->pattern.at;
}

enum error openioc_next(struct openioc *openioc, struct arena *arena, struct item *item, struct failure *failure)
{
	struct uuid uuid;
	if (openioc->over)
		return ERROR_END;
	openioc->over = true;
	enum error error = parse(openioc, failure);
	if (error)
		return error;
	if (!uuid_parse(built(&openioc->id), &uuid))
		return fail(failure, ERROR_INPUT, "id of <ioc>: a UUID was expected");
	if (!openioc->root.size)
		return fail(failure, ERROR_INPUT, "there is nothing in it that a pattern of STIX can say");
	return give(openioc, arena, item) ? OK : fail(failure, ERROR_MEMORY, "no memory for an OpenIOC document");
}
