/*
 * Filter forms send themselves when a choice is made; empty fields stay out of the address.
 */
export function startFilters() {
	for (const form of document.querySelectorAll("form[data-filters]")) {
		for (const select of form.querySelectorAll("select"))
			select.addEventListener("change", () => form.requestSubmit());
		form.addEventListener("submit", () => {
			for (const field of form.elements)
				if (field.name && field.value === "")
					field.disabled = true;
		});
		/* coming back by the browser's history finds the fields usable again */
		window.addEventListener("pageshow", () => {
			for (const field of form.elements)
				field.disabled = false;
		});
	}
}
