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
	const value = await page.getAttribute(`#naming option:has-text("${label}")`, "value");
	await page.selectOption("#naming", value);
	await page.click("#h-naming ~ form button.primary");
	await page.waitForURL("**/communities");
	assert.equal(await page.inputValue("#naming"), value);
	const naming = await call(centre, tokenOf("member-harbour"), "GET", "/v1/naming");
	assert.equal(naming.naming, "within");
	await page.selectOption("#naming", "anywhere");
	await page.click("#h-naming ~ form button.primary");
	assert.equal(await page.inputValue("#naming"), "anywhere");
	await page.context().close();
}

async function noFindings() {
	const pages = {
		"member-harbour": ["/communities", "/communities/circle-ja"],
		"member-outsider": ["/communities"],
		administrator: ["/communities", "/communities/circle-en"],
		analyst: ["/communities", "/communities/circle-en"],
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
