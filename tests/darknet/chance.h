/*
 * Seeded chance for simulated events and years: the same numbers on every machine (SplitMix64; Steele, Lea, Flood,
 * "Fast splittable pseudorandom number generators", OOPSLA 2014).
 */
#ifndef NOROSHI_TESTS_DARKNET_CHANCE_H
#define NOROSHI_TESTS_DARKNET_CHANCE_H

#include <stdint.h>

struct chance {
	uint64_t state;
};

struct chance chance_of(uint64_t seed, uint64_t part); /* independent for each pair */
uint64_t chance_bits(struct chance *chance);
double chance_unit(struct chance *chance); /* between 0 and 1, neither of them */
uint32_t chance_below(struct chance *chance, uint32_t bound);
double chance_between(struct chance *chance, double low, double high);
double chance_scale(struct chance *chance, double low, double high); /* evenly over the logarithm */
double chance_normal(struct chance *chance);
double chance_gamma(struct chance *chance, double shape);
uint64_t chance_poisson(struct chance *chance, double mean);
uint64_t chance_overdispersed(struct chance *chance, double mean, double size); /* variance mean + mean²/size */
double chance_pareto(struct chance *chance, double least, double exponent);

#endif
