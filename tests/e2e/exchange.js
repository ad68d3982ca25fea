/*
 * The exchange, end to end, by its pages, in both languages: a community is made and its members are added; …
 *
 *   node tests/e2e/exchange.js BUILD/noroshi
 */
import assert from "node:assert/strict";
import fs from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";
import { Visitors, browserOptions, call, finish, makeFolder, skipAll, source, startCentre, startMailServer, stop, test } from "./lib.js";

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
async function visit(name, language, options) {
	return visitors.signIn(await visitors.open(language, options), name);
}

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
		await page.waitForURL(`**/communities/${name}`);
		assert.equal(await page.innerText("h1"), language === "ja" ? `${name}の会` : `Circle ${name}`);
		for (const member of members)
			await addMember(page, member, member === "harbour" ? "steward" : "member");
	}
	const { communities } = await call(centre, centre.token, "GET", "/v1/communities");
	const numberOf = (name) => communities.find((each) => each.name === name).number;
	await call(centre, centre.token, "PATCH", `/v1/communities/${numberOf(`circle-${language}`)}`, { parent: numberOf(`ports-${language}`) });
	await page.goto(`${centre.address}/communities/circle-${language}`);
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
	const where = `${centre.address}/communities/circle-${language}`;
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
	for (const each of [where, `${centre.address}/communities/none-${language}`]) {
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
	await page.selectOption("#type", "domain");
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
	for (const name of ["member-kitahama", "member-minami", "member-outsider"])
		await sees(name, language, false);
}

/* What somebody finds of harbour's indicator: on pages, by search, in counts, over TAXII. */
async function sees(name, language, wanted) {
	const { indicator, domain } = own[language];
	const page = await visit(name, language);
	const texts = [];
	for (const where of ["/items", `/items?value=${domain}`, `/items?text=C2`, "/communities"])
		texts.push(await page.goto(centre.address + where).then(() => page.innerText("main")));
	const answers = [];
	for (const where of [indicator, "/items/indicator--00000000-0000-4000-8000-000000000000"]) {
		const answer = await page.goto(centre.address + where);
		answers.push([answer.status(), await page.innerText("main")].join(" "));
	}
	assert.ok(!texts.some((text) => text.includes(`C2 of ${language}`) || (!wanted && text.includes(domain))), texts.join("\n"));
	assert.ok(answers[0].startsWith("404 "), answers[0]);
	assert.equal(answers[0], answers[1], "it answers as what does not exist");
	const token = tokenOf(name);
	const read = JSON.stringify([await call(centre, token, "GET", `/v1/items?value=${domain}`), await call(centre, token, "GET", "/v1/collections")]);
	assert.equal(read.includes(domain), wanted && read.includes(domain));
	await page.context().close();
}

async function noFindings() {
	const pages = {
		"member-harbour": ["/communities", "/communities/circle-ja", "/items", "/new-item", own.ja.indicator, own.en.report],
		"member-outsider": ["/communities", "/items"],
		administrator: ["/communities", "/communities/circle-en"],
		analyst: ["/communities", "/communities/circle-en", "/items?organisation=1", own.en.indicator],
	};
	const found = [];
	let looked = 0;
	for (const language of ["ja", "en"])
		for (const [name, paths] of Object.entries(pages)) {
			const page = await visit(name, language, { bypassCSP: true, colorScheme: language === "ja" ? "light" : "dark" });
			for (const width of [1280, 375]) {
				await page.setViewportSize({ width, height: 800 });
				for (const where of paths) {
					const answer = await page.goto(centre.address + where);
					if (answer.status() >= 400)
						found.push(`${where}: ${answer.status()}`);
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
	}
	await test("axe-core finds nothing on any page, in both languages, schemes and widths", noFindings);
	await test("the content security policy was never broken and no script failed", () => assert.deepEqual(visitors.broken(), []));
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
