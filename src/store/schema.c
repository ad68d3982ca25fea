/*
 * The tables of the state store. Every table whose rows belong to an organisation names that column `organisation`, so
 * that the one scope condition of query.c fits all of them. Times are nanoseconds, identifiers 16-byte blobs, nil is
 * NULL. The indexes of events carry what the lists ask for, so that rows that do not match are passed over unread:
 * ten times as fast with 100,000 events.
 */
#include "store/schema.h"

#include <stddef.h>

static const char version_1[] =
    "CREATE TABLE organisation ("
    " number INTEGER PRIMARY KEY AUTOINCREMENT, id BLOB NOT NULL UNIQUE, name TEXT NOT NULL UNIQUE, title_ja TEXT NOT "
    "NULL,"
    " title_en TEXT NOT NULL, sector TEXT NOT NULL, parent INTEGER REFERENCES organisation(number), language INTEGER "
    "NOT NULL,"
    " contact1_name TEXT NOT NULL, contact1_mail TEXT NOT NULL, contact2_name TEXT NOT NULL, contact2_mail TEXT NOT "
    "NULL,"
    " quota REAL NOT NULL, active INTEGER NOT NULL, version INTEGER NOT NULL) STRICT;"
    "CREATE TABLE space ("
    " number INTEGER PRIMARY KEY, organisation INTEGER NOT NULL REFERENCES organisation(number), address BLOB,"
    " length INTEGER NOT NULL, domain TEXT NOT NULL, valid_from INTEGER NOT NULL, valid_to INTEGER NOT NULL) STRICT;"
    "CREATE UNIQUE INDEX space_once ON space(organisation, ifnull(address, x''), length, domain, valid_from);"
    "CREATE TABLE sensor ("
    " number INTEGER PRIMARY KEY AUTOINCREMENT, id BLOB NOT NULL UNIQUE,"
    " organisation INTEGER NOT NULL REFERENCES organisation(number), name TEXT NOT NULL, state INTEGER NOT NULL,"
    " last_seen INTEGER NOT NULL, clock_error INTEGER NOT NULL, alerts INTEGER NOT NULL, version INTEGER NOT NULL,"
    " UNIQUE(organisation, name)) STRICT;"
    "CREATE TABLE account ("
    " id BLOB PRIMARY KEY, name TEXT NOT NULL UNIQUE, title TEXT NOT NULL, mail TEXT NOT NULL, role INTEGER NOT NULL,"
    " organisation INTEGER REFERENCES organisation(number), language INTEGER NOT NULL, disabled INTEGER NOT NULL,"
    " password TEXT NOT NULL, created INTEGER NOT NULL, last_sign_in INTEGER NOT NULL, failures INTEGER NOT NULL,"
    " not_before INTEGER NOT NULL, version INTEGER NOT NULL) STRICT, WITHOUT ROWID;"
    "CREATE TABLE session ("
    " digest BLOB PRIMARY KEY, form_digest BLOB NOT NULL, account BLOB NOT NULL REFERENCES account(id),"
    " created INTEGER NOT NULL, expires INTEGER NOT NULL, last_used INTEGER NOT NULL) STRICT, WITHOUT ROWID;"
    "CREATE INDEX session_expires ON session(expires);"
    "CREATE INDEX session_account ON session(account);"
    "CREATE TABLE token ("
    " id BLOB PRIMARY KEY, digest BLOB NOT NULL UNIQUE, account BLOB REFERENCES account(id),"
    " sensor INTEGER REFERENCES sensor(number), name TEXT NOT NULL, created INTEGER NOT NULL, expires INTEGER NOT NULL,"
    " last_used INTEGER NOT NULL, revoked INTEGER NOT NULL,"
    " CHECK ((account IS NULL) <> (sensor IS NULL))) STRICT, WITHOUT ROWID;"
    "CREATE TABLE event ("
    " id BLOB PRIMARY KEY, organisation INTEGER NOT NULL REFERENCES organisation(number), campaign BLOB,"
    " provisional INTEGER NOT NULL, first INTEGER NOT NULL, last INTEGER NOT NULL, opened INTEGER NOT NULL,"
    " updated INTEGER NOT NULL, rank REAL NOT NULL, state INTEGER NOT NULL DEFAULT 0, merged_into BLOB REFERENCES "
    "event(id),"
    " reason TEXT NOT NULL DEFAULT '', decided_by BLOB, decided INTEGER NOT NULL DEFAULT 0, split_from BLOB REFERENCES "
    "event(id),"
    " version INTEGER NOT NULL DEFAULT 1, body BLOB NOT NULL) STRICT;"
    "CREATE INDEX event_rank ON event(rank DESC, id, state, organisation, first, last, campaign, merged_into);"
    "CREATE INDEX event_organisation_rank ON event(organisation, rank DESC, id, state);"
    "CREATE INDEX event_time ON event(last DESC, id, state, organisation, first, campaign, merged_into);"
    "CREATE INDEX event_organisation_time ON event(organisation, last DESC, id, state);"
    "CREATE INDEX event_first ON event(organisation, first, state);"
    "CREATE INDEX event_campaign ON event(campaign) WHERE campaign IS NOT NULL;"
    "CREATE INDEX event_merged ON event(merged_into) WHERE merged_into IS NOT NULL;"
    "CREATE TABLE event_step ("
    " number INTEGER PRIMARY KEY AUTOINCREMENT, event BLOB NOT NULL REFERENCES event(id), organisation INTEGER NOT "
    "NULL,"
    " happened INTEGER NOT NULL, account BLOB, what TEXT NOT NULL, reason TEXT NOT NULL) STRICT;"
    "CREATE INDEX event_step_event ON event_step(event, number);"
    "CREATE TABLE event_split ("
    " event BLOB NOT NULL REFERENCES event(id), host TEXT NOT NULL, new_event BLOB NOT NULL,"
    " PRIMARY KEY (event, host)) STRICT, WITHOUT ROWID;"
    "CREATE INDEX event_split_new ON event_split(new_event);"
    "CREATE TABLE decision ("
    " id BLOB PRIMARY KEY, organisation INTEGER NOT NULL, detector TEXT NOT NULL, signature TEXT NOT NULL, host TEXT "
    "NOT NULL,"
    " account TEXT NOT NULL, source BLOB, source_length INTEGER NOT NULL, reason TEXT NOT NULL, author BLOB NOT NULL,"
    " created INTEGER NOT NULL, expires INTEGER NOT NULL, review INTEGER NOT NULL, hits INTEGER NOT NULL,"
    " last_hit INTEGER NOT NULL, withdrawn INTEGER NOT NULL, event BLOB REFERENCES event(id),"
    " version INTEGER NOT NULL) STRICT;"
    "CREATE INDEX decision_created ON decision(created DESC, id);"
    "CREATE TABLE notice_number (year INTEGER PRIMARY KEY, last INTEGER NOT NULL) STRICT;"
    "CREATE TABLE notice ("
    " id BLOB PRIMARY KEY, number TEXT NOT NULL UNIQUE, event BLOB NOT NULL REFERENCES event(id),"
    " organisation INTEGER NOT NULL REFERENCES organisation(number), tlp INTEGER NOT NULL, state INTEGER NOT NULL,"
    " subject_ja TEXT NOT NULL, subject_en TEXT NOT NULL, advice TEXT NOT NULL, author BLOB NOT NULL, created INTEGER "
    "NOT NULL,"
    " sent INTEGER NOT NULL, deadline INTEGER NOT NULL, acknowledged INTEGER NOT NULL, acknowledged_by BLOB,"
    " acknowledged_name TEXT NOT NULL, reply TEXT NOT NULL, reminders INTEGER NOT NULL, escalated INTEGER NOT NULL,"
    " link_digest BLOB UNIQUE, version INTEGER NOT NULL) STRICT;"
    "CREATE INDEX notice_event ON notice(event);"
    "CREATE INDEX notice_created ON notice(created DESC, id);"
    "CREATE INDEX notice_waiting ON notice(deadline) WHERE state = 1;"
    "CREATE TABLE delivery ("
    " number INTEGER PRIMARY KEY AUTOINCREMENT, notice BLOB NOT NULL REFERENCES notice(id), organisation INTEGER NOT "
    "NULL,"
    " channel TEXT NOT NULL, recipient TEXT NOT NULL, purpose TEXT NOT NULL, state INTEGER NOT NULL, tries INTEGER NOT "
    "NULL,"
    " created INTEGER NOT NULL, last_try INTEGER NOT NULL, answer TEXT NOT NULL) STRICT;"
    "CREATE INDEX delivery_notice ON delivery(notice, number);"
    "CREATE TABLE outbox ("
    " number INTEGER PRIMARY KEY AUTOINCREMENT, topic TEXT NOT NULL, body BLOB NOT NULL, not_before INTEGER NOT NULL,"
    " tries INTEGER NOT NULL) STRICT;"
    "CREATE INDEX outbox_due ON outbox(not_before, number);"
    "CREATE TABLE log ("
    " number INTEGER PRIMARY KEY, happened INTEGER NOT NULL, account BLOB, who TEXT NOT NULL, what TEXT NOT NULL,"
    " object TEXT NOT NULL, organisation INTEGER NOT NULL, outcome TEXT NOT NULL, detail TEXT NOT NULL,"
    " hash BLOB NOT NULL) STRICT;"
    "CREATE TRIGGER log_no_update BEFORE UPDATE ON log BEGIN SELECT RAISE(ABORT, 'the log is append-only'); END;"
    "CREATE TRIGGER log_no_delete BEFORE DELETE ON log BEGIN SELECT RAISE(ABORT, 'the log is append-only'); END;"
    "CREATE TABLE funnel ("
    " organisation INTEGER NOT NULL, day INTEGER NOT NULL, alerts INTEGER NOT NULL, verdict0 INTEGER NOT NULL,"
    " verdict1 INTEGER NOT NULL, verdict2 INTEGER NOT NULL, verdict3 INTEGER NOT NULL, verdict4 INTEGER NOT NULL,"
    " verdict5 INTEGER NOT NULL, verdict6 INTEGER NOT NULL, verdict7 INTEGER NOT NULL, verdict8 INTEGER NOT NULL,"
    " verdict9 INTEGER NOT NULL, malformed INTEGER NOT NULL, late INTEGER NOT NULL, events INTEGER NOT NULL,"
    " PRIMARY KEY (day, organisation)) STRICT, WITHOUT ROWID;"
    "CREATE TABLE value (key TEXT PRIMARY KEY, value BLOB NOT NULL) STRICT, WITHOUT ROWID;"
    "CREATE TABLE answer ("
    " who BLOB NOT NULL, key TEXT NOT NULL, status INTEGER NOT NULL, body BLOB NOT NULL, expires INTEGER NOT NULL,"
    " PRIMARY KEY (who, key)) STRICT, WITHOUT ROWID;"
    "CREATE INDEX answer_expires ON answer(expires);";

