/*
 * Communities (store/community.h). Their rows belong to nobody: what may be read of them is the scope's communities.
 */
#include "store/community.h"

#include "store/query.h"

#define FIELDS                                                                                                         \
	"number, id, name, title_ja, title_en, kind, parent, purpose, content, recipients, hidden, centre, "           \
	"valid_from,"                                                                                                  \
	" valid_to, active, version"
#define ROWS " FROM (SELECT *, number AS community FROM community)"
#define DEEPEST 16

static void take(struct query *query, struct community *community)
{
	*community = (struct community){ .number = (uint32_t)column_integer(query, 0), .id = column_uuid(query, 1) };
	column_string(query, 2, community->name, sizeof community->name);
	column_string(query, 3, community->title_ja, sizeof community->title_ja);
	column_string(query, 4, community->title_en, sizeof community->title_en);
	community->kind = (enum community_kind)column_integer(query, 5);
	community->parent = (uint32_t)column_integer(query, 6);
	column_string(query, 7, community->purpose, sizeof community->purpose);
	column_string(query, 8, community->content, sizeof community->content);
	column_string(query, 9, community->recipients, sizeof community->recipients);
	community->hidden = column_integer(query, 10) != 0;
	community->centre = column_integer(query, 11) != 0;
	community->valid_from = column_integer(query, 12);
	community->valid_to = column_integer(query, 13);
	community->active = column_integer(query, 14) != 0;
	community->version = column_count(query, 15);
}

static void bind(struct query *query, const struct community *community)
{
	bind_string(query, ":name", community->name);
	bind_string(query, ":title_ja", community->title_ja);
	bind_string(query, ":title_en", community->title_en);
	bind_integer(query, ":kind", community->kind);
	bind_number_or_null(query, ":parent", community->parent);
	bind_string(query, ":purpose", community->purpose);
	bind_string(query, ":content", community->content);
	bind_string(query, ":recipients", community->recipients);
	bind_integer(query, ":hidden", community->hidden);
	bind_integer(query, ":centre", community->centre);
	bind_integer(query, ":valid_from", community->valid_from);
	bind_integer(query, ":valid_to", community->valid_to);
	bind_integer(query, ":active", community->active);
}

/* A circle of parts would make everybody a member of everything in it. */
static enum error check_parent(
    struct store *store, const struct scope *scope, const struct community *community, struct failure *failure)
{
	uint32_t parent = community->parent;
	for (int depth = 0; parent != 0; depth++) {
		struct community whole;
		if (parent == community->number || depth == DEEPEST)
			return fail(failure, ERROR_INPUT,
			    "parent: the wholes of %s would form a circle or be more than %d deep", community->name,
			    DEEPEST);
		enum error error = store_community_get(store, scope, parent, &whole, failure);
		if (error == ERROR_NOT_FOUND)
			return fail(failure, ERROR_INPUT, "parent: there is no community %u", parent);
		if (error)
			return error;
		parent = whole.parent;
	}
	return OK;
}

static enum error insert(
    struct store *store, const struct scope *scope, struct community *community, struct failure *failure)
{
	struct query query;
	enum error error = query_write(store, scope, NOUN_COMMUNITY, 0,
	    "INSERT INTO community (id, name, title_ja, title_en, kind, parent, purpose, content, recipients, hidden, "
	    "centre,"
	    " valid_from, valid_to, active, version) VALUES (:id, :name, :title_ja, :title_en, :kind, :parent, "
	    ":purpose,"
	    " :content, :recipients, :hidden, :centre, :valid_from, :valid_to, :active, 1)",
	    &query, failure);
	if (error)
		return error;
	if (uuid_is_nil(community->id))
		community->id = uuid_random();
	bind_uuid(&query, ":id", &community->id);
	bind(&query, community);
	error = query_run(&query, NULL);
	if (error == ERROR_CONFLICT)
		return fail(failure, ERROR_CONFLICT, "name: there is a community named %s already", community->name);
	if (!error) {
		community->number = (uint32_t)sqlite3_last_insert_rowid(store->database);
		community->version = 1;
	}
	return error;
}

