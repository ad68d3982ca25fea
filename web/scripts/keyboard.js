/*
 * The keyboard: j and k go through the rows of a list, Enter opens (the row's link has the focus), c confirms, d dismisses,
 * / goes to the search, ? shows the keys. Nothing happens while somebody writes, or with Ctrl, Alt or Meta.
 */
function openRows() {
	return [...document.querySelectorAll("[data-row]")];
}

function currentRow() {
	const active = document.activeElement;
	return active instanceof Element ? active.closest("[data-row]") : null;
}

function go(step) {
	const rows = openRows();
	if (rows.length === 0)
		return;
	const at = rows.indexOf(currentRow());
	const next = at < 0 ? (step > 0 ? 0 : rows.length - 1) : Math.min(Math.max(at + step, 0), rows.length - 1);
	const link = rows[next].querySelector("[data-open]");
	link.focus();
	rows[next].scrollIntoView({ block: "nearest" });
}

function act(name) {
	const place = currentRow() ?? document;
	const target = place.querySelector(`[data-key="${name}"]`);
	if (!target)
		return;
	if (target instanceof HTMLFormElement)
		target.requestSubmit();
	else if (target instanceof HTMLDetailsElement) {
		target.open = true;
		target.querySelector("input:not([type=hidden]), textarea, select")?.focus();
	} else
		target.click();
}

function isWriting(target) {
	return target instanceof HTMLElement && target.closest("input, select, textarea, dialog, [contenteditable]") !== null;
}

const keys = {
	j: () => go(1),
	k: () => go(-1),
	c: () => act("confirm"),
	d: () => act("dismiss"),
	"/": () => document.querySelector("[data-search]")?.focus(),
	"?": () => document.getElementById("keys")?.showModal(),
};

export function startKeyboard() {
	document.addEventListener("keydown", (event) => {
		if (event.ctrlKey || event.altKey || event.metaKey || event.isComposing || isWriting(event.target))
			return;
		const action = keys[event.key];
		if (!action)
			return;
		event.preventDefault();
		action();
	});
	for (const button of document.querySelectorAll("[data-show-keys]")) {
		button.hidden = false;
		button.addEventListener("click", () => document.getElementById("keys")?.showModal());
	}
	/* a link may lead straight to a form that is folded away: /events/…#dismiss */
	const target = location.hash ? document.getElementById(location.hash.slice(1)) : null;
	if (target instanceof HTMLDetailsElement) {
		target.open = true;
		target.querySelector("input:not([type=hidden]), textarea, select")?.focus();
	}
}
