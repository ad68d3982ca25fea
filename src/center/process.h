/*
 * What front, keeper and courier have in common as children of the supervisor: the loop, the channel to it, the
 * configuration that comes over it, channels to each other, and the orderly end.
 *
 *   supervisor ─► (3) channel: configuration, stop     ─► (4) link: descriptors of channels to the other processes
 */
#ifndef NOROSHI_CENTER_PROCESS_H
#define NOROSHI_CENTER_PROCESS_H

#include "base/config.h"
#include "base/counter.h"
#include "base/loop.h"
#include "bus/channel.h"
#include "center/settings.h"
#include "center/wishes.h"

#include <stdbool.h>

struct process {
	enum process_kind kind;
	const struct process_hooks *hooks;
	void *self; /* of the hooks */
	struct loop *loop;
	struct counters *counters;
	struct channel *supervisor;
	struct watch *link;
	struct center_settings
	    settings; /* the group `center`; texts of fixed options stay, others live until the next reload */
	struct option_group groups[SETTINGS_GROUPS];
	struct wishes wishes;
	bool configured, stopping;
	int status; /* exit code */
};

struct process_hooks {
	/* The configuration is there for the first time: open everything, confine, then call process_ready(). */
	enum error (*start)(struct process *process, struct failure *failure);
	/* It was replaced by a good one; texts of options that are not fixed have moved. To the front with what is in
	 * the files of certificate and key now, else empty. May be NULL. */
	enum error (*reload)(
	    struct process *process, struct text certificate, struct text key, struct failure *failure);
	/* A channel to that process; an older one to it is dead. The descriptor is the hook's. */
	void (*peer)(struct process *process, enum process_kind kind, int descriptor);
	/* Finish and then call process_end(); NULL: there is nothing to wait for. Called once. */
	void (*stop)(struct process *process);
	/* After the last round, when nothing else is called any more: close what callbacks use. May be NULL. */
	void (*end)(struct process *process);
};

/* Runs until process_end(); gives the exit code. */
int process_run(enum process_kind kind, const struct process_hooks *hooks, void *self);
void process_ready(struct process *process, const char *address, struct text facts);
void process_end(struct process *process, int status);

/* Where the alerts and the state rest, after wishes; written into `to`. */
const char *process_state_folder(const struct process *process);
void process_history_folder(const struct process *process, char to[static 4352]);

#endif
