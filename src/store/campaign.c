/*
 * Campaigns: the events of several organisations that are one attempt, counted together; and what analysts wrote about
 * them, each version with the events that it cites. A campaign is no row of its own: triage gives its events their
 * campaign, and when two campaigns turn out to be one, all their events carry one name. Texts are therefore found by
 * the campaign's name and by the events that they cite.
 */
#include "store/query.h"

#include <stdio.h>

#define ANALYSES_SHOWN 100
#define CITED_SHOWN 1000
#define GROUPED                                                                                                        \
	"SELECT campaign, count(DISTINCT organisation), count(*), sum(state = 0), sum(state = 1), sum(state = 2),"     \
	" sum(state = 3), min(first), max(last) AS latest, max(rank),"                                                 \
	" sum((SELECT count(*) FROM notice WHERE notice.event = event.id AND notice.sent > 0)) FROM event"
/* Of the campaign itself, or citing one of the events that it has now. */
#define ANALYSES                                                                                                       \
	" FROM campaign_analysis WHERE (campaign = :campaign OR number IN (SELECT analysis FROM campaign_citation"     \
	" JOIN event ON event.id = campaign_citation.event WHERE event.campaign = :campaign))"

/* A campaign tells one organisation of another: only for those who see all, whatever else a scope opens. */
static enum error covers_all(const struct scope *scope, struct failure *failure)
{
	return scope_covers_all(scope) ? OK : fail(failure, ERROR_NOT_FOUND, "there is no such thing");
}

static enum error last_version(
    struct store *store, const struct scope *scope, struct uuid campaign, uint64_t *version, struct failure *failure)
{
	struct query query;
	*version = 0;
	enum error error = covers_all(scope, failure);
	if (!error)
		error = query_read(store, scope, NOUN_CAMPAIGN,
		    "SELECT ifnull(max(version), 0)" ANALYSES " AND {scope}", &query, failure);
	if (error)
		return error;
	bind_uuid(&query, ":campaign", &campaign);
	error = query_one(&query, "thing");
	if (error)
		return error;
	*version = column_count(&query, 0);
	query_release(&query);
	return OK;
}

static void take(struct query *query, struct campaign_summary *campaign)
{
	*campaign = (struct campaign_summary){ .id = column_uuid(query, 0),
		.organisations = (uint32_t)column_integer(query, 1),
		.events = (uint32_t)column_integer(query, 2),
		.first = column_integer(query, 7),
		.last = column_integer(query, 8),
		.rank = column_real(query, 9),
		.notices = (uint32_t)column_integer(query, 10) };
	for (int i = 0; i < 4; i++)
		campaign->states[i] = (uint32_t)column_integer(query, 3 + i);
}

enum error store_campaign_each(struct store *store, const struct scope *scope, struct page *page,
    void (*each)(void *, const struct campaign_summary *), void *context, struct failure *failure)
{
	struct cursor cursor;
	struct query query;
	page->next[0] = 0;
	enum error error = covers_all(scope, failure);
	if (!error)
		error = cursor_read(page, CURSOR_CAMPAIGN, &cursor, failure);
	if (!error)
		error = query_read(store, scope, NOUN_CAMPAIGN,
		    GROUPED " WHERE {scope} AND campaign IS NOT NULL GROUP BY campaign"
			    " HAVING :first_page OR latest < :key OR (latest = :key AND campaign > :after)"
			    " ORDER BY latest DESC, campaign LIMIT :limit",
		    &query, failure);
	if (error)
		return error;
	uint32_t limit = page_limit(page), shown = 0;
	bind_integer(&query, ":first_page", cursor.none);
	bind_integer(&query, ":key", cursor.key);
	bind_blob(&query, ":after", cursor.id.bytes, sizeof cursor.id.bytes);
	bind_integer(&query, ":limit", (int64_t)limit + 1);
	struct campaign_summary campaign = { 0 };
	while ((error = query_step(&query)) == OK && shown < limit) {
		take(&query, &campaign);
		error = last_version(store, scope, campaign.id, &campaign.analyses, failure);
		if (error)
			break;
		each(context, &campaign);
		shown++;
	}
	if (!error)
		cursor_write(page, CURSOR_CAMPAIGN, campaign.last, campaign.id);
	query_release(&query);
	return error == ERROR_END ? OK : error;
}

enum error store_campaign_get(struct store *store, const struct scope *scope, struct uuid id,
    struct campaign_summary *campaign, struct failure *failure)
{
	struct query query;
	enum error error = covers_all(scope, failure);
	if (!error)
		error = query_read(store, scope, NOUN_CAMPAIGN,
		    GROUPED " WHERE {scope} AND campaign = :campaign GROUP BY campaign", &query, failure);
	if (error)
		return error;
	bind_uuid(&query, ":campaign", &id);
	error = query_one(&query, "thing");
	if (error)
		return error;
	take(&query, campaign);
	query_release(&query);
	return last_version(store, scope, id, &campaign->analyses, failure);
}

/* ── what analysts wrote ─ */

