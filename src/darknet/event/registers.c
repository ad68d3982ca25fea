/*
 * Registers and what they count; see registers.h.
 */
#include "darknet/event/registers.h"

#include <math.h>
#include <string.h>

void registers_merge(uint8_t *to, const uint8_t *from, size_t count)
{
	typedef uint8_t sixteen __attribute__((vector_size(16)));
	sixteen one, other;

	for (size_t i = 0; i < count; i += sizeof one) {
		memcpy(&one, to + i, sizeof one);
		memcpy(&other, from + i, sizeof other);
		sixteen less = (sixteen)(one < other);
		one = (one & ~less) | (other & less);
		memcpy(to + i, &one, sizeof one);
	}
}

/* Of most sources nearly all hold none: those go eight at a time. */
void registers_rank(const uint8_t *registers, unsigned bits, struct ranks *ranks)
{
	size_t count = (size_t)1 << bits;
	uint16_t none = 0;

	memset(ranks, 0, sizeof *ranks);
	for (size_t i = 0; i < count; i += 8) {
		uint64_t eight;
		memcpy(&eight, &registers[i], 8);
		if (eight == 0)
			none = (uint16_t)(none + 8);
		else
			for (unsigned j = 0; j < 8; j++)
				ranks->of[registers[i + j]]++;
	}
	ranks->of[0] = (uint16_t)(ranks->of[0] + none);
}

/* Ertl's sigma and tau: what registers of 0, and at their highest, add. */
static double sigma(double x)
{
	double y = 1, z = x, before;
	if (x == 1.0)
		return INFINITY;
	do {
		before = z;
		x *= x;
		z += x * y;
		y += y;
	} while (z != before);
	return z;
}

static double tau(double x)
{
	double y = 1, z = 1 - x, before;
	if (x == 0.0 || x == 1.0)
		return 0;
	do {
		before = z;
		x = sqrt(x);
		y *= 0.5;
		z -= (1 - x) * (1 - x) * y;
	} while (z != before);
	return z / 3;
}

double ranks_count(const struct ranks *ranks, unsigned bits)
{
	unsigned highest = 64 - bits;
	double m = (double)((size_t)1 << bits);
	double z = m * tau(1 - (double)ranks->of[highest + 1] / m);
	if (z == 0)
		while (highest > 0 && ranks->of[highest] == 0)
			highest--;
	for (unsigned rank = highest; rank > 0; rank--)
		z = 0.5 * (z + (double)ranks->of[rank]);
	z += m * sigma((double)ranks->of[0] / m);
	return m * m / (2 * M_LN2) / z;
}
