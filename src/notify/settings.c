/*
 * The option table of notify, and what follows from its values.
 */
#include "notify/settings.h"

#include <stddef.h>
#include <string.h>

/* The one place where the configuration reader puts the values; read-only for everybody else. */
static struct notify_settings settings_of_process;

static const char *check_server(const char *value)
{
	struct text server = text_of(value);
	if (server.size == 0 || text_starts(server, TEXT("smtp://")) || text_starts(server, TEXT("smtps://")))
		return NULL;
	return "expected smtp://host:port or smtps://host:port";
}

static const char *check_from(const char *value)
{
	return value[0] == '\0' || mail_is_plausible(text_of(value)) ? NULL : "expected a mail address";
}

static const char *check_starttls(const char *value)
{
	static const char *const known[] = { "required", "if-offered", "never" };
	for (size_t i = 0; i < sizeof known / sizeof *known; i++)
		if (strcmp(value, known[i]) == 0)
			return NULL;
	return "expected \"required\", \"if-offered\" or \"never\"";
}

#define AT(field) offsetof(struct notify_settings, field)

static const struct option options[] = {
	{ .name = "centre_ja",
	    .type = OPTION_TEXT,
	    .offset = AT(centre_ja),
	    .initial = "サイバー防御センター",
	    .summary = "The name under which the centre writes, in Japanese." },
	{ .name = "centre_en",
	    .type = OPTION_TEXT,
	    .offset = AT(centre_en),
	    .initial = "Cyber Defence Centre",
	    .summary = "The name under which the centre writes, in English." },
	{ .name = "deadline_critical",
	    .type = OPTION_DURATION,
	    .offset = AT(deadline_critical),
	    .initial = "8 h",
	    .least = 60,
	    .most = 86400 * 90,
	    .summary = "Deadline of a notice about an event of critical severity." },
	{ .name = "deadline_high",
	    .type = OPTION_DURATION,
	    .offset = AT(deadline_high),
	    .initial = "24 h",
	    .least = 60,
	    .most = 86400 * 90,
	    .summary = "Deadline of a notice about an event of high severity." },
	{ .name = "deadline_medium",
	    .type = OPTION_DURATION,
	    .offset = AT(deadline_medium),
	    .initial = "72 h",
	    .least = 60,
	    .most = 86400 * 90,
	    .summary = "Deadline of a notice about an event of medium severity." },
	{ .name = "deadline_other",
	    .type = OPTION_DURATION,
	    .offset = AT(deadline_other),
	    .initial = "7 d",
	    .least = 60,
	    .most = 86400 * 90,
	    .summary = "Deadline of a notice about any other event." },
	{ .name = "deadline_strict",
	    .type = OPTION_DURATION,
	    .offset = AT(deadline_strict),
	    .initial = "24 h",
	    .least = 60,
	    .most = 86400 * 90,
	    .summary = "The longest default deadline of TLP:AMBER+STRICT and TLP:RED notices." },
	{ .name = "reminder_lead",
	    .type = OPTION_DURATION,
	    .offset = AT(reminder_lead),
	    .initial = "4 h",
	    .least = 0,
	    .most = 86400 * 30,
	    .summary = "How long before the deadline the first reminder goes out (at most half of the time given)." },
	{ .name = "reminder_interval",
	    .type = OPTION_DURATION,
	    .offset = AT(reminder_interval),
	    .initial = "24 h",
	    .least = 60,
	    .most = 86400 * 30,
	    .summary = "How long after the deadline, and after one another, further reminders go out." },
	{ .name = "reminder_maximum",
	    .type = OPTION_INTEGER,
	    .offset = AT(reminder_maximum),
	    .initial = "3",
	    .least = 0,
	    .most = 100,
	    .unit = "reminders",
	    .summary = "No more reminders than this for one notice." },
	{ .name = "link_lifetime",
	    .type = OPTION_DURATION,
	    .offset = AT(link_lifetime),
	    .initial = "30 d",
	    .least = 60,
	    .most = 86400 * 365,
	    .summary = "How long after its deadline a notice's acknowledgement link works." },
	{ .name = "smtp_server",
	    .type = OPTION_TEXT,
	    .offset = AT(smtp_server),
	    .initial = "",
	    .check = check_server,
	    .summary = "The mail server: smtp://host:port or smtps://host:port; empty: no mail is sent." },
	{ .name = "smtp_from",
	    .type = OPTION_TEXT,
	    .offset = AT(smtp_from),
	    .initial = "",
	    .check = check_from,
	    .summary = "The mail address of the sender." },
	{ .name = "smtp_user",
	    .type = OPTION_TEXT,
	    .offset = AT(smtp_user),
	    .initial = "",
	    .summary = "The user name at the mail server; empty: no authentication." },
	{ .name = "smtp_password_file",
	    .type = OPTION_SECRET,
	    .offset = AT(smtp_password_file),
	    .initial = "",
	    .fixed = true,
	    .summary = "The file whose first line is the password at the mail server." },
	{ .name = "smtp_starttls",
	    .type = OPTION_TEXT,
	    .offset = AT(smtp_starttls),
	    .initial = "required",
	    .check = check_starttls,
	    .summary = "Encryption to an smtp:// server: \"required\", \"if-offered\" or \"never\"." },
	{ .name = "smtp_ca_file",
	    .type = OPTION_PATH,
	    .offset = AT(smtp_ca_file),
	    .initial = "",
	    .fixed = true,
	    .summary = "Certificates (PEM) that the mail server's must descend from; empty: the system's." },
	{ .name = "smtp_timeout",
	    .type = OPTION_DURATION,
	    .offset = AT(smtp_timeout),
	    .initial = "60 s",
	    .least = 1,
	    .most = 600,
	    .summary = "How long one try to hand a mail over may take." },
	{ .name = "smtp_give_up",
	    .type = OPTION_DURATION,
	    .offset = AT(smtp_give_up),
	    .initial = "3 d",
	    .least = 1,
	    .most = 86400 * 30,
	    .summary = "How long a mail that the server puts off is tried again." },
	{ .name = NULL },
};

