/*
 * Lists for devices; see lists.h. In: rows of store/shared.h by their numbers. Out: the text of a list. Called by
 * list_routes.c.
 *
 * Lines are made once, when their row is taken, and lie one behind the other; a row that changes leaves a hole and
 * comes again at the end. So the order is that of the numbers, and the same after a restart.
 */
#include "intel/lists.h"

#include "base/hash.h"
#include "intel/export_inner.h"
#include "store/shared.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LISTS_KEPT 256u
#define LISTS_BYTES (192u << 20)
#define LISTS_FOR HOUR
#define SLICE (10 * MILLISECOND)
#define ROWS 500u
#define RULES_EACH 4u           /* numbers of rules for a row: more than one value has */
#define SID_ODD 3000000000u     /* from here on for what is beyond that */
#define HOLES_LEAST (64u << 10) /* bytes */

struct line {
	uint32_t row;
	uint32_t next; /* of the same row: its place + 1; 0 = none */
	uint32_t size; /* 0: a hole */
	size_t at;
	struct hash128 value; /* by which it is told from others */
};

struct list {
	bool used;
	struct hash128 key;
	enum item_action least;
	uint32_t community;
	unsigned kinds;              /* bits */
	struct exporting *exporting; /* its text: the head, and the lines with holes */
	struct line *lines;
	size_t line_count, line_room, holes; /* holes: bytes */
	uint32_t *slots;                     /* by row: the place of its first line + 1 */
	size_t slot_room;                    /* a power of two */
	uint64_t number;                     /* changes up to here are in it */
	uint64_t begun;                      /* what was removed when it began (store_shared_purged()) */
	bool changed, failed;
	uint32_t odd;        /* numbers of rules given from SID_ODD on */
	nanoseconds asked;   /* monotonic */
	struct builder out;  /* as it was last given */
	struct hash128 mark; /* of its lines */
	struct list_answer answer;
};

struct lists {
	struct list all[LISTS_KEPT];
};

struct lists *lists_new(void)
{
	return calloc(1, sizeof(struct lists));
}

static void list_end(struct list *list)
{
	exporting_free(list->exporting);
	builder_free(&list->out);
	free(list->lines);
	free(list->slots);
	*list = (struct list){ 0 };
}

void lists_free(struct lists *lists)
{
	for (size_t i = 0; lists && i < LISTS_KEPT; i++)
		list_end(&lists->all[i]);
	free(lists);
}

void lists_tick(struct lists *lists)
{
	for (size_t i = 0; i < LISTS_KEPT; i++)
		if (lists->all[i].used && time_monotonic() - lists->all[i].asked > LISTS_FOR)
			list_end(&lists->all[i]);
}

/* ── lines ─ */

static uint32_t *slot_of(const struct list *list, uint32_t row)
{
	size_t slot = hash_u64(row, 1) & (list->slot_room - 1);
	while (list->slots[slot] && list->lines[list->slots[slot] - 1].row != row)
		slot = (slot + 1) & (list->slot_room - 1);
	return &list->slots[slot];
}

/* For one line more, and its row. */
static bool make_room(struct list *list)
{
	if (list->line_count == list->line_room) {
		size_t room = list->line_room ? 2 * list->line_room : 256;
		struct line *lines = realloc(list->lines, room * sizeof *lines);
		if (!lines)
			return false;
		list->lines = lines;
		list->line_room = room;
	}
	if (list->slot_room > 2 * (list->line_count + 1))
		return true;
	size_t room = list->slot_room ? 2 * list->slot_room : 1024;
	uint32_t *slots = calloc(room, sizeof *slots);
	if (!slots)
		return false;
	free(list->slots);
	list->slots = slots;
	list->slot_room = room;
	for (size_t i = 0; i < list->line_count; i++) /* a row's last line leads to its others */
		*slot_of(list, list->lines[i].row) = (uint32_t)i + 1;
	return true;
}

/* Its lines become holes, of which the last stays where the row is looked for. */
static void take_out(struct list *list, uint32_t row)
{
	uint32_t last = list->slot_room ? *slot_of(list, row) : 0;
	for (uint32_t place = last; place; place = list->lines[place - 1].next) {
		struct line *line = &list->lines[place - 1];
		list->changed |= line->size > 0;
		list->holes += line->size;
		line->size = 0;
	}
	if (last)
		list->lines[last - 1].next = 0;
}

/* The line is written, from `before` on. */
static void add_line(struct list *list, uint32_t row, size_t before, struct hash128 value)
{
	if (!make_room(list)) {
		list->failed = true;
		return;
	}
	uint32_t *slot = slot_of(list, row);
	list->lines[list->line_count++] = (struct line){ .row = row,
		.next = *slot,
		.size = (uint32_t)(list->exporting->text.size - before),
		.at = before,
		.value = value };
	*slot = (uint32_t)list->line_count;
	list->changed = true;
}

/* Rules keep their numbers: those of a row follow from its id. */
static uint32_t first_sid(struct list *list, uint32_t row, bool further)
{
	if (!further && row < (SID_ODD - LIST_FIRST_SID) / RULES_EACH)
		return LIST_FIRST_SID + row * RULES_EACH;
	uint32_t sid = SID_ODD + list->odd;
	list->odd += RULES_EACH;
	return sid;
}

