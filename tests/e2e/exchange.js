/*
 * The exchange, end to end, by its pages, in both languages: communities are made → an item is written → shared in a closed circle →
 * worked on there → released wider, without what may not be told there → another member's sensor matches → that member is told →
 * withdrawn. At each step what an outsider sees: nothing, on pages, by search, in lists, over TAXII, at its sensors.
 *
 *   node tests/e2e/exchange.js BUILD/noroshi
 */
import assert from "node:assert/strict";
import { execFileSync, spawn } from "node:child_process";
import fs from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";
import { captureOfQuestion } from "./capture.js";
import { Visitors, browserOptions, call, finish, makeFolder, skipAll, source, startCentre, startMailServer, stop, test, until } from "./lib.js";

if (!fs.existsSync(path.join(source, "tests/e2e/node_modules/playwright-core")) || !fs.existsSync(browserOptions.executablePath))
	skipAll("playwright-core or Chromium is not installed: ./setup --tests");
const { chromium } = await import("playwright-core");
const axe = fs.readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

const program = process.argv[2];
const folder = makeFolder();
const names = ["harbour", "kitahama", "minami", "outsider"];
const titles = {
	harbour: { ja: "港湾市", en: "Harbour City" },
	kitahama: { ja: "北浜大学", en: "Kitahama University" },
	minami: { ja: "南電力", en: "Minami Power" },
	outsider: { ja: "外部商会", en: "Outside Trading" },
};
const followers = [], followed = {};
let mail, centre, browser, visitors;

const tokenOf = (name) => centre.accounts.find((account) => account.name === name).token;
const organisationOf = (name) => centre.organisations.find((organisation) => organisation.name === name);

async function prepare() {
	mail = await startMailServer(folder);
	centre = await startCentre(program, folder, mail, names);
	for (const name of names)
		await call(centre, centre.token, "PATCH", `/v1/organisations/${organisationOf(name).number}`, { title_ja: titles[name].ja, title_en: titles[name].en });
	browser = await chromium.launch(browserOptions);
	visitors = new Visitors(browser, centre, axe);
}

/* A page of `name`, signed in, with or without scripts. */
const visit = (...facts) => visitors.visit(...facts);

async function look(page, name) {
	if (process.env.NOROSHI_PICTURES)
		await page.screenshot({ path: path.join(process.env.NOROSHI_PICTURES, `${name}.png`), fullPage: true });
}

/* ── communities ─ */

async function addMember(page, name, role) {
	await page.click("details:has(#organisation) summary");
	await page.selectOption("#organisation", String(organisationOf(name).number));
	await page.selectOption("#role", role);
	await page.click("details:has(#organisation) button.primary");
	await page.waitForSelector(`tbody tr:has-text("${name}")`);
}

const paths = {}; /* of communities, by name */

/* An administrator makes a closed circle and the sector around it, without scripts. */
async function makesCommunities(language) {
	const page = await visit("administrator", language, { javaScriptEnabled: false });
	for (const [name, kind, members] of [[`ports-${language}`, "sector", ["minami"]], [`circle-${language}`, "closed", ["harbour", "kitahama"]]]) {
		await page.goto(`${centre.address}/communities`);
		await page.click("summary");
		await page.fill("#name", name);
		await page.selectOption("#community-kind", kind);
		await page.fill("#title_ja", `${name}の会`);
		await page.fill("#title_en", `Circle ${name}`);
		await page.fill("#purpose", "To be warned in time");
		await page.fill("#content", "Indicators and reports");
		await page.fill("#recipients", "The members alone");
		await page.click("details button.primary");
		await page.waitForURL(/\/communities\/[0-9]+$/);
		paths[name] = new URL(page.url()).pathname;
		assert.equal(await page.innerText("h1"), language === "ja" ? `${name}の会` : `Circle ${name}`);
		for (const member of members)
			await addMember(page, member, member === "harbour" ? "steward" : "member");
	}
	const { number } = await call(centre, centre.token, "GET", `/v1${paths[`ports-${language}`]}`);
	await call(centre, centre.token, "PATCH", `/v1${paths[`circle-${language}`]}`, { parent: number });
	await call(centre, centre.token, "POST", "/v1/collections", { community: `ports-${language}`, tlp: "GREEN", alias: `ports-${language}`, title: `Ports ${language}` });
	await page.goto(centre.address + paths[`circle-${language}`]);
	assert.ok((await page.innerText("#h-parts ~ p")).includes(`ports-${language}`), "the whole is told");
	await page.fill("#purpose", "Changed by its page");
	const meanwhile = await page.context().newPage();
	await meanwhile.goto(page.url());
	await page.click("form.panel button.primary");
	assert.ok((await page.innerText("main")).includes("Changed by its page"));
	await meanwhile.click("form.panel button.primary");
	assert.ok(!(await meanwhile.locator("#h-members").count()), "two at once do not overwrite each other");
	await page.context().close();
}

