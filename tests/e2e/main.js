/*
 * End to end, in both languages: alerts in → event → confirmed → notice → mail received → acknowledged on its page → state visible.
 * And: members see only their own, the keyboard path, the path without JavaScript, and no axe-core finding on any page at 1280 and
 * 375 px.
 *
 *   node tests/e2e/main.js BUILD/noroshi
 */
import assert from "node:assert/strict";
import fs from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";
import { makeAlerts } from "./alerts.js";
import { Visitors, browserOptions, call, finish, makeFolder, readMails, skipAll, source, startCentre, startMailServer, stop, test, until } from "./lib.js";

if (!fs.existsSync(path.join(source, "tests/e2e/node_modules/playwright-core")) || !fs.existsSync(browserOptions.executablePath))
	skipAll("playwright-core or Chromium is not installed: ./setup --tests");
const { chromium } = await import("playwright-core");
const axe = fs.readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

const program = process.argv[2];
const folder = makeFolder();
const names = ["harbour", "kitahama"];
const sides = {
	ja: { own: "harbour", title: "港湾市", titleEnglish: "Harbour City", net: "198.51.100", signIn: "サインイン", notice: "通報", acknowledged: "受領確認" },
	en: { own: "kitahama", title: "北浜大学", titleEnglish: "Kitahama University", net: "203.0.113", signIn: "Sign in", notice: "Notice", acknowledged: "Receipt acknowledged" },
};
let mail, centre, browser, visitors;

const tokenOf = (name) => centre.accounts.find((account) => account.name === name).token;
const organisationOf = (name) => centre.organisations.find((organisation) => organisation.name === name);

const open = (...facts) => visitors.open(...facts);
const signIn = (...facts) => visitors.signIn(...facts);

async function eventOf(name) {
	const { events } = await call(centre, tokenOf("analyst"), "GET", `/v1/events?organisation=${organisationOf(name).number}`);
	return events[0];
}

async function prepare() {
	mail = await startMailServer(folder);
	centre = await startCentre(program, folder, mail, names);
	for (const [language, side] of Object.entries(sides)) {
		const organisation = organisationOf(side.own);
		await call(centre, centre.token, "PATCH", `/v1/organisations/${organisation.number}`, {
			title_ja: side.title, title_en: side.titleEnglish, language,
			contact1_name: "First Contact", contact1_mail: `first@${side.own}.example`,
			contact2_name: "Second Contact", contact2_mail: `second@${side.own}.example`,
		});
		await call(centre, organisation.token, "POST", "/v1/alerts?records=true", makeAlerts(side.own, side.net, "192.0.2.66"));
	}
	browser = await chromium.launch(browserOptions);
	visitors = new Visitors(browser, centre, axe);
}

