/*
 * Estimates: what a telescope of some addresses says about all of the Internet, each with its 95 % interval.
 *
 *   counts of an event (scans.h, victims.h) → estimate_*() → (value, low, high)
 *
 * What all of them assume: the sender's targets (or an attack's forged sources) do not favour or avoid the telescope:
 * each of `space` addresses is as likely as any other. A telescope that lost packets (rule 13: coverage of its bins)
 * sees less: divide the number of addresses by that share before. `space` is 2^32 for IPv4; a scanner that leaves out
 * reserved ranges (ZMap's default list) has about 3.7e9. IPv6 has no such estimates: nobody scans it evenly.
 *
 * "95 %": over many events the interval holds the truth in 95 of 100 (tests/darknet/test_estimate.c: 93–97 % of 1,000
 * simulated events of each kind and size). Where nothing can be said (too few packets, no time between them), value
 * is NaN, low 0 and high infinity: estimate_known() is false, and JSON writes null.
 *
 * Pure functions, any thread.
 */
#ifndef NOROSHI_DARKNET_ESTIMATE_H
#define NOROSHI_DARKNET_ESTIMATE_H

#include <stdbool.h>
#include <stdint.h>

#define INTERNET_V4 4294967296.0 /* addresses: 2^32 */

struct estimate {
	double value, low, high;
};

bool estimate_known(struct estimate estimate);

/* The same of a count that is itself an estimate, whose relative standard error `error` (0 = exact) knows nothing of
 * the rest: each side of the interval is the root of its square and that of 1.96 errors. */
struct estimate estimate_widened(struct estimate estimate, double error);

/* Internet-wide packets/s of a sender whose targets are drawn at random, with repetition (Mirai and its family, most
 * worms), from `packets` >= 3 arrivals with `seconds` between the first and the last of them. The arrivals are a
 * Poisson process of the rate r·addresses/space, so r·seconds·addresses/space is gamma distributed with packets - 1
 * degrees when the last arrival ends the event, about packets - 2 when the sender's own end does (its silent beginning
 * and end are not in `seconds`): gamma of packets - 1.5 is between them. Value: (packets - 2)/seconds·space/addresses,
 * which has no bias in both cases. Assumes a steady rate. Source: Garwood, "Fiducial limits for the Poisson
 * distribution", Biometrika 1936; the scaling by space/addresses as in Moore et al., "Network Telescopes", CAIDA
 * TR-2004-04. */
struct estimate estimate_packet_rate(double packets, double seconds, double addresses, double space);

/* The same of a sender that visits each address once in a random order (ZMap: Durumeric et al., USENIX Security 2013;
 * masscan), `probes` packets to each (1 unless told): the share of its list between the first and the last of
 * `distinct` >= 3 targets of the telescope is beta distributed (order statistics of the uniform distribution:
 * distinct - 1, addresses + 2 - distinct). Near full coverage much narrower than the one above. Value, without the bias
 * of the inverse: (distinct - 2)/addresses of the list. */
struct estimate estimate_permuted_rate(double distinct, double seconds, double addresses, double space, double probes);

/* Seconds that the sender really sent: it began before its first arrival here and ended after the last. The observed
 * share of its time is beta distributed (packets - 1, 2), packets >= 3 (order statistics again); assumes a steady rate
 * and that the sender's end, not ours, ended it. Value: seconds·(packets + 1)/(packets - 1). */
struct estimate estimate_duration(double packets, double seconds);

/* Packets that it sent to all of the Internet, of any order of targets while coverage is small: Poisson of packets;
 * Jeffreys' interval, gamma of packets + 1/2 (Brown, Cai, DasGupta, "Interval estimation for a binomial proportion",
 * Statistical Science 2001, and their 2003 paper on the exponential families). */
struct estimate estimate_packets(double packets, double addresses, double space);

/* Share of the address space that it visited, 0–1, when it visits no address twice: `distinct` of `addresses` were, so
 * Jeffreys' interval of a proportion, beta of (distinct + 1/2, addresses - distinct + 1/2). All seen: high is 1. */
struct estimate estimate_coverage(double distinct, double addresses);

/* The same of one that draws with repetition: 1 - exp(-packets/addresses), from `packets`, which says more than the
 * number of distinct targets does. */
struct estimate estimate_random_coverage(double packets, double addresses);

/* Addresses of the Internet that it visited: coverage·space, by either of the two above. */
struct estimate estimate_targets(struct estimate coverage, double space);

/* Packets/s at the victim of an attack with random forged sources: Moore, Voelker, Savage, "Inferring Internet
 * Denial-of-Service Activity", USENIX Security 2001 and ACM TOCS 24(2), 2006: answers/s·2^32/addresses. Their
 * assumptions: sources are forged evenly over 2^32; the victim answers each packet once; nothing between loses them. A
 * victim that answers only some makes it a lower bound. `attacked` >= 3 counts attack packets, not answers: a victim
 * repeats its SYN+ACK up to 1 + tcp_synack_retries times (Linux: 5) to the same address and port with the same
 * acknowledgement number, and these repeats count once; seconds are between the first answers of the first and of the
 * last. Where only answers were counted: attack_packets(). */
struct estimate estimate_attack_rate(double attacked, double seconds, double addresses);
/* Attack packets behind `answers` when each was answered `times` (1 for RST, ICMP, UDP; up to 6 for SYN+ACK). */
double attack_packets(double answers, double times);

/* Sources of a distributed scan, seen and unseen: Chao's lower bound from the numbers of sources of which one and two
 * packets arrived: seen + once·(once - 1)/(2·(twice + 1)), with the log-normal interval (Chao, "Estimating the
 * population size for capture–recapture data with unequal catchability", Biometrics 1987). Holds when sources send at
 * about the same rate; the more unequal they are, the more it is a lower bound. `seen` >= once + twice. */
struct estimate estimate_sources(double seen, double once, double twice);

#endif
