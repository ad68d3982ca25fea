/*
 * The timeline of an event: its alerts as marks on one lane for each host, drawn as SVG from the table below it, which says the
 * same in words (so the drawing is hidden from readers of the table's text).
 */
const svgSpace = "http://www.w3.org/2000/svg";
const lanesShown = 10;
const size = { width: 900, left: 170, right: 12, lane: 22, top: 8, axis: 24 };

function element(name, attributes, text) {
	const node = document.createElementNS(svgSpace, name);
	for (const [key, value] of Object.entries(attributes))
		node.setAttribute(key, value);
	if (text !== undefined)
		node.textContent = text;
	return node;
}

function readAlerts(table) {
	return [...table.querySelectorAll("tbody tr")].map((row) => ({
		time: Date.parse(row.querySelector("time")?.dateTime ?? ""),
		host: row.dataset.host || "–",
		context: row.dataset.verdict === "context",
		words: row.dataset.words,
	})).filter((alert) => Number.isFinite(alert.time));
}

function shorten(text, most) {
	return text.length > most ? `${text.slice(0, most - 1)}…` : text;
}

function draw(alerts, zone) {
	const first = Math.min(...alerts.map((alert) => alert.time));
	const last = Math.max(...alerts.map((alert) => alert.time));
	const hosts = [...new Set(alerts.map((alert) => alert.host))].slice(0, lanesShown);
	const height = size.top + hosts.length * size.lane + size.axis;
	const inner = size.width - size.left - size.right;
	const place = (time) => size.left + (last > first ? (time - first) / (last - first) : 0.5) * inner;
	const svg = element("svg", { viewBox: `0 0 ${size.width} ${height}`, "aria-hidden": "true", focusable: "false" });
	hosts.forEach((host, at) => {
		const y = size.top + at * size.lane + size.lane / 2;
		svg.append(element("line", { class: "lane", x1: size.left, x2: size.width - size.right, y1: y, y2: y }));
		svg.append(element("text", { x: size.left - 10, y: y + 4, "text-anchor": "end" }, shorten(host, 24)));
		for (const alert of alerts.filter((each) => each.host === host)) {
			const mark = element("circle", { class: alert.context ? "mark context" : "mark", cx: place(alert.time), cy: y, r: alert.context ? 4 : 5 });
			mark.append(element("title", {}, alert.words));
			svg.append(mark);
		}
	});
	const words = new Intl.DateTimeFormat(document.documentElement.lang === "ja" ? "ja" : "en-GB", { dateStyle: "medium", timeStyle: "medium", timeZone: zone });
	svg.append(element("text", { x: size.left, y: height - 6 }, words.format(first)));
	if (last > first)
		svg.append(element("text", { x: size.width - size.right, y: height - 6, "text-anchor": "end" }, words.format(last)));
	return svg;
}

export function startTimeline() {
	const place = document.getElementById("timeline");
	const table = document.getElementById("event-alerts");
	if (!place || !table)
		return;
	const alerts = readAlerts(table);
	place.hidden = alerts.length === 0;
	if (alerts.length > 0)
		place.querySelector("[data-drawing]").replaceChildren(draw(alerts, document.documentElement.lang === "ja" ? "Asia/Tokyo" : "UTC"));
}