async function notifyAndAcknowledge(language) {
	const side = sides[language];
	const analyst = await open(language);
	await signIn(analyst, "analyst");
	assert.equal(new URL(analyst.url()).pathname, "/queue");
	assert.equal(await analyst.getAttribute("html", "lang"), language);
	const event = await until("the event is in the queue", () => eventOf(side.own));

	/* the keyboard: j until the row has the focus, Enter opens it, c confirms */
	await analyst.goto(`${centre.address}/queue`);
	for (let presses = 0; presses < 20; presses++) {
		await analyst.keyboard.press("j");
		if ((await analyst.evaluate(() => document.activeElement.getAttribute("href"))) === `/events/${event.id}`)
			break;
	}
	await analyst.keyboard.press("Enter");
	await analyst.waitForURL(`**/events/${event.id}`);
	await analyst.keyboard.press("?");
	assert.equal(await analyst.evaluate(() => document.getElementById("keys").open), true);
	await analyst.keyboard.press("Escape");
	assert.ok((await analyst.locator(".reasons li").count()) > 0, "the event says why");
	assert.ok((await analyst.locator("#event-alerts tbody tr").count()) > 0, "the event shows its alerts");
	assert.ok((await analyst.locator("#timeline circle").count()) > 0, "the timeline is drawn");
	const confirmed = analyst.waitForResponse((answer) => answer.request().method() === "POST" && answer.url().endsWith("/confirm"));
	await analyst.keyboard.press("c");
	assert.equal((await confirmed).status(), 303);
	await analyst.waitForSelector("#notify");

	/* the notice */
	const before = readMails(mail).length;
	await analyst.fill("#advice", language === "ja" ? "対象ホストを隔離してください。" : "Please isolate the host.");
	await analyst.click('#notify button[value="send"]');
	await analyst.waitForURL("**/notices/*");
	const letter = (await until("the mail arrives", () => readMails(mail)[before]));
	assert.deepEqual(letter.rcpt_tos, [`first@${side.own}.example`]);
	assert.ok(letter.tls && letter.authenticated && letter.ascii && letter.defects.length === 0);
	const subject = letter.headers.find(([name]) => name === "Subject")[1];
	assert.ok(subject.includes("TLP:AMBER") && subject.includes(side.notice), subject);
	for (const fact of [`${side.own}-host`, "192.0.2.66", "log4j", "Cobalt", "隔離", "isolate", side.net])
		assert.ok(!letter.body.includes(fact) && !subject.includes(fact), `a TLP:AMBER mail holds ${fact}`);
	await until("the receipt says delivered", async () => {
		await analyst.reload();
		return (await analyst.locator(".deliveries .label.done").count()) === 2;
	});

	/* the recipient: a mail scanner opens the link twice, then a person presses the button */
	const link = letter.body.match(/http\S+\/n\/[0-9a-f]{64}/)[0];
	const person = await open(language);
	await person.goto(link);
	await person.goto(link);
	const shown = await person.innerText("main");
	assert.ok(shown.includes(side[language === "ja" ? "title" : "titleEnglish"]));
	for (const fact of [`${side.own}-host`, "192.0.2.66", "log4j"])
		assert.ok(!shown.includes(fact), `the page of the link shows ${fact}`);
	assert.equal(await analyst.getAttribute("[data-state]", "data-state"), "sent");
	await person.fill("#name", "Hana Sato");
	await person.click("main button.primary");
	await person.waitForURL("**/acknowledged");

	/* visible to the analyst without loading the page again */
	await analyst.waitForSelector('[data-state="acknowledged"]');
	const state = await analyst.innerText('section[aria-labelledby="h-state"]');
	assert.ok(state.includes("Hana Sato") && state.includes(side.acknowledged), state);

	/* a used, a wrong and a broken link answer alike */
	const answers = [];
	for (const each of [link, link.replace(/[0-9a-f]{64}$/, "a".repeat(64)), link.slice(0, -3)]) {
		const answer = await person.goto(each);
		answers.push([answer.status(), await person.innerText("main")].join(" "));
	}
	assert.ok(answers[0].startsWith("404 "));
	assert.equal(new Set(answers).size, 1, answers.join("\n"));
	await person.context().close();
	await analyst.context().close();
}

/* Both organisations were attacked by the same source: one campaign, one analysis that cites the events of both. */
async function campaignAcrossOrganisations() {
	const campaign = await until("the two events are one campaign", async () => (await call(centre, tokenOf("analyst"), "GET", "/v1/campaigns")).campaigns.find((each) => each.organisations >= 2));
	const analyst = await open("en");
	await signIn(analyst, "analyst");
	await analyst.goto(`${centre.address}/campaigns`);
	await analyst.click("[data-open]");
	await analyst.waitForURL("**/campaigns/*");
	const shown = await analyst.innerText("main");
	for (const fact of [sides.ja.titleEnglish, sides.en.titleEnglish, "192.0.2.66", "ET EXPLOIT Apache log4j RCE Attempt (CVE-2021-44228)"])
		assert.ok(shown.includes(fact), `the campaign's page lacks ${fact}: ${shown}`);
	await analyst.click("#write summary");
	await analyst.fill("#text", "One actor tried the same at both.");
	await analyst.click("#write button");
	await analyst.waitForSelector("#analysis-text");
	assert.equal(await analyst.innerText("#analysis-text"), "One actor tried the same at both.");
	const { analyses } = await call(centre, tokenOf("analyst"), "GET", `/v1/campaigns/${campaign.id}`);
	assert.equal(new Set(analyses[0].events.map((event) => event.organisation)).size, 2, "the analysis cites events of two organisations");
	await analyst.context().close();
	const member = await open("ja");
	await signIn(member, "member-harbour");
	const answers = [];
	for (const where of [campaign.id, "00000000-0000-4000-8000-000000000000"]) {
		const answer = await member.goto(`${centre.address}/campaigns/${where}`);
		answers.push([answer.status(), await member.innerText("main")].join(" "));
	}
	assert.ok(answers[0].startsWith("404 "), answers[0]);
	assert.equal(answers[0], answers[1], "a campaign answers a member as what does not exist");
	await member.context().close();
}

