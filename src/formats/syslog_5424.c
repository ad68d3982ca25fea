/*
 * RFC 5424: VERSION SP TIMESTAMP SP HOSTNAME SP APP-NAME SP PROCID SP MSGID SP STRUCTURED-DATA [SP MSG]. See syslog.h.
 *
 * Lengths beyond those of the RFC are taken: senders exceed them, and nothing here depends on them.
 */
#include "formats/syslog_inner.h"

#include "base/character.h"

static enum error take_word(struct text *rest, const char *name, struct text *word, struct failure *failure)
{
	ptrdiff_t blank = text_find(*rest, TEXT(" "));
	if (blank == 0 || !rest->size)
		return fail(failure, ERROR_INPUT, "%s: it is missing (\"-\" says that there is none)", name);
	*word = (struct text){ rest->at, blank < 0 ? rest->size : (size_t)blank };
	syslog_skip(rest, blank < 0 ? rest->size : (size_t)blank + 1);
	if (text_equal(*word, TEXT("-")))
		*word = TEXT_NONE;
	return OK;
}

static bool is_name(char c)
{
	return c > ' ' && c < 0x7f && c != '=' && c != ']' && c != '"';
}

static size_t name_size(struct text text)
{
	size_t size = 0;
	while (size < text.size && is_name(text.at[size]))
		size++;
	return size;
}

/* ` name="value"`, the blank before it taken already. Of the value where its quotation marks end; 0 = it is none. */
static size_t parameter_size(struct text text, size_t *name)
{
	*name = name_size(text);
	size_t at = *name + 2;
	if (*name == 0 || at > text.size || text.at[*name] != '=' || text.at[*name + 1] != '"')
		return 0;
	for (; at < text.size; at++) {
		if (text.at[at] == '\\' && at + 1 < text.size)
			at++; /* \" \\ \]; before any other character a backslash is one (6.3.3) */
		else if (text.at[at] == '"')
			return at + 1;
	}
	return 0;
}

static enum error take_element(struct text *rest, struct failure *failure)
{
	size_t name;
	syslog_skip(rest, 1);
	size_t id = name_size(*rest);
	if (id == 0)
		return fail(failure, ERROR_INPUT, "STRUCTURED-DATA: an element has no name");
	syslog_skip(rest, id);
	while (rest->size > 0 && *rest->at == ' ') {
		syslog_skip(rest, 1);
		size_t size = parameter_size(*rest, &name);
		if (size == 0)
			return fail(failure, ERROR_INPUT, "STRUCTURED-DATA: name=\"value\" was expected in an element");
		syslog_skip(rest, size);
	}
	if (!rest->size || *rest->at != ']')
		return fail(failure, ERROR_INPUT, "STRUCTURED-DATA: an element does not end with \"]\"");
	syslog_skip(rest, 1);
	return OK;
}

static enum error take_data(struct text *rest, struct text *data, struct failure *failure)
{
	struct text whole = *rest;
	if (rest->size > 0 && *rest->at == '-') {
		syslog_skip(rest, 1);
	} else {
		if (!rest->size || *rest->at != '[')
			return fail(failure, ERROR_INPUT, "STRUCTURED-DATA: \"-\" or \"[\" was expected");
		while (rest->size > 0 && *rest->at == '[') {
			enum error error = take_element(rest, failure);
			if (error)
				return error;
		}
		*data = (struct text){ whole.at, whole.size - rest->size };
	}
	if (rest->size > 0 && *rest->at != ' ')
		return fail(failure, ERROR_INPUT, "STRUCTURED-DATA: a blank was expected behind it");
	if (rest->size > 0)
		syslog_skip(rest, 1);
	return OK;
}

bool syslog_parameter_next(struct syslog_parameter *parameter)
{
	struct text *rest = &parameter->rest;
	size_t name;
	while (rest->size > 0 && *rest->at != ' ') { /* to the element that has a parameter */
		if (*rest->at == ']') {
			syslog_skip(rest, 1);
			continue;
		}
		syslog_skip(rest, 1);
		parameter->id = (struct text){ rest->at, name_size(*rest) };
		syslog_skip(rest, parameter->id.size);
	}
	if (!rest->size)
		return false;
	syslog_skip(rest, 1);
	size_t size = parameter_size(*rest, &name);
	if (size == 0)
		return false;
	parameter->name = (struct text){ rest->at, name };
	parameter->value = (struct text){ rest->at + name + 2, size - name - 3 };
	syslog_skip(rest, size);
	return true;
}

void syslog_value(struct text value, struct builder *to)
{
	for (size_t i = 0; i < value.size; i++) {
		char next = i + 1 < value.size ? value.at[i + 1] : 0;
		if (value.at[i] == '\\' && (next == '"' || next == '\\' || next == ']'))
			i++;
		build_char(to, value.at[i]);
	}
}

static void take_meta(struct syslog_message *message)
{
	struct syslog_parameter parameter = { .rest = message->data };
	while (syslog_parameter_next(&parameter))
		if (text_equal(parameter.id, TEXT("meta")) && text_equal(parameter.name, TEXT("sequenceId")))
			message->has_sequence = text_to_u64(parameter.value, &message->sequence);
}

enum error syslog_read_5424(struct syslog_reader *reader, struct text rest, nanoseconds received,
    struct syslog_message *message, struct failure *failure)
{
	static const char *const names[] = { "VERSION", "TIMESTAMP", "HOSTNAME", "APP-NAME", "PROCID", "MSGID" };
	struct text words[6];
	message->form = SYSLOG_RFC5424;
	for (size_t i = 0; i < 6; i++) {
		enum error error = take_word(&rest, names[i], &words[i], failure);
		if (error)
			return error;
	}
	message->time_missing = !words[1].size;
	message->occurred = received;
	if (words[1].size &&
	    (!text_to_u64((struct text){ words[1].at, 1 }, &(uint64_t){ 0 }) ||
		!time_parse(words[1], reader->settings->zone, &message->occurred, &message->zone_assumed)))
		return fail(failure, ERROR_INPUT, "TIMESTAMP: a form as 2003-10-11T22:14:15.003Z was expected");
	message->host = words[2];
	message->application = words[3];
	message->process = words[4];
	message->message_id = words[5];
	enum error error = take_data(&rest, &message->data, failure);
	if (error)
		return error;
	take_meta(message);
	message->message = rest;
	return OK;
}