static void add_value(struct list *list, const struct shared *row, struct text type, struct text value, bool further)
{
	struct exporting *exporting = list->exporting;
	enum indicator_kind kind;
	char id[32];
	if (!indicator_kind_named(type, &kind) || !(list->kinds >> kind & 1))
		return;
	snprintf(id, sizeof id, "indicator-%u", row->id);
	const struct item item = { .id = text_of(id), .valid_until = { .when = row->until }, .action = row->action };
	size_t before = exporting->text.size;
	exporting->sid = first_sid(list, row->id, further);
	exporting->options.drop = list->least == ITEM_BLOCK;
	if (!exporting->format->value(exporting, &item, kind, value)) {
		exporting->text.size = before;
		return;
	}
	/* where a line says which indicator it is, each stands for itself */
	add_line(list, row->id, before,
	    hash128_bytes(value.at, value.size, kind + 1u + (exporting->format->handling ? row->id * 64ull : 0)));
}

static void add_row(struct list *list, const struct shared *row)
{
	json_t *values = json_loadb(row->body.at, row->body.size, 0, NULL), *value;
	size_t index;
	json_array_foreach(values, index, value)
	{
		json_t *type = json_array_get(value, 0), *text = json_array_get(value, 1);
		if (json_is_string(type) && json_is_string(text))
			add_value(list, row, text_of(json_string_value(type)),
			    (struct text){ json_string_value(text), json_string_length(text) }, index > 0);
	}
	json_decref(values);
}

struct taking {
	struct list *list;
	unsigned count;
};

static void take_row(void *context, const struct shared *row)
{
	struct taking *taking = context;
	struct list *list = taking->list;
	taking->count++;
	take_out(list, row->id);
	if (!row->withdrawn && row->action >= list->least && (!list->community || row->community == list->community))
		add_row(list, row);
	list->number = row->number;
}

/* ── the text ─ */

static bool is_first(struct hash128 *seen, size_t room, struct hash128 value)
{
	size_t slot = value.low & (room - 1);
	value.low |= !(value.low | value.high);
	while (seen[slot].low | seen[slot].high) {
		if (seen[slot].low == value.low && seen[slot].high == value.high)
			return false;
		slot = (slot + 1) & (room - 1);
	}
	seen[slot] = value;
	return true;
}

/* Each value once. */
static enum error gather(const struct list *list, struct builder *to, uint64_t *count, struct failure *failure)
{
	size_t room = 1024;
	while (room < 2 * list->line_count)
		room *= 2;
	struct hash128 *seen = calloc(room, sizeof *seen);
	*count = 0;
	for (size_t i = 0; seen && i < list->line_count; i++) {
		const struct line *line = &list->lines[i];
		if (!line->size || !is_first(seen, room, line->value))
			continue;
		build_text(to, (struct text){ list->exporting->text.at + line->at, line->size });
		++*count;
	}
	bool made = seen && !to->failed && !list->exporting->text.failed && !list->failed;
	free(seen);
	return made ? OK : fail(failure, ERROR_MEMORY, "no memory for a list");
}

/* With other lines it is a new one: its time, which is a zone's serial number too, is later than the one before. */
static enum error write_list(struct list *list, struct text lines, nanoseconds now, struct failure *failure)
{
	struct export_options options = list->exporting->options;
	uint8_t digest[32];
	nanoseconds second = now / SECOND * SECOND;
	options.now = second > list->answer.modified ? second : list->answer.modified + SECOND;
	struct exporting *head = exporting_new(list->exporting->format, &options);
	if (!head)
		return fail(failure, ERROR_MEMORY, "no memory for a list");
	builder_clear(&list->out);
	build_text(&list->out, (struct text){ head->text.at, head->text.size });
	build_text(&list->out, lines);
	exporting_free(head);
	if (list->out.failed)
		return fail(failure, ERROR_MEMORY, "no memory for a list");
	sha256(list->out.at, list->out.size, digest);
	memcpy(&list->answer.tag, digest, sizeof list->answer.tag);
	list->answer.tag |= list->answer.tag == 0;
	list->answer.text = (struct text){ list->out.at, list->out.size };
	list->answer.modified = options.now;
	return OK;
}

static enum error finish(struct list *list, nanoseconds now, struct failure *failure)
{
	struct builder lines = { 0 };
	uint64_t count;
	enum error error = gather(list, &lines, &count, failure);
	struct hash128 mark = error ? (struct hash128){ 0 } : hash128_bytes(lines.at, lines.size, 7);
	bool same = list->answer.tag && mark.low == list->mark.low && mark.high == list->mark.high;
	if (!error && lines.size > LIST_LARGEST)
		error = fail(failure, ERROR_LIMIT,
		    "The list is larger than %u MiB: ask for one kind of values, or one community.",
		    LIST_LARGEST >> 20);
	if (!error && !same)
		error = write_list(list, (struct text){ lines.at, lines.size }, now, failure);
	if (!error) {
		list->mark = mark;
		list->answer.count = count;
		list->changed = false;
	}
	builder_free(&lines);
	return error;
}

