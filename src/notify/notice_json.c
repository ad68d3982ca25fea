/*
 * Writes notices as JSON.
 */
#include "notify/notice_json.h"

static void set_string(json_t *object, const char *name, const char *value)
{
	json_object_set_new(object, name, json_string(value ? value : ""));
}

static void set_time(json_t *object, const char *name, nanoseconds time)
{
	char text[TIME_TEXT];
	if (time != 0)
		set_string(object, name, time_format(time, text));
}

static void set_uuid(json_t *object, const char *name, struct uuid uuid)
{
	char text[UUID_TEXT];
	if (!uuid_is_nil(uuid))
		set_string(object, name, uuid_format(uuid, text));
}

static void set_flag(json_t *object, const char *name, bool value)
{
	json_object_set_new(object, name, json_boolean(value));
}

json_t *notice_json_short(const struct call *call, const struct notice *notice, const struct organisation *organisation)
{
	json_t *json = json_object();
	bool japanese = text_equal(call->language, TEXT("ja"));
	set_uuid(json, "id", notice->id);
	set_string(json, "number", notice->number);
	set_uuid(json, "event", notice->event);
	json_object_set_new(json, "organisation", json_integer(notice->organisation));
	if (organisation) {
		const char *title = japanese ? organisation->title_ja : organisation->title_en;
		set_string(json, "organisation_name", organisation->name);
		set_string(json, "organisation_title", title[0] ? title : organisation->name);
	}
	set_string(json, "tlp", tlp_code(notice->tlp));
	set_string(json, "state", notice_state_code(notice->state));
	set_string(json, "subject", japanese || !notice->subject_en[0] ? notice->subject_ja : notice->subject_en);
	set_time(json, "created", notice->created);
	set_time(json, "sent", notice->sent);
	set_time(json, "deadline", notice->deadline);
	set_time(json, "acknowledged", notice->acknowledged);
	set_flag(json, "overdue", notice->state == NOTICE_SENT && call->now > notice->deadline);
	json_object_set_new(json, "reminders", json_integer(notice->reminders));
	set_flag(json, "escalated", notice->escalated);
	set_flag(json, "replied", notice->reply && notice->reply[0]);
	json_object_set_new(json, "version", json_integer((json_int_t)notice->version));
	return json;
}

json_t *notice_json(const struct call *call, const struct notice *notice, const struct organisation *organisation)
{
	json_t *json = notice_json_short(call, notice, organisation);
	set_string(json, "subject_ja", notice->subject_ja);
	set_string(json, "subject_en", notice->subject_en);
	set_string(json, "advice", notice->advice);
	set_string(json, "reply", notice->reply);
	set_string(json, "acknowledged_name", notice->acknowledged_name);
	set_flag(json, "acknowledged_by_link", notice->acknowledged != 0 && uuid_is_nil(notice->acknowledged_by));
	if (call->subject->role != ROLE_MEMBER) {
		set_uuid(json, "author", notice->author);
		set_uuid(json, "acknowledged_by", notice->acknowledged_by);
	}
	return json;
}

json_t *delivery_json(const struct delivery *delivery)
{
	json_t *json = json_object();
	set_string(json, "channel", delivery->channel);
	set_string(json, "recipient", delivery->recipient);
	set_string(json, "purpose", delivery->purpose);
	set_string(json, "state", delivery_state_code(delivery->state));
	json_object_set_new(json, "tries", json_integer(delivery->tries));
	set_time(json, "created", delivery->created);
	set_time(json, "last_try", delivery->last_try);
	set_string(json, "answer", delivery->answer);
	return json;
}

json_t *notice_steps_json(const struct call *call, const struct notice *notice)
{
	bool analyst = call->subject->role == ROLE_ANALYST, member = call->subject->role == ROLE_MEMBER;
	bool sent = notice->state == NOTICE_SENT, acknowledged = notice->state == NOTICE_ACKNOWLEDGED;
	json_t *json = json_object();
	set_flag(json, "send", analyst && notice->state == NOTICE_DRAFT);
	set_flag(json, "withdraw", analyst && (notice->state == NOTICE_DRAFT || sent || acknowledged));
	set_flag(json, "close", analyst && (sent || acknowledged));
	set_flag(json, "acknowledge", member && sent);
	set_flag(json, "reply", member && (sent || acknowledged));
	return json;
}