/* What analysts wrote about campaigns: never changed, each version a row of its own, with the events that it cites. */
static const char version_2[] =
    "CREATE TABLE campaign_analysis ("
    " number INTEGER PRIMARY KEY AUTOINCREMENT, campaign BLOB NOT NULL, version INTEGER NOT NULL, author BLOB NOT NULL,"
    " written INTEGER NOT NULL, words TEXT NOT NULL, UNIQUE (campaign, version)) STRICT;"
    "CREATE TABLE campaign_citation ("
    " analysis INTEGER NOT NULL REFERENCES campaign_analysis(number), event BLOB NOT NULL REFERENCES event(id),"
    " organisation INTEGER NOT NULL, PRIMARY KEY (analysis, event)) STRICT, WITHOUT ROWID;"
    "CREATE INDEX campaign_citation_event ON campaign_citation(event);"
    "CREATE INDEX notice_sent ON notice(sent) WHERE sent > 0;";

/* Times in which sensors saw less than they should have, what is remembered of each sensor to notice them by (made and
 * read by fleet/ alone), and what the centre tells an organisation of its own accord. */
static const char version_3[] =
    "CREATE TABLE gap ("
    " number INTEGER PRIMARY KEY AUTOINCREMENT, organisation INTEGER NOT NULL REFERENCES organisation(number),"
    " sensor INTEGER REFERENCES sensor(number), kind INTEGER NOT NULL, code TEXT NOT NULL, began INTEGER NOT NULL,"
    " ended INTEGER NOT NULL, seen INTEGER NOT NULL, lost INTEGER NOT NULL, sampling INTEGER NOT NULL,"
    " error INTEGER NOT NULL, reason TEXT NOT NULL, author BLOB, told INTEGER NOT NULL, told_end INTEGER NOT NULL)"
    " STRICT;"
    "CREATE INDEX gap_organisation ON gap(organisation, began, ended);"
    "CREATE INDEX gap_sensor ON gap(sensor, began);"
    "CREATE INDEX gap_open ON gap(number) WHERE ended = 0;"
    "CREATE TABLE sensor_habit ("
    " sensor INTEGER PRIMARY KEY REFERENCES sensor(number), organisation INTEGER NOT NULL, body BLOB NOT NULL) STRICT;"
    "CREATE TABLE bulletin ("
    " number INTEGER PRIMARY KEY AUTOINCREMENT, id BLOB NOT NULL UNIQUE,"
    " organisation INTEGER NOT NULL REFERENCES organisation(number), kind TEXT NOT NULL, tlp INTEGER NOT NULL,"
    " subject_ja TEXT NOT NULL, subject_en TEXT NOT NULL, body_ja TEXT NOT NULL, body_en TEXT NOT NULL,"
    " created INTEGER NOT NULL, queued INTEGER NOT NULL, delivery INTEGER NOT NULL, tries INTEGER NOT NULL,"
    " last_try INTEGER NOT NULL, answer TEXT NOT NULL) STRICT;"
    "CREATE INDEX bulletin_organisation ON bulletin(organisation, number);"
    "CREATE INDEX bulletin_unqueued ON bulletin(number) WHERE queued = 0;";

