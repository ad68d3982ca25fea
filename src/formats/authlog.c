/*
 * Facts of sign-ins out of messages; see authlog.h. The table says what lines look like, the matcher below reads it:
 *
 *   %u account, as short as fits   %U account, as long as fits: a name that imitates what stands behind it stays a name
 *   %t target   %m method   %a address or host name   %p port   %n repeats   %y terminal   %s session   %v PAM's
 * service %g group    %w one word, or none   %x anything, as short as fits   %o object, all that is left   %* all that
 * is left
 */
#include "formats/authlog.h"

#include "base/character.h"

#include <string.h>

#define LOOKED_AT 2048 /* bytes of a message */
#define STEPS 20000    /* of the matcher, for one pattern */
#define REPEATS_MOST 100000

enum { UNKNOWN_ACCOUNT = 1 };

struct pattern {
	const char *program; /* NULL = any */
	const char *form;
	enum auth_kind kind;
	unsigned flags;
};

static const struct pattern patterns[] = {
	{ "sshd", "Failed %m for invalid user %U from %a port %p%*", AUTH_FAILED, UNKNOWN_ACCOUNT },
	{ "sshd", "Failed %m for %U from %a port %p%*", AUTH_FAILED, 0 },
	{ "sshd", "Accepted %m for %u from %a port %p%*", AUTH_ACCEPTED, 0 },
	{ "sshd", "Invalid user %U from %a port %p%*", AUTH_PROBED, UNKNOWN_ACCOUNT },
	{ "sshd", "Invalid user %U from %a", AUTH_PROBED, UNKNOWN_ACCOUNT },
	{ "sshd", "error: PAM: %x for illegal user %U from %a", AUTH_PROBED, UNKNOWN_ACCOUNT },
	{ "sshd", "error: PAM: %x for %U from %a", AUTH_PROBED, 0 },
	{ "sshd", "error: maximum authentication attempts exceeded for invalid user %U from %a port %p%*", AUTH_PROBED,
	    UNKNOWN_ACCOUNT },
	{ "sshd", "error: maximum authentication attempts exceeded for %U from %a port %p%*", AUTH_PROBED, 0 },
	{ "sshd", "User %U from %a not allowed because %*", AUTH_PROBED, 0 },
	{ "sshd", "Connection closed by authenticating user %U %a port %p [preauth]", AUTH_PROBED, 0 },
	{ "sshd", "Connection closed by invalid user %U %a port %p [preauth]", AUTH_PROBED, UNKNOWN_ACCOUNT },
	{ "sshd", "Connection reset by authenticating user %U %a port %p [preauth]", AUTH_PROBED, 0 },
	{ "sshd", "Connection reset by invalid user %U %a port %p [preauth]", AUTH_PROBED, UNKNOWN_ACCOUNT },
	{ "sshd", "Disconnected from authenticating user %U %a port %p [preauth]", AUTH_PROBED, 0 },
	{ "sshd", "Disconnected from invalid user %U %a port %p [preauth]", AUTH_PROBED, UNKNOWN_ACCOUNT },
	{ "sshd", "Server listening on %a port %p.", AUTH_SERVICE_STARTED, 0 },
	{ "sshd", "pam_%w(%v:auth):%*", AUTH_NONE, 0 }, /* sshd says it itself */
	{ "sshd", "PAM %n more authentication %*", AUTH_NONE, 0 },
	{ "sudo", "pam_%w(%v:auth):%*", AUTH_NONE, 0 }, /* so does sudo */
	{ "sudo", "%u : TTY=%y ; PWD=%x ; USER=%t ; %xCOMMAND=%o", AUTH_COMMAND, 0 },
	{ "sudo", "%u : PWD=%x ; USER=%t ; %xCOMMAND=%o", AUTH_COMMAND, 0 },
	{ "sudo", "%u : %n incorrect password attempt%w ; TTY=%y ; PWD=%x ; USER=%t ; %xCOMMAND=%o", AUTH_FAILED, 0 },
	{ "sudo", "%u : %n incorrect password attempt%w ; PWD=%x ; USER=%t ; %xCOMMAND=%o", AUTH_FAILED, 0 },
	{ "sudo", "%u : %x ; TTY=%y ; PWD=%x ; USER=%t ; %xCOMMAND=%o", AUTH_DENIED, 0 },
	{ "su", "(to %t) %u on %y", AUTH_SWITCHED, 0 },
	{ "su", "Successful su for %t by %u", AUTH_SWITCHED, 0 },
	{ "su", "FAILED SU (to %t) %u on %y", AUTH_FAILED, 0 },
	{ "su", "FAILED su for %t by %u", AUTH_FAILED, 0 },
	{ "login", "FAILED LOGIN (%n) on '%y' from '%a' FOR '%U', %*", AUTH_FAILED, 0 },
	{ "login", "FAILED LOGIN (%w) on '%y' FOR '%U', %*", AUTH_FAILED, 0 },
	{ "login", "FAILED LOGIN %w FROM %a FOR %U, %*", AUTH_FAILED, 0 },
	{ "login", "FAILED LOGIN SESSION FROM %a FOR %U, %*", AUTH_FAILED, 0 },
	{ "login", "LOGIN ON %y BY %u FROM %a", AUTH_ACCEPTED, 0 },
	{ "login", "LOGIN ON %y BY %u", AUTH_ACCEPTED, 0 },
	{ "login", "ROOT LOGIN %x'%y' FROM '%a'", AUTH_ACCEPTED, 0 },
	{ "login", "ROOT LOGIN %x'%y'", AUTH_ACCEPTED, 0 },
	{ "login", "pam_%w(%v:auth):%*", AUTH_NONE, 0 },
	{ "su", "pam_%w(%v:auth):%*", AUTH_NONE, 0 },
	{ "useradd", "new user: name=%t, %*", AUTH_ACCOUNT_ADDED, 0 },
	{ "useradd", "add '%t' to group '%g'%*", AUTH_GROUP_CHANGED, 0 },
	{ "useradd", "new group: name=%g, %*", AUTH_GROUP_CHANGED, 0 },
	{ "userdel", "delete user '%t'%*", AUTH_ACCOUNT_REMOVED, 0 },
	{ "usermod", "add '%t' to group '%g'%*", AUTH_GROUP_CHANGED, 0 },
	{ "usermod", "add '%t' to shadow group '%g'%*", AUTH_NONE, 0 },
	{ "usermod", "%w user '%t' %*", AUTH_ACCOUNT_CHANGED, 0 },
	{ "groupadd", "new group: name=%g, %*", AUTH_GROUP_CHANGED, 0 },
	{ "groupmod", "group changed in %w (group %g/%*", AUTH_GROUP_CHANGED, 0 },
	{ "groupdel", "group '%g' removed", AUTH_GROUP_CHANGED, 0 },
	{ "gpasswd", "user %t added by %u to group %g", AUTH_GROUP_CHANGED, 0 },
	{ "gpasswd", "members of group %g set by %u to %*", AUTH_GROUP_CHANGED, 0 },
	{ "passwd", "password for '%t' changed by '%u'", AUTH_ACCOUNT_CHANGED, 0 },
	{ "chage", "changed password expiry for %t", AUTH_ACCOUNT_CHANGED, 0 },
	{ "systemd-logind", "New session %s of user %u.", AUTH_SEAT_OPENED, 0 },
	{ "systemd-logind", "New session '%s' of user '%u' with class %*", AUTH_SEAT_OPENED, 0 },
	{ "systemd-logind", "Removed session %s.", AUTH_SEAT_CLOSED, 0 },
	{ "systemd-logind", "New seat seat0.", AUTH_BOOTED, 0 },
	{ "cron", "(%u) CMD (%o", AUTH_JOB, 0 },
	{ "rsyslogd", "[origin software=\"rsyslogd\"%x] start", AUTH_LOG_STARTED, 0 },
	{ "rsyslogd", "[origin software=\"rsyslogd\"%x] exiting on signal %*", AUTH_LOG_STOPPED, 0 },
	{ "syslog-ng", "syslog-ng starting up;%*", AUTH_LOG_STARTED, 0 },
	{ "syslog-ng", "syslog-ng shutting down;%*", AUTH_LOG_STOPPED, 0 },
	{ "systemd-journald", "Journal started", AUTH_LOG_STARTED, 0 },
	{ "systemd-journald", "Journal stopped", AUTH_LOG_STOPPED, 0 },
	{ "kernel", "Linux version %*", AUTH_BOOTED, 0 },
	{ "kernel", "[%x] Linux version %*", AUTH_BOOTED, 0 },
	{ NULL, "pam_%w(%v:session): session opened for user %u(uid=%w) by %t(uid=%w)%*", AUTH_OPENED, 0 },
	{ NULL, "pam_%w(%v:session): session opened for user %u(uid=%w) by (uid=%w)%*", AUTH_OPENED, 0 },
	{ NULL, "pam_%w(%v:session): session opened for user %u by %x(uid=%w)%*", AUTH_OPENED, 0 },
	{ NULL, "pam_%w(%v:session): session closed for user %u", AUTH_CLOSED, 0 },
	{ NULL, "pam_%w(%v:auth): authentication failure; logname=%w uid=%w euid=%w tty=%y ruser=%w rhost=%a  user=%u",
	    AUTH_FAILED, 0 },
	{ NULL, "pam_%w(%v:auth): authentication failure; logname=%w uid=%w euid=%w tty=%y ruser=%w rhost=%a user=%u",
	    AUTH_FAILED, 0 },
	{ NULL, "pam_%w(%v:auth): authentication failure; logname=%w uid=%w euid=%w tty=%y ruser=%w rhost=%a",
	    AUTH_FAILED, UNKNOWN_ACCOUNT },
	{ NULL, "pam_%w(%v:auth): authentication failure; logname=%w uid=%w euid=%w tty=%y ruser=%w rhost=%a ",
	    AUTH_FAILED, UNKNOWN_ACCOUNT },
	{ NULL, "pam_%w(%v:chauthtok): password changed for %t", AUTH_ACCOUNT_CHANGED, 0 },
};

