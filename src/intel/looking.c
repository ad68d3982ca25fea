/*
 * Indicators over records; see looking.h.
 */
#include "intel/looking.h"

#include "base/hash.h"
#include "intel/observable.h"
#include "intel/observation.h"
#include "match/indicator_set.h"
#include "match/stix_observed.h"

#include <stdio.h>
#include <stdlib.h>

#define TRYING_BYTES ((size_t)256 << 20) /* of memory for one pattern over one window */
#define PATTERN_BYTES ((size_t)64 << 20)
#define NAME_LONGEST 256u

struct known {
	struct text id, name;
	enum tlp tlp;
};

struct sought {
	struct stix_pattern pattern;
	uint32_t known;
	bool single; /* one record is enough */
};

struct looking {
	looking_visitor visit;
	intel_complaint complain;
	void *context;
	struct arena *arena, *scratch, *trying;
	struct json_parser *parser;
	struct looking_counts counts;
	struct known *known;
	size_t known_count, known_room;
	const char *path; /* of the indicators, for complaints */
	struct sought *sought;
	size_t sought_count, sought_room;
	struct indicator_builder *builder;
	struct indicator_set *set;
	struct builder line;
	/* the record at hand */
	const struct place *place;
	uint32_t met[64];
	size_t met_count;
	/* the window: JSON of each record, with commas between, and where it begins */
	struct builder window;
	struct place *places;
	size_t *offsets;
	uint32_t count;
	uint64_t before;     /* records before the window's first */
	uint64_t told[1024]; /* hashes of what the window before told, too */
	enum error error;
};

struct looking *looking_new(looking_visitor visit, intel_complaint complain, void *context)
{
	struct looking *looking = calloc(1, sizeof *looking);
	if (!looking)
		return NULL;
	looking->visit = visit;
	looking->complain = complain;
	looking->context = context;
	looking->arena = arena_new(0);
	looking->scratch = arena_new(PATTERN_BYTES);
	looking->trying = arena_new(TRYING_BYTES);
	looking->parser = json_parser_new(64);
	looking->builder = indicator_builder_new();
	looking->places = calloc(LOOKING_WINDOW, sizeof *looking->places);
	looking->offsets = calloc(LOOKING_WINDOW + 1, sizeof *looking->offsets);
	if (looking->arena && looking->scratch && looking->trying && looking->parser && looking->builder &&
	    looking->places && looking->offsets)
		return looking;
	looking_free(looking);
	return NULL;
}

void looking_free(struct looking *looking)
{
	if (!looking)
		return;
	arena_free(looking->arena);
	arena_free(looking->scratch);
	arena_free(looking->trying);
	json_parser_free(looking->parser);
	indicator_builder_free(looking->builder);
	indicator_set_free(looking->set);
	builder_free(&looking->line);
	builder_free(&looking->window);
	free(looking->known);
	free(looking->sought);
	free(looking->places);
	free(looking->offsets);
	free(looking);
}

struct looking_counts looking_count(const struct looking *looking)
{
	return looking->counts;
}

/* ── what is looked for ─ */

static void take_value(void *context, enum indicator_kind kind, struct text value)
{
	struct looking *looking = context;
	struct failure why = { 0 };
	enum error error =
	    indicator_builder_add(looking->builder, kind, value, INDICATOR_ALERT, (uint32_t)looking->known_count, &why);
	if (error == ERROR_INPUT && looking->complain)
		looking->complain(looking->context, looking->path, &why);
	else if (error)
		looking->error = error;
	else
		looking->counts.values++;
}

static bool is_single(const struct stix_node *node)
{
	if (node->kind != STIX_EITHER)
		return node->kind == STIX_OBSERVATION;
	for (const struct stix_node *at = node->first; at; at = at->next)
		if (!is_single(at))
			return false;
	return true;
}

static enum error take_pattern(struct looking *looking, struct text text)
{
	if (looking->sought_count == LOOKING_PATTERNS)
		return ERROR_LIMIT;
	if (looking->sought_count == looking->sought_room) {
		struct sought *more = array_grow(looking->sought, &looking->sought_room, 64, sizeof *more);
		if (!more)
			return ERROR_MEMORY;
		looking->sought = more;
	}
	struct sought *sought = &looking->sought[looking->sought_count];
	sought->known = (uint32_t)looking->known_count;
	text = arena_text(looking->arena, text);
	enum error error = text.at ? stix_pattern_read(text, looking->arena, &sought->pattern, NULL) : ERROR_MEMORY;
	if (error)
		return error;
	sought->single = is_single(sought->pattern.root);
	looking->sought_count++;
	looking->counts.patterns++;
	return OK;
}

