/*
 * Live updates: the stream /v1/stream says which nouns changed; parts of the page marked data-live="noun …" are then fetched anew
 * and put in place, with the focus where it was. Parts in which somebody writes are left alone.
 */
const gatherFor = 400; /* ms: many changes in a row are one fetch */

let waiting = null;
let changed = new Set();

function isBusy(part) {
	return part.contains(document.activeElement) && document.activeElement.matches("input, textarea, select");
}

function focusedHref(part) {
	return part.contains(document.activeElement) ? document.activeElement.getAttribute("href") : null;
}

async function refresh(nouns, afterwards) {
	const parts = [...document.querySelectorAll("[data-live]")];
	const wanted = parts.filter((part) => part.dataset.live.split(" ").some((noun) => nouns.has(noun)));
	if (wanted.length === 0)
		return;
	const answer = await fetch(location.href, { headers: { Accept: "text/html" }, credentials: "same-origin" });
	if (!answer.ok)
		return;
	const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
	const freshParts = [...fresh.querySelectorAll("[data-live]")];
	if (freshParts.length !== parts.length)
		return location.reload();
	let replaced = false;
	parts.forEach((part, at) => {
		if (!wanted.includes(part) || isBusy(part) || part.innerHTML === freshParts[at].innerHTML)
			return;
		const href = focusedHref(part);
		part.innerHTML = freshParts[at].innerHTML;
		if (href !== null)
			part.querySelector(`a[href="${CSS.escape(href)}"]`)?.focus();
		replaced = true;
	});
	if (replaced) {
		const announcer = document.getElementById("announcer");
		announcer.textContent = announcer.dataset.updated ?? "";
		afterwards();
	}
}

export function startLive(afterwards) {
	if (!document.querySelector("[data-live]"))
		return;
	const source = new EventSource("/v1/stream");
	const later = () => {
		waiting ??= setTimeout(() => {
			const nouns = changed;
			waiting = null;
			changed = new Set();
			refresh(nouns, afterwards).catch(() => {});
		}, gatherFor);
	};
	source.addEventListener("changed", (event) => {
		changed.add(JSON.parse(event.data).noun);
		later();
	});
	source.addEventListener("missed", () => {
		for (const part of document.querySelectorAll("[data-live]"))
			for (const noun of part.dataset.live.split(" "))
				changed.add(noun);
		later();
	});
	addEventListener("pagehide", () => source.close());
}
