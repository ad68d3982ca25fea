/*
 * The watch capability, as the list of capabilities names it.
 */
#include "watch/watch.h"

#include "watch/authlog.h"
#include "watch/capture_command.h"
#include "watch/collect.h"
#include "watch/command.h"
#include "watch/enrol_command.h"
#include "watch/follow_command.h"
#include "watch/indicators.h"
#include "watch/probe.h"
#include "watch/records.h"
#include "watch/sensor_command.h"
#include "watch/signatures.h"
#include "watch/weblog.h"

static const struct command_shipping sensor_shipping = { .output = "--eve", .shared = true };

static const struct command commands[] = {
	{ .name = "agent",
	    .summary = "follow files at a member and ship what is appended to the centre",
	    .run = agent_command },
	{ .name = "authlog",
	    .summary = "find guessed passwords, odd sign-ins and cleared logs in the logs of Linux",
	    .run = authlog_command },
	{ .name = "capture",
	    .summary = "show what of a file's lines may leave a member under its capture policy",
	    .run = capture_command },
	{ .name = "collect",
	    .summary = "receive flows that routers and others export, as EVE records",
	    .run = collect_command },
	{ .name = "enrol",
	    .summary = "become a sensor of the centre: a certificate for an enrolment token",
	    .run = enrol_command },
	{ .name = "follow",
	    .summary = "keep what the exchange shares with a sensor in a folder, as it changes",
	    .run = follow_command },
	{ .name = "indicators",
	    .summary = "check lists of indicators, compile them, look values up",
	    .run = indicators_command },
	{ .name = "signatures",
	    .summary = "check what is read of rules in Suricata's language",
	    .run = signatures_command },
	{ .name = "probe",
	    .summary = "measure how members' web sites answer: slow-down, outage, changed content",
	    .run = probe_command },
	{ .name = "records",
	    .summary = "read what other programs logged (Zeek, Windows, clouds …), and look for the same in it",
	    .run = records_command },
	{ .name = "sensor",
	    .summary = "read packets, and write records of what they carry",
	    .run = sensor_command,
	    .shipping = &sensor_shipping },
	{ .name = "weblog", .summary = "find traces of attack in web-server logs", .run = weblog_command },
	{ .name = NULL },
};

const struct capability watch_capability = {
	.name = "watch",
	.commands = commands,
};
