/*
 * Statements over SQLite: prepared once, all parameters bound, and the scope (rule 10) a part of every read. Only the
 * files of store/ that hold a noun include this; nobody else sees SQLite.
 */
#ifndef NOROSHI_STORE_QUERY_H
#define NOROSHI_STORE_QUERY_H

#include "store/store.h"

#include <sqlite3.h>

#define STORE_STATEMENTS 256
#define STORE_WORKS 32

struct store {
	sqlite3 *database;
	bool in_transaction;
	int schema_version;
	uint64_t standing; /* store_standing(): changes made here */
	uint64_t spaces;   /* store_spaces_version(): the same */
	struct statement {
		const char *sql; /* the literal's address is the key */
		unsigned all;    /* of what the scope covers all; see query.c */
		bool in_use;
		sqlite3_stmt *handle;
	} statements[STORE_STATEMENTS];
	/* Background works that used this store: one line in the log at the first use and then once an hour with the
	 * count. */
	struct work_use {
		char name[48];
		uint64_t count;
		nanoseconds logged;
	} works[STORE_WORKS];
	size_t work_count;
	bool noting;
};

/* One use of a statement. The first error stays; it comes out of the next step. */
struct query {
	struct store *store;
	sqlite3_stmt *handle;
	struct statement *cached;
	enum error error;
	struct failure *failure;
};

/* A read of `noun`: `sql` must hold the word {scope} where its condition on the column `organisation` belongs, or
 * {community} where its condition on the column `community` does; both as often as needed. */
enum error query_read(struct store *store, const struct scope *scope, enum noun noun, const char *sql,
    struct query *query, struct failure *failure);
/* A change of `noun` of `organisation` (0 = of the centre itself: only for scopes that cover all). Needs a transaction.
 */
enum error query_write(struct store *store, const struct scope *scope, enum noun noun, uint32_t organisation,
    const char *sql, struct query *query, struct failure *failure);
/* The subject's own organisation; 0 for the centre's people: for rows that belong to a community, whose organisation
 * the policy was asked about otherwise. */
uint32_t scope_own(const struct scope *scope);
/* The program's own rows, which no person asks for: outbox, values, numbers, the log's own end. */
enum error query_own(struct store *store, const char *sql, struct query *query, struct failure *failure);

void bind_integer(struct query *query, const char *name, int64_t value);
void bind_real(struct query *query, const char *name, double value);
void bind_text(struct query *query, const char *name, struct text value); /* must live until the step */
void bind_string(struct query *query, const char *name, const char *value);
void bind_blob(struct query *query, const char *name, const void *at, size_t size);
void bind_uuid(
    struct query *query, const char *name, const struct uuid *value); /* nil = NULL; must live until the step */
void bind_number_or_null(struct query *query, const char *name, uint32_t value); /* 0 = NULL */

/* OK = a row, ERROR_END = no more. */
enum error query_step(struct query *query);
/* Runs a change to its end and releases it; *changed (may be NULL) = rows. */
enum error query_run(struct query *query, int *changed);
void query_release(struct query *query);
/* The one row wanted or ERROR_NOT_FOUND with `what` in the words; on anything but OK the query is released. */
enum error query_one(struct query *query, const char *what);

int64_t column_integer(struct query *query, int column);
uint64_t column_count(struct query *query, int column);
double column_real(struct query *query, int column);
struct text column_text(struct query *query, int column); /* until the next step */
void column_string(struct query *query, int column, char *to, size_t size);
struct uuid column_uuid(struct query *query, int column);
void column_bytes(struct query *query, int column, void *to, size_t size); /* zero when it has another size */

/* Pages by key: the cursor is the sort key of the last row shown. Its list keeps the cursors of different lists apart;
 * each has a letter of its own (cursor.c does not compile with two that are the same). */
enum cursor_list {
	CURSOR_ACCOUNT = 'a',
	CURSOR_ANNOUNCEMENT = 'u',
	CURSOR_APPEARANCE = 'v',
	CURSOR_BULLETIN = 'b',
	CURSOR_CAMPAIGN = 'c',
	CURSOR_COMMUNITY = 'k',
	CURSOR_DECISION = 'd',
	CURSOR_DISPATCH = 'p',
	CURSOR_HAD = 'h',
	CURSOR_ITEM = 'i',
	CURSOR_LOG = 'l',
	CURSOR_MEMBERSHIP = 'm',
	CURSOR_NETWORK = 'N',
	CURSOR_NOTICE = 'n',
	CURSOR_ORGANISATION = 'o',
	CURSOR_RANK = 'r', /* events by rank */
	CURSOR_SENSOR = 's',
	CURSOR_SHARED = 'S',
	CURSOR_TIME = 'e', /* events by time */
	CURSOR_TOKEN = 't',
};
struct cursor {
	int64_t key;
	struct uuid id;
	bool none; /* at the start */
};
enum error cursor_read(const struct page *page, enum cursor_list list, struct cursor *cursor, struct failure *failure);
void cursor_write(struct page *page, enum cursor_list list, int64_t key, struct uuid id);
uint32_t page_limit(const struct page *page); /* 1–500; 0 gives 50 */

/* gap.c, for coverage.c: of one sensor, whoever asks. */
enum error gap_each_of(struct store *store, uint32_t sensor, nanoseconds from, nanoseconds to,
    void (*each)(void *, const struct gap *), void *context, struct failure *failure);

/* network.c: a read of NOUN_NETWORK, which is the centre's own: who sees one row sees all. */
enum error query_network(
    struct store *store, const struct scope *scope, const char *sql, struct query *query, struct failure *failure);

/* appearance.c, for sighting.c: the columns `telescopes`, `events` and `ports`. */
struct appearance_lists {
	struct builder telescopes, events, ports; /* from zero; appearance_free_lists() */
};
void appearance_take_lists(struct text telescopes, struct text events, struct text ports, struct appearance *to);
bool appearance_put_lists(const struct appearance *from, struct appearance_lists *to); /* false: no memory */
void appearance_bind_lists(struct query *query, const struct appearance_lists *from);  /* they live until it ran */
void appearance_free_lists(struct appearance_lists *lists);

/* The line that a person's change leaves in the log, in the same transaction. Background works leave none here. */
enum error log_change(struct store *store, const struct scope *scope, const char *what, const char *object,
    uint32_t organisation, const char *detail, struct failure *failure);
enum error store_error(struct store *store, const char *doing, struct failure *failure);
/* Writes the due lines about background works; called by reads outside and by the commit inside a transaction. */
enum error store_note_works(struct store *store, struct failure *failure);

#endif
