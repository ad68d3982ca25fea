/*
 * Sets of signatures: reading files of rules, and the filters that Vectorscan makes of one pattern of each signature.
 */
#include "base/hash.h"
#include "base/stream.h"
#include "match/signature_inside.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define VARIABLES_MOST 256

struct variable {
	struct text name, value;
};

struct signature_builder {
	struct signature_set *set;
	size_t room;
	struct variable variables[VARIABLES_MOST];
	size_t variable_count;
	struct text bit_names[FLOW_BITS];
	size_t bit_count;
	struct {
		uint64_t key; /* gid and sid */
		uint32_t number;
	} * seen; /* hash table of the signatures, open addressing; number + 1 */
	size_t seen_room;
};

/* ── variables and names ─ */

static struct text variable_value(const void *context, struct text name)
{
	const struct signature_builder *builder = context;
	for (size_t i = builder->variable_count; i > 0; i--)
		if (text_equal(builder->variables[i - 1].name, name))
			return builder->variables[i - 1].value;
	return TEXT_NONE;
}

enum error signature_builder_variable(
    struct signature_builder *builder, struct text name, struct text value, struct failure *failure)
{
	struct address_list addresses;
	struct port_list ports;
	struct arena *arena = builder->set->arena;
	if (address_list_parse(arena, value, variable_value, builder, &addresses, failure) != OK &&
	    port_list_parse(arena, value, variable_value, builder, &ports, failure) != OK)
		return fail(failure, ERROR_INPUT, "%.*s: neither a list of addresses nor one of ports", (int)name.size,
		    name.at);
	if (builder->variable_count == VARIABLES_MOST)
		return fail(failure, ERROR_LIMIT, "more than %d variables", VARIABLES_MOST);
	struct variable *variable = &builder->variables[builder->variable_count];
	variable->name = arena_text(arena, name);
	variable->value = arena_text(arena, value);
	if (!variable->name.at || !variable->value.at)
		return fail(failure, ERROR_MEMORY, "no memory for the signatures");
	builder->variable_count++;
	return OK;
}

static int bit_number(void *context, struct text name)
{
	struct signature_builder *builder = context;
	for (size_t i = 0; i < builder->bit_count; i++)
		if (text_equal(builder->bit_names[i], name))
			return (int)i;
	struct text copy = builder->bit_count < FLOW_BITS ? arena_text(builder->set->arena, name) : TEXT_NONE;
	if (!copy.at)
		return -1;
	builder->bit_names[builder->bit_count] = copy;
	return (int)builder->bit_count++;
}

struct signature_builder *signature_builder_new(void)
{
	static const char *const defaults[][2] = {
		{ "HOME_NET", "[192.168.0.0/16,10.0.0.0/8,172.16.0.0/12,fc00::/7]" },
		{ "EXTERNAL_NET", "!$HOME_NET" },
		{ "HTTP_SERVERS", "$HOME_NET" },
		{ "SMTP_SERVERS", "$HOME_NET" },
		{ "SQL_SERVERS", "$HOME_NET" },
		{ "DNS_SERVERS", "$HOME_NET" },
		{ "TELNET_SERVERS", "$HOME_NET" },
		{ "AIM_SERVERS", "$EXTERNAL_NET" },
		{ "DC_SERVERS", "$HOME_NET" },
		{ "DNP3_SERVER", "$HOME_NET" },
		{ "DNP3_CLIENT", "$HOME_NET" },
		{ "MODBUS_CLIENT", "$HOME_NET" },
		{ "MODBUS_SERVER", "$HOME_NET" },
		{ "ENIP_CLIENT", "$HOME_NET" },
		{ "ENIP_SERVER", "$HOME_NET" },
		{ "HTTP_PORTS", "80" },
		{ "SHELLCODE_PORTS", "!80" },
		{ "ORACLE_PORTS", "1521" },
		{ "SSH_PORTS", "22" },
		{ "DNP3_PORTS", "20000" },
		{ "MODBUS_PORTS", "502" },
		{ "FILE_DATA_PORTS", "[$HTTP_PORTS,110,143]" },
		{ "FTP_PORTS", "21" },
		{ "GENEVE_PORTS", "6081" },
		{ "VXLAN_PORTS", "4789" },
		{ "TEREDO_PORTS", "3544" },
	};
	struct signature_builder *builder = calloc(1, sizeof *builder);
	if (builder)
		builder->set = calloc(1, sizeof *builder->set);
	if (builder && builder->set)
		builder->set->arena = arena_new(0);
	bool good = builder && builder->set && builder->set->arena;
	for (size_t i = 0; good && i < sizeof defaults / sizeof *defaults; i++)
		good =
		    signature_builder_variable(builder, text_of(defaults[i][0]), text_of(defaults[i][1]), NULL) == OK;
	if (good)
		return builder;
	signature_builder_free(builder);
	return NULL;
}

