/*
 * Addresses of organisations that appeared in telescopes, what they were told of them, and the list that they clean up
 * by (store/darknet.h).
 */
#include "store/darknet.h"
#include "store/query.h"

#include <string.h>

#define FIELDS                                                                                                         \
	"number, organisation, address, kind, first, last, told, ended, due, packets, targets, addresses, "            \
	"telescopes, "                                                                                                 \
	"ports, ports_more, tool, worm, method, events"

/* Telescopes: four bytes each (base/codec.h); events: sixteen for each of them, none when an older version wrote the
 * row; ports: with a space between. */
void appearance_take_lists(struct text telescopes, struct text events, struct text ports, struct appearance *to)
{
	struct reader from = reader_of(telescopes.at, telescopes.size);
	while (to->telescope_count < APPEARANCE_TELESCOPES) {
		uint32_t sensor = get_u32(&from);
		if (from.failed)
			break;
		to->telescopes[to->telescope_count++] = sensor;
	}
	from = reader_of(events.at, events.size);
	for (uint32_t i = 0; i < to->telescope_count; i++) {
		nanoseconds since = get_i64(&from);
		uint64_t packets = get_u64(&from);
		if (from.failed)
			break;
		to->events[i] = (struct told_event){ since, packets };
	}
	while (ports.size > 0 && to->port_count < APPEARANCE_PORTS)
		text_copy(text_cut(&ports, ' '), to->ports[to->port_count++], APPEARANCE_WORD);
}

bool appearance_put_lists(const struct appearance *from, struct appearance_lists *to)
{
	for (uint32_t i = 0; i < from->telescope_count && i < APPEARANCE_TELESCOPES; i++) {
		put_u32(&to->telescopes, from->telescopes[i]);
		put_i64(&to->events, from->events[i].since);
		put_u64(&to->events, from->events[i].packets);
	}
	for (uint32_t i = 0; i < from->port_count && i < APPEARANCE_PORTS; i++)
		build_format(&to->ports, "%s%s", i ? " " : "", from->ports[i]);
	return !to->telescopes.failed && !to->events.failed && !to->ports.failed;
}

void appearance_bind_lists(struct query *query, const struct appearance_lists *from)
{
	bind_blob(query, ":telescopes", from->telescopes.size ? from->telescopes.at : "", from->telescopes.size);
	bind_blob(query, ":events", from->events.size ? from->events.at : "", from->events.size);
	bind_text(query, ":ports", (struct text){ from->ports.size ? from->ports.at : "", from->ports.size });
}

void appearance_free_lists(struct appearance_lists *lists)
{
	builder_free(&lists->telescopes);
	builder_free(&lists->events);
	builder_free(&lists->ports);
}

static void take(struct query *query, struct appearance *to)
{
	*to = (struct appearance){ .number = column_count(query, 0),
		.organisation = (uint32_t)column_integer(query, 1),
		.kind = (enum appearance_kind)column_integer(query, 3),
		.first = column_integer(query, 4),
		.last = column_integer(query, 5),
		.told = column_integer(query, 6),
		.ended = column_integer(query, 7),
		.due = column_integer(query, 8),
		.packets = column_count(query, 9),
		.targets = (uint32_t)column_integer(query, 10),
		.addresses = column_count(query, 11),
		.ports_more = (uint32_t)column_integer(query, 14) };
	column_bytes(query, 2, to->address.bytes, sizeof to->address.bytes);
	appearance_take_lists(column_text(query, 12), column_text(query, 18), column_text(query, 13), to);
	column_string(query, 15, to->tool, sizeof to->tool);
	column_string(query, 16, to->worm, sizeof to->worm);
	column_string(query, 17, to->method, sizeof to->method);
}

enum error store_appearance_find(struct store *store, const struct scope *scope, uint32_t organisation,
    struct address address, enum appearance_kind kind, struct appearance *to, struct failure *failure)
{
	struct query query;
	enum error error = query_read(store, scope, NOUN_APPEARANCE,
	    "SELECT " FIELDS
	    " FROM appearance WHERE {scope} AND organisation = :organisation AND address = :address AND kind = :kind",
	    &query, failure);
	if (error)
		return error;
	bind_integer(&query, ":organisation", organisation);
	bind_blob(&query, ":address", address.bytes, sizeof address.bytes);
	bind_integer(&query, ":kind", kind);
	error = query_one(&query, "appearance");
	if (error)
		return error;
	take(&query, to);
	query_release(&query);
	return OK;
}

