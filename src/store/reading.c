/*
 * Who read what was released (store/reading.h).
 */
#include "store/reading.h"

#include "store/query.h"
#include "store/release.h"

#include <stdlib.h>

enum error store_reading_add(struct store *store, const struct scope *scope, int64_t added,
    const struct reading *reading, struct failure *failure)
{
	struct query query;
	enum error error = query_write(store, scope, NOUN_RELEASE, reading->organisation,
	    "INSERT INTO release_reading (added, organisation, way, count, first, last)"
	    " VALUES (:added, :organisation, :way, :count, :first, :last)"
	    " ON CONFLICT (added, organisation, way) DO UPDATE SET count = count + excluded.count,"
	    " first = min(first, excluded.first), last = max(last, excluded.last)",
	    &query, failure);
	if (error)
		return error;
	bind_integer(&query, ":added", added);
	bind_integer(&query, ":organisation", reading->organisation);
	bind_integer(&query, ":way", reading->way);
	bind_integer(&query, ":count", (int64_t)reading->count);
	bind_integer(&query, ":first", reading->first);
	bind_integer(&query, ":last", reading->last);
	return query_run(&query, NULL);
}

/* ── stretches ─ */

struct piece {
	int64_t after, upto, count;
	nanoseconds first, last; /* first: the latest at which any part of it was first given */
};

struct pieces {
	struct piece at[2 * READING_TOUCHED + 3];
	uint32_t count;
};

static void bind_stretch(struct query *query, const struct reading_stretch *stretch)
{
	bind_integer(query, ":community", stretch->community);
	bind_integer(query, ":tlp", stretch->tlp);
	bind_integer(query, ":organisation", stretch->organisation);
	bind_text(query, ":types", stretch->types);
	bind_integer(query, ":specs", stretch->specs);
}

#define OF_STRETCH                                                                                                     \
	"community = :community AND tlp = :tlp AND organisation = :organisation AND types = :types AND specs = :specs"
#define TOUCHED OF_STRETCH " AND after <= :upto AND upto >= :after"

static enum error load(
    struct store *store, const struct reading_stretch *stretch, struct pieces *old, struct failure *failure)
{
	struct query query;
	enum error error = query_own(store,
	    "SELECT after, upto, count, first, last FROM collection_reading WHERE " TOUCHED " ORDER BY after", &query,
	    failure);
	if (error)
		return error;
	bind_stretch(&query, stretch);
	bind_integer(&query, ":after", stretch->after);
	bind_integer(&query, ":upto", stretch->upto);
	while ((error = query_step(&query)) == OK && old->count < READING_TOUCHED)
		old->at[old->count++] = (struct piece){ column_integer(&query, 0), column_integer(&query, 1),
			column_integer(&query, 2), column_integer(&query, 3), column_integer(&query, 4) };
	query_release(&query);
	if (!error)
		return fail(failure, ERROR_LIMIT, "what was read is in too many pieces");
	return error == ERROR_END ? OK : error;
}

/* Behind the others; neighbours that are alike to the day are one. */
static void push(struct pieces *pieces, struct piece piece)
{
	struct piece *before = pieces->count ? &pieces->at[pieces->count - 1] : NULL;
	if (piece.after >= piece.upto)
		return;
	if (!before || before->upto != piece.after || before->count != piece.count ||
	    before->first / DAY != piece.first / DAY || before->last / DAY != piece.last / DAY) {
		pieces->at[pieces->count++] = piece;
		return;
	}
	before->upto = piece.upto;
	before->first = before->first > piece.first ? before->first : piece.first;
	before->last = before->last > piece.last ? before->last : piece.last;
}

