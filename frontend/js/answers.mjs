// An answer is never lost: it is kept in this browser from the moment it changes until the server says that it is saved.
//
// What is kept is bound to the person and the attempt; it is sent only while that person is signed in, in the order in
// which it was written, each with a key (tab and number) that lets it in once. Without this script "Save and continue"
// does the saving.

const PREFIX = "elearn.answer:";
const EVERY = 1000; // milliseconds between two saves of one page, at the least
const LONGEST_WAIT = 30_000; // milliseconds between two tries without a connection
const KEPT = 30 * 24 * 3600 * 1000; // what nobody has come back for in so long belongs to an attempt long closed

const person = document.querySelector("form[data-person]")?.dataset.person ?? "";
const form = document.querySelector("form[data-answers]");
const tab = [...crypto.getRandomValues(new Uint8Array(15))].map((byte) => (byte % 36).toString(36)).join("");

// -- what waits ------------------------------------------------------------------------------------------------------

const memory = new Map(); // where the browser allows no storage, the page itself keeps what waits
const storage = (() => {
  try {
    localStorage.setItem("elearn.try", "1");
    localStorage.removeItem("elearn.try");
    return localStorage;
  } catch {
    return null;
  }
})();

const keys = () => (storage ? Object.keys(storage) : [...memory.keys()]).filter((key) => key.startsWith(PREFIX));
const read = (key) => {
  try {
    return JSON.parse(storage ? storage.getItem(key) : memory.get(key));
  } catch {
    return null;
  }
};
const keep = (key, entry) => {
  try {
    storage.setItem(key, JSON.stringify(entry));
  } catch {
    memory.set(key, JSON.stringify(entry));
  }
};
const drop = (key) => {
  storage?.removeItem(key);
  memory.delete(key);
};
const keyOf = (attempt, number) => `${PREFIX}${person}:${attempt}:${number}`;

/** What waits for this person, oldest first; `attempt` narrows it. */
const waiting = (attempt = "") =>
  keys()
    .filter((key) => key.startsWith(`${PREFIX}${person}:${attempt}`))
    .map((key) => [key, read(key)])
    .filter(([, entry]) => entry)
    .sort(([, a], [, b]) => a.at - b.at);

for (const key of keys()) if (!(Date.now() - (read(key)?.at ?? 0) < KEPT)) drop(key);

// -- sending ---------------------------------------------------------------------------------------------------------

/** Send one answer; gives what the server said, or `{state: "lost"}` where it could not be asked. */
const send = async (entry) => {
  const body = new URLSearchParams(entry.body);
  if (entry.held) body.set("held", entry.held);
  try {
    const response = await fetch(entry.address, {
      method: "POST",
      body,
      headers: { Accept: "application/json" },
      credentials: "same-origin",
      redirect: "error",
      keepalive: true,
    });
    const said = response.headers.get("Content-Type")?.startsWith("application/json") ? await response.json() : {};
    if (said.state) return said;
    return { state: response.status >= 500 || response.status === 429 ? "lost" : "refused", words: "" };
  } catch {
    return { state: "lost" };
  }
};

let busy = null; // the sending that goes on
let tries = 0;
let timer = 0;

/** Send all that waits, in order, one at a time; ends at the first answer that cannot be delivered. */
const sendAll = async () => {
  for (const [key, entry] of waiting()) {
    if (entry.stopped) continue;
    const said = await send(entry);
    const same = read(key)?.body === entry.body; // or it has changed again meanwhile
    if (said.state === "saved" || said.state === "closed" || (said.state === "refused" && same)) {
      if (same) drop(key);
    } else if (said.state === "elsewhere") {
      if (same) keep(key, { ...entry, stopped: true });
    } else if (said.state === "signed-out" && said.held && same) {
      keep(key, { ...entry, held: said.held });
    }
    tell(key, said, entry);
    if (said.state === "lost" || said.state === "signed-out") return said.state;
  }
  return "";
};

