/*
 * The table of facts about the victim (victim.h). "*" is every type; "" every property.
 */
#include "intel/victim.h"

static const struct fact {
	const char *type, *property;
} facts[] = {
	/* who met it, and where */
	{ "sighting", "where_sighted_refs" },
	{ "sighting", "observed_data_refs" },
	{ "incident", "" },
	{ "identity", "" },
	{ "location", "" },
	{ "user-account", "" },
	{ "opinion", "authors" },
	{ "note", "authors" },
	/* mail: to whom it came, by which way, and what it said to them */
	{ "email-message", "to_refs" },
	{ "email-message", "cc_refs" },
	{ "email-message", "bcc_refs" },
	{ "email-message", "received_lines" },
	{ "email-message", "additional_header_fields" },
	{ "email-message", "raw_email_ref" },
	{ "email-message", "body" },
	{ "email-message", "message_id" },
	/* hosts: their users, folders and what ran in them */
	{ "process", "cwd" },
	{ "process", "command_line" },
	{ "process", "environment_variables" },
	{ "process", "creator_user_ref" },
	{ "file", "parent_directory_ref" },
	{ "file", "contains_refs" },
	{ "windows-registry-key", "creator_user_ref" },
	{ "network-traffic", "dst_ref" },
	{ "network-traffic", "dst_payload_ref" },
	{ "network-traffic", "src_payload_ref" },
	/* our own and others' words for it */
	{ "*", "x_victim" },
	{ "*", "x_victims" },
	{ "*", "x_victim_name" },
	{ "*", "x_impact" },
	{ "*", "x_damage" },
	{ "*", "x_contact" },
	{ "*", "x_reporter" },
};

bool victim_fact(struct text type, struct text property)
{
	for (size_t i = 0; i < sizeof facts / sizeof facts[0]; i++) {
		bool of_type = facts[i].type[0] == '*' || text_equal(type, text_of(facts[i].type));
		if (of_type && facts[i].property[0] && text_equal(property, text_of(facts[i].property)))
			return true;
	}
	return false;
}

bool victim_object(struct text type)
{
	for (size_t i = 0; i < sizeof facts / sizeof facts[0]; i++) {
		if (facts[i].property[0] == 0 && text_equal(type, text_of(facts[i].type)))
			return true;
	}
	return false;
}