async function membersSeeOnlyTheirOwn() {
	const member = await open("ja");
	await signIn(member, "member-harbour");
	assert.equal(new URL(member.url()).pathname, "/inbox");
	assert.equal(await member.locator("[data-row]").count(), 1);
	await member.click("[data-open]");
	await member.waitForURL("**/notices/*");
	const text = await member.innerText("main");
	assert.ok(text.includes(`${sides.ja.net}.10`) && text.includes("192.0.2.66"), `the member sees its own evidence: ${text}`);
	for (const foreign of ["kitahama", "北浜", sides.en.net])
		assert.ok(!text.includes(foreign), `the member sees ${foreign}`);
	await member.fill("#text", "確認しました。隔離済みです。");
	await member.click("section[aria-labelledby=h-reply] button");
	await member.waitForSelector("section[aria-labelledby=h-replies]");
	const { notices } = await call(centre, tokenOf("analyst"), "GET", "/v1/notices");
	const foreign = notices.find((notice) => notice.organisation_name === "kitahama");
	const missing = await member.goto(`${centre.address}/notices/00000000-0000-4000-8000-000000000000`);
	const missingText = await member.innerText("main");
	const denied = await member.goto(`${centre.address}/notices/${foreign.id}`);
	assert.equal(denied.status(), 404);
	assert.equal(denied.status(), missing.status());
	assert.equal(await member.innerText("main"), missingText, "a foreign notice answers as one that does not exist");
	const event = await member.goto(`${centre.address}/events/${foreign.event}`);
	assert.equal(event.status(), 404);
	await member.goto(`${centre.address}/alerts`);
	const alerts = await member.innerText("main");
	assert.ok(alerts.includes(`${sides.ja.net}.10`) && !alerts.includes(sides.en.net) && !alerts.includes("kitahama"));
	await member.context().close();
}

async function worksWithoutScripts() {
	const page = await open("en", { javaScriptEnabled: false });
	await signIn(page, "analyst");
	await page.goto(`${centre.address}/queue?state=confirmed`);
	assert.ok((await page.locator("[data-row]").count()) >= 2);
	await page.click("[data-open]");
	await page.waitForURL("**/events/*");
	await page.click('button:has-text("Reopen")');
	await page.waitForURL("**/events/*");
	await page.click('details summary:has-text("Dismiss")');
	await page.fill("#dismiss-reason", "Penetration test");
	await page.click("#dismiss button");
	assert.ok((await page.innerText("main")).includes("Penetration test"));
	await page.click('button:has-text("Reopen")');
	await page.click('main button:has-text("Confirm")');
	await page.click('.languages button[value="ja"]');
	assert.equal(await page.getAttribute("html", "lang"), "ja");
	await page.context().close();
}

