/*
 * What the logs of Linux say about sign-ins and rights: sshd, login and whatever asks PAM, sudo, su, the tools that
 * change accounts, systemd-logind, cron, and the beginning and end of logging itself. One struct of facts for all of
 * them.
 *
 *   struct syslog_message → authlog_read() → struct auth_fact
 *
 * Patterns are those of OpenSSH 6–10, Linux-PAM, sudo 1.8–1.9, shadow, util-linux, systemd, rsyslog. Account names come
 * from strangers and may imitate the rest of a line: an address is taken from its end (authlog.c).
 */
#ifndef NOROSHI_FORMATS_AUTHLOG_H
#define NOROSHI_FORMATS_AUTHLOG_H

#include "formats/syslog.h"
#include "net/address.h"

enum auth_kind {
	AUTH_NONE,
	AUTH_FAILED,   /* a sign-in was refused */
	AUTH_PROBED,   /* an account was tried, and no password got so far; often beside a FAILED of the same process */
	AUTH_ACCEPTED, /* somebody proved from elsewhere who he is */
	AUTH_OPENED,   /* a PAM session began */
	AUTH_CLOSED,   /* and ended */
	AUTH_COMMAND,  /* `account` ran `object` as `target` (sudo) */
	AUTH_DENIED,   /* `account` may not run `object` as `target` */
	AUTH_SWITCHED, /* `account` became `target` (su) */
	AUTH_ACCOUNT_ADDED,   /* `target` is new */
	AUTH_ACCOUNT_REMOVED, /* `target` is gone */
	AUTH_ACCOUNT_CHANGED, /* of `target` the password, the name, the shell … */
	AUTH_GROUP_CHANGED,   /* of group `object`; `target` joined it, when there is one */
	AUTH_SEAT_OPENED,     /* systemd-logind's session `session` of `account` began */
	AUTH_SEAT_CLOSED,     /* it ended */
	AUTH_JOB,             /* cron ran `object` for `account` */
	AUTH_SERVICE_STARTED, /* a program that people sign in with */
	AUTH_LOG_STARTED,     /* the logging program began */
	AUTH_LOG_STOPPED,     /* it ended */
	AUTH_BOOTED,          /* the machine, as far as its log says */
	AUTH_KINDS
};
const char *auth_kind_name(enum auth_kind kind); /* "failed", "accepted" … */

struct auth_fact {
	enum auth_kind kind;
	struct text service;     /* who asked: "sshd", "sudo", "login", or PAM's name of the service */
	struct text account;     /* who signs in, or acts */
	struct text target;      /* whom he becomes, or acts on */
	struct text method;      /* "password", "publickey" */
	struct text terminal;    /* "pts/0", "ssh"; empty = none */
	struct text session;     /* systemd-logind's name of it */
	struct text object;      /* a command, a group */
	struct text source_name; /* where the log has a name instead of an address */
	struct address source;   /* where somebody signs in from; may be absent */
	uint16_t source_port;    /* 0 = not said */
	uint32_t repeats;        /* 1 = once: the log folds equal lines */
	bool unknown_account;    /* there is no such account */
};

/* False when the message is about none of this. The texts are the message's. Work for one message is bounded. */
bool authlog_read(const struct syslog_message *message, struct auth_fact *fact);

#endif