static enum error take_known(struct looking *looking, const struct item *item)
{
	if (looking->known_count == looking->known_room) {
		struct known *more = array_grow(looking->known, &looking->known_room, 1024, sizeof *more);
		if (!more)
			return ERROR_MEMORY;
		looking->known = more;
	}
	struct text name = item->name;
	name.size = name.size < NAME_LONGEST ? name.size : 0;
	looking->known[looking->known_count++] = (struct known){ .id = arena_text(looking->arena, item->id),
		.name = name.size ? arena_text(looking->arena, name) : TEXT_NONE,
		.tlp = item->tlp };
	return looking->known[looking->known_count - 1].id.at ? OK : ERROR_MEMORY;
}

static enum error take_item(struct looking *looking, const struct item *item, bool expired)
{
	struct failure why = { 0 }, said;
	struct item timeless = *item;
	bool told = false;
	if (expired)
		timeless.valid_from = timeless.valid_until = (struct item_time){ 0 };
	if (!observable_holds(&timeless, time_now())) {
		looking->counts.passed_over++;
		return OK;
	}
	bool stix = item->form <= ITEM_STIX_20 || text_equal(item->pattern_type, TEXT("stix2-pattern"));
	bool other =
	    item->form <= ITEM_STIX_20 && item->pattern_type.size && !text_equal(item->pattern_type, TEXT("stix"));
	enum error error = other ? OK : observables_tell(item, looking->scratch, take_value, looking, &told, &why);
	if (!error && !told && stix && !other)
		error = take_pattern(looking, item->pattern);
	else if (!error && !told && !looking->error) {
		looking->counts.passed_over++;
		return OK;
	}
	if (error == ERROR_INPUT) {
		fail(&said, ERROR_INPUT, "%.*s: pattern: %s", (int)item->id.size, item->id.at, why.words);
		if (looking->complain)
			looking->complain(looking->context, looking->path, &said);
		return OK;
	}
	if (error || looking->error)
		return error ? error : looking->error;
	looking->counts.indicators++;
	return take_known(looking, item);
}

enum error looking_load(struct looking *looking, const char *path, bool expired, struct failure *failure)
{
	struct intel_source *source;
	struct intel_group group;
	looking->path = path;
	enum error error = intel_source_open(path, looking->complain, looking->context, &source, failure), wrong = OK;
	if (error)
		return error;
	while (!wrong && !(error = intel_source_next(source, &group, failure)))
		for (uint32_t i = 0; i < group.count && !wrong; i++)
			wrong = take_item(looking, &group.items[i], expired);
	intel_source_close(source);
	if (wrong)
		return fail(failure, wrong, "%s: there is no room for more indicators", path);
	return error == ERROR_END ? OK : error;
}

enum error looking_take(
    struct looking *looking, const struct item *item, bool expired, const char *from, struct failure *failure)
{
	looking->path = from;
	enum error error = take_item(looking, item, expired);
	return error ? fail(failure, error, "%s: there is no room for more indicators", from) : OK;
}

enum error looking_begin(struct looking *looking, struct failure *failure)
{
	struct indicator_builder *builder = looking->builder;
	looking->builder = NULL;
	return indicator_builder_compile(builder, &looking->set, failure);
}

/* ── what is found ─ */

static void build_place(struct builder *to, const struct place *place)
{
	char text[TIME_TEXT > ADDRESS_TEXT ? TIME_TEXT : ADDRESS_TEXT];
	build_text(to, place->id[0] ? TEXT("{\"organisation\":") : TEXT("{\"file\":"));
	build_json_string(to, text_of(place->file));
	if (place->id[0])
		build_format(to, ",\"id\":\"%s\"", place->id);
	else
		build_format(to, ",\"line\":%lu", (unsigned long)place->line);
	build_format(
	    to, ",\"time\":\"%s\",\"type\":\"%s\"", time_format(place->time, text), place->type ? place->type : "");
	if (address_exists(place->ends[0]))
		build_format(to, ",\"src_ip\":\"%s\"", address_format(place->ends[0], text));
	if (address_exists(place->ends[1]))
		build_format(to, ",\"dest_ip\":\"%s\"", address_format(place->ends[1], text));
	build_char(to, '}');
}

static void begin_line(struct looking *looking, uint32_t number)
{
	const struct known *known = &looking->known[number];
	builder_clear(&looking->line);
	build_text(&looking->line, TEXT("{\"indicator\":"));
	build_json_string(&looking->line, known->id);
	if (known->name.size) {
		build_text(&looking->line, TEXT(",\"name\":"));
		build_json_string(&looking->line, known->name);
	}
	build_format(&looking->line, ",\"tlp\":\"%s\"", tlp_code(known->tlp));
}

