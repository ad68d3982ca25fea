/*
 * What owners are told: lines of telescopes become appearances in the store, and what is due becomes one bulletin for
 * each organisation. Whose telescopes they were, and which addresses they watch, stands in none.
 */
#include "darknet/center/adapter.h"
#include "darknet/center/settings.h"
#include "mail/mail.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ORGANISATIONS_AT_ONCE 256 /* further ones are told at the next tick */
#define TOLD_AT_ONCE 5000         /* addresses of one bulletin */
#define DESCRIBED 20              /* of them, at most; the others are counted */

/* ── lines become appearances ─ */

static enum error take_line(struct darknet_work *work, const struct darknet_line *line, struct failure *failure)
{
	const struct darknet_settings *settings = darknet_configured();
	struct appearance appearance;
	nanoseconds told = 0;
	enum error error = store_appearance_find(
	    work->store, work->scope, line->organisation, line->what.address, line->what.kind, &appearance, failure);
	if (error == ERROR_NOT_FOUND) {
		if (work->state->kept_appearances >= (uint64_t)settings->appearances_most) {
			counter_add(work->state->beyond, 1);
			return OK;
		}
		appearance = (struct appearance){
			.organisation = line->organisation, .address = line->what.address, .kind = line->what.kind
		};
		error = OK;
	}
	if (error == OK)
		error = store_appearance_told(work->store, work->scope, line->organisation, &told, failure);
	if (error != OK)
		return error;
	work->state->kept_appearances += appearance.number == 0;
	owners_take(&appearance, &line->what, &settings->owners, told, work->now);
	return store_appearance_put(work->store, work->scope, &appearance, failure);
}

enum error owners_take_lines(struct darknet_work *work, struct failure *failure)
{
	enum error error = OK;
	for (size_t i = 0; i < work->state->waiting_count && error == OK; i++)
		if (work->state->waiting[i].organisation)
			error = take_line(work, &work->state->waiting[i], failure);
	return error;
}

/* ── words ─ */

struct digest {
	struct darknet_work *work;
	const struct catalog *catalog; /* of the language that is written */
	struct appearance *of;
	enum owners_news *news;
	size_t count;
};

static void say(
    const struct digest *digest, struct builder *to, const char *msgid, const char *first, const char *second)
{
	const struct text parameters[] = { text_of(first), text_of(second) };
	catalog_build(digest->catalog, text_of(msgid), parameters, 2, to);
}

static const char *const news_words[] = {
	[OWNERS_BEGINS] = N_("Addresses of yours appeared in telescopes:"),
	[OWNERS_GOES_ON] = N_("They go on to appear:"),
	[OWNERS_STOPPED] = N_("They stopped to appear:"),
	[OWNERS_WAS] = N_("They appeared earlier, and stopped:"),
};

static void write_times(const struct digest *digest, const struct appearance *appearance, struct builder *to)
{
	struct builder first = { 0 }, last = { 0 };
	mail_time(appearance->first, &first);
	mail_time(appearance->last, &last);
	build_char(&first, '\0');
	build_char(&last, '\0');
	if (!first.failed && !last.failed)
		say(digest, to, N_("Since {0}, last {1}."), first.at, last.at);
	builder_free(&first);
	builder_free(&last);
}

static void write_ports(const struct digest *digest, const struct appearance *appearance, struct builder *to)
{
	struct builder ports = { 0 };
	for (uint32_t i = 0; i < appearance->port_count; i++)
		build_format(&ports, "%s%s", i ? ", " : "", appearance->ports[i]);
	if (appearance->ports_more)
		build_text(&ports, TEXT(" …"));
	build_char(&ports, '\0');
	if (!ports.failed && appearance->port_count)
		say(digest, to, N_(" Ports: {0}."), ports.at, "");
	builder_free(&ports);
}

static void write_one(const struct digest *digest, const struct appearance *appearance, struct builder *to)
{
	char address[ADDRESS_TEXT], number[32], telescopes[16];
	address_format(appearance->address, address);
	build_format(to, "\n  - %s\n      ", address);
	say(digest, to, appearance_kind_words(appearance->kind), "", "");
	build_text(to, TEXT("\n      "));
	write_times(digest, appearance, to);
	write_ports(digest, appearance, to);
	if (*appearance->worm)
		say(digest, to, N_(" Worm: {0}."), appearance->worm, "");
	if (*appearance->tool)
		say(digest, to, N_(" Tool: {0}."), appearance->tool, "");
	if (*appearance->method)
		say(digest, to, N_(" Method: {0}."), appearance->method, "");
	snprintf(number, sizeof number, "%" PRIu64, appearance->addresses);
	snprintf(telescopes, sizeof telescopes, "%u", appearance->telescope_count);
	say(digest, to, N_(" Seen by {0} telescopes with {1} addresses together"), telescopes, number);
	snprintf(number, sizeof number, "%" PRIu64, appearance->packets);
	say(digest, to, N_("; {0} packets told."), number, "");
}

