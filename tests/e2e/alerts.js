/*
 * Alerts for the end-to-end tests, as Suricata's EVE JSON: days of the same background, then an intrusion in steps. Times end now, so
 * that the centre takes them as they come.
 */
const minute = 60_000;

function line(time, signature, category, severity, id, source, target, host) {
	return JSON.stringify({
		timestamp: new Date(time).toISOString().replace("Z", "+0000"), event_type: "alert", host,
		src_ip: source, src_port: 40000 + (id % 1000), dest_ip: target, dest_port: 443, proto: "TCP",
		alert: { action: "allowed", gid: 1, signature_id: id, rev: 1, signature, category, severity },
	});
}

/* `net` keeps the organisations' hosts apart; `marker` is a word that only this organisation's facts contain. */
export function makeAlerts(marker, net, source, now = Date.now()) {
	const lines = [];
	const host = (number) => `${marker}-host${number}`;
	for (let at = now - 48 * 60 * minute; at < now - 30 * minute; at += 20 * minute)
		lines.push(line(at, "ET POLICY package update over HTTP", "Not Suspicious Traffic", 3, 2013504, `${net}.20`, "192.0.2.80", host(1)));
	const steps = [
		["ET SCAN Nmap Scripting Engine User-Agent Detected", "Web Application Attack", 2, 2009358],
		["ET EXPLOIT Apache log4j RCE Attempt (CVE-2021-44228)", "Attempted Administrator Privilege Gain", 1, 2034647],
		["ET WEB_SERVER Webshell Response Observed", "Successful Administrator Privilege Gain", 1, 2036752],
		["ET MALWARE Cobalt Strike Beacon Command and Control Activity", "Malware Command and Control Activity Detected", 1, 2033713],
	];
	steps.forEach(([signature, category, severity, id], step) => {
		for (let repeat = 0; repeat < 3; repeat++)
			lines.push(line(now - 25 * minute + step * 4 * minute + repeat * 20_000, signature, category, severity, id, source, `${net}.10`, host(2)));
	});
	/* What else the attacked host did then: a record that is no alert. */
	lines.push(JSON.stringify({
		timestamp: new Date(now - 20 * minute).toISOString().replace("Z", "+0000"), event_type: "tls", src_ip: `${net}.10`, src_port: 40001,
		dest_ip: source, dest_port: 443, proto: "TCP", tls: { sni: `${marker}-dropped.example`, version: "TLS 1.3" },
	}));
	return Buffer.from(`${lines.join("\n")}\n`);
}