void signature_builder_free(struct signature_builder *builder)
{
	if (!builder)
		return;
	signature_set_free(builder->set);
	free(builder->seen);
	free(builder);
}

/* ── reading ─ */

static bool grow_seen(struct signature_builder *builder)
{
	size_t room = builder->seen_room ? builder->seen_room * 2 : 1024;
	void *seen = calloc(room, sizeof *builder->seen);
	if (!seen)
		return false;
	free(builder->seen);
	builder->seen = seen;
	builder->seen_room = room;
	for (uint32_t i = 0; i < builder->set->count; i++) {
		const struct signature_alert *alert = &builder->set->signatures[i].alert;
		uint64_t key = (uint64_t)alert->gid << 32 | alert->sid;
		size_t at = hash_u64(key, 0) & (room - 1);
		while (builder->seen[at].number)
			at = (at + 1) & (room - 1);
		builder->seen[at].key = key;
		builder->seen[at].number = i + 1;
	}
	return true;
}

/* The signature goes into the set, or in the place of an earlier one of the same number with a lower rev. */
static enum error add_signature(struct signature_builder *builder, struct signature *signature, struct failure *failure)
{
	struct signature_set *set = builder->set;
	if (set->count * 2 >= builder->seen_room && !grow_seen(builder))
		return fail(failure, ERROR_MEMORY, "no memory for the signatures");
	uint64_t key = (uint64_t)signature->alert.gid << 32 | signature->alert.sid;
	size_t at = hash_u64(key, 0) & (builder->seen_room - 1);
	while (builder->seen[at].number && builder->seen[at].key != key)
		at = (at + 1) & (builder->seen_room - 1);
	if (builder->seen[at].number) {
		struct signature *other = &set->signatures[builder->seen[at].number - 1], copy = *other;
		set->counts.repeated++;
		if (other->alert.rev < signature->alert.rev) {
			*other = *signature;
			*signature = copy;
		}
		signature_release(signature);
		return OK;
	}
	if (set->count == SIGNATURES_MOST)
		return fail(failure, ERROR_LIMIT, "more than %u signatures", SIGNATURES_MOST);
	if (set->count == builder->room) {
		void *more = array_grow(set->signatures, &builder->room, 256, sizeof *set->signatures);
		if (!more)
			return fail(failure, ERROR_MEMORY, "no memory for the signatures");
		set->signatures = more;
	}
	set->signatures[set->count++] = *signature;
	builder->seen[at].key = key;
	builder->seen[at].number = set->count;
	return OK;
}

struct reading {
	struct signature_builder *builder;
	const char *file;
	signature_complaint complain;
	void *context;
};

static enum error take_rule(const struct reading *reading, struct text rule, uint64_t line, struct failure *failure)
{
	struct signature_builder *builder = reading->builder;
	const struct signature_reader reader = { builder->set->arena, variable_value, builder, bit_number, builder };
	struct signature signature;
	struct failure why = { 0 };
	rule = text_trim(rule);
	if (rule.size == 0 || rule.at[0] == '#')
		return OK;
	enum error error = memchr(rule.at, '\0', rule.size) ? fail(&why, ERROR_INPUT, "there is a NUL in it")
							    : signature_parse(&reader, rule, &signature, &why);
	if (error == OK) {
		error = add_signature(builder, &signature, failure);
		if (error)
			signature_release(&signature);
		return error;
	}
	if (error != ERROR_INPUT)
		return fail(failure, error, "%s: line %" PRIu64 ": %s", reading->file, line, why.words);
	builder->set->counts.skipped++;
	if (reading->complain)
		reading->complain(reading->context, reading->file, line, &why);
	return OK;
}

