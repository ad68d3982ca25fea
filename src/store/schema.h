/*
 * The tables of the state store, as a list of migrations that only runs forward. A released migration is never changed:
 * a new need is a new entry at the end. Used by store.c alone.
 */
#ifndef NOROSHI_STORE_SCHEMA_H
#define NOROSHI_STORE_SCHEMA_H

/* Entry i brings schema version i to i + 1; NULL ends the list. All that a store needs run in one transaction. */
extern const char *const store_migrations[];

/* Of it, schema_telescope.c's. */
extern const char store_migration_26[], store_migration_27[], store_migration_28[], store_migration_29[],
    store_migration_30[], store_migration_31[], store_migration_32[];

#endif
