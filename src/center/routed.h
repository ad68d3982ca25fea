/*
 * A part of a batch from a sensor that watches many organisations (W07: a network operator's): each alert goes to the
 * organisations whose addresses it concerns and to nobody else; what concerns none stays with the sensor's owner.
 * Of a telescope's alerts the source alone counts (model/appearance.h).
 *
 * The part becomes one frame for each organisation, with an epoch derived from the sensor's and the organisation, and
 * at last the owner's own frame, which may be empty. Only when that one is there the part counts as stored; each of the
 * others is known by its own epoch. So a part that was interrupted half-way and is sent again loses nothing and doubles
 * nothing. Inside center/ only: batches.c stores. What the capture policies of those organisations forbid is gone by
 * then: ingest_routed.c.
 */
#ifndef NOROSHI_CENTER_ROUTED_H
#define NOROSHI_CENTER_ROUTED_H

#include "center/keeper.h"
#include "center/part.h"

/* Has the address spaces and capture policies of all organisations in keeper->territory and at the front, as they are
 * now or were a second ago. The front knows them before anything that is sent to it later. */
enum error routed_load(struct keeper *keeper, struct failure *failure);

/* The part, verified and not stored yet, becomes what stays with its owner; *others the frames of the others, in a
 * list. On an error it stays as it was: whose an address is must be known, it is never guessed. */
enum error routed_split(struct keeper *keeper, struct part **part, struct part **others, struct failure *failure);

#endif