/* Machines: enrolments with a token that works once, the certificates that came of them, and who signed those. */
static const char version_4[] =
    "CREATE TABLE enrolment ("
    " id BLOB PRIMARY KEY, digest BLOB NOT NULL UNIQUE, sensor INTEGER NOT NULL REFERENCES sensor(number),"
    " organisation INTEGER NOT NULL REFERENCES organisation(number), made_by TEXT NOT NULL, created INTEGER NOT NULL,"
    " expires INTEGER NOT NULL, used INTEGER NOT NULL, withdrawn INTEGER NOT NULL, key_digest BLOB NOT NULL)"
    " STRICT, WITHOUT ROWID;"
    "CREATE INDEX enrolment_sensor ON enrolment(sensor, created DESC);"
    "CREATE TABLE certificate ("
    " serial BLOB PRIMARY KEY, digest BLOB NOT NULL UNIQUE, key_digest BLOB NOT NULL,"
    " sensor INTEGER NOT NULL REFERENCES sensor(number),"
    " organisation INTEGER NOT NULL REFERENCES organisation(number),"
    " enrolment BLOB NOT NULL REFERENCES enrolment(id), issued INTEGER NOT NULL, not_before INTEGER NOT NULL,"
    " not_after INTEGER NOT NULL, used INTEGER NOT NULL, superseded INTEGER NOT NULL, revoked INTEGER NOT NULL,"
    " revoked_by TEXT NOT NULL, der BLOB NOT NULL) STRICT;"
    "CREATE INDEX certificate_sensor ON certificate(sensor, issued DESC);"
    "CREATE INDEX certificate_enrolment ON certificate(enrolment, key_digest);"
    "CREATE TABLE authority ("
    " digest BLOB PRIMARY KEY, der BLOB NOT NULL, made INTEGER NOT NULL) STRICT, WITHOUT ROWID;";

/* Sensors that watch many organisations (W07). */
static const char version_5[] = "ALTER TABLE sensor ADD COLUMN routes INTEGER NOT NULL DEFAULT 0;";

/* Announced attacks (W14). */
static const char version_6[] =
    "CREATE TABLE announcement ("
    " number INTEGER PRIMARY KEY AUTOINCREMENT, id BLOB NOT NULL UNIQUE, source TEXT NOT NULL, by TEXT NOT NULL,"
    " advice TEXT NOT NULL, attack_from INTEGER NOT NULL, attack_to INTEGER NOT NULL, author BLOB NOT NULL,"
    " created INTEGER NOT NULL) STRICT;"
    "CREATE TABLE announcement_target ("
    " announcement INTEGER NOT NULL REFERENCES announcement(number), place INTEGER NOT NULL, name TEXT NOT NULL,"
    " organisation INTEGER REFERENCES organisation(number), PRIMARY KEY (announcement, place)) STRICT, WITHOUT ROWID;";
