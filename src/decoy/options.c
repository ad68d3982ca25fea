/*
 * Reading the configuration of `noroshi decoy`; see options.h.
 */
#include "decoy/options.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define AT(member) offsetof(struct decoy_options, member)

static const char *day_problem(const char *value)
{
	char text[32];
	nanoseconds time;
	if (strlen(value) != 10)
		return "expected a day such as 2027-03-31";
	snprintf(text, sizeof text, "%.10sT00:00:00Z", value);
	return time_parse(text_of(text), 0, &time, NULL) ? NULL : "expected a day such as 2027-03-31";
}

static const char *passwords_problem(const char *value)
{
	bool known = strcmp(value, "sealed") == 0 || strcmp(value, "counted") == 0 || strcmp(value, "not") == 0;
	return known ? NULL : "expected \"sealed\", \"counted\" or \"not\"";
}

static const struct option table[] = {
	{ "approved_by", OPTION_TEXT, AT(approved_by), .summary = "Who signed for decoys at these networks; needed." },
	{ "approved_until", OPTION_TEXT, AT(approved_until), .check = day_problem, .initial = "1970-01-01",
	    .summary = "Day to which it is approved, such as 2027-03-31; then the decoy ends." },
	{ "networks", OPTION_LIST, AT(network_texts), .summary = "Prefixes that were signed for; needed." },
	{ "user", OPTION_TEXT, AT(user), .summary = "Account that it runs as; needed when root starts it." },
	{ "folder", OPTION_PATH, AT(folder), .summary = "Where what is recorded lies; that account's own; needed." },
	{ "key", OPTION_PATH, AT(key),
	    .summary = "File with the public key that samples and passwords are sealed to (`noroshi decoy key`); "
		       "needed." },
	{ "policy", OPTION_PATH, AT(policy),
	    .summary = "File in which an agent keeps the capture policy in force; looked at every minute." },
	{ "passwords", OPTION_TEXT, AT(passwords), .check = passwords_problem, .initial = "sealed",
	    .summary = "What is kept of them: sealed and a mark to count by, counted (the mark alone), not." },
	{ "keep_days", OPTION_INTEGER, AT(keep_days), "30", 1, 3650, .summary = "After so many days all is removed." },
	{ "sessions", OPTION_INTEGER, AT(sessions), "1000", 1, 100000,
	    .summary = "At once; further ones are refused." },
	{ "per_minute", OPTION_INTEGER, AT(per_minute), "60", 1, 1000000,
	    .summary = "Sessions of a source (IPv6: a /64) in a minute; further ones are refused." },
	{ "session_bytes", OPTION_SIZE, AT(session_bytes), "64 KiB", 1024, 1 << 17,
	    .summary = "Taken of a session at most." },
	{ "session_time", OPTION_DURATION, AT(session_time), "2 min", 1, 3600,
	    .summary = "A session ends after this, whatever it does." },
	{ "login_after", OPTION_INTEGER, AT(login_after), "2", 0, 100,
	    .summary = "Telnet: the try that seems to succeed; 0: none." },
	{ "sample", OPTION_SIZE, AT(sample), "64 B", 0, 1 << 17,
	    .summary = "A payload of at least so much is kept, sealed; 0: none is." },
	{ "memory", OPTION_SIZE, AT(memory), "64 MiB", 1 << 20, 1ll << 36, .summary = "Of all sessions." },
	{ "disk", OPTION_SIZE, AT(disk), "1 GiB", 1 << 20, 1ll << 44,
	    .summary = "Of the folder: samples and passwords may fill half, then nothing more is recorded." },
	{ NULL },
};

struct service_text {
	char *service, *address;
	int64_t port;
	bool answers;
};
#define OF_SERVICE(member) offsetof(struct service_text, member)

static const struct option service_table[] = {
	{ "service", OPTION_TEXT, OF_SERVICE(service),
	    .summary = "tcp, telnet, ssh, http, smb, redis, adb; over UDP: udp, dns, ntp, ssdp." },
	{ "address", OPTION_TEXT, OF_SERVICE(address), .summary = "A single address of the networks." },
	{ "port", OPTION_INTEGER, OF_SERVICE(port), "0", 0, 65535, .summary = "Port." },
	{ "answers", OPTION_BOOLEAN, OF_SERVICE(answers), "false",
	    .summary = "dns, ntp, ssdp: whether questions are answered, by no more bytes than they have." },
	{ NULL },
};