const char *auth_kind_name(enum auth_kind kind)
{
	static const char *const names[AUTH_KINDS] = { "none", "failed", "probed", "accepted", "opened", "closed",
		"command", "denied", "switched", "account-added", "account-removed", "account-changed", "group-changed",
		"seat-opened", "seat-closed", "job", "service-started", "log-started", "log-stopped", "booted" };
	return names[kind];
}

static void take_address(struct text text, struct auth_fact *fact)
{
	if (!address_parse(text, &fact->source))
		fact->source_name = text;
}

/* What was captured, once the whole pattern fits. False: it is no number. */
static bool keep(char what, struct text text, struct auth_fact *fact)
{
	struct text *const places[] = { ['u'] = &fact->account,
		['U'] = &fact->account,
		['t'] = &fact->target,
		['m'] = &fact->method,
		['y'] = &fact->terminal,
		['s'] = &fact->session,
		['v'] = &fact->service,
		['g'] = &fact->object,
		['o'] = &fact->object,
		['x'] = NULL };
	uint64_t number;
	if (what == 'a') {
		take_address(text, fact);
	} else if (what == 'p' || what == 'n') {
		if (!text_to_u64(text, &number) || number > (what == 'p' ? UINT16_MAX : REPEATS_MOST))
			return false;
		if (what == 'p')
			fact->source_port = (uint16_t)number;
		else
			fact->repeats = number ? (uint32_t)number : 1;
	} else if ((unsigned char)what < sizeof places / sizeof *places && places[(unsigned char)what]) {
		*places[(unsigned char)what] = text;
	}
	return true;
}