/* Capture policies, never changed, each version a row of its own; and what sensors sent against them. */
static const char version_7[] =
    "CREATE TABLE capture_policy ("
    " organisation INTEGER NOT NULL REFERENCES organisation(number), version INTEGER NOT NULL, made INTEGER NOT NULL,"
    " account BLOB, own INTEGER NOT NULL, policy TEXT NOT NULL, PRIMARY KEY (organisation, version)) STRICT, WITHOUT "
    "ROWID;"
    "CREATE TABLE capture_dropped ("
    " sensor INTEGER PRIMARY KEY REFERENCES sensor(number), organisation INTEGER NOT NULL, fields INTEGER NOT NULL,"
    " first INTEGER NOT NULL, last INTEGER NOT NULL) STRICT;";

/* Communities and who is in them; where organisations may be named; releases of items. A release lies where its
 * community, TLP and time of adding put it, with its bytes, so that a page of a collection is one walk. */
static const char version_8[] =
    "CREATE TABLE community ("
    " number INTEGER PRIMARY KEY AUTOINCREMENT, id BLOB NOT NULL UNIQUE, name TEXT NOT NULL UNIQUE, title_ja TEXT NOT "
    "NULL,"
    " title_en TEXT NOT NULL, kind INTEGER NOT NULL, parent INTEGER REFERENCES community(number), purpose TEXT NOT "
    "NULL,"
    " content TEXT NOT NULL, recipients TEXT NOT NULL, hidden INTEGER NOT NULL, centre INTEGER NOT NULL,"
    " valid_from INTEGER NOT NULL, valid_to INTEGER NOT NULL, active INTEGER NOT NULL, version INTEGER NOT NULL)"
    " STRICT;"
    "CREATE TABLE membership ("
    " number INTEGER PRIMARY KEY AUTOINCREMENT, community INTEGER NOT NULL REFERENCES community(number),"
    " organisation INTEGER NOT NULL REFERENCES organisation(number), role INTEGER NOT NULL,"
    " valid_from INTEGER NOT NULL, valid_to INTEGER NOT NULL, version INTEGER NOT NULL) STRICT;"
    "CREATE UNIQUE INDEX membership_open ON membership(community, organisation) WHERE valid_to = 0;"
    "CREATE INDEX membership_organisation ON membership(organisation);"
    "CREATE TABLE naming ("
    " organisation INTEGER PRIMARY KEY REFERENCES organisation(number), naming INTEGER NOT NULL,"
    " circle INTEGER REFERENCES community(number), version INTEGER NOT NULL) STRICT;"
    "CREATE TABLE release ("
    " community INTEGER NOT NULL REFERENCES community(number), tlp INTEGER NOT NULL, added INTEGER NOT NULL UNIQUE,"
    " id BLOB NOT NULL UNIQUE, organisation INTEGER NOT NULL, item TEXT NOT NULL, version INTEGER NOT NULL,"
    " version_written TEXT NOT NULL, step INTEGER NOT NULL, decided_by BLOB NOT NULL, decided INTEGER NOT NULL,"
    " withdrawn INTEGER NOT NULL, purpose TEXT NOT NULL, content TEXT NOT NULL, recipients TEXT NOT NULL,"
    " removed TEXT NOT NULL, taken_out INTEGER NOT NULL, rendering BLOB NOT NULL,"
    " PRIMARY KEY (community, tlp, added)) STRICT, WITHOUT ROWID;"
    "CREATE INDEX release_item ON release(organisation, item, version, step);"
    "CREATE INDEX release_withdrawn ON release(withdrawn) WHERE withdrawn > 0;"
    "CREATE TABLE release_named ("
    " release BLOB NOT NULL, organisation INTEGER NOT NULL, PRIMARY KEY (release, organisation)) STRICT, WITHOUT "
    "ROWID;";

/* The exchange: items, what they are found by, collections with the renderings of the items in them, imports. A page of
 * a collection is one walk over neighbouring rows: `place` is the collection's number and, in its low 51 bits, the
 * microseconds since 2020 at which the entry was added. Superseded versions lie beside, so that no walk passes over
 * them. */
