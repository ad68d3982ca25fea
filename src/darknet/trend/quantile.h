/*
 * Quantiles of the gamma and the beta distribution, which every interval of estimate.h and every score of groups.h is
 * made of. Why our own: docs/decisions/0091.
 *
 * Sources: the series and continued fractions of the incomplete gamma and beta functions as in the NIST Handbook of
 * Mathematical Functions (DLMF 8.7.1, 8.9.2, 8.17.8, 8.17.22). Relative error below 1e-9 for the parameters up to 1e9.
 */
#ifndef NOROSHI_DARKNET_QUANTILE_H
#define NOROSHI_DARKNET_QUANTILE_H

/* P(X <= x) of a gamma distribution of `shape` > 0 and scale 1. */
double gamma_below(double shape, double x);
/* The x with gamma_below(shape, x) = p, 0 < p < 1. */
double gamma_quantile(double shape, double p);

/* P(X <= x) of a beta distribution of a, b > 0. */
double beta_below(double a, double b, double x);
double beta_quantile(double a, double b, double p);

/* -ln P(X >= x) of a negative binomial X of the mean > 0 and the variance mean + mean²/size: 0 for x <= 0; `size` of
 * 1e9 and more is Poisson's. How surprising a count is. */
double count_surprise(double x, double mean, double size);

#endif
