/*
 * Releases of items, for programs (/v1/items/{item}/releases, /v1/releases) and for pages: who looks first sees exactly
 * what the community would see; who decides releases that.
 */
#ifndef NOROSHI_INTEL_RELEASES_H
#define NOROSHI_INTEL_RELEASES_H

#include "http/call.h"
#include "intel/releasing.h"
#include "store/community.h"
#include "store/release.h"

/* Changes nothing: what the community would see, what was taken out and why, who the recipients are. */
enum error release_preview(struct call *call, struct failure *failure);
enum error release_create(struct call *call, struct failure *failure);
enum error release_steps(struct call *call, struct failure *failure); /* of an item */
enum error release_list(struct call *call, struct failure *failure);
enum error release_read(struct call *call, struct failure *failure);
enum error release_withdraw(struct call *call, struct failure *failure);
enum error release_had(struct call *call, struct failure *failure);
/* A note about what was released, released to the same community. */
enum error release_note(struct call *call, struct failure *failure);

/* ── shared with the pages ─ */

/* What is wanted, from the fields: an item of one's own (or for analysts one that they see), or a release to widen.
 * Everything in the call's arena. */
struct release_ask {
	struct policy_snapshot snapshot;
	const struct scope *scope; /* ACTION_RELEASE_WRITE */
	struct item item;
	struct release from;
	bool widens;
	bool chosen; /* a community was named */
	struct community community;
	struct release_order order;
};
enum error release_ask(struct call *call, struct release_ask *ask, struct failure *failure);
/* Into the object: rendering, what was taken out, recipients; or why it may not be. */
enum error release_look(struct call *call, struct release_ask *ask, json_t *object, struct failure *failure);
/* One step, as the caller may know it. */
json_t *release_row(struct call *call, const struct release *release);
/* The rendering as an item; false: it is none of STIX. */
bool release_item(struct call *call, const struct release *release, struct item *item);

#endif