static enum error cite_events(struct store *store, const struct scope *scope, struct uuid campaign, int64_t analysis,
    uint32_t *cited, struct failure *failure)
{
	struct query query;
	int changed = 0;
	enum error error = query_write(store, scope, NOUN_CAMPAIGN, 0,
	    "INSERT INTO campaign_citation (analysis, event, organisation)"
	    " SELECT :analysis, id, organisation FROM event WHERE campaign = :campaign",
	    &query, failure);
	if (error)
		return error;
	bind_integer(&query, ":analysis", analysis);
	bind_uuid(&query, ":campaign", &campaign);
	error = query_run(&query, &changed);
	*cited = (uint32_t)changed;
	return error;
}

static enum error check_words(struct text words, struct failure *failure)
{
	if (text_trim(words).size == 0)
		return fail(failure, ERROR_INPUT, "text: an analysis needs words");
	if (words.size > ANALYSIS_LARGEST)
		return fail(failure, ERROR_INPUT, "text: at most %d bytes", ANALYSIS_LARGEST);
	return OK;
}

enum error store_campaign_analysis_put(struct store *store, const struct scope *scope,
    struct campaign_analysis *analysis, uint64_t seen, nanoseconds now, struct failure *failure)
{
	const struct subject *subject = scope_subject(scope);
	struct campaign_summary campaign;
	struct query query;
	if (!subject)
		return fail(failure, ERROR_DENIED, "an analysis needs an author");
	enum error error = check_words(text_of(analysis->words), failure);
	if (!error)
		error = store_campaign_get(store, scope, analysis->campaign, &campaign, failure);
	if (!error && campaign.analyses != seen)
		error = fail(failure, ERROR_CONFLICT,
		    "somebody else wrote version %llu of the analysis meanwhile: read it again",
		    (unsigned long long)campaign.analyses);
	if (!error)
		error = query_write(store, scope, NOUN_CAMPAIGN, 0,
		    "INSERT INTO campaign_analysis (campaign, version, author, written, words)"
		    " VALUES (:campaign, :version, :author, :written, :words)",
		    &query, failure);
	if (error)
		return error;
	analysis->version = seen + 1;
	analysis->author = subject->account;
	analysis->written = now;
	bind_uuid(&query, ":campaign", &analysis->campaign);
	bind_integer(&query, ":version", (int64_t)analysis->version);
	bind_uuid(&query, ":author", &analysis->author);
	bind_integer(&query, ":written", now);
	bind_string(&query, ":words", analysis->words);
	error = query_run(&query, NULL);
	if (!error)
		error = cite_events(store, scope, analysis->campaign, sqlite3_last_insert_rowid(store->database),
		    &analysis->cited, failure);
	if (error)
		return error;
	char object[UUID_TEXT], detail[80];
	snprintf(detail, sizeof detail, "version %llu cites %u events", (unsigned long long)analysis->version,
	    analysis->cited);
	return log_change(
	    store, scope, "campaign.analyse", uuid_format(analysis->campaign, object), 0, detail, failure);
}

static enum error load_cited(struct store *store, const struct scope *scope, int64_t number, struct arena *arena,
    struct uuid **events, uint32_t *count, struct failure *failure)
{
	struct query query;
	*count = 0;
	*events = arena_take(arena, CITED_SHOWN * sizeof **events);
	if (!*events)
		return fail(failure, ERROR_MEMORY, "analysis: no memory");
	enum error error = query_read(store, scope, NOUN_CAMPAIGN,
	    "SELECT event FROM campaign_citation WHERE {scope} AND analysis = :analysis ORDER BY event LIMIT :limit",
	    &query, failure);
	if (error)
		return error;
	bind_integer(&query, ":analysis", number);
	bind_integer(&query, ":limit", CITED_SHOWN);
	while ((error = query_step(&query)) == OK)
		(*events)[(*count)++] = column_uuid(&query, 0);
	query_release(&query);
	return error == ERROR_END ? OK : error;
}

enum error store_campaign_analysis_each(struct store *store, const struct scope *scope, struct uuid campaign,
    struct arena *arena, void (*each)(void *, const struct campaign_analysis *, const struct uuid *events),
    void *context, struct failure *failure)
{
	struct query query;
	enum error error = covers_all(scope, failure);
	if (!error)
		error = query_read(store, scope, NOUN_CAMPAIGN,
		    "SELECT number, campaign, version, author, written, words" ANALYSES
		    " AND {scope} ORDER BY version DESC, number DESC LIMIT :limit",
		    &query, failure);
	if (error)
		return error;
	bind_uuid(&query, ":campaign", &campaign);
	bind_integer(&query, ":limit", ANALYSES_SHOWN);
	while ((error = query_step(&query)) == OK) {
		struct uuid *events;
		struct campaign_analysis analysis = { .campaign = column_uuid(&query, 1),
			.version = column_count(&query, 2),
			.author = column_uuid(&query, 3),
			.written = column_integer(&query, 4),
			.words = arena_string(arena, column_text(&query, 5)) };
		error = analysis.words ? load_cited(store, scope, column_integer(&query, 0), arena, &events,
					     &analysis.cited, failure)
				       : fail(failure, ERROR_MEMORY, "analysis: no memory");
		if (error)
			break;
		each(context, &analysis, events);
	}
	query_release(&query);
	return error == ERROR_END ? OK : error;
}
