/*
 * What an alert claims by its words: the kind of happening and the ATT&CK tactics.
 *
 * The words are those that detectors use in general: Suricata/Snort classes and Emerging Threats categories,
 * Wazuh/OSSEC and AMiner descriptions, Zeek notices, CEF products. docs/triage.md lists them. Nothing here is learned.
 */
#ifndef NOROSHI_TRIAGE_CLAIM_H
#define NOROSHI_TRIAGE_CLAIM_H

#include "base/text.h"
#include "model/alert.h"

#include <stdint.h>

/* From the least to the most that a person must know of. */
enum claim_kind {
	CLAIM_ROUTINE,        /* health, updates, sign-ins, policy remarks: says nothing of an attack by itself */
	CLAIM_FAILED,         /* something was refused, not found, blocked */
	CLAIM_RECONNAISSANCE, /* somebody looks around */
	CLAIM_ANOMALY,        /* something is new or unusual; the detector does not say what */
	CLAIM_ATTEMPT,        /* an attack is said to be tried; whether it worked is not said */
	CLAIM_CHANGE,         /* rights, accounts, services: what an intruder does next, and administrators daily */
	CLAIM_COMPROMISE, /* what only happens after an attack worked: command and control, web shell, exfiltration */
	CLAIM_COUNT
};

struct claim {
	enum claim_kind kind;
	uint16_t tactics; /* bits 1 << enum tactic */
};

/* `outcome`, `severity` and `tactics` of the single alert are not in it: judge.c adds them. */
struct claim claim_of(struct text detector, struct text signature, struct text category);

#endif