/* The texts must live until the statement ran. */
static void bind_all(struct query *query, const struct appearance *from, const struct appearance_lists *lists)
{
	bind_integer(query, ":first", from->first);
	bind_integer(query, ":last", from->last);
	bind_integer(query, ":told", from->told);
	bind_integer(query, ":ended", from->ended);
	bind_integer(query, ":due", from->due);
	bind_integer(query, ":packets", (int64_t)from->packets);
	bind_integer(query, ":targets", from->targets);
	bind_integer(query, ":addresses", (int64_t)from->addresses);
	appearance_bind_lists(query, lists);
	bind_integer(query, ":ports_more", from->ports_more);
	bind_string(query, ":tool", from->tool);
	bind_string(query, ":worm", from->worm);
	bind_string(query, ":method", from->method);
}

static enum error write(struct store *store, const struct scope *scope, struct appearance *appearance,
    const struct appearance_lists *lists, struct failure *failure)
{
	struct query query;
	bool is_new = appearance->number == 0;
	enum error error = query_write(store, scope, NOUN_APPEARANCE, appearance->organisation,
	    is_new ? "INSERT INTO appearance (organisation, address, kind, first, last, told, ended, due, packets,"
		     " targets, addresses, telescopes, ports, ports_more, tool, worm, method, events) VALUES "
		     "(:organisation,"
		     " :address, :kind, :first, :last, :told, :ended, :due, :packets, :targets, :addresses,"
		     " :telescopes, :ports, :ports_more, :tool, :worm, :method, :events)"
		   : "UPDATE appearance SET first = :first, last = :last, told = :told, ended = :ended, due = :due,"
		     " packets = :packets, targets = :targets, addresses = :addresses, telescopes = :telescopes,"
		     " ports = :ports, ports_more = :ports_more, tool = :tool, worm = :worm, method = :method,"
		     " events = :events WHERE number = :number",
	    &query, failure);
	if (error)
		return error;
	if (is_new) {
		bind_integer(&query, ":organisation", appearance->organisation);
		bind_blob(&query, ":address", appearance->address.bytes, sizeof appearance->address.bytes);
		bind_integer(&query, ":kind", appearance->kind);
	} else
		bind_integer(&query, ":number", (int64_t)appearance->number);
	bind_all(&query, appearance, lists);
	error = query_run(&query, NULL);
	if (!error && is_new)
		appearance->number = (uint64_t)sqlite3_last_insert_rowid(store->database);
	return error;
}

enum error store_appearance_put(
    struct store *store, const struct scope *scope, struct appearance *appearance, struct failure *failure)
{
	struct appearance_lists lists = { 0 };
	enum error error = appearance_put_lists(appearance, &lists)
			       ? write(store, scope, appearance, &lists, failure)
			       : fail(failure, ERROR_MEMORY, "appearance: no memory");
	appearance_free_lists(&lists);
	return error;
}

enum error store_appearance_told(
    struct store *store, const struct scope *scope, uint32_t organisation, nanoseconds *when, struct failure *failure)
{
	struct query query;
	enum error error = query_read(store, scope, NOUN_APPEARANCE,
	    "SELECT ifnull(max(told), 0) FROM appearance WHERE {scope} AND organisation = :organisation", &query,
	    failure);
	if (error)
		return error;
	bind_integer(&query, ":organisation", organisation);
	error = query_one(&query, "appearance");
	if (error)
		return error;
	*when = column_integer(&query, 0);
	query_release(&query);
	return OK;
}

