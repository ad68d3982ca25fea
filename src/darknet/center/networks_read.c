/*
 * Contacts of networks as somebody writes them. See networks_read.h.
 */
#include "darknet/center/networks_read.h"

#include "mail/mail.h"

#include <inttypes.h>
#include <string.h>

/* The next of several; empty at the end. */
static struct text next_of(struct text *rest)
{
	static const char between[] = " ,;\t\r\n";
	size_t begin = 0, end;
	while (begin < rest->size && memchr(between, rest->at[begin], sizeof between - 1))
		begin++;
	for (end = begin; end < rest->size && !memchr(between, rest->at[end], sizeof between - 1);)
		end++;
	struct text found = { rest->at + begin, end - begin };
	*rest = (struct text){ rest->at + end, rest->size - end };
	return found;
}

static enum error add_prefix(struct builder *to, struct text word, struct failure *failure)
{
	struct prefix prefix;
	char words[PREFIX_TEXT];
	if (!prefix_parse(word, &prefix))
		return fail(failure, ERROR_INPUT, "prefixes: such as 192.0.2.0/24 was expected, and is \"%.*s\"",
		    (int)(word.size < 60 ? word.size : 60), word.at);
	build_format(to, "%s%s", to->size ? " " : "", prefix_format(prefix, words));
	return OK;
}

/* "64500", "AS64500". */
static enum error add_system(struct builder *to, struct text word, struct failure *failure)
{
	uint64_t number;
	struct text digits = word;
	if (word.size > 2 && (word.at[0] | 0x20) == 'a' && (word.at[1] | 0x20) == 's')
		digits = (struct text){ word.at + 2, word.size - 2 };
	if (!text_to_u64(digits, &number) || number == 0 || number > UINT32_MAX)
		return fail(failure, ERROR_INPUT, "autonomous_systems: such as AS64500 was expected, and is \"%.*s\"",
		    (int)(word.size < 60 ? word.size : 60), word.at);
	build_format(to, "%s%" PRIu64, to->size ? " " : "", number);
	return OK;
}

static enum error fill_list(const char *name, struct text said, size_t most, char *to, size_t size,
    enum error (*add)(struct builder *, struct text, struct failure *), struct failure *failure)
{
	struct builder all = { 0 };
	struct text word;
	enum error error = OK;
	size_t count = 0;
	if (!said.at)
		return OK;
	while (error == OK && (word = next_of(&said)).size > 0)
		error = count++ < most ? add(&all, word, failure)
				       : fail(failure, ERROR_INPUT, "%s: at most %zu", name, most);
	if (error == OK && (all.failed || !text_copy((struct text){ all.at, all.size }, to, size)))
		error = fail(failure, ERROR_INPUT, "%s: at most %zu", name, most);
	builder_free(&all);
	return error;
}

static enum error fill_text(const char *name, struct text said, char *to, size_t size, struct failure *failure)
{
	if (!said.at)
		return OK;
	for (size_t i = 0; i < said.size; i++)
		if ((unsigned char)said.at[i] < 0x20 || said.at[i] == 0x7f)
			return fail(failure, ERROR_INPUT, "%s: it has a control character", name);
	if (said.size == 0)
		return fail(failure, ERROR_INPUT, "%s: may not be empty", name);
	if (text_utf8_valid(said) != said.size)
		return fail(failure, ERROR_INPUT, "%s: it is not UTF-8", name);
	return text_copy(said, to, size) ? OK : fail(failure, ERROR_INPUT, "%s: at most %zu bytes", name, size - 1);
}