const start = () => {
  clearTimeout(timer);
  timer = 0;
  busy ??= (async () => {
    const trouble = navigator.locks ? await navigator.locks.request("elearn.answers", sendAll) : await sendAll();
    busy = null;
    tries = trouble === "lost" ? tries + 1 : 0;
    if (trouble === "lost") timer = setTimeout(start, Math.min(LONGEST_WAIT, EVERY * 2 ** Math.min(tries, 5)));
    else if (!trouble && waiting().some(([, entry]) => !entry.stopped)) timer = setTimeout(start, EVERY);
  })();
  return busy;
};

// -- the question on this page ---------------------------------------------------------------------------------------

const shown = form?.querySelector("[data-saved]");
const spoken = form?.querySelector("[data-spoken]");
const own = form ? keyOf(form.dataset.attempt, form.dataset.number) : "";
let number = 0;
let wasLost = false;
let leaving = false; // "Save and continue" waits for the answer to be saved

const show = (words, ...more) => {
  if (!shown) return;
  shown.replaceChildren(words, ...more);
};
/** Only failing and recovering are spoken: a voice that says "Saved" at every choice would drown the question. */
const speak = (words) => {
  if (spoken) spoken.textContent = words;
};
const buttonTo = (words, action) => {
  const button = document.createElement("button");
  button.type = "button";
  button.className = "app-link-button";
  button.textContent = words;
  button.addEventListener("click", action);
  return button;
};
/** Send the form as the page without script would: the server answers with a page. */
const sendAsPage = () => {
  const held = read(own)?.held;
  for (const [name, value] of [["then", "stay"], ["tab", tab], ["number", String(number)], ["held", held ?? ""]]) {
    if (!value) continue;
    const field = Object.assign(document.createElement("input"), { type: "hidden", name, value });
    form.append(field);
  }
  form.submit();
};

const tell = (key, said, entry) => {
  tellUnsent();
  if (key !== own) return;
  if (said.state === "saved") {
    form.elements.seen.value = said.sequence;
    const changed = read(own);
    if (changed) keep(own, { ...changed, body: withSeen(changed.body, said.sequence) });
    if (!changed) show(`Saved ${said.at}`);
    if (wasLost) speak("The connection is back. Your answer is saved.");
    wasLost = false;
    if (leaving && entry.leaves) location.assign(said.next);
  } else if (said.state === "lost") {
    show("Not saved: we will keep trying");
    if (!wasLost) speak("Not saved: we will keep trying. You can stay on this page.");
    wasLost = true;
  } else if (said.state === "signed-out") {
    show("Not saved: you are signed out. Your answer is kept. ", buttonTo("Sign in again", sendAsPage));
    speak("Not saved: you are signed out. Your answer is kept. Sign in again to save it.");
  } else if (said.state === "elsewhere") {
    show("Not saved: you have answered this question elsewhere. ", buttonTo("Look at both answers", sendAsPage));
    speak("Not saved: you have answered this question elsewhere. Both answers are kept.");
  } else if (said.state === "closed") {
    location.assign(said.next);
  } else if (entry.leaves) sendAsPage(); // the page that comes says what is wrong, and where
  else show(`Not saved: ${said.words || "reload this page and answer again"}`);
  if (said.state !== "saved") {
    leaving = false;
    delete form.dataset.sentAt; // the person may press again at once
  }
};

const withSeen = (body, seen) => {
  const fields = new URLSearchParams(body);
  fields.set("seen", seen);
  return fields.toString();
};

/** Keep what the form says now, under a new number. */
const keepForm = (submitter) => {
  const fields = new URLSearchParams(new FormData(form, submitter ?? undefined));
  number += 1;
  fields.set("tab", tab);
  fields.set("number", String(number));
  const address = new URL(form.action).pathname;
  keep(own, { body: fields.toString(), address, at: Date.now(), leaves: Boolean(submitter) });
};