/* Its keeper adds and removes members; who is no member is told that there is no such thing. */
async function keepsItsMembers(language) {
	const where = centre.address + paths[`circle-${language}`];
	const keeper = await visit("member-harbour", language);
	await keeper.goto(where);
	assert.ok(!(await keeper.content()).includes("outsider") && !(await keeper.content()).includes(titles.outsider[language]), "a keeper learns of nobody else");
	await look(keeper, `community-${language}`);
	assert.equal(await keeper.locator("#candidates, #organisation option").count(), 3, "itself, and who is in its communities");
	await addMember(keeper, "minami", "reader");
	assert.equal(await keeper.locator('tr:has-text("minami")').count(), 1);
	await keeper.click('tr:has-text("minami") button.danger');
	assert.equal(await keeper.locator('tr:has-text("minami") button.danger').count(), 0, "an ended membership stays as a row");
	const member = await visit("member-kitahama", language);
	await member.goto(where);
	assert.ok((await member.innerText("main")).includes("harbour"));
	assert.equal(await member.locator("#organisation, button.danger, #purpose").count(), 0, "who does not keep it changes nothing");
	const outsider = await visit("member-outsider", language);
	const answers = [];
	for (const each of [where, `${centre.address}/communities/4000000`]) {
		const answer = await outsider.goto(each);
		answers.push([answer.status(), await outsider.innerText("main")].join(" "));
	}
	assert.ok(answers[0].startsWith("404 "), answers[0]);
	assert.equal(answers[0], answers[1]);
	await outsider.goto(`${centre.address}/communities`);
	await look(outsider, `communities-none-${language}`);
	assert.ok(!(await outsider.innerText("main")).includes("circle-") && !(await outsider.innerText("main")).includes("ports-"));
	for (const each of [keeper, member, outsider])
		await each.context().close();
}

async function choosesWhereItIsNamed(language) {
	const page = await visit("member-harbour", language);
	await page.goto(`${centre.address}/communities`);
	await look(page, `communities-${language}`);
	const label = language === "ja" ? `circle-${language}の会` : `Circle circle-${language}`;
	await page.selectOption("#naming", "within");
	await page.selectOption("#circle", { label });
	await page.click("#h-naming ~ form button.primary");
	await page.waitForURL("**/communities");
	assert.equal(await page.inputValue("#naming"), "within");
	assert.equal(await page.innerText("#circle option:checked"), label);
	const naming = await call(centre, tokenOf("member-harbour"), "GET", "/v1/naming");
	assert.equal(naming.naming, "within");
	await page.selectOption("#naming", "anywhere");
	await page.click("#h-naming ~ form button.primary");
	assert.equal(await page.inputValue("#naming"), "anywhere");
	await page.context().close();
}

/* ── items ─ */

const own = {}; /* by language: the paths of what harbour wrote */