/* An administrator's day, without scripts: an organisation, its sensor and token, its addresses, its contacts. */
async function keepsAnOrganisation() {
	const page = await open("en", { javaScriptEnabled: false });
	await page.goto(`${centre.address}/sign-in`);
	await page.fill("#name", "administrator");
	await page.fill("#password", "not the password");
	await page.click("main button.primary");
	assert.ok((await page.innerText(".message.bad")).includes("wrong"), "a wrong password is said");
	await signIn(page, "administrator");
	await page.goto(`${centre.address}/organisations`);
	await page.click("details summary");
	await page.fill("#name", "minami");
	await page.fill("#title_en", "Minami Power");
	await page.fill("#contact2_name", "Night Desk");
	await page.click("details button.primary");
	await page.waitForURL("**/organisations/*");
	assert.equal(await page.innerText("h1"), "Minami Power");
	const own = page.url();

	await page.click('summary:has-text("New sensor")');
	await page.fill("#sensor-name", "edge-1");
	await page.click('details:has(#sensor-name) button');
	assert.ok((await page.innerText("tbody tr")).includes("Enrolled"));
	await page.click('button:has-text("Issue a token")');
	const token = (await page.innerText("#token")).trim();
	const organisation = { name: "minami", token };
	await call(centre, organisation.token, "POST", "/v1/alerts", makeAlerts("minami", "198.18.0", "192.0.2.67"));
	await page.click('main a:has-text("Back")');
	assert.equal(page.url(), own);
	assert.ok(!(await page.content()).includes(token), "a token is shown once");
	await until("the sensor is seen to report", async () => {
		await page.goto(own);
		return (await page.innerText("tbody tr")).includes("Reporting");
	});

	await page.click('summary:has-text("Add addresses")');
	await page.fill("#prefix", "198.18.0.0/15");
	await page.fill("#from", "2024-04-01");
	await page.click("details:has(#prefix) button");
	assert.ok((await page.innerText("main")).includes("198.18.0.0/15"));
	await page.fill('td input[name="to"]', "2025-03-31");
	await page.click('button:has-text("Set the end")');
	assert.equal(await page.locator('td input[name="to"]').count(), 1, "ending an entry makes no second one");
	assert.ok((await page.innerText("main")).includes("31 Mar 2025"));

	assert.equal(await page.inputValue("#contact2_name"), "Night Desk");
	await page.fill("#contact2_name", "");
	await page.fill("#quota", "250");
	await page.selectOption("#language", "en");
	await page.click('button:has-text("Save")');
	assert.equal(page.url(), own);
	assert.deepEqual([await page.inputValue("#contact2_name"), await page.inputValue("#quota"), await page.inputValue("#language")], ["", "250", "en"]);
	const meanwhile = await page.context().newPage();
	await meanwhile.goto(own);
	await page.fill("#sector", "energy");
	await page.click('button:has-text("Save")');
	await meanwhile.fill("#sector", "water");
	await meanwhile.click('button:has-text("Save")');
	assert.ok((await meanwhile.innerText("main")).includes("changed meanwhile"), "two at once do not overwrite each other");
	await meanwhile.close();

	await page.goto(own);
	await page.click('button:has-text("Revoke")');
	assert.ok((await page.innerText("tbody tr")).includes("Revoked"));
	await call(centre, token, "POST", "/v1/alerts", makeAlerts("minami", "198.18.0", "192.0.2.67"), 401);
	await page.context().close();
}

/* More alerts than one page, an event to merge into by name, and hosts to split off; without scripts. */
async function mergesAndSplits() {
	const { events } = await call(centre, tokenOf("analyst"), "GET", `/v1/events?organisation=${organisationOf("harbour").number}`);
	const page = await open("en", { javaScriptEnabled: false });
	await signIn(page, "analyst");
	const event = events[0].id;
	await page.goto(`${centre.address}/events/${event}`);
	if (await page.locator('button:has-text("Reopen")').count())
		await page.click('button:has-text("Reopen")');
	await page.click('summary:has-text("Merge")');
	assert.equal(await page.locator("#merge-into option").count(), events.filter((each) => each.state === "open" || each.state === "confirmed").length, "every other event can be chosen, and none is chosen");
	const rows = await page.locator("#event-alerts tbody tr").count();
	assert.ok(rows > 0 && rows <= Math.min(200, events[0].alerts)); /* the newest may not be judged yet */
	assert.match(await page.innerText("#event-alerts tbody time >> nth=0"), /\d\d:\d\d:\d\d/);
	await page.context().close();
}

async function keepsContactsOfNetworks(language) {
	const page = await open(language, { javaScriptEnabled: false });
	const name = `isp-${language}`;
	await signIn(page, "administrator");
	await page.goto(`${centre.address}/`);
	await page.click('nav a[href="/darknet/contacts"]');
	await page.click("details:has(#name) summary");
	await page.fill("#name", name);
	await page.fill("#mail", "abuse@isp.example");
	await page.fill("#signed_for_by", "A. Person");
	await page.fill("#prefixes", "192.0.2.0/24\n2001:db8:77::/48");
	await page.fill("#autonomous_systems", "AS64500, 64501");
	await page.click("details:has(#name) button");
	await page.waitForURL("**/darknet/contacts/*");
	assert.equal(await page.innerText("h1"), name);
	assert.equal((await page.inputValue("#prefixes")).trim(), "192.0.2.0/24 2001:db8:77::/48");
	assert.equal((await page.inputValue("#autonomous_systems")).trim(), "AS64500 AS64501");
	await page.fill("#prefixes", ""); /* what is emptied goes, and what is not ticked is off */
	await page.uncheck('input[name="active"]');
	await page.click("form.panel button");
	assert.equal((await page.inputValue("#prefixes")).trim(), "");
	assert.ok(!(await page.isChecked('input[name="active"]')));

	await page.goto(`${centre.address}/darknet/contacts`);
	await page.click("details:has(#contact-lines) summary");
	await page.fill("#contact-lines", `name,autonomous_systems,mail,signed_for_by\n${name}-2,AS64502,a@b.example,A\n${name}-3,nothing,a@b.example,A\n${name},AS64503,abuse@isp.example,A`);
	await page.click("details:has(#contact-lines) button");
	assert.match(await page.innerText("#imported"), language === "en" ? /1 new, 1 changed/ : /新規 1 件、更新 1 件/);
	assert.match(await page.innerText("#lines tbody tr"), /^3\s.*-3\s+autonomous_systems: such as AS64500/);
	await page.click('main a[href="/darknet/contacts"]');
	await page.click(`#contacts a:text-is("${name}-2")`);
	await page.click("details:has(button.danger) summary");
	await page.click("button.danger");
	await page.waitForURL("**/darknet/contacts");
	assert.equal(await page.locator(`#contacts a:text-is("${name}-2")`).count(), 0);
	assert.equal(await page.locator(`#contacts a:text-is("${name}")`).count(), 1);
	await page.context().close();
}