/** Put an answer that was kept back into the form: it is newer than what the server has shown. */
const restore = (entry) => {
  const fields = new URLSearchParams(entry.body);
  for (const control of form.elements) {
    if (!control.name || control.type === "hidden" || control.type === "submit") continue;
    if (control.type === "radio" || control.type === "checkbox") {
      control.checked = fields.getAll(control.name).includes(control.value);
    } else if (fields.has(control.name)) control.value = fields.get(control.name);
  }
};

if (form) {
  const kept = read(own);
  if (kept) restore(kept);
  if (kept?.stopped) tell(own, { state: "elsewhere" }, kept);
  let last = -Infinity;
  const changed = () => {
    keepForm();
    if (!wasLost) show("Saving");
    clearTimeout(timer);
    timer = setTimeout(() => {
      last = performance.now();
      start();
    }, Math.max(0, last + EVERY - performance.now()));
  };
  form.addEventListener("change", changed);
  form.addEventListener("input", (event) => {
    if (event.target.matches("input[type=text], textarea")) changed();
  });
  form.addEventListener("submit", (event) => {
    if (event.defaultPrevented) return;
    event.preventDefault();
    leaving = true;
    keepForm(event.submitter);
    show("Saving");
    Promise.resolve(busy).then(start);
  });
}

// -- leaving, coming back, signing out -------------------------------------------------------------------------------

/** On "Check your answers": what is not sent yet is said, and nothing is submitted without it. */
const unsent = document.querySelector("[data-unsent]");
let told = false;
const tellUnsent = () => {
  if (!unsent) return;
  const left = waiting(unsent.dataset.attempt).length;
  if (left) {
    told = true;
    unsent.textContent = `${left === 1 ? "1 answer is" : `${left} answers are`} not sent yet. We keep trying; wait before you submit.`;
  } else if (told) location.reload(); // the page shows what the server had before
};
document.querySelector("form[data-submits]")?.addEventListener("submit", (event) => {
  if (!unsent || !waiting(unsent.dataset.attempt).length) return;
  event.preventDefault();
  tellUnsent();
  start();
});

const signOut = document.querySelector("form[data-person]");
const askBeforeSignOut = () => {
  const left = waiting().length;
  const dialog = document.createElement("dialog");
  dialog.className = "app-dialog";
  dialog.setAttribute("aria-labelledby", "unsent-heading");
  const heading = Object.assign(document.createElement("h2"), {
    id: "unsent-heading",
    className: "nhsuk-heading-m",
    textContent: left === 1 ? "1 answer is not sent yet" : `${left} answers are not sent yet`,
  });
  const words = Object.assign(document.createElement("p"), {
    textContent: "They are kept in this browser only. Send them before you sign out, or discard them.",
  });
  const group = Object.assign(document.createElement("div"), { className: "nhsuk-button-group" });
  const choice = (label, kind, action) => {
    const button = buttonTo(label, action);
    button.className = `nhsuk-button${kind}`;
    group.append(button);
  };
  choice("Send them and sign out", "", async () => {
    await busy;
    await start();
    if (waiting().length) words.textContent = "They could not be sent: there is no connection, or they wait for you to look.";
    else signOut.submit();
  });
  choice("Discard them and sign out", " nhsuk-button--warning", () => {
    for (const [key] of waiting()) drop(key);
    signOut.submit();
  });
  choice("Stay signed in", " nhsuk-button--secondary", () => dialog.close());
  dialog.addEventListener("close", () => dialog.remove());
  dialog.append(heading, words, group);
  document.body.append(dialog);
  dialog.showModal();
};
signOut?.addEventListener("submit", (event) => {
  if (!waiting().length) return;
  event.preventDefault();
  askBeforeSignOut();
});

// The person has chosen between two answers: the one that waited here is settled.
document.querySelector("[data-answers-settled]")?.addEventListener("click", (event) => {
  const { attempt, number: place } = event.currentTarget.dataset;
  if (event.target.closest("a, button")) drop(keyOf(attempt, place));
});

if (person) {
  addEventListener("online", start);
  addEventListener("visibilitychange", () => {
    if (waiting().length) start();
  });
  if (waiting().length) start();
  tellUnsent();
}
