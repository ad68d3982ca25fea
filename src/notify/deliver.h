/*
 * Hands mails to the mail server (SMTP, RFC 5321; STARTTLS, RFC 3207; AUTH, RFC 4954) with libcurl. Runs in the
 * courier.
 */
#ifndef NOROSHI_NOTIFY_DELIVER_H
#define NOROSHI_NOTIFY_DELIVER_H

#include "mail/envelope.h"
#include "notify/settings.h"

/* OK: the server took it; the failure's words hold its answer. ERROR_AGAIN: try later. Anything else: it will never be
 * taken (the server says so, or tries have gone on for settings->smtp_give_up). */
enum error deliver_mail(
    const struct notify_settings *settings, const struct envelope *envelope, nanoseconds now, struct failure *failure);

#endif