/* How long a capture of this kind can be at most, and whether it may be empty. */
static size_t longest(char what, struct text text)
{
	size_t size = 0;
	bool spaces = what == 'u' || what == 'U' || what == 't' || what == 'x' || what == 'g';
	bool digits = what == 'p' || what == 'n';
	while (size < text.size && (spaces || text.at[size] != ' ') && (!digits || char_is_digit(text.at[size])))
		size++;
	return size;
}

static bool may_be_empty(char what)
{
	return what == 'w' || what == 'x' || what == 'y' || what == 'a';
}

/* Captures are tried from the shortest on, %U and numbers from the longest; the first with which all the rest fits
 * counts. */
static bool match(const char *form, struct text text, struct auth_fact *fact, unsigned *steps)
{
	while (*form && *form != '%') {
		if (!text.size || *text.at != *form++)
			return false;
		text = (struct text){ text.at + 1, text.size - 1 };
	}
	if (!*form)
		return text.size == 0;
	char what = form[1];
	if (what == '*' || what == 'o')
		return keep(what, text, fact);
	size_t most = longest(what, text), least = may_be_empty(what) ? 0 : 1;
	bool greedy = what == 'U' || what == 'p' || what == 'n';
	for (size_t tried = 0; tried + least <= most; tried++) {
		size_t size = greedy ? most - tried : least + tried;
		char next = form[2];
		if (next && next != '%' && (size >= text.size || text.at[size] != next))
			continue;
		if (++*steps > STEPS)
			return false;
		struct text rest = { text.at + size, text.size - size };
		if (match(form + 2, rest, fact, steps))
			return keep(what, (struct text){ text.at, size }, fact);
	}
	return false;
}