static enum error take_service(void *context, void *settings, struct failure *failure)
{
	struct decoy_options *options = context;
	const struct service_text *text = settings;
	struct service service = { .port = (uint16_t)text->port, .answers = text->answers };
	service.protocol = protocol_named(text_of(text->service));
	if (!service.protocol)
		return fail(failure, ERROR_INPUT, "services: there is no service \"%.40s\"", text->service);
	if (!address_parse(text_of(text->address), &service.address) || !address_exists(service.address))
		return fail(failure, ERROR_INPUT,
		    "services: \"%.60s\" is no single address: name each that was signed for", text->address);
	if (!service.port)
		return fail(failure, ERROR_INPUT, "services: %s at %.60s needs a port", text->service, text->address);
	if (service.answers && !service.protocol->datagrams)
		return fail(failure, ERROR_INPUT, "services: answers is for dns, ntp and ssdp, not %s", text->service);
	if (options->service_count == SERVICES_MOST)
		return fail(failure, ERROR_LIMIT, "more than %d services", SERVICES_MOST);
	options->services[options->service_count++] = service;
	return OK;
}

static enum error make_networks(const char *path, struct decoy_options *options, struct failure *failure)
{
	const struct option_list *texts = &options->network_texts;
	options->networks = calloc(texts->count + 1, sizeof *options->networks);
	if (!options->networks)
		return fail(failure, ERROR_MEMORY, "no memory for the networks");
	for (size_t i = 0; i < texts->count; i++)
		if (!prefix_parse(text_of(texts->items[i]), &options->networks[options->network_count++]))
			return fail(failure, ERROR_INPUT,
			    "%s: decoy.networks: \"%.60s\" is no prefix such as 198.51.100.0/24", path,
			    texts->items[i]);
	return OK;
}

static enum error check_services(const char *path, const struct decoy_options *options, struct failure *failure)
{
	for (size_t i = 0; i < options->service_count; i++) {
		const struct service *service = &options->services[i];
		char address[ADDRESS_TEXT];
		bool inside = false;
		for (size_t n = 0; n < options->network_count; n++)
			inside |= prefix_contains(options->networks[n], service->address);
		if (!inside)
			return fail(failure, ERROR_INPUT,
			    "%s: services: %s is in none of decoy.networks: nobody signed for it", path,
			    address_format(service->address, address));
	}
	return OK;
}

static enum error complete(const char *path, struct decoy_options *options, struct failure *failure)
{
	char day[32];
	if (!*options->approved_by)
		return fail(failure, ERROR_INPUT,
		    "%s: decoy.approved_by: say who signed for decoys at these networks; nothing answers without",
		    path);
	if (!*options->folder || !*options->key)
		return fail(failure, ERROR_INPUT, "%s: decoy.%s is needed", path, *options->folder ? "key" : "folder");
	if (options->service_count == 0)
		return fail(failure, ERROR_INPUT,
		    "%s: there are no services: services = ( { service = \"telnet\"; address = …; port = 23; } );",
		    path);
	snprintf(day, sizeof day, "%.10sT00:00:00Z", options->approved_until);
	time_parse(text_of(day), 0, &options->until, NULL);
	options->until += DAY;
	enum error error = make_networks(path, options, failure);
	return error ? error : check_services(path, options, failure);
}

static void groups_of(struct decoy_options *options, struct option_group groups[static 3])
{
	groups[0] = (struct option_group){
		.name = "decoy", .options = table, .settings = options, .settings_size = sizeof *options
	};
	groups[1] = (struct option_group){ .name = "services",
		.options = service_table,
		.settings_size = sizeof(struct service_text),
		.each = take_service,
		.context = options };
	groups[2] = (struct option_group){ 0 };
}

enum error decoy_options_read(const char *path, struct decoy_options *options, struct failure *failure)
{
	struct option_group groups[3];
	*options = (struct decoy_options){ 0 };
	groups_of(options, groups);
	enum error error = config_load(path, groups, failure);
	return error ? error : complete(path, options, failure);
}

void decoy_options_free(struct decoy_options *options)
{
	struct option_group groups[3];
	groups_of(options, groups);
	free(options->networks);
	config_free(groups);
}
