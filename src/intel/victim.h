/*
 * Technical facts and facts about the victim (I42): which properties of an object say what an attack is and may be
 * shared, and which say whom it met and may not leave by themselves. Source:
 * サイバー攻撃被害に係る情報の共有・公表ガイダンス (2023-03), its split into 技術情報 and 被害情報; the properties are
 * those of STIX 2.1 (parts 3, 4, 6).
 */
#ifndef NOROSHI_INTEL_VICTIM_H
#define NOROSHI_INTEL_VICTIM_H

#include "base/text.h"

#include <stdbool.h>

/* Whether `property` of an object of this type is a fact about the victim. What the table does not name is technical.
 */
bool victim_fact(struct text type, struct text property);
/* Whether an object of this type as a whole is one. */
bool victim_object(struct text type);

#endif
