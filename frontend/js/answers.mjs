// An answer is never lost: it is kept (queue.mjs) when it changes, until the server has it; this page says how it stands.
//
// Without this script "Save and continue" does the saving.

import { drop, isSame, keep, keyOf, listen, person, read, start, startAgain, startSoon, waiting } from "./queue.mjs";

const buttonTo = (words, action) => {
  const button = document.createElement("button");
  button.type = "button";
  button.className = "app-link-button";
  button.textContent = words;
  button.addEventListener("click", action);
  return button;
};

// -- the question on this page ---------------------------------------------------------------------------------------

const form = document.querySelector("form[data-answers]");

const askQuestion = () => {
  const shown = form.querySelector("[data-saved]");
  const spoken = form.querySelector("[data-spoken]");
  const own = keyOf(form.dataset.attempt, form.dataset.number);
  const tab = [...crypto.getRandomValues(new Uint8Array(15))].map((byte) => (byte % 36).toString(36)).join("");
  let number = 0;
  let mine = null; // the answer of this page that is not saved yet
  let leaving = false; // "Save and continue" waits for it
  let trouble = ""; // why it is not saved

  const show = (words, button) => {
    shown.replaceChildren(words, ...(button ? [" ", button] : []));
    shown.classList.toggle("app-saved--not", Boolean(trouble));
    shown.classList.toggle("app-saved--yes", words.startsWith("Saved "));
  };

  /** Failing and recovering are spoken, once: a voice that says "Saved" at every choice would drown the question. */
  const fail = (state, words, button) => {
    if (trouble !== state) spoken.textContent = words;
    trouble = state;
    leaving = false;
    show(words, button);
  };

  const succeed = (words) => {
    if (trouble) spoken.textContent = "Your answer is saved now.";
    trouble = "";
    mine = null;
    show(words);
  };

  /** Send the form as a page without script does: the server answers with a page. */
  const sendAsPage = (then) => {
    const fields = { then, tab: mine?.tab, number: mine?.number, held: read(own)?.held };
    for (const [name, value] of Object.entries(fields)) {
      if (value) form.append(Object.assign(document.createElement("input"), { type: "hidden", name, value }));
    }
    form.submit();
  };
  const lookAtBoth = () => buttonTo("Look at both answers", () => sendAsPage("stay"));

  /** What the form says now, in the words of a form that is sent. */
  const fieldsNow = (submitter) => new URLSearchParams(new FormData(form, submitter)).toString();

  const keepForm = (submitter) => {
    number += 1;
    const address = new URL(form.action).pathname;
    mine = { fields: fieldsNow(submitter), tab, number, address, at: Date.now() };
    keep(own, mine);
  };

  /** Put an answer that was kept back into the form: it is newer than what the server has shown. */
  const restore = (entry) => {
    const fields = new URLSearchParams(entry.fields);
    if (fields.get("stage") !== new URLSearchParams(fieldsNow()).get("stage")) return; // of a part that is locked by now
    mine = entry;
    form.elements.seen.value = fields.get("seen"); // whoever wrote it did not see what this page shows
    for (const control of form.elements) {
      if (!control.name || control.type === "hidden" || control.type === "submit") continue;
      if (control.type === "radio" || control.type === "checkbox") {
        control.checked = fields.getAll(control.name).includes(control.value);
      } else if (fields.has(control.name)) control.value = fields.get(control.name);
    }
    show("Saving");
  };

  const saved = (said, entry) => {
    form.elements.seen.value = said.sequence;
    const isOld = new URLSearchParams(entry.fields).has("go-on") && said.next === location.pathname; // another part is open
    if (isSame(entry, mine)) succeed(`Saved ${said.at}`);
    else if (mine?.tab === entry.tab) {
      const fields = new URLSearchParams(mine.fields); // it has changed since, knowing what is saved now
      fields.set("seen", said.sequence);
      mine = { ...mine, fields: fields.toString() };
      if (isSame(read(own), mine)) keep(own, { ...read(own), fields: mine.fields });
    }
    if (!mine && (leaving || isOld)) location.assign(said.next);
  };

  const answered = (said, entry) => {
    const words = said.words || "the server did not take it. Reload this page, and look at your answer";
    if (said.state === "saved") saved(said, entry);
    else if (said.state === "closed" || said.state === "break") location.assign(said.next);
    else if (said.state === "lost") fail("lost", "Not saved: we will keep trying. Your answer is kept in this browser.");
    else if (said.state === "signed-out") {
      const again = buttonTo("Sign in again", () => sendAsPage("stay"));
      fail("signed-out", "Not saved: you are signed out. Your answer is kept in this browser.", again);
    } else if (said.state === "another") {
      fail("another", "Not saved: somebody else has signed in in this browser. Your answer waits until you sign in again.");
    } else if (said.state === "elsewhere") {
      fail("elsewhere", "Not saved: you have answered this question elsewhere. Nothing is lost.", lookAtBoth());
    } else if (leaving && said.words) sendAsPage(""); // the page that comes says what is wrong, and where
    else fail(words, `Not saved: ${words}.`);
  };

  listen((key, said, entry) => {
    if (key !== own) return;
    if (isSame(entry, mine) || (mine && mine.tab === entry.tab)) answered(said, entry);
    else if (mine && said.state === "saved") {
      fail("elsewhere", "Not saved: you have answered this question in another window. Nothing is lost.", lookAtBoth());
    }
  });

  const changed = () => {
    if (mine && !trouble && fieldsNow() === mine.fields) return; // a text field tells each change twice
    keepForm();
    if (!trouble) show("Saving");
    startSoon();
  };
  form.addEventListener("change", changed);
  form.addEventListener("input", (event) => {
    if (event.target.matches("input[type=text], textarea")) changed();
  });
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    if (leaving) return; // a double click
    leaving = true;
    keepForm(event.submitter);
    show("Saving");
    startAgain();
  });

  const kept = read(own);
  if (kept) restore(kept);
};