static void end_line(struct looking *looking)
{
	build_text(&looking->line, TEXT("]}\n"));
	looking->counts.found++;
	if (!looking->line.failed)
		looking->visit(looking->context, (struct text){ looking->line.at, looking->line.size });
	else
		looking->error = ERROR_MEMORY;
}

/* Once for each indicator and record. */
static void tell_value(void *context, const struct indicator_match *match)
{
	struct looking *looking = context;
	char value[INDICATOR_TEXT];
	for (size_t i = 0; i < looking->met_count; i++)
		if (looking->met[i] == match->number)
			return;
	if (looking->met_count < sizeof looking->met / sizeof *looking->met)
		looking->met[looking->met_count++] = match->number;
	begin_line(looking, match->number);
	build_format(&looking->line, ",\"kind\":\"%s\",\"value\":", indicator_kind_name(match->kind));
	build_json_string(&looking->line, text_of(indicator_format(match->kind, match->value, match->size, value)));
	build_text(&looking->line, TEXT(",\"records\":["));
	build_place(&looking->line, looking->place);
	end_line(looking);
}

static void ask_field(void *context, enum field field, struct text value)
{
	indicator_batch_field(context, field, value, 0);
}

static void look_for_values(struct looking *looking, const struct record *record)
{
	struct indicator_batch batch;
	looking->met_count = 0;
	indicator_batch_begin(&batch, looking->set, tell_value, looking);
	for (int side = 0; side < 2; side++)
		if (address_exists(record->flow.ends[side].address))
			indicator_batch_address(&batch, record->flow.ends[side].address, 0);
	record_fields(record, ask_field, &batch);
	indicator_batch_end(&batch);
}

/* ── patterns over a window ─ */

/* The same records are in two windows: the pattern and the records make a hash; of a few that are remembered. */
static bool was_told(struct looking *looking, const struct sought *sought, const uint64_t *numbers, uint32_t count)
{
	uint64_t hash = hash_bytes(numbers, count * sizeof *numbers, (uint64_t)(sought - looking->sought) + 1);
	uint64_t *slot = &looking->told[hash % (sizeof looking->told / sizeof *looking->told)];
	bool told = *slot == hash;
	*slot = hash;
	return told;
}

#define SHOWN 64u /* records of one finding; all count */

static void tell_pattern(struct looking *looking, const struct sought *sought, const uint32_t *numbers, uint32_t count)
{
	uint64_t places[SHOWN];
	uint32_t shown = count < SHOWN ? count : SHOWN;
	for (uint32_t i = 0; i < shown; i++)
		places[i] = looking->before + numbers[i];
	if (was_told(looking, sought, places, shown))
		return;
	begin_line(looking, sought->known);
	build_format(&looking->line, ",\"kind\":\"pattern\",\"count\":%u,\"records\":[", count);
	for (uint32_t i = 0; i < shown; i++) {
		if (i)
			build_char(&looking->line, ',');
		build_place(&looking->line, &looking->places[numbers[i]]);
	}
	end_line(looking);
}

/* Tries it on these records. */
static enum error try_records(struct looking *looking, const struct sought *sought,
    const struct stix_observed *observed, struct stix_match *match, struct failure *failure)
{
	arena_clear(looking->trying);
	enum error error = stix_pattern_try(&sought->pattern, observed, looking->trying, match, failure);
	if (error == ERROR_MEMORY) { /* the pattern's own share of it */
		*match = (struct stix_match){ .limited = true };
		error = OK;
	}
	looking->counts.limited += !error && match->limited;
	return error;
}

static enum error observe(struct looking *looking, struct json_parser *parser, uint32_t from, uint32_t to,
    struct stix_observed **observed, struct failure *failure)
{
	struct builder list = { 0 };
	struct json_value root;
	size_t begin = looking->offsets[from], end = looking->offsets[to] - 1; /* without the comma */
	build_char(&list, '[');
	build_text(&list, (struct text){ looking->window.at + begin, end - begin });
	build_char(&list, ']');
	enum error error = list.failed ? fail(failure, ERROR_MEMORY, "no memory for records")
				       : json_parse(parser, (struct text){ list.at, list.size }, &root, failure);
	if (!error)
		error = stix_observed_new(root, observed, failure);
	builder_free(&list);
	return error;
}

