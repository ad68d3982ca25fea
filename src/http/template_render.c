/*
 * Renders a parsed template over JSON data. In: data that may hold anything strangers sent. Out: HTML in which every
 * value is escaped. Called by answer.c for each page.
 */
#include "http/template_node.h"

#include "base/time.h"
#include "http/codes.h"
#include "http/fields.h"
#include "model/reason.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#define JAPAN (9 * HOUR) /* JST = UTC+9, no summer time */

struct render {
	const struct templates *templates;
	const struct catalog *catalog;
	struct failure *failure;
	struct builder *to;
	size_t start; /* where in `to` the page begins */
	bool japanese;
	unsigned partials;
	unsigned depth;
	json_t *stack[TEMPLATE_LEVELS * 2]; /* sections that are open, outermost first */
	size_t number[TEMPLATE_LEVELS * 2]; /* place in a list from 1; 0 = not of a list */
};

static json_t *find_member(json_t *object, struct text name)
{
	char key[101];
	if (!json_is_object(object) || !text_copy(name, key, sizeof key))
		return NULL;
	return json_object_get(object, key);
}

/* The first part of a dotted name is looked for from the innermost section outwards, the rest below it. */
static json_t *find_value(const struct render *render, struct text name)
{
	if (text_equal(name, TEXT(".")))
		return render->stack[render->depth];
	struct text first = text_cut(&name, '.');
	json_t *value = NULL;
	for (unsigned i = render->depth + 1; i-- > 0 && !value;)
		value = find_member(render->stack[i], first);
	while (value && name.size > 0)
		value = find_member(value, text_cut(&name, '.'));
	return value;
}

static size_t list_number(const struct render *render)
{
	for (unsigned i = render->depth + 1; i-- > 0;)
		if (render->number[i])
			return render->number[i];
	return 0;
}

/* A value as text, in `scratch` when it is no string. */
static struct text value_text(const struct render *render, struct text name, char scratch[32])
{
	if (text_equal(name, TEXT("@number"))) {
		snprintf(scratch, 32, "%zu", list_number(render));
		return text_of(scratch);
	}
	const json_t *value = find_value(render, name);
	switch (value ? json_typeof(value) : JSON_NULL) {
	case JSON_STRING:
		return (struct text){ json_string_value(value), json_string_length(value) };
	case JSON_INTEGER:
		snprintf(scratch, 32, "%" JSON_INTEGER_FORMAT, json_integer_value(value));
		return text_of(scratch);
	case JSON_REAL:
		snprintf(scratch, 32, "%.15g", json_real_value(value));
		return text_of(scratch);
	case JSON_TRUE:
		return TEXT("true");
	default:
		return TEXT_NONE;
	}
}

static bool opens_section(const json_t *value)
{
	switch (value ? json_typeof(value) : JSON_NULL) {
	case JSON_NULL:
	case JSON_FALSE:
		return false;
	case JSON_STRING:
		return json_string_length(value) > 0;
	case JSON_ARRAY:
		return json_array_size(value) > 0;
	default:
		return true;
	}
}

/* The translation with its parameters, all escaped after they were put together. */
static void write_message(struct render *render, struct text msgid, const struct text *parameters, size_t count)
{
	struct builder plain = { 0 };
	catalog_build(render->catalog, msgid, parameters, count, &plain);
	build_html(render->to, (struct text){ plain.at, plain.size });
	render->to->failed |= plain.failed;
	builder_free(&plain);
}

static void render_message(struct render *render, const struct node *node)
{
	char scratch[TEMPLATE_PARAMETERS + 1][32];
	struct text parameters[TEMPLATE_PARAMETERS], msgid = node->text;
	for (uint8_t i = 0; i < node->parameter_count; i++)
		parameters[i] = value_text(render, node->parameters[i], scratch[i]);
	if (node->kind == NODE_TRANSLATED)
		msgid = value_text(render, node->name, scratch[TEMPLATE_PARAMETERS]);
	write_message(render, msgid, parameters, node->parameter_count);
}

static bool value_time(const json_t *value, nanoseconds *time)
{
	bool assumed;
	if (json_is_integer(value)) {
		*time = json_integer_value(value);
		return true;
	}
	return json_is_string(value) &&
	       time_parse((struct text){ json_string_value(value), json_string_length(value) }, 0, time, &assumed);
}

