/*
 * Sizes in bytes as people write them: "64 MiB", "1.5 GB", "0".
 */
#ifndef NOROSHI_BASE_SIZE_H
#define NOROSHI_BASE_SIZE_H

#include "base/text.h"

/* A number with a unit (B, KiB, MiB, GiB, TiB, kB, MB, GB, TB), or 0. */
bool size_parse(struct text text, uint64_t *bytes);
/* In the largest unit that divides it. */
void size_format(uint64_t bytes, struct builder *to);

#endif
