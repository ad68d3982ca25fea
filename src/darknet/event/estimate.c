/*
 * Estimates and their intervals: each is a pivot whose distribution is known, turned round. Formulas, assumptions and
 * sources stand in the header.
 */
#include "darknet/event/estimate.h"

#include "darknet/trend/quantile.h"

#include <math.h>

#define LOWER 0.025
#define UPPER 0.975

static const struct estimate unknown = { NAN, 0, INFINITY };

bool estimate_known(struct estimate estimate)
{
	return !isnan(estimate.value);
}

static struct estimate scaled(struct estimate estimate, double factor)
{
	return (struct estimate){ estimate.value * factor, estimate.low * factor, estimate.high * factor };
}

struct estimate estimate_widened(struct estimate estimate, double error)
{
	double by = 1.96 * error * estimate.value, below = estimate.value - estimate.low,
	       above = estimate.high - estimate.value;
	if (!estimate_known(estimate) || error <= 0)
		return estimate;
	return (struct estimate){ estimate.value, fmax(0, estimate.value - hypot(below, by)),
		estimate.value + hypot(above, by) };
}

static struct estimate gamma_interval(double value, double shape)
{
	return (struct estimate){ value, gamma_quantile(shape, LOWER), gamma_quantile(shape, UPPER) };
}

struct estimate estimate_packet_rate(double packets, double seconds, double addresses, double space)
{
	if (packets < 3 || seconds <= 0 || addresses < 1)
		return unknown;
	return scaled(gamma_interval(packets - 2, packets - 1.5), space / addresses / seconds);
}

struct estimate estimate_permuted_rate(double distinct, double seconds, double addresses, double space, double probes)
{
	if (distinct < 3 || seconds <= 0 || distinct > addresses)
		return unknown;
	double a = distinct - 1, b = addresses + 2 - distinct;
	struct estimate share = { (a - 1) / (a + b - 1), beta_quantile(a, b, LOWER), beta_quantile(a, b, UPPER) };
	return scaled(share, space * probes / seconds);
}

struct estimate estimate_duration(double packets, double seconds)
{
	if (packets < 3 || seconds <= 0)
		return unknown;
	return (struct estimate){ seconds * (packets + 1) / (packets - 1),
		seconds / beta_quantile(packets - 1, 2, UPPER), seconds / beta_quantile(packets - 1, 2, LOWER) };
}

struct estimate estimate_packets(double packets, double addresses, double space)
{
	if (packets < 1 || addresses < 1)
		return unknown;
	return scaled(gamma_interval(packets, packets + 0.5), space / addresses);
}

struct estimate estimate_coverage(double distinct, double addresses)
{
	if (distinct < 1 || distinct > addresses)
		return unknown;
	double a = distinct + 0.5, b = addresses - distinct + 0.5;
	return (struct estimate){ distinct / addresses, beta_quantile(a, b, LOWER),
		distinct >= addresses ? 1 : beta_quantile(a, b, UPPER) };
}

struct estimate estimate_random_coverage(double packets, double addresses)
{
	struct estimate each = estimate_packets(packets, addresses, 1);
	if (!estimate_known(each))
		return unknown;
	return (struct estimate){ -expm1(-each.value), -expm1(-each.low), -expm1(-each.high) };
}

struct estimate estimate_targets(struct estimate coverage, double space)
{
	return estimate_known(coverage) ? scaled(coverage, space) : unknown;
}

struct estimate estimate_attack_rate(double attacked, double seconds, double addresses)
{
	return estimate_packet_rate(attacked, seconds, addresses, INTERNET_V4);
}

double attack_packets(double answers, double times)
{
	return times > 1 ? answers / times : answers;
}

struct estimate estimate_sources(double seen, double once, double twice)
{
	if (seen < 1 || once + twice > seen)
		return unknown;
	double unseen = once * (once - 1) / (2 * (twice + 1));
	if (unseen <= 0)
		return (struct estimate){ seen, seen, seen };
	double more = twice + 1; /* Chao's variance, of the form that is corrected for bias */
	double variance = once * (once - 1) / (2 * more) + once * (2 * once - 1) * (2 * once - 1) / (4 * more * more) +
			  once * once * twice * (once - 1) * (once - 1) / (4 * more * more * more * more);
	double spread = exp(1.96 * sqrt(log1p(variance / (unseen * unseen))));
	return (struct estimate){ seen + unseen, seen + unseen / spread, seen + unseen * spread };
}