static const char version_9[] =
    "CREATE TABLE item ("
    " number INTEGER PRIMARY KEY AUTOINCREMENT, organisation INTEGER NOT NULL, id TEXT NOT NULL, version INTEGER NOT "
    "NULL,"
    " newest INTEGER NOT NULL, kind INTEGER NOT NULL, type TEXT NOT NULL, tlp INTEGER NOT NULL, received INTEGER NOT "
    "NULL,"
    " account BLOB, feed TEXT NOT NULL, labels TEXT NOT NULL, found BLOB NOT NULL, body BLOB NOT NULL) STRICT;"
    "CREATE UNIQUE INDEX item_version ON item(id, organisation, version);"
    "CREATE TABLE item_value ("
    " value TEXT NOT NULL, item INTEGER NOT NULL, PRIMARY KEY (value, item)) STRICT, WITHOUT ROWID;"
    "CREATE TABLE item_end ("
    " id TEXT NOT NULL, item INTEGER NOT NULL, PRIMARY KEY (id, item)) STRICT, WITHOUT ROWID;"
    "CREATE TABLE collection ("
    " number INTEGER PRIMARY KEY AUTOINCREMENT, id BLOB NOT NULL UNIQUE, community INTEGER NOT NULL,"
    " tlp INTEGER NOT NULL, title TEXT NOT NULL, description TEXT NOT NULL, alias TEXT UNIQUE,"
    " reads INTEGER NOT NULL, writes INTEGER NOT NULL, created INTEGER NOT NULL, last INTEGER NOT NULL,"
    " active INTEGER NOT NULL, version INTEGER NOT NULL) STRICT;"
    "CREATE TABLE entry ("
    " place INTEGER PRIMARY KEY, item INTEGER NOT NULL, organisation INTEGER NOT NULL, id TEXT NOT NULL,"
    " type TEXT NOT NULL, version INTEGER NOT NULL, written TEXT NOT NULL, spec INTEGER NOT NULL,"
    " rendering BLOB NOT NULL) STRICT;"
    "CREATE INDEX entry_item ON entry(item);"
    "CREATE TABLE entry_past ("
    " place INTEGER PRIMARY KEY, item INTEGER NOT NULL, organisation INTEGER NOT NULL, id TEXT NOT NULL,"
    " type TEXT NOT NULL, version INTEGER NOT NULL, written TEXT NOT NULL, spec INTEGER NOT NULL,"
    " rendering BLOB NOT NULL) STRICT;"
    "CREATE INDEX entry_past_item ON entry_past(item);"
    "CREATE TABLE import ("
    " id BLOB PRIMARY KEY, organisation INTEGER NOT NULL, account BLOB NOT NULL, collection INTEGER NOT NULL,"
    " received INTEGER NOT NULL, finished INTEGER NOT NULL, total INTEGER NOT NULL, good INTEGER NOT NULL,"
    " bad INTEGER NOT NULL, failures TEXT NOT NULL) STRICT, WITHOUT ROWID;"
    "CREATE INDEX import_finished ON import(finished);";

/* Dispatches: the directory, what was sent to whom, what came of it, and years that other programs counted. */
static const char version_10[] =
    "CREATE TABLE contact ("
    " number INTEGER PRIMARY KEY AUTOINCREMENT, list TEXT NOT NULL, name TEXT NOT NULL, title TEXT NOT NULL,"
    " tier TEXT NOT NULL, parent TEXT NOT NULL, organisation INTEGER NOT NULL, person TEXT NOT NULL, mail TEXT NOT "
    "NULL,"
    " language INTEGER NOT NULL, agreed INTEGER NOT NULL, verified INTEGER NOT NULL, trouble TEXT NOT NULL,"
    " trouble_since INTEGER NOT NULL, UNIQUE (list, name)) STRICT;"
    "CREATE INDEX contact_trouble ON contact(list, trouble_since) WHERE trouble <> '';"
    "CREATE TABLE dispatch ("
    " number INTEGER PRIMARY KEY AUTOINCREMENT, id BLOB NOT NULL UNIQUE, kind INTEGER NOT NULL,"
    " direction INTEGER NOT NULL, pass INTEGER NOT NULL, state INTEGER NOT NULL, tlp INTEGER NOT NULL, list TEXT NOT "
    "NULL,"
    " subject_ja TEXT NOT NULL, subject_en TEXT NOT NULL, body_ja TEXT NOT NULL, body_en TEXT NOT NULL,"
    " questions TEXT NOT NULL, author BLOB, proposed_by BLOB, approved_by BLOB, created INTEGER NOT NULL,"
    " started INTEGER NOT NULL, closed INTEGER NOT NULL, within INTEGER NOT NULL, recipients INTEGER NOT NULL,"
    " version INTEGER NOT NULL) STRICT;"
    "CREATE INDEX dispatch_running ON dispatch(number) WHERE state = 2;"
    "CREATE TABLE recipient ("
    " number INTEGER PRIMARY KEY AUTOINCREMENT, id BLOB NOT NULL UNIQUE,"
    " dispatch INTEGER NOT NULL REFERENCES dispatch(number), parent INTEGER NOT NULL, tier_level INTEGER NOT NULL,"
    " organisation INTEGER NOT NULL, name TEXT NOT NULL, title TEXT NOT NULL, tier TEXT NOT NULL, body TEXT NOT NULL,"
    " person TEXT NOT NULL, mail TEXT NOT NULL, language INTEGER NOT NULL, due INTEGER NOT NULL, sent INTEGER NOT "
    "NULL,"
    " delivered INTEGER NOT NULL, bounced INTEGER NOT NULL, status TEXT NOT NULL, answer TEXT NOT NULL,"
    " opened INTEGER NOT NULL, reached INTEGER NOT NULL, way INTEGER NOT NULL, another INTEGER NOT NULL,"
    " said_by TEXT NOT NULL, answers TEXT NOT NULL, reminders INTEGER NOT NULL, link_digest BLOB UNIQUE) STRICT;"
    "CREATE INDEX recipient_dispatch ON recipient(dispatch, number);"
    "CREATE INDEX recipient_parent ON recipient(parent) WHERE due = 0;"
    "CREATE INDEX recipient_due ON recipient(dispatch, due) WHERE due > 0 AND sent = 0;"
    "CREATE INDEX recipient_organisation ON recipient(organisation, number) WHERE organisation <> 0;"
    "CREATE TABLE reach_year ("
    " year INTEGER NOT NULL, direction INTEGER NOT NULL, tier TEXT NOT NULL, addressed INTEGER NOT NULL,"
    " reached INTEGER NOT NULL, PRIMARY KEY (year, direction, tier)) STRICT, WITHOUT ROWID;";