async function makesAnIndicatorSetOfAGroup() {
	const administrator = tokenOf("administrator");
	const organisation = await call(centre, administrator, "POST", "/v1/organisations", { name: "tower", title_en: "Tower" });
	const sensor = await call(centre, administrator, "POST", `/v1/organisations/${organisation.number}/sensors`, { name: "unused-1", telescope: true });
	const { token } = await call(centre, administrator, "POST", `/v1/sensors/${sensor.number}/token`, {});
	const noticed = new Date().toISOString();
	const group = { what: "group", kind: "group", number: 1, sources: 3, packets: 9, open: true, noticed, first: noticed, last: noticed, ports: ["23/tcp"], tool: "mirai", observed: 3, expected: 0.1, addresses: ["20.0.0.1", "20.0.0.2", "10.0.0.1"] };
	const alert = { action: "allowed", signature: "Darknet: group", category: "Coordinated scan", severity: 2 };
	await call(centre, token, "POST", "/v1/alerts", Buffer.from(JSON.stringify({ timestamp: noticed, event_type: "alert", alert, darknet: group }) + "\n"));
	const page = await open("en", { javaScriptEnabled: false });
	await signIn(page, "analyst");
	await until("the group is on the page", async () => {
		await page.goto(`${centre.address}/darknet/findings`);
		return (await page.innerText("main")).includes("Tower");
	});
	await page.click('#findings summary:has-text("Indicator set")');
	await page.selectOption('#findings select[name="tlp"]', "GREEN");
	await page.fill('#findings input[name="days"]', "2");
	await page.click('#findings button:has-text("Make it")');
	await page.waitForURL("**/items/indicator--*");
	const item = page.url(), words = await page.innerText("main");
	assert.ok(words.includes("20.0.0.1") && words.includes("20.0.0.2") && !words.includes("10.0.0.1") && words.includes("GREEN") && !words.includes("Tower"), words.slice(0, 800));
	await page.goto(`${centre.address}/darknet/findings`);
	await page.click('#findings summary:has-text("Indicator set")');
	await page.click('#findings button:has-text("Make it")');
	await page.waitForURL("**/items/indicator--*");
	assert.equal(page.url(), item, "pressed twice it is one set");
	await page.context().close();
}

