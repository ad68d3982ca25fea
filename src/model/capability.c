/*
 * What capabilities keep for themselves in the keeper.
 */
#include "model/capability.h"

#include <string.h>

void *center_state(const struct center *center, const char *capability)
{
	for (size_t i = 0; i < sizeof center->states / sizeof *center->states; i++)
		if (center->states[i].capability && strcmp(center->states[i].capability, capability) == 0)
			return center->states[i].state;
	return NULL;
}

bool center_set_state(struct center *center, const char *capability, void *state)
{
	for (size_t i = 0; i < sizeof center->states / sizeof *center->states; i++) {
		struct center_state *slot = &center->states[i];
		if (slot->capability && strcmp(slot->capability, capability) != 0)
			continue;
		*slot = (struct center_state){ capability, state };
		return true;
	}
	return false;
}