/* A member writes an indicator and an advisory, changes one, marks it; by the keyboard and without scripts. */
async function writesItems(language) {
	const page = await visit("member-harbour", language, { javaScriptEnabled: language === "ja" });
	const domain = `evil-${language}.example`;
	await page.goto(`${centre.address}/new-item`);
	await page.selectOption("#type", "hostname");
	await page.fill("#value", `EVIL-${language}[.]example`);
	await page.selectOption("#action", "alert");
	await page.selectOption("#tlp", "GREEN");
	await page.fill("#confidence", "80");
	await page.fill("#half_life", "30");
	await page.fill("#name", `C2 of ${language}`);
	await page.fill("#text", `Met at www.harbour.example at night`);
	await page.press("#text", "Tab");
	await page.keyboard.press("Enter");
	await page.waitForURL("**/items/indicator--*");
	own[language] = { indicator: new URL(page.url()).pathname, domain };
	const facts = await page.innerText("#h-facts ~ dl");
	assert.ok(facts.includes(domain) && facts.includes("80"), facts);
	await look(page, `item-${language}`);

	await page.click("#change summary");
	await page.fill("#confidence", "60");
	await page.click("#change button.primary");
	assert.equal(await page.locator("#h-versions ~ ol li").count(), 2);
	await page.click('form:has(input[name="false_positive"]) button');
	assert.equal(await page.locator(".label.bad").count(), 1, "it is marked as a false positive");
	await page.click('form:has(input[name="false_positive"]) button');
	assert.equal(await page.locator(".label.bad").count(), 0);

	await page.goto(`${centre.address}/new-item?about=${encodeURIComponent(own[language].indicator.split("/").pop())}`);
	await look(page, `item-new-${language}`);
	await page.selectOption("#what", "report");
	await page.fill("#title", `Report of ${language}`);
	await page.fill("#words", "Seen since Monday.\nBy night.");
	await page.click("#write button.primary");
	await page.waitForURL("**/items/report--*");
	own[language].report = new URL(page.url()).pathname;
	assert.ok((await page.innerText("#h-facts ~ pre")).includes("By night."));
	await page.goto(`${centre.address}/new-item`);
	await page.fill("#value", "no domain at all");
	await page.click("#h-indicator ~ form button.primary");
	assert.ok((await page.innerText("main")).includes("value"), "what is wrong is said");

	/* found by each filter, and by none that does not fit */
	const title = `C2 of ${language}`;
	for (const [where, there] of [[`value=${domain}`, true], ["value=other.example", false], [`text=c2+of+${language}`, true], ["kind=indicator&holds=now", true],
		["kind=report", false], ["tlp=GREEN", true], ["tlp=RED", false], ["holds=over", false]]) {
		await page.goto(`${centre.address}/items?${where}`);
		assert.equal((await page.innerText("main")).includes(title), there, where);
	}
	await look(page, `items-none-${language}`);
	await page.goto(`${centre.address}/items`);
	await look(page, `items-${language}`);
	await page.context().close();
}

/* Before anything is released nobody else has it, in no list, by no search, and its address is none. */
async function nobodyElseSees(language) {
	for (const name of ["member-kitahama", "member-outsider"])
		await sees(name, language, null);
}

/* What somebody finds of harbour's indicator, by pages, by search, in lists and counts, over TAXII: all of it as one who reads `community`,
 * or (null) nothing. The item itself is nobody else's in either case. */
async function sees(name, language, community) {
	const { indicator, domain } = own[language], token = tokenOf(name), id = indicator.split("/").pop();
	const page = await visit(name, language);
	const text = async (where) => page.goto(centre.address + where).then(() => page.innerText("main"));
	for (const where of ["/items", `/items?value=${domain}`, "/items?text=C2"])
		assert.ok(!(await text(where)).includes(`C2 of ${language}`), `${name}: ${where}`);
	const answers = [];
	for (const where of [indicator, "/items/indicator--00000000-0000-4000-8000-000000000000"])
		answers.push([(await page.goto(centre.address + where)).status(), await page.innerText("main")].join(" "));
	assert.ok(answers[0].startsWith("404 "), answers[0]);
	assert.equal(answers[0], answers[1], "it answers as what does not exist");
	for (const where of ["/shared", `/shared?text=${domain}`])
		assert.equal((await text(where)).includes(language === "ja" ? "C2 of ja" : "C2 of en"), community !== null, `${name}: ${where}`);
	const { releases } = await call(centre, token, "GET", "/v1/releases");
	assert.equal(releases.filter((each) => each.object.pattern?.includes(domain)).length, community ? 1 : 0, JSON.stringify(releases));
	assert.ok(!JSON.stringify(await call(centre, token, "GET", `/v1/items?value=${domain}`)).includes(id));
	await call(centre, token, "GET", `/v1/items/${id}/releases`, undefined, 404);
	const there = name === "member-outsider" ? 404 : 200;
	const { objects } = await call(centre, token, "GET", `/taxii2/exchange/collections/ports-${language}/objects`, undefined, there);
	assert.equal(JSON.stringify(objects ?? []).includes(domain), community === `ports-${language}`, `${name}: TAXII`);
	await page.context().close();
}

