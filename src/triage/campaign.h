/*
 * Campaigns: events of several organisations that are one attempt. They are tied by a public address that takes part in
 * both within a week, or by strong evidence of the same attack signature within an hour. Called by triage.c as events
 * are told.
 */
#ifndef NOROSHI_TRIAGE_CAMPAIGN_H
#define NOROSHI_TRIAGE_CAMPAIGN_H

#include "triage/episode.h"

#define CAMPAIGN_EVENTS 8192 /* remembered, the newest */
#define CAMPAIGN_TIES 65536  /* addresses and signatures remembered */

struct campaign_event {
	struct uuid id;
	struct uuid campaign; /* nil: none */
	uint32_t organisation;
	uint32_t provisional; /* told so last: its ties are not certain */
	nanoseconds first, last;
};

struct tie {
	uint64_t key; /* 0 = empty */
	struct uuid event;
	uint32_t organisation;
	nanoseconds last;
};

struct campaigns {
	struct campaign_event *events; /* a ring, newest overwrite oldest */
	uint32_t event_next, event_count;
	struct tie *ties; /* for each key and event, hashed, one probe window; the oldest in it goes */
};

typedef void (*campaign_callback)(void *context, struct uuid event, uint32_t organisation, struct uuid campaign);

enum error campaigns_init(struct campaigns *campaigns);
void campaigns_free(struct campaigns *campaigns);
/* Notes the event and its ties; returns its campaign (nil: none). Calls back for every other event whose campaign
 * changed. */
struct uuid campaign_of(struct campaigns *campaigns, const struct episode *episode, const struct names *names,
    uint32_t organisation, bool provisional, campaign_callback changed, void *context);
/* A provisional event was taken back: what it alone tied together comes apart. */
void campaign_forget(struct campaigns *campaigns, struct uuid event, campaign_callback changed, void *context);

void campaigns_save(const struct campaigns *campaigns, struct builder *to);
enum error campaigns_load(struct campaigns *campaigns, struct reader *from);

#endif
