/*
 * Feeds as expat tells them; see feed.h. An entry's children are its fields, gathered as they are written; the entry is
 * given when it ends, so that what stood before a mistake in the document has been given.
 */
#define XML_DTD /* expat's header shows its limits of amplification with this alone */
#include "formats/feed.h"

#include <expat.h>
#include <stdlib.h>
#include <string.h>

/* What expat puts between a namespace and a name; no URI has it. */
#define BETWEEN '\n'
#define ATOM "http://www.w3.org/2005/Atom"
#define RDF "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
#define RSS_1 "http://purl.org/rss/1.0/"
#define DC "http://purl.org/dc/elements/1.1/"
#define DC_TERMS "http://purl.org/dc/terms/"
#define CONTENT "http://purl.org/rss/1.0/modules/content/"

enum field { NO_FIELD, ID, LINK, TITLE, SUMMARY, BODY, PUBLISHED, UPDATED, FIELDS };
enum flavour { UNKNOWN, ATOM_1, RSS_2, RSS_RDF };

/* Which child of an entry is which field. */
static const struct {
	enum flavour flavour;
	const char *space, *name;
	enum field field;
} fields[] = {
	{ ATOM_1, ATOM, "id", ID },
	{ ATOM_1, ATOM, "title", TITLE },
	{ ATOM_1, ATOM, "summary", SUMMARY },
	{ ATOM_1, ATOM, "content", BODY },
	{ ATOM_1, ATOM, "published", PUBLISHED },
	{ ATOM_1, ATOM, "updated", UPDATED },
	{ RSS_2, "", "guid", ID },
	{ RSS_2, "", "link", LINK },
	{ RSS_2, "", "title", TITLE },
	{ RSS_2, "", "description", SUMMARY },
	{ RSS_2, "", "pubDate", PUBLISHED },
	{ RSS_2, ATOM, "updated", UPDATED },
	{ RSS_RDF, RSS_1, "link", LINK },
	{ RSS_RDF, RSS_1, "title", TITLE },
	{ RSS_RDF, RSS_1, "description", SUMMARY },
	/* modules, of both RSS */
	{ UNKNOWN, DC, "date", PUBLISHED },
	{ UNKNOWN, DC_TERMS, "issued", PUBLISHED },
	{ UNKNOWN, DC_TERMS, "modified", UPDATED },
	{ UNKNOWN, CONTENT, "encoded", BODY },
};

struct feed {
	XML_Parser parser;
	const struct feed_reader *reader;
	uint32_t most, entries;
	enum flavour flavour;
	unsigned depth;       /* open elements */
	unsigned entry_depth; /* of the entry at hand; 0 = none */
	unsigned field_depth; /* of the field at hand; 0 = none */
	enum field field;
	bool html;      /* the field at hand is written in it */
	bool of_feed;   /* the field is the feed's title */
	bool permanent; /* the guid is a link */
	struct builder raw, texts[FIELDS], source;
	const char *problem;
	enum error error; /* the taker's */
};

static void stop(struct feed *feed, const char *problem)
{
	if (!feed->problem)
		feed->problem = problem;
	XML_StopParser(feed->parser, XML_FALSE);
}

static struct text built(const struct builder *builder)
{
	return (struct text){ builder->at, builder->size };
}

/* "namespace name" as expat says it, told apart. */
static struct text local(const XML_Char *name, struct text *space)
{
	const char *between = strrchr(name, BETWEEN);
	*space = between ? (struct text){ name, (size_t)(between - name) } : TEXT("");
	return text_of(between ? between + 1 : name);
}

static bool is(const XML_Char *element, const char *space_wanted, const char *name_wanted)
{
	struct text space, name = local(element, &space);
	return text_equal(space, text_of(space_wanted)) && text_equal(name, text_of(name_wanted));
}

static struct text attribute(const XML_Char **attributes, const char *space, const char *name)
{
	for (; *attributes; attributes += 2)
		if (is(attributes[0], space, name))
			return text_of(attributes[1]);
	return TEXT_NONE;
}

/* ── fields ─ */

static void begin_field(struct feed *feed, enum field field, bool html)
{
	feed->field = field;
	feed->field_depth = feed->depth;
	feed->html = html;
	builder_clear(&feed->raw);
}

/* Of several the first counts, as that is the publisher's own. */
static void end_field(struct feed *feed)
{
	struct builder *to = feed->of_feed ? &feed->source : &feed->texts[feed->field];
	bool prose = feed->field == TITLE || feed->field == SUMMARY || feed->field == BODY;
	struct text raw = text_trim(built(&feed->raw));
	if (to->size == 0 && prose)
		feed_text(raw, feed->html, feed->field == TITLE ? FEED_NAME : FEED_SUMMARY, to);
	else if (to->size == 0 && raw.size <= FEED_NAME)
		feed_text(raw, false, FEED_NAME, to);
	feed->field_depth = 0;
	feed->of_feed = false;
}

