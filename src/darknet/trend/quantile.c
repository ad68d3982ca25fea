/*
 * The incomplete gamma and beta functions and their inverses: series where they converge fast, continued fractions
 * (Lentz's way) elsewhere, large parameters by Wilson and Hilferty's cube root; inverses by bisection, which cannot
 * miss.
 */
#include "darknet/trend/quantile.h"

#include <math.h>

#define TINY 1e-300
#define STEPS 20000
#define LARGE 1e6 /* beyond it the normal approximations are better than 1e-7 in p */

static double normal_below(double z)
{
	return 0.5 * erfc(-z / sqrt(2));
}

/* ln of Q(a, x) = 1 - P(a, x) for x >= a + 1, by the continued fraction. */
static double gamma_above_log(double a, double x)
{
	double b = x + 1 - a, c = 1 / TINY, d = 1 / b, h = d;
	for (int i = 1; i < STEPS; i++) {
		double an = -i * (i - a);
		b += 2;
		d = an * d + b;
		d = 1 / (fabs(d) < TINY ? TINY : d);
		c = b + an / c;
		c = fabs(c) < TINY ? TINY : c;
		h *= d * c;
		if (fabs(d * c - 1) < 1e-14)
			break;
	}
	return log(h) - x + a * log(x) - lgamma(a);
}

static double gamma_series(double a, double x)
{
	double term = 1 / a, sum = term;
	for (int i = 1; i < STEPS && term > sum * 1e-16; i++)
		sum += term *= x / (a + i);
	return sum * exp(-x + a * log(x) - lgamma(a));
}

double gamma_below(double shape, double x)
{
	if (x <= 0)
		return 0;
	if (shape > LARGE) /* Wilson and Hilferty, 1931 */
		return normal_below((cbrt(x / shape) - 1 + 1 / (9 * shape)) * 3 * sqrt(shape));
	return x < shape + 1 ? gamma_series(shape, x) : -expm1(gamma_above_log(shape, x));
}

double gamma_quantile(double shape, double p)
{
	double low = 0, high = shape + 1;
	while (gamma_below(shape, high) < p)
		high *= 2;
	for (int i = 0; i < 200 && high - low > high * 1e-12; i++) {
		double middle = (low + high) / 2;
		*(gamma_below(shape, middle) < p ? &low : &high) = middle;
	}
	return (low + high) / 2;
}

static double beta_front_log(double a, double b, double x)
{
	return lgamma(a + b) - lgamma(a) - lgamma(b) + a * log(x) + b * log1p(-x);
}

/* The continued fraction of I_x(a, b) for x < (a + 1) / (a + b + 2), without the factor before it. */
static double beta_fraction(double a, double b, double x)
{
	double c = 1, d = 1 - (a + b) * x / (a + 1);
	d = 1 / (fabs(d) < TINY ? TINY : d);
	double h = d;
	for (int m = 1; m < STEPS; m++) {
		double even = m * (b - m) * x / ((a - 1 + 2 * m) * (a + 2 * m));
		d = 1 / (1 + even * d);
		c = 1 + even / c;
		h *= d * c;
		double odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 1 + 2 * m));
		d = 1 / (1 + odd * d);
		c = 1 + odd / c;
		h *= d * c;
		if (fabs(d * c - 1) < 1e-14)
			break;
	}
	return h;
}

double beta_below(double a, double b, double x)
{
	if (x <= 0 || x >= 1)
		return x >= 1;
	if (x < (a + 1) / (a + b + 2))
		return exp(beta_front_log(a, b, x)) * beta_fraction(a, b, x) / a;
	return 1 - exp(beta_front_log(a, b, x)) * beta_fraction(b, a, 1 - x) / b;
}

double beta_quantile(double a, double b, double p)
{
	double low = 0, high = 1;
	for (int i = 0; i < 200 && high - low > high * 1e-12; i++) {
		double middle = (low + high) / 2;
		*(beta_below(a, b, middle) < p ? &low : &high) = middle;
	}
	return (low + high) / 2;
}

/* P(X >= x) is I_q(x, size) with q = mean / (mean + size) (DLMF 8.17.5 and the sum over the tail); of Poisson it is
 * P(x, mean). In logarithms, since the tails that matter are below 1e-300. */
double count_surprise(double x, double mean, double size)
{
	if (x <= 0)
		return 0;
	if (size >= 1e9) {
		if (x > mean && mean < x + 1) { /* the series' leading terms, as a logarithm */
			double term = 1 / x, sum = term;
			for (int i = 1; i < STEPS && term > sum * 1e-12; i++)
				sum += term *= mean / (x + i);
			return -(log(sum) - mean + x * log(mean) - lgamma(x));
		}
		return -log(gamma_below(x, mean));
	}
	double q = mean / (mean + size);
	if (q < (x + 1) / (x + size + 2)) {
		double surprise = -(beta_front_log(x, size, q) + log(beta_fraction(x, size, q) / x));
		return surprise > 0 ? surprise : 0;
	}
	return -log(beta_below(x, size, q));
}
