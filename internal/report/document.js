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
