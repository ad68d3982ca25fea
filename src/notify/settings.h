/*
 * What an operator sets about notices and their mail: the group "notify" of the configuration.
 */
#ifndef NOROSHI_NOTIFY_SETTINGS_H
#define NOROSHI_NOTIFY_SETTINGS_H

#include "base/config.h"
#include "base/time.h"
#include "model/notice.h"

struct notify_settings {
	char *centre_ja, *centre_en; /* the sender's name in letters and mails */
	nanoseconds deadline_critical, deadline_high, deadline_medium, deadline_other, deadline_strict;
	nanoseconds reminder_lead, reminder_interval;
	int64_t reminder_maximum;
	nanoseconds link_lifetime; /* after the deadline */
	char *smtp_server;         /* "smtp://host:port" or "smtps://host:port"; empty = no mail */
	char *smtp_from, *smtp_user, *smtp_password_file, *smtp_starttls, *smtp_ca_file;
	nanoseconds smtp_timeout, smtp_give_up;
};

extern const struct option_group notify_options[];
const struct notify_settings *notify_settings(void);

bool notify_mail_is_on(const struct notify_settings *settings);
/* Words on settings that do not fit together (a user without TLS, a server without a sender), or NULL. */
const char *notify_settings_problem(const struct notify_settings *settings);

/* The deadline that an organisation gets when the analyst names none. */
nanoseconds notify_deadline(
    const struct notify_settings *settings, enum tlp tlp, enum severity severity, nanoseconds now);

#endif
