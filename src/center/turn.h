/*
 * A turn with a remote (model/remote.h), between keeper and courier: what MESSAGE_TURN asks for and MESSAGE_TURNED
 * tells. Texts point into what was read.
 */
#ifndef NOROSHI_CENTER_TURN_H
#define NOROSHI_CENTER_TURN_H

#include "intel/remote_talk.h"

/* keeper → courier */
struct turn {
	enum remote_way way;
	struct uuid import; /* poll: what the items come as, when there are any */
	struct remote remote;
	struct text envelope; /* push, unless remote.status is followed */
	struct text gone;     /* push, instead: as in struct remote_turn */
};
void turn_write(const struct turn *turn, struct builder *to);
bool turn_read(struct text body, struct turn *turn);

/* courier → keeper */
struct turned {
	enum error result;
	char words[REMOTE_WORDS];
	struct remote_answer answer; /* without its failures … */
	struct text failures;        /* … which are here: a JSON list */
};
void turned_write(const struct turned *turned, struct builder *to);
bool turned_read(struct text body, struct turned *turned);

#endif
