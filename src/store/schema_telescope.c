/*
 * The tables of what telescopes tell, as they came to be: a part of the list in schema.c.
 */
#include "store/schema.h"

/* Sensors that are telescopes; and what they saw of addresses that nobody here holds. */
const char store_migration_26[] = "ALTER TABLE sensor ADD COLUMN telescope INTEGER NOT NULL DEFAULT 0;"
				  "ALTER TABLE funnel ADD COLUMN verdict10 INTEGER NOT NULL DEFAULT 0;";

/* What telescopes counted (store/darknet.h), from now on. */
const char store_migration_27[] =
    "CREATE TABLE darknet_table ("
    " sensor INTEGER NOT NULL REFERENCES sensor(number), organisation INTEGER NOT NULL, day INTEGER NOT NULL,"
    " hour INTEGER NOT NULL, awake REAL NOT NULL, address_seconds REAL NOT NULL, addresses INTEGER NOT NULL,"
    " frames INTEGER NOT NULL, packets INTEGER NOT NULL, bytes INTEGER NOT NULL, dropped INTEGER NOT NULL,"
    " folded INTEGER NOT NULL, rows INTEGER NOT NULL, body BLOB NOT NULL, UNIQUE (sensor, day, hour)) STRICT;"
    "CREATE INDEX darknet_table_day ON darknet_table(day, hour);"
    "CREATE TABLE darknet_counted (organisation INTEGER PRIMARY KEY, position INTEGER NOT NULL) STRICT;"
    "CREATE TABLE darknet_publication ("
    " id BLOB PRIMARY KEY, created INTEGER NOT NULL, author TEXT NOT NULL, title TEXT NOT NULL, period TEXT NOT NULL,"
    " body TEXT NOT NULL) STRICT;"
    "CREATE TABLE cleanup ("
    " organisation INTEGER NOT NULL REFERENCES organisation(number), address BLOB NOT NULL, state INTEGER NOT NULL,"
    " note TEXT NOT NULL, who TEXT NOT NULL, changed INTEGER NOT NULL, PRIMARY KEY (organisation, address))"
    " STRICT, WITHOUT ROWID;";

/* Addresses of organisations that appeared in telescopes (model/appearance.h). */
const char store_migration_28[] =
    "CREATE TABLE appearance ("
    " number INTEGER PRIMARY KEY AUTOINCREMENT, organisation INTEGER NOT NULL REFERENCES organisation(number),"
    " address BLOB NOT NULL, kind INTEGER NOT NULL, first INTEGER NOT NULL, last INTEGER NOT NULL,"
    " told INTEGER NOT NULL, ended INTEGER NOT NULL, due INTEGER NOT NULL, packets INTEGER NOT NULL,"
    " targets INTEGER NOT NULL, addresses INTEGER NOT NULL, telescopes BLOB NOT NULL, ports TEXT NOT NULL,"
    " ports_more INTEGER NOT NULL, tool TEXT NOT NULL, worm TEXT NOT NULL, method TEXT NOT NULL,"
    " UNIQUE (organisation, address, kind)) STRICT;"
    "CREATE INDEX appearance_due ON appearance(due, organisation);"
    "CREATE INDEX appearance_told ON appearance(organisation, told);"
    "CREATE INDEX appearance_last ON appearance(last);";

/* Contacts of networks that are no member's, what telescopes saw there, and the batches that told them
 * (store/networks.h).
 */
const char store_migration_29[] =
    "CREATE TABLE network_contact ("
    " number INTEGER PRIMARY KEY AUTOINCREMENT, id BLOB NOT NULL UNIQUE, created INTEGER NOT NULL,"
    " version INTEGER NOT NULL, name TEXT NOT NULL UNIQUE, prefixes TEXT NOT NULL, mail TEXT NOT NULL,"
    " language INTEGER NOT NULL, every INTEGER NOT NULL, active INTEGER NOT NULL, signed_by TEXT NOT NULL,"
    " told INTEGER NOT NULL, due INTEGER NOT NULL) STRICT;"
    "CREATE TABLE network_sighting ("
    " number INTEGER PRIMARY KEY AUTOINCREMENT, contact INTEGER NOT NULL REFERENCES network_contact(number),"
    " address BLOB NOT NULL, kind INTEGER NOT NULL, first INTEGER NOT NULL, last INTEGER NOT NULL,"
    " packets INTEGER NOT NULL, telescopes BLOB NOT NULL, ports TEXT NOT NULL, ports_more INTEGER NOT NULL,"
    " tool TEXT NOT NULL, worm TEXT NOT NULL, UNIQUE (contact, address, kind)) STRICT;"
    "CREATE TABLE network_batch ("
    " number INTEGER PRIMARY KEY AUTOINCREMENT, id BLOB NOT NULL UNIQUE, contact BLOB NOT NULL,"
    " created INTEGER NOT NULL, recipient TEXT NOT NULL, rows INTEGER NOT NULL, part INTEGER NOT NULL,"
    " parts INTEGER NOT NULL, state INTEGER NOT NULL, tries INTEGER NOT NULL, last_try INTEGER NOT NULL,"
    " answer TEXT NOT NULL) STRICT;"
    "CREATE INDEX network_batch_contact ON network_batch(contact, number);";

/* Contacts by number of their autonomous systems, too. */
const char store_migration_30[] = "ALTER TABLE network_contact ADD COLUMN systems TEXT NOT NULL DEFAULT '';";

/* What is said of periods of telescopes' figures (store/darknet.h). */
const char store_migration_31[] =
    "CREATE TABLE darknet_note ("
    " id BLOB PRIMARY KEY, created INTEGER NOT NULL, author TEXT NOT NULL, period TEXT NOT NULL, ja TEXT NOT NULL,"
    " en TEXT NOT NULL, left_out INTEGER NOT NULL) STRICT;";

/* Of each telescope the event that it told last, so that its packets are added once. */
const char store_migration_32[] = "ALTER TABLE appearance ADD COLUMN events BLOB NOT NULL DEFAULT x'';"
				  "ALTER TABLE network_sighting ADD COLUMN events BLOB NOT NULL DEFAULT x'';";
