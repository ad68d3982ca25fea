/*
 * Seeded chance: see the header.
 */
#include "chance.h"

#include <math.h>

uint64_t chance_bits(struct chance *chance)
{
	uint64_t z = chance->state += 0x9e3779b97f4a7c15;
	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
	z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
	return z ^ (z >> 31);
}

struct chance chance_of(uint64_t seed, uint64_t part)
{
	struct chance first = { seed };
	struct chance second = { chance_bits(&first) ^ part * 0xda942042e4dd58b5 };
	return (struct chance){ chance_bits(&second) };
}

double chance_unit(struct chance *chance)
{
	return ((double)(chance_bits(chance) >> 12) + 0.5) * 0x1p-52;
}

uint32_t chance_below(struct chance *chance, uint32_t bound)
{
	return (uint32_t)((chance_bits(chance) >> 32) * bound >> 32);
}

double chance_between(struct chance *chance, double low, double high)
{
	return low + (high - low) * chance_unit(chance);
}

double chance_scale(struct chance *chance, double low, double high)
{
	return low * pow(high / low, chance_unit(chance));
}

double chance_normal(struct chance *chance)
{
	double radius = sqrt(-2 * log(chance_unit(chance)));
	return radius * cos(2 * M_PI * chance_unit(chance));
}

/* Marsaglia and Tsang, "A simple method for generating gamma variables", ACM TOMS 2000. */
double chance_gamma(struct chance *chance, double shape)
{
	if (shape < 1)
		return chance_gamma(chance, shape + 1) * pow(chance_unit(chance), 1 / shape);
	double d = shape - 1.0 / 3, c = 1 / sqrt(9 * d);
	for (;;) {
		double z = chance_normal(chance), v = 1 + c * z;
		v = v * v * v;
		if (v > 0 && log(chance_unit(chance)) < z * z / 2 + d - d * v + d * log(v))
			return d * v;
	}
}

/* Exact: large means are halved by the gamma distribution (Ahrens and Dieter, 1974) until products of units do. */
uint64_t chance_poisson(struct chance *chance, double mean)
{
	uint64_t count = 0;
	while (mean > 16) {
		double order = floor(mean * 7 / 8), reached = chance_gamma(chance, order);
		if (reached > mean) {
			for (uint64_t tries = (uint64_t)order - 1; tries > 0; tries--)
				count += chance_unit(chance) * reached < mean;
			return count;
		}
		count += (uint64_t)order;
		mean -= reached;
	}
	double floor_of = exp(-mean), product = chance_unit(chance);
	for (; product > floor_of; product *= chance_unit(chance))
		count++;
	return count;
}

uint64_t chance_overdispersed(struct chance *chance, double mean, double size)
{
	return chance_poisson(chance, mean * chance_gamma(chance, size) / size);
}

double chance_pareto(struct chance *chance, double least, double exponent)
{
	return least * pow(chance_unit(chance), -1 / exponent);
}