static enum error fill_choices(
    const struct network_words *words, struct network_contact *contact, struct failure *failure)
{
	bool yes = text_equal_nocase(words->active, TEXT("yes")) || text_equal_nocase(words->active, TEXT("true")) ||
		   text_equal(words->active, TEXT("1"));
	bool no = text_equal_nocase(words->active, TEXT("no")) || text_equal_nocase(words->active, TEXT("false")) ||
		  text_equal(words->active, TEXT("0"));
	bool hourly = text_equal(words->every, TEXT("hourly")), daily = text_equal(words->every, TEXT("daily"));
	if (words->language.size && !language_parse(words->language, &contact->language))
		return fail(failure, ERROR_INPUT, "language: ja or en was expected");
	if (words->every.size && !hourly && !daily)
		return fail(failure, ERROR_INPUT, "every: hourly or daily was expected");
	if (words->active.size && !yes && !no)
		return fail(failure, ERROR_INPUT, "active: yes or no was expected");
	if (words->every.size)
		contact->every = hourly ? HOUR : DAY;
	if (words->active.size)
		contact->active = yes;
	return OK;
}

static enum error check(const struct network_contact *contact, struct failure *failure)
{
	if (!*contact->name)
		return fail(failure, ERROR_INPUT, "name: may not be empty");
	if (!*contact->prefixes && !*contact->systems)
		return fail(failure, ERROR_INPUT, "prefixes, autonomous_systems: at least one was expected");
	if (!mail_is_written(text_of(contact->mail)))
		return fail(failure, ERROR_INPUT, "mail: local@domain in ASCII was expected");
	if (!*contact->signed_by)
		return fail(failure, ERROR_INPUT, "signed_for_by: may not be empty");
	return OK;
}

enum error networks_fill(const struct network_words *words, struct network_contact *contact, struct failure *failure)
{
	enum error error = fill_text("name", words->name, contact->name, sizeof contact->name, failure);
	if (error == OK)
		error = fill_list("prefixes", words->prefixes, NETWORK_PREFIXES, contact->prefixes,
		    sizeof contact->prefixes, add_prefix, failure);
	if (error == OK)
		error = fill_list("autonomous_systems", words->systems, NETWORK_SYSTEMS, contact->systems,
		    sizeof contact->systems, add_system, failure);
	if (error == OK)
		error = fill_text("mail", words->mail, contact->mail, sizeof contact->mail, failure);
	if (error == OK)
		error = fill_text(
		    "signed_for_by", words->signed_by, contact->signed_by, sizeof contact->signed_by, failure);
	if (error == OK)
		error = fill_choices(words, contact, failure);
	return error == OK ? check(contact, failure) : error;
}

/* ── a file ─ */

enum column { NAME, PREFIXES, SYSTEMS, MAIL, LANGUAGE, EVERY, SIGNED, ACTIVE, KNOWN_COLUMNS };
static const char *const names[] = { "name", "prefixes", "autonomous_systems", "mail", "language", "every",
	"signed_for_by", "active", NULL };

/* An empty field of a column that is there is empty, one without its column is not said. */
static struct text said(const struct columns *columns, const struct text *values, enum column column)
{
	if (!columns_have(columns, names[column]))
		return TEXT_NONE;
	return values[column].at ? values[column] : TEXT("");
}

enum error networks_line(struct columns *columns, struct text line, struct arena *arena, struct network_words *words,
    struct failure *failure)
{
	struct text values[COLUMNS_MOST];
	if (columns->count == 0) {
		enum error error = columns_header(columns, names, line, arena, failure);
		if (error == OK && !columns_have(columns, "name")) {
			columns->count = 0;
			error =
			    fail(failure, ERROR_INPUT, "the first line is no header: a column \"name\" was expected");
		}
		return error == OK ? ERROR_END : error;
	}
	enum error error = columns_line(columns, line, arena, values, failure);
	if (error != OK)
		return error;
	*words = (struct network_words){ .name = said(columns, values, NAME),
		.prefixes = said(columns, values, PREFIXES),
		.systems = said(columns, values, SYSTEMS),
		.mail = said(columns, values, MAIL),
		.language = said(columns, values, LANGUAGE),
		.every = said(columns, values, EVERY),
		.signed_by = said(columns, values, SIGNED),
		.active = said(columns, values, ACTIVE) };
	return OK;
}