static void set_address(struct builder *to, struct text address)
{
	if (to->size == 0 && address.size <= FEED_NAME)
		feed_text(address, false, FEED_NAME, to);
}

/* RFC 4287, 4.2.7: without "rel" it is the alternate. */
static void take_link(struct feed *feed, const XML_Char **attributes)
{
	struct text rel = attribute(attributes, "", "rel");
	if (rel.size == 0 || text_equal(rel, TEXT("alternate")))
		set_address(&feed->texts[LINK], text_trim(attribute(attributes, "", "href")));
}

static void begin_child(struct feed *feed, const XML_Char *element, const XML_Char **attributes)
{
	if (feed->flavour == ATOM_1 && is(element, ATOM, "link")) {
		take_link(feed, attributes);
		return;
	}
	for (size_t i = 0; i < sizeof fields / sizeof *fields; i++) {
		if (!is(element, fields[i].space, fields[i].name) ||
		    (fields[i].flavour != feed->flavour && (fields[i].flavour != UNKNOWN || feed->flavour == ATOM_1)))
			continue;
		begin_field(feed, fields[i].field,
		    feed->flavour != ATOM_1 || text_equal(attribute(attributes, "", "type"), TEXT("html")));
		if (feed->flavour == RSS_2 && fields[i].field == ID)
			feed->permanent = !text_equal(attribute(attributes, "", "isPermaLink"), TEXT("false"));
		return;
	}
}

/* ── entries ─ */

static void begin_entry(struct feed *feed, const XML_Char **attributes)
{
	if (feed->entries == feed->most) {
		stop(feed, "it has more entries than are taken");
		return;
	}
	feed->entries++;
	feed->entry_depth = feed->depth;
	feed->permanent = false;
	for (unsigned i = 0; i < FIELDS; i++)
		builder_clear(&feed->texts[i]);
	if (feed->flavour == RSS_RDF)
		set_address(&feed->texts[ID], text_trim(attribute(attributes, RDF, "about")));
}

static bool is_web(struct text address)
{
	return text_starts(address, TEXT("https://")) || text_starts(address, TEXT("http://"));
}

static nanoseconds date_of(const struct builder *written)
{
	nanoseconds time;
	return feed_date(built(written), &time) && time > 0 ? time : 0;
}

static void end_entry(struct feed *feed)
{
	const struct builder *texts = feed->texts;
	struct feed_entry entry = { .id = built(&texts[ID]),
		.link = built(&texts[LINK]),
		.title = built(&texts[TITLE]),
		.summary = built(texts[SUMMARY].size ? &texts[SUMMARY] : &texts[BODY]),
		.source = built(&feed->source),
		.published = date_of(&texts[PUBLISHED]),
		.updated = date_of(&texts[UPDATED]) };
	bool address = is_web(entry.id);
	if (!is_web(entry.link))
		entry.link = address && (feed->flavour != RSS_2 || feed->permanent) ? entry.id : TEXT_NONE;
	feed->entry_depth = 0;
	for (unsigned i = 0; i < FIELDS; i++)
		if (texts[i].failed)
			feed->error = ERROR_MEMORY;
	if (feed->error == OK)
		feed->error = feed->reader->entry(feed->reader->context, &entry);
	if (feed->error != OK)
		XML_StopParser(feed->parser, XML_FALSE);
}

/* ── elements ─ */

static void begin_root(struct feed *feed, const XML_Char *element)
{
	feed->flavour = is(element, ATOM, "feed") ? ATOM_1
			: is(element, "", "rss")  ? RSS_2
			: is(element, RDF, "RDF") ? RSS_RDF
						  : UNKNOWN;
	if (feed->flavour == UNKNOWN)
		stop(feed, "neither Atom nor RSS");
}

static bool is_entry(const struct feed *feed, const XML_Char *element)
{
	return feed->flavour == ATOM_1  ? feed->depth == 2 && is(element, ATOM, "entry")
	       : feed->flavour == RSS_2 ? feed->depth == 3 && is(element, "", "item")
					: feed->depth == 2 && is(element, RSS_1, "item");
}

static bool is_title(const struct feed *feed, const XML_Char *element)
{
	return feed->flavour == ATOM_1  ? feed->depth == 2 && is(element, ATOM, "title")
	       : feed->flavour == RSS_2 ? feed->depth == 3 && is(element, "", "title")
					: feed->depth == 3 && is(element, RSS_1, "title");
}