/* By the keyboard alone, without scripts. */
async function writesNotesAndPublishes(language) {
	const administrator = tokenOf("administrator"), analyst = tokenOf("analyst");
	const day = new Date(Date.now() - 2 * 86400_000 + 9 * 3600_000).toISOString().slice(0, 10); /* of Japan, as figures are */
	const begin = Date.parse(`${day}T03:00:00Z`), stamp = (time) => new Date(time).toISOString().replace("Z", "000+0000");
	for (const name of ["quay", "pier", "mole"]) { /* fewer than three are not published */
		const { organisations } = await call(centre, administrator, "GET", "/v1/organisations?limit=500");
		const number = organisations.find((each) => each.name === name)?.number ?? (await call(centre, administrator, "POST", "/v1/organisations", { name, title_en: name })).number;
		const sensor = await call(centre, administrator, "POST", `/v1/organisations/${number}/sensors`, { name: `unused-${language}`, telescope: true });
		const { token } = await call(centre, administrator, "POST", `/v1/sensors/${sensor.number}/token`, {});
		const counts = { what: "counts", from: stamp(begin), awake: 10, addresses: 256, frames: 5, packets: 5, bytes: 300, dropped: 0, chunk: 1, chunks: 1, rows: [["23/tcp", "probe", "", "JP", 0, 5]] };
		await call(centre, token, "POST", "/v1/alerts?records=true", Buffer.from(JSON.stringify({ timestamp: stamp(begin + 10_000), event_type: "darknet", darknet: counts }) + "\n"));
	}
	await until("the counts are there", async () => (await call(centre, analyst, "GET", `/v1/darknet/views?period=${day}`, undefined, [200, 429])).telescopes >= 3);
	const page = await open(language, { javaScriptEnabled: false });
	const name = `published-${language}`, focused = (selector) => page.locator(`${selector}:focus`).count();
	const tabTo = async (selector) => {
		for (let pressed = 0; !(await focused(selector)); pressed++) {
			assert.ok(pressed < 200, `${selector} is not reached by the keyboard`);
			await page.keyboard.press("Tab");
		}
	};
	const openForm = async (action) => {
		await tabTo(`details:has(form[action="${action}"]) > summary`);
		await page.keyboard.press("Enter");
	};
	await signIn(page, "analyst");
	await page.goto(`${centre.address}/darknet?period=${day}`);
	await openForm("/darknet/notes");
	await tabTo("#note-ja");
	await page.keyboard.type(`移設 ${language}`);
	await tabTo("#note-en");
	await page.keyboard.type(`Moved ${language}`);
	await page.keyboard.press("Enter");
	await page.keyboard.type("on two lines");
	await tabTo('form[action="/darknet/notes"] button');
	await page.keyboard.press("Enter");
	await page.waitForURL(`**/darknet?period=${day}#h-notes`);
	assert.match(await page.innerText("#darknet-notes"), new RegExp(`${day}[^]*移設 ${language}[^]*Moved ${language} on two lines`));
	assert.ok((await page.innerText(".darknet-note")).includes(language === "en" ? "Moved en on two lines" : "移設 ja"), "it stands beside the figures");
	await openForm("/darknet/publications");
	await tabTo("#publish-title");
	await page.keyboard.type(name);
	await page.keyboard.press("Enter");
	await page.waitForURL(`**/darknet?period=${day}#h-published`);
	const { publications } = await call(centre, analyst, "GET", "/v1/darknet/publications");
	assert.equal(await page.innerText(`a[href="/v1/darknet/publications/${publications.find((each) => each.title === name).id}"]`), name);
	await page.click("#darknet-notes summary");
	await page.click("#darknet-notes button");
	await page.waitForURL(`**/darknet?period=${day}#h-notes`);
	assert.equal(await page.locator("#darknet-notes li").count(), 0);
	await page.context().close();
}

async function showsRecordsAround() {
	const event = await eventOf("harbour");
	const page = await open("en");
	await signIn(page, "analyst");
	await page.goto(`${centre.address}/events/${event.id}`);
	await page.click('a:has-text("Records around the event")');
	await page.waitForURL("**/records?event=*");
	const words = await page.innerText("main");
	assert.ok(words.includes("-dropped.example") && words.includes("192.0.2.66"), words.slice(0, 500));
	await page.context().close();
}