enum error store_appearance_waiting(struct store *store, const struct scope *scope, nanoseconds now, uint32_t most,
    void (*each)(void *, uint32_t organisation), void *context, struct failure *failure)
{
	struct query query;
	enum error error = query_read(store, scope, NOUN_APPEARANCE,
	    "SELECT organisation FROM appearance WHERE {scope} AND due <= :now GROUP BY organisation ORDER BY min(due)"
	    " LIMIT :most",
	    &query, failure);
	if (error)
		return error;
	bind_integer(&query, ":now", now);
	bind_integer(&query, ":most", most);
	while ((error = query_step(&query)) == OK)
		each(context, (uint32_t)column_integer(&query, 0));
	query_release(&query);
	return error == ERROR_END ? OK : error;
}

enum error store_appearance_due(struct store *store, const struct scope *scope, uint32_t organisation, nanoseconds now,
    uint32_t most, void (*each)(void *, const struct appearance *), void *context, struct failure *failure)
{
	struct query query;
	struct appearance appearance;
	uint32_t shown = 0;
	enum error error = query_read(store, scope, NOUN_APPEARANCE,
	    "SELECT " FIELDS
	    " FROM appearance WHERE {scope} AND due <= :now AND organisation = :organisation ORDER BY due, number",
	    &query, failure);
	if (error)
		return error;
	bind_integer(&query, ":organisation", organisation);
	bind_integer(&query, ":now", now);
	while ((error = query_step(&query)) == OK && shown++ < most) {
		take(&query, &appearance);
		each(context, &appearance);
	}
	query_release(&query);
	return error == ERROR_END ? OK : error;
}

/* The rule of struct cleanup_row. */
#define STATE_NOW                                                                                                      \
	"CASE WHEN state IS NULL OR state = :cleaned AND last > changed OR state = :explained AND first > changed"     \
	" THEN :open ELSE state END"

#define ROWS_OF                                                                                                        \
	"SELECT " FIELDS ", ifnull(state, :open), ifnull(note, ''), ifnull(who, ''), ifnull(changed, 0), " STATE_NOW   \
	" FROM "
#define ROWS_ASKED                                                                                                     \
	" LEFT JOIN cleanup USING (organisation, address) WHERE {scope} AND (:standing = 0 OR ended = 0)"              \
	" AND (:state < 0 OR :state = " STATE_NOW ")"

static void bind_asked(struct query *query, const struct cleanup_query *asked)
{
	bind_integer(query, ":open", CLEANUP_OPEN);
	bind_integer(query, ":cleaned", CLEANUP_CLEANED);
	bind_integer(query, ":explained", CLEANUP_EXPLAINED);
	bind_integer(query, ":standing", asked->standing);
	bind_integer(query, ":state", asked->of_one_state ? (int64_t)asked->state : -1);
}

static void take_row(struct query *query, struct cleanup_row *row)
{
	take(query, &row->seen);
	row->said = (struct cleanup){ .organisation = row->seen.organisation,
		.address = row->seen.address,
		.state = (enum cleanup_state)column_integer(query, 19),
		.changed = column_integer(query, 22) };
	column_string(query, 20, row->said.note, sizeof row->said.note);
	column_string(query, 21, row->said.who, sizeof row->said.who);
	row->state = (enum cleanup_state)column_integer(query, 23);
}

/* The list's second key, as the id of a cursor. */
static struct uuid id_of_number(uint64_t number)
{
	struct uuid id = { 0 };
	for (size_t i = sizeof id.bytes; number; number >>= 8)
		id.bytes[--i] = (uint8_t)number;
	return id;
}

static uint64_t number_of_id(struct uuid id)
{
	uint64_t number = 0;
	for (size_t i = 0; i < sizeof id.bytes; i++)
		number = number << 8 | id.bytes[i];
	return number;
}

static enum error open_list(struct store *store, const struct scope *scope, const struct cleanup_query *asked,
    const struct page *page, struct query *query, struct failure *failure)
{
	struct cursor cursor;
	enum error error = cursor_read(page, CURSOR_APPEARANCE, &cursor, failure);
	if (!error && !scope_reads(scope, NOUN_CLEANUP))
		error = fail(failure, ERROR_DENIED, "the scope %s does not read this", scope_name(scope));
	if (!error)
		error = query_read(store, scope, NOUN_APPEARANCE,
		    ROWS_OF "appearance" ROWS_ASKED
			    " AND (last, number) < (:last, :number) ORDER BY last DESC, number DESC LIMIT :limit",
		    query, failure);
	if (error)
		return error;
	bind_asked(query, asked);
	bind_integer(query, ":last", cursor.none ? INT64_MAX : cursor.key);
	bind_integer(query, ":number", cursor.none ? INT64_MAX : (int64_t)number_of_id(cursor.id));
	bind_integer(query, ":limit", (int64_t)page_limit(page) + 1);
	return OK;
}

