/*
 * The telescope's report page: one file that needs nothing else, in both languages. Printed by Chromium it has every section, and no table
 * that fits on a sheet is cut; axe-core finds nothing; scripts of strangers' words do not run.
 *
 *   node tests/e2e/report_page.js BUILD/noroshi tests/darknet/day_tables.py
 */
import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import fs from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";
import { pathToFileURL } from "node:url";
import { Visitors, browserOptions, finish, makeFolder, skipAll, source, test } from "./lib.js";

if (!fs.existsSync(path.join(source, "tests/e2e/node_modules/playwright-core")) || !fs.existsSync(browserOptions.executablePath))
	skipAll("playwright-core or Chromium is not installed: ./setup --tests");
const { chromium } = await import("playwright-core");
const axe = fs.readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

const [program, tablesMaker] = process.argv.slice(2);
const folder = makeFolder();
const tables = path.join(folder, "tables");
const strange = '</p><script>document.title="run"</script><img src=x onerror="document.title=1">';

function noroshi(...words) {
	const done = spawnSync(program, ["darknet", ...words], { encoding: "utf8", env: { ...process.env, LC_ALL: "C" } });
	assert.ok(done.status === 0 || done.status === 1, done.stderr); /* 1: no table of that period */
}

/* The page of a year and of a short period, which have other charts and tables. */
function makePages() {
	execFileSync("python3", [tablesMaker, tables]);
	noroshi("note", "--tables", tables, "--period", "2021", "--text-ja", `半年分のみ ${strange}`, "--text-en", `Half a year ${strange}`, "--author", strange);
	noroshi("report", "--tables", tables, "--period", "2022", "--language", "both", "--page", path.join(folder, "year.html"));
	noroshi("report", "--tables", tables, "--period", "2022-12-01..2022-12-10", "--language", "en", "--top", "60", "--page", path.join(folder, "days.html"));
	noroshi("report", "--tables", tables, "--period", "1999", "--language", "ja", "--page", path.join(folder, "nothing.html"));
}

const bare = (text) => text.replace(/\s+/g, "");

async function open(visitors, name, options) {
	const context = await visitors.browser.newContext({ viewport: { width: 1280, height: 800 }, ...options });
	context.setDefaultTimeout(150_000);
	const page = await context.newPage();
	const asked = [];
	page.on("request", (request) => asked.push(request.url()));
	page.on("console", (message) => message.type() === "error" && visitors.seen.push(`${name}: ${message.text()}`));
	await page.goto(pathToFileURL(path.join(folder, name)).href);
	return { page, asked };
}

/* What the document says, without its scripts, for there are none. */
const contentOf = (page) => page.evaluate(() => ({
	title: document.title,
	scripts: document.querySelectorAll("script, img, link, iframe, object").length,
	handlers: [...document.querySelectorAll("*")].filter((each) => [...each.attributes].some((attribute) => attribute.name.startsWith("on"))).length,
	headings: [...document.querySelectorAll("h1, section h2, section h3")].map((each) => each.textContent),
	charts: [...document.querySelectorAll("svg")].map((each) => ({
		title: each.querySelector("title").textContent, description: each.querySelector("desc").textContent,
		next: each.closest("figure").nextElementSibling?.matches("figure, .wide") ?? false,
	})),
	tables: [...document.querySelectorAll("table")].map((table) => ({
		caption: table.caption.textContent, whole: table.className === "whole",
		rows: [...table.tBodies[0].rows].map((row) => [...row.cells].map((cell) => cell.innerHTML.split("<br>"))),
	})),
	ids: [...document.querySelectorAll("[id]")].map((each) => each.id),
	links: [...document.querySelectorAll("a")].map((each) => each.getAttribute("href").slice(1)),
}));

async function print(page, name) {
	const file = path.join(folder, `${name}.pdf`);
	await page.pdf({ path: file, preferCSSPageSize: true, printBackground: true });
	const pages = execFileSync("pdftotext", ["-layout", file, "-"], { encoding: "utf8", maxBuffer: 1 << 26 }).split("\f");
	return pages.filter((each) => each.trim()).map(bare);
}

/* Each row of a table that fits on a sheet is on the sheet on which its caption is. */
function assertWhole(sheets, table) {
	const on = sheets.filter((sheet) => sheet.includes(bare(table.caption)));
	assert.equal(on.length, 1, `"${table.caption}" is on ${on.length} sheets`);
	for (const row of table.rows) {
		const pieces = row.every((cell) => cell.length === 1) ? [row.flat().join("")] : row.flat();
		for (const piece of pieces)
			assert.ok(on[0].includes(bare(piece)), `${table.caption}: ${piece} is on another sheet`);
	}
}