/* What is shared with sensors: one row for each indicator in each community, as it is now; `number` grows with each
 * change (NULL: it waits for a person), so that whoever says the last one that it has gets what changed since. And the
 * sources of which nothing is in force. */
static const char version_11[] =
    "CREATE TABLE shared ("
    " id INTEGER PRIMARY KEY AUTOINCREMENT, community INTEGER NOT NULL REFERENCES community(number),"
    " organisation INTEGER NOT NULL, item TEXT NOT NULL, number INTEGER UNIQUE, withdrawn INTEGER NOT NULL,"
    " asked INTEGER NOT NULL, action INTEGER NOT NULL, whys INTEGER NOT NULL, until INTEGER NOT NULL,"
    " given INTEGER NOT NULL, account BLOB NOT NULL, body TEXT NOT NULL, UNIQUE (organisation, item, community)) "
    "STRICT;"
    "CREATE INDEX shared_community ON shared(community, number);"
    "CREATE INDEX shared_same ON shared(community, body) WHERE withdrawn = 0;"
    "CREATE INDEX shared_until ON shared(until) WHERE withdrawn = 0 AND until > 0;"
    "CREATE INDEX shared_given ON shared(organisation, given);"
    "CREATE TABLE shared_stop (organisation INTEGER PRIMARY KEY, account BLOB NOT NULL, since INTEGER NOT NULL) "
    "STRICT;";
/* What a dispatch may be besides: to a community, of a timing class, tagged, issued by several; feeds of readers. */
static const char version_12[] =
    "ALTER TABLE dispatch ADD COLUMN community INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE dispatch ADD COLUMN timing INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE dispatch ADD COLUMN tags TEXT NOT NULL DEFAULT '';"
    "CREATE TABLE signatory ("
    " dispatch INTEGER NOT NULL REFERENCES dispatch(number),"
    " organisation INTEGER NOT NULL REFERENCES organisation(number), account BLOB, agreed INTEGER NOT NULL,"
    " PRIMARY KEY (dispatch, organisation)) STRICT, WITHOUT ROWID;"
    "CREATE TABLE feed ("
    " account BLOB PRIMARY KEY REFERENCES account(id), organisation INTEGER NOT NULL, digest BLOB NOT NULL UNIQUE,"
    " made INTEGER NOT NULL) STRICT, WITHOUT ROWID;";

/* What is shared remembers which version of an item it is, since when it may be in force, who let it travel and whether
 * somebody else than its owner withdrew it; what communities let travel by itself; how often it was met, and where. */
static const char version_13[] =
    "ALTER TABLE shared ADD COLUMN waits INTEGER NOT NULL DEFAULT 0;"
    "UPDATE shared SET waits = 1, withdrawn = 1 WHERE number IS NULL AND withdrawn = 0;"
    "ALTER TABLE shared ADD COLUMN version INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE shared ADD COLUMN begins INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE shared ADD COLUMN held INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE shared ADD COLUMN released BLOB;"
    "CREATE INDEX shared_live ON shared(organisation, id) WHERE withdrawn = 0 OR waits = 1;"
    "CREATE INDEX shared_waits ON shared(organisation, id) WHERE waits = 1;"
    "CREATE INDEX shared_block ON shared(id) WHERE action = 2 AND withdrawn = 0;"
    "CREATE INDEX shared_begins ON shared(begins) WHERE waits = 1 AND begins > 0;"
    "CREATE TABLE shared_rule ("
    " community INTEGER NOT NULL REFERENCES community(number), organisation INTEGER NOT NULL, alone INTEGER NOT NULL,"
    " least INTEGER NOT NULL, trust INTEGER NOT NULL, rate INTEGER NOT NULL, account BLOB, changed INTEGER NOT NULL,"
    " PRIMARY KEY (community, organisation)) STRICT, WITHOUT ROWID;"
    "CREATE TABLE shared_met ("
    " shared INTEGER NOT NULL REFERENCES shared(id), organisation INTEGER NOT NULL, count INTEGER NOT NULL,"
    " first INTEGER NOT NULL, last INTEGER NOT NULL, PRIMARY KEY (shared, organisation)) STRICT, WITHOUT ROWID;";

/* One table of what communities see (store/release.h): the renderings that lay in collections become releases by
 * whoever gave them. They were never looked through for what may not be told: where somebody hides, the next start does
 * so (intel/rerender.c), before anybody reads. `added` is in microseconds, grows over all releases, and is the row's
 * place; `place` is enum release_place. And by which identities organisations go. */