/* Which of the window's records alone fulfil a pattern that some of them does. */
static enum error tell_each(struct looking *looking, const struct sought *sought, struct failure *failure)
{
	struct json_parser *parser = json_parser_new(64);
	enum error error = parser ? OK : fail(failure, ERROR_MEMORY, "no memory for records");
	for (uint32_t i = 0; i < looking->count && !error; i++) {
		struct stix_observed *observed = NULL;
		struct stix_match match;
		error = observe(looking, parser, i, i + 1, &observed, failure);
		if (!error)
			error = try_records(looking, sought, observed, &match, failure);
		if (!error && match.met)
			tell_pattern(looking, sought, &i, 1);
		stix_observed_free(observed);
	}
	json_parser_free(parser);
	return error;
}

static enum error try_window(
    struct looking *looking, const struct sought *sought, const struct stix_observed *observed, struct failure *failure)
{
	struct stix_match match;
	enum error error = try_records(looking, sought, observed, &match, failure);
	if (error || !match.met)
		return error;
	if (sought->single)
		return tell_each(looking, sought, failure);
	uint32_t *numbers = malloc((match.count + 1) * sizeof *numbers);
	if (!numbers)
		return fail(failure, ERROR_MEMORY, "no memory for a finding");
	for (uint32_t i = 0; i < match.count; i++)
		numbers[i] = observation_number(stix_observed_id(observed, match.observations[i]));
	tell_pattern(looking, sought, numbers, match.count);
	free(numbers);
	return OK;
}

/* A regular expression that cannot be read is said once, and its pattern not tried again. */
static void drop(struct looking *looking, struct sought *sought, const struct failure *why)
{
	struct failure said;
	struct text id = looking->known[sought->known].id;
	fail(&said, ERROR_INPUT, "%.*s: pattern: %s", (int)id.size, id.at, why->words);
	if (looking->complain)
		looking->complain(looking->context, looking->path, &said);
	*sought = looking->sought[--looking->sought_count];
	looking->counts.patterns--;
}

static enum error look_for_patterns(struct looking *looking, struct failure *failure)
{
	struct stix_observed *observed = NULL;
	if (!looking->count)
		return OK;
	enum error error = observe(looking, looking->parser, 0, looking->count, &observed, failure);
	for (size_t i = 0; i < looking->sought_count && !error; i++) {
		struct failure why = { 0 };
		error = try_window(looking, &looking->sought[i], observed, &why);
		if (error == ERROR_INPUT) {
			drop(looking, &looking->sought[i--], &why);
			error = OK;
		} else if (error) {
			fail(failure, error, "%s", why.words);
		}
	}
	stix_observed_free(observed);
	return error;
}

/* The later half stays, numbered anew. */
static void move_window(struct looking *looking)
{
	uint32_t half = looking->count / 2, kept = looking->count - half;
	size_t from = looking->offsets[half];
	memmove(looking->window.at, looking->window.at + from, looking->window.size - from);
	looking->window.size -= from;
	memmove(looking->places, looking->places + half, kept * sizeof *looking->places);
	for (uint32_t i = 0; i < kept; i++) {
		char number[9];
		looking->offsets[i] = looking->offsets[half + i] - from;
		snprintf(number, sizeof number, "%08x", i);
		struct text text = { looking->window.at + looking->offsets[i], 100 };
		memcpy(looking->window.at + looking->offsets[i] + text_find(text, TEXT("observed-data--")) + 15, number,
		    8);
	}
	looking->offsets[kept] = looking->window.size;
	looking->count = kept;
	looking->before += half;
}

enum error looking_record(
    struct looking *looking, const struct record *record, const struct place *place, struct failure *failure)
{
	looking->place = place;
	look_for_values(looking, record);
	if (looking->error)
		return fail(failure, looking->error, "no memory for a finding");
	if (!looking->sought_count)
		return OK;
	if (looking->count == LOOKING_WINDOW) {
		enum error error = look_for_patterns(looking, failure);
		if (error)
			return error;
		move_window(looking);
	}
	looking->places[looking->count] = *place;
	looking->offsets[looking->count] = looking->window.size;
	observation_build(&looking->window, record, looking->count++);
	build_char(&looking->window, ',');
	looking->offsets[looking->count] = looking->window.size;
	return looking->window.failed ? fail(failure, ERROR_MEMORY, "no memory for records") : OK;
}

enum error looking_end(struct looking *looking, struct failure *failure)
{
	enum error error = looking->sought_count ? look_for_patterns(looking, failure) : OK;
	looking->before += looking->count;
	looking->count = 0;
	builder_clear(&looking->window);
	return error;
}
