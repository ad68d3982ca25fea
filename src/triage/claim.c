/*
 * The words by which detectors say what happened. See claim.h.
 */
#include "triage/claim.h"

#include <stddef.h>

#define T(name) ((uint16_t)(1u << TACTIC_##name))

/* A word matches as a whole word, or as the beginning of one when it ends with '*', or anywhere when it begins with
 * '*'. The first row that matches decides the kind; tactics of every matching row add up. Rows go from the most to the
 * least telling. */
static const struct row {
	enum claim_kind kind;
	uint16_t tactics;
	const char *words[24];
} rows[] = {
	/* said to be without effect: before everything else, "exploit attempt blocked" is a failure */
	{ CLAIM_FAILED, 0, { "blocked", "prevented", "quarantined", "unsuccessful" } },

	/* An address of one's own in somebody's telescope: it scans because somebody else makes it. */
	{ CLAIM_COMPROMISE, T(DISCOVERY), { "darknet: probe", "darknet: worm" } },
	{ CLAIM_ATTEMPT, T(IMPACT), { "darknet: answer" } },
	{ CLAIM_ROUTINE, 0, { "darknet: misconfiguration", "darknet: research scanner" } },

	{ CLAIM_COMPROMISE, T(COMMAND_AND_CONTROL),
	    { "trojan", "botnet", "cnc", "c2", "c&c", "command and control", "beacon*", "backdoor", "rat", "checkin",
		"check-in", "cobalt strike", "meterpreter", "reverse shell", "remote access tool" } },
	{ CLAIM_COMPROMISE, T(PERSISTENCE) | T(EXECUTION),
	    { "web shell", "webshell", "*webshell*", "rootkit*", "implant" } },
	{ CLAIM_COMPROMISE, T(EXECUTION),
	    { "malware", "ransom*", "worm", "virus", "infected", "cryptominer", "coinminer", "dropper" } },
	{ CLAIM_COMPROMISE, T(EXFILTRATION), { "exfil*", "dns tunnel*", "data theft", "data leak*" } },
	{ CLAIM_COMPROMISE, T(CREDENTIAL_ACCESS),
	    { "mimikatz", "credential dump*", "lsass", "dcsync", "golden ticket", "kerberoast*" } },
	{ CLAIM_COMPROMISE, T(LATERAL_MOVEMENT), { "psexec", "lateral movement", "pass the hash", "pass-the-hash" } },
	{ CLAIM_COMPROMISE, T(IMPACT),
	    { "defacement", "encrypted files", "shadow copies", "log cleared", "logs cleared",
		"audit log was cleared" } },
	{ CLAIM_COMPROMISE, T(PRIVILEGE_ESCALATION),
	    { "successful administrator", "successful-admin", "successful user", "successful-user", "compromise*" } },

	{ CLAIM_COMPROMISE, T(CREDENTIAL_ACCESS) | T(INITIAL_ACCESS),
	    { "success after many failures", "success after multiple failures", "login after multiple failures",
		"successful login after", "succeeded after", "impossible travel", "password spray succeeded" } },
	{ CLAIM_COMPROMISE, T(EXECUTION),
	    { "command interpreter", "spawned shell", "spawned a shell", "interactive shell" } },
	{ CLAIM_CHANGE, T(PRIVILEGE_ESCALATION),
	    { "sudo", "changed uid", "*privilege*", "setuid", "root", "user_cmd", "user_role_change", "uac",
		"elevat*" } },
	{ CLAIM_CHANGE, T(CREDENTIAL_ACCESS),
	    { "user_auth", "cred_acq", "cred_disp", "cred_refr", "password change*", "passwd", "password file",
		"shadow file", "credential*" } },
	{ CLAIM_CHANGE, T(PERSISTENCE),
	    { "service_start", "service installed", "new service", "service was installed", "scheduled task", "crontab",
		"cron job", "autorun", "registry run", "account created", "new user added", "user added", "useradd",
		"add_user", "new user account", "group added", "account added", "added to the administrators",
		"administrator*", "forwarding rule", "ssh key", "authorized_keys", "startup item" } },
	{ CLAIM_CHANGE, T(IMPACT), { "service_stop", "service stopped", "service terminated", "service stop" } },
	{ CLAIM_CHANGE, T(DEFENSE_EVASION),
	    { "firewall rule*", "antivirus disabled", "auditing disabled", "agent stopped", "agent disconnected",
		"log file rotated*", "anti-malware disabled" } },
	{ CLAIM_CHANGE, T(EXECUTION),
	    { "powershell", "executable", "shell command", "process created", "execve", "command executed" } },

	{ CLAIM_FAILED, T(CREDENTIAL_ACCESS),
	    { "login failed", "failed login*", "failed password", "login failure", "authentication failure*",
		"authentication failed", "auth failure*", "auth failures", "logon failure", "invalid user",
		"non-existent user", "invalid login", "invalid user login", "bad password", "login attempt",
		"brute force", "bruteforce", "brute-force", "password guess*", "multiple failed", "logon failed",
		"access attempt" } },
	{ CLAIM_FAILED, 0,
	    { "error code*", "400 error*", "500 error*", "404", "403", "forbidden", "denied", "refused", "rejected",
		"not found", "failed", "failure", "failures" } },

	{ CLAIM_RECONNAISSANCE, T(RECONNAISSANCE),
	    { "scan", "scans", "scanner", "scanning", "scanned", "portscan*", "port scan", "nmap", "nikto", "masscan",
		"zmap", "sweep", "probe", "probing", "recon", "reconnaissance", "enumerat*", "directory index",
		"crawl*", "user-agent observed", "fingerprint*", "attempted-recon" } },

	{ CLAIM_ATTEMPT, T(INITIAL_ACCESS),
	    { "sql injection", "sqli", "xss", "cross site scripting", "cross-site scripting", "directory traversal",
		"path traversal", "local file inclusion", "remote file inclusion", "rce", "remote code execution",
		"command injection", "code injection", "injection", "exploit", "exploits", "exploitation", "log4j",
		"cve*", "overflow", "deserialization" } },
	{ CLAIM_ATTEMPT, T(INITIAL_ACCESS),
	    { "web attack", "attack", "web application attack", "web-application-attack", "attempted administrator",
		"attempted-admin", "attempted user", "attempted-user", "shellcode", "phishing", "spearphish*",
		"malicious", "suspicious url", "web_server", "web_specific_apps", "shellshock", "denial of service",
		"ddos", "drive-by", "seo poisoning" } },

	{ CLAIM_ROUTINE, 0,
	    { "update", "updated", "upgrade*", "package management", "authentication success", "login success",
		"successful login", "session opened", "session closed", "logged in", "logged out", "logon success",
		"policy", "info", "health", "heartbeat", "started successfully", "license", "backup",
		"selinux permission check" } },
};

