/*
 * Drafting a dispatch: from typed fields, from the content of a timing class, or as a digest of what was sent.
 */
#include "reach/routes.h"
#include "reach/timing.h"
#include "store/community.h"

#include <string.h>

#define DIGEST_MOST 500 /* dispatches in one digest */

static enum error check_questions(struct text questions, struct failure *failure)
{
	unsigned count = 0;
	while (questions.size > 0)
		count += text_trim(text_cut(&questions, '\n')).size > 0;
	return count <= SHEET_QUESTIONS
		   ? OK
		   : fail(failure, ERROR_INPUT, "questions: at most %d, one a line", SHEET_QUESTIONS);
}

/* A list of the directory, or a community. To wider circles than its label lets it nothing goes. */
static enum error take_audience(struct call *call, struct dispatch *dispatch, struct failure *failure)
{
	struct community community;
	struct policy_snapshot snapshot;
	if (input_has(call, "list") == input_has(call, "community"))
		return fail(failure, ERROR_INPUT, "list, community: one of both is needed");
	if (input_has(call, "list"))
		return input_copy(call, "list", dispatch->list, sizeof dispatch->list, failure);
	/* One that the person sees: what keeps the centre out is not there for analysts, nor are its members counted.
	 */
	enum error error = store_snapshot(call->store, call->now, call->arena, &snapshot, failure);
	const struct scope *seen =
	    error ? NULL : policy_scope(&snapshot, call->subject, ACTION_COMMUNITY_READ, call->arena);
	if (error != OK)
		return error;
	if (!seen || store_community_find(call->store, seen, input_text(call, "community"), &community, failure) != OK)
		return fail(failure, ERROR_INPUT, "community: there is none of this short name");
	if (dispatch->tlp == TLP_RED)
		return fail(failure, ERROR_INPUT, "tlp: TLP:RED goes to named recipients: to a list");
	if (dispatch->tlp >= TLP_AMBER && community.kind == COMMUNITY_OPEN)
		return fail(failure, ERROR_INPUT, "tlp: an open community gets nothing above TLP:GREEN");
	dispatch->community = community.number;
	return OK;
}

static enum error take_words(struct call *call, struct dispatch *dispatch, struct failure *failure)
{
	enum error error = input_copy(call, "subject_ja", dispatch->subject_ja, sizeof dispatch->subject_ja, failure);
	if (error == OK)
		error = input_copy(call, "subject_en", dispatch->subject_en, sizeof dispatch->subject_en, failure);
	if (error == OK)
		error = input_copy(call, "tags", dispatch->tags, sizeof dispatch->tags, failure);
	if (error == OK && !dispatch->subject_ja[0] && !dispatch->subject_en[0])
		error = fail(failure, ERROR_INPUT, "subject_ja: one of subject_ja and subject_en is needed");
	return error;
}

/* The text in one language: what was written, and behind it what the timing class makes of the content. */
static enum error write_body(struct call *call, const struct dispatch *dispatch, const char *name,
    const struct catalog *catalog, char **body, struct failure *failure)
{
	struct builder text = { 0 };
	enum error error = OK;
	build_text(&text, text_trim(input_text(call, name)));
	if (dispatch->timing != TIMING_NONE) {
		build_text(&text, text.size > 0 ? TEXT("\n\n") : TEXT_NONE);
		error =
		    timing_write(dispatch->timing, input_text(call, "content"), catalog, call->arena, &text, failure);
	}
	if (error == OK && text.size >= DISPATCH_BODY)
		error = fail(failure, ERROR_INPUT, "%s: with the content at most %d bytes", name, DISPATCH_BODY - 1);
	*body = text.failed ? NULL : arena_string(call->arena, (struct text){ text.at, text.size });
	builder_free(&text);
	return error == OK && !*body ? fail(failure, ERROR_MEMORY, "dispatch: no memory") : error;
}

static enum error put_signatories(
    struct call *call, const struct reach_work *work, const struct dispatch *dispatch, struct failure *failure)
{
	struct text rest = input_text(call, "signatories");
	enum error error = OK;
	while (rest.size > 0 && error == OK) {
		struct organisation organisation;
		struct text name = text_trim(text_cut(&rest, ','));
		if (name.size == 0)
			continue;
		if (store_organisation_find(call->store, call->scope, name, &organisation, failure) != OK)
			return fail(failure, ERROR_INPUT, "signatories: there is no organisation \"%.*s\"",
			    (int)(name.size < 64 ? name.size : 64), name.at);
		struct dispatch_signatory signatory = { .dispatch = dispatch->number,
			.organisation = organisation.number };
		error = store_signatory_put(call->store, work->all, &signatory, failure);
	}
	return error;
}

static enum error keep(struct call *call, struct reach_work *work, struct dispatch *dispatch, struct failure *failure)
{
	uint32_t recipients = 0;
	enum error error = reach_count(work, dispatch, &recipients, failure);
	if (error == OK)
		error = store_dispatch_put(call->store, call->scope, dispatch, failure);
	if (error == OK)
		error = put_signatories(call, work, dispatch, failure);
	if (error != OK)
		return error;
	call->status = call->route->kind == ROUTE_FORM ? 303 : 201;
	dispatch_answer(call, dispatch);
	json_object_set_new(call->output, "recipients_now", json_integer(recipients));
	return OK;
}