static const char version_14[] =
    "CREATE TABLE release_14 ("
    " added INTEGER PRIMARY KEY, community INTEGER NOT NULL REFERENCES community(number), tlp INTEGER NOT NULL,"
    " place INTEGER NOT NULL, id BLOB NOT NULL UNIQUE, item INTEGER NOT NULL, organisation INTEGER NOT NULL,"
    " object TEXT NOT NULL, shown TEXT NOT NULL, type TEXT NOT NULL, spec INTEGER NOT NULL, version INTEGER NOT NULL,"
    " version_written TEXT NOT NULL, step INTEGER NOT NULL, decided_by BLOB NOT NULL, decided INTEGER NOT NULL,"
    " withdrawn INTEGER NOT NULL, purpose TEXT NOT NULL, content TEXT NOT NULL, recipients TEXT NOT NULL,"
    " removed TEXT NOT NULL, taken_out INTEGER NOT NULL, rendering BLOB NOT NULL) STRICT;"
    "CREATE TEMP TABLE before_14 AS"
    " SELECT r.added / 1000 AS added, r.community, r.tlp, r.id, ifnull(i.number, 0) AS item, r.organisation,"
    "  r.item AS object, ifnull(i.type, '') AS type, 21 AS spec, r.version, r.version_written, r.decided_by, r.decided,"
    "  r.withdrawn, r.purpose, r.content, r.recipients, r.removed, r.taken_out, r.rendering"
    " FROM release r LEFT JOIN item i ON i.id = r.item AND i.organisation = r.organisation AND i.version = r.version"
    " UNION ALL"
    " SELECT (e.place & 2251799813685247) + 1577836800000000, c.community, c.tlp, randomblob(16), e.item,"
    "  e.organisation, e.id, e.type, e.spec, e.version, e.written, ifnull(i.account, zeroblob(16)), i.received,"
    "  0, '', '', '', '[]', 0, e.rendering"
    " FROM (SELECT * FROM entry UNION ALL SELECT * FROM entry_past) e JOIN item i ON i.number = e.item"
    " JOIN collection c ON c.number = e.place >> 51;"
    /* Two collections of one community at one level were filled apart: a version that lay in both is there once. */
    "DELETE FROM before_14 WHERE rowid NOT IN (SELECT rowid FROM (SELECT rowid, row_number() OVER"
    " (PARTITION BY community, tlp, organisation, object, version, spec, withdrawn ORDER BY added) AS copy"
    " FROM before_14) WHERE copy = 1);"
    "INSERT INTO release_14 SELECT max(added - nth) OVER (ORDER BY nth) + nth, community, tlp,"
    "  CASE WHEN withdrawn > 0 THEN 2 WHEN latest = 1 THEN 0 ELSE 1 END, id, item, organisation, object, '', type, "
    "spec,"
    "  version, version_written, step, decided_by, decided, withdrawn, purpose, content, recipients, removed, "
    "taken_out,"
    "  CASE WHEN withdrawn > 0 THEN x'' ELSE rendering END"
    " FROM (SELECT *, row_number() OVER (ORDER BY added) AS nth,"
    "  row_number() OVER (PARTITION BY organisation, object ORDER BY added) AS step,"
    "  row_number() OVER (PARTITION BY community, tlp, organisation, object, withdrawn > 0"
    "   ORDER BY spec DESC, version DESC) AS latest FROM before_14);"
    "CREATE TABLE item_giver ("
    " organisation INTEGER NOT NULL, identity TEXT NOT NULL, PRIMARY KEY (organisation, identity)) STRICT, WITHOUT "
    "ROWID;"
    "INSERT OR IGNORE INTO item_giver SELECT organisation, json_extract(CAST(rendering AS TEXT), '$.created_by_ref')"
    " FROM (SELECT * FROM entry UNION ALL SELECT * FROM entry_past)"
    " WHERE json_valid(CAST(rendering AS TEXT)) AND json_type(CAST(rendering AS TEXT), '$.created_by_ref') = 'text';"
    "INSERT INTO value (key, value) SELECT 'exchange.unrendered', x'30' WHERE EXISTS (SELECT 1 FROM before_14)"
    " AND EXISTS (SELECT 1 FROM naming WHERE naming > 0);"
    "DROP TABLE before_14;"
    "DROP TABLE entry;"
    "DROP TABLE entry_past;"
    "DROP TABLE release;"
    "ALTER TABLE release_14 RENAME TO release;"
    "CREATE INDEX release_collection ON release(community, tlp, place);"
    "CREATE INDEX release_item ON release(item);"
    "CREATE INDEX release_shown ON release(shown) WHERE shown <> '';"
    "CREATE INDEX item_identity ON item(organisation, id) WHERE type = 'identity';"
    "ALTER TABLE collection DROP COLUMN last;";

/* What was met knows since when we know; nothing had counted yet. Sightings find what they are about by its name. */
static const char version_15[] = "ALTER TABLE shared_met ADD COLUMN noted INTEGER NOT NULL DEFAULT 0;"
				 "CREATE INDEX shared_item ON shared(item, community);";

/* Collections at other servers of TAXII, how far the centre came with them, and objects that were refused. */
static const char version_16[] =
    "CREATE TABLE remote ("
    " number INTEGER PRIMARY KEY AUTOINCREMENT, id BLOB NOT NULL UNIQUE, created INTEGER NOT NULL,"
    " version INTEGER NOT NULL, name TEXT NOT NULL UNIQUE, url TEXT NOT NULL, there TEXT NOT NULL,"
    " collection INTEGER NOT NULL, organisation INTEGER NOT NULL, polls INTEGER NOT NULL, pushes INTEGER NOT NULL,"
    " user TEXT NOT NULL, credential TEXT NOT NULL, authorities TEXT NOT NULL, every INTEGER NOT NULL,"
    " objects INTEGER NOT NULL, bytes INTEGER NOT NULL, within INTEGER NOT NULL, active INTEGER NOT NULL,"
    " poll_due INTEGER NOT NULL, poll_last INTEGER NOT NULL, poll_failures INTEGER NOT NULL,"
    " poll_words TEXT NOT NULL, poll_good INTEGER NOT NULL, poll_bad INTEGER NOT NULL, push_due INTEGER NOT NULL,"
    " push_last INTEGER NOT NULL, push_failures INTEGER NOT NULL, push_words TEXT NOT NULL,"
    " push_good INTEGER NOT NULL, push_bad INTEGER NOT NULL, after TEXT NOT NULL, next TEXT NOT NULL,"
    " reached TEXT NOT NULL, given INTEGER NOT NULL, status TEXT NOT NULL, status_given INTEGER NOT NULL) STRICT;"
    "CREATE TABLE remote_failure ("
    " number INTEGER PRIMARY KEY AUTOINCREMENT, remote INTEGER NOT NULL REFERENCES remote(number),"
    " way INTEGER NOT NULL, at INTEGER NOT NULL, object TEXT NOT NULL, version TEXT NOT NULL,"
    " message TEXT NOT NULL) STRICT;"
    "CREATE INDEX remote_failure_of ON remote_failure(remote, way, number);";