/* ── releases ─ */

/* Looks at what `community` would see, at this TLP; true when it may be released so. */
async function preview(page, where, community, tlp, reason) {
	await page.goto(centre.address + where);
	await page.selectOption("#community", community);
	await page.selectOption("#tlp", tlp);
	await page.fill("#purpose", reason);
	await page.click("form.panel button");
	await page.waitForSelector("#decide, #refused");
	return (await page.locator("#decide").count()) === 1;
}

async function decide(page) {
	const shown = await page.locator("#rendering").textContent();
	await page.click("#decide button");
	await page.waitForURL("**/shared/*");
	assert.equal(await page.locator("details pre.letter").textContent(), shown, "what was shown first is what the community sees");
	return new URL(page.url()).pathname;
}

/* In the closed circle first, as AMBER; its members see that, and nobody else sees anything. */
async function sharesInTheClosedCircle(language) {
	const circle = `circle-${language}`, { indicator } = own[language];
	const page = await visit("member-harbour", language, { javaScriptEnabled: language === "ja" });
	assert.equal(await preview(page, `${indicator}/release`, circle, "RED", "x"), false, "TLP:RED needs those who are named");
	await look(page, `release-refused-${language}`);
	assert.ok(await preview(page, `${indicator}/release`, circle, "AMBER", "Please look whether you met it"));
	const readers = await page.innerText("#h-readers ~ ul");
	assert.ok(readers.includes(titles.harbour[language]) && readers.includes(titles.kitahama[language]) && !readers.includes(titles.outsider[language]));
	await look(page, `release-new-${language}`);
	own[language].closed = await decide(page);
	await look(page, `release-${language}`);
	await page.context().close();
	await sees("member-kitahama", language, circle);
	for (const name of ["member-minami", "member-outsider"])
		await sees(name, language, null);
}

/* A member of the circle writes what should change; who gave the draft reads that, and makes a new version. */
async function worksOnIt(language) {
	const member = await visit("member-kitahama", language, { javaScriptEnabled: false });
	await member.goto(centre.address + own[language].closed);
	assert.equal(await member.locator('a[href$="/release"], form[action$="/withdraw"]').count(), 0, "who only reads it neither widens nor withdraws it");
	await member.fill("#note-text", `We met it too (${language}): drop the host name before it goes on.`);
	await member.click("#note button");
	await member.waitForURL(`**${own[language].closed}`);
	assert.equal(await member.locator(".notes li").count(), 1);
	const page = await visit("member-harbour", language);
	await page.goto(centre.address + own[language].closed);
	assert.ok((await page.innerText(".notes")).includes("drop the host name"));
	await look(page, `release-notes-${language}`);
	await page.goto(centre.address + own[language].indicator);
	await page.click("#change summary");
	await page.fill("#name", `C2 of ${language}, checked by two`);
	await page.click("#change button.primary");
	await page.waitForSelector(`h1:has-text("checked by two")`);
	await member.goto(centre.address + own[language].closed);
	assert.ok(!(await member.innerText("main")).includes("checked by two"), "a new version is nowhere before it is released");
	for (const each of [member, page])
		await each.context().close();
	await sees("member-outsider", language, null);
}

