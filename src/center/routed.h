/*
 * A part of a batch from a sensor that watches many organisations (W07: a network operator's): each alert goes to the
 * organisations whose addresses it concerns and to nobody else; what concerns none stays with the sensor's owner.
 *
 * The part becomes one frame for each organisation, with an epoch derived from the sensor's and the organisation, and
 * at last the owner's own frame, which may be empty. Only when that one is there the part counts as stored; each of the
 * others is known by its own epoch. So a part that was interrupted half-way and is sent again loses nothing and doubles
 * nothing. Inside center/ only: batches.c stores.
 */
#ifndef NOROSHI_CENTER_ROUTED_H
#define NOROSHI_CENTER_ROUTED_H

#include "center/keeper.h"
#include "center/part.h"

/* The part, verified and not stored yet, becomes what stays with its owner; *others the frames of the others, in a
 * list. On an error it stays as it was: whose an address is must be known, it is never guessed. */
enum error routed_split(struct keeper *keeper, struct part **part, struct part **others, struct failure *failure);

#endif