// -- "Check your answers": nothing is submitted without what waits here -----------------------------------------------

const unsent = document.querySelector("[data-unsent]");

const checkAnswers = () => {
  const left = () => waiting(unsent.dataset.attempt);
  let told = false;

  const tellUnsent = () => {
    const entries = left();
    if (entries.length) {
      const words = entries.length === 1 ? "1 answer is" : `${entries.length} answers are`;
      const say = `${words} not sent yet, so you cannot submit. We keep trying. `;
      const links = entries.map(([, { address }]) => {
        const link = document.createElement("a");
        link.href = address;
        link.textContent = `Look at question ${address.match(/(\d+)\/$/)[1]}`;
        return link;
      });
      if (unsent.dataset.told !== say) unsent.replaceChildren(say, ...links.flatMap((link) => [link, " "]));
      unsent.dataset.told = say; // said again only when it changes
      unsent.hidden = false;
      told = true;
    } else if (told) location.reload(); // the page shows what the server had before
  };

  document.querySelector("form[data-submits]").addEventListener("submit", (event) => {
    if (!left().length) return;
    event.preventDefault();
    unsent.scrollIntoView({ block: "center" });
    startAgain();
  });
  listen(tellUnsent);
  tellUnsent();
};

// -- two answers: the person chooses ---------------------------------------------------------------------------------

const choice = document.querySelector("form[data-answers-settled]");

const chooseAnswer = () => {
  const own = keyOf(choice.dataset.attempt, choice.dataset.number);
  choice.querySelector("a").addEventListener("click", () => drop(own));
  choice.addEventListener("submit", () => {
    const entry = read(own);
    if (!entry) return;
    const fields = new URLSearchParams(entry.fields); // kept until the server has it, and no longer stale
    fields.set("seen", choice.elements.seen.value);
    keep(own, { ...entry, fields: fields.toString() });
  });
};

// -- signing out -----------------------------------------------------------------------------------------------------

const signOut = document.querySelector("form[data-person]");

const askBeforeSignOut = () => {
  const left = waiting().length;
  const make = (kind, fields) => Object.assign(document.createElement(kind), fields);
  const dialog = make("dialog", { className: "app-dialog" });
  dialog.setAttribute("aria-labelledby", "unsent-heading");
  dialog.setAttribute("aria-describedby", "unsent-words");
  const heading = make("h2", { id: "unsent-heading", className: "nhsuk-heading-m" });
  heading.textContent = left === 1 ? "1 answer is not sent yet" : `${left} answers are not sent yet`;
  const words = make("p", { id: "unsent-words" });
  words.textContent = "What is not sent is kept in this browser only. If you discard it, nobody can bring it back.";
  const outcome = make("p", { role: "alert" });
  const group = make("div", { className: "nhsuk-button-group" });
  const offer = (label, kind, action) => {
    const button = buttonTo(label, action);
    button.className = `nhsuk-button${kind}`;
    group.append(button);
  };
  offer("Send and sign out", "", async () => {
    outcome.textContent = "Sending";
    await startAgain();
    if (!waiting().length) signOut.submit();
    else outcome.textContent = "Not everything could be sent. Stay signed in, and look at the question.";
  });
  offer("Discard and sign out", " nhsuk-button--warning", () => {
    for (const [key] of waiting()) drop(key);
    signOut.submit();
  });
  offer("Stay signed in", " nhsuk-button--secondary", () => dialog.close());
  dialog.addEventListener("close", () => dialog.remove());
  dialog.append(heading, words, outcome, group);
  document.body.append(dialog);
  dialog.showModal();
};

signOut?.addEventListener("submit", (event) => {
  if (!waiting().length) return;
  event.preventDefault();
  askBeforeSignOut();
});

if (form) askQuestion();
if (unsent) checkAnswers();
if (choice) chooseAnswer();
if (person && waiting().length) start();