static bool word_char(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

static bool word_stands(struct text text, const char *pattern)
{
	struct text word = text_of(pattern);
	bool inside = word.size && word.at[0] == '*';
	bool beginning = word.size && word.at[word.size - 1] == '*';
	if (inside) {
		word.at++;
		word.size--;
	}
	if (beginning)
		word.size--;
	while (text.size >= word.size) {
		ptrdiff_t at = text_find_nocase(text, word);
		if (at < 0)
			return false;
		size_t end = (size_t)at + word.size;
		if ((inside || at == 0 || !word_char(text.at[at - 1])) &&
		    (inside || beginning || end == text.size || !word_char(text.at[end])))
			return true;
		text.at += at + 1;
		text.size -= (size_t)at + 1;
	}
	return false;
}

/* Words by which a detector takes half of it back: "often malware related", "possible command and control". */
static bool is_hedged(struct text signature)
{
	static const char *const hedges[] = { "possible", "possibly", "potential", "potentially", "likely", "often",
		"may", "maybe", "suspicious", "hunting" };
	for (size_t i = 0; i < sizeof hedges / sizeof *hedges; i++)
		if (word_stands(signature, hedges[i]))
			return true;
	return false;
}

static bool row_matches(const struct row *row, struct text signature, struct text category)
{
	for (size_t i = 0; i < sizeof row->words / sizeof *row->words && row->words[i]; i++)
		if (word_stands(signature, row->words[i]) || word_stands(category, row->words[i]))
			return true;
	return false;
}

struct claim claim_of(struct text detector, struct text signature, struct text category)
{
	struct claim claim = { CLAIM_ANOMALY, 0 };
	bool decided = false;
	(void)detector;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		if (!row_matches(&rows[i], signature, category))
			continue;
		if (!decided)
			claim.kind = rows[i].kind;
		decided = true;
		if (rows[i].kind >= CLAIM_ATTEMPT || rows[i].kind == claim.kind)
			claim.tactics |= rows[i].tactics;
	}
	if (claim.kind == CLAIM_COMPROMISE && is_hedged(signature))
		claim.kind = CLAIM_ANOMALY;
	return claim;
}