static void begin_element(void *context, const XML_Char *element, const XML_Char **attributes)
{
	struct feed *feed = context;
	if (++feed->depth > FEED_DEEPEST) {
		stop(feed, "elements within each other: fewer were expected");
	} else if (feed->depth == 1) {
		begin_root(feed, element);
	} else if (feed->field_depth) {
		build_char(&feed->raw, '\n'); /* XHTML: words in two elements are two words */
	} else if (feed->entry_depth) {
		if (feed->depth == feed->entry_depth + 1)
			begin_child(feed, element, attributes);
	} else if (is_entry(feed, element)) {
		begin_entry(feed, attributes);
	} else if (is_title(feed, element)) {
		feed->of_feed = true;
		begin_field(feed, TITLE,
		    feed->flavour != ATOM_1 || text_equal(attribute(attributes, "", "type"), TEXT("html")));
	}
}

static void end_element(void *context, const XML_Char *element)
{
	struct feed *feed = context;
	(void)element;
	if (feed->field_depth == feed->depth)
		end_field(feed);
	else if (feed->entry_depth == feed->depth)
		end_entry(feed);
	feed->depth--;
}

static void take_text(void *context, const XML_Char *text, int size)
{
	struct feed *feed = context;
	if (feed->field_depth && feed->raw.size + (size_t)size <= FEED_RAW)
		build_text(&feed->raw, (struct text){ text, (size_t)size });
}

static void refuse_entity(void *context, const XML_Char *name, int parameter, const XML_Char *value, int size,
    const XML_Char *base, const XML_Char *system, const XML_Char *public, const XML_Char *notation)
{
	(void)name, (void)parameter, (void)value, (void)size, (void)base, (void)system, (void)public, (void)notation;
	stop(context, "it declares an entity: none is ever expanded");
}

/* ── the document ─ */

static int know_encoding(void *context, const XML_Char *name, XML_Encoding *encoding)
{
	return feed_encoding(context, name, encoding);
}

static bool feed_open(struct feed *feed)
{
	feed->parser = XML_ParserCreateNS(NULL, BETWEEN);
	if (!feed->parser)
		return false;
	XML_SetUserData(feed->parser, feed);
	XML_SetElementHandler(feed->parser, begin_element, end_element);
	XML_SetCharacterDataHandler(feed->parser, take_text);
	XML_SetEntityDeclHandler(feed->parser, refuse_entity);
	XML_SetUnknownEncodingHandler(feed->parser, know_encoding, NULL);
	/* No declaration is passed, so nothing can grow; expat's own limit stands behind that. */
	return XML_SetParamEntityParsing(feed->parser, XML_PARAM_ENTITY_PARSING_NEVER) &&
	       XML_SetBillionLaughsAttackProtectionMaximumAmplification(feed->parser, 4.0f) &&
	       XML_SetBillionLaughsAttackProtectionActivationThreshold(feed->parser, 1u << 20);
}

static enum error parse(struct feed *feed, struct text document, struct failure *failure)
{
	if (document.size > INT32_MAX)
		return fail(failure, ERROR_LIMIT, "the feed is too large");
	if (XML_Parse(feed->parser, document.at ? document.at : "", (int)document.size, 1) == XML_STATUS_OK)
		return OK;
	if (feed->error != OK)
		return fail(failure, feed->error, "the entries of a feed cannot be taken");
	enum XML_Error code = XML_GetErrorCode(feed->parser);
	if (code == XML_ERROR_NO_MEMORY)
		return fail(failure, ERROR_MEMORY, "no memory for a feed");
	return fail(failure, ERROR_INPUT, "the feed, line %lu: %s",
	    (unsigned long)XML_GetCurrentLineNumber(feed->parser),
	    feed->problem                        ? feed->problem
	    : code == XML_ERROR_UNKNOWN_ENCODING ? "its encoding is none that can be read"
						 : XML_ErrorString(code));
}

enum error feed_parse(struct text document, uint32_t most, const struct feed_reader *reader, struct failure *failure)
{
	struct feed feed = { .reader = reader, .most = most };
	enum error error =
	    feed_open(&feed) ? parse(&feed, document, failure) : fail(failure, ERROR_MEMORY, "no memory for a feed");
	XML_ParserFree(feed.parser);
	builder_free(&feed.raw);
	builder_free(&feed.source);
	for (unsigned i = 0; i < FIELDS; i++)
		builder_free(&feed.texts[i]);
	return error;
}