static struct dispatch draft_of(struct call *call)
{
	struct dispatch dispatch = { .author = call->subject->account, .created = call->now, .tlp = TLP_GREEN };
	dispatch_kind_parse(input_text(call, "kind"), &dispatch.kind);
	dispatch_direction_parse(input_text(call, "direction"), &dispatch.direction);
	dispatch_pass_parse(input_text(call, "pass"), &dispatch.pass);
	dispatch_timing_parse(input_text(call, "timing"), &dispatch.timing);
	if (input_has(call, "tlp"))
		tlp_parse(input_text(call, "tlp"), &dispatch.tlp);
	dispatch.within = input_integer(call, "minutes", timing_within(dispatch.timing) / MINUTE) * MINUTE;
	dispatch.questions = arena_string(call->arena, text_trim(input_text(call, "questions")));
	return dispatch;
}

enum error dispatch_create(struct call *call, struct failure *failure)
{
	struct reach_work work = reach_work_of(call);
	struct dispatch dispatch = draft_of(call);
	enum error error = dispatch.questions ? take_audience(call, &dispatch, failure)
					      : fail(failure, ERROR_MEMORY, "dispatch: no memory");
	if (error == OK)
		error = take_words(call, &dispatch, failure);
	if (error == OK)
		error = write_body(call, &dispatch, "text_ja", call->center->japanese, &dispatch.body_ja, failure);
	if (error == OK)
		error = write_body(call, &dispatch, "text_en", NULL, &dispatch.body_en, failure);
	if (error == OK)
		error = check_questions(text_of(dispatch.questions), failure);
	return error == OK ? keep(call, &work, &dispatch, failure) : error;
}

/* ── digests ─ */

struct digest {
	struct call *call;
	const struct dispatch *draft;
	nanoseconds from, to;
	struct text tag;
	struct builder japanese, english;
	unsigned count;
	bool older; /* one before `from` was met: those behind it are older still */
};

static bool has_tag(const char *tags, struct text wanted)
{
	struct text rest = text_of(tags);
	while (rest.size > 0)
		if (text_equal_nocase(text_trim(text_cut(&rest, ',')), wanted))
			return true;
	return false;
}

static void add_line(struct builder *to, const struct dispatch *dispatch, const char *subject, const char *other)
{
	char when[TIME_TEXT];
	time_format(dispatch->started, when);
	build_format(to, "- %.10s %s (TLP:%s)\n", when, *subject ? subject : other, tlp_code(dispatch->tlp));
}

/* Nothing that its own label would keep from the digest's readers. */
static void add_to_digest(void *context, const struct dispatch *dispatch)
{
	struct digest *digest = context;
	digest->older |= dispatch->created < digest->from - 90 * DAY;
	if (dispatch->started < digest->from || dispatch->started >= digest->to ||
	    dispatch->kind == DISPATCH_REACH_TEST || dispatch->state == DISPATCH_WITHDRAWN ||
	    dispatch->tlp > digest->draft->tlp || !has_tag(dispatch->tags, digest->tag) || digest->count == DIGEST_MOST)
		return;
	digest->count++;
	add_line(&digest->japanese, dispatch, dispatch->subject_ja, dispatch->subject_en);
	add_line(&digest->english, dispatch, dispatch->subject_en, dispatch->subject_ja);
}

static enum error collect(struct digest *digest, struct failure *failure)
{
	struct call *call = digest->call;
	struct page page = { .limit = 500 };
	char after[sizeof page.next];
	enum error error;
	do {
		error = store_dispatch_each(
		    call->store, call->scope, false, &page, call->arena, add_to_digest, digest, failure);
		memcpy(after, page.next, sizeof after);
		page.after = text_of(after);
	} while (error == OK && after[0] && !digest->older);
	if (error == OK && digest->count == 0)
		error = fail(failure, ERROR_INPUT, "tag: nothing with this tag was sent in that time");
	return error;
}

enum error dispatch_digest(struct call *call, struct failure *failure)
{
	struct reach_work work = reach_work_of(call);
	struct dispatch dispatch = draft_of(call);
	struct digest digest = { .call = call,
		.draft = &dispatch,
		.from = input_integer(call, "from", 0),
		.to = input_integer(call, "to", call->now),
		.tag = text_trim(input_text(call, "tag")) };
	dispatch.kind = DISPATCH_NEWSLETTER;
	enum error error = take_audience(call, &dispatch, failure);
	if (error == OK)
		error = take_words(call, &dispatch, failure);
	if (error == OK)
		error = collect(&digest, failure);
	if (error == OK && (digest.japanese.failed || digest.english.failed || !dispatch.questions))
		error = fail(failure, ERROR_MEMORY, "digest: no memory");
	if (error == OK && (digest.japanese.size >= DISPATCH_BODY || digest.english.size >= DISPATCH_BODY))
		error = fail(failure, ERROR_LIMIT, "from, to: too many messages for one digest; choose a shorter time");
	if (error == OK) {
		dispatch.body_ja = arena_string(call->arena, (struct text){ digest.japanese.at, digest.japanese.size });
		dispatch.body_en = arena_string(call->arena, (struct text){ digest.english.at, digest.english.size });
		error = dispatch.body_ja && dispatch.body_en ? keep(call, &work, &dispatch, failure)
							     : fail(failure, ERROR_MEMORY, "digest: no memory");
	}
	builder_free(&digest.japanese);
	builder_free(&digest.english);
	return error;
}
