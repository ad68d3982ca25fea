/*
 * What a process that parses strangers' packets gives up before it looks at the first: root, capabilities, and every
 * system call but those that it needs to read, write and remember. It can open no file and no connection; what it works
 * on is open already.
 */
#ifndef NOROSHI_NET_SANDBOX_H
#define NOROSHI_NET_SANDBOX_H

#include "base/error.h"

#define SANDBOX_DATAGRAM 512u

enum sandbox_use {
	SANDBOX_FILES, /* reads descriptors that are open, and writes */
	SANDBOX_LIVE, /* the same, and waits for rings of packets and for descriptors that another process hands over */
	SANDBOX_OPENER, /* opens; sandbox_keep_opening() */
	SANDBOX_LOADER, /* reads one descriptor, and hands over what it made of it */
	/* Of a decoy. Whoever asks for a connection, a socket, a file (the first two only), a process or a program is
	 * killed (SIGSYS): in these nobody does so by mistake. */
	SANDBOX_DECOY,         /* accepts connections and talks over them */
	SANDBOX_DECOY_WRITER,  /* writes files where Landlock lets it; receives datagrams */
	SANDBOX_DECOY_ANSWERS, /* the same, and sends datagrams of at most SANDBOX_DATAGRAM bytes */
};

/* For good, for this thread and those that it begins: both of the following. */
enum error sandbox_enter(enum sandbox_use use, struct failure *failure);

/* Of the two: root ("nobody" instead) and capabilities, before threads are begun; then the system calls of every thread
 * that there is. No thread can be begun afterwards. */
enum error sandbox_give_up_rights(struct failure *failure);
enum error sandbox_give_up_calls(enum sandbox_use use, struct failure *failure);

/* Becomes this account for good, with its groups alone; nothing when not root. ERROR_USAGE: there is none, or it is
 * root. `option` is what messages call it. */
enum error sandbox_become(const char *user, const char *option, struct failure *failure);

/* For a process that goes on opening its own files: no capabilities, and no new ones. */
enum error sandbox_drop_capabilities(struct failure *failure);

/* For a process that opens for others: only the capabilities that opening files and capturing need, and those to become
 * "nobody"; no new privileges; no connection and no other program. */
enum error sandbox_keep_opening(struct failure *failure);

#endif
