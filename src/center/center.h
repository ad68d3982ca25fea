/*
 * `noroshi center`, `account`, `machines`, `backup` and `restore`: the commands of the centre itself.
 */
#ifndef NOROSHI_CENTER_CENTER_H
#define NOROSHI_CENTER_CENTER_H

#include "http/route.h"
#include "model/capability.h"

extern const struct command center_command;
extern const struct command account_command;
extern const struct command machines_command;
extern const struct command remotes_command;
extern const struct command backup_command;
extern const struct command restore_command;

/* The three processes: they run in a child of the supervisor and give its exit code. */
int front_run(void);
int keeper_run(void);
int courier_run(void);

/* Every route table, the centre's first; ends with NULL. */
#define ROUTE_TABLES 32
void route_tables(const struct route *tables[static ROUTE_TABLES]);

#endif