/* What to do, by what was seen: steps in words, each kind once. */
static const char *const steps[APPEARANCE_KINDS] = {
	[APPEARANCE_PROBE] = N_(
	    "An address that scans is most often a device that somebody else controls. Find the device behind the "
	    "address (address translation, DHCP and proxy logs of that time), take it off the network, keep its logs "
	    "and memory, look for processes and scheduled tasks that nobody knows, install it anew or reset it, change "
	    "every password it held, install updates, close remote administration from outside, and watch whether it "
	    "appears again."),
	[APPEARANCE_WORM] =
	    N_("A worm of this kind lives in routers, cameras and recorders with default or weak passwords, mostly in "
	       "memory. "
	       "Disconnect the device, restart it, update its firmware before it is connected again, set a password of "
	       "its "
	       "own, switch off Telnet, UPnP and administration from outside; replace devices that get no updates."),
	[APPEARANCE_ANSWER] =
	    N_("The address answers packets that somebody sent with forged sources. It may be under a "
	       "denial-of-service attack: "
	       "look at its load and connection, and ask your provider for filtering. If it is a DNS, NTP, SNMP, "
	       "memcached or "
	       "SSDP service, close it to the outside or limit its answers: it may be used against others."),
	[APPEARANCE_MISCONFIGURATION] = N_("The address sends to a wrong destination. Look for a mistyped address in "
					   "its configuration: DNS or NTP servers, "
					   "log and monitoring destinations, VPN peers, old address lists."),
	[APPEARANCE_RESEARCH] = N_("The address behaves as a research scanner. If you know of it, nothing is to be "
				   "done; publish who you are and how to "
				   "be left out. If you do not, treat it as a device that scans."),
	[APPEARANCE_ATTEMPT] =
	    N_("The address connected to a decoy, which serves nobody, and tried to get in: with passwords, commands "
	       "or an "
	       "attack. A connection is not forged: treat it as a device that somebody else controls. Take it off the "
	       "network, keep its logs and memory, find out since when, and look for what else it reached."),
};

static void write_steps(const struct digest *digest, struct builder *to)
{
	bool asked = false;
	for (unsigned kind = 0; kind < APPEARANCE_KINDS; kind++) {
		bool is_there = false;
		for (size_t i = 0; i < digest->count && !is_there; i++)
			is_there = digest->of[i].kind == (enum appearance_kind)kind &&
				   (digest->news[i] == OWNERS_BEGINS || digest->news[i] == OWNERS_GOES_ON ||
				       digest->news[i] == OWNERS_WAS);
		if (!is_there)
			continue;
		build_text(to, TEXT("\n\n"));
		if (!asked)
			say(digest, to, N_("What to do:"), "", "");
		build_text(to, asked ? TEXT("") : TEXT("\n"));
		asked = true;
		say(digest, to, steps[kind], "", "");
	}
	if (asked) {
		build_text(to, TEXT("\n\n"));
		say(digest, to,
		    N_("When it is done, say so on the page \"Seen by telescopes\": whoever else works on it sees it "
		       "there, and "
		       "an address that appears again is told anew."),
		    "", "");
	}
}

static void write_body(const struct digest *digest, struct builder *to)
{
	size_t described = 0;
	for (unsigned news = OWNERS_BEGINS; news <= OWNERS_WAS; news++) {
		bool headed = false;
		for (size_t i = 0; i < digest->count && described < DESCRIBED && to->size < BULLETIN_BODY / 2; i++) {
			if (digest->news[i] != news)
				continue;
			if (!headed) {
				build_text(to, to->size ? TEXT("\n\n") : TEXT(""));
				say(digest, to, news_words[news], "", "");
			}
			headed = true;
			described++;
			write_one(digest, &digest->of[i], to);
		}
	}
	if (described < digest->count) {
		char more[24];
		snprintf(more, sizeof more, "%zu", digest->count - described);
		build_text(to, TEXT("\n\n"));
		say(digest, to, N_("And {0} more; the list has all of them."), more, "");
	}
	write_steps(digest, to);
	const char *url = digest->work->state->center->public_url;
	build_format(to, "\n\n%s/appearances\n", url ? url : "");
}

