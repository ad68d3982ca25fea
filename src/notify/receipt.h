/*
 * The receipt state of a notice: how far it is known to have come, from its deliveries and its acknowledgement. Every
 * notice has one, in lists too. Called by notice_routes.c.
 */
#ifndef NOROSHI_NOTIFY_RECEIPT_H
#define NOROSHI_NOTIFY_RECEIPT_H

#include "store/store.h"

/* "none" (not sent), "on-its-way" (a mail waits), "mail-failed" (in the inbox, but no mail of it came through),
 * "delivered", "acknowledged". */
enum error notice_receipt(
    struct store *store, const struct notice *notice, struct arena *arena, const char **code, struct failure *failure);

#endif
