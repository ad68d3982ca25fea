/*
 * Another synthetic year, built the other way round: sources that live, not ports that have counts.
 *
 * Sources are born, each in a /24 of a network of a country, with a rate from a Pareto law, a stack, a habit (one port,
 * a few, all) and a time to live; what a port gets is what they do. docs/darknet-detection.md says what else is in it.
 * Hours must be made in order.
 */
#ifndef NOROSHI_TESTS_DARKNET_WILD_H
#define NOROSHI_TESTS_DARKNET_WILD_H

#include "world.h"

bool wild_new(const struct world_setting *setting, struct world *world); /* world.h */

#endif