/* Then to the sector, where harbour does not want to be named: its words are gone, and the centre vouches. */
async function releasesWider(language) {
	const sector = `ports-${language}`, { indicator } = own[language];
	const circles = (await call(centre, centre.token, "GET", "/v1/communities")).communities;
	const { version } = await call(centre, tokenOf("member-harbour"), "GET", "/v1/naming");
	await call(centre, tokenOf("member-harbour"), "PATCH", "/v1/naming", { naming: "within", circle: circles.find((each) => each.name === `circle-${language}`).number });
	const page = await visit("member-harbour", language);
	assert.ok(await preview(page, `${indicator}/release`, sector, "GREEN", "For your sensors"));
	const removed = await page.innerText(".removed");
	assert.ok(removed.includes("description"), `what was taken out is said: ${removed}`);
	const rendering = await page.locator("#rendering").textContent();
	assert.ok(!/harbour/i.test(rendering) && rendering.includes(own[language].domain), rendering);
	await look(page, `release-wider-${language}`);
	own[language].wider = await decide(page);
	await page.goto(centre.address + indicator);
	assert.equal(await page.locator(".releases li").count(), 2, "the row of releases, from the small circle on");
	await look(page, `item-released-${language}`);
	await page.context().close();
	await sees("member-minami", language, sector);
	await sees("member-outsider", language, null);
	const minami = await visit("member-minami", language);
	await minami.goto(centre.address + own[language].wider);
	const words = await minami.innerText("main");
	assert.ok(!words.includes(titles.harbour[language]) && !/harbour/i.test(words), words);
	assert.equal((await minami.goto(centre.address + own[language].closed)).status(), 404, "of the circle it learns nothing");
	await minami.context().close();
	assert.ok(version >= 0);
	await call(centre, tokenOf("member-harbour"), "PATCH", "/v1/naming", { naming: "anywhere" });
}

/* What `noroshi follow` keeps for a sensor of this organisation. */
function follow(name) {
	const kept = path.join(folder, `follow-${name}`), token = path.join(folder, `token-${name}`);
	fs.writeFileSync(token, `${organisationOf(name).token}\n`, { mode: 0o600 });
	const child = spawn(program, ["follow", "--to", kept, "--server", centre.address, "--token-file", token], { stdio: "ignore" });
	followers.push(child);
	const whole = (text) => text.slice(0, text.lastIndexOf("\n") + 1); /* the last may be under way */
	return { kept, lines: () => (fs.existsSync(path.join(kept, "changes")) ? whole(fs.readFileSync(path.join(kept, "changes"), "utf8")) : "") };
}

/* A sensor of another member, which follows the exchange, reads a capture: its alert comes in, and the member is told; nobody else is. */
async function anotherMembersSensorMatches(language) {
	const { domain } = own[language];
	followed.minami ??= follow("minami");
	followed.outsider ??= follow("outsider");
	await until(`${domain} reaches the member's sensor`, () => followed.minami.lines().includes(domain));
	await until("the outsider's follows too", () => followed.outsider.lines().includes("epoch"));
	const capture = path.join(folder, `question-${language}.pcap`), eve = path.join(folder, `eve-${language}.json`);
	fs.writeFileSync(capture, captureOfQuestion(domain));
	execFileSync(program, ["sensor", "-r", capture, "--eve", eve, "--shared", followed.minami.kept], { stdio: "ignore" });
	const records = fs.readFileSync(eve, "utf8").trim().split("\n").map((line) => JSON.parse(line));
	const alerts = records.filter((record) => record.event_type === "alert");
	assert.equal(alerts.length, 1, JSON.stringify(records));
	assert.ok(alerts[0].alert.signature.includes(domain), JSON.stringify(alerts));
	await call(centre, organisationOf("minami").token, "POST", "/v1/alerts?records=true", fs.readFileSync(eve));
	const page = await visit("member-minami", language);
	await until("the member is told", async () => {
		await page.goto(`${centre.address}/inbox`);
		return (await page.innerText("main")).includes(domain);
	});
	await look(page, `inbox-${language}`);
	await page.goto(`${centre.address}/alerts?contains=${domain}`);
	assert.ok((await page.locator("tbody tr").count()) >= 1, "its alert is found");
	await page.context().close();
	for (const name of ["member-outsider", "member-kitahama", "member-harbour"]) {
		const other = await visit(name, language);
		for (const where of ["/inbox", `/alerts?contains=${domain}`, "/bulletins"]) {
			await other.goto(centre.address + where);
			assert.ok(!(await other.innerText("main")).includes(domain), `${name}: ${where}`);
		}
		await other.context().close();
	}
	await sees("member-outsider", language, null);
	assert.ok(!followed.outsider.lines().includes(domain), "the outsider's sensors do not have it");
}