/* "sshd-session" of OpenSSH 9.8 and "sshd(pam_unix)" of old are sshd, "CRON" is cron, "su-l" is su. */
static bool is_program(struct text application, const char *name)
{
	size_t size = strlen(name);
	if (application.size < size || !text_equal_nocase((struct text){ application.at, size }, text_of(name)))
		return false;
	struct text behind = { application.at + size, application.size - size };
	return !behind.size || *behind.at == '(' || text_equal(behind, TEXT("-session")) ||
	       text_equal(behind, TEXT("-l"));
}

/* rsyslog folds equal messages: "message repeated 3 times: [ Failed …]". */
static struct text unfold(struct text text, uint32_t *repeats)
{
	struct auth_fact count = { .repeats = 1 };
	unsigned steps = 0;
	if (!text_starts(text, TEXT("message repeated ")) ||
	    !match("message repeated %n times: [ %o", text, &count, &steps))
		return text;
	struct text inner = count.object;
	if (inner.size > 0 && inner.at[inner.size - 1] == ']')
		inner.size--;
	*repeats = count.repeats;
	return inner;
}

bool authlog_read(const struct syslog_message *message, struct auth_fact *fact)
{
	uint32_t folded = 1;
	struct text text = message->message;
	if (text.size > LOOKED_AT)
		text.size = LOOKED_AT;
	text = unfold(text_trim(text), &folded);
	for (size_t i = 0; i < sizeof patterns / sizeof *patterns; i++) {
		const struct pattern *pattern = &patterns[i];
		unsigned steps = 0;
		if (pattern->program && !is_program(message->application, pattern->program))
			continue;
		*fact = (struct auth_fact){ .service = pattern->program ? text_of(pattern->program) : TEXT_NONE,
			.repeats = 1 };
		if (!match(pattern->form, text, fact, &steps))
			continue;
		fact->kind = pattern->kind;
		fact->unknown_account = pattern->flags & UNKNOWN_ACCOUNT;
		fact->repeats = folded > 1 ? folded : fact->repeats;
		if (text_equal(fact->terminal, TEXT("unknown")))
			fact->terminal = TEXT_NONE;
		return fact->kind != AUTH_NONE;
	}
	*fact = (struct auth_fact){ .repeats = 1 };
	return false;
}