enum error store_cleanup_each(struct store *store, const struct scope *scope, const struct cleanup_query *asked,
    struct page *page, void (*each)(void *, const struct cleanup_row *), void *context, struct failure *failure)
{
	struct query query;
	struct cleanup_row row = { 0 };
	uint32_t shown = 0;
	enum error error = open_list(store, scope, asked, page, &query, failure);
	page->next[0] = 0;
	if (error)
		return error;
	while ((error = query_step(&query)) == OK && shown < page_limit(page)) {
		take_row(&query, &row);
		each(context, &row);
		shown++;
	}
	if (!error)
		cursor_write(page, CURSOR_APPEARANCE, row.seen.last, id_of_number(row.seen.number));
	query_release(&query);
	return error == ERROR_END ? OK : error;
}

#define WALK 2000u /* numbers of one step */

static enum error walk_begin(struct store *store, struct cleanup_walk *walk, struct failure *failure)
{
	struct query query;
	enum error error = query_own(store,
	    "SELECT ifnull((SELECT min(number) FROM appearance), 1),"
	    " ifnull((SELECT max(number) FROM appearance), 0)",
	    &query, failure);
	if (!error)
		error = query_one(&query, "appearance");
	if (error)
		return error;
	*walk =
	    (struct cleanup_walk){ .next = column_count(&query, 0), .last = column_count(&query, 1), .begun = true };
	query_release(&query);
	return OK;
}

enum error store_cleanup_walk(struct store *store, const struct scope *scope, const struct cleanup_query *asked,
    struct cleanup_walk *walk, void (*each)(void *, const struct cleanup_row *), void *context, struct failure *failure)
{
	struct query query;
	struct cleanup_row row = { 0 };
	enum error error = scope_reads(scope, NOUN_CLEANUP)
			       ? OK
			       : fail(failure, ERROR_DENIED, "the scope %s does not read this", scope_name(scope));
	if (!error && !walk->begun)
		error = walk_begin(store, walk, failure);
	if (!error) /* by number alone: an index would be sorted anew for each step */
		error = query_read(store, scope, NOUN_APPEARANCE,
		    ROWS_OF "appearance NOT INDEXED" ROWS_ASKED " AND number BETWEEN :from AND :to ORDER BY number",
		    &query, failure);
	if (error)
		return error;
	const uint64_t to = walk->next + WALK - 1 < walk->last ? walk->next + WALK - 1 : walk->last;
	bind_asked(&query, asked);
	bind_integer(&query, ":from", (int64_t)walk->next);
	bind_integer(&query, ":to", (int64_t)to);
	while ((error = query_step(&query)) == OK) {
		take_row(&query, &row);
		each(context, &row);
	}
	query_release(&query);
	walk->next = to + 1;
	walk->done = walk->next > walk->last;
	return error == ERROR_END ? OK : error;
}

enum error store_appearance_count(
    struct store *store, const struct scope *scope, uint64_t *count, struct failure *failure)
{
	struct query query;
	enum error error =
	    query_read(store, scope, NOUN_APPEARANCE, "SELECT count(*) FROM appearance WHERE {scope}", &query, failure);
	if (!error)
		error = query_one(&query, "appearance");
	if (error)
		return error;
	*count = column_count(&query, 0);
	query_release(&query);
	return OK;
}

enum error store_appearance_expire(
    struct store *store, const struct scope *scope, nanoseconds before, uint64_t *gone, struct failure *failure)
{
	struct query query;
	int changed = 0;
	enum error error = query_write(store, scope, NOUN_APPEARANCE, 0,
	    "DELETE FROM appearance WHERE last < :before AND ended > 0", &query, failure);
	if (error)
		return error;
	bind_integer(&query, ":before", before);
	error = query_run(&query, &changed);
	*gone = (uint64_t)changed;
	return error;
}
