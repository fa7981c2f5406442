"use strict";
(() => {
  const data = JSON.parse(document.getElementById("data").textContent);
  const at = (id) => document.getElementById(id);
  const answers = new Map(Object.entries(data.answers));
  const served = Boolean(data.token);
  const storage = "ownvoice-blind-test-" + data.sheet;
  const LOST = "Not kept: the command behind this page has ended. Type it again and open the address it prints; every answer before this one is kept.";
  const NOT_STORED = "This browser doesn't keep answers for a page like this: don't close it before you have saved them.";
  let current = 0;
  const sent = new Map(); // what was last asked to be kept, by passage: an answer that is on its way counts
  let pending = Promise.resolve(true);

  if (!served) {
    try {
      for (const [id, given] of Object.entries(JSON.parse(localStorage.getItem(storage) || "{}"))) {
        if (data.passages.some((each) => each.id === id)) answers.set(id, given);
      }
    } catch { /* no storage, or none of ours in it */ }
  }

  const firstOpen = () => data.passages.findIndex((each) => !answers.has(each.id));

  function show(section, heading) {
    for (const each of document.querySelectorAll("main > section")) each.hidden = each.id !== section;
    const judging = section === "judging" || section === "end";
    for (const id of ["count", "progress", "stop"]) if (at(id)) at(id).hidden = !judging;
    at("keys-row").hidden = section !== "judging";
    window.scrollTo(0, 0);
    if (heading) at(heading).focus();
  }

  function tell(id, text, bad = false) {
    at(id).textContent = text;
    at(id).classList.toggle("bad", bad);
  }

  function showCount() {
    at("count").textContent = answers.size + " of " + data.passages.length + " judged";
    at("progress").value = answers.size;
  }

  function chosen(name) {
    const found = at("form").elements[name].value;
    return found === "" ? null : found;
  }

  function showPassage(number) {
    current = number;
    const passage = data.passages[number];
    const given = answers.get(passage.id);
    at("heading").textContent = "Passage " + (number + 1) + " of " + data.passages.length;
    at("text").replaceChildren(...passage.text.split("\n\n").map((paragraph) => {
      const shown = document.createElement("p");
      shown.textContent = paragraph;
      return shown;
    }));
    at("form").reset();
    if (given) {
      at("form").elements.mine.value = given.mine ? "yes" : "no";
      at("form").elements.sure.value = String(given.sure);
    }
    at("back").setAttribute("aria-disabled", String(number === 0));
    tell("status", "");
    showNext();
    showCount();
    show("judging", "heading");
  }

  function showNext() {
    at("next").setAttribute("aria-disabled", String(!chosen("mine") || !chosen("sure")));
  }

  async function post(path, body) {
    const response = await fetch(path, {
      method: "POST",
      headers: { "Content-Type": "application/json", "X-Ownvoice-Token": data.token },
      body: JSON.stringify(body),
      credentials: "omit",
      cache: "no-store",
    });
    if (!response.ok) throw new Error(await response.text());
    return response.json();
  }

  async function keep(id, given) {
    if (!served) {
      answers.set(id, given);
      try {
        localStorage.setItem(storage, JSON.stringify(Object.fromEntries(answers)));
        tell("status", "Kept in this browser.");
      } catch {
        tell("status", NOT_STORED, true);
      }
      showCount();
      return true;
    }
    try {
      await post("answer", { id, ...given });
      answers.set(id, given);
      tell("status", "Kept.");
      showCount();
      return true;
    } catch (error) {
      sent.delete(id);
      tell("status", error instanceof TypeError ? LOST : error.message, true);
      return false;
    }
  }

  function answer() {
    showNext();
    const mine = chosen("mine");
    const sure = chosen("sure");
    if (!mine || !sure) return;
    const id = data.passages[current].id;
    const given = { mine: mine === "yes", sure: Number(sure) };
    const known = sent.get(id) || answers.get(id);
    if (known && known.mine === given.mine && known.sure === given.sure) return;
    sent.set(id, given);
    pending = pending.then(() => keep(id, given));
  }

  async function next() {
    if (!chosen("mine") || !chosen("sure")) {
      tell("status", chosen("mine") ? "How sure are you?" : "Whose is it? Choose one first.");
      return;
    }
    answer();
    const kept = await pending;
    if (!kept) {
      pending = Promise.resolve(true);
      return;
    }
    if (current + 1 < data.passages.length && (answers.has(data.passages[current + 1].id) || firstOpen() > current)) {
      showPassage(current + 1);
    } else if (firstOpen() >= 0) {
      showPassage(firstOpen());
    } else {
      showEnd();
    }
  }

  function back() {
    if (current > 0) showPassage(current - 1);
  }

  function showEnd() {
    showCount();
    if (!served) at("as-text").value = asJson();
    show("end", "end-heading");
  }

  // FNV-1a, as `ownvoice.blind.answers_file` reckons it: it shows a slip of the hand.
  function checksum(text) {
    let found = 0x811c9dc5;
    for (const letter of text) found = Math.imul(found ^ letter.charCodeAt(0), 0x01000193) >>> 0;
    return found.toString(16).padStart(8, "0");
  }

  function asJson() {
    const given = data.passages.map((each) => ({ id: each.id, ...answers.get(each.id) }));
    const lines = [data.sheet, ...given.map((each) => each.id + " " + Number(each.mine) + " " + each.sure)];
    return JSON.stringify({
      ownvoice: "blind-test",
      run: data.run,
      sheet: data.sheet,
      judge: at("judge").value.trim(),
      answers: given,
      checksum: checksum(lines.join("\n")),
    }, null, 1) + "\n";
  }

  function named() {
    if (at("judge").value.trim()) return true;
    tell("end-status", "Your name first, please: it stands beside your answers.", true);
    at("judge").focus();
    return false;
  }

  function save() {
    if (!named()) return;
    const link = document.createElement("a");
    link.href = URL.createObjectURL(new Blob([asJson()], { type: "application/json" }));
    link.download = "blind-test-answers.json";
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 10000);
    tell("end-status", "Saved as blind-test-answers.json, where your browser saves files. Send it back.");
  }

  async function copy() {
    if (!named()) return;
    try {
      await navigator.clipboard.writeText(asJson());
      tell("end-status", "Copied. Paste it into a mail.");
    } catch {
      at("as-text").focus();
      at("as-text").select();
      tell("end-status", "Your browser doesn't allow it. The text below is selected: copy it.", true);
    }
  }

  function cell(kind, text, isFigure) {
    const made = document.createElement(kind);
    made.textContent = text;
    if (isFigure) made.className = "figure";
    if (kind === "th") made.scope = "col";
    return made;
  }

  function fill(table, columns, rows) {
    const head = document.createElement("tr");
    head.append(...columns.map((each) => cell("th", each.name, each.is_figure)));
    table.replaceChildren(head, ...rows.map((row) => {
      const made = document.createElement("tr");
      made.append(...row.map((text, number) => cell("td", text, columns[number].is_figure)));
      return made;
    }));
  }

  function showResult(result) {
    at("summary").replaceChildren(...result.summary.map((text) => cell("p", text, false)));
    fill(at("table"), result.columns, result.rows);
    at("notes").replaceChildren(...result.notes.map((text) => cell("li", text, false)));
    const beginning = (text) => text.replace(/\s+/g, " ").split(" ").slice(0, 8).join(" ") + " ...";
    fill(
      at("key"),
      [{ name: "No.", is_figure: true }, { name: "Begins" }, { name: "Written by" }, { name: "You said" }],
      data.passages.map((each, number) => [String(number + 1), beginning(each.text), ...result.key[each.id]]),
    );
    show("result", "result-heading");
  }

  async function finish() {
    try {
      showResult(await post("finish", {}));
    } catch (error) {
      tell("end-status", error instanceof TypeError ? LOST : error.message, true);
    }
  }

  async function end(heading, text) {
    try {
      await pending;
      await post("stop", {});
    } catch { /* it has ended already */ }
    at("over-heading").textContent = heading;
    at("over-text").textContent = text;
    show("over", "over-heading");
  }

  function on(id, event, does) {
    if (at(id)) at(id).addEventListener(event, does);
  }

  on("begin", "click", () => showPassage(0));
  on("form", "change", answer);
  on("form", "submit", (event) => { event.preventDefault(); next(); });
  on("back", "click", back);
  on("look-back", "click", () => showPassage(data.passages.length - 1));
  on("finish", "click", finish);
  on("save", "click", save);
  on("copy", "click", copy);
  on("judge", "input", () => { at("as-text").value = asJson(); });
  on("stop", "click", () => end("Stopped", "Your answers are kept, and you can close this page. The same command goes on where you were."));
  on("close", "click", () => end("Done", "The result stands in the run's entry in the log. You can close this page."));

  document.addEventListener("keydown", (event) => {
    if (at("judging").hidden || !at("keys").checked || event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
    const key = event.key.toUpperCase();
    const choice = { [data.yes_key]: ["mine", "yes"], N: ["mine", "no"], 1: ["sure", "1"], 2: ["sure", "2"], 3: ["sure", "3"] }[key];
    if (choice) {
      at("form").elements[choice[0]].value = choice[1];
      answer();
    } else if (key === "B") {
      back();
    } else if (key === "ENTER" && !(event.target instanceof HTMLButtonElement) && !(event.target instanceof HTMLInputElement)) {
      next();
    } else {
      return;
    }
    event.preventDefault();
  });

  showCount();
  if (data.result) showResult(data.result);
  else if (answers.size === 0) show("welcome");
  else if (firstOpen() >= 0) showPassage(firstOpen());
  else showEnd();
})();