async function printed(visitors, name, least) {
	const { page, asked } = await open(visitors, `${name}.html`);
	const content = await contentOf(page);
	const sheets = await print(page, name);
	const all = sheets.join("");
	assert.equal(asked.length, 1, `the page asked for ${asked}`);
	assert.ok(content.tables.length >= least, `${content.tables.length} tables`);
	for (const heading of content.headings)
		assert.ok(all.includes(bare(heading)), `${heading} is not printed`);
	for (const table of content.tables.filter((each) => each.whole))
		assertWhole(sheets, table);
	await page.context().close();
	console.log(`# ${name}: ${content.tables.length} tables, ${content.charts.length} charts on ${sheets.length} sheets`);
}

async function wholeDocument(visitors) {
	for (const [name, languages] of [["year.html", 2], ["days.html", 1], ["nothing.html", 1]]) {
		const { page } = await open(visitors, name);
		const content = await contentOf(page);
		assert.equal(content.scripts + content.handlers, 0, "strangers' words became elements");
		assert.notEqual(content.title, "run");
		assert.equal(new Set(content.ids).size, content.ids.length, "an id is there twice");
		for (const link of content.links)
			assert.ok(content.ids.includes(link), `#${link} leads nowhere`);
		assert.equal(content.headings.filter((each) => /^2-[1-8] /.test(each)).length, 8 * languages, content.headings.join());
		for (const chart of content.charts)
			assert.ok(chart.title && chart.description && chart.next, JSON.stringify(chart));
		await page.context().close();
	}
	const { page } = await open(visitors, "year.html");
	const about = await page.evaluate(() => [...document.querySelectorAll(".about dt")].map((each) => `${each.textContent}: ${each.nextElementSibling.textContent}`));
	for (const zone of ["日付の時間帯: UTC+09:00", "time zone of the days: UTC+09:00"])
		assert.ok(about.includes(zone), about.join("; "));
	const text = await page.evaluate(() => document.body.textContent);
	assert.ok(text.includes(`Half a year ${strange}`) && text.includes(`半年分のみ ${strange}`), "the note is not as it was written");
	await page.context().close();
}

/* No words of the English part are those of the Japanese one, but for the items of tables and their codes, which charts have: "Redis (redis)". */
async function bothLanguages(visitors) {
	const { page } = await open(visitors, "year.html");
	const [japanese, english] = await page.evaluate(() => [...document.querySelectorAll("article")].map((article) =>
		[...article.querySelectorAll("h1, h2, h3, p:not([id]), dt, caption, thead th, figcaption, .unit, svg text, desc")].map((each) => each.textContent)));
	assert.equal(japanese.length, english.length);
	const items = await page.evaluate(() => [...document.querySelectorAll("tbody th")].flatMap(({ textContent }) => [textContent, textContent.match(/\(([^()]+)\)$/)?.[1]]));
	const same = english.filter((each, i) => each === japanese[i] && /[A-Za-z]{4}/.test(each.replace(/\d+\/(tcp|udp)/, "")) && !items.includes(each));
	assert.deepEqual(same, []);
	await page.context().close();
}

async function noFindings(visitors) {
	for (const [name, width] of [["days.html", 1280], ["nothing.html", 400]]) {
		const { page } = await open(visitors, name, { viewport: { width, height: 800 } });
		const found = await visitors.findings(page);
		assert.deepEqual(found, [], `${name}, ${width} wide`);
		await page.context().close();
	}
}

let browser;
try {
	makePages();
	browser = await chromium.launch(browserOptions);
	const visitors = new Visitors(browser, null, axe);
	await test("a page is one document without scripts: every view in each language, a table behind each chart", () => wholeDocument(visitors));
	await test("the Japanese part is in Japanese", () => bothLanguages(visitors));
	await test("a year's page is printed: every section, no table cut", () => printed(visitors, "year", 60));
	await test("ten days' page with long rankings is printed: every section, no table cut", () => printed(visitors, "days", 25));
	await test("axe-core finds nothing, wide and narrow", () => noFindings(visitors));
	await test("nothing went against the page's content security policy", () => assert.deepEqual(visitors.seen, []));
} finally {
	await browser?.close();
	fs.rmSync(folder, { recursive: true, force: true });
}
finish();