static void render_date(struct render *render, const struct node *node)
{
	static const char *const months[] = { "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct",
		"Nov", "Dec" };
	char machine[TIME_TEXT], scratch[32];
	nanoseconds time, shown;
	struct tm parts;
	if (!value_time(find_value(render, node->name), &time)) {
		build_html(render->to, value_text(render, node->name, scratch));
		return;
	}
	if (__builtin_add_overflow(time, render->japanese ? JAPAN : 0, &shown))
		shown = time;
	time_t seconds = (time_t)(shown >= 0 ? shown / SECOND : (shown - SECOND + 1) / SECOND);
	gmtime_r(&seconds, &parts);
	build_format(render->to, "<time datetime=\"%s\">", time_format(time, machine));
	if (render->japanese)
		build_format(render->to, "%d年%d月%d日", parts.tm_year + 1900, parts.tm_mon + 1, parts.tm_mday);
	else
		build_format(render->to, "%d %s %d", parts.tm_mday, months[parts.tm_mon], parts.tm_year + 1900);
	if (node->kind != NODE_DAY)
		build_format(render->to, " %02d:%02d", parts.tm_hour, parts.tm_min);
	if (node->kind == NODE_SECOND)
		build_format(render->to, ":%02d", parts.tm_sec);
	if (node->kind != NODE_DAY)
		build_format(render->to, " %s", render->japanese ? "JST" : "UTC");
	build_text(render->to, TEXT("</time>"));
}

static void write_grouped(struct builder *to, const char *digits, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		build_char(to, digits[i]);
		if ((count - 1 - i) % 3 == 0 && i + 1 < count)
			build_char(to, ',');
	}
}

static void render_number(struct render *render, const struct node *node)
{
	char text[400], scratch[32];
	const json_t *value = find_value(render, node->name);
	double number = json_number_value(value);
	if (text_equal(node->name, TEXT("@number")) || !json_is_number(value) || !isfinite(number)) {
		build_html(render->to, value_text(render, node->name, scratch));
		return;
	}
	if (json_is_integer(value) && node->decimals == 0)
		snprintf(text, sizeof text, "%" JSON_INTEGER_FORMAT, json_integer_value(value));
	else
		snprintf(text, sizeof text, "%.*f", node->decimals, number);
	const char *digits = text + (*text == '-');
	if (*text == '-' && digits[strspn(digits, "0.")]) /* what rounds to nothing has no sign */
		build_char(render->to, '-');
	size_t whole = strspn(digits, "0123456789");
	write_grouped(render->to, digits, whole);
	if (digits[whole] && node->decimals) {
		build_char(render->to, '.');
		build_text(render->to, text_of(digits + whole + 1));
	}
}

static void render_code(struct render *render, const struct node *node)
{
	char scratch[32];
	struct text code = value_text(render, node->name, scratch);
	const char *words = code_words(node->text, code);
	if (words)
		write_message(render, text_of(words), NULL, 0);
	else
		build_html(render->to, code);
}

/* The words come from our own table by the code; a code that this version does not know shows the words that came with
 * it. */
static void render_reason(struct render *render, const struct node *node)
{
	json_t *reason = find_value(render, node->name), *list = json_object_get(reason, "parameters");
	const char *code = json_string_value(json_object_get(reason, "code"));
	const struct reason_kind *kind = code ? reason_kind_named(text_of(code)) : NULL;
	struct text parameters[REASON_PARAMETERS] = { 0 };
	if (!kind) {
		build_html(render->to, text_of(json_string_value(json_object_get(reason, "words"))));
		return;
	}
	for (size_t i = 0; i < REASON_PARAMETERS; i++)
		parameters[i] = text_of(json_string_value(json_array_get(list, i)));
	write_message(render, text_of(kind->words), parameters, REASON_PARAMETERS);
}

static enum error render_nodes(struct render *render, const struct parsed *parsed, uint32_t from, uint32_t to);

static enum error fail_at(struct render *render, const struct parsed *parsed, const struct node *node, const char *what)
{
	return fail(render->failure, ERROR_LIMIT, "%s:%u: %s", parsed->file, node->line, what);
}

