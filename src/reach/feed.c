/*
 * Atom feeds (RFC 4287): of everybody, with what is TLP:CLEAR, where the operator wants it; and of one reader, with
 * what was sent to that reader's organisation, under an address that only the reader has. Feed readers keep what they
 * fetch in places that nobody knows: what may not travel open is there as a title without words, and a link. To fetch a
 * feed is not to have opened a message.
 */
#include "mail/link.h"
#include "reach/routes.h"
#include "reach/settings.h"

#include <stdio.h>

#define ENTRIES 100

struct feed {
	struct call *call;
	struct reach_work work;
	struct builder entries;
	nanoseconds updated;
	bool public;
};

static void xml(struct builder *to, const char *text)
{
	for (; *text; text++) {
		switch (*text) {
		case '&':
			build_text(to, TEXT("&amp;"));
			break;
		case '<':
			build_text(to, TEXT("&lt;"));
			break;
		case '>':
			build_text(to, TEXT("&gt;"));
			break;
		default:
			if ((unsigned char)*text >= 0x20 || *text == '\n' || *text == '\t')
				build_char(to, *text);
		}
	}
}

static void element(struct builder *to, const char *name, const char *text)
{
	build_format(to, "<%s>", name);
	xml(to, text);
	build_format(to, "</%s>\n", name);
}

static void add_entry(struct feed *feed, const struct dispatch *dispatch, struct uuid page)
{
	char id[UUID_TEXT], when[TIME_TEXT];
	struct builder *to = &feed->entries;
	bool english = text_equal(feed->call->language, TEXT("en")), open = tlp_may_travel_open(dispatch->tlp);
	const char *first = english ? dispatch->subject_en : dispatch->subject_ja;
	const char *other = english ? dispatch->subject_ja : dispatch->subject_en;
	const char *body = english ? dispatch->body_en : dispatch->body_ja;
	build_text(to, TEXT("<entry>\n"));
	build_format(to, "<id>urn:uuid:%s</id>\n", uuid_format(dispatch->id, id));
	element(to, "title", !open ? "TLP" : *first ? first : other);
	element(to, "updated", time_format(dispatch->started, when));
	build_format(to, "<category term=\"%s\"/>\n", dispatch_kind_code(dispatch->kind));
	build_format(to, "<category scheme=\"https://www.first.org/tlp/\" term=\"%s\"/>\n", tlp_code(dispatch->tlp));
	if (!feed->public)
		build_format(to, "<link rel=\"alternate\" href=\"%s/publications/%s\"/>\n",
		    feed->call->center->public_url, uuid_format(page, id));
	if (open)
		element(to, "summary", *body ? body : english ? dispatch->body_ja : dispatch->body_en);
	build_text(to, TEXT("</entry>\n"));
	feed->updated = dispatch->started > feed->updated ? dispatch->started : feed->updated;
}

static bool is_shown(const struct dispatch *dispatch)
{
	return dispatch->kind != DISPATCH_REACH_TEST && dispatch->started != 0 && dispatch->state != DISPATCH_WITHDRAWN;
}

static void add_public(void *context, const struct dispatch *dispatch)
{
	if (is_shown(dispatch) && dispatch->tlp == TLP_CLEAR)
		add_entry(context, dispatch, dispatch->id);
}

struct own {
	struct feed *feed;
	uint32_t organisation;
};

static void add_own(void *context, const struct recipient *recipient)
{
	struct own *own = context;
	struct dispatch dispatch;
	if (recipient->organisation == own->organisation &&
	    store_dispatch_of(own->feed->call->store, own->feed->work.all, recipient->dispatch, own->feed->call->arena,
		&dispatch, NULL) == OK &&
	    is_shown(&dispatch))
		add_entry(own->feed, &dispatch, recipient->id);
}

