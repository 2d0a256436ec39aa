"use strict";
// The theme is the system's until the button is used.
{
	const button = document.getElementById("theme");
	const system = matchMedia("(prefers-color-scheme: dark)");
	const root = document.documentElement;
	const isDark = () => root.dataset.theme ? root.dataset.theme === "dark" : system.matches;
	const show = () => { button.textContent = isDark() ? "Light theme" : "Dark theme"; };
	button.addEventListener("click", () => {
		root.dataset.theme = isDark() ? "light" : "dark";
		show();
	});
	system.addEventListener("change", show);
	show();
	button.hidden = false;
}
// What is folded on the screen is open on paper.
{
	let opened = [];
	addEventListener("beforeprint", () => {
		opened = [...document.querySelectorAll("details:not([open])")];
		for (const d of opened) d.open = true;
	});
	addEventListener("afterprint", () => {
		for (const d of opened) d.open = false;
	});
}
// copier makes a button that copies a text.
const copier = (text) => {
	const button = document.createElement("button");
	button.type = "button";
	button.className = "screen copy";
	button.textContent = "Copy";
	button.setAttribute("aria-label", "Copy " + text);
	button.hidden = !navigator.clipboard; // browsers give it to pages of files and of https
	button.addEventListener("click", () => navigator.clipboard.writeText(text).then(
		() => { button.textContent = "Copied"; }, () => { button.textContent = "Not copied"; }));
	return button;
};
for (const command of document.querySelectorAll(".places code")) command.after(copier(command.textContent));
// Where the window is narrow a row of a table is a card: each of its texts has the head of its column before it.
for (const table of document.querySelectorAll("main table:not(#table)")) {
	const heads = [...table.querySelectorAll("thead th:not([colspan])")].map((th) => th.textContent);
	table.classList.add("cards");
	for (const row of table.tBodies[0].rows) {
		[...row.cells].forEach((cell, i) => { cell.dataset.label = heads[i]; });
	}
}
// wordsOf returns what a field searches for: all of the words.
const wordsOf = (field) => field.value.toLowerCase().split(/\s+/).filter(Boolean);
// A search leaves the findings that have its words, their rule's words included, and is in the address.
if (document.getElementById("find")) {
	const field = document.getElementById("find");
	const folds = [...document.querySelectorAll(".folds details")].map((fold) => ({
		fold, opened: fold.open, title: fold.querySelector("summary").textContent, rows: [...fold.querySelectorAll("tbody tr")],
	}));
	const search = () => {
		const words = wordsOf(field);
		let shown = 0;
		for (const { fold, opened, title, rows } of folds) {
			for (const row of rows) {
				const text = (title + " " + row.textContent).toLowerCase();
				row.hidden = !words.every((word) => text.includes(word));
			}
			const left = rows.filter((row) => !row.hidden).length;
			shown += left;
			fold.hidden = words.length > 0 && left === 0;
			fold.open = words.length > 0 ? left > 0 : opened;
		}
		const listed = folds.reduce((sum, { rows }) => sum + rows.length, 0);
		document.getElementById("found").textContent = words.length ? shown + " of " + listed + " listed" : "";
	};
	field.addEventListener("input", () => {
		history.replaceState(null, "", field.value ? "#findings?" + new URLSearchParams({ find: field.value }) : "#findings");
		search();
	});
	if (location.hash.startsWith("#findings?")) {
		field.value = new URLSearchParams(location.hash.slice("#findings?".length)).get("find");
		search();
	}
}
for (const e of document.querySelectorAll(".scripted")) e.hidden = false;