static enum error render_inside(
    struct render *render, const struct parsed *parsed, uint32_t index, json_t *value, size_t number)
{
	const struct node *node = &parsed->nodes[index];
	if (render->depth + 1 == sizeof render->stack / sizeof *render->stack)
		return fail_at(render, parsed, node, "sections are nested too deep");
	render->stack[++render->depth] = value;
	render->number[render->depth] = number;
	enum error error = render_nodes(render, parsed, index + 1, node->end);
	render->depth--;
	return error;
}

static enum error render_section(struct render *render, const struct parsed *parsed, uint32_t index)
{
	const struct node *node = &parsed->nodes[index];
	char scratch[32];
	json_t *value = find_value(render, node->name);
	enum error error = OK;
	bool same = false;
	switch (node->kind) {
	case NODE_IS:
	case NODE_IS_NOT:
		same = text_equal(value_text(render, node->name, scratch), node->text);
		return same == (node->kind == NODE_IS) ? render_nodes(render, parsed, index + 1, node->end) : OK;
	case NODE_INVERTED:
		return opens_section(value) ? OK : render_nodes(render, parsed, index + 1, node->end);
	default:
		break;
	}
	if (!opens_section(value))
		return OK;
	if (!json_is_array(value))
		return render_inside(render, parsed, index, value, 0);
	for (size_t i = 0; i < json_array_size(value) && !error; i++)
		error = render_inside(render, parsed, index, json_array_get(value, i), i + 1);
	return error;
}

static enum error render_partial(struct render *render, const struct parsed *parsed, const struct node *node)
{
	const struct parsed *partial = &render->templates->items[node->partial];
	if (render->partials == TEMPLATE_LEVELS)
		return fail_at(render, parsed, node, "partials are nested too deep");
	render->partials++;
	enum error error = render_nodes(render, partial, 0, partial->count);
	render->partials--;
	return error;
}

static void render_url(struct render *render, const struct node *node)
{
	char scratch[32];
	percent_encode(value_text(render, node->name, scratch), render->to);
}

static enum error render_node(struct render *render, const struct parsed *parsed, uint32_t index)
{
	const struct node *node = &parsed->nodes[index];
	char scratch[32];
	switch (node->kind) {
	case NODE_LITERAL:
		build_text(render->to, node->text);
		break;
	case NODE_VALUE:
		build_html(render->to, value_text(render, node->name, scratch));
		break;
	case NODE_URL:
		render_url(render, node);
		break;
	case NODE_MESSAGE:
	case NODE_TRANSLATED:
		render_message(render, node);
		break;
	case NODE_DATE:
	case NODE_DAY:
	case NODE_SECOND:
		render_date(render, node);
		break;
	case NODE_NUMBER:
		render_number(render, node);
		break;
	case NODE_CODE:
		render_code(render, node);
		break;
	case NODE_REASON:
		render_reason(render, node);
		break;
	case NODE_PARTIAL:
		return render_partial(render, parsed, node);
	default:
		return render_section(render, parsed, index);
	}
	return OK;
}

static enum error render_nodes(struct render *render, const struct parsed *parsed, uint32_t from, uint32_t to)
{
	for (uint32_t i = from; i < to; i++) {
		const struct node *node = &parsed->nodes[i];
		enum error error = render_node(render, parsed, i);
		if (error)
			return error;
		if (render->to->failed)
			return fail(render->failure, ERROR_MEMORY, "no memory for a page");
		if (render->to->size - render->start > TEMPLATE_LARGEST)
			return fail_at(render, parsed, node, "the page becomes too large");
		if (node->end > i)
			i = node->end - 1;
	}
	return OK;
}

enum error template_render(const struct templates *templates, const char *page, json_t *data, struct text language,
    struct builder *to, struct failure *failure)
{
	ptrdiff_t index = template_find(templates, true, text_of(page));
	if (index < 0)
		return fail(failure, ERROR_USAGE, "there is no page %s", page);
	struct render render = {
		.templates = templates,
		.catalog = catalog_for(templates->catalog, language),
		.failure = failure,
		.to = to,
		.start = to->size,
		.japanese = text_equal(language, TEXT("ja")),
		.stack = { data },
	};
	const struct parsed *parsed = &templates->items[index];
	return render_nodes(&render, parsed, 0, parsed->count);
}