static enum error answer(struct feed *feed, const char *id, struct failure *failure)
{
	char when[TIME_TEXT];
	struct call *call = feed->call;
	struct builder whole = { 0 };
	struct mail_sender sender = { .centre_ja = "Noroshi", .centre_en = "Noroshi" };
	if (call->center->sender)
		call->center->sender(&sender);
	bool english = text_equal(call->language, TEXT("en"));
	build_text(&whole, TEXT("<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<feed "
				"xmlns=\"http://www.w3.org/2005/Atom\">\n"));
	build_format(&whole, "<id>urn:uuid:%s</id>\n", id);
	element(&whole, "title", english ? sender.centre_en : sender.centre_ja);
	element(&whole, "updated", time_format(feed->updated, when));
	build_text(&whole, TEXT("<author>"));
	element(&whole, "name", english ? sender.centre_en : sender.centre_ja);
	build_text(&whole, TEXT("</author>\n"));
	build_text(&whole, (struct text){ feed->entries.at, feed->entries.size });
	build_text(&whole, TEXT("</feed>\n"));
	bool failed = whole.failed || feed->entries.failed;
	call->body = failed ? TEXT_NONE : arena_text(call->arena, (struct text){ whole.at, whole.size });
	call->type = "application/atom+xml; charset=utf-8";
	builder_free(&whole);
	builder_free(&feed->entries);
	return call->body.at ? OK : fail(failure, ERROR_MEMORY, "feed: no memory");
}

enum error feed_public(struct call *call, struct failure *failure)
{
	struct feed feed = { .call = call, .work = reach_work_of(call), .public = true };
	struct page page = { .limit = 500 };
	if (!reach_settings()->public_feed)
		return fail(failure, ERROR_NOT_FOUND, ROUTE_HIDDEN_WORDS);
	enum error error =
	    store_dispatch_each(call->store, feed.work.all, false, &page, call->arena, add_public, &feed, failure);
	return error == OK ? answer(&feed, "6f4d7b0a-8f0e-5f5c-9f0b-2f6f7f1d3c11", failure) : error;
}

/* Of an account that may still sign in, and belongs to the organisation still. */
static enum error find_reader(struct feed *feed, struct own *own, struct uuid *reader)
{
	uint8_t digest[32];
	struct account account;
	struct failure failure;
	struct call *call = feed->call;
	if (!link_digest(input_text(call, "secret"), digest) ||
	    store_feed_find(call->store, feed->work.all, digest, reader, &own->organisation, &failure) != OK ||
	    store_account_get(call->store, feed->work.all, *reader, &account, &failure) != OK || account.disabled ||
	    account.role != ROLE_MEMBER || account.organisation != own->organisation)
		return ERROR_NOT_FOUND;
	return OK;
}

enum error feed_read(struct call *call, struct failure *failure)
{
	char id[UUID_TEXT];
	struct uuid reader;
	struct feed feed = { .call = call, .work = reach_work_of(call) };
	struct own own = { .feed = &feed };
	if (find_reader(&feed, &own, &reader) != OK)
		return fail(failure, ERROR_NOT_FOUND, "there is no such feed");
	enum error error = store_recipient_of(
	    call->store, feed.work.all, own.organisation, ENTRIES, call->arena, add_own, &own, failure);
	return error == OK ? answer(&feed, uuid_format(reader, id), failure) : error;
}

/* A new address, shown once; the one before stops working. */
enum error feed_make(struct call *call, struct failure *failure)
{
	uint8_t bytes[32], digest[32];
	char secret[LINK_SECRET_SIZE], address[512];
	random_bytes(bytes, sizeof bytes);
	hex_format(bytes, sizeof bytes, secret);
	link_digest(text_of(secret), digest);
	enum error error = store_feed_put(
	    call->store, call->scope, call->subject->account, call->subject->organisation, digest, call->now, failure);
	if (error != OK)
		return error;
	snprintf(address, sizeof address, "%s/v1/feeds/%s", call->center->public_url, secret);
	output_string(call->output, "feed", address);
	return OK;
}
