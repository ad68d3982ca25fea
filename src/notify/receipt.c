/*
 * From deliveries to one word. See receipt.h.
 */
#include "notify/receipt.h"

#include <string.h>

struct mails {
	bool waiting, done, failed;
};

static void take_delivery(void *context, const struct delivery *delivery)
{
	struct mails *mails = context;
	if (strcmp(delivery->channel, "mail") != 0)
		return;
	mails->waiting |= delivery->state == DELIVERY_WAITING;
	mails->done |= delivery->state == DELIVERY_DONE;
	mails->failed |= delivery->state == DELIVERY_FAILED || delivery->state == DELIVERY_GIVEN_UP;
}

enum error notice_receipt(
    struct store *store, const struct notice *notice, struct arena *arena, const char **code, struct failure *failure)
{
	struct mails mails = { 0 };
	*code = notice->acknowledged ? "acknowledged" : "none";
	if (notice->acknowledged || !notice->sent)
		return OK;
	/* The notice was read by somebody's scope; its mails are the centre's own rows. */
	enum error error =
	    store_delivery_each(store, policy_background("notices", arena), notice->id, take_delivery, &mails, failure);
	*code = mails.done ? "delivered" : mails.waiting ? "on-its-way" : mails.failed ? "mail-failed" : "delivered";
	return error;
}