/* What waits is over, too; found without a look at all that stands. */
static const char version_17[] = "CREATE INDEX shared_waits_until ON shared(until) WHERE waits = 1 AND until > 0;";

/* Relations say which of their ends are known here (store/release_end.c). */
static const char version_18[] = "ALTER TABLE release ADD COLUMN ends TEXT NOT NULL DEFAULT '';"
				 "UPDATE release SET ends = known.ends FROM (SELECT e.item, group_concat(e.id || "
				 "char(10), '') AS ends FROM item_end e"
				 "  WHERE EXISTS (SELECT 1 FROM item i WHERE i.id = e.id) GROUP BY e.item) AS known"
				 " WHERE release.item = known.item AND release.type IN ('relationship', 'sighting');";

/* Devices of members, which fetch lists. */
static const char version_19[] =
    "CREATE TABLE device ("
    " id BLOB PRIMARY KEY, digest BLOB NOT NULL UNIQUE,"
    " organisation INTEGER NOT NULL REFERENCES organisation(number), name TEXT NOT NULL, made_by TEXT NOT NULL,"
    " created INTEGER NOT NULL, used INTEGER NOT NULL, revoked INTEGER NOT NULL) STRICT, WITHOUT ROWID;"
    "CREATE INDEX device_organisation ON device(organisation, created);";

/* What was withdrawn long ago goes; of each community the greatest number that went. */
static const char version_20[] =
    "CREATE TABLE shared_purged (community INTEGER PRIMARY KEY, number INTEGER NOT NULL) STRICT;"
    "CREATE INDEX shared_gone ON shared(coalesce(number, 0), id) WHERE withdrawn = 1 AND waits = 0 AND held = 0;";

/* Why a release was withdrawn is there for who knows of it; before it was in the log alone. */
static const char version_21[] = "ALTER TABLE release ADD COLUMN reason TEXT NOT NULL DEFAULT '';";

/* Remotes delete there what is withdrawn here, from now on. */
static const char version_22[] =
    "ALTER TABLE remote ADD COLUMN removed INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE remote ADD COLUMN removed_added INTEGER NOT NULL DEFAULT 0;"
    "UPDATE remote SET removed = CAST(strftime('%s', 'now') AS INTEGER) * 1000000000;"
    "CREATE INDEX release_gone ON release(community, tlp, withdrawn, added) WHERE place = 2;";

/* Who read what was released (store/reading.h). */
static const char version_23[] =
    "CREATE TABLE release_reading ("
    " added INTEGER NOT NULL, organisation INTEGER NOT NULL, way INTEGER NOT NULL, count INTEGER NOT NULL,"
    " first INTEGER NOT NULL, last INTEGER NOT NULL, PRIMARY KEY (added, organisation, way)) STRICT, WITHOUT ROWID;"
    "CREATE TABLE collection_reading ("
    " community INTEGER NOT NULL, tlp INTEGER NOT NULL, organisation INTEGER NOT NULL, types TEXT NOT NULL,"
    " specs INTEGER NOT NULL, after INTEGER NOT NULL, upto INTEGER NOT NULL, count INTEGER NOT NULL, first INTEGER NOT "
    "NULL,"
    " last INTEGER NOT NULL, PRIMARY KEY (community, tlp, organisation, types, specs, after)) STRICT, WITHOUT ROWID;"
    "CREATE INDEX collection_reading_upto ON collection_reading(community, tlp, upto);";

/* What is handed over, by organisation, month and kind (store/handover.h), from now on. */
static const char version_24[] =
    "CREATE TABLE handover ("
    " organisation INTEGER NOT NULL, month INTEGER NOT NULL, what INTEGER NOT NULL, count INTEGER NOT NULL,"
    " PRIMARY KEY (organisation, month, what)) STRICT, WITHOUT ROWID;";

/* Remotes that are feeds, and what their entries are known by: of each community, whoever said it first. */
static const char version_25[] =
    "ALTER TABLE remote ADD COLUMN kind INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE remote ADD COLUMN tlp INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE remote ADD COLUMN etag TEXT NOT NULL DEFAULT '';"
    "ALTER TABLE remote ADD COLUMN changed TEXT NOT NULL DEFAULT '';"
    "CREATE TABLE remote_entry ("
    " community INTEGER NOT NULL, key BLOB NOT NULL, item TEXT NOT NULL, organisation INTEGER NOT NULL,"
    " remote BLOB NOT NULL, named INTEGER NOT NULL, created INTEGER NOT NULL, modified INTEGER NOT NULL,"
    " digest BLOB NOT NULL, PRIMARY KEY (community, key)) STRICT, WITHOUT ROWID;";

const char *const store_migrations[] = { version_1, version_2, version_3, version_4, version_5, version_6, version_7,
	version_8, version_9, version_10, version_11, version_12, version_13, version_14, version_15, version_16,
	version_17, version_18, version_19, version_20, version_21, version_22, version_23, version_24, version_25,
	store_migration_26, store_migration_27, store_migration_28, store_migration_29, store_migration_30,
	store_migration_31, store_migration_32, NULL };