static bool is_set(const char *value)
{
	return value && value[0] != '\0';
}

const char *notify_settings_problem(const struct notify_settings *settings)
{
	if (is_set(settings->smtp_server) && !is_set(settings->smtp_from))
		return "smtp_server is set, smtp_from is not";
	if (is_set(settings->smtp_user) != is_set(settings->smtp_password_file))
		return "smtp_user and smtp_password_file belong together";
	bool tls = is_set(settings->smtp_server) && (text_starts(text_of(settings->smtp_server), TEXT("smtps://")) ||
							strcmp(settings->smtp_starttls, "required") == 0);
	if (is_set(settings->smtp_user) && !tls)
		return "smtp_user needs smtp_starttls = \"required\" or an smtps:// server: a password never "
		       "travels in clear";
	return NULL;
}

static const char *problem(const void *settings)
{
	return notify_settings_problem(settings);
}

const struct option_group notify_options[] = {
	{ .name = "notify",
	    .options = options,
	    .settings = &settings_of_process,
	    .settings_size = sizeof settings_of_process,
	    .problem = problem },
	{ .name = NULL },
};

const struct notify_settings *notify_settings(void)
{
	return &settings_of_process;
}

bool notify_mail_is_on(const struct notify_settings *settings)
{
	return is_set(settings->smtp_server) && is_set(settings->smtp_from);
}

nanoseconds notify_deadline(
    const struct notify_settings *settings, enum tlp tlp, enum severity severity, nanoseconds now)
{
	nanoseconds given = settings->deadline_other;
	if (severity == SEVERITY_CRITICAL)
		given = settings->deadline_critical;
	else if (severity == SEVERITY_HIGH)
		given = settings->deadline_high;
	else if (severity == SEVERITY_MEDIUM)
		given = settings->deadline_medium;
	if (tlp >= TLP_AMBER_STRICT && given > settings->deadline_strict)
		given = settings->deadline_strict;
	return now + given;
}