/* Withdrawn it is gone for all; what they had stays known. */
async function withdraws(language) {
	const page = await visit("member-harbour", language);
	await page.goto(centre.address + own[language].wider);
	await page.click("details:has(#reason) summary");
	await page.fill("#reason", "It was ours");
	await page.click("details:has(#reason) button");
	await page.waitForURL("**/shared");
	await page.context().close();
	await sees("member-minami", language, null);
	const { objects } = await call(centre, tokenOf("member-minami"), "GET", `/taxii2/exchange/collections/ports-${language}/objects`);
	assert.ok(!JSON.stringify(objects ?? []).includes(own[language].domain), "TAXII has it no more");
	const minami = await visit("member-minami", language);
	await minami.goto(`${centre.address}/organisations/${organisationOf("minami").number}/had`);
	await look(minami, `had-${language}`);
	assert.ok((await minami.innerText("main")).includes("indicator--"), "what it had is known");
	await minami.context().close();
	const analyst = await visit("analyst", language);
	await analyst.goto(centre.address + own[language].wider);
	assert.equal(await analyst.locator(".label.bad").count() > 0, true);
	await analyst.context().close();
}

async function noFindings() {
	const pages = {
		"member-harbour": ["/communities", paths["circle-ja"], "/items", "/new-item", own.en.indicator, "/shared", "/handovers", "/devices", own.ja.closed,
			`${own.en.indicator}/release?community=ports-en&tlp=GREEN`, `${own.en.indicator}/release?community=circle-en&tlp=RED`],
		"member-outsider": ["/communities", "/items", "/shared", "/handovers"],
		administrator: ["/communities", paths["circle-en"]],
		analyst: ["/items?organisation=1", own.ja.wider, `/organisations/${organisationOf("minami").number}/had`],
	};
	const found = [];
	let looked = 0;
	for (const [language, colorScheme, widths] of [["ja", "light", [1280, 375]], ["en", "dark", [375]]])
		for (const [name, paths] of Object.entries(pages).slice(0, language === "ja" ? undefined : 1)) {
			const page = await visit(name, language, { bypassCSP: true, colorScheme });
			for (const where of paths) {
				const answer = await page.goto(centre.address + where);
				if (answer.status() >= 400)
					found.push(`${where}: ${answer.status()}`);
				for (const width of widths) {
					await page.setViewportSize({ width, height: 800 });
					found.push(...(await visitors.findings(page)));
					await look(page, `${name}${where.replace(/[^a-z]/g, "_").slice(0, 24)}-${language}-${width}`);
					looked++;
				}
			}
			await page.context().close();
		}
	console.log(`# axe-core looked at ${looked} pages`);
	assert.deepEqual(found, []);
}

try {
	await prepare();
	for (const language of ["ja", "en"]) {
		await test(`${language}: an administrator makes communities by their pages, without scripts`, () => makesCommunities(language));
		await test(`${language}: who keeps a community adds and removes members; for others it is not there`, () => keepsItsMembers(language));
		await test(`${language}: an organisation says where it may be named`, () => choosesWhereItIsNamed(language));
		await test(`${language}: a member writes, changes and marks items, and finds them again`, () => writesItems(language));
		await test(`${language}: before it is released nobody else sees anything of it`, () => nobodyElseSees(language));
		await test(`${language}: shared in the closed circle, its members alone see it`, () => sharesInTheClosedCircle(language));
		await test(`${language}: they work on it, and nobody else learns that`, () => worksOnIt(language));
		await test(`${language}: released wider, without what may not be told there`, () => releasesWider(language));
		await test(`${language}: another member's sensor matches, that member is told, and nobody else`, () => anotherMembersSensorMatches(language));
	}
	for (const language of ["ja", "en"])
		await test(`${language}: withdrawn, it is gone for everybody`, () => withdraws(language));
	await test("axe-core finds nothing on any page, in both languages, schemes and widths", noFindings);
	await test("the content security policy was never broken and no script failed", () => assert.deepEqual(visitors.broken(), []));
} catch (error) {
	await test("the centre, the mail server and the browser start", () => { throw error; });
} finally {
	if (browser)
		await browser.close();
	await Promise.all(followers.map(stop));
	await stop(centre?.child);
	await stop(mail?.child);
	finish();
	if (process.exitCode || process.env.NOROSHI_KEEP)
		console.log(`# kept: ${folder}`);
	else
		fs.rmSync(folder, { recursive: true });
}