/* A rule goes on in the next line behind a backslash at the end. */
static enum error read_lines(
    const struct reading *reading, struct stream *stream, struct builder *rule, struct failure *failure)
{
	struct line line;
	uint64_t first = 0;
	enum error error;
	while (!(error = stream_line(stream, SIGNATURE_LONGEST, &line, failure))) {
		struct text text = text_trim(line.text);
		bool more = text.size > 0 && text.at[text.size - 1] == '\\' && text.at[0] != '#';
		if (rule->size == 0)
			first = line.number;
		text.size -= more;
		if (rule->size + text.size <= SIGNATURE_LONGEST)
			build_text(rule, text);
		if (more && rule->size < SIGNATURE_LONGEST) {
			build_char(rule, ' ');
			continue;
		}
		error = rule->failed ? fail(failure, ERROR_MEMORY, "no memory for the signatures")
				     : take_rule(reading, (struct text){ rule->at, rule->size }, first, failure);
		builder_clear(rule);
		if (error)
			return error;
	}
	if (error == ERROR_END)
		return take_rule(reading, (struct text){ rule->at, rule->size }, first, failure);
	return error;
}

enum error signature_builder_read(struct signature_builder *builder, struct stream *stream,
    signature_complaint complain, void *context, struct failure *failure)
{
	const struct reading reading = { builder, stream_name(stream), complain, context };
	struct builder rule = { 0 };
	enum error error = read_lines(&reading, stream, &rule, failure);
	builder_free(&rule);
	return error;
}

/* ── compiling ─ */

static int compare_order(const void *a, const void *b)
{
	const struct signature *x = a, *y = b;
	return x->order < y->order ? -1 : x->order > y->order;
}

enum error signature_builder_compile(
    struct signature_builder *builder, struct signature_set **set, struct failure *failure)
{
	struct signature_set *made = builder->set;
	for (uint32_t i = 0; i < made->count; i++)
		made->signatures[i].order = made->signatures[i].order << 32 | i;
	if (made->count > 0)
		qsort(made->signatures, made->count, sizeof *made->signatures, compare_order);
	for (uint32_t i = 0; i < made->count; i++)
		for (uint16_t j = 0; j < made->signatures[i].group_count; j++)
			for (int k = 0; k < 2; k++)
				made->wanted[made->signatures[i].groups[j].buffers[k]] = true;
	random_bytes(&made->id, sizeof made->id);
	made->counts.read = made->count;
	enum error error = signature_filters_make(made, failure);
	if (!error) {
		*set = made;
		builder->set = NULL;
	}
	signature_builder_free(builder);
	return error;
}

void signature_set_free(struct signature_set *set)
{
	if (!set)
		return;
	for (uint32_t i = 0; i < set->count; i++)
		signature_release(&set->signatures[i]);
	for (int i = 0; i < BUFFER_COUNT; i++) {
		hs_free_database(set->filters[i].database);
		free(set->filters[i].first);
		free(set->filters[i].signatures);
		free(set->filters[i].unfiltered);
	}
	free(set->signatures);
	arena_free(set->arena);
	free(set);
}

struct signature_counts signature_set_count(const struct signature_set *set)
{
	return set->counts;
}

void signature_set_each(const struct signature_set *set, signature_visitor visit, void *context)
{
	for (uint32_t i = 0; i < set->count; i++)
		visit(context, &set->signatures[i].alert);
}

bool signature_set_wants(const struct signature_set *set, enum field field)
{
	return field < FIELD_COUNT && set->wanted[field];
}