static enum error update(
    struct store *store, const struct scope *scope, struct community *community, struct failure *failure)
{
	struct community present;
	struct query query;
	enum error error = store_community_get(store, scope, community->number, &present, failure);
	if (error)
		return error;
	if (community->version != present.version)
		return fail(failure, ERROR_CONFLICT, "%s was changed by somebody else: read it again", present.name);
	error = query_write(store, scope, NOUN_COMMUNITY, 0,
	    "UPDATE community SET name = :name, title_ja = :title_ja, title_en = :title_en, kind = :kind, parent = "
	    ":parent,"
	    " purpose = :purpose, content = :content, recipients = :recipients, hidden = :hidden, centre = :centre,"
	    " valid_from = :valid_from, valid_to = :valid_to, active = :active, version = version + 1"
	    " WHERE number = :number",
	    &query, failure);
	if (error)
		return error;
	bind_integer(&query, ":number", community->number);
	bind(&query, community);
	error = query_run(&query, NULL);
	if (error == ERROR_CONFLICT)
		return fail(failure, ERROR_CONFLICT, "name: there is a community named %s already", community->name);
	if (!error)
		community->version++;
	return error;
}

enum error store_community_put(
    struct store *store, const struct scope *scope, struct community *community, struct failure *failure)
{
	bool is_new = community->number == 0;
	enum error error = community_check(community, failure);
	if (!error)
		error = check_parent(store, scope, community, failure);
	if (!error)
		error = is_new ? insert(store, scope, community, failure) : update(store, scope, community, failure);
	if (error)
		return error;
	return log_change(store, scope, is_new ? "community.new" : "community.change", community->name, 0, "", failure);
}

static enum error take_one(struct query *query, struct community *community)
{
	enum error error = query_one(query, "community");
	if (error)
		return error;
	take(query, community);
	query_release(query);
	return OK;
}

enum error store_community_get(struct store *store, const struct scope *scope, uint32_t number,
    struct community *community, struct failure *failure)
{
	struct query query;
	enum error error = query_read(store, scope, NOUN_COMMUNITY,
	    "SELECT " FIELDS ROWS " WHERE {community} AND number = :number", &query, failure);
	if (error)
		return error;
	bind_integer(&query, ":number", number);
	return take_one(&query, community);
}

enum error store_community_find(struct store *store, const struct scope *scope, struct text name,
    struct community *community, struct failure *failure)
{
	struct query query;
	enum error error = query_read(
	    store, scope, NOUN_COMMUNITY, "SELECT " FIELDS ROWS " WHERE {community} AND name = :name", &query, failure);
	if (error)
		return error;
	bind_text(&query, ":name", name);
	return take_one(&query, community);
}

enum error store_community_each(struct store *store, const struct scope *scope, struct page *page,
    void (*each)(void *, const struct community *), void *context, struct failure *failure)
{
	struct cursor cursor;
	struct query query;
	struct community community = { 0 };
	page->next[0] = 0;
	enum error error = cursor_read(page, CURSOR_COMMUNITY, &cursor, failure);
	if (!error)
		error = query_read(store, scope, NOUN_COMMUNITY,
		    "SELECT " FIELDS ROWS " WHERE {community} AND number > :after ORDER BY number LIMIT :limit", &query,
		    failure);
	if (error)
		return error;
	uint32_t limit = page_limit(page), shown = 0;
	bind_integer(&query, ":after", cursor.none ? 0 : cursor.key);
	bind_integer(&query, ":limit", (int64_t)limit + 1);
	while ((error = query_step(&query)) == OK && shown < limit) {
		take(&query, &community);
		each(context, &community);
		shown++;
	}
	if (!error)
		cursor_write(page, CURSOR_COMMUNITY, community.number, (struct uuid){ 0 });
	query_release(&query);
	return error == ERROR_END ? OK : error;
}