/* ── which ─ */

static struct hash128 key_of(const struct scope *scope, const struct list_question *question)
{
	size_t count;
	const uint32_t *communities = scope_communities(scope, &count);
	struct hash128 key =
	    hash128_bytes(communities ? (const void *)communities : "", count * sizeof *communities, 5);
	const uint64_t parts[] = { key.low, key.high, hash_text(text_of(question->format), 1), question->least,
		hash_text(text_of(question->kind), 2), question->community };
	return hash128_bytes(parts, sizeof parts, 6);
}

static size_t bytes_of(const struct list *list)
{
	return (list->exporting ? list->exporting->text.size : 0) + list->out.size +
	       list->line_room * sizeof *list->lines + list->slot_room * sizeof *list->slots;
}

/* The one that was asked for longest ago goes until the others leave room. */
static void make_place(struct lists *lists, const struct list *but)
{
	for (;;) {
		size_t bytes = 0, count = 0;
		struct list *oldest = NULL;
		for (size_t i = 0; i < LISTS_KEPT; i++) {
			struct list *list = &lists->all[i];
			bytes += bytes_of(list);
			count += list->used;
			if (list->used && list != but && (!oldest || list->asked < oldest->asked))
				oldest = list;
		}
		if (!oldest || (bytes <= LISTS_BYTES && count < LISTS_KEPT))
			return;
		list_end(oldest);
	}
}

static unsigned kinds_of(struct text word)
{
	enum indicator_kind kind;
	if (word.size == 0)
		return INDICATOR_ANY;
	if (text_equal(word, TEXT("name")))
		return INDICATOR_BIT(INDICATOR_DOMAIN) | INDICATOR_BIT(INDICATOR_HOSTNAME);
	return indicator_kind_named(word, &kind) ? INDICATOR_BIT(kind) : 0;
}

static enum error begin_list(
    struct list *list, struct hash128 key, const struct list_question *question, struct failure *failure)
{
	const struct export_options options = {
		.tlp = TLP_RED, .sid = LIST_FIRST_SID, .zone = "rpz.noroshi", .unmarked = true
	};
	const nanoseconds modified = list->answer.modified; /* of the list that this one takes the place of */
	list_end(list);
	list->exporting = exporting_new(export_format_named(question->format), &options);
	list->used = list->exporting != NULL;
	list->key = key;
	list->least = question->least;
	list->community = question->community;
	list->kinds = kinds_of(text_of(question->kind));
	list->changed = true;
	list->answer.modified = modified;
	if (!list->used)
		return fail(failure, ERROR_MEMORY, "no memory for a list");
	builder_clear(&list->exporting->text);
	return OK;
}

static enum error find_list(struct lists *lists, const struct scope *scope, const struct list_question *question,
    struct list **to, struct failure *failure)
{
	struct hash128 key = key_of(scope, question);
	for (size_t i = 0; i < LISTS_KEPT; i++) {
		struct list *list = *to = &lists->all[i];
		if (!list->used || list->key.low != key.low || list->key.high != key.high)
			continue;
		bool holes = list->holes > HOLES_LEAST && list->holes > list->exporting->text.size / 2;
		return holes ? begin_list(list, key, question, failure) : OK;
	}
	make_place(lists, NULL);
	*to = &lists->all[0];
	for (size_t i = 0; i < LISTS_KEPT && (*to)->used; i++)
		*to = &lists->all[i];
	return begin_list(*to, key, question, failure);
}

enum error lists_read(struct lists *lists, struct store *store, const struct scope *scope,
    const struct list_question *question, nanoseconds now, bool *ready, struct list_answer *answer,
    struct failure *failure)
{
	struct list *list;
	nanoseconds began = time_monotonic();
	enum error error = find_list(lists, scope, question, &list, failure);
	*ready = false;
	if (error)
		return error;
	list->asked = began;
	uint64_t gone;
	error = store_shared_purged(store, scope, &gone, failure);
	if (!error && list->number < gone && list->begun != gone) /* it may have what went */
		error = begin_list(list, list->key, question, failure);
	if (!error)
		list->begun = gone;
	do {
		struct taking taking = { .list = list };
		if (error)
			break;
		error = store_shared_since(store, scope, list->number, ROWS, take_row, &taking, failure);
		*ready = taking.count < ROWS;
		if (!error && (list->failed || list->exporting->text.failed))
			error = fail(failure, ERROR_MEMORY, "no memory for a list");
		if (!error && list->exporting->text.size > 2 * (size_t)LIST_LARGEST)
			error = fail(failure, ERROR_LIMIT,
			    "The list is larger than %u MiB: ask for one kind of values, or one community.",
			    LIST_LARGEST >> 20);
	} while (!error && !*ready && time_monotonic() - began < SLICE);
	make_place(lists, list);
	if (!error && *ready && list->changed)
		error = finish(list, now, failure);
	if (error)
		list_end(list);
	else if (*ready)
		*answer = list->answer;
	return error;
}