static void write_subject(const struct digest *digest, struct builder *to)
{
	char address[ADDRESS_TEXT], more[24];
	bool news = false;
	for (size_t i = 0; i < digest->count; i++)
		news |= digest->news[i] != OWNERS_STOPPED;
	address_format(digest->of[0].address, address);
	snprintf(more, sizeof more, "%zu", digest->count - 1);
	if (digest->count == 1)
		say(digest, to,
		    news ? N_("An address of yours appeared in a telescope: {0}")
			 : N_("An address of yours stopped to appear in telescopes: {0}"),
		    address, "");
	else
		say(digest, to,
		    news ? N_("Addresses of yours appeared in telescopes: {0} and {1} more")
			 : N_("Addresses of yours stopped to appear in telescopes: {0} and {1} more"),
		    address, more);
}

static char *taken(struct arena *arena, struct builder *text)
{
	char *words = text->failed ? NULL : arena_string(arena, (struct text){ text->at, text->size });
	builder_free(text);
	return words;
}

/* Without Japanese words the English text is shown. */
static enum error put_bulletin(struct digest *digest, struct failure *failure)
{
	struct darknet_work *work = digest->work;
	struct center *center = work->state->center;
	struct bulletin bulletin = {
		.organisation = digest->of[0].organisation, .kind = "darknet", .tlp = TLP_AMBER, .created = work->now
	};
	char *bodies[2] = { "", "" }, *subjects[] = { bulletin.subject_ja, bulletin.subject_en };
	const struct catalog *catalogs[] = { center->japanese, NULL };
	for (size_t i = 0; i < 2; i++) {
		struct builder subject = { 0 }, body = { 0 };
		if (i == 0 && !catalogs[0])
			continue;
		digest->catalog = catalogs[i];
		write_subject(digest, &subject);
		write_body(digest, &body);
		text_copy((struct text){ subject.at, subject.size }, subjects[i], sizeof bulletin.subject_en);
		builder_free(&subject);
		bodies[i] = taken(work->arena, &body);
		if (!bodies[i])
			return fail(failure, ERROR_MEMORY, "no memory for a bulletin");
	}
	bulletin.body_ja = bodies[0];
	bulletin.body_en = bodies[1];
	enum error error = store_bulletin_put(work->store, work->scope, &bulletin, failure);
	char id[UUID_TEXT];
	if (error == OK && center->changed)
		center->changed(center, bulletin.organisation, "bulletin", uuid_format(bulletin.id, id));
	counter_add(work->state->told, error == OK);
	return error;
}

/* ── what is due ─ */

static void take_due(void *context, const struct appearance *appearance)
{
	struct digest *digest = context;
	digest->of[digest->count++] = *appearance;
}

static enum error tell_organisation(struct darknet_work *work, uint32_t organisation, struct failure *failure)
{
	const struct owners_settings *settings = &darknet_configured()->owners;
	struct digest digest = { .work = work };
	digest.of = malloc(TOLD_AT_ONCE * sizeof *digest.of);
	digest.news = calloc(TOLD_AT_ONCE, sizeof *digest.news);
	enum error error = digest.of && digest.news ? OK : fail(failure, ERROR_MEMORY, "no memory for a bulletin");
	if (error == OK)
		error = store_appearance_due(
		    work->store, work->scope, organisation, work->now, TOLD_AT_ONCE, take_due, &digest, failure);
	size_t some = 0;
	for (size_t i = 0; i < digest.count && error == OK; i++) {
		struct appearance *appearance = &digest.of[i];
		enum owners_news news = owners_news(appearance, settings, work->now);
		owners_told(appearance, news, settings, work->now);
		error = store_appearance_put(work->store, work->scope, appearance, failure);
		if (news == OWNERS_NOTHING)
			continue;
		digest.of[some] = *appearance;
		digest.news[some++] = news;
	}
	digest.count = some;
	if (error == OK && some > 0)
		error = put_bulletin(&digest, failure);
	free(digest.of);
	free(digest.news);
	return error;
}

struct waiting {
	uint32_t organisations[ORGANISATIONS_AT_ONCE];
	size_t count;
};

static void take_waiting(void *context, uint32_t organisation)
{
	struct waiting *waiting = context;
	waiting->organisations[waiting->count++] = organisation;
}

enum error owners_tell(struct darknet_work *work, bool *more, struct failure *failure)
{
	struct waiting waiting = { .count = 0 };
	enum error error = store_appearance_waiting(
	    work->store, work->scope, work->now, ORGANISATIONS_AT_ONCE, take_waiting, &waiting, failure);
	for (size_t i = 0; i < waiting.count && error == OK; i++)
		error = tell_organisation(work, waiting.organisations[i], failure);
	*more = waiting.count > 0;
	return error;
}
