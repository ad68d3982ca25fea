/*
 * Notify: tells the affected organisation (通報). A notice is made from one event, holds only what its organisation may
 * see, reaches the member's inbox and, when a mail server is configured, its contacts; it is acknowledged by a POST,
 * reminded of and escalated when overdue.
 *
 *   event + analyst ─► notice (store) ─► inbox; outbox "mail" ─► courier ─► SMTP
 *                        ▲                                         │
 *   acknowledgement, reply, reminders (tick)                delivery row (receipt state)
 */
#ifndef NOROSHI_NOTIFY_NOTIFY_H
#define NOROSHI_NOTIFY_NOTIFY_H

#include "model/capability.h"

extern const struct capability notify_capability;

#endif
