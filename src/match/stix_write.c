/*
 * STIX patterns written again; see stix_pattern.h.
 */
#include "match/stix_inside.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

const char *stix_operator_name(enum stix_operator operator)
{
	static const char *const names[] = { "=", "!=", "<", "<=", ">", ">=", "IN", "LIKE", "MATCHES", "ISSUBSET",
		"ISSUPERSET", "EXISTS" };
	return names[operator];
}

static void write_string(struct text text, struct builder *to)
{
	build_char(to, '\'');
	for (size_t i = 0; i < text.size; i++) {
		if (text.at[i] == '\'' || text.at[i] == '\\')
			build_char(to, '\\');
		build_char(to, text.at[i]);
	}
	build_char(to, '\'');
}

static void write_bytes(struct text bytes, struct builder *to)
{
	build_text(to, TEXT("h'"));
	for (size_t i = 0; i < bytes.size; i++)
		build_format(to, "%02x", (unsigned)(uint8_t)bytes.at[i]);
	build_char(to, '\'');
}

/* As a float with a point: without one it would be read as an integer. */
static void write_real(double real, struct builder *to)
{
	char text[400]; /* no exponent: the grammar has none */
	snprintf(text, sizeof text, "%.17f", real);
	size_t size = strlen(text);
	while (size > 2 && text[size - 1] == '0' && text[size - 2] != '.')
		size--;
	build_text(to, (struct text){ text, size });
}

static void write_time(nanoseconds time, struct builder *to)
{
	char text[TIME_TEXT];
	build_format(to, "t'%s'", time_format(time, text));
}

static void write_constant(const struct stix_constant *constant, struct builder *to)
{
	switch (constant->kind) {
	case STIX_STRING:
		write_string(constant->text, to);
		break;
	case STIX_INTEGER:
		build_format(to, "%" PRIi64, constant->integer);
		break;
	case STIX_FLOAT:
		write_real(constant->real, to);
		break;
	case STIX_BOOLEAN:
		build_text(to, constant->integer ? TEXT("true") : TEXT("false"));
		break;
	case STIX_TIMESTAMP:
		write_time(constant->time, to);
		break;
	case STIX_BYTES:
		write_bytes(constant->text, to);
		break;
	}
}

static bool is_plain_key(struct text key)
{
	for (size_t i = 0; i < key.size; i++) {
		char c = key.at[i];
		bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
		if (!letter && !(i > 0 && c >= '0' && c <= '9'))
			return false;
	}
	return key.size > 0;
}

static void write_path(const struct stix_path *path, struct builder *to)
{
	build_text(to, path->object);
	for (uint32_t i = 0; i < path->count; i++) {
		const struct stix_step *step = &path->steps[i];
		if (step->kind == STIX_EACH)
			build_text(to, TEXT("[*]"));
		else if (step->kind == STIX_INDEX)
			build_format(to, "[%" PRIi64 "]", step->index);
		else
			build_char(to, i ? '.' : ':');
		if (step->kind == STIX_KEY && is_plain_key(step->key))
			build_text(to, step->key);
		else if (step->kind == STIX_KEY)
			write_string(step->key, to);
	}
}

static void write_test(const struct stix_node *node, struct builder *to)
{
	if (node->operator== STIX_EXISTS)
		build_text(to, TEXT("EXISTS "));
	write_path(&node->path, to);
	if (node->operator== STIX_EXISTS)
		return;
	build_format(to, "%s %s ", node->negated ? " NOT" : "", stix_operator_name(node->operator));
	if (node->operator== STIX_IN)
		build_char(to, '(');
	for (uint32_t i = 0; i < node->constant_count; i++) {
		if (i)
			build_text(to, TEXT(", "));
		write_constant(&node->constants[i], to);
	}
	if (node->operator== STIX_IN)
		build_char(to, ')');
}

/* How tightly what joins two binds: those that bind less tightly stand in brackets within. */
static int tightness(enum stix_node_kind kind)
{
	switch (kind) {
	case STIX_FOLLOWED_BY:
		return 1;
	case STIX_EITHER:
	case STIX_ANY:
		return 2;
	case STIX_ALSO:
	case STIX_ALL:
		return 3;
	default:
		return 4;
	}
}

static void write_node(const struct stix_node *node, struct builder *to);

static void write_within(const struct stix_node *node, int tight, struct builder *to)
{
	bool brackets = tightness(node->kind) < tight;
	if (brackets)
		build_char(to, '(');
	write_node(node, to);
	if (brackets)
		build_char(to, ')');
}

static void write_joined(const struct stix_node *node, const char *word, struct builder *to)
{
	for (const struct stix_node *at = node->first; at; at = at->next) {
		write_within(at, tightness(node->kind) + 1, to);
		if (at->next)
			build_format(to, " %s ", word);
	}
}

static void write_qualified(const struct stix_node *node, struct builder *to)
{
	write_within(node->first, 4, to);
	if (node->kind == STIX_WITHIN) {
		build_text(to, TEXT(" WITHIN "));
		write_real(node->seconds, to);
		build_text(to, TEXT(" SECONDS"));
	} else if (node->kind == STIX_REPEATS) {
		build_format(to, " REPEATS %" PRIu32 " TIMES", node->times);
	} else {
		build_text(to, TEXT(" START "));
		write_time(node->start, to);
		build_text(to, TEXT(" STOP "));
		write_time(node->stop, to);
	}
}

static void write_node(const struct stix_node *node, struct builder *to)
{
	switch (node->kind) {
	case STIX_OBSERVATION:
		build_char(to, '[');
		write_node(node->first, to);
		build_char(to, ']');
		break;
	case STIX_ALSO:
	case STIX_ALL:
		write_joined(node, "AND", to);
		break;
	case STIX_EITHER:
	case STIX_ANY:
		write_joined(node, "OR", to);
		break;
	case STIX_FOLLOWED_BY:
		write_joined(node, "FOLLOWEDBY", to);
		break;
	case STIX_WITHIN:
	case STIX_REPEATS:
	case STIX_BETWEEN:
		write_qualified(node, to);
		break;
	case STIX_TEST:
		write_test(node, to);
		break;
	}
}

void stix_pattern_write(const struct stix_pattern *pattern, struct builder *to)
{
	write_node(pattern->root, to);
}