static int64_t least(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

static int64_t greatest(int64_t a, int64_t b)
{
	return a > b ? a : b;
}

static void overlay(const struct reading_stretch *stretch, const struct pieces *old, struct pieces *new)
{
	int64_t after = stretch->after, upto = stretch->upto, position = after;
	nanoseconds when = stretch->when;
	for (uint32_t i = 0; i < old->count; i++) {
		const struct piece *piece = &old->at[i];
		struct piece part = *piece;
		part.upto = least(piece->upto, after);
		push(new, part);
		push(new, (struct piece){ position, least(piece->after, upto), 1, when, when });
		push(new, (struct piece){ greatest(piece->after, after), least(piece->upto, upto), piece->count + 1,
			      piece->first, greatest(piece->last, when) });
		position = greatest(position, least(piece->upto, upto));
		part = *piece;
		part.after = greatest(piece->after, upto);
		push(new, part);
	}
	push(new, (struct piece){ position, upto, 1, when, when });
}

static enum error put_piece(struct store *store, const struct scope *scope, const struct reading_stretch *stretch,
    const struct piece *piece, struct failure *failure)
{
	struct query query;
	enum error error = query_write(store, scope, NOUN_RELEASE, stretch->organisation,
	    "INSERT INTO collection_reading (community, tlp, organisation, types, specs, after, upto, count, first, "
	    "last)"
	    " VALUES (:community, :tlp, :organisation, :types, :specs, :after, :upto, :count, :first, :last)",
	    &query, failure);
	if (error)
		return error;
	bind_stretch(&query, stretch);
	bind_integer(&query, ":after", piece->after);
	bind_integer(&query, ":upto", piece->upto);
	bind_integer(&query, ":count", piece->count);
	bind_integer(&query, ":first", piece->first);
	bind_integer(&query, ":last", piece->last);
	return query_run(&query, NULL);
}

static enum error replace(struct store *store, const struct scope *scope, const struct reading_stretch *stretch,
    const struct pieces *new, struct failure *failure)
{
	struct query query;
	enum error error = query_write(store, scope, NOUN_RELEASE, stretch->organisation,
	    "DELETE FROM collection_reading WHERE " TOUCHED, &query, failure);
	if (error)
		return error;
	bind_stretch(&query, stretch);
	bind_integer(&query, ":after", stretch->after);
	bind_integer(&query, ":upto", stretch->upto);
	error = query_run(&query, NULL);
	for (uint32_t i = 0; i < new->count && !error; i++)
		error = put_piece(store, scope, stretch, &new->at[i], failure);
	return error;
}

static enum error room_left(
    struct store *store, const struct reading_stretch *stretch, uint32_t more, struct failure *failure)
{
	struct query query;
	enum error error = query_own(store,
	    "SELECT count(*) FROM collection_reading WHERE community = :community AND tlp = :tlp"
	    " AND organisation = :organisation",
	    &query, failure);
	if (error)
		return error;
	bind_integer(&query, ":community", stretch->community);
	bind_integer(&query, ":tlp", stretch->tlp);
	bind_integer(&query, ":organisation", stretch->organisation);
	error = query_one(&query, "pieces");
	if (error)
		return error;
	bool room = column_count(&query, 0) + more <= READING_STRETCHES;
	query_release(&query);
	return room ? OK : fail(failure, ERROR_LIMIT, "what was read is in too many pieces");
}

enum error store_reading_stretch(
    struct store *store, const struct scope *scope, const struct reading_stretch *stretch, struct failure *failure)
{
	struct pieces *old = calloc(2, sizeof *old), *new = old ? old + 1 : NULL;
	enum error error =
	    old ? load(store, stretch, old, failure) : fail(failure, ERROR_MEMORY, "no memory for what was read");
	if (!error) {
		overlay(stretch, old, new);
		if (new->count > old->count)
			error = room_left(store, stretch, new->count - old->count, failure);
	}
	if (!error)
		error = replace(store, scope, stretch, new, failure);
	free(old);
	return error;
}

/* ── told ─ */

static enum error one_by_one(struct store *store, const struct release *release,
    void (*each)(void *, const struct reading *), void *context, struct failure *failure)
{
	struct query query;
	enum error error = query_own(store,
	    "SELECT organisation, way, count, first, last FROM release_reading WHERE added = :added", &query, failure);
	if (error)
		return error;
	bind_integer(&query, ":added", release->added / MICROSECOND);
	while ((error = query_step(&query)) == OK) {
		const struct reading reading = { (uint32_t)column_integer(&query, 0),
			(enum reading_way)column_integer(&query, 1), column_count(&query, 2), column_integer(&query, 3),
			column_integer(&query, 4) };
		each(context, &reading);
	}
	query_release(&query);
	return error == ERROR_END ? OK : error;
}

static bool is_named(const struct release *release, uint32_t organisation)
{
	for (uint32_t i = 0; i < release->named_count; i++)
		if (release->named[i] == organisation)
			return true;
	return release->tlp != TLP_RED;
}

static enum error by_pages(struct store *store, const struct release *release, nanoseconds until,
    void (*each)(void *, const struct reading *), void *context, struct failure *failure)
{
	struct query query;
	enum error error = query_own(store,
	    "SELECT organisation, count, first, last FROM collection_reading WHERE community = :community AND tlp = "
	    ":tlp"
	    " AND upto >= :added AND after < :added"
	    " AND (types = '' OR instr(',' || types || ',', ',' || :type || ',') > 0)"
	    " AND (specs = 0 OR (specs >> (:spec - 20)) & 1)",
	    &query, failure);
	if (error)
		return error;
	bind_integer(&query, ":community", release->community);
	bind_integer(&query, ":tlp", release->tlp);
	bind_integer(&query, ":added", release->added / MICROSECOND);
	bind_text(&query, ":type", release->type);
	bind_integer(&query, ":spec", release->spec);
	while ((error = query_step(&query)) == OK) {
		struct reading reading = { (uint32_t)column_integer(&query, 0), READING_DELIVERED,
			column_count(&query, 1), column_integer(&query, 2), column_integer(&query, 3) };
		if (!is_named(release, reading.organisation) || (until && reading.first >= until))
			continue;
		if (until) { /* what was given later did not hold it */
			reading.count = 1;
			reading.last = reading.first;
		}
		each(context, &reading);
	}
	query_release(&query);
	return error == ERROR_END ? OK : error;
}

enum error store_reading_each(struct store *store, const struct scope *scope, const struct release *release,
    nanoseconds until, void (*each)(void *, const struct reading *), void *context, struct failure *failure)
{
	const struct release_standing standing = release_standing_of(release);
	if (!scope_reads(scope, NOUN_RELEASE) || !scope_covers(scope, release->organisation) ||
	    !policy_release_known(scope, &standing))
		return OK;
	enum error error = one_by_one(store, release, each, context, failure);
	/* Not every reader is shown a relation: those that are in a page are not told from those that were left out. */
	if (!error && release->ends.size == 0)
		error = by_pages(store, release, until, each, context, failure);
	return error;
}
