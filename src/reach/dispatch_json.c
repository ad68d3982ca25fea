/*
 * Dispatches, recipients and what a recipient sees, as JSON.
 */
#include "reach/routes.h"

/* `all` is for a message's own rows: they belong to the centre, while a recipient or a signatory asks for its own, and
 * whoever has a link in a mail is nobody. Which of them is asked about the scope has said before. */
struct reach_work reach_work_of(struct call *call)
{
	return (struct reach_work){ .center = call->center,
		.store = call->store,
		.scope = call->scope,
		.all = policy_background("dispatches", call->arena),
		.arena = call->arena,
		.now = call->now };
}

static void give_person(struct call *call, json_t *object, const char *name, struct uuid account)
{
	char title[NAME_SIZE];
	if (!uuid_is_nil(account) &&
	    store_account_title(call->store, call->scope, account, title, sizeof title, NULL) == OK)
		output_string(object, name, title);
}

static json_t *lines_json(const char *lines)
{
	json_t *list = json_array();
	struct text rest = text_of(lines);
	while (rest.size > 0) {
		struct text line = text_trim(text_cut(&rest, '\n'));
		json_array_append_new(list, json_stringn(line.at ? line.at : "", line.size));
	}
	return list;
}

static bool is_english(const struct call *call)
{
	return text_equal(call->language, TEXT("en"));
}

static const char *in_language(const struct call *call, const char *japanese, const char *english)
{
	return is_english(call) ? (*english ? english : japanese) : (*japanese ? japanese : english);
}

json_t *dispatch_json(struct call *call, const struct dispatch *dispatch)
{
	json_t *object = json_object();
	output_uuid(object, "id", dispatch->id);
	output_string(object, "kind", dispatch_kind_code(dispatch->kind));
	output_string(object, "direction", dispatch_direction_code(dispatch->direction));
	output_string(object, "pass", dispatch_pass_code(dispatch->pass));
	output_string(object, "state", dispatch_state_code(dispatch->state));
	output_string(object, "tlp", tlp_code(dispatch->tlp));
	output_string(object, "timing", dispatch_timing_code(dispatch->timing));
	output_string(object, "list", dispatch->list);
	output_string(object, "tags", dispatch->tags);
	if (dispatch->community)
		json_object_set_new(object, "community", json_integer(dispatch->community));
	output_string(object, "subject", in_language(call, dispatch->subject_ja, dispatch->subject_en));
	output_string(object, "subject_ja", dispatch->subject_ja);
	output_string(object, "subject_en", dispatch->subject_en);
	output_string(object, "text_ja", dispatch->body_ja);
	output_string(object, "text_en", dispatch->body_en);
	json_object_set_new(object, "questions", lines_json(dispatch->questions));
	json_object_set_new(object, "minutes", json_integer(dispatch->within / MINUTE));
	json_object_set_new(object, "recipients", json_integer(dispatch->recipients));
	output_time(object, "created", dispatch->created);
	output_time(object, "started", dispatch->started);
	output_time(object, "deadline", dispatch_deadline(dispatch));
	output_time(object, "closed", dispatch->closed);
	give_person(call, object, "author_name", dispatch->author);
	give_person(call, object, "proposed_by_name", dispatch->proposed_by);
	give_person(call, object, "started_by_name", dispatch->approved_by);
	return object;
}

json_t *publication_json(struct call *call, const struct dispatch *dispatch, const struct recipient *recipient)
{
	json_t *object = json_object();
	output_uuid(object, "id", recipient->id);
	output_string(object, "kind", dispatch_kind_code(dispatch->kind));
	output_string(object, "tlp", tlp_code(dispatch->tlp));
	output_string(object, "handling", tlp_handling(dispatch->tlp));
	output_string(object, "subject", in_language(call, dispatch->subject_ja, dispatch->subject_en));
	output_string(object, "text", in_language(call, dispatch->body_ja, dispatch->body_en));
	output_string(object, "recipient_title", recipient->title);
	output_time(object, "sent", recipient->sent);
	output_time(object, "deadline", dispatch_deadline(dispatch));
	output_time(object, "acknowledged", recipient->reached);
	json_object_set_new(object, "open", json_boolean(!recipient->reached && reach_takes_answers(dispatch)));
	struct reach_work work = reach_work_of(call);
	struct builder titles = { 0 };
	if (reach_signatories(&work, dispatch, !is_english(call), &titles, NULL) == OK && titles.size > 0)
		output_string(object, "signatories", titles.at);
	builder_free(&titles);
	json_t *questions = json_array(), *question;
	json_t *texts = lines_json(dispatch->questions);
	size_t i;
	json_array_foreach(texts, i, question)
	    json_array_append_new(questions, json_pack("{s:i,s:O}", "number", (int)i + 1, "question", question));
	json_decref(texts);
	json_object_set_new(object, "questions", questions);
	return object;
}

json_t *recipient_json(const struct recipient *recipient, const struct reach_record *record)
{
	json_t *object = reach_record_json(record);
	output_string(object, "name", recipient->name);
	output_string(object, "person", recipient->person);
	output_time(object, "delivered", recipient->delivered);
	output_time(object, "opened", recipient->opened);
	output_time(object, "bounced", recipient->bounced);
	output_string(object, "status", recipient->status);
	output_string(object, "server_said", recipient->answer);
	output_string(object, "way", reach_way_code(recipient->way));
	output_string(object, "by", recipient->by);
	json_object_set_new(object, "another", json_boolean(recipient->another));
	json_object_set_new(object, "reminders", json_integer(recipient->reminders));
	json_object_set_new(object, "answers", lines_json(recipient->answers));
	output_string(object, "reason_words", reach_reason_words(record->reason));
	return object;
}