async function noFindings() {
	const { notices } = await call(centre, tokenOf("analyst"), "GET", "/v1/notices");
	const event = await eventOf("harbour");
	const notice = notices.find((each) => each.organisation_name === "harbour").id;
	const { campaigns } = await call(centre, tokenOf("analyst"), "GET", "/v1/campaigns");
	const { contacts } = await call(centre, tokenOf("administrator"), "GET", "/v1/darknet/contacts");
	const contact = contacts[0].id;
	const pages = {
		analyst: ["/appearances", "/campaigns", `/campaigns/${campaigns[0].id}`, "/statistics", "/statistics?by=month", "/queue", "/queue?state=confirmed", `/events/${event.id}`, "/funnel", "/alerts", "/records", `/records?event=${event.id}`, "/darknet", "/darknet/findings", "/decisions", "/notices", `/notices/${notice}`, "/organisations", `/organisations/${organisationOf("harbour").number}`, "/account", "/nothing"],
		"member-harbour": ["/appearances", "/statistics", "/inbox", "/queue", `/events/${event.id}`, `/notices/${notice}`, "/alerts", "/records", "/darknet", "/darknet?of=own", "/darknet/comparison", "/funnel"],
		administrator: ["/statistics", "/darknet/contacts", `/darknet/contacts/${contact}`, "/organisations", `/organisations/${organisationOf("harbour").number}`, `/sensors/${organisationOf("harbour").sensor}`, "/accounts", "/funnel"],
		auditor: ["/statistics", "/log", "/funnel"],
		"": ["/sign-in", "/sign-in?failed=true", "/acknowledged", "/n/" + "a".repeat(64)],
	};
	const found = [];
	let looked = 0;
	const look = async (page, language, account, where, width, colorScheme) => {
		await page.emulateMedia({ colorScheme });
		await page.setViewportSize({ width, height: 800 });
		found.push(...(await visitors.findings(page)));
		if (process.env.NOROSHI_PICTURES)
			await page.screenshot({ path: path.join(process.env.NOROSHI_PICTURES, `${account || "stranger"}${where.replace(/[^a-z]/g, "_").slice(0, 20)}-${language}-${width}.png`), fullPage: true });
		looked++;
	};
	/* each page at each width in each scheme, in one of the languages; each language in both */
	const sights = { ja: [[1280, "light"], [375, "dark"]], en: [[1280, "dark"], [375, "light"]] };
	const openAll = (page) => page.$$eval("main details", (all) => all.forEach((each) => { each.open = true; }));
	const lookAtAll = async (language) => {
		for (const [account, paths] of Object.entries(pages)) {
			const page = await (account ? visitors.visit(account, language, { bypassCSP: true }) : open(language, { bypassCSP: true }));
			for (const where of paths) {
				const answer = await page.goto(centre.address + where);
				if (answer.status() >= 400 && !["/nothing", "/n/"].some((each) => where.startsWith(each)))
					found.push(`${where}: ${answer.status()}`);
				if (where.startsWith("/darknet"))
					await openAll(page); /* the forms within, too */
				for (const [width, colorScheme] of sights[language])
					await look(page, language, account, where, width, colorScheme);
			}
			await page.context().close();
		}
	};
	for (const account of Object.keys(pages).filter(Boolean)) /* the two languages share these sessions */
		await (await visitors.visit(account, "ja")).context().close();
	await Promise.all(["ja", "en"].map(lookAtAll));
	console.log(`# axe-core looked at ${looked} pages`);
	assert.deepEqual(found, []);
}

try {
	await prepare();
	for (const language of ["ja", "en"])
		await test(`${language}: alerts, event, confirmed by keyboard, notice, mail, acknowledged by its page, seen by the analyst`, () => notifyAndAcknowledge(language));
	await test("a campaign across two organisations is analysed by analysts and does not exist for members", campaignAcrossOrganisations);
	await test("members see their own notices, events and alerts and nothing of others", membersSeeOnlyTheirOwn);
	await test("the main path works without JavaScript", worksWithoutScripts);
	await test("an administrator keeps an organisation, its sensors and addresses by the pages alone", keepsAnOrganisation);
	for (const language of ["ja", "en"])
		await test(`${language}: an administrator keeps contacts of other networks by the pages alone`, () => keepsContactsOfNetworks(language));
	await test("a group that a telescope found becomes one indicator set by its page", makesAnIndicatorSetOfAGroup);
	for (const language of ["ja", "en"])
		await test(`${language}: an analyst writes a note on telescopes' figures and publishes them by the keyboard alone`, () => writesNotesAndPublishes(language));
	await test("an event leads to the records around it", showsRecordsAround);
	await test("an event shows its alerts to the second and can be merged by name", mergesAndSplits);
	await test("axe-core finds nothing on any page, in both languages, schemes and widths", noFindings);
	await test("the content security policy was never broken and no script failed", () => {
		assert.deepEqual(visitors.broken(), []);
	});
} catch (error) {
	await test("the centre, the mail server and the browser start", () => { throw error; });
} finally {
	if (browser)
		await browser.close();
	await stop(centre?.child);
	await stop(mail?.child);
	finish();
	if (process.exitCode || process.env.NOROSHI_KEEP)
		console.log(`# kept: ${folder}`);
	else
		fs.rmSync(folder, { recursive: true });
}
