/*
 * What the end-to-end tests stand on: a real centre, a real SMTP server and a real browser, all on loopback, in one temporary folder
 * that goes at the end; and TAP output.
 */
import { execFileSync, spawn } from "node:child_process";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

export const source = path.resolve(path.dirname(fileURLToPath(import.meta.url)), "../..");

/* TAP: each test is one line; the first failure of a test ends it, the others go on. */
const results = [];
export async function test(name, body) {
	try {
		await body();
		results.push(true);
		console.log(`ok ${results.length} - ${name}`);
	} catch (error) {
		results.push(false);
		console.log(`not ok ${results.length} - ${name}`);
		for (const line of String(error.stack ?? error).split("\n"))
			console.log(`# ${line}`);
	}
}

export function finish() {
	console.log(`1..${results.length}`);
	process.exitCode = results.every((each) => each) ? 0 : 1;
}

export function skipAll(why) {
	console.log(`1..0 # SKIP ${why}`);
	process.exit(0);
}

/* As long as it takes on a busy machine. */
const patience = 150;

export async function until(what, body) {
	const end = Date.now() + patience * 1000;
	for (;;) {
		const value = await body();
		if (value)
			return value;
		if (Date.now() > end)
			throw new Error(`waited ${patience} s in vain: ${what}`);
		await new Promise((resolve) => setTimeout(resolve, 100));
	}
}

export function makeFolder() {
	return fs.mkdtempSync(path.join(os.tmpdir(), "noroshi-e2e-"));
}

function firstLine(child) {
	return new Promise((resolve, reject) => {
		createInterface({ input: child.stdout }).once("line", resolve);
		child.once("exit", (code) => reject(new Error(`${child.spawnfile} ended with ${code} before it was ready`)));
	});
}

/* Ends a process of ours and waits until it is gone. */
export async function stop(child) {
	if (!child || child.exitCode !== null || child.signalCode !== null)
		return;
	const gone = new Promise((resolve) => child.once("exit", resolve));
	if (child.stdin)
		child.stdin.end();
	child.kill("SIGTERM");
	await gone;
}

export async function startMailServer(folder) {
	const certificate = path.join(folder, "certificate.pem");
	const key = path.join(folder, "key.pem");
	execFileSync("openssl", ["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
		"-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost", "-keyout", key, "-out", certificate], { stdio: "ignore" });
	const mails = path.join(folder, "mails");
	fs.mkdirSync(mails);
	fs.writeFileSync(path.join(folder, "password"), "mail secret\n", { mode: 0o600 });
	const child = spawn("/usr/bin/python3", [path.join(source, "tests/lib/smtp_server.py"), mails, "--certificate", certificate,
		"--key", key, "--user", "noroshi", "--password", "mail secret"], { stdio: ["pipe", "pipe", "ignore"] });
	const port = Number(await firstLine(child));
	return { child, port, certificate, password: path.join(folder, "password"), mails };
}

/* Every mail that came in so far, as Python's email package reads it. */
export function readMails(server) {
	return fs.readdirSync(server.mails).filter((name) => name.endsWith(".json"))
		.sort((a, b) => parseInt(a) - parseInt(b))
		.map((name) => JSON.parse(fs.readFileSync(path.join(server.mails, name), "utf8")));
}

export async function startCentre(program, folder, mail, organisations) {
	const config = path.join(folder, "noroshi.conf");
	fs.writeFileSync(config, `
center = { listen = "127.0.0.1:0"; };
telescope = { save_every = "0.5 s"; };
notify = {
	smtp_server = "smtp://localhost:${mail.port}";
	smtp_from = "centre@noroshi.example";
	smtp_user = "noroshi";
	smtp_password_file = "${mail.password}";
	smtp_starttls = "required";
	smtp_ca_file = "${mail.certificate}";
};
`);
	const log = fs.openSync(path.join(folder, "centre.log"), "w");
	const child = spawn(program, ["center", "--config", config, "--ephemeral",
		...organisations.flatMap((name) => ["--organisation", name])], { stdio: ["pipe", "pipe", log] });
	const facts = JSON.parse(await firstLine(child));
	return { child, ...facts, log: path.join(folder, "centre.log") };
}

/* One request with a token; throws with the answer's text when the status is not the one wanted. */
export async function call(centre, token, method, where, body, wanted = [200, 201]) {
	const bytes = Buffer.isBuffer(body);
	const answer = await fetch(centre.address + where, {
		method,
		headers: {
			Authorization: `Bearer ${token}`,
			...(body === undefined ? {} : { "Content-Type": bytes ? "application/x-ndjson" : "application/json" }),
		},
		body: body === undefined ? undefined : bytes ? body : JSON.stringify(body),
	});
	const text = await answer.text();
	if (![wanted].flat().includes(answer.status))
		throw new Error(`${method} ${where}: ${answer.status} ${text}`);
	return text ? JSON.parse(text) : {};
}

export const browserOptions = {
	timeout: patience * 1000,
	executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
	args: ["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
		"--disable-component-update", "--disable-sync"],
};

/* People in front of a browser, at one centre. `seen` gathers the errors of their consoles: a violation of the content security policy
 * is one. */
export class Visitors {
	constructor(browser, centre, axe) {
		Object.assign(this, { browser, centre, axe, seen: [], sessions: new Map() });
	}

	async open(language, options = {}) {
		const context = await this.browser.newContext({ locale: language === "ja" ? "ja-JP" : "en-GB", viewport: { width: 1280, height: 800 }, ...options });
		context.setDefaultTimeout(patience * 1000);
		const page = await context.newPage();
		page.on("console", (message) => message.type() === "error" && this.seen.push(`${page.url()}: ${message.text()}`));
		page.on("pageerror", (error) => this.seen.push(`${page.url()}: ${error.message}`));
		await context.addCookies([{ name: "lang", value: language, url: this.centre.address }]);
		return page;
	}

	async signIn(page, name) {
		await page.goto(`${this.centre.address}/sign-in`);
		await page.fill("#name", name);
		await page.fill("#password", this.centre.password);
		await page.click("main button.primary");
		await page.waitForURL((url) => !url.pathname.startsWith("/sign-in"));
		return page;
	}

	/* A page of somebody who has signed in: once, because passwords are slow on purpose. */
	async visit(name, language, options) {
		const page = await this.open(language, options);
		if (this.sessions.has(name)) {
			await page.context().addCookies(this.sessions.get(name));
			return page;
		}
		await this.signIn(page, name);
		this.sessions.set(name, (await page.context().cookies()).filter((cookie) => cookie.name !== "lang"));
		return page;
	}

	/* What axe-core finds, and whether the page is wider than its window. */
	async findings(page) {
		if (!(await page.evaluate(() => Boolean(globalThis.axe))))
			await page.evaluate(this.axe);
		/* what is well is not described: only what is not is looked at */
		const result = await page.evaluate(() => globalThis.axe.run(document, { resultTypes: ["violations"] }));
		const { width } = page.viewportSize();
		const found = result.violations.map((each) => `${page.url()} ${width}px: ${each.id}: ${each.nodes[0].html.slice(0, 160)}`);
		const wide = await page.evaluate(() => document.documentElement.scrollWidth);
		return wide > width ? [...found, `${page.url()}: ${wide} px wide at ${width}`] : found;
	}

	/* What broke, but for what is answered so on purpose. */
	broken() {
		return this.seen.filter((each) => !/Failed to load resource.*(400|403|404|409)/.test(each));
	}
}
