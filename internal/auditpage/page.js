// The table of tokens: made of the data in the page, a screenful at a time, with text nodes only.
if (document.getElementById("data")) {
	const data = JSON.parse(document.getElementById("data").textContent);
	data.rows ??= [];
	const byID = (id) => document.getElementById(id);
	const ranks = { off: 0, note: 1, warning: 2, error: 3 };
	const names = ["", "note", "warning", "error"];
	const onScreen = 50;
	const onPaper = 1000;

	// element makes an element with a class, and texts and elements inside.
	const element = (tag, className, ...inside) => {
		const e = document.createElement(tag);
		if (className) e.className = className;
		e.append(...inside);
		return e;
	};
	// named is text that somebody chose: marks of direction in it end with it.
	const named = (text) => element("bdi", "", text);
	const date = (seconds) => {
		if (seconds === 0) return "unknown";
		const d = new Date(seconds * 1000);
		return isNaN(d) ? "?" : d.toISOString().replace(/T.*/, "");
	};
	const compare = (a, b) => (a > b) - (a < b);
	const compareNames = new Intl.Collator("en", { numeric: true }).compare;

	for (const row of data.rows) {
		row.f ??= [];
		const open = row.f.filter((f) => !f.a);
		row.severity = Math.max(0, ...open.map((f) => ranks[data.rules[f.r].Severity]));
		row.open = open.length;
		row.r ??= [];
		row.reach = row.r.reduce((bits, name) => bits | 1 << data.reach.indexOf(name), 0);
	}
	// What a search looks at is put together when it is first searched.
	const textOf = (row) => row.text ??= [
		row.i, row.n, data.applications[row.p].n, data.applications[row.p].i, row.o, row.a, ...row.r,
		...row.f.flatMap((f) => [data.rules[f.r].Title, f.m]),
	].join("\n").toLowerCase();

	const columns = [
		{ title: "Findings", sort: (a, b) => a.severity - b.severity || a.open - b.open, first: -1 },
		{ title: "Token", sort: (a, b) => compareNames(a.n, b.n) || compare(a.i, b.i), first: 1 },
		{ title: "Actor", sort: (a, b) => compareNames(a.o, b.o), first: 1 },
		{ title: "Created", sort: (a, b) => a.c - b.c, first: 1 },
		// A token that was never used comes before all others, one that never expires after them.
		{ title: "Last used", sort: (a, b) => compare(a.u ?? -Infinity, b.u ?? -Infinity), first: 1 },
		{ title: "Expires", sort: (a, b) => compare(a.e ?? Infinity, b.e ?? Infinity), first: 1 },
		{ title: "Reach", sort: (a, b) => compare(a.reach, b.reach), first: -1 },
	];

	const state = { sorted: 0, direction: -1, page: 0, size: onScreen, shown: [], open: new Set() };

	const filter = () => {
		const words = wordsOf(byID("search"));
		const severity = byID("severity").value;
		const rule = byID("rule").value;
		const reach = byID("by-reach").value;
		const application = byID("by-application")?.value ?? "";
		state.shown = data.rows.filter((row) =>
			(severity === "" || (severity === "0" ? !row.open : severity === "1" ? row.open
				: row.f.some((f) => !f.a && data.rules[f.r].Severity === severity))) &&
			(rule === "" || row.f.some((f) => f.r === rule)) &&
			(application === "" || row.p === Number(application)) &&
			(!state.paper || row.open) &&
			(reach === "" || row.r.includes(reach)) &&
			words.every((word) => textOf(row).includes(word)));
		const { sort } = columns[state.sorted];
		state.shown.sort((a, b) => state.direction * sort(a, b));
		state.page = 0;
		draw();
	};

	// What is filtered is in the address, so that a link to the page leads there again.
	const fields = ["search", "severity", "rule", "by-reach", "by-application"].map(byID).filter(Boolean);
	const remember = () => {
		const chosen = new URLSearchParams(fields.filter((f) => f.value !== f.initial).map((f) => [f.id, f.value]));
		const address = "#tokens" + (chosen.size ? "?" + chosen : "");
		if (chosen.size || location.hash.startsWith("#tokens?")) history.replaceState(null, "", address);
	};
	const recall = () => {
		if (!location.hash.startsWith("#tokens?")) return;
		const chosen = new URLSearchParams(location.hash.slice("#tokens?".length));
		for (const f of fields) f.value = chosen.get(f.id) ?? f.initial;
		byID("tokens").scrollIntoView();
	};
	// only filters by one field where a link is clicked.
	const only = (link, id, value) => link.addEventListener("click", (event) => {
		event.preventDefault();
		for (const f of fields) f.value = f.id === id ? value : f.initial;
		filter();
		remember();
		byID("tokens").scrollIntoView();
	});

	const found = (row) => {
		const list = element("ul", "");
		for (const f of row.f) {
			const { Severity: severity, Title: title, Remedy: remedy } = data.rules[f.r];
			const what = element("div", "", element("p", "", element("strong", "", title), ": ", named(f.m)), element("p", "quiet", remedy));
			if (f.a) what.append(element("p", "quiet", f.a));
			list.append(element("li", "", element("span", "badge " + severity, severity), what));
		}
		const cell = element("td", "", list);
		cell.colSpan = columns.length;
		return element("tr", "found", cell);
	};

	const lines = (row) => {
		const state_ = element("td", "");
		const line = element("tr", "", state_,
			element("td", "", element("span", "name", named(row.n)), element("span", "mono quiet id", row.i), copier(row.i),
				...(data.applications.length > 1 ? [element("span", "name quiet", named(data.applications[row.p].n || data.applications[row.p].i))] : [])),
			element("td", "", named(row.o || row.a || "unknown")),
			element("td", "date", date(row.c)),
			element("td", "date", row.u === null ? "never" : date(row.u)),
			element("td", "date", row.e === null ? "never" : date(row.e)),
			element("td", "", row.r.join(", ")));
		columns.forEach((c, i) => { line.cells[i].dataset.label = c.title; });
		if (row.f.length === 0) {
			state_.append(element("span", "quiet", "none"));
			return [line];
		}
		const count = row.open === 1 ? "1 finding" : row.open + " findings";
		const unfold = element("button", "unfold");
		if (row.severity) unfold.append(element("span", "badge " + names[row.severity], names[row.severity]));
		unfold.append(row.open ? count : "accepted");
		unfold.type = "button";
		state_.append(unfold);
		const details = found(row);
		const show = (open) => {
			unfold.setAttribute("aria-expanded", open);
			line.classList.toggle("unfolded", open);
			details.hidden = !open;
		};
		unfold.addEventListener("click", () => {
			state.open.delete(row) || state.open.add(row);
			show(state.open.has(row));
		});
		show(state.open.has(row) || state.paper);
		return [line, details];
	};

	const grouped = new Intl.NumberFormat("en").format;
	const draw = () => {
		const pages = Math.max(1, Math.ceil(state.shown.length / state.size));
		const from = state.page * state.size;
		document.querySelector("#table tbody").replaceChildren(
			...state.shown.slice(from, from + state.size).flatMap(lines));
		byID("status").textContent = grouped(state.shown.length) + " of " + grouped(data.rows.length) + " tokens" +
			(state.paper ? ", those with findings" + (pages > 1 ? ", of which the first " + grouped(onPaper) + " are printed" : "") : "") +
			(state.shown.length === 0 ? ". No token matches." : "");
		byID("pages").textContent = "Page " + grouped(state.page + 1) + " of " + grouped(pages);
		document.querySelector(".pager").hidden = pages === 1;
		byID("previous").disabled = state.page === 0;
		byID("next").disabled = state.page >= pages - 1;
		columns.forEach((c, i) => c.heading.setAttribute("aria-sort",
			i !== state.sorted ? "none" : state.direction > 0 ? "ascending" : "descending"));
	};

	columns.forEach((column, i) => {
		const button = element("button", "", column.title);
		button.type = "button";
		button.addEventListener("click", () => {
			state.direction = state.sorted === i ? -state.direction : column.first;
			state.sorted = i;
			filter();
		});
		column.heading = element("th", "", button);
		column.heading.scope = "col";
		document.querySelector("#table thead tr").append(column.heading);
	});
	const turn = (by) => {
		state.page += by;
		draw();
		byID("tokens").scrollIntoView();
	};
	byID("previous").addEventListener("click", () => turn(-1));
	byID("next").addEventListener("click", () => turn(1));
	const form = document.querySelector(".controls");
	form.addEventListener("input", () => { filter(); remember(); });
	form.addEventListener("submit", (event) => event.preventDefault());
	form.addEventListener("reset", () => setTimeout(() => { filter(); remember(); })); // the fields change after the event
	for (const link of document.querySelectorAll("[data-rule]")) only(link, "rule", link.dataset.rule);
	// A count at the head of the page leads to its tokens.
	const severities = { "Tokens": "", "Tokens with findings": "1", "Errors": "error", "Warnings": "warning", "Notes": "note" };
	for (const figure of document.querySelectorAll(".figures > div")) {
		const [name, count] = figure.children;
		const severity = severities[name.textContent];
		if (severity === undefined) continue;
		const link = element("a", "", ...count.childNodes);
		link.href = "#tokens";
		only(link, "severity", severity);
		link.setAttribute("aria-label", name.textContent + ": " + link.textContent + ", show them");
		count.append(link);
	}
	// On paper there are no pages to turn and nothing to unfold, and the tokens without findings are left out.
	addEventListener("beforeprint", () => { state.size = onPaper; state.paper = true; filter(); });
	addEventListener("afterprint", () => { state.size = onScreen; state.paper = false; filter(); });

	for (const f of fields) f.initial = f.options?.[0].value ?? "";
	recall();
	addEventListener("hashchange", () => { recall(); filter(); });
	filter();
}
