/*
 * Takes out of an event what belongs to others.
 */
#include "notify/evidence.h"

#include <string.h>

/* Reasons that exist only because several organisations met the same: their words and numbers tell of the others. */
static bool speaks_of_others(const struct reason *reason)
{
	struct text code = text_of(reason->code);
	return text_find(code, TEXT("campaign")) >= 0 || text_find(code, TEXT("organisation")) >= 0;
}

void evidence_of(const struct event *event, struct event *shown)
{
	*shown = *event;
	memset(&shown->campaign, 0, sizeof shown->campaign);
	memset(shown->reasons, 0, sizeof shown->reasons);
	shown->reason_count = 0;
	shown->rank = 0;
	for (uint32_t i = 0; i < event->reason_count && i < EVENT_REASONS; i++)
		if (!speaks_of_others(&event->reasons[i]))
			shown->reasons[shown->reason_count++] = event->reasons[i];
}

json_t *evidence_json(const struct event *event)
{
	struct event shown;
	evidence_of(event, &shown);
	struct builder text = { 0 };
	event_write_json(&shown, &text);
	json_t *json = text.failed ? NULL : json_loadb(text.at, text.size, JSON_REJECT_DUPLICATES, NULL);
	builder_free(&text);
	if (json)
		json_object_del(json, "rank");
	return json;
}
